//! A TLS handshake by this computer's own library, the one its mail programs use, through tokio-native-tls.

use super::chain::has_roots;
use super::hello;
use super::version::Version;
use crate::machine::Trust;
use crate::net::BoxStream;
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

/// Why there was no handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotSecured {
    /// The kind of failure.
    pub kind: FailureKind,
    /// The library's message.
    pub said: String,
    /// The first bytes that the server sent, if any.
    pub received: Vec<u8>,
    /// How long it took to fail.
    pub elapsed: Duration,
}

/// What the library's words say is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateFault {
    /// It has expired.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for other names than the server's.
    Name,
    /// Its issuer is not trusted.
    UnknownIssuer,
    /// It is self-signed.
    SelfSigned,
    /// Its key, or the signature on it or on an issuer's, is too weak.
    TooWeak,
    /// The words do not say what is wrong.
    Unsaid,
}

impl NotSecured {
    /// What is wrong with the certificate, as far as the library's message says: libraries have no type for it.
    pub fn certificate_fault(&self) -> CertificateFault {
        let said = self.said.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
        // OpenSSL: verification errors 66 to 68 (X509_verify_cert_error_string).
        if says(&["certificate key too weak", "digest algorithm too weak", "ee key too small", "ca md too weak"]) {
            CertificateFault::TooWeak
        } else if says(&["has expired", "certificate expired", "expired certificate"]) {
            CertificateFault::Expired
        } else if says(&["not yet valid"]) {
            CertificateFault::NotYetValid
        } else if says(&["hostname mismatch", "ip address mismatch", "cn name", "principal name"]) {
            CertificateFault::Name
        } else if says(&["self-signed certificate in certificate chain", "local issuer", "untrusted", "not trusted"]) {
            CertificateFault::UnknownIssuer
        } else if says(&["self-signed", "self signed"]) {
            CertificateFault::SelfSigned
        } else {
            CertificateFault::Unsaid
        }
    }
}

/// Kinds of failed handshakes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The certificate did not convince the library.
    Certificate,
    /// The server answered with this TLS alert, such as 70 for the version.
    Alert(u8),
    /// The server does not speak TLS here: plain bytes came.
    NotTls,
    /// The connection was closed or reset.
    Cut,
    /// Nothing came in time.
    Silent,
    /// More bytes came than a handshake can have.
    TooLong,
    /// What came makes no sense as a part of the handshake.
    Senseless,
    /// No version, suite or signature algorithm in common, in the library's words.
    NothingInCommon,
    /// The library refuses something of the server's as too weak.
    TooWeak(Weakness),
    /// The library refused for another reason.
    Other,
}

impl FailureKind {
    /// Whether the server answered the handshake, and something in the answer made it fail.
    pub fn is_answer(self) -> bool {
        matches!(self, FailureKind::Certificate | FailureKind::Alert(_) | FailureKind::TooWeak(_))
    }
}

