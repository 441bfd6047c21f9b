//! Certain means proven: in every scenario and variant, each fact of the guide is set to each other word that it can
//! have, and to unknown. Whatever the verdict is then, it is never certain against the evidence.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use mailtriage::facts::{Derived, Known, Why, vocabulary};
use mailtriage::guide::page::Page;
use mailtriage::guide::rule::{Certainty, Held, all_hold};
use mailtriage::guide::walk::{Reached, walk};
use mailtriage::guide::{HEALTHY, UNDETERMINED};
use mailtriage::session::guide;
use rstest::rstest;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// No cause that begins so is certain while this fact has one of these words: said here once more, and independently of
/// the pages.
const NEVER: &[(&str, &str, &[&str])] = &[
    ("", "measured.on", &["same-network", "elsewhere"]),
    ("account-locked", "login", &["accepted"]),
    ("app-password", "login", &["accepted"]),
    ("auth-mechanism", "client.connects", &["from-elsewhere"]),
    ("auth-mechanism", "client.log-in", &["yes"]),
    ("auth-not-offered", "login", &["accepted"]),
    ("auth-not-offered", "relay", &["any", "direct", "own-domain"]),
    ("auth-throttled", "client.connects", &["from-elsewhere"]),
    ("basic-auth", "sending", &["accepted"]),
    ("blocked-local", "port.state", &["open"]),
    ("blocked-network", "port.elsewhere", &["open"]),
    ("blocked-network", "port.leaves", &["no"]),
    ("captive-portal", "internet", &["yes", "no"]),
    ("certificate", "certificate", &["valid"]),
    ("certificate", "certificate.accepted", &["yes"]),
    ("certificate", "handshake.elsewhere", &["private-issuer"]),
    ("certificate", "server.here", &["yes"]),
    ("certificate", "testnet", &["answers"]),
    ("certificate-expired", "clock", &["wrong"]),
    ("clock-wrong", "clock", &["right"]),
    ("dns", "internet", &["no", "portal"]),
    ("dns", "loss", &["heavy"]),
    ("dns-answer-tampered", "dns.elsewhere", &["same"]),
    ("dns-name-not-found", "dns.elsewhere", &["found"]),
    ("dns-resolver-failing", "dns.elsewhere", &["unknown", "unasked", "not-found"]),
    ("dns-resolver-failing", "dns.server", &["found"]),
    ("healthy", "account.works", &["no"]),
    ("healthy", "login", &["rejected", "temporary"]),
    ("healthy", "loss", &["heavy"]),
    ("healthy", "relay", &["any", "direct"]),
    ("healthy", "security", &["none"]),
    ("healthy", "security.auto", &["yes"]),
    ("healthy", "settings.read", &["no"]),
    ("ipv6-broken", "ipv6", &["works"]),
    ("local-gateway", "port.state", &["open", "filtered", "denied"]),
    ("local-gateway", "server.here", &["no"]),
    ("name-behind-web-proxy", "server.web-proxy", &["no", "unknown"]),
    ("offline", "internet", &["yes"]),
    ("offline", "port.others", &["open"]),
    ("password-wrong", "login", &["accepted", "temporary", "not-tried"]),
    ("password-wrong", "provider.passwords", &["app-only", "none"]),
    ("port-25", "hoster", &["shuts", "known", "unnamed"]),
    ("port-25", "port.elsewhere", &["open"]),
    ("port-25", "port.last-heard", &["inside", "near"]),
    ("port-25", "port.refuser", &["inside"]),
    ("port-25", "vpn", &["carries", "parts"]),
    ("recipient-rejected", "sending.to", &["own"]),
    ("server", "internet", &["no", "portal"]),
    ("server", "server.here", &["yes"]),
    ("server-behind-own-router", "server.address", &["router", "other", "unknown"]),
    ("server-busy", "client.connects", &["from-elsewhere"]),
    ("server-busy", "greeting.elsewhere", &["mute"]),
    ("server-busy", "port.by", &["near"]),
    ("server-busy", "testnet", &["answers"]),
    ("server-refusing", "dns.elsewhere", &["differs"]),
    ("server-refusing", "port.by", &["near", "self"]),
    ("server-rejects-client", "client.connects", &["from-elsewhere"]),
    ("server-rejects-client", "greeting.elsewhere", &["mute"]),
    ("server-too-slow", "loss", &["heavy"]),
    ("server-too-slow", "port.by", &["near"]),
    ("server-unreachable", "port.state", &["open"]),
    ("server-unreachable", "server.alive", &["yes"]),
    ("smtp-intercepted", "server.here", &["yes"]),
    ("tls", "server.here", &["yes"]),
    ("tls-intercepted", "certificate", &["valid"]),
    ("tls-too-weak", "certificate.accepted", &["yes"]),
    ("tls-too-weak", "client.strength", &["yes", "unknown"]),
    ("tls-too-weak", "handshake.elsewhere", &["private-issuer", "cut"]),
    ("tls-version", "client.tls", &["yes", "unknown"]),
    ("tls-version", "handshake", &["too-weak"]),
    ("wrong", "settings.read", &["no"]),
    ("wrong-port", "port.last-heard", &["inside", "near"]),
    ("wrong-port", "settings.port", &["unknown"]),
    ("wrong-server", "settings.server", &["doubtful"]),
];

