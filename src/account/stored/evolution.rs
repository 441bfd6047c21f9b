//! Evolution: one `.source` file for each identity, each way of sending and each mailbox, which name each other by the
//! names of their files (GNOME's sources: evolution-data-server, `e-source-mail-*.c`, `e-source-security.c`; the words
//! for the encryption are those of `CamelNetworkSecurityMethod`).

use super::keys::{Section, section, sections};
use super::{
    Found, Kind, MOST, MOST_BYTES, MOST_FILES, Source, Store, StoredAccount, Written, folders, read_text, shown,
};
use crate::account::Security;
use crate::machine::{Folder, Machine};
use futures::FutureExt;
use std::collections::BTreeMap;

pub(super) const STORE: Store = Store { id: "evolution", name: "Evolution", read: |machine| read(machine).boxed() };

const PLACES: [(Folder, &str); 2] =
    [(Folder::Config, "evolution/sources"), (Folder::Home, ".var/app/org.gnome.Evolution/config/evolution/sources")];

/// The sections of every file, by the file's name.
type Sources = BTreeMap<String, Vec<Section>>;

async fn read(machine: &dyn Machine) -> Found {
    let mut found = Found::default();
    for folder in folders(machine, &PLACES) {
        let mut sources = Sources::new();
        for name in machine.list(&folder, MOST_FILES).await {
            let Some(uid) = name.strip_suffix(".source") else { continue };
            match read_text(machine, &folder.join(&name), MOST_BYTES).await {
                Ok(text) => drop(sources.insert(uid.to_owned(), sections(&text.unwrap_or_default()))),
                Err(why) => found.add(Found::skipped(why)),
            }
        }
        found.add(parse(&sources, &shown(machine, &folder)));
    }
    found
}

fn parse(sources: &Sources, place: &str) -> Found {
    let mut found = Found::default();
    for (uid, identity) in sources.iter().filter(|(_, source)| section(source, "Mail Identity").is_some()).take(MOST) {
        let is_off = |uid: &str| {
            let data = sources.get(uid).and_then(|source| section(source, "Data Source"));
            data.and_then(|data| data.text("Enabled")) == Some("false")
        };
        let parent = section(identity, "Data Source").and_then(|data| data.text("Parent"));
        if is_off(uid) || parent.is_some_and(is_off) {
            continue;
        }
        match account(identity, sources, place) {
            Ok(account) => found.add(Found { accounts: account.into_iter().collect(), skipped: vec![] }),
            Err(why) => found.skip(place, &format!("{uid}.source: {why}")),
        }
    }
    found
}

/// The account of an identity; `None` if it does not send.
fn account(identity: &[Section], sources: &Sources, place: &str) -> Result<Option<StoredAccount>, String> {
    let of = |source: &'_ [Section], name: &str, key: &str| -> Option<String> {
        Some(section(source, name)?.text(key)?.to_owned())
    };
    let Some(address) = of(identity, "Mail Identity", "Address") else { return Ok(None) };
    let Some(uid) = of(identity, "Mail Submission", "TransportUid") else { return Ok(None) };
    let transport = sources.get(&uid).ok_or_else(|| format!("sends through {uid}.source, which does not exist"))?;
    let source = Source { client: "evolution", program: STORE.name, place };
    match of(transport, "Mail Transport", "BackendName").as_deref() {
        Some("smtp") => {}
        Some("ews" | "microsoft365") => return source.without_server(&address, Kind::Exchange).map(Some),
        Some(other) => return Err(format!("sends with {other}, not through a server")),
        None => return Err(format!("sends through {uid}.source, which does not say how")),
    }
    let security = match of(transport, "Security", "Method").as_deref() {
        None | Some("none") => Some(Security::None),
        Some("ssl-on-alternate-port") => Some(Security::Implicit),
        Some("starttls-on-standard-port") => Some(Security::Starttls),
        Some(_) => None,
    };
    let login = section(transport, "Authentication").ok_or("no server")?;
    let written = Written {
        address: &address,
        host: login.text("Host").unwrap_or_default(),
        port: login.number("Port")?,
        security,
        // Without a method it does not log in.
        user: login.text("User").filter(|_| login.text("Method").is_some()),
    };
    source.account(written).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSPORT: &str = "[Mail Transport]\nBackendName=smtp\n[Authentication]\nHost=smtp.example.com\nPort=587\n\
        User=anna\nMethod=PLAIN\n[Security]\nMethod=starttls-on-standard-port\n";

    fn identity(transport: &str) -> String {
        format!(
            "[Data Source]\nParent=box\n[Mail Identity]\nAddress=anna@example.com\n[Mail Submission]\nTransportUid={transport}\n"
        )
    }

    fn read(files: &[(&str, &str)]) -> Found {
        parse(&files.iter().map(|(name, text)| ((*name).to_owned(), sections(text))).collect(), "~/sources")
    }

    #[test]
    fn an_identity_and_its_way() {
        let found =
            read(&[("id", &identity("way")), ("way", TRANSPORT), ("box", "[Mail Account]\nBackendName=imapx\n")]);
        assert_eq!(found.accounts[0].way(), "smtp.example.com, port 587, STARTTLS");
        assert_eq!(found.accounts[0].settings.user(), Some("anna"));
        let without = TRANSPORT.replace("Method=PLAIN", "Method=");
        assert_eq!(read(&[("id", &identity("way")), ("way", &without)]).accounts[0].settings.user(), None);
    }

    #[test]
    fn what_does_not_send_by_smtp() {
        let ews = "[Mail Transport]\nBackendName=ews\n";
        assert_eq!(read(&[("id", &identity("way")), ("way", ews)]).accounts[0].kind, Kind::Exchange);
        let sendmail = "[Mail Transport]\nBackendName=sendmail\n";
        for (files, why) in [
            (vec![("id", identity("way")), ("way", sendmail.to_owned())], "sendmail"),
            (vec![("id", identity("gone"))], "does not exist"),
            (vec![("id", identity("way")), ("way", "[Mail Tra".to_owned())], "does not say how"),
            (vec![("id", identity("way")), ("way", TRANSPORT.replace("587", "x"))], "not a number"),
        ] {
            let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
            let found = read(&files);
            assert!(found.accounts.is_empty() && found.skipped[0].contains(why), "{found:?}");
        }
        let off = "[Data Source]\nEnabled=false\n";
        assert_eq!(read(&[("id", &identity("way")), ("way", TRANSPORT), ("box", off)]), Found::default());
    }
}
