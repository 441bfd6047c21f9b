//! The checks: one file a check, from its question to its finding. What runs is in `plan`, the running in `run`.
//!
//! A check asks probes, writes down what it saw and sums it up; it does not name causes.

pub mod defaults;
mod path;
pub mod plan;
pub mod run;

mod board;

mod alive;
mod certificate;
mod chain;
mod clients;
mod clock;
mod connectivity;
mod discovery;
mod dns;
mod ipv6;
mod isp;
mod login;
mod port;
mod protection;
mod quality;
mod reference;
mod sasl;
pub mod secret;
mod sending;
mod settings;
mod smtp;
mod testnet;
mod tls;
mod way;
mod wording;

use crate::account::Wanted;
use crate::facts::{Facts, Value};
use crate::text::Mark;
pub(crate) use board::{Board, Ctx, Notebook, millis};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;

/// The groups, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Group {
    Settings,
    Dns,
    Internet,
    Ports,
    Smtp,
    Tls,
    Login,
    Sending,
}

impl Group {
    /// All of them, in order.
    pub const ALL: [Group; 8] = [
        Group::Settings,
        Group::Dns,
        Group::Internet,
        Group::Ports,
        Group::Smtp,
        Group::Tls,
        Group::Login,
        Group::Sending,
    ];

    /// As in the report and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Group::Settings => "settings",
            Group::Dns => "dns",
            Group::Internet => "internet",
            Group::Ports => "ports",
            Group::Smtp => "smtp",
            Group::Tls => "tls",
            Group::Login => "login",
            Group::Sending => "sending",
        }
    }

    /// As on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Group::Settings => "Settings",
            Group::Dns => "DNS",
            Group::Internet => "Internet",
            Group::Ports => "Ports",
            Group::Smtp => "SMTP",
            Group::Tls => "TLS",
            Group::Login => "Log-in",
            Group::Sending => "Sending",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Pass,
    Skipped,
    Unknown,
    Warn,
    Fail,
}

impl Outcome {
    /// As screen and text show it, readable without colour.
    pub fn state(self) -> &'static str {
        match self {
            Outcome::Pass => "OK",
            Outcome::Warn => "WARN",
            Outcome::Fail => "FAIL",
            Outcome::Skipped => "-",
            Outcome::Unknown => "?",
        }
    }
}

/// One thing that was seen: when, what was done, what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Milliseconds since the run began.
    pub at_ms: u64,
    /// What was done.
    pub what: String,
    /// What came back.
    pub detail: String,
    /// Which characters of `detail` name somebody: start, end (exclusive), what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<(usize, usize, Mark)>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's id, such as `port.587`.
    pub id: String,
    /// Its group.
    pub group: Group,
    /// Its question.
    pub title: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was left out because of something that is known: then nothing is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moot: bool,
    /// The answer in one line.
    pub summary: String,
    /// Milliseconds since the run began.
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// What was seen, for scripts.
    pub facts: Facts,
    /// What was seen, for people.
    pub evidence: Vec<Evidence>,
}

/// What a planned check is called, before it has found anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The id.
    pub id: String,
    /// The group.
    pub group: Group,
    /// The question.
    pub title: String,
    /// The ids of the checks that it waits for.
    pub needs: Vec<String>,
}

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// These checks will run; `complete` when no more will be added.
    Planned {
        /// The checks.
        checks: Vec<Head>,
        /// Whether that is all.
        complete: bool,
    },
    /// A check's needs are met and it began.
    Started {
        /// Which.
        id: String,
        /// Milliseconds since the run began.
        at_ms: u64,
    },
    /// A check knows one fact for good, and goes on.
    Fact {
        /// Which check.
        id: String,
        /// The fact.
        key: String,
        /// Its value.
        value: Value,
    },
    /// What the provider wants is known, or is known not to be found.
    Discovered {
        /// What it wants.
        wanted: Wanted,
    },
    /// A check ended.
    Finished {
        /// What it found.
        finding: Finding,
    },
    /// All checks ended.
    Ended {
        /// Milliseconds since the run began.
        at_ms: u64,
        /// Connections opened to the mail server.
        connections: u32,
    },
}

/// Which server a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The one in use.
    InUse,
    /// The one that the provider wants, where another is in use.
    Wanted,
}

/// A port of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// Which server.
    pub role: Role,
    /// Its port.
    pub port: u16,
}

impl Target {
    /// The id of a check of this kind about this port: `port.587`, or `wanted.port.587` for the provider's server.
    pub fn id(self, kind: &str) -> String {
        match self.role {
            Role::InUse => format!("{kind}.{}", self.port),
            Role::Wanted => format!("wanted.{kind}.{}", self.port),
        }
    }
}

/// What a run is to do, beside the account.
#[derive(Debug, Clone)]
pub struct Options {
    /// Other companies' servers to compare with.
    pub references: Vec<Reference>,
    /// Pages that tell whether the connection is a portal's.
    pub connectivity: Vec<Connectivity>,
    /// Resolvers to compare with the system's.
    pub resolvers: Vec<SocketAddr>,
    /// Whether IPv4 is used.
    pub v4: bool,
    /// Whether IPv6 is used.
    pub v6: bool,
    /// The limit of one connection.
    pub timeout: Duration,
    /// The limit of the whole run.
    pub deadline: Duration,
    /// Only these groups, and what they rest on.
    pub only: Vec<Group>,
    /// Whether public collections (autoconfig) may be asked for the domain.
    pub public_lookups: bool,
}

impl Default for Options {
    /// What a run does unless told otherwise.
    fn default() -> Self {
        Options {
            references: defaults::references(),
            connectivity: defaults::connectivity(),
            resolvers: defaults::resolvers(),
            v4: true,
            v6: true,
            timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(45),
            only: vec![],
            public_lookups: true,
        }
    }
}

/// Another company's server, for contrast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Name or address.
    pub host: String,
    /// The ports to try there.
    pub ports: Vec<u16>,
}

/// A page whose exact answer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connectivity {
    /// The page; plain HTTP, since portals cannot answer for HTTPS.
    pub url: url::Url,
    /// What it must answer.
    pub expect: Expect,
}

/// What a connectivity page must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Status 204, or 200 with an empty or short plain body: for pages whose text we do not know.
    Success,
    /// Status 200 and this text in the body.
    Body(String),
}
