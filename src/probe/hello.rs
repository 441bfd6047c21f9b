//! One TLS version at a time, by ClientHello bytes of our own (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2), and what
//! the server makes of it. Independent of what this machine's library allows.

use std::fmt;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// A TLS version, or the one before them all (RFC 6101).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Version {
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl Version {
    /// All that are asked, the newest first: the most telling answers come first.
    pub const ALL: [Version; 5] = [Version::Tls13, Version::Tls12, Version::Tls11, Version::Tls10, Version::Ssl3];

    /// As in the report.
    pub fn word(self) -> &'static str {
        match self {
            Version::Ssl3 => "SSLv3",
            Version::Tls10 => "TLSv1.0",
            Version::Tls11 => "TLSv1.1",
            Version::Tls12 => "TLSv1.2",
            Version::Tls13 => "TLSv1.3",
        }
    }

    /// The two bytes on the wire.
    fn code(self) -> u16 {
        match self {
            Version::Ssl3 => 0x0300,
            Version::Tls10 => 0x0301,
            Version::Tls11 => 0x0302,
            Version::Tls12 => 0x0303,
            Version::Tls13 => 0x0304,
        }
    }

    /// The version for two bytes on the wire.
    fn of_code(code: u16) -> Option<Self> {
        Version::ALL.into_iter().find(|version| version.code() == code)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word().replace("TLSv", "TLS "))
    }
}

/// What a server made of a ClientHello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It chose a version, with this cipher suite; up to TLS 1.2 its certificates follow in clear.
    Chose(Version, u16, Vec<Vec<u8>>),
    /// It refused with this alert (RFC 8446 section 6.2), 70 = protocol version, 40 = handshake failure.
    Alert(u8),
    /// It closed the connection.
    Cut,
    /// Nothing came.
    Silent,
    /// It does not speak TLS: what came instead.
    Plain(Vec<u8>),
    /// Bytes that look like TLS but are not, and why.
    Garbage(&'static str),
}

impl Heard {
    /// In words.
    pub fn says(&self) -> String {
        match self {
            Heard::Chose(version, cipher, _) => format!("chose {version}, cipher suite {cipher:#06x}"),
            Heard::Alert(70) => "refused: alert 70, protocol version".to_owned(),
            Heard::Alert(40) => "refused: alert 40, handshake failure".to_owned(),
            Heard::Alert(number) => format!("refused: alert {number}"),
            Heard::Cut => "closed the connection".to_owned(),
            Heard::Silent => "no answer".to_owned(),
            Heard::Plain(bytes) => {
                format!("answered in plain text: {}", crate::text::visible(&bytes[..bytes.len().min(80)]))
            }
            Heard::Garbage(why) => format!("sent something that is no TLS ({why})"),
        }
    }
}

/// Sends a ClientHello that offers only `version`, and reads what comes back.
pub async fn ask<S>(stream: &mut S, host: &str, version: Version, limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let suites = if version == Version::Tls13 { SUITES_13 } else { SUITES_OLD };
    exchange(stream, &client_hello(host, version, suites), limit).await
}

/// Offers only what nobody should take any more: a server that chooses one of these has them switched on.
pub async fn ask_weak<S>(stream: &mut S, host: &str, limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let suites: Vec<u16> = WEAK.iter().flat_map(|(_, suites)| suites.iter().copied()).collect();
    exchange(stream, &client_hello(host, Version::Tls12, &suites), limit).await
}

/// Offers TLS 1.2 with the cipher suites of Windows 7 to 8.1.
pub async fn ask_older<S>(stream: &mut S, host: &str, limit: Duration) -> Heard
where
    S: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    exchange(stream, &client_hello(host, Version::Tls12, SUITES_WINDOWS_7), limit).await
}

/// Whether Windows 7 to 8.1 know a cipher suite.
pub fn is_older(suite: u16) -> bool {
    SUITES_WINDOWS_7.contains(&suite)
}

/// What is wrong with a cipher suite, if it is one that nobody should take.
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

