//! Thunderbird: `profiles.ini` names the profiles, and the `prefs.js` of each contains its accounts
//! (support.mozilla.org, "Profiles - Where Thunderbird stores your user data"; Thunderbird's sources: `mailnews.js` and
//! `SmtpServer.sys.mjs` for what holds if nothing is written). How the file is written is in `prefs`.

mod prefs;

use super::keys::{section, sections};
use super::{Found, Kind, MOST, MOST_BYTES, Source, Store, StoredAccount, Written, folders, read_text, shown};
use crate::account::{Security, outlook};
use crate::machine::{Folder, Machine};
use crate::text::small_sort::SmallSort;
use crate::text::visible_str;
use futures::FutureExt;
use prefs::Pref;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

pub(super) const STORE: Store = Store { id: "thunderbird", name: "Thunderbird", read: |machine| read(machine).boxed() };

/// Where the folder with `profiles.ini` may be: Linux (there also as a snap or a flatpak), macOS, Windows.
const FOLDERS: [(Folder, &str); 6] = [
    (Folder::Home, ".thunderbird"),
    (Folder::Home, "snap/thunderbird/common/.thunderbird"),
    (Folder::Home, ".var/app/org.mozilla.Thunderbird/.thunderbird"),
    (Folder::Home, ".var/app/net.thunderbird.Thunderbird/.thunderbird"),
    (Folder::Home, "Library/Thunderbird"),
    (Folder::AppData, "Thunderbird"),
];

/// Thunderbird reads its own file whatever its size; a larger one is none of its own.
const MOST_PREFS: u64 = 10 * 1024 * 1024;

async fn read(machine: &dyn Machine) -> Found {
    let mut found = Found::default();
    for folder in folders(machine, &FOLDERS) {
        match read_text(machine, &folder.join("profiles.ini"), MOST_BYTES).await {
            Ok(Some(index)) => {
                for (name, profile) in profiles(&index) {
                    // An absolute path replaces the folder.
                    found.add(read_profile(machine, &name, &folder.join(profile)).await);
                }
            }
            Ok(None) => {}
            Err(why) => found.add(Found::skipped(why)),
        }
    }
    found
}

async fn read_profile(machine: &dyn Machine, name: &str, profile: &Path) -> Found {
    let path = profile.join("prefs.js");
    let place = visible_str(&format!("profile {name}, {}", shown(machine, &path)));
    match read_text(machine, &path, MOST_PREFS).await {
        Ok(Some(text)) => {
            let compatibility = read_text(machine, &profile.join("compatibility.ini"), MOST_BYTES).await;
            let version = compatibility.ok().flatten().and_then(|text| version(&text));
            accounts(&text, &program(version), &place)
        }
        // This profile was made and never used.
        Ok(None) => Found::default(),
        Err(why) => Found::skipped(why),
    }
}

fn program(version: Option<String>) -> String {
    version.map_or_else(|| STORE.name.to_owned(), |version| format!("{} {version}", STORE.name))
}

/// The version that last used a profile, as `compatibility.ini` has it: `LastVersion=128.3.0_20241007134345/…`.
fn version(ini: &str) -> Option<String> {
    let sections = sections(ini);
    let last = section(&sections, "Compatibility")?.text("LastVersion")?;
    let version = last.split('_').next().filter(|version| outlook::is_number(version))?;
    Some(version.to_owned())
}

/// The names and folders of the profiles in `profiles.ini`, the one in use first.
fn profiles(ini: &str) -> Vec<(String, PathBuf)> {
    let sections = sections(ini);
    let of = |kind: &'static str| sections.iter().filter(move |section| section.name.starts_with(kind));
    let in_use: Vec<&str> = of("Install").filter_map(|install| install.text("Default")).collect();
    let mut profiles: Vec<_> = of("Profile").filter_map(|profile| Some((profile, profile.text("Path")?))).collect();
    profiles.small_sort_by_key(|(profile, path)| (!in_use.contains(path), !profile.is("Default")));
    let named = profiles.into_iter().map(|(profile, path)| (profile.text("Name").unwrap_or(path), path));
    named.map(|(name, path)| (name.to_owned(), PathBuf::from(path))).take(MOST).collect()
}

/// The accounts in a `prefs.js` of which nothing else is known.
pub(super) fn parse(text: &str, place: &str) -> Found {
    accounts(text, &program(None), place)
}

/// The accounts in a `prefs.js` that can send.
fn accounts(text: &str, program: &str, place: &str) -> Found {
    let mut found = Found::default();
    let prefs = Prefs::parse(text);
    if prefs.damaged > 0 {
        found.skip(place, &format!("{} preferences cannot be read", prefs.damaged));
    }
    let accounts = prefs.list("mail.accountmanager.accounts");
    let identities = accounts.iter().flat_map(|account| prefs.list(&format!("mail.account.{account}.identities")));
    let source = Source { client: STORE.id, program, place };
    for identity in identities.take(MOST) {
        match prefs.account(&identity, &source) {
            Ok(account) => found.add(Found { accounts: account.into_iter().collect(), skipped: vec![] }),
            Err(why) => found.skip(place, &format!("{identity}: {why}")),
        }
    }
    found
}

