//! One observed value, and the facts of one check, as the report holds them. Which type a value has is declared by its
//! key.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One observed value, as the report holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum Value {
    /// A count, a port, milliseconds.
    Number(i64),
    /// A word of the report's vocabulary, or text from outside made safe to show.
    Word(String),
    /// A list of words or numbers.
    List(Vec<String>),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Word(word) => f.write_str(word),
            Value::Number(number) => write!(f, "{number}"),
            Value::List(list) => f.write_str(&list.join(" ")),
        }
    }
}

/// The facts of one check, as the report holds them.
pub type Facts = BTreeMap<String, Value>;

/// The words for yes and no.
pub const YES_NO: &[&str] = &["yes", "no"];

/// The word for yes or no.
pub fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}
