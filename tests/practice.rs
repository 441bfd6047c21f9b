//! The practice lab's scenarios, one test each: the verdict against the truth, on paused time; every fact against its
//! snapshot; and the verdict again with each reference down in turn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::{everything, faults, run, same_as_before, scenario_in};
use mailtriage::check::defaults;
use mailtriage::cli::Truth;
use mailtriage::practice::scenario;
use rstest::rstest;
use std::path::PathBuf;

#[rstest]
fn scenario_ends_in_its_truth(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let scenario = scenario_in(&path);
    let truth = Truth::of(&scenario).unwrap_or_else(|why| panic!("{why}"));
    let session = run(&scenario);
    same_as_before("facts", &scenario.name, &everything(&session));
    let faults = faults(&truth, &session);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The hosts that a run compares with, as the lab names them.
fn references() -> Vec<String> {
    let names = defaults::references().into_iter().map(|reference| reference.host);
    let pages = defaults::connectivity().into_iter().filter_map(|page| Some(page.url.host_str()?.to_owned()));
    let internet: toml::Table = toml::from_str(include_str!("../src/practice/internet.toml")).unwrap();
    let hosts = internet["host"].as_table().unwrap();
    let by_address = |addr: &str| {
        let has = |host: &toml::Value| host["v4"].as_array().unwrap().iter().any(|own| own.as_str() == Some(addr));
        hosts.iter().find(|(_, host)| has(host)).map(|(name, _)| name.clone())
    };
    let known = |host: String| match host.parse::<std::net::IpAddr>() {
        Ok(_) => by_address(&host).unwrap_or_else(|| panic!("the lab has no host {host}")),
        Err(_) => host,
    };
    names.chain(pages).map(known).collect()
}

#[rstest]
fn no_verdict_hangs_on_one_reference(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let scenario = scenario_in(&path);
    let truth = Truth::of(&scenario).unwrap();
    let own = scenario.account["address"].as_str().unwrap().rsplit('@').next().unwrap().to_owned();
    let mut wrong = Vec::new();
    for host in references().into_iter().filter(|host| !host.ends_with(&own)) {
        let down = format!("[host.\"{host}\"]\ndown = true");
        let diagnosis = run(&scenario.clone().with(toml::from_str(&down).unwrap())).diagnosis();
        // One reference fewer may cost certainty, but never change the cause.
        if diagnosis.cause != truth.cause || !diagnosis.is_final {
            wrong.push(format!("without {host}: {} in place of {}", diagnosis.cause, truth.cause));
        }
        let missing = truth.also.iter().filter(|cause| !diagnosis.also.contains(cause));
        wrong.extend(missing.map(|cause| format!("without {host}: {cause} is not under also")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_truth_takes_no_unknown_key() {
    let mut scenario = scenario("healthy-587").unwrap();
    scenario.truth.insert("certanty".to_owned(), "likely".into());
    assert!(Truth::of(&scenario).unwrap_err().contains("unknown field `certanty`"));
}

#[test]
fn the_account_in_a_scenario_is_what_the_run_judges() {
    let session = run(&scenario("healthy-465").unwrap());
    let in_use = session.in_use().unwrap();
    assert_eq!((in_use.host.as_str(), in_use.port), ("smtp.example.com", 465));
}

#[test]
fn a_server_that_said_nothing_is_not_quoted() {
    let summary = run(&scenario("basic-auth-disabled").unwrap()).diagnosis().summary;
    assert!(!summary.contains("own words") && summary.ends_with('.'), "{summary}");
    assert!(run(&scenario("password-wrong").unwrap()).diagnosis().summary.contains("own words: 535"));
}

#[test]
fn commands_by_hand_have_the_servers_name() {
    let session = run(&scenario("587-silent").unwrap());
    let by_hand = session.by_hand(mailtriage::session::guide().page("firewall").unwrap());
    assert!(by_hand[0].contains("Test-NetConnection smtp.example.com -Port 587"), "{by_hand:?}");
    let nothing_yet = mailtriage::session::Session::new(session.account.clone(), &Default::default());
    let by_hand = nothing_yet.by_hand(mailtriage::session::guide().page("firewall").unwrap());
    assert!(by_hand[0].contains("Test-NetConnection SERVER -Port PORT"), "{by_hand:?}");
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
