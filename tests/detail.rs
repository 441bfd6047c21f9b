//! A run that waits for less says the same: every scenario with `--fast` and without `--full`; and how soon it ends, in
//! the lab's own time.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "in a test a panic is the answer")]

mod lab;

use lab::{on_paused_time, scenario_in};
use mailtriage::cli::{Detail, job, run_with};
use mailtriage::practice::{Scenario, scenario};
use mailtriage::session::Session;
use rstest::rstest;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;

fn run(scenario: &Scenario, detail: Detail) -> (Session, Duration) {
    on_paused_time(async {
        let started = Instant::now();
        let session = run_with(job(scenario).unwrap(), BTreeMap::new(), detail).await;
        (session, started.elapsed())
    })
}

#[rstest]
fn less_detail_is_the_same_verdict(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let scenario = scenario_in(&path);
    let verdict = |detail| {
        let (session, took) = run(&scenario, detail);
        let found = session.diagnosis();
        assert!(found.is_final, "{detail:?}");
        (took, (found.cause, found.certainty, found.outcome, found.title, found.who, found.now))
    };
    let (longest, full) = verdict(Detail::Full);
    for detail in [Detail::Least, Detail::Bounded] {
        let (took, less) = verdict(detail);
        assert_eq!(less, full, "{detail:?}");
        assert!(took <= longest + Duration::from_millis(500), "{detail:?}: {took:?}, in full {longest:?}");
    }
}

fn changed(name: &str, changes: &str) -> Scenario {
    scenario(name).unwrap().with(toml::from_str(changes).unwrap())
}

fn end(name: &str, changes: &str, detail: Detail) -> Duration {
    let (session, took) = run(&changed(name, changes), detail);
    println!("{name}, {detail:?}: {} after {took:?}", session.diagnosis().cause);
    assert_eq!(session.diagnosis().cause, "healthy");
    took
}

/// The server and everything that it is compared with, this far away.
fn far(milliseconds: u64) -> String {
    let internet: toml::Table = toml::from_str(include_str!("../src/practice/internet.toml")).unwrap();
    let hosts = internet["host"].as_table().unwrap().keys();
    hosts.map(|host| format!("[host.\"{host}\"]\nrtt-ms = {milliseconds}\n")).collect()
}

#[test]
fn a_healthy_run_ends_in_half_a_second() {
    assert!(end("healthy-587", "", Detail::Bounded) < Duration::from_millis(600));
    assert!(end("healthy-587", "", Detail::Least) < Duration::from_millis(500));
}

#[test]
fn far_away_a_run_ends_within_one_and_a_half_of_its_verdicts_chain() {
    // Connect, greeting, EHLO, STARTTLS, handshake, EHLO, log-in, sender, recipient, as in `timing.rs`.
    for rtt in [200, 600] {
        let chain = Duration::from_millis(rtt) * 8 + Duration::from_millis(rtt) / 2;
        let took = end("healthy-587", &far(rtt), Detail::Bounded);
        assert!(took < chain.mul_f64(1.5), "{took:?}, the chain is {chain:?}");
    }
}

#[test]
fn a_silent_port_that_is_not_the_accounts_delays_nothing() {
    let fine = end("healthy-587", "", Detail::Bounded);
    let silent = "[[fault]]\nat = \"router\"\ndoes = \"drop\"\nports = [25]\n";
    assert!(end("healthy-587", silent, Detail::Bounded) <= fine.mul_f64(1.05));
}
