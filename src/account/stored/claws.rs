//! Claws Mail: `accountrc` has a section for each account (its sources, `src/prefs_account.c`; `SSLType` in
//! `src/common/ssl.h`; which port it takes without one, `src/send_message.c`).

use super::keys::{Section, sections};
use super::{Found, MOST, Source, Store, StoredAccount, Written, each_file};
use crate::account::Security;
use crate::machine::Folder;
use crate::text::small_sort::SmallSort;
use futures::FutureExt;

pub(super) const STORE: Store =
    Store { id: "claws", name: "Claws Mail", read: |machine| each_file(machine, &PLACES, parse).boxed() };

const PLACES: [(Folder, &str); 3] = [
    (Folder::Home, ".claws-mail/accountrc"),
    (Folder::Home, ".var/app/org.claws_mail.Claws-Mail/.claws-mail/accountrc"),
    (Folder::AppData, "Claws-mail/accountrc"),
];

pub(super) fn parse(text: &str, place: &str) -> Found {
    let mut found = Found::default();
    let mut accounts: Vec<Section> = sections(text);
    accounts.retain(|section| section.name.starts_with("Account") && section.text("smtp_server").is_some());
    accounts.small_sort_by_key(|section| !section.is("is_default"));
    for section in accounts.iter().take(MOST).filter(|section| !section.is("use_mail_command")) {
        found.take(place, &section.name, account(section, place));
    }
    found
}

fn account(section: &Section, place: &str) -> Result<StoredAccount, String> {
    let security = match section.number("ssl_smtp")? {
        None | Some(0) => Some(Security::None),
        Some(1) => Some(Security::Implicit),
        Some(2) => Some(Security::Starttls),
        Some(_) => None,
    };
    let usual = if security == Some(Security::Implicit) { 465 } else { 25 };
    let port = if section.is("set_smtpport") { section.number("smtp_port")? } else { Some(usual) };
    // Without a name of its own, that of the incoming server.
    let user = section.text("smtp_user_id").or_else(|| section.text("user_id"));
    let source = Source { client: "other", program: STORE.name, place };
    source.account(Written {
        address: section.text("address").ok_or("no address")?,
        host: section.text("smtp_server").unwrap_or_default(),
        port,
        security,
        user: user.filter(|_| section.is("use_smtp_auth")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNTS: &str = "[Account: 1]\naddress=anna@example.com\nis_default=0\nsmtp_server=smtp.example.com\n\
        user_id=anna\nuse_smtp_auth=1\nsmtp_user_id=\nssl_smtp=2\nset_smtpport=1\nsmtp_port=587\npassword=!c2VjcmV0\n\n\
        [Account: 2]\naddress=info@example.net\nis_default=1\nsmtp_server=mail.example.net\nuse_smtp_auth=0\n\
        smtp_user_id=x\nssl_smtp=1\nset_smtpport=0\nsmtp_port=25\n\n\
        [Account: 3]\naddress=news@example.net\nsmtp_server=x.example\nsmtp_port=99999\nset_smtpport=1\n\n\
        [Account: 4]\naddress=a@example.net\nsmtp_server=x.example\nuse_mail_command=1\n";

    #[test]
    fn accounts_of_claws() {
        let found = parse(ACCOUNTS, "~/.claws-mail/accountrc");
        let says: Vec<String> = found.accounts.iter().map(|one| format!("{} {}", one.address, one.way())).collect();
        assert_eq!(
            says,
            [
                "info@example.net mail.example.net, port 465, SSL/TLS",
                "anna@example.com smtp.example.com, port 587, STARTTLS"
            ]
        );
        assert_eq!(found.accounts[0].settings.user(), None);
        assert_eq!(found.accounts[1].settings.user(), Some("anna"));
        assert_eq!(found.skipped, ["~/.claws-mail/accountrc: Account: 3: no port 99999"]);
    }
}
