//! The state behind the screens and how it changes: inputs go in, effects come out. Nothing is drawn or done here.

use super::keymap::{self, Action, Place};
use super::screens::Screen;
use super::screens::ask::Ask;
use super::theme::Theme;
use crate::account::Account;
use crate::check::Group;
use crate::check::secret::Attempt;
use crate::report::first_page::Reader;
use crate::report::redact::LeftOut;
use crate::session::diagnosis::Diagnosis;
use crate::session::{Event, Session};
use ratatui::crossterm::event::{Event as Input, KeyEvent};
use std::collections::VecDeque;

/// What the loop is to do.
pub enum Effect {
    /// Run checks.
    Run(Box<Request>),
    /// Write the report to disk.
    Save(SaveHow),
    /// Put a text where it can be pasted from.
    Copy(String),
    /// Begin a scenario of the lab.
    Practice(String),
    /// Take up a session that broke off.
    Recover(String),
    /// End the program.
    Quit,
}

/// A run that is wanted.
pub struct Request {
    /// The account, if it is another than before.
    pub account: Option<Account>,
    /// Only these groups and what they rest on; all, where none stand here.
    pub only: Vec<Group>,
    /// What of the last run still holds.
    pub keeps: Vec<Group>,
    /// For the one log-in.
    pub attempt: Option<Attempt>,
}

impl Request {
    /// Everything, with nothing kept.
    pub fn everything() -> Self {
        Request { account: None, only: vec![], keeps: vec![], attempt: None }
    }

    /// Everything again, without log-in; what the log-in showed still holds.
    pub fn again() -> Self {
        let only = Group::ALL.into_iter().filter(|group| !LOG_IN.contains(group)).collect();
        Request { account: None, only, keeps: LOG_IN.to_vec(), attempt: None }
    }

    /// One group again, and what it rests on.
    pub fn group(group: Group) -> Self {
        Request { account: None, only: vec![group], keeps: Group::ALL.to_vec(), attempt: None }
    }

    /// The log-in and what comes after it.
    pub fn log_in(attempt: Attempt) -> Self {
        Request { account: None, only: LOG_IN.to_vec(), keeps: Group::ALL.to_vec(), attempt: Some(attempt) }
    }

    /// What is known of the account has changed: the connection itself has not.
    pub fn edited(account: Account) -> Self {
        let touched = [Group::Settings, Group::Dns, Group::Ports, Group::Smtp, Group::Tls];
        Request { account: Some(account), only: touched.to_vec(), keeps: vec![Group::Internet], attempt: None }
    }
}

/// The groups that need a password.
pub const LOG_IN: [Group; 2] = [Group::Login, Group::Sending];

/// For whom and how a report is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveHow {
    /// The reader.
    pub reader: Reader,
    /// What is left out.
    pub left_out: LeftOut,
    /// The folder; empty is the first that can be written.
    pub folder: String,
}

/// A scenario that is being practised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// What the caller says.
    pub story: String,
    /// The truth.
    pub cause: String,
    /// What the learner guessed; the result is hidden until then.
    pub guess: Option<String>,
}

/// Repeated checks of a fault that comes and goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    /// The latest rounds: when, whether all was well, what was not.
    pub rounds: VecDeque<(String, bool, String)>,
    /// Whether the next round is waited for.
    pub is_on: bool,
}

/// What all screens share.
pub struct Core {
    /// The one state.
    pub session: Session,
    /// The verdict on it, made anew when it has changed.
    pub diagnosis: Diagnosis,
    /// A line about what was done last.
    pub message: Option<String>,
    /// How long the run has taken, in milliseconds.
    pub elapsed_ms: u64,
    /// How it is drawn.
    pub theme: Theme,
    /// Whether there is a network to check; a saved report has none.
    pub can_run: bool,
    /// The scenario, in the lab.
    pub lesson: Option<Lesson>,
    /// Refused log-ins of this account today.
    pub refused_today: u32,
    /// The watch.
    pub watch: Watch,
    /// The mail program, by its place in the table, whose clicks are shown; none is the one at hand.
    pub shown_program: Option<usize>,
    /// As it was saved last.
    pub last_save: Option<SaveHow>,
    /// Whether anything has happened since the last save.
    pub unsaved: bool,
    /// The word that is looked for.
    pub find: Option<String>,
    /// Whether the screen is to go to its next place at once.
    pub find_now: bool,
    /// Whether a signal ended the session, and not the person.
    pub was_cut: bool,
    /// What has happened and is not in the journal yet.
    pub happened: Vec<Event>,
    changed: bool,
}

impl Core {
    /// Takes in what happened to the session.
    pub fn apply(&mut self, event: Event) {
        self.happened.push(event.clone());
        self.session.apply(event);
        self.changed = true;
        self.unsaved = true;
    }

