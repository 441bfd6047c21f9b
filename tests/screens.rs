//! Every screen at four sizes, as pictures made of text; hostile text; and the causes that have no scenario in the
//! lab yet.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::snapshots;
use mailtriage::cli::{job, run_to_end};
use mailtriage::practice::{scenario, scenarios};
use mailtriage::report::first_page::Reader;
use mailtriage::report::{html, json, markdown, text};
use mailtriage::session::{Session, guide};
use mailtriage::tui::app::App;
use mailtriage::tui::run::draw;
use mailtriage::tui::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use std::collections::BTreeMap;

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (40, 12), (200, 60)];

fn measured(name: &str, changes: &str) -> Session {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let scenario = scenario(name).unwrap().with(toml::from_str(changes).unwrap());
    let session = runtime.block_on(async { run_to_end(job(&scenario).unwrap(), BTreeMap::new()).await });
    runtime.shutdown_background();
    session
}

fn app(session: Session) -> App {
    App::dashboard(session, Theme { plain: true, ..Theme::default() })
}

fn press(app: &mut App, keys: &[KeyCode]) {
    for key in keys {
        let _ = app.input(&Event::Key(KeyEvent::new(*key, KeyModifiers::NONE)));
    }
}

fn drawn(app: &mut App, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    draw(&mut terminal, app).unwrap();
    terminal.backend().to_string()
}

#[test]
fn every_screen_at_every_size() {
    use KeyCode::{Char, Down, Enter, F, Tab};
    let blocked = measured("587-silent", "");
    let open = measured("no-password", "");
    let screens: [(&str, &Session, &[KeyCode]); 13] = [
        ("dashboard", &blocked, &[]),
        ("checks", &blocked, &[Down, Down, Enter]),
        ("diagnosis", &blocked, &[Enter]),
        ("by-hand", &blocked, &[Char('h')]),
        ("step", &open, &[Tab, Tab, Enter]),
        ("question", &open, &[Char('a')]),
        ("log-in", &open, &[Char('p')]),
        ("edit", &open, &[Char('e')]),
        ("note", &open, &[Char('m')]),
        ("save", &blocked, &[Char('s')]),
        ("first-page", &blocked, &[Char('s'), F(2)]),
        ("help", &open, &[Char('?')]),
        ("programs", &blocked, &[Enter, Char('o'), Char('2'), Char('0'), Char('1')]),
    ];
    for (name, session, keys) in screens {
        for size in SIZES {
            let mut app = app(session.clone());
            press(&mut app, keys);
            let picture = drawn(&mut app, size);
            snapshots().bind(|| insta::assert_snapshot!(format!("{name}-{}x{}", size.0, size.1), picture));
            // The same in ASCII, as far as what is shown allows.
            let mut plain = App::dashboard(session.clone(), Theme { plain: true, ascii: true, ..Theme::default() });
            press(&mut plain, keys);
            let picture = drawn(&mut plain, size);
            let foreign: String = picture.chars().filter(|c| !c.is_ascii()).collect();
            assert_eq!(foreign, "", "{name} {size:?}\n{picture}");
        }
    }
}

/// The row that fails, on a screen with three rows of checks; the cost of an attempt before the log-in; the form's fields.
#[test]
fn what_matters_is_reached_on_the_smallest_screen() {
    use KeyCode::{Char, Down};
    let small = |name: &str, keys: &[KeyCode]| {
        let mut app = app(measured(name, ""));
        press(&mut app, keys);
        (drawn(&mut app, (40, 12)), app)
    };
    for (name, row) in
        [("587-silent", "FAIL  Ports"), ("password-wrong", "FAIL  Log-in"), ("certificate-expired", "FAIL  TLS")]
    {
        let (picture, _) = small(name, &[]);
        assert!(picture.contains(row), "{name}\n{picture}");
    }
    let (picture, _) = small("no-password", &[Char('p')]);
    assert!(picture.contains("Password") && picture.contains("Refused today: 0"), "{picture}");
    let (_, mut form) = small("no-password", &[Char('e')]);
    press(&mut form, &[Down; 5]);
    assert!(drawn(&mut form, (40, 12)).contains("> Ticket"));
}

