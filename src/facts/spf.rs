//! What a domain's SPF record says about a provider (RFC 7208): whether it lets the provider's servers send, or is
//! broken. Pure: the records come in as a map; who looks them up is a check. No sender's address is judged.

mod term;
mod walk;

use crate::net::RecordKind;
use crate::text::small_sort::Gather;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use term::{Term, term, terms};
use walk::{Provider, Stopped, Walk, networks};

/// The most terms that cause look-ups (RFC 7208 section 4.6.4).
const MOST_LOOKUPS: usize = 10;
/// The most of these look-ups that may find nothing (the same section).
const MOST_VOID: usize = 2;

/// The texts at each name that was looked up; a name without an entry was not, or did not answer.
pub type Texts = BTreeMap<String, Vec<String>>;

/// What was looked up.
#[derive(Debug, Default)]
pub struct Known {
    /// The texts.
    pub texts: Texts,
    /// The names of `a` and `mx` that have no such record.
    pub void: BTreeSet<Host>,
    /// The addresses of the names of `a`.
    pub addresses: BTreeMap<String, Vec<IpAddr>>,
}

/// A name of `a` or `mx`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Host {
    /// Whether it is one of `mx`.
    pub is_exchanger: bool,
    /// The name.
    pub name: String,
}

impl Host {
    /// The kind of record that a receiver asks for.
    pub fn asks_for(&self) -> RecordKind {
        if self.is_exchanger { RecordKind::Mx } else { RecordKind::Address }
    }
}

/// What is wrong with a record, so that every receiver takes it for an error (RFC 7208 section 2.6.7, "permerror").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The name whose record is wrong: the domain's own, or one that it includes.
    pub at: String,
    /// What is wrong with it.
    pub what: What,
}

/// What is wrong with a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A domain must have one record alone (section 4.5).
    Several,
    /// A term that no receiver knows.
    Term(String),
    /// A text that is meant as a record, but does not begin as one must: a quotation mark, a missing blank.
    Beginning(String),
    /// A name that is included, or sent on to, has no record of its own.
    Empty,
    /// More look-ups than are allowed.
    TooMany,
    /// More look-ups that find nothing than are allowed: the names.
    Void(Vec<String>),
}

impl Fault {
    /// The fault in words, for the record of this domain.
    pub fn says(&self, domain: &str) -> String {
        let at = &self.at;
        let included = if at == domain { String::new() } else { format!("it names {at}; ") };
        let subject = if at == domain { "it" } else { "that one" };
        match &self.what {
            What::Several => format!("{included}there are several SPF records where one is allowed"),
            What::Term(term) => format!("{included}{subject} contains \"{term}\", which is not SPF"),
            What::Beginning(text) => {
                format!("{included}{subject} begins with \"{text}\" in place of \"v=spf1 \", so it does not count")
            }
            What::Empty => format!("it names {at}, which has no SPF record"),
            What::TooMany => format!("it needs more than the {MOST_LOOKUPS} lookups that are allowed"),
            What::Void(names) => {
                format!("it names {}, which do not exist: more than {MOST_VOID} are an error", names.join(", "))
            }
        }
    }
}

/// What a record says about the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// The domain has no record.
    Nothing,
    /// The provider's servers, or the address, may send.
    Allows,
    /// Everybody may send (`+all`).
    Everybody,
    /// Nobody may send: no server is named at all (`v=spf1 -all`).
    Nobody,
    /// The provider is not named, and all others are refused (`-all`) or doubted (`~all`).
    Refuses,
    /// The provider is not named, or with `?`, and nothing is said about others (`?all`, or no `all`).
    Neutral,
    /// Not known: a name that matters did not answer.
    Unanswered,
    /// Not known: which servers a macro stands for shows only with a message.
    Macro,
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

/// A text that somebody meant as a record, and how it begins.
fn meant_as_record(texts: &[String]) -> Option<String> {
    let plain = |text: &str| {
        let letters = text.chars().filter(|char| char.is_ascii_alphanumeric() || *char == '.').take(6);
        letters.collect::<String>().to_ascii_lowercase()
    };
    let is_meant = |text: &&String| ["vspf", "spf1"].iter().any(|start| plain(text).starts_with(start));
    let text = texts.iter().find(is_meant)?;
    Some(text.chars().take(12).collect())
}

