//! The values that name somebody in a report, in every form in which others may write them. Where they are replaced is
//! not decided here.

use super::{LeftOut, NUMBERED, PEM, is_label};
use crate::account::{Server, provider};
use crate::report::{Account, Report};
use crate::text::Mark;
use crate::text::find::Name;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;
use std::sync::LazyLock;

/// A value that names somebody.
pub(super) struct Known {
    /// The value.
    pub(super) name: Name,
    /// What is written in its place.
    pub(super) label: String,
    /// Whether it is also a word of our own sentences, in which it names nobody unless it is marked.
    pub(super) is_ordinary: bool,
}

impl Known {
    pub(super) fn new(value: &str, label: &str) -> Self {
        Known { name: Name::new(value), label: label.to_owned(), is_ordinary: is_ordinary(value) }
    }
}

/// The words of our own pages, in lower case.
static WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let pages = crate::pages::guide().map(|(_, text)| text).chain(crate::pages::learn().into_values());
    pages.flat_map(words).map(str::to_lowercase).collect()
});

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Whether a value consists of words that our own sentences use, or of letters that are found everywhere: `mail`, `xy`,
/// `e.g`. An address or a host's name is no word.
fn is_ordinary(value: &str) -> bool {
    let is_short = |text: &str| text.chars().count() <= 2;
    let is_word = |word: &str| is_short(word) || WORDS.contains(&word.to_lowercase());
    match value.chars().find(|c| !c.is_alphanumeric()) {
        None => is_word(value),
        // A compound, such as e-mail, but not PC-17.
        Some('-' | '_' | ' ') => !value.contains(|c: char| c.is_numeric()) && words(value).all(is_word),
        Some(_) => value.chars().count() <= 3,
    }
}

/// All values that name somebody in this report, the longest first; these other values are marked in its texts.
pub(super) fn known(report: &Report, out: LeftOut, marked: impl Iterator<Item = (String, Mark)>) -> Vec<Known> {
    let mut list = List { known: BTreeMap::new(), taken: taken(report) };
    for account in report.runs.iter().filter_map(|run| run.account.as_ref()).chain([&report.account]) {
        list.account(account, out);
    }
    let machine = &report.machine;
    if let (true, Some(hostname)) = (out.machine, &machine.hostname) {
        list.add(hostname, "[pc]");
        list.add(hostname.split('.').next().unwrap_or_default(), "[pc]");
    }
    if out.inner {
        machine.local_addresses.iter().for_each(|addr| list.other(addr, Mark::Inner, out));
    }
    if out.hosts {
        machine.seen_as.iter().for_each(|addr| list.add(addr, "[public address]"));
    }
    for (value, mark) in marked {
        list.other(&value, mark, out);
    }
    let mut known: Vec<Known> = list.known.into_values().collect();
    known.sort_unstable_by(|a, b| b.name.len().cmp(&a.name.len()).then_with(|| a.name.cmp(&b.name)));
    known
}

/// The highest number of each kind that the report has already: it may have been redacted before.
fn taken(report: &Report) -> [usize; NUMBERED.len()] {
    let text = serde_json::to_string(report).unwrap_or_default();
    NUMBERED.map(|kind| {
        let begins = format!("[{kind}-");
        let number = |rest: &str| rest.split_once(']').and_then(|(number, _)| number.parse().ok());
        text.split(begins.as_str()).skip(1).filter_map(number).max().unwrap_or(0)
    })
}

/// The values, each with the first label that it got: it says most.
struct List {
    known: BTreeMap<Name, Known>,
    /// The highest number given, for each kind.
    taken: [usize; NUMBERED.len()],
}

impl List {
    fn add(&mut self, value: &str, label: &str) {
        if words(value).next().is_some() && !is_label(value) && !value.starts_with("[mailbox]@") {
            let known = Known::new(value, label);
            self.known.entry(known.name.clone()).or_insert(known);
        }
    }

    /// The label of a value: the one that it has, or a new one with the next number.
    fn label(&mut self, value: &str, mark: Mark) -> String {
        if let Some(known) = self.known.get(&Name::new(value)) {
            return known.label.clone();
        }
        let kind = match mark {
            Mark::User => "user",
            Mark::Inner => "inner",
            Mark::Host if value.parse::<IpAddr>().is_ok() => "addr",
            Mark::Host => "host",
        };
        let Some(index) = NUMBERED.iter().position(|known| *known == kind) else { return format!("[{kind}]") };
        self.taken[index] += 1;
        // Mostly there is one person.
        if kind == "user" && self.taken[index] == 1 {
            "[user]".to_owned()
        } else {
            format!("[{kind}-{}]", self.taken[index])
        }
    }

    /// A value that names somebody, in whatever way.
    fn other(&mut self, value: &str, mark: Mark, out: LeftOut) {
        if is_label(value) || value.starts_with("[mailbox]@") || value.starts_with(PEM) {
            return;
        }
        match mark {
            Mark::User => self.user(value, out),
            Mark::Host => {
                let label = self.label(value, mark);
                self.host(value, &label);
            }
            Mark::Inner => {
                let label = self.label(value, mark);
                self.add(value, &label);
            }
        }
    }

