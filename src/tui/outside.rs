//! The seam to the world outside the screen: the world to check, and what the loop does on the disk, with the
//! clipboard and in the lab. Provided by whatever starts the screen.

use super::core::Lesson;
use super::effect::{Request, SaveHow};
use crate::check::Options;
use crate::session::{Event, Session};
use crate::world::World;
use futures::future::BoxFuture;
use std::path::Path;

/// A world to check, and the options for it.
#[derive(Clone)]
pub struct Bench {
    /// The network and the machine, real or the lab's.
    pub world: World,
    /// The options of the run.
    pub options: Options,
}

/// A scenario that has been started.
pub struct Begun {
    /// A session over the scenario's account.
    pub session: Session,
    /// Its world, and the options for checking it.
    pub bench: Bench,
    /// What there is to guess.
    pub lesson: Option<Lesson>,
    /// What to run first.
    pub first: Request,
}

/// What the loop does outside the screen.
pub trait Outside {
    /// What time it is.
    fn now(&self) -> jiff::Timestamp;

    /// Writes the report; returns what to tell the person.
    ///
    /// # Errors
    /// Why nothing was written.
    fn save(&mut self, session: &Session, how: &SaveHow) -> Result<String, String>;

    /// Puts a text where it can be pasted from; says in the end what to tell the person. The screen goes on meanwhile.
    fn copy(&mut self, text: String) -> BoxFuture<'static, String>;

    /// Keeps what happened, so that nothing is lost if the program is killed.
    ///
    /// # Errors
    /// What the person should know, told once.
    fn journal(&mut self, session: &Session, events: &[Event]) -> Result<(), String>;

    /// How many log-ins of the session's account were refused today, including the one that has just been refused, if
    /// any.
    fn refused(&mut self, session: &Session, one_more: bool) -> u32;

    /// Begins the scenario of this name.
    ///
    /// # Errors
    /// What is wrong with it.
    fn practice(&mut self, name: &str) -> Result<Begun, String>;

    /// Takes up a session that broke off, from its journal.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn recover(&mut self, journal: &Path) -> Result<Session, String>;

    /// Deletes a session that broke off.
    ///
    /// # Errors
    /// Why it is still there.
    fn forget(&mut self, journal: &Path) -> Result<(), String>;
}
