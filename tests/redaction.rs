//! What a report leaves out: in every scenario, with log-in names that look like mail addresses and with some that are
//! plain words.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::run_with;
use mailtriage::account::Given;
use mailtriage::practice::{Scenario, scenarios};
use mailtriage::report::json;
use mailtriage::report::redact::{LeftOut, Redact, redact};

/// The JSON report of a scenario whose account logs in by this name, redacted.
fn redacted(scenario: &Scenario, user: &str, how: Redact) -> String {
    let session = run_with(scenario, |job| job.account.settings.user = Some(Given::typed(user.to_owned())));
    json::to_string(&redact(&json::report(&session), LeftOut::from(how)))
}

#[test]
fn names_are_in_no_redacted_report() {
    // A name may well be a word of the report: then the word stays, and the name goes.
    for (index, scenario) in scenarios().iter().enumerate() {
        let user = ["meier", "open", "anna.meier", "COMPANY\\meier"][index % 4];
        let report = redacted(scenario, user, Redact::Names);
        let mailbox = scenario.account["address"].as_str().unwrap();
        let inner = ["192.168.1.", "\"10.0.0.1", " 10.0.0.1", "PC-17"];
        for name in inner.iter().chain([&mailbox]) {
            assert!(!report.contains(name), "{}: {name} is in the report", scenario.name);
        }
        let fields: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(fields["account"]["settings"]["user"], "[user]", "{}", scenario.name);
        let login = fields["checks"].as_array().unwrap().iter().find(|check| check["id"] == "login");
        if let Some(user) = login.and_then(|login| login["facts"].get("user")) {
            assert_eq!(user, "[user]", "{}", scenario.name);
        }
        if user != "open" {
            let name = user.replace('\\', "\\\\");
            assert!(!report.contains(&name), "{}: {user} is in the report", scenario.name);
        }
    }
}

#[test]
fn servers_are_in_no_report_without_hosts() {
    for scenario in scenarios() {
        let report = redacted(&scenario, "meier", Redact::All);
        let domain = scenario.account["address"].as_str().unwrap().rsplit('@').next().unwrap();
        for name in [domain, "203.0.113.", "198.51.100.20"] {
            assert!(!report.contains(name), "{}: {name} is in the report: {}", scenario.name, around(&report, name));
        }
    }
}

fn around<'a>(text: &'a str, name: &str) -> &'a str {
    let at = text.find(name).unwrap_or(0);
    text.get(at.saturating_sub(120)..(at + 80).min(text.len())).unwrap_or_default()
}

#[test]
fn a_redacted_report_can_be_redacted_again() {
    let scenario = mailtriage::practice::scenario("password-wrong").unwrap();
    let session = run_with(&scenario, |_| {});
    let once = redact(&json::report(&session), LeftOut::from(Redact::Names));
    assert_eq!(redact(&once, LeftOut::from(Redact::Names)), once);
}
