//! The web configuration file of the Prometheus ecosystem (exporter-toolkit, docs/web-configuration.md): TLS and basic
//! authentication. Of YAML it needs a name and a value a line, in two sections; what is not supported is said, never passed
//! over.

use super::modules::beside;
use crate::machine::{files, roots};
use base64::Engine;
use base64::alphabet::BCRYPT;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, PrivateKeyDer, PrivatePkcs1KeyDer, PrivatePkcs8KeyDer, PrivateSec1KeyDer,
};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion, crypto};
use zeroize::Zeroizing;

/// A longer file was not written for us.
const MOST_BYTES: u64 = 64 * 1024;
/// The costs of a hash that are taken: beyond, one request is seconds of work.
const COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// Who may ask, and how it is encrypted.
#[derive(Default)]
pub(super) struct Web {
    /// TLS, if it is spoken.
    pub tls: Option<TlsAcceptor>,
    users: BTreeMap<String, Hash>,
    passed: Passed,
}

/// A password's hash: bcrypt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Hash {
    cost: u32,
    salt: [u8; 16],
    hash: [u8; 23],
}

/// Log-ins that were right: to compare a hash takes a twentieth of a second, and Prometheus asks again and again.
struct Passed {
    salt: [u8; 16],
    known: Mutex<BTreeSet<[u8; 32]>>,
    /// One at a time, so that nobody can keep the processor busy.
    turn: Semaphore,
}

impl Default for Passed {
    fn default() -> Self {
        let mut salt = [0; 16];
        // Without it, no log-in is remembered in a form that somebody else could make.
        let _ = getrandom::fill(&mut salt);
        Passed { salt, known: Mutex::default(), turn: Semaphore::new(1) }
    }
}

/// A line `name: value` and its section.
#[derive(Debug, PartialEq, Eq)]
struct Setting {
    line: usize,
    section: String,
    name: String,
    value: String,
}

impl Web {
    /// Reads the file; the error is a message for people.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let bytes = files::read(path, MOST_BYTES).map_err(|error| format!("{shown} cannot be read: {error}"))?;
        let bytes = Zeroizing::new(bytes);
        let text = std::str::from_utf8(files::without_mark(&bytes)).map_err(|_| format!("{shown} is not UTF-8"))?;
        let settings = settings(text).map_err(|why| format!("{shown}:{why}"))?;
        Web::of(&settings, path).map_err(|why| format!("{shown}:{why}"))
    }

    fn of(settings: &[Setting], path: &Path) -> Result<Self, String> {
        let (mut web, mut certificate, mut key, mut oldest) = (Web::default(), None, None, "TLS12");
        for setting in settings {
            let Setting { line, section, name, value } = setting;
            match (section.as_str(), name.as_str()) {
                ("basic_auth_users", user) => {
                    let hash = Hash::parse(value).ok_or_else(|| {
                        format!("{line}: {user}: not a bcrypt hash of a cost from {} to {}", COSTS.start(), COSTS.end())
                    })?;
                    web.users.insert(user.to_owned(), hash);
                }
                ("tls_server_config", "cert_file") => certificate = Some((line, beside(path, value))),
                ("tls_server_config", "key_file") => key = Some((line, beside(path, value))),
                ("tls_server_config", "min_version") if matches!(value.as_str(), "TLS12" | "TLS13") => oldest = value,
                ("tls_server_config", "min_version") => {
                    return Err(format!("{line}: min_version is TLS12 or TLS13: nothing older is spoken"));
                }
                ("tls_server_config", "client_auth_type") if value == "NoClientCert" => {}
                _ => {
                    return Err(format!(
                        "{line}: {section}.{name} is not supported; cert_file, key_file, min_version are"
                    ));
                }
            }
        }
        web.tls = match (certificate, key) {
            (Some((line, certificate)), Some((_, key))) => {
                Some(tls(&certificate, &key, oldest).map_err(|why| format!("{line}: {why}"))?)
            }
            (None, None) => None,
            (Some((line, _)), None) => return Err(format!("{line}: cert_file needs a key_file")),
            (None, Some((line, _))) => return Err(format!("{line}: key_file needs a cert_file")),
        };
        Ok(web)
    }

    /// Whether a user name and a password are wanted.
    pub fn wants_log_in(&self) -> bool {
        !self.users.is_empty()
    }

    /// Whether a request with this header `Authorization` may be answered.
    pub async fn lets_in(&self, authorization: Option<&str>) -> bool {
        if !self.wants_log_in() {
            return true;
        }
        let Some((user, password)) = authorization.and_then(basic) else { return false };
        let known = self.users.get(&user).copied();
        // For an unknown user it takes as long, so that nobody learns who is known.
        let hash = known.or_else(|| self.users.values().next().copied());
        let Some(hash) = hash else { return false };
        let mark = self.passed.mark(&user, &password, &hash);
        if known.is_some() && self.passed.has(&mark) {
            return true;
        }
        let Ok(_turn) = self.passed.turn.acquire().await else { return false };
        let fits = tokio::task::spawn_blocking(move || hash.fits(&password)).await.unwrap_or(false);
        let passes = fits && known.is_some();
        if passes {
            self.passed.note(mark);
        }
        passes
    }
}

