//! Every key: one table that dispatch, footer and help share. A key that is shown works; one that cannot work now says
//! why when it is pressed.

use super::core::Core;
use super::destination::Destination;
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
    Stored,
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

/// Where a key applies.
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
    Help,
    Ask,
}

impl Place {
    /// The name of the place in the help.
    pub fn title(self) -> &'static str {
        match self {
            Place::Form => "The form",
            Place::Dashboard => "The dashboard",
            Place::Check => "What a group of checks saw",
            Place::Diagnosis => "The result, opened",
            Place::Step => "A step",
            Place::LogIn => "The log-in box",
            Place::Save => "Saving the report",
            Place::Text => "A text",
            Place::Line => "A note, a word to find",
            Place::Menu => "A list",
            Place::Help => "The help",
            Place::Ask => "A question before something is lost",
        }
    }
}

/// When a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Always.
    Always,
    /// If there is a network to check.
    Network,
    /// If the account may be changed: there is a network, and the account is not a scenario's.
    OwnAccount,
    /// If a log-in may be tried.
    LogIn,
    /// If a question is open or answered.
    Question,
    /// While a scenario is being practised.
    Lesson,
    /// After a second run.
    TwoRuns,
    /// Once a search is under way.
    Finding,
}

impl When {
    /// Why the key cannot work now; `None` if it can.
    pub fn obstacle(self, core: &Core) -> Option<&str> {
        let needs_network = matches!(self, When::Network | When::OwnAccount | When::LogIn);
        if needs_network && !core.can_run {
            return Some("this is a saved session: nothing is measured");
        }
        match self {
            When::Always | When::Network => None,
            When::OwnAccount => core.lesson.is_some().then_some("a scenario's account stays as it is"),
            When::LogIn if core.is_running() => Some("wait until the checks are done, then press p"),
            When::LogIn => match &core.log_in {
                Destination::None(why) => Some(why),
                Destination::Proven { .. } | Destination::Unproven(_) => None,
            },
            When::Question => {
                let has_one = !core.diagnosis.questions.is_empty() || !core.session.answers.is_empty();
                (!has_one).then_some("there is no open question")
            }
            When::Lesson => core
                .lesson
                .is_none()
                .then_some("nothing to guess: only `mailtriage practice` without a name hides the result"),
            When::TwoRuns => (core.session.runs.len() < 2).then_some("there is no run before this one: r checks again"),
            When::Finding => core.find.is_none().then_some("no word to search for yet: type one after /"),
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// The places where it applies.
    pub places: &'static [Place],
    /// The key itself.
    pub key: KeyCode,
    /// The key's name on the screen.
    pub shown: &'static str,
    /// What it does.
    pub action: Action,
    /// A word or two for the footer; if empty, the key is not in the footer.
    pub says: &'static str,
    /// A sentence for the help.
    pub explains: &'static str,
    /// When it works.
    pub when: When,
}

impl Row {
    const fn when(self, when: When) -> Self {
        Row { when, ..self }
    }
}

use Action as A;
use KeyCode::{BackTab, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up};
use Place::{Ask, Check, Dashboard, Diagnosis, Form, Help, Line, LogIn, Menu, Save, Step, Text};

const fn row(
    places: &'static [Place],
    key: KeyCode,
    shown: &'static str,
    action: Action,
    says: &'static str,
    explains: &'static str,
) -> Row {
    Row { places, key, shown, action, says, explains, when: When::Always }
}

/// Screens without a text field, where letters are commands.
const READING: &[Place] = &[Dashboard, Check, Diagnosis, Step, Text, Menu];
const LISTS: &[Place] = &[Dashboard, Check, Diagnosis, Step, Form, Save, Text, Menu, Help];
const PAGED: &[Place] = &[Dashboard, Check, Diagnosis, Step, Text, Menu, Help];
const CASE: &[Place] = &[Dashboard, Check, Diagnosis, Step];
const NOT_THE_DASHBOARD: &[Place] = &[Check, Diagnosis, Step, LogIn, Save, Text, Line, Menu, Help, Ask, Form];

const OTHER_SIDE: &str = "A message for the network, the provider or the administrator";
const OPENS: &str = "Opens the marked part: the result's clicks, a check's evidence, a step";
const MESSAGE: &str = "Sends one short message to the address itself after the log-in, or does not";
const ANSWERS: &str = "Answers the open question; changes or withdraws an answer";
const LOGS_IN: &str = "Tests the log-in, once, with a password that the caller types";
const EDITS: &str = "Changes what is known about the account; checks what that affects";
const HELPS: &str = "The keys and the guide's pages; type an error number or any words to find some";
const STORED: &str = "The accounts that mail programs have stored on this computer";
const LEAVES_OUT: &str = "Leaves the marked item out, or includes it";

/// All keys, in the order in which the footer shows them.
pub const KEYS: &[Row] = &[
    row(LISTS, Up, "Up", A::Up, "", "The line above"),
    row(LISTS, Down, "Down", A::Down, "", "The line below"),
    row(&[Form, Step, Check, Save], Left, "Left", A::Left, "", "The previous choice, step or group"),
    row(&[Form, Step, Check, Save], Right, "Right", A::Right, "", "The next choice, step or group"),
    row(READING, Home, "Home", A::First, "", "The first line"),
    row(READING, End, "End", A::Last, "", "The last line"),
    row(PAGED, PageUp, "PgUp", A::PageUp, "", "A page up"),
    row(PAGED, PageDown, "PgDn", A::PageDown, "", "A page down"),
    row(&[Form], Enter, "Enter", A::Open, "start", "Starts the checks"),
    row(&[Dashboard], Enter, "Enter", A::Open, "open", OPENS),
    row(&[Menu, Help], Enter, "Enter", A::Open, "open", "Opens the marked line"),
    row(&[LogIn], Enter, "Enter", A::Open, "test once", "Tests the log-in, once"),
    row(&[LogIn], Tab, "Tab", A::Toggle, "with a message", MESSAGE),
    row(&[Save], Enter, "Enter", A::Open, "save", "Saves the report"),
    row(&[Line], Enter, "Enter", A::Open, "done", "Accepts what was typed"),
    row(&[Step], Enter, "Enter", A::Open, "answer", "Answers with the marked line").when(When::Question),
    row(&[Diagnosis], Char('o'), "o", A::Program, "other program", "The clicks for another mail program"),
    row(&[Diagnosis], Char('x'), "x", A::OtherSide, "text for them", OTHER_SIDE),
    row(&[Dashboard], Char('x'), "x", A::OtherSide, "", OTHER_SIDE),
    row(&[Form, Save], Tab, "Tab", A::Part, "next field", "The next field"),
    row(&[Form, Save], BackTab, "Shift-Tab", A::PartBack, "", "The previous field"),
    row(&[Dashboard], Tab, "Tab", A::Part, "", "The next part: result, checks, steps"),
    row(&[Dashboard], BackTab, "Shift-Tab", A::PartBack, "", "The previous part"),
    row(&[Dashboard], Char('g'), "g", A::Guess, "", "Practice: guess the cause before it is shown").when(When::Lesson),
    row(&[Dashboard, Diagnosis, Step], Char('a'), "a", A::Answer, "answer", ANSWERS).when(When::Question),
    row(&[Step], Char('1'), "1", A::Choose(1), "", "The first answer").when(When::Question),
    row(&[Step], Char('2'), "2", A::Choose(2), "", "The second answer").when(When::Question),
    row(&[Step], Char('3'), "3", A::Choose(3), "", "The third answer").when(When::Question),
    row(&[Step], Char('4'), "4", A::Choose(4), "", "The fourth answer").when(When::Question),
    row(&[Step], Char('5'), "5", A::Choose(5), "", "The fifth answer").when(When::Question),
    row(&[Step], Char('6'), "6", A::Choose(6), "", "The sixth answer").when(When::Question),
    row(&[Step], Delete, "Del", A::Withdraw, "", "Withdraws the answer").when(When::Question),
    row(&[Step], Char('0'), "0", A::Withdraw, "", "Withdraws the answer").when(When::Question),
    row(CASE, Char('p'), "p", A::LogIn, "log-in", LOGS_IN).when(When::LogIn),
    row(CASE, Char('s'), "s", A::Save, "save", "Saves the report for the reader that you choose"),
    row(CASE, Char('e'), "e", A::Edit, "edit", EDITS).when(When::OwnAccount),
    row(CASE, Char('r'), "r", A::Again, "again", "Checks everything again, without a log-in").when(When::Network),
    row(&[Check], Tab, "Tab", A::Part, "", "By check, or in order of time"),
    row(&[Dashboard, Check], Char('R'), "R", A::AgainGroup, "", "Checks the marked group again, without a log-in")
        .when(When::Network),
    row(&[Dashboard], Char('b'), "b", A::Changes, "", "Before and after: what differs from the previous run")
        .when(When::TwoRuns),
    row(&[Dashboard], Char('w'), "w", A::Watch, "", "Watches: ports, DNS and greeting every minute, without a log-in")
        .when(When::Network),
    row(CASE, Char('S'), "S", A::SaveAtOnce, "", "Saves at once, in the same way as last time"),
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
    row(&[Check, Text, Diagnosis], Char('f'), "f", A::FindNext, "", "The next match").when(When::Finding),
    row(&[Save], F(2), "F2", A::Preview, "look", "Shows the first page as it will be saved"),
    row(&[Save], Char(' '), "Space", A::Toggle, "leave out", LEAVES_OUT),
    row(&[Dashboard, Check, Diagnosis, Step, Menu], Char('?'), "?", A::Help, "help", HELPS),
    row(&[Form], F(2), "F2", A::Stored, "accounts here", STORED),
    row(&[Form], F(1), "F1", A::Help, "help", HELPS),
    row(&[Ask], Char('y'), "y", A::Yes, "yes", "Yes"),
    row(&[Ask], Char('n'), "n", A::No, "no", "No"),
    row(NOT_THE_DASHBOARD, Esc, "Esc", A::Back, "back", "Back to where you were"),
    row(&[Dashboard], Esc, "Esc", A::Back, "", "Back"),
    row(READING, Char('q'), "q", A::Quit, "quit", "Ends the program; asks if something would be lost"),
];

/// What the help says about the one key that is in no row: it ends the program wherever it is pressed.
pub const CTRL_C: &str = "Ctrl-C ends the program, wherever it is pressed.";

/// Whether this is Ctrl-C; in raw mode it arrives as a key.
pub fn is_ctrl_c(event: &KeyEvent) -> bool {
    event.kind != KeyEventKind::Release
        && event.modifiers.contains(KeyModifiers::CONTROL)
        && event.code == KeyCode::Char('c')
}

/// The row for a key in a place.
pub fn find(place: Place, event: &KeyEvent) -> Option<&'static Row> {
    if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::CONTROL) {
        return None;
    }
    at(place).find(|row| row.key == event.code)
}

/// The rows that apply in a place.
pub fn at(place: Place) -> impl Iterator<Item = &'static Row> {
    KEYS.iter().filter(move |row| row.places.contains(&place))
}

/// Every place that has a key, in the order of the table.
pub fn places() -> Vec<Place> {
    let mut places = Vec::new();
    for place in KEYS.iter().flat_map(|row| row.places) {
        if !places.contains(place) {
            places.push(*place);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things() {
        for place in places() {
            let keys: Vec<KeyCode> = at(place).map(|row| row.key).collect();
            for key in &keys {
                assert_eq!(keys.iter().filter(|other| *other == key).count(), 1, "{place:?} {key:?}");
            }
        }
    }

    #[test]
    fn letters_belong_to_fields() {
        for place in [Form, LogIn, Line, Help] {
            assert!(at(place).all(|row| !matches!(row.key, Char(_))), "{place:?}");
        }
    }
}
