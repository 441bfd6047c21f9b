//! The columns that a batch may have: those options of `check` that say something about one account. No column holds a
//! password, and none names a file.

use super::Subject;
use crate::cli::args::{MeasuredArg, SecurityArg};
use clap::ValueEnum;

/// A column.
pub(super) struct Column {
    /// Its names; the first is that of the option.
    pub names: &'static [&'static str],
    /// Takes in a value; the error is a message for people.
    pub set: fn(&mut Subject, String) -> Result<(), String>,
}

/// A column whose value is taken as it is; what it means is checked with the account.
macro_rules! text {
    ($($name:literal $(or $other:literal)? => $field:ident),* $(,)?) => {
        [$(Column {
            names: &[$name $(, $other)?],
            set: |subject, value| { subject.run.$field = Some(value); Ok(()) },
        }),*]
    };
}

static TEXTS: [Column; 9] = text! {
    "server" => server, "user" => user, "client" => client, "from" => from, "to" => to, "ticket" => ticket,
    "since" => since, "affected" => affected, "contact" => contact,
};

static OTHERS: [Column; 7] = [
    Column {
        names: &["address", "email"],
        set: |subject, value| {
            subject.address = value;
            Ok(())
        },
    },
    Column {
        names: &["port"],
        set: |subject, value| {
            let port = value.parse().ok().filter(|port| *port != 0);
            subject.run.port = Some(port.ok_or_else(|| format!("\"{value}\" is not a port, 1 to 65535"))?);
            Ok(())
        },
    },
    Column {
        names: &["security"],
        set: |subject, value| {
            subject.run.security = Some(word::<SecurityArg>(&value)?);
            Ok(())
        },
    },
    Column {
        names: &["measured-on"],
        set: |subject, value| {
            subject.run.measured_on = Some(word::<MeasuredArg>(&value)?);
            Ok(())
        },
    },
    Column {
        names: &["error"],
        set: |subject, value| {
            if value.starts_with('@') {
                return Err("no file is read for it: write the error itself".to_owned());
            }
            subject.run.error = Some(value);
            Ok(())
        },
    },
    Column {
        names: &["answer"],
        set: |subject, value| {
            subject.run.answer.extend(value.split_whitespace().map(str::to_owned));
            Ok(())
        },
    },
    Column {
        names: &["practice"],
        set: |subject, value| {
            crate::cli::lab::find(&value)?;
            subject.practice = Some(value);
            Ok(())
        },
    },
];

/// The column with this name; the error is a message for people.
pub(super) fn named(name: &str) -> Result<&'static Column, String> {
    let name = name.trim().to_ascii_lowercase().replace('_', "-");
    let all = || OTHERS.iter().chain(&TEXTS);
    if let Some(column) = all().find(|column| column.names.contains(&name.as_str())) {
        return Ok(column);
    }
    if ["password", "pass", "token", "secret"].iter().any(|secret| name.contains(secret)) {
        return Err(format!("\"{name}\": a password is never read from this file; --password-command CMD provides it"));
    }
    let names: Vec<&str> = all().flat_map(|column| column.names).copied().collect();
    let name = crate::text::visible_str(crate::text::beginning(&name, 40));
    Err(format!("there is no column \"{name}\"; there are {}", names.join(", ")))
}

fn word<T: ValueEnum>(value: &str) -> Result<T, String> {
    T::from_str(value, true).map_err(|_| {
        let words = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let words: Vec<String> = words.map(|word| word.get_name().to_owned()).collect();
        format!("\"{value}\" is not one of {}", words.join(", "))
    })
}
