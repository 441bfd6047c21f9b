//! What else an error tells that a person has pasted, besides what it means: the names on a certificate. What it means is
//! found in `pasted`.

use super::parts::regex;
use regex_lite::Regex;
use std::sync::LazyLock;

/// How programs and libraries write for whom a certificate is: PHP and OpenSSL (PHP 8, `ext/openssl/xp_ssl.c`), Go
/// (`crypto/x509`), Node.js (`tls.checkServerIdentity`), Thunderbird and Firefox.
static NAMES: LazyLock<[Regex; 4]> = LazyLock::new(|| {
    [
        r"Peer certificate CN=[`']([^`']+)' did not match",
        r"certificate is valid for ([^:]+?), not ",
        r"is not in the cert's altnames: ((?:DNS:[^,\s]+(?:, )?)+)",
        r"certificate is only valid for (?:the following names: )?([^\n]+?)\.?(?:\s*$|\n)",
    ]
    .map(regex)
});

/// For which names a certificate is, as an error says that complains of another name.
pub fn certificate_names(error: &str) -> Option<String> {
    let found = NAMES.iter().find_map(|pattern| pattern.captures(error))?;
    let names = found.get(1)?.as_str().replace("DNS:", "");
    Some(names.trim().trim_end_matches(',').to_owned()).filter(|names| !names.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_tell_whose_certificate_it_is() {
        for (error, names) in [
            ("Peer certificate CN=`*.hosting.test' did not match expected CN=`mail.a.test'", Some("*.hosting.test")),
            (
                "tls: failed to verify certificate: x509: certificate is valid for a.test, b.test, not c.test",
                Some("a.test, b.test"),
            ),
            (
                "Hostname/IP does not match certificate's altnames: Host: c.test. is not in the cert's altnames: DNS:*.b.test, DNS:b.test",
                Some("*.b.test, b.test"),
            ),
            ("The certificate is only valid for b.test.", Some("b.test")),
            ("certificate verify failed: Hostname mismatch, certificate is not valid for 'c.test'", None),
        ] {
            assert_eq!(certificate_names(error).as_deref(), names, "{error}");
        }
    }
}
