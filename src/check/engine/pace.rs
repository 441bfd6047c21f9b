//! The network of a run, with an eye on what it hears: a port's silence is judged by what other handshakes took
//! (`probe::tcp`), a DNS server's by what it has answered before (`hearing`), and every failure by whether the line is still
//! the same (`line`).

use super::hearing::Hearing;
use super::line::Line;
use crate::net::{Answer, ConnectFailure, ConnectOptions, Connection, Network, RecordKind, Via};
use crate::probe::tcp::Pace;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// A network that notes how long its handshakes take, and which DNS servers answer.
pub(super) struct Paced {
    pub(super) net: Arc<dyn Network>,
    pub(super) pace: Arc<Pace>,
    pub(super) hearing: Hearing,
    pub(super) line: Arc<Line>,
}

#[async_trait::async_trait]
impl Network for Paced {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        let answer = self.hearing.answer(via, self.net.lookup(via, name, kind, deadline)).await;
        if matches!(answer, Answer::Silent | Answer::NoNetwork | Answer::ServFail) {
            self.line.look();
        }
        answer
    }

    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let connected = self.net.connect(to, options).await;
        if connected.is_err() {
            self.line.look();
        }
        // What runs on this computer says nothing about the line.
        if let (Ok(connection), false) = (&connected, to.ip().is_loopback()) {
            self.pace.note(connection);
        }
        connected
    }
}
