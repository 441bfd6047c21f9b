//! Leaves names out of a report, as a way of rendering. What names somebody is known from its field, its key's
//! declaration, or the mark that it got when it was written down; `known` collects these values. Our own sentences and
//! other people's words are searched for them, and `cut` takes them out.

mod cut;
mod known;

use super::{Account, Check, Report};
use crate::check::{self, Evidence, Finding, Kind};
use crate::facts::Value;
use crate::facts::key::{Declared, Names};
use crate::session::diagnosis::Diagnosis;
use crate::session::unknown::Unknown;
use crate::text::{Mark, is_inner};
use cut::{Marks, Words};
use known::{Known, known};
use std::net::{IpAddr, SocketAddr};

/// How much to leave out, as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redact {
    /// Nothing.
    None,
    /// Who the user is: the mailbox, the log-in name, the machine, private addresses.
    Names,
    /// And which servers: host names and addresses.
    All,
}

/// What to leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// The machine's name.
    pub machine: bool,
    /// The name before the @, and the log-in name.
    pub mailbox: bool,
    /// Private addresses and names inside the network.
    pub inner: bool,
    /// The technician's notes.
    pub notes: bool,
    /// Names and addresses of servers, and the mail domain.
    pub hosts: bool,
}

impl LeftOut {
    /// What either of them leaves out.
    pub fn and(self, other: LeftOut) -> LeftOut {
        LeftOut {
            machine: self.machine || other.machine,
            mailbox: self.mailbox || other.mailbox,
            inner: self.inner || other.inner,
            notes: self.notes || other.notes,
            hosts: self.hosts || other.hosts,
        }
    }

    /// Nothing at all.
    pub const NOTHING: LeftOut = LeftOut { machine: false, mailbox: false, inner: false, notes: false, hosts: false };
}

impl From<Redact> for LeftOut {
    fn from(how: Redact) -> Self {
        match how {
            Redact::None => LeftOut::NOTHING,
            Redact::Names => LeftOut { machine: true, mailbox: true, inner: true, ..LeftOut::NOTHING },
            Redact::All => LeftOut { machine: true, mailbox: true, inner: true, notes: true, hosts: true },
        }
    }
}

impl LeftOut {
    fn hides(self, mark: Mark) -> bool {
        match mark {
            Mark::Host => self.hosts,
            Mark::User => self.mailbox,
            Mark::Inner => self.inner,
        }
    }
}

/// What is written in place of something left out that is found nowhere else in the report; what is has a number.
fn label(mark: Mark) -> &'static str {
    match mark {
        Mark::Host => "[host]",
        Mark::User => "[user]",
        Mark::Inner => "[inner]",
    }
}

/// What is written in place of values of which there is one.
const SINGLE: [&str; 6] = ["[mailbox]", "[domain]", "[server]", "[provider]", "[pc]", "[public address]"];
/// What is written in place of the others, with a number: `[host-1]`.
const NUMBERED: [&str; 4] = ["host", "addr", "user", "inner"];

/// Whether a value is what was written in place of one: a report may be redacted twice.
fn is_label(value: &str) -> bool {
    let is_numbered = || {
        let kind = value.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or_default();
        let (kind, number) = kind.split_once('-').unwrap_or((kind, "1"));
        NUMBERED.contains(&kind) && number.parse::<usize>().is_ok()
    };
    SINGLE.contains(&value) || is_numbered()
}

