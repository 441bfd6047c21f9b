//! The table of keys as it is unless a file of somebody's own says otherwise. What is done with it is in `keymap`.

use super::Action as A;
use super::Place::{
    self, Ask, Check, Dashboard, Diagnosis, Form, Help, Leave, Line, LogIn, Menu, Question, Save, Sessions, Step, Text,
};
use super::{Row, When};
use ratatui::crossterm::event::KeyCode::{
    self, BackTab, Char, Delete, Down, End, Enter, Esc, F, Home, Left, PageDown, PageUp, Right, Tab, Up,
};

const fn row(places: &'static [Place], key: KeyCode, action: A, says: &'static str, explains: &'static str) -> Row {
    Row { places, key, action, says, more: "", explains, when: When::Always }
}

/// Screens without a text field, where letters are commands.
const READING: &[Place] = &[Dashboard, Check, Diagnosis, Step, Question, Text];
const LISTS: &[Place] = &[Dashboard, Check, Diagnosis, Step, Question, Form, LogIn, Save, Text, Menu, Sessions, Help];
const PAGED: &[Place] = &[Dashboard, Check, Diagnosis, Step, Question, Text, LogIn, Menu, Sessions, Help];
const ENDS: &[Place] = &[Dashboard, Check, Diagnosis, Step, Question, Text, Menu, Sessions, Help];
const CASE: &[Place] = &[Dashboard, Check, Diagnosis, Step, Question];
const STEPS: &[Place] = &[Dashboard, Diagnosis, Step, Question];
const SEARCHED: &[Place] = &[Check, Diagnosis, Text];
/// Screens with a text field, where a letter is a letter.
pub const FIELDS: &[Place] = &[Form, LogIn, Line, Menu, Sessions, Help];
const NOT_THE_DASHBOARD: &[Place] =
    &[Check, Diagnosis, Step, Question, LogIn, Save, Text, Line, Menu, Sessions, Help, Ask, Leave, Form];

const OTHER_SIDE: &str = "A message for the network, the provider or the administrator";
const OPENS: &str = "Opens the marked part: the result's clicks, a check's evidence, a step";
const MESSAGE: &str = "Sends one short message to the address itself after the log-in, or does not";
const ANSWERS: &str = "Answers the open question; changes or withdraws an answer";
const LOGS_IN: &str = "Tests the log-in, once, with a password that the caller types";
const EDITS: &str = "Changes what is known about the account; checks what that affects";
const HELPS: &str = "The keys and the guide's pages; type an error number or any words to find some";
const STORED: &str = "The accounts that mail programs have stored on this computer";
const LEAVES_OUT: &str = "Leaves the marked item out, or includes it";
const BY_HAND: &str = "What to do by hand, without this program";
const GUESSES: &str = "Practice: guess the cause before it is shown";
const HINTS: &str = "Practice: where to look";
const NEXT_CALL: &str = "Practice: the next call";
const MOUSE: &str = "The mouse on or off: while it is off, the terminal can select text";