/// The verdict's group is the one that is open, until somebody moves.
#[test]
fn the_dashboard_opens_at_the_fault() {
    let groups = [
        ("587-silent", "Ports"),
        ("password-wrong", "Log-in"),
        ("certificate-expired", "TLS"),
        ("wrong-port", "Settings"),
        ("captive-portal", "Internet"),
        ("line-lossy", "Internet"),
    ];
    for (name, group) in groups {
        let mut app = app(measured(name, ""));
        let picture = drawn(&mut app, (80, 24));
        assert!(picture.contains(&format!("┬─ {group} ")), "{name}\n{picture}");
        press(&mut app, &[KeyCode::Down, KeyCode::Home]);
        assert!(drawn(&mut app, (80, 24)).contains("┬─ Settings "));
    }
}

/// Wide characters keep the frame of a field.
#[test]
fn wide_characters_keep_their_frames() {
    use KeyCode::Char;
    let mut app = app(measured("no-password", ""));
    press(&mut app, &[Char('m')]);
    let _ = app.input(&Event::Paste("漢字 用户".to_owned()));
    let picture = drawn(&mut app, (80, 24));
    let line = picture.lines().find(|line| line.contains('漢')).unwrap();
    assert!(line.trim_end_matches(['"', ' ']).ends_with(']'), "{picture}");
}

/// After End, one key goes back up; a page is what was seen; the title says where this is.
#[test]
fn a_text_says_where_it_is_and_never_runs_past_its_end() {
    use KeyCode::{Char, Down, End, Enter, PageUp, Up};
    let mut app = app(measured("587-silent", ""));
    press(&mut app, &[Enter]);
    let first = drawn(&mut app, (80, 24));
    assert!(first.lines().next().unwrap().contains("1-21 of "), "{first}");
    press(&mut app, &[End]);
    let end = drawn(&mut app, (80, 24));
    press(&mut app, &[Down; 200]);
    assert_eq!(drawn(&mut app, (80, 24)), end);
    press(&mut app, &[Up]);
    assert_ne!(drawn(&mut app, (80, 24)), end);
    press(&mut app, &[End, PageUp, Char('g')]);
    assert_eq!(drawn(&mut app, (80, 24)), first);
}

/// Each theme has its colours; without colours there are none.
#[test]
fn themes_are_colours_and_nothing_else() {
    use mailtriage::tui::theme::THEMES;
    let session = measured("587-silent", "");
    let buffer = |theme: Theme| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        draw(&mut terminal, &mut App::dashboard(session.clone(), theme)).unwrap();
        terminal.backend().buffer().clone()
    };
    let text = |theme: Theme| buffer(theme).content().iter().map(|cell| cell.symbol().to_owned()).collect::<String>();
    let plain = Theme { plain: true, ..Theme::default() };
    assert!(buffer(plain).content().iter().all(|cell| cell.fg == ratatui::style::Color::Reset));
    for (name, colours) in THEMES {
        let theme = Theme { colours: *colours, ..Theme::default() };
        assert_eq!(text(theme), text(plain), "{name}");
        let shown = buffer(theme);
        for colour in [colours.ok, colours.fail, colours.key] {
            assert!(shown.content().iter().any(|cell| cell.fg == colour), "{name}: {colour}");
        }
    }
    assert!(text(Theme { ascii: true, ..plain }).is_ascii());
}

#[test]
fn every_size_can_be_drawn() {
    let session = measured("587-silent", "");
    for width in (1..130).step_by(7) {
        for height in (1..45).step_by(4) {
            for keys in [
                &[][..],
                &[KeyCode::Enter],
                &[KeyCode::Down, KeyCode::Enter],
                &[KeyCode::Char('s')],
                &[KeyCode::Char('e')],
            ] {
                let mut app = app(session.clone());
                press(&mut app, keys);
                drawn(&mut app, (width, height));
            }
        }
    }
}

