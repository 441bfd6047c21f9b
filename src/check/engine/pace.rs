//! The network of a run, with an eye on its handshakes: silence is judged by what the others took (`probe::tcp`).

use crate::net::{Answer, ConnectFailure, ConnectOptions, Connection, Network, RecordKind, Via};
use crate::probe::tcp::Pace;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// A network that notes how long its handshakes take.
pub(super) struct Paced {
    pub(super) net: Arc<dyn Network>,
    pub(super) pace: Arc<Pace>,
}

#[async_trait::async_trait]
impl Network for Paced {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        self.net.lookup(via, name, kind, deadline).await
    }

    async fn reverse(&self, addr: IpAddr, deadline: Duration) -> Answer {
        self.net.reverse(addr, deadline).await
    }

    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let connected = self.net.connect(to, options).await;
        // What runs on this computer says nothing about the line.
        if let (Ok(connection), false) = (&connected, to.ip().is_loopback()) {
            self.pace.note(connection);
        }
        connected
    }
}