/// The names that must be looked up next, so that the record of this domain can be judged.
pub fn to_look_up(domain: &str, include: Option<&str>, texts: &Texts) -> Vec<String> {
    let mut wanted: BTreeSet<String> = [domain.to_owned()].into_iter().chain(include.map(str::to_owned)).gather();
    for known in texts.values().filter_map(|texts| record(texts)) {
        wanted.extend(terms(known).filter_map(|term| match term {
            Term::Include(_, name) | Term::Redirect(name) if !is_macro(&name) => Some(name),
            _ => None,
        }));
    }
    wanted.into_iter().filter(|name| !texts.contains_key(name)).collect()
}

/// The names of `a` and `mx` in the domain's records, without those that are also the domain's own or a macro.
pub fn hosts(domain: &str, texts: &Texts) -> Vec<Host> {
    let Some(own) = texts.get(domain).and_then(|texts| record(texts)) else { return Vec::new() };
    let hosts = terms(own).filter_map(|term| match term {
        Term::Host { is_exchanger, name: Some(name), .. } if !is_macro(&name) => Some(Host { is_exchanger, name }),
        _ => None,
    });
    hosts.gather::<BTreeSet<Host>>().into_iter().collect()
}

fn is_macro(name: &str) -> bool {
    name.contains('%')
}

/// What the record of this domain says about the provider whose servers stand at the name `include`; without a name,
/// only whether it is sound: then it is never `Allows`.
pub fn judge(domain: &str, include: Option<&str>, known: &Known) -> Says {
    let provider = include.map(|name| Provider {
        name: name.to_ascii_lowercase(),
        networks: networks(name, &known.texts),
        is_one_address: false,
    });
    judge_for(domain, provider, known)
}

/// What the record of this domain says about one address that sends by itself. The names of `mx` are not looked up as far
/// as their addresses: where there is one, nothing is said against the address.
pub fn judge_address(domain: &str, address: IpAddr, known: &Known) -> Says {
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let sender = Provider { name: String::new(), networks: vec![(address, longest)], is_one_address: true };
    judge_for(domain, Some(sender), known)
}

fn judge_for(domain: &str, provider: Option<Provider>, known: &Known) -> Says {
    let texts = &known.texts;
    let broken = |what| Says::Broken(Fault { at: domain.to_owned(), what });
    match texts.get(domain).map(|texts| (record(texts), meant_as_record(texts))) {
        Some((None, Some(text))) => return broken(What::Beginning(text)),
        Some((None, None)) => return Says::Nothing,
        _ => {}
    }
    let mut walk = Walk { known, provider, lookups: 0, void: Vec::new(), gap: None };
    let says = match walk.evaluate(domain, 0) {
        Ok(says) => says,
        Err(Stopped::Fault(fault)) => return Says::Broken(fault),
        Err(Stopped::Gap(gap)) => return gap.says(),
    };
    match (says, walk.gap) {
        (Says::Refuses | Says::Neutral | Says::Nobody, Some(gap)) => gap.says(),
        (Says::Refuses, None) if names_nobody(domain, texts) => Says::Nobody,
        (says, _) => says,
    }
}

/// Whether a record names no server at all.
fn names_nobody(domain: &str, texts: &Texts) -> bool {
    let own = texts.get(domain).and_then(|texts| record(texts));
    own.is_some_and(|own| terms(own).all(|term| matches!(term, Term::All('-') | Term::Ignored)))
}

