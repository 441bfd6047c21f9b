//! What a pasted text is about: sending mail, fetching it, or something else altogether. What it means is in `pasted`.

use super::parts::{MOST_TYPED, begins_with_code};
use crate::text::any_case::AnyCase;
use std::sync::LazyLock;

/// A refusal of which a device's log tells the number alone.
pub(super) static REFUSED_BY_NUMBER: LazyLock<AnyCase> =
    LazyLock::new(|| AnyCase::new(r"\berror code\W{1,4}[45]\d\d\b|\[[45]\d\d\]"));
/// What only errors of fetching mail name.
pub(super) static RECEIVES: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\b(imap|pop3?)\b|\bauthenticate (plain|login)\b|\b(receiving|incoming)\b|\bget (?:new )?mail\b|posteingangsserver|serveur entrant|servidor de entrada",
    )
});
/// What other services than mail write: a shell, a database, a browser, a calendar, a printer without mail.
pub(super) static OTHERS: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(OTHER_SERVICES));
const OTHER_SERVICES: &str = r"(?x)
    \b(?:s?ftp|ssh|sudo): | \bora-\d | '@' | \bhttp(?:\ |/\S+\ )[45]\d\d | \b(?:psql|mysql|sqlstate|redis|ldap_\w+|npm|docker|kubectl|urllib3?)\b
    | fatal:\ unable\ to\ access | \bhostname\ git\. | (?::|\bport\ )(?:22|80|443|1433|3306|3389|5432|6379|6443|8080|8443|27017)\b
    | net::err_ | \bthis\ (?:site|page)\b | \bconnection\ is\ not\ private | \b(?:firefox|chrome|edge)\ can.?t | \bweb\ ?(?:site|page)s?\b | connect\ to\ (?:webmail|authentication\ server)
    | \bc(?:al|ard)dav\b | \b(?:calendar|kalender|calendrier|calendario)\b | \bvpn\b | \bwi-?fi\b | \bwlan\b | \bremote\ desktop
    | \b(?:teams|zoom|onedrive|itunes|app\ store|whatsapp|twitter)\b | \bprinter\ (?:is\ )?offline | connect\ to\ the\ printer | \bscan\ to\ (?:folder|usb|smb)";
static SMTP: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new("smtp"));
/// What is never about a mail server's answer, whatever is sent: other services by their names, and what is said of
/// encrypted or signed messages and of files with passwords of their own.
static ELSEWHERE: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(OTHER_MATTERS));
const OTHER_MATTERS: &str = r"(?x)
    \b(?:ldaps?|ftps?|smb|git|whatsapp|teams|telegram|calendar|caldav|carddav)\b[^.]{0,40}(?:\b(?:message|server|upload|error)\b|:|\bfailed) | \bgit\b.{0,60}https?:
    | \b(?:s?ftp|smb|ldap)\b.{0,40}\b(?:5\d\d|failed|denied|incorrect|invalid|fehlgeschlagen) | \b(?:scan|copy|save)\ to\ (?:\w+\ )?folder | \b(?:destination|shared|network)\ folder
    | \bproxy\b.{0,30}\bauthenti | \bproxy\ socket\b | \b(?:open|connect\ to|lock|read)\ (?:the\ |a\ )?database\b | \bwi-?fi\ authenti | \bwebmail\b.{0,20}\bsession\b
    | \bs/mime\b | without\ recipient\ certificate | verify\ your\ signature | \b(?:open)?pgp\b | \bdigital(?:ly)?\ sign | \bpassword\b.{0,20}\b(?:zip|pdf|file|document|archive|attachment)\b
    | \b(?:zip|pdf|file|document|archive|attachment)\b.{0,20}\bpassword";

/// Whether it names another matter, and is no reply of a mail server all the same.
pub(super) fn is_elsewhere(text: &str) -> bool {
    // A proxy's 407 and other numbers of the web: SMTP has none in 40x.
    let is_reply = begins_with_code(text) && !text.starts_with("40");
    let is_smtp = is_reply || SMTP.is_match(text);
    ELSEWHERE.is_match(text) && !is_smtp
}

/// What is said to be in order: "not expired", or a reply by which a server accepts something.
pub(super) static IN_ORDER: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\b(?:not|n't) (?:required?|expired|full|locked|rejected|blocked)\b|authentication succeeded|\btoo (?:large|big) (?:to (?:be )?(?:scan|check|display|show|completely|reformat)|for the available memory)|\btimeout \(seconds\)|\bfailed - [23]\d\d\b",
    )
});
/// What shows that a text is about sending mail all the same.
pub(super) static SENDS: LazyLock<AnyCase> =
    LazyLock::new(|| AnyCase::new(r"smtp|\bsen[dt]|outgoing|relay|recipient|postausgang|sortant|salida|uscita"));

/// What a mail server writes of the servers to which it delivers: never the account's own.
static DELIVERS: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(DELIVERIES));
const DELIVERIES: &str = r"(?x)
    \bconnect\ to\ \S+\[[0-9a-f.:]+\]:25\b | \bstatus=(?:deferred|bounced|undeliverable) | \bt=remote_smtp | \bstat=deferred
    | \bdeliver(?:y|ing)\b.{0,80}\brefused | \brefused\b.{0,80}\bdeliver";
/// What shows that it hands its mail to another server for delivery: then that one is its own.
static HANDS_ON: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\]:(?:465|587)\b|\b(?:smtp|relay|smarthost|mailout|out|send)[\w-]*\.[a-z]|\blocalhost\b|\b127\.0\.0\.1\b",
    )
});

