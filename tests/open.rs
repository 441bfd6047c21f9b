//! A saved report opened again without a screen: whatever wrote the file, whatever version, in every format.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use assert_cmd::Command;
use lab::run;
use mailtriage::practice::scenario;
use mailtriage::report::first_page::Reader;
use mailtriage::report::{html, json};
use serde_json::{Value, json as value};
use std::path::PathBuf;

/// The JSON report of a scenario.
fn report(name: &str) -> Value {
    serde_json::from_str(&json::to_string(&json::report(&run(&scenario(name).unwrap())))).unwrap()
}

/// What `open` prints about a file with this content, in this format.
fn opened(content: impl AsRef<[u8]>, options: &[&str]) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("report");
    std::fs::write(&path, content).unwrap();
    let done = Command::cargo_bin("mailtriage").unwrap().arg("open").arg(&path).args(options).output().unwrap();
    match done.status.code() {
        Some(2) => Err(String::from_utf8(done.stderr).unwrap()),
        _ => Ok(String::from_utf8(done.stdout).unwrap()),
    }
}

fn reopened(report: &Value) -> Value {
    serde_json::from_str(&opened(report.to_string(), &["--format", "json"]).unwrap()).unwrap()
}

#[test]
fn whatever_a_report_went_through_it_is_the_same() {
    let report = report("password-wrong");
    let text = report.to_string();
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let page = html::html(&json::report(&run(&scenario("password-wrong").unwrap())), Reader::Everything).unwrap();
    for content in [text.clone().into_bytes(), [b"\xef\xbb\xbf", text.as_bytes()].concat(), utf16] {
        let again: Value = serde_json::from_str(&opened(content, &["--format", "json"]).unwrap()).unwrap();
        assert_eq!(again, report);
    }
    let of_page: Value = serde_json::from_str(&opened(page, &["--format", "json"]).unwrap()).unwrap();
    assert_eq!(of_page["diagnosis"], report["diagnosis"]);
    let piped = Command::cargo_bin("mailtriage").unwrap().args(["open", "-"]).write_stdin(text).output().unwrap();
    assert_eq!(piped.status.code(), Some(1));
    assert!(String::from_utf8(piped.stdout).unwrap().contains("CANNOT SEND"));
}

#[test]
fn a_report_is_printed_for_its_reader() {
    let report = report("587-silent").to_string();
    for (format, says) in [("text", "RESULT"), ("markdown", "**RESULT**"), ("html", "<dt>RESULT</dt>")] {
        let ours = opened(&report, &["--format", format]).unwrap();
        assert!(ours.contains(says) && ours.contains("PC-17"), "{format}");
        let network = opened(&report, &["--format", format, "--for", "network"]).unwrap();
        assert!(network.contains("please allow it") && !network.contains("PC-17"), "{format}");
        let all = opened(&report, &["--format", format, "--redact", "all"]).unwrap();
        assert!(!all.contains("smtp.example.com") && !all.contains("203.0.113."), "{format}");
    }
}

#[test]
fn what_a_newer_version_wrote_is_kept() {
    let mut newer = report("587-silent");
    newer["schema"] = value!("mailtriage.report/1.7");
    newer["weather"] = value!("fine");
    newer["account"]["department"] = value!("Sales");
    newer["runs"][0]["lab"] = value!(true);
    let check = newer["checks"].as_array().unwrap().iter().position(|check| check["id"] == "port.587").unwrap();
    let finding = &mut newer["checks"][check];
    finding["outcome"] = value!("puzzled");
    finding["colour"] = value!("red");
    finding["facts"]["odd"] = value!({"a": 1});
    finding["evidence"][0]["kind"] = value!("smell");
    finding["evidence"][0]["marks"] = value!([[0, 3, "dog"]]);
    let again = reopened(&newer);
    assert_eq!(again["weather"], "fine");
    assert_eq!(again["account"]["department"], "Sales");
    assert_eq!(again["runs"][0]["lab"], true);
    for field in ["outcome", "colour", "facts"] {
        assert_eq!(again["checks"][check][field], newer["checks"][check][field], "{field}");
    }
    for field in ["kind", "marks"] {
        assert_eq!(
            again["checks"][check]["evidence"][0][field], newer["checks"][check]["evidence"][0][field],
            "{field}"
        );
    }
    // Whom an unknown field names, nobody can tell: it is in no copy from which something is left out.
    let redacted = opened(newer.to_string(), &["--format", "json", "--redact", "names"]).unwrap();
    assert!(!redacted.contains("Sales"));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let report = report("587-silent");
    let why = |change: fn(&mut Value)| {
        let mut report = report.clone();
        change(&mut report);
        opened(report.to_string(), &["--format", "text"]).unwrap_err()
    };
    type Spoil = fn(&mut Value);
    let wrong: [(Spoil, &str); 6] = [
        (|report| report["schema"] = value!("mailtriage.report/0"), "the mailtriage that wrote it"),
        (|report| report["schema"] = value!("mailtriage.report/2"), "use a newer mailtriage"),
        (|report| report["account"]["in_use"]["port"] = value!("many"), "account.in_use.port"),
        (|report| report["checks"][0]["evidence"][0]["at_ms"] = value!("soon"), "checks.0.evidence.0.at_ms"),
        (|report| report["runs"][0]["started"] = value!("yesterday"), "runs.0.started"),
        (|report| report["runs"] = value!([]), "contains no run"),
    ];
    for (change, says) in wrong {
        let said = why(change);
        assert!(said.contains(says), "{says}: {said}");
    }
}

#[test]
fn a_case_is_recognised_in_every_copy() {
    let report = report("587-silent");
    let id = report["id"].as_str().unwrap();
    assert_eq!((id.len(), report["runs"][0]["id"].as_str()), (10, Some("1")));
    let redacted = opened(report.to_string(), &["--format", "json", "--redact", "all"]).unwrap();
    let redacted: Value = serde_json::from_str(&redacted).unwrap();
    assert_eq!(redacted["id"], id);
    // Times need no adding.
    assert!(report["checks"][0]["started"].as_str().unwrap().ends_with('Z'));
    assert!(report["checks"][0]["evidence"][0]["at"].as_str().unwrap().ends_with('Z'));
}
