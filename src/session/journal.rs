//! The journal: a session on disk as it goes, one line per event, so that a kill at any moment loses nothing. It
//! contains what the session contains: never a password.

use super::{Event, Machine, Session};
use crate::account::Account;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// The first line of a journal.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    journal: String,
    account: Account,
    machine: Machine,
    runs_as: String,
    begun: jiff::Timestamp,
}

const KIND: &str = "mailtriage.journal/1";
/// A longer journal was not written by us.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// An open journal. The file is locked while the session is running, so that another session leaves it alone.
pub struct Journal {
    file: File,
    path: PathBuf,
}

/// A journal whose session was interrupted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenOff {
    /// The journal's file.
    pub path: PathBuf,
    /// The account's mail address.
    pub address: String,
    /// When the session began.
    pub begun: jiff::Timestamp,
}

impl Journal {
    /// Starts a journal in this folder, readable by its owner only.
    pub fn begin(folder: &Path, session: &Session, at: jiff::Timestamp) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = tempfile::Builder::new().prefix("session-").suffix(".jsonl").tempfile_in(folder)?;
        let (file, path) = file.keep().map_err(|error| error.error)?;
        file.lock()?;
        let head = Head {
            journal: KIND.to_owned(),
            account: session.account.clone(),
            machine: session.machine.clone(),
            runs_as: session.runs_as.clone(),
            begun: at,
        };
        let mut journal = Journal { file, path };
        journal.write(&head)?;
        Ok(journal)
    }

    /// Continues a journal whose session was interrupted.
    pub fn take_over(path: &Path, folder: &Path) -> io::Result<Self> {
        if path.parent() != Some(folder) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        // A line that was cut off must not swallow the next one.
        let mut file = OpenOptions::new().read(true).append(true).open(path)?;
        file.try_lock().map_err(|_| io::Error::from(io::ErrorKind::WouldBlock))?;
        file.write_all(b"\n")?;
        Ok(Journal { file, path: path.to_owned() })
    }

    /// Adds what happened.
    pub fn add(&mut self, event: &Event) -> io::Result<()> {
        self.write(event)
    }

    /// Writes one line in one write: a kill leaves whole lines and at most one half.
    fn write(&mut self, value: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(value)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }

    /// The session ended normally: removes the journal, so that nothing is offered next time.
    pub fn end(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The journals in a folder whose sessions were interrupted, the latest first. Those of running sessions are locked.
pub fn broken_off(folder: &Path) -> Vec<BrokenOff> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<BrokenOff> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .filter_map(|path| {
            let file = File::open(&path).ok()?;
            if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
                return None;
            }
            let mut line = String::new();
            BufReader::new(file.take(1024 * 1024)).read_line(&mut line).ok()?;
            let head: Head = serde_json::from_str(&line).ok().filter(|head: &Head| head.journal == KIND)?;
            Some(BrokenOff { path, address: head.account.address.to_string(), begun: head.begun })
        })
        .collect();
    found.sort_by_key(|found| std::cmp::Reverse(found.begun));
    found
}

/// The session in a journal, as far as its lines are complete. The error is a message for people.
pub fn recover(path: &Path) -> Result<Session, String> {
    let cannot = |why: String| format!("{} cannot be resumed: {why}", path.display());
    let file = OpenOptions::new().read(true).open(path).map_err(|error| cannot(error.to_string()))?;
    let mut lines = BufReader::new(file.take(MOST_BYTES)).split(b'\n').map_while(Result::ok);
    let head = lines.next().and_then(|line| serde_json::from_slice::<Head>(&line).ok());
    let head = head.filter(|head| head.journal == KIND).ok_or_else(|| cannot("it is not a journal".to_owned()))?;
    let mut session = Session::of(head.account, head.machine, head.runs_as);
    for line in lines {
        // Only a line that was cut off is missing.
        if let Ok(event) = serde_json::from_slice::<Event>(&line) {
            session.apply(event);
        }
    }
    // A run that was cut off has ended: what it had found counts.
    if let Some(run) = session.runs.last_mut().filter(|run| run.finished.is_none()) {
        run.cut_off();
    }
    Ok(session)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Address;
    use crate::machine::Local;

    fn session() -> Session {
        Session::new(Account::new(Address::parse("anna@example.com").unwrap()), &Local::default())
    }

    #[test]
    fn what_was_written_comes_back_and_what_was_cut_does_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let at = "2026-11-23T14:03:20Z".parse().unwrap();
        let mut journal = Journal::begin(folder.path(), &session(), at).unwrap();
        assert_eq!(broken_off(folder.path()), [], "a session that is still running is not offered");
        let events =
            [Event::Began { at, keeps: vec![] }, Event::Noted("one".to_owned()), Event::Noted("two".to_owned())];
        events.iter().for_each(|event| journal.add(event).unwrap());
        drop(journal);
        let found = broken_off(folder.path());
        assert_eq!((found.len(), found[0].address.as_str()), (1, "anna@example.com"));
        let whole = fs::read(&found[0].path).unwrap();
        assert_eq!(recover(&found[0].path).unwrap().notes, ["one", "two"]);
        for cut in (0..whole.len()).step_by(7) {
            fs::write(&found[0].path, &whole[..cut]).unwrap();
            if let Ok(session) = recover(&found[0].path) {
                assert!(session.notes.len() <= 2);
            }
        }
        fs::write(&found[0].path, b"\x00\xff no journal").unwrap();
        assert!(recover(&found[0].path).unwrap_err().contains("not a journal"));
        assert_eq!(broken_off(folder.path()), []);
    }
}
