//! What happens to a packet in a scenario's world, hop by hop. A pure function: no I/O here.

use super::world::{Does, Fault, Host, LabWorld};
use crate::net::{Icmp, PortState};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// What happens to a connection attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It opens, at this host.
    Opens { host: String, port: u16, rtt: Duration },
    /// It fails after this time.
    Fails { state: PortState, errno: i32, icmp: Option<Icmp>, after: Duration },
    /// Nothing ever comes back.
    Nothing,
}

/// Linux's error numbers (asm-generic/errno.h).
const EACCES: i32 = 13;
const ENETUNREACH: i32 = 101;
const ECONNREFUSED: i32 = 111;
const EHOSTUNREACH: i32 = 113;
/// How long the last router looks for a host by ARP.
const ARP: Duration = Duration::from_secs(3);

impl LabWorld {
    /// What happens to a connection attempt with a hop limit of `ttl`.
    pub(super) fn fate(&self, to: SocketAddr, ttl: Option<u8>) -> Fate {
        let own = self.own_addresses();
        if self.fault_at("this-machine", to).is_none()
            && (to.ip().is_loopback() || own.iter().any(|(addr, _)| *addr == to.ip()))
        {
            return match self.host_at(to.ip()) {
                Some((name, host)) => self.at_host(name, host, to.port(), Duration::ZERO),
                None => failed(Does::Reset, to.ip(), Duration::ZERO, false),
            };
        }
        let me = own.iter().map(|(addr, _)| *addr).find(|addr| addr.is_ipv4() == to.is_ipv4());
        let routed = if to.is_ipv4() { self.machine.routed_v4 } else { self.machine.routed_v6 };
        let (Some(me), true) = (me, routed) else {
            return Fate::Fails {
                state: PortState::Unreachable,
                errno: ENETUNREACH,
                icmp: None,
                after: Duration::ZERO,
            };
        };
        if let Some(fault) = self.fault_at("this-machine", to) {
            return match fault.does {
                Does::Drop => Fate::Nothing,
                Does::Redirect => self.redirected(fault, to.port(), Duration::ZERO),
                Does::Deny => {
                    Fate::Fails { state: PortState::Denied, errno: EACCES, icmp: None, after: Duration::ZERO }
                }
                _ => failed(fault.does, me, Duration::ZERO, true),
            };
        }
        // The first router has the public address itself: what is sent there from inside never comes further.
        if let Some(router) = self.router.first().filter(|_| to.ip() == self.machine.public_address) {
            let rtt = Duration::from_millis(router.rtt_ms);
            return match self.host_at(to.ip()) {
                Some((_, host)) if host.down => Fate::Nothing,
                Some((name, host)) => self.at_host(name, host, to.port(), rtt),
                None => failed(Does::Reset, to.ip(), rtt, false),
            };
        }
        for (index, router) in self.router.iter().enumerate() {
            let rtt = Duration::from_millis(router.rtt_ms);
            let address = if to.is_ipv4() { Some(router.v4) } else { router.v6 };
            let Some(address) = address else { return Fate::Nothing };
            // The packet's hop limit is checked before any filter.
            if ttl.is_some_and(|ttl| usize::from(ttl) == index + 1) {
                return time_exceeded(address, rtt);
            }
            if let Some(fault) = self.fault_at(&router.name, to) {
                return match fault.does {
                    Does::Drop => Fate::Nothing,
                    Does::Redirect => self.redirected(fault, to.port(), rtt),
                    does => failed(does, address, rtt, false),
                };
            }
        }
        let last = self.router.last().and_then(|router| if to.is_ipv4() { Some(router.v4) } else { router.v6 });
        let Some((name, host)) = self.host_at(to.ip()) else { return Fate::Nothing };
        if host.down {
            let icmp = last.map(|from| icmp(from, Does::NoRoute));
            return Fate::Fails { state: PortState::Unreachable, errno: EHOSTUNREACH, icmp, after: ARP };
        }
        let rtt = Duration::from_millis(host.rtt_ms);
        match self.fault_at(name, to) {
            Some(fault) if fault.does == Does::Drop => Fate::Nothing,
            Some(fault) if fault.does == Does::Redirect => self.redirected(fault, to.port(), rtt),
            Some(fault) => failed(fault.does, to.ip(), rtt, false),
            None => self.at_host(name, host, to.port(), rtt),
        }
    }

    fn at_host(&self, name: &str, host: &Host, port: u16, rtt: Duration) -> Fate {
        if host.port.get(&port.to_string()).is_some_and(|port| !port.closed) {
            Fate::Opens { host: name.to_owned(), port, rtt }
        } else {
            failed(Does::Reset, IpAddr::from([0, 0, 0, 0]), rtt, false)
        }
    }

    fn redirected(&self, fault: &Fault, port: u16, rtt: Duration) -> Fate {
        let to = fault.to.as_deref().and_then(|name| self.host.get_key_value(name));
        to.map_or(Fate::Nothing, |(name, host)| self.at_host(name, host, port, rtt))
    }

    /// Whether large packets vanish on a connection to that address.
    pub(super) fn drops_large(&self, to: SocketAddr) -> bool {
        if to.ip().is_loopback() {
            return false;
        }
        let concerns = |fault: &Fault| fault.ports.is_empty() || fault.ports.contains(&to.port());
        let host = self.host_at(to.ip()).map(|(name, _)| name);
        let on_the_way = |place: &str| self.router.iter().any(|router| router.name == place) || host == Some(place);
        self.fault.iter().any(|fault| fault.does == Does::DropLarge && on_the_way(&fault.at) && concerns(fault))
    }

    fn fault_at(&self, place: &str, to: SocketAddr) -> Option<&Fault> {
        self.fault.iter().find(|fault| {
            fault.at == place
                && fault.does != Does::DropLarge
                && (fault.ports.is_empty() || fault.ports.contains(&to.port()))
                && fault.family.is_none_or(|family| (family == 4) == to.is_ipv4())
        })
    }
}

fn time_exceeded(from: IpAddr, after: Duration) -> Fate {
    let icmp = Icmp { from, kind: if from.is_ipv4() { 11 } else { 3 }, code: 0 };
    Fate::Fails { state: PortState::Unreachable, errno: EHOSTUNREACH, icmp: Some(icmp), after }
}

/// The message that a device sends when it does this (RFC 792, RFC 1812, RFC 4443).
fn icmp(from: IpAddr, does: Does) -> Icmp {
    let (kind, code) = match (from, does) {
        (IpAddr::V4(_), Does::Prohibit) => (3, 13),
        (IpAddr::V4(_), Does::NoRoute) => (3, 1),
        (IpAddr::V4(_), _) => (3, 3),
        (IpAddr::V6(_), Does::Prohibit) => (1, 1),
        (IpAddr::V6(_), Does::NoRoute) => (1, 3),
        (IpAddr::V6(_), _) => (1, 4),
    };
    Icmp { from, kind, code }
}

fn failed(does: Does, by: IpAddr, after: Duration, own: bool) -> Fate {
    let (state, errno, icmp) = match does {
        Does::Reset => (PortState::Refused, ECONNREFUSED, None),
        Does::Reject => (PortState::Refused, ECONNREFUSED, Some(icmp(by, does))),
        _ => (PortState::Unreachable, EHOSTUNREACH, Some(icmp(by, does))),
    };
    Fate::Fails { state: if own && icmp.is_some() { PortState::Denied } else { state }, errno, icmp, after }
}
