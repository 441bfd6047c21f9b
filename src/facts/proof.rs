//! For tests: what proves the rows of a table, and is left out of the program (`build.rs`).

use toml::{Table, Value};

/// The rows `[[list]]` of a table as they were written, in their order.
pub fn rows(file: &str, list: &str) -> Vec<Table> {
    let table: Table = toml::from_str(file).unwrap_or_else(|why| panic!("{why}"));
    let rows = table.get(list).and_then(Value::as_array).unwrap_or_else(|| panic!("no [[{list}]]"));
    rows.iter().filter_map(|row| row.as_table().cloned()).collect()
}

/// A text of such a row; empty if it has none.
pub fn text<'a>(row: &'a Table, key: &str) -> &'a str {
    row.get(key).and_then(Value::as_str).unwrap_or_default()
}
