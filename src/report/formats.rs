//! The formats of a report: one list. Each format is declared in its own file.

use super::format::Format;
use super::{html, json, markdown, text};

/// All formats, the usual one first.
pub const FORMATS: &[Format] = &[text::FORMAT, json::FORMAT, markdown::FORMAT, html::FORMAT];

/// The format of this name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
