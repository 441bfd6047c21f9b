//! The report's first page for one reader: for whom it is and the request, the result, when and where, the other
//! side's own words, the comparison, what is ruled out, done, not known. Structured here; written by `text`,
//! `markdown` and `html`.

use super::Report;
use super::ports::ports;
use super::redact::LeftOut;
use crate::check::Kind;
use crate::facts::forecast::Ending;
use crate::facts::key::Key;
use crate::facts::keys;
use crate::facts::target::{Role, Target};
use crate::facts::vocabulary::in_words;
use crate::facts::words::{CertificateIs, Greeting, LogIn};
use crate::guide::rule::Who;
use crate::net::PortState;
use crate::session::diagnosis::{Diagnosis, Outcome};
use crate::session::guide;
use crate::text::capital;

/// Who reads the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Reader {
    Network,
    Provider,
    Ticket,
    Everything,
}

impl Reader {
    /// All readers, in the order of the screen.
    pub const ALL: [Reader; 4] = [Reader::Network, Reader::Provider, Reader::Ticket, Reader::Everything];

    /// The reader in words.
    pub fn says(self) -> &'static str {
        match self {
            Reader::Network => "network or internet provider",
            Reader::Provider => "mail provider",
            Reader::Ticket => "our ticket",
            Reader::Everything => "everything, for ourselves",
        }
    }

    /// The reader in one word, for a file's name.
    pub fn word(self) -> &'static str {
        match self {
            Reader::Network => "network",
            Reader::Provider => "provider",
            Reader::Ticket => "ticket",
            Reader::Everything => "all",
        }
    }

    /// The reader that the result is meant for.
    pub fn suggested(diagnosis: &Diagnosis) -> Self {
        match diagnosis.who {
            Who::Network => Reader::Network,
            Who::Provider => Reader::Provider,
            Who::User | Who::Helpdesk | Who::Nobody => Reader::Ticket,
        }
    }

    /// What this reader need not know. Private addresses go only to those who own them, the mailbox's name only to
    /// those who run it.
    pub fn left_out(self) -> LeftOut {
        match self {
            Reader::Network => LeftOut { machine: true, mailbox: true, notes: true, ..LeftOut::NOTHING },
            Reader::Provider => LeftOut { machine: true, inner: true, notes: true, ..LeftOut::NOTHING },
            Reader::Ticket | Reader::Everything => LeftOut::NOTHING,
        }
    }
}

/// The page: a subject, and rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPage {
    /// The subject of the mail or ticket that carries the page.
    pub subject: String,
    /// The rows, in order.
    pub rows: Vec<Row>,
}

/// A row of the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The label: what the row is about.
    pub label: &'static str,
    /// How its lines are written.
    pub form: Form,
    /// The lines; never empty.
    pub lines: Vec<String>,
}

/// How the lines of a row are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Sentences, wrapped as needed.
    Words,
    /// What somebody else said, exactly as it came.
    Quote,
    /// A table with columns.
    Table,
}

/// Makes the page from a report from which names have already been left out.
pub fn first_page(report: &Report, reader: Reader) -> FirstPage {
    let Some(diagnosis) = &report.diagnosis else {
        return FirstPage { subject: "Nothing was measured".to_owned(), rows: vec![] };
    };
    let is_ours = matches!(reader, Reader::Ticket | Reader::Everything);
    let do_not = if is_ours { diagnosis.do_not.iter().take(3).cloned().collect() } else { vec![] };
    let ends = diagnosis.ends.iter().filter(|_| is_ours).map(Ending::in_words).collect();
    let ticket = report.account.ticket.as_ref().map_or_else(String::new, |ticket| format!("helpdesk, ticket {ticket}"));
    let (whom, request) = request(diagnosis, is_ours);
    let rows = [
        ("FOR", Form::Words, vec![whom]),
        ("REQUEST", Form::Words, request),
        ("RESULT", Form::Words, result_lines(diagnosis)),
        ("WHEN", Form::Words, when(report)),
        ("FROM", Form::Words, from(report)),
        ("TO", Form::Words, vec![to(report)]),
        ("SERVER SAID", Form::Quote, said(report)),
        ("CERTIFICATE", Form::Words, certificate(report)),
        ("LAST HOP", Form::Words, vec![last_hop(report)]),
        ("CONTRAST", Form::Table, contrast(report)),
        ("ENDS", Form::Words, ends),
        ("RULED OUT", Form::Words, vec![diagnosis.ruled_out.join("; ")]),
        ("AGAINST IT", Form::Words, vec![in_words(&diagnosis.against)]),
        ("NOT PROVEN", Form::Words, vec![in_words(&diagnosis.unproven)]),
        ("DONE", Form::Words, done(report)),
        ("NOT KNOWN", Form::Words, not_known(report, diagnosis)),
        ("DO NOT", Form::Words, do_not),
        ("FIXED WHEN", Form::Words, vec![diagnosis.mended_when.clone()]),
        ("CONTACT", Form::Words, vec![ticket]),
    ];
    let rows = rows.into_iter().map(|(label, form, mut lines)| {
        lines.retain(|line| !line.trim().is_empty());
        Row { label, form, lines }
    });
    FirstPage { subject: subject(report, diagnosis), rows: rows.filter(|row| !row.lines.is_empty()).collect() }
}

