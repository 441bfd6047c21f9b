//! Opens a port, and tries once more before calling silence an answer.

use crate::net::{ConnectFailure, ConnectOptions, Connection, Network, PortState};
use std::net::SocketAddr;
use std::time::Duration;

/// What came of opening one address: every try that failed, and the connection if one opened.
#[derive(Default)]
pub struct Tried {
    /// The failures, in order.
    pub failures: Vec<ConnectFailure>,
    /// The connection.
    pub connection: Option<Connection>,
}

impl Tried {
    /// Whether it was not even tried.
    pub fn is_untried(&self) -> bool {
        self.connection.is_none() && self.failures.is_empty()
    }

    /// The word for it.
    pub fn state(&self) -> PortState {
        match (&self.connection, self.failures.last()) {
            (Some(_), _) => PortState::Open,
            (None, Some(failure)) => failure.state,
            (None, None) => PortState::Unknown,
        }
    }

    /// How long the deciding try took.
    pub fn elapsed(&self) -> Duration {
        match (&self.connection, self.failures.last()) {
            (Some(connection), _) => connection.elapsed,
            (None, Some(failure)) => failure.elapsed,
            (None, None) => Duration::ZERO,
        }
    }
}

/// Opens a connection. A silent sequence of SYNs is repeated once: one lost packet is no filter.
pub async fn open(net: &dyn Network, to: SocketAddr, limit: Duration) -> Tried {
    let mut failures = Vec::new();
    for _ in 0..2 {
        match net.connect(to, ConnectOptions::within(limit)).await {
            Ok(connection) => return Tried { failures, connection: Some(connection) },
            Err(failure) => {
                let silent = failure.state == PortState::Filtered;
                failures.push(failure);
                if !silent {
                    break;
                }
            }
        }
    }
    Tried { failures, connection: None }
}
