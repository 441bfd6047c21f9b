//! Internet providers that block port 25, recognised by the names of their lines: the table `isps.toml`.

use crate::packed::TABLES;
use crate::pages::table;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Isp {
    suffix: Vec<String>,
    /// The provider.
    pub name: String,
    /// What it does with port 25.
    pub policy: String,
    /// The provider's page about it.
    pub page: Option<String>,
}

static ROWS: LazyLock<Vec<Isp>> =
    LazyLock::new(|| table::rows("isps.toml", "isp", TABLES.text("isps").unwrap_or_default()));

/// The provider of a line with this name (PTR record).
pub fn of_line(name: &str) -> Option<&'static Isp> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    ROWS.iter().find(|row| {
        row.suffix
            .iter()
            .any(|suffix| name.strip_suffix(suffix.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
    })
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Isp> {
    ROWS.iter()
}

/// The row with this name.
pub fn by_name(name: &str) -> Option<&'static Isp> {
    ROWS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let name = |line| of_line(line).map(|row| row.name.as_str());
        assert_eq!(name("p5089abcd.dip0.t-ipconnect.de"), Some("Telekom (Germany)"));
        assert_eq!(name("ip68-1-2-3.no.no.cox.net."), Some("Cox"));
        assert_eq!(name("mail.notcox.net"), None);
        assert!(ROWS.iter().all(|row| row.page.as_ref().is_none_or(|page| page.starts_with("https://"))));
    }
}
