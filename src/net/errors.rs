//! The report's words for operating systems' socket errors. A pure table for Linux, Windows and macOS.

use super::icmp::Icmp;
use super::tcp::PortState;
use serde::{Deserialize, Serialize};
use std::io;

/// An operating system's error: its number, name and message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OsError {
    /// The number, such as 111 or 10061.
    pub code: i32,
    /// The name, such as `ECONNREFUSED`; empty if it is not known.
    pub name: String,
}

/// The systems whose numbers we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum System {
    /// Linux (asm-generic/errno.h).
    Linux,
    /// Windows Sockets (learn.microsoft.com, "Windows Sockets Error Codes").
    Windows,
    /// macOS and the BSDs (sys/errno.h).
    Mac,
}

/// The system this program was built for.
pub const HERE: System = if cfg!(windows) {
    System::Windows
} else if cfg!(target_os = "linux") {
    System::Linux
} else {
    System::Mac
};

use PortState::{Denied, Filtered, Refused, Unknown, Unreachable};

/// `(Linux, Windows, macOS, name, word)`: what a failed connect means by its number alone. 0 = not on that system.
const CONNECT: &[(i32, i32, i32, &str, PortState)] = &[
    (111, 10061, 61, "ECONNREFUSED", Refused),
    (110, 10060, 60, "ETIMEDOUT", Filtered),
    (113, 10065, 65, "EHOSTUNREACH", Unreachable),
    (101, 10051, 51, "ENETUNREACH", Unreachable),
    (112, 10064, 64, "EHOSTDOWN", Unreachable),
    (100, 10050, 50, "ENETDOWN", Unreachable),
    (13, 10013, 13, "EACCES", Denied),
    (1, 0, 1, "EPERM", Denied),
    // A connection that is reset while it opens was turned away; one that local software aborts was denied.
    (104, 10054, 54, "ECONNRESET", Refused),
    (103, 10053, 53, "ECONNABORTED", Denied),
    // A `blackhole` route on Linux.
    (22, 0, 0, "EINVAL", Denied),
    // ICMP "protocol unreachable".
    (92, 10042, 42, "ENOPROTOOPT", Unreachable),
    (99, 10049, 49, "EADDRNOTAVAIL", Unreachable),
    (97, 10047, 47, "EAFNOSUPPORT", Unreachable),
    (105, 10055, 55, "ENOBUFS", Unknown),
    (24, 10024, 24, "EMFILE", Unknown),
];

/// The word and name for an error number of a system.
pub fn classify(system: System, code: i32) -> (PortState, &'static str) {
    CONNECT
        .iter()
        .find(|(linux, windows, mac, ..)| {
            code == match system {
                System::Linux => *linux,
                System::Windows => *windows,
                System::Mac => *mac,
            } && code != 0
        })
        .map_or((Unknown, ""), |(.., name, state)| (*state, *name))
}

/// The word for a failed connect: the error, refined by the ICMP message and by who sent it.
pub fn connect_failure(
    error: &io::Error,
    icmp: Option<Icmp>,
    is_own: impl Fn(std::net::IpAddr) -> bool,
) -> (PortState, Option<OsError>) {
    let os = error.raw_os_error().map(|code| OsError { code, name: classify(HERE, code).1.to_owned() });
    let by_number = match (error.raw_os_error(), error.kind()) {
        (Some(code), _) => classify(HERE, code).0,
        (None, io::ErrorKind::TimedOut) => Filtered,
        _ => Unknown,
    };
    let state = match icmp {
        // A local firewall's rejection is recorded as coming from one of our own addresses.
        Some(icmp) if is_own(icmp.from) && !icmp.is_time_exceeded() => {
            // The kernel's own message "nobody answers ARP for that host" also comes from our address.
            if icmp.is_host_unreachable() && by_number == Unreachable { Unreachable } else { Denied }
        }
        Some(icmp) if icmp.is_prohibited() => Unreachable,
        _ => by_number,
    };
    (state, os)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(System::Linux, 111, Refused)]
    #[case(System::Windows, 10061, Refused)]
    #[case(System::Mac, 61, Refused)]
    #[case(System::Linux, 113, Unreachable)]
    #[case(System::Windows, 10013, Denied)]
    #[case(System::Windows, 10060, Filtered)]
    #[case(System::Mac, 1, Denied)]
    #[case(System::Windows, 0, Unknown)]
    fn numbers_have_words(#[case] system: System, #[case] code: i32, #[case] state: PortState) {
        assert_eq!(classify(system, code).0, state);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_rejection_from_our_own_address_is_local() {
        let own = "192.168.7.2".parse().unwrap();
        let router = "192.168.7.1".parse().unwrap();
        let refused = io::Error::from_raw_os_error(111);
        let port = |from| Some(Icmp { from, kind: 3, code: 3 });
        assert_eq!(connect_failure(&refused, port(own), |a| a == own).0, Denied);
        assert_eq!(connect_failure(&refused, port(router), |a| a == own).0, Refused);
        let unreachable = io::Error::from_raw_os_error(113);
        let prohibited = Some(Icmp { from: router, kind: 3, code: 13 });
        assert_eq!(connect_failure(&unreachable, prohibited, |a| a == own).0, Unreachable);
    }
}
