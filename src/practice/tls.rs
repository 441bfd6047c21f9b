//! The lab's certificates and its end of TLS handshakes: 1.2 and 1.3 for real, by rustls; 1.0 and 1.1 up to the
//! server's first flight, which is all that a modern client accepts of them.

use super::world::{Certificate, HandshakeFault};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PublicKeyData, SignatureAlgorithm,
    date_time_ymd,
};
use std::collections::HashMap;
use std::io::{self, Cursor};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use tls_parser::{
    TlsClientHelloContents, TlsExtension, TlsMessage, TlsMessageHandshake, parse_tls_client_hello_extensions,
    parse_tls_plaintext,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{self, ServerConfig, version};

/// A byte stream of the lab.
pub(super) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// All authorities that sign certificates, by name, made when they are first needed. Every world has the same: so a
/// program that plays many scenarios sets its TLS library up once for all of them.
static AUTHORITIES: LazyLock<Mutex<HashMap<String, Arc<Authority>>>> = LazyLock::new(Mutex::default);

/// The authorities as a world uses them.
pub(super) struct Authorities {
    /// Network time, in seconds since 1970.
    now: i64,
}

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
}

/// How a host does TLS.
pub(super) struct Tls {
    config: Option<Arc<ServerConfig>>,
    chain: Vec<CertificateDer<'static>>,
    /// The two bytes of each version that it accepts.
    versions: Vec<u16>,
    instead: Option<HandshakeFault>,
}

impl Authorities {
    pub(super) fn new(now: i64) -> Self {
        Authorities { now }
    }

    fn authority(name: &str, by: Option<&Authority>) -> Result<Arc<Authority>, rcgen::Error> {
        let mut made = AUTHORITIES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(authority) = made.get(name) {
            return Ok(Arc::clone(authority));
        }
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        // `CN, O, OU` in one name, as reports show an issuer.
        let kinds = [DnType::CommonName, DnType::OrganizationName, DnType::OrganizationalUnitName];
        for (kind, part) in kinds.into_iter().zip(name.split(", ")) {
            params.distinguished_name.push(kind, part);
        }
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (params.not_before, params.not_after) = (date_time_ymd(2000, 1, 1), date_time_ymd(2100, 1, 1));
        let key = KeyPair::generate()?;
        let certificate = match by {
            Some(by) => params.signed_by(&key, &by.issuer)?,
            None => params.self_signed(&key)?,
        };
        let authority = Arc::new(Authority { der: certificate.der().clone(), issuer: Issuer::new(params, key) });
        made.insert(name.to_owned(), Arc::clone(&authority));
        Ok(authority)
    }

    /// The root with this name, as DER.
    pub(super) fn root(name: &str) -> Option<Vec<u8>> {
        Authorities::authority(name, None).ok().map(|authority| authority.der.to_vec())
    }

    /// The certificate of the authority between a root and its servers, as DER.
    pub(super) fn middle(root: &str) -> Option<Vec<u8>> {
        let by = Authorities::authority(root, None).ok()?;
        Authorities::authority(&format!("{root} Intermediate"), Some(&by)).ok().map(|authority| authority.der.to_vec())
    }

