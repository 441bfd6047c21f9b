//! Where a password goes: what is said about a whole run agrees with what its log-in did, in every scenario.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use mailtriage::check::Group;
use mailtriage::check::secret::{Attempt, Secret, To};
use mailtriage::facts::derive::log_in::{By, LogInWay};
use mailtriage::facts::keys::login;
use mailtriage::facts::observed::Seen;
use mailtriage::facts::target::Role;
use mailtriage::facts::words::{At, LogIn};
use mailtriage::practice::Scenario;
use rstest::rstest;
use std::path::PathBuf;

/// What the scenario's technician logs in with.
fn by(scenario: &Scenario) -> By {
    let attempt = mailtriage::cli::job(scenario).unwrap().attempt;
    if attempt.is_some_and(|attempt| attempt.secret.is_token()) { By::Token } else { By::Password }
}

#[rstest]
fn the_log_in_goes_where_it_is_said_to_go(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let scenario = lab::scenario_in(&path);
    let session = lab::run(&scenario);
    let seen = session.run().unwrap().observations();
    let result = seen.get(login::RESULT.check, &login::RESULT).value().unwrap();
    let tried_at = seen.get(login::RESULT.check, &login::PORT).value();
    let is_wanted = seen.get(login::RESULT.check, &login::SERVER).is(At::Wanted);
    let way = session.log_in_way(by(&scenario)).unwrap();
    match &way {
        LogInWay::Through { target, host } => match tried_at {
            Some(port) => {
                assert_eq!((port, is_wanted), (target.port, target.role == Role::Wanted), "{way:?}");
                if let Seen::Is(tried) = seen.get(login::RESULT.check, &login::HOST) {
                    assert_eq!(&tried, host);
                }
            }
            // Nobody gave a password.
            None => assert_eq!(result, LogIn::NotTried, "{way:?}"),
        },
        LogInWay::NotOffered => assert_eq!((result, tried_at), (LogIn::NotOffered, None)),
        LogInWay::Unproven { .. }
        | LogInWay::NotVouched { .. }
        | LogInWay::NoPasswords
        | LogInWay::NoServer
        | LogInWay::NoneSafe => {
            assert_eq!((result, tried_at), (LogIn::NotTried, None), "{way:?}");
        }
        LogInWay::Pending(checks) => panic!("the run is over, and {checks:?} are waited for"),
    }
}

/// `p` on a screen whose run had no password: the box names a server and a port, and the run of the log-in that
/// follows goes there and nowhere else.
#[rstest]
fn the_box_and_the_run_that_it_starts_agree(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let scenario = lab::scenario_in(&path);
    let before = lab::run_with(&scenario, |job| job.attempt = None);
    let LogInWay::Through { target, host } = before.log_in_way(By::Password).unwrap() else { return };
    let after = lab::run_with(&scenario, |job| {
        job.options.only = vec![Group::Login, Group::Sending];
        job.attempt = Some(Secret::Password("a guess".into()).into());
    });
    let seen = after.run().unwrap().observations();
    let get = |key| seen.get(login::RESULT.check, &key).value();
    // The server may offer no mechanism for a password.
    if let Some(mechanism) = get(login::MECHANISM) {
        assert_eq!(get(login::HOST), Some(host), "by {mechanism}");
        assert_eq!(seen.get(login::RESULT.check, &login::PORT).value(), Some(target.port));
    }
}

/// The box said port 587; meanwhile that port has closed. The password is not sent to 465 instead.
#[test]
fn a_log_in_that_would_go_elsewhere_than_agreed_is_not_made() {
    let healthy = mailtriage::practice::scenario("healthy-587").unwrap();
    let before = lab::run_with(&healthy, |job| job.attempt = None);
    let LogInWay::Through { target, host } = before.log_in_way(By::Password).unwrap() else { panic!("no way") };
    assert_eq!(target.port, 587);
    let agreed = To { host, port: target.port };
    let attempt = || Attempt { agreed: Some(agreed.clone()), ..Secret::Password("a guess".into()).into() };
    let closed = healthy.clone().with(toml::from_str("[host.\"smtp.example.com\".port.587]\nclosed = true").unwrap());
    for (scenario, is_tried) in [(&healthy, true), (&closed, false)] {
        let after = lab::run_with(scenario, |job| job.attempt = Some(attempt()));
        let finding = after.run().unwrap().findings().find(|finding| finding.id == "login").unwrap().clone();
        assert_eq!(login::MECHANISM.read(&finding.facts).is_some(), is_tried, "{}", finding.summary);
        if !is_tried {
            assert!(
                finding.summary.ends_with("port 465, and not to smtp.example.com, port 587, as agreed"),
                "{}",
                finding.summary
            );
        }
    }
}

/// Without a screen, the certificate is the one that this run has examined, even if only the log-in was asked for.
#[test]
fn despite_an_unverified_certificate_with_the_log_in_alone() {
    let scenario = mailtriage::practice::scenario("certificate-self-signed").unwrap();
    let LogInWay::Unproven { host, .. } =
        lab::run_with(&scenario, |job| job.attempt = None).log_in_way(By::Password).unwrap()
    else {
        panic!("not unproven")
    };
    let after = lab::run_with(&scenario, |job| {
        job.options.only = vec![Group::Login];
        job.attempt = Some(Attempt { unverified: Some(host.clone()), ..Secret::Password("a guess".into()).into() });
    });
    let finding = after.run().unwrap().findings().find(|finding| finding.id == "login").unwrap();
    assert_eq!(login::UNVERIFIED.read(&finding.facts), Some(true), "{}", finding.summary);
}
