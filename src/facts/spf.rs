//! What a domain's SPF record says about a provider (RFC 7208): whether it lets the provider's servers send, or is
//! broken. Pure: the records come in as a map; who looks them up is a check. No sender's address is judged.

use crate::text::small_sort::Gather;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

/// The most terms that cause look-ups (RFC 7208 section 4.6.4).
const MOST_LOOKUPS: usize = 10;

/// The texts at each name that was looked up; a name without an entry was not, or did not answer.
pub type Texts = BTreeMap<String, Vec<String>>;

/// What is wrong with a record, so that every receiver takes it for an error (RFC 7208 section 2.6.7, "permerror").
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A domain must have one record alone (section 4.5).
    Several,
    /// A term that no receiver knows.
    Term(String),
    /// A name that is included, or sent on to, has no record of its own.
    Empty(String),
    /// More look-ups than are allowed.
    TooMany,
}

impl Fault {
    /// The fault in words.
    pub fn says(&self) -> String {
        match self {
            Fault::Several => "there are several SPF records where one is allowed".to_owned(),
            Fault::Term(term) => format!("it contains \"{term}\", which is not SPF"),
            Fault::Empty(name) => format!("it names {name}, which has no SPF record"),
            Fault::TooMany => format!("it needs more than the {MOST_LOOKUPS} lookups that are allowed"),
        }
    }
}

/// What a record says about the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// The domain has no record.
    Nothing,
    /// The provider's servers may send, or everybody may.
    Allows,
    /// The provider is not named, and all others are refused (`-all`) or doubted (`~all`).
    Refuses,
    /// The provider is not named, and nothing is said about others (`?all`, or no `all`).
    Neutral,
    /// Not known: a name that matters did not answer, or a macro stands in the way.
    Unclear,
    /// Every receiver takes it for an error.
    Broken(Fault),
}

/// The record among a name's texts, as it is published.
pub fn record(texts: &[String]) -> Option<&str> {
    texts.iter().map(String::as_str).find(|text| is_record(text))
}

/// `v=spf1` must be a word of its own (RFC 7208 section 4.5).
fn is_record(text: &str) -> bool {
    text.split(' ').next().is_some_and(|version| version.eq_ignore_ascii_case("v=spf1"))
}

/// The names that must be looked up next, so that the record of this domain can be judged.
pub fn to_look_up(domain: &str, include: Option<&str>, texts: &Texts) -> Vec<String> {
    let mut wanted: BTreeSet<String> = [domain.to_owned()].into_iter().chain(include.map(str::to_owned)).gather();
    for known in texts.values().filter_map(|texts| record(texts)) {
        wanted.extend(terms(known).filter_map(|term| match term {
            Term::Include(name) | Term::Redirect(name) if !name.contains('%') => Some(name),
            _ => None,
        }));
    }
    wanted.into_iter().filter(|name| !texts.contains_key(name)).collect()
}

/// What the record of this domain says about the provider whose servers stand at the name `include`; without a name,
/// only whether it is sound: then it is never `Allows` but for everybody.
pub fn judge(domain: &str, include: Option<&str>, texts: &Texts) -> Says {
    if texts.get(domain).is_some_and(|texts| !texts.iter().any(|text| is_record(text))) {
        return Says::Nothing;
    }
    let provider = include.map(|name| Provider { name: name.to_ascii_lowercase(), networks: networks(name, texts) });
    let mut walk = Walk { texts, provider, lookups: 0 };
    match walk.evaluate(domain, 0) {
        Ok(says) => says,
        Err(Stopped::Fault(fault)) => Says::Broken(fault),
        Err(Stopped::NotKnown) => Says::Unclear,
    }
}

/// The record as it must be published so that the provider may send: the present one with its name added.
pub fn with_include(present: Option<&str>, include: &str) -> String {
    match present.and_then(|record| record.split_once(' ')) {
        Some((version, rest)) => format!("{version} include:{include} {}", rest.trim_start()),
        None => format!("v=spf1 include:{include} ~all"),
    }
}

