//! Reads a certificate (RFC 5280): names, dates, issuer. Whether it is trusted is for the TLS library to say.

use crate::text::grouped;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

/// What a certificate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The subject, as one line.
    pub subject: String,
    /// The issuer's CN, O and OU, as one line.
    pub issuer: String,
    /// The issuer's organisation (O), or its whole name if it has none.
    pub issuer_organisation: String,
    /// The DNS names and addresses it is for (subjectAltName only, RFC 6125).
    pub names: Vec<String>,
    /// The serial number, in hexadecimal with colons.
    pub serial: String,
    /// SHA-256 over the whole certificate, in hexadecimal with colons: what other tools call its fingerprint.
    pub fingerprint: String,
    /// Valid from, in seconds since 1970.
    pub from: i64,
    /// Valid until, in seconds since 1970.
    pub until: i64,
    /// The kind and size of its key, such as `RSA 2048`.
    pub key: String,
    /// The algorithm with which its issuer signed it, such as `sha256WithRSAEncryption`.
    pub signature: String,
    /// The subject's name, byte for byte.
    pub subject_id: Vec<u8>,
    /// The issuer's name, byte for byte.
    pub issuer_id: Vec<u8>,
    /// Whether subject and issuer are the same.
    pub self_issued: bool,
    /// Whether it says where its issuer's certificate can be had (authorityInfoAccess, RFC 5280 section 4.2.2.1).
    pub names_its_issuer: bool,
}

/// Parses a certificate; the error says what is wrong with it.
pub fn parse(der: &[u8]) -> Result<Certificate, String> {
    let (_, certificate) = X509Certificate::from_der(der).map_err(|error| format!("it cannot be parsed: {error}"))?;
    let names = match certificate.subject_alternative_name() {
        Ok(Some(extension)) => extension.value.general_names.iter().filter_map(name).take(100).collect(),
        _ => Vec::new(),
    };
    Ok(Certificate {
        subject: one_line(certificate.subject()),
        issuer: one_line(certificate.issuer()),
        issuer_organisation: organisation(certificate.issuer()),
        names,
        serial: certificate.raw_serial_as_string(),
        fingerprint: fingerprint(der),
        from: certificate.validity().not_before.timestamp(),
        until: certificate.validity().not_after.timestamp(),
        key: key(certificate.public_key()),
        signature: oid2sn(&certificate.signature_algorithm.algorithm, oid_registry()).unwrap_or("unknown").to_owned(),
        subject_id: certificate.subject().as_raw().to_vec(),
        issuer_id: certificate.issuer().as_raw().to_vec(),
        self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        names_its_issuer: certificate.extensions().iter().any(|extension| {
            matches!(extension.parsed_extension(), ParsedExtension::AuthorityInfoAccess(access)
                if access.accessdescs.iter().any(|description| description.access_method.to_id_string() == "1.3.6.1.5.5.7.48.2"))
        }),
    })
}