impl Passed {
    fn mark(&self, user: &str, password: &str, hash: &Hash) -> [u8; 32] {
        let parts = [self.salt.as_slice(), &hash.salt, &hash.hash, user.as_bytes(), &[0], password.as_bytes()];
        parts.iter().fold(Sha256::new(), |digest, part| digest.chain_update(part)).finalize().into()
    }

    fn has(&self, mark: &[u8; 32]) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(mark)
    }

    fn note(&self, mark: [u8; 32]) {
        /// More users than this do not scrape one exporter.
        const MANY: usize = 64;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MANY {
            known.clear();
        }
        known.insert(mark);
    }
}

impl Hash {
    /// Reads `$2y$10$` with 22 characters of salt and 31 of hash.
    fn parse(written: &str) -> Option<Self> {
        let mut parts = written.strip_prefix('$')?.split('$');
        let (Some("2a" | "2b" | "2x" | "2y"), Some(cost), Some(rest), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        let cost = cost.parse().ok().filter(|cost| COSTS.contains(cost))?;
        let (salt, hash) = rest.split_at_checked(22)?;
        let engine = GeneralPurpose::new(&BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));
        let salt = engine.decode(salt).ok()?.try_into().ok()?;
        let hash = engine.decode(hash).ok()?.try_into().ok()?;
        Some(Hash { cost, salt, hash })
    }

    /// Whether it is this password's. Every byte is compared, whatever the first ones are.
    fn fits(&self, password: &str) -> bool {
        /// bcrypt takes no more.
        const MOST: usize = 72;
        let mut bytes = Zeroizing::new(Vec::with_capacity(MOST));
        bytes.extend(password.bytes().chain([0]).take(MOST));
        let made = bcrypt::bcrypt(self.cost, self.salt, &bytes);
        made.iter().zip(&self.hash).fold(0, |differs, (made, kept)| differs | (made ^ kept)) == 0
    }
}

/// User name and password of a header `Authorization: Basic …` (RFC 7617).
fn basic(header: &str) -> Option<(String, Zeroizing<String>)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = Zeroizing::new(String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?);
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), Zeroizing::new(password.to_owned())))
}

fn tls(certificate: &Path, key: &Path, oldest: &str) -> Result<TlsAcceptor, String> {
    let of = |path: &Path, why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let chain = roots::read_pem(certificate).map_err(|why| of(certificate, &why))?;
    let pem = Zeroizing::new(files::read(key, MOST_BYTES).map_err(|why| of(key, &why))?);
    let private = private_key(&pem).ok_or_else(|| of(key, &"there is no private key in it"))?;
    let versions: &[&SupportedProtocolVersion] = if oldest == "TLS13" { &[&TLS13] } else { &[&TLS13, &TLS12] };
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .map_err(|why| why.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain.into_iter().map(CertificateDer::from).collect(), private)
        .map_err(|why| of(certificate, &why))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The first private key of a PEM file: PKCS #8, or of its kind (RFC 5915, RFC 8017).
fn private_key(pem: &[u8]) -> Option<PrivateKeyDer<'static>> {
    x509_parser::pem::Pem::iter_from_buffer(pem).map_while(Result::ok).find_map(|block| match block.label.as_str() {
        "PRIVATE KEY" => Some(PrivatePkcs8KeyDer::from(block.contents).into()),
        "EC PRIVATE KEY" => Some(PrivateSec1KeyDer::from(block.contents).into()),
        "RSA PRIVATE KEY" => Some(PrivatePkcs1KeyDer::from(block.contents).into()),
        _ => None,
    })
}

/// The settings of the file, each with its line; the error begins with the line.
fn settings(text: &str) -> Result<Vec<Setting>, String> {
    let (mut all, mut section): (Vec<Setting>, Option<&str>) = (Vec::new(), None);
    for (index, written) in text.lines().enumerate() {
        let line = index + 1;
        let bare = written.trim();
        if bare.is_empty() || bare.starts_with('#') || bare == "---" {
            continue;
        }
        let wrong = || format!("{line}: written in a way that is not read here: one `name: value` a line");
        if written.starts_with('\t') {
            return Err(format!("{line}: YAML does not indent with tabs"));
        }
        let (name, value) = pair(bare).ok_or_else(wrong)?;
        match (written.starts_with(' '), section) {
            (false, _)
                if value.is_empty()
                    && matches!(bare.split(':').next(), Some("tls_server_config" | "basic_auth_users")) =>
            {
                section = bare.split(':').next();
            }
            (false, _) => {
                return Err(format!("{line}: {name} is not supported; tls_server_config and basic_auth_users are"));
            }
            (true, Some(section)) if !value.is_empty() => {
                all.push(Setting { line, section: section.to_owned(), name, value });
            }
            (true, _) => return Err(wrong()),
        }
    }
    Ok(all)
}

