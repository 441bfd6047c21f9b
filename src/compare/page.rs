//! The comparison for people, in parts that every format writes: rows as on a report's first page, then sections with a
//! list or a table. The words are made in `words`.

use crate::report::first_page::{Row, Table};

/// The page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What was compared.
    pub title: String,
    /// The rows on top: what was compared and what came of it.
    pub rows: Vec<Row>,
    /// The sections below.
    pub sections: Vec<Section>,
    /// Which program made it.
    pub made: String,
}

/// A section: sentences, then a table if it has rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Sentences.
    pub words: Vec<String>,
    /// The table.
    pub table: Table,
}

impl Section {
    /// A section with a table of these columns.
    pub fn of(title: impl Into<String>, heads: &[&str]) -> Self {
        let heads = heads.iter().map(|head| (*head).to_owned()).collect();
        Section { title: title.into(), words: vec![], table: Table { heads, rows: vec![] } }
    }

    /// The same with these rows.
    pub fn with(mut self, rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        self.table.rows.extend(rows);
        self
    }

    /// The same with these sentences.
    pub fn saying(mut self, words: impl IntoIterator<Item = String>) -> Self {
        self.words.extend(words);
        self
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.table.rows.is_empty()
    }
}
