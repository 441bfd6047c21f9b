//! Mutt and NeoMutt: the variables `smtp_url` and `from` (neomutt.org/guide/reference; mutt.org/doc/manual). What the
//! file runs or includes is not followed.

use super::{Found, Source, Store, StoredAccount, Written, each_file};
use crate::account::Security;
use crate::machine::Folder;
use futures::FutureExt;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

pub(super) const STORE: Store =
    Store { id: "mutt", name: "Mutt", read: |machine| each_file(machine, &PLACES, parse).boxed() };

const PLACES: [(Folder, &str); 6] = [
    (Folder::Home, ".neomuttrc"),
    (Folder::Home, ".muttrc"),
    (Folder::Home, ".mutt/muttrc"),
    (Folder::Config, "neomutt/neomuttrc"),
    (Folder::Config, "neomutt/muttrc"),
    (Folder::Config, "mutt/muttrc"),
];

/// The variables that matter here; a password is none of them.
const VARIABLES: [&str; 5] = ["from", "smtp_url", "smtp_user", "ssl_force_tls", "ssl_starttls"];

pub(super) fn parse(text: &str, place: &str) -> Found {
    let values = variables(text);
    let mut found = Found::default();
    if let Some(url) = values.get("smtp_url").filter(|url| !url.is_empty()) {
        found.take(place, "smtp_url", account(url, &values, place));
    }
    found
}

fn account(url: &str, values: &BTreeMap<&str, String>, place: &str) -> Result<StoredAccount, String> {
    let (scheme, rest) = url.split_once("://").ok_or("it is not a server's address")?;
    let (login, host) = rest.rsplit_once('@').map_or((None, rest), |(login, host)| (Some(login), host));
    let host = host.split('/').next().unwrap_or_default();
    // An address in brackets has colons of its own.
    let (host, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => {
            (name, Some(port.parse().map_err(|_| "its port is not a number")?))
        }
        _ => (host, None),
    };
    let (security, usual) = match scheme {
        "smtps" => (Some(Security::Implicit), 465),
        "smtp" => (starttls(values), 25),
        _ => return Err(format!("{scheme}: is not smtp: or smtps:")),
    };
    // After a colon comes the password.
    let user = login.map(|login| login.split(':').next().unwrap_or_default());
    let user = user.map(|user| percent_decode_str(user).decode_utf8_lossy().into_owned());
    let from = values.get("from").ok_or("the variable from is not set")?;
    Source { client: "other", program: STORE.name, place }.account(Written {
        address: from.rsplit_once('<').map_or(from.as_str(), |(_, address)| address.trim_end_matches('>')),
        host: host.trim_matches(['[', ']']),
        port: Some(port.unwrap_or(usual)),
        security,
        user: user.as_deref().or(values.get("smtp_user").map(String::as_str)),
    })
}

/// Whether it insists on STARTTLS. What holds if nobody has set it differs from version to version.
fn starttls(values: &BTreeMap<&str, String>) -> Option<Security> {
    match (values.get("ssl_force_tls").map(String::as_str), values.get("ssl_starttls").map(String::as_str)) {
        (Some("yes"), _) => Some(Security::Starttls),
        (Some(_), Some("no")) => Some(Security::None),
        (Some(_), _) => Some(Security::Auto),
        (None, _) => None,
    }
}

/// The variables that the file sets, each with its last value.
fn variables(text: &str) -> BTreeMap<&'static str, String> {
    let mut values = BTreeMap::new();
    // A backslash at the end of a line joins it with the next.
    for line in text.replace("\\\n", "").lines().map(str::trim) {
        let Some((command, mut rest)) = line.split_once(char::is_whitespace) else { continue };
        if command != "set" && command != "unset" {
            continue;
        }
        while let Some((name, value, after)) = assignment(rest) {
            rest = after;
            let (name, value) = match (command, name.strip_prefix("no"), value) {
                ("unset", ..) => (name, "no".to_owned()),
                (_, _, Some(value)) => (name, value),
                (_, Some(name), None) => (name, "no".to_owned()),
                (_, None, None) => (name, "yes".to_owned()),
            };
            if let Some(variable) = VARIABLES.iter().find(|variable| **variable == name) {
                values.insert(*variable, value);
            }
        }
    }
    values
}

/// The first `name`, `name=value` or `name = "value"`, and what follows.
fn assignment(text: &str) -> Option<(&str, Option<String>, &str)> {
    let text = text.trim_start();
    if text.is_empty() || text.starts_with('#') {
        return None;
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(written) = rest.trim_start().strip_prefix('=').map(str::trim_start) else {
        return (!name.is_empty()).then_some((name, None, rest));
    };
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\''));
    let mut value = String::new();
    let mut chars = written.char_indices().skip(usize::from(quote.is_some()));
    while let Some((at, c)) = chars.next() {
        match (c, quote) {
            (c, Some(quote)) if c == quote => return Some((name, Some(value), &written[at + 1..])),
            (c, None) if c.is_whitespace() => return Some((name, Some(value), &written[at..])),
            ('\\', _) => value.extend(chars.next().map(|(_, c)| c)),
            (c, _) => value.push(c),
        }
    }
    Some((name, Some(value), ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(text: &str) -> String {
        let found = parse(text, "~/.muttrc");
        assert!(!format!("{found:?}").contains("secret"), "{found:?}");
        match (found.accounts.first(), found.skipped.first()) {
            (Some(one), _) => format!("{} {} {:?}", one.address, one.way(), one.settings.user()),
            (None, why) => why.cloned().unwrap_or_default(),
        }
    }

    #[test]
    fn an_account_of_mutt() {
        let from = "set from='Anna <anna@example.com>' # me\n";
        for (line, wanted) in [
            (
                "set smtp_url=\"smtps://anna:secret@smtp.example.com\"",
                "smtp.example.com, port 465, SSL/TLS Some(\"anna\")",
            ),
            (
                "set smtp_url = smtp://anna@example.com@smtp.example.com:587/ ssl_force_tls",
                "smtp.example.com, port 587, STARTTLS Some(\"anna@example.com\")",
            ),
            (
                "set smtp_url=smtp://smtp.example.com nossl_force_tls\nunset ssl_starttls\nset smtp_pass=secret",
                "smtp.example.com, port 25, no encryption None",
            ),
            ("set smtp_url=smtp://anna%40x@\\\nsmtp.example.com/", "smtp.example.com, port 25 Some(\"anna@x\")"),
        ] {
            assert_eq!(says(&format!("{from}{line}\n")), format!("anna@example.com {wanted}"), "{line}");
        }
    }

    #[test]
    fn what_is_no_account() {
        assert_eq!(says("set sendmail=/usr/bin/msmtp\nsource x\nset\n"), "");
        assert_eq!(says("set smtp_url=smtp://x.example"), "~/.muttrc: smtp_url: the variable from is not set");
        assert!(says("set smtp_url=smtp://x.example:99999999999999999999").contains("not a number"));
        assert!(says("set smtp_url='unfinished").contains("not a server's address"));
    }
}
