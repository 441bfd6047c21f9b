//! Real handshakes with strange certificates: names, dates, sizes, chains, bytes. A computer that trusts their issuer
//! meets them, so that nothing but the strangeness is at fault.

use super::server::{MAIL_SERVER, Peer, Replace, replace, tls, trust};
use super::suite::{Case, Fits};
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType, SerialNumber, date_time_ymd,
};
use std::sync::{Arc, LazyLock};
use tokio::io::{BufReader, duplex};

/// The issuer that the row's computer trusts.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    der: Vec<u8>,
}

pub static ROOT: LazyLock<(Vec<u8>, Arc<Issuer<'static, KeyPair>>)> = LazyLock::new(|| {
    let made = authority("Hostile Test Root", None);
    (made.der, Arc::new(made.issuer))
});

fn authority(name: &str, by: Option<&Issuer<'static, KeyPair>>) -> Authority {
    let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let der = match by {
        Some(by) => params.signed_by(&key, by).unwrap().der().to_vec(),
        None => params.self_signed(&key).unwrap().der().to_vec(),
    };
    Authority { der, issuer: Issuer::new(params, key) }
}

/// A chain, and the key of its first certificate.
struct Shown {
    chain: Vec<Vec<u8>>,
    key: Vec<u8>,
}

/// A certificate for the server's name, with this change, by the trusted issuer.
fn leaf(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let key = KeyPair::generate().unwrap();
    let params = params(names, change);
    Shown { chain: vec![params.signed_by(&key, &*ROOT.1).unwrap().der().to_vec()], key: key.serialize_der() }
}

/// A sound one for a web server: its chain and key.
pub fn leaf_for_web(names: &[&str]) -> (Vec<Vec<u8>>, Vec<u8>) {
    let shown = leaf(names, |_| {});
    (shown.chain, shown.key)
}

fn params(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2048, 1, 1));
    change(&mut params);
    params
}

fn self_signed(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Shown {
    let key = KeyPair::generate().unwrap();
    let der = params(names, change).self_signed(&key).unwrap().der().to_vec();
    Shown { chain: vec![der], key: key.serialize_der() }
}

/// The same, with a byte of it changed: where the pattern ends.
fn patched(mut shown: Shown, pattern: &[u8], byte: u8) -> Shown {
    let der = &mut shown.chain[0];
    let at = der.windows(pattern.len()).position(|window| window == pattern).unwrap();
    der[at + pattern.len() - 1] = byte;
    shown
}

const HOST: &str = "smtp.example.com";

fn many_names(count: usize) -> Shown {
    let names: Vec<String> = (0..count).map(|number| format!("host-{number}.example.com")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    leaf(&[&names[..], &[HOST]].concat(), |_| {})
}

/// Two authorities, each signed by the other, and a certificate by the first.
fn circle() -> Shown {
    let one = authority("Circle One", None);
    let two = authority("Circle Two", Some(&one.issuer));
    let mut again = CertificateParams::new(Vec::<String>::new()).unwrap();
    again.distinguished_name.push(DnType::CommonName, "Circle One");
    again.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let again = again.signed_by(one.issuer.key(), &two.issuer).unwrap().der().to_vec();
    let key = KeyPair::generate().unwrap();
    let der = params(&[HOST], |_| {}).signed_by(&key, &one.issuer).unwrap().der().to_vec();
    Shown { chain: vec![der, again, two.der], key: key.serialize_der() }
}

fn with_more(mut shown: Shown, count: usize) -> Shown {
    let more = authority("Of No Use", None).der;
    shown.chain.extend(std::iter::repeat_n(more, count));
    shown
}

fn with_extension(length: usize) -> Shown {
    leaf(&[HOST], |params| {
        let content = [&[4, 0x83][..], &(length as u32).to_be_bytes()[1..], &vec![7; length]].concat();
        params.custom_extensions.push(CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1, 99_999, 1], content));
    })
}

const SOUND: Fits = Fits { causes: &["healthy"], because: "strange, but valid" };
const SOUND_OR_UNTRUSTED: Fits = Fits {
    causes: &["healthy", "certificate-untrusted"],
    because: "libraries differ in whether they mind; whom they do not trust, they do not trust",
};
const OTHER_NAME: Fits = Fits { causes: &["certificate-name-mismatch"], because: "it does not name this server" };
const NAME_OR_UNTRUSTED: Fits =
    Fits { causes: &["certificate-name-mismatch", "certificate-untrusted"], because: "it does not prove this name" };
