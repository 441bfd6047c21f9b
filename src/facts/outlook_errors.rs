//! Outlook's error numbers: the table `outlook-errors.toml`. A number is a hint; the server's own sentence decides.

use crate::packed::TABLES;
use crate::pages::table;
use crate::text::beginning;
use regex_lite::Regex;
use serde::Deserialize;
use std::sync::LazyLock;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct OutlookError {
    /// The number as Outlook shows it.
    pub number: String,
    /// MAPI's name for it.
    #[serde(default)]
    name: Option<String>,
    /// What Outlook noticed.
    pub says: String,
    /// The causes that it may point to, the likeliest first.
    pub suggests: Vec<String>,
    /// Whether it can mean one thing only.
    #[serde(default)]
    pub decides: bool,
    /// The source of the row, if it is not one of those of the table.
    #[serde(default)]
    pub source: String,
}

static ROWS: LazyLock<Vec<OutlookError>> =
    LazyLock::new(|| table::rows("outlook-errors.toml", "error", TABLES.text("outlook-errors").unwrap_or_default()));

/// How much of a text is read, in bytes.
const MOST_READ: usize = 16 * 1024;
/// How many numbers are looked up.
const MOST_NUMBERS: usize = 50;

/// The known numbers in a pasted text, in the order of the text: `0x800CCC0F`, also without 0x, with the sign for times
/// or with a letter O for a zero, as people copy it; as a signed number; Outlook for Mac's plain numbers; MAPI's by name
/// (`MAPI_E_LOGON_FAILED`).
pub fn in_text(text: &str) -> Vec<&'static OutlookError> {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| {
        let number = r"(?:\b|[0oO][xX×])(8[0-9a-foA-FO]{7})\b|(-21\d{8})\b|\b(1\d{4})\b|\b(MAPI_E_[A-Z_]+)\b";
        Regex::new(number).expect("a pattern of ours")
    });
    let numbers = NUMBER.captures_iter(beginning(text, MOST_READ)).filter_map(|found| {
        let hex = found.get(1).map(|hex| hex.as_str().to_ascii_uppercase().replace('O', "0"));
        let signed = || Some(format!("{:08X}", found.get(2)?.as_str().parse::<i32>().ok()?));
        let plain = || Some(found.get(3)?.as_str().to_owned());
        let name = || Some(found.get(4)?.as_str().to_owned());
        hex.or_else(signed).map(|hex| format!("0x{hex}")).or_else(plain).or_else(name)
    });
    let is = |row: &OutlookError, number: &String| row.number == *number || row.name.as_ref() == Some(number);
    let mut rows: Vec<&OutlookError> = Vec::new();
    for row in numbers.take(MOST_NUMBERS).filter_map(|number| ROWS.iter().find(|row| is(row, &number))) {
        if !rows.iter().any(|known| std::ptr::eq(*known, row)) {
            rows.push(row);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::causes;
    use rstest::rstest;

    #[test]
    fn rows_hold_together() {
        for row in ROWS.iter() {
            for cause in &row.suggests {
                let is_cause = causes().contains(&cause.as_str());
                assert!(is_cause, "outlook-errors.toml: {}: {cause} is not a page in docs/guide/causes", row.number);
            }
        }
        let found = in_text("Sending reported error (0x800ccc0f), then 0x80042109, again 0x800CCC0F.");
        assert_eq!(found.len(), 2);
    }

    #[rstest]
    #[case("Error code: 800ccc0e", Some("0x800CCC0E"))]
    #[case("Fehlernummer: 0×800ccc0d", Some("0x800CCC0D"))]
    #[case("ox800CCCOF", Some("0x800CCC0F"))]
    #[case("hr=-2146644977", Some("0x800CCC0F"))]
    #[case("Error -17193", Some("17193"))]
    #[case("[MAPI 1.0 - [MAPI_E_FAILONEPROVIDER]]", Some("0x8004011D"))]
    #[case("on port 587 at 10:00", None)]
    #[case("id 1800CCC0F0", None)]
    fn numbers_are_found_as_people_write_them(#[case] text: &str, #[case] number: Option<&str>) {
        assert_eq!(in_text(text).first().map(|row| row.number.as_str()), number);
    }
}
