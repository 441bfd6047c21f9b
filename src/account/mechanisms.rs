//! Which log-in mechanisms (RFC 4954) each mail program speaks: the table `mechanisms.toml`. What a program cannot do is
//! said from this table alone, and nothing is said of a program without a row.

use crate::pages::table;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Mechanisms {
    programs: Vec<String>,
    speaks: Vec<String>,
    /// The source of the row.
    #[serde(rename = "source")]
    _source: String,
}

static ROWS: LazyLock<Vec<Mechanisms>> =
    LazyLock::new(|| table::rows("mechanisms.toml", "program", include_str!("mechanisms.toml")));

/// The row of a mail program.
pub fn of(program: &str) -> Option<&'static Mechanisms> {
    ROWS.iter().find(|row| row.programs.iter().any(|name| name == program))
}

impl Mechanisms {
    /// Whether the program speaks this mechanism.
    pub fn speaks(&self, mechanism: &str) -> bool {
        self.speaks.iter().any(|name| name == mechanism)
    }

    /// The mechanisms, for people.
    pub fn list(&self) -> String {
        self.speaks.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::client;
    use std::collections::BTreeSet;

    #[test]
    fn each_row_is_about_programs_that_there_are() {
        let names: Vec<&String> = ROWS.iter().flat_map(|row| &row.programs).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "a program has two rows");
        assert!(names.iter().all(|name| client::by_id(name).is_some()), "{names:?}");
        assert!(ROWS.iter().all(|row| !row.speaks.is_empty() && !row._source.is_empty()));
    }

    #[test]
    fn what_is_known_of_programs() {
        let outlook = of("outlook-2016").unwrap();
        assert!(outlook.speaks("LOGIN") && outlook.speaks("NTLM") && !outlook.speaks("CRAM-MD5"));
        assert!(of("thunderbird").unwrap().speaks("CRAM-MD5"));
        assert!(of("other").is_none() && of("device").is_none());
    }
}
