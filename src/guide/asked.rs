//! Whom somebody asks about: a mail provider, and its servers in a sentence; an internet provider or hoster, and what it does
//! with port 25; a security program, and where it leaves mail alone. The tables themselves are elsewhere.

use crate::account::provider::{self, Provider};
use crate::facts::{hosters, interceptors, isps};
use crate::text::capital;
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
    let words = words(typed);
    let full = words.iter().filter(|word| word.contains('.'));
    let full = full.map(|word| provider::of_host(word).or_else(|| provider::of_domain(word)));
    // A single word can only be asked about its settings.
    let asks = words.len() == 1 || words.iter().any(|word| SETTINGS.contains(&word.as_str()));
    let bare =
        words.iter().filter(|word| asks && !WORDS.contains(&word.as_str()) && !SETTINGS.contains(&word.as_str()));
    let bare = bare.map(|word| {
        let is_called = |row: &&Provider| row.id.split('.').next() == Some(word.as_str());
        provider::all().iter().find(is_called)
    });
    full.chain(bare).flatten().next()
}

/// A text with more words is no question about somebody, but a sentence that mentions them.
const MOST_WORDS: usize = 8;

/// "Avast: Menu > Settings > …" for each security program that is named in a question.
pub(super) fn security_programs_asked_for(typed: &str) -> Vec<String> {
    let typed = question(typed);
    // "McAfee or Skyhigh Web Gateway", "Forcepoint (Websense)": each name by itself.
    let names = |name: &'static str| name.split([',', '(', ')']).flat_map(|part| part.split(" or "));
    let rows = interceptors::all().filter(|row| names(&row.name).any(|name| is_named(name, &typed)));
    rows.filter_map(|row| Some(format!("{}: {}.", row.name, capital(row.switch.as_deref()?)))).collect()
}

/// "Comcast Xfinity blocks port 25 …" for each internet provider, and for each hoster of rented machines, that is named in a
/// question about that port.
pub(super) fn port_25_asked_for(typed: &str) -> Vec<String> {
    let typed = question(typed);
    if !typed.iter().any(|word| word == "25") {
        return Vec::new();
    }
    let is_named = |name: &str| is_named(name.split('(').next().unwrap_or_default(), &typed);
    let isps = isps::all().filter(|row| is_named(&row.name)).map(|row| format!("{} {}.", row.name, row.policy));
    let hosters = hosters::all().filter(|row| row.shuts.contains(&25) && is_named(&row.name));
    isps.chain(hosters.map(|row| format!("{} blocks port 25 unless it is asked to open it.", row.name))).collect()
}

/// Words of the names of many: whether they are typed says nothing.
const OF_MANY: [&str; 8] = ["certificate", "control", "firewall", "gateway", "security", "state", "web", "windows"];
/// Words in names that are words of the language, or of other names as well.
const ORDINARY: [&str; 28] = [
    "alto",
    "amazon",
    "authority",
    "bell",
    "blue",
    "burp",
    "charles",
    "check",
    "cisco",
    "cloud",
    "coat",
    "data",
    "endpoint",
    "falcon",
    "free",
    "google",
    "little",
    "micro",
    "microsoft",
    "oracle",
    "orange",
    "palo",
    "point",
    "russian",
    "services",
    "suite",
    "trend",
    "umbrella",
];

/// Whether a name is typed: one word that is of this name alone, or else all of several ("Check Point", "AT&T").
fn is_named(name: &str, typed: &[String]) -> bool {
    let all: Vec<String> = words(name).into_iter().filter(|word| !OF_MANY.contains(&word.as_str())).collect();
    let is_typed = |word: &String| typed.contains(word);
    let is_of_its_own = |word: &&String| word.len() > 2 && !ORDINARY.contains(&word.as_str());
    let mut own = all.iter().filter(is_of_its_own).peekable();
    match own.peek() {
        Some(_) => own.any(is_typed),
        None => all.len() > 1 && all.iter().all(is_typed),
    }
}

/// The words of a question; none of a longer text.
fn question(typed: &str) -> Vec<String> {
    Some(words(typed)).filter(|words| words.len() <= MOST_WORDS).unwrap_or_default()
}

fn words(text: &str) -> Vec<String> {
    let apart = |c: char| !(c.is_alphanumeric() || c == '.' || c == '-');
    let words = text.to_lowercase();
    words.split(apart).map(|word| word.trim_matches(['.', '-']).to_owned()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn security_programs_are_named_in_few_words() {
        let named = |typed: &str| {
            let says = security_programs_asked_for(typed);
            says.iter().map(|says| says.split_once(':').unwrap().0.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(named("does Avast block mail?"), ["Avast"]);
        assert_eq!(named("fortinet"), ["Fortinet FortiGate"]);
        assert_eq!(named("websense"), ["Forcepoint (Websense)"]);
        assert_eq!(named("sophos"), ["Sophos firewall", "Sophos"]);
        assert_eq!(named("check point"), ["Check Point gateway"]);
        for other in ["windows firewall", "check the port", "g", "a little bit", "state of the service"] {
            assert_eq!(named(other), [] as [&str; 0], "{other}");
        }
        assert_eq!(named("g data"), ["G Data"]);
        assert_eq!(named("554 5.7.1 Your message was refused by the filter of Sophos at example.com"), [] as [&str; 0]);
    }

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

    #[test]
    fn who_shuts_port_25_is_said_by_name() {
        let says = |typed: &str| port_25_asked_for(typed).join(" ");
        assert!(says("comcast port 25").starts_with("Comcast Xfinity "));
        assert!(says("AT&T blocks 25").starts_with("AT&T "));
        assert_eq!(says("ec2 port 25"), "Amazon EC2 blocks port 25 unless it is asked to open it.");
        assert!(says("hetzner 25 blocked").starts_with("Hetzner Cloud "));
        for other in ["comcast settings", "port 25 in germany", "is port 25 free", "google port 25", "25"] {
            assert_eq!(says(other), "", "{other}");
        }
    }
}
