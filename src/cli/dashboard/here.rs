//! This computer as the screen's world outside: its clock, disk, clipboard and lab, each in a file of its own.

use super::super::lab;
use super::{clipboard, refusals, saving, solved};
use crate::machine::Machine;
use crate::session::journal::{self, Interrupted, Journal};
use crate::session::{Event, Session};
use crate::text::reason;
use crate::tui::app::App;
use crate::tui::effect::SaveHow;
use crate::tui::outside::{Begun, Outside};
use etcetera::BaseStrategy;
use futures::future::BoxFuture;
use std::borrow::Cow;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whether sessions are stored as they go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keeping {
    /// Sessions are kept in a journal, and refused log-ins are counted.
    On,
    /// Nothing is stored: in the lab, and for saved sessions.
    Off,
}

/// This computer.
pub(super) struct Here {
    keeping: Keeping,
    journal: Option<Journal>,
    /// Whether the journal could not be written, which is reported once.
    cannot_keep: bool,
    /// Where the marks of solved practice calls are stored, if they are.
    marks: Option<PathBuf>,
    /// The clock that dates files.
    clock: Arc<dyn Machine>,
}

impl Here {
    pub(super) fn new(keeping: Keeping, clock: Arc<dyn Machine>) -> Self {
        Here { keeping, journal: None, cannot_keep: false, marks: None, clock }
    }

    /// Stores the marks of solved practice calls in this file at the end.
    pub(super) fn keeping_solved(mut self, file: Option<PathBuf>) -> Self {
        self.marks = file;
        self
    }

    /// The session ended. One that a signal or a lost terminal ended unsaved is kept and offered again; what became of it
    /// is then returned, for the person.
    pub(super) fn end(self, app: &App) -> Option<Cow<'static, str>> {
        if let Some(marks) = self.marks {
            return solved::write(&marks, &app.core.solved).err().map(Cow::Owned);
        }
        let lost = app.core.was_cut && app.core.unsaved;
        match self.journal {
            Some(_) if lost && !self.cannot_keep => {
                Some("ended from outside; the session is kept: start mailtriage without an address to resume it".into())
            }
            Some(_) if lost => Some(
                "ended from outside; the session is kept only in part, because no more could be written to the disk"
                    .into(),
            ),
            Some(journal) => {
                journal.end();
                None
            }
            None => lost.then_some("ended from outside; the report was not saved".into()),
        }
    }

    fn keep(&mut self, session: &Session, events: &[Event]) -> io::Result<()> {
        let at = self.now();
        let journal = match &mut self.journal {
            Some(journal) => journal,
            none => {
                let folder = journal_folder().ok_or(ErrorKind::NotFound)?;
                none.insert(Journal::begin(&folder, session, at)?)
            }
        };
        events.iter().try_for_each(|event| journal.add(event))
    }
}

/// The interrupted sessions.
pub(super) fn interrupted() -> Interrupted {
    journal_folder().map(|folder| journal::interrupted(&folder)).unwrap_or_default()
}

/// The folder in which a session is stored as it goes; `None` if there is no home folder, or not an absolute one.
fn journal_folder() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("journal"))
}

/// Where the marks of solved practice calls are stored; `None` if there is no place for them.
pub(super) fn solved_file() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("solved.json"))
}

/// Where what outlives the program is stored.
fn state_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("mailtriage");
    // A relative HOME would lead to wherever the program was started.
    folder.is_absolute().then_some(folder)
}

impl Outside for Here {
    fn now(&self) -> jiff::Timestamp {
        self.clock.now()
    }

    fn save(&mut self, session: &Session, how: &SaveHow) -> Result<String, String> {
        saving::save(session, how, self.now())
    }

    fn copy(&mut self, text: String) -> BoxFuture<'static, String> {
        let at = self.now();
        Box::pin(async move { clipboard::copy(&text, at).await })
    }

    fn journal(&mut self, session: &Session, events: &[Event]) -> Result<(), String> {
        if self.keeping == Keeping::Off || self.cannot_keep {
            return Ok(());
        }
        self.keep(session, events).map_err(|why| {
            self.cannot_keep = true;
            format!(
                "This session can no longer be saved as it goes (disk: {}); if the program is killed, what follows \
                 is lost.",
                reason(&why)
            )
        })
    }

    fn refused(&mut self, session: &Session, one_more: bool) -> u32 {
        let file = state_folder().map(|folder| folder.join("refused.json"));
        match (self.keeping, file) {
            (Keeping::On, Some(file)) => {
                let day = self.now().strftime("%Y-%m-%d").to_string();
                refusals::count(&file, &session.account.address, &day, one_more)
            }
            _ => 0,
        }
    }

    fn practice(&mut self, name: &str) -> Result<Begun, String> {
        lab::begin(name)
    }

    fn recover(&mut self, path: &Path) -> Result<Session, String> {
        let session = journal::recover(path)?;
        // From here on it is kept in a journal of its own, which begins with everything that was in the old one.
        self.keeping = Keeping::On;
        if let Some(folder) = journal_folder()
            && let Ok(journal) = Journal::take_over(path, &folder)
        {
            self.journal = Some(journal);
        }
        Ok(session)
    }

    fn forget(&mut self, path: &Path) -> Result<(), String> {
        let folder = journal_folder().ok_or("there is no folder of sessions")?;
        journal::forget(path, &folder).map_err(|error| format!("not deleted: {}", reason(&error)))
    }
}
