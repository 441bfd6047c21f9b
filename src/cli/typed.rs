//! How single values of the command line are read. Which options there are is in `args`.

use crate::account::stored::STORES;
use crate::check::Group;
use crate::check::options::limit;
use crate::report::format::Format;
use crate::report::formats::{self, FORMATS};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A port's number; the error is a message for people.
pub(super) fn port(typed: &str) -> Result<u16, String> {
    let number = typed.parse().ok().filter(|port| *port > 0);
    number.ok_or_else(|| "a port is a number from 1 to 65535, such as 587".to_owned())
}

/// A number of seconds, within what a limit may be.
pub(super) fn seconds(typed: &str) -> Result<Duration, String> {
    typed.parse().map_err(|_| "a number of seconds is needed".to_owned()).and_then(limit)
}

/// The value of `--from-client` without a name.
pub(super) const ANY_STORE: &str = "any";

/// Where `--from-client` looks.
#[derive(Debug, Clone)]
pub(super) enum FromClient {
    /// In the store of this mail program here, or in all of them.
    Here(Option<&'static str>),
    /// In a file that somebody has handed over.
    File(PathBuf),
}

/// A mail program's name, or the path of a file.
pub(super) fn from_client(typed: &str) -> Result<FromClient, String> {
    let store = STORES.iter().find(|store| store.id == typed);
    match store {
        Some(store) => Ok(FromClient::Here(Some(store.id))),
        None if typed == ANY_STORE => Ok(FromClient::Here(None)),
        None if typed.contains(['.', '/', '\\']) || Path::new(typed).exists() => Ok(FromClient::File(typed.into())),
        None => {
            let names: Vec<&str> = STORES.iter().map(|store| store.id).collect();
            Err(format!("the mail programs are {}; a file of theirs is named with its path", names.join(", ")))
        }
    }
}

/// The groups by their words.
pub(super) fn group() -> impl TypedValueParser<Value = Group> {
    PossibleValuesParser::new(<Group as strum::VariantNames>::VARIANTS).try_map(|typed| typed.parse::<Group>())
}

/// The formats by their names, each with what it is for.
pub(super) fn format() -> impl TypedValueParser<Value = &'static Format> {
    let names = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.says));
    PossibleValuesParser::new(names).try_map(|typed| formats::by_name(&typed).ok_or("no such format"))
}
