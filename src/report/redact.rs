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
    let mut known: Vec<(String, &str)> = vec![
        (session.account.address.to_string(), "[address]"),
        (session.account.address.ascii(), "[address]"),
        (session.account.log_in_name(session.wanted.as_ref()), "[user]"),
    ];
    known.extend(session.machine.hostname.clone().map(|name| (name, "[pc]")));
    known.extend(session.machine.local_addresses.iter().map(|addr| (addr.clone(), "[inner]")));
    if how == Redact::All {
        known.extend(session.machine.seen_as.clone().map(|addr| (addr, "[public address]")));
        known.extend(session.in_use().map(|in_use| (in_use.host, "[server]")));
        let choices = session.wanted.iter().flat_map(|wanted| &wanted.choices);
        known.extend(choices.map(|choice| (choice.host.clone(), "[server]")));
        known.push((session.account.address.domain().to_owned(), "[domain]"));
    }
    // A name of two letters would be found in ordinary words.
    known.retain(|(value, _)| value.len() > 2);
    known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
    known.dedup();
    walk(report, &known, how);
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
    for mark in marks {
        let position = |index: usize| mark.get(index).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
        let (Some(start), Some(end), Some(kind)) = (position(0), position(1), mark.get(2).and_then(Value::as_str))
        else {
            continue;
        };
        let hidden = kind != "host" || how == Redact::All;
        if hidden && at <= start && start <= end && end <= chars.len() {
            out.extend(&chars[at..start]);
            out.push_str(&format!("[{kind}]"));
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
