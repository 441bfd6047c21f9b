//! Variations of the lab's worlds that are not scenarios of their own: other topologies, combined faults, odd servers;
//! one file each in `variants`. And runs in which a person asked for more than a log-in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::{everything, faults, run_with, same_as_before};
use mailtriage::check::Reference;
use mailtriage::check::secret::Attempt;
use mailtriage::cli::Truth;
use mailtriage::practice::scenario;
use rstest::rstest;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A file in `variants`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Variant {
    title: String,
    /// The scenario that it varies.
    scenario: String,
    /// What is laid over the scenario's world.
    #[serde(default)]
    world: toml::Table,
    /// The references in place of the usual ones.
    references: Option<Vec<String>>,
    /// Which connection comes first at a full server, or what still fits before the deadline, differs from run to run:
    /// then only the verdict is compared.
    #[serde(default)]
    unsteady: bool,
    truth: Truth,
}

#[rstest]
fn variant_ends_in_its_truth(#[files("tests/variants/*.toml")] path: PathBuf) {
    let text = std::fs::read_to_string(&path).unwrap();
    let variant: Variant = toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let base = scenario(&variant.scenario).unwrap_or_else(|| panic!("no scenario {}", variant.scenario));
    let session = run_with(&base.with(variant.world), |job| {
        if let Some(hosts) = variant.references {
            let reference = |host: String| Reference { host, ports: vec![25, 465, 587, 443] };
            job.options.references = hosts.into_iter().map(reference).collect();
        }
    });
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
