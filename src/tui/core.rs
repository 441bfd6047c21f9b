//! What all screens share: the session, what follows from it, and what is remembered from screen to screen. What
//! follows is computed again when the session has changed, at most once per frame; screens only read it.

use super::destination::{Destination, destination};
use super::effect::SaveHow;
use super::theme::Theme;
use super::watch::Watch;
use crate::account::client;
use crate::facts::{Derived, Known, Why};
use crate::guide::{HEALTHY, UNDETERMINED, walk};
use crate::session::diagnosis::Diagnosis;
use crate::session::{Event, Session, guide};
use std::collections::BTreeMap;

/// A scenario that is being practised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lesson {
    /// The scenario's name.
    pub name: String,
    /// What the caller says.
    pub story: String,
    /// The true cause.
    pub cause: String,
    /// The cause that the learner guessed; the result is hidden until then.
    pub guess: Option<String>,
}

impl Lesson {
    /// Whether the guess was right; `None` before it.
    pub fn is_right(&self) -> Option<bool> {
        self.guess.as_ref().map(|guess| *guess == self.cause)
    }
}

/// What all screens share.
pub struct Core {
    /// The session.
    pub session: Session,
    /// The verdict on it.
    pub diagnosis: Diagnosis,
    /// The guide's facts that the verdict rests on.
    pub facts: Derived,
    /// Where a log-in would go.
    pub log_in: Destination,
    /// A line about what was done last.
    pub message: Option<String>,
    /// How long the run has taken, in milliseconds.
    pub elapsed_ms: u64,
    /// How the screen is drawn.
    pub theme: Theme,
    /// Whether there is a network to check; a saved report has none.
    pub can_run: bool,
    /// The practised scenario, in the lab.
    pub lesson: Option<Lesson>,
    /// The scenarios that have been guessed since the start, and whether rightly.
    pub solved: BTreeMap<String, bool>,
    /// Whether the terminal tells of the mouse.
    pub mouse: bool,
    /// The time zone in which times are shown.
    pub zone: jiff::tz::TimeZone,
    /// What it looks like as long as no verdict is reached: the headline of the cause that would follow if nothing more
    /// became known.
    pub so_far: Option<String>,
    /// Refused log-ins of this account today.
    pub refused_today: u32,
    /// Repeated checks of a fault that comes and goes.
    pub watch: Watch,
    /// How the report was last saved.
    pub last_save: Option<SaveHow>,
    /// Whether anything has happened since the last save.
    pub unsaved: bool,
    /// The word that is being searched for.
    pub find: Option<String>,
    /// Whether the session was ended by a signal and not by the person.
    pub was_cut: bool,
    /// Whether there is a screen to go back to.
    pub can_go_back: bool,
    /// What has happened and is not in the journal yet.
    pub happened: Vec<Event>,
    /// The mail program whose clicks are shown instead of those for the account's own program, by its index in the
    /// table, and the verdict with those clicks.
    chosen: Option<(usize, Diagnosis)>,
    has_changed: bool,
}

impl Core {
    /// What the screens of a session share.
    pub fn new(session: Session, theme: Theme) -> Self {
        let diagnosis = session.diagnosis();
        Core {
            log_in: destination(&session, &diagnosis),
            diagnosis,
            facts: session.facts(),
            session,
            message: None,
            elapsed_ms: 0,
            theme,
            can_run: true,
            lesson: None,
            solved: BTreeMap::new(),
            mouse: false,
            zone: jiff::tz::TimeZone::UTC,
            so_far: None,
            refused_today: 0,
            watch: Watch::default(),
            last_save: None,
            unsaved: false,
            find: None,
            was_cut: false,
            can_go_back: false,
            happened: Vec::new(),
            chosen: None,
            has_changed: false,
        }
    }

    /// Begins with another session; what belongs to the screen and to the learner stays.
    pub fn begin(&mut self, session: Session) {
        let mut next = Core::new(session, self.theme);
        (next.mouse, next.zone) = (self.mouse, self.zone.clone());
        next.solved = std::mem::take(&mut self.solved);
        *self = next;
    }

    /// Takes in what happened to the session.
    pub fn apply(&mut self, event: Event) {
        self.happened.push(event.clone());
        self.session.apply(event);
        self.has_changed = true;
        self.unsaved = true;
    }

    /// Computes again what follows from the session, if it has changed: once per frame, not once per event.
    pub fn refresh(&mut self) {
        if !std::mem::take(&mut self.has_changed) {
            return;
        }
        self.facts = self.session.facts();
        self.diagnosis = self.session.diagnosis();
        self.log_in = destination(&self.session, &self.diagnosis);
        self.so_far = (!self.diagnosis.reached).then(|| suspicion(&self.facts)).flatten();
        self.choose_program(self.chosen.as_ref().map(|(index, _)| *index));
    }

    /// Shows the clicks for this mail program of the table; `None` means the account's own.
    pub fn choose_program(&mut self, index: Option<usize>) {
        self.chosen = index.and_then(|index| {
            let program = client::all().get(index)?;
            Some((index, self.session.diagnosis_for(&program.id)))
        });
    }

    /// The verdict with the clicks that are shown, and the index of the mail program that they are for, if one is known.
    pub fn shown(&self) -> (&Diagnosis, Option<usize>) {
        match &self.chosen {
            Some((index, diagnosis)) => (diagnosis, Some(*index)),
            None => {
                let id = self.session.account.client.as_deref();
                let at_hand = client::all().iter().position(|client| Some(client.id.as_str()) == id);
                (&self.diagnosis, at_hand)
            }
        }
    }

    /// A time as the person's clock shows it.
    pub fn local(&self, at: jiff::Timestamp, format: &str) -> String {
        at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }

    /// What goes on without being looked at: the watch, its next round, and how to stop it.
    pub fn goes_on(&self) -> Option<String> {
        if !self.watch.is_on {
            return None;
        }
        let next = match self.watch.next {
            Some(at) => format!("next at {}", self.local(at, "%H:%M:%S")),
            None => "measuring".to_owned(),
        };
        Some(format!("watching: {}, {next}, w stops", self.watch.says()))
    }

    /// Takes the guess of a learner.
    pub fn guess(&mut self, cause: String) {
        if let Some(lesson) = &mut self.lesson {
            lesson.guess = Some(cause);
            self.solved.insert(lesson.name.clone(), lesson.is_right() == Some(true));
        }
    }

    /// Tells the person something, in the line above the keys.
    pub fn say(&mut self, text: impl Into<String>) {
        self.message = Some(text.into());
    }

    /// Whether a run is going on.
    pub fn is_running(&self) -> bool {
        self.can_run && self.session.run().is_some_and(|run| run.finished.is_none())
    }

    /// Whether the result is hidden from a learner.
    pub fn is_hidden(&self) -> bool {
        self.lesson.as_ref().is_some_and(|lesson| lesson.guess.is_none())
    }
}

/// The headline of the cause that would follow if nothing more became known than these facts; `None` if that is none.
fn suspicion(facts: &Derived) -> Option<String> {
    let known = |known: &Known| match known {
        Known::Pending(_) => Known::Unknown(Why::NotAsked),
        known => known.clone(),
    };
    let facts = facts.iter().map(|(name, fact)| (name.clone(), known(fact))).collect();
    let cause = walk::walk(guide(), &facts).reached?.cause;
    (cause != HEALTHY && cause != UNDETERMINED).then(|| guide().headline(&cause).to_owned())
}
