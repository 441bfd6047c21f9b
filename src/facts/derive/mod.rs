//! Makes the facts that the guide decides on from the observations and the account: one pure function, and the only
//! place with thresholds for verdicts, each with its source. "In use" means what the mail program has, or otherwise
//! what the provider wants.

mod account;
mod auth;
mod dialogue;
mod encryption;
mod exchange;
pub mod log_in;
mod network;
mod ports;

pub use network::loss;

use super::key::{Family, Key, Observable};
use super::keys;
use super::known::{Derived, Known, Why};
use super::observed::{Observations, Seen, planning};
use super::pasted::Pasted;
use super::target::{COMPARED_PORTS, MAIL_PORTS, Role, Target};
use super::words::{Speaks, Starttls};
use super::{value, vocabulary};
use crate::account::provider;
use crate::account::{Account, Endpoint, Security, Wanted};
use crate::net::PortState;
use crate::text::small_sort::Gather;
use std::collections::{BTreeMap, BTreeSet};

/// A greeting or reply that takes longer is slow: mail programs wait a minute, people ten seconds (RFC 5321 section
/// 4.5.3.2 allows five minutes; servers that delay on purpose take 5 to 30 s).
const SLOW_MS: u64 = 10_000;
/// The same for one reply out of many.
const SLOW_REPLY_MS: u64 = 4_000;
/// How far, in seconds, a clock may be off before certificates and log-ins suffer: Kerberos and one-time passwords
/// allow five minutes.
pub const MOST_CLOCK_OFF_S: u64 = 300;
/// How many other companies' servers must show the same: a single silent one proves nothing.
const AGREEING_REFERENCES: usize = 2;
/// How many of them, at addresses of their own, are not all down at the same time: three of different companies.
const TOO_MANY_TO_BE_DOWN: usize = 3;

/// What the facts are made from.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// The account that sends.
    pub account: &'a Account,
    /// What the error means that the caller sees.
    pub said: Option<&'a Pasted>,
    /// What the provider wants, once known.
    pub wanted: Option<&'a Wanted>,
    /// What the checks have seen so far.
    pub seen: &'a Observations<'a>,
    /// The technician's answers, by question.
    pub answers: &'a BTreeMap<String, String>,
}

/// What follows from the input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Derivation {
    /// The facts of the guide.
    pub facts: Derived,
    /// Another port of the server in use by which mail can be sent, if there is one; for use in texts.
    pub other_port: Option<u16>,
    /// The name that the server gives itself, if its certificate is for that name and not for the one that is set.
    pub own_name: Option<String>,
}

/// Makes all facts of the guide.
pub fn derive(input: Input<'_>) -> Derivation {
    let view = View { input, in_use: input.account.in_use(input.wanted) };
    let mut facts = Made::default();
    let (other_port_opens, other_port) = view.other_port();
    facts.put("server.other-port", other_port_opens);
    let (own_name_fits, own_name) = view.own_name_fits();
    facts.put("server.own-name", own_name_fits);
    view.account(&mut facts);
    view.client(&mut facts);
    view.provider(&mut facts);
    view.settings(&mut facts);
    view.names(&mut facts);
    view.internet(&mut facts);
    view.ports(&mut facts);
    view.turned_away(&mut facts);
    view.dialogue(&mut facts);
    view.starttls(&mut facts);
    view.encryption(&mut facts);
    view.certificate(&mut facts);
    view.log_in(&mut facts);
    view.sending(&mut facts);
    view.sender_domain(&mut facts);
    view.exchange(&mut facts);
    let mut facts = facts.0;
    for (question, answer) in input.answers {
        facts.insert(format!("answer.{question}"), Known::Word(answer.clone()));
    }
    Derivation { facts, other_port, own_name }
}

/// The facts that are made so far. Names and words are those of the vocabulary: what a report that somebody has changed,
/// or one of another version, has in their place is not known.
#[derive(Default)]
struct Made(Derived);

