//! The keys of what checks write down, with type and meaning, and the values that they can have. The keys themselves
//! are declared in `keys`, their words in `words`.

use super::value::{Facts, Value, YES_NO, yes_no};
use crate::text::{Mark, is_inner};
use std::borrow::Cow;
use std::fmt::Display;
use std::marker::PhantomData;
use std::net::IpAddr;

/// A key that a check writes, and the type of its value.
#[derive(Debug, Clone)]
pub struct Key<T> {
    /// The kind of check that writes it: `port`.
    pub check: &'static str,
    /// Its name in the report: `state.v4`.
    pub name: Cow<'static, str>,
    value: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// A key, to be declared in `keys`.
    pub const fn new(check: &'static str, name: &'static str) -> Self {
        Key { check, name: Cow::Borrowed(name), value: PhantomData }
    }
}

impl<T: Observable> Key<T> {
    /// Its value among a check's facts; `None` if it is absent, or was left out for this reader.
    pub fn read(&self, facts: &Facts) -> Option<T> {
        facts.get(self.name.as_ref()).and_then(T::of_value)
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
    /// A family, to be declared in `keys`.
    pub const fn new(check: &'static str, pattern: &'static str) -> Self {
        Family { check, pattern, value: PhantomData }
    }

    /// The family's key for one port or version.
    pub fn of(self, part: impl Display) -> Key<T> {
        let name = match variable(self.pattern) {
            Some(variable) => self.pattern.replacen(variable.written, &part.to_string(), 1),
            None => self.pattern.to_owned(),
        };
        Key { check: self.check, name: Cow::Owned(name), value: PhantomData }
    }
}

impl<T> Family<T> {
    /// Whether the key with this name belongs to the family.
    pub fn has(&self, name: &str) -> bool {
        fits(self.pattern, name)
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
    /// Free text: text from outside made safe to show, a name, a date.
    Text,
    /// A whole number.
    Number,
    /// An IP address.
    Address,
    /// A list of values of this form.
    List(&'static Form),
}

/// Whom a value names, so that a report can omit it for some readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Names {
    /// It names nobody.
    Nobody,
    /// A public host, by name or address.
    Host,
    /// The user: a mail address or log-in name.
    User,
    /// Something inside the user's own network, by name or address.
    Inner,
    /// An address, public or private depending on its range.
    Address,
    /// A server's words, which may contain any name.
    Foreign,
}

impl Names {
    /// Whom this value names.
    pub fn mark(self, value: &str) -> Option<Mark> {
        match self {
            Names::Nobody | Names::Foreign => None,
            Names::Host => Some(Mark::Host),
            Names::User => Some(Mark::User),
            Names::Inner => Some(Mark::Inner),
            Names::Address => match value.parse() {
                Ok(addr) if is_inner(addr) => Some(Mark::Inner),
                _ => Some(Mark::Host),
            },
        }
    }
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
    /// Whom its value names.
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

    /// The value read back from a report; `None` if the report holds something else there.
    fn of_value(value: &Value) -> Option<Self>;
}

impl Observable for bool {
    const FORM: Form = Form::Word(YES_NO);

    fn to_value(&self) -> Value {
        Value::Word(yes_no(*self).to_owned())
    }

    fn of_value(value: &Value) -> Option<Self> {
        let Value::Word(word) = value else { return None };
        [true, false].into_iter().find(|yes| word == yes_no(*yes))
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

/// A list contains its items as text.
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