/// What a TLS library refuses as too weak, besides the certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weakness {
    /// The parameters of a Diffie-Hellman key exchange.
    KeyExchange,
    /// The signature on the key exchange.
    ExchangeSignature,
    /// Every cipher suite in common.
    Suites,
    /// No secure renegotiation (RFC 5746).
    Renegotiation,
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
            match self.with_roots(move |trust| connector(trust, verify)).await {
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
        // A few roots are read in no time.
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
            let received = seen.lock().unwrap_or_else(PoisonError::into_inner).len();
            let weakness = weakness(&said);
            let kind = match () {
                () if received > MAX_HANDSHAKE || said.contains("excessive message size") => FailureKind::TooLong,
                () if is_about_certificate(&said) => FailureKind::Certificate,
                () if received == 0 || is_end(&said) => FailureKind::Cut,
                () if makes_no_sense(&said) => FailureKind::Senseless,
                () if has_nothing_in_common(&said) => FailureKind::NothingInCommon,
                () => FailureKind::Other,
            };
            let is_answer = matches!(kind, FailureKind::NothingInCommon | FailureKind::Other);
            Err(failed(weakness.filter(|_| is_answer).map_or(kind, FailureKind::TooWeak), said))
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
    versions.sort_unstable();
    versions
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

/// The kind of failure; what the bytes say outranks the library's words.
fn refine(kind: FailureKind, received: &[u8]) -> FailureKind {
    match received {
        _ if matches!(kind, FailureKind::Certificate | FailureKind::TooLong | FailureKind::TooWeak(_)) => kind,
        // A fatal alert as the last record: type 21, version, length 2, level, description (RFC 8446 section 6).
        [.., 21, 3, _, 0, 2, 2, description] => FailureKind::Alert(*description),
        // A close_notify (section 6.1) in place of an answer: the connection is ended.
        [21, 3, _, 0, 2, 1, 0] if kind == FailureKind::Other => FailureKind::Cut,
        _ if !matches!(kind, FailureKind::Cut | FailureKind::Silent) && hello::is_senseless(received) => {
            FailureKind::Senseless
        }
        [20..=24, 3, ..] | [20..=24] | [] => kind,
        _ => FailureKind::NotTls,
    }
}

fn is_about_certificate(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    // OpenSSL: "certificate verify failed"; SChannel and Security.framework name the certificate or its trust.
    [
        "certificate verify failed",
        "certificate chain",
        "not trusted",
        "cert_e_",
        "certificate was",
        "certificate is",
        "cn name",
        "trust failure",
        "principal name",
        "ee key too small",
        "ca md too weak",
        // The certificate cannot be parsed.
        "asn1",
        "process_server_certificate",
    ]
    .iter()
    .any(|words| said.contains(words))
}

/// What a library says it refuses as too weak: OpenSSL by its reasons (SSL_R_…), Secure Transport by its number
/// (errSSLWeakPeerEphemeralDHKey). SChannel has no word for it: SEC_E_ALGORITHM_MISMATCH is about versions too.
fn weakness(said: &str) -> Option<Weakness> {
    const SAID: [(&str, Weakness); 9] = [
        ("dh key too small", Weakness::KeyExchange),
        ("-9850", Weakness::KeyExchange),
        ("weak peer ephemeral", Weakness::KeyExchange),
        ("legacy sigalg disallowed", Weakness::ExchangeSignature),
        ("wrong signature type", Weakness::ExchangeSignature),
        ("no shared cipher", Weakness::Suites),
        ("wrong cipher returned", Weakness::Suites),
        ("no ciphers available", Weakness::Suites),
        ("unsafe legacy renegotiation disabled", Weakness::Renegotiation),
    ];
    let said = said.to_ascii_lowercase();
    SAID.into_iter().find(|(words, _)| said.contains(words)).map(|(_, weakness)| weakness)
}

/// What OpenSSL says (SSL_R_...) of records and messages that no server may send. Other libraries' words for it are not as
/// clear: there the bytes alone tell.
fn makes_no_sense(said: &str) -> bool {
    const SAID: [&str; 16] = [
        "bad change cipher spec",
        "bad extension",
        "bad length",
        "bad record mac",
        "bad record type",
        "bad signature",
        "decode error",
        "invalid alert",
        "length mismatch",
        "length too long",
        "record too small",
        "too many warn alerts",
        "unexpected message",
        "unexpected record",
        "unknown alert type",
        "wrong version number",
    ];
    let said = said.to_ascii_lowercase();
    !said.contains("alert bad record mac")
        && !said.contains("alert decode error")
        && SAID.iter().any(|words| said.contains(words))
}

/// What libraries say if they do not accept the server's choice.
fn has_nothing_in_common(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["unsupported protocol", "version", "algorithm mismatch", "common algorithm"]
        .iter()
        .any(|words| said.contains(words))
}

fn is_end(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["unexpected eof", "reset", "closed", "broken pipe", "end of file", "aborted"]
        .iter()
        .any(|words| said.contains(words))
}

fn full_text(error: &native_tls::Error) -> String {
    let mut said = error.to_string();
    let mut text = without_places(&said);
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_said = cause.to_string();
        if !said.contains(&cause_said) {
            text = format!("{text}: {}", without_places(&cause_said));
            said.push_str(&cause_said);
        }
        source = cause.source();
    }
    text
}

/// OpenSSL lists its errors with a comma between them.
fn without_places(said: &str) -> String {
    said.split(", ").map(without_place).collect::<Vec<_>>().join(", ")
}

/// OpenSSL's `error:CODE:LIBRARY:FUNCTION:REASON:FILE:LINE:DATA` without its place in OpenSSL's source: reason, data and
/// code. Other text stays as it is.
fn without_place(said: &str) -> String {
    let parts: Vec<&str> = said.splitn(8, ':').collect();
    let ["error", code, _, _, reason, _, _, data] = parts[..] else { return said.to_owned() };
    let data = data.trim().trim_start_matches('(').trim_end_matches(')');
    let data = if data.is_empty() { String::new() } else { format!(" ({data})") };
    format!("{reason}{data} [OpenSSL {code}]")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_library_calls_too_weak() {
        assert_eq!(weakness("dh key too small [OpenSSL 0A00018A]"), Some(Weakness::KeyExchange));
        assert_eq!(weakness("unsafe legacy renegotiation disabled [OpenSSL 0A000152]"), Some(Weakness::Renegotiation));
        assert_eq!(weakness("sslv3 alert handshake failure"), None);
        let fault = |said: &str| {
            let kind = FailureKind::Certificate;
            NotSecured { kind, said: said.to_owned(), received: vec![], elapsed: Duration::ZERO }.certificate_fault()
        };
        assert_eq!(fault("certificate verify failed (EE certificate key too weak)"), CertificateFault::TooWeak);
        assert_eq!(
            fault("certificate verify failed (CA signature digest algorithm too weak)"),
            CertificateFault::TooWeak
        );
        assert_eq!(
            fault("certificate verify failed (unable to get local issuer certificate)"),
            CertificateFault::UnknownIssuer
        );
    }

    #[test]
    fn openssl_speaks_without_its_source_files() {
        let at = "error:0A000086:SSL routines:tls_post_process:certificate verify failed:../ssl/statem_clnt.c:1889:";
        assert_eq!(without_place(at), "certificate verify failed [OpenSSL 0A000086]");
        assert_eq!(
            without_place(&format!("{at} (certificate has expired)")),
            "certificate verify failed (certificate has expired) [OpenSSL 0A000086]"
        );
        assert_eq!(without_place("unexpected EOF"), "unexpected EOF");
    }
}