/// Whether it is about a connection of the account's server to a recipient's.
pub(super) fn is_delivery(text: &str) -> bool {
    DELIVERS.is_match(text) && !HANDS_ON.is_match(text)
}

/// An address of the servers from which Microsoft delivers, as what is turned away: not that of a server which says so.
static PROVIDERS_SERVER: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(PROVIDERS_SERVERS));
/// Source: Microsoft Learn, Office 365 URLs and IP address ranges, Exchange Online: 40.92.0.0/15, 40.107.0.0/16, 52.100.0.0/14.
const PROVIDERS_SERVERS: &str = r"(?x)
    \b(?:client|host|ip|address|from)[\ :=\[(<]{1,3}(?:40\.(?:92|93|107)|52\.10[0-3])\.\d{1,3}\.\d{1,3}\b";

/// Whether a provider's own server is turned away, and so the message has already left the account's side.
pub(super) fn refuses_a_providers_server(text: &str) -> bool {
    PROVIDERS_SERVER.is_match(text)
}

/// Whether a text without any number of a server is about mail: what is said of recipients and accounts is said of parcels
/// and banks too. A few words are what somebody has typed off a screen.
pub(super) fn is_about_mail(text: &str) -> bool {
    static MAIL: LazyLock<AnyCase> = LazyLock::new(|| {
        AnyCase::new(
            r"smtp|mail|\b[45]\.\d\.\d|\bmta\b|\brelay|(sender|recipient) (address|verify|domain)|spam|@|message|\bhelo\b",
        )
    });
    static REFUSES: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(REFUSAL));
    let is_short = text.split_whitespace().count() <= MOST_TYPED;
    (is_short || MAIL.is_match(text)) && REFUSES.is_match(text) && !is_of_something_else(text)
}

/// Whether it has a number of a server, or says that something failed.
pub(super) fn is_of_a_failure(text: &str) -> bool {
    static FAILURE: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(FAILS));
    FAILURE.is_match(text)
}
const FAILS: &str = r"(?x)
    \b[45]\.\d{1,3}\.\d{1,3}\b | \b[45]\d\d\b | \b(?:can(?:'t|not)|could\ ?n(?:o|')t|was(?:\ no|n')t|not|unable\ to|fail\w*\ (?:to|when|while))\W{1,2}(?:be\ )?(?:sen[dt]|deliver)
    | \berr(?:or|eur|ore)\b | \bfehler\b | exception | fail(?:ed|ure) | smtp | \b(?:mail|rcpt|data)\ command";

/// Whether a word of mail is in it, or a port or a number of programs that send it.
pub(super) fn shows_mail(text: &str) -> bool {
    static SHOWS: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(SIGNS));
    SHOWS.is_match(text)
}
const SIGNS: &str = r"(?x)
    mail | smtp | \bsen[dt] | sending | messag | recipient | sender | outgoing | relay | \bmta\b | \bmx\b | imap | pop3 | starttls | \bauth\b | \bconn\b | 0x800 | scan
    | (?::|port\W{0,4})(?:25|465|587|2525)\b | nachricht | absend | empfäng | postausgang | courri | envoi | destinataire | expéditeur | correo | envi | remitente | mensaje
    | posta | messagg | mittente | invi | bericht | verzend | afzender | ontvanger | remetente | mensagem | wiadomo | poczt | wysy | zpráv | odesl | meddeland | skick | besked | viesti
    | üzenet | mesaj | ileti | gönder | сообщени | письм | почт | лист | повідомл | μήνυμα | メール | メッセージ | 邮件 | 郵件 | 发件 | 寄件";

/// An advertisement, or what a program says of its own settings and files.
pub(super) fn is_of_something_else(text: &str) -> bool {
    static CONFIGURATION: LazyLock<AnyCase> = LazyLock::new(|| {
        AnyCase::new(
            r"config(uration)? file|no such file or directory|\b(?:spam|junk|sent|trash|drafts?) (?:folder|mailbox)|\b(?:create|delete|rename|empty) (?:the |this )?(?:folder|mailbox)|\b(?:not|as|empty) spam\b|unsubscribe|must be connected|\bcontinuing (?:unencrypted|without)\b",
        )
    });
    static STATUS: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"\b[45]\.\d{1,3}\.\d{1,3}\b"));
    let is_pitch = text.contains('!') && text.split_whitespace().count() > MOST_TYPED && !STATUS.is_match(text);
    is_pitch || CONFIGURATION.is_match(text)
}

/// Words of refusals.
const REFUSAL: &str = r"(?x) \b[45]\.\d\.\d | rejec | refus | den(?:y|ied) | block | \bnot?\b | n't\b | fail | unknown | invalid | full | exceed
    | limit | over | error | require | must | detect | suspect | flagged | considered | disabled | locked | expire | too\  | unable | wrong | illegal | \bbad\b | \bpoor\b
    | unavailable | listed | spamhaus | \brbl | dnsbl | abgelehnt | verweig | nicht | rechaz | rifiut | respint | geweigerd | odrzuc | inconnu | unbekannt";

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Client host [40.107.22.55] blocked using zen.spamhaus.org", true)]
    #[case("banned sending IP [52.103.1.2]", true)]
    #[case("the address 40.93.0.9 is on a list", true)]
    // The server that says so, and somebody else's addresses.
    #[case("host example-com.mail.protection.outlook.com[52.101.40.1] said: banned sending IP [198.51.100.5]", false)]
    #[case("Client host [140.107.22.55] blocked", false)]
    #[case("Client host [52.104.22.55] blocked", false)]
    fn a_providers_server_is_told_from_others(#[case] said: &str, #[case] expected: bool) {
        assert_eq!(refuses_a_providers_server(said), expected, "{said}");
    }
}
