//! What to set in the mail program: server, port and encryption that should work.

use super::run::Run;
use crate::account::{Choice, Endpoint, Security};
use crate::facts::key::Observable;
use crate::facts::keys::{doors, smtp};
use crate::facts::words::Speaks;
use crate::facts::{Derived, vocabulary};

/// What to set in the mail program: what the provider wants; but if that very port is blocked, the other port that
/// works.
pub(super) fn recommended(run: &Run, facts: &Derived, other: Option<u16>, own_name: Option<&str>) -> Option<Choice> {
    let wanted = run.wanted.as_ref();
    let in_use = run.in_use()?;
    let choices = wanted.map_or(&[][..], |wanted| &wanted.choices);
    let first = choices.first().cloned();
    let is = |name: &str, word: &str| vocabulary::is(facts, name, word);
    if is("server.here", "yes") {
        let security = fitting(facts, &in_use);
        return Some(Choice { host: in_use.host, port: in_use.port, security, auth: vec![] });
    }
    let right_server = choices.is_empty() || choices.iter().any(|choice| choice.host == in_use.host);
    if is("settings.server", "miswritten") && is("meant.works", "yes") {
        let Endpoint { host, port, security } = in_use;
        return Some(Choice { host, port, security, auth: vec![] });
    }
    // A host's own name in place of a customer's: nobody can say so of a provider that is known, or of somebody in between.
    let is_strange = is("settings.provider", "known") || is("identity", "own-host") || is("identity", "other");
    if let Some(name) = own_name.filter(|_| !is_strange && !is("settings.server", "differs")) {
        let Endpoint { port, security, .. } = in_use;
        return Some(Choice { host: name.to_owned(), port, security, auth: vec![] });
    }
    // A log-in on port 25 is better made on the port for mail programs.
    let is_for_servers = in_use.port == 25 && choices.is_empty() && is("auth.offered", "only-after-tls");
    let shut = is_for_servers || !is("port.state", "open") || is("starttls", "missing") || is("starttls", "masked");
    if let (true, Some(port)) = (right_server && shut, other) {
        let security = security_of(run, port);
        return Some(Choice { host: in_use.host, port, security, auth: vec![] });
    }
    // The encryption does not match the port: the port stays, if the provider wants it too.
    let same_port = choices.iter().find(|choice| choice.port == in_use.port && choice.host == in_use.host).cloned();
    let same_port = same_port.filter(|_| is("settings.port", "as-wanted"));
    let security = fitting(facts, &in_use);
    let Endpoint { host, port, .. } = in_use.clone();
    let choice = same_port.or(first).unwrap_or(Choice { host, port, security, auth: vec![] });
    // What has failed just now is not set again, if there is another port that works.
    let is_same = (&choice.host, choice.port, choice.security) == (&in_use.host, in_use.port, in_use.security);
    match other.filter(|_| is_same && is("account.works", "no")) {
        Some(port) => Some(Choice { host: in_use.host, port, security: security_of(run, port), auth: vec![] }),
        None => Some(choice),
    }
}

/// The encryption that the port itself requires.
fn fitting(facts: &Derived, in_use: &Endpoint) -> Security {
    let is = |name: &str, word: &str| vocabulary::is(facts, name, word);
    if is("greeting", "expects-tls") {
        Security::Implicit
    } else if is("handshake", "not-tls") || is("auth.offered", "only-after-tls") {
        Security::Starttls
    } else if is("relay", "any") && is("starttls", "missing") {
        Security::None
    } else if in_use.security == Security::Auto {
        Security::usual_for(in_use.port)
    } else {
        in_use.security
    }
}

/// The encryption of a port: what the provider wants, or otherwise what the server speaks there.
pub(super) fn security_of(run: &Run, port: u16) -> Security {
    let choices = run.wanted.as_ref().map_or(&[][..], |wanted| &wanted.choices);
    if let Some(choice) = choices.iter().find(|choice| choice.port == port) {
        return choice.security;
    }
    let door = run.check(doors::PORT.check).map(|check| &check.facts);
    if door.and_then(|facts| doors::PORT.read(facts)) == Some(port) {
        let is_implicit = door.and_then(|facts| doors::IMPLICIT.read(facts)) == Some(true);
        return if is_implicit { Security::Implicit } else { Security::Starttls };
    }
    let spoken =
        run.check(&format!("{}.{port}", smtp::SPEAKS.check)).and_then(|check| check.facts.get(&*smtp::SPEAKS.name));
    match spoken.and_then(Speaks::of_value) {
        Some(Speaks::Tls) => Security::Implicit,
        Some(_) => Security::Starttls,
        None => Security::usual_for(port),
    }
}
