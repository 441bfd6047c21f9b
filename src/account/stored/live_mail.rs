//! Windows Mail and Windows Live Mail: a file for each account, `account{…}.oeaccount`, in their folders and one below
//! (Microsoft's documentation of Windows Mail, "Account files"; Thunderbird's sources, `nsWMSettings.cpp`: numbers are
//! hexadecimal).

use super::{Found, MOST, MOST_BYTES, MOST_FILES, Source, Store, StoredAccount, Written, folders, read_text, shown};
use crate::account::Security;
use crate::machine::{Folder, Machine};
use futures::FutureExt;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;

pub(super) const STORE: Store =
    Store { id: "windows-mail", name: "Windows Live Mail", read: |machine| read(machine).boxed() };

const PLACES: [(Folder, &str); 2] =
    [(Folder::LocalAppData, "Microsoft/Windows Live Mail"), (Folder::LocalAppData, "Microsoft/Windows Mail")];

/// The entries that matter here; a password is none of them.
const ENTRIES: [&str; 8] = [
    "SMTP_Server",
    "SMTP_Port",
    "SMTP_Secure_Connection",
    "SMTP_Use_Sicily",
    "SMTP_User_Name",
    "SMTP_Email_Address",
    "IMAP_User_Name",
    "POP3_User_Name",
];

async fn read(machine: &dyn Machine) -> Found {
    let mut found = Found::default();
    for folder in folders(machine, &PLACES) {
        let mut all = vec![folder.clone()];
        all.extend(machine.list(&folder, MOST_FILES).await.into_iter().take(MOST).map(|name| folder.join(name)));
        for folder in all {
            let names = machine.list(&folder, MOST_FILES).await;
            for name in names.iter().filter(|name| name.ends_with(".oeaccount")).take(MOST) {
                let path = folder.join(name);
                match read_text(machine, &path, MOST_BYTES).await {
                    Ok(text) => found.add(parse(&text.unwrap_or_default(), &shown(machine, &path))),
                    Err(why) => found.add(Found::skipped(why)),
                }
            }
        }
    }
    found
}

pub(super) fn parse(xml: &str, place: &str) -> Found {
    let mut found = Found::default();
    match entries(xml) {
        // Newsgroups and address books have files of the same kind.
        Some(entries) if entries.contains_key("SMTP_Server") => {
            found.take(place, "the account", account(&entries, place));
        }
        Some(_) => {}
        None => found.skip(place, "it cannot be read"),
    }
    found
}

/// The entries of the file; `None` if it is no XML.
fn entries(xml: &str) -> Option<BTreeMap<&'static str, String>> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    let mut at = None;
    let mut is_account = false;
    let mut entries: BTreeMap<&'static str, String> = BTreeMap::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                is_account |= start.name().as_ref() == b"MessageAccount";
                at = ENTRIES.into_iter().find(|entry| start.name().as_ref() == entry.as_bytes());
            }
            Event::Text(text) => {
                if let Some(entry) = at {
                    entries.entry(entry).or_default().push_str(text.decode().ok()?.trim());
                }
            }
            Event::End(_) => at = None,
            Event::Eof => return is_account.then_some(entries),
            _ => {}
        }
    }
}

fn account(entries: &BTreeMap<&'static str, String>, place: &str) -> Result<StoredAccount, String> {
    let text = |entry: &str| entries.get(entry).map(String::as_str).filter(|text| !text.is_empty());
    let number = |entry: &str| {
        let digits = text(entry);
        digits.map(|digits| i64::from_str_radix(digits, 16).map_err(|_| format!("{entry} is not a number"))).transpose()
    };
    let port = number("SMTP_Port")?.unwrap_or(25);
    let security = match (number("SMTP_Secure_Connection")?.unwrap_or(0), port) {
        (0, _) => Some(Security::None),
        (_, 465) => Some(Security::Implicit),
        (_, 25) => Some(Security::Starttls),
        // It has one tick box for both kinds, and goes by the port.
        _ => None,
    };
    let incoming = || text("IMAP_User_Name").or_else(|| text("POP3_User_Name"));
    let user = match number("SMTP_Use_Sicily")?.unwrap_or(0) {
        0 => None,
        2 => incoming(),
        _ => text("SMTP_User_Name").or_else(incoming),
    };
    Source { client: "windows-mail", program: STORE.name, place }.account(Written {
        address: text("SMTP_Email_Address").ok_or("no address")?,
        host: text("SMTP_Server").unwrap_or_default(),
        port: Some(port),
        security,
        user,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "\u{feff}<?xml version=\"1.0\" encoding=\"utf-16\" ?>\r\n<MessageAccount>\r\n\
        \t<Account_Name type=\"SZ\">Example</Account_Name>\r\n\t<IMAP_Server type=\"SZ\">imap.example.com</IMAP_Server>\r\n\
        \t<IMAP_User_Name type=\"SZ\">anna</IMAP_User_Name>\r\n\
        \t<SMTP_Server type=\"SZ\">smtp.example.com</SMTP_Server>\r\n\t<SMTP_Port type=\"DWORD\">000001d1</SMTP_Port>\r\n\
        \t<SMTP_Secure_Connection type=\"DWORD\">00000001</SMTP_Secure_Connection>\r\n\
        \t<SMTP_Use_Sicily type=\"DWORD\">00000002</SMTP_Use_Sicily>\r\n\
        \t<SMTP_Email_Address type=\"SZ\">anna@example.com</SMTP_Email_Address>\r\n\
        \t<SMTP_Password2 type=\"BINARY\">736563726574</SMTP_Password2>\r\n</MessageAccount>\r\n";

    #[test]
    fn an_account_of_live_mail() {
        let found = parse(ACCOUNT, "%LOCALAPPDATA%/x.oeaccount");
        assert_eq!(found.accounts[0].way(), "smtp.example.com, port 465, SSL/TLS");
        assert_eq!(found.accounts[0].settings.user(), Some("anna"));
        assert!(!format!("{found:?}").contains("736563726574"));
    }

    #[test]
    fn other_and_damaged_files() {
        let news = "<MessageAccount><NNTP_Server type=\"SZ\">news.example</NNTP_Server></MessageAccount>";
        assert_eq!(parse(news, "x"), Found::default());
        for damaged in ["", "<MessageAccount><SMTP", "<a></b>", &ACCOUNT.replace("000001d1", "zz")] {
            let found = parse(damaged, "x");
            assert!(found.accounts.is_empty() && found.skipped.len() == 1, "{damaged:?}: {found:?}");
        }
        assert_eq!(parse(&ACCOUNT.replace("000001d1", "24b"), "x").accounts[0].way(), "smtp.example.com, port 587");
    }
}
