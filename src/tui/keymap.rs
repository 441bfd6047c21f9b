//! Every key: one table that dispatch, footer and help share, so that a key that is shown works.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it, and each row of the table explains it")]
pub enum Action {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    PageUp,
    PageDown,
    Open,
    Back,
    Part,
    PartBack,
    Answer,
    Choose(u8),
    Withdraw,
    LogIn,
    Edit,
    Again,
    AgainGroup,
    Changes,
    Watch,
    Note,
    Save,
    SaveAtOnce,
    Preview,
    Copy,
    OtherSide,
    ByHand,
    Program,
    Find,
    FindNext,
    Help,
    Guess,
    Toggle,
    Yes,
    No,
    Quit,
}

/// Where a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the screens'")]
pub enum Place {
    Form,
    Dashboard,
    Check,
    Diagnosis,
    Step,
    LogIn,
    Save,
    Text,
    Line,
    Menu,
    Ask,
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

use Action as A;
use KeyCode::Char;
use Place::{Ask, Check, Dashboard, Diagnosis, Form, Line, LogIn, Menu, Save, Step, Text};

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

/// Screens without a field to type into, where a letter is a key.
const READING: &[Place] = &[Dashboard, Check, Diagnosis, Step, Text, Menu];
const LISTS: &[Place] = &[Form, Dashboard, Check, Diagnosis, Step, Save, Text, Menu];
const CASE: &[Place] = &[Dashboard, Check, Diagnosis, Step];

const OTHER_SIDE: &str = "The text for the other side: network, provider, administrator";

/// All keys; the order of the footer.
pub const KEYS: &[Row] = &[
    row(LISTS, KeyCode::Up, "Up", A::Up, "", "The line above"),
    row(LISTS, KeyCode::Down, "Down", A::Down, "", "The line below"),
    row(&[Form, Step, Check, Save], KeyCode::Left, "Left", A::Left, "", "The choice, step or group before"),
    row(&[Form, Step, Check, Save], KeyCode::Right, "Right", A::Right, "", "The choice, step or group after"),
    row(READING, KeyCode::Home, "Home", A::First, "", "The first line"),
    row(READING, KeyCode::End, "End", A::Last, "", "The last line"),
    row(READING, KeyCode::PageUp, "PgUp", A::PageUp, "", "A page up"),
    row(READING, KeyCode::PageDown, "PgDn", A::PageDown, "", "A page down"),
    row(&[Form], KeyCode::Enter, "Enter", A::Open, "start", "Starts the checks"),
    row(
        &[Dashboard],
        KeyCode::Enter,
        "Enter",
        A::Open,
        "open",
        "Opens the marked part: the result's clicks, a check's evidence, a step",
    ),
    row(&[Menu], KeyCode::Enter, "Enter", A::Open, "open", "Opens the marked line"),
    row(&[LogIn], KeyCode::Enter, "Enter", A::Open, "test once", "Tests the log-in, once"),
    row(
        &[LogIn],
        KeyCode::Tab,
        "Tab",
        A::Toggle,
        "with a message",
        "With the log-in, sends one short message to the address itself, or does not",
    ),
    row(&[Save], KeyCode::Enter, "Enter", A::Open, "save", "Saves the report"),
    row(&[Line], KeyCode::Enter, "Enter", A::Open, "done", "Takes the line"),
    row(&[Step], KeyCode::Enter, "Enter", A::Open, "answer", "Answers with the marked line"),
    row(&[Diagnosis], Char('o'), "o", A::Program, "other program", "The clicks for another mail program"),
    row(&[Diagnosis], Char('x'), "x", A::OtherSide, "text for them", OTHER_SIDE),
    row(&[Dashboard], Char('x'), "x", A::OtherSide, "", OTHER_SIDE),
    row(&[Form, Save], KeyCode::Tab, "Tab", A::Part, "next field", "The next field"),
    row(&[Form, Save], KeyCode::BackTab, "Shift-Tab", A::PartBack, "", "The field before"),
    row(&[Dashboard], KeyCode::Tab, "Tab", A::Part, "", "The next part: result, checks, steps"),
    row(&[Dashboard], KeyCode::BackTab, "Shift-Tab", A::PartBack, "", "The part before"),
    row(&[Dashboard], Char('g'), "g", A::Guess, "", "Practice: guess the cause before it is shown"),
    row(
        &[Dashboard, Diagnosis, Step],
        Char('a'),
        "a",
        A::Answer,
        "answer",
        "Answers the open question; changes or withdraws an answer",
    ),
    row(&[Step], Char('1'), "1", A::Choose(0), "", "The first answer"),
    row(&[Step], Char('2'), "2", A::Choose(1), "", "The second answer"),
    row(&[Step], Char('3'), "3", A::Choose(2), "", "The third answer"),
    row(&[Step], Char('4'), "4", A::Choose(3), "", "The fourth answer"),
    row(&[Step], Char('5'), "5", A::Choose(4), "", "The fifth answer"),
    row(&[Step], Char('6'), "6", A::Choose(5), "", "The sixth answer"),
    row(&[Step], KeyCode::Delete, "Del", A::Withdraw, "", "Withdraws the answer"),
    row(&[Step], Char('0'), "0", A::Withdraw, "", "Withdraws the answer"),
    row(CASE, Char('p'), "p", A::LogIn, "log-in", "Tests the log-in, once, with a password that the caller types"),
    row(CASE, Char('s'), "s", A::Save, "save", "Saves the report, for whom you say"),
    row(CASE, Char('e'), "e", A::Edit, "edit", "Changes what is known of the account, and checks what that touches"),
    row(CASE, Char('r'), "r", A::Again, "again", "Checks everything again, without log-in"),
    row(&[Check], KeyCode::Tab, "Tab", A::Part, "", "By check, or in the order of time"),
    row(&[Dashboard, Check], Char('R'), "R", A::AgainGroup, "", "Checks the marked group again, without log-in"),
    row(&[Dashboard], Char('b'), "b", A::Changes, "", "Before and after: what differs from the run before"),
    row(&[Dashboard], Char('w'), "w", A::Watch, "", "Watches: ports, DNS and greeting every minute, without log-in"),
    row(CASE, Char('S'), "S", A::SaveAtOnce, "", "Saves at once, as last time"),
    row(
        &[Dashboard, Diagnosis, Step],
        Char('h'),
        "h",
        A::ByHand,
        "by hand",
        "What to do by hand, without this program",
    ),
    row(&[Dashboard, Diagnosis, Check, Text], Char('c'), "c", A::Copy, "copy", "Copies what is shown as text"),
    row(CASE, Char('n'), "n", A::Note, "note", "Writes a note into the report"),
    row(&[Check, Text, Diagnosis], Char('/'), "/", A::Find, "find", "Finds a word"),
    row(&[Check, Text, Diagnosis], Char('f'), "f", A::FindNext, "", "The next place of the word"),
    row(&[Save], KeyCode::F(2), "F2", A::Preview, "look", "Shows the first page as it will be"),
    row(&[Save], Char(' '), "Space", A::Toggle, "leave out", "Leaves the marked thing out, or takes it in"),
    row(
        &[Dashboard, Check, Diagnosis, Step, Menu],
        Char('?'),
        "?",
        A::Help,
        "help",
        "The keys, and the background pages",
    ),
    row(&[Form], KeyCode::F(1), "F1", A::Help, "help", "The keys, and the background pages"),
    row(&[Ask], Char('y'), "y", A::Yes, "yes", "Yes"),
    row(&[Ask], Char('n'), "n", A::No, "no", "No"),
    row(
        &[Check, Diagnosis, Step, LogIn, Save, Text, Line, Menu, Ask, Form],
        KeyCode::Esc,
        "Esc",
        A::Back,
        "back",
        "Back to where you were",
    ),
    row(&[Dashboard], KeyCode::Esc, "Esc", A::Back, "", "Back"),
    row(
        &[Dashboard, Check, Diagnosis, Step, Menu, Text],
        Char('q'),
        "q",
        A::Quit,
        "quit",
        "Ends the program; asks if something would be lost",
    ),
];

/// What a key does at a place.
pub fn action(place: Place, event: &KeyEvent) -> Option<Action> {
    if event.kind == KeyEventKind::Release {
        return None;
    }
    // Ctrl-C ends the program wherever it is pressed; in raw mode it arrives as a key.
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        return (event.code == Char('c')).then_some(Action::Quit);
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
        for place in [Form, Dashboard, Check, Diagnosis, Step, LogIn, Save, Text, Line, Menu, Ask] {
            let keys: Vec<KeyCode> = at(place).map(|row| row.key).collect();
            for key in &keys {
                assert_eq!(keys.iter().filter(|other| *other == key).count(), 1, "{place:?} {key:?}");
            }
        }
    }

    #[test]
    fn letters_belong_to_fields() {
        for place in [Form, LogIn, Line] {
            assert!(at(place).all(|row| !matches!(row.key, Char(_))), "{place:?}");
        }
    }
}
