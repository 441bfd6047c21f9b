//! The pictures: each at four widths, in Unicode and ASCII; as SVG for every scenario; and with hostile names.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::snapshots;
use mailtriage::facts::Value;
use mailtriage::picture::svg::svg;
use mailtriage::picture::text::{Pen, draw, plain};
use mailtriage::picture::{Kind, Picture, Scene, pictures, timeline, watch};
use mailtriage::practice::scenario;
use mailtriage::report::first_page::Reader;
use mailtriage::report::{html, json, pictures as of_report};
use mailtriage::session::Session;
use quick_xml::Reader as Xml;
use quick_xml::events::Event;
use rstest::rstest;
use std::fmt::Write;
use std::path::PathBuf;
use unicode_width::UnicodeWidthStr;

const WIDTHS: [usize; 4] = [40, 80, 120, 200];
const UNICODE: Pen = Pen { ascii: false };
const ASCII: Pen = Pen { ascii: true };

fn all(session: &Session) -> Vec<Picture> {
    let scene = Scene::of(session.run().unwrap(), &session.machine.os);
    pictures(&scene).into_iter().chain(timeline(&scene, 0)).collect()
}

fn lines(picture: &Picture, width: usize, pen: Pen) -> Vec<String> {
    draw(picture, width, pen).iter().map(plain).collect()
}

#[rstest]
#[case("587-silent", &[Kind::Way, Kind::Ports])]
#[case("587-dropped-here", &[Kind::Way])]
#[case("587-prohibited", &[Kind::Way])]
#[case("ipv6-broken", &[Kind::Ports])]
#[case("line-lossy", &[Kind::Handshakes])]
#[case("healthy-587", &[Kind::Handshakes, Kind::Tls, Kind::Chain, Kind::Timeline])]
#[case("tls-old", &[Kind::Tls])]
#[case("old-windows", &[Kind::Tls])]
#[case("certificate-link-missing", &[Kind::Chain])]
#[case("certificate-link-known", &[Kind::Chain])]
#[case("certificate-expired", &[Kind::Chain])]
#[case("scanner-untrusted", &[Kind::Chain])]
fn each_at_four_widths(#[case] name: &str, #[case] kinds: &[Kind]) {
    let session = lab::run(&scenario(name).unwrap());
    let all = all(&session);
    for kind in kinds {
        let picture = all.iter().find(|picture| picture.kind == *kind).unwrap_or_else(|| panic!("no {kind:?}"));
        let mut shown = format!("{}\n{}\n", picture.title, picture.says);
        for (pen, pen_is) in [(UNICODE, "Unicode"), (ASCII, "ASCII")] {
            for width in WIDTHS {
                let _ = writeln!(shown, "\n{width}, {pen_is}\n{}", lines(picture, width, pen).join("\n"));
            }
        }
        snapshots().bind(|| insta::assert_snapshot!(format!("picture-{name}-{}", kind.word()), shown));
    }
}

#[test]
fn a_watch_is_a_strip() {
    assert_eq!(watch([].into_iter()), None);
    let picture = watch([false, true, false].into_iter()).unwrap();
    assert_eq!(
        lines(&picture, 60, ASCII),
        ["rounds  .x.", "        1 of 3 rounds with a fault", ". well   x a fault",]
    );
}

/// Everything of an SVG element is text, shape or description, and it is well-formed.
fn is_well_formed(svg: &str, name: &str) {
    let mut reader = Xml::from_str(svg);
    reader.config_mut().check_end_names = true;
    let mut open = 0;
    loop {
        match reader.read_event().unwrap_or_else(|why| panic!("{name}: {why}\n{svg}")) {
            Event::Start(element) => {
                open += 1;
                let element = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
                assert!(["svg", "title", "desc", "text"].contains(&element.as_str()), "{name}: {element}");
            }
            Event::Empty(element) => {
                let element = String::from_utf8(element.name().as_ref().to_vec()).unwrap();
                assert!(["path", "rect", "circle"].contains(&element.as_str()), "{name}: {element}");
            }
            Event::End(_) => open -= 1,
            Event::Text(_) | Event::GeneralRef(_) => {}
            Event::Eof => break,
            other => panic!("{name}: {other:?}"),
        }
    }
    assert_eq!(open, 0, "{name}");
    assert!(svg.contains("<title ") && svg.contains("<desc "), "{name}");
}

