//! For what a server turns a computer away, as its own words say: the name given in HELO or EHLO, or the reverse-DNS name of
//! its address. That they turn it away at all is found in `replies`; a block list, a country and a number of log-ins are
//! the general case.

use crate::text::any_case::AnyCase;
use std::sync::LazyLock;

/// What the words complain of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantNames, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum For {
    /// The name that the program gave in HELO or EHLO.
    HeloName,
    /// The name of the address in reverse DNS: there is none, or it does not lead back to the address.
    ReverseName,
}

/// The name in HELO or EHLO beside a word that refuses it, as Postfix (`smtpd_helo_restrictions`), Exim, Sendmail, cPanel and
/// Haraka write it. A log's own line "EHLO pc" has no such word.
static HELO: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\b(?:helo|ehlo)\b[^.\n]{0,60}\b(?:reject|invalid|refus|denied|not |need|must|bad|listed|syntax|forge|mismatch|unqualified|localhost)|\b(?:invalid|bad|suspicious|forged|fake|illegal|malformed|unqualified|wrong) (?:helo|ehlo)\b|\bneed fully.qualified hostname",
    )
});
/// The reverse-DNS name: PTR (RFC 1035 section 3.3.12), x.7.25 of RFC 7372, and Postfix' `reject_unknown_client_hostname`.
static REVERSE: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\bptr\b|\breverse[ -](?:dns|name|host|lookup|mapping|resol|record|ip|address)|\brdns\b|\b[45]\.7\.25\b|cannot find your (?:reverse )?hostname|\bdoes not (?:reverse|resolve back)|\bno reverse\b|\breverse and forward\b",
    )
});

/// What these words complain of; `None` if of neither, or of both at once, as some do of any connection at home.
pub fn for_what(words: &str) -> Option<For> {
    match (HELO.is_match(words), REVERSE.is_match(words)) {
        (true, false) => Some(For::HeloName),
        (false, true) => Some(For::ReverseName),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", Some(For::HeloName))]
    #[case("550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)", Some(For::HeloName))]
    #[case("450 4.7.1 <pc.home.arpa>: Helo command rejected: Host not found", Some(For::HeloName))]
    #[case("501 Syntactically invalid EHLO argument(s)", Some(For::HeloName))]
    #[case("550 5.7.1 HELO must not be localhost", Some(For::HeloName))]
    #[case("550-5.7.25 The IP address sending this message does not have a PTR record setup.", Some(For::ReverseName))]
    #[case(
        "550-5.7.1 message does not meet IPv6 sending guidelines regarding PTR records and authentication",
        Some(For::ReverseName)
    )]
    #[case("550-inconsistent or no DNS PTR record for 2001:db8::1 (see RFC 1912 2.1)", Some(For::ReverseName))]
    #[case("421 smtp-28.iol.local No reverse DNS [smtp-28.iol.local; LIB_120]", Some(For::ReverseName))]
    #[case("450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.1]", Some(For::ReverseName))]
    #[case("554 5.7.1 Blocked - Suspicious HELO [[192.168.1.4]] and missing reverse DNS [203.0.113.9]", None)]
    #[case("554 5.7.1 Service unavailable; client host [192.0.2.1] blocked using zen.spamhaus.org", None)]
    #[case("EHLO pc-17\n250-mail.example.test\n554 5.7.1 Your address is blocked", None)]
    fn the_words_say_for_what(#[case] words: &str, #[case] expected: Option<For>) {
        assert_eq!(for_what(words), expected, "{words}");
    }
}
