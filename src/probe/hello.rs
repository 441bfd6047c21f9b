//! Tests one TLS version at a time, with ClientHello bytes of our own (RFC 8446 section 4.1.2, RFC 5246 section
//! 7.4.1.2), independently of what this computer's library allows.

use super::certificate::bits;
pub use super::client_hello::ANONYMOUS;
pub use super::client_hello::offered;
use super::client_hello::{Hello, SUITES_13, SUITES_DHE, SUITES_GONE, SUITES_OLD, SUITES_WINDOWS_7, WEAK};
use super::version::Version;
use crate::text::grouped;
use std::time::Duration;
use tls_parser::{
    TlsCipherSuite, TlsExtension, TlsMessageHandshake, parse_tls_handshake_msg_certificate,
    parse_tls_handshake_server_hello, parse_tls_server_hello_extensions,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// How a server answered a ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It chose a version and this cipher suite; up to TLS 1.2 its certificates and its part of the key exchange follow
    /// unencrypted.
    Chose(Version, u16, Vec<Vec<u8>>, Exchange),
    /// It refused with this alert (RFC 8446 section 6.2): 70 = protocol version, 40 = handshake failure.
    Alert(u8),
    /// It closed the connection.
    Cut,
    /// Nothing came.
    Silent,
    /// It does not speak TLS: what came instead.
    Plain(Vec<u8>),
    /// The bytes look like TLS but are not valid, for this reason.
    Garbage(&'static str),
}

/// What the server's part of a key exchange says (RFC 5246 section 7.4.3); suites without one, and TLS 1.3, say nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The length of the prime of a DHE suite, in bits.
    pub dh_bits: Option<usize>,
    /// The algorithm with which it is signed (RFC 5246 section 7.4.1.4.1); only TLS 1.2 names it.
    signed_with: Option<u16>,
}

impl Exchange {
    /// Whether it is signed with SHA-1, which a server does only if it can do nothing else that was offered.
    pub fn is_signed_with_sha1(&self) -> bool {
        matches!(self.signed_with, Some(0x0201..=0x0203))
    }

    fn says(&self) -> String {
        let dh = self.dh_bits.map(|bits| format!(", DHE with {} bits", grouped(bits)));
        let signed = self.is_signed_with_sha1().then(|| ", signed with SHA-1".to_owned());
        dh.into_iter().chain(signed).collect()
    }
}

impl Heard {
    /// The answer in words.
    pub fn says(&self) -> String {
        match self {
            Heard::Chose(version, cipher, _, exchange) => {
                format!("chose {version}, cipher suite {cipher:#06x}{}", exchange.says())
            }
            Heard::Alert(70) => "refused: alert 70, protocol version".to_owned(),
            Heard::Alert(40) => "refused: alert 40, handshake failure".to_owned(),
            Heard::Alert(number) => format!("refused: alert {number}"),
            Heard::Cut => "closed the connection".to_owned(),
            Heard::Silent => "no answer".to_owned(),
            Heard::Plain(bytes) => {
                format!("answered in plain text: {}", crate::text::visible(&bytes[..bytes.len().min(80)]))
            }
            Heard::Garbage(why) => format!("sent something that is not TLS ({why})"),
        }
    }
}

/// Sends a ClientHello that offers only `version`, and reads what comes back.
pub async fn ask<S>(stream: &mut S, host: &str, version: Version, limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let suites = if version == Version::Tls13 { SUITES_13 } else { SUITES_OLD };
    exchange(stream, &Hello::only(host, version, suites).bytes(), limit).await
}

/// Offers only what nobody should accept any more: a server that chooses one of these has them switched on.
pub async fn ask_weak<S>(stream: &mut S, host: &str, limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let suites: Vec<u16> = WEAK.iter().flat_map(|(_, suites)| suites.iter().copied()).collect();
    exchange(stream, &Hello::only(host, Version::Tls12, &suites).bytes(), limit).await
}

/// Offers TLS 1.2 with the cipher suites of Windows 7 to 8.1.
pub async fn ask_older<S>(stream: &mut S, host: &str, limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    exchange(stream, &Hello::only(host, Version::Tls12, SUITES_WINDOWS_7).bytes(), limit).await
}

/// Offers 1.3 and 1.2 together, as today's programs do, without the server's name or padded to a length, to see what
/// makes a server break off.
pub async fn ask_modern<S>(stream: &mut S, host: Option<&str>, at_least: usize, limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let suites: Vec<u16> = SUITES_13.iter().chain(SUITES_OLD).copied().collect();
    let hello = Hello { host, version: Version::Tls13, with_12: true, suites: &suites, at_least };
    exchange(stream, &hello.bytes(), limit).await
}

