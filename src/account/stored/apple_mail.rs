//! Apple Mail: until OS X 10.10 a property list names its accounts and, apart from them, the servers for sending
//! (`MailAccounts`, `DeliveryAccounts`; an account names its server as `host:user` in `SMTPIdentifier`). Later versions keep
//! them in a database of the system's, which macOS opens to no other program. How such a list is written is in `plist`; the
//! profiles by which accounts are set up are in `apple_profile`.

use super::plist::Plist;
use super::{Found, Kind, MOST, MOST_BYTES, Source, Store, StoredAccount, Written, folders, read_file, shown};
use crate::account::Security;
use crate::machine::{Folder, Machine};
use futures::FutureExt;
use std::io;

const NAME: &str = "Apple Mail";

pub(super) const STORE: Store = Store { id: "apple-mail", name: NAME, read: |machine| read(machine).boxed() };

/// The newest first: OS X 10.10, 10.9, 10.7 and 10.8, and before.
const PLACES: [(Folder, &str); 5] = [
    (Folder::Home, "Library/Mail/V3/MailData/Accounts.plist"),
    (Folder::Home, "Library/Mail/V2/MailData/Accounts.plist"),
    (Folder::Home, "Library/Mail/MailData/Accounts.plist"),
    (Folder::Home, "Library/Containers/com.apple.mail/Data/Library/Preferences/com.apple.mail.plist"),
    (Folder::Home, "Library/Preferences/com.apple.mail.plist"),
];

/// Where macOS keeps all accounts since 10.11: an SQLite database, which only programs with Full Disk Access may open.
const DATABASE: [(Folder, &str); 2] =
    [(Folder::Home, "Library/Accounts/Accounts4.sqlite"), (Folder::Home, "Library/Accounts/Accounts3.sqlite")];

async fn read(machine: &dyn Machine) -> Found {
    let mut found = Found::default();
    for path in folders(machine, &PLACES) {
        match read_file(machine, &path, MOST_BYTES).await {
            // What an older version has left behind is not in use.
            Ok(Some(bytes)) if found.accounts.is_empty() => found.add(parse(&bytes, &shown(machine, &path))),
            Ok(_) => {}
            Err(why) => found.add(Found::skipped(why)),
        }
    }
    for path in folders(machine, &DATABASE) {
        // Asked for nothing, it tells whether it is there: it is too large then, or closed.
        let asked = machine.read(&path, 0).await;
        let is_there = asked
            .map_or_else(|why| !matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory), |_| true);
        if found.accounts.is_empty() && is_there {
            found.skipped.clear();
            found.skip(NAME, "macOS keeps its accounts where other programs cannot read them; type what Mail > Settings > Accounts shows");
        }
    }
    found
}

/// The accounts of `Accounts.plist` or `com.apple.mail.plist`.
pub(super) fn parse(bytes: &[u8], place: &str) -> Found {
    let mut found = Found::default();
    let Some(plist) = Plist::parse(bytes) else {
        found.skip(place, "it cannot be read");
        return found;
    };
    let servers = plist.list("DeliveryAccounts");
    for account in plist.list("MailAccounts").iter().take(MOST) {
        let name = account.text("AccountName").unwrap_or("an account");
        for address in account.list("EmailAddresses").iter().filter_map(Plist::as_text).take(MOST) {
            found.take(place, name, of(account, address, servers, place));
        }
    }
    found
}

fn of(account: &Plist, address: &str, servers: &[Plist], place: &str) -> Result<StoredAccount, String> {
    let source = Source { client: STORE.id, program: STORE.name, place };
    if account.text("AccountType").is_some_and(|kind| kind.starts_with("EWS")) {
        return source.without_server(address, Kind::Exchange);
    }
    let id = account.text("SMTPIdentifier").ok_or("it has no server for sending")?;
    let is_named = |server: &&Plist| {
        let host = server.text("Hostname").unwrap_or_default();
        let user = server.text("Username").unwrap_or_default();
        id == format!("{host}:{user}") || id == host
    };
    let server =
        servers.iter().find(is_named).ok_or_else(|| format!("it sends through {id}, which is not described"))?;
    let port = server.number("PortNumber")?;
    source.account(Written {
        address,
        host: server.text("Hostname").unwrap_or_default(),
        port,
        security: server.is("SSLEnabled").map(|is_on| security(is_on, port)),
        user: server.text("Username").filter(|_| server.is("ShouldUseAuthentication") != Some(false)),
    })
}

/// Apple's programs have one tick box: on 465 it means encryption from the start, on 25 and 587 STARTTLS. Without a port
/// they try these three.
pub(super) fn security(is_on: bool, port: Option<i64>) -> Security {
    match (is_on, port) {
        (false, _) => Security::None,
        (true, Some(465)) => Security::Implicit,
        (true, Some(25 | 587)) => Security::Starttls,
        (true, _) => Security::Auto,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &[u8] = include_bytes!("../../../tests/stored/apple/Accounts.plist");

    #[test]
    fn accounts_of_apple_mail() {
        let found = parse(ACCOUNTS, "~/Library/Mail/V2/MailData/Accounts.plist");
        assert_eq!(
            found.says(),
            [
                "anna@example.com smtp.example.com, port 587, STARTTLS Some(\"anna\")",
                "anna.alias@example.com smtp.example.com, port 587, STARTTLS Some(\"anna\")",
                "info@example.net mail.example.net, port 465, SSL/TLS Some(\"info@example.net\")",
                "old@example.org mail.example.org, port 25, no encryption None",
                "auto@example.com smtp.example.org, Auto Some(\"auto\")",
                "anna@example.org an Exchange account None",
            ]
        );
        let skipped = [
            "gone@example.com: it sends through gone.example.com:x, which is not described",
            "none@example.com: it has no server for sending",
            "far@example.com: no port 70000",
        ];
        assert_eq!(found.skipped, skipped.map(|why| format!("~/Library/Mail/V2/MailData/Accounts.plist: {why}")));
    }

    #[test]
    fn what_is_no_list_of_accounts() {
        assert_eq!(parse(b"<plist><dict/></plist>", "x"), Found::default());
        assert_eq!(parse(b"<plist><array/></plist>", "x"), Found::default());
        let wrong = b"<plist><dict><key>MailAccounts</key><array><string>a</string><dict><key>EmailAddresses</key><true/></dict></array></dict></plist>";
        assert_eq!(parse(wrong, "x"), Found::default());
        assert_eq!(parse(b"<plist><dict><key>Mail", "x").skipped, ["x: it cannot be read"]);
    }
}