/// All keys as they are unless somebody's file says otherwise, in the order in which the footer shows them.
pub const KEYS: &[Row] = &[
    row(LISTS, Up, A::Up, "", "The line above"),
    row(LISTS, Down, A::Down, "", "The line below"),
    row(READING, Char('k'), A::Up, "", "The line above"),
    row(READING, Char('j'), A::Down, "", "The line below"),
    row(&[Form, Step, Question, Check, Save], Left, A::Left, "", "The previous choice, step or group"),
    row(&[Form, Step, Question, Check, Save], Right, A::Right, "", "The next choice, step or group"),
    row(ENDS, Home, A::First, "", "The first line"),
    row(ENDS, End, A::Last, "", "The last line"),
    row(READING, Char('g'), A::First, "", "The first line"),
    row(READING, Char('G'), A::Last, "", "The last line"),
    row(PAGED, PageUp, A::PageUp, "", "A page up"),
    row(PAGED, PageDown, A::PageDown, "", "A page down").more("page"),
    row(READING, Char(' '), A::PageDown, "", "A page down"),
    row(&[Form], Enter, A::Open, "start", "Starts the checks"),
    row(&[Dashboard], Enter, A::Open, "open", OPENS),
    row(&[Menu, Sessions, Help], Enter, A::Open, "open", "Opens the marked line"),
    row(&[LogIn], Enter, A::Open, "test once", "Tests the log-in, once"),
    row(&[LogIn], Tab, A::Toggle, "with a message", MESSAGE),
    row(&[Save], Enter, A::Open, "save", "Saves the report"),
    row(&[Line], Enter, A::Open, "done", "Accepts what was typed"),
    row(&[Question], Enter, A::Open, "answer", "Answers with the marked line"),
    row(&[Sessions], Delete, A::Delete, "delete", "Deletes the marked session"),
    row(&[Diagnosis], Char('o'), A::Program, "other program", "The clicks for another mail program"),
    row(&[Diagnosis], Char('x'), A::OtherSide, "text for them", OTHER_SIDE),
    row(&[Dashboard], Char('x'), A::OtherSide, "", OTHER_SIDE).more("text for them"),
    row(&[Form, Save], Tab, A::Part, "next field", "The next field"),
    row(&[Form, Save], BackTab, A::PartBack, "", "The previous field"),
    row(&[Dashboard], Tab, A::Part, "", "The next part: result, checks, steps").more("next part"),
    row(&[Dashboard], BackTab, A::PartBack, "", "The previous part"),
    row(&[Dashboard], Char('v'), A::Guess, "guess", GUESSES).when(When::Lesson),
    row(&[Dashboard], Char('i'), A::Hint, "hint", HINTS).when(When::Lesson),
    row(&[Dashboard], Char('n'), A::NextCall, "next call", NEXT_CALL).when(When::Guessed),
    row(STEPS, Char('a'), A::Answer, "answer", ANSWERS).when(When::Question),
    row(&[Question], Char('1'), A::Choose(1), "", "The first answer"),
    row(&[Question], Char('2'), A::Choose(2), "", "The second answer"),
    row(&[Question], Char('3'), A::Choose(3), "", "The third answer"),
    row(&[Question], Char('4'), A::Choose(4), "", "The fourth answer"),
    row(&[Question], Char('5'), A::Choose(5), "", "The fifth answer"),
    row(&[Question], Char('6'), A::Choose(6), "", "The sixth answer"),
    row(&[Question], Delete, A::Withdraw, "", "Withdraws the answer"),
    row(&[Question], Char('0'), A::Withdraw, "", "Withdraws the answer"),
    row(CASE, Char('p'), A::LogIn, "log-in", LOGS_IN).when(When::LogIn),
    row(CASE, Char('s'), A::Save, "save", "Saves the report for the reader that you choose"),
    row(CASE, Char('e'), A::Edit, "edit", EDITS).when(When::OwnAccount),
    row(CASE, Char('r'), A::Again, "again", "Checks everything again, without a log-in").when(When::Network),
    row(&[Check], Tab, A::Part, "", "By check, or in order of time").more("by time"),
    row(&[Dashboard, Check], Char('R'), A::AgainGroup, "", "Checks the marked group again, without a log-in")
        .more("this group again")
        .when(When::Network),
    row(&[Dashboard], Char('b'), A::Changes, "", "Before and after: what differs from the previous run")
        .more("before and after")
        .when(When::TwoRuns),
    row(&[Dashboard], Char('w'), A::Watch, "", "Watches: ports, DNS and greeting every minute, without a log-in")
        .more("watch")
        .when(When::Network),
    row(CASE, Char('S'), A::SaveAtOnce, "", "Saves at once, in the same way as last time").more("save at once"),
    row(STEPS, Char('h'), A::ByHand, "by hand", BY_HAND),
    row(&[Dashboard, Diagnosis, Check, Text], Char('c'), A::Copy, "copy", "Copies what is shown as text"),
    row(CASE, Char('m'), A::Note, "note", "Writes a note into the report"),
    row(SEARCHED, Char('/'), A::Find, "find", "Finds a word"),
    row(SEARCHED, Char('n'), A::FindNext, "", "The next match").more("next match").when(When::Finding),
    row(SEARCHED, Char('N'), A::FindBefore, "", "The previous match").when(When::Finding),
    row(READING, Char('M'), A::Mouse, "", MOUSE),
    row(&[Save], F(2), A::Preview, "look", "Shows the first page as it will be saved"),
    row(&[Save], Char(' '), A::Toggle, "leave out", LEAVES_OUT),
    row(READING, Char('?'), A::Help, "help", HELPS),
    row(&[Form], F(2), A::Stored, "accounts here", STORED),
    row(&[Form, LogIn, Save, Menu, Sessions], F(1), A::Help, "help", HELPS),
    row(&[Ask], Char('y'), A::Yes, "yes", "Yes"),
    row(&[Ask], Char('n'), A::No, "no", "No"),
    row(&[Leave], Char('y'), A::Yes, "quit", "Ends the program; nothing is saved"),
    row(&[Leave], Char('s'), A::Save, "save", "Saves the report first"),
    row(&[Leave], Char('n'), A::No, "", "Goes on"),
    row(NOT_THE_DASHBOARD, Esc, A::Back, "back", "Back to where you were"),
    row(&[Dashboard], Esc, A::Back, "", "Back; in practice, to the list of calls").more("back"),
    row(READING, Char('q'), A::Quit, "quit", "Ends the program; asks if something would be lost"),
];
