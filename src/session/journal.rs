//! The journal: a session on disk as it goes, one line per event, so that a kill at any moment loses nothing. It
//! contains what the session contains: never a password.

use super::{Event, Machine, Session};
use crate::account::Account;
use crate::machine::files;
use crate::text::small_sort::SmallSort;
use serde::{Deserialize, Serialize};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

/// The first line of a journal.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    journal: String,
    /// The case's id.
    #[serde(default)]
    id: String,
    account: Account,
    machine: Machine,
    runs_as: String,
    begun: jiff::Timestamp,
}

const KIND: &str = "mailtriage.journal/1";
/// How the kind of every version's journals begins.
const ANY_KIND: &str = "mailtriage.journal/";
/// No more files of the folder are looked into.
const MOST_FILES: usize = 1_000;
/// A longer first line was not written by us.
const MOST_HEAD_BYTES: u64 = 1024 * 1024;
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
    /// The machine that measured.
    pub machine: Option<String>,
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
            id: session.id.clone(),
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
        drop(files::open(path)?);
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

    /// The session ended normally: removes the journal, so that nothing is offered next time; and its folder and the one
    /// around that, if nothing else is in them.
    pub fn end(self) {
        let _ = fs::remove_file(&self.path);
        self.path.ancestors().skip(1).take(2).all(|folder| fs::remove_dir(folder).is_ok());
    }
}

/// What a folder holds of interrupted sessions.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Interrupted {
    /// Those that can be resumed, the latest first.
    pub sessions: Vec<BrokenOff>,
    /// The journals of another version, which only that one can resume.
    pub foreign: Vec<PathBuf>,
}

/// The journals in a folder whose sessions were interrupted. Those of running sessions are locked.
pub fn interrupted(folder: &Path) -> Interrupted {
    let mut found = Interrupted::default();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.take(MOST_FILES).flatten().map(|entry| entry.path()) {
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        let Some(line) = first_line(&path) else { continue };
        match serde_json::from_slice::<Head>(&line) {
            Ok(head) if head.journal == KIND => {
                let address = head.account.address.to_string();
                found.sessions.push(BrokenOff { path, address, begun: head.begun, machine: head.machine.hostname });
            }
            _ if is_foreign(&line) => found.foreign.push(path),
            _ => {}
        }
    }
    found.sessions.small_sort_by_key(|session| std::cmp::Reverse(session.begun));
    found
}

/// Deletes a journal of this folder that nobody is writing to.
pub fn forget(path: &Path, folder: &Path) -> io::Result<()> {
    if path.parent() != Some(folder) {
        return Err(io::ErrorKind::PermissionDenied.into());
    }
    if matches!(files::open(path)?.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    fs::remove_file(path)
}

/// The first line of a journal that nobody is writing to.
fn first_line(path: &Path) -> Option<Vec<u8>> {
    let file = files::open(path).ok()?;
    if matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)) {
        return None;
    }
    let mut line = Vec::new();
    BufReader::new(file.take(MOST_HEAD_BYTES)).read_until(b'\n', &mut line).ok()?;
    Some(line)
}

/// Whether it begins the journal of another version of this program.
fn is_foreign(line: &[u8]) -> bool {
    let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
    let kind = value.as_ref().and_then(|value| value.get("journal")).and_then(serde_json::Value::as_str);
    kind.is_some_and(|kind| kind != KIND && kind.starts_with(ANY_KIND))
}

/// The session in a journal, as far as its lines are complete. The error is a message for people.
pub fn recover(path: &Path) -> Result<Session, String> {
    let cannot = |why: String| format!("{} cannot be resumed: {why}", path.display());
    let file = files::open(path).map_err(|error| cannot(error.to_string()))?;
    let mut lines = BufReader::new(file.take(MOST_BYTES)).split(b'\n').map_while(Result::ok);
    let head = lines.next().and_then(|line| serde_json::from_slice::<Head>(&line).ok());
    let head = head.filter(|head| head.journal == KIND).ok_or_else(|| cannot("it is not a journal".to_owned()))?;
    let mut session = Session { id: head.id, ..Session::of(head.account, head.machine, head.runs_as) };
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
        assert_eq!(
            interrupted(folder.path()),
            Interrupted::default(),
            "a session that is still running is not offered"
        );
        let events =
            [Event::Began { at, keeps: vec![] }, Event::Noted("one".to_owned()), Event::Noted("two".to_owned())];
        events.iter().for_each(|event| journal.add(event).unwrap());
        let path = journal.path.clone();
        assert!(forget(&path, folder.path()).is_err(), "a session that is still running is not deleted");
        assert!(forget(&path, Path::new("/")).is_err(), "nor a file from elsewhere");
        drop(journal);
        let found = interrupted(folder.path()).sessions;
        assert_eq!((found.len(), found[0].address.as_str()), (1, "anna@example.com"));
        let elsewhere = tempfile::tempdir().unwrap();
        let taken = Journal::take_over(&found[0].path, elsewhere.path()).map(drop);
        assert_eq!(taken.unwrap_err().kind(), io::ErrorKind::PermissionDenied, "only from its own folder");
        let whole = fs::read(&found[0].path).unwrap();
        assert_eq!(recover(&found[0].path).unwrap().notes, ["one", "two"]);
        for cut in (0..whole.len()).step_by(7) {
            fs::write(&found[0].path, &whole[..cut]).unwrap();
            if let Ok(session) = recover(&found[0].path) {
                assert!(session.notes.len() <= 2);
            }
        }
        forget(&found[0].path, folder.path()).unwrap();
        assert!(!found[0].path.exists());
        fs::write(&found[0].path, b"\x00\xff no journal").unwrap();
        assert!(recover(&found[0].path).unwrap_err().contains("not a journal"));
        assert_eq!(interrupted(folder.path()), Interrupted::default());
    }

    /// A pipe would be waited for, a device never ends; a newer version's journal is somebody's session.
    #[cfg(unix)]
    #[test]
    fn a_folder_may_hold_anything() {
        let folder = tempfile::tempdir().unwrap();
        let at = "2026-11-23T14:03:20Z".parse().unwrap();
        drop(Journal::begin(folder.path(), &session(), at).unwrap());
        let path = |name: &str| folder.path().join(name);
        assert!(std::process::Command::new("mkfifo").arg(path("pipe.jsonl")).status().unwrap().success());
        std::os::unix::fs::symlink("/dev/zero", path("zero.jsonl")).unwrap();
        fs::create_dir(path("folder.jsonl")).unwrap();
        fs::write(path("newer.jsonl"), "{\"journal\": \"mailtriage.journal/2\"}\n").unwrap();
        fs::write(path("other.jsonl"), "{\"journal\": \"diary\"}\n").unwrap();
        let found = interrupted(folder.path());
        assert_eq!((found.sessions.len(), found.foreign.as_slice()), (1, &[path("newer.jsonl")][..]));
        for name in ["pipe.jsonl", "zero.jsonl", "folder.jsonl"] {
            assert!(recover(&path(name)).is_err() && Journal::take_over(&path(name), folder.path()).is_err(), "{name}");
        }
    }
}
