//! Every key: one table that dispatch, footer and help share, so that a key that is shown works.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Action {
    Up,
    Down,
    First,
    Last,
    PageUp,
    PageDown,
    Save,
    Help,
    Back,
    Quit,
}

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Place {
    Dashboard,
    Help,
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Where it counts.
    pub places: &'static [Place],
    /// The key.
    pub key: KeyCode,
    /// As the screen names it.
    pub shown: &'static str,
    /// What it does.
    pub action: Action,
    /// In a word or two, for the footer; empty keeps it out of there.
    pub says: &'static str,
    /// In a sentence, for the help.
    pub explains: &'static str,
}

use Place::{Dashboard, Help};

const fn row(
    places: &'static [Place],
    key: KeyCode,
    shown: &'static str,
    action: Action,
    says: &'static str,
    explains: &'static str,
) -> Row {
    Row { places, key, shown, action, says, explains }
}

const ALL: &[Place] = &[Dashboard, Help];

/// All keys, in the order of the footer.
pub const KEYS: &[Row] = &[
    row(ALL, KeyCode::Up, "Up", Action::Up, "", "The line above"),
    row(ALL, KeyCode::Down, "Down", Action::Down, "", "The line below"),
    row(ALL, KeyCode::Char('k'), "k", Action::Up, "", "As Up"),
    row(ALL, KeyCode::Char('j'), "j", Action::Down, "", "As Down"),
    row(ALL, KeyCode::Home, "Home", Action::First, "", "The first line"),
    row(ALL, KeyCode::End, "End", Action::Last, "", "The last line"),
    row(ALL, KeyCode::PageUp, "PgUp", Action::PageUp, "", "A page up"),
    row(ALL, KeyCode::PageDown, "PgDn", Action::PageDown, "", "A page down"),
    row(&[Dashboard], KeyCode::Char('s'), "s", Action::Save, "save", "Saves the report as JSON in the current folder"),
    row(&[Dashboard], KeyCode::Char('?'), "?", Action::Help, "help", "This list"),
    row(&[Help], KeyCode::Esc, "Esc", Action::Back, "back", "Back to where you were"),
    row(&[Help], KeyCode::Char('?'), "?", Action::Back, "", "Back to where you were"),
    row(ALL, KeyCode::Char('q'), "q", Action::Quit, "quit", "Ends the program"),
];

/// What a key does at a place.
pub fn action(place: Place, event: &KeyEvent) -> Option<Action> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    // Ctrl-C ends the program wherever it is pressed; in raw mode it arrives as a key.
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        return (event.code == KeyCode::Char('c')).then_some(Action::Quit);
    }
    KEYS.iter().find(|row| row.places.contains(&place) && row.key == event.code).map(|row| row.action)
}

/// The rows that count at a place.
pub fn at(place: Place) -> impl Iterator<Item = &'static Row> {
    KEYS.iter().filter(move |row| row.places.contains(&place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        for place in ALL {
            let keys: Vec<KeyCode> = at(*place).map(|row| row.key).collect();
            for key in &keys {
                assert_eq!(keys.iter().filter(|other| *other == key).count(), 1, "{place:?} {key:?}");
            }
        }
    }
}
