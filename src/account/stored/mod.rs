//! Accounts that mail programs on this computer have stored: only read, never written, and never a password. Each
//! program has one file here and one line in [`STORES`]; how the files of several programs are written is in `keys`.

mod apple_mail;
mod apple_profile;
mod claws;
mod evolution;
mod geary;
mod handed;
mod keys;
mod kmail;
mod live_mail;
mod msmtp;
mod mutt;
mod outlook;
mod plist;
mod thunderbird;

pub use handed::read as read_handed;

use super::{Address, Given, Origin, Security, Server, Settings, client};
use crate::machine::{Folder, Machine};
use crate::text::{decoded, visible_str};
use futures::future::BoxFuture;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The place where a mail program stores its accounts.
pub struct Store {
    /// The name for `--from-client`.
    pub id: &'static str,
    /// The program's name.
    pub name: &'static str,
    read: for<'a> fn(&'a dyn Machine) -> BoxFuture<'a, Found>,
}

/// All stores that can be read.
pub const STORES: &[&Store] = &[
    &outlook::STORE,
    &thunderbird::STORE,
    &live_mail::STORE,
    &apple_mail::STORE,
    &evolution::STORE,
    &kmail::STORE,
    &geary::STORE,
    &claws::STORE,
    &msmtp::STORE,
    &mutt::STORE,
];

/// How an account sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Kind {
    /// Through an SMTP server.
    ImapOrPop,
    /// As an account of the type Exchange or Microsoft 365.
    Exchange,
}

impl Kind {
    /// The question of the guide that it answers.
    pub const QUESTION: &'static str = "account-type";

    /// The answer to that question.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// An account as a mail program has stored it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// The account's mail address.
    pub address: Address,
    /// How it sends.
    pub kind: Kind,
    /// The settings for sending.
    pub settings: Settings,
    /// The mail program's id.
    pub client: &'static str,
    /// The mail program, with its version if that is known.
    pub program: String,
    /// The profile and the file, or the key of the registry.
    pub place: String,
}

impl StoredAccount {
    /// Server, port and encryption in words.
    pub fn way(&self) -> String {
        if self.kind == Kind::Exchange {
            return "an Exchange account".to_owned();
        }
        let Some(server) = &self.settings.server else { return "the provider's own server".to_owned() };
        let port = self.settings.port().map_or_else(String::new, |port| format!(", port {port}"));
        let security = self.settings.security().map_or_else(String::new, |security| format!(", {}", security.says()));
        format!("{}{port}{security}", visible_str(server.value.written()))
    }

    /// Program, address, server, port and encryption in one line.
    pub fn line(&self) -> String {
        format!("{}: {}, {}", self.program, self.address, self.way())
    }

    /// The question of the guide that it answers, and the answer, for programs with accounts of several types.
    pub fn answer(&self) -> Option<(String, String)> {
        let holds = client::by_id(self.client)?.exchange;
        (holds != client::Exchange::No).then(|| (Kind::QUESTION.to_owned(), self.kind.word().to_owned()))
    }

    /// Whether both are the same account of the same program.
    fn is_like(&self, other: &StoredAccount) -> bool {
        self.is_of(&other.address)
            && (self.kind, self.client) == (other.kind, other.client)
            && self.settings.values() == other.settings.values()
    }

    /// Whether this is the account with that address.
    pub fn is_of(&self, address: &Address) -> bool {
        self.address.ascii().eq_ignore_ascii_case(&address.ascii())
    }
}

/// What a program says about an account, before it is judged.
struct Written<'a> {
    address: &'a str,
    host: &'a str,
    /// Zero, too: the program's usual port.
    port: Option<i64>,
    security: Option<Security>,
    user: Option<&'a str>,
}

/// Whose account it is.
struct Source<'a> {
    client: &'static str,
    program: &'a str,
    place: &'a str,
}

impl Source<'_> {
    /// The account; the error is a message for people.
    fn account(&self, written: Written<'_>) -> Result<StoredAccount, String> {
        let server = Server::parse(written.host).map_err(|why| format!("the server: {why}"))?;
        let port = match written.port {
            None | Some(0) => None,
            Some(port) => Some(u16::try_from(port).map_err(|_| format!("no port {port}"))?),
        };
        let user = written.user.filter(|user| !user.is_empty() && !user.chars().any(char::is_control));
        let mut account = self.without_server(written.address, Kind::ImapOrPop)?;
        account.settings = Settings {
            server: Some(self.given(server)),
            port: port.map(|port| self.given(port)),
            security: written.security.map(|security| self.given(security)),
            user: user.map(|user| self.given(user.to_owned())),
        };
        Ok(account)
    }

    /// An account that names no server.
    fn without_server(&self, address: &str, kind: Kind) -> Result<StoredAccount, String> {
        Ok(StoredAccount {
            address: Address::parse(address)?,
            kind,
            settings: Settings::default(),
            client: self.client,
            program: self.program.to_owned(),
            place: self.place.to_owned(),
        })
    }

    fn given<T>(&self, value: T) -> Given<T> {
        Given { value, from: Origin::Stored { program: self.program.to_owned(), place: self.place.to_owned() } }
    }
}

/// The result of looking into the stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The accounts, in the order in which the programs use them.
    pub accounts: Vec<StoredAccount>,
    /// What could not be read, in words.
    pub skipped: Vec<String>,
}

#[cfg(test)]
impl Found {
    /// Each account in a line.
    fn says(&self) -> Vec<String> {
        let says = |one: &StoredAccount| format!("{} {} {:?}", one.address, one.way(), one.settings.user());
        self.accounts.iter().map(says).collect()
    }
}

