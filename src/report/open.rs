//! Opens a saved report again: as it was written, or as the session that it was made from.

use super::html::{DATA_BEGIN, DATA_END};
use super::place::path_to;
use super::{Account, Report, json};
use crate::account::{self, Address, Wanted};
use crate::check::{Finding, Head};
use crate::facts::Value as Fact;
use crate::machine::files;
use crate::session::unknown::Unknown;
use crate::session::{Run, SCHEMA, Session};
use crate::text::small_sort::Gather;
use crate::text::{reason, visible_str};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;
use std::io::Read;
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
    let bytes = bytes(path).map_err(|why| format!("{shown} {why}"))?;
    parse(&as_utf8(&bytes)).map_err(|why| format!("{shown}: {why}"))
}

/// Reads a report from disk for whoever compares a thousand: without making a session of it, without evidence, and without
/// what another version wrote and this one does not know. The error is a message for people.
pub fn findings(path: &Path) -> Result<Report, String> {
    let read = || {
        let mut value = document(&as_utf8(&bytes(path)?))?;
        leave_evidence_out(&mut value);
        checked(understand(&mut cleaned(value))?)
    };
    let report = read().map_err(|why| format!("{}: {why}", path.display()))?;
    // A version that wrote no verdict left it to be found again.
    Ok(if report.diagnosis.is_some() { report } else { json::report(&session(report)) })
}

/// Most of a report is evidence.
fn leave_evidence_out(report: &mut Value) {
    let without = |of: &mut Value| {
        let checks = of.get_mut("checks").and_then(Value::as_array_mut);
        checks.into_iter().flatten().filter_map(|check| check.get_mut("evidence")).for_each(|evidence| {
            *evidence = Value::Array(vec![]);
        });
    };
    report.get_mut("runs").and_then(Value::as_array_mut).into_iter().flatten().for_each(without);
    without(report);
}

fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    files::read(path, MOST_BYTES).map_err(|error| format!("cannot be read: {error}"))
}

/// Reads a report from a pipe, within the same bound.
pub fn read_from(mut from: impl Read) -> Result<Session, String> {
    let mut bytes = Vec::new();
    let read = from.by_ref().take(MOST_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("standard input cannot be read: {}", reason(&error)))?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("standard input: it is larger than 64 MiB".to_owned());
    }
    parse(&as_utf8(&bytes)).map_err(|why| format!("standard input: {why}"))
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

/// The JSON within a report's page of HTML; anything else is taken as it is.
fn data(bytes: &[u8]) -> Result<&[u8], String> {
    if !bytes.trim_ascii_start().starts_with(b"<") {
        return Ok(bytes);
    }
    let position = |text: &[u8], mark: &str| text.windows(mark.len()).position(|part| part == mark.as_bytes());
    let none = "this page contains no report: only pages that mailtriage has saved can be opened";
    let start = position(bytes, DATA_BEGIN).ok_or(none)? + DATA_BEGIN.len();
    let rest = &bytes[start..];
    let end = position(rest, DATA_END).ok_or("this page was cut off: the end of the report in it is missing")?;
    Ok(&rest[..end])
}

fn parse(bytes: &[u8]) -> Result<Session, String> {
    let read = cleaned(document(bytes)?);
    let mut understood = read.clone();
    let mut session = session(checked(understand(&mut understood)?)?);
    let made = json::value(&json::report(&session));
    session.unknown = Unknown::of(&read, &understood, &made);
    Ok(session)
}

/// The document, of a version that this one reads.
fn document(bytes: &[u8]) -> Result<Value, String> {
    let read: Value = serde_json::from_slice(data(bytes)?).map_err(|error| match error.classify() {
        serde_json::error::Category::Eof => "this report was cut off: the end of the file is missing".to_owned(),
        _ => "this is not a report: mailtriage's reports are JSON files, or pages of HTML".to_owned(),
    })?;
    check_version(read.get("schema").and_then(Value::as_str))?;
    Ok(read)
}

/// The same without characters that hide or move others, and with what the last run found in one place.
fn cleaned(mut read: Value) -> Value {
    make_visible(&mut read);
    one_copy(&mut read);
    read
}

/// The report, if something was measured for it, at times that are some.
fn checked(report: Report) -> Result<Report, String> {
    check_times(&report)?;
    match report.runs.is_empty() {
        true => Err("this report contains no run: nothing was measured for it".to_owned()),
        false => Ok(report),
    }
}

/// What the last run found was once written twice, in the run and in the report: the report's own stays.
fn one_copy(report: &mut Value) {
    let run = report.pointer_mut("/runs").and_then(Value::as_array_mut).and_then(|runs| runs.last_mut());
    let Some(run) = run.and_then(Value::as_object_mut) else { return };
    let found = ["checks", "diagnosis"].map(|field| (field, run.shift_remove(field)));
    for (field, value) in found {
        let has_own =
            report.get(field).is_some_and(|own| !own.is_null() && own.as_array().is_none_or(|own| !own.is_empty()));
        if let (false, Some(value)) = (has_own, value) {
            report[field] = value;
        }
    }
}

/// Whether this version reads that schema: fields and words may be added to it, which a number after a dot says.
fn check_version(schema: Option<&str>) -> Result<(), String> {
    let number = |schema: &str| -> Option<u32> {
        let number = schema.strip_prefix("mailtriage.report/")?;
        number.split('.').next()?.parse().ok()
    };
    let ours = number(SCHEMA);
    match schema {
        Some(schema) if number(schema) == ours => Ok(()),
        Some(other) if other.starts_with("mailtriage.report/") => {
            let newer = number(other) > ours;
            let use_other =
                if newer { "use a newer mailtriage" } else { "only the mailtriage that wrote it can read it" };
            Err(format!("this report's schema is {}; this version reads {SCHEMA}: {use_other}", visible_str(other)))
        }
        _ => Err("this is not a mailtriage report: its schema is missing".to_owned()),
    }
}

