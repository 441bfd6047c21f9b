//! The embedded tables (`*.toml` beside the code that uses them): how one is read. What their rows mean is in their own
//! files.

use crate::values::typed;
use serde::de::DeserializeOwned;
use std::fmt::Display;
use toml::{Table, Value};

/// Reads an embedded table.
///
/// # Panics
///
/// If it is malformed, with its name and the reason: a test reads each table.
pub fn read<T: DeserializeOwned>(name: &str, text: &str) -> T {
    checked(name, typed(&table(name, text)))
}

/// Reads the rows of an embedded table that holds nothing but `[[of]]`.
///
/// # Panics
///
/// As [`read`]; also if it holds anything else.
pub fn rows<T: DeserializeOwned>(name: &str, of: &str, text: &str) -> Vec<T> {
    values(name, of, text).iter().map(|row| checked(name, typed(row))).collect()
}

// What is not generic is by itself, since the program has everything else once for each kind of row.

fn table(name: &str, text: &str) -> Table {
    checked(name, toml::from_str(text))
}

fn values(name: &str, of: &str, text: &str) -> Vec<Value> {
    let mut table = table(name, text);
    match (table.remove(of), table.is_empty()) {
        (Some(Value::Array(rows)), true) => Some(rows),
        _ => None,
    }
    .ok_or_else(|| format!("{name}: its rows are all [[{of}]]"))
    .expect("embedded tables are checked by tests")
}

fn checked<T>(name: &str, read: Result<T, impl Display>) -> T {
    // As text: the error's own debug output would show the whole file.
    read.map_err(|why| format!("{name}: {why}")).expect("embedded tables are checked by tests")
}
