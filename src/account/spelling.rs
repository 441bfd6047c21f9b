//! The nearest known name to a misspelt one.

use super::provider;

/// A known mail domain that was probably meant; `None` if the name is known or nothing is similar.
pub fn domain_meant(typed: &str) -> Option<&'static str> {
    nearest(typed, provider::known_domains().map(|domain| (domain, domain)))
}

/// A known mail server that was probably meant; `None` if the name is known or nothing is similar.
pub fn host_meant(typed: &str) -> Option<&'static str> {
    nearest(typed, provider::known_hosts())
}

/// The one of these servers whose domain was misspelt: the same first label, and the rest one edit away. Two servers of one
/// provider differ in the first label.
pub fn domain_of<'a>(typed: &str, mut servers: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let (label, domain) = typed.split_once('.')?;
    let is_meant = |server: &&str| {
        server.split_once('.').is_some_and(|(own, right)| {
            own == label && right.len() >= 6 && strsim::damerau_levenshtein(domain, right) == 1
        })
    };
    servers.find(is_meant)
}

/// First labels that mail servers have, and how they are mistyped.
const LABELS: [(&str, &[&str]); 2] =
    [("smtp", &["smpt", "stmp", "smptp", "smttp", "smpp", "sntp"]), ("mail", &["mial", "maill", "amil", "mali"])];

/// The name with its first label put right, if that is how "smtp" or "mail" is mistyped.
pub fn label_meant(typed: &str) -> Option<String> {
    let (label, domain) = typed.split_once('.')?;
    let (meant, _) = LABELS.iter().find(|(_, mistyped)| mistyped.contains(&label))?;
    Some(format!("{meant}.{domain}"))
}

/// The current name for a retired or often mistaken server name.
pub fn host_today(typed: &str) -> Option<&'static str> {
    provider::known_hosts().find(|(name, today)| *name == typed && name != today).map(|(_, today)| today)
}

/// The providers with the most mailboxes: only their names are guessed for short names or large misspellings.
const COMMON: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "outlook.com",
    "hotmail.com",
    "live.com",
    "yahoo.com",
    "icloud.com",
    "aol.com",
    "gmx.de",
    "gmx.net",
    "web.de",
    "t-online.de",
    "smtp.gmail.com",
    "smtp.googlemail.com",
    "smtp.office365.com",
    "smtp-mail.outlook.com",
    "smtp.mail.yahoo.com",
    "smtp.mail.me.com",
    "mail.gmx.net",
    "smtp.web.de",
];

/// The name that is one edit away (a swap counts as one) and at least six characters long; for the most common names
/// two edits. Misspellings of only the last label (`.con`) count like any others.
fn nearest(typed: &str, known: impl Iterator<Item = (&'static str, &'static str)> + Clone) -> Option<&'static str> {
    if typed.parse::<std::net::IpAddr>().is_ok() {
        return None;
    }
    if known.clone().any(|(name, _)| name == typed) || typed.len() < 6 {
        return None;
    }
    known
        .filter_map(|(name, meant)| {
            let common = COMMON.contains(&meant);
            let allowed = if common && typed.len() >= 8 { 2 } else { 1 };
            // Most are told apart by their length alone, which costs nothing.
            let may_be = name.len() >= 6 && name.len().abs_diff(typed.chars().count()) <= allowed;
            let edits = may_be.then(|| strsim::damerau_levenshtein(typed, name))?;
            (edits <= allowed).then_some((edits, !common, meant))
        })
        .min()
        .map(|(.., meant)| meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses() {
        assert_eq!(domain_meant("gmial.com"), Some("gmail.com"));
        assert_eq!(domain_meant("gmail.con"), Some("gmail.com"));
        assert_eq!(domain_meant("hotmial.com"), Some("hotmail.com"));
        assert_eq!(host_meant("smtp.gogle.com"), Some("smtp.gmail.com"));
        assert_eq!(host_meant("smtp.gmial.com"), Some("smtp.gmail.com"));
        assert_eq!(host_today("smtp.google.com"), Some("smtp.gmail.com"));
        assert_eq!(domain_meant("gmail.com"), None);
        assert_eq!(domain_meant("example.com"), None);
        assert_eq!(domain_meant("firma.de"), None);
        assert_eq!(host_meant("mail.example.com"), None);
        assert_eq!(host_meant("127.0.0.2"), None);
        let of_provider = || ["mail.example.com"].into_iter();
        assert_eq!(domain_of("mail.exampel.com", of_provider()), Some("mail.example.com"));
        assert_eq!(domain_of("mail2.example.com", of_provider()), None);
        assert_eq!(domain_of("mail.example.com", of_provider()), None);
        assert_eq!(label_meant("smpt.example.com").as_deref(), Some("smtp.example.com"));
        assert_eq!(label_meant("mial.example.com").as_deref(), Some("mail.example.com"));
        assert_eq!((label_meant("smtp.example.com"), label_meant("smtps.example.com")), (None, None));
    }
}
