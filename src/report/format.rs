//! What a format of a report declares of itself.

use super::Report;
use super::first_page::Reader;

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
