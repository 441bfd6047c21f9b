//! The report's first page for one reader: the result and the figures that it rests on, what to do now, for whom it is
//! and the request, when and where, the other side's own words, the comparison, what is ruled out, done, not known.
//! Structured here; written by `text`, `markdown` and `html`.

mod contrast;
mod figures;
mod said;

use super::Report;
use super::redact::LeftOut;
use crate::facts::forecast::Ending;
use crate::facts::key::Key;
use crate::facts::keys;
use crate::facts::target::{Role, Target};
use crate::facts::vocabulary::in_words;
use crate::facts::words::{CertificateIs, LogIn};
use crate::guide::rule::Who;
use crate::net::PortState;
use crate::session::diagnosis::{Diagnosis, Outcome};
use crate::session::guide;
use crate::session::placeholders::unfilled;
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

    /// Whether it is the helpdesk, and not somebody whom it asks for something.
    pub fn is_ours(self) -> bool {
        matches!(self, Reader::Ticket | Reader::Everything)
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
    /// What it says.
    pub body: Body,
}

/// What a row says; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Sentences, wrapped as needed.
    Words(Vec<String>),
    /// What somebody else said.
    Quotes(Vec<Quote>),
    /// A table.
    Table(Table),
}

/// What somebody else said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// What it is an answer to, where and when.
    pub context: String,
    /// The lines, exactly as they came.
    pub lines: Vec<String>,
}

/// A table; the first cell of each row says what the row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The heads of the columns.
    pub heads: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<String>>,
}

impl Body {
    fn is_empty(&self) -> bool {
        match self {
            Body::Words(lines) => lines.is_empty(),
            Body::Quotes(quotes) => quotes.is_empty(),
            Body::Table(table) => table.rows.is_empty(),
        }
    }
}

/// Makes the page from a report from which names have already been left out.
pub fn first_page(report: &Report, reader: Reader) -> FirstPage {
    let Some(diagnosis) = &report.diagnosis else {
        return FirstPage { subject: "Nothing was measured".to_owned(), rows: vec![] };
    };
    let words = |label, mut lines: Vec<String>| {
        lines.retain(|line| !line.trim().is_empty());
        Row { label, body: Body::Words(lines) }
    };
    let result = [
        words("RESULT", vec![result(diagnosis), diagnosis.summary.clone()]),
        words("FIGURES", figures::figures(report)),
    ];
    let asked = request(diagnosis, reader).into_iter().map(|(label, line)| words(label, vec![line]));
    // Whoever gets a request reads it first; we read what was found.
    let mut rows: Vec<Row> = match reader.is_ours() {
        true => result.into_iter().chain(ours(diagnosis)).chain(asked).collect(),
        false => asked.chain(result).collect(),
    };
    let ends = diagnosis.ends.iter().filter(|_| reader.is_ours()).map(Ending::in_words).collect();
    let do_not = if reader.is_ours() { diagnosis.do_not.clone() } else { vec![] };
    rows.extend([
        words("WHEN", when(report)),
        words("AS REPORTED", since(report)),
        words("FROM", from(report)),
        words("TO", vec![to(report)]),
        Row { label: "SERVER SAID", body: Body::Quotes(said::said(report)) },
        words("ERROR SHOWN", error_shown(report, diagnosis)),
        words("CERTIFICATE", certificate(report)),
        words("LAST HOP", vec![last_hop(report)]),
        Row { label: "CONTRAST", body: Body::Table(contrast::contrast(report)) },
        words("ENDS", ends),
        words("RULED OUT", vec![diagnosis.ruled_out.join("; ")]),
        words("AGAINST IT", vec![in_words(&diagnosis.against)]),
        words("NOT PROVEN", vec![in_words(&diagnosis.unproven)]),
        words("DONE", done(report)),
        words("NOT KNOWN", not_known(report, diagnosis)),
        words("DO NOT", do_not),
        words("FIXED WHEN", vec![diagnosis.mended_when.clone()]),
        words("CONTACT", contact(report)),
        words("CASE", vec![case(report)]),
    ]);
    rows.retain(|row| !row.body.is_empty());
    FirstPage { subject: subject(report, diagnosis, reader), rows }
}