/// Whether Windows 7 to 8.1 support a cipher suite.
pub fn is_older(suite: u16) -> bool {
    SUITES_WINDOWS_7.contains(&suite)
}

/// Whether the key exchange of a cipher suite is DHE.
pub fn is_dhe(suite: u16) -> bool {
    SUITES_DHE.contains(&suite)
}

/// A cipher suite's name at IANA, or its number.
pub fn suite_name(suite: u16) -> String {
    TlsCipherSuite::from_id(suite).map_or_else(|| format!("{suite:#06x}"), |known| known.name.to_owned())
}

/// Whether today's libraries still offer a cipher suite of TLS 1.2 or before.
pub fn is_of_today(suite: u16) -> bool {
    SUITES_OLD.contains(&suite) && !SUITES_GONE.contains(&suite) && weakness(suite).is_none()
}

/// What is wrong with a cipher suite, if nobody should accept it.
pub fn weakness(suite: u16) -> Option<&'static str> {
    WEAK.iter().find(|(_, suites)| suites.contains(&suite)).map(|(name, _)| *name)
}

async fn exchange<S>(stream: &mut S, hello: &[u8], limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let until = Instant::now() + limit;
    match timeout_at(until, async { stream.write_all(hello).await.and(stream.flush().await) }).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => return Heard::Cut,
        Err(_) => return Heard::Silent,
    }
    let mut received = Vec::new();
    loop {
        match read_flight(&received) {
            Flight::Done(heard) => return heard,
            Flight::More => {}
        }
        if received.len() > 64 * 1024 {
            return Heard::Garbage("more than 64 KiB");
        }
        let mut buffer = [0u8; 4096];
        match timeout_at(until, stream.read(&mut buffer)).await {
            Err(_) if received.is_empty() => return Heard::Silent,
            Err(_) | Ok(Ok(0) | Err(_)) => return ended_early(&received),
            Ok(Ok(count)) => received.extend_from_slice(&buffer[..count]),
        }
    }
}

/// The stream ended before the flight did: the choice of a version still counts.
fn ended_early(received: &[u8]) -> Heard {
    match handshake_messages(received) {
        Ok(messages) => {
            match messages.iter().find(|(kind, _)| *kind == SERVER_HELLO).map(|(_, body)| server_hello(body)) {
                Some(Some((version, cipher))) => chose(version, cipher, &messages),
                Some(None) => Heard::Garbage("a ServerHello that cannot be parsed"),
                None => Heard::Cut,
            }
        }
        Err(heard) => heard,
    }
}

enum Flight {
    Done(Heard),
    More,
}

const SERVER_HELLO: u8 = 2;
const CERTIFICATE: u8 = 11;
const SERVER_KEY_EXCHANGE: u8 = 12;

/// Reads the answer as far as the bytes go.
fn read_flight(received: &[u8]) -> Flight {
    if received.is_empty() {
        return Flight::More;
    }
    let messages = match handshake_messages(received) {
        Ok(messages) => messages,
        Err(heard) => return Flight::Done(heard),
    };
    let Some((_, hello)) = messages.iter().find(|(kind, _)| *kind == SERVER_HELLO) else {
        return match messages.first() {
            Some(_) => Flight::Done(Heard::Garbage("no ServerHello first")),
            None => Flight::More,
        };
    };
    let Some((version, cipher)) = server_hello(hello) else {
        return Flight::Done(Heard::Garbage("a ServerHello that cannot be parsed"));
    };
    // Up to 1.2 the certificates follow unencrypted, if there are any (anonymous suites have none), then the key
    // exchange or the end of the flight.
    let has_later = messages.iter().any(|(kind, _)| *kind > CERTIFICATE);
    if version == Version::Tls13 || has_later {
        return Flight::Done(chose(version, cipher, &messages));
    }
    Flight::More
}

fn chose(version: Version, cipher: u16, messages: &[(u8, Vec<u8>)]) -> Heard {
    let body = messages.iter().find(|(kind, _)| *kind == SERVER_KEY_EXCHANGE).map(|(_, body)| body.as_slice());
    let exchange = body.and_then(|body| key_exchange(version, cipher, body)).unwrap_or_default();
    Heard::Chose(version, cipher, certificates(messages), exchange)
}

