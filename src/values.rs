//! How a type is read from TOML's values, and values with their lines: everybody's table, scenario or file. What such a file
//! means is told where it is read.

pub mod lined;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Reads a type from a value. By way of JSON's values: the code that reads a type from TOML's is twice as large, for each
/// type.
///
/// # Errors
///
/// What is wrong with it, in the words of the reader.
pub fn typed<T: DeserializeOwned>(value: &impl Serialize) -> Result<T, serde_json::Error> {
    serde_json::to_value(value).and_then(serde_json::from_value)
}
