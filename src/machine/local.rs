//! What a computer knows about itself without asking anybody, as a plain value. How the real one finds out is in
//! `system` and the files that it uses.

use std::net::{IpAddr, SocketAddr};

/// What this computer knows about itself, without asking anybody.
#[derive(Debug, Clone, Default)]
pub struct Local {
    /// Its own addresses, each with the length of its network prefix.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Whether there is an IPv4 route to the rest of the world.
    pub routed_v4: bool,
    /// Whether there is an IPv6 route to the rest of the world.
    pub routed_v6: bool,
    /// Whether the system tells an ordinary user about ICMP messages (Linux through its error queues, Windows since
    /// version 2004).
    pub sees_icmp: bool,
    /// The DNS servers configured here.
    pub resolvers: Vec<SocketAddr>,
    /// A firewall that is switched on here, if the system tells an ordinary user.
    pub firewall: Option<String>,
    /// The TLS versions that this system's own policy switches on or off for programs, as in the report (`TLSv1.2`).
    pub tls_policy: Vec<(String, bool)>,
    /// The name of the interface of a connected VPN.
    pub vpn: Option<String>,
    /// The addresses of that interface.
    pub vpn_addresses: Vec<IpAddr>,
    /// What its firmware says about maker and model, where the system tells an ordinary user.
    pub firmware: Vec<String>,
    /// The machine's name.
    pub hostname: Option<String>,
    /// The name of the user's account on this computer.
    pub user: Option<String>,
    /// Whether the program runs with administrator rights.
    pub elevated: bool,
    /// The operating system, in words.
    pub os: String,
    /// The library behind the system's TLS, with its version if it is not part of the system.
    pub tls_library: String,
}

impl Local {
    /// Whether this is one of the machine's own addresses.
    pub fn is_own(&self, addr: IpAddr) -> bool {
        addr.is_loopback() || self.addresses.iter().any(|(own, _)| *own == addr)
    }

    /// Whether a host's name or address means this machine itself (RFC 6761 section 6.3 for `localhost`).
    pub fn is_called(&self, host: &str) -> bool {
        match host.parse() {
            Ok(addr) => self.is_own(addr),
            Err(_) => {
                let is_own_name = self.hostname.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(host));
                host == "localhost" || host.ends_with(".localhost") || is_own_name
            }
        }
    }

    /// Whether a server's name for itself is this machine's full name. A name without a domain says nothing.
    pub fn has_name(&self, name: &str) -> bool {
        name.contains('.') && self.hostname.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name))
    }

    /// Of several addresses, the one that is tried first: with a route, IPv4 before IPv6.
    pub fn first_tried(&self, addresses: impl IntoIterator<Item = IpAddr>) -> Option<IpAddr> {
        addresses.into_iter().min_by_key(|addr| (!self.is_routed(*addr), addr.is_ipv6()))
    }

    /// Whether a host's name is looked up in DNS: it is no address, and not this machine's own.
    pub fn looks_up(&self, host: &str) -> bool {
        host.parse::<IpAddr>().is_err() && !self.is_called(host)
    }

    /// Whether there is a route to the rest of the world in the address's family (IPv4 or IPv6).
    pub fn is_routed(&self, addr: IpAddr) -> bool {
        if addr.is_ipv4() { self.routed_v4 } else { self.routed_v6 }
    }

    /// Whether the address is in one of this computer's own networks, so that no router is in between.
    pub fn is_on_link(&self, addr: IpAddr) -> bool {
        self.is_own(addr) || self.addresses.iter().any(|(own, prefix)| same_prefix(*own, addr, *prefix))
    }
}

fn same_prefix(a: IpAddr, b: IpAddr, prefix: u8) -> bool {
    match (a, b) {
        (IpAddr::V4(a), IpAddr::V4(b)) => {
            let shift = 32 - u32::from(prefix.min(32));
            prefix > 0 && (u64::from(a.to_bits()) >> shift) == (u64::from(b.to_bits()) >> shift)
        }
        (IpAddr::V6(a), IpAddr::V6(b)) => {
            let shift = 128 - u32::from(prefix.min(128));
            prefix > 0 && a.to_bits().checked_shr(shift) == b.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_link() {
        let local = Local { addresses: vec![("192.168.7.2".parse().unwrap(), 24)], ..Local::default() };
        assert!(local.is_on_link("192.168.7.9".parse().unwrap()));
        assert!(!local.is_on_link("192.168.8.9".parse().unwrap()));
    }

    #[test]
    fn names_of_this_machine() {
        let addresses = vec![("192.168.7.2".parse().unwrap(), 24)];
        let local = Local { addresses, hostname: Some("PC-17".to_owned()), ..Local::default() };
        for own in ["127.0.0.1", "127.8.9.10", "::1", "192.168.7.2", "localhost", "mail.localhost", "pc-17"] {
            assert!(local.is_called(own), "{own}");
        }
        for other in ["192.168.7.3", "localhost.example", "smtp.example.com"] {
            assert!(!local.is_called(other), "{other}");
        }
    }
}
