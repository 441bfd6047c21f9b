//! Makes a [`Report`] from the session, and JSON text from the report.

use super::format::{Format, OneLine};
use super::{Account, Answer, Check, Expected, InUse, Report, Run};
use crate::session::diagnosis::Diagnosis;
use crate::session::{self, SCHEMA, Session, State};
use crate::text::is_invisible;
use serde_json::Value;
use std::fmt::Write;

/// The format for programs.
pub const FORMAT: Format = Format {
    name: "json",
    says: "the whole session, for programs",
    write: |report, _| Ok(to_string(report)),
    line: Some(OneLine { schema: SCHEMA, value }),
    ..Format::USUAL
};

/// The report of a session.
pub fn report(session: &Session) -> Report {
    let mut now = account(&session.account, session.run());
    // Who can answer questions: whoever was named for this case, else whom the site file names for all.
    now.contact = now.contact.or_else(|| session.tool.site.as_ref()?.contacts());
    let mut runs: Vec<Run> =
        session.runs.iter().enumerate().map(|(index, run)| of_run(session, index, run, &now)).collect();
    // What the last run found is the report's own, and is not written twice.
    let last = runs.last_mut().map(|run| (std::mem::take(&mut run.checks), run.diagnosis.take()));
    let (checks, diagnosis) = last.unwrap_or_default();
    let answers =
        session.answers.iter().map(|(question, answer)| Answer { question: question.clone(), answer: answer.clone() });
    Report {
        schema: SCHEMA.to_owned(),
        id: session.id.clone(),
        tool: session.tool.clone(),
        started: session.runs.first().map(|run| run.started.to_string()),
        finished: session.runs.last().and_then(|run| run.finished).map(|at| at.to_string()),
        machine: session.machine.clone(),
        account: now,
        answers: answers.collect(),
        notes: session.notes.clone(),
        checks,
        diagnosis: diagnosis.map(Diagnosis::on_paper),
        runs,
        unknown: session.unknown.clone(),
    }
}

/// The report as JSON text, indented, with a final line feed.
pub fn to_string(report: &Report) -> String {
    let mut text = escaped(&serde_json::to_string_pretty(&value(report)).unwrap_or_default());
    text.push('\n');
    text
}

/// The same on one line, for within a page of HTML: nothing in it is a tag or a character reference, so that it is the
/// same whether read as text or as HTML.
pub fn in_html(report: &Report) -> String {
    escaped(&value(report).to_string()).replace('<', "\\u003c").replace('&', "\\u0026")
}

/// A value on one line, with a final line feed.
pub fn on_one_line(value: &Value) -> String {
    escaped(&value.to_string()) + "\n"
}

/// The report as a document: with times that need no adding, and with what another version wrote.
pub(super) fn value(report: &Report) -> Value {
    let mut value = serde_json::to_value(report).unwrap_or_default();
    let mut dated = |path: &str, checks: &[Check]| {
        let Some(Value::Array(shown)) = value.pointer_mut(path) else { return };
        for (check, shown) in checks.iter().zip(shown) {
            date(report, check, shown);
        }
    };
    dated("/checks", &report.checks);
    for (index, run) in report.runs.iter().enumerate() {
        dated(&format!("/runs/{index}/checks"), &run.checks);
    }
    report.unknown.add_to(&mut value);
    value
}

/// Adds to a check when it began, and when each piece of its evidence was seen.
fn date(report: &Report, check: &Check, shown: &mut Value) {
    let at = |ms: u64| report.time(check, ms).map(|at| Value::String(at.to_string()));
    if let Some(started) = at(check.finding.started_ms) {
        shown["started"] = started;
    }
    let Some(Value::Array(evidence)) = shown.get_mut("evidence") else { return };
    for (seen, shown) in check.finding.evidence.iter().zip(evidence) {
        if let Some(at) = at(seen.at_ms) {
            shown["at"] = at;
        }
    }
}

/// JSON whose strings contain no character that a terminal obeys or that hides others: such a one is written by its
/// number, which says the same to a program.
pub(crate) fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && (c.is_control() || is_invisible(c)) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

fn account(account: &crate::account::Account, run: Option<&session::Run>) -> Account {
    let visible = |text: &Option<String>| text.as_deref().map(crate::text::visible_str);
    let wanted = run.and_then(|run| run.wanted.as_ref());
    let in_use = account.in_use(wanted);
    Account {
        address: account.address.to_string(),
        settings: account.settings.values(),
        settings_from: account.settings.origins(),
        in_use: in_use.map(|at| InUse { server: at.host, port: at.port, security: at.security }),
        expected: wanted.map(|wanted| {
            let first = wanted.choices.first();
            Expected {
                server: first.map(|choice| choice.host.clone()),
                port: first.map(|choice| choice.port),
                security: first.map(|choice| choice.security),
                choices: wanted.choices.clone(),
                provider: wanted.provider.clone(),
            }
        }),
        source: wanted.map(|wanted| wanted.source),
        client: account.client.clone(),
        measured_on: account.measured_on,
        error: visible(&account.error),
        ticket: visible(&account.ticket),
        since: visible(&account.since),
        affected: visible(&account.affected),
        contact: visible(&account.contact),
        from: visible(&account.from),
        to: visible(&account.to),
    }
}

fn of_run(session: &Session, index: usize, run: &session::Run, now: &Account) -> Run {
    let checks = run.checks.iter().filter_map(|check| match &check.state {
        State::Done(finding) => Some(Check { finding: finding.clone(), kept: check.kept }),
        _ => None,
    });
    let then = account(&run.account, Some(run));
    Run {
        id: (index + 1).to_string(),
        started: run.started.to_string(),
        finished: run.finished.map(|at| at.to_string()),
        connections: run.connections,
        account: (then != *now).then_some(then),
        checks: checks.collect(),
        diagnosis: Some(session.diagnosis_of(run)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_are_not_seen_are_written_by_their_numbers() {
        let hidden = "a\u{202e}\u{9b}\u{7f}\u{e0001} ß";
        let json = escaped(&serde_json::to_string(hidden).unwrap());
        assert_eq!(json, r#""a\u202e\u009b\u007f\udb40\udc01 ß""#);
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hidden);
    }
}