/// A name and its value, without their quotation marks.
fn pair(text: &str) -> Option<(String, String)> {
    let (name, rest) = scalar(text, true)?;
    let rest = rest.strip_prefix(':')?;
    if !rest.is_empty() && !rest.starts_with(' ') {
        return None;
    }
    let (value, after) = scalar(rest.trim_start(), false)?;
    (after.trim().is_empty() || after.trim_start().starts_with('#')).then_some((name, value))
}

/// The word at the beginning of a text, and what follows it.
fn scalar(text: &str, is_name: bool) -> Option<(String, &str)> {
    if let Some(mark) = text.chars().next().filter(|first| "'\"".contains(*first)) {
        let (inner, after) = text[1..].split_once(mark)?;
        // An escape or a doubled mark would mean another text than what stands there.
        return (!inner.contains('\\') && !after.starts_with(mark)).then(|| (inner.to_owned(), after));
    }
    if text.starts_with(['{', '[', '&', '*', '!', '|', '>', '%', '@', '-', '?']) {
        return None;
    }
    let end = if is_name { text.find(':')? } else { text.find(" #").unwrap_or(text.len()) };
    Some((text[..end].trim().to_owned(), &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of "secret", at the least cost; made by libcrypt.
    const SECRET: &str = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";

    fn web(text: &str) -> Result<Web, String> {
        Web::of(&settings(text)?, Path::new("/nonexistent/web.yml"))
    }

    proptest::proptest! {
        #[test]
        fn what_is_wrong_has_its_line(text in "((basic_auth_users|tls_server_config|cert_file|'|\"|#|---|.):?|  |\n){0,12}", any: String) {
            for text in [text, any] {
                if let Err(why) = web(&text) {
                    let line = why.split(':').next().and_then(|line| line.parse::<usize>().ok());
                    proptest::prop_assert!(line.is_some_and(|line| line >= 1 && line <= text.lines().count()), "{}", why);
                }
            }
        }

        #[test]
        fn any_header_and_hash_may_come(header: String, hash: String) {
            proptest::prop_assert!(basic(&header).is_none() || header.to_ascii_lowercase().starts_with("basic "));
            proptest::prop_assert!(Hash::parse(&hash).is_none_or(|_| hash.starts_with('$')));
        }
    }

    #[tokio::test]
    async fn whoever_has_the_password_is_let_in() {
        let web = web(&format!("basic_auth_users:\n  'prometheus': \"{SECRET}\" # the one\n")).unwrap();
        let header = |text: &str| format!("Basic {}", STANDARD.encode(text));
        assert!(web.wants_log_in());
        for _ in 0..2 {
            assert!(web.lets_in(Some(&header("prometheus:secret"))).await);
        }
        assert_eq!(web.passed.known.lock().unwrap().len(), 1);
        for wrong in ["prometheus:secret ", "prometheus:", "other:secret", "prometheus", ":"] {
            assert!(!web.lets_in(Some(&header(wrong))).await, "{wrong}");
        }
        assert!(!web.lets_in(None).await && !web.lets_in(Some("Bearer secret")).await);
        assert!(!web.lets_in(Some("Basic %%%")).await);
        assert!(Web::default().lets_in(None).await);
    }

    #[test]
    fn what_is_not_supported_is_said() {
        for (text, says) in [
            ("http_server_config:\n  http2: false\n", "1: http_server_config is not supported"),
            ("tls_server_config:\n  cert_file: a\n", "2: cert_file needs a key_file"),
            ("tls_server_config:\n  client_ca_file: a\n", "2: tls_server_config.client_ca_file is not supported"),
            ("tls_server_config:\n  min_version: TLS10\n", "2: min_version is"),
            ("tls_server_config:\n  cert_file: a\n  key_file: b\n", "2: /nonexistent/a: "),
            ("basic_auth_users:\n  a: secret\n", "2: a: not a bcrypt hash"),
            ("basic_auth_users: {a: b}\n", "1: written in a way"),
            ("basic_auth_users:\n\ta: b\n", "2: YAML does not indent with tabs"),
            ("basic_auth_users:\n  - a\n", "2: written in a way"),
            ("a\n", "1: written in a way"),
        ] {
            let why = web(text).err().unwrap_or_default();
            assert!(why.starts_with(says), "{text}: {why}");
        }
        assert!(!web("# nothing\n---\n").unwrap().wants_log_in());
        let costly = SECRET.replace("$04$", "$20$");
        assert!(Hash::parse(SECRET).is_some() && Hash::parse(&costly).is_none() && Hash::parse("$2b$04$").is_none());
    }
}
