//! What a run needs to know in addition to the account: what it compares with, and its limits.

use super::defaults;
use super::finding::Group;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What a run needs to know in addition to the account.
#[derive(Debug, Clone)]
pub struct Options {
    /// Other companies' servers to compare with.
    pub references: Vec<Reference>,
    /// Pages that show whether there is a portal.
    pub connectivity: Vec<Connectivity>,
    /// Resolvers to compare with the system's.
    pub resolvers: Vec<SocketAddr>,
    /// Whether IPv4 is used.
    pub v4: bool,
    /// Whether IPv6 is used.
    pub v6: bool,
    /// The time limit for one connection.
    pub timeout: Duration,
    /// The time limit for the whole run.
    pub deadline: Duration,
    /// Only these groups, and what they depend on; all, if empty.
    pub only: Vec<Group>,
    /// Whether public collections (autoconfig) may be asked for the domain.
    pub public_lookups: bool,
}

impl Default for Options {
    /// The defaults of a run.
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

/// Another company's server, to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The server's name or address.
    pub host: String,
    /// The ports to try there.
    pub ports: Vec<u16>,
}

impl Reference {
    /// Whether it is given by its name, which must be looked up first.
    pub fn has_name(&self) -> bool {
        self.host.parse::<IpAddr>().is_err()
    }
}

/// A page whose exact answer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connectivity {
    /// The page's address; plain HTTP, since portals cannot answer for HTTPS.
    pub url: url::Url,
    /// What it must answer.
    pub expect: Expect,
}

/// What a connectivity page must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Status 204, or 200 with an empty or short plain body: for pages whose text is not known.
    Success,
    /// Status 200 and this text in the body.
    Body(String),
}