#[rstest]
fn every_scenarios_pictures(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let session = lab::run(&lab::scenario_in(&path));
    let name = path.file_stem().unwrap().to_str().unwrap();
    for picture in all(&session) {
        assert!(!picture.title.is_empty() && !picture.says.is_empty(), "{name}: {picture:?}");
        is_well_formed(&svg(&picture), name);
    }
    let report = json::report(&session);
    let page = html::html(&report, Reader::Everything).unwrap();
    assert!(page.len() < 300_000 && !page.contains("<script") && !page.contains("href="), "{name}: {}", page.len());
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let mut once = ids.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{name}: an id is there twice: {ids:?}");
}

#[test]
fn a_report_shows_what_tells_something_the_deciding_first() {
    let kinds = |name: &str| {
        let report = json::report(&lab::run(&scenario(name).unwrap()));
        of_report::of_verdict(&report).iter().map(|picture| picture.kind).collect::<Vec<_>>()
    };
    assert_eq!(kinds("healthy-587"), []);
    assert_eq!(kinds("smtp-auth-disabled"), [], "a port that is not in use is refused there");
    assert_eq!(kinds("ipv6-broken"), [Kind::Ports]);
    assert_eq!(kinds("certificate-expired"), [Kind::Chain]);
    assert_eq!(kinds("line-lossy").first(), Some(&Kind::Handshakes));
    assert_eq!(kinds("tls-old").first(), Some(&Kind::Tls));
    assert_eq!(kinds("587-silent"), [Kind::Way, Kind::Ports]);
}

#[test]
fn a_redacted_report_has_the_same_pictures_without_names() {
    use mailtriage::report::redact::{LeftOut, redact};
    let report = json::report(&lab::run(&scenario("587-silent").unwrap()));
    let out = LeftOut { machine: true, mailbox: true, hosts: true, inner: true, notes: true };
    let (before, after) = (of_report::of_verdict(&report), of_report::of_verdict(&redact(&report, out)));
    assert_eq!(before.len(), after.len());
    for picture in &after {
        let text = format!("{}{}", lines(picture, 200, ASCII).join("\n"), svg(picture));
        assert!(!text.contains("192.168") && !text.contains("example") && !text.contains("gmail"), "{text}");
    }
}

const HOSTILE: [&str; 6] = [
    "\u{1b}[31mred\u{7}",
    "\u{202e}gnitirw-ot-thgir\u{2066}",
    "漢字の長いサーバー名.例え.テスト",
    "<script>alert(1)</script>&amp;\"'",
    "two\nlines\t\u{fffe}",
    "👩‍👩‍👧‍👦\u{301}\u{301}é",
];

/// Replaces everything that is a name, not a word or number, in the facts.
fn disfigure(session: &mut Session, with: &str) {
    for check in &mut session.runs.last_mut().unwrap().checks {
        for (key, value) in &mut check.facts {
            let names = ["host", "subject", "issuer", "first-router", "interceptor", "until", "from"];
            match value {
                Value::Word(word) if names.contains(&key.as_str()) => *word = with.to_owned(),
                Value::List(list) if ["hops", "contrast.hops", "subjects", "issuers"].contains(&key.as_str()) => {
                    list.iter_mut().for_each(|item| *item = with.to_owned());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn hostile_names_keep_the_frame() {
    let long = "very-long.".repeat(4_000);
    for name in ["587-silent", "certificate-link-missing", "healthy-587", "ipv6-broken"] {
        let measured = lab::run(&scenario(name).unwrap());
        for with in HOSTILE.into_iter().chain([long.as_str()]) {
            let mut session = measured.clone();
            disfigure(&mut session, with);
            for picture in all(&session) {
                is_well_formed(&svg(&picture), name);
                for width in [1, 7, 23, 24, 39, 40, 61, 80, 120, 200] {
                    for pen in [UNICODE, ASCII] {
                        for line in lines(&picture, width, pen) {
                            assert!(line.width() <= width, "{name}, {width}: {line}");
                            assert!(!line.contains(char::is_control) && !line.contains(['\u{202e}', '\u{2066}']));
                            assert!(!pen.ascii || line.is_ascii(), "{line}");
                        }
                    }
                }
            }
        }
    }
}