/// The record as it must be published so that the provider may send: the present one with its name added.
pub fn with_include(present: Option<&str>, include: &str) -> String {
    let Some((version, rest)) = present.and_then(|record| record.split_once(' ')) else {
        return format!("v=spf1 include:{include} ~all");
    };
    let is_others = |word: &&str| !matches!(term(word), Term::Include(_, name) if name == include);
    let others = rest.split(' ').filter(|word| !word.is_empty()).filter(is_others);
    [version, &format!("include:{include}")].into_iter().chain(others).collect::<Vec<_>>().join(" ")
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

    fn broken(what: What) -> Says {
        Says::Broken(Fault { at: "example.com".to_owned(), what })
    }

    fn says(record: &str) -> Says {
        let everybody: (&str, &[&str]) = ("everybody.example", &["v=spf1 +all"]);
        let known = texts(&[("example.com", &["google-site-verification=x", record]), MS, MORE, everybody]);
        judge("example.com", Some("spf.provider.example"), &Known { texts: known, ..Known::default() })
    }

    #[rstest]
    #[case("v=spf1 include:spf.provider.example -all", Says::Allows)]
    #[case("V=SPF1 mx Include:SPF.Provider.Example. ~all", Says::Allows)]
    #[case("v=spf1 ip4:203.0.113.7 -all", Says::Allows)]
    #[case("v=spf1 ip6:2001:db8:7::/48 -all", Says::Allows)]
    #[case("v=spf1 ip4:198.51.100.0/24 -all", Says::Allows)]
    #[case("v=spf1 +all", Says::Everybody)]
    #[case("v=spf1 include:everybody.example -all", Says::Everybody)]
    // RFC 7208 appendix A.1.
    #[case("v=spf1 a mx -all", Says::Refuses)]
    #[case("v=spf1 -all", Says::Nobody)]
    #[case("v=spf1 ip4:192.0.2.128/28 -all", Says::Refuses)]
    #[case("v=spf1 mx ~all", Says::Refuses)]
    #[case("v=spf1 a/24 mx:mx.example.com/28 ?all", Says::Neutral)]
    #[case("v=spf1", Says::Neutral)]
    #[case("google-site-verification=y", Says::Nothing)]
    // The sign before a name says what follows if it fits.
    #[case("v=spf1 ?include:spf.provider.example -all", Says::Neutral)]
    #[case("v=spf1 -include:spf.provider.example +all", Says::Refuses)]
    #[case("v=spf1 ~ip4:203.0.113.0/24 include:spf.provider.example -all", Says::Refuses)]
    #[case("v=spf1 --all", broken(What::Term("--all".to_owned())))]
    // What is meant as a record, and is none.
    #[case("v=spf10 -all", broken(What::Beginning("v=spf10 -all".to_owned())))]
    #[case("\"v=spf1 mx -all\"", broken(What::Beginning("\"v=spf1 mx -".to_owned())))]
    #[case("v=spf1;include:x", broken(What::Beginning("v=spf1;inclu".to_owned())))]
    #[case(" v=spf1 -all", broken(What::Beginning(" v=spf1 -all".to_owned())))]
    #[case("spf2.0/pra -all", Says::Nothing)]
    #[case("v=spf1 exists:%{ir}.sbl.example.org exp=explain._spf.%{d} moo.cow-far_out=man -all", Says::Refuses)]
    // An include is a name, not an address; what comes after the provider's no longer counts.
    #[case("v=spf1 include:spf.provider.example include:gone.example -all", Says::Allows)]
    #[case("v=spf1 include:%{d}.example -all", Says::Macro)]
    #[case("v=spf1 include:%{ir}.%{d}.example include:spf.provider.example -all", Says::Allows)]
    #[case("v=spf1 include:not.asked.example -all", Says::Unanswered)]
    #[case("v=spf1 include:not.asked.example include:spf.provider.example -all", Says::Allows)]
    #[case("v=spf1 ipv4:192.0.2.1 -all", broken(What::Term("ipv4:192.0.2.1".to_owned())))]
    #[case("v=spf1 ip4:192.0.2.300 -all", broken(What::Term("ip4:192.0.2.300".to_owned())))]
    #[case("v=spf1 include:spf.provider.example, -all", broken(What::Term("include:spf.provider.example,".to_owned())))]
    #[case("v=spf1 a:192.0.2.1 -all", broken(What::Term("a:192.0.2.1".to_owned())))]
    #[case("v=spf1 include:provider -all", broken(What::Term("include:provider".to_owned())))]
    #[case("v=spf1 include: -all", broken(What::Term("include:".to_owned())))]
    #[case("v=spf1 spf.provider.example -all", broken(What::Term("spf.provider.example".to_owned())))]
    #[case("v=spf1 a a a a a a a a a a a -all", broken(What::TooMany))]
    #[case("v=spf1 a a a a a a a a include:spf.provider.example -all", Says::Allows)]
    fn what_a_record_says_about_the_provider(#[case] record: &str, #[case] expected: Says) {
        assert_eq!(says(record), expected);
    }

    fn judged(rows: &[(&str, &[&str])], include: Option<&str>) -> Says {
        judge("example.com", include, &Known { texts: texts(rows), ..Known::default() })
    }

    #[test]
    fn several_records_none_and_names_without_one() {
        assert_eq!(judged(&[("example.com", &["v=spf1 mx -all", "v=spf1 a -all"])], None), broken(What::Several));
        let empty = judged(&[("example.com", &["v=spf1 include:x.example -all"]), ("x.example", &[])], None);
        let Says::Broken(fault) = empty else { panic!("{empty:?}") };
        assert_eq!(fault.says("example.com"), "it names x.example, which has no SPF record");
        let far = [("example.com", &["v=spf1 include:x.example -all"][..]), ("x.example", &["v=spf1 ipv4:1 -all"])];
        let Says::Broken(fault) = judged(&far, None) else { panic!() };
        assert_eq!(fault.says("example.com"), "it names x.example; that one contains \"ipv4:1\", which is not SPF");
        let Says::Broken(fault) = says("v=spf1 a a a a a a a a a include:spf.provider.example -all") else { panic!() };
        assert_eq!(fault.what, What::TooMany);
        assert_eq!(judged(&[("example.com", &[])], None), Says::Nothing);
        assert_eq!(judged(&[], None), Says::Unanswered);
    }

    #[test]
    fn names_that_do_not_exist() {
        let record = "v=spf1 a:one.example mx:two.example a:three.example/24 include:s.example -all";
        let texts = texts(&[("example.com", &[record]), ("s.example", &["v=spf1 ip4:192.0.2.1 -all"])]);
        let hosts = hosts("example.com", &texts);
        assert_eq!(hosts.iter().filter(|host| host.asks_for() == RecordKind::Mx).count(), 1);
        let with = |void: &[Host]| {
            let known = Known { texts: texts.clone(), void: void.iter().cloned().collect(), ..Known::default() };
            judge("example.com", Some("s.example"), &known)
        };
        assert_eq!(with(&hosts[..2]), Says::Allows);
        let Says::Broken(fault) = with(&hosts) else { panic!() };
        assert!(
            fault.says("example.com").starts_with("it names one.example, two.example, three.example, which do not")
        );
    }

    #[test]
    fn one_address_that_sends_by_itself() {
        let office: IpAddr = "198.51.100.20".parse().unwrap();
        let says = |record: &str| {
            let texts = texts(&[("example.com", &[record]), MS, MORE]);
            let addresses = [("office.example".to_owned(), vec![office]), ("other.example".to_owned(), vec![])].into();
            judge_address("example.com", office, &Known { texts, addresses, ..Known::default() })
        };
        assert_eq!(says("v=spf1 include:spf.provider.example -all"), Says::Allows);
        assert_eq!(says("v=spf1 ip4:198.51.100.16/29 -all"), Says::Allows);
        assert_eq!(says("v=spf1 a:office.example -all"), Says::Allows);
        assert_eq!(says("v=spf1 a:other.example ip4:192.0.2.0/24 -all"), Says::Refuses);
        assert_eq!(says("v=spf1 mx -all"), Says::Unanswered);
        assert_eq!(says("v=spf1 ip4:192.0.2.0/24 ~all"), Says::Refuses);
    }

    #[test]
    fn it_is_sent_on() {
        let redirected =
            texts(&[("example.com", &["v=spf1 redirect=_spf.example.com"]), ("_spf.example.com", &["v=spf1 -all"])]);
        let known = Known { texts: redirected, ..Known::default() };
        assert_eq!(judge("example.com", None, &known), Says::Refuses);
        assert_eq!(to_look_up("example.com", Some("s.example"), &Texts::new()), ["example.com", "s.example"]);
        let first = texts(&[("example.com", &["v=spf1 include:a.example redirect=b.example"])]);
        assert_eq!(to_look_up("example.com", None, &first), ["a.example", "b.example"]);
    }

    #[test]
    fn what_to_publish() {
        assert_eq!(with_include(None, "s.example"), "v=spf1 include:s.example ~all");
        assert_eq!(with_include(Some("v=spf1 mx -all"), "s.example"), "v=spf1 include:s.example mx -all");
        assert_eq!(
            with_include(Some("v=spf1 mx ?include:s.example -all"), "s.example"),
            "v=spf1 include:s.example mx -all"
        );
    }

    #[test]
    fn circles_end() {
        let circle = texts(&[
            ("a.example", &["v=spf1 include:b.example -all"]),
            ("b.example", &["v=spf1 include:a.example include:b.example ip4:192.0.2.0/24 -all"]),
        ]);
        let Says::Broken(fault) = judge("a.example", Some("b.example"), &Known { texts: circle, ..Known::default() })
        else {
            panic!()
        };
        assert_eq!(fault.what, What::TooMany);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_judged(record in "v=spf1( [+?~-]?(a|mx|all|include|ip4|ip6|exists|redirect=)?[:/]?[a-z0-9.:/%{}=]{0,12}){0,14}") {
            let _ = says(&record);
        }
    }
}
