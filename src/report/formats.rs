//! The formats of a report: the list of them. Each format is declared in a file of its own.

use super::format::Format;
use super::{eml, html, json, markdown, nagios, prometheus, row, text};

/// All formats, the default first.
pub const FORMATS: &[Format] = &[
    text::FORMAT,
    json::FORMAT,
    markdown::FORMAT,
    html::FORMAT,
    eml::FORMAT,
    row::FORMAT,
    nagios::FORMAT,
    prometheus::FORMAT,
];

/// The format with this name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_own_name() {
        for format in FORMATS {
            let same = FORMATS.iter().filter(|other| other.name == format.name).count();
            assert_eq!(same, 1, "{} formats are called {}", same, format.name);
        }
    }
}
