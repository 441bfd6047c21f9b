//! Makers of printers and scanners: where their settings for sending mail are, and what their devices can do; the table
//! `devices.toml`. Each maker is a mail program too (`client`), with the clicks of all printers. Which model it is, only
//! somebody in front of it knows: nothing is decided by a maker alone.

use crate::pages::table;
use serde::Deserialize;
use std::sync::LazyLock;

/// A maker.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Maker {
    /// Its id as a mail program.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Other names under which the same devices are sold.
    #[serde(default)]
    pub also: Vec<String>,
    /// The way to the outgoing server's settings.
    pub menu: String,
    /// Where that was read.
    pub source: String,
    /// What is known of some of its devices, the oldest first.
    #[serde(default)]
    pub models: Vec<Model>,
}

/// Devices of a maker.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// The models, or their age.
    pub which: String,
    /// What they can do.
    pub says: String,
    /// Where that was read.
    pub source: String,
}

static MAKERS: LazyLock<Vec<Maker>> =
    LazyLock::new(|| table::rows("devices.toml", "maker", include_str!("devices.toml")));

/// All makers, by id.
pub fn makers() -> &'static [Maker] {
    &MAKERS
}

/// The maker that this mail program is.
pub fn maker(program: &str) -> Option<&'static Maker> {
    makers().iter().find(|maker| maker.id == program)
}

/// Where the settings are: this maker's menu, or everybody's if the maker is not known.
pub fn menus(program: Option<&str>) -> String {
    match program.and_then(maker) {
        Some(maker) => maker.menu.clone(),
        None => makers().iter().map(|maker| format!("{}: {}", maker.name, maker.menu)).collect::<Vec<_>>().join("; "),
    }
}

/// The table for readers, as in docs/learn/devices.md.
pub fn as_markdown() -> String {
    let row = |maker: &Maker, which: &str, says: &str, source: &str| {
        format!("| {} {which} | {says} | {source} |\n", maker.name)
    };
    let rows = makers().iter().flat_map(|maker| {
        let menu = row(maker, "(menu)", &maker.menu, &maker.source);
        std::iter::once(menu)
            .chain(maker.models.iter().map(move |model| row(maker, &model.which, &model.says, &model.source)))
    });
    format!("| Devices | What is known | Source |\n|---|---|---|\n{}", rows.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_makers_are_in_order_and_have_their_sources() {
        assert!(makers().is_sorted_by(|a, b| a.id < b.id));
        for maker in makers() {
            let texts = maker.models.iter().flat_map(|model| [&model.which, &model.says, &model.source]);
            assert!(
                texts.chain([&maker.name, &maker.menu, &maker.source]).all(|text| !text.is_empty()),
                "{}",
                maker.id
            );
        }
    }

    #[test]
    fn the_page_for_readers_has_the_table() {
        let page = include_str!("../../docs/learn/devices.md").replace("\r\n", "\n");
        assert!(page.contains(&as_markdown()), "docs/learn/devices.md needs this table:\n{}", as_markdown());
    }

    #[test]
    fn one_makers_menu_or_everybodys() {
        assert_eq!(menus(Some("epson")), "Network > Email Server > Basic");
        assert!(menus(Some("printer")).contains("Ricoh: ") && menus(None).contains("; Kyocera: "));
    }
}