impl Made {
    fn put(&mut self, name: &str, known: impl Into<Known>) {
        debug_assert!(vocabulary::find(name).is_some(), "{name} is not in the vocabulary");
        let known = match known.into() {
            Known::Word(word) if !vocabulary::has_word(name, &word) => {
                gap("its value is not one that this version knows")
            }
            known => known,
        };
        self.0.insert(name.to_owned(), known);
    }
}

fn word(word: &str) -> Known {
    Known::Word(word.to_owned())
}

fn yes_no(yes: bool) -> Known {
    word(value::yes_no(yes))
}

/// Not known, although it might have decided.
fn gap(why: &str) -> Known {
    Known::Unknown(Why::Gap(why.to_owned()))
}

/// Not known, but not a gap: because of something that is known, there is nothing to ask.
fn moot(why: &str) -> Known {
    Known::Unknown(Why::Moot(why.to_owned()))
}

/// Combines several observations: the first hit decides; otherwise pending if one is still running; otherwise `none`.
fn any<T>(all: impl IntoIterator<Item = Seen<T>>, is_hit: impl Fn(&T) -> bool, then: &str, none: Known) -> Known {
    let mut pending = BTreeSet::new();
    for seen in all {
        match seen {
            Seen::Is(value) if is_hit(&value) => return word(then),
            Seen::Pending(checks) => pending.extend(checks),
            _ => {}
        }
    }
    if pending.is_empty() { none } else { Known::Pending(pending) }
}

fn is_open(state: &PortState) -> bool {
    *state == PortState::Open
}

/// The input, and ways of looking at it that many facts share.
struct View<'a> {
    input: Input<'a>,
    in_use: Option<Endpoint>,
}

