//! The state of the screen and how it changes: inputs go in, effects come out. Nothing is drawn or done here.

use super::keymap::{self, Action, Place};
use super::theme::Theme;
use crate::check::Group;
use crate::session::diagnosis::Diagnosis;
use crate::session::{Event, Session};
use ratatui::crossterm::event::KeyEvent;

/// What the loop is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Write the report to disk.
    Save,
    /// End the program.
    Quit,
}

/// Which screen is shown, with what belongs to it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Screen {
    /// Result, checks, detail.
    Dashboard,
    /// The keys; how far it is scrolled.
    Help(usize),
}

/// Everything that the screen shows.
pub struct App {
    /// The one state.
    pub session: Session,
    /// The verdict on it, made anew when it has changed.
    pub diagnosis: Diagnosis,
    /// Which screen.
    pub screen: Screen,
    /// The group that the detail is about.
    pub selected: usize,
    /// How far the detail is scrolled.
    pub scroll: usize,
    /// A line about what was done last.
    pub message: Option<String>,
    /// How long the run has taken, in milliseconds.
    pub elapsed_ms: u64,
    /// How it is drawn.
    pub theme: Theme,
    changed: bool,
}

impl App {
    /// A screen over a session.
    pub fn new(session: Session, theme: Theme) -> Self {
        let diagnosis = session.diagnosis();
        App {
            session,
            diagnosis,
            screen: Screen::Dashboard,
            // The ports: what most calls are about.
            selected: 3,
            scroll: 0,
            message: None,
            elapsed_ms: 0,
            theme,
            changed: false,
        }
    }

    /// Takes in what happened to the session.
    pub fn apply(&mut self, event: Event) {
        self.session.apply(event);
        self.changed = true;
    }

    /// Makes the verdict anew, if something has changed: once a frame, not once an event.
    pub fn refresh(&mut self) {
        if std::mem::take(&mut self.changed) {
            self.diagnosis = self.session.diagnosis();
        }
    }

    /// The group that is looked at.
    pub fn group(&self) -> Group {
        Group::ALL[self.selected.min(Group::ALL.len() - 1)]
    }

    /// Whether a run goes on.
    pub fn is_running(&self) -> bool {
        self.session.run().is_some_and(|run| run.finished.is_none())
    }

    /// Where keys are looked up.
    pub fn place(&self) -> Place {
        match self.screen {
            Screen::Dashboard => Place::Dashboard,
            Screen::Help(_) => Place::Help,
        }
    }

    /// A key was pressed.
    pub fn key(&mut self, event: &KeyEvent) -> Option<Effect> {
        let action = keymap::action(self.place(), event)?;
        self.message = None;
        match (&mut self.screen, action) {
            (_, Action::Quit) => return Some(Effect::Quit),
            (Screen::Dashboard, Action::Save) => return Some(Effect::Save),
            (Screen::Dashboard, Action::Help) => self.screen = Screen::Help(0),
            (Screen::Dashboard, Action::Up) => self.select(self.selected.saturating_sub(1)),
            (Screen::Dashboard, Action::Down) => self.select(self.selected + 1),
            (Screen::Dashboard, Action::First) => self.select(0),
            (Screen::Dashboard, Action::Last) => self.select(usize::MAX),
            (Screen::Dashboard, Action::PageUp) => self.scroll = self.scroll.saturating_sub(5),
            (Screen::Dashboard, Action::PageDown) => self.scroll += 5,
            (Screen::Help(_), Action::Back) => self.screen = Screen::Dashboard,
            (Screen::Help(scroll), Action::Up) => *scroll = scroll.saturating_sub(1),
            (Screen::Help(scroll), Action::Down) => *scroll += 1,
            (Screen::Help(scroll), Action::PageUp) => *scroll = scroll.saturating_sub(10),
            (Screen::Help(scroll), Action::PageDown) => *scroll += 10,
            (Screen::Help(scroll), Action::First) => *scroll = 0,
            _ => {}
        }
        None
    }

    fn select(&mut self, index: usize) {
        self.selected = index.min(Group::ALL.len() - 1);
        self.scroll = 0;
    }
}