const DATES: Fits = Fits { causes: &["certificate-expired"], because: "its time is over, or has not come" };
const UNTRUSTED: Fits =
    Fits { causes: &["certificate-untrusted"], because: "nobody whom this computer trusts vouches for it" };
const UNREADABLE: Fits = Fits {
    causes: &["certificate-untrusted", "smtp-protocol-error", "server-misconfigured"],
    because: "what cannot be read proves nothing, and it is the server that shows it",
};
const TOO_LONG: Fits = Fits {
    causes: &["smtp-protocol-error", "healthy"],
    because: "longer than libraries read; no version and no password was judged",
};

type Row = (&'static str, fn() -> Shown, Fits);

const CERTIFICATES: &[Row] = &[
    ("an ordinary one", || leaf(&[HOST], |_| {}), SOUND),
    ("an empty subject", || leaf(&[HOST], |params| params.distinguished_name = rcgen::DistinguishedName::new()), SOUND),
    (
        "no names but the subject's",
        || leaf(&[], |params| params.distinguished_name.push(DnType::CommonName, HOST)),
        SOUND_OR_NAME,
    ),
    ("no name at all", || leaf(&[], |params| params.distinguished_name = rcgen::DistinguishedName::new()), OTHER_NAME),
    ("a name for everybody", || leaf(&["*"], |_| {}), OTHER_NAME),
    ("a name for all of .com", || leaf(&["*.com"], |_| {}), OTHER_NAME),
    ("a NUL within its name", || leaf(&["smtp.example.com\0.example.net"], |_| {}), NAME_OR_UNTRUSTED),
    (
        "addresses alone",
        || leaf(&[], |params| params.subject_alt_names.push(SanType::IpAddress(MAIL_SERVER.into()))),
        OTHER_NAME,
    ),
    ("1,000 names", || many_names(1_000), SOUND),
    ("10,000 names", || many_names(10_000), TOO_LONG),
    (
        "control characters in its subject",
        || {
            leaf(&[HOST], |params| {
                params.distinguished_name.push(DnType::CommonName, "\u{1b}[2J\u{202e}evil\u{7}");
                params.distinguished_name.push(DnType::OrganizationName, "a\r\nb\u{9b}31m");
            })
        },
        SOUND,
    ),
    (
        "a subject of 10,000 letters",
        || leaf(&[HOST], |params| params.distinguished_name.push(DnType::OrganizationName, "o".repeat(10_000))),
        SOUND_OR_UNTRUSTED,
    ),
    (
        "control characters in its issuer",
        || {
            self_signed(&[HOST], |params| {
                params.distinguished_name.push(DnType::CommonName, "\u{1b}]0;evil\u{7}\u{202e}")
            })
        },
        UNTRUSTED,
    ),
    (
        "a negative serial number, signed by nobody",
        || {
            patched(
                leaf(&[HOST], |params| params.serial_number = Some(SerialNumber::from_slice(&[0x11; 8]))),
                &[2, 8, 0x11],
                0x91,
            )
        },
        UNTRUSTED_OR_UNREADABLE,
    ),
    (
        "a serial number of 200 bytes",
        || leaf(&[HOST], |params| params.serial_number = Some(SerialNumber::from_slice(&[0x11; 200]))),
        SOUND_OR_UNTRUSTED,
    ),
    ("valid to the year 9999", || leaf(&[HOST], |params| params.not_after = date_time_ymd(9_999, 12, 31)), SOUND),
    (
        "valid in 1950",
        || {
            leaf(&[HOST], |params| {
                (params.not_before, params.not_after) = (date_time_ymd(1_950, 1, 1), date_time_ymd(1_950, 12, 31));
            })
        },
        DATES,
    ),
    (
        "valid from the year 9000",
        || {
            leaf(&[HOST], |params| {
                (params.not_before, params.not_after) = (date_time_ymd(9_000, 1, 1), date_time_ymd(9_999, 12, 31));
            })
        },
        DATES,
    ),
    (
        "an end before its beginning",
        || {
            leaf(&[HOST], |params| {
                (params.not_before, params.not_after) = (date_time_ymd(2_040, 1, 1), date_time_ymd(2_021, 1, 1));
            })
        },
        DATES,
    ),
    ("a chain in a circle", circle, UNTRUSTED),
    (
        "one certificate 20 times",
        || {
            let mut shown = leaf(&[HOST], |_| {});
            shown.chain = vec![shown.chain[0].clone(); 20];
            shown
        },
        SOUND,
    ),
    ("90 more in its chain", || with_more(leaf(&[HOST], |_| {}), 90), SOUND_OR_TOO_LONG),
    ("1,000 more in its chain", || with_more(leaf(&[HOST], |_| {}), 1_000), TOO_LONG),
    ("self-signed", || self_signed(&[HOST], |_| {}), UNTRUSTED),
    (
        "self-signed, for clients alone, and no authority",
        || {
            self_signed(&[HOST], |params| {
                params.is_ca = IsCa::ExplicitNoCa;
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            })
        },
        UNTRUSTED,
    ),
    (
        "for signing code alone",
        || leaf(&[HOST], |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning]),
        UNTRUSTED_OR_UNREADABLE,
    ),
    (
        "an authority's own",
        || leaf(&[HOST], |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)),
        SOUND_OR_UNTRUSTED,
    ),
    (
        "by the trusted issuer's name, and another key",
        || {
            let imitation = authority("Hostile Test Root", None);
            let key = KeyPair::generate().unwrap();
            let der = params(&[HOST], |_| {}).signed_by(&key, &imitation.issuer).unwrap().der().to_vec();
            Shown { chain: vec![der], key: key.serialize_der() }
        },
        UNTRUSTED,
    ),
    (
        "a key that is not its own",
        || Shown { key: KeyPair::generate().unwrap().serialize_der(), ..leaf(&[HOST], |_| {}) },
        WRONG_KEY,
    ),
    ("an extension of 30,000 bytes", || with_extension(30_000), SOUND),
    ("an extension of 300,000 bytes", || with_extension(300_000), TOO_LONG),
    ("bytes of no certificate", || Shown { chain: vec![vec![0x30; 500]], ..leaf(&[HOST], |_| {}) }, UNREADABLE),
    ("an empty certificate", || Shown { chain: vec![vec![]], ..leaf(&[HOST], |_| {}) }, UNREADABLE),
    ("no certificate", || Shown { chain: vec![], ..leaf(&[HOST], |_| {}) }, UNREADABLE_OR_ENDS),
    (
        "half a certificate",
        || {
            let mut shown = leaf(&[HOST], |_| {});
            let half = shown.chain[0].len() / 2;
            shown.chain[0].truncate(half);
            shown
        },
        UNREADABLE,
    ),
];