/// A term of a record (RFC 7208 sections 5 and 6).
#[derive(Debug, PartialEq)]
enum Term {
    All(char),
    Include(String),
    Redirect(String),
    /// `a`, `mx`, `ptr`, `exists`: one look-up each.
    LookUp,
    Network(IpAddr, u8),
    /// `exp=` and modifiers that are not known, which are ignored (section 6).
    Ignored,
    Unknown(String),
}

fn terms(record: &str) -> impl Iterator<Item = Term> + '_ {
    record.split(' ').filter(|word| !word.is_empty()).skip(1).map(term)
}

fn term(word: &str) -> Term {
    let unknown = || Term::Unknown(word.to_owned());
    let lower = word.to_ascii_lowercase();
    if let Some(name) = lower.strip_prefix("redirect=") {
        return if name.is_empty() { unknown() } else { Term::Redirect(trimmed(name)) };
    }
    let qualifier = lower.chars().next().filter(|first| "+-~?".contains(*first));
    let mechanism = lower.trim_start_matches(['+', '-', '~', '?']);
    let end = mechanism.find([':', '/', '=']).unwrap_or(mechanism.len());
    let (name, value) = (&mechanism[..end], mechanism.get(end + 1..).filter(|value| !value.is_empty()));
    match (name, value, mechanism.as_bytes().get(end)) {
        ("all", None, None) => Term::All(qualifier.unwrap_or('+')),
        ("include", Some(name), Some(b':')) => Term::Include(trimmed(name)),
        ("exists", Some(_), Some(b':')) => Term::LookUp,
        ("a" | "mx", None, None) | ("a" | "mx", Some(_), Some(b':' | b'/')) => Term::LookUp,
        ("ptr", None, None) | ("ptr", Some(_), Some(b':')) => Term::LookUp,
        ("ip4" | "ip6", Some(network), Some(b':')) => match read_network(network) {
            Some((addr, prefix)) if addr.is_ipv4() == (name == "ip4") => Term::Network(addr, prefix),
            _ => unknown(),
        },
        (_, _, Some(b'=')) if qualifier.is_none() && !name.is_empty() => Term::Ignored,
        _ => unknown(),
    }
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
fn overlap((a, a_prefix): (IpAddr, u8), (b, b_prefix): (IpAddr, u8)) -> bool {
    let bits = |addr: IpAddr| match addr {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    };
    let shared = u32::from(a_prefix.min(b_prefix));
    let differ = bits(a) ^ bits(b);
    a.is_ipv4() == b.is_ipv4() && differ.leading_zeros() >= shared
}

/// The networks that a record and those that it includes list.
fn networks(name: &str, texts: &Texts) -> Vec<(IpAddr, u8)> {
    let (mut seen, mut waiting) = (BTreeSet::new(), vec![name.to_owned()]);
    let mut networks = Vec::new();
    while let Some(name) = waiting.pop() {
        let Some(record) = texts.get(&name).and_then(|texts| record(texts)) else { continue };
        if !seen.insert(name) {
            continue;
        }
        for term in terms(record) {
            match term {
                Term::Network(addr, prefix) => networks.push((addr, prefix)),
                Term::Include(name) | Term::Redirect(name) => waiting.push(name),
                _ => {}
            }
        }
    }
    networks
}

struct Provider {
    name: String,
    networks: Vec<(IpAddr, u8)>,
}

struct Walk<'a> {
    texts: &'a Texts,
    provider: Option<Provider>,
    lookups: usize,
}

enum Stopped {
    Fault(Fault),
    NotKnown,
}

