//! Leaves names out of a report, as a way of rendering: marked parts of the evidence, and the few values that are known
//! to name somebody wherever they are quoted.

use crate::session::Session;
use serde_json::Value;

/// How much is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redact {
    /// Nothing.
    None,
    /// Who the user is: mailbox, log-in name, machine, inner addresses.
    Names,
    /// Also which servers: host names and addresses.
    All,
}

/// Applies it to a finished report.
pub fn redact(report: &mut Value, session: &Session, how: Redact) {
    if how == Redact::None {
        return;
    }
    let mut known: Vec<(String, &'static str)> = vec![
        (session.account.address.to_string(), "[address]"),
        (session.account.address.ascii(), "[address]"),
        (session.account.log_in_name(session.wanted()), "[user]"),
    ];
    known.extend(session.machine.hostname.clone().map(|name| (name, "[pc]")));
    known.extend(session.machine.local_addresses.iter().map(|addr| (addr.clone(), "[inner]")));
    if how == Redact::All {
        known.extend(session.machine.seen_as.clone().map(|addr| (addr, "[public address]")));
        known.extend(session.in_use().map(|in_use| (in_use.host, "[server]")));
        let choices = session.wanted().into_iter().flat_map(|wanted| &wanted.choices);
        known.extend(choices.map(|choice| (choice.host.clone(), "[server]")));
        known.push((session.account.address.domain().to_owned(), "[domain]"));
    }
    // What was marked in one place is left out wherever it is quoted, such as in a summary or a fact.
    marked(report, how, &mut known);
    // A name of two letters would be found in ordinary words.
    known.retain(|(value, _)| value.len() > 2);
    known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    known.dedup();
    walk(report, &known, how);
}

/// The marked parts of all evidence that are to be hidden.
fn marked(value: &Value, how: Redact, known: &mut Vec<(String, &'static str)>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| marked(item, how, known)),
        Value::Object(fields) => {
            if let (Some(detail), Some(Value::Array(marks))) =
                (fields.get("detail").and_then(Value::as_str), fields.get("marks"))
            {
                let hidden = marks.iter().filter_map(position).filter(|(.., kind)| is_hidden(kind, how));
                known.extend(hidden.map(|(start, end, kind)| {
                    (detail.chars().skip(start).take(end.saturating_sub(start)).collect(), label(kind))
                }));
            }
            fields.values().for_each(|field| marked(field, how, known));
        }
        _ => {}
    }
}

fn is_hidden(kind: &str, how: Redact) -> bool {
    kind != "host" || how == Redact::All
}

fn label(kind: &str) -> &'static str {
    match kind {
        "host" => "[host]",
        "user" => "[user]",
        _ => "[inner]",
    }
}

/// A mark as it stands in a report: start, end, what it names.
fn position(mark: &Value) -> Option<(usize, usize, &str)> {
    let number = |index: usize| usize::try_from(mark.get(index)?.as_u64()?).ok();
    Some((number(0)?, number(1)?, mark.get(2)?.as_str()?))
}

fn walk(value: &mut Value, known: &[(String, &str)], how: Redact) {
    match value {
        Value::String(text) => replace(text, known),
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, known, how)),
        Value::Object(fields) => {
            if let Some((detail, marks)) = fields.get("detail").cloned().zip(fields.get("marks").cloned()) {
                fields.insert("detail".to_owned(), without_marks(&detail, &marks, how));
                fields.remove("marks");
            }
            fields.values_mut().for_each(|field| walk(field, known, how));
        }
        _ => {}
    }
}

fn replace(text: &mut String, known: &[(String, &str)]) {
    for (value, label) in known {
        if text.contains(value.as_str()) {
            *text = text.replace(value.as_str(), label);
        }
    }
}

fn without_marks(detail: &Value, marks: &Value, how: Redact) -> Value {
    let (Some(detail), Some(marks)) = (detail.as_str(), marks.as_array()) else { return detail.clone() };
    let chars: Vec<char> = detail.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    for (start, end, kind) in marks.iter().filter_map(position) {
        if is_hidden(kind, how) && at <= start && start <= end && end <= chars.len() {
            out.extend(&chars[at..start]);
            out.push_str(label(kind));
            at = end;
        }
    }
    out.extend(&chars[at.min(chars.len())..]);
    Value::String(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn marked_parts_go() {
        let marks = json!([[0, 4, "user"], [8, 12, "host"]]);
        let detail = json!("anna at mail.");
        assert_eq!(without_marks(&detail, &marks, Redact::Names), json!("[user] at mail."));
        assert_eq!(without_marks(&detail, &marks, Redact::All), json!("[user] at [host]."));
        assert_eq!(without_marks(&detail, &json!([[9, 99, "user"]]), Redact::All), json!("anna at mail."));
    }
}
