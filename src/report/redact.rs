//! Leaves names out of a report, as a way of rendering: what was marked where it was written down, and the few values
//! that are known to name somebody wherever they are quoted.

use super::Report;
use serde_json::Value;

/// How much is left out, on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redact {
    /// Nothing.
    None,
    /// Who the user is: mailbox, log-in name, machine, inner addresses.
    Names,
    /// Also which servers: host names and addresses.
    All,
}

/// What is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeftOut {
    /// The machine's name.
    pub machine: bool,
    /// The name before the @, and the log-in name.
    pub mailbox: bool,
    /// Addresses inside the network.
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

/// A name and what stands in its place.
struct Name {
    value: String,
    label: String,
}

/// The report without what is left out; the error is for people.
pub fn redact(report: &Report, out: LeftOut) -> Result<Report, String> {
    if out == LeftOut::NOTHING {
        return Ok(report.clone());
    }
    let mut report = report.clone();
    let names = names(&report, out);
    if out.machine {
        report.machine.hostname = None;
    }
    if out.inner {
        report.machine.local_addresses.clear();
    }
    if out.notes {
        report.notes.clear();
    }
    let failed = |error: serde_json::Error| format!("names could not be left out: {error}");
    let mut value = serde_json::to_value(&report).map_err(failed)?;
    walk(&mut value, &names, out);
    serde_json::from_value(value).map_err(failed)
}

fn names(report: &Report, out: LeftOut) -> Vec<Name> {
    let mut names = Vec::new();
    let mut add = |value: &str, label: &str| {
        // A name of two letters would be found in ordinary words.
        if value.chars().count() > 2 {
            names.push(Name { value: value.to_owned(), label: label.to_owned() });
        }
    };
    let (mailbox, domain) = report.account.address.rsplit_once('@').unwrap_or(("", &report.account.address));
    let shown_domain = if out.hosts { "[domain]" } else { domain };
    if out.mailbox {
        add(&report.account.address, &format!("[mailbox]@{shown_domain}"));
        let ascii = idna::domain_to_ascii(domain).unwrap_or_default();
        add(&format!("{mailbox}@{ascii}"), &format!("[mailbox]@{shown_domain}"));
        if let Some(user) = &report.account.settings.user {
            add(user, "[user]");
        }
    }
    if let (true, Some(hostname)) = (out.machine, &report.machine.hostname) {
        add(hostname, "[pc]");
    }
    if out.inner {
        report.machine.local_addresses.iter().for_each(|addr| add(addr, "[inner]"));
    }
    if out.hosts {
        add(domain, "[domain]");
        report.machine.seen_as.iter().for_each(|addr| add(addr, "[public address]"));
        report.account.in_use.iter().for_each(|way| add(&way.server, "[server]"));
        let choices = report.account.expected.iter().flat_map(|expected| &expected.choices);
        choices.for_each(|choice| add(&choice.host, "[server]"));
    }
    // What was marked in one place is left out wherever it is quoted, such as in a summary or a fact.
    let checks = report.checks.iter().chain(report.runs.iter().flat_map(|run| &run.checks));
    for evidence in checks.flat_map(|check| &check.finding.evidence) {
        for (start, end, mark) in &evidence.marks {
            let kind = serde_json::to_value(mark).ok();
            let kind = kind.as_ref().and_then(Value::as_str).unwrap_or_default();
            if is_hidden(kind, out) {
                let value: String = evidence.detail.chars().skip(*start).take(end.saturating_sub(*start)).collect();
                add(&value, label(kind));
            }
        }
    }
    names.sort_by(|a, b| b.value.len().cmp(&a.value.len()).then_with(|| a.value.cmp(&b.value)));
    names.dedup_by(|a, b| a.value == b.value);
    names
}

fn is_hidden(kind: &str, out: LeftOut) -> bool {
    match kind {
        "host" => out.hosts,
        "user" => out.mailbox,
        _ => out.inner,
    }
}

fn label(kind: &str) -> &'static str {
    match kind {
        "host" => "[host]",
        "user" => "[user]",
        _ => "[inner]",
    }
}

fn walk(value: &mut Value, names: &[Name], out: LeftOut) {
    match value {
        Value::String(text) => replace(text, names),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, names, out)),
        Value::Object(fields) => {
            if let Some((detail, marks)) = fields.get("detail").cloned().zip(fields.get("marks").cloned()) {
                fields.insert("detail".to_owned(), without_marks(&detail, &marks, out));
                fields.remove("marks");
            }
            fields.values_mut().for_each(|field| walk(field, names, out));
        }
        _ => {}
    }
}

/// Replaces names. One without a dot or an @ might be a word of the report (a mailbox `open@`): it is replaced only in
/// sentences, and only as a whole word.
fn replace(text: &mut String, names: &[Name]) {
    for name in names {
        let is_plain = !name.value.contains(['@', '.', ':']);
        if !text.contains(&name.value) || (is_plain && !text.contains(' ')) {
            continue;
        }
        if !is_plain {
            *text = text.replace(&name.value, &name.label);
            continue;
        }
        let mut kept = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find(&name.value) {
            let (before, after) = (&rest[..at], &rest[at + name.value.len()..]);
            let bounds = [kept.chars().chain(before.chars()).next_back(), after.chars().next()];
            let is_word = bounds.iter().all(|c| c.is_none_or(|c| !c.is_alphanumeric()));
            kept.push_str(before);
            kept.push_str(if is_word { &name.label } else { &name.value });
            rest = after;
        }
        kept.push_str(rest);
        *text = kept;
    }
}

fn without_marks(detail: &Value, marks: &Value, out: LeftOut) -> Value {
    let (Some(detail), Some(marks)) = (detail.as_str(), marks.as_array()) else { return detail.clone() };
    let chars: Vec<char> = detail.chars().collect();
    let mut text = String::new();
    let mut at = 0;
    for mark in marks {
        let number = |index: usize| usize::try_from(mark.get(index)?.as_u64()?).ok();
        let (Some(start), Some(end), Some(kind)) = (number(0), number(1), mark.get(2).and_then(Value::as_str)) else {
            continue;
        };
        if is_hidden(kind, out) && at <= start && start <= end && end <= chars.len() {
            text.extend(&chars[at..start]);
            text.push_str(label(kind));
            at = end;
        }
    }
    text.extend(&chars[at.min(chars.len())..]);
    Value::String(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NAMES: LeftOut = LeftOut { mailbox: true, inner: true, ..LeftOut::NOTHING };
    const ALL: LeftOut = LeftOut { hosts: true, ..NAMES };

    #[test]
    fn marked_parts_go() {
        let marks = json!([[0, 4, "user"], [8, 12, "host"]]);
        let detail = json!("anna at mail.");
        assert_eq!(without_marks(&detail, &marks, NAMES), json!("[user] at mail."));
        assert_eq!(without_marks(&detail, &marks, ALL), json!("[user] at [host]."));
        assert_eq!(without_marks(&detail, &json!([[9, 99, "user"]]), ALL), json!("anna at mail."));
    }

    #[test]
    fn words_of_the_report_are_no_names() {
        let names = [Name { value: "open".to_owned(), label: "[user]".to_owned() }];
        let replaced = |text: &str| {
            let mut text = text.to_owned();
            replace(&mut text, &names);
            text
        };
        assert_eq!(replaced("open"), "open");
        assert_eq!(replaced("not owned by open, reopened"), "not owned by [user], reopened");
    }
}