/// ServerKeyExchange: for DHE the prime, the generator and the public value (RFC 5246 section 7.4.3); for ECDHE a named
/// curve and the public point (RFC 8422 section 5.4); then, in TLS 1.2, the algorithm of the signature.
fn key_exchange(version: Version, cipher: u16, body: &[u8]) -> Option<Exchange> {
    const NAMED_CURVE: u8 = 3;
    let long = |bytes: &[u8]| {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        Some((value.to_vec(), rest.to_vec()))
    };
    let (dh_bits, rest) = if is_dhe(cipher) {
        let (prime, rest) = long(body)?;
        let (_, rest) = long(&rest)?;
        let (_, rest) = long(&rest)?;
        (Some(bits(&prime)), rest)
    } else {
        let [NAMED_CURVE, _, _, length, rest @ ..] = body else { return None };
        (None, rest.get(usize::from(*length)..)?.to_vec())
    };
    let signed_with = match rest[..] {
        [high, low, ..] if version == Version::Tls12 => Some(u16::from_be_bytes([high, low])),
        _ => None,
    };
    Some(Exchange { dh_bits, signed_with })
}

/// The complete handshake messages in the records so far; the error says what the records are instead.
fn handshake_messages(mut bytes: &[u8]) -> Result<Vec<(u8, Vec<u8>)>, Heard> {
    const ALERT: u8 = 21;
    const HANDSHAKE: u8 = 22;
    let mut stream = Vec::new();
    let whole = bytes;
    while let [kind, 3, _, high, low, rest @ ..] = bytes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if !(20..=24).contains(kind) || length > 16_384 + 2_048 {
            return Err(Heard::Garbage("a record of unknown kind or length"));
        }
        let Some(body) = rest.get(..length) else { break };
        match *kind {
            HANDSHAKE => stream.extend_from_slice(body),
            ALERT => {
                // Warnings (level 1) such as "unrecognized name" do not end the handshake.
                if let [2, description] = body {
                    return Err(Heard::Alert(*description));
                }
            }
            _ => break,
        }
        bytes = &rest[length..];
    }
    if whole.len() >= 5 && !(20..=24).contains(&whole[0])
        || whole.len() >= 2 && whole[1] != 3 && (20..=24).contains(&whole[0])
    {
        return Err(Heard::Plain(whole.to_vec()));
    }
    let mut messages = Vec::new();
    let mut rest = stream.as_slice();
    while let [kind, a, b, c, tail @ ..] = rest {
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        if length > 64 * 1024 {
            return Err(Heard::Garbage("a handshake message of more than 64 KiB"));
        }
        let Some(body) = tail.get(..length) else { break };
        messages.push((*kind, body.to_vec()));
        rest = &tail[length..];
    }
    Ok(messages)
}

/// Whether what a server sent in answer to a ClientHello makes no sense, as far as it is not encrypted: no handshake
/// first, lies about lengths, a list of certificates without a certificate.
pub fn is_senseless(received: &[u8]) -> bool {
    if matches!(received, [20 | 23 | 24, 3, ..]) {
        return true;
    }
    if matches!(read_flight(received), Flight::Done(Heard::Garbage(_))) {
        return true;
    }
    let messages = handshake_messages(received).unwrap_or_default();
    messages.iter().any(|(kind, _)| *kind == CERTIFICATE) && certificates(&messages).is_empty()
}

/// Alerts by which a server refuses what it was offered, or us (RFC 8446 section 6.2, RFC 5246 section 7.2.2): 40
/// handshake failure, 41 to 49 certificates and access, 60 export, 70 version, 71 security, 86 fallback, 90 cancelled, 100
/// renegotiation, 109 to 120 extensions and names.
pub fn is_refusal(alert: u8) -> bool {
    matches!(alert, 40..=49 | 60 | 70 | 71 | 86 | 90 | 100 | 109..=120)
}

/// The version and cipher suite in a ServerHello among the first bytes that a server sent.
pub fn chosen(received: &[u8]) -> Option<(Version, u16)> {
    let messages = handshake_messages(received).ok()?;
    let (_, body) = messages.iter().find(|(kind, _)| *kind == SERVER_HELLO)?;
    server_hello(body)
}

