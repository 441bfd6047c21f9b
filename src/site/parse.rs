//! Reads a site file: every key by itself, so that all mistakes are found at once.

use super::signature::PublicKey;
use super::{Mistake, Said, Site, keys, rows};
use crate::account::provider::{self, Provider};
use crate::check::{Reference, options};
use crate::machine::{files, roots};
use crate::text::small_sort::{Gather, SmallSort};
use crate::text::visible_str;
use crate::values::lined::{Entry, Source};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::Value;

/// The most bytes of a table of providers, and of its signature: the built-in one has less than 200 KiB.
const MOST_TABLE_BYTES: u64 = 4 * 1024 * 1024;
const MOST_SIGNATURE_BYTES: u64 = 4 * 1024;
/// More lines than this would push the result off the screen.
const MOST_CONTACTS: usize = 5;
const MOST_CHARACTERS: usize = 200;

/// Reads the text of a site file; other files that it names are read too, from its own folder.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, file: &Path) -> Result<Site, Vec<Mistake>> {
    let mut reader = Reader { file: file.to_owned(), mistakes: Vec::new(), said: Vec::new() };
    let mut site = Site::default();
    match Source::read(text) {
        Ok(source) => reader.read(&source.entries(), &mut site),
        Err(wrong) => wrong.into_iter().for_each(|(line, why)| reader.wrong(line, "", why)),
    }
    if !reader.mistakes.is_empty() {
        reader.mistakes.small_sort_by_key(|mistake| (mistake.file != file, mistake.line));
        return Err(reader.mistakes);
    }
    site.said = reader.said.into_iter().gather();
    Ok(site)
}

struct Reader {
    file: PathBuf,
    mistakes: Vec<Mistake>,
    said: Vec<(&'static str, Said)>,
}

impl Reader {
    fn wrong(&mut self, line: usize, key: &str, why: impl Into<String>) {
        self.mistakes.push(Mistake { file: self.file.clone(), line, key: key.to_owned(), why: why.into() });
    }

