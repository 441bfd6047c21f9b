//! From all observations and the account to the facts that the guide decides on: one pure function, and the only place
//! with thresholds, each with its source. "In use" is what the mail program has, else what the provider wants.

mod account;
mod dialogue;
mod network;
mod ports;

use super::{Derived, Known, Look, Observations, Value, outlook_errors, replies, stacks, vocabulary};
use crate::account::client::{Connects, SignIn};
use crate::account::provider::{self, Kind};
use crate::account::{Account, Endpoint, Security, Source, Wanted};
use crate::probe::sasl::{FOR_PASSWORDS, FOR_TOKENS};
use std::collections::BTreeMap;

/// Past this, a greeting or reply is slow: mail programs wait a minute, people ten seconds (RFC 5321 section 4.5.3.2
/// allows five minutes; servers that delay on purpose take 5 to 30 s).
const SLOW_MS: i64 = 10_000;
/// Kerberos and one-time passwords allow five minutes.
const CLOCK_OFF_S: i64 = 300;
/// "The same at two other companies" (one silent control proves nothing).
const AGREEING_REFERENCES: usize = 2;
const MAIL_PORTS: [u16; 3] = [25, 465, 587];

/// What the facts are made from.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Who sends.
    pub account: &'a Account,
    /// What the provider wants, once known.
    pub wanted: Option<&'a Wanted>,
    /// What the checks have seen so far.
    pub seen: &'a Observations,
    /// The technician's answers, by question.
    pub answers: &'a BTreeMap<String, String>,
}

/// Makes all facts of the guide.
pub fn derive(input: Input<'_>) -> Derived {
    let from = View { input, in_use: input.account.in_use(input.wanted) };
    let mut facts = Derived::new();
    let mut put = |name: &str, known: Known| {
        debug_assert!(vocabulary::find(name).is_some(), "{name} is not in the vocabulary");
        facts.insert(name.to_owned(), known);
    };
    from.account(&mut put);
    from.names(&mut put);
    from.internet(&mut put);
    from.ports(&mut put);
    from.dialogue(&mut put);
    from.encryption(&mut put);
    from.log_in(&mut put);
    for (question, answer) in input.answers {
        facts.insert(format!("answer.{question}"), Known::Word(answer.clone()));
    }
    facts
}

fn word(word: &str) -> Known {
    Known::Word(word.to_owned())
}

fn yes_no(yes: bool) -> Known {
    word(if yes { "yes" } else { "no" })
}

fn unknown(why: &str) -> Known {
    Known::Unknown(why.to_owned())
}

/// One of several observations decides: the first that is `hit`; else pending, if one still runs; else `none`.
fn any(all: impl IntoIterator<Item = Known>, hit: impl Fn(&str) -> bool, then: &str, none: Known) -> Known {
    let mut pending = std::collections::BTreeSet::new();
    for known in all {
        match known {
            Known::Word(found) if hit(&found) => return word(then),
            Known::Pending(checks) => pending.extend(checks),
            _ => {}
        }
    }
    if pending.is_empty() { none } else { Known::Pending(pending) }
}

struct View<'a> {
    input: Input<'a>,
    in_use: Option<Endpoint>,
}

