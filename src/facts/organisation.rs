//! What the words of a refusal say of the sender's whole organisation: that all of it is stopped, or that it does not let
//! mail to this recipient out. That something is refused at all is found in `replies` and `pasted`.

use crate::text::any_case::AnyCase;
use std::sync::LazyLock;

/// What holds for all mailboxes of the organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantNames, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Whole {
    /// None of them may send to the outside.
    Stopped,
    /// A list of its own keeps mail to this recipient back.
    Forbids,
}

/// Exchange Online's 5.7.705 and 5.7.708, 5.7.703, and the same in other words (Microsoft Learn, "Fix NDR error codes 5.7.700
/// through 5.7.750 in Exchange Online").
static STOPPED: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\b5\.7\.70[58]\b|\btraffic not accepted from this ip\b|\b(?:tenant|organi[sz]ation|company|domain)\b(?: has| have| is| was)?[^.:'\n]{0,20}\b(?:exceeded|(?:is|are|been|was|were) (?:blocked|locked|suspended|restricted|disabled|banned))\b",
    )
});
static FORBIDS: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(r"\b5\.7\.703\b|\btenant allow\S{0,3} ?block list\b|\bblocked by your organi[sz]ation\b")
});

/// What these words say of the organisation; `None` if nothing.
pub fn named(words: &str) -> Option<Whole> {
    match (FORBIDS.is_match(words), STOPPED.is_match(words)) {
        (true, _) => Some(Whole::Forbids),
        (false, true) => Some(Whole::Stopped),
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("550 5.7.705 Access denied, tenant has exceeded threshold", Some(Whole::Stopped))]
    #[case("550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP.", Some(Whole::Stopped))]
    #[case("Traffic not accepted from this IP", Some(Whole::Stopped))]
    #[case("550 Your organisation has been blocked for sending spam", Some(Whole::Stopped))]
    #[case(
        "messages to x@example.org are blocked by your organization using Tenant Allow Block List",
        Some(Whole::Forbids)
    )]
    #[case("550 5.7.703", Some(Whole::Forbids))]
    #[case("550 5.1.8 Access denied, bad outbound sender", None)]
    #[case("535 5.7.8 Your account is blocked", None)]
    #[case("Please contact your organization's administrator: the account is locked", None)]
    #[case("550 5.1.1 User unknown in this domain", None)]
    fn the_words_say_it(#[case] words: &str, #[case] expected: Option<Whole>) {
        assert_eq!(named(words), expected, "{words}");
    }
}
