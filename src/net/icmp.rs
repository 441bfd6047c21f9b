//! ICMP error messages: what they say, and whether this system lets an ordinary user see them. How each system is
//! asked for them is in `icmp_linux.rs` and `icmp_windows.rs`.

#[cfg(target_os = "linux")]
#[path = "icmp_linux.rs"]
mod queue;
#[cfg(windows)]
#[path = "icmp_windows.rs"]
mod queue;

#[cfg(any(target_os = "linux", windows))]
pub(super) use queue::ErrorQueue;
use std::net::IpAddr;

/// An ICMP error message about one of our packets (RFC 792, RFC 4443).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmp {
    /// The sender.
    pub from: IpAddr,
    /// The ICMP type.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
}

impl Icmp {
    /// The packet's time to live ran out at this router.
    pub fn is_time_exceeded(&self) -> bool {
        match self.from {
            IpAddr::V4(_) => self.kind == 11,
            IpAddr::V6(_) => self.kind == 3,
        }
    }

    /// A device forbids this kind of traffic (IPv4 codes 9, 10, 13; IPv6 codes 1, 5, 6).
    pub fn is_prohibited(&self) -> bool {
        match self.from {
            IpAddr::V4(_) => self.kind == 3 && matches!(self.code, 9 | 10 | 13),
            IpAddr::V6(_) => self.kind == 1 && matches!(self.code, 1 | 5 | 6),
        }
    }

    /// Nothing answers for the address on the last network (IPv4 code 1, IPv6 code 3).
    pub fn is_host_unreachable(&self) -> bool {
        match self.from {
            IpAddr::V4(_) => self.kind == 3 && self.code == 1,
            IpAddr::V6(_) => self.kind == 1 && self.code == 3,
        }
    }

    /// The message in words.
    pub fn says(&self) -> &'static str {
        match (self.from, self.kind, self.code) {
            (IpAddr::V4(_), 11, _) | (IpAddr::V6(_), 3, _) => "time to live ran out here",
            (IpAddr::V4(_), 3, 0) | (IpAddr::V6(_), 1, 0) => "no route to that network",
            (IpAddr::V4(_), 3, 1) | (IpAddr::V6(_), 1, 3) => "that host cannot be reached",
            (IpAddr::V4(_), 3, 2) => "protocol not accepted",
            (IpAddr::V4(_), 3, 3) | (IpAddr::V6(_), 1, 4) => "port not accepted",
            (IpAddr::V4(_), 3, 9 | 10 | 13) | (IpAddr::V6(_), 1, 1 | 5 | 6) => "forbidden by a rule",
            _ => "not delivered",
        }
    }
}

/// Whether this system tells an ordinary user about ICMP messages: Linux through its error queues, Windows since
/// version 2004.
pub fn is_told() -> bool {
    #[cfg(any(target_os = "linux", windows))]
    return queue::is_told();
    #[cfg(not(any(target_os = "linux", windows)))]
    return false;
}
