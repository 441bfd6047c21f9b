//! Every key: one table (`table`) that dispatch, footer and help share. A key that is shown works; one that cannot work
//! now says why when it is pressed. A person's own keys are laid over it once.

mod names;
mod table;

pub use names::{by_name, name};
pub use table::{FIELDS, KEYS};

use super::core::Core;
use super::destination::Destination;
use KeyCode::Char;
use Place::{
    Ask, Check, Dashboard, Diagnosis, Form, Help, Leave, Line, LogIn, Menu, Question, Save, Sessions, Step, Text,
};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::sync::OnceLock;

/// What a key does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
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
    FindBefore,
    Help,
    Guess,
    Hint,
    NextCall,
    Delete,
    Mouse,
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
    Question,
    LogIn,
    Save,
    Text,
    Line,
    Menu,
    Sessions,
    Help,
    Ask,
    Leave,
}

/// All of them.
static PLACES: [Place; 15] =
    [Form, Dashboard, Check, Diagnosis, Step, Question, LogIn, Save, Text, Line, Menu, Sessions, Help, Ask, Leave];

impl Place {
    /// The name of the place in the help.
    pub fn title(self) -> &'static str {
        match self {
            Place::Form => "The form",
            Place::Dashboard => "The dashboard",
            Place::Check => "What a group of checks saw",
            Place::Diagnosis => "The result, opened",
            Place::Step => "A step",
            Place::Question => "A step with a question",
            Place::LogIn => "The log-in box",
            Place::Save => "Saving the report",
            Place::Text => "A text",
            Place::Line => "A note, a word to find",
            Place::Menu => "A list; letters choose what is shown",
            Place::Sessions => "Interrupted sessions",
            Place::Help => "The help",
            Place::Ask => "A question before something is risked",
            Place::Leave => "Leaving with something unsaved",
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
    /// While a scenario is being practised and its cause has not been guessed.
    Lesson,
    /// Once the cause of a scenario has been guessed.
    Guessed,
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
            When::OwnAccount => core.lesson.is_some().then_some("the account of a practice call cannot be changed"),
            When::LogIn if core.is_running() => Some("wait until the checks are done, then press p"),
            When::LogIn => match &core.log_in {
                Destination::None(why) => Some(why),
                Destination::Proven { .. } | Destination::Unproven(_) => None,
            },
            When::Question => {
                let has_one = !core.diagnosis.questions.is_empty() || !core.session.answers.is_empty();
                (!has_one).then_some("there is no open question")
            }
            When::Lesson | When::Guessed if core.lesson.is_none() => {
                Some("nothing to guess: only `mailtriage practice` without a name hides the result")
            }
            When::Lesson => (!core.is_hidden()).then_some("you have guessed already: the result is on the screen"),
            When::Guessed => core.is_hidden().then_some("guess the cause first"),
            When::TwoRuns => (core.session.runs.len() < 2).then_some("there is no run before this one: r checks again"),
            When::Finding => core.find.is_none().then_some("no word to search for yet: type one after /"),
        }
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The places where it applies.
    pub places: &'static [Place],
    /// The key itself.
    pub key: KeyCode,
    /// What it does.
    pub action: Action,
    /// A word or two for the footer; if empty, the key is not there, or only where there is room for `more`.
    pub says: &'static str,
    /// A word or two for the footer of a wide screen.
    pub more: &'static str,
    /// A sentence for the help.
    pub explains: &'static str,
    /// When it works.
    pub when: When,
}

impl Row {
    const fn when(self, when: When) -> Self {
        Row { when, ..self }
    }

    const fn more(self, more: &'static str) -> Self {
        Row { more, ..self }
    }

    /// The key's name on the screen.
    pub fn shown(&self) -> String {
        name(self.key)
    }
}

/// What the help says about the keys that are in no row.
pub const CTRL: &str = "\
Ctrl-C ends the program, wherever it is pressed. Ctrl-Z suspends it (not on Windows); fg brings it back.
The wheel scrolls; a click marks a line, and opens it if it is marked; a key in the last line can be clicked.
To select text, hold Shift (on a Mac: Option or Fn) while dragging, or switch the mouse off with M.
";

