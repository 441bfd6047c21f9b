//! Hosters of rented machines that shut mail ports, recognised by the machine's firmware: the table `hosters.toml`.

use crate::packed::TABLES;
use crate::pages::table;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hoster {
    firmware: String,
    /// The hoster.
    pub name: String,
    /// The ports that it shuts unless somebody asks.
    pub shuts: Vec<u16>,
    /// Its page about it.
    pub page: Option<String>,
}

static ROWS: LazyLock<Vec<Hoster>> =
    LazyLock::new(|| table::rows("hosters.toml", "hoster", TABLES.text("hosters").unwrap_or_default()));

/// The hoster of a machine whose firmware says this.
pub fn of_firmware(says: &[String]) -> Option<&'static Hoster> {
    let says: Vec<String> = says.iter().map(|name| name.to_lowercase()).collect();
    ROWS.iter().find(|row| says.iter().any(|name| name.contains(&row.firmware)))
}

/// All rows.
pub fn all() -> impl Iterator<Item = &'static Hoster> {
    ROWS.iter()
}

/// The row with this name.
pub fn by_name(name: &str) -> Option<&'static Hoster> {
    ROWS.iter().find(|row| row.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines() {
        let name = |says: &[&str]| {
            let says: Vec<String> = says.iter().map(|name| (*name).to_owned()).collect();
            of_firmware(&says).map(|row| row.name.as_str())
        };
        assert_eq!(name(&["Google", "Google Compute Engine"]), Some("Google Cloud"));
        // A Chromebook.
        assert_eq!(name(&["Google", "Eve"]), None);
        assert_eq!(name(&["Xen", "HVM domU", "Xen", "4.11.amazon"]), Some("Amazon EC2"));
        assert_eq!(name(&["Microsoft Corporation", "Virtual Machine"]), None);
        assert!(ROWS.iter().all(|row| row.firmware == row.firmware.to_lowercase() && !row.shuts.is_empty()));
    }
}
