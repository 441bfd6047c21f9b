//! What checks write down: keys with a type and a meaning, and what is known of them while a run goes on. The keys
//! themselves are declared in `keys`, their words in `words`.

use super::target::{self, Target};
use super::{Known, Value, Why, keys};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::marker::PhantomData;
use std::net::IpAddr;

/// The facts of one check, as the report holds them.
pub type Facts = BTreeMap<String, Value>;

/// A key that a check writes, and the type of its value.
#[derive(Debug, Clone)]
pub struct Key<T> {
    /// The kind of check that writes it: `port`.
    pub check: &'static str,
    /// As in the report: `state.v4`.
    pub name: Cow<'static, str>,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// A key; to be declared in `keys` or beside the one check that writes it.
    pub const fn new(check: &'static str, name: &'static str) -> Self {
        Key { check, name: Cow::Borrowed(name), value: PhantomData }
    }
}

/// A key for each port, or for each TLS version: its name has that part in capitals (`PORT.greeting`).
#[derive(Debug, Clone, Copy)]
pub struct Family<T> {
    check: &'static str,
    pattern: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> Family<T> {
    /// A family; to be declared in `keys`.
    pub const fn new(check: &'static str, pattern: &'static str) -> Self {
        Family { check, pattern, value: PhantomData }
    }

    /// The key of one of them.
    pub fn of(self, part: impl Display) -> Key<T> {
        let name = match variable(self.pattern) {
            Some(variable) => self.pattern.replacen(variable.written, &part.to_string(), 1),
            None => self.pattern.to_owned(),
        };
        Key { check: self.check, name: Cow::Owned(name), value: PhantomData }
    }
}

/// Whether a key's name is this one, or fits this family's pattern.
fn fits(pattern: &str, name: &str) -> bool {
    let Some(variable) = variable(pattern) else { return pattern == name };
    let (before, after) = pattern.split_once(variable.written).unwrap_or_default();
    name.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).is_some_and(variable.fits)
}

/// What differs in a family's name: how it is written there, what it looks like (a regular expression for the schema), and
/// whether a part of a name looks like that.
struct Variable {
    written: &'static str,
    pattern: &'static str,
    fits: fn(&str) -> bool,
}

const VARIABLES: [Variable; 2] = [
    Variable { written: "PORT", pattern: "[0-9]+", fits: |part| part.parse::<u16>().is_ok() },
    Variable {
        written: "VERSION",
        pattern: r"(SSLv3|TLSv1\.[0-3])",
        fits: |part| part.starts_with("TLSv1.") || part == "SSLv3",
    },
];

fn variable(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| name.contains(variable.written))
}

/// How the report holds a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One of these words.
    Word(&'static [&'static str]),
    /// Free text: foreign text made visible, a name, a date.
    Text,
    /// A whole number.
    Number,
    /// An IP address.
    Address,
    /// Several of them.
    List(&'static Form),
}

/// Whom a value names, so that a report can leave it out for some readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// Nobody.
    Nobody,
    /// A public host, by name or address.
    Host,
    /// The user: a mail address or log-in name.
    User,
    /// Something inside the user's own network.
    Inner,
    /// An address, public or inner by what it is.
    Address,
    /// Words of a server, in which any name may stand.
    Foreign,
}

/// A declared key, for the report's table and schema.
#[derive(Debug, Clone, Copy)]
pub struct Declared {
    /// The kind of check that writes it.
    pub check: &'static str,
    /// Its name, or a family's pattern.
    pub name: &'static str,
    /// What it says, with its unit.
    pub says: &'static str,
    /// How the report holds it.
    pub form: Form,
    /// Whom it names.
    pub names: Names,
}

impl Declared {
    /// Whether this declares the key of that name.
    pub fn is(&self, name: &str) -> bool {
        fits(self.name, name)
    }

    /// A regular expression for the names of a family (ECMA 262, as JSON Schema has them); `None` for a single key.
    pub fn pattern(&self) -> Option<String> {
        let variable = variable(self.name)?;
        Some(format!("^{}$", self.name.replace('.', r"\.").replace(variable.written, variable.pattern)))
    }
}

/// A value that a check can write down.
pub trait Observable: Sized {
    /// How the report holds it.
    const FORM: Form;

    /// As the report holds it.
    fn to_value(&self) -> Value;

    /// Read back; `None` where the report holds something else there.
    fn of_value(value: &Value) -> Option<Self>;
}

impl Observable for bool {
    const FORM: Form = Form::Word(&["yes", "no"]);

    fn to_value(&self) -> Value {
        Value::Word(if *self { "yes" } else { "no" }.to_owned())
    }

    fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Word(word) if word == "yes" => Some(true),
            Value::Word(word) if word == "no" => Some(false),
            _ => None,
        }
    }
}

impl Observable for String {
    const FORM: Form = Form::Text;

    fn to_value(&self) -> Value {
        Value::Word(self.clone())
    }

    fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Word(word) => Some(word.clone()),
            _ => None,
        }
    }
}

impl Observable for IpAddr {
    const FORM: Form = Form::Address;

    fn to_value(&self) -> Value {
        Value::Word(self.to_string())
    }

    fn of_value(value: &Value) -> Option<Self> {
        match value {
            Value::Word(word) => word.parse().ok(),
            _ => None,
        }
    }
}

macro_rules! observable_numbers {
    ($($number:ty),*) => { $(
        impl Observable for $number {
            const FORM: Form = Form::Number;

            fn to_value(&self) -> Value {
                Value::Number(i64::try_from(*self).unwrap_or(i64::MAX))
            }

            fn of_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Number(number) => Self::try_from(*number).ok(),
                    _ => None,
                }
            }
        }
    )* };
}

