//! What a format of a report declares about itself.

use super::Report;
use super::first_page::Reader;

/// A format of the report.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for.
    pub says: &'static str,
    /// Writes the report; the error is a message for people.
    pub write: fn(&Report, How) -> Result<String, String>,
}

/// How a report is written.
#[derive(Debug, Clone, Copy)]
pub struct How {
    /// Who reads it.
    pub reader: Reader,
    /// Whether to show the evidence of every check, in formats that may omit it.
    pub verbose: bool,
}