fn fingerprint(der: &[u8]) -> String {
    Sha256::digest(der).iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

fn key(key: &SubjectPublicKeyInfo<'_>) -> String {
    match key.parsed() {
        Ok(PublicKey::RSA(rsa)) => format!("RSA {}", bits(rsa.modulus)),
        Ok(PublicKey::EC(point)) => format!("EC {}", point.key_size()),
        Ok(PublicKey::DSA(_)) => "DSA".to_owned(),
        _ => oid2sn(&key.algorithm.algorithm, oid_registry()).unwrap_or("a key of unknown kind").to_owned(),
    }
}

/// The length of a number without its leading zeroes, in bits.
pub(super) fn bits(number: &[u8]) -> usize {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    let number = &number[first..];
    number.len() * 8 - number.first().map_or(0, |byte| byte.leading_zeros() as usize)
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(crate::text::visible_str(name).to_ascii_lowercase()),
        GeneralName::IPAddress([a, b, c, d]) => Some(std::net::Ipv4Addr::new(*a, *b, *c, *d).to_string()),
        GeneralName::IPAddress(bytes) => Some(std::net::Ipv6Addr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
        _ => None,
    }
}

fn organisation(name: &X509Name<'_>) -> String {
    let found = name.iter_organization().find_map(|part| part.as_str().ok());
    found.map_or_else(|| one_line(name), crate::text::visible_str)
}

/// CN, O and OU, in that order.
fn one_line(name: &X509Name<'_>) -> String {
    let common = name.iter_common_name();
    let rest = name.iter_organization().chain(name.iter_organizational_unit());
    let parts: Vec<String> =
        common.chain(rest).filter_map(|part| part.as_str().ok()).map(crate::text::visible_str).collect();
    if parts.is_empty() { crate::text::visible_str(&name.to_string()) } else { parts.join(", ") }
}

impl Certificate {
    /// What today's programs refuse, each in figures: RSA keys under 2,048 bits, EC keys under 224 (NIST SP 800-57),
    /// signatures by MD5 or SHA-1 (RFC 9155; a root's own signature means nothing).
    pub fn weaknesses(&self) -> Vec<String> {
        let size = |kind: &str| self.key.strip_prefix(kind)?.trim().parse::<usize>().ok();
        let weak = |kind: &str, least: usize| {
            let bits = size(kind).filter(|bits| *bits < least)?;
            Some(format!("an {kind} key of {} bits", grouped(bits)))
        };
        let signature = self.signature.to_ascii_lowercase();
        let digest = ["md5", "sha1"].into_iter().find(|digest| !self.self_issued && signature.contains(digest));
        let dsa = || (self.key == "DSA").then(|| "a DSA key".to_owned());
        let key = weak("RSA", 2_048).or_else(|| weak("EC", 224)).or_else(dsa);
        let signed =
            digest.map(|digest| if digest == "md5" { "a signature with MD5" } else { "a signature with SHA-1" });
        key.into_iter().chain(signed.map(str::to_owned)).collect()
    }

    /// Whether it is for this host.
    pub fn is_for(&self, host: &str) -> bool {
        covers(&self.names, host)
    }
}

/// Whether one of these names of a certificate is for this host: exact, or one `*` as the whole leftmost label
/// (RFC 6125 section 6.4.3).
pub fn covers(names: &[String], host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    names.iter().any(|name| {
        let name = name.trim_end_matches('.');
        if name == host {
            return true;
        }
        match (name.strip_prefix("*."), host.split_once('.')) {
            (Some(parent), Some((first, rest))) => {
                !is_address && !first.is_empty() && parent.contains('.') && rest == parent
            }
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_names(names: &[&str]) -> Certificate {
        Certificate {
            subject: String::new(),
            issuer: String::new(),
            issuer_organisation: String::new(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            from: 0,
            until: 0,
            serial: String::new(),
            fingerprint: String::new(),
            key: String::new(),
            signature: String::new(),
            subject_id: vec![],
            issuer_id: vec![],
            self_issued: false,
            names_its_issuer: false,
        }
    }

    #[test]
    fn names() {
        let certificate = for_names(&["mail.example.com", "*.example.net", "203.0.113.5"]);
        assert!(certificate.is_for("mail.example.com") && certificate.is_for("MAIL.example.com."));
        assert!(certificate.is_for("smtp.example.net"));
        assert!(!certificate.is_for("a.b.example.net") && !certificate.is_for("example.net"));
        assert!(certificate.is_for("203.0.113.5") && !certificate.is_for("203.0.113.6"));
        assert!(!for_names(&["*.com"]).is_for("example.com"));
    }

    #[test]
    fn what_is_too_weak() {
        let made = |key: &str, signature: &str| {
            Certificate { key: key.to_owned(), signature: signature.to_owned(), ..for_names(&[]) }.weaknesses()
        };
        assert_eq!(made("RSA 2048", "sha256WithRSAEncryption"), [""; 0]);
        assert_eq!(made("RSA 1024", "sha1WithRSAEncryption"), ["an RSA key of 1,024 bits", "a signature with SHA-1"]);
        let root = Certificate { self_issued: true, signature: "sha1WithRSAEncryption".to_owned(), ..for_names(&[]) };
        assert_eq!(root.weaknesses(), [""; 0]);
    }

    #[test]
    fn odd_certificates() {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
        // Names containing a NUL used to be read only up to the NUL (CVE-2009-2408).
        let name = rcgen::string::Ia5String::try_from("mail.example.com\0.evil.example").unwrap();
        params.subject_alt_names.push(rcgen::SanType::DnsName(name));
        // "No well-defined expiration" (RFC 5280 section 4.1.2.5).
        params.not_after = ::time::OffsetDateTime::from_unix_timestamp(253_402_300_799).unwrap();
        let certificate = parse(params.self_signed(&key).unwrap().der()).unwrap();
        assert!(!certificate.is_for("mail.example.com"), "{:?}", certificate.names);
        assert!(certificate.names.iter().all(|name| !name.contains('\0')), "{:?}", certificate.names);
        assert_eq!(certificate.until, 253_402_300_799);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_safely(at in 0usize..400, byte in proptest::prelude::any::<u8>()) {
            let key = rcgen::KeyPair::generate().unwrap();
            let params = rcgen::CertificateParams::new(vec!["mail.example.com".to_owned()]).unwrap();
            let mut der = params.self_signed(&key).unwrap().der().to_vec();
            let at = at % der.len();
            der[at] = byte;
            let _ = parse(&der).map(|certificate| (certificate.is_for("mail.example.com"), certificate.weaknesses()));
            let _ = parse(&der[..at]);
        }
    }

    #[test]
    fn what_rcgen_makes_is_read() {
        let key = rcgen::KeyPair::generate().unwrap();
        let params = rcgen::CertificateParams::new(vec!["mail.example.com".to_owned()]).unwrap();
        let certificate = parse(params.self_signed(&key).unwrap().der()).unwrap();
        assert_eq!((bits(&[0, 0x7f, 0xff]), bits(&[0x80, 0]), bits(&[])), (15, 16, 0));
        assert_eq!((certificate.key.as_str(), certificate.weaknesses()), ("EC 256", vec![]));
        assert!(certificate.self_issued && certificate.is_for("mail.example.com"));
        assert!(parse(b"no certificate").is_err());
    }
}
