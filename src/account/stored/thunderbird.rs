//! Thunderbird: `profiles.ini` names the profiles, and the `prefs.js` of each contains its accounts, one preference
//! per line (support.mozilla.org, "Profiles - Where Thunderbird stores your user data"; the defaults are those of
//! Thunderbird's `mailnews.js`).

use super::{Found, Store, StoredAccount, read_text, shown};
use crate::account::{Address, Given, Origin, Security, Server, Settings};
use crate::machine::{Folder, Machine};
use crate::text::visible_str;
use futures::FutureExt;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) const STORE: Store = Store { id: "thunderbird", name: "Thunderbird", read: |machine| read(machine).boxed() };

/// Where the folder with `profiles.ini` may be: Linux (there also as a snap or a flatpak), macOS, Windows.
const FOLDERS: [(Folder, &str); 5] = [
    (Folder::Home, ".thunderbird"),
    (Folder::Home, "snap/thunderbird/common/.thunderbird"),
    (Folder::Home, ".var/app/org.mozilla.Thunderbird/.thunderbird"),
    (Folder::Home, "Library/Thunderbird"),
    (Folder::AppData, "Thunderbird"),
];

/// No person has more profiles, accounts or identities than this.
const MOST: usize = 32;

async fn read(machine: &dyn Machine) -> Found {
    let mut found = Found::default();
    for (folder, name) in FOLDERS {
        let Some(folder) = machine.folder(folder).map(|folder| folder.join(name)) else { continue };
        match read_text(machine, &folder.join("profiles.ini")).await {
            Ok(Some(index)) => {
                for profile in profiles(&index) {
                    // An absolute path replaces the folder.
                    found.add(read_profile(machine, &folder.join(profile)).await);
                }
            }
            Ok(None) => {}
            Err(why) => found.skipped.push(why),
        }
    }
    found
}

async fn read_profile(machine: &dyn Machine, profile: &Path) -> Found {
    let path = profile.join("prefs.js");
    match read_text(machine, &path).await {
        Ok(Some(text)) => accounts(&text, &shown(machine, &path)),
        // This profile was made and never used.
        Ok(None) => Found::default(),
        Err(why) => Found { skipped: vec![why], ..Found::default() },
    }
}

/// The folders of the profiles in `profiles.ini`, the one in use first.
fn profiles(ini: &str) -> Vec<PathBuf> {
    let mut profiles: Vec<(bool, PathBuf)> = Vec::new();
    let mut in_use = Vec::new();
    for section in ini.split("\n[") {
        let value = |key: &str| {
            let lines = section.lines().filter_map(|line| line.split_once('='));
            lines
                .map(|(name, value)| (name.trim(), value.trim()))
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value)
        };
        let kind = section.trim_start_matches('[');
        if kind.starts_with("Install") {
            in_use.extend(value("Default").map(PathBuf::from));
        } else if let (true, Some(path)) = (kind.starts_with("Profile"), value("Path")) {
            profiles.push((value("Default") == Some("1"), PathBuf::from(path)));
        }
    }
    profiles.sort_by_key(|(is_default, path)| (!in_use.contains(path), !is_default));
    profiles.into_iter().map(|(_, path)| path).take(MOST).collect()
}

/// The accounts in a `prefs.js` that can send.
fn accounts(text: &str, place: &str) -> Found {
    let mut found = Found::default();
    let prefs = Prefs::parse(text);
    if prefs.damaged > 0 {
        found.skipped.push(format!("{place}: {} preferences cannot be read", prefs.damaged));
    }
    let accounts = prefs.list("mail.accountmanager.accounts");
    let identities = accounts.iter().flat_map(|account| prefs.list(&format!("mail.account.{account}.identities")));
    for identity in identities.take(MOST) {
        match prefs.account(&identity, place) {
            Ok(account) => found.accounts.extend(account),
            Err(why) => found.skipped.push(visible_str(&format!("{place}: {identity} {why}"))),
        }
    }
    found
}

/// The preferences that are about mail.
struct Prefs {
    values: BTreeMap<String, Value>,
    /// How many lines could not be read.
    damaged: usize,
}