impl Walk<'_> {
    /// Goes through the record at this name, as a receiver does for a message from the provider's server.
    fn evaluate(&mut self, name: &str, depth: usize) -> Result<Says, Stopped> {
        let texts = self.texts.get(name).ok_or(Stopped::NotKnown)?;
        let mut records = texts.iter().filter(|text| is_record(text));
        let record = records.next().ok_or_else(|| Stopped::Fault(Fault::Empty(name.to_owned())))?;
        if records.next().is_some() {
            return Err(Stopped::Fault(Fault::Several));
        }
        let all: Vec<Term> = terms(record).collect();
        // A mistake anywhere spoils the whole record (section 4.6).
        if let Some(Term::Unknown(word)) = all.iter().find(|term| matches!(term, Term::Unknown(_))) {
            return Err(Stopped::Fault(Fault::Term(word.clone())));
        }
        for term in &all {
            match term {
                Term::All(qualifier) => return Ok(at_the_end(*qualifier)),
                Term::Network(addr, prefix) if self.is_providers(*addr, *prefix) => return Ok(Says::Allows),
                Term::LookUp => self.count()?,
                Term::Include(included) => {
                    self.count()?;
                    if let Some(provider) = self.provider.take_if(|provider| provider.name == *included) {
                        // Which of its servers sends is not known, so all of its look-ups may be needed.
                        self.below(included, depth)?;
                        self.provider = Some(provider);
                        return Ok(Says::Allows);
                    }
                    if self.below(included, depth)? == Says::Allows {
                        return Ok(Says::Allows);
                    }
                }
                Term::Network(..) | Term::Redirect(_) | Term::Ignored | Term::Unknown(_) => {}
            }
        }
        match all.iter().find_map(|term| if let Term::Redirect(to) = term { Some(to) } else { None }) {
            Some(to) => {
                self.count()?;
                self.below(to, depth)
            }
            None => Ok(Says::Neutral),
        }
    }

    fn below(&mut self, name: &str, depth: usize) -> Result<Says, Stopped> {
        if name.contains('%') {
            return Err(Stopped::NotKnown);
        }
        if depth >= MOST_LOOKUPS {
            return Err(Stopped::Fault(Fault::TooMany));
        }
        self.evaluate(name, depth + 1)
    }

    fn count(&mut self) -> Result<(), Stopped> {
        self.lookups += 1;
        if self.lookups > MOST_LOOKUPS { Err(Stopped::Fault(Fault::TooMany)) } else { Ok(()) }
    }

    fn is_providers(&self, addr: IpAddr, prefix: u8) -> bool {
        let networks = self.provider.iter().flat_map(|provider| &provider.networks);
        networks.into_iter().any(|network| overlap(*network, (addr, prefix)))
    }
}

