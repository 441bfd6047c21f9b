//! The chain of certificates as a server sends it, verified strictly: with what it sends and this computer's roots,
//! without anything that a system fetches or remembers (RFC 8446 section 4.4.2). Done by rustls, which shows the whole
//! chain; native-tls shows only the server's own certificate.

use super::certificate::parse;
use crate::machine::Trust;
use crate::net::BoxStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

/// More certificates than this are not a chain (and rustls reads no more than 64 KiB of them).
const MOST: usize = 16;

/// Whether a chain leads to a root with what the server sent alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whole {
    /// It does.
    Yes,
    /// It does not: something between it and every root is missing.
    No,
    /// Another fault came first, such as its dates.
    NotKnown,
}

/// Follows a chain from the server's own certificate, at a time in seconds since 1970. Reads the system's roots, which
/// takes some tens of milliseconds.
pub fn is_whole(trust: &Trust, chain: &[Vec<u8>], host: &str, now: i64) -> Whole {
    let mut known = known_roots(trust);
    // Intermediate certificates may be among these roots too; they are what other computers do not have.
    known.retain(|der| parse(der).is_ok_and(|certificate| certificate.self_issued));
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(known);
    match verify(roots, chain, host, now) {
        Some(Ok(())) => Whole::Yes,
        Some(Err(Error::InvalidCertificate(CertificateError::UnknownIssuer))) => Whole::No,
        Some(Err(_)) | None => Whole::NotKnown,
    }
}

/// Whether a chain is good for this host at this time by the public list of issuers (Mozilla's), whatever this machine
/// has; `None` if something other than the issuer is wrong with it, or if its root was given for this run: whoever
/// gave it knows which programs have it.
pub fn is_public(trust: &Trust, chain: &[Vec<u8>], host: &str, now: i64) -> Option<bool> {
    let mut roots = RootCertStore::empty();
    match &trust.public_roots {
        Some(these) => drop(roots.add_parsable_certificates(these.iter().cloned().map(CertificateDer::from))),
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
    }
    if roots.is_empty() {
        return Some(false);
    }
    match verify(roots, chain, host, now)? {
        Ok(()) => Some(true),
        Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
            let mut given = RootCertStore::empty();
            if trust.public_roots.is_none() {
                given.add_parsable_certificates(trust.extra_roots.iter().cloned().map(CertificateDer::from));
            }
            let is_given = !given.is_empty() && matches!(verify(given, chain, host, now), Some(Ok(())));
            (!is_given).then_some(false)
        }
        Err(_) => None,
    }
}

/// Whether this machine knows any issuer at all.
pub fn has_roots(trust: &Trust) -> bool {
    !known_roots(trust).is_empty()
}

fn known_roots(trust: &Trust) -> Vec<CertificateDer<'static>> {
    let mut known: Vec<CertificateDer<'static>> = trust.extra_roots.iter().cloned().map(CertificateDer::from).collect();
    if trust.system_roots {
        known.extend(rustls_native_certs::load_native_certs().certs);
    }
    known
}

/// `None` if there is nothing to verify, or nothing to verify it with.
fn verify(roots: RootCertStore, chain: &[Vec<u8>], host: &str, now: i64) -> Option<Result<(), Error>> {
    let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider()).build().ok()?;
    let name = ServerName::try_from(host.to_owned()).ok()?;
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).ok()?));
    let mut chain = chain.iter().map(|der| CertificateDer::from(der.clone()));
    let leaf = chain.next()?;
    let others: Vec<CertificateDer<'static>> = chain.collect();
    Some(verifier.verify_server_cert(&leaf, &others, &name, &[], now).map(drop))
}

/// Starts a handshake, and breaks it off once the chain has arrived. Nothing is verified, and nothing more is sent.
pub async fn record(stream: BoxStream, host: &str, limit: Duration) -> Vec<Vec<u8>> {
    let recorder = Arc::new(Recorder { provider: provider(), chain: Mutex::default() });
    let Ok(name) = ServerName::try_from(host.to_owned()) else { return Vec::new() };
    let builder = ClientConfig::builder_with_provider(Arc::clone(&recorder.provider));
    let Ok(builder) = builder.with_safe_default_protocol_versions() else { return Vec::new() };
    let verifier = Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>;
    let config = builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth();
    let _ = timeout(limit, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    std::mem::take(&mut *recorder.chain.lock().unwrap_or_else(PoisonError::into_inner))
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn only_looked_at() -> Error {
    Error::General("only looked at".to_owned())
}

/// Keeps the chain that it is shown and accepts nothing.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    chain: Mutex<Vec<Vec<u8>>>,
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(leaf).chain(others).take(MOST).map(|der| der.to_vec()).collect();
        *self.chain.lock().unwrap_or_else(PoisonError::into_inner) = chain;
        Err(only_looked_at())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_looked_at())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(only_looked_at())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

    fn authority(name: &str, by: Option<&Issuer<'static, KeyPair>>) -> (Vec<u8>, Issuer<'static, KeyPair>) {
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let made = match by {
            Some(by) => params.signed_by(&key, by).unwrap(),
            None => params.self_signed(&key).unwrap(),
        };
        (made.der().to_vec(), Issuer::new(params, key))
    }

    #[test]
    fn a_missing_link() {
        let (root, by_root) = authority("Root", None);
        let (middle, by_middle) = authority("Middle", Some(&by_root));
        let params = CertificateParams::new(vec!["mail.example.com".to_owned()]).unwrap();
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), &by_middle).unwrap().der().to_vec();
        let trust = Trust { extra_roots: vec![root.clone()], system_roots: false, public_roots: None };
        let whole = |chain: &[Vec<u8>], host| is_whole(&trust, chain, host, 1_700_000_000);
        assert_eq!(whole(&[leaf.clone(), middle.clone()], "mail.example.com"), Whole::Yes);
        assert_eq!(whole(&[leaf.clone(), root], "mail.example.com"), Whole::No);
        assert_eq!(whole(std::slice::from_ref(&leaf), "mail.example.com"), Whole::No);
        assert_eq!(whole(&[leaf, middle], "mail.example.org"), Whole::NotKnown);
        assert_eq!(whole(&[b"nonsense".to_vec()], "mail.example.com"), Whole::NotKnown);
    }

    #[test]
    fn whose_list_has_the_issuer() {
        let (root, by_root) = authority("Root", None);
        let params = CertificateParams::new(vec!["mail.example.com".to_owned()]).unwrap();
        let leaf = params.signed_by(&KeyPair::generate().unwrap(), &by_root).unwrap().der().to_vec();
        let trust = |extra_roots: &[Vec<u8>], public_roots: Option<Vec<Vec<u8>>>| Trust {
            extra_roots: extra_roots.to_vec(),
            system_roots: false,
            public_roots,
        };
        let public = |trust: &Trust, host| is_public(trust, std::slice::from_ref(&leaf), host, 1_700_000_000);
        let given = [root.clone()];
        assert_eq!(public(&trust(&[], None), "mail.example.com"), Some(false));
        assert_eq!(public(&trust(&given, None), "mail.example.com"), None);
        assert_eq!(public(&trust(&given, Some(vec![])), "mail.example.com"), Some(false));
        assert_eq!(public(&trust(&[], Some(vec![root.clone()])), "mail.example.com"), Some(true));
        assert_eq!(public(&trust(&[], Some(vec![root])), "mail.example.org"), None);
    }
}
