//! Accounts that mail programs on this computer have stored: only read, never written, and never a password. Each
//! program has one file here and one line in [`STORES`].

mod thunderbird;

use super::{Address, Settings};
use crate::machine::{Folder, Machine};
use futures::future::BoxFuture;
use std::io;
use std::path::{Path, PathBuf};

/// The place where a mail program stores its accounts.
pub struct Store {
    /// The name for `--from-client`; also the program's page in `docs/guide/programs`.
    pub id: &'static str,
    /// The program's name.
    pub name: &'static str,
    read: for<'a> fn(&'a dyn Machine) -> BoxFuture<'a, Found>,
}

/// All stores that can be read.
pub const STORES: &[&Store] = &[&thunderbird::STORE];

/// An account as a mail program has stored it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAccount {
    /// The account's mail address.
    pub address: Address,
    /// The settings for sending.
    pub settings: Settings,
    /// The mail program's id.
    pub client: &'static str,
}

/// The result of looking into the stores.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// The accounts, in the order in which the program uses them.
    pub accounts: Vec<StoredAccount>,
    /// What could not be read, in words.
    pub skipped: Vec<String>,
}

impl Found {
    fn add(&mut self, other: Found) {
        self.accounts.extend(other.accounts);
        self.skipped.extend(other.skipped);
    }

    /// The account with this address.
    pub fn of(&self, address: &Address) -> Option<&StoredAccount> {
        let is_it = |stored: &&StoredAccount| stored.address.ascii().eq_ignore_ascii_case(&address.ascii());
        self.accounts.iter().find(is_it)
    }

    /// The addresses, each once.
    pub fn addresses(&self) -> Vec<String> {
        let mut addresses: Vec<String> = Vec::new();
        for stored in &self.accounts {
            let address = stored.address.to_string();
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses
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

/// A larger file does not contain settings made by a person.
const MOST_BYTES: u64 = 1024 * 1024;

/// The text of a file; `None` if there is no such file. The error is a message for people.
async fn read_text(machine: &dyn Machine, path: &Path) -> Result<Option<String>, String> {
    match machine.read(path, MOST_BYTES).await {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{} was not read: {error}", shown(machine, path))),
    }
}

/// A path as it is shown: with `~` for the home folder, whose name would give away the user's.
fn shown(machine: &dyn Machine, path: &Path) -> String {
    let folders = [(Folder::AppData, "%APPDATA%"), (Folder::Home, "~")];
    let below = folders.into_iter().find_map(|(folder, name)| {
        let below = path.strip_prefix(machine.folder(folder)?).ok()?;
        Some(PathBuf::from(name).join(below))
    });
    crate::text::visible_str(&below.unwrap_or_else(|| path.to_owned()).to_string_lossy())
}