    fn account(&mut self, account: &Account, out: LeftOut) {
        let (mailbox, domain) = account.address.rsplit_once('@').unwrap_or(("", &account.address));
        if out.mailbox {
            let shown_domain = if out.hosts { "[domain]" } else { domain };
            for form in scripts(domain) {
                self.add(&format!("{mailbox}@{form}"), &format!("[mailbox]@{shown_domain}"));
            }
            self.forms(mailbox, "[mailbox]");
        }
        if out.hosts {
            self.domain(domain);
            account.in_use.iter().for_each(|way| self.host(&way.server, "[server]"));
        }
        let users = account.settings.user.iter().chain(&account.from).chain(&account.to);
        users.chain([&account.address]).for_each(|user| self.user(user, out));
        let written = account.settings.server.iter().map(Server::written);
        // Somebody may have typed a mail address as the server.
        written.clone().filter(|written| written.contains('@')).for_each(|written| self.user(written.trim(), out));
        if out.hosts {
            let choices = account.expected.iter().flat_map(|expected| &expected.choices);
            let choices = choices.map(|choice| choice.host.as_str());
            written.chain(choices).for_each(|server| self.other(server, Mark::Host, out));
            let provider = account.expected.iter().filter_map(|expected| expected.provider.as_deref());
            provider.filter_map(provider::by_id).for_each(|row| self.add(&row.name, "[provider]"));
        }
    }

    /// A log-in name or mail address: `CORP\anna.meier`, `anna.meier+news@example.com`.
    fn user(&mut self, user: &str, out: LeftOut) {
        if words(user).next().is_none() {
            return;
        }
        let (windows_domain, name) = user.rsplit_once(['\\', '/']).unwrap_or(("", user));
        let (local, mail_domain) = name.rsplit_once('@').unwrap_or((name, ""));
        if out.mailbox && !is_label(local) {
            let label = self.label(user, Mark::User);
            let before_tag = local.split('+').next().unwrap_or_default();
            // Without the domain, the name before the @ is the mailbox's.
            let short = label.split('@').next().unwrap_or_default().to_owned();
            [user, name].into_iter().for_each(|form| self.forms(form, &label));
            [local, before_tag].into_iter().for_each(|form| self.forms(form, &short));
            self.parts(before_tag, &short);
        }
        if out.inner && !windows_domain.is_empty() {
            self.other(windows_domain, Mark::Inner, out);
        }
        if out.hosts {
            self.domain(mail_domain);
        }
    }

    /// First name and surname, as in `"Meier, Anna" <anna.meier@example.com>`.
    fn parts(&mut self, local: &str, label: &str) {
        let parts: Vec<&str> = local.split(['.', '_', '-']).filter(|part| !part.is_empty()).collect();
        if parts.len() < 2 {
            return;
        }
        let reversed: Vec<&str> = parts.iter().rev().copied().collect();
        for form in [parts.join(" "), reversed.join(" "), reversed.join(", ")] {
            self.add(&form, label);
        }
        let is_name = |part: &&&str| part.chars().any(char::is_alphabetic) && !is_ordinary(part);
        parts.iter().filter(is_name).for_each(|part| self.add(part, label));
    }

    /// A name as it is, and as protocols write it.
    fn forms(&mut self, name: &str, label: &str) {
        if is_label(name) {
            return;
        }
        self.add(name, label);
        self.add(&STANDARD_NO_PAD.encode(name), label);
        self.add(&utf8_percent_encode(name, ESCAPED).to_string(), label);
        if let Some(latin) = escaped_latin(name) {
            self.add(&latin, label);
        }
    }

    /// A mail domain, and the name of the organisation in it.
    fn domain(&mut self, domain: &str) {
        self.host(domain, "[domain]");
        if is_label(domain) {
            return;
        }
        for form in scripts(domain) {
            let mut labels = form.rsplit('.').skip(1).skip_while(|label| SECOND_LEVEL.contains(label));
            labels.next().into_iter().for_each(|label| self.add(label, "[domain]"));
        }
    }

    fn host(&mut self, host: &str, label: &str) {
        if is_label(host) {
            return;
        }
        scripts(host).iter().for_each(|form| self.add(form, label));
    }
}

/// Under these, as in `example.co.uk`, the organisation's name is the third from the end.
const SECOND_LEVEL: [&str; 10] = ["ac", "co", "com", "edu", "gov", "gv", "ne", "net", "or", "org"];

/// A host or domain name as written, in ASCII and in its own script (IDNA).
fn scripts(name: &str) -> [String; 3] {
    let ascii = idna::domain_to_ascii(name).unwrap_or_else(|_| name.to_owned());
    [name.to_owned(), ascii, idna::domain_to_unicode(name).0]
}

/// What URLs escape: all but the unreserved characters (RFC 3986 section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// As a server's ISO 8859-1 is shown, which is not UTF-8.
fn escaped_latin(name: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = name.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    Some(crate::text::visible(&bytes?))
}
