//! Opens a port, and tries once more before taking silence for an answer.

use crate::net::{ConnectFailure, ConnectOptions, Connection, Network, PortState};
use std::net::SocketAddr;
use std::time::Duration;

/// The outcome of opening one address: every failed attempt, and the connection if one opened.
#[derive(Default)]
pub struct Tried {
    /// The failed attempts, in order.
    pub failures: Vec<ConnectFailure>,
    /// The connection, if one opened.
    pub connection: Option<Connection>,
}

impl Tried {
    /// Whether it was not even tried.
    pub fn is_untried(&self) -> bool {
        self.connection.is_none() && self.failures.is_empty()
    }

    /// The report's word for the outcome.
    pub fn state(&self) -> PortState {
        match (&self.connection, self.failures.last()) {
            (Some(_), _) => PortState::Open,
            (None, Some(failure)) => failure.state,
            (None, None) => PortState::Unknown,
        }
    }

    /// How long the deciding attempt took.
    pub fn elapsed(&self) -> Duration {
        match (&self.connection, self.failures.last()) {
            (Some(connection), _) => connection.elapsed,
            (None, Some(failure)) => failure.elapsed,
            (None, None) => Duration::ZERO,
        }
    }
}

/// Opens a connection. If there is silence, it is tried once more: one lost packet is not a filter.
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
