//! The report's first page for one reader: for whom and the request, the result, when and where, the other side's own
//! words, the contrast, what is ruled out, done, not known. Structured here; written by `text`, `markdown` and `html`.

use super::Report;
use super::redact::LeftOut;
use crate::check::Finding;
use crate::facts::Value;
use crate::net::PortState;
use crate::session::diagnosis::{Diagnosis, Outcome};

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
    /// All of them, in the order of the screen.
    pub const ALL: [Reader; 4] = [Reader::Network, Reader::Provider, Reader::Ticket, Reader::Everything];

    /// In words.
    pub fn says(self) -> &'static str {
        match self {
            Reader::Network => "network or internet provider",
            Reader::Provider => "mail provider",
            Reader::Ticket => "our ticket",
            Reader::Everything => "everything, for us only",
        }
    }

    /// Whom the result is for.
    pub fn suggested(diagnosis: &Diagnosis) -> Self {
        match diagnosis.who.as_str() {
            "network" => Reader::Network,
            "provider" => Reader::Provider,
            _ => Reader::Ticket,
        }
    }

    /// What this reader need not know. Inner addresses go only to whoever owns them, the mailbox's name only to whoever
    /// runs it.
    pub fn left_out(self) -> LeftOut {
        match self {
            Reader::Network => LeftOut { machine: true, mailbox: true, notes: true, ..LeftOut::NOTHING },
            Reader::Provider => LeftOut { machine: true, inner: true, notes: true, ..LeftOut::NOTHING },
            Reader::Ticket | Reader::Everything => LeftOut::NOTHING,
        }
    }
}

/// The page: a subject, and rows of a label and lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstPage {
    /// For the mail or ticket that carries it.
    pub subject: String,
    /// The rows, in order.
    pub rows: Vec<(&'static str, Vec<String>)>,
}

/// Makes the page from a report whose names have been left out already.
pub fn first_page(report: &Report) -> FirstPage {
    let Some(diagnosis) = &report.diagnosis else {
        return FirstPage { subject: "Nothing was measured".to_owned(), rows: vec![] };
    };
    let mut rows: Vec<(&'static str, Vec<String>)> = Vec::new();
    let mut row = |label, lines: Vec<String>| {
        let lines: Vec<String> = lines.into_iter().filter(|line| !line.trim().is_empty()).collect();
        if !lines.is_empty() {
            rows.push((label, lines));
        }
    };
    let told = |key: &str| {
        let line = diagnosis.tell_provider.lines().find_map(|line| line.trim_start_matches("- ").strip_prefix(key));
        vec![line.unwrap_or_default().trim().to_owned()]
    };
    row("FOR", told("To:"));
    row("REQUEST", told("Ask:"));
    row("RESULT", vec![result(diagnosis), diagnosis.summary.clone()]);
    row("WHEN", vec![when(report)]);
    row("FROM", from(report));
    row("TO", vec![to(report)]);
    row("SERVER SAID", said(report));
    row("HEARD LAST", vec![heard_last(report)]);
    row("CONTRAST", contrast(report));
    row("RULED OUT", vec![ruled_out(diagnosis)]);
    let answers = report.answers.iter().map(|answer| format!("answered {}: {}", answer.question, answer.answer));
    row("DONE", report.notes.iter().cloned().chain(answers).collect());
    row("NOT KNOWN", not_known(report, diagnosis));
    row("NO USE", diagnosis.do_not.iter().map(|line| line.trim_start_matches("Do not ").to_owned()).take(3).collect());
    row("MENDED WHEN", vec![diagnosis.mended_when.clone()]);
    let ticket = report.account.ticket.as_ref().map_or_else(String::new, |ticket| format!("helpdesk, ticket {ticket}"));
    row("CONTACT", vec![ticket]);
    FirstPage { subject: subject(report, diagnosis), rows }
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
        _ => format!("{}: {}. {}.", diagnosis.outcome.says(), diagnosis.title.trim_end_matches('.'), {
            let word = diagnosis.certainty.word();
            format!("{}{}", word[..1].to_uppercase(), &word[1..])
        }),
    }
}

/// Start and end in UTC, and what the machine's own clock showed.
fn when(report: &Report) -> String {
    let parsed = |text: &Option<String>| text.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let Some(from) = parsed(&report.started) else { return String::new() };
    let day = from.strftime("%Y-%m-%d %H:%M:%S").to_string();
    match parsed(&report.finished) {
        Some(until) => format!("{day} to {} UTC", until.strftime("%H:%M:%S")),
        None => format!("{day} UTC, not finished"),
    }
}