/// What the helpdesk does and says.
fn ours(diagnosis: &Diagnosis) -> Vec<Row> {
    let who = |who: Who, what: &str| format!("{}: {what}", capital(who.says()));
    let now = (!diagnosis.now_name.is_empty()).then(|| who(diagnosis.now, &diagnosis.now_name));
    let good = diagnosis.who_name != diagnosis.now_name && !diagnosis.who_name.is_empty();
    let good = good.then(|| who(diagnosis.who, &diagnosis.who_name));
    let caller = (!diagnosis.tell_caller.is_empty()).then(|| format!("\"{}\"", diagnosis.tell_caller));
    let rows = [("NOW", now), ("FOR GOOD", good), ("TELL CALLER", caller)];
    rows.into_iter().filter_map(|(label, line)| Some(Row { label, body: Body::Words(vec![line?]) })).collect()
}

/// For whom the page is, and what is asked. What the user or the helpdesk can fix themselves is asked of nobody else.
fn request(diagnosis: &Diagnosis, reader: Reader) -> Vec<(&'static str, String)> {
    if reader.is_ours() && matches!(diagnosis.who, Who::User | Who::Helpdesk | Who::Nobody) {
        return vec![];
    }
    let request = diagnosis.request();
    vec![("FOR", capital(request.to)), ("REQUEST", capital(request.ask))]
}

/// What is asked, if the page asks somebody else for something; otherwise what was found, and where, unless that is in it
/// already.
fn subject(report: &Report, diagnosis: &Diagnosis, reader: Reader) -> String {
    let ticket = report.account.ticket.as_ref().map_or_else(String::new, |ticket| format!("[{ticket}] "));
    let asked = diagnosis.request().subject;
    let says = if reader.is_ours() || asked.is_empty() { diagnosis.title.as_str() } else { asked };
    let says = says.trim_end_matches('.');
    let way = report.account.in_use.as_ref();
    let mut at: Vec<String> = way.map_or_else(Vec::new, |way| vec![way.server.clone(), format!("port {}", way.port)]);
    at.retain(|part| !says.to_lowercase().contains(&part.to_lowercase()));
    if !asked.is_empty() && !reader.is_ours() {
        at.clear();
    }
    let at = if at.is_empty() { String::new() } else { format!(" ({})", at.join(", ")) };
    format!("{ticket}{}{at}", capital(says))
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
    let Some(from) = super::timestamp(&run.started) else { return vec![] };
    let last = match run.finished.as_deref().and_then(super::timestamp) {
        Some(until) => format!("{} to {} UTC", day(from), until.strftime("%H:%M:%S")),
        None => format!("{} UTC, not finished", day(from)),
    };
    let before: Vec<String> = runs.rev().filter_map(|run| super::timestamp(&run.started)).map(day).collect();
    let before = if before.is_empty() { String::new() } else { format!("before that at {} UTC", before.join(", ")) };
    vec![format!("{last}{}", clock(report)), before]
}

/// Whether that clock is right.
fn clock(report: &Report) -> String {
    match report.fact(keys::clock::AHEAD.check, &keys::clock::AHEAD) {
        Some(0) => "; this computer's clock is right".to_owned(),
        Some(ahead) => {
            let side = if ahead > 0 { "ahead of" } else { "behind" };
            format!("; this computer's clock is {} {side} network time", crate::text::span(ahead))
        }
        None => String::new(),
    }
}

