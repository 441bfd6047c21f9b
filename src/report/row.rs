//! A report in one line of JSON: the verdict, the ports and the figures, flat enough for DuckDB, Loki or a spreadsheet.

use super::Report;
use super::figures::{State, figures};
use super::format::{Format, OneLine};
use super::json::on_one_line;
use super::ports::port_table;
use serde_json::{Map, Value, json};

/// The format for tables of many reports.
pub const FORMAT: Format = Format {
    name: "row",
    says: "one line of JSON with the verdict and the figures, for tables of many reports",
    write: |report, _| Ok(on_one_line(&row(report))),
    is_whole: false,
    line: Some(OneLine { schema: SCHEMA, value: row }),
    ..Format::USUAL
};

/// The name of what a row holds.
const SCHEMA: &str = "mailtriage.row/1";

/// The row of a report.
pub fn row(report: &Report) -> Value {
    let account = &report.account;
    let way = account.in_use.as_ref();
    let diagnosis = report.diagnosis.as_ref();
    let ports = port_table(report).rows;
    let ports: Map<String, Value> =
        ports.iter().filter_map(|row| Some((row.port.to_string(), json!(row.own?.word())))).collect();
    let figures: Map<String, Value> =
        figures(report).map(|(figure, measured)| (figure.name.to_owned(), json!(measured.number()))).collect();
    json!({
        "schema": SCHEMA,
        "id": report.id,
        "started": report.started,
        "finished": report.finished,
        "address": account.address,
        "ticket": account.ticket,
        "server": way.map(|way| &way.server),
        "port": way.map(|way| way.port),
        "security": way.map(|way| way.security.word()),
        "provider": account.expected.as_ref().and_then(|expected| expected.provider.as_ref()),
        "client": account.client,
        "hostname": report.machine.hostname,
        "seen_as": report.machine.seen_as,
        "ok": State::of(report) == State::Ok,
        "outcome": report.outcome().word(),
        "cause": diagnosis.map(|diagnosis| &diagnosis.cause),
        "certainty": diagnosis.map(|diagnosis| diagnosis.certainty.word()),
        "who": diagnosis.map(|diagnosis| diagnosis.who.word()),
        "title": diagnosis.map(|diagnosis| &diagnosis.title),
        "now": diagnosis.map(|diagnosis| &diagnosis.now_name),
        "also": diagnosis.map(|diagnosis| &diagnosis.also),
        "ports": ports,
        "figures": figures,
    })
}
