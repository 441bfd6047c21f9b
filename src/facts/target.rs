//! The ids of checks that exist several times (for each server, port or reference), made in one place.

use super::keys;

/// The mail ports: between servers, submission with TLS from the start, submission (RFC 5321, RFC 8314, RFC 6409).
pub const MAIL_PORTS: [u16; 3] = [25, 465, 587];
/// The ports to compare with at other companies' servers: the mail ports, and the web's.
pub const COMPARED_PORTS: [u16; 4] = [25, 465, 587, 443];

/// Which server a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The server in use.
    InUse,
    /// The server that the provider wants, if another is in use.
    Wanted,
}

impl Role {
    /// The id of the check of this kind about this server: `dns.server`, or `wanted.dns.server` for the provider's.
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
    /// The server.
    pub role: Role,
    /// The port.
    pub port: u16,
}

impl Target {
    /// A port of the server in use.
    pub fn in_use(port: u16) -> Self {
        Target { role: Role::InUse, port }
    }

    /// The id of the check of this kind about this port: `port.587`, or `wanted.port.587` for the provider's server.
    pub fn id(self, kind: &str) -> String {
        format!("{}.{}", self.role.id(kind), self.port)
    }

    /// The port that the check with this kind and id is about.
    pub fn of_id(kind: &str, id: &str) -> Option<Self> {
        let (role, rest) = match id.strip_prefix("wanted.") {
            Some(rest) => (Role::Wanted, rest),
            None => (Role::InUse, id),
        };
        let port = rest.strip_prefix(kind)?.strip_prefix('.')?.parse().ok()?;
        Some(Target { role, port })
    }
}

/// The id of the check of a reference, counted from 1: `reference.3`.
pub fn reference_id(number: usize) -> String {
    format!("{}.{number}", keys::reference::HOST.check)
}

/// Whether the check with this id is about a reference.
pub fn is_reference(id: &str) -> bool {
    id.strip_prefix(keys::reference::HOST.check).is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_back() {
        for target in [Target::in_use(587), Target { role: Role::Wanted, port: 465 }] {
            assert_eq!(Target::of_id("smtp", &target.id("smtp")), Some(target));
            assert_eq!(Target::of_id("port", &target.id("smtp")), None);
        }
        assert_eq!(Target { role: Role::Wanted, port: 465 }.id("smtp"), "wanted.smtp.465");
        assert_eq!(Role::Wanted.id("dns.server"), "wanted.dns.server");
        assert_eq!(Target::of_id("dns", "dns.server"), None);
        assert!(is_reference(&reference_id(3)));
    }
}
