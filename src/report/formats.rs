//! The formats of a report: one list. Each format is declared in its own file.

use super::first_page::Reader;
use super::{Report, html, json, markdown, text};

/// A format.
#[derive(Debug)]
pub struct Format {
    /// Its word on the command line.
    pub name: &'static str,
    /// What it is for.
    pub says: &'static str,
    /// Writes the report; the error is for people.
    pub write: fn(&Report, How) -> Result<String, String>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Who reads it.
    pub reader: Reader,
    /// Whether it shows the evidence of every check, where a format may leave it out.
    pub verbose: bool,
}

/// All formats, the usual one first.
pub const FORMATS: &[Format] = &[text::FORMAT, json::FORMAT, markdown::FORMAT, html::FORMAT];

/// The format of this name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
