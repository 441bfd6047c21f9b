//! What `mailtriage compare` found, as a value: the JSON of docs/compare.md, and what every other format is written from.

use super::cases::{Case, Gathered, cases};
use super::groups::{Many, many};
use super::two::{Two, two};
use crate::session::Tool;
use serde::Serialize;

/// The schema's name.
pub const SCHEMA: &str = "mailtriage.compare/1";

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The schema's name, [`SCHEMA`].
    pub schema: &'static str,
    /// The program that compared.
    pub tool: Tool,
    /// How many measurements were compared.
    pub reports: usize,
    /// How many reports were copies of others, and count once.
    pub copies: usize,
    /// The files that could not be read, each with the reason.
    pub skipped: Vec<Skipped>,
    /// Two reports side by side, if there are just two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two: Option<Two>,
    /// What many cases have in common, if there are more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub many: Option<Many>,
    /// The cases, each as its newest report says; two reports side by side are two, the earlier one first.
    pub cases: Vec<Case>,
}

/// A file that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Skipped {
    pub file: String,
    pub why: String,
}

/// Compares what was gathered. The error is a message for people.
pub fn compare(gathered: Gathered, skipped: Vec<Skipped>) -> Result<Compared, String> {
    let Gathered { mut reports, mut whole, copies, .. } = gathered;
    let all = reports.len();
    let (two, many, cases) = match whole.as_mut_slice() {
        [first, second] => {
            if reports[0].last.at > reports[1].last.at {
                reports.swap(0, 1);
                std::mem::swap(first, second);
            }
            let two = two(&reports[0], &reports[1], [first, second]);
            (Some(two), None, reports.into_iter().map(Case::alone).collect())
        }
        [] if all > 2 => {
            let cases = cases(reports);
            (None, Some(many(&cases)), cases)
        }
        _ => return Err(too_few(all, copies, skipped.len())),
    };
    Ok(Compared { schema: SCHEMA, tool: Tool::this(), reports: all, copies, skipped, two, many, cases })
}

fn too_few(all: usize, copies: usize, skipped: usize) -> String {
    match (all, copies, skipped) {
        (0, _, 0) => {
            "there is no report to compare: reports are .json files, or pages of HTML that mailtriage has saved"
                .to_owned()
        }
        (0, ..) => "none of the reports can be read".to_owned(),
        (_, 1.., _) => "these are copies of one measurement: at least two are needed".to_owned(),
        (_, _, 1..) => "only one of the reports can be read: at least two are needed".to_owned(),
        _ => "this is one report: at least two are needed".to_owned(),
    }
}