/// For whom the page is, and what is asked. What the user or the helpdesk can fix themselves is asked of nobody else.
fn request(diagnosis: &Diagnosis, is_ours: bool) -> (String, Vec<String>) {
    if is_ours && matches!(diagnosis.who, Who::User | Who::Helpdesk) {
        let good = format!("For good: {}", diagnosis.who_name);
        let good = if diagnosis.who_name == diagnosis.now_name { String::new() } else { good };
        return (capital(diagnosis.now.says()), vec![capital(&diagnosis.now_name), good]);
    }
    let request = diagnosis.request();
    (capital(request.to), vec![capital(request.ask)])
}

fn subject(report: &Report, diagnosis: &Diagnosis) -> String {
    let ticket = report.account.ticket.as_ref().map_or_else(String::new, |ticket| format!("[{ticket}] "));
    let way = report.account.in_use.as_ref();
    let server = way.map_or_else(String::new, |way| format!(" ({}, port {})", way.server, way.port));
    format!("{ticket}{}{server}", diagnosis.title.trim_end_matches('.'))
}

fn result(diagnosis: &Diagnosis) -> String {
    match diagnosis.outcome {
        Outcome::Unsure => diagnosis.title.clone(),
        _ => {
            let certainty = capital(diagnosis.certainty.word());
            format!("{}: {}. {certainty}.", diagnosis.outcome.says(), diagnosis.title.trim_end_matches('.'))
        }
    }
}

/// Start and end of the last run in UTC, and when earlier measurements were made.
fn when(report: &Report) -> Vec<String> {
    let day = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let mut runs = report.runs.iter().rev();
    let Some(run) = runs.next() else { return vec![] };
    let Some(from) = timestamp(&run.started) else { return vec![] };
    let last = match run.finished.as_deref().and_then(timestamp) {
        Some(until) => format!("{} to {} UTC", day(from), until.strftime("%H:%M:%S")),
        None => format!("{} UTC, not finished", day(from)),
    };
    let before: Vec<String> = runs.rev().filter_map(|run| timestamp(&run.started)).map(day).collect();
    let before = if before.is_empty() { String::new() } else { format!("before that at {} UTC", before.join(", ")) };
    vec![last, before]
}

fn timestamp(text: &str) -> Option<jiff::Timestamp> {
    text.parse().ok()
}

/// When a check saw this, in UTC. The times of a finding kept from an earlier run count from the start of that run.
fn seen_at(report: &Report, id: &str, kind: Kind) -> Option<String> {
    let measured = |check: &&super::Check| check.finding.id == id && !check.kept;
    let (run, check) = report.runs.iter().rev().find_map(|run| Some((run, run.checks.iter().find(measured)?)))?;
    let seen = check.finding.evidence.iter().find(|evidence| evidence.kind == kind)?;
    // A report may have been edited: what is beyond all calendars is no time.
    let passed = jiff::SignedDuration::from_millis(i64::try_from(seen.at_ms).ok()?);
    let at = timestamp(&run.started)?.checked_add(passed).ok()?;
    Some(at.strftime("%H:%M:%S UTC").to_string())
}

fn from(report: &Report) -> Vec<String> {
    let machine = &report.machine;
    let public = match (&machine.seen_as, &report.account.in_use) {
        (Some(addr), _) => format!("{addr}, as the mail server saw us"),
        (None, _) => "our public address is not known: no mail server told us".to_owned(),
    };
    let inner = if machine.local_addresses.is_empty() {
        String::new()
    } else {
        format!("inside the network: {}", machine.local_addresses.join(", "))
    };
    let pc = machine.hostname.as_ref().map_or_else(String::new, |name| format!("{name}, {}", machine.os));
    vec![public, inner, pc]
}

