//! The program in the hands of other engines: plugin, metrics, batch and exporter, from outside and in the lab.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::{contains, starts_with};
use rstest::rstest;

fn mailtriage(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mailtriage").unwrap();
    command.args(arguments).env("HOME", "/nonexistent").env_remove("NO_COLOR");
    command
}

fn stdout(arguments: &[&str]) -> String {
    String::from_utf8(mailtriage(arguments).output().unwrap().stdout).unwrap()
}

#[rstest]
#[case("healthy-587", &[], 0, "OK - Everything works")]
#[case("no-password", &[], 0, "OK - No fault found up to the log-in")]
#[case("587-silent", &[], 2, "CRITICAL - Port 587 is blocked on the way out (blocked-network, certain)")]
#[case("healthy-587", &["--warning", "connect_time=0.001"], 1, "WARNING - ")]
#[case("healthy-587", &["--critical", "certificate_days=100:", "--warning", "login_time=9"], 2, "CRITICAL - ")]
#[case("healthy-587", &["--warning", "certificate_days=14:", "--critical", "certificate_days=7:"], 0, "OK - ")]
#[case("no-password", &["--warning", "login_time=9"], 3, "UNKNOWN - ")]
fn a_plugin_has_a_state_a_line_and_figures(
    #[case] scenario: &str,
    #[case] ranges: &[&str],
    #[case] code: i32,
    #[case] begins: &str,
) {
    let arguments = [&["practice", scenario, "--format", "nagios"], ranges].concat();
    let assert = mailtriage(&arguments).assert().code(code).stdout(starts_with(begins));
    let out = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    let (line, rest) = out.split_once('\n').unwrap();
    let (_, figures) = line.split_once(" | ").unwrap();
    assert!(!rest.contains('|') && rest.contains("RESULT") && out.len() < 8_192);
    for figure in figures.split(' ') {
        let (name, data) = figure.split_once('=').unwrap();
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{figure}");
        let number = data.split(';').next().unwrap().trim_end_matches(['s', '%']);
        assert!(number.parse::<f64>().is_ok(), "{figure}");
    }
}

/// For a monitoring system, 2 means that the service is down; and it shows stdout alone.
#[rstest]
#[case(&["check", "anna", "--format", "nagios"], "no @")]
#[case(&["check", "anna@example.com", "--format=nagios", "--port", "0"], "0 is not in")]
#[case(&["practice", "healthy-587", "--format", "nagios", "--warning", "speed=1"], "there is no figure \"speed\"")]
#[case(&["practice", "healthy-587", "--format", "nagios", "--warning", "login_time=a"], "is not a range")]
#[case(&["open", "/nonexistent.json", "--format", "nagios"], "cannot be read")]
fn a_plugin_that_cannot_run_is_unknown(#[case] arguments: &[&str], #[case] says: &str) {
    mailtriage(arguments).assert().code(3).stdout(starts_with("UNKNOWN - ").and(contains(says)));
}

#[test]
fn ranges_are_for_the_plugin_alone() {
    let arguments = ["practice", "healthy-587", "--format", "text", "--warning", "login_time=1"];
    mailtriage(&arguments).assert().code(2).stdout("").stderr(contains("--format nagios"));
}

#[test]
fn metrics_are_written_anew_and_over_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mail.prom");
    let path = file.to_str().unwrap();
    let arguments = ["practice", "587-silent", "--format", "prometheus", "--output", path];
    for _ in 0..2 {
        mailtriage(&arguments).assert().code(1);
    }
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("mailtriage_success{address=\"anna@example.com\","), "{text}");
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        assert!(text.contains(&format!("# TYPE {name} gauge\n")), "{line}");
        assert!(line.rsplit(' ').next().unwrap().parse::<f64>().is_ok(), "{line}");
    }
    std::fs::write(&file, "node_load1 1\n").unwrap();
    mailtriage(&arguments).assert().code(2).stderr(contains("already exists"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "node_load1 1\n");
}

#[test]
fn a_report_that_was_saved_is_judged_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let saved = folder.path().join("case.json");
    let saved = saved.to_str().unwrap();
    mailtriage(&["practice", "587-silent", "--format", "json", "--output", saved]).assert().code(1);
    mailtriage(&["open", saved, "--format", "nagios"]).assert().code(2).stdout(starts_with("CRITICAL - Port 587"));
    let row: serde_json::Value = serde_json::from_str(&stdout(&["open", saved, "--format", "row"])).unwrap();
    assert_eq!((row["cause"].as_str(), row["ports"]["587"].as_str()), (Some("blocked-network"), Some("filtered")));
}
