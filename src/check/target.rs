//! Which server and port a check is about.

/// Which server a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The one in use.
    InUse,
    /// The one that the provider wants, where another is in use.
    Wanted,
}

impl Role {
    /// The id of a check of this kind about this server: `dns.server`, or `wanted.dns.server` for the provider's.
    pub fn id(self, kind: &str) -> String {
        match self {
            Role::InUse => kind.to_owned(),
            Role::Wanted => format!("wanted.{kind}"),
        }
    }
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
    /// This port of the server in use.
    pub fn in_use(port: u16) -> Self {
        Target { role: Role::InUse, port }
    }

    /// The id of a check of this kind about this port: `port.587`, or `wanted.port.587` for the provider's server.
    pub fn id(self, kind: &str) -> String {
        self.role.id(&format!("{kind}.{}", self.port))
    }
}
