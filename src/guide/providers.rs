//! Which provider somebody asks about, and its servers in a sentence. The table itself is in `account::provider`.

use crate::account::provider::{self, Provider};
use std::fmt::Write;

/// Words that say that somebody looks for settings, so that a bare name means a provider.
const SETTINGS: [&str; 6] = ["port", "ports", "server", "servers", "settings", "smtp"];
/// Names of providers that are words, too.
const WORDS: [&str; 10] = ["active", "forward", "free", "live", "mail", "one", "online", "outlook", "post", "web"];

/// "Gmail and Google Workspace: smtp.gmail.com, port 465, SSL/TLS, or port 587, STARTTLS", if a provider is named in what was
/// typed: by its domain or server, or by its bare name where somebody asks for settings.
pub(super) fn servers_asked_for(typed: &str) -> Option<String> {
    let row = named(typed)?;
    if !row.smtp {
        return Some(format!("{} does not let mail programs send.", row.name));
    }
    let mut says = format!("{}: ", row.name);
    let mut before = "";
    for choice in &row.servers {
        says.push_str(if before.is_empty() { "" } else { ", or " });
        if choice.host != before {
            let _ = write!(says, "{}, ", choice.host);
        }
        let _ = write!(says, "port {}, {}", choice.port, choice.security.says());
        before = &choice.host;
    }
    (!row.servers.is_empty()).then_some(says)
}

fn named(typed: &str) -> Option<&'static Provider> {
    let typed = typed.to_lowercase();
    let apart = |c: char| !(c.is_alphanumeric() || c == '.' || c == '-');
    let words: Vec<&str> =
        typed.split(apart).map(|word| word.trim_matches('.')).filter(|word| !word.is_empty()).collect();
    let full = words.iter().filter(|word| word.contains('.'));
    let full = full.map(|word| provider::of_host(word).or_else(|| provider::of_domain(word)));
    let asks = words.iter().any(|word| SETTINGS.contains(word));
    let bare = words.iter().filter(|word| asks && !WORDS.contains(word) && !SETTINGS.contains(word));
    let bare = bare.map(|word| {
        let is_called = |row: &&Provider| row.id.split('.').next() == Some(*word);
        provider::all().iter().find(is_called)
    });
    full.chain(bare).flatten().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_named_by_its_domain_its_server_or_its_name() {
        let says = |typed: &str| servers_asked_for(typed).unwrap_or_default();
        let gmail = "Gmail and Google Workspace: smtp.gmail.com, port 465, SSL/TLS, or port 587, STARTTLS";
        for typed in ["gmail smtp settings", "which server for gmail.com?", "anna@gmail.com", "smtp.gmail.com port"] {
            assert_eq!(says(typed), gmail, "{typed}");
        }
        assert!(says("smtp.office365.com which port").contains("port 587, STARTTLS"));
        assert!(says("tuta smtp server").contains("does not let mail programs send"));
        for typed in ["gmail refuses the password", "mail server settings", "free smtp server", "port 25 blocked", ""] {
            assert_eq!(says(typed), "", "{typed}");
        }
    }
}