/// Whether something was left out of a value: one of our labels is in it.
pub fn has_label(value: &str) -> bool {
    let mut rest = value;
    while let Some(start) = rest.find('[') {
        rest = &rest[start..];
        if rest.find(']').is_some_and(|end| is_label(&rest[..=end])) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// How a certificate begins (RFC 7468).
const PEM: &str = "-----BEGIN";

/// The report with that left out.
pub fn redact(report: &Report, out: LeftOut) -> Report {
    let mut report = report.clone();
    if out == LeftOut::NOTHING {
        return report;
    }
    let redactor = Redactor::new(&report, out);
    // Whom a field names that this version does not know, nobody can tell.
    report.unknown = Unknown::default();
    if out.machine {
        report.machine.hostname = None;
    }
    if let Some(site) = &mut report.tool.site {
        if out.machine || out.hosts {
            site.files.clear();
        }
        if out.hosts {
            (site.name, site.contact) = (None, Vec::new());
        }
    }
    if out.inner {
        report.machine.local_addresses.clear();
    }
    if out.notes {
        report.notes.clear();
    }
    report.notes.iter_mut().for_each(|note| redactor.theirs(note));
    if out.hosts
        && let Some(addr) = &mut report.machine.seen_as
    {
        *addr = "[public address]".to_owned();
    }
    redactor.account(&mut report.account);
    redactor.checks(&mut report.checks);
    if let Some(diagnosis) = &mut report.diagnosis {
        redactor.diagnosis(diagnosis);
    }
    for run in &mut report.runs {
        if let Some(account) = &mut run.account {
            redactor.account(account);
        }
        redactor.checks(&mut run.checks);
        if let Some(diagnosis) = &mut run.diagnosis {
            redactor.diagnosis(diagnosis);
        }
    }
    report
}

/// The findings of all runs, the first run first: a number that a name has got stays with it when another run follows.
fn findings(report: &Report) -> impl Iterator<Item = &Finding> {
    let checks = report.runs.iter().flat_map(|run| &run.checks).chain(&report.checks);
    checks.map(|check| &check.finding)
}

/// The marked parts of a finding, the values of keys that are declared as names, and addresses in our own words.
fn marked(finding: &Finding) -> impl Iterator<Item = (String, Mark)> + '_ {
    let of_text = |text: &str, start: usize, end: usize| {
        text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>()
    };
    let details = finding.evidence.iter().map(|evidence| (&evidence.detail, &evidence.marks));
    let texts = details.chain([(&finding.summary, &finding.summary_marks)]);
    let in_texts = texts.flat_map(move |(text, marks)| {
        marks.iter().map(move |(start, end, mark)| (of_text(text, *start, *end), *mark))
    });
    let in_facts = finding.facts.iter().flat_map(|(key, value)| {
        let names = declared(&finding.id, key).map(|row| row.names);
        items(value).into_iter().filter_map(move |item| Some((item.clone(), names?.mark(&item)?)))
    });
    let ours = finding.evidence.iter().map(|evidence| evidence.what.as_str()).chain([finding.title.as_str()]);
    in_texts.chain(in_facts).chain(ours.flat_map(addresses))
}

/// The addresses in a text, and whom they name.
fn addresses(text: &str) -> impl Iterator<Item = (String, Mark)> + '_ {
    let parts = text.split(|c: char| !c.is_ascii_hexdigit() && !matches!(c, '.' | ':'));
    parts.filter_map(|part| {
        let part = part.trim_matches(['.', ':']);
        let addr = part.parse::<IpAddr>().or_else(|_| part.parse::<SocketAddr>().map(|addr| addr.ip())).ok()?;
        Some((addr.to_string(), if is_inner(addr) { Mark::Inner } else { Mark::Host }))
    })
}

fn items(value: &Value) -> Vec<String> {
    match value {
        Value::Word(word) => vec![word.clone()],
        Value::List(list) => list.clone(),
        Value::Number(_) => vec![],
    }
}

/// What others said, wherever it is written down as such: our own sentences quote it.
fn said(report: &Report) -> Vec<String> {
    let in_facts = findings(report).flat_map(|finding| {
        let is_foreign = |key: &str| declared(&finding.id, key).is_some_and(|row| row.names == Names::Foreign);
        finding.facts.iter().filter(move |(key, _)| is_foreign(key)).flat_map(|(_, value)| items(value))
    });
    let received = findings(report).flat_map(|finding| &finding.evidence);
    let received = received.filter(|evidence| evidence.kind == Kind::Received).map(|evidence| evidence.detail.clone());
    let mut said: Vec<String> = in_facts.chain(received).chain(report.account.error.clone()).collect();
    said.retain(|quote| !quote.is_empty());
    said.sort_unstable();
    said.dedup();
    said
}

/// The declaration of a key, for the check with this id: `port.587`, `wanted.smtp.465`.
fn declared(id: &str, key: &str) -> Option<&'static Declared> {
    let kind = id.strip_prefix("wanted.").unwrap_or(id);
    let (start, end) = kind.rsplit_once('.').unwrap_or((kind, ""));
    let kind = if end.parse::<u16>().is_ok() { start } else { kind };
    check::declared().find(|(of, _)| *of == kind)?.1.iter().find(|row| row.is(key))
}

struct Redactor {
    out: LeftOut,
    known: Vec<Known>,
    /// What others said.
    said: Vec<String>,
}

impl Redactor {
    fn new(report: &Report, out: LeftOut) -> Self {
        let said = said(report);
        // An address that nothing was measured at may still stand in what somebody pasted.
        let marked = findings(report).flat_map(marked).chain(said.iter().flat_map(|quote| addresses(quote)));
        let known = known(report, out, marked.filter(|(_, mark)| out.hides(*mark)));
        Redactor { out, known, said }
    }

