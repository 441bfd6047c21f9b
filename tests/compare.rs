//! `mailtriage compare`: two reports and many, made from the lab's; files that are none, copies, left-out names, hostile
//! text, and a thousand of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use assert_cmd::Command;
use lab::run;
use mailtriage::practice::scenario;
use mailtriage::report::first_page::Reader;
use mailtriage::report::redact::{Redact, redact};
use mailtriage::report::{Report, html, json};
use serde_json::{Value, json as value};
use std::path::Path;
use std::process::Output;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// The report of a scenario.
fn of(name: &str) -> Report {
    json::report(&run(&scenario(name).unwrap()))
}

static BLOCKED: LazyLock<Report> = LazyLock::new(|| of("587-silent"));
static HEALTHY: LazyLock<Report> = LazyLock::new(|| of("healthy-587"));

/// The same as a document, of another case and with changes.
fn document(report: &Report, case: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut document: Value = serde_json::from_str(&json::to_string(report)).unwrap();
    document["id"] = value!(case);
    change(&mut document);
    document
}

fn fact(document: &mut Value, check: &str, key: &str, to: Value) {
    let checks = document["checks"].as_array_mut().unwrap();
    checks.iter_mut().find(|of| of["id"] == check).unwrap()["facts"][key] = to;
}

/// Moves a case into another network: its public address, first router and DNS server.
fn moved(document: &mut Value, public: &str, router: &str) {
    document["machine"]["seen_as"] = value!(public);
    fact(document, "dns.own", "servers", value!([router]));
    fact(document, "way.587", "first-router", value!(router));
    fact(document, "path", "hops", value!([router]));
    fact(document, "path", "contrast.hops", value!([router, "198.51.100.129"]));
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        std::fs::write(self.0.path().join(name), content).unwrap();
        self
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// What `compare` says about some of its files, or all of it.
    fn compare(&self, names: &[&str], options: &[&str]) -> Output {
        let paths = names.iter().map(|name| self.path().join(name));
        Command::cargo_bin("mailtriage").unwrap().arg("compare").args(paths).args(options).output().unwrap()
    }

    fn text(&self, names: &[&str], options: &[&str]) -> String {
        let done = self.compare(names, options);
        assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    }

    fn json(&self, names: &[&str]) -> Value {
        serde_json::from_str(&self.text(names, &["--format", "json"])).unwrap()
    }
}

fn ids(features: &Value) -> Vec<&str> {
    features.as_array().unwrap().iter().map(|both| both["feature"].as_str().unwrap()).collect()
}

#[test]
fn office_and_home() {
    let office = document(&BLOCKED, "aaaa", |_| {});
    let home = document(&HEALTHY, "bbbb", |report| {
        moved(report, "203.0.113.77", "10.9.0.1");
        report["runs"][0]["started"] = value!("2026-01-01T10:00:00Z");
        report["account"]["client"] = value!("thunderbird");
    });
    let folder = Folder::new().with("office.json", office.to_string()).with("home.json", home.to_string());
    let said = folder.text(&["office.json", "home.json"], &[]);
    // The earlier one first, whatever the order of the files.
    assert!(said.starts_with("Two networks: anna@example.com, 203.0.113.77 and 198.51.100.20"), "{said}");
    assert!(said.contains("The first can send, the second cannot send."), "{said}");
    let one_line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(one_line.contains("only the network differs: public address, first router, router on the way."), "{said}");
    assert!(said.contains("Two reports show what goes together, not what causes it."), "{said}");
    let compared = folder.json(&["office.json", "home.json"]);
    assert_eq!(compared["schema"], "mailtriage.compare/1");
    assert_eq!((&compared["two"]["pair"], &compared["two"]["same_verdict"]), (&value!("two-networks"), &value!(false)));
    // Which DNS server it asks matters to no block.
    assert!(ids(&compared["two"]["other"]).contains(&"resolver"), "{compared:#}");
    assert!(ids(&compared["two"]["same"]).contains(&"account"));
    assert!(compared["two"]["checks"].as_array().unwrap().iter().any(|check| check["id"] == "port.587"));
    for (format, says) in [("markdown", "**EXPLAINS IT** Of what both recorded"), ("html", "<dt>EXPLAINS IT</dt>")] {
        assert!(folder.text(&["office.json", "home.json"], &["--format", format]).contains(says), "{format}");
    }
}

