//! What a DMARC record asks of receivers (RFC 9989 section 4.7). Pure.

use super::tags::tag;
use super::words::Dmarc;

/// Whether a text is meant as a DMARC record.
pub fn is_meant(text: &str) -> bool {
    let start: String = text.chars().filter(|char| !char.is_whitespace() && *char != '"').take(7).collect();
    start.eq_ignore_ascii_case("v=DMARC")
}

/// What the record asks for; one that stands at a domain above may ask for something else below itself (`sp`). Without a
/// policy, or with one that does not exist and an address for reports, it asks for nothing.
pub fn policy(record: &str, is_from_above: bool) -> Dmarc {
    if !is_list(record) {
        return Dmarc::Broken;
    }
    let word = |name: &str| {
        tag(record, name).map(|word| match word.to_ascii_lowercase().as_str() {
            "none" => Dmarc::None,
            "quarantine" => Dmarc::Quarantine,
            "reject" => Dmarc::Reject,
            _ => Dmarc::Broken,
        })
    };
    let wants_reports = tag(record, "rua").is_some_and(|to| to.contains("mailto:"));
    match (word("p").unwrap_or(Dmarc::None), word("sp")) {
        (Dmarc::Broken, _) | (_, Some(Dmarc::Broken)) if wants_reports => Dmarc::None,
        (Dmarc::Broken, _) | (_, Some(Dmarc::Broken)) => Dmarc::Broken,
        (_, Some(below)) if is_from_above => below,
        (own, _) => own,
    }
}

/// Whether it is a list of tags that begins with this very version: any other text does not count (RFC 9989 section 4.7).
fn is_list(record: &str) -> bool {
    let mut tags = record.trim().split(';').map(str::trim);
    let version = tags.next().and_then(|tag| tag.split_once('='));
    let is_version = |(name, value): (&str, &str)| name.trim().eq_ignore_ascii_case("v") && value.trim() == "DMARC1";
    version.is_some_and(is_version) && tags.all(|tag| tag.is_empty() || tag.contains('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("v=DMARC1; p=reject; rua=mailto:a@example.com", false, Dmarc::Reject)]
    #[case("v=DMARC1;p=None;", false, Dmarc::None)]
    #[case("v = DMARC1 ; sp=reject", false, Dmarc::None)]
    #[case("v=DMARC1; p=reject; sp=none", false, Dmarc::Reject)]
    #[case("v=DMARC1; p=reject; sp=none", true, Dmarc::None)]
    #[case("v=DMARC1; p=reject", true, Dmarc::Reject)]
    #[case("v=DMARC1; p=maybe", false, Dmarc::Broken)]
    #[case("v=DMARC1; p=maybe; rua=mailto:a@example.com", false, Dmarc::None)]
    #[case("v=DMARC1; p=reject; sp=maybe", true, Dmarc::Broken)]
    #[case("v=DMARC1 p=reject", false, Dmarc::Broken)]
    #[case("v=DMARC1, p=reject", false, Dmarc::Broken)]
    #[case("v=DMARC1; reject", false, Dmarc::Broken)]
    #[case("v=dmarc1; p=reject", false, Dmarc::Broken)]
    #[case("\"v=DMARC1; p=reject\"", false, Dmarc::Broken)]
    fn what_a_record_asks_for(#[case] record: &str, #[case] is_from_above: bool, #[case] expected: Dmarc) {
        assert!(is_meant(record));
        assert_eq!(policy(record, is_from_above), expected);
    }

    #[test]
    fn other_texts() {
        assert!(!is_meant("v=spf1 -all") && !is_meant(""));
    }
}
