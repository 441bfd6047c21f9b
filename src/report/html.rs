//! The report as one HTML file: no scripts, no requests to anywhere, prints on A4. The template escapes everything.

use super::first_page::{FirstPage, Form, Reader, first_page};
use super::format::Format;
use super::{Check, Report};
use crate::check::Outcome;
use crate::facts::vocabulary::in_words;
use askama::Template;

/// The format for a browser.
pub const FORMAT: Format =
    Format { name: "html", says: "one file for a browser or printer", write: |report, how| html(report, how.reader) };

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    report: &'a Report,
    page: FirstPage,
    outcome: String,
    steps: Vec<(String, Vec<String>)>,
    timeline: String,
}

/// The report of the last run for this reader; the error is a message for people.
pub fn html(report: &Report, reader: Reader) -> Result<String, String> {
    let outcome = report.diagnosis.as_ref().and_then(|diagnosis| serde_json::to_value(diagnosis.outcome).ok());
    let steps = report.diagnosis.iter().flat_map(|diagnosis| &diagnosis.remedy).map(|step| {
        let mut lines = step.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        (first, lines.map(|line| line.trim_start_matches([' ', '-']).to_owned()).collect())
    });
    let page = Page {
        report,
        page: first_page(report, reader),
        outcome: outcome.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default(),
        steps: steps.collect(),
        timeline: super::timeline(report),
    };
    page.render().map_err(|error| format!("the page could not be made: {error}"))
}

/// The CSS class of a check's state.
fn class(check: &Check) -> &'static str {
    match check.finding.outcome {
        Outcome::Pass => "OK",
        Outcome::Warn => "WARN",
        Outcome::Fail => "FAIL",
        Outcome::Skipped | Outcome::Unknown => "none",
    }
}
