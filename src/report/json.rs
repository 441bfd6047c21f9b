//! Makes a [`Report`] from the session, and JSON text from the report.

use super::format::Format;
use super::{Account, Answer, Check, Expected, InUse, Report, Run};
use crate::session::{self, SCHEMA, Session, State};
use crate::text::is_invisible;
use std::fmt::Write;

/// The format for programs.
pub const FORMAT: Format =
    Format { name: "json", says: "the whole session, for programs", write: |report, _| Ok(to_string(report)) };

/// The report of a session.
pub fn report(session: &Session) -> Report {
    let now = account(&session.account, session.run());
    let runs: Vec<Run> = session.runs.iter().map(|run| of_run(session, run, &now)).collect();
    let last = runs.last();
    let answers =
        session.answers.iter().map(|(question, answer)| Answer { question: question.clone(), answer: answer.clone() });
    Report {
        schema: SCHEMA.to_owned(),
        tool: session.tool.clone(),
        started: session.runs.first().map(|run| run.started.to_string()),
        finished: session.runs.last().and_then(|run| run.finished).map(|at| at.to_string()),
        machine: session.machine.clone(),
        account: now,
        answers: answers.collect(),
        notes: session.notes.clone(),
        checks: last.map(|run| run.checks.clone()).unwrap_or_default(),
        diagnosis: last.map(|run| run.diagnosis.clone().on_paper()),
        runs,
    }
}

/// The report as JSON text, indented, with a final line feed.
pub fn to_string(report: &Report) -> String {
    let mut text = escaped(&serde_json::to_string_pretty(report).unwrap_or_default());
    text.push('\n');
    text
}

/// JSON whose strings contain no character that a terminal obeys or that hides others: such a one is written by its
/// number, which says the same to a program.
fn escaped(json: &str) -> String {
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
        from: visible(&account.from),
        to: visible(&account.to),
    }
}

fn of_run(session: &Session, run: &session::Run, now: &Account) -> Run {
    let checks = run.checks.iter().filter_map(|check| match &check.state {
        State::Done(finding) => Some(Check { finding: finding.clone(), kept: check.kept }),
        _ => None,
    });
    let then = account(&run.account, Some(run));
    Run {
        started: run.started.to_string(),
        finished: run.finished.map(|at| at.to_string()),
        connections: run.connections,
        account: (then != *now).then_some(then),
        checks: checks.collect(),
        diagnosis: session.diagnosis_of(run),
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