/// The preferences about accounts; what else is in the file is not kept.
struct Prefs {
    values: BTreeMap<String, Pref>,
    /// How many of them could not be read.
    damaged: usize,
}

const KEPT: [&str; 4] = ["mail.accountmanager.", "mail.account.", "mail.identity.", "mail.smtp"];

impl Prefs {
    fn parse(text: &str) -> Self {
        let mut prefs = Prefs { values: BTreeMap::new(), damaged: 0 };
        for entry in prefs::read(text) {
            match entry {
                Ok((name, value)) if KEPT.iter().any(|kept| name.starts_with(kept)) => {
                    prefs.values.insert(name, value);
                }
                Ok(_) => {}
                Err(near) => prefs.damaged += usize::from(near.contains("mail.")),
            }
        }
        prefs
    }

    fn text(&self, name: &str) -> Option<&str> {
        match self.values.get(name)? {
            Pref::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.values.get(name)? {
            Pref::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn list(&self, name: &str) -> Vec<String> {
        let names = self.text(name).unwrap_or_default().split(',').map(str::trim);
        names.filter(|name| !name.is_empty()).take(MOST).map(str::to_owned).collect()
    }

    /// The account of an identity; `None` if it does not send. The error is a message for people.
    fn account(&self, identity: &str, source: &Source<'_>) -> Result<Option<StoredAccount>, String> {
        let Some(address) = self.text(&format!("mail.identity.{identity}.useremail")) else { return Ok(None) };
        let own = self.text(&format!("mail.identity.{identity}.smtpServer"));
        let first = || self.list("mail.smtpservers").into_iter().next();
        let server = own.or_else(|| self.text("mail.smtp.defaultserver")).map(str::to_owned).or_else(first);
        let Some(server) = server else { return Ok(None) };
        let name = |key: &str| format!("mail.smtpserver.{server}.{key}");
        match self.text(&name("type")) {
            None | Some("smtp") => {}
            Some("ews" | "graph") => return source.without_server(address, Kind::Exchange).map(Some),
            Some(_) => return Ok(None),
        }
        let host = self
            .text(&name("hostname"))
            .ok_or_else(|| format!("sends through {server}, which is not described anywhere"))?;
        let security = match self.number(&name("try_ssl")) {
            None | Some(0) => Some(Security::None),
            Some(2) => Some(Security::Starttls),
            Some(3) => Some(Security::Implicit),
            // From long ago: TLS if it is offered.
            Some(1) => Some(Security::Auto),
            Some(_) => None,
        };
        let usual = if security == Some(Security::Implicit) { 465 } else { 587 };
        // 1 is "no authentication".
        let logs_in = self.number(&name("authMethod")) != Some(1);
        let written = Written {
            address,
            host,
            port: Some(self.number(&name("port")).filter(|port| *port != 0).unwrap_or(usual)),
            security,
            user: self.text(&name("username")).filter(|_| logs_in),
        };
        source.account(written).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn accounts_of_a_profile() {
        let found = accounts(PREFS, "Thunderbird 128", "profile default, ~/.thunderbird/a/prefs.js");
        assert_eq!(
            found.says(),
            [
                "anna@example.com smtp.example.com, port 465, SSL/TLS Some(\"anna@example.com\")",
                "info@example.com mail.example.com, port 587, STARTTLS None",
                "anna@example.org an Exchange account None",
            ]
        );
        assert_eq!(found.accounts[0].settings.origin_in_words(), "as stored in Thunderbird 128");
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
        assert_eq!(
            accounts(text, "x", "here").says(),
            ["anna@example.com smtp.example.com, port 587, no encryption None"]
        );
        let implicit = format!("{text}\nuser_pref(\"mail.smtpserver.smtp1.try_ssl\", 3);");
        assert_eq!(
            accounts(&implicit, "x", "here").says(),
            ["anna@example.com smtp.example.com, port 465, SSL/TLS None"]
        );
    }

    #[test]
    fn the_profile_in_use_comes_first() {
        let ini = "[General]\nVersion=2\n\n[Profile0]\nName=old\nPath=old.default\nDefault=1\n\n[Profile1]\nName=new\n\
                   Path=new.release\n\n[Profile2]\nName=x\nPath=/mnt/x\n\n[InstallFDC34C9F024745EB]\nDefault=new.release\n";
        let profiles: Vec<String> = profiles(ini).into_iter().map(|(name, _)| name).collect();
        assert_eq!(profiles, ["new", "old", "x"]);
    }

    #[test]
    fn versions() {
        let ini = |version: &str| format!("[Compatibility]\nLastVersion={version}\nLastOSABI=Linux_x86_64-gcc3\n");
        assert_eq!(version(&ini("128.3.0_20241007134345/20241007134345")).as_deref(), Some("128.3.0"));
        assert_eq!((version(&ini("x_1")), version("[Compat")), (None, None));
    }
}
