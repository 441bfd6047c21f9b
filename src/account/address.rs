//! A mail address as typed, checked just enough to work with (RFC 5321 section 4.1.2, RFC 6531 for other scripts).

use serde::{Deserialize, Serialize};
use std::fmt;

/// A mail address, as far as it is known: nothing is known before somebody types it, and a report may have left parts
/// out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    local: Option<String>,
    domain: Option<Domain>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Domain {
    ascii: String,
    shown: String,
}

/// What a report shows if the name before the @ was left out.
pub const LEFT_OUT_MAILBOX: &str = "[mailbox]";
/// What a report shows if the mail domain was left out.
pub const LEFT_OUT_DOMAIN: &str = "[domain]";

impl Address {
    /// Reads an address; the error is a sentence for the person who typed it.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let typed = bare(typed);
        let shown = crate::text::visible_str(&typed.chars().take(60).collect::<String>());
        if typed.is_empty() {
            return Err("no mail address: type one, such as anna@example.com".to_owned());
        }
        if let Some(bad) = typed.chars().find(|c| c.is_control() || c.is_whitespace()) {
            let what = if bad.is_whitespace() && !bad.is_control() { "a space" } else { "a control character" };
            return Err(format!("\"{shown}\" is not a mail address: it contains {what}"));
        }
        // Pasted along with the address; nobody would see why the server does not know it.
        if typed.contains(crate::text::is_invisible) {
            return Err(format!("\"{shown}\" is not a mail address: it contains an invisible character"));
        }
        if typed.len() > 254 {
            return Err(format!("\"{shown}...\" is not a mail address: it is longer than 254 bytes (RFC 5321)"));
        }
        let mut parts = typed.split('@');
        let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else {
            let count = typed.matches('@').count();
            let what = if count == 0 { "there is no @ in it".to_owned() } else { format!("it has {count} @ signs") };
            return Err(format!("\"{shown}\" is not a mail address: {what}"));
        };
        if local.is_empty() {
            return Err(format!("\"{shown}\" is not a mail address: there is nothing before the @"));
        }
        if local.len() > 64 {
            return Err(format!("\"{shown}\" is not a mail address: more than 64 bytes before the @ (RFC 5321)"));
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return Err(format!("\"{shown}\" is not a mail address: there is a dot in the wrong place before the @"));
        }
        if let Some(bad) = local.chars().find(|c| "()<>[]:;,\\\"".contains(*c)) {
            return Err(format!("\"{shown}\" is not a mail address: {bad} is not allowed in it"));
        }
        let ascii = host_name(domain).map_err(|why| format!("\"{shown}\" is not a mail address: {why}"))?;
        Ok(Address { local: Some(local.to_owned()), domain: Some(Domain { ascii, shown: domain.to_lowercase() }) })
    }

    /// Reads an address from a report, which may have left parts out.
    pub fn of_report(written: &str) -> Self {
        Address::parse(written).unwrap_or_else(|_| {
            let domain = written.rsplit_once('@').map(|(_, domain)| domain);
            // Anybody's address there has this domain.
            let anybody = domain.and_then(|domain| Address::parse(&format!("x@{domain}")).ok());
            Address { local: None, domain: anybody.and_then(|address| address.domain) }
        })
    }

    /// The part before the @; empty if it is not known.
    pub fn local(&self) -> &str {
        self.local.as_deref().unwrap_or_default()
    }

    /// The domain in lower case, with other scripts as `xn--` (IDNA); empty if it is not known.
    pub fn domain(&self) -> &str {
        self.domain.as_ref().map_or("", |domain| &domain.ascii)
    }

    /// The address as a server reads it.
    pub fn ascii(&self) -> String {
        format!("{}@{}", self.local(), self.domain())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local.as_deref().unwrap_or(LEFT_OUT_MAILBOX);
        let domain = self.domain.as_ref().map_or(LEFT_OUT_DOMAIN, |domain| &domain.shown);
        write!(f, "{local}@{domain}")
    }
}