#[test]
fn before_and_after_and_two_computers() {
    let before = document(&BLOCKED, "aaaa", |_| {});
    let later = |report: &mut Value| report["runs"][0]["started"] = value!("2100-01-01T10:00:00Z");
    let after = document(&HEALTHY, "aaaa", later);
    let other = document(&BLOCKED, "bbbb", |report| {
        later(report);
        report["machine"]["hostname"] = value!("PC-99");
    });
    let folder = Folder::new()
        .with("before.json", before.to_string())
        .with("after.json", after.to_string())
        .with("other.json", other.to_string());
    let said = folder.text(&["after.json", "before.json"], &[]);
    assert!(said.starts_with("Before and after: anna@example.com on PC-17"), "{said}");
    assert!(said.contains("It could not send before, and can send now."), "{said}");
    assert!(said.contains("Nothing that both reports recorded"), "{said}");
    // More reports of one case are its course.
    let between = document(&BLOCKED, "aaaa", |report| report["runs"][0]["started"] = value!("2099-01-01T10:00:00Z"));
    let folder = folder.with("between.json", between.to_string());
    let said = folder.text(&["after.json", "before.json", "between.json"], &[]);
    assert!(said.starts_with("1 case: 1 can send") && said.contains("Cases over time"), "{said}");
    assert!(!said.contains("The same in all cases"), "{said}");
    let said = folder.text(&["before.json", "other.json"], &[]);
    assert!(said.starts_with("Two computers: anna@example.com, PC-17 and PC-99"), "{said}");
    assert!(said.contains("Both say the same: Port 587 is blocked on the way out."), "{said}");
}

#[test]
fn what_sets_those_that_fail_apart() {
    let mut folder = Folder::new();
    for number in 0..40 {
        let fails = number < 28;
        let router = if fails && number != 3 { "10.1.0.1" } else { "10.2.0.1" };
        let public = if fails { "198.51.100.1" } else { "203.0.113.1" };
        let report = document(if fails { &BLOCKED } else { &HEALTHY }, &format!("case{number}"), |report| {
            moved(report, public, router);
            report["account"]["address"] = value!(format!("user{number}@example.com"));
        });
        folder = folder.with(&format!("{number:02}.json"), report.to_string());
    }
    // The same case again, later, when it had been mended; and a copy, which counts once.
    let mended = document(&HEALTHY, "case5", |report| {
        moved(report, "203.0.113.1", "10.2.0.1");
        report["runs"][0]["started"] = value!("2100-01-01T10:00:00Z");
    });
    let copy = std::fs::read(folder.path().join("07.json")).unwrap();
    let folder = folder.with("later.json", mended.to_string()).with("copy.json", copy);
    let said = folder.text(&["."], &[]);
    let one_line = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.starts_with("40 cases: 27 cannot send, 13 can send"), "{said}");
    assert!(one_line.contains("198.51.100.1 (public address): 27 of 27 of these, none of the 13 others."), "{said}");
    assert!(one_line.contains("10.1.0.1 (first router)"), "{said}");
    assert!(one_line.contains("26 of 27"), "{said}");
    let compared = folder.json(&["."]);
    assert_eq!((&compared["reports"], &compared["copies"]), (&value!(41), &value!(1)));
    let courses: Vec<&Value> =
        compared["cases"].as_array().unwrap().iter().filter(|case| case["course"] != value!([])).collect();
    assert_eq!(courses.len(), 1);
    assert_eq!(courses[0]["course"][0]["verdict"]["outcome"], "cannot-send");
    assert!(said.contains("Cases over time"), "{said}");
    let traits = compared["many"]["groups"][0]["traits"].as_array().unwrap();
    let says: Vec<&str> = traits.iter().map(|found| found["says"].as_str().unwrap()).collect();
    // Where connections stop is known of those alone that are stopped.
    assert_eq!(says, ["separates", "separates", "shared"]);
}

#[test]
fn of_a_few_cases_nothing_is_claimed() {
    let folder = [("a", &BLOCKED, "10.1.0.1"), ("b", &BLOCKED, "10.1.0.1"), ("c", &HEALTHY, "10.2.0.1")];
    let folder = folder.into_iter().fold(Folder::new(), |folder, (name, report, router)| {
        let report = document(report, name, |report| moved(report, "198.51.100.1", router));
        folder.with(&format!("{name}.json"), report.to_string())
    });
    let said = folder.text(&["."], &[]);
    assert!(!said.contains("sets them apart") && said.contains("may be chance"), "{said}");
}

#[test]
fn names_that_were_left_out_are_compared_within_a_case_only() {
    let redacted = |report: &Report, case: &str, started: &str| {
        document(&redact(report, Redact::All.into()), case, |report| report["runs"][0]["started"] = value!(started))
    };
    let (first, second) = ("2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z");
    let folder = Folder::new()
        .with("a1.json", redacted(&BLOCKED, "a", first).to_string())
        .with("a2.json", redacted(&BLOCKED, "a", second).to_string())
        .with("b.json", redacted(&BLOCKED, "b", second).to_string());
    let within = folder.json(&["a1.json", "a2.json"]);
    assert!(ids(&within["two"]["same"]).contains(&"server"), "{within:#}");
    let across = folder.json(&["a1.json", "b.json"]);
    assert_eq!(across["two"]["pair"], "unknown");
    for feature in ["server", "account", "addresses", "resolver"] {
        assert!(ids(&across["two"]["not_compared"]).contains(&feature), "{feature}: {across:#}");
    }
    let said = folder.text(&["a1.json", "b.json"], &[]);
    assert!(said.contains("names were left out of 2 reports"), "{said}");
    let many = folder.json(&["."]);
    let values: Vec<String> =
        many["many"]["groups"].as_array().unwrap().iter().map(|group| group["traits"].to_string()).collect();
    assert!(values.iter().all(|values| !values.contains('[') || values == "[]"), "{values:?}");
    // Of copies of one measurement, the one counts from which least was left out.
    let whole = document(&BLOCKED, "a", |report| report["runs"][0]["started"] = value!(first));
    let folder = folder.with("whole.json", whole.to_string());
    let compared = folder.json(&["a1.json", "whole.json", "b.json"]);
    assert_eq!((&compared["copies"], &compared["cases"][0]["report"]["redacted"]), (&value!(1), &value!(false)));
    let copies = folder.compare(&["a1.json", "whole.json"], &[]);
    assert_eq!(copies.status.code(), Some(2));
    assert!(String::from_utf8(copies.stderr).unwrap().contains("copies of one measurement"));
}

