//! The report as metrics in the text format of Prometheus (version 0.0.4), for the textfile collector of node_exporter and
//! for `mailtriage serve`.

use super::Report;
use super::figures::{Measured, State, at, figures};
use super::format::Format;
use super::ports::port_table;
use crate::facts::keys::smtp::TLS_VERSION;
use crate::facts::target::Target;
use crate::net::PortState;
use crate::session::diagnosis::Outcome;
use std::fmt::Write;

/// The format for the textfile collector.
pub const FORMAT: Format = Format {
    name: "prometheus",
    says: "metrics for the textfile collector of Prometheus' node_exporter; a file is rewritten each time",
    write: |report, _| Ok(metrics(report, &of_account(report))),
    is_whole: false,
    renewed: Some(BEGINNING),
    ..Format::USUAL
};

/// What every such file begins with.
const BEGINNING: &str = "# HELP mailtriage_";

/// Labels, each with its value.
pub type Labels = [(&'static str, String)];

/// Whose report it is: in a file of its own, nothing else says it.
fn of_account(report: &Report) -> Vec<(&'static str, String)> {
    let mut labels = vec![("address", report.account.address.clone())];
    if let Some(way) = &report.account.in_use {
        labels.extend([("server", way.server.clone()), ("port", way.port.to_string())]);
    }
    labels
}

/// Metrics as text.
#[derive(Debug, Default)]
pub struct Metrics {
    text: String,
}

impl Metrics {
    /// Begins a metric.
    pub fn metric(&mut self, name: &str, kind: &str, help: &str) {
        let help = help.replace('\\', "\\\\").replace('\n', "\\n");
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    /// Adds a sample of it.
    pub fn sample(&mut self, name: &str, labels: &[&Labels], value: f64) {
        let labels = labels.iter().flat_map(|labels| labels.iter());
        let labels: Vec<String> = labels.map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(self.text, "{name}{labels} {value}");
    }

    /// A metric with one sample.
    pub fn gauge(&mut self, name: &str, help: &str, labels: &Labels, value: f64) {
        self.metric(name, "gauge", help);
        self.sample(name, &[labels], value);
    }

    /// The text.
    pub fn text(self) -> String {
        self.text
    }
}

/// A label's value between its quotation marks.
fn escaped(value: &str) -> String {
    /// What is longer helps nobody, and makes the store large.
    const MOST: usize = 200;
    let value = crate::text::visible_str(crate::text::beginning(value, MOST));
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// All metrics of a report, with these labels.
pub fn metrics(report: &Report, labels: &Labels) -> String {
    let mut out = Metrics::default();
    let number = |is: bool| f64::from(u8::from(is));
    let is_ok = State::of(report) == State::Ok;
    out.gauge(
        "mailtriage_success",
        "Whether no fault was found, up to the log-in where none was asked for.",
        labels,
        number(is_ok),
    );
    out.metric("mailtriage_outcome", "gauge", "What the verdict means for the account: 1 for the one that holds.");
    for outcome in Outcome::ALL {
        let own = [("outcome", outcome.word().to_owned())];
        out.sample("mailtriage_outcome", &[labels, &own], number(report.outcome() == outcome));
    }
    if let Some(diagnosis) = &report.diagnosis {
        let own = [
            ("cause", diagnosis.cause.clone()),
            ("certainty", diagnosis.certainty.word().to_owned()),
            ("who", diagnosis.who.word().to_owned()),
            ("title", diagnosis.title.clone()),
        ];
        out.metric("mailtriage_verdict_info", "gauge", "The cause, how certain it is, and who can fix it; always 1.");
        out.sample("mailtriage_verdict_info", &[labels, &own], 1.0);
    }
    ports(&mut out, report, labels);
    tls(&mut out, report, labels);
    for (figure, measured) in figures(report) {
        let (unit, says, value) = match measured {
            Measured::Seconds(value) => ("_seconds", ", in seconds", value),
            Measured::Ratio(value) => ("_ratio", ", as a part of all", value),
            Measured::Count(value) => ("", "", value),
            Measured::Until(at, _) => ("_expiry_timestamp_seconds", ", in seconds since 1970", seconds(at)),
        };
        let help = format!("{}{says}.", crate::text::capital(figure.says));
        out.gauge(&format!("mailtriage_{}{unit}", of_what(figure.name)), &help, labels, value);
    }
    if let Some(at) = at(report) {
        out.gauge("mailtriage_run_timestamp_seconds", "When the run ended.", labels, seconds(at));
    }
    out.text()
}

/// A figure's name without its unit, which metrics carry at the end.
fn of_what(name: &str) -> &str {
    name.strip_suffix("_time").or(name.strip_suffix("_days")).unwrap_or(name)
}

fn seconds(at: jiff::Timestamp) -> f64 {
    // Thousandths of a second since 1970 stay within the 52 bits of a float for longer than any calendar here.
    #[expect(clippy::cast_precision_loss, reason = "see above")]
    let ms = at.as_millisecond() as f64;
    ms / 1_000.0
}

fn ports(out: &mut Metrics, report: &Report, labels: &Labels) {
    let rows = port_table(report).rows;
    let known: Vec<(u16, PortState)> = rows.iter().filter_map(|row| Some((row.port, row.own?))).collect();
    if known.is_empty() {
        return;
    }
    out.metric("mailtriage_port_open", "gauge", "Whether a port of the server opened.");
    for (port, state) in known {
        // The account's own port has the label `port` already.
        let own = [("tried_port", port.to_string())];
        out.sample("mailtriage_port_open", &[labels, &own], f64::from(u8::from(state == PortState::Open)));
    }
}

fn tls(out: &mut Metrics, report: &Report, labels: &Labels) {
    let version = report.account.in_use.as_ref().and_then(|way| {
        let id = Target::in_use(way.port).id(TLS_VERSION.check);
        report.fact(&id, &TLS_VERSION)
    });
    let Some(version) = version else { return };
    out.metric("mailtriage_tls_version_info", "gauge", "The TLS version agreed on with the server; always 1.");
    out.sample("mailtriage_tls_version_info", &[labels, &[("version", version)]], 1.0);
}

#[cfg(test)]
mod tests {
    use super::super::figures::FIGURES;
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut out = Metrics::default();
        out.metric("a_b", "gauge", "back\\slash and\nline");
        out.sample("a_b", &[&[("x", "a\"b\\c\nd\u{1b}".to_owned())]], 1.5);
        let text = out.text();
        assert_eq!(
            text,
            "# HELP a_b back\\\\slash and\\nline\n# TYPE a_b gauge\na_b{x=\"a\\\"b\\\\c\\nd\\\\x1b\"} 1.5\n"
        );
    }

    #[test]
    fn the_documentation_names_the_metrics() {
        let docs = include_str!("../../docs/fleet.md");
        for figure in FIGURES {
            let name = format!("mailtriage_{}", of_what(figure.name));
            assert!(docs.contains(&name), "docs/fleet.md does not name {name}");
        }
    }
}
