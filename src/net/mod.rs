//! The one seam to the network: names, connections, the clock and what this machine knows of itself.
//!
//! `system` is the real thing, `practice::Network` the built-in lab. HTTP, TLS and SMTP are spoken in `probe`, over a
//! [`Stream`]; no judgement happens here beyond giving an operating system's error its word.

mod around;
pub mod errors;
#[cfg(target_os = "linux")]
#[path = "icmp_linux.rs"]
mod icmp;
#[cfg(windows)]
#[path = "icmp_windows.rs"]
mod icmp;
pub mod system;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// Everything that this program asks of the network.
#[async_trait::async_trait]
pub trait Network: Send + Sync {
    /// Looks a name up. Ends after `deadline` at the latest.
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer;

    /// Opens a TCP connection.
    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure>;

    /// What this machine knows of its own network.
    fn local(&self) -> Local;

    /// The address that this machine's hosts file gives for a name.
    async fn hosts_file(&self, name: &str) -> Option<IpAddr>;

    /// The names of the programs that run here, as far as the system tells an ordinary user.
    async fn programs(&self) -> Vec<String>;

    /// Which certificates are trusted beside or instead of the system's.
    fn trust(&self) -> Trust;

    /// The machine's own clock.
    fn now(&self) -> jiff::Timestamp;
}

/// Who is asked for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Via {
    /// The way that programs on this machine take: hosts file, own resolvers, search rules.
    System,
    /// One DNS server, asked directly.
    Server(SocketAddr),
}

/// A DNS record type (RFC 1035, RFC 2782, RFC 3596).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum RecordKind {
    /// Addresses of both families in the order in which a program here would try them (RFC 6724); by the system only.
    Address,
    /// IPv4 address.
    A,
    /// IPv6 address.
    Aaaa,
    /// Mail exchanger.
    Mx,
    /// Service location.
    Srv,
    /// The name of an address.
    Ptr,
}

impl fmt::Display for RecordKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordKind::Address => "address",
            RecordKind::A => "A",
            RecordKind::Aaaa => "AAAA",
            RecordKind::Mx => "MX",
            RecordKind::Srv => "SRV",
            RecordKind::Ptr => "PTR",
        })
    }
}

/// One record of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// An address.
    Address(IpAddr),
    /// Another name that stands for the one asked.
    Cname(String),
    /// The name of the address asked for.
    Ptr(String),
    /// A mail exchanger and its preference.
    Mx(u16, String),
    /// A service: priority, weight, port, target.
    Srv(u16, u16, u16, String),
}

/// What came of a lookup. Six kinds of "no" that mean six different things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Records of the kind asked for, with the aliases on the way.
    Records(Vec<Record>),
    /// The name does not exist (RFC 2308 section 2.1).
    NxDomain,
    /// The name exists, but has no record of this kind (RFC 2308 section 2.2).
    NoData,
    /// The resolver failed to find out.
    ServFail,
    /// The resolver does not answer for us.
    Refused,
    /// Nothing came back.
    Silent,
    /// There is no way to the resolver: no route, no resolver configured.
    NoNetwork,
}

impl Answer {
    /// The addresses in it, in the order given.
    pub fn addresses(&self) -> Vec<IpAddr> {
        match self {
            Answer::Records(records) => records
                .iter()
                .filter_map(|record| match record {
                    Record::Address(addr) => Some(*addr),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The word for the report.
    pub fn word(&self) -> &'static str {
        match self {
            Answer::Records(_) => "answer",
            Answer::NxDomain => "nxdomain",
            Answer::NoData => "nodata",
            Answer::ServFail => "servfail",
            Answer::Refused => "refused",
            Answer::Silent => "silent",
            Answer::NoNetwork => "no-network",
        }
    }
}

/// How to connect.
#[derive(Debug, Clone, Copy)]
pub struct ConnectOptions {
    /// The IP time to live (hop limit) of the first packets; `None` is the system's.
    pub ttl: Option<u8>,
    /// The largest segment in bytes, for both directions (RFC 9293 section 3.7.1); `None` is the system's. Where the
    /// system does not let us choose, nothing is connected.
    pub mss: Option<u16>,
    /// When to give up.
    pub deadline: Duration,
}

impl ConnectOptions {
    /// As usual, with this limit.
    pub fn within(deadline: Duration) -> Self {
        ConnectOptions { ttl: None, mss: None, deadline }
    }
}

/// A byte stream to the other side.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A stream of whatever kind.
pub type BoxStream = Box<dyn Stream>;

/// An open TCP connection.
pub struct Connection {
    /// The bytes.
    pub stream: BoxStream,
    /// Our own end.
    pub local: Option<SocketAddr>,
    /// How long the handshake took.
    pub elapsed: Duration,
    /// How often the system had to repeat a packet so far, where it tells.
    pub retransmissions: Option<u32>,
}

/// Why a connection did not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectFailure {
    /// The outcome's word.
    pub state: PortState,
    /// The system's own error, where there was one.
    pub os: Option<errors::OsError>,
    /// The ICMP message behind it, where the system tells an ordinary user.
    pub icmp: Option<Icmp>,
    /// How long it took.
    pub elapsed: Duration,
}

/// An ICMP error message about one of our packets (RFC 792, RFC 4443).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Icmp {
    /// Who sent it.
    pub from: IpAddr,
    /// Type.
    pub kind: u8,
    /// Code.
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

    /// In words.
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

/// The word for what a port does.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum PortState {
    /// No outcome.
    Unknown,
    /// Nothing came back.
    Filtered,
    /// This machine's own policy.
    Denied,
    /// A router said so.
    Unreachable,
    /// A reset came back.
    Refused,
    /// It opened.
    Open,
}

impl PortState {
    /// All that say something, and the one that says nothing.
    const ALL: [PortState; 6] = [
        PortState::Unknown,
        PortState::Filtered,
        PortState::Denied,
        PortState::Unreachable,
        PortState::Refused,
        PortState::Open,
    ];