impl View<'_> {
    fn port(&self) -> u16 {
        self.in_use.as_ref().map_or(587, |in_use| in_use.port)
    }

    /// The encryption in use; where the program chooses, the one that this server's offer leads it to.
    fn security(&self) -> Security {
        match self.in_use.as_ref().map_or(Security::Starttls, |in_use| in_use.security) {
            Security::Auto if self.own(keys::smtp::SPEAKS).is(Speaks::Tls) => Security::Implicit,
            Security::Auto => match self.own(keys::smtp::STARTTLS) {
                Seen::Is(Starttls::Missing | Starttls::Masked) => Security::None,
                _ => Security::Starttls,
            },
            set => set,
        }
    }

    /// Whether the program itself chooses the encryption, or nobody knows what it has.
    fn is_auto(&self) -> bool {
        self.in_use.as_ref().is_some_and(|in_use| in_use.security == Security::Auto)
    }

    /// Whether the server is this computer itself: a program that passes mail on. `false` while that is not known.
    fn is_here(&self) -> bool {
        self.one(keys::dns_server::HERE).is(true)
    }

    /// What was seen by a check that runs only once.
    fn one<T: Observable>(&self, key: Key<T>) -> Seen<T> {
        self.input.seen.get(key.check, &key)
    }

    /// What was seen by a check that runs once per server, for the provider's own server.
    fn of_wanted<T: Observable>(&self, key: Key<T>) -> Seen<T> {
        self.input.seen.get(&Role::Wanted.id(key.check), &key)
    }

    /// What was seen at a port of a server.
    fn on<T: Observable>(&self, target: Target, key: Key<T>) -> Seen<T> {
        self.input.seen.get(&target.id(key.check), &key)
    }

    /// What was seen at a port of the server in use.
    fn at<T: Observable>(&self, port: u16, key: Key<T>) -> Seen<T> {
        self.on(Target::in_use(port), key)
    }

    /// What was seen at the port in use.
    fn own<T: Observable>(&self, key: Key<T>) -> Seen<T> {
        self.at(self.port(), key)
    }

    /// What the reference with this check id showed.
    fn reference<T: Observable>(&self, id: &str, key: &Key<T>) -> Seen<T> {
        self.input.seen.get(id, key)
    }

    /// What all other companies' servers showed.
    fn elsewhere<T: Observable>(&self, family: Family<T>, port: u16) -> Vec<Seen<T>> {
        let key = family.of(port);
        self.other_companies().into_iter().map(|id| self.reference(id, &key)).collect()
    }

    /// The references that belong to another company than the server in use.
    fn other_companies(&self) -> Vec<&str> {
        let host = self.in_use.as_ref().map(|in_use| &in_use.host);
        let addresses = self.one(keys::dns_server::ADDRESSES).value().unwrap_or_default();
        let is_other = |id: &&str| {
            let Seen::Is(name) = self.reference(id, &keys::reference::HOST) else { return true };
            let same_company = host.is_some_and(|host| provider::same_company(host, &name));
            let address = self.reference(id, &keys::reference::ADDRESS).value();
            let same_address = address.is_some_and(|address| addresses.contains(&address));
            !same_company && !same_address
        };
        self.input.seen.references().filter(is_other).collect()
    }

    /// Whether a port opens at other companies' servers.
    fn state_elsewhere(&self, port: u16) -> Known {
        let key = keys::reference::STATE.of(port);
        let ids = self.other_companies();
        let is_asked = |id: &&str| self.reference(id, &key).value().is_some_and(|state| state != PortState::Unknown);
        let asked: Vec<&str> = ids.iter().copied().filter(is_asked).collect();
        let none = match self.hosts(&asked).len() {
            0 => gap("the same port could not be tried at any other company's server"),
            n if n < AGREEING_REFERENCES => gap("only one other company's server could be tried"),
            // Servers that may be down themselves also show the same; one that is known to be up must be among them.
            _ => any(
                asked.iter().map(|id| self.lives(id)).chain([self.many_are_shut(&ids)]),
                |lives| *lives,
                "closed",
                gap("the other companies' servers that were tried opened no port at all"),
            ),
        };
        any(ids.iter().map(|id| self.reference(id, &key)), is_open, "open", none)
    }

    /// The hosts behind these references: one answer for every name makes one of several.
    fn hosts(&self, ids: &[&str]) -> BTreeSet<String> {
        let host = |id: &&str| {
            let address = self.reference(id, &keys::reference::ADDRESS).value();
            address.map_or_else(|| (*id).to_owned(), |address| address.to_string())
        };
        ids.iter().map(host).gather()
    }

    /// Whether no reference opened any mail port, and they are too many to be all down. So it is where every mail port is
    /// shut, and the one reference that has another port belongs to the account's own provider.
    fn many_are_shut(&self, ids: &[&str]) -> Seen<bool> {
        let mut tried = Vec::new();
        for id in ids {
            let at = |port| self.reference(id, &keys::reference::STATE.of(port));
            let states: Vec<Seen<PortState>> = MAIL_PORTS.map(at).into_iter().collect();
            match states.iter().find(|state| matches!(state, Seen::Is(PortState::Open) | Seen::Pending(_))) {
                Some(Seen::Pending(checks)) => return Seen::Pending(checks.clone()),
                Some(_) => return Seen::Is(false),
                None if states.iter().any(Seen::is_there) => tried.push(*id),
                None => {}
            }
        }
        Seen::Is(self.hosts(&tried).len() >= TOO_MANY_TO_BE_DOWN)
    }

    /// Whether a reference opened any port; one that was tried on a single port only is assumed to be up.
    fn lives(&self, id: &str) -> Seen<bool> {
        let states = self.input.seen.all(id, keys::reference::STATE);
        match () {
            () if states.contains(&PortState::Open) => Seen::Is(true),
            () if !self.input.seen.has_ended(id) => Seen::Pending([id.to_owned()].into()),
            () => Seen::Is(states.len() == 1),
        }
    }

    /// The measured ports of the server in use, without the port in use.
    fn other_ports(&self) -> Vec<u16> {
        let targets = self.input.seen.targets(keys::port::STATE.check);
        let asked = targets.filter(|target| target.role == Role::InUse).map(|target| target.port);
        let ports: BTreeSet<u16> = asked.chain(MAIL_PORTS).filter(|port| *port != self.port()).gather();
        ports.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Address;
    use crate::facts::Facts;
    use crate::facts::observed::Observed;
    use crate::facts::pasted;
    use crate::facts::words::LogIn;
    use keys::reference::{HOST, STATE};

    fn facts_of(checks: &[(&str, bool, Facts)]) -> Derived {
        let account = Account::new(Address::parse("anna@gmail.com").unwrap());
        let wanted = Wanted::from_table(&account.address).unwrap();
        let observed = checks.iter().map(|(id, done, facts)| (*id, Observed { done: *done, facts, why_not: None }));
        let seen = Observations { checks: observed.collect(), plan_complete: true };
        derive(Input { account: &account, said: None, wanted: Some(&wanted), seen: &seen, answers: &BTreeMap::new() })
            .facts
    }

    fn note<T: Observable>(facts: &mut Facts, key: &Key<T>, value: &T) {
        facts.insert(key.name.clone().into_owned(), value.to_value());
    }

    #[test]
    fn what_words_only_seem_to_mean_is_a_hint() {
        let facts_said = |error: &str| {
            let account = Account { error: Some(error.to_owned()), ..Account::default() };
            let (seen, said) = (Observations::default(), pasted::read(error));
            derive(Input { account: &account, said: Some(&said), wanted: None, seen: &seen, answers: &BTreeMap::new() })
                .facts
        };
        let word = |facts: &Derived, name: &str| facts.get(name).and_then(Known::word).map(str::to_owned);
        let sure = facts_said("535 5.7.8 Username and Password not accepted");
        assert_eq!((word(&sure, "said").as_deref(), word(&sure, "said.hint")), (Some("password-wrong"), None));
        let guess = facts_said("550 Archived recipient");
        assert_eq!((word(&guess, "said"), word(&guess, "said.hint").as_deref()), (None, Some("recipient-rejected")));
    }

    #[test]
    fn nothing_seen_is_unknown_never_no() {
        let facts = facts_of(&[]);
        assert!(
            facts.iter().all(|(name, known)| vocabulary::find(name).is_some() && !matches!(known, Known::Pending(_)))
        );
        for name in ["account.works", "port.state", "internet", "login", "starttls", "clock", "port.elsewhere"] {
            assert!(matches!(facts[name], Known::Unknown(_)), "{name}: {:?}", facts[name]);
        }
        assert_eq!(facts["clock"], Known::Unknown(Why::NotAsked));
    }

    #[test]
    fn every_fact_of_the_vocabulary_is_made() {
        let facts = facts_of(&[]);
        let missing: Vec<&str> =
            vocabulary::all().map(|kind| kind.name).filter(|name| !facts.contains_key(*name)).collect();
        assert_eq!(missing, Vec::<&str>::new());
    }

    #[test]
    fn a_word_of_another_version_is_not_known() {
        let mut facts = Facts::new();
        note(&mut facts, &keys::login::RESULT, &LogIn::Rejected);
        note(&mut facts, &keys::login::REASON, &"moon-in-the-wrong-house".to_owned());
        let reason = facts_of(&[("login", true, facts)])["login.reason"].clone();
        assert!(matches!(reason, Known::Unknown(Why::Gap(_))), "{reason:?}");
    }

    #[test]
    fn one_silent_reference_proves_nothing() {
        let named = |host: &str| {
            let mut facts = Facts::new();
            note(&mut facts, &HOST, &host.to_owned());
            facts
        };
        let shut = |host: &str| {
            let mut facts = named(host);
            note(&mut facts, &STATE.of(465), &PortState::Filtered);
            facts
        };
        let elsewhere = |checks: &[(&str, bool, Facts)]| facts_of(checks)["port.elsewhere"].clone();
        let first = || ("reference.1", true, shut("a.test"));
        assert!(matches!(elsewhere(&[first()]), Known::Unknown(_)));
        assert_eq!(elsewhere(&[first(), ("reference.2", true, shut("b.test"))]).word(), Some("closed"));
        assert!(matches!(elsewhere(&[first(), ("reference.2", false, named("b.test"))]), Known::Pending(_)));
        // The provider's other servers do not belong to another company.
        let own = ("reference.2", true, shut("smtp.googlemail.com"));
        assert!(matches!(elsewhere(&[first(), own]), Known::Unknown(_)));
    }
}
