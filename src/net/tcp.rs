//! TCP connections: how to open one, the outcome, and the words for what a port does. Nothing is sent over them here;
//! that is `probe`.

use super::errors;
use super::icmp::Icmp;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// How to connect.
#[derive(Debug, Clone, Copy)]
pub struct ConnectOptions {
    /// The IP time to live (hop limit) of the first packets; `None` uses the system's.
    pub ttl: Option<u8>,
    /// The largest segment in bytes, for both directions (RFC 9293 section 3.7.1); `None` uses the system's. If the
    /// system does not let us choose, no connection is made.
    pub mss: Option<u16>,
    /// When to give up.
    pub deadline: Duration,
}

impl ConnectOptions {
    /// An ordinary connection with this limit.
    pub fn within(deadline: Duration) -> Self {
        ConnectOptions { ttl: None, mss: None, deadline }
    }
}

/// A byte stream to the other side.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A stream of any kind.
pub type BoxStream = Box<dyn Stream>;

/// An open TCP connection.
pub struct Connection {
    /// The stream of bytes.
    pub stream: BoxStream,
    /// The local address.
    pub local: Option<SocketAddr>,
    /// How long the handshake took.
    pub elapsed: Duration,
    /// How many packets the system has had to repeat so far, if it tells.
    pub retransmissions: Option<u32>,
}

/// Why a connection did not open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectFailure {
    /// What the port does, in the report's word.
    pub state: PortState,
    /// The operating system's error, if there was one.
    pub os: Option<errors::OsError>,
    /// The ICMP message behind it, if the system tells an ordinary user.
    pub icmp: Option<Icmp>,
    /// Our own port, by which the packets can be found in somebody's log.
    pub local_port: Option<u16>,
    /// How long the attempt took.
    pub elapsed: Duration,
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
    /// There is no outcome.
    Unknown,
    /// Nothing came back.
    Filtered,
    /// Forbidden by this computer's own policy.
    Denied,
    /// A router said that there is no way there.
    Unreachable,
    /// A reset came back.
    Refused,
    /// It opened.
    Open,
}

impl PortState {
    /// The word as the report writes it.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The words that a technician uses.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_state_over_all_addresses() {
        use PortState::*;
        assert_eq!([Filtered, Refused, Denied].into_iter().max(), Some(Refused));
        assert_eq!([Open, Refused].into_iter().max(), Some(Open));
        assert_eq!([Filtered, Denied].into_iter().max(), Some(Denied));
    }
}
