//! What a computer knows of itself without asking anybody, as a plain value. How the real one finds out is in `system` and
//! the files that it names.

use std::net::{IpAddr, SocketAddr};

/// What this machine knows of itself, without asking anybody.
#[derive(Debug, Clone, Default)]
pub struct Local {
    /// Own addresses with the length of their network prefix.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Whether there is a route to the rest of the world by IPv4.
    pub routed_v4: bool,
    /// Whether there is a route to the rest of the world by IPv6.
    pub routed_v6: bool,
    /// Whether the system tells an ordinary user about ICMP messages (Linux by its error queues, Windows since
    /// version 2004).
    pub sees_icmp: bool,
    /// The DNS servers configured here.
    pub resolvers: Vec<SocketAddr>,
    /// A firewall that is switched on here, where the system tells an ordinary user.
    pub firewall: Option<String>,
    /// A web proxy configured for programs, as `host:port`.
    pub proxy: Option<String>,
    /// The TLS versions that this system's own policy switches on or off for programs, as in the report (`TLSv1.2`).
    pub tls_policy: Vec<(String, bool)>,
    /// The interface of a VPN that is connected, by its name.
    pub vpn: Option<String>,
    /// The machine's name.
    pub hostname: Option<String>,
    /// The name of the person's account on this machine.
    pub user: Option<String>,
    /// Whether the program runs with administrator rights.
    pub elevated: bool,
    /// The operating system, in words.
    pub os: String,
    /// The library behind the system's TLS, with its version where it is not the system's own.
    pub tls_library: String,
}

impl Local {
    /// Whether the address is one of this machine's.
    pub fn is_own(&self, addr: IpAddr) -> bool {
        addr.is_loopback() || self.addresses.iter().any(|(own, _)| *own == addr)
    }

    /// Whether there is a route to the rest of the world in the address's family.
    pub fn is_routed(&self, addr: IpAddr) -> bool {
        if addr.is_ipv4() { self.routed_v4 } else { self.routed_v6 }
    }

    /// Whether the address is in a network that this machine is itself in, so that no router is in between.
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
}
