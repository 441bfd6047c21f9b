//! KMail: `emailidentities` names the addresses and which way each sends, `mailtransports` describes the ways (KDE's
//! sources: `mailtransport.kcfg` of kmailtransport, `transportmanager.cpp` for the default, `identity.cpp` of
//! kidentitymanagement).

use super::keys::{Section, section, sections};
use super::{Found, MOST, MOST_BYTES, Source, Store, StoredAccount, Written, folders, read_text, shown};
use crate::account::Security;
use crate::machine::{Folder, Machine};
use futures::FutureExt;

pub(super) const STORE: Store = Store { id: "kmail", name: "KMail", read: |machine| read(machine).boxed() };

const PLACES: [(Folder, &str); 4] = [
    (Folder::Config, ""),
    (Folder::Home, ".var/app/org.kde.kontact/config"),
    (Folder::Home, ".kde4/share/config"),
    (Folder::Home, ".kde/share/config"),
];

async fn read(machine: &dyn Machine) -> Found {
    let mut found = Found::default();
    for folder in folders(machine, &PLACES) {
        let path = folder.join("mailtransports");
        let transports = read_text(machine, &path, MOST_BYTES).await;
        let identities = read_text(machine, &folder.join("emailidentities"), MOST_BYTES).await;
        match (transports, identities) {
            (Ok(Some(transports)), Ok(Some(identities))) => {
                found.add(parse(&transports, &identities, &shown(machine, &path)));
            }
            (Err(why), _) | (_, Err(why)) => found.add(Found::skipped(why)),
            _ => {}
        }
    }
    found
}

fn parse(transports: &str, identities: &str, place: &str) -> Found {
    let mut found = Found::default();
    let transports = sections(transports);
    let usual = section(&transports, "General").and_then(|general| general.text("default-transport"));
    let identities = sections(identities);
    let identities = identities.iter().filter(|section| section.name.starts_with("Identity"));
    for identity in identities.take(MOST) {
        let Some(address) = identity.text("Email Address") else { continue };
        let Some(id) = identity.text("Transport").or(usual) else { continue };
        let transport = transports.iter().find(|section| {
            section.name.starts_with("Transport") && section.text("id").or(section.name.get(10..)) == Some(id)
        });
        let account = transport.ok_or_else(|| format!("sends through transport {id}, which is not described anywhere"));
        match account.and_then(|transport| account_of(address, transport, place)) {
            Ok(account) => found.accounts.extend(account),
            Err(why) => found.skip(place, &format!("{}: {why}", identity.name)),
        }
    }
    found
}

/// The account; `None` if it does not send through an SMTP server.
fn account_of(address: &str, transport: &Section, place: &str) -> Result<Option<StoredAccount>, String> {
    let kind = transport.text("identifier").or_else(|| transport.text("type")).unwrap_or("SMTP");
    if !kind.eq_ignore_ascii_case("smtp") {
        return Ok(None);
    }
    // Written as a name, or as the number of the choice.
    let security = match transport.text("encryption") {
        None | Some("None" | "0") => Some(Security::None),
        Some("SSL" | "1") => Some(Security::Implicit),
        Some("TLS" | "2") => Some(Security::Starttls),
        Some(_) => None,
    };
    let logs_in = transport.is("auth") || transport.is("requiresAuthentication");
    let user = transport.text("user").or_else(|| transport.text("userName"));
    let source = Source { client: "other", program: STORE.name, place };
    let written = Written {
        address,
        host: transport.text("host").unwrap_or_default(),
        port: Some(transport.number("port")?.unwrap_or(25)),
        security,
        user: user.filter(|_| logs_in),
    };
    source.account(written).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRANSPORTS: &str = "[$Version]\nupdate_info=x\n\n[General]\ndefault-transport=2\n\n\
        [Transport 1]\nauth=true\nencryption=SSL\nhost=smtp.example.com\nid=1\nidentifier=SMTP\nname=Work\nport=465\n\
        user=anna\npassword-kmail=secret\n\n\
        [Transport 2]\nencryption=TLS\nhost=mail.example.net\nid=2\nname=Home\nport=587\nuser=left over\n\n\
        [Transport 3]\nhost=x.example\nid=3\nidentifier=akonadi_ews_resource\n";
    const IDENTITIES: &str = "[Identity #0]\nEmail Address=anna@example.com\nTransport=1\n\n\
        [Identity #1]\nEmail Address=info@example.net\n\n[Identity #2]\nEmail Address=ews@example.net\nTransport=3\n\n\
        [Identity #3]\nEmail Address=x@example.net\nTransport=9\n\n[Identity #4]\nIdentity Name=empty\n";

    #[test]
    fn accounts_of_kmail() {
        let found = parse(TRANSPORTS, IDENTITIES, "~/.config/mailtransports");
        let says: Vec<String> = found.accounts.iter().map(|one| format!("{} {}", one.address, one.way())).collect();
        assert_eq!(
            says,
            [
                "anna@example.com smtp.example.com, port 465, SSL/TLS",
                "info@example.net mail.example.net, port 587, STARTTLS"
            ]
        );
        assert_eq!([0, 1].map(|at| found.accounts[at].settings.user()), [Some("anna"), None]);
        assert_eq!(found.skipped.len(), 1, "{:?}", found.skipped);
    }
}