#[test]
fn reports_as_text() {
    let mut session = measured("smtp-auth-disabled", "");
    // What is said of the future depends on the day.
    let run = session.runs.last_mut().unwrap();
    let day: jiff::Timestamp = "2026-11-27T08:00:00Z".parse().unwrap();
    run.finished = run.finished.map(|finished| day + finished.duration_since(run.started));
    run.started = day;
    let report = json::report(&session);
    snapshots().bind(|| {
        insta::assert_snapshot!("report-text", text::text(&report, Reader::Ticket, false));
        let markdown = markdown::markdown(&report, Reader::Ticket);
        let (before_evidence, _) = markdown.split_once("## Evidence").unwrap();
        insta::assert_snapshot!("report-markdown", before_evidence);
    });
}

/// A server that sends escape sequences, HTML, bidirectional overrides, Markdown and invalid UTF-8.
const HOSTILE: &str = r#"
[dialogue]
submission = '''
S: 220 evil\x1b[31m\x1b]0;title\x07 <script>alert(1)</script> \xe2\x80\xae\xff `x` | [a](javascript:b)
C: EHLO *
S: 250-evil\x1b[2J <img src=x onerror=alert(1)>
S: 250 STARTTLS
C: STARTTLS
S: 454 4.7.0 \x9b31m </pre><script>alert(2)</script> ```\x07
'''
"#;

#[test]
fn hostile_text_does_nothing() {
    let session = measured("healthy-587", HOSTILE);
    let report = json::report(&session);
    let no_controls = |text: &str| text.chars().all(|c| !c.is_control() || c == '\n') && !text.contains('\u{202e}');
    let html = html::html(&report, Reader::Ticket).unwrap();
    // The report itself is in the page as data, which no browser runs.
    assert_eq!(html.matches("<template id=\"report\">").count(), 1);
    assert!(!html.contains("<script") && !html.contains("<img") && no_controls(&html));
    let markdown = markdown::markdown(&report, Reader::Ticket);
    // Inside a code block no markup takes effect; outside, none may.
    let mut fence: Option<&str> = None;
    for line in markdown.lines() {
        match fence {
            Some(end) if line == end => fence = None,
            Some(_) => {}
            None if line.starts_with("```") => fence = line.strip_suffix("text"),
            None => assert!(!line.contains("](javascript") && !line.contains("<script"), "{line}"),
        }
    }
    assert!(no_controls(&markdown) && fence.is_none());
    assert!(no_controls(&text::text(&report, Reader::Ticket, true)) && no_controls(&json::to_string(&report)));
    for keys in [&[][..], &[KeyCode::Enter], &[KeyCode::Down, KeyCode::Down, KeyCode::Enter]] {
        let mut app = app(session.clone());
        press(&mut app, keys);
        assert!(no_controls(&drawn(&mut app, (120, 40))));
    }
}

#[test]
fn a_saved_report_is_the_session_again() {
    for name in ["587-silent", "password-wrong", "healthy-465"] {
        let session = measured(name, "");
        let report = json::report(&session);
        let text = json::to_string(&report);
        let again = mailtriage::report::open::session(serde_json::from_str(&text).unwrap());
        assert_eq!(again.diagnosis(), session.diagnosis().on_paper(), "{name}");
        assert_eq!(json::report(&again), report, "{name}");
    }
}

#[test]
fn every_cause_can_be_practised() {
    let truths: Vec<String> =
        scenarios().iter().map(|scenario| scenario.truth["cause"].as_str().unwrap().to_owned()).collect();
    let missing: Vec<&String> = guide().causes().iter().filter(|cause| !truths.contains(cause)).collect();
    assert!(missing.is_empty(), "no scenario in src/practice/scenarios ends in {missing:?}: add one for each");
}
