//! Keys, values and their lines: a TOML text that somebody wrote, read twice, for its values and for where they are, so that
//! every mistake can be named with its line. What the keys mean is told where it is read.

use crate::text::line_at;
use crate::text::small_sort::SmallSort;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

/// A text in TOML.
pub struct Source<'a> {
    text: &'a str,
    lines: Spanned<DeTable<'a>>,
    values: Table,
}

/// A key with its value. A list has one for each item.
#[derive(Clone)]
pub struct Entry<'a> {
    /// The key.
    pub key: &'a str,
    /// Its line, from 1 on.
    pub line: usize,
    /// The value, or one of the list.
    pub value: &'a Value,
    source: &'a Source<'a>,
    below: &'a DeValue<'a>,
}

impl<'a> Source<'a> {
    /// Reads a text.
    ///
    /// # Errors
    ///
    /// Each line where it is no TOML, and why.
    pub fn read(text: &'a str) -> Result<Self, Vec<(usize, String)>> {
        let (lines, errors) = DeTable::parse_recoverable(text);
        let mut wrong: Vec<(usize, String)> = errors.iter().map(|error| placed(text, error)).collect();
        let values = toml::from_str::<Table>(text);
        match values {
            Ok(values) if wrong.is_empty() => Ok(Source { text, lines, values }),
            Err(error) if wrong.is_empty() => Err(vec![placed(text, &error)]),
            _ => {
                wrong.dedup_by_key(|(line, _)| *line);
                Err(wrong)
            }
        }
    }

    /// The keys and values, in the order of the file.
    pub fn entries(&'a self) -> Vec<Entry<'a>> {
        self.of(self.lines.get_ref(), &self.values)
    }

    fn of(&'a self, lines: &'a DeTable<'a>, values: &'a Table) -> Vec<Entry<'a>> {
        let entries = lines.iter().filter_map(|(key, below)| {
            let line = line_at(self.text.as_bytes(), key.span().start);
            let key: &str = key.get_ref();
            Some(Entry { key, line, value: values.get(key)?, source: self, below: below.get_ref() })
        });
        let mut entries: Vec<Entry<'_>> = entries.collect();
        entries.small_sort_by_key(|entry| entry.line);
        entries
    }
}

impl<'a> Entry<'a> {
    /// The items of a list, each in its line; of anything else, itself alone.
    pub fn items(&self) -> Vec<Entry<'a>> {
        let (Some(below), Value::Array(values)) = (self.below.as_array(), self.value) else {
            return vec![self.clone()];
        };
        let items = below.iter().zip(values).map(|(below, value)| {
            let line = line_at(self.source.text.as_bytes(), below.span().start);
            Entry { line, value, below: below.get_ref(), ..self.clone() }
        });
        items.collect()
    }

    /// Its text.
    ///
    /// # Errors
    ///
    /// What it must be.
    pub fn text(&self) -> Result<&'a str, String> {
        self.value.as_str().ok_or_else(|| "it must be a text in quotation marks".to_owned())
    }

    /// Whether it is on.
    ///
    /// # Errors
    ///
    /// What it must be.
    pub fn switch(&self) -> Result<bool, String> {
        self.value.as_bool().ok_or_else(|| "it must be true or false".to_owned())
    }

    /// The keys and values of a table, in the order of the file.
    pub fn fields(&self) -> Option<Vec<Entry<'a>>> {
        Some(self.source.of(self.below.as_table()?, self.value.as_table()?))
    }
}

fn placed(text: &str, error: &toml::de::Error) -> (usize, String) {
    (line_at(text.as_bytes(), error.span().map_or(0, |span| span.start)), error.message().to_owned())
}
