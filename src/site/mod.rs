//! A company's site file: its own providers, what to compare with, certificates, pages, whom to call, limits. Here is what
//! such a file says, and how one is laid over another. How it is read is in `parse` and `rows`; where the files
//! are, and what is done with them, `cli` knows.

pub mod keys;
mod parse;
mod rows;
mod signature;

pub use parse::parse;

use crate::account::provider::{self, Provider};
use crate::check::{Connectivity, Reference};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// What is wrong with a file, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1 on.
    pub line: usize,
    /// The key; empty if the text is no TOML there.
    pub key: String,
    /// What is wrong, and what to write.
    pub why: String,
}

/// What site files say; what is `None` they leave to whatever comes after them.
#[derive(Debug, Default)]
pub struct Site {
    /// Whose file it is.
    pub name: Option<String>,
    /// Whom to call, in the company's own words.
    pub contact: Option<Vec<String>>,
    /// Resolvers to compare with the system's.
    pub resolvers: Option<Vec<SocketAddr>>,
    /// Other companies' servers to compare with; an empty list is none at all.
    pub references: Option<Vec<Reference>>,
    /// Pages that show whether there is a portal.
    pub connectivity: Option<Vec<Connectivity>>,
    /// Additional root certificates, as DER.
    pub roots: Option<Vec<Vec<u8>>>,
    /// The folder of the company's own pages of the guide.
    pub guide: Option<PathBuf>,
    /// The time limit for one connection.
    pub timeout: Option<Duration>,
    /// The time limit for a whole run.
    pub deadline: Option<Duration>,
    /// Providers.
    pub providers: Vec<Provider>,
    /// What each key says, as text, and where, for people.
    pub said: BTreeMap<&'static str, Said>,
}

/// What a key says, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The value as text.
    pub value: String,
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1 on.
    pub line: usize,
}

impl Site {
    /// This site file over another: key by key, and row by row of the providers.
    pub fn over(self, below: Site) -> Site {
        let mut said = below.said;
        said.extend(self.said);
        Site {
            name: self.name.or(below.name),
            contact: self.contact.or(below.contact),
            resolvers: self.resolvers.or(below.resolvers),
            references: self.references.or(below.references),
            connectivity: self.connectivity.or(below.connectivity),
            roots: self.roots.or(below.roots),
            guide: self.guide.or(below.guide),
            timeout: self.timeout.or(below.timeout),
            deadline: self.deadline.or(below.deadline),
            providers: provider::over(self.providers, below.providers),
            said,
        }
    }
}
