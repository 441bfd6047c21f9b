//! The report as one HTML file: no scripts, no requests to anywhere, prints on A4 and Letter. It carries the JSON report
//! as data, so that one file is enough. The template escapes everything but the pictures, which escape what they show
//! themselves.

use super::document::Document;
use super::first_page::{Body, Reader};
use super::format::Format;
use super::pictures;
use super::{Check, Report, evidence_id, json};
use crate::check::{Evidence, Outcome};
use crate::net::PortState;
use crate::picture::Picture;
use crate::picture::svg::svg;
use askama::Template;

/// The format for a browser.
pub const FORMAT: Format = Format {
    name: "html",
    says: "one file for a browser or printer",
    write: |report, how| html(report, how.reader),
    ..Format::USUAL
};

/// What comes before the JSON report in the page: an element that shows nothing and runs nothing.
pub(super) const DATA_BEGIN: &str = "<template id=\"report\">";
/// And after it. In the JSON itself, neither `<` nor `&` is written as such.
pub(super) const DATA_END: &str = "</template>";

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    document: Document<'a>,
    report: &'a Report,
    outcome: &'static str,
    pictures: Vec<Drawn>,
    times: Option<Drawn>,
    /// The JSON report with the tags around it.
    data: String,
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
    let page = Page {
        document: Document::of(report, reader),
        report,
        outcome: report.diagnosis.as_ref().map_or("unsure", |diagnosis| diagnosis.outcome.word()),
        pictures: pictures::of_verdict(report).into_iter().map(Drawn::from).collect(),
        times: pictures::of_time(report).map(Drawn::from),
        data: format!("{DATA_BEGIN}{}{DATA_END}", json::in_html(report)),
    };
    page.render().map_err(|error| format!("the page could not be made: {error}"))
}

impl Page<'_> {
    /// The case's id, for the foot of each printed page: within a style sheet, so letters and digits only.
    fn case(&self) -> &str {
        let is_plain = self.report.id.chars().all(|c| c.is_ascii_alphanumeric());
        if is_plain { &self.report.id } else { "" }
    }

    /// Evidence with its time and the id by which it can be quoted.
    fn evidence<'a>(&self, check: &'a Check) -> Vec<(String, String, &'a Evidence)> {
        let evidence = check.finding.evidence.iter().enumerate().map(|(index, evidence)| {
            (evidence_id(&check.finding.id, index), self.report.clock(check, evidence.at_ms), evidence)
        });
        evidence.collect()
    }
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

/// A check with no more evidence than this is not parted on paper.
const SHORT: usize = 8;

/// Whether a check's evidence is shown at once.
fn is_open(check: &Check) -> bool {
    check.finding.outcome == Outcome::Fail
}

/// The CSS class of a cell of the comparison, by the state in it.
fn cell(text: &str) -> &'static str {
    let fails = [PortState::Filtered, PortState::Refused, PortState::Unreachable, PortState::Denied];
    match text {
        text if fails.iter().any(|state| text.starts_with(state.says())) => "FAIL",
        text if text.starts_with("open at 0 ") => "FAIL",
        text if text.starts_with(PortState::Open.says()) => "OK",
        _ => "none",
    }
}
