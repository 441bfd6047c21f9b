//! Why there was no handshake: the bytes that came and the library's own words, read as a kind of failure. The handshake
//! itself is in `secure`.

use super::{MAX_HANDSHAKE, schannel};
use crate::probe::hello;
use std::time::Duration;

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
        if let Some((_, fault)) = schannel::meaning(&self.said) {
            return fault;
        }
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
        } else if says(&UNKNOWN_ISSUER) {
            CertificateFault::UnknownIssuer
        } else if says(&["self-signed", "self signed"]) {
            CertificateFault::SelfSigned
        } else {
            CertificateFault::Unsaid
        }
    }
}

/// OpenSSL, Security.framework, and native-tls itself where only given roots count.
const UNKNOWN_ISSUER: [&str; 5] = [
    "self-signed certificate in certificate chain",
    "local issuer",
    "untrusted",
    "not trusted",
    "unable to find any user-specified roots",
];

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

/// The kind of a failure, by what the library said and what the server had sent.
pub(super) fn kind_of(said: &str, received: &[u8]) -> FailureKind {
    let kind = match schannel::meaning(said) {
        _ if received.len() > MAX_HANDSHAKE || said.contains("excessive message size") => FailureKind::TooLong,
        Some((kind, _)) => kind,
        None => by_words(said, received),
    };
    let is_answer = matches!(kind, FailureKind::NothingInCommon | FailureKind::Other);
    weakness(said).filter(|_| is_answer).map_or(kind, FailureKind::TooWeak)
}

fn by_words(said: &str, received: &[u8]) -> FailureKind {
    match () {
        () if is_about_certificate(said) => FailureKind::Certificate,
        () if received.is_empty() || is_end(said) => FailureKind::Cut,
        () if makes_no_sense(said) => FailureKind::Senseless,
        () if has_nothing_in_common(said) => FailureKind::NothingInCommon,
        () => FailureKind::Other,
    }
}

/// The kind of failure; what the bytes say outranks the library's words.
pub(super) fn refine(kind: FailureKind, received: &[u8]) -> FailureKind {
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
    // OpenSSL: "certificate verify failed"; Security.framework names the certificate or its trust.
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
        "user-specified roots",
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

pub(super) fn full_text(error: &native_tls::Error) -> String {
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
        let said = "unable to find any user-specified roots in the final cert chain";
        assert_eq!((kind_of(said, b"x"), fault(said)), (FailureKind::Certificate, CertificateFault::UnknownIssuer));
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
