//! What a format of a report declares about itself.

use super::Report;
use super::figures::Thresholds;
use super::first_page::Reader;
use serde_json::Value;

/// A format of the report.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for.
    pub says: &'static str,
    /// Writes the report; the error is a message for people.
    pub write: fn(&Report, How<'_>) -> Result<String, String>,
    /// The exit code of the program that has written it.
    pub exit: fn(&Report, How<'_>) -> u8,
    /// Whether it has everything that a report has, or only what a program asks for again and again.
    pub is_whole: bool,
    /// Where a file of this format is written anew each time: how such a file begins. All others are never overwritten.
    pub renewed: Option<&'static str>,
    /// How it is one line of JSON, in formats of which several make one file.
    pub line: Option<OneLine>,
}

/// A report as one line of JSON.
#[derive(Debug, Clone, Copy)]
pub struct OneLine {
    /// The name of what the line holds: its first field.
    pub schema: &'static str,
    /// The report as such a value.
    pub value: fn(&Report) -> Value,
}

impl Format {
    /// A format without peculiarities; the others name only what is different.
    pub const USUAL: Format = Format {
        name: "",
        says: "",
        write: |_, _| Ok(String::new()),
        exit: |report, _| report.outcome().exit_code(),
        is_whole: true,
        renewed: None,
        line: None,
    };
}

/// How a report is written.
#[derive(Debug, Clone, Copy)]
pub struct How<'a> {
    /// Who reads it.
    pub reader: Reader,
    /// Whether to show the evidence of every check, in formats that may omit it.
    pub verbose: bool,
    /// The ranges beyond which a figure is worth a warning, for monitoring.
    pub thresholds: &'a Thresholds,
}

impl How<'_> {
    /// Everything of a report, for this reader.
    pub fn for_reader(reader: Reader) -> Self {
        How { reader, verbose: true, thresholds: Thresholds::NONE }
    }
}
