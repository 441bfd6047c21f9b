//! Geary: a folder for each account, with a `geary.ini` (GNOME's sources: geary, `accounts-manager.vala`; the words are
//! those of `TlsNegotiationMethod` and `Credentials.Requirement`).

use super::keys::{section, sections};
use super::{
    Found, Kind, MOST, MOST_BYTES, MOST_FILES, Source, Store, StoredAccount, Written, folders, read_text, shown,
};
use crate::account::Security;
use crate::machine::{Folder, Machine};
use futures::FutureExt;

pub(super) const STORE: Store = Store { id: "geary", name: "Geary", read: |machine| read(machine).boxed() };

const PLACES: [(Folder, &str); 2] =
    [(Folder::Config, "geary"), (Folder::Home, ".var/app/org.gnome.Geary/config/geary")];

async fn read(machine: &dyn Machine) -> Found {
    let mut found = Found::default();
    for folder in folders(machine, &PLACES) {
        for name in machine.list(&folder, MOST_FILES).await.into_iter().take(MOST) {
            let path = folder.join(name).join("geary.ini");
            match read_text(machine, &path, MOST_BYTES).await {
                Ok(Some(text)) => found.add(parse(&text, &shown(machine, &path))),
                Ok(None) => {}
                Err(why) => found.add(Found::skipped(why)),
            }
        }
    }
    found
}

pub(super) fn parse(text: &str, place: &str) -> Found {
    let mut found = Found::default();
    found.take(place, "the account", account(text, place));
    found
}

fn account(text: &str, place: &str) -> Result<StoredAccount, String> {
    let sections = sections(text);
    let account = section(&sections, "Account").ok_or("it is not described")?;
    let sender = account.text("sender_mailboxes").and_then(|all| all.split(';').next()).ok_or("no sender")?;
    let address = sender.rsplit_once('<').map_or(sender, |(_, address)| address.trim_end_matches('>'));
    let source = Source { client: "other", program: STORE.name, place };
    let Some(outgoing) = section(&sections, "Outgoing").filter(|outgoing| outgoing.text("host").is_some()) else {
        // For Gmail, Outlook.com and Yahoo it knows the server itself.
        return source.without_server(address, Kind::ImapOrPop);
    };
    let incoming = section(&sections, "Incoming");
    let security = match outgoing.text("transport_security") {
        Some("none") => Some(Security::None),
        Some("start-tls") => Some(Security::Starttls),
        Some("transport") => Some(Security::Implicit),
        _ => None,
    };
    let user = match outgoing.text("credentials") {
        Some("none") => None,
        Some("use-incoming") => incoming.and_then(|incoming| incoming.text("login")),
        _ => outgoing.text("login"),
    };
    source.account(Written {
        address,
        host: outgoing.text("host").unwrap_or_default(),
        port: outgoing.number("port")?,
        security,
        user,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const INI: &str = "[Metadata]\nversion=1\nstatus=enabled\n\n[Account]\nordinal=1\nlabel=\n\
        sender_mailboxes=Anna <anna@example.com>;Info <info@example.com>;\nservice_provider=other\n\n\
        [Incoming]\nlogin=anna\nhost=imap.example.com\nport=993\ntransport_security=transport\n\n\
        [Outgoing]\nremember_password=true\nhost=smtp.example.com\nport=587\ntransport_security=start-tls\n\
        credentials=use-incoming\n";

    #[test]
    fn an_account_of_geary() {
        let read = account(INI, "~/.config/geary/account_01/geary.ini").unwrap();
        assert_eq!((read.address.to_string().as_str(), read.settings.user()), ("anna@example.com", Some("anna")));
        assert_eq!(read.way(), "smtp.example.com, port 587, STARTTLS");
        let gmail = INI.replace("host=smtp.example.com\n", "");
        assert_eq!(account(&gmail, "x").unwrap().way(), "the provider's own server");
        assert_eq!(account(&INI.replace("port=587", "port=-1"), "x").unwrap_err(), "no port -1");
        assert_eq!(account("[Account]\n", "x").unwrap_err(), "no sender");
    }
}
