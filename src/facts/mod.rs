//! What was observed, and the facts that the guide decides on. `derive` makes the second from the first.

pub mod derive;
pub mod interceptors;
pub mod isps;
pub mod key;
pub mod keys;
pub mod observed;
pub mod outlook_errors;
pub mod replies;
pub mod stacks;
pub mod target;
pub mod vocabulary;
pub mod words;

use key::Observable;
pub use observed::{Facts, Observations};
use observed::{Missing, Seen};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One observed value, as the report holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
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

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No check asks for it in this run.
    NotAsked,
    /// It could not be asked, or need not be, because of something that is known: not a gap. The reason in words.
    Moot(String),
    /// It was asked, and there is no answer: a gap. The reason in words.
    Gap(String),
}

impl Why {
    /// Why a check ended without a fact.
    pub fn of(missing: Option<Missing<'_>>) -> Self {
        match missing {
            None => Why::NotAsked,
            Some(Missing { why, moot: true }) => Why::Moot(why.to_owned()),
            Some(Missing { why, moot: false }) => Why::Gap(why.to_owned()),
        }
    }

    /// Whether something is missing that might have decided the verdict.
    pub fn is_gap(&self) -> bool {
        matches!(self, Why::Gap(_))
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Why::NotAsked => f.write_str("not asked"),
            Why::Moot(why) | Why::Gap(why) => f.write_str(why),
        }
    }
}

impl From<&str> for Value {
    fn from(word: &str) -> Self {
        Value::Word(word.to_owned())
    }
}

impl From<String> for Value {
    fn from(word: String) -> Self {
        Value::Word(word)
    }
}

impl From<bool> for Value {
    fn from(yes: bool) -> Self {
        Value::Word(if yes { "yes" } else { "no" }.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl From<Vec<String>> for Value {
    fn from(list: Vec<String>) -> Self {
        Value::List(list)
    }
}

/// What is known of one fact of the guide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Its word.
    Word(String),
    /// Not known, and why.
    Unknown(Why),
    /// Not known yet: these checks are still running.
    Pending(BTreeSet<String>),
}

impl Known {
    /// The word, if there is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Known::Word(word) => Some(word),
            _ => None,
        }
    }
}

impl<T: Observable> From<Seen<T>> for Known {
    /// Passes on what was seen as it is.
    fn from(seen: Seen<T>) -> Self {
        seen.known(|value| Known::Word(value.to_value().to_string()))
    }
}

/// The facts of the guide by name. A fact that is missing is unknown because no check asked for it.
pub type Derived = BTreeMap<String, Known>;