/// More words that this version does not know are in no report of ours.
const MOST_UNKNOWN: usize = 200;

/// The words that stand where this version knows no other: a field, and what is read in its place.
const READ_AS: &[(&str, &str)] = &[
    ("group", "settings"),
    ("outcome", "unknown"),
    ("kind", "remark"),
    ("certainty", "possible"),
    ("who", "nobody"),
    ("now", "nobody"),
    ("measured_on", "elsewhere"),
    ("source", "guess"),
    ("security", "auto"),
];

/// The report; where it has a word or a kind of fact that this version does not know, what is read in its place.
fn understand(value: &mut Value) -> Result<Report, String> {
    for _ in 0..MOST_UNKNOWN {
        let fault = match deserialised::<Report>(value) {
            Ok(report) => return Ok(report),
            Err(fault) => fault.within(value),
        };
        if !fault.pass_over(value) {
            return Err(format!(
                "this report is inconsistent at {}: {}",
                visible_str(&fault.path.join(".")),
                fault.why
            ));
        }
    }
    Err("this report has too many words that this version does not know: use a newer mailtriage".to_owned())
}

/// Where a report is not as it should be, and why.
struct Fault {
    path: Vec<String>,
    why: String,
}

/// Reads it from text with a line for each value, since what cannot be read is known by its line.
fn deserialised<T: DeserializeOwned>(value: &Value) -> Result<T, Fault> {
    let unread = |why: String| Fault { path: vec![], why };
    let text = serde_json::to_vec_pretty(value).map_err(|error| unread(error.to_string()))?;
    serde_json::from_slice(&text).map_err(|error| {
        let why = error.to_string();
        let why = match why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why) {
            why if why.contains("untagged enum") => "neither a number, a text nor a list of texts".to_owned(),
            why => visible_str(why),
        };
        Fault { path: path_to(value, error.line().saturating_sub(1)), why }
    })
}

impl Fault {
    /// The same, with the place within a check, of which the outer reader knows only the check.
    fn within(mut self, report: &Value) -> Self {
        let Some(check) = report.pointer(&self.pointer()).filter(|value| value.get("evidence").is_some()) else {
            return self;
        };
        if let Err(inner) = deserialised::<Finding>(check) {
            self.path.extend(inner.path);
            self.why = inner.why;
        }
        // What is of several kinds is read as a whole before it is judged: of facts, it is not said which.
        if self.path.last().is_some_and(|part| part == "facts") {
            let facts = report.pointer(&self.pointer()).and_then(Value::as_object).into_iter().flatten();
            self.path.extend(
                facts.filter(|(_, fact)| deserialised::<Fact>(fact).is_err()).map(|(name, _)| name.clone()).next(),
            );
        }
        self
    }

    fn pointer(&self) -> String {
        self.path.iter().map(|part| format!("/{}", part.replace('~', "~0").replace('/', "~1"))).collect()
    }

    /// Puts a known word in the place of an unknown one, or leaves out a fact of an unknown kind; whether that is all
    /// that is wrong here.
    fn pass_over(&self, report: &mut Value) -> bool {
        let Some((field, holder)) = self.path.split_last() else { return false };
        let holder = Fault { path: holder.to_vec(), why: String::new() };
        if holder.path.last().is_some_and(|part| part == "facts") {
            let facts = report.pointer_mut(&holder.pointer()).and_then(Value::as_object_mut);
            return facts.and_then(|facts| facts.remove(field)).is_some();
        }
        // The last item of a mark says whom it names: of an unknown kind, it hides most as a person.
        let is_mark = field == "2" && holder.path.len() > 1;
        let known = READ_AS.iter().find(|(name, _)| name == field).map(|(_, word)| *word).or(is_mark.then_some("user"));
        let (Some(known), Some(Value::String(word))) = (known, report.pointer_mut(&self.pointer())) else {
            return false;
        };
        if word.as_str() == known {
            return false;
        }
        known.clone_into(word);
        true
    }
}

/// Everything else hangs on these: a time that is none is no slip to pass over.
fn check_times(report: &Report) -> Result<(), String> {
    for (index, run) in report.runs.iter().enumerate() {
        for (field, time) in [("started", Some(&run.started)), ("finished", run.finished.as_ref())] {
            if let Some(time) = time.filter(|time| super::timestamp(time).is_none()) {
                let shown = visible_str(crate::text::beginning(time, 40));
                return Err(format!(
                    "this report is inconsistent at runs.{index}.{field}: \"{shown}\" is not a time (RFC 3339)"
                ));
            }
        }
    }
    Ok(())
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
    session.id = report.id;
    session.tool = report.tool;
    session.notes = report.notes;
    session.answers = report.answers.into_iter().map(|answer| (answer.question, answer.answer)).gather();
    let last = report.runs.len().saturating_sub(1);
    let mut own = (report.checks, report.diagnosis);
    for (index, mut run) in report.runs.into_iter().enumerate() {
        // What the last run found may be the report's own.
        if index == last && run.checks.is_empty() {
            run.checks = std::mem::take(&mut own.0);
        }
        if index == last && run.diagnosis.is_none() {
            run.diagnosis = own.1.take();
        }
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
        saved.verdict = run.diagnosis.map(|diagnosis| Box::new((session.answers.clone(), diagnosis)));
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
    account.since.clone_from(&report.since);
    account.affected.clone_from(&report.affected);
    account.contact.clone_from(&report.contact);
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
            ("<html></html>", "contains no report"),
            ("{\"schema\": \"mailtriage.report/0\"}", "that wrote it"),
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
