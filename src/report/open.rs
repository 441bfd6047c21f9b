//! Opens a saved report again: the session that it was made from.

use super::{Account, Report};
use crate::account::{self, Address, Wanted};
use crate::check::Head;
use crate::session::{Run, SCHEMA, Session};
use std::path::Path;

/// A longer file is not one of our reports.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a report from disk. The error is a message for people.
pub fn read(path: &Path) -> Result<Session, String> {
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("{shown} cannot be read: {error}"))?.len();
    if size > MOST_BYTES {
        return Err(format!("{shown} is not a report: it is larger than 64 MiB"));
    }
    let bytes = std::fs::read(path).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    parse(&bytes).map_err(|why| format!("{shown}: {why}"))
}

fn parse(bytes: &[u8]) -> Result<Session, String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => "this report was cut off: the end of the file is missing".to_owned(),
        _ => "this is not a report: mailtriage's reports are JSON files".to_owned(),
    })?;
    match value.get("schema").and_then(serde_json::Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) if other.starts_with("mailtriage.report/") => {
            let other = crate::text::visible_str(other);
            return Err(format!(
                "this report's schema is {other}; this version reads {SCHEMA}: use a newer mailtriage"
            ));
        }
        _ => return Err("this is not a mailtriage report: its schema is missing".to_owned()),
    }
    let report: Report =
        serde_json::from_value(value).map_err(|error| format!("this report is inconsistent: {error}"))?;
    Ok(session(report))
}

/// The session that a report was made from.
pub fn session(report: Report) -> Session {
    let now = account(&report.account);
    let mut session = Session::of(now, report.machine, String::new());
    session.tool = report.tool;
    session.notes = report.notes.iter().map(|note| crate::text::visible_str(note)).collect();
    session.answers = report.answers.into_iter().map(|answer| (answer.question, answer.answer)).collect();
    for run in report.runs {
        let of_run = run.account.as_ref().unwrap_or(&report.account);
        let mut saved =
            Run::saved(time(&run.started), run.finished.as_deref().map(time), account(of_run), wanted(of_run));
        for check in run.checks {
            let finding = check.finding;
            let head =
                Head { id: finding.id.clone(), group: finding.group, title: finding.title.clone(), needs: vec![] };
            saved.add_saved(head, finding, check.kept);
        }
        saved.connections = run.connections;
        saved.verdict = Some(Box::new((session.answers.clone(), run.diagnosis)));
        session.runs.push(saved);
    }
    session
}

fn time(text: &str) -> jiff::Timestamp {
    text.parse().unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn account(report: &Account) -> account::Account {
    let mut account = account::Account::new(Address::of_report(&report.address));
    account.settings = report.settings();
    account.client.clone_from(&report.client);
    account.measured_on = report.measured_on;
    account.error.clone_from(&report.error);
    account.ticket.clone_from(&report.ticket);
    account.from.clone_from(&report.from);
    account.to.clone_from(&report.to);
    account
}

fn wanted(report: &Account) -> Option<Wanted> {
    let expected = report.expected.as_ref()?;
    Some(Wanted { choices: expected.choices.clone(), source: report.source?, provider: expected.provider.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_report_is_said() {
        for (text, says) in [
            ("", "cut off"),
            ("{\"schema\": \"mailtriage.report/1\", \"tool\"", "cut off"),
            ("\x00\x01", "not a report"),
            ("[1, 2]", "schema is missing"),
            ("{\"schema\": \"mailtriage.report/9\"}", "newer mailtriage"),
            ("{\"schema\": \"mailtriage.report/1\"}", "inconsistent"),
        ] {
            let why = parse(text.as_bytes()).unwrap_err();
            assert!(why.contains(says), "{text}: {why}");
        }
    }
}