fn from(report: &Report) -> Vec<String> {
    let machine = &report.machine;
    let public = match (&machine.seen_as, &report.account.in_use) {
        (Some(addr), _) => format!("{addr}, as the mail server saw us"),
        (None, _) => "our public address is not known: no mail server named it".to_owned(),
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
    let addresses = report.finding("dns.server").and_then(|finding| list(finding, "addresses")).unwrap_or_default();
    let addresses = if addresses.is_empty() { String::new() } else { format!(" ({addresses})") };
    format!("{}{addresses}, port {}, {}", way.server, way.port, way.security.says())
}

/// The server's own words, exactly as received.
fn said(report: &Report) -> Vec<String> {
    let port = report.account.in_use.as_ref().map_or(0, |way| way.port);
    let refused = [("login", "reply"), ("sending", "reply")].into_iter().filter_map(|(id, key)| {
        let finding = report.finding(id)?;
        word(finding, key)
    });
    let greeting = report.finding(&format!("smtp.{port}")).and_then(|finding| {
        let refuses = matches!(word(finding, "greeting").as_deref(), Some("refuses" | "busy"));
        word(finding, "banner").filter(|_| refuses)
    });
    let shown = report.account.error.as_ref().map(|error| format!("the mail program shows: {error}"));
    refused.chain(greeting).chain(shown).collect()
}

fn heard_last(report: &Report) -> String {
    let Some(way) = &report.account.in_use else { return String::new() };
    let Some(finding) = report.finding(&format!("way.{}", way.port)) else { return String::new() };
    // A port that answers, with a refusal too, is not blocked on the way.
    let state = report.finding(&format!("port.{}", way.port)).and_then(|finding| word(finding, "state"));
    if !matches!(state.as_deref(), Some("filtered" | "unreachable" | "denied")) {
        return String::new();
    }
    match (word(finding, "leaves").as_deref(), word(finding, "first-router")) {
        (Some("yes"), Some(first)) => format!("for port {}: {first}; the block is there or behind it", way.port),
        (Some("no"), _) => format!("port {} does not leave this computer", way.port),
        _ => String::new(),
    }
}

/// Each port at this server and at the other companies that were asked the most.
fn contrast(report: &Report) -> Vec<String> {
    let port_in_use = report.account.in_use.as_ref().map(|way| way.port);
    let mut references: Vec<&Finding> = report
        .checks
        .iter()
        .map(|check| &check.finding)
        .filter(|finding| finding.id.starts_with("reference.") && finding.facts.contains_key("address"))
        .collect();
    let in_use = port_in_use.map(|port| port.to_string()).unwrap_or_default();
    references.sort_by_key(|finding| (!finding.facts.contains_key(&in_use), usize::MAX - finding.facts.len()));
    references.truncate(2);
    let mut ports = vec![25, 465, 587];
    ports.extend(port_in_use.filter(|port| !ports.contains(port)));
    let server = report.account.in_use.as_ref().map_or("this server", |way| way.server.as_str());
    let heads = std::iter::once(server.to_owned()).chain(references.iter().filter_map(|finding| word(finding, "host")));
    let heads: Vec<String> = heads.collect();
    let widths: Vec<usize> = heads.iter().map(|head| head.chars().count().max(10) + 2).collect();
    let line = |first: &str, cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{first:<6}{}", cells.collect::<String>()).trim_end().to_owned()
    };
    let mut lines = vec![line("port", &heads)];
    for port in ports {
        let own = report.finding(&format!("port.{port}")).and_then(|finding| word(finding, "state"));
        let others = references.iter().map(|finding| word(finding, &port.to_string()));
        let cells: Vec<String> = std::iter::once(own).chain(others).map(state_says).collect();
        if cells.iter().any(|cell| cell != "-") {
            lines.push(line(&port.to_string(), &cells));
        }
    }
    if lines.len() > 1 { lines } else { vec![] }
}

fn state_says(word: Option<String>) -> String {
    let states = [
        PortState::Open,
        PortState::Refused,
        PortState::Unreachable,
        PortState::Denied,
        PortState::Filtered,
        PortState::Unknown,
    ];
    let says = |word: &str| states.iter().find(|state| state.word() == word).map(|state| state.says());
    word.map_or("-", |word| says(&word).unwrap_or("-")).to_owned()
}

/// The steps of the guide that were passed.
fn ruled_out(diagnosis: &Diagnosis) -> String {
    const PASSED: [(&str, &str); 7] = [
        ("settings", "settings"),
        ("firewall", "this computer's firewall, the network"),
        ("connection", "connection, DNS, portal"),
        ("server", "the server's answering"),
        ("encryption", "TLS version, certificate"),
        ("login", "log-in"),
        ("sending", "permission to send"),
    ];
    let decided = diagnosis.path.iter().rfind(|step| !step.page.starts_with("causes/")).map(|step| step.page.as_str());
    let passed =
        PASSED.iter().filter(|(page, _)| decided != Some(page) && diagnosis.path.iter().any(|step| step.page == *page));
    let unsure = diagnosis.outcome == Outcome::Unsure;
    let said: Vec<&str> =
        passed.filter(|(page, _)| !(unsure && matches!(*page, "login" | "sending"))).map(|(_, says)| *says).collect();
    said.join("; ")
}

fn not_known(report: &Report, diagnosis: &Diagnosis) -> Vec<String> {
    let login = report.finding("login").and_then(|finding| word(finding, "result"));
    let untested = login.as_deref().is_none_or(|result| result == "not-tried");
    let login = untested.then(|| "log-in and permission to send (not tested)".to_owned());
    let questions = diagnosis.questions.iter().map(|question| question.text.clone());
    login.into_iter().chain(diagnosis.not_known.iter().take(3).cloned()).chain(questions).collect()
}

fn word(finding: &Finding, key: &str) -> Option<String> {
    match finding.facts.get(key)? {
        Value::Word(word) => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::List(_) => None,
    }
}

fn list(finding: &Finding, key: &str) -> Option<String> {
    match finding.facts.get(key)? {
        Value::List(list) => Some(list.iter().take(4).cloned().collect::<Vec<_>>().join(", ")),
        _ => None,
    }
}
