//! Which limit it is that is reached, as the words say that refuse mail because of one: how much may be sent, or how much
//! room the mailbox has. That it is a limit at all is found in `replies` and `pasted`.

use crate::text::any_case::AnyCase;
use std::sync::LazyLock;

/// Whose limit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantNames, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum Limit {
    /// How many messages or recipients, in a time or in one message.
    Sending,
    /// The mailbox's room: who may not receive any more often may not send either.
    Mailbox,
}

/// Room: x.2.2 of RFC 3463, Exchange's `ShutoffQuotaExceeded` and `ErrorQuotaExceeded`, and the words of eight languages.
static ROOM: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\b[45][. ]2[. ]2\b|shutoffquota|errorquota|over ?quota|\b(?:storage|disk|disc) ?(?:space|limit|quota|is|has|full)?|\b(?:mailbox|mail box|inbox|account)\b[^.\n]{0,40}\b(?:full|size|space|storage)\b|\bmailbox (?:limit|quota)\b|\bout of space\b|postfach[^.\n]{0,40}(?:voll|größe)|speicher|bo[iî]te[^.\n]{0,40}pleine|espace[^.\n]{0,20}(?:disque|insuffisant)|stockage|buz[oó]n[^.\n]{0,40}llen|almacenamiento|casella[^.\n]{0,40}piena|spazio|postvak[^.\n]{0,40}vol\b|opslag|caixa[^.\n]{0,40}cheia|armazenamento|skrzynk[^.\n]{0,40}pełn",
    )
});
/// A number: x.4.5 as Google uses it, x.5.3 of RFC 3463, Exchange's `SubmissionQuotaExceeded`, cPanel's "defers and failures".
static NUMBER: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\b[45]\.4\.5\b|\b[45]\.5\.3\b|submission ?quota|\b(?:per|an|a|each|last|past|this|24) ?-?(?:second|minute|hour|day|month)s?\b|\b(?:daily|hourly|monthly)\b|\b(?:sending|outbound|outgoing|relay|rate|message|e-?mails?) (?:limit|quota|rate|allowance)|\brate\b|too many (?:recipients|messages|e-?mails)|\brecipients?\b[^.\n]{0,30}\blimit|\blimit\b[^.\n]{0,30}\brecipients?\b|d.envoi|envois|versand|sendelimit|sendegrenze|\bde env[ií]o|\bdi invio|verzend|\bde envio\b|wysył",
    )
});

/// Which limit these words name; `None` if they name neither, or both.
pub fn named(words: &str) -> Option<Limit> {
    match (NUMBER.is_match(words), ROOM.is_match(words)) {
        (true, false) => Some(Limit::Sending),
        (false, true) => Some(Limit::Mailbox),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("552 5.2.2 Mailbox full", Some(Limit::Mailbox))]
    #[case("exchangelib.errors.ErrorQuotaExceeded: Mailbox has exceeded maximum mailbox size.", Some(Limit::Mailbox))]
    #[case("554 5.2.0 STOREDRV.Submission.Exception:ShutoffQuotaExceededException", Some(Limit::Mailbox))]
    #[case("535 Mailbox is over quota", Some(Limit::Mailbox))]
    #[case("452 4.3.1 Insufficient system storage", Some(Limit::Mailbox))]
    #[case("550 Ihr Postfach ist voll", Some(Limit::Mailbox))]
    #[case("552 La boîte aux lettres est pleine", Some(Limit::Mailbox))]
    #[case("550-5.4.5 Daily user sending limit exceeded.", Some(Limit::Sending))]
    #[case("Quota d'envoi de mails dépassé", Some(Limit::Sending))]
    #[case("554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException", Some(Limit::Sending))]
    #[case(
        "Domain example.test has exceeded the max defers and failures per hour (5/5 (100%)) allowed.",
        Some(Limit::Sending)
    )]
    #[case("550 5.4.6 Recipient address rejected: Email Sending Quota Exceeded", Some(Limit::Sending))]
    #[case("452 4.5.3 Error: too many recipients", Some(Limit::Sending))]
    #[case("550 Letter sending limit is exceeded", Some(Limit::Sending))]
    #[case("535 5.7.8 Your account has reached its daily sending limit.", Some(Limit::Sending))]
    #[case("552 Quota exceeded", None)]
    #[case("550 Your account reached its limit", None)]
    fn the_words_say_which(#[case] words: &str, #[case] expected: Option<Limit>) {
        assert_eq!(named(words), expected, "{words}");
    }
}
