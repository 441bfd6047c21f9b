//! Which name mail programs give in EHLO: the table `ehlo.toml`.

use super::words::EhloName;
use crate::packed::TABLES;
use crate::pages::table;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    programs: Vec<String>,
    says: String,
    /// The name, if it is the same on every computer.
    pub name: Option<String>,
    /// The source of the row.
    pub source: String,
}

impl Row {
    /// The kind of name that these programs give.
    pub fn kind(&self) -> EhloName {
        self.says.parse().unwrap_or(EhloName::ComputerName)
    }
}

static ROWS: LazyLock<Vec<Row>> =
    LazyLock::new(|| table::rows("ehlo.toml", "program", TABLES.text("ehlo").unwrap_or_default()));

/// The row for a mail program; `None` if it is not known what that program gives.
pub fn of_program(id: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.programs.iter().any(|program| program == id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::client;
    use std::collections::BTreeSet;

    #[test]
    fn rows_hold_together() {
        let mut seen = BTreeSet::new();
        for row in ROWS.iter() {
            assert!(row.says.parse::<EhloName>().is_ok(), "ehlo.toml: {} is no kind of name", row.says);
            assert!(!row.source.is_empty() && row.name.as_ref().is_none_or(|name| name.contains('.')));
            for program in &row.programs {
                assert!(client::by_id(program).is_some(), "ehlo.toml: {program} is not a page in docs/guide/programs");
                assert!(seen.insert(program), "ehlo.toml: {program} is in two rows");
            }
        }
        assert_eq!(of_program("thunderbird").map(Row::kind), Some(EhloName::AddressLiteral));
        assert!(of_program("other").is_none());
    }
}
