//! A TLS handshake by this computer's own library, the one its mail programs use, through tokio-native-tls. Why one
//! failed is read in `failure`.

mod failure;
mod schannel;

pub use failure::{CertificateFault, FailureKind, NotSecured, Weakness};

use super::chain::has_roots;
use super::hello;
use super::version::Version;
use crate::machine::Trust;
use crate::net::BoxStream;
use crate::text::small_sort::SmallSort;
use failure::{full_text, kind_of, refine};
use native_tls::{Certificate, TlsConnector};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout};

/// The most that a server may send before the handshake is done, in bytes.
const MAX_HANDSHAKE: usize = 64 * 1024;

/// A finished handshake.
pub struct Secured {
    /// The encrypted stream.
    pub stream: BoxStream,
    /// The server's certificate, as DER.
    pub leaf: Option<Vec<u8>>,
    /// The version and cipher suite that the server chose.
    pub chosen: Option<(Version, u16)>,
    /// How long the handshake took.
    pub elapsed: Duration,
}

/// Whether certificates are verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// The library verifies, as for a mail program.
    Yes,
    /// All but the name: for a server that is known by its address alone. Nothing secret may follow.
    Issuer,
    /// Nothing is verified: only to look at the certificate; nothing secret may follow.
    No,
}

/// This computer's library, set up once: reading the system's root certificates takes it tens of milliseconds.
pub struct Library {
    trust: Arc<Trust>,
    /// One for each way to verify.
    connectors: [OnceCell<Result<tokio_native_tls::TlsConnector, String>>; 3],
    knows_issuers: OnceCell<bool>,
}

impl Library {
    /// A library for these roots; nothing is read yet.
    pub fn new(trust: Trust) -> Self {
        Library { trust: Arc::new(trust), connectors: Default::default(), knows_issuers: OnceCell::new() }
    }

    /// The roots that count.
    pub fn trust(&self) -> &Trust {
        &self.trust
    }

    /// Reads the roots now, so that the first handshake need not wait for it.
    pub async fn prepare(&self) {
        let _ = self.connector(Verify::Yes).await;
    }

    async fn connector(&self, verify: Verify) -> Result<&tokio_native_tls::TlsConnector, String> {
        let make = || async {
            match self.with_roots(move |trust| kept(trust, verify)).await {
                Some(made) => made.map_err(|error| error.to_string()),
                None => Err("the TLS library could not be set up".to_owned()),
            }
        };
        self.connectors[verify as usize].get_or_init(make).await.as_ref().map_err(Clone::clone)
    }

    /// Whether this computer knows any issuer of certificates. If that cannot be found out, it does.
    pub async fn knows_issuers(&self) -> bool {
        let read = || async { self.with_roots(has_roots).await.unwrap_or(true) };
        *self.knows_issuers.get_or_init(read).await
    }

    /// What is made of the roots; `None` if that failed.
    async fn with_roots<T: Send + 'static>(&self, make: impl FnOnce(&Trust) -> T + Send + 'static) -> Option<T> {
        // A few roots are read in no time, and the library is set up for them once.
        if !self.trust.system_roots {
            return Some(make(&self.trust));
        }
        // On a thread of its own, because packets are being timed on this one meanwhile.
        let trust = Arc::clone(&self.trust);
        spawn_blocking(move || make(&trust)).await.ok()
    }
}

/// Does the handshake over an open stream.
pub async fn secure(
    stream: BoxStream,
    host: &str,
    library: &Library,
    verify: Verify,
    limit: Duration,
) -> Result<Secured, NotSecured> {
    let started = Instant::now();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder { inner: stream, seen: Some(Arc::clone(&seen)) };
    let failed = |kind, said: String| {
        let received = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        NotSecured { kind: refine(kind, &received), said, received, elapsed: started.elapsed() }
    };
    let connector = library.connector(verify).await.map_err(|why| failed(FailureKind::Other, why))?;
    match timeout(limit, connector.connect(host, recorder)).await {
        Err(_) => Err(failed(FailureKind::Silent, "no answer in time".to_owned())),
        Ok(Err(error)) => {
            let said = full_text(&error);
            let kind = kind_of(&said, &seen.lock().unwrap_or_else(PoisonError::into_inner));
            Err(failed(kind, said))
        }
        Ok(Ok(mut stream)) => {
            let leaf = stream.get_ref().peer_certificate().ok().flatten().and_then(|leaf| leaf.to_der().ok());
            stream.get_mut().get_mut().get_mut().seen = None;
            let chosen = hello::chosen(&seen.lock().unwrap_or_else(PoisonError::into_inner));
            Ok(Secured { stream: Box::new(stream), leaf, chosen, elapsed: started.elapsed() })
        }
    }
}

/// The versions that the library offers by this computer's own policy, taken from its ClientHello; empty if it sent
/// nothing.
pub async fn offers(library: &Library) -> Vec<Version> {
    let Ok(connector) = library.connector(Verify::Yes).await else { return Vec::new() };
    let (ours, mut theirs) = tokio::io::duplex(16 * 1024);
    let read = async {
        let mut head = [0; 5];
        theirs.read_exact(&mut head).await.ok()?;
        let mut record = head.to_vec();
        record.resize(5 + usize::from(u16::from_be_bytes([head[3], head[4]])), 0);
        theirs.read_exact(&mut record[5..]).await.ok()?;
        hello::offered(&record)
    };
    let mut versions = tokio::select! {
        offered = read => offered.unwrap_or_default(),
        _ = connector.connect("mail.invalid", ours) => Vec::new(),
    };
    versions.small_sort();
    versions
}

/// Roots of somebody's own, without this computer's; a way to verify; the connector for them.
type OwnRoots = (Vec<Vec<u8>>, Verify, tokio_native_tls::TlsConnector);

/// The connector for these roots. One for given roots alone, as in the practice lab, is made once in the life of the
/// program: native-tls reads the system's roots, for some 40 ms, even where they do not count.
fn kept(trust: &Trust, verify: Verify) -> Result<tokio_native_tls::TlsConnector, native_tls::Error> {
    static MADE: Mutex<Vec<OwnRoots>> = Mutex::new(Vec::new());
    if trust.system_roots {
        return connector(trust, verify);
    }
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, _, before)) = made.iter().find(|(roots, how, _)| *roots == trust.extra_roots && *how == verify) {
        return Ok(before.clone());
    }
    let new = connector(trust, verify)?;
    made.push((trust.extra_roots.clone(), verify, new.clone()));
    Ok(new)
}

fn connector(trust: &Trust, verify: Verify) -> Result<tokio_native_tls::TlsConnector, native_tls::Error> {
    let mut builder = TlsConnector::builder();
    for root in &trust.extra_roots {
        builder.add_root_certificate(Certificate::from_der(root)?);
    }
    builder.disable_built_in_roots(!trust.system_roots);
    builder.danger_accept_invalid_certs(verify == Verify::No);
    builder.danger_accept_invalid_hostnames(verify != Verify::Yes);
    Ok(builder.build()?.into())
}

/// Keeps what the server sent until the handshake is done, within bounds.
struct Recorder {
    inner: BoxStream,
    seen: Option<Arc<Mutex<Vec<u8>>>>,
}

impl AsyncRead for Recorder {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.inner).poll_read(cx, buf))?;
        if let Some(seen) = &self.seen {
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.extend_from_slice(&buf.filled()[before..]);
            if seen.len() > MAX_HANDSHAKE {
                return Poll::Ready(Err(io::Error::other("the handshake is longer than 64 KiB")));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Recorder {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