    fn read(&mut self, entries: &[Entry<'_>], site: &mut Site) {
        let folder = self.file.parent().unwrap_or(Path::new("")).to_owned();
        let mut tables = None;
        let mut key = None;
        for entry in entries {
            match entry.key {
                keys::NAME => site.name = self.one(keys::NAME, entry, line),
                keys::CONTACT => {
                    site.contact = self.each(keys::CONTACT, entry, line);
                    if site.contact.as_ref().is_some_and(|lines| lines.len() > MOST_CONTACTS) {
                        self.wrong(entry.line, keys::CONTACT, format!("at most {MOST_CONTACTS} lines"));
                    }
                }
                keys::RESOLVER => site.resolvers = self.each(keys::RESOLVER, entry, options::resolver),
                keys::REFERENCE_HOST => {
                    let hosts = self.each(keys::REFERENCE_HOST, entry, Reference::parse);
                    site.references = hosts.map(Reference::merged).or(site.references.take());
                }
                keys::NO_REFERENCES => match entry.switch() {
                    Ok(true) if entries.iter().any(|entry| entry.key == keys::REFERENCE_HOST) => {
                        self.wrong(entry.line, keys::NO_REFERENCES, "it contradicts reference-host");
                    }
                    Ok(true) => {
                        site.references = Some(Vec::new());
                        self.say(keys::NO_REFERENCES, entry, "true".to_owned());
                    }
                    Ok(false) => {}
                    Err(why) => self.wrong(entry.line, keys::NO_REFERENCES, why),
                },
                keys::CONNECTIVITY_URL => {
                    site.connectivity = self.each(keys::CONNECTIVITY_URL, entry, options::connectivity);
                }
                keys::CA_FILE => {
                    let read = |path: &str| named(path, roots::read_pem(&folder.join(path)));
                    site.roots = self.each(keys::CA_FILE, entry, read).map(|roots| roots.concat());
                }
                keys::GUIDE => site.guide = self.one(keys::GUIDE, entry, |path| existing(folder.join(path))),
                keys::TIMEOUT => site.timeout = self.seconds(keys::TIMEOUT, entry),
                keys::DEADLINE => site.deadline = self.seconds(keys::DEADLINE, entry),
                keys::TABLES => tables = Some(entry),
                keys::TABLES_KEY => key = self.one(keys::TABLES_KEY, entry, PublicKey::parse),
                keys::PROVIDER => site.providers = self.rows(entry),
                other => self.wrong(entry.line, other, keys::unknown(other)),
            }
        }
        if let Some(entry) = tables {
            match key {
                Some(key) => {
                    let below = self.tables(entry, &key, &folder);
                    site.providers = provider::over(std::mem::take(&mut site.providers), below);
                }
                None => self.wrong(entry.line, keys::TABLES, "a valid tables-key is needed, to know whose they are"),
            }
        }
    }

    fn say(&mut self, key: &'static str, entry: &Entry<'_>, value: String) {
        self.said.push((key, Said { value: visible_str(&value), file: self.file.clone(), line: entry.line }));
    }

    /// A text, or a list of texts, each read in its own way.
    fn each<T>(
        &mut self,
        key: &'static str,
        entry: &Entry<'_>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let mut texts = Vec::new();
        let mut values = Vec::new();
        let items = entry.items();
        if items.is_empty() {
            self.wrong(entry.line, key, "the list is empty: leave the line out");
        }
        for item in &items {
            let read = item.text().and_then(|text| {
                texts.push(text);
                read(text)
            });
            match read {
                Ok(value) => values.push(value),
                Err(why) => self.wrong(item.line, key, why),
            }
        }
        self.say(key, entry, texts.join(", "));
        Some(values).filter(|values| values.len() == items.len())
    }

    fn one<T>(&mut self, key: &'static str, entry: &Entry<'_>, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        if entry.value.is_array() {
            self.wrong(entry.line, key, "it must be one text, not a list");
            return None;
        }
        self.each(key, entry, read)?.pop()
    }

    fn seconds(&mut self, key: &'static str, entry: &Entry<'_>) -> Option<Duration> {
        let seconds = match entry.value {
            Value::Integer(whole) => i32::try_from(*whole).ok().map(f64::from),
            Value::Float(seconds) => Some(*seconds),
            _ => None,
        };
        match seconds
            .ok_or_else(|| "it must be a number of seconds, without quotation marks".to_owned())
            .and_then(options::limit)
        {
            Ok(limit) => {
                self.say(key, entry, format!("{} s", limit.as_secs_f64()));
                Some(limit)
            }
            Err(why) => {
                self.wrong(entry.line, key, why);
                None
            }
        }
    }

    /// The rows `[[provider]]`.
    fn rows(&mut self, entry: &Entry<'_>) -> Vec<Provider> {
        let mut rows: Vec<Provider> = Vec::new();
        for item in entry.items() {
            let row = match rows::read(&item) {
                Ok(row) => row,
                Err(wrong) => {
                    wrong.into_iter().for_each(|(line, key, why)| self.wrong(line, &format!("provider.{key}"), why));
                    continue;
                }
            };
            let claimed = |domain: &&String| rows.iter().any(|other| other.domains.contains(domain));
            if rows.iter().any(|other| other.id == row.id) {
                self.wrong(item.line, "provider.id", format!("\"{}\" is given twice", row.id));
            } else if let Some(domain) = row.domains.iter().find(claimed) {
                self.wrong(item.line, "provider.domains", format!("{domain} is in two rows"));
            }
            rows.push(row);
        }
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        self.say(keys::PROVIDER, entry, ids.join(", "));
        rows
    }

    /// The rows of signed tables, the first before the next.
    fn tables(&mut self, entry: &Entry<'_>, key: &PublicKey, folder: &Path) -> Vec<Provider> {
        let read = |path: &str| named(path, signed(&folder.join(path), key)).map(|read| (folder.join(path), read));
        let Some(tables) = self.each(keys::TABLES, entry, read) else { return Vec::new() };
        let comments: Vec<String> =
            tables.iter().map(|(file, (_, comment))| format!("{} (signed: {comment})", file.display())).collect();
        if let Some((_, said)) = self.said.last_mut() {
            said.value = visible_str(&comments.join(", "));
        }
        let mut rows = Vec::new();
        for (file, (text, _)) in tables {
            rows = provider::over(rows, self.table(file, &text));
        }
        rows
    }

    /// The rows of a table: what `src/account/providers.toml` may hold.
    fn table(&mut self, file: PathBuf, text: &str) -> Vec<Provider> {
        let mut reader = Reader { file, mistakes: Vec::new(), said: Vec::new() };
        let mut rows = Vec::new();
        match Source::read(text) {
            Ok(source) => {
                for entry in source.entries() {
                    match entry.key {
                        keys::PROVIDER => rows = reader.rows(&entry),
                        // The services that filter mail, in a whole new table of ours, are those that are built in.
                        "filters" => {}
                        other => reader.wrong(entry.line, other, "a table of providers may contain only [[provider]]"),
                    }
                }
            }
            Err(wrong) => wrong.into_iter().for_each(|(line, why)| reader.wrong(line, "", why)),
        }
        self.mistakes.append(&mut reader.mistakes);
        rows
    }
}

/// A text in one line, to be shown.
fn line(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.chars().any(char::is_control) || text.chars().count() > MOST_CHARACTERS {
        return Err(format!("it must be one line of at most {MOST_CHARACTERS} characters"));
    }
    Ok(visible_str(text.trim()))
}

fn existing(folder: PathBuf) -> Result<PathBuf, String> {
    if folder.is_dir() { Ok(folder) } else { Err(format!("there is no folder {}", folder.display())) }
}

fn named<T>(path: &str, read: Result<T, String>) -> Result<T, String> {
    read.map_err(|why| format!("{path}: {why}"))
}

/// The text of a file, and the signer's words about it.
fn signed(path: &Path, key: &PublicKey) -> Result<(String, String), String> {
    let bytes = files::read(path, MOST_TABLE_BYTES).map_err(|why| why.to_string())?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".minisig");
    let beside = PathBuf::from(beside);
    let signature = files::read(&beside, MOST_SIGNATURE_BYTES).map_err(|why| format!("its signature: {why}"))?;
    let comment = std::str::from_utf8(&signature)
        .map_err(|_| "it is not text".to_owned())
        .and_then(|signature| key.verify(&bytes, signature))
        .map_err(|why| format!("its signature: {why}"))?;
    let comment = comment.to_owned();
    String::from_utf8(bytes).map(|text| (text, comment)).map_err(|_| "it is not text in UTF-8".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is in the file: it says something, or what is wrong with it is named in a line that there is.
        #[test]
        fn any_text_is_read_or_refused(
            keys in prop::collection::vec(prop::sample::select(keys::KEYS.map(|key| key.name).to_vec()), 0..6),
            values in prop::collection::vec(
                prop::sample::select(&["1", "\"a\"", "[\"a\", 2]", "{ a = 1 }", "[[]]", "true", "nan", "1979-05-27", "=", "\"\u{202e}\""][..]),
                6,
            ),
            other in "\\PC{0,40}",
        ) {
            let lines = keys.iter().zip(&values).map(|(key, value)| format!("{key} = {value}\n"));
            let rows = format!("[[provider]]\nid = {}\nservers = [{}]\n{other}", values[0], values[1]);
            for text in [lines.collect::<String>() + &rows, rows, other] {
                if let Err(mistakes) = parse(&text, Path::new("/nonexistent/site.toml")) {
                    prop_assert!(!mistakes.is_empty());
                    for mistake in mistakes {
                        prop_assert!(mistake.line <= text.lines().count().max(1) + 1, "{mistake:?}");
                        prop_assert!(!mistake.why.is_empty());
                    }
                }
            }
        }
    }
}