/// The version and cipher suite that the server chose. TLS 1.3 names itself in an extension, in ServerHello and
/// HelloRetryRequest alike (RFC 8446 section 4.2.1).
fn server_hello(body: &[u8]) -> Option<(Version, u16)> {
    let (_, hello) = parse_tls_handshake_server_hello(body).ok()?;
    let extensions = hello.ext.and_then(|bytes| parse_tls_server_hello_extensions(bytes).ok());
    let listed = extensions.into_iter().flat_map(|(_, found)| found).find_map(|extension| match extension {
        TlsExtension::SupportedVersions(versions) => versions.first().copied(),
        _ => None,
    });
    Some((Version::of_code(listed.unwrap_or(hello.version).0)?, hello.cipher.0))
}

fn certificates(messages: &[(u8, Vec<u8>)]) -> Vec<Vec<u8>> {
    const MOST_CERTIFICATES: usize = 16;
    let message = messages.iter().find(|(kind, _)| *kind == CERTIFICATE);
    let parsed = message.and_then(|(_, body)| parse_tls_handshake_msg_certificate(body).ok());
    match parsed {
        Some((_, TlsMessageHandshake::Certificate(certificate))) => {
            certificate.cert_chain.iter().take(MOST_CERTIFICATES).map(|raw| raw.data.to_vec()).collect()
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers() {
        let done = |bytes: &[u8]| match read_flight(bytes) {
            Flight::Done(heard) => Some(heard),
            Flight::More => None,
        };
        assert_eq!(done(&[21, 3, 1, 0, 2, 2, 70]), Some(Heard::Alert(70)));
        assert!(matches!(done(b"220 mail.example.com ESMTP\r\n"), Some(Heard::Plain(_))));
        assert_eq!(done(&[22, 3, 3, 0, 9]), None);
        // A warning alert, then a ServerHello of TLS 1.0 with AES-128-CBC and no certificate yet.
        let mut hello = vec![21, 3, 1, 0, 2, 1, 112, 22, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1];
        hello.extend_from_slice(&[7; 32]);
        hello.extend_from_slice(&[0, 0, 0x2f, 0]);
        assert_eq!(done(&hello), None);
        assert_eq!(ended_early(&hello), Heard::Chose(Version::Tls10, 0x002f, vec![], Exchange::default()));
    }

    #[test]
    fn what_makes_no_sense() {
        let hello = [&[22, 3, 3, 0, 42, 2, 0, 0, 38, 3, 3][..], &[7; 32], &[0, 0xc0, 0x2f, 0]].concat();
        let list = |bytes: &[u8]| [&hello[..], &[22, 3, 3, 0, bytes.len() as u8], bytes].concat();
        assert!(!is_senseless(&hello) && !is_senseless(&hello[..20]) && !is_senseless(&[21, 3, 3, 0, 2, 2, 40]));
        assert!(!is_senseless(&[]) && !is_senseless(b"220 plain text is not TLS"));
        assert!(is_senseless(&[23, 3, 3, 0, 1, 0]) && is_senseless(&[22, 3, 3, 0xff, 0xff, 0]));
        assert!(is_senseless(&list(&[11, 0, 0, 3, 0, 0, 0])) && is_senseless(&list(&[11, 0, 0, 4, 0, 0, 9, 1])));
        assert!(is_refusal(70) && !is_refusal(80) && !is_refusal(50) && !is_refusal(201));
    }

    #[test]
    fn what_a_key_exchange_says() {
        let mut dhe = vec![0, 128];
        dhe.extend([0xff; 128]);
        dhe.extend([0, 1, 2, 0, 2, 7, 7, 4, 1, 0, 0]);
        let read = |cipher, body: &[u8]| key_exchange(Version::Tls12, cipher, body);
        assert_eq!(read(0x009e, &dhe), Some(Exchange { dh_bits: Some(1_024), signed_with: Some(0x0401) }));
        assert_eq!(read(0x009e, &dhe[..100]), None);
        let ecdhe = read(0xc02f, &[3, 0, 0x1d, 2, 9, 9, 2, 1, 0, 0]).unwrap();
        assert!(ecdhe.is_signed_with_sha1() && ecdhe.dh_bits.is_none());
        assert_eq!(
            Heard::Chose(Version::Tls12, 0xc02f, vec![], ecdhe).says(),
            "chose TLS 1.2, cipher suite 0xc02f, signed with SHA-1"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..200), tls in any::<bool>()) {
            let mut record = if tls { vec![22, 3, 3, 0, 180, 2, 0, 0, 120] } else { vec![] };
            record.extend(bytes);
            let _ = read_flight(&record);
            let _ = ended_early(&record);
        }
    }
}
