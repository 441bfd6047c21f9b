//! Leaves names out of a report, as a way of rendering. What names somebody is known from its field, its key's
//! declaration, or the mark that it got when it was written down; our own prose and other people's words are searched
//! for these values.

use super::{Account, Check, Report};
use crate::account::Choice;
use crate::check::{self, Evidence, Finding};
use crate::facts::Value;
use crate::facts::key::{Declared, Names};
use crate::session::diagnosis::Diagnosis;
use crate::text::{Mark, is_inner};
use std::net::IpAddr;

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

/// What is written in place of something left out.
fn label(mark: Mark) -> &'static str {
    match mark {
        Mark::Host => "[host]",
        Mark::User => "[user]",
        Mark::Inner => "[inner]",
    }
}

/// The report with that left out.
pub fn redact(report: &Report, out: LeftOut) -> Report {
    let mut report = report.clone();
    if out == LeftOut::NOTHING {
        return report;
    }
    let redactor = Redactor { out, known: known(&report, out) };
    if out.machine {
        report.machine.hostname = None;
    }
    if out.inner {
        report.machine.local_addresses.clear();
    }
    if out.notes {
        report.notes.clear();
    }
    redactor.each(&mut report.notes);
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
        redactor.diagnosis(&mut run.diagnosis);
    }
    report
}

/// A value that names somebody, and what is written in its place.
struct Known {
    value: String,
    label: String,
}

/// The values that name somebody, for prose that quotes them; the longest first.
fn known(report: &Report, out: LeftOut) -> Vec<Known> {
    let mut known = Vec::new();
    let mut add = |value: &str, label: &str| {
        // A name of two letters would also be found in ordinary words.
        if value.chars().count() > 2 {
            known.push(Known { value: value.to_owned(), label: label.to_owned() });
        }
    };
    let accounts = report.runs.iter().filter_map(|run| run.account.as_ref()).chain([&report.account]);
    for account in accounts {
        let (mailbox, domain) = account.address.rsplit_once('@').unwrap_or(("", &account.address));
        let shown_domain = if out.hosts { "[domain]" } else { domain };
        if out.mailbox {
            let ascii = idna::domain_to_ascii(domain).unwrap_or_default();
            add(&account.address, &format!("[mailbox]@{shown_domain}"));
            add(&format!("{mailbox}@{ascii}"), &format!("[mailbox]@{shown_domain}"));
            account.settings.user.iter().for_each(|user| add(user, label(Mark::User)));
            account.from.iter().chain(&account.to).for_each(|address| add(address, label(Mark::User)));
        }
        if out.hosts {
            add(domain, "[domain]");
            account.settings.server.iter().for_each(|server| add(server, "[server]"));
            account.in_use.iter().for_each(|way| add(&way.server, "[server]"));
            choices(account).for_each(|choice| add(&choice.host, "[server]"));
        }
    }
    if let (true, Some(hostname)) = (out.machine, &report.machine.hostname) {
        add(hostname, "[pc]");
    }
    if out.inner {
        report.machine.local_addresses.iter().for_each(|addr| add(addr, label(Mark::Inner)));
    }
    if out.hosts {
        report.machine.seen_as.iter().for_each(|addr| add(addr, "[public address]"));
    }
    let checks = report.checks.iter().chain(report.runs.iter().flat_map(|run| &run.checks));
    for finding in checks.map(|check| &check.finding) {
        for (value, mark) in marked(finding).filter(|(_, mark)| out.hides(*mark)) {
            add(&value, label(mark));
        }
    }
    known.sort_by(|a, b| b.value.len().cmp(&a.value.len()).then_with(|| a.value.cmp(&b.value)));
    known.dedup_by(|a, b| a.value == b.value);
    known
}

fn choices(account: &Account) -> impl Iterator<Item = &Choice> {
    account.expected.iter().flat_map(|expected| &expected.choices)
}

/// The marked parts of a finding, and the values of keys that are declared as names.
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
        items(value).into_iter().filter_map(move |item| Some((item.clone(), mark_of(names?, &item)?)))
    });
    in_texts.chain(in_facts)
}

fn items(value: &Value) -> Vec<String> {
    match value {
        Value::Word(word) => vec![word.clone()],
        Value::List(list) => list.clone(),
        Value::Number(_) => vec![],
    }
}

/// Whom a value of a key names.
fn mark_of(names: Names, value: &str) -> Option<Mark> {
    match names {
        Names::Nobody | Names::Foreign => None,
        Names::Host => Some(Mark::Host),
        Names::User => Some(Mark::User),
        Names::Inner => Some(Mark::Inner),
        Names::Address => match value.parse::<IpAddr>() {
            Ok(addr) if is_inner(addr) => Some(Mark::Inner),
            _ => Some(Mark::Host),
        },
    }
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
}

impl Redactor {
    fn account(&self, account: &mut Account) {
        if self.out.mailbox || self.out.hosts {
            let (mailbox, domain) = account.address.rsplit_once('@').unwrap_or(("", &account.address));
            let mailbox = if self.out.mailbox { "[mailbox]" } else { mailbox };
            account.address = format!("{mailbox}@{}", if self.out.hosts { "[domain]" } else { domain });
        }
        if self.out.mailbox {
            let addresses = [&mut account.settings.user, &mut account.from, &mut account.to];
            addresses.into_iter().flatten().for_each(|user| *user = label(Mark::User).to_owned());
            account.leave_places_out();
        }
        if self.out.hosts {
            account.expected.iter_mut().for_each(|expected| expected.provider = None);
            let expected = account.expected.iter_mut();
            let hosts = expected.flat_map(|expected| {
                expected.server.iter_mut().chain(expected.choices.iter_mut().map(|choice| &mut choice.host))
            });
            let hosts = hosts
                .chain(account.settings.server.iter_mut())
                .chain(account.in_use.iter_mut().map(|way| &mut way.server));
            hosts.for_each(|host| *host = "[server]".to_owned());
        }
        [&mut account.error, &mut account.ticket].into_iter().flatten().for_each(|text| self.prose(text));
    }

