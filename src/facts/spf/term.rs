//! The terms of an SPF record (RFC 7208 sections 5 and 6) as they are written. What follows from them is in `spf`.

use std::net::IpAddr;

/// A term of a record (RFC 7208 sections 5 and 6). The sign before it says what follows if it fits.
pub(super) enum Term {
    All(char),
    Include(char, String),
    Redirect(String),
    /// `a` and `mx`: one look-up each.
    Host {
        sign: char,
        is_exchanger: bool,
        name: Option<String>,
    },
    /// `ptr`, `exists`: one look-up each.
    LookUp,
    Network(char, IpAddr, u8),
    /// `exp=` and modifiers that are not known, which are ignored (section 6).
    Ignored,
    Unknown(String),
}

pub(super) fn terms(record: &str) -> impl Iterator<Item = Term> + '_ {
    record.split(' ').filter(|word| !word.is_empty()).skip(1).map(term)
}

pub(super) fn term(word: &str) -> Term {
    let unknown = || Term::Unknown(word.to_owned());
    let lower = word.to_ascii_lowercase();
    if let Some(name) = lower.strip_prefix("redirect=") {
        return if is_domain(name) { Term::Redirect(trimmed(name)) } else { unknown() };
    }
    let sign = lower.chars().next().filter(|first| "+-~?".contains(*first));
    let mechanism = sign.map_or(lower.as_str(), |_| &lower[1..]);
    let end = mechanism.find([':', '/', '=']).unwrap_or(mechanism.len());
    let (name, value) = (&mechanism[..end], mechanism.get(end + 1..).filter(|value| !value.is_empty()));
    let fits = sign.unwrap_or('+');
    match (name, value, mechanism.as_bytes().get(end)) {
        ("all", None, None) => Term::All(fits),
        ("include", Some(name), Some(b':')) if is_domain(name) => Term::Include(fits, trimmed(name)),
        ("exists", Some(name), Some(b':')) if is_domain(name) => Term::LookUp,
        ("a" | "mx", None, None) | ("a" | "mx", Some(_), Some(b'/')) => {
            Term::Host { sign: fits, is_exchanger: name == "mx", name: None }
        }
        ("a" | "mx", Some(host), Some(b':')) => match host.split('/').next() {
            Some(host) if is_domain(host) => {
                Term::Host { sign: fits, is_exchanger: name == "mx", name: Some(trimmed(host)) }
            }
            _ => unknown(),
        },
        ("ptr", None, None) | ("ptr", Some(_), Some(b':')) => Term::LookUp,
        ("ip4" | "ip6", Some(network), Some(b':')) => match read_network(network) {
            Some((addr, prefix)) if addr.is_ipv4() == (name == "ip4") => Term::Network(fits, addr, prefix),
            _ => unknown(),
        },
        (_, _, Some(b'=')) if sign.is_none() && !name.is_empty() => Term::Ignored,
        _ => unknown(),
    }
}

/// Whether a term may name this: its last label is one of a top-level domain, not the last number of an address, nor
/// followed by a comma (section 7.1, "domain-end"). What a macro makes is not known.
fn is_domain(name: &str) -> bool {
    let is_top = |label: &str| {
        label.chars().all(|char| char.is_ascii_alphanumeric() || char == '-')
            && !label.chars().all(|c| c.is_ascii_digit())
    };
    let last = name.strip_suffix('.').unwrap_or(name).rsplit_once('.');
    name.contains('%') || last.is_some_and(|(rest, label)| !rest.is_empty() && is_top(label))
}

fn trimmed(name: &str) -> String {
    name.trim_end_matches('.').to_owned()
}

fn read_network(text: &str) -> Option<(IpAddr, u8)> {
    let (addr, prefix) = text.split_once('/').map_or((text, None), |(addr, prefix)| (addr, Some(prefix)));
    let addr: IpAddr = addr.parse().ok()?;
    let longest = if addr.is_ipv4() { 32 } else { 128 };
    let prefix = prefix.map_or(Some(longest), |prefix| prefix.parse().ok().filter(|prefix| *prefix <= longest))?;
    Some((addr, prefix))
}

/// Whether two networks have an address in common.
pub(super) fn overlap((a, a_prefix): (IpAddr, u8), (b, b_prefix): (IpAddr, u8)) -> bool {
    let bits = |addr: IpAddr| match addr {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let shared = u32::from(a_prefix.min(b_prefix));
    let differ = bits(a) ^ bits(b);
    a.is_ipv4() == b.is_ipv4() && differ.leading_zeros() >= shared
}