fn to(report: &Report) -> String {
    let Some(way) = &report.account.in_use else { return String::new() };
    let addresses = report.shown(keys::dns_server::ADDRESSES.check, &keys::dns_server::ADDRESSES);
    let addresses = addresses.map_or_else(String::new, |addresses| format!(" ({addresses})"));
    format!("{}{addresses}, port {}, {}", way.server, way.port, way.security.says())
}

/// The verdict, what was found, and what the caller's error means.
fn result_lines(diagnosis: &Diagnosis) -> Vec<String> {
    let error = Some(&diagnosis.error).filter(|error| !error.is_empty());
    [result(diagnosis), diagnosis.summary.clone()]
        .into_iter()
        .chain(error.map(|error| format!("Error shown: {error}")))
        .collect()
}

/// The server's own words, exactly as received, each with what it is a reply to.
fn said(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(reply) = report.shown(keys::login::REPLY.check, &keys::login::REPLY) {
        lines.push(log_in_context(report));
        lines.push(reply);
    }
    if let Some(reply) = report.shown(keys::sending::REPLY.check, &keys::sending::REPLY) {
        lines.push("to the test of sending, after the log-in:".to_owned());
        lines.push(reply);
    }
    let port = report.account.in_use.as_ref().map_or(0, |way| way.port);
    let smtp = Target::in_use(port).id(keys::smtp::GREETING.check);
    if let Some(Greeting::Refuses | Greeting::Busy) = report.fact(&smtp, &keys::smtp::GREETING)
        && let Some(banner) = report.shown(&smtp, &keys::smtp::BANNER)
    {
        lines.push(format!("as its greeting on port {port}:"));
        lines.push(banner);
    }
    if let Some(error) = &report.account.error {
        lines.push("the mail program shows:".to_owned());
        lines.push(error.clone());
    }
    lines
}

/// Such as "to AUTH PLAIN as anna@example.com on port 587 at 14:21:07 UTC:".
fn log_in_context(report: &Report) -> String {
    use keys::login::{MECHANISM, PORT, USER};
    let id = MECHANISM.check;
    let mechanism = report.shown(id, &MECHANISM).unwrap_or_default();
    let user = report.shown(id, &USER).map_or_else(String::new, |user| format!(" as {user}"));
    let port = report.shown(id, &PORT).map_or_else(String::new, |port| format!(" on port {port}"));
    let at = seen_at(report, id, Kind::LogIn).map_or_else(String::new, |at| format!(" at {at}"));
    format!("to AUTH {mechanism}{user}{port}{at}:")
}

/// A certificate that is not in order: its names, issuer, dates and serial number, and the ports that show it.
fn certificate(report: &Report) -> Vec<String> {
    use keys::certificate::{CERTIFICATE, FINGERPRINT, FROM, ISSUER, NAMES, SERIAL, SUBJECT, UNTIL};
    let Some(way) = &report.account.in_use else { return vec![] };
    let id = Target::in_use(way.port).id(CERTIFICATE.check);
    if matches!(report.fact(&id, &CERTIFICATE), None | Some(CertificateIs::Valid)) {
        return vec![];
    }
    let shown = |key: &Key<String>| report.shown(&id, key);
    let day = |key: &Key<String>| {
        shown(key).map_or_else(|| "?".to_owned(), |date| date.replace('T', " ").replace('Z', " UTC"))
    };
    let names = report.shown(&id, &NAMES).filter(|names| !names.is_empty()).or_else(|| shown(&SUBJECT));
    let ports = report.checks.iter().filter_map(|check| {
        let target = Target::of_id(CERTIFICATE.check, &check.finding.id).filter(|target| target.role == Role::InUse)?;
        let is = report.fact(&check.finding.id, &CERTIFICATE)?;
        Some(format!("{} {}", target.port, is.word().replace('-', " ")))
    });
    vec![
        format!("for {}", names.unwrap_or_else(|| "no name".to_owned())),
        format!("issued by {}", shown(&ISSUER).unwrap_or_else(|| "nobody named".to_owned())),
        format!("valid from {} to {}", day(&FROM), day(&UNTIL)),
        shown(&SERIAL).map_or_else(String::new, |serial| format!("serial number {serial}")),
        shown(&FINGERPRINT).map_or_else(String::new, |fingerprint| format!("SHA-256 {fingerprint}")),
        format!("on the ports: {}", ports.collect::<Vec<_>>().join(", ")),
    ]
}

