//! The names of keys, on the screen and in a file.

use ratatui::crossterm::event::KeyCode::{
    self, BackTab, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
};

/// A key's name: "Enter", "PgDn", "m".
pub fn name(key: KeyCode) -> String {
    match NAMES.iter().find(|(_, named)| *named == key) {
        Some((name, _)) => (*name).to_owned(),
        None => match key {
            Char(c) => c.to_string(),
            F(number) => format!("F{number}"),
            other => format!("{other:?}"),
        },
    }
}

/// The key with this name.
pub fn by_name(name: &str) -> Option<KeyCode> {
    if let Some((_, key)) = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(*key);
    }
    let mut chars = name.chars();
    match (chars.next(), chars.as_str()) {
        (Some(c), "") if !c.is_control() => Some(Char(c)),
        (Some('F' | 'f'), number) => number.parse().ok().filter(|number| (1..=12).contains(number)).map(F),
        _ => None,
    }
}

const NAMES: &[(&str, KeyCode)] = &[
    ("Up", Up),
    ("Down", Down),
    ("Left", Left),
    ("Right", Right),
    ("Home", Home),
    ("End", End),
    ("PgUp", PageUp),
    ("PgDn", PageDown),
    ("Enter", Enter),
    ("Tab", Tab),
    ("Shift-Tab", BackTab),
    ("Del", Delete),
    ("Esc", Esc),
    ("Space", Char(' ')),
];