observable_numbers!(i64, u64, u32, u16, u8, usize);

/// A list holds its items as text.
impl<T: Observable> Observable for Vec<T> {
    const FORM: Form = Form::List(&T::FORM);

    fn to_value(&self) -> Value {
        Value::List(self.iter().map(|item| item.to_value().to_string()).collect())
    }

    fn of_value(value: &Value) -> Option<Self> {
        let Value::List(items) = value else { return None };
        let number = |text: &String| text.parse().ok().and_then(|number| T::of_value(&Value::Number(number)));
        items.iter().map(|text| T::of_value(&Value::Word(text.clone())).or_else(|| number(text))).collect()
    }
}

/// What is known of one check so far.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// Whether it has ended.
    pub done: bool,
    /// Its facts up to now; a fact that is there is final.
    pub facts: &'a Facts,
    /// Why facts are missing, where it ended without them.
    pub why_not: Option<Missing<'a>>,
}

/// Why a check ended without its facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing<'a> {
    /// In words.
    pub why: &'a str,
    /// Whether it was left out because of something that is known: then nothing is missing.
    pub moot: bool,
}

/// What is known of all checks so far.
#[derive(Debug, Clone, Default)]
pub struct Observations<'a> {
    /// By check id.
    pub checks: BTreeMap<&'a str, Observed<'a>>,
    /// Whether all checks that will run are in `checks`.
    pub plan_complete: bool,
}

/// What looking for an observation gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is there.
    Is(T),
    /// These checks still run.
    Pending(BTreeSet<String>),
    /// It will not come; why.
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

    /// Whether it is there.
    pub fn is_there(&self) -> bool {
        matches!(self, Seen::Is(_))
    }

    /// As a fact of the guide, which says this of the value.
    pub fn known(self, says: impl FnOnce(T) -> Known) -> Known {
        match self {
            Seen::Is(value) => says(value),
            Seen::Pending(checks) => Known::Pending(checks),
            Seen::Absent(why) => Known::Unknown(why),
        }
    }

    /// The same with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Seen::Is(value) => Seen::Is(change(value)),
            Seen::Pending(checks) => Seen::Pending(checks),
            Seen::Absent(why) => Seen::Absent(why),
        }
    }
}

impl<T: PartialEq> Seen<T> {
    /// Whether it is there and is this.
    pub fn is(&self, value: T) -> bool {
        matches!(self, Seen::Is(seen) if *seen == value)
    }
}

/// What is waited for before all checks are planned: what the provider wants.
pub fn planning() -> BTreeSet<String> {
    [keys::provider::SOURCE.check.to_owned()].into()
}

impl Observations<'_> {
    /// Looks for a fact of the check of this id.
    pub fn get<T: Observable>(&self, id: &str, key: &Key<T>) -> Seen<T> {
        match self.checks.get(id) {
            Some(observed) => match observed.facts.get(key.name.as_ref()).and_then(T::of_value) {
                Some(value) => Seen::Is(value),
                None if observed.done => Seen::Absent(Why::of(observed.why_not)),
                None => Seen::Pending([id.to_owned()].into()),
            },
            None if self.plan_complete => Seen::Absent(Why::NotAsked),
            None => Seen::Pending(planning()),
        }
    }

    /// All that the check of this id has of a family so far.
    pub fn all<T: Observable>(&self, id: &str, family: Family<T>) -> Vec<T> {
        let facts = self.checks.get(id).into_iter().flat_map(|observed| observed.facts);
        facts.filter(|(name, _)| fits(family.pattern, name)).filter_map(|(_, value)| T::of_value(value)).collect()
    }

    /// Whether the check of this id has ended.
    pub fn has_ended(&self, id: &str) -> bool {
        self.checks.get(id).is_some_and(|observed| observed.done)
    }

    /// Whether the check of this id is planned, as far as that is known.
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
    use crate::net::PortState;

    #[test]
    fn a_family_and_its_keys() {
        const GREETING: Family<bool> = Family::new("reference", "PORT.greeting");
        const STATE: Family<PortState> = Family::new("reference", "PORT");
        const VERSION: Family<bool> = Family::new("tls", "VERSION");
        assert_eq!(GREETING.of(587).name, "587.greeting");
        assert_eq!(STATE.of(25).name, "25");
        assert_eq!(VERSION.of("TLSv1.2").name, "TLSv1.2");
        let declared = |name| Declared { check: "reference", name, says: "", form: Form::Text, names: Names::Nobody };
        assert!(
            declared("PORT.greeting").is("587.greeting") && declared("PORT").is("25") && declared("host").is("host")
        );
        assert!(!declared("PORT").is("587.greeting") && !declared("PORT").is("host") && !declared("VERSION").is("25"));
    }

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

    #[test]
    fn values_come_back_as_they_were() {
        fn same<T: Observable + PartialEq + std::fmt::Debug>(value: T) {
            assert_eq!(T::of_value(&value.to_value()), Some(value));
        }
        same(true);
        same(PortState::Filtered);
        same(vec![25_u16, 587]);
        same(vec!["203.0.113.5".parse::<IpAddr>().unwrap()]);
        same("as it came".to_owned());
        assert_eq!(PortState::of_value(&Value::Word("opne".to_owned())), None);
        assert_eq!(u16::of_value(&Value::Number(-1)), None);
    }
}