/// The character of a key that is pressed with Ctrl; in raw mode such keys arrive like others.
pub fn ctrl(event: &KeyEvent) -> Option<char> {
    let is_ctrl = event.kind != KeyEventKind::Release && event.modifiers.contains(KeyModifiers::CONTROL);
    match event.code {
        Char(c) if is_ctrl => Some(c),
        _ => None,
    }
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
    table().iter().filter(move |row| row.places.contains(&place))
}

/// Every place that has a key.
pub fn places() -> Vec<Place> {
    PLACES.into_iter().filter(|place| at(*place).next().is_some()).collect()
}

static CHANGED: OnceLock<Vec<Row>> = OnceLock::new();

/// The table that applies: somebody's own, once it has been laid over this one.
pub fn table() -> &'static [Row] {
    CHANGED.get().map_or(KEYS, Vec::as_slice)
}

/// Puts somebody's own table in place of ours, once, before anything reads it.
pub fn lay_over(rows: Vec<Row>) {
    let _ = CHANGED.set(rows);
}

/// The table with other keys for one action. In a screen with a text field a letter stays a letter: there, the keys
/// remain as they were unless one of the new ones is none.
pub fn with_keys(rows: &[Row], action: Action, keys: &[KeyCode]) -> Vec<Row> {
    let mut out = Vec::new();
    for row in rows {
        if row.action != action {
            out.push(*row);
            continue;
        }
        for place in row.places {
            let is_field = FIELDS.contains(place) || *place == Save;
            let usable = |key: &&KeyCode| !(is_field && matches!(key, Char(_)));
            let at = PLACES.iter().position(|other| other == place).unwrap_or(0);
            let row = Row { places: &PLACES[at..=at], ..*row };
            let new: Vec<Row> = keys.iter().filter(usable).map(|key| Row { key: *key, ..row }).collect();
            let is_new = |row: &Row| {
                let same = |other: &Row| (other.key, other.places, other.action) == (row.key, row.places, row.action);
                !out.iter().any(same)
            };
            let new: Vec<Row> = if new.is_empty() { vec![row] } else { new };
            let new: Vec<Row> = new.into_iter().filter(is_new).collect();
            out.extend(new);
        }
    }
    out
}

/// A key that means two things in one place: the place, the key, and both actions.
pub fn clash(rows: &[Row]) -> Option<(Place, KeyCode, Action, Action)> {
    PLACES.into_iter().find_map(|place| {
        let here: Vec<&Row> = rows.iter().filter(|row| row.places.contains(&place)).collect();
        here.iter().enumerate().find_map(|(index, row)| {
            let other = here[..index].iter().find(|other| other.key == row.key)?;
            Some((place, row.key, other.action, row.action))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use KeyCode::{F, PageDown};

    #[test]
    fn no_key_means_two_things() {
        assert_eq!(clash(KEYS), None);
    }

    #[test]
    fn letters_belong_to_fields() {
        for place in FIELDS {
            assert!(at(*place).all(|row| !matches!(row.key, Char(_))), "{place:?}");
        }
    }

    #[test]
    fn names_lead_back_to_keys() {
        for row in KEYS {
            assert_eq!(by_name(&row.shown()), Some(row.key));
        }
        assert_eq!((by_name("pgdn"), by_name("F13"), by_name("Ctrl-X")), (Some(PageDown), None, None));
    }

    #[test]
    fn other_keys_for_an_action() {
        let rows = with_keys(KEYS, Action::Help, &[Char('!'), F(5)]);
        let keys = |place: Place| -> Vec<KeyCode> {
            let here = rows.iter().filter(|row| row.places.contains(&place) && row.action == Action::Help);
            here.map(|row| row.key).collect()
        };
        assert_eq!((keys(Dashboard), keys(Form)), (vec![Char('!'), F(5)], vec![F(5)]));
        assert_eq!(clash(&rows), None);
        let rows = with_keys(KEYS, Action::Note, &[Char('s')]);
        assert!(matches!(clash(&rows), Some((Dashboard, Char('s'), Action::Save, Action::Note))));
    }
}