    /// Makes a host's certificate and settings.
    pub(super) fn tls(
        &self,
        host: &str,
        wanted: &Certificate,
        versions: &[String],
        instead: Option<HandshakeFault>,
    ) -> Result<Tls, rcgen::Error> {
        let names = if wanted.names.is_empty() { vec![host.to_owned()] } else { wanted.names.clone() };
        let mut params = CertificateParams::new(names.clone())?;
        params.distinguished_name.push(DnType::CommonName, names.first().map_or("", String::as_str));
        (params.not_before, params.not_after) = (date(self.now, wanted.from_days), date(self.now, wanted.until_days));
        let key = KeyPair::generate()?;
        let mut chain = Vec::new();
        if wanted.issuer == "self" {
            chain.push(params.self_signed(&key)?.der().clone());
        } else {
            let root = Authorities::authority(&wanted.issuer, None)?;
            let middle = match wanted.link_missing {
                true => Some(Authorities::authority(&format!("{} Intermediate", wanted.issuer), Some(&root))?),
                false => None,
            };
            if wanted.link_missing {
                params.custom_extensions.push(issuer_is_published());
            }
            let signer = middle.as_ref().unwrap_or(&root);
            let signed = match instead.and_then(HandshakeFault::rsa_bits) {
                Some(bits) => params.signed_by(&RsaKey::of(bits), &signer.issuer)?,
                None => params.signed_by(&key, &signer.issuer)?,
            };
            chain.push(signed.der().clone());
            if middle.is_none() {
                chain.push(root.der.clone());
            }
        }
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let ours: Vec<&'static rustls::SupportedProtocolVersion> = versions
            .iter()
            .filter_map(|name| match name.as_str() {
                "1.2" => Some(&version::TLS12),
                "1.3" => Some(&version::TLS13),
                _ => None,
            })
            .collect();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_protocol_versions(&ours).ok();
        let config = config.and_then(|config| config.with_no_client_auth().with_single_cert(chain.clone(), key).ok());
        let codes = versions.iter().filter_map(|name| code(name));
        Ok(Tls { config: config.map(Arc::new), chain, versions: codes.collect(), instead })
    }
}

/// The public half of an RSA key that nobody has the other half of: for servers whose handshake ends at their first
/// flight.
struct RsaKey(Vec<u8>);

impl RsaKey {
    /// `RSAPublicKey` of RFC 8017 appendix A.1.1: any odd number of that length will do as a modulus.
    fn of(bits: usize) -> Self {
        let integer = |number: &[u8]| [&[2, 0x82][..], &(number.len() as u16).to_be_bytes(), number].concat();
        let mut modulus = vec![0xc5; bits / 8 + 1];
        modulus[0] = 0;
        let body = [integer(&modulus), vec![2, 3, 1, 0, 1]].concat();
        RsaKey([&[0x30, 0x82][..], &(body.len() as u16).to_be_bytes(), &body].concat())
    }
}

impl PublicKeyData for RsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_RSA_SHA256
    }
}

impl HandshakeFault {
    /// The length of the RSA key that the certificate has, if it has one.
    fn rsa_bits(self) -> Option<usize> {
        match self {
            HandshakeFault::WeakKey => Some(1_024),
            HandshakeFault::WeakDh => Some(2_048),
            _ => None,
        }
    }

    /// The cipher suite of a server that has TLS 1.2 alone and something that is too weak; 0 if nobody offers it.
    fn weak_suite(self) -> Option<u16> {
        match self {
            HandshakeFault::WeakDh => Some(0x009e),
            HandshakeFault::WeakKey => Some(0x002f),
            HandshakeFault::Sha1Only => Some(0xc009),
            HandshakeFault::OddSuites | HandshakeFault::OddSuitesCut => Some(0x0041),
            HandshakeFault::NoSuites => Some(0),
            HandshakeFault::NoCertificate => Some(0xc018),
            _ => None,
        }
    }
}

/// Makes the certificate say where its issuer's can be found (authorityInfoAccess, RFC 5280 section 4.2.2.1), as
/// public ones do.
fn issuer_is_published() -> rcgen::CustomExtension {
    let url = b"http://ca.example/middle.crt";
    let oid = [0x06, 8, 0x2b, 6, 1, 5, 5, 7, 0x30, 2];
    let mut access = oid.to_vec();
    access.extend([0x86, url.len() as u8]);
    access.extend(url);
    let mut content = vec![0x30, access.len() as u8 + 2, 0x30, access.len() as u8];
    content.extend(access);
    rcgen::CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], content)
}

fn code(version: &str) -> Option<u16> {
    match version {
        "1.0" => Some(0x0301),
        "1.1" => Some(0x0302),
        "1.2" => Some(0x0303),
        "1.3" => Some(0x0304),
        _ => None,
    }
}

fn date(now: i64, days: i64) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(now + days * 86_400).unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}

