//! The embedded tables (`*.toml` beside the code that uses them): how one is read. What their rows mean is in their own
//! files.

use serde::de::DeserializeOwned;

/// Reads an embedded table.
///
/// # Panics
///
/// If it is malformed, with its name, the line and the reason: a test reads each table.
pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> T {
    // As text: the error's own debug output would show the whole file.
    let table: Result<T, String> = toml::from_str(text).map_err(|why| format!("{name}: {why}"));
    table.expect("embedded tables are checked by tests")
}