impl Found {
    fn add(&mut self, other: Found) {
        for account in other.accounts {
            if !self.accounts.iter().any(|known| known.is_like(&account)) {
                self.accounts.push(account);
            }
        }
        self.skipped.extend(other.skipped);
    }

    /// Adds an account, or what is wrong with the entry of this name.
    fn take(&mut self, place: &str, entry: &str, account: Result<StoredAccount, String>) {
        match account {
            Ok(account) => self.add(Found { accounts: vec![account], skipped: vec![] }),
            Err(why) => self.skip(place, &format!("{entry}: {why}")),
        }
    }

    fn skip(&mut self, place: &str, why: &str) {
        self.skipped.push(visible_str(&format!("{place}: {why}")));
    }

    fn skipped(why: String) -> Self {
        Found { skipped: vec![why], ..Found::default() }
    }

    /// Why there is no account.
    pub fn why_empty(&self) -> String {
        let none = "no mail program that can be read has stored an account here".to_owned();
        self.skipped.first().cloned().unwrap_or(none)
    }

    /// The accounts with this address; without an address, all.
    pub fn of(&self, address: Option<&Address>) -> Vec<&StoredAccount> {
        self.accounts.iter().filter(|stored| address.is_none_or(|address| stored.is_of(address))).collect()
    }
}

/// Looks into all stores, or into the one with this id.
pub async fn look(machine: &dyn Machine, only: Option<&str>) -> Found {
    let mut found = Found::default();
    for store in STORES.iter().filter(|store| only.is_none_or(|id| store.id == id)) {
        found.add((store.read)(machine).await);
    }
    found
}

/// A longer file does not contain settings made by a person.
const MOST_BYTES: u64 = 1024 * 1024;

/// No person has more profiles, accounts or identities than this.
const MOST: usize = 32;

/// A program's own folder, and files, have no more entries than this.
const MOST_FILES: usize = 512;

/// The text of a file; `None` if there is no such file. The error is a message for people.
async fn read_text(machine: &dyn Machine, path: &Path, most: u64) -> Result<Option<Zeroizing<String>>, String> {
    let bytes = read_file(machine, path, most).await?;
    Ok(bytes.map(|bytes| Zeroizing::new(decoded(&bytes))))
}

/// A whole file; `None` if there is no such file. Some programs keep passwords in it too, so it is wiped when it has been
/// read. The error is a message for people.
async fn read_file(machine: &dyn Machine, path: &Path, most: u64) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    match machine.read(path, most).await.map(Zeroizing::new) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(format!("{} was not read: {error}", shown(machine, path))),
    }
}

/// The folders of these that exist on this system.
fn folders(machine: &dyn Machine, places: &[(Folder, &str)]) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = Vec::new();
    for (folder, below) in places {
        if let Some(folder) = machine.folder(*folder).map(|folder| folder.join(below))
            && !folders.contains(&folder)
        {
            folders.push(folder);
        }
    }
    folders
}

/// Reads one file in each of these places.
async fn each_file(machine: &dyn Machine, places: &[(Folder, &str)], parse: fn(&str, &str) -> Found) -> Found {
    let mut found = Found::default();
    for path in folders(machine, places) {
        match read_text(machine, &path, MOST_BYTES).await {
            Ok(Some(text)) => found.add(parse(&text, &shown(machine, &path))),
            Ok(None) => {}
            Err(why) => found.add(Found::skipped(why)),
        }
    }
    found
}

/// A path as it is shown: with `~` for the home folder, whose name would give away the user's.
fn shown(machine: &dyn Machine, path: &Path) -> String {
    let folders = [(Folder::AppData, "%APPDATA%"), (Folder::LocalAppData, "%LOCALAPPDATA%"), (Folder::Home, "~")];
    let below = folders.into_iter().find_map(|(folder, name)| {
        let below = path.strip_prefix(machine.folder(folder)?).ok()?;
        Some(PathBuf::from(name).join(below))
    });
    visible_str(&below.unwrap_or_else(|| path.to_owned()).to_string_lossy())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Source<'_> = Source { client: "other", program: "Program 1", place: "~/x" };

    fn written(host: &str, port: i64) -> Written<'_> {
        Written { address: "anna@example.com", host, port: Some(port), security: Some(Security::None), user: Some("a") }
    }

    #[test]
    fn what_is_written_becomes_an_account() {
        let account = HERE.account(written("smtp.example.com", 25)).unwrap();
        assert_eq!(account.way(), "smtp.example.com, port 25, no encryption");
        assert_eq!(account.settings.origin_in_words(), "as stored in Program 1");
        assert_eq!(HERE.account(written("smtp.example.com", 0)).unwrap().settings.port(), None);
        assert_eq!(HERE.account(written("smtp.example.com", 70_000)).unwrap_err(), "no port 70000");
        assert!(HERE.account(written("", 25)).unwrap_err().contains("empty"));
        let user = HERE.account(Written { user: Some("a\u{1b}[2J"), ..written("x.example", 25) }).unwrap();
        assert_eq!(user.settings.user(), None);
    }

    #[test]
    fn the_same_account_is_found_once() {
        let mut found = Found::default();
        for (host, port) in [("smtp.example.com", 25), ("smtp.example.com", 25), ("smtp.example.com", 587), ("", 25)] {
            found.take("~/x", "one", HERE.account(written(host, port)));
        }
        assert_eq!((found.accounts.len(), found.skipped.len()), (2, 1));
        assert!(found.skipped[0].starts_with("~/x: one: the server"));
    }
}
