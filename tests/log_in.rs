//! Where a password goes: what is said about a whole run agrees with what its log-in did, in every scenario.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use mailtriage::check::Group;
use mailtriage::check::secret::Secret;
use mailtriage::facts::derive::log_in::LogInWay;
use mailtriage::facts::keys::login;
use mailtriage::facts::observed::Seen;
use mailtriage::facts::target::Role;
use mailtriage::facts::words::{At, LogIn};
use mailtriage::practice::Scenario;
use rstest::rstest;
use std::path::PathBuf;

#[rstest]
fn the_log_in_goes_where_it_is_said_to_go(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let scenario = Scenario::parse(name, &std::fs::read_to_string(&path).unwrap()).unwrap();
    let session = lab::run(&scenario);
    let seen = session.run().unwrap().observations();
    let result = seen.get(login::RESULT.check, &login::RESULT).value().unwrap();
    let tried_at = seen.get(login::RESULT.check, &login::PORT).value();
    let is_wanted = seen.get(login::RESULT.check, &login::SERVER).is(At::Wanted);
    let way = session.log_in_way().unwrap();
    match &way {
        LogInWay::Through { target, host } => match tried_at {
            Some(port) => {
                assert_eq!((port, is_wanted), (target.port, target.role == Role::Wanted), "{way:?}");
                if let Seen::Is(tried) = seen.get(login::RESULT.check, &login::HOST) {
                    assert_eq!(&tried, host);
                }
            }
            // Nobody gave a password, or the provider accepts none.
            None => assert_eq!(result, LogIn::NotTried, "{way:?}"),
        },
        LogInWay::NotOffered => assert_eq!((result, tried_at), (LogIn::NotOffered, None)),
        LogInWay::Unproven { .. } | LogInWay::NotVouched { .. } | LogInWay::NoServer | LogInWay::NoneSafe => {
            assert_eq!((result, tried_at), (LogIn::NotTried, None), "{way:?}");
        }
        LogInWay::Pending(checks) => panic!("the run is over, and {checks:?} are waited for"),
    }
}

/// `p` on a screen whose run had no password: the box names a server and a port, and the run of the log-in that
/// follows goes there and nowhere else.
#[rstest]
fn the_box_and_the_run_that_it_starts_agree(#[files("src/practice/scenarios/*.toml")] path: PathBuf) {
    let name = path.file_stem().unwrap().to_str().unwrap();
    let scenario = Scenario::parse(name, &std::fs::read_to_string(&path).unwrap()).unwrap();
    let before = lab::run_with(&scenario, |job| job.attempt = None);
    let LogInWay::Through { target, host } = before.log_in_way().unwrap() else { return };
    let after = lab::run_with(&scenario, |job| {
        job.options.only = vec![Group::Login, Group::Sending];
        job.attempt = Some(Secret::Password("a guess".into()).into());
    });
    let seen = after.run().unwrap().observations();
    let get = |key| seen.get(login::RESULT.check, &key).value();
    // The provider may accept no passwords, or offer nothing that needs one.
    if let Some(mechanism) = get(login::MECHANISM) {
        assert_eq!(get(login::HOST), Some(host), "by {mechanism}");
        assert_eq!(seen.get(login::RESULT.check, &login::PORT).value(), Some(target.port));
    }
}
