//! What is known of one fact of the guide: its word, or why there is none. How facts are made is in `derive`.

use std::collections::{BTreeMap, BTreeSet};

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

/// The facts of the guide by name. A fact that is missing is unknown because no check asked for it.
pub type Derived = BTreeMap<String, Known>;
