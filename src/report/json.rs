//! The JSON report, `mailtriage.report/1`: see `docs/report-format.md`.

use crate::session::{Check, Run, SCHEMA, Session, State};
use serde_json::{Map, Value, json};

/// The report of a session.
pub fn report(session: &Session) -> Value {
    let runs: Vec<Value> = session.runs.iter().map(|run| run_value(session, run)).collect();
    let last = runs.last().cloned().unwrap_or(Value::Null);
    let started = session.runs.first().map(|run| run.started.to_string());
    let finished = session.runs.last().and_then(|run| run.finished).map(|at| at.to_string());
    let answers: Vec<Value> =
        session.answers.iter().map(|(question, answer)| json!({ "question": question, "answer": answer })).collect();
    json!({
        "schema": SCHEMA,
        "tool": session.tool,
        "started": started,
        "finished": finished,
        "machine": session.machine,
        "account": account(session),
        "runs": runs,
        "answers": answers,
        "notes": session.notes,
        "checks": last.get("checks"),
        "diagnosis": last.get("diagnosis"),
    })
}

/// The report as text, indented, with a final line feed.
pub fn to_string(report: &Value) -> String {
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}

fn account(session: &Session) -> Value {
    let account = &session.account;
    let mut value = Map::new();
    value.insert("address".to_owned(), json!(account.address));
    value.insert("settings".to_owned(), json!(account.settings));
    if let Some(in_use) = session.in_use() {
        let in_use = json!({ "server": in_use.host, "port": in_use.port, "security": in_use.security });
        value.insert("in_use".to_owned(), in_use);
    }
    if let Some(wanted) = session.wanted() {
        let first = wanted.choices.first();
        let expected = json!({
            "server": first.map(|choice| &choice.host),
            "port": first.map(|choice| choice.port),
            "security": first.map(|choice| choice.security),
            "choices": wanted.choices,
            "provider": wanted.provider,
        });
        value.insert("expected".to_owned(), expected);
        value.insert("source".to_owned(), json!(wanted.source));
    }
    value.insert("client".to_owned(), json!(account.client));
    value.insert("measured_on".to_owned(), json!(account.measured_on));
    for (key, text) in
        [("error", &account.error), ("ticket", &account.ticket), ("from", &account.from), ("to", &account.to)]
    {
        if let Some(text) = text {
            value.insert(key.to_owned(), json!(crate::text::visible_str(text)));
        }
    }
    Value::Object(value)
}

fn run_value(session: &Session, run: &Run) -> Value {
    let findings: Vec<Value> = run.checks.iter().filter_map(check_value).collect();
    json!({
        "started": run.started.to_string(),
        "finished": run.finished.map(|at| at.to_string()),
        "connections": run.connections,
        "checks": findings,
        "diagnosis": session.diagnosis_of(run),
    })
}

/// A check that has ended; `kept` where an earlier run measured it.
fn check_value(check: &Check) -> Option<Value> {
    let State::Done(finding) = &check.state else { return None };
    let mut value = json!(finding);
    if let (true, Some(fields)) = (check.kept, value.as_object_mut()) {
        fields.insert("kept".to_owned(), json!(true));
    }
    Some(value)
}
