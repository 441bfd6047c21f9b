//! Files of sections, keys and values, as several programs write them: GLib's key files (Desktop Entry Specification,
//! section 3), KDE's, Claws Mail's, Mozilla's `profiles.ini`. Keys that hold a password are left out at once.

use std::collections::BTreeMap;

/// A section and its values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Section {
    pub(super) name: String,
    values: BTreeMap<String, String>,
}

impl Section {
    /// The value of a key, unless it is empty.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// The value as a number; the error is a message for people.
    pub(super) fn number(&self, key: &str) -> Result<Option<i64>, String> {
        let text = self.text(key);
        text.map(|text| text.parse().map_err(|_| format!("{key} is not a number"))).transpose()
    }

    /// Whether the value says yes.
    pub(super) fn is(&self, key: &str) -> bool {
        self.text(key).is_some_and(|text| text == "1" || text.eq_ignore_ascii_case("true"))
    }
}

/// A file has no more sections than this.
const MOST: usize = 512;

/// The sections of a file, in its order.
pub(super) fn sections(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.trim_start_matches('\u{feff}').lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            if sections.len() == MOST {
                break;
            }
            sections.push(Section { name: name.to_owned(), values: BTreeMap::new() });
        } else if let (Some(section), Some((key, value))) = (sections.last_mut(), line.split_once('='))
            && !line.starts_with(['#', ';'])
            && !key.to_ascii_lowercase().contains("pass")
        {
            section.values.insert(key.trim().to_owned(), unescaped(value.trim()));
        }
    }
    sections
}

/// The section with this name.
pub(super) fn section<'a>(sections: &'a [Section], name: &str) -> Option<&'a Section> {
    sections.iter().find(|section| section.name == name)
}

fn unescaped(value: &str) -> String {
    let mut text = String::new();
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some('s')) => text.push(' '),
            ('\\', Some('\\')) => text.push('\\'),
            _ => {
                text.push(c);
                continue;
            }
        }
        chars.next();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_and_keys() {
        let text = "\u{feff}before=1\n[A]\n# x=1\n; y=1\n Host = smtp.example.com \nPort=587\nuse=1\nold=no\npassword=secret\n\
                    Name=C:\\new\\\\s\\sx\n[B]\nEmpty=\nPort=x\n[A b]\nz\n";
        let sections = sections(text);
        let names: Vec<&str> = sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "A b"]);
        let a = section(&sections, "A").unwrap();
        assert_eq!((a.text("Host"), a.number("Port")), (Some("smtp.example.com"), Ok(Some(587))));
        assert_eq!((a.is("use"), a.is("old"), a.is("none")), (true, false, false));
        assert_eq!((a.text("x"), a.text("password"), a.text("Name")), (None, None, Some("C:\\new\\s x")));
        let b = section(&sections, "B").unwrap();
        assert_eq!((b.text("Empty"), b.number("Empty")), (None, Ok(None)));
        assert_eq!(b.number("Port").unwrap_err(), "Port is not a number");
        assert!(!format!("{sections:?}").contains("secret"));
    }
}