impl Tls {
    /// Does the handshake; `None` if it does not lead to an encrypted stream.
    pub(super) async fn accept<S: Stream + 'static>(&self, mut stream: S) -> Option<Box<dyn Stream>> {
        let hello = read_record(&mut stream).await.ok()?;
        match self.instead {
            Some(HandshakeFault::Cut) => return None,
            Some(HandshakeFault::Silent) => std::future::pending::<()>().await,
            Some(HandshakeFault::Refuse) => return refuse(stream, 40).await,
            Some(how) if breaks(how, &hello) => return None,
            Some(_) | None => {}
        }
        let Some(offered) = offered(&hello) else { return refuse(stream, 50).await };
        if let Some((fault, suite)) = self.instead.and_then(|fault| Some((fault, fault.weak_suite()?))) {
            let is_met = has_suite(&hello, suite) && (fault != HandshakeFault::Sha1Only || offers_sha1(&hello));
            return match (offered.contains(&0x0303), is_met) {
                (false, _) => refuse(stream, 70).await,
                (true, false) if fault == HandshakeFault::OddSuitesCut => None,
                (true, false) => refuse(stream, 40).await,
                (true, true) => {
                    stream.write_all(&self.first_flight(0x0303, suite, &weak_exchange(fault))).await.ok()?;
                    let _ = stream.read(&mut [0; 64]).await;
                    None
                }
            };
        }
        let chosen = self.versions.iter().filter(|version| offered.contains(version)).max();
        match chosen {
            None => refuse(stream, 70).await,
            Some(&old) if old < 0x0303 => {
                const TLS_RSA_WITH_AES_128_CBC_SHA: u16 = 0x002f;
                stream.write_all(&self.first_flight(old, TLS_RSA_WITH_AES_128_CBC_SHA, &[])).await.ok()?;
                let _ = stream.read(&mut [0; 64]).await;
                None
            }
            Some(_) => {
                let acceptor = TlsAcceptor::from(Arc::clone(self.config.as_ref()?));
                let (reader, writer) = tokio::io::split(stream);
                let stream = tokio::io::join(Cursor::new(hello).chain(reader), writer);
                let stream = acceptor.accept(stream).await.ok()?;
                Some(Box::new(stream))
            }
        }
    }

    /// ServerHello, Certificate, ServerKeyExchange if there is one, and ServerHelloDone of TLS 1.0 to 1.2 (RFC 5246
    /// section 7.4).
    fn first_flight(&self, version: u16, suite: u16, exchange: &[u8]) -> Vec<u8> {
        let message = |kind: u8, body: &[u8]| {
            let mut out = vec![kind];
            out.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
            out.extend_from_slice(body);
            out
        };
        let mut hello = version.to_be_bytes().to_vec();
        hello.extend([7; 32]);
        hello.push(0);
        hello.extend(suite.to_be_bytes());
        hello.push(0);
        // RFC 5746 section 3.6: secure renegotiation, which today's libraries insist on.
        hello.extend([0, 5, 0xff, 1, 0, 1, 0]);
        let mut list = Vec::new();
        for certificate in &self.chain {
            list.extend_from_slice(&(certificate.len() as u32).to_be_bytes()[1..]);
            list.extend_from_slice(certificate);
        }
        let mut certificates = (list.len() as u32).to_be_bytes()[1..].to_vec();
        certificates.extend(list);
        let exchange = if exchange.is_empty() { vec![] } else { message(12, exchange) };
        let flight = [message(2, &hello), message(11, &certificates), exchange, message(14, &[])].concat();
        let mut record = vec![22];
        record.extend(version.to_be_bytes());
        record.extend((flight.len() as u16).to_be_bytes());
        record.extend(flight);
        record
    }
}

/// ServerKeyExchange with a signature that nobody gets to verify (RFC 5246 section 7.4.3, RFC 8422 section 5.4).
fn weak_exchange(fault: HandshakeFault) -> Vec<u8> {
    const RSA_SHA256: [u8; 2] = [4, 1];
    const ECDSA_SHA1: [u8; 2] = [2, 3];
    let (params, signed) = match fault {
        HandshakeFault::WeakDh => {
            let number = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes()[..], bytes].concat();
            ([number(&[0xff; 128]), number(&[2]), number(&[0x77; 128])].concat(), RSA_SHA256)
        }
        HandshakeFault::Sha1Only => ([&[3, 0, 0x17, 65, 4][..], &[9; 64]].concat(), ECDSA_SHA1),
        _ => return vec![],
    };
    [&params[..], &signed, &[0, 4, 1, 2, 3, 4]].concat()
}

