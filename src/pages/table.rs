//! The embedded tables (`*.toml` beside the code that uses them): how one is read. What their rows mean is in their own
//! files.

use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// Reads an embedded table.
///
/// # Panics
///
/// If it is malformed, with its name and the reason: a test reads each table.
pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> T {
    // By way of its values: the code that reads a type from text is twice as large, for each type.
    let table: Result<T, _> = toml::from_str::<toml::Table>(text).and_then(toml::Table::try_into);
    // As text: the error's own debug output would show the whole file.
    table.map_err(|why| format!("{name}: {why}")).expect("embedded tables are checked by tests")
}

/// Reads the rows of an embedded table that holds nothing but `[[of]]`.
///
/// # Panics
///
/// As [`read`]; also if it holds anything else.
pub fn rows<T: DeserializeOwned>(name: &str, of: &str, text: &str) -> Vec<T> {
    let mut table: BTreeMap<String, Vec<T>> = read(name, text);
    let rows = table.remove(of).filter(|_| table.is_empty());
    rows.ok_or_else(|| format!("{name}: its rows are all [[{of}]]")).expect("embedded tables are checked by tests")
}
