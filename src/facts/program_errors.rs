//! What mail programs and libraries say in their own words when sending fails: the table `program-errors.toml`. What a
//! server says is in `replies`, Outlook's numbers are in `outlook_errors`.

use crate::packed::TABLES;
use crate::pages::table;
use crate::text::{beginning, one_line};
use regex::Regex;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProgramError {
    /// The program or library.
    pub program: String,
    pattern: String,
    /// What it means.
    pub cause: String,
    /// A literal error that this row is for.
    pub example: String,
    /// The source of the row.
    #[serde(default)]
    pub source: String,
}

static ROWS: LazyLock<Vec<(Regex, ProgramError)>> = LazyLock::new(|| {
    let rows: Vec<ProgramError> =
        table::rows("program-errors.toml", "error", TABLES.text("program-errors").unwrap_or_default());
    let ready = |row: ProgramError| (Regex::new(&row.pattern).expect("program-errors.toml is checked by a test"), row);
    rows.into_iter().map(ready).collect()
});

/// How much of a text is read, in bytes: there are many patterns.
const MOST_READ: usize = 16 * 1024;

/// The first row that this text contains. Typographic quotes and line ends count as plain ones.
pub fn in_text(text: &str) -> Option<&'static ProgramError> {
    let text = beginning(text, MOST_READ).to_lowercase().replace(['’', '‘'], "'").replace(['“', '”'], "\"");
    let text = one_line(&text);
    ROWS.iter().find(|(pattern, _)| pattern.is_match(&text)).map(|(_, row)| row)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::causes;

    #[test]
    fn every_example_finds_its_own_row() {
        for (_, row) in ROWS.iter() {
            assert!(causes().contains(&row.cause.as_str()), "{}", row.cause);
            let found = in_text(&row.example).unwrap_or_else(|| panic!("nothing for {}", row.example));
            assert!(std::ptr::eq(found, row), "{}\n  found {}", row.example, found.pattern);
        }
    }
}