/// Whether a ClientHello offers this cipher suite.
fn has_suite(record: &[u8], suite: u16) -> bool {
    client_hello(record, |hello| hello.ciphers.iter().any(|cipher| cipher.0 == suite)).unwrap_or(false)
}

/// Whether a ClientHello accepts signatures by ECDSA with SHA-1 (RFC 5246 section 7.4.1.4.1).
fn offers_sha1(record: &[u8]) -> bool {
    const ECDSA_SHA1: u16 = 0x0203;
    let read = |hello: &TlsClientHelloContents<'_>| {
        let (_, extensions) = parse_tls_client_hello_extensions(hello.ext?).ok()?;
        Some(extensions.iter().any(
            |extension| matches!(extension, TlsExtension::SignatureAlgorithms(list) if list.contains(&ECDSA_SHA1)),
        ))
    };
    client_hello(record, read).flatten().unwrap_or(false)
}

/// What is read from the ClientHello in a record.
fn client_hello<T>(record: &[u8], read: impl Fn(&TlsClientHelloContents<'_>) -> T) -> Option<T> {
    let (_, plaintext) = parse_tls_plaintext(record).ok()?;
    plaintext.msg.iter().find_map(|message| match message {
        TlsMessage::Handshake(TlsMessageHandshake::ClientHello(hello)) => Some(read(hello)),
        _ => None,
    })
}

/// A fatal alert, then the end.
async fn refuse<S: Stream>(mut stream: S, alert: u8) -> Option<Box<dyn Stream>> {
    let _ = stream.write_all(&[21, 3, 1, 0, 2, 2, alert]).await;
    let _ = stream.shutdown().await;
    None
}

/// The first record of a client; anything that is not TLS ends the connection, as with real servers.
async fn read_record<S: Stream>(stream: &mut S) -> io::Result<Vec<u8>> {
    let mut record = vec![0; 5];
    stream.read_exact(&mut record).await?;
    if record[0] != 22 || record[1] != 3 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let length = usize::from(u16::from_be_bytes([record[3], record[4]]));
    record.resize(5 + length, 0);
    stream.read_exact(&mut record[5..]).await?;
    Ok(record)
}

/// Whether an old server breaks off at this ClientHello.
fn breaks(how: HandshakeFault, hello: &[u8]) -> bool {
    match how {
        HandshakeFault::CutNew => {
            offered(hello).is_some_and(|versions| versions.contains(&0x0304) && versions.len() > 1)
        }
        HandshakeFault::CutNamed => {
            hello.windows(9).any(|bytes| bytes[..2] == [0, 0] && bytes[6] == 0 && is_name(bytes))
        }
        HandshakeFault::CutLarge => hello.len() > 1_460,
        _ => false,
    }
}

/// The extension `server_name` (RFC 6066 section 3): its length, the list's, the kind, the name's.
fn is_name(bytes: &[u8]) -> bool {
    let length = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    length(2) == length(4) + 2 && length(4) == length(7) + 3
}

/// The versions that a ClientHello offers.
fn offered(record: &[u8]) -> Option<Vec<u16>> {
    client_hello(record, |hello| {
        let extensions = hello.ext.map(|bytes| parse_tls_client_hello_extensions(bytes).map(|(_, found)| found));
        let listed =
            extensions.and_then(Result::ok).unwrap_or_default().into_iter().find_map(|extension| match extension {
                TlsExtension::SupportedVersions(versions) => Some(versions.iter().map(|version| version.0).collect()),
                _ => None,
            });
        // Without that list, a client offers its own version and, as far as it says, all before it.
        listed.unwrap_or_else(|| (0x0300..=hello.version.0.min(0x0303)).collect())
    })
}