/// The stream ended before the flight did: the choice of a version counts all the same.
fn ended_early(received: &[u8]) -> Heard {
    match handshake_messages(received) {
        Ok(messages) => {
            match messages.iter().find(|(kind, _)| *kind == SERVER_HELLO).map(|(_, body)| server_hello(body)) {
                Some(Some((version, cipher))) => Heard::Chose(version, cipher, certificates(&messages)),
                Some(None) => Heard::Garbage("a ServerHello that does not parse"),
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

/// Reads as far as the bytes go.
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
        return Flight::Done(Heard::Garbage("a ServerHello that does not parse"));
    };
    // Up to 1.2 the certificates follow in clear; a later message means that there are none (anonymous suites).
    let has_certificates = messages.iter().any(|(kind, _)| *kind == CERTIFICATE);
    let has_later = messages.iter().any(|(kind, _)| *kind > CERTIFICATE);
    if version == Version::Tls13 || has_certificates || has_later {
        return Flight::Done(Heard::Chose(version, cipher, certificates(&messages)));
    }
    Flight::More
}

/// The complete handshake messages in the records so far; an error is what the records are instead.
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

/// The version and cipher suite in a ServerHello among the first bytes that a server sent.
pub fn chosen(received: &[u8]) -> Option<(Version, u16)> {
    let messages = handshake_messages(received).ok()?;
    let (_, body) = messages.iter().find(|(kind, _)| *kind == SERVER_HELLO)?;
    server_hello(body)
}

/// The version and cipher suite that the server chose.
fn server_hello(body: &[u8]) -> Option<(Version, u16)> {
    let legacy = u16::from_be_bytes([*body.first()?, *body.get(1)?]);
    let session = usize::from(*body.get(34)?);
    let rest = body.get(35 + session..)?;
    let cipher = u16::from_be_bytes([*rest.first()?, *rest.get(1)?]);
    let mut version = legacy;
    let mut extensions = rest.get(5..).unwrap_or_default();
    while let [k1, k2, l1, l2, tail @ ..] = extensions {
        let data = tail.get(..usize::from(u16::from_be_bytes([*l1, *l2])))?;
        // supported_versions (43): TLS 1.3, in ServerHello and HelloRetryRequest alike.
        if [*k1, *k2] == [0, 43] && data.len() == 2 {
            version = u16::from_be_bytes([data[0], data[1]]);
        }
        extensions = &tail[data.len()..];
    }
    Some((Version::of_code(version)?, cipher))
}

fn certificates(messages: &[(u8, Vec<u8>)]) -> Vec<Vec<u8>> {
    const MOST_CERTIFICATES: usize = 16;
    let Some((_, body)) = messages.iter().find(|(kind, _)| *kind == CERTIFICATE) else { return Vec::new() };
    let mut list = body.get(3..).unwrap_or_default();
    let mut found = Vec::new();
    while let [a, b, c, tail @ ..] = list {
        let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        let Some(certificate) = tail.get(..length) else { break };
        found.push(certificate.to_vec());
        list = &tail[length..];
        if found.len() == MOST_CERTIFICATES {
            break;
        }
    }
    found
}

/// Cipher suites of TLS 1.3 (RFC 8446 appendix B.4).
const SUITES_13: &[u16] = &[0x1301, 0x1302, 0x1303, 0x1304];
/// Suites of the older versions, from the good to the merely common, so that an old server finds one it knows:
/// ECDHE and DHE with AES-GCM, ChaCha20, AES-CBC, then RSA key exchange, 3DES and RC4.
const SUITES_OLD: &[u16] = &[
    0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xccaa, 0x009e, 0x009f, 0xc023, 0xc024, 0xc027, 0xc028, 0xc009,
    0xc00a, 0xc013, 0xc014, 0x0033, 0x0039, 0x0067, 0x006b, 0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0x0041,
    0x0084, 0xc012, 0xc008, 0x0016, 0x000a, 0xc011, 0xc007, 0x0005, 0x0004,
];

/// TLS 1.2 of Windows 7 to 8.1, updates of 2014 included (MicrosoftDocs win32, "TLS Cipher Suites in Windows 7", "… in
/// Windows 8.1"; KB2992611): no GCM with ECDHE and RSA certificates.
const SUITES_WINDOWS_7: &[u16] = &[
    0xc028, 0xc027, 0xc014, 0xc013, 0x009f, 0x009e, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0xc02c, 0xc02b,
    0xc024, 0xc023, 0xc00a, 0xc009, 0x000a, 0x0005,
];

/// Suites that are broken or give no protection, the worst first (RFC 7465, RFC 8996, RFC 9325 section 4.1).
const WEAK: &[(&str, &[u16])] = &[
    ("no encryption", &[0x0001, 0x0002, 0x003b, 0xc010, 0xc006]),
    ("export encryption", &[0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0017, 0x0019]),
    (
        "anonymous key exchange",
        &[
            0x0018, 0x001b, 0x0034, 0x003a, 0x0046, 0x0089, 0x006c, 0x006d, 0x00a6, 0x00a7, 0xc016, 0xc017, 0xc018,
            0xc019,
        ],
    ),
    ("RC4", &[0xc011, 0xc007, 0x0005, 0x0004]),
    ("3DES", &[0xc012, 0xc008, 0x0016, 0x000a]),
];

fn client_hello(host: &str, version: Version, suites: &[u16]) -> Vec<u8> {
    let is_13 = version == Version::Tls13;
    let legacy = version.code().min(Version::Tls12.code());
    let mut random = [0u8; 96];
    // Not secret: the handshake is never finished. Without randomness a server would still answer.
    let _ = getrandom::fill(&mut random);

    let mut body = legacy.to_be_bytes().to_vec();
    body.extend_from_slice(&random[..32]);
    if is_13 {
        body.push(32);
        body.extend_from_slice(&random[32..64]);
    } else {
        body.push(0);
    }
    let mut list: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    if !is_13 {
        // TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746): some servers insist.
        list.extend_from_slice(&[0x00, 0xff]);
    }
    push_u16_list(&mut body, &list);
    body.extend_from_slice(&[1, 0]);

    let mut extensions = Vec::new();
    if host.parse::<std::net::IpAddr>().is_err() {
        let mut name = vec![0];
        push_u16_list(&mut name, host.as_bytes());
        let mut names = Vec::new();
        push_u16_list(&mut names, &name);
        extension(&mut extensions, 0, &names);
    }
    // Groups: x25519, P-256, P-384, P-521.
    extension(&mut extensions, 10, &[0, 8, 0, 0x1d, 0, 0x17, 0, 0x18, 0, 0x19]);
    if !is_13 {
        extension(&mut extensions, 11, &[1, 0]);
    }
    if version >= Version::Tls12 {
        let algorithms: &[u16] = &[
            0x0403, 0x0503, 0x0603, 0x0807, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
            0x0203, 0x0201,
        ];
        let list: Vec<u8> = algorithms.iter().flat_map(|algorithm| algorithm.to_be_bytes()).collect();
        let mut data = Vec::new();
        push_u16_list(&mut data, &list);
        extension(&mut extensions, 13, &data);
    }
    if is_13 {
        extension(&mut extensions, 43, &[2, 0x03, 0x04]);
        // psk_key_exchange_modes: psk_dhe_ke.
        extension(&mut extensions, 45, &[1, 1]);
        // key_share: any 32 bytes are a public key of x25519.
        let mut share = vec![0, 0x1d];
        push_u16_list(&mut share, &random[64..96]);
        let mut shares = Vec::new();
        push_u16_list(&mut shares, &share);
        extension(&mut extensions, 51, &shares);
    }
    // SSL 3.0 knows no extensions.
    if version > Version::Ssl3 {
        push_u16_list(&mut body, &extensions);
    }

    let mut record = vec![22];
    record.extend_from_slice(&version.code().min(Version::Tls10.code()).to_be_bytes());
    let length = u16::try_from(body.len() + 4).unwrap_or(u16::MAX);
    record.extend_from_slice(&length.to_be_bytes());
    record.extend_from_slice(&[1, 0]);
    record.extend_from_slice(&(length - 4).to_be_bytes());
    record.extend_from_slice(&body);
    record
}

fn push_u16_list(out: &mut Vec<u8>, list: &[u8]) {
    out.extend_from_slice(&u16::try_from(list.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(list);
}

fn extension(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    push_u16_list(out, data);
}

/// The versions that a ClientHello offers: for the practice lab's servers. `None` where it is no ClientHello.
pub fn offered(record: &[u8]) -> Option<Vec<Version>> {
    let body = record.strip_prefix(&[22, 3])?.get(7..)?;
    let legacy = Version::of_code(u16::from_be_bytes([*body.first()?, *body.get(1)?]).min(0x0303))?;
    let rest = body.get(34..)?;
    let rest = rest.get(1 + usize::from(*rest.first()?)..)?;
    let rest = rest.get(2 + usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?]))..)?;
    let mut extensions = rest.get(1 + usize::from(*rest.first()?) + 2..).unwrap_or_default();
    while let [k1, k2, l1, l2, tail @ ..] = extensions {
        let data = tail.get(..usize::from(u16::from_be_bytes([*l1, *l2])))?;
        if [*k1, *k2] == [0, 43] {
            let codes = data.get(1..)?.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            return Some(codes.filter_map(Version::of_code).collect());
        }
        extensions = &tail[data.len()..];
    }
    Some(
        Version::ALL
            .into_iter()
            .filter(|version| *version <= legacy)
            .take(if legacy == Version::Tls12 { 3 } else { 1 })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hellos_are_well_formed() {
        for version in Version::ALL {
            let hello = client_hello("smtp.example.com", version, SUITES_OLD);
            assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
            let offers = offered(&hello).unwrap();
            assert!(offers.contains(&version), "{version}: {offers:?}");
        }
    }

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
        assert_eq!(ended_early(&hello), Heard::Chose(Version::Tls10, 0x002f, vec![]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..200), tls in any::<bool>()) {
            let mut record = if tls { vec![22, 3, 3, 0, 180, 2, 0, 0, 120] } else { vec![] };
            record.extend(bytes);
            let _ = read_flight(&record);
            let _ = ended_early(&record);
            let _ = offered(&record);
        }
    }
}
