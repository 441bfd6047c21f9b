//! The bytes of a ClientHello (RFC 8446 section 4.1.2, RFC 5246 section 7.4.1.2), and which versions a ClientHello
//! offers.

use super::version::Version;
use tls_parser::{
    TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_client_hello_extensions, parse_tls_plaintext,
};

/// Cipher suites of TLS 1.3 (RFC 8446 appendix B.4).
pub(super) const SUITES_13: &[u16] = &[0x1301, 0x1302, 0x1303, 0x1304];
/// Suites of the older versions, from the good to the merely common, so that an old server finds one that it supports:
/// ECDHE and DHE with AES-GCM, ChaCha20, AES-CBC, then RSA key exchange, 3DES and RC4.
pub(super) const SUITES_OLD: &[u16] = &[
    0xc02b, 0xc02c, 0xc02f, 0xc030, 0xcca8, 0xcca9, 0xccaa, 0x009e, 0x009f, 0xc023, 0xc024, 0xc027, 0xc028, 0xc009,
    0xc00a, 0xc013, 0xc014, 0x0033, 0x0039, 0x0067, 0x006b, 0x009c, 0x009d, 0x003c, 0x003d, 0x002f, 0x0035, 0x0041,
    0x0084, 0xc012, 0xc008, 0x0016, 0x000a, 0xc011, 0xc007, 0x0005, 0x0004,
];

/// TLS 1.2 suites of Windows 7 to 8.1, including the updates of 2014 (MicrosoftDocs win32, "TLS Cipher Suites in
/// Windows 7", "… in Windows 8.1"; KB2992611): no GCM with ECDHE and RSA certificates.
pub(super) const SUITES_WINDOWS_7: &[u16] = &[
    0xc028, 0xc027, 0xc014, 0xc013, 0x009f, 0x009e, 0x009d, 0x009c, 0x003d, 0x003c, 0x0035, 0x002f, 0xc02c, 0xc02b,
    0xc024, 0xc023, 0xc00a, 0xc009, 0x000a, 0x0005,
];

/// Suites of `SUITES_OLD` whose key exchange is DHE: its parameters are the server's own.
pub(super) const SUITES_DHE: &[u16] = &[0x009e, 0x009f, 0xccaa, 0x0033, 0x0039, 0x0067, 0x006b, 0x0016];
/// Suites of `SUITES_OLD` that today's libraries no longer offer, besides the weak ones: Camellia.
pub(super) const SUITES_GONE: &[u16] = &[0x0041, 0x0084];

/// The kind of suite in which the server proves nothing: it needs no certificate (RFC 5246 appendix A.5).
pub const ANONYMOUS: &str = "anonymous key exchange";

/// Suites that are broken or give no protection, the worst first (RFC 7465, RFC 8996, RFC 9325 section 4.1).
pub(super) const WEAK: &[(&str, &[u16])] = &[
    ("no encryption", &[0x0001, 0x0002, 0x003b, 0xc010, 0xc006]),
    ("export encryption", &[0x0003, 0x0006, 0x0008, 0x000b, 0x000e, 0x0011, 0x0014, 0x0017, 0x0019]),
    (
        ANONYMOUS,
        &[
            0x0018, 0x001b, 0x0034, 0x003a, 0x0046, 0x0089, 0x006c, 0x006d, 0x00a6, 0x00a7, 0xc016, 0xc017, 0xc018,
            0xc019,
        ],
    ),
    ("RC4", &[0xc011, 0xc007, 0x0005, 0x0004]),
    ("3DES", &[0xc012, 0xc008, 0x0016, 0x000a]),
];

/// What a ClientHello offers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hello<'a> {
    /// The server's name (RFC 6066 section 3); not sent if it is `None` or an address.
    pub(super) host: Option<&'a str>,
    /// The newest version.
    pub(super) version: Version,
    /// Whether TLS 1.2 is offered as well as 1.3, as today's programs do.
    pub(super) with_12: bool,
    pub(super) suites: &'a [u16],
    /// The length to pad to, in bytes (RFC 7685).
    pub(super) at_least: usize,
}

impl<'a> Hello<'a> {
    /// Offers this one version.
    pub(super) fn only(host: &'a str, version: Version, suites: &'a [u16]) -> Self {
        Hello { host: Some(host), version, with_12: false, suites, at_least: 0 }
    }

    /// The bytes of the TLS record.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let is_13 = self.version == Version::Tls13;
        let legacy = self.version.code().min(Version::Tls12.code());
        let mut random = [0u8; 96];
        // This is not secret: the handshake is never finished. A server would answer even without randomness.
        let _ = getrandom::fill(&mut random);

