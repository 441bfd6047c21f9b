//! Outlook's error numbers: the table `outlook-errors.toml`. A number is a hint; the server's own sentence decides.

use crate::pages::table;
use crate::text::beginning;
use regex::Regex;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OutlookError {
    /// The number as Outlook shows it.
    pub number: String,
    /// What Outlook noticed.
    pub says: String,
    /// The causes that it may point to, the likeliest first.
    pub suggests: Vec<String>,
    /// Whether it can mean one thing only.
    #[serde(default)]
    pub decides: bool,
}

static ROWS: LazyLock<Vec<OutlookError>> =
    LazyLock::new(|| table::rows("outlook-errors.toml", "error", include_str!("outlook-errors.toml")));

/// How much of a text is read, in bytes.
const MOST_READ: usize = 16 * 1024;

/// The known numbers in a pasted text, in the order of the text.
pub fn in_text(text: &str) -> Vec<&'static OutlookError> {
    let Ok(number) = Regex::new(r"(?i)0x[0-9a-f]{8}|\b\d{5}\b") else { return Vec::new() };
    number
        .find_iter(beginning(text, MOST_READ))
        .filter_map(|found| ROWS.iter().find(|row| row.number.eq_ignore_ascii_case(found.as_str())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::causes;

    #[test]
    fn rows_hold_together() {
        for row in ROWS.iter() {
            for cause in &row.suggests {
                let is_cause = causes().contains(&cause.as_str());
                assert!(is_cause, "outlook-errors.toml: {}: {cause} is not a page in docs/guide/causes", row.number);
            }
        }
        let found = in_text("Sending reported error (0x800ccc0f), then 0x80042109.");
        assert_eq!(found.len(), 2);
    }
}