    fn checks(&self, checks: &mut [Check]) {
        for finding in checks.iter_mut().map(|check| &mut check.finding) {
            self.prose(&mut finding.title);
            self.marked(&mut finding.summary, &mut finding.summary_marks);
            for Evidence { what, detail, marks, .. } in &mut finding.evidence {
                self.prose(what);
                self.marked(detail, marks);
            }
            let id = finding.id.clone();
            finding.facts.iter_mut().for_each(|(key, value)| self.fact(&id, key, value));
        }
    }

    fn fact(&self, id: &str, key: &str, value: &mut Value) {
        let names = declared(id, key).map(|row| row.names);
        let item = |text: &mut String| match names {
            Some(Names::Nobody) => {}
            Some(Names::Foreign) | None => self.prose(text),
            Some(names) => match mark_of(names, text).filter(|mark| self.out.hides(*mark)) {
                Some(mark) => *text = label(mark).to_owned(),
                // What is kept may still quote what is left out, such as a host name within a list.
                None => self.prose(text),
            },
        };
        match value {
            Value::Word(word) => item(word),
            Value::List(list) => list.iter_mut().for_each(item),
            Value::Number(_) => {}
        }
    }

    fn diagnosis(&self, diagnosis: &mut Diagnosis) {
        let Diagnosis { title, summary, who_name, now_name, tell_caller, mended_when, tell_provider, .. } = diagnosis;
        let texts = [title, summary, who_name, now_name, tell_caller, mended_when, tell_provider];
        texts.into_iter().for_each(|text| self.prose(text));
        self.each(&mut diagnosis.remedy);
        self.each(&mut diagnosis.do_not);
        self.each(&mut diagnosis.not_known);
        diagnosis.path.iter_mut().for_each(|step| self.prose(&mut step.answer));
        diagnosis.questions.iter_mut().for_each(|question| self.prose(&mut question.text));
    }

    fn each(&self, texts: &mut [String]) {
        texts.iter_mut().for_each(|text| self.prose(text));
    }

    /// A text with marks: the marked parts are left out, and what they name is left out wherever else it is quoted.
    fn marked(&self, text: &mut String, marks: &mut Vec<(usize, usize, Mark)>) {
        let chars: Vec<char> = text.chars().collect();
        let mut kept = String::new();
        let mut at = 0;
        for (start, end, mark) in std::mem::take(marks) {
            if self.out.hides(mark) && at <= start && start <= end && end <= chars.len() {
                kept.extend(&chars[at..start]);
                kept.push_str(label(mark));
                at = end;
            }
        }
        kept.extend(&chars[at..]);
        *text = kept;
        self.prose(text);
    }

    /// Prose: known values are replaced. A value without a dot or an @ might be part of an ordinary word, so it is
    /// replaced only as a whole word.
    fn prose(&self, text: &mut String) {
        for Known { value, label } in &self.known {
            if !text.contains(value.as_str()) {
                continue;
            }
            if value.contains(['@', '.', ':']) {
                *text = text.replace(value.as_str(), label);
            } else {
                *text = without_word(text, value, label);
            }
        }
    }
}

fn without_word(text: &str, word: &str, label: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let bounds = [kept.chars().chain(before.chars()).next_back(), after.chars().next()];
        let is_word = bounds.iter().all(|c| c.is_none_or(|c| !c.is_alphanumeric()));
        kept.push_str(before);
        kept.push_str(if is_word { label } else { word });
        rest = after;
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: LeftOut = LeftOut { mailbox: true, inner: true, ..LeftOut::NOTHING };
    const ALL: LeftOut = LeftOut { hosts: true, ..NAMES };

    fn redactor(out: LeftOut, known: &[(&str, &str)]) -> Redactor {
        let known = known.iter().map(|(value, label)| Known { value: (*value).to_owned(), label: (*label).to_owned() });
        Redactor { out, known: known.collect() }
    }

    #[test]
    fn marked_parts_go() {
        let without = |out, marks: &[(usize, usize, Mark)]| {
            let mut text = "anna at mail.".to_owned();
            redactor(out, &[]).marked(&mut text, &mut marks.to_vec());
            text
        };
        let marks = [(0, 4, Mark::User), (8, 12, Mark::Host)];
        assert_eq!(without(NAMES, &marks), "[user] at mail.");
        assert_eq!(without(ALL, &marks), "[user] at [host].");
        assert_eq!(without(ALL, &[(9, 99, Mark::User)]), "anna at mail.");
    }

    #[test]
    fn a_name_is_known_by_its_key_and_a_word_of_the_report_is_no_name() {
        let redactor = redactor(NAMES, &[("open", "[user]")]);
        let fact = |id: &str, key: &str, word: &str| {
            let mut value = Value::Word(word.to_owned());
            redactor.fact(id, key, &mut value);
            value.to_string()
        };
        assert_eq!(fact("port.587", "state", "open"), "open");
        assert_eq!(fact("login", "user", "open"), "[user]");
        assert_eq!(fact("wanted.smtp.465", "seen-as", "10.0.0.7"), "[inner]");
        assert_eq!(fact("login", "reply", "535 5.7.8 open is not known"), "535 5.7.8 [user] is not known");
        let mut text = "not owned by open, reopened".to_owned();
        redactor.prose(&mut text);
        assert_eq!(text, "not owned by [user], reopened");
    }
}