        let mut body = legacy.to_be_bytes().to_vec();
        body.extend_from_slice(&random[..32]);
        if is_13 {
            body.push(32);
            body.extend_from_slice(&random[32..64]);
        } else {
            body.push(0);
        }
        let mut list: Vec<u8> = self.suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
        if !is_13 {
            // TLS_EMPTY_RENEGOTIATION_INFO_SCSV (RFC 5746): some servers insist on it.
            list.extend_from_slice(&[0x00, 0xff]);
        }
        push_u16_list(&mut body, &list);
        body.extend_from_slice(&[1, 0]);

        let mut extensions = self.extensions(&random[64..96]);
        let short = self.at_least.saturating_sub(9 + body.len() + 2 + extensions.len() + 4);
        if short > 0 {
            extension(&mut extensions, 21, &vec![0; short]);
        }
        // SSL 3.0 has no extensions.
        if self.version > Version::Ssl3 {
            push_u16_list(&mut body, &extensions);
        }

        let mut record = vec![22];
        record.extend_from_slice(&self.version.code().min(Version::Tls10.code()).to_be_bytes());
        let length = u16::try_from(body.len() + 4).unwrap_or(u16::MAX);
        record.extend_from_slice(&length.to_be_bytes());
        record.extend_from_slice(&[1, 0]);
        record.extend_from_slice(&(length - 4).to_be_bytes());
        record.extend_from_slice(&body);
        record
    }

    fn extensions(&self, public_key: &[u8]) -> Vec<u8> {
        let is_13 = self.version == Version::Tls13;
        let mut extensions = Vec::new();
        if let Some(host) = self.host.filter(|host| host.parse::<std::net::IpAddr>().is_err()) {
            let mut name = vec![0];
            push_u16_list(&mut name, host.as_bytes());
            let mut names = Vec::new();
            push_u16_list(&mut names, &name);
            extension(&mut extensions, 0, &names);
        }
        // Groups: x25519, P-256, P-384, P-521.
        extension(&mut extensions, 10, &[0, 8, 0, 0x1d, 0, 0x17, 0, 0x18, 0, 0x19]);
        if !is_13 || self.with_12 {
            extension(&mut extensions, 11, &[1, 0]);
        }
        if self.version >= Version::Tls12 {
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
            let versions: &[u8] = if self.with_12 { &[4, 3, 4, 3, 3] } else { &[2, 3, 4] };
            extension(&mut extensions, 43, versions);
            // psk_key_exchange_modes: psk_dhe_ke.
            extension(&mut extensions, 45, &[1, 1]);
            // key_share: any 32 bytes are a public key of x25519.
            let mut share = vec![0, 0x1d];
            push_u16_list(&mut share, public_key);
            let mut shares = Vec::new();
            push_u16_list(&mut shares, &share);
            extension(&mut extensions, 51, &shares);
        }
        extensions
    }
}

fn push_u16_list(out: &mut Vec<u8>, list: &[u8]) {
    out.extend_from_slice(&u16::try_from(list.len()).unwrap_or(u16::MAX).to_be_bytes());
    out.extend_from_slice(list);
}

fn extension(out: &mut Vec<u8>, kind: u16, data: &[u8]) {
    out.extend_from_slice(&kind.to_be_bytes());
    push_u16_list(out, data);
}

/// The versions that a ClientHello offers, read from the bytes of its record; `None` if it is not a ClientHello.
pub fn offered(record: &[u8]) -> Option<Vec<Version>> {
    let (_, record) = parse_tls_plaintext(record).ok()?;
    let hello = record.msg.iter().find_map(|message| match message {
        TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello)) => Some(hello),
        _ => None,
    })?;
    let extensions = hello.ext.and_then(|bytes| parse_tls_client_hello_extensions(bytes).ok());
    let listed = extensions.into_iter().flat_map(|(_, found)| found).find_map(|extension| match extension {
        TlsExtension::SupportedVersions(versions) => Some(versions),
        _ => None,
    });
    if let Some(versions) = listed {
        return Some(versions.iter().filter_map(|version| Version::of_code(version.0)).collect());
    }
    // Without that list, a client of TLS 1.2 accepts the two versions before it as well.
    let newest = Version::of_code(hello.version.0.min(Version::Tls12.code()))?;
    let accepted = Version::ALL.into_iter().filter(|version| *version <= newest);
    Some(accepted.take(if newest == Version::Tls12 { 3 } else { 1 }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn hellos_are_well_formed() {
        for version in Version::ALL {
            let hello = Hello::only("smtp.example.com", version, SUITES_OLD).bytes();
            assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])), hello.len() - 5);
            let offers = offered(&hello).unwrap();
            assert!(offers.contains(&version), "{version}: {offers:?}");
        }
        let both =
            Hello { with_12: true, at_least: 1_600, ..Hello::only("smtp.example.com", Version::Tls13, SUITES_13) };
        let hello = both.bytes();
        assert_eq!(offered(&hello), Some(vec![Version::Tls13, Version::Tls12]));
        assert_eq!(hello.len(), 1_600);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_safely(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = offered(&bytes);
        }
    }
}
