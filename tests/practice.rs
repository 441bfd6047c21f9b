//! The practice lab's scenarios, each against its truth, on paused time; and again with each reference down in turn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::cli::{job, run_to_end};
use mailtriage::practice::{Scenario, scenario, scenarios};
use mailtriage::session::Session;
use std::collections::BTreeMap;

fn on_paused_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    done
}

fn run(scenario: &Scenario) -> Session {
    on_paused_time(async { run_to_end(job(scenario).unwrap(), BTreeMap::new()).await })
}

/// What differs from the scenario's truth.
fn faults(scenario: &Scenario, session: &Session) -> Vec<String> {
    let diagnosis = session.diagnosis();
    let mut faults = Vec::new();
    let cause = scenario.truth["cause"].as_str().unwrap();
    if diagnosis.cause != cause || !diagnosis.is_final {
        let way: Vec<String> =
            diagnosis.path.iter().map(|step| format!("{} [{}]", step.page, step.because.join(", "))).collect();
        faults.push(format!(
            "{} ({:?}, final {}) in place of {cause}\n    way: {}\n    not known: {}",
            diagnosis.cause,
            diagnosis.certainty,
            diagnosis.is_final,
            way.join(" > "),
            diagnosis.not_known.join("; ")
        ));
    }
    let also = scenario.truth.get("also").and_then(|also| also.as_array()).into_iter().flatten();
    for wanted in also.filter_map(|cause| cause.as_str()) {
        if !diagnosis.also.iter().any(|cause| cause == wanted) {
            faults.push(format!("{wanted} is not under also: {:?}", diagnosis.also));
        }
    }
    faults
}

#[test]
fn every_scenario_ends_in_its_truth() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let session = run(&scenario);
        wrong.extend(faults(&scenario, &session).into_iter().map(|fault| format!("{}: {fault}", scenario.name)));
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

/// The hosts that a run compares with.
const REFERENCES: [&str; 10] = [
    "smtp.gmail.com",
    "gmail-smtp-in.l.google.com",
    "mail.gmx.net",
    "mx00.gmx.net",
    "smtp.mail.me.com",
    "mx01.mail.icloud.com",
    "smtp.fastmail.com",
    "one.one.one.one",
    "www.msftconnecttest.com",
    "captive.apple.com",
];

fn faults_without(scenario: &Scenario, host: &str) -> Vec<String> {
    let own = scenario.account["address"].as_str().unwrap().rsplit('@').next().unwrap().to_owned();
    if host.ends_with(&own) {
        return vec![];
    }
    let down = format!("[host.\"{host}\"]\ndown = true");
    let worse = scenario.clone().with(toml::from_str(&down).unwrap());
    let faults = faults(&worse, &run(&worse));
    faults.into_iter().map(|fault| format!("{} without {host}: {fault}", scenario.name)).collect()
}

#[test]
fn no_verdict_hangs_on_one_reference() {
    let all = scenarios();
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let one_each = REFERENCES.map(|host| {
            let all = &all;
            scope.spawn(move || all.iter().flat_map(|scenario| faults_without(scenario, host)).collect::<Vec<_>>())
        });
        one_each.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_account_in_a_scenario_is_what_the_run_judges() {
    let session = run(&scenario("healthy-465").unwrap());
    let in_use = session.in_use().unwrap();
    assert_eq!((in_use.host.as_str(), in_use.port), ("smtp.example.com", 465));
}

#[test]
fn the_clicks_lead_to_the_way_that_works() {
    for (name, port) in
        [("587-silent", "465"), ("wrong-port", "587"), ("wrong-security", "587"), ("port-25-isp", "587")]
    {
        let remedy = run(&scenario(name).unwrap()).diagnosis().remedy.join("\n");
        assert!(remedy.contains(&format!("Port: {port}")), "{name}: {remedy}");
    }
}