    /// The state with this word of the report.
    pub fn of_word(word: &str) -> Option<Self> {
        PortState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// As in the report.
    pub fn word(self) -> &'static str {
        match self {
            PortState::Open => "open",
            PortState::Refused => "refused",
            PortState::Unreachable => "unreachable",
            PortState::Denied => "denied",
            PortState::Filtered => "filtered",
            PortState::Unknown => "unknown",
        }
    }

    /// As a technician says it.
    pub fn says(self) -> &'static str {
        match self {
            PortState::Open => "open",
            PortState::Refused => "refused",
            PortState::Unreachable => "unreachable",
            PortState::Denied => "forbidden on this computer",
            PortState::Filtered => "no answer",
            PortState::Unknown => "not known",
        }
    }
}

/// What this machine knows of its own network, without asking anybody.
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

    /// Whether the address is in a network that this machine is itself in, so that no router stands between.
    pub fn is_on_link(&self, addr: IpAddr) -> bool {
        self.is_own(addr) || self.addresses.iter().any(|(own, prefix)| same_prefix(*own, addr, *prefix))
    }
}

/// The library behind native-tls on this system, with its version where it is not the system's own.
pub fn tls_library() -> String {
    #[cfg(not(any(windows, target_vendor = "apple")))]
    return openssl::version::version().split(' ').take(2).collect::<Vec<_>>().join(" ");
    #[cfg(windows)]
    return "SChannel".to_owned();
    #[cfg(target_vendor = "apple")]
    return "Security.framework".to_owned();
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

/// Which root certificates count.
#[derive(Debug, Clone)]
pub struct Trust {
    /// More roots, as DER.
    pub extra_roots: Vec<Vec<u8>>,
    /// Whether the system's own roots count too.
    pub system_roots: bool,
}

impl Default for Trust {
    fn default() -> Self {
        Trust { extra_roots: Vec::new(), system_roots: true }
    }
}

/// Addresses that only mean something inside one network: RFC 1918, loopback, link-local, 100.64/10, unique local.
/// The documentation ranges (RFC 5737, RFC 3849) are ordinary addresses here.
pub fn is_inner(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || is_shared(v4)
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_inner(IpAddr::V4(v4));
            }
            v6.is_loopback() || v6.is_unspecified() || v6.is_unicast_link_local() || is_unique_local(v6)
        }
    }
}

fn is_shared(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    a == 100 && (64..128).contains(&b)
}

fn is_unique_local(v6: Ipv6Addr) -> bool {
    v6.segments()[0] & 0xfe00 == 0xfc00
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses() {
        for inner in [
            "10.1.2.3",
            "192.168.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "fd00::1",
            "fe80::1",
            "::1",
        ] {
            assert!(is_inner(inner.parse().unwrap()), "{inner}");
        }
        for public in ["192.0.2.1", "203.0.113.5", "100.128.0.1", "2001:db8::1", "8.8.8.8"] {
            assert!(!is_inner(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn the_best_state_over_all_addresses() {
        use PortState::*;
        assert_eq!([Filtered, Refused, Denied].into_iter().max(), Some(Refused));
        assert_eq!([Open, Refused].into_iter().max(), Some(Open));
        assert_eq!([Filtered, Denied].into_iter().max(), Some(Denied));
    }

    #[test]
    fn on_link() {
        let local = Local { addresses: vec![("192.168.7.2".parse().unwrap(), 24)], ..Local::default() };
        assert!(local.is_on_link("192.168.7.9".parse().unwrap()));
        assert!(!local.is_on_link("192.168.8.9".parse().unwrap()));
    }
}