/// The verdict over these facts, checked.
fn verdict(facts: &Derived, changed: &str) -> Option<Reached> {
    let reached = walk(guide(), facts).reached?;
    if reached.certainty < Certainty::Certain {
        return Some(reached);
    }
    let word = |fact: &str| facts.get(fact).and_then(Known::word).unwrap_or("unknown");
    for (cause, fact, words) in NEVER {
        let is_meant = reached.cause.starts_with(cause) && (!cause.is_empty() || reached.cause != HEALTHY);
        assert!(
            !is_meant || !words.contains(&word(fact)),
            "{changed}: {} is certain, although {fact} is {}",
            reached.cause,
            word(fact)
        );
    }
    let page = guide().cause(&reached.cause).unwrap();
    assert!(is_proven(page, facts), "{changed}: {} is certain against its own page", reached.cause);
    Some(reached)
}

fn is_proven(page: &Page, facts: &Derived) -> bool {
    let holds = |terms| all_hold(terms, facts) == Held::Yes;
    !page.against.iter().any(|row| holds(&row.terms))
        && (page.proof.is_empty() || page.proof.iter().any(|row| holds(&row.terms)))
}

/// All words that this fact can have, and that it is not known.
fn others(fact: &str) -> Vec<Known> {
    let words = vocabulary::find(fact).unwrap().words.iter().map(|word| Known::Word((*word).to_owned()));
    words.chain([Known::Unknown(Why::Gap("changed".to_owned()))]).collect()
}

/// What speaks for or against this cause, by its page and by the table above.
fn evidence(cause: &str) -> BTreeSet<&'static str> {
    let page = guide().cause(cause).unwrap();
    let terms = page.against.iter().map(|row| &row.terms).chain(page.proof.iter().map(|row| &row.terms));
    let of_page = terms.flatten().map(|term| term.fact.as_str());
    let of_table = NEVER.iter().filter(|(begins, ..)| !begins.is_empty() && cause.starts_with(begins));
    of_page.chain(of_table.map(|(_, fact, _)| *fact)).collect()
}

/// Two facts of the evidence at once: one may take a way on which the other is no longer asked.
fn each_pair_of_evidence_otherwise(facts: &Derived, cause: &str) {
    let evidence: Vec<&str> = evidence(cause).into_iter().collect();
    for (index, first) in evidence.iter().enumerate() {
        for second in &evidence[index + 1..] {
            for one in others(first) {
                for two in others(second) {
                    let mut facts = facts.clone();
                    let word = |known: &Known| known.word().unwrap_or("unknown").to_owned();
                    let changed = format!("{first} is {}, {second} is {}", word(&one), word(&two));
                    facts.insert((*first).to_owned(), one.clone());
                    facts.insert((*second).to_owned(), two);
                    verdict(&facts, &changed);
                }
            }
        }
    }
}

fn each_fact_otherwise(facts: &Derived) {
    if let Some(reached) = verdict(facts, "as it is").filter(|reached| reached.certainty == Certainty::Certain) {
        each_pair_of_evidence_otherwise(facts, &reached.cause);
    }
    for kind in vocabulary::all() {
        // A fact that names a cause is what a server said: its own words are no evidence against it.
        for other in others(kind.name) {
            let mut facts = facts.clone();
            let changed = format!("{} is {}", kind.name, other.word().unwrap_or("unknown"));
            facts.insert(kind.name.to_owned(), other);
            verdict(&facts, &changed);
        }
    }
}

#[rstest]
fn no_scenario_is_certain_against_evidence(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let scenario = lab::scenario_in(&path);
    each_fact_otherwise(&lab::run(&scenario).facts());
}

#[rstest]
fn no_variant_is_certain_against_evidence(#[files("tests/variants/*.toml")] path: PathBuf) {
    each_fact_otherwise(&lab::Variant::read(&path).run().facts());
}

#[test]
fn not_decided_is_never_certain() {
    let reached = walk(guide(), &Derived::default()).reached.unwrap();
    assert_eq!((reached.cause.as_str(), reached.certainty), (UNDETERMINED, Certainty::Possible));
}
