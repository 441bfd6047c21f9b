//! Outlook for Windows: its profiles in the registry, and in each profile a key for every account. The names of the
//! values are those that programs which set Outlook up write (`tests/stored/README.md` has them); what their numbers mean
//! is in Microsoft's Account Management API (office-developer-client-docs, PROP_SMTP_* and "Constants"). No value with a
//! password is ever asked for.

use super::{Found, Kind, MOST, Source, Store, StoredAccount, Written};
use crate::account::Security;
use crate::account::outlook::{self, Outlook};
use crate::machine::recorded::Recorded;
use crate::machine::registry::{Registry, USER, Value};
use crate::machine::{Folder, Machine};
use crate::text::small_sort::SmallSort;
use futures::FutureExt;
use zeroize::Zeroizing;

pub(super) const STORE: Store = Store { id: "outlook", name: "Outlook", read: |machine| read(machine).boxed() };

async fn read(machine: &dyn Machine) -> Found {
    let mut found = classic(machine.registry(), "");
    // Where the new Outlook keeps its own files, in a form of its own.
    let own = machine.folder(Folder::LocalAppData).map(|folder| folder.join("Microsoft").join("Olk"));
    let is_there = match own {
        Some(own) => !machine.list(&own, 1).await.is_empty(),
        None => false,
    };
    if outlook::is_new(machine.registry()) || (is_there && found.accounts.is_empty()) {
        found.skip("New Outlook", "it is in use here, and keeps its accounts at Microsoft, where they cannot be read");
    }
    found
}

/// The key of the accounts in every profile.
const ACCOUNTS: &str = "9375CFF0413111d3B88A00104B2A6676";

/// Where the versions before 2013 have their profiles.
const OLDER: &str = r"Software\Microsoft\Windows NT\CurrentVersion\Windows Messaging Subsystem\Profiles";

