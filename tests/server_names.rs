//! The server's name as people and programs write it: what is meant is measured, and what is wrong with it is the
//! verdict, however it came in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::run_with;
use mailtriage::account::{Given, Server};
use mailtriage::guide::rule::Certainty;
use mailtriage::practice::scenario;
use mailtriage::session::Session;
use rstest::rstest;

fn run(scenario_name: &str, server: &str) -> Session {
    run_with(&scenario(scenario_name).unwrap(), |job| {
        job.account.settings.server = Some(Given::typed(Server::parse(server).unwrap()));
    })
}

#[rstest]
#[case("smtp.example.com ", "ends with a space")]
#[case("smtp@example.com", "contains an @")]
#[case("https://smtp.example.com/", "web address")]
#[case("smtp://smtp.example.com", "web address")]
#[case("smtp.example.com,", "comma")]
#[case("\"smtp.example.com\"", "quotation marks")]
// The mail address in the server's place: the provider's own server is named.
#[case("anna@example.com", "contains an @")]
fn a_name_that_cannot_be_is_certainly_wrong(#[case] server: &str, #[case] says: &str) {
    let verdict = run("healthy-587", server).diagnosis();
    assert_eq!((verdict.cause.as_str(), verdict.certainty), ("wrong-server", Certainty::Certain), "{server}");
    assert!(verdict.summary.contains(says) && verdict.summary.contains(server), "{}", verdict.summary);
    assert!(verdict.title.ends_with(": smtp.example.com"), "{}", verdict.title);
}

#[rstest]
#[case("smtp.example.com:587")]
#[case("smtp.example.com.")]
fn a_name_that_some_programs_accept_is_likely_wrong(#[case] server: &str) {
    let verdict = run("healthy-587", server).diagnosis();
    assert_eq!((verdict.cause.as_str(), verdict.certainty), ("wrong-server", Certainty::Likely), "{server}");
    // What the program would meet even so comes first.
    assert_eq!(run("password-wrong", server).diagnosis().cause, "password-wrong");
    assert_eq!(run("587-silent", server).diagnosis().cause, "blocked-network");
}

#[test]
fn what_comes_after_the_name_is_said_as_well() {
    let verdict = run("password-wrong", "smtp.example.com ").diagnosis();
    assert_eq!((verdict.cause.as_str(), verdict.certainty), ("wrong-server", Certainty::Certain));
    assert_eq!(verdict.also, ["password-wrong"]);
    // Nothing proves the name that is meant while its port is shut.
    let verdict = run("server-gone", "smtp.example.com ").diagnosis();
    assert_eq!((verdict.cause.as_str(), verdict.certainty), ("wrong-server", Certainty::Likely));
}