    /// Whether a run goes on.
    pub fn is_running(&self) -> bool {
        self.can_run && self.session.run().is_some_and(|run| run.finished.is_none())
    }

    /// Whether the result is hidden from a learner.
    pub fn is_hidden(&self) -> bool {
        self.lesson.as_ref().is_some_and(|lesson| lesson.guess.is_none())
    }
}

/// What a screen wants after an input.
pub enum Next {
    /// Nothing more.
    Stay,
    /// Back to the screen before.
    Back,
    /// Another screen over this one.
    Go(Box<Screen>),
    /// Another screen in place of this one.
    Instead(Box<Screen>),
    /// Something done, and stay.
    Do(Effect),
    /// Something done, and back.
    DoAndBack(Effect),
    /// Something done, and to the dashboard.
    DoAndHome(Effect),
}

/// Everything.
pub struct App {
    /// What all screens share.
    pub core: Core,
    /// The screen that is shown.
    pub screen: Screen,
    behind: Vec<Screen>,
}

impl App {
    /// A screen over a session.
    pub fn new(session: Session, theme: Theme, screen: Screen) -> Self {
        let diagnosis = session.diagnosis();
        let core = Core {
            session,
            diagnosis,
            message: None,
            elapsed_ms: 0,
            theme,
            can_run: true,
            lesson: None,
            refused_today: 0,
            watch: Watch::default(),
            shown_program: None,
            last_save: None,
            unsaved: false,
            find: None,
            find_now: false,
            was_cut: false,
            happened: Vec::new(),
            changed: false,
        };
        App { core, screen, behind: Vec::new() }
    }

    /// With another screen over it, to be dealt with first.
    pub fn under(mut self, screen: Screen) -> Self {
        self.go(screen);
        self
    }

    /// Makes the verdict anew, if something has changed: once a frame, not once an event.
    pub fn refresh(&mut self) {
        if std::mem::take(&mut self.core.changed) {
            self.core.diagnosis = self.core.session.diagnosis();
        }
    }

    /// Where keys are looked up.
    pub fn place(&self) -> Place {
        self.screen.place()
    }

    /// A key, a paste.
    pub fn input(&mut self, input: &Input) -> Option<Effect> {
        match input {
            Input::Key(event) => self.key(event),
            Input::Paste(text) => {
                self.screen.paste(text);
                None
            }
            _ => None,
        }
    }

    fn key(&mut self, event: &KeyEvent) -> Option<Effect> {
        let Some(action) = keymap::action(self.place(), event) else {
            self.screen.type_key(event);
            return None;
        };
        self.core.message = None;
        self.refresh();
        if action == Action::Quit {
            return self.quit(event);
        }
        let next = self.screen.act(action, &mut self.core);
        self.follow(next)
    }

    /// Ends; asks first where something would be lost. Ctrl-C does not ask: the journal keeps the session.
    fn quit(&mut self, event: &KeyEvent) -> Option<Effect> {
        let asks = event.modifiers.is_empty()
            && self.core.unsaved
            && self.core.can_run
            && self.core.lesson.is_none()
            && self.core.session.run().is_some();
        if !asks {
            return Some(Effect::Quit);
        }
        let ask = Ask::new("The report has not been saved. End all the same?", || Next::Do(Effect::Quit));
        self.go(Screen::Ask(ask));
        None
    }

    fn go(&mut self, screen: Screen) {
        self.behind.push(std::mem::replace(&mut self.screen, screen));
    }

    fn back(&mut self) {
        if let Some(screen) = self.behind.pop() {
            self.screen = screen;
        }
    }

    fn follow(&mut self, next: Next) -> Option<Effect> {
        match next {
            Next::Stay => None,
            Next::Back => {
                self.back();
                if std::mem::take(&mut self.core.find_now) {
                    self.screen.act(Action::FindNext, &mut self.core);
                }
                None
            }
            Next::Go(screen) => {
                self.go(*screen);
                None
            }
            Next::Instead(screen) => {
                self.screen = *screen;
                None
            }
            Next::Do(effect) => Some(effect),
            Next::DoAndBack(effect) => {
                self.back();
                Some(effect)
            }
            Next::DoAndHome(effect) => {
                self.home();
                Some(effect)
            }
        }
    }

    /// To the dashboard, from wherever.
    pub fn home(&mut self) {
        if !matches!(self.screen, Screen::Dashboard(_)) {
            let dashboard = self.behind.iter().position(|screen| matches!(screen, Screen::Dashboard(_)));
            self.screen = match dashboard {
                Some(index) => self.behind.swap_remove(index),
                None => Screen::Dashboard(Default::default()),
            };
        }
        self.behind.clear();
    }
}
