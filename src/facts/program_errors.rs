//! What mail programs and libraries say in their own words when sending fails: the table `program-errors.toml`. What a
//! server says is in `replies`, Outlook's numbers are in `outlook_errors`.

use super::pattern::Pattern;
use super::replies::without_addresses;
use super::sense;
use crate::packed::TABLES;
use crate::pages::table;
use crate::text::fold::folded;
use crate::text::{beginning, one_line};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProgramError {
    /// The program or library.
    pub program: String,
    pattern: String,
    /// What the text must hold as well, anywhere.
    with: Option<String>,
    /// What it must not hold.
    unless: Option<String>,
    /// Whether the same words are said of other things too, so that they are no more than a hint.
    #[serde(default)]
    pub vague: bool,
    /// Whether what fails after it fails because of it.
    #[serde(default)]
    pub root: bool,
    /// What it means.
    pub cause: String,
}

/// The table: its rows, and the lists of words that their patterns name, by language.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: BTreeMap<String, BTreeMap<String, String>>,
    error: Vec<ProgramError>,
}

struct Ready {
    pattern: Pattern,
    with: Option<Pattern>,
    unless: Option<Pattern>,
    row: ProgramError,
}

static ROWS: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    let File { words, error } = table::read("program-errors.toml", TABLES.text("program-errors").unwrap_or_default());
    let own = |name: &str| Some(words.get(name)?.values().cloned().collect::<Vec<_>>().join("|"));
    let list = |name: &str| own(name).or_else(|| Some(sense::foreign_words(name)?.to_owned()));
    let whole = |pattern: &String| Pattern::new(&with_words(pattern, list));
    let ready = |row: ProgramError| Ready {
        pattern: whole(&row.pattern),
        with: row.with.as_ref().map(whole),
        unless: row.unless.as_ref().map(whole),
        row,
    };
    error.into_iter().map(ready).collect()
});

/// The pattern with the words of each list in place of its name: `<login>`.
fn with_words(pattern: &str, list: impl Fn(&str) -> Option<String>) -> String {
    let mut whole = String::new();
    let mut rest = pattern;
    while let Some((before, (name, after))) = rest.split_once('<').and_then(|(a, b)| Some((a, b.split_once('>')?))) {
        let words = list(name).expect("each list that is named stands in a table");
        whole.extend([before, words.as_str()]);
        rest = after;
    }
    whole + rest
}

/// How much of a text is read, in bytes: there are many patterns.
const MOST_READ: usize = 16 * 1024;

/// The rows that this text contains, the most telling first. Line ends count as spaces.
pub fn in_text(text: &str) -> Vec<&'static ProgramError> {
    let text = without_addresses(&one_line(&folded(beginning(text, MOST_READ))));
    let fits = |ready: &&Ready| {
        ready.pattern.is_match(&text)
            && ready.with.as_ref().is_none_or(|with| with.is_match(&text))
            && !ready.unless.as_ref().is_some_and(|unless| unless.is_match(&text))
    };
    ROWS.iter().filter(fits).map(|ready| &ready.row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::proof;
    use crate::pages::causes;

    #[test]
    fn every_example_finds_its_own_row() {
        let proofs = proof::rows(include_str!("program-errors.toml"), "error");
        assert_eq!(ROWS.len(), proofs.len());
        for (row, proof) in ROWS.iter().map(|ready| &ready.row).zip(&proofs) {
            assert!(causes().contains(&row.cause.as_str()), "{}", row.cause);
            let example = proof::text(proof, "example");
            let found = in_text(example);
            let first = found.first().unwrap_or_else(|| panic!("nothing for \"{example}\""));
            assert!(std::ptr::eq(*first, row), "{example}\n  found {}", first.pattern);
        }
    }
}