fn at_the_end(qualifier: char) -> Says {
    match qualifier {
        '+' => Says::Allows,
        '?' => Says::Neutral,
        _ => Says::Refuses,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn texts(rows: &[(&str, &[&str])]) -> Texts {
        let row = |(name, texts): &(&str, &[&str])| {
            ((*name).to_owned(), texts.iter().map(|text| (*text).to_owned()).collect())
        };
        rows.iter().map(row).collect()
    }

    const MS: (&str, &[&str]) =
        ("spf.provider.example", &["v=spf1 ip4:203.0.113.0/24 ip6:2001:db8::/32 include:more.provider.example -all"]);
    const MORE: (&str, &[&str]) = ("more.provider.example", &["v=spf1 ip4:198.51.100.0/25 -all"]);

    fn says(record: &str) -> Says {
        let known = texts(&[("example.com", &["google-site-verification=x", record]), MS, MORE]);
        judge("example.com", Some("spf.provider.example"), &known)
    }

    #[rstest]
    #[case("v=spf1 include:spf.provider.example -all", Says::Allows)]
    #[case("V=SPF1 mx Include:SPF.Provider.Example. ~all", Says::Allows)]
    #[case("v=spf1 ip4:203.0.113.7 -all", Says::Allows)]
    #[case("v=spf1 ip6:2001:db8:7::/48 -all", Says::Allows)]
    #[case("v=spf1 ip4:198.51.100.0/24 -all", Says::Allows)]
    #[case("v=spf1 +all", Says::Allows)]
    // RFC 7208 appendix A.1.
    #[case("v=spf1 a mx -all", Says::Refuses)]
    #[case("v=spf1 -all", Says::Refuses)]
    #[case("v=spf1 ip4:192.0.2.128/28 -all", Says::Refuses)]
    #[case("v=spf1 mx ~all", Says::Refuses)]
    #[case("v=spf1 a/24 mx:mx.example.com/28 ?all", Says::Neutral)]
    #[case("v=spf1", Says::Neutral)]
    #[case("v=spf10 -all", Says::Nothing)]
    #[case("v=spf1 exists:%{ir}.sbl.example.org exp=explain._spf.%{d} moo.cow-far_out=man -all", Says::Refuses)]
    // An include is a name, not an address; what comes after the provider's no longer counts.
    #[case("v=spf1 include:spf.provider.example include:gone.example -all", Says::Allows)]
    #[case("v=spf1 include:%{d}.example -all", Says::Unclear)]
    #[case("v=spf1 include:not.asked.example -all", Says::Unclear)]
    #[case("v=spf1 ipv4:192.0.2.1 -all", Says::Broken(Fault::Term("ipv4:192.0.2.1".to_owned())))]
    #[case("v=spf1 ip4:192.0.2.300 -all", Says::Broken(Fault::Term("ip4:192.0.2.300".to_owned())))]
    #[case("v=spf1 include: -all", Says::Broken(Fault::Term("include:".to_owned())))]
    #[case("v=spf1 spf.provider.example -all", Says::Broken(Fault::Term("spf.provider.example".to_owned())))]
    #[case("v=spf1 a a a a a a a a a a a -all", Says::Broken(Fault::TooMany))]
    #[case("v=spf1 a a a a a a a a include:spf.provider.example -all", Says::Allows)]
    #[case("v=spf1 a a a a a a a a a include:spf.provider.example -all", Says::Broken(Fault::TooMany))]
    fn what_a_record_says_about_the_provider(#[case] record: &str, #[case] expected: Says) {
        assert_eq!(says(record), expected);
    }

    #[test]
    fn several_records_none_and_names_without_one() {
        let several = texts(&[("example.com", &["v=spf1 mx -all", "v=spf1 a -all"])]);
        assert_eq!(judge("example.com", None, &several), Says::Broken(Fault::Several));
        let empty = texts(&[("example.com", &["v=spf1 include:x.example -all"]), ("x.example", &[])]);
        assert_eq!(judge("example.com", None, &empty), Says::Broken(Fault::Empty("x.example".to_owned())));
        assert_eq!(judge("example.com", None, &texts(&[("example.com", &[])])), Says::Nothing);
        assert_eq!(judge("example.com", None, &Texts::new()), Says::Unclear);
    }

    #[test]
    fn it_is_sent_on() {
        let redirected =
            texts(&[("example.com", &["v=spf1 redirect=_spf.example.com"]), ("_spf.example.com", &["v=spf1 -all"])]);
        assert_eq!(judge("example.com", None, &redirected), Says::Refuses);
        assert_eq!(to_look_up("example.com", Some("s.example"), &Texts::new()), ["example.com", "s.example"]);
        let first = texts(&[("example.com", &["v=spf1 include:a.example redirect=b.example"])]);
        assert_eq!(to_look_up("example.com", None, &first), ["a.example", "b.example"]);
    }

    #[test]
    fn what_to_publish() {
        assert_eq!(with_include(None, "s.example"), "v=spf1 include:s.example ~all");
        assert_eq!(with_include(Some("v=spf1 mx -all"), "s.example"), "v=spf1 include:s.example mx -all");
    }

    #[test]
    fn circles_end() {
        let circle = texts(&[
            ("a.example", &["v=spf1 include:b.example -all"]),
            ("b.example", &["v=spf1 include:a.example include:b.example ip4:192.0.2.0/24 -all"]),
        ]);
        assert_eq!(judge("a.example", Some("b.example"), &circle), Says::Broken(Fault::TooMany));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(record in "v=spf1( [+?~-]?(a|mx|all|include|ip4|ip6|exists|redirect=)?[:/]?[a-z0-9.:/%{}=]{0,12}){0,14}") {
            let _ = says(&record);
        }
    }
}