    fn account(&self, account: &mut Account) {
        if self.out.mailbox || self.out.hosts {
            let (mailbox, domain) = account.address.rsplit_once('@').unwrap_or(("", &account.address));
            let mailbox = if self.out.mailbox { "[mailbox]" } else { mailbox };
            account.address = format!("{mailbox}@{}", if self.out.hosts { "[domain]" } else { domain });
        }
        let addresses = [&mut account.settings.user, &mut account.from, &mut account.to];
        addresses.into_iter().flatten().for_each(|user| self.name(user, Mark::User));
        if self.out.mailbox {
            account.leave_places_out();
        }
        if self.out.hosts {
            account.expected.iter_mut().for_each(|expected| expected.provider = None);
        }
        let expected = account.expected.iter_mut();
        let hosts = expected.flat_map(|expected| {
            expected.server.iter_mut().chain(expected.choices.iter_mut().map(|choice| &mut choice.host))
        });
        let hosts = hosts.chain(account.in_use.iter_mut().map(|way| &mut way.server));
        hosts.for_each(|host| self.name(host, Mark::Host));
        if let Some(server) = &mut account.settings.server {
            let mut written = server.written().to_owned();
            self.name(&mut written, Mark::Host);
            self.theirs(&mut written);
            *server = written.into();
        }
        if self.out.notes {
            account.contact = None;
        }
        let typed = [&mut account.error, &mut account.ticket, &mut account.since, &mut account.affected];
        typed.into_iter().chain([&mut account.contact]).flatten().for_each(|text| self.theirs(text));
    }

    fn checks(&self, checks: &mut [Check]) {
        for finding in checks.iter_mut().map(|check| &mut check.finding) {
            self.ours(&mut finding.title);
            self.cut(&mut finding.summary, &mut finding.summary_marks, Words::Ours);
            for Evidence { what, detail, marks, kind, .. } in &mut finding.evidence {
                self.ours(what);
                self.cut(detail, marks, if *kind == Kind::Received { Words::Theirs } else { Words::Ours });
            }
            let id = finding.id.clone();
            finding.facts.iter_mut().for_each(|(key, value)| self.fact(&id, key, value));
        }
    }

    fn fact(&self, id: &str, key: &str, value: &mut Value) {
        let names = declared(id, key).map(|row| row.names);
        let item = |text: &mut String| match names {
            Some(Names::Nobody) => {}
            Some(Names::Foreign) | None => self.theirs(text),
            Some(names) => match names.mark(text) {
                Some(mark) => self.name(text, mark),
                None => self.ours(text),
            },
        };
        match value {
            Value::Word(word) => item(word),
            Value::List(list) => list.iter_mut().for_each(item),
            Value::Number(_) => {}
        }
    }

    /// A field that names somebody.
    fn name(&self, text: &mut String, mark: Mark) {
        let is_cut = is_label(text) || text.starts_with("[mailbox]@");
        match self.out.hides(mark) && !is_cut {
            // A certificate: its names are in it in a form of its own.
            false if text.starts_with(PEM) => {}
            true => *text = self.label(text, mark).to_owned(),
            // What is kept may still quote what is left out, such as a host name within a list.
            false => self.ours(text),
        }
    }

    fn diagnosis(&self, diagnosis: &mut Diagnosis) {
        diagnosis.rewrite(|text, marks| self.cut(text, marks, Words::Ours));
    }

    fn ours(&self, text: &mut String) {
        self.cut(text, &mut Marks::new(), Words::Ours);
    }

    fn theirs(&self, text: &mut String) {
        self.cut(text, &mut Marks::new(), Words::Theirs);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_by_its_key_and_a_word_of_the_report_is_no_name() {
        let out = LeftOut { mailbox: true, inner: true, ..LeftOut::NOTHING };
        let redactor = Redactor { out, known: vec![Known::new("open", "[user]")], said: vec![] };
        let fact = |id: &str, key: &str, word: &str| {
            let mut value = Value::Word(word.to_owned());
            redactor.fact(id, key, &mut value);
            value.to_string()
        };
        assert_eq!(fact("port.587", "state", "open"), "open");
        assert_eq!(fact("login", "user", "open"), "[user]");
        assert_eq!(fact("wanted.smtp.465", "seen-as", "10.0.0.7"), "[inner]");
        assert_eq!(fact("login", "reply", "535 5.7.8 open is not known"), "535 5.7.8 [user] is not known");
        assert_eq!(fact("certificate.587", "issuer", "Open CA"), "[user] CA");
        let redactor = Redactor { out, known: vec![Known::new("Meier", "[user]")], said: vec![] };
        let mut subject = Value::Word("CN=MEIER, O=Example".to_owned());
        redactor.fact("certificate.587", "subject", &mut subject);
        assert_eq!(subject.to_string(), "CN=[user], O=Example");
    }
}
