//! What is handed on from check to check for one port: the open connection, the handshake, the chain of certificates,
//! and the dialogue that is ready for the log-in. Made by the plan; each thing is handed over by one check.

use crate::net::BoxStream;
use crate::probe::secure::NotSecured;
use crate::probe::smtp::Dialogue;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::SetOnce;

/// An open connection.
pub(crate) struct Opened {
    pub(crate) addr: SocketAddr,
    /// Our end of it.
    pub(crate) local: Option<IpAddr>,
    pub(crate) stream: BoxStream,
}

/// What a TLS handshake leaves for the checks of certificates and versions.
#[derive(Clone)]
pub(crate) struct Handshake {
    pub(crate) addr: SocketAddr,
    /// Our end of the connection.
    pub(crate) local: Option<IpAddr>,
    /// The name that the server accepted in EHLO, or that was to be given there.
    pub(crate) name: String,
    /// The certificate, if the library accepted it.
    pub(crate) leaf: Option<Vec<u8>>,
    /// The library's message, if it did not.
    pub(crate) refused: Option<NotSecured>,
    /// Whether the port speaks TLS from the start.
    pub(crate) implicit: bool,
    /// How long the greeting took.
    pub(crate) greeting: Duration,
}

/// What is handed on for one port.
#[derive(Default)]
pub(crate) struct Lane {
    /// Set when the port opens.
    opens: SetOnce<()>,
    connection: Mutex<Option<Opened>>,
    handshake: OnceLock<Handshake>,
    chain: OnceLock<Vec<Vec<u8>>>,
    dialogue: Mutex<Option<Dialogue>>,
}

fn lock<T>(place: &Mutex<T>) -> MutexGuard<'_, T> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Lane {
    /// Called by the check of the port: its first open connection.
    pub(crate) fn open(&self, opened: Opened) {
        *lock(&self.connection) = Some(opened);
        let _ = self.opens.set(());
    }

    /// Whether the port has opened.
    pub(crate) fn is_open(&self) -> bool {
        self.opens.initialized()
    }

    /// Returns when the port has opened.
    pub(crate) async fn opened(&self) {
        self.opens.wait().await;
    }

    /// For the dialogue: the connection, once.
    pub(crate) fn take_connection(&self) -> Option<Opened> {
        lock(&self.connection).take()
    }

    /// Called by the dialogue: the handshake.
    pub(crate) fn shook_hands(&self, handshake: Handshake) {
        let _ = self.handshake.set(handshake);
    }

    /// The handshake, if one was begun.
    pub(crate) fn handshake(&self) -> Option<&Handshake> {
        self.handshake.get()
    }

    /// Called by whichever check read it first: the chain as the server sends it, beginning with the server's own
    /// certificate.
    pub(crate) fn read_chain(&self, chain: Vec<Vec<u8>>) {
        let _ = self.chain.set(chain);
    }

    /// The chain, if a check has read it.
    pub(crate) fn chain(&self) -> Option<&Vec<Vec<u8>>> {
        self.chain.get()
    }

    /// Called by the dialogue: a verified connection on which a log-in is offered.
    pub(crate) fn ready_for_log_in(&self, dialogue: Dialogue) {
        *lock(&self.dialogue) = Some(dialogue);
    }

    /// For the log-in, or for whatever ends the connection in an orderly way.
    pub(crate) fn take_dialogue(&self) -> Option<Dialogue> {
        lock(&self.dialogue).take()
    }
}
