//! How a receiver goes through an SPF record (RFC 7208 section 4.6), for a message from a provider's server.

use super::term::{Term, overlap, terms};
use super::{Fault, Host, Known, MOST_LOOKUPS, MOST_VOID, Says, Texts, What, is_macro, is_record, record};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// The networks that a record and those that it includes list.
pub(super) fn networks(name: &str, texts: &Texts) -> Vec<(IpAddr, u8)> {
    let (mut seen, mut waiting) = (BTreeSet::new(), vec![name.to_owned()]);
    let mut networks = Vec::new();
    while let Some(name) = waiting.pop() {
        let Some(record) = texts.get(&name).and_then(|texts| record(texts)) else { continue };
        if !seen.insert(name) {
            continue;
        }
        for term in terms(record) {
            match term {
                Term::Network('+', addr, prefix) => networks.push((addr, prefix)),
                Term::Include('+', name) | Term::Redirect(name) => waiting.push(name),
                _ => {}
            }
        }
    }
    networks
}

pub(super) struct Provider {
    pub(super) name: String,
    pub(super) networks: Vec<(IpAddr, u8)>,
    /// Whether it is a single address, for which names are looked at, too.
    pub(super) is_one_address: bool,
}

pub(super) struct Walk<'a> {
    pub(super) known: &'a Known,
    pub(super) provider: Option<Provider>,
    pub(super) lookups: usize,
    pub(super) void: Vec<String>,
    /// What stood in the way of a full answer.
    pub(super) gap: Option<Gap>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Gap {
    Unanswered,
    Macro,
}

impl Gap {
    pub(super) fn says(self) -> Says {
        match self {
            Gap::Unanswered => Says::Unanswered,
            Gap::Macro => Says::Macro,
        }
    }
}

pub(super) enum Stopped {
    Fault(Fault),
    Gap(Gap),
}

impl Walk<'_> {
    /// Goes through the record at this name, as a receiver does for a message from the provider's server.
    pub(super) fn evaluate(&mut self, name: &str, depth: usize) -> Result<Says, Stopped> {
        let fault = |what| Err(Stopped::Fault(Fault { at: name.to_owned(), what }));
        let texts = self.known.texts.get(name).ok_or(Stopped::Gap(Gap::Unanswered))?;
        let mut records = texts.iter().filter(|text| is_record(text));
        let Some(record) = records.next() else { return fault(What::Empty) };
        if records.next().is_some() {
            return fault(What::Several);
        }
        let all: Vec<Term> = terms(record).collect();
        // A mistake anywhere spoils the whole record (section 4.6).
        if let Some(Term::Unknown(word)) = all.iter().find(|term| matches!(term, Term::Unknown(_))) {
            return fault(What::Term(word.clone()));
        }
        for term in &all {
            match term {
                Term::All(sign) => return Ok(at_the_end(*sign)),
                Term::Network(sign, addr, prefix) if self.is_providers(*addr, *prefix) => return Ok(fitting(*sign)),
                Term::LookUp => self.count(name)?,
                Term::Host { sign, is_exchanger, name: host } => {
                    self.count(name)?;
                    self.count_void(name, *is_exchanger, host.as_deref())?;
                    if self.is_at(host.as_deref().filter(|_| !is_exchanger)) {
                        return Ok(fitting(*sign));
                    }
                }
                Term::Include(sign, included) => {
                    if let Some(says) = self.include(name, *sign, included, depth)? {
                        return Ok(says);
                    }
                }
                Term::Network(..) | Term::Redirect(_) | Term::Ignored | Term::Unknown(_) => {}
            }
        }
        match all.iter().find_map(|term| if let Term::Redirect(to) = term { Some(to) } else { None }) {
            Some(to) => {
                self.count(name)?;
                self.below(to, depth)
            }
            None => Ok(Says::Neutral),
        }
    }

    /// What follows from an included record, if it fits.
    fn include(&mut self, name: &str, sign: char, included: &str, depth: usize) -> Result<Option<Says>, Stopped> {
        self.count(name)?;
        if let Some(provider) = self.provider.take_if(|provider| provider.name == *included) {
            // Which of its servers sends is not known, so all of its look-ups may be needed.
            self.below(included, depth)?;
            self.provider = Some(provider);
            return Ok(Some(fitting(sign)));
        }
        match self.below(included, depth) {
            Ok(Says::Allows) => Ok(Some(fitting(sign))),
            Ok(Says::Everybody) if sign == '+' => Ok(Some(Says::Everybody)),
            Ok(_) => Ok(None),
            // Names that come after it may still allow the provider.
            Err(Stopped::Gap(gap)) => {
                self.gap = Some(gap);
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }

    fn below(&mut self, name: &str, depth: usize) -> Result<Says, Stopped> {
        if is_macro(name) {
            return Err(Stopped::Gap(Gap::Macro));
        }
        if depth >= MOST_LOOKUPS {
            return Err(Stopped::Fault(Fault { at: name.to_owned(), what: What::TooMany }));
        }
        self.evaluate(name, depth + 1)
    }

    fn count(&mut self, name: &str) -> Result<(), Stopped> {
        self.lookups += 1;
        let too_many = || Stopped::Fault(Fault { at: name.to_owned(), what: What::TooMany });
        if self.lookups > MOST_LOOKUPS { Err(too_many()) } else { Ok(()) }
    }

    fn count_void(&mut self, name: &str, is_exchanger: bool, host: Option<&str>) -> Result<(), Stopped> {
        let host = Host { is_exchanger, name: host.unwrap_or(name).to_owned() };
        if self.known.void.contains(&host) {
            self.void.push(host.name);
        }
        let too_many = || Fault { at: name.to_owned(), what: What::Void(self.void.clone()) };
        if self.void.len() > MOST_VOID { Err(Stopped::Fault(too_many())) } else { Ok(()) }
    }

    /// Whether the single address is one of this name's; where these are not known, that is a gap.
    fn is_at(&mut self, host: Option<&str>) -> bool {
        let Some(sender) = self.provider.as_ref().filter(|sender| sender.is_one_address) else { return false };
        let Some(addresses) = host.and_then(|host| self.known.addresses.get(host)) else {
            self.gap = Some(Gap::Unanswered);
            return false;
        };
        sender.networks.iter().any(|(address, _)| addresses.contains(address))
    }

    fn is_providers(&self, addr: IpAddr, prefix: u8) -> bool {
        let networks = self.provider.iter().flat_map(|provider| &provider.networks);
        networks.into_iter().any(|network| overlap(*network, (addr, prefix)))
    }
}

/// What a term says about the provider that it fits, by the sign before it (RFC 7208 section 4.6.2).
fn fitting(sign: char) -> Says {
    match sign {
        '+' => Says::Allows,
        '?' => Says::Neutral,
        _ => Says::Refuses,
    }
}

/// What `all` says.
fn at_the_end(sign: char) -> Says {
    match fitting(sign) {
        Says::Allows => Says::Everybody,
        says => says,
    }
}
