//! What was observed, and the facts that the guide decides on. `derive` makes the second from the first.

mod about;
pub mod bounce;
pub mod cdns;
pub mod derive;
pub mod dkim;
pub mod dmarc;
pub mod ehlo;
pub mod forecast;
mod held;
pub mod hosters;
pub mod interceptors;
pub mod isps;
pub mod key;
pub mod keys;
pub mod known;
pub mod limit;
pub mod observed;
pub mod organisation;
pub mod outlook_errors;
mod parts;
pub mod pasted;
mod pattern;
mod plain;
pub mod program_errors;
#[cfg(test)]
mod proof;
pub mod replies;
pub mod senders;
mod sense;
pub mod spf;
pub mod stacks;
mod stage;
pub mod tags;
pub mod target;
pub mod told;
pub mod turned_away;
pub mod value;
pub mod vocabulary;
pub mod words;

pub use known::{Derived, Known, Why};
pub use observed::Observations;
pub use value::{Facts, Value};