/// The last hop that answered on the route to a blocked port.
fn last_hop(report: &Report) -> String {
    use keys::{hops, leaves, port};
    let Some(way) = &report.account.in_use else { return String::new() };
    let own = Target::in_use(way.port);
    // A port that answers, even with a refusal, is not blocked on the way.
    let state = report.fact(&own.id(port::STATE.check), &port::STATE);
    let is_blocked = matches!(state, Some(PortState::Filtered | PortState::Unreachable | PortState::Denied));
    let id = own.id(leaves::LEAVES.check);
    if !is_blocked || report.finding(&id).is_none() {
        return String::new();
    }
    let of_hops = hops::LAST_HEARD.check;
    if let (Some(last), Some(hop)) = (report.shown(of_hops, &hops::LAST_HEARD), report.fact(of_hops, &hops::LAST_HOP))
        && report.fact(of_hops, &hops::DISTANCE).is_none()
    {
        let contrast = report.fact(of_hops, &hops::CONTRAST_PORT).zip(report.fact(of_hops, &hops::CONTRAST_DISTANCE));
        return match contrast {
            Some((port, distance)) => format!(
                "for port {}: {last}, hop {hop}; the block is there or just behind it: port {port} goes on and is answered at \
                 hop {distance}",
                way.port
            ),
            None => format!("for port {}: {last}, hop {hop}; routers behind it may be silent by choice", way.port),
        };
    }
    match (report.fact(&id, &leaves::LEAVES), report.shown(&id, &leaves::FIRST_ROUTER)) {
        (Some(true), Some(first)) => format!("for port {}: {first}; the block is there or behind it", way.port),
        (Some(false), _) => {
            format!(
                "packets for port {} do not show at the first router: they stop on this computer, or at that router",
                way.port
            )
        }
        _ => String::new(),
    }
}

/// Each port at this server and at the two other companies that were asked on most ports.
fn contrast(report: &Report) -> Vec<String> {
    const COMPANIES: usize = 2;
    let in_use = report.account.in_use.as_ref();
    let checks = report.checks.iter().map(|check| (check.finding.id.as_str(), &check.finding.facts));
    let table = ports(checks, in_use.map(|way| way.port));
    // If the configured server is not the one that the provider wants, each has a column.
    let wanted = report.account.expected.as_ref().and_then(|expected| expected.server.clone());
    let wanted = wanted.filter(|_| table.rows.iter().any(|row| row.wanted.is_some()));
    let server = in_use.map_or("this server", |way| way.server.as_str()).to_owned();
    let references = table.references.iter().take(COMPANIES).cloned();
    let heads: Vec<String> = std::iter::once(server).chain(wanted.clone()).chain(references).collect();
    let widths: Vec<usize> = heads.iter().map(|head| head.chars().count().max(10) + 2).collect();
    let line = |first: &str, cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{first:<6}{}", cells.collect::<String>()).trim_end().to_owned()
    };
    let mut lines = vec![line("port", &heads)];
    // Port 443 carries no mail: it is meant for the screen.
    for row in table.rows.iter().filter(|row| row.port != 443 || row.in_use) {
        let at_wanted = wanted.as_ref().map(|_| row.wanted);
        let others = row.others.iter().take(COMPANIES).copied();
        let states: Vec<Option<PortState>> = std::iter::once(row.own).chain(at_wanted).chain(others).collect();
        if states.iter().any(Option::is_some) {
            let cells: Vec<String> =
                states.into_iter().map(|state| state.map_or("-", PortState::says).to_owned()).collect();
            lines.push(line(&row.port.to_string(), &cells));
        }
    }
    if lines.len() > 1 { lines } else { vec![] }
}

/// The technician's notes, and the answers with their questions.
fn done(report: &Report) -> Vec<String> {
    let answers = report.answers.iter().map(|answer| {
        let question = guide().pages().find_map(|(_, page)| {
            page.questions
                .iter()
                .find(|question| question.name == answer.question)
                .map(|question| question.text.as_str())
        });
        format!("{} {}", question.unwrap_or(&answer.question), answer.answer.replace('-', " "))
    });
    report.notes.iter().cloned().chain(answers).collect()
}

fn not_known(report: &Report, diagnosis: &Diagnosis) -> Vec<String> {
    let login = report.fact(keys::login::RESULT.check, &keys::login::RESULT);
    let untested = matches!(login, None | Some(LogIn::NotTried));
    let login = untested.then(|| "log-in and permission to send (not tested)".to_owned());
    let questions = diagnosis.questions.iter().map(|question| question.text.clone());
    login.into_iter().chain(diagnosis.not_known.iter().take(3).cloned()).chain(questions).collect()
}