impl Prefs {
    /// Reads lines such as `user_pref("mail.smtpserver.smtp1.port", 465);`: name and value are written as in JSON.
    fn parse(text: &str) -> Self {
        let mut prefs = Prefs { values: BTreeMap::new(), damaged: 0 };
        for line in text.lines().map(str::trim).filter(|line| line.starts_with("user_pref(\"mail.")) {
            let inner = line.strip_prefix("user_pref(").and_then(|line| line.strip_suffix(");"));
            match inner.and_then(|inner| serde_json::from_str::<(String, Value)>(&format!("[{inner}]")).ok()) {
                Some((name, value)) => drop(prefs.values.insert(name, value)),
                None => prefs.damaged += 1,
            }
        }
        prefs
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name)?.as_str().filter(|text| !text.is_empty())
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.values.get(name)?.as_i64()
    }

    fn list(&self, name: &str) -> Vec<String> {
        let names = self.text(name).unwrap_or_default().split(',').map(str::trim);
        names.filter(|name| !name.is_empty()).take(MOST).map(str::to_owned).collect()
    }

    /// The account of an identity; `None` if it does not send through an SMTP server. The error is a message for
    /// people.
    fn account(&self, identity: &str, place: &str) -> Result<Option<StoredAccount>, String> {
        let Some(address) = self.text(&format!("mail.identity.{identity}.useremail")) else { return Ok(None) };
        let address = Address::parse(address)?;
        let own = self.text(&format!("mail.identity.{identity}.smtpServer"));
        let first = || self.list("mail.smtpservers").into_iter().next();
        let server = own.or_else(|| self.text("mail.smtp.defaultserver")).map(str::to_owned).or_else(first);
        let Some(server) = server else { return Ok(None) };
        let name = |key: &str| format!("mail.smtpserver.{server}.{key}");
        // Exchange's own protocols are not SMTP.
        if self.text(&name("type")).is_some_and(|kind| kind != "smtp") {
            return Ok(None);
        }
        let host = self
            .text(&name("hostname"))
            .ok_or_else(|| format!("sends through {server}, which is described nowhere"))?;
        let host = Server::parse(host).map_err(|why| format!("sends through {server}: {why}"))?;
        let port = match self.number(&name("port")) {
            // The usual port for the encryption.
            None | Some(0) => None,
            Some(port) => Some(u16::try_from(port).map_err(|_| format!("sends through {server}: no port {port}"))?),
        };
        let security = match self.number(&name("try_ssl")) {
            None | Some(0) => Some(Security::None),
            Some(2) => Some(Security::Starttls),
            Some(3) => Some(Security::Implicit),
            // From long ago: TLS if it is offered.
            Some(1) => Some(Security::Auto),
            Some(_) => None,
        };
        // 1 is "no authentication".
        let logs_in = self.number(&name("authMethod")) != Some(1);
        let user = self.text(&name("username")).filter(|user| logs_in && !user.chars().any(char::is_control));
        let from = Origin::Stored { program: STORE.name.to_owned(), place: place.to_owned() };
        let settings = Settings {
            server: Some(Given { value: host, from: from.clone() }),
            port: port.map(|value| Given { value, from: from.clone() }),
            security: security.map(|value| Given { value, from: from.clone() }),
            user: user.map(|user| Given { value: user.to_owned(), from }),
        };
        Ok(Some(StoredAccount { address, settings, client: STORE.id }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Values;

    const PREFS: &str = r#"// Mozilla User Preferences
user_pref("app.update.lastUpdateTime.xpi", 1700000000);
user_pref("mail.accountmanager.accounts", "account1,account2,account3");
user_pref("mail.account.account1.identities", "id1,id2");
user_pref("mail.account.account1.server", "server1");
user_pref("mail.account.account2.server", "server2");
user_pref("mail.account.account3.identities", "id3,id4,id5");
user_pref("mail.identity.id1.useremail", "anna@example.com");
user_pref("mail.identity.id1.smtpServer", "smtp1");
user_pref("mail.identity.id2.useremail", "info@example.com");
user_pref("mail.identity.id3.useremail", "anna@example.net");
user_pref("mail.identity.id3.smtpServer", "smtp3");
user_pref("mail.identity.id4.useremail", "nonsense");
user_pref("mail.identity.id5.useremail", "anna@example.org");
user_pref("mail.identity.id5.smtpServer", "ews1");
user_pref("mail.smtp.defaultserver", "smtp2");
user_pref("mail.smtpservers", "smtp1,smtp2,smtp3");
user_pref("mail.smtpserver.smtp1.authMethod", 3);
user_pref("mail.smtpserver.smtp1.hostname", "smtp.example.com");
user_pref("mail.smtpserver.smtp1.port", 465);
user_pref("mail.smtpserver.smtp1.try_ssl", 3);
user_pref("mail.smtpserver.smtp1.username", "anna@example.com");
user_pref("mail.smtpserver.smtp2.hostname", "mail.example.com");
user_pref("mail.smtpserver.smtp2.port", 587);
user_pref("mail.smtpserver.smtp2.try_ssl", 2);
user_pref("mail.smtpserver.smtp2.authMethod", 1);
user_pref("mail.smtpserver.smtp2.username", "left over");
user_pref("mail.smtpserver.smtp3.port", 99999);
user_pref("mail.smtpserver.smtp3.hostname", "smtp.example.net");
user_pref("mail.smtpserver.ews1.type", "ews");
user_pref("mail.server.server1.password", "secret");
user_pref("mail.server.server1.name", "cut off
"#;

    fn values(account: &StoredAccount) -> (String, Values) {
        (account.address.to_string(), account.settings.values())
    }

    #[test]
    fn accounts_of_a_profile() {
        let found = accounts(PREFS, "~/.thunderbird/a/prefs.js");
        let of = |address: &str, server: &str, port, security, user: Option<&str>| {
            let (server, user) = (Some(server.to_owned()), user.map(str::to_owned));
            (address.to_owned(), Values { server: server.map(Server::from), port, security: Some(security), user })
        };
        assert_eq!(
            found.accounts.iter().map(values).collect::<Vec<_>>(),
            [
                of("anna@example.com", "smtp.example.com", Some(465), Security::Implicit, Some("anna@example.com")),
                of("info@example.com", "mail.example.com", Some(587), Security::Starttls, None),
            ]
        );
        let from = found.accounts[0].settings.port.as_ref().map(|port| port.from.clone());
        let place = "~/.thunderbird/a/prefs.js".to_owned();
        assert_eq!(from, Some(Origin::Stored { program: "Thunderbird".to_owned(), place }));
        assert_eq!(found.skipped.len(), 3, "{:?}", found.skipped);
        assert!(!format!("{found:?}").contains("secret"));
    }

    #[test]
    fn what_is_not_written_is_the_default_of_thunderbird() {
        let text = r#"user_pref("mail.accountmanager.accounts", "account1");
user_pref("mail.account.account1.identities", "id1");
user_pref("mail.identity.id1.useremail", "anna@example.com");
user_pref("mail.smtpservers", "smtp1");
user_pref("mail.smtpserver.smtp1.hostname", "smtp.example.com");"#;
        let found = accounts(text, "here");
        let settings = &found.accounts[0].settings;
        assert_eq!((settings.port(), settings.security(), settings.user()), (None, Some(Security::None), None));
    }

    #[test]
    fn garbage_is_no_account() {
        for text in ["", "user_pref(\"mail.accountmanager.accounts\", 7);", "\u{0}\u{ff}", "user_pref(\"mail."] {
            assert_eq!(accounts(text, "here").accounts, [], "{text:?}");
        }
    }

    #[test]
    fn the_profile_in_use_comes_first() {
        let ini = "[Install0123]\nDefault=Profiles/c.default-release\nLocked=1\n\n[Profile2]\nName=old\nIsRelative=0\n\
                   Path=/mnt/old\n\n[Profile1]\nName=default\nIsRelative=1\nPath=Profiles/b.default\nDefault=1\n\n\
                   [Profile0]\r\nName=release\r\nPath=Profiles/c.default-release\r\n[General]\nStartWithLastProfile=1\n";
        let order: Vec<PathBuf> = profiles(ini);
        assert_eq!(order, ["Profiles/c.default-release", "Profiles/b.default", "/mnt/old"].map(PathBuf::from));
        assert!(profiles("").is_empty());
    }
}