impl From<Address> for String {
    fn from(address: Address) -> String {
        address.to_string()
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        match written.starts_with(LEFT_OUT_MAILBOX) {
            true => Ok(Address::of_report(&written)),
            false => Address::parse(&written),
        }
    }
}

/// The address alone in what is pasted from a ticket or a mail: `Anna <anna@example.com>`, `mailto:anna@example.com`.
pub fn bare(typed: &str) -> &str {
    let typed = typed.trim_matches(' ');
    let inside = typed.strip_suffix('>').and_then(|typed| typed.rsplit_once('<')).map_or(typed, |(_, inside)| inside);
    const LINK: &str = "mailto:";
    match inside.get(..LINK.len()) {
        Some(link) if link.eq_ignore_ascii_case(LINK) => inside[LINK.len()..].split('?').next().unwrap_or_default(),
        _ => inside,
    }
}

/// A host or domain name in lower case and ASCII; the error says what is wrong with it.
pub fn host_name(typed: &str) -> Result<String, String> {
    let typed = typed.strip_suffix('.').unwrap_or(typed);
    let shown = crate::text::visible_str(&typed.chars().take(60).collect::<String>());
    if typed.is_empty() {
        return Err("the name of the domain or server is empty".to_owned());
    }
    if let Ok(addr) = typed.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
        return Ok(addr.to_string());
    }
    let ascii =
        idna::domain_to_ascii(typed).map_err(|_| format!("\"{shown}\" is not the name of a domain or server"))?;
    if ascii.len() > 253 {
        return Err(format!("\"{shown}...\" is longer than a name can be"));
    }
    for label in ascii.split('.') {
        let fits = !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !fits {
            return Err(format!("\"{shown}\" is not the name of a domain or server"));
        }
    }
    Ok(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("anna", "no @")]
    #[case("", "no mail address")]
    #[case("a@b@c.example", "2 @")]
    #[case("anna meyer@example.com", "a space")]
    #[case("anna@exa\u{7}mple.com", "control character")]
    #[case("@example.com", "before the @")]
    #[case("anna@", "is empty")]
    #[case("anna@example.com\u{200b}", "invisible character")]
    #[case("an\u{202e}na@example.com", "invisible character")]
    #[case("anna@exa_mple..com", "not the name")]
    #[case("anna@-example.com", "not the name")]
    fn malformed(#[case] typed: &str, #[case] why: &str) {
        let error = Address::parse(typed).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[rstest]
    #[case("Anna Meyer <anna@example.com>")]
    #[case("<anna@example.com>")]
    #[case("\"Meyer, Anna\" <anna@example.com> ")]
    #[case("mailto:anna@example.com?subject=Help")]
    #[case("<MAILTO:anna@example.com>")]
    fn pasted(#[case] typed: &str) {
        assert_eq!(Address::parse(typed).unwrap().to_string(), "anna@example.com");
    }

    #[test]
    fn too_long() {
        assert!(Address::parse(&format!("{}@example.com", "a".repeat(300))).is_err());
    }

    #[test]
    fn what_a_report_left_out_stays_left_out() {
        for written in ["anna@example.com", "[mailbox]@example.com", "[mailbox]@[domain]"] {
            let address = Address::of_report(written);
            assert_eq!(address.to_string(), written);
            assert_eq!(Address::try_from(written.to_owned()), Ok(address));
        }
        assert_eq!(Address::of_report("[mailbox]@example.com").domain(), "example.com");
        assert_eq!(Address::of_report("nonsense"), Address::default());
    }

    #[test]
    fn other_scripts() {
        let address = Address::parse("anna@Müller.example").unwrap();
        assert_eq!(address.domain(), "xn--mller-kva.example");
        assert_eq!(address.to_string(), "anna@müller.example");
        assert_eq!(address.ascii(), "anna@xn--mller-kva.example");
    }
}
