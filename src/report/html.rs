//! The report as one HTML file: no scripts, no requests to anywhere, prints on A4. The template escapes everything but
//! the pictures, which escape what they show themselves.

use super::first_page::{FirstPage, Form, Reader, first_page};
use super::format::Format;
use super::pictures;
use super::{Check, Report};
use crate::check::Outcome;
use crate::facts::vocabulary::in_words;
use crate::picture::Picture;
use crate::picture::svg::svg;
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
    pictures: Vec<Drawn>,
    times: Option<Drawn>,
    timeline: String,
}

/// A picture in the page.
struct Drawn {
    anchor: String,
    title: String,
    says: String,
    svg: String,
}

impl From<Picture> for Drawn {
    fn from(picture: Picture) -> Self {
        let svg = svg(&picture);
        Drawn { anchor: picture.kind.anchor(), title: picture.title, says: picture.says, svg }
    }
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
        pictures: pictures::of_verdict(report).into_iter().map(Drawn::from).collect(),
        times: pictures::of_time(report).map(Drawn::from),
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
