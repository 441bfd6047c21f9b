//! The seam to the network: what can be reached, by name and by TCP. What this computer itself is, is `machine`.
//!
//! `system` is the real network, `practice::Lab` the built-in lab. HTTP, TLS and SMTP are in `probe`, over a
//! [`Stream`]; the only judgement here is which word an operating system's error gets.

pub mod dns;
pub mod errors;
pub mod icmp;
pub mod limits;
pub mod system;
pub mod tcp;

pub use dns::{Answer, Record, RecordKind, Via};
pub use icmp::Icmp;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
pub use tcp::{BoxStream, ConnectFailure, ConnectOptions, Connection, PortState, Stream};

/// Everything that this program asks from the network.
#[async_trait::async_trait]
pub trait Network: Send + Sync {
    /// Looks a name up. Ends after `deadline` at the latest.
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer;

    /// Looks up the name of an address, with this computer's own resolvers.
    async fn reverse(&self, addr: IpAddr, deadline: Duration) -> Answer {
        self.lookup(Via::System, &dns::reverse_name(addr), RecordKind::Ptr, deadline).await
    }

    /// Opens a TCP connection.
    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure>;
}
