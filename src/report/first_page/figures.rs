//! What decides the result, in figures: each line from facts that are out of the ordinary.

use super::super::ports::port_table;
use super::super::{Check, Report};
use super::contrast::counted;
use crate::facts::key::Key;
use crate::facts::keys;
use crate::facts::target::Target;
use crate::facts::words::{Accepts, CertificateIs, Handshake, LogIn, Loss, Pages, Refused, SmallSegments};
use crate::net::PortState;
use crate::picture::span;

/// A greeting that takes longer than this is worth a line: many programs give up after a minute, some after ten seconds.
const SLOW_GREETING_MS: u64 = 5_000;

/// The figures, those nearest to this computer first.
pub(super) fn figures(report: &Report) -> Vec<String> {
    let lines = [portal, loss, port_in_use, other_port, distance, segments, greeting, versions, chain, addresses];
    lines.into_iter().filter_map(|line| line(report)).collect()
}

fn own_id(report: &Report, check: &str) -> Option<String> {
    Some(Target::in_use(report.account.in_use.as_ref()?.port).id(check))
}

fn portal(report: &Report) -> Option<String> {
    use keys::connectivity::{PORTALS, RESULT};
    report.fact(RESULT.check, &RESULT).filter(|pages| *pages == Pages::Portal)?;
    let count = report.fact(PORTALS.check, &PORTALS)?;
    Some(format!("a sign-in page answers in place of {count} of the test pages"))
}

fn loss(report: &Report) -> Option<String> {
    use keys::quality::{LOSS, LOST, LOST_AGAIN, MEDIAN, SENT, SENT_AGAIN, WORST};
    let number = |key: &Key<usize>| report.fact(LOSS.check, key);
    report.fact(LOSS.check, &LOSS).filter(|loss| *loss != Loss::None)?;
    let again = number(&LOST_AGAIN).zip(number(&SENT_AGAIN));
    let again = again.map_or_else(String::new, |(lost, sent)| format!(", and {lost} of {sent} in a second sampling"));
    let pace = number(&MEDIAN).zip(number(&WORST));
    let pace =
        pace.map_or_else(String::new, |(median, worst)| format!("; half took {median} ms, the slowest {worst} ms"));
    Some(format!("{} of {} handshakes lost packets{again}{pace}", number(&LOST)?, number(&SENT)?))
}

/// What the port in use does, if it does not open, and what it and the other mail ports do elsewhere.
fn port_in_use(report: &Report) -> Option<String> {
    let way = report.account.in_use.as_ref()?;
    let id = own_id(report, keys::port::STATE.check)?;
    let state = report.fact(&id, &keys::port::STATE).filter(|state| *state != PortState::Open)?;
    let took = report.finding(&id)?.elapsed_ms;
    let local = report.shown(&id, &keys::port::LOCAL_PORTS).filter(|ports| !ports.is_empty());
    let local = local.map_or_else(String::new, |ports| format!(", local port {ports}"));
    let table = port_table(report);
    let elsewhere = table.rows.iter().filter(|row| row.others.iter().any(Option::is_some) && row.port != 443);
    let elsewhere: Vec<String> = elsewhere.map(|row| format!("{} {}", row.port, counted(&row.others))).collect();
    let elsewhere = match elsewhere.is_empty() {
        true => String::new(),
        false => format!("; other companies' servers: {}", elsewhere.join(", ")),
    };
    Some(format!("port {}: {} after {}{local}{elsewhere}", way.port, state.says(), span(took)))
}

/// Another port than the one in use, by which it works.
fn other_port(report: &Report) -> Option<String> {
    use keys::login::{PORT, RESULT};
    let way = report.account.in_use.as_ref()?;
    report.fact(RESULT.check, &RESULT).filter(|result| *result == LogIn::Accepted)?;
    let port = report.fact(PORT.check, &PORT).filter(|port| *port != way.port)?;
    let ended = |check: &Check| check.finding.started_ms.saturating_add(check.finding.elapsed_ms);
    let at = report.check(RESULT.check).and_then(|check| report.time(check, ended(check)));
    let at = at.map_or_else(String::new, |at| format!(" at {}", at.strftime("%H:%M:%S UTC")));
    Some(format!("port {port} is open from here, and accepted the log-in{at}"))
}