impl View<'_> {
    fn look(&self, check: &str, key: &str) -> Look<'_> {
        self.input.seen.look(check, key)
    }

    fn seen(&self, check: &str, key: &str) -> Known {
        match self.look(check, key) {
            Look::Seen(Value::Word(found)) => word(found),
            Look::Seen(Value::Number(number)) => word(&number.to_string()),
            Look::Seen(Value::List(list)) => word(&list.join(" ")),
            Look::Pending(check) => Known::Pending([check].into()),
            Look::Absent(Some(why)) => unknown(why),
            Look::Absent(None) => unknown("not asked"),
        }
    }

    fn number(&self, check: &str, key: &str) -> Option<i64> {
        match self.look(check, key) {
            Look::Seen(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn list(&self, check: &str, key: &str) -> Option<&[String]> {
        match self.look(check, key) {
            Look::Seen(Value::List(list)) => Some(list),
            _ => None,
        }
    }

    fn port(&self) -> u16 {
        self.in_use.as_ref().map_or(587, |in_use| in_use.port)
    }

    fn security(&self) -> Security {
        self.in_use.as_ref().map_or(Security::Starttls, |in_use| in_use.security)
    }

    fn own(&self, kind: &str, key: &str) -> Known {
        self.seen(&format!("{kind}.{}", self.port()), key)
    }

    fn elsewhere(&self, key: &str) -> Vec<Known> {
        self.references().map(|id| self.seen(id, key)).collect()
    }

    fn references(&self) -> impl Iterator<Item = &str> {
        let host = self.in_use.as_ref().map(|in_use| in_use.host.clone());
        let own = host.as_deref().and_then(provider::of_host).map(|row| row.id.clone());
        let addresses: Vec<String> = self.list("dns.server", "addresses").unwrap_or_default().to_vec();
        self.input.seen.ids("reference.").filter(move |id| {
            let Look::Seen(Value::Word(name)) = self.look(id, "host") else { return true };
            let same_company = own.is_some() && provider::of_host(name).map(|row| &row.id) == own.as_ref();
            let same_address =
                matches!(self.look(id, "address"), Look::Seen(Value::Word(addr)) if addresses.contains(addr));
            Some(name) != host.as_ref() && !same_company && !same_address
        })
    }

    fn state_elsewhere(&self, port: u16) -> Known {
        let ids: Vec<&str> = self.references().collect();
        let states: Vec<Known> = ids.iter().map(|id| self.seen(id, &port.to_string())).collect();
        let asked: Vec<&str> = ids
            .iter()
            .zip(&states)
            .filter(|(_, state)| state.word().is_some_and(|state| state != "unknown"))
            .map(|(id, _)| *id)
            .collect();
        let none = match asked.len() {
            0 => unknown("the same port could not be tried at any other company's server"),
            n if n < AGREEING_REFERENCES => unknown("only one other company's server could be tried"),
            // Servers that may themselves be down agree as well; one that is known to live must be among them.
            _ => any(
                asked.iter().map(|id| self.lives(id)),
                |lives| lives == "yes",
                "closed",
                unknown("the other companies' servers that were tried opened no port at all"),
            ),
        };
        any(states, |state| state == "open", "open", none)
    }

    /// Whether a reference opened any port; one that was asked for a single port only is taken to live.
    fn lives(&self, id: &str) -> Known {
        let Some(observed) = self.input.seen.checks.get(id) else { return unknown("not asked") };
        let ports = observed.facts.iter().filter(|(key, _)| key.bytes().all(|b| b.is_ascii_digit()));
        let states: Vec<&Value> = ports.map(|(_, value)| value).collect();
        match () {
            () if states.iter().any(|state| **state == Value::from("open")) => word("yes"),
            () if !observed.done => Known::Pending([id.to_owned()].into()),
            () => yes_no(states.len() == 1),
        }
    }

    fn other_ports(&self) -> Vec<u16> {
        let ids = self.input.seen.ids("port.").filter_map(|id| id.strip_prefix("port.")?.parse().ok());
        let mut ports: Vec<u16> = ids.chain(MAIL_PORTS).filter(|port| *port != self.port()).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }
}

/// Another port of the server in use by which mail can be sent, if there is one: for texts.
pub fn other_port(input: Input<'_>) -> Option<u16> {
    View { input, in_use: input.account.in_use(input.wanted) }.other_port().1
}

/// Whether the mailbox is at Microsoft, where the account's type decides who connects.
pub fn is_microsoft(kind: Kind) -> bool {
    matches!(kind, Kind::MicrosoftWork | Kind::MicrosoftPersonal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Address;
    use crate::facts::Observed;

    fn observed(done: bool, facts: &[(&str, Value)]) -> Observed {
        Observed {
            done,
            facts: facts.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            why_not: None,
        }
    }

    fn facts_of(checks: Vec<(&str, Observed)>) -> Derived {
        let account = Account::new(Address::parse("anna@gmail.com").unwrap());
        let wanted = Wanted::from_table(&account.address).unwrap();
        let seen = Observations {
            checks: checks.into_iter().map(|(id, observed)| (id.to_owned(), observed)).collect(),
            plan_complete: true,
        };
        derive(Input { account: &account, wanted: Some(&wanted), seen: &seen, answers: &BTreeMap::new() })
    }

    #[test]
    fn nothing_seen_is_unknown_never_no() {
        let facts = facts_of(vec![]);
        assert!(
            facts.iter().all(|(name, known)| vocabulary::find(name).is_some() && !matches!(known, Known::Pending(_)))
        );
        for name in ["account.works", "port.state", "internet", "login", "starttls", "clock", "port.elsewhere"] {
            assert!(matches!(facts[name], Known::Unknown(_)), "{name}: {:?}", facts[name]);
        }
    }

    #[test]
    fn one_silent_reference_proves_nothing() {
        let shut = |host: &str| observed(true, &[("host", host.into()), ("465", "filtered".into())]);
        let facts = facts_of(vec![("reference.1", shut("a.test"))]);
        assert!(matches!(facts["port.elsewhere"], Known::Unknown(_)));
        let facts = facts_of(vec![("reference.1", shut("a.test")), ("reference.2", shut("b.test"))]);
        assert_eq!(facts["port.elsewhere"].word(), Some("closed"));
        let facts = facts_of(vec![
            ("reference.1", shut("a.test")),
            ("reference.2", observed(false, &[("host", "b.test".into())])),
        ]);
        assert!(matches!(facts["port.elsewhere"], Known::Pending(_)));
        // The provider's own other servers are no other company.
        let facts = facts_of(vec![("reference.1", shut("a.test")), ("reference.2", shut("smtp.googlemail.com"))]);
        assert!(matches!(facts["port.elsewhere"], Known::Unknown(_)));
    }
}
