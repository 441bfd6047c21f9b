//! What was found in words: the page. Two reports are put into words in `two`, many cases in `many`.

mod many;
mod two;

use super::compared::Compared;
use super::features::{Features, Verdict, by_id};
use super::page::Page;
use crate::report::first_page::{Body, Row};
use crate::session::diagnosis::Outcome;
use crate::text::capital;
use jiff::Timestamp;

/// The page.
pub fn page(compared: &Compared) -> Page {
    let (title, mut rows, mut sections) = match (&compared.two, &compared.many, compared.cases.as_slice()) {
        (Some(two), _, [first, second]) => two::parts(two, [&first.report, &second.report]),
        (_, Some(many), cases) => many::parts(compared, many, cases),
        _ => Default::default(),
    };
    rows.push(row("FILES", files(compared)));
    rows.retain(|row| !matches!(&row.body, Body::Words(words) if words.is_empty()));
    sections.retain(|section| !section.is_empty());
    Page { title, rows, sections, made: compared.tool.says() }
}

fn row(label: &'static str, words: Vec<String>) -> Row {
    Row { label, body: Body::Words(words) }
}

/// How many files there were, and what was not counted.
fn files(compared: &Compared) -> Vec<String> {
    let mut words = vec![format!("{} compared", counted(compared.reports, "measurement"))];
    if compared.copies > 0 {
        words.push(format!("{} of them left out: each measurement counts once", counted(compared.copies, "copy")));
    }
    if !compared.skipped.is_empty() {
        words.push(format!("{} could not be read", counted(compared.skipped.len(), "file")));
    }
    let redacted = compared.cases.iter().filter(|case| case.report.redacted).count();
    if redacted > 0 {
        words.push(format!(
            "names were left out of {}: such names are compared only within a case",
            counted(redacted, "report")
        ));
    }
    words
}

/// "1 case", "2 cases".
fn counted(count: usize, noun: &str) -> String {
    let plural = match noun.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{noun}s"),
    };
    format!("{} {}", crate::text::grouped(count), if count == 1 { noun.to_owned() } else { plural })
}

/// A feature's name.
fn name(feature: &str) -> &str {
    by_id(feature).map_or(feature, |feature| feature.says)
}

/// A feature's values.
fn shown(values: Option<&[String]>) -> String {
    match values {
        None => "not known".to_owned(),
        Some([]) => "none".to_owned(),
        Some(values) => values.join(", "),
    }
}

/// "CANNOT SEND: Port 587 is blocked on the way out. Certain."
fn result(verdict: &Verdict) -> String {
    match verdict.outcome {
        Outcome::Unsure => format!("{}: {}.", verdict.outcome.says(), verdict.title),
        _ => format!("{}: {}. {}.", verdict.outcome.says(), verdict.title, capital(&verdict.certainty)),
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// Which network a report was made in: its public address, otherwise its first router.
fn network(report: &Features) -> Option<String> {
    let public = report.value("public-address").map(|address| format!("network {address}"));
    public.or_else(|| report.value("gateway").map(|router| format!("behind {router}")))
}

/// The computer's name, if it is known.
fn machine_of(report: &Features) -> Option<String> {
    report.value("machine").map(str::to_owned)
}
