//! Opens a saved report again: the session that it was made from.

use super::{Account, Report};
use crate::account::{self, Address, Wanted};
use crate::check::Head;
use crate::machine::files;
use crate::session::{Run, SCHEMA, Session};
use crate::text::visible_str;
use serde_json::Value;
use std::borrow::Cow;
use std::path::Path;

/// A longer file is not one of our reports.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// Reads a report from disk. The error is a message for people.
pub fn read(path: &Path) -> Result<Session, String> {
    let shown = path.display();
    let beside = path.with_extension("json");
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("html")) && beside.is_file() {
        return Err(format!("{shown} is the report to read; the one to open again is {}", beside.display()));
    }
    let bytes = files::read(path, MOST_BYTES).map_err(|error| format!("{shown} cannot be read: {error}"))?;
    parse(&as_utf8(&bytes)).map_err(|why| format!("{shown}: {why}"))
}

/// What Windows' programs make of a report: a byte order mark before it (editors), or UTF-16 (PowerShell's `>`).
fn as_utf8(bytes: &[u8]) -> Cow<'_, [u8]> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return Cow::Borrowed(files::without_mark(bytes)),
    };
    let units = bytes.chunks_exact(2).skip(1).map(|pair| unit([pair[0], pair[1]]));
    Cow::Owned(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into())
}

fn parse(bytes: &[u8]) -> Result<Session, String> {
    let mut value: Value = serde_json::from_slice(bytes).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => "this report was cut off: the end of the file is missing".to_owned(),
        _ => "this is not a report: mailtriage's reports are JSON files".to_owned(),
    })?;
    match value.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) if other.starts_with("mailtriage.report/") => {
            let other = visible_str(other);
            return Err(format!(
                "this report's schema is {other}; this version reads {SCHEMA}: use a newer mailtriage"
            ));
        }
        _ => return Err("this is not a mailtriage report: its schema is missing".to_owned()),
    }
    make_visible(&mut value);
    let report: Report =
        serde_json::from_value(value).map_err(|error| format!("this report is inconsistent: {error}"))?;
    Ok(session(report))
}

/// Somebody may have edited the file: its texts are as foreign as a server's. Ours are visible already. What the mail
/// program has as its server stays as it is, since `account` says what is wrong with how it is written.
fn make_visible(value: &mut Value) {
    match value {
        Value::String(text) => *text = visible_str(text),
        Value::Array(items) => items.iter_mut().for_each(make_visible),
        Value::Object(fields) => {
            for (name, mut field) in std::mem::take(fields) {
                match &mut field {
                    Value::Object(settings) if name == "settings" => {
                        let others = settings.iter_mut().filter(|(name, _)| *name != "server");
                        others.for_each(|(_, setting)| make_visible(setting));
                    }
                    field => make_visible(field),
                }
                fields.insert(visible_str(&name), field);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The session that a report was made from.
pub fn session(report: Report) -> Session {
    let now = account(&report.account);
    let mut session = Session::of(now, report.machine, String::new());
    session.tool = report.tool;
    session.notes = report.notes;
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
    fn what_somebody_wrote_into_a_report_moves_no_cursor() {
        let mut value = serde_json::json!({
            "\u{1b}[2J": ["a\u{202e}b", {"detail": "\u{9b}31m\r\n"}],
            "settings": {"server": "smtp.example.com\u{200b}", "user": "an\u{7}na"},
        });
        make_visible(&mut value);
        let expected = serde_json::json!({
            "\\x1b[2J": ["a\\u{202e}b", {"detail": "\\x9b31m\n"}],
            "settings": {"server": "smtp.example.com\u{200b}", "user": "an\\x07na"},
        });
        assert_eq!(value, expected);
    }

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

    #[test]
    fn what_windows_makes_of_a_report_is_the_same_report() {
        let text = r#"{"schema": "mailtriage.report/9"}"#;
        let utf16 = |unit: fn(u16) -> [u8; 2]| {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect::<Vec<u8>>()
        };
        let with_mark = [b"\xef\xbb\xbf", text.as_bytes()].concat();
        for bytes in [with_mark, utf16(u16::to_le_bytes), utf16(u16::to_be_bytes), text.as_bytes().to_vec()] {
            assert_eq!(as_utf8(&bytes), text.as_bytes());
        }
        assert!(parse(&as_utf8(b"\xff\xfe{")).is_err());
    }
}
