//! What a domain must publish so that its provider may send in its name: the table `senders.toml`.

use crate::packed::TABLES;
use crate::pages::table;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The provider's id in the table of providers.
    provider: String,
    /// What the domain's SPF record includes.
    pub spf: String,
    /// The selectors of the provider's DKIM keys, as far as these are known.
    pub dkim: Vec<String>,
    /// Whether the administrator can choose another selector.
    #[serde(default)]
    pub chosen: bool,
}

static ROWS: LazyLock<Vec<Sender>> =
    LazyLock::new(|| table::rows("senders.toml", "sender", TABLES.text("senders").unwrap_or_default()));

/// The row of a provider.
pub fn of_provider(id: &str) -> Option<&'static Sender> {
    ROWS.iter().find(|row| row.provider == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::provider;

    #[test]
    fn each_row_is_of_a_provider() {
        for row in ROWS.iter() {
            assert!(provider::by_id(&row.provider).is_some(), "{} is no provider's id", row.provider);
            assert!(row.spf.contains('.'), "{}", row.provider);
        }
        assert_eq!(of_provider("office365.com").map(|row| row.spf.as_str()), Some("spf.protection.outlook.com"));
    }
}
