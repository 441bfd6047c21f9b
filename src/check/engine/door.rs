//! The only door to the mail server: every connection to it is opened and counted here, within what a run may open.

use crate::net::{BoxStream, ConnectFailure, ConnectOptions, Connection, Network, PortState};
use crate::probe::tcp::{self, Pace, Tried};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Mutex, MutexGuard, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// The most connections to the mail server in one run (docs/privacy.md).
const MOST_CONNECTIONS: u32 = 30;
/// The most connections open at the same time: providers allow a client three to ten.
const MOST_AT_A_TIME: usize = 4;
/// How long a connection waits for its place before it goes ahead without one.
const PATIENCE: Duration = Duration::from_secs(10);

/// The door to the mail server.
pub(crate) struct Door {
    net: Arc<dyn Network>,
    pace: Arc<Pace>,
    opened: AtomicU32,
    places: Arc<Semaphore>,
    /// Whether the server has said that there are too many connections.
    careful: AtomicBool,
    alone: Mutex<()>,
}

impl Door {
    pub(crate) fn new(net: Arc<dyn Network>, pace: Arc<Pace>) -> Self {
        Door {
            net,
            pace,
            opened: 0.into(),
            places: Arc::new(Semaphore::new(MOST_AT_A_TIME)),
            careful: false.into(),
            alone: Mutex::default(),
        }
    }

    /// Connections opened so far.
    pub(crate) fn count(&self) -> u32 {
        self.opened.load(Ordering::Relaxed)
    }

    /// Whether the run has used up its connections.
    pub(crate) fn is_used_up(&self) -> bool {
        self.count() >= MOST_CONNECTIONS
    }

    /// Counts one more connection; `false` if the run has used up its connections.
    fn counts(&self) -> bool {
        let more = |count: u32| (count < MOST_CONNECTIONS).then_some(count + 1);
        self.opened.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Opens a connection; `None` if the run has used up its connections.
    pub(crate) async fn connect(
        &self,
        to: SocketAddr,
        options: ConnectOptions,
    ) -> Option<Result<Connection, ConnectFailure>> {
        if !self.counts() {
            return None;
        }
        Some(self.net.connect(to, options).await)
    }

    /// Opens a port; if it is silent, in two attempts.
    pub(crate) async fn open(&self, to: SocketAddr, limit: Duration) -> Tried {
        match self.counts() {
            true => tcp::open(self.net.as_ref(), &self.pace, to, limit).await,
            false => Tried::default(),
        }
    }

    /// Opens a connection that keeps its place among those open at the same time until it is dropped. `None` if it
    /// does not open, or the run has used up its connections.
    pub(crate) async fn connect_in_place(&self, to: SocketAddr, options: ConnectOptions) -> Option<BoxStream> {
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned()).await;
        let stream = self.connect(to, options).await?.ok()?.stream;
        Some(Box::new(Placed { stream, _place: place.ok().and_then(Result::ok) }))
    }

    /// Opens a connection with a low hop limit: it counts only if the far end answered. `None` if the run has used up
    /// its connections.
    pub(crate) async fn probe(
        &self,
        to: SocketAddr,
        options: ConnectOptions,
    ) -> Option<Result<Connection, ConnectFailure>> {
        let result = self.connect(to, options).await?;
        let arrived = match &result {
            Ok(_) => true,
            Err(failure) => failure.state == PortState::Refused && failure.icmp.is_none_or(|icmp| icmp.from == to.ip()),
        };
        if !arrived {
            self.opened.fetch_sub(1, Ordering::Relaxed);
        }
        Some(result)
    }

    /// A place among the connections open at the same time, if one is free now.
    pub(crate) fn try_place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// Waits up to `limit` until a place is free, without taking it.
    pub(crate) async fn give_way(&self, limit: Duration) {
        let _ = timeout(limit, self.places.acquire()).await;
    }

    /// Whether the server has said that there are too many connections.
    pub(crate) fn is_careful(&self) -> bool {
        self.careful.load(Ordering::Relaxed)
    }

    /// From now on, opens one connection at a time; returns whether that is a change.
    pub(crate) fn be_careful(&self) -> bool {
        !self.careful.swap(true, Ordering::Relaxed)
    }

    /// Waits, for a limited time, until all other connections have ended, to be the only one.
    pub(crate) async fn alone(&self) -> MutexGuard<'_, ()> {
        let turn = self.alone.lock().await;
        let others = u32::try_from(MOST_AT_A_TIME - 1).unwrap_or(1);
        let _ = timeout(Duration::from_secs(3), self.places.acquire_many(others)).await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        turn
    }
}

/// A connection, with its place among those that may be open at the same time.
struct Placed {
    stream: BoxStream,
    _place: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Placed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
