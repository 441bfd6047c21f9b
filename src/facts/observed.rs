//! What is known of all checks while a run goes on, and what looking for one of their facts gives.

use super::key::{Family, Key, Observable};
use super::keys;
use super::known::{Known, Why};
use super::target::{self, Target};
use super::value::Facts;
use std::collections::{BTreeMap, BTreeSet};

/// What is known of one check so far.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// Whether it has ended.
    pub done: bool,
    /// Its facts up to now; a fact that is there is final.
    pub facts: &'a Facts,
    /// Why facts are missing, if the check ended without them.
    pub why_not: Option<Missing<'a>>,
}

impl Observed<'_> {
    /// Why a check that has ended has no value for a key.
    fn why(&self) -> Why {
        match self.why_not {
            None => Why::NotAsked,
            Some(Missing { why, moot: true }) => Why::Moot(why.to_owned()),
            Some(Missing { why, moot: false }) => Why::Gap(why.to_owned()),
        }
    }
}

/// Why a check ended without its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing<'a> {
    /// The reason in words.
    pub why: &'a str,
    /// Whether it was left out because the answer would not matter: then nothing is missing.
    pub moot: bool,
}

/// What is known of all checks so far.
#[derive(Debug, Clone, Default)]
pub struct Observations<'a> {
    /// What is known, by check id.
    pub checks: BTreeMap<&'a str, Observed<'a>>,
    /// Whether all checks that will run are in `checks`.
    pub plan_complete: bool,
}

/// The result of looking for an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// The value is there.
    Is(T),
    /// Not there yet: these checks are still running.
    Pending(BTreeSet<String>),
    /// It will not come, for this reason.
    Absent(Why),
}

impl<T> Seen<T> {
    /// The value, if it is there.
    pub fn value(self) -> Option<T> {
        match self {
            Seen::Is(value) => Some(value),
            _ => None,
        }
    }

    /// Whether the value is there.
    pub fn is_there(&self) -> bool {
        matches!(self, Seen::Is(_))
    }

    /// The fact of the guide that `says` makes from the value.
    pub fn known(self, says: impl FnOnce(T) -> Known) -> Known {
        match self {
            Seen::Is(value) => says(value),
            Seen::Pending(checks) => Known::Pending(checks),
            Seen::Absent(why) => Known::Unknown(why),
        }
    }

    /// The same, but if nothing was seen, there was nothing to ask: why.
    pub fn or_moot(self, why: &str) -> Self {
        match self {
            Seen::Absent(_) => Seen::Absent(Why::Moot(why.to_owned())),
            seen => seen,
        }
    }

    /// The same with the value changed.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Seen::Is(value) => Seen::Is(change(value)),
            Seen::Pending(checks) => Seen::Pending(checks),
            Seen::Absent(why) => Seen::Absent(why),
        }
    }
}

impl<T: PartialEq> Seen<T> {
    /// Whether the value is there and equals this one.
    pub fn is(&self, value: T) -> bool {
        matches!(self, Seen::Is(seen) if *seen == value)
    }
}

impl<T: Observable> From<Seen<T>> for Known {
    /// Passes on what was seen as it is.
    fn from(seen: Seen<T>) -> Self {
        seen.known(|value| Known::Word(value.to_value().to_string()))
    }
}

/// What to wait for until all checks are planned: what the provider wants.
pub fn planning() -> BTreeSet<String> {
    [keys::provider::SOURCE.check.to_owned()].into()
}

impl Observations<'_> {
    /// Looks for a fact of the check with this id.
    pub fn get<T: Observable>(&self, id: &str, key: &Key<T>) -> Seen<T> {
        match self.checks.get(id) {
            Some(observed) => match key.read(observed.facts) {
                Some(value) => Seen::Is(value),
                None if observed.done => Seen::Absent(observed.why()),
                None => Seen::Pending([id.to_owned()].into()),
            },
            None if self.plan_complete => Seen::Absent(Why::NotAsked),
            None => Seen::Pending(planning()),
        }
    }

    /// All values of a family that the check with this id has so far.
    pub fn all<T: Observable>(&self, id: &str, family: Family<T>) -> Vec<T> {
        let facts = self.checks.get(id).into_iter().flat_map(|observed| observed.facts);
        facts.filter(|(name, _)| family.has(name)).filter_map(|(_, value)| T::of_value(value)).collect()
    }

    /// Whether the check with this id has ended.
    pub fn has_ended(&self, id: &str) -> bool {
        self.checks.get(id).is_some_and(|observed| observed.done)
    }

    /// Whether the check with this id is planned, as far as that is known.
    pub fn is_planned(&self, id: &str) -> bool {
        self.checks.contains_key(id)
    }

    /// The ports that checks of this kind are about.
    pub fn targets<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = Target> + 'a {
        self.checks.keys().filter_map(move |id| Target::of_id(kind, id))
    }

    /// The ids of the checks of references.
    pub fn references(&self) -> impl Iterator<Item = &str> {
        self.checks.keys().copied().filter(|id| target::is_reference(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_says_why() {
        let facts = Facts::new();
        let observed = |done, why_not| Observed { done, facts: &facts, why_not };
        let missing = |moot| Some(Missing { why: "because of the port", moot });
        let mut seen = Observations::default();
        let state = |seen: &Observations<'_>| seen.get("port.587", &keys::port::STATE);
        assert_eq!(state(&seen), Seen::Pending(["provider".to_owned()].into()));
        seen.plan_complete = true;
        assert_eq!(state(&seen), Seen::Absent(Why::NotAsked));
        seen.checks.insert("port.587", observed(false, None));
        assert_eq!(state(&seen), Seen::Pending(["port.587".to_owned()].into()));
        seen.checks.insert("port.587", observed(true, missing(true)));
        assert_eq!(state(&seen), Seen::Absent(Why::Moot("because of the port".to_owned())));
        seen.checks.insert("port.587", observed(true, missing(false)));
        assert_eq!(state(&seen), Seen::Absent(Why::Gap("because of the port".to_owned())));
    }
}
