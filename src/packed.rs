//! Texts that are embedded in the program, compressed by `build.rs`: unpacked when they are first needed.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A folder of texts, or a single one, whose name is then empty.
pub struct Packed(LazyLock<BTreeMap<String, String>>);

impl Packed {
    /// The texts by their names: `folder/file`, without the extension.
    pub fn texts(&'static self) -> &'static BTreeMap<String, String> {
        &self.0
    }

    /// One of them.
    pub fn text(&'static self, name: &str) -> Option<&'static str> {
        self.0.get(name).map(String::as_str)
    }
}

macro_rules! packed {
    ($name:literal) => {
        Packed(LazyLock::new(|| unpack(include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".pack")))))
    };
}

/// The pages of `docs/guide`.
pub static GUIDE: Packed = packed!("guide");
/// The pages of `docs/learn`.
pub static LEARN: Packed = packed!("learn");
/// The scenarios of `src/practice`.
pub static SCENARIOS: Packed = packed!("scenarios");
/// The table of providers.
pub static PROVIDERS: Packed = packed!("providers");
/// The tables of `src/facts`.
pub static TABLES: Packed = packed!("tables");
/// The report's JSON Schema.
pub static SCHEMA: Packed = packed!("schema");

fn unpack(packed: &[u8]) -> BTreeMap<String, String> {
    let bytes = miniz_oxide::inflate::decompress_to_vec(packed).unwrap_or_default();
    let all = String::from_utf8(bytes).expect("build.rs packs texts");
    let mut texts = BTreeMap::new();
    let mut rest = all.as_str();
    while let Some((name, (length, after))) =
        rest.split_once('\n').and_then(|(name, rest)| Some((name, rest.split_once('\n')?)))
    {
        let Some((text, next)) = length.parse().ok().and_then(|length| after.split_at_checked(length)) else { break };
        texts.insert(name.to_owned(), text.to_owned());
        rest = next;
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unpacked_is_what_was_packed() {
        let table = |text: &str| text.parse::<toml::Table>().unwrap();
        let file = table(include_str!("facts/forecast.toml"));
        assert_eq!(TABLES.text("forecast").map(table), Some(file));
        // What proves a row is left out.
        let table = TABLES.text("replies").map(table).unwrap();
        let row = table.values().next().and_then(|rows| rows.as_array()?.first()?.as_table()).unwrap();
        assert!(row.contains_key("cause") && !row.contains_key("example"));
        let file = include_str!("account/providers.toml").replace("\r\n", "\n");
        assert_eq!(PROVIDERS.text(""), Some(file.as_str()));
        assert!(GUIDE.text("causes/offline").is_some_and(|text| text.starts_with("# ")));
        assert!(LEARN.texts().len() > 3 && SCENARIOS.texts().len() > 80);
    }
}
