//! The report for Nagios, Icinga and whatever else runs their plugins: a line with the state and the figures, then the
//! first page (Monitoring Plugins Development Guidelines, <https://www.monitoring-plugins.org/doc/guidelines.html>).

use super::Report;
use super::figures::{Measured, State, figures, number};
use super::first_page::first_page;
use super::format::{Format, How};
use crate::text::{beginning, one_line};
use std::fmt::Write;

/// The format for monitoring systems that run plugins.
pub const FORMAT: Format = Format {
    name: "nagios",
    says: "a plugin's output for Nagios and Icinga, with their exit codes",
    write: |report, how| Ok(nagios(report, how)),
    exit: |report, how| state(report, how).0.exit_code(),
    is_whole: false,
    ..Format::USUAL
};

/// Nagios reads this much (MAX_PLUGIN_OUTPUT_LENGTH), and nothing of what follows.
const MOST_BYTES: usize = 8 * 1024 - 1;
/// The width of the lines after the first.
const WIDTH: usize = 100;

/// The state with what the figures add to it.
fn state(report: &Report, how: How<'_>) -> (State, Vec<String>) {
    let (state, says) = how.thresholds.judge(report);
    (state.worse(State::of(report)), says)
}

fn nagios(report: &Report, how: How<'_>) -> String {
    let (state, beyond) = state(report, how);
    let mut says = match &report.diagnosis {
        Some(diagnosis) => format!("{} ({}, {})", diagnosis.title, diagnosis.cause, diagnosis.certainty.word()),
        None => "nothing was measured".to_owned(),
    };
    for beyond in beyond {
        let _ = write!(says, "; {beyond}");
    }
    let figures: Vec<String> = figures(report).map(|(figure, measured)| data(figure.name, measured, how)).collect();
    let mut out = plain(&line(state, &says));
    if !figures.is_empty() {
        let _ = write!(out, " | {}", figures.join(" "));
    }
    out.push('\n');
    for row in plain(&super::text::first_page(&first_page(report, how.reader), WIDTH)).lines() {
        if out.len() + row.len() + 1 > MOST_BYTES {
            break;
        }
        out.push_str(row);
        out.push('\n');
    }
    out
}

/// The line that a plugin says.
pub fn line(state: State, says: &str) -> String {
    /// Text beyond this is not read by anybody in a list of services.
    const MOST: usize = 1_024;
    format!("{} - {}", state.word(), beginning(&one_line(&plain(says)), MOST))
}

/// Text in which nothing is taken for the beginning of the figures.
fn plain(text: &str) -> String {
    crate::text::visible_str(text).replace('|', "\u{a6}")
}

/// A figure as performance data: `'label'=value[UOM];[warn];[crit];[min];[max]`.
fn data(name: &str, measured: Measured, how: How<'_>) -> String {
    let ranges = how.thresholds.of(name).map(|range| range.map_or("", |range| range.written.as_str()));
    let least = if name == "clock_offset" { "" } else { "0" };
    let data = format!("{name}={}{};{};{};{least}", number(measured.number()), measured.unit(), ranges[0], ranges[1]);
    match measured {
        Measured::Ratio(_) => format!("{data};100"),
        _ => data.trim_end_matches(';').to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_breaks_the_line() {
        let said = line(State::Critical, "554 no | 'a'=1\r\nOK - fine\u{1b}[2J\u{202e}");
        assert_eq!(said.lines().count(), 1);
        assert!(!said.contains('|') && !said.contains('\u{1b}') && !said.contains('\u{202e}'), "{said}");
        assert!(line(State::Ok, &"x".repeat(5_000)).len() < 1_100);
    }
}
