//! Where a batch writes: a line of JSON for each account, each whole or not at all. A file is gone on with: what is in it
//! is not done again, and half a line at its end, from a run that was killed, is cut off.

use crate::cli::output;
use crate::report::format::Format;
use crate::session::diagnosis::Outcome;
use crate::text::reason;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

/// A longer line is no report of ours.
const MOST_LINE: u64 = 16 * 1024 * 1024;

/// How each of our lines begins.
const BEGINNING: &[u8] = b"{\"schema\":\"mailtriage.";

/// By what a line is recognised: its number in the batch, and a checksum of what stood there; none in a report from which
/// names are left out, since whoever guesses the account could tell by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub line: u64,
    pub key: Option<u64>,
}

impl Mark {
    /// The mark as it is written.
    pub fn value(&self) -> Value {
        match &self.key {
            Some(key) => json!({ "line": self.line, "key": format!("{key:016x}") }),
            None => json!({ "line": self.line }),
        }
    }
}

/// What is read of a line that was written before.
struct Written {
    schema: String,
    mark: Mark,
    outcome: Outcome,
}

impl Written {
    /// Reads a row or a report, by way of its value: the code that reads a type from text is large.
    fn read(line: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(line).ok()?;
        let outcome = value.get("outcome").or_else(|| value.pointer("/diagnosis/outcome"))?.as_str()?;
        let batch = value.get("batch")?;
        let key = batch.get("key").and_then(|key| u64::from_str_radix(key.as_str()?, 16).ok());
        Some(Written {
            schema: value.get("schema")?.as_str()?.to_owned(),
            mark: Mark { line: batch.get("line")?.as_u64()?, key },
            outcome: Outcome::ALL.into_iter().find(|known| known.word() == outcome)?,
        })
    }
}

/// Which lines of the batch are done.
#[derive(Debug, Default)]
pub(super) struct Done {
    keys: BTreeSet<u64>,
    lines: BTreeSet<u64>,
    /// Their verdicts.
    pub outcomes: Vec<Outcome>,
}

impl Done {
    /// Whether this one is among them.
    pub fn has(&self, line: u64, key: u64) -> bool {
        self.lines.contains(&line) || self.keys.contains(&key)
    }

    /// Notes one more.
    fn note(&mut self, mark: Mark) {
        match mark.key {
            Some(key) => drop(self.keys.insert(key)),
            None => drop(self.lines.insert(mark.line)),
        }
    }
}

/// Where the lines go.
pub(super) enum Target {
    Stdout,
    File(File),
}

impl Target {
    /// Opens the file, cuts off half a line at its end, and reads what is done. The error is a message for people.
    pub fn open(path: &Path, format: &Format) -> Result<(Self, Done), String> {
        let shown = path.display();
        let cannot = |error: &std::io::Error| format!("{shown} cannot be written: {}", reason(error));
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(format!("{shown} is not an ordinary file"));
        }
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| cannot(&error))?;
        file.try_lock().map_err(|_| format!("{shown} is being written by another run"))?;
        let (done, whole) = read(&file, format).map_err(|why| format!("{shown} {why}; choose another file"))?;
        file.set_len(whole).map_err(|error| cannot(&error))?;
        Ok((Target::File(file), done))
    }

    /// Writes a line. The error is a message for people.
    pub fn write(&mut self, line: &str) -> Result<(), String> {
        match self {
            Target::Stdout => output::write(line).map_err(|error| format!("standard output: {}", reason(&error))),
            Target::File(file) => {
                file.write_all(line.as_bytes()).map_err(|error| format!("it cannot be written: {}", reason(&error)))
            }
        }
    }

    /// Makes sure that everything is on the disk.
    pub fn finish(&self) -> Result<(), String> {
        match self {
            Target::File(file) => file.sync_all().map_err(|error| format!("it cannot be written: {}", reason(&error))),
            Target::Stdout => Ok(()),
        }
    }
}

/// What is done, and how many bytes of the file are whole lines.
fn read(file: &File, format: &Format) -> Result<(Done, u64), String> {
    let (mut done, mut whole, mut source) = (Done::default(), 0, BufReader::new(file));
    for number in 1.. {
        let mut line = Vec::new();
        (&mut source)
            .take(MOST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| format!("cannot be read: {}", reason(&error)))?;
        if line.last() != Some(&b'\n') {
            // Half a line of ours begins as all of them do.
            let is_ours = BEGINNING.starts_with(&line) || line.starts_with(BEGINNING) && line.len() as u64 != MOST_LINE;
            return if is_ours { Ok((done, whole)) } else { Err(format!("has something else in line {number}")) };
        }
        let written = Written::read(&line).ok_or_else(|| format!("has something else in line {number}"))?;
        if Some(written.schema.as_str()) != format.line.map(|line| line.schema) {
            return Err(format!("has lines of another format than {}", format.name));
        }
        done.outcomes.push(written.outcome);
        done.note(written.mark);
        whole += line.len() as u64;
    }
    Ok((done, whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::row;

    #[test]
    fn a_file_is_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.jsonl");
        let line = |number: u64, key: &str| {
            format!(
                "{{\"schema\":\"mailtriage.row/1\",\"outcome\":\"can-send\",\"batch\":{{\"line\":{number}{key}}}}}\n"
            )
        };
        let two = line(2, ",\"key\":\"0abc\"") + &line(3, "");
        std::fs::write(&path, format!("{two}{{\"schema\":\"mailtr")).unwrap();
        let (mut target, done) = Target::open(&path, &row::FORMAT).unwrap();
        assert!(done.has(9, 0xabc) && done.has(3, 0) && !done.has(2, 0) && done.outcomes.len() == 2);
        assert!(Target::open(&path, &row::FORMAT).is_err_and(|why| why.contains("another run")));
        target.write(&line(4, "")).unwrap();
        drop(target);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), two + &line(4, ""));
        let json = Target::open(&path, &crate::report::json::FORMAT);
        assert!(json.is_err_and(|why| why.contains("another format")));
        for other in ["hello", "{\"a\":1}", "{}\n", "a\nb\n", "{\"schema\":\"mailtriage.row/1\"}\n"] {
            std::fs::write(&path, other).unwrap();
            assert!(
                Target::open(&path, &row::FORMAT).is_err_and(|why| why.contains("something else in line 1")),
                "{other}"
            );
            assert_eq!(std::fs::read_to_string(&path).unwrap(), other, "it is left as it was");
        }
    }
}
