//! msmtp: one setting in each line; those after `defaults` hold for the accounts that follow, and an account may begin
//! with the settings of others (marlam.de/msmtp/msmtp.html, "Configuration files").

use super::{Found, MOST, Source, Store, StoredAccount, Written, each_file};
use crate::account::Security;
use crate::machine::Folder;
use crate::text::small_sort::SmallSort;
use futures::FutureExt;
use std::collections::BTreeMap;

pub(super) const STORE: Store =
    Store { id: "msmtp", name: "msmtp", read: |machine| each_file(machine, &PLACES, parse).boxed() };

const PLACES: [(Folder, &str); 3] =
    [(Folder::Home, ".msmtprc"), (Folder::Config, "msmtp/config"), (Folder::AppData, "msmtprc.txt")];

/// The settings that matter here; a password is none of them.
const SETTINGS: [&str; 7] = ["host", "port", "from", "user", "auth", "tls", "tls_starttls"];

type Values<'a> = BTreeMap<&'a str, &'a str>;

pub(super) fn parse(text: &str, place: &str) -> Found {
    let mut defaults = Values::new();
    let mut accounts: Vec<(&str, Values<'_>)> = Vec::new();
    let mut is_account = false;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (word, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = value.trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        match word {
            "defaults" => {
                is_account = false;
                defaults.clear();
            }
            "account" if accounts.len() < MOST => {
                let (name, others) = value.split_once(':').unwrap_or((value, ""));
                let mut values = defaults.clone();
                for other in others.split(',').map(str::trim) {
                    let known = accounts.iter().find(|(name, _)| *name == other);
                    values.extend(known.map(|(_, values)| values.clone()).unwrap_or_default());
                }
                accounts.push((name.trim(), values));
                is_account = true;
            }
            _ => {
                let values = accounts.last_mut().filter(|_| is_account).map_or(&mut defaults, |(_, values)| values);
                if let Some(setting) = SETTINGS.iter().find(|setting| **setting == word) {
                    values.insert(setting, value);
                }
            }
        }
    }
    // The one called "default" is used if nothing else is said.
    accounts.small_sort_by_key(|(name, _)| *name != "default");
    let mut found = Found::default();
    for (name, values) in &accounts {
        found.take(place, &format!("account {name}"), account(values, place));
    }
    found
}

fn account(values: &Values<'_>, place: &str) -> Result<StoredAccount, String> {
    let is_on = |setting: &str| values.get(setting).map(|value| *value == "on" || value.is_empty());
    let security = match (is_on("tls"), is_on("tls_starttls")) {
        (Some(true), Some(false)) => Security::Implicit,
        (Some(true), _) => Security::Starttls,
        _ => Security::None,
    };
    let usual = if security == Security::Implicit { 465 } else { 25 };
    let port = values.get("port").map(|port| port.parse().map_err(|_| "port is not a number")).transpose()?;
    let logs_in = values.get("auth").is_some_and(|auth| *auth != "off");
    Source { client: "other", program: STORE.name, place }.account(Written {
        address: values.get("from").ok_or("no address: it has no line from")?,
        host: values.get("host").copied().unwrap_or_default(),
        port: Some(port.unwrap_or(usual)),
        security: Some(security),
        user: values.get("user").copied().filter(|_| logs_in),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: &str = "# mine\ndefaults\nauth on\ntls on\nlogfile ~/x\n\naccount work\nhost smtp.example.com\n\
        from anna@example.com\nuser \"anna b\"\npassword secret\ntls_starttls off\n\naccount other : work\nport 587\n\
        tls_starttls on\nfrom info@example.com\n\naccount plain\nhost x.example\ntls off\nauth off\nuser x\n\
        from a@x.example\n\naccount broken\nhost x.example\n\naccount default : other\n";

    #[test]
    fn accounts_of_msmtp() {
        let found = parse(CONFIG, "~/.msmtprc");
        assert_eq!(
            found.says(),
            [
                "info@example.com smtp.example.com, port 587, STARTTLS Some(\"anna b\")",
                "anna@example.com smtp.example.com, port 465, SSL/TLS Some(\"anna b\")",
                "a@x.example x.example, port 25, no encryption None",
            ]
        );
        assert_eq!(found.skipped, ["~/.msmtprc: account broken: no address: it has no line from"]);
        assert!(!format!("{found:?}").contains("secret"));
    }
}