#[test]
fn whatever_a_report_went_through_it_is_read_and_what_is_none_is_skipped() {
    let blocked = document(&BLOCKED, "a", |_| {}).to_string();
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(blocked.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let marked = [b"\xef\xbb\xbf", document(&HEALTHY, "b", |_| {}).to_string().as_bytes()].concat();
    let page = html::html(&HEALTHY, Reader::Everything).unwrap();
    let folder = Folder::new()
        .with("utf16.json", utf16)
        .with("marked.json", marked)
        .with("page.html", page)
        .with("cut.json", &blocked[..blocked.len() / 2])
        .with("page-of-others.html", "<html></html>")
        .with("notes.txt", "not meant");
    let done = folder.compare(&["."], &["--format", "json"]);
    assert_eq!(done.status.code(), Some(0));
    let compared: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&compared["reports"], compared["skipped"].as_array().unwrap().len()), (&value!(3), 2));
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("cut.json: this report was cut off") && said.contains("no report"), "{said}");
    assert!(!said.contains("notes.txt"));
    for (names, says) in [
        (&["cut.json"][..], "none of the reports can be read"),
        (&["cut.json", "marked.json"], "only one of the reports can be read"),
        (&["marked.json"], "at least two are needed"),
        (&["nothing.json", "nowhere"], "cannot be read"),
    ] {
        let done = folder.compare(names, &[]);
        assert_eq!((done.status.code(), done.stdout.len()), (Some(2), 0), "{names:?}");
        assert!(String::from_utf8(done.stderr).unwrap().contains(says), "{says}");
    }
    let empty = Folder::new();
    assert_eq!(empty.compare(&["."], &[]).status.code(), Some(2));
    let output = folder.path().join("compared.html");
    let output = output.to_str().unwrap();
    folder.text(&["."], &["--format", "html", "--output", output]);
    assert!(std::fs::read_to_string(output).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(folder.compare(&["."], &["--output", output]).status.code(), Some(2), "never over an existing file");
}

#[test]
fn hostile_text_moves_nothing() {
    let hostile = "\u{1b}[2J\u{202e}<script>alert(1)</script> | `x` [a](javascript:b)\n=HYPERLINK(1)";
    let spoil = |report: &mut Value| {
        report["machine"]["hostname"] = value!(hostile);
        report["machine"]["os"] = value!("x".repeat(10_000_000));
        report["diagnosis"]["title"] = value!(hostile);
        report["diagnosis"]["cause"] = value!(hostile);
        report["account"]["client"] = value!(hostile);
    };
    let folder = (0..3).fold(Folder::new(), |folder, number| {
        folder.with(&format!("{number}.json"), document(&BLOCKED, &format!("{number}{hostile}"), spoil).to_string())
    });
    for names in [&["."][..], &["0.json", "1.json"]] {
        for format in ["text", "json", "markdown", "html"] {
            let said = folder.text(names, &["--format", format]);
            assert!(!said.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{format}");
            assert!(said.len() < 100_000, "{format}: {} bytes", said.len());
            match format {
                "html" => assert!(!said.contains("<script") && !said.contains("javascript:b)\"")),
                "markdown" => assert!(!said.contains("<script") && !said.contains("[a](")),
                _ => {}
            }
        }
    }
}

#[test]
fn a_thousand_reports_take_linear_time() {
    let took = |count: usize| {
        let folder = (0..count).fold(Folder::new(), |folder, number| {
            let report = if number % 3 == 0 { &HEALTHY } else { &BLOCKED };
            let report = document(report, &format!("case{number}"), |report| {
                moved(report, &format!("198.51.100.{}", number % 250), &format!("10.{}.0.1", number % 7));
                report["account"]["address"] = value!(format!("user{number}@example.com"));
            });
            folder.with(&format!("{number}.json"), report.to_string())
        });
        let start = Instant::now();
        let compared = folder.json(&["."]);
        assert_eq!(compared["cases"].as_array().unwrap().len(), count);
        start.elapsed()
    };
    let (some, all) = (took(100), took(1_000));
    assert!(all < some * 30 + Duration::from_secs(1), "100 reports took {some:?}, 1,000 {all:?}");
}