fn distance(report: &Report) -> Option<String> {
    use keys::hops::{CONTRAST_DISTANCE, CONTRAST_PORT, DISTANCE, NEARER, PORT};
    let number = |key: &Key<usize>| report.fact(NEARER.check, key);
    report.fact(NEARER.check, &NEARER).filter(|nearer| *nearer)?;
    let port = report.fact(PORT.check, &PORT)?;
    let contrast = report.fact(CONTRAST_PORT.check, &CONTRAST_PORT)?;
    let (near, far) = (number(&DISTANCE)?, number(&CONTRAST_DISTANCE)?);
    Some(format!("port {port} is answered at hop {near}, port {contrast} of the same server at hop {far}"))
}

fn segments(report: &Report) -> Option<String> {
    let id = own_id(report, keys::smtp::SMALL_SEGMENTS.check)?;
    report.fact(&id, &keys::smtp::SMALL_SEGMENTS).filter(|small| *small == SmallSegments::Done)?;
    Some("the TLS handshake stalls with packets of the usual size, and succeeds with segments of 536 bytes".to_owned())
}

fn greeting(report: &Report) -> Option<String> {
    let id = own_id(report, keys::smtp::GREETING_MS.check)?;
    let took = report.fact(&id, &keys::smtp::GREETING_MS).filter(|took| *took > SLOW_GREETING_MS)?;
    Some(format!("the greeting took {}", span(took)))
}

/// The TLS versions that the server takes, if there is no handshake or none of today's versions.
fn versions(report: &Report) -> Option<String> {
    use keys::tls::VERSION;
    const VERSIONS: [(&str, &str); 5] = [
        ("SSLv3", "SSL 3.0"),
        ("TLSv1.0", "TLS 1.0"),
        ("TLSv1.1", "TLS 1.1"),
        ("TLSv1.2", "TLS 1.2"),
        ("TLSv1.3", "TLS 1.3"),
    ];
    let id = own_id(report, VERSION.of("TLSv1.2").check)?;
    let with = |word: Accepts| -> Vec<&str> {
        let fits = |version: &str| report.fact(&id, &VERSION.of(version)) == Some(word);
        VERSIONS.iter().filter(|(version, _)| fits(version)).map(|(_, says)| *says).collect()
    };
    let (accepted, rejected) = (with(Accepts::Accepted), with(Accepts::Rejected));
    let own = own_id(report, keys::smtp::HANDSHAKE.check)?;
    let is_fine = report.fact(&own, &keys::smtp::HANDSHAKE).is_none_or(|handshake| handshake == Handshake::Done)
        && accepted.iter().any(|version| matches!(*version, "TLS 1.2" | "TLS 1.3"));
    let is_certificate = report.fact(&own, &keys::smtp::HANDSHAKE) == Some(Handshake::Certificate);
    if is_fine || is_certificate || accepted.is_empty() && rejected.is_empty() {
        return None;
    }
    let list = |versions: &[&str]| if versions.is_empty() { "none".to_owned() } else { versions.join(", ") };
    Some(format!("TLS versions that the server accepts: {}; refuses: {}", list(&accepted), list(&rejected)))
}

/// The certificate that the server leaves out of its chain.
fn chain(report: &Report) -> Option<String> {
    use keys::certificate::{CERTIFICATE, CHAIN, ISSUER};
    let id = own_id(report, CERTIFICATE.check)?;
    let is_incomplete = report.fact(&id, &CERTIFICATE) == Some(CertificateIs::Incomplete)
        || report.fact(keys::chain::WHOLE.check, &keys::chain::WHOLE) == Some(false);
    let issuer = report.shown(&id, &ISSUER).filter(|_| is_incomplete)?;
    let count = report.fact(&id, &CHAIN)?;
    let certificates = if count == 1 { "certificate" } else { "certificates" };
    Some(format!("the server sends {count} {certificates}; the issuer's, {issuer}, is missing"))
}

/// The address that was refused after the log-in.
fn addresses(report: &Report) -> Option<String> {
    use keys::sending::REFUSED;
    let account = &report.account;
    let own = account.address.clone();
    let user = report.shown(keys::login::USER.check, &keys::login::USER).unwrap_or_else(|| own.clone());
    match report.fact(REFUSED.check, &REFUSED)? {
        Refused::Sender => {
            let from = account.from.clone().unwrap_or(own);
            Some(format!("refused as sender: {from}; the log-in was made as {user}"))
        }
        Refused::Recipient => Some(format!("refused as recipient: {}", account.to.clone().unwrap_or(own))),
        Refused::Message => None,
    }
}