const SOUND_OR_NAME: Fits = Fits {
    causes: &["healthy", "certificate-name-mismatch"],
    because: "libraries differ in whether the subject counts (RFC 9525 section 2)",
};
const UNTRUSTED_OR_UNREADABLE: Fits = Fits {
    causes: &["certificate-untrusted", "smtp-protocol-error", "server-misconfigured"],
    because: "it proves nothing, for this purpose or at all",
};
const SOUND_OR_TOO_LONG: Fits =
    Fits { causes: &["healthy", "smtp-protocol-error"], because: "a chain of 40 KiB is strange, but valid" };
const WRONG_KEY: Fits = Fits {
    causes: &["smtp-protocol-error", "server-misconfigured", "tls-too-weak"],
    because: "the server cannot prove that the certificate is its own; the certificate itself is right",
};
const UNREADABLE_OR_ENDS: Fits = Fits {
    causes: &["smtp-protocol-error", "server-misconfigured", "certificate-untrusted", "server-rejects-client"],
    because: "there is nothing to read",
};

/// A mail server that shows these certificates.
fn shows(shown: Shown, implicit: bool) -> Replace {
    let acceptor = tls(shown.chain, shown.key);
    Arc::new(move |_| {
        let (ours, theirs) = duplex(64 * 1024);
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut peer = Peer { stream: BufReader::new(theirs) };
            if !implicit && !peer.until_starttls().await {
                return;
            }
            if let Ok(stream) = acceptor.accept(peer.stream).await {
                Peer { stream: BufReader::new(stream) }.serve_mail(implicit).await;
            }
        });
        Box::new(ours)
    })
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (what, make, fits) in CERTIFICATES {
        for (port, security) in [(587, "starttls"), (465, "implicit")] {
            let mut case = Case::new("certificates", *what, format!("TLS on {port}"), *fits);
            case.account =
                format!("settings = {{ server = \"smtp.example.com\", port = {port}, security = {security:?} }}\n");
            let other = if port == 587 { 465 } else { 587 };
            case.world = format!("[host.\"smtp.example.com\".port.{other}]\nclosed = true\n");
            case.change = Box::new(move |job| {
                trust(job, &ROOT.0);
                replace(job, &[(MAIL_SERVER, port)], shows(make(), port == 465));
            });
            cases.push(case);
        }
    }
    cases
}
