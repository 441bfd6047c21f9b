//! What one run and its facts say of a case, for the placeholders and whatever else is said in words: by key, by fact,
//! as text. Which placeholder shows what is in `placeholders`.

use super::recommended::recommended;
use super::run::Run;
use crate::account::provider::Provider;
use crate::account::{Choice, Endpoint};
use crate::facts::derive::Derivation;
use crate::facts::key::{Key, Observable};
use crate::facts::{Derived, Value, vocabulary};

/// A run and its facts, with what many placeholders need looked up once.
pub(super) struct Lookup<'a> {
    pub(super) run: &'a Run,
    pub(super) facts: &'a Derived,
    pub(super) in_use: Option<Endpoint>,
    pub(super) provider: Option<&'static Provider>,
    /// Another port of the server by which mail can be sent.
    pub(super) other: Option<u16>,
    /// The name that the server gives itself and that its certificate is for.
    pub(super) own_name: Option<&'a str>,
    /// What to set in the mail program.
    pub(super) recommended: Option<Choice>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(run: &'a Run, derived: &'a Derivation) -> Self {
        let Derivation { facts, other_port, own_name } = derived;
        let own_name = own_name.as_deref();
        Lookup {
            run,
            facts,
            in_use: run.in_use(),
            provider: run.wanted.as_ref().and_then(|wanted| wanted.provider()),
            other: *other_port,
            own_name,
            recommended: recommended(run, facts, *other_port, own_name),
        }
    }

    fn value(&self, id: &str, key: &str) -> Option<&'a Value> {
        self.run.check(id)?.facts.get(key)
    }

    /// What a check wrote down.
    pub(super) fn get<T: Observable>(&self, id: &str, key: &Key<T>) -> Option<T> {
        T::of_value(self.value(id, &key.name)?)
    }

    /// The same as text; of a list, the first three items.
    pub(super) fn shown<T>(&self, key: &Key<T>) -> Option<String> {
        show(self.value(key.check, &key.name)?)
    }

    /// The same, from the check of the port in use.
    pub(super) fn own<T>(&self, key: &Key<T>) -> Option<String> {
        show(self.value(&self.own_id(key.check)?, &key.name)?)
    }

    pub(super) fn own_id(&self, check: &str) -> Option<String> {
        Some(format!("{check}.{}", self.in_use.as_ref()?.port))
    }

    /// Whether a fact of the guide has this word.
    pub(super) fn is(&self, name: &str, word: &str) -> bool {
        vocabulary::is(self.facts, name, word)
    }
}

fn show(value: &Value) -> Option<String> {
    match value {
        Value::List(list) if list.is_empty() => None,
        Value::List(list) => Some(list.iter().take(3).cloned().collect::<Vec<_>>().join(", ")),
        Value::Word(_) | Value::Number(_) => Some(value.to_string()),
    }
}