/// The accounts in regedit's export of a profile, or of more of the registry: of the user's own part, or of any user's.
pub(super) fn exported(text: &str, place: &str) -> Found {
    let mut own = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.lines() {
        match line.strip_prefix(r"[HKEY_USERS\").and_then(|line| line.split_once('\\')) {
            Some((_, below)) => own.extend(["[", USER, r"\", below, "\n"]),
            None => own.extend([line, "\n"]),
        }
    }
    let (registry, wrong) = Recorded::read(&own);
    let mut found = classic(&registry, &format!("{place}, "));
    if let Some(first) = wrong.first() {
        let more = if wrong.len() > 1 { format!(", and {} more", wrong.len() - 1) } else { String::new() };
        found.skip(place, &format!("{first}{more}"));
    }
    found
}

/// The accounts of the classic Outlook; `within` is put before where each was found.
fn classic(registry: &dyn Registry, within: &str) -> Found {
    let mut found = Found::default();
    // What an older version has left behind when it was replaced is not in use.
    for number in ["16.0", "15.0"] {
        let key = format!(r"{USER}\Software\Microsoft\Office\{number}\Outlook");
        if let Some(outlook) = outlook::by_number(registry, number)
            && found.accounts.is_empty()
        {
            let default = registry.text(&key, "DefaultProfile");
            found.add(profiles(registry, &format!(r"{key}\Profiles"), default, &outlook, within));
        }
    }
    if found.accounts.is_empty() {
        let key = format!(r"{USER}\{OLDER}");
        let default = registry.text(&key, "DefaultProfile");
        found.add(profiles(registry, &key, default, &older(registry), within));
    }
    found
}

/// The version that has its profiles in the older place.
fn older(registry: &dyn Registry) -> Outlook {
    let was_used = |number: &str| {
        let key = format!(r"{USER}\Software\Microsoft\Office\{number}");
        registry.keys(&key).iter().any(|name| name.eq_ignore_ascii_case("Outlook"))
    };
    let numbers = ["14.0", "12.0", "11.0"];
    let installed = outlook::installed(registry).filter(|installed| numbers.contains(&installed.number));
    let used = || outlook::by_number(registry, numbers.into_iter().find(|number| was_used(number))?);
    installed.or_else(used).unwrap_or(Outlook { client: "outlook-2010", name: "Outlook".to_owned(), number: "14.0" })
}

/// The accounts of all profiles, the default one's first.
fn profiles(registry: &dyn Registry, key: &str, default: Option<String>, outlook: &Outlook, within: &str) -> Found {
    let mut found = Found::default();
    let mut profiles = registry.keys(key);
    profiles.small_sort_by_key(|profile| default.as_ref() != Some(profile));
    for profile in profiles.iter().take(MOST) {
        let accounts = format!(r"{key}\{profile}\{ACCOUNTS}");
        for name in registry.keys(&accounts).iter().take(MOST) {
            let entry = Entry { registry, key: format!(r"{accounts}\{name}") };
            let place = crate::text::visible_str(&format!("{within}profile {profile}, {}", entry.key));
            let source = Source { client: outlook.client, program: &outlook.name, place: &place };
            match entry.account(&source) {
                Ok(account) => found.add(Found { accounts: account.into_iter().collect(), skipped: vec![] }),
                Err(why) => found.skip(&outlook.name, &format!("profile {profile}, account {name}: {why}")),
            }
        }
    }
    found
}

/// The key of an account.
struct Entry<'a> {
    registry: &'a dyn Registry,
    key: String,
}

impl Entry<'_> {
    /// A value that must be a text, if it is there; the error is a message for people.
    fn text(&self, name: &str) -> Result<Option<String>, String> {
        let Some(value) = self.registry.value(&self.key, name) else { return Ok(None) };
        let text = value.text().ok_or_else(|| format!("{name} is not text"))?;
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    /// A value that must be a number, if it is there.
    fn number(&self, name: &str) -> Result<Option<u64>, String> {
        match self.registry.value(&self.key, name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number)),
            Some(_) => Err(format!("{name} is not a number")),
        }
    }

    /// The account; `None` if the key is another thing: an address book, a data file.
    fn account(&self, source: &Source<'_>) -> Result<Option<StoredAccount>, String> {
        // "Service Name" tells Exchange from what else is kept here; POP and IMAP accounts have a server for sending.
        let service = self.text("Service Name").unwrap_or_default().unwrap_or_default();
        if service.eq_ignore_ascii_case("MSEMS") || service.eq_ignore_ascii_case("EAS") {
            let address = self.text("Email")?.or(self.text("Account Name")?).unwrap_or_default();
            return source.without_server(&address, Kind::Exchange).map(Some);
        }
        let incoming = self.text("IMAP Server")?.or(self.text("POP3 Server")?);
        let Some(host) = self.text("SMTP Server")? else {
            return incoming.map_or(Ok(None), |_| Err("no server for sending".to_owned()));
        };
        let port = self.number("SMTP Port")?.unwrap_or(25);
        let user = self.user()?;
        let written = Written {
            address: &self.text("Email")?.ok_or("no mail address")?,
            host: &host,
            port: Some(i64::try_from(port).unwrap_or(i64::MAX)),
            security: self.security(source.client, port)?,
            user: user.as_deref(),
        };
        source.account(written).map(Some)
    }

    /// PROP_SMTP_SECURE_CONNECTION, and before it PROP_SMTP_SSL: Outlook 2003 has one tick box, and does STARTTLS on
    /// port 25.
    fn security(&self, client: &str, port: u64) -> Result<Option<Security>, String> {
        let is_ssl = self.number("SMTP Use SSL")?.unwrap_or(0) != 0;
        Ok(match self.number("SMTP Secure Connection")? {
            Some(0) => Some(Security::None),
            Some(1) => Some(Security::Implicit),
            Some(2) => Some(Security::Starttls),
            Some(3) => Some(Security::Auto),
            Some(_) => None,
            None if !is_ssl => Some(Security::None),
            None if client == "outlook-2003" && port == 25 => Some(Security::Starttls),
            None => Some(Security::Implicit),
        })
    }

    /// PROP_SMTP_USE_AUTH and PROP_SMTP_AUTH_METHOD: a name of its own, or that of the incoming server.
    fn user(&self) -> Result<Option<String>, String> {
        if self.number("SMTP Use Auth")?.unwrap_or(0) == 0 {
            return Ok(None);
        }
        let own = self.text("SMTP User")?;
        if self.number("SMTP Auth Method")? == Some(1) {
            return Ok(own);
        }
        Ok(own.or(self.text("IMAP User")?).or(self.text("POP3 User")?))
    }
}
