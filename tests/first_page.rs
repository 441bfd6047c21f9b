//! The first page of every scenario: the figures that decide, the steps that are decided, the request to its reader, and
//! that no format lacks what another has.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::{run, run_with};
use mailtriage::practice::{scenario, scenarios};
use mailtriage::report::first_page::{Body, FirstPage, Reader, first_page};
use mailtriage::report::format::How;
use mailtriage::report::formats::FORMATS;
use mailtriage::report::redact::redact;
use mailtriage::report::{Report, json};

fn report(name: &str) -> Report {
    json::report(&run(&scenario(name).unwrap()))
}

/// The lines of a row; none if there is no such row.
fn row(page: &FirstPage, label: &str) -> Vec<String> {
    let body = page.rows.iter().find(|row| row.label == label).map(|row| &row.body);
    match body {
        Some(Body::Words(lines)) => lines.clone(),
        Some(Body::Quotes(quotes)) => {
            quotes.iter().flat_map(|quote| std::iter::once(&quote.context).chain(&quote.lines)).cloned().collect()
        }
        Some(Body::Table(table)) => table.rows.iter().map(|row| row.join(" | ")).collect(),
        None => vec![],
    }
}

#[test]
fn the_figures_decide() {
    for (name, says) in [
        ("587-silent", "587 open at 0 of 4"),
        ("587-silent", "port 465 is open from here, and accepted the log-in at"),
        ("587-silent", "local port 5"),
        ("line-lossy", "of 60 handshakes lost packets"),
        ("large-packets-vanish", "segments of 536 bytes"),
        ("tls-old", "TLS 1.0, TLS 1.1"),
        ("certificate-link-missing", "the issuer's, Practice Lab Root Intermediate, is missing"),
        ("captive-portal", "a sign-in page answers"),
    ] {
        let figures = row(&first_page(&report(name), Reader::Ticket), "FIGURES").join("\n");
        assert!(figures.contains(says), "{name}: {figures}");
    }
    let session = run_with(&scenario("sender-not-allowed").unwrap(), |job| {
        job.account.from = Some("boss@example.com".to_owned());
    });
    let figures = row(&first_page(&json::report(&session), Reader::Ticket), "FIGURES").join("\n");
    assert!(figures.contains("boss@example.com; the log-in was made as anna@example.com"), "{figures}");
}

#[test]
fn the_other_sides_words_come_with_their_command_time_and_port() {
    let said = row(&first_page(&report("smtp-auth-disabled"), Reader::Provider), "SERVER SAID");
    assert!(said[0].starts_with("to AUTH LOGIN as anna@contoso.example on port 587 from local port 5"), "{said:?}");
    assert!(said[0].ends_with("UTC:") && said[1].starts_with("535 5.7.139 "), "{said:?}");
    let said = row(&first_page(&report("sender-not-allowed"), Reader::Ticket), "SERVER SAID");
    assert!(said.iter().any(|line| line.starts_with("to MAIL FROM:<boss@example.com>")), "{said:?}");
    let said = row(&first_page(&report("server-rejects"), Reader::Ticket), "SERVER SAID");
    assert!(said[0].starts_with("as its greeting on port 587"), "{said:?}");
}

#[test]
fn the_subject_is_the_request() {
    let subject = |name: &str, reader: Reader| {
        let mut report = redact(&report(name), reader.left_out());
        report.account.ticket = Some("48213".to_owned());
        first_page(&report, reader).subject
    };
    assert_eq!(
        subject("587-silent", Reader::Network),
        "[48213] Outgoing TCP 587 to smtp.example.com: no answer; please allow it (203.0.113.5)"
    );
    assert_eq!(subject("587-silent", Reader::Ticket), "[48213] Port 587 is blocked on the way out (smtp.example.com)");
    assert_eq!(
        subject("smtp-auth-disabled", Reader::Provider),
        "[48213] Enable Authenticated SMTP for anna@contoso.example (535 5.7.139)"
    );
}

/// What has been measured is not left to be decided.
#[test]
fn steps_are_decided() {
    for scenario in scenarios() {
        let remedy = run(&scenario).diagnosis().remedy.join("\n");
        for vague in ["Fixed by", "go to step", "Go to step", "skip these clicks", "When `", "Where no other port"] {
            assert!(!remedy.contains(vague), "{}: {vague}: {remedy}", scenario.name);
        }
    }
}

/// The port in use has failed, and another works.
#[test]
fn no_click_leads_to_the_port_that_failed() {
    for name in ["587-silent", "intercepted", "starttls-masked", "starttls-missing", "smtp-protocol-error"] {
        let remedy = run(&scenario(name).unwrap()).diagnosis().remedy.join("\n");
        assert!(remedy.contains("Port: 465.") && !remedy.contains("Port: 587."), "{name}: {remedy}");
    }
}

#[test]
fn no_format_lacks_what_another_has() {
    for name in ["587-silent", "smtp-auth-disabled", "sender-not-allowed", "intercepted"] {
        let mut report = report(name);
        report.account.ticket = Some("T-4711".to_owned());
        report.account.error = Some("0x800CCC92".to_owned());
        report.account.since = Some("Monday".to_owned());
        report.account.affected = Some("3 of 20".to_owned());
        report.account.contact = Some("Kim, 555-0100".to_owned());
        let year = report.started.as_deref().unwrap().get(..4).unwrap().to_owned();
        let now = report.diagnosis.as_ref().unwrap().now_name.clone();
        let caller = report.diagnosis.as_ref().unwrap().tell_caller.clone();
        let version = report.tool.version.clone();
        let id = report.id.clone();
        // A draft is encoded; it is made of the others.
        for format in FORMATS.iter().filter(|format| format.is_whole && format.name != "eml") {
            let text = (format.write)(&report, How { verbose: false, ..How::for_reader(Reader::Ticket) }).unwrap();
            // Lines are wrapped, and marks of a format escaped.
            let plain = |text: &str| {
                let text = text.replace("&#39;", "'").replace("&#34;", "\"").replace("\\", "");
                text.chars().filter(|c| !c.is_whitespace()).collect::<String>()
            };
            let text = plain(&text);
            for part in [&now, &caller, &year, &version, &id] {
                assert!(text.contains(&plain(part)), "{name}: {part} is not in {}", format.name);
            }
            for part in ["T-4711", "0x800CCC92", "Monday", "3 of 20", "Kim, 555-0100", "UTC", "198.51.100.20"] {
                let in_json = format.name == "json" && part == "UTC";
                assert!(in_json || text.contains(&plain(part)), "{name}: {part} is not in {}", format.name);
            }
        }
    }
}
