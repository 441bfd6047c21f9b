//! A server that misbehaves at each state of the dialogue, in the clear and encrypted: it ends in time, in a cause that
//! accuses nobody of what was not seen, and nothing in the report holds the password.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use mailtriage::practice::scenario;

const PASSWORD: &str = "correct horse";

/// The dialogue of a sound server: what it waits for, and what it says.
const SOUND: &[(&str, &str)] = &[
    ("", "S: 220 {host} ESMTP ready"),
    ("C: EHLO *", "S: 250-{host} Hello [{client}]\nS: 250 STARTTLS"),
    ("C: STARTTLS", "S: 220 2.0.0 Ready to start TLS\n-- TLS"),
    ("C: EHLO *", "S: 250-{host}\nS: 250 AUTH PLAIN LOGIN"),
    ("C: AUTH * anna@example.com correct horse", "S: 235 2.7.0 Authentication successful"),
    ("C: MAIL *", "S: 250 2.1.0 Ok"),
    ("C: RCPT *", "S: 250 2.1.5 Ok"),
];

/// What it does in place of one of these answers, and which causes say no more than that.
const MISBEHAVES: &[(&str, &str, &[&str])] = &[
    ("silence", "-- silence", &["server-too-slow", "blocked-network"]),
    ("a drip", "-- send 2\n-- 20 s\n-- send 5\n-- silence", &["server-too-slow", "smtp-protocol-error"]),
    ("the end", "-- close", BREAKS_OFF),
    ("half a reply, then the end", "-- send 250-so f\n-- close", BREAKS_OFF),
    ("half a reply, then silence", "-- send 250-so f\n-- silence", &["server-too-slow", "smtp-protocol-error"]),
    ("a reply without end", "-- endless 250-and so on", &["server-too-slow", "smtp-protocol-error"]),
    ("no code", "S: ok, go on", NO_SMTP),
    ("a code from nowhere", "S: 999 what", NO_SMTP),
    ("zeros", "-- send \\x00\\x00\\x00\\x00\\x0d\\x0a", NO_SMTP),
    ("two replies to one question", "S: 250 one\nS: 250 two", UNASKED),
    ("an empty line", "-- send \\x0d\\x0a", NO_SMTP),
];

/// A connection that just ends: the server turns us away, hangs up, or somebody else does.
const BREAKS_OFF: &[&str] =
    &["smtp-protocol-error", "server-rejects-client", "server-misconfigured", "wrong-port", "tls-intercepted"];
/// What is not SMTP comes from a broken server, or from somebody else.
const NO_SMTP: &[&str] = &["smtp-protocol-error", "smtp-intercepted", "wrong-port", "server-rejects-client"];

/// What comes unasked makes no sense, and need not be the server's own; in answer to STARTTLS, it does not begin.
const UNASKED: &[&str] = &["smtp-protocol-error", "smtp-intercepted", "server-rejects-client", "server-misconfigured"];

fn dialogue(at: usize, does: &str) -> String {
    let parts = SOUND.iter().enumerate().take(at + 1);
    let parts = parts.map(|(index, (waits, says))| format!("{waits}\n{}", if index == at { does } else { says }));
    parts.collect::<Vec<_>>().join("\n")
}

#[test]
fn nobody_is_accused_of_what_was_not_seen() {
    let mut wrong = Vec::new();
    for (at, (state, _)) in SOUND.iter().enumerate() {
        for (what, does, fits) in MISBEHAVES {
            let world = format!("[dialogue]\nsubmission = {:?}\n", dialogue(at, does));
            let base = scenario("healthy-587").unwrap().with(toml::from_str(&world).unwrap());
            let session = lab::run(&base);
            let diagnosis = session.diagnosis();
            let name = format!("{what} in answer to {}", if state.is_empty() { "the connection" } else { state });
            println!("{name}: {}, {}", diagnosis.cause, diagnosis.certainty.word());
            if !fits.contains(&diagnosis.cause.as_str()) {
                wrong.push(format!("{name}: {}", diagnosis.cause));
            }
            let report = mailtriage::report::json::to_string(&mailtriage::report::json::report(&session));
            if report.contains(PASSWORD) {
                wrong.push(format!("{name}: the report holds the password"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
