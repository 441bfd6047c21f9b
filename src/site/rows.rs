//! Rows of providers in a site file or in a table of its own: of the shape of the built-in ones (docs/providers.md), read
//! key by key, so that each wrong one is named.

use crate::account::provider::Provider;
use crate::values::lined::Entry;
use crate::values::typed;
use toml::{Table, Value};

/// Reads a row; the error is each wrong line, the key in it, and why.
pub(super) fn read(row: &Entry<'_>) -> Result<Provider, Vec<(usize, String, String)>> {
    let (Some(fields), Some(table)) = (row.fields(), row.value.as_table()) else {
        return Err(vec![(row.line, row.key.to_owned(), "a provider must be a table: [[provider]]".to_owned())]);
    };
    let mut wrong = Vec::new();
    for key in ["id", "name"].into_iter().filter(|key| !table.contains_key(*key)) {
        wrong.push((row.line, key.to_owned(), "it is missing".to_owned()));
    }
    for field in &fields {
        // One item at a time, to find the line: of servers, for example.
        for item in field.items() {
            let value = match field.value {
                Value::Array(_) => Value::Array(vec![item.value.clone()]),
                _ => item.value.clone(),
            };
            if let Err(why) = alone(field.key, value) {
                wrong.push((item.line, field.key.to_owned(), why));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let provider: Provider = typed(table).map_err(|error| vec![(row.line, row.key.to_owned(), said(&error))])?;
    let line = |key: &str| fields.iter().find(|field| field.key == key).map_or(row.line, |field| field.line);
    let faults = provider.faults().into_iter().map(|(key, why)| (line(key), key.to_owned(), why));
    let faults: Vec<_> = faults.collect();
    if faults.is_empty() { Ok(provider) } else { Err(faults) }
}

/// Whether a row could have this key, with this value.
fn alone(key: &str, value: Value) -> Result<(), String> {
    let named = ["id", "name"].map(|key| (key.to_owned(), Value::String("x".to_owned())));
    let mut row = Table::from_iter(named);
    row.insert(key.to_owned(), value);
    typed::<Provider>(&row).map(drop).map_err(|error| said(&error))
}

fn said(error: &serde_json::Error) -> String {
    error.to_string()
}
