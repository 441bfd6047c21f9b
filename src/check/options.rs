//! What a run is to do in addition to the account: whom it asks besides the provider, and its limits.

use super::defaults;
use super::finding::Group;
use std::net::SocketAddr;
use std::time::Duration;

/// What a run is to do in addition to the account.
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