fn from(report: &Report) -> Vec<String> {
    let machine = &report.machine;
    let elsewhere = || {
        let seen = |check: &super::Check| {
            let id = &check.finding.id;
            let addr = report.shown(id, &keys::reference::SEEN_AS)?;
            Some(format!("{addr}, as {} saw us", report.shown(id, &keys::reference::HOST)?))
        };
        report.checks.iter().filter(|check| check.finding.id.starts_with("reference.")).find_map(seen)
    };
    let public = match &machine.seen_as {
        Some(addr) => format!("{addr}, as the mail server saw us"),
        None => elsewhere().unwrap_or_else(|| {
            "our public address is not known: no mail server told us; any \"what is my IP address\" page shows it"
                .to_owned()
        }),
    };
    let inner = if machine.local_addresses.is_empty() {
        String::new()
    } else {
        format!("inside the network: {}", machine.local_addresses.join(", "))
    };
    let pc = machine.hostname.as_ref().map_or_else(|| machine.os.clone(), |name| format!("{name}, {}", machine.os));
    let program = report.program().map_or_else(String::new, |program| format!("mail program: {program}"));
    vec![public, inner, pc, program]
}

fn to(report: &Report) -> String {
    let Some(way) = &report.account.in_use else { return String::new() };
    let addresses = report.shown(keys::dns_server::ADDRESSES.check, &keys::dns_server::ADDRESSES);
    let addresses = addresses.map_or_else(String::new, |addresses| format!(" ({addresses})"));
    let id = Target::in_use(way.port).id(keys::smtp::TLS_VERSION.check);
    let session = report.shown(&id, &keys::smtp::TLS_VERSION).map_or_else(String::new, |version| {
        let cipher = report.shown(&id, &keys::smtp::TLS_CIPHER);
        format!(", {version}{}", cipher.map_or_else(String::new, |cipher| format!(" with {cipher}")))
    });
    format!("{}{addresses}, port {}, {}{session}", way.server, way.port, way.security.says())
}

/// What the caller sees, and what it means.
fn error_shown(report: &Report, diagnosis: &Diagnosis) -> Vec<String> {
    let error = report.account.error.clone().unwrap_or_default();
    vec![error, diagnosis.error.clone()]
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
                "for port {}: {last}, hop {hop}; the block is there or just beyond it: port {port} gets further and is answered at hop {distance}",
                way.port
            ),
            None => format!("for port {}: {last}, hop {hop}; routers beyond it may be set not to answer", way.port),
        };
    }
    match (report.fact(&id, &leaves::LEAVES), report.shown(&id, &leaves::FIRST_ROUTER)) {
        (Some(true), Some(first)) => format!("for port {}: {first}; the block is there or beyond it", way.port),
        (Some(false), _) => {
            format!(
                "packets for port {} do not show up at the first router: they stop on this computer, or at that router",
                way.port
            )
        }
        _ => String::new(),
    }
}

/// The technician's notes, and the answers with their questions.
fn done(report: &Report) -> Vec<String> {
    let answers = report.answers.iter().map(|answer| {
        let question = guide().pages().find_map(|(_, page)| {
            page.questions
                .iter()
                .find(|question| question.name == answer.question)
                .map(|question| unfilled(&question.text))
        });
        format!("{} {}", question.as_ref().unwrap_or(&answer.question), answer.answer.replace('-', " "))
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

fn contact(report: &Report) -> Vec<String> {
    let ticket = report.account.ticket.as_ref().map_or_else(String::new, |ticket| format!("helpdesk, ticket {ticket}"));
    vec![report.account.contact.clone().unwrap_or_default(), ticket]
}

/// What somebody said about it, in their words.
fn since(report: &Report) -> Vec<String> {
    let account = &report.account;
    let said = [("since", &account.since), ("affected", &account.affected)];
    said.into_iter().filter_map(|(label, said)| Some(format!("{label}: {}", said.as_ref()?))).collect()
}

/// By what the report can be found again.
fn case(report: &Report) -> String {
    let run = report.runs.last().map_or_else(String::new, |run| format!(", run {}", run.id));
    let case = if report.id.is_empty() { String::new() } else { format!("{}{run}; ", report.id) };
    format!("{case}{} {}", report.tool.name, report.tool.version)
}
