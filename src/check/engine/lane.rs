//! What is passed from hand to hand for one port: the open connection, the handshake, the chain of certificates, and the
//! dialogue that is ready for the log-in. Made by the plan; each thing has one giver.

use crate::net::BoxStream;
use crate::probe::secure::NotSecured;
use crate::probe::smtp::Dialogue;
use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::SetOnce;

/// An open connection.
pub(crate) struct Opened {
    pub(crate) addr: SocketAddr,
    pub(crate) stream: BoxStream,
}

/// What a TLS handshake left for those who look at certificates and versions.
#[derive(Clone)]
pub(crate) struct Handshake {
    pub(crate) addr: SocketAddr,
    /// The certificate, where the library accepted it.
    pub(crate) leaf: Option<Vec<u8>>,
    /// What the library said where it did not.
    pub(crate) refused: Option<NotSecured>,
    /// Whether the port speaks TLS from the first byte.
    pub(crate) implicit: bool,
    /// How long the greeting took.
    pub(crate) greeting: Duration,
}

/// The hand-over of one port.
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
    /// From the check of the port: its first open connection.
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

    /// To the dialogue: the connection, once.
    pub(crate) fn take_connection(&self) -> Option<Opened> {
        lock(&self.connection).take()
    }

    /// From the dialogue: the handshake.
    pub(crate) fn shook_hands(&self, handshake: Handshake) {
        let _ = self.handshake.set(handshake);
    }

    /// The handshake, where one was begun.
    pub(crate) fn handshake(&self) -> Option<&Handshake> {
        self.handshake.get()
    }

    /// From whoever read it first: the chain as the server sends it, its own certificate first.
    pub(crate) fn read_chain(&self, chain: Vec<Vec<u8>>) {
        let _ = self.chain.set(chain);
    }

    /// The chain, where somebody has read it.
    pub(crate) fn chain(&self) -> Option<&Vec<Vec<u8>>> {
        self.chain.get()
    }

    /// From the dialogue: a verified connection on which a log-in is offered.
    pub(crate) fn ready_for_log_in(&self, dialogue: Dialogue) {
        *lock(&self.dialogue) = Some(dialogue);
    }

    /// To the log-in, or to whoever ends it in an orderly way.
    pub(crate) fn take_dialogue(&self) -> Option<Dialogue> {
        lock(&self.dialogue).take()
    }
}
