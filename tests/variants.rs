//! Variations of the lab's worlds that are not scenarios of their own: other topologies, combined faults, odd servers;
//! one file each in `variants`. And runs in which a person asked for more than a log-in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::{Variant, everything, faults, run_with, same_as_before};
use mailtriage::check::secret::Attempt;
use mailtriage::practice::scenario;
use rstest::rstest;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[rstest]
fn variant_ends_in_its_truth(#[files("tests/variants/*.toml")] path: PathBuf) {
    let variant = Variant::read(&path);
    let session = variant.run();
    if !variant.unsteady {
        same_as_before("variants", path.file_stem().unwrap().to_str().unwrap(), &everything(&session));
    }
    let faults = faults(&variant.truth, &session);
    assert!(faults.is_empty(), "{}: {}", variant.title, faults.join("\n"));
}

/// The facts of a check after a run in which a person asked for more than a log-in.
fn facts(name: &str, check: &str, change: impl FnOnce(&mut Attempt)) -> BTreeMap<String, String> {
    let session = run_with(&scenario(name).unwrap(), |job| change(job.attempt.as_mut().unwrap()));
    let facts = &session.run().unwrap().check(check).unwrap().facts;
    facts.iter().map(|(key, value)| (key.clone(), value.to_string())).collect()
}

#[test]
fn a_message_goes_out_only_where_a_person_asked_for_it() {
    let quiet = facts("healthy-587", "sending", |_| {});
    assert_eq!((quiet["result"].as_str(), quiet.get("message-id")), ("accepted", None));
    let sent = facts("healthy-587", "sending", |attempt| attempt.message = true);
    assert_eq!(sent["message"], "250 2.0.0 Ok: queued as PRACTICE");
    assert!(sent["message-id"].ends_with("@example.com>"), "{sent:?}");
}

#[test]
fn a_device_that_never_logs_in_has_no_password_to_lose() {
    let ends = |name: &str| lab::run(&scenario(name).unwrap()).diagnosis().ends;
    assert!(ends("scanner-too-old").iter().any(|end| end.says.contains("accepts no passwords")));
    assert_eq!(ends("direct-send-inside-only"), vec![]);
}

#[test]
fn a_log_in_without_proof_needs_the_servers_name() {
    let result = |typed: Option<&str>| {
        let typed = typed.map(str::to_owned);
        let found = facts("certificate-self-signed", "login", |attempt| attempt.unverified = typed);
        (found["result"].clone(), found.contains_key("unverified"))
    };
    assert_eq!(result(None), ("not-tried".to_owned(), false));
    assert_eq!(result(Some("smtp.example.org")), ("not-tried".to_owned(), false));
    assert_eq!(result(Some("smtp.example.com")), ("accepted".to_owned(), true));
    // A certificate other than the one that a screen showed gets nothing.
    let other = facts("certificate-self-signed", "login", |attempt| {
        attempt.unverified = Some("smtp.example.com".to_owned());
        attempt.shown = Some("00:11".to_owned());
    });
    assert_eq!(other["result"], "not-tried");
}
