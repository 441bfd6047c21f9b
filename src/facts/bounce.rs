//! A message that came back: who refused it, for which recipient, with which status and words. Reads delivery reports
//! (RFC 3464) and the free forms of Postfix, Exim, Sendmail, qmail, Exchange and Gmail, whole or cut off anywhere, also
//! as one line. What the words mean is in `pasted`.

use crate::text::any_case::AnyCase;
use crate::text::{beginning, one_line};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::LazyLock;

/// What a message that came back says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounce {
    /// The recipient that it did not reach.
    pub recipient: Option<String>,
    /// The server that refused it, or, if none is named, the one that reports it.
    pub refused_by: Option<String>,
    /// The enhanced status code (RFC 3463).
    pub status: Option<String>,
    /// The words of the server that refused it; empty if none are there.
    pub words: String,
    /// It has not been given up yet.
    pub is_delay: bool,
}

/// How much is read, in bytes: the report comes first, the message that was returned after it.
const MOST_READ: usize = 256 * 1024;
/// How much of a server's words is kept, in bytes.
const MOST_WORDS: usize = 1_024;
/// How far from the words that say that a message came back its recipient may stand, in bytes.
const NEAR: usize = 400;
/// How many further recipients are looked at.
const MOST_RECIPIENTS: usize = 5;
/// How many parts in base64 are decoded.
const MOST_PARTS: usize = 4;

/// Reads a message that came back; `None` if the text is none.
pub fn read(text: &str) -> Option<Bounce> {
    let text = decoded(beginning(text, MOST_READ)).replace("\r\n", "\n");
    if !IS_BOUNCE.is_match(&text) {
        return None;
    }
    let block = failed_blocks(&text).first().copied().unwrap_or(&text);
    let said = report(&text);
    let (named_by_text, free_words) = free_form(said);
    let words = field(block, &DIAGNOSTIC).map_or(free_words, cut);
    let status = field(block, &STATUS).map(str::to_owned).filter(|status| !is_general(status));
    let host = field(block, &REMOTE)
        .map(str::to_owned)
        .or(named_by_text)
        .or_else(|| Some(field(&text, &REPORTING)?.to_owned()));
    Some(Bounce {
        recipient: recipient(&text, said, block).map(|name| bare(name).to_owned()),
        refused_by: host.map(|host| bare(&host).to_owned()).filter(|host| !host.is_empty()),
        status: status.or_else(|| status_in(&words)),
        is_delay: field(block, &ACTION)
            .map_or_else(|| text.contains("has been delayed"), |action| action.eq_ignore_ascii_case("delayed")),
        words,
    })
}

/// The words that stand for a message that came back when it is too long to be kept whole: its report alone.
pub fn short(text: &str) -> Option<String> {
    let bounce = read(text)?;
    let mut lines = Vec::new();
    let mut line = |name: &str, value: Option<&str>| lines.extend(value.map(|value| format!("{name}: {value}")));
    line("Final-Recipient", bounce.recipient.as_deref());
    line("Action", Some(if bounce.is_delay { "delayed" } else { "failed" }));
    line("Status", bounce.status.as_deref());
    line("Remote-MTA", bounce.refused_by.as_deref());
    line("Diagnostic-Code", Some(bounce.words.as_str()).filter(|words| !words.is_empty()));
    Some(lines.join("\n"))
}

/// What a status code means by itself, after a server has taken the message. Status codes that stand for several reasons
/// (5.0.0, 5.7.1) are not here. Sources: RFC 3463 section 3, RFC 7372 section 3 (7.20 to 7.26); Microsoft Learn,
/// non-delivery reports in Exchange Online (1.10, 4.1, 7.509, 7.515, 7.606 to 7.649).
pub fn by_status(status: &str) -> Option<&'static str> {
    let (_, reason) = status.split_once('.')?;
    let (subject, detail) = reason.split_once('.')?;
    Some(match (subject, detail.parse::<u16>().ok()?) {
        ("1", 1..=4 | 6 | 10) | ("2", 0..=2 | 4) | ("4", 1 | 4) => "recipient-rejected",
        ("1", 7 | 8) => "sender-not-allowed",
        ("2", 3) | ("3", 4) => "message-too-large",
        ("5", 3) => "quota-exceeded",
        ("7", 20..=24 | 26 | 509 | 515) => "domain-not-authenticated",
        ("7", 606..=649) => "server-rejects-client",
        _ => return None,
    })
}

/// 5.0.0 says no more than that it failed.
fn is_general(status: &str) -> bool {
    status.ends_with(".0.0")
}

/// What only messages that came back say.
static IS_BOUNCE: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"(?x) \b(?:final-recipient|reporting-mta|diagnostic[-\ ]code)\s*: | this\ is\ the\ mail\ system\ at\ host
        | created\ automatically\ by\ mail\ delivery\ software | following\ address(?:es|\(es\))\ (?:failed|had\ permanent)
        | qmail-send\ program | >\ \x23smtp\x23 | remote\ host\ said: | i'?m\ afraid\ i\ wasn.?t\ able\ to\ deliver | transcript\ of\ session\ follows
        | delivery\ has\ failed\ to\ these\ recipients | (?:couldn|wasn|can|could\ no).?t\ be\ delivered\ to | wasn.?t\ delivered\ to
        | your\ message\ to\ \S+\ (?:couldn.?t|cannot\ be|has\ been\ blocked|wasn.?t) | undelivered\ mail\ returned | status=bounced | >:\ host\ \S+\[[^\]]*\]\ said: | <\S+@\S+>:\ connect\ to\ \S+\[
        | delivery\ to\ the\ following\ recipients?\ failed | message\ cannot\ be\ delivered\ to\ the\ following
        | konnte\ nicht\ an\ .{1,80}zugestellt\ werden | nachrichtenzustellung\ an\ folgende\ empfänger
        | échec\ de\ la\ remise | n.a\ pas\ pu\ être\ (?:remis|distribué) | no\ se\ pudo\ entregar
        | error\ de\ entrega\ a\ los | la\ entrega\ ha\ fallado
        | did\ not\ reach\ the\ following\ recipient | unable\ to\ deliver\ (?:your\ )?message\ to | (?:was|were)\ not\ delivered\ to
        | did\ not\ receive\ a\ copy\ of\ your\ message | could\ not\ deliver\ message\ to | failed\ recipient: | delivery\ failed\ \d+\ attempts
        | (?:recipient|address)(?:s|es|\(s\)|\(es\))?\ (?:could\ not\ be\ (?:reached|delivered)|has\ been\ delayed|failed\ permanently)
        | smtp\ error\ from\ remote\ (?:mail\ )?server\ after
        | encountered\ delivery\ problems | e-?mail\ address\(es\)\ you.?re\ trying | error\ delivering\ your\ mail
        | (?:attempting\ to\ deliver\ a\ message|a\ message\ is\ delayed) | message\ cannot\ be\ delivered\ to
        | subject:\ *(?:\[[^\]]*\]\ *)?(?:undeliver|delivery\ (?:status|fail)|returned\ mail|failure\ notice|mail\ delivery|unzustellbar|non\ remis|no\ se\ puede\ entregar|non\ recapitabile|onbestelbaar|niedostarczon)
        | diagnoseinformationen\ für\ admin | informations\ de\ diagnostic\ | información\ de\ diagnóstico\ | informazioni\ di\ diagnostica
        | diagnostische\ gegevens\ voor\ | informações\ de\ diagnóstico\ | informacje\ diagnostyczne\ dla | diagnostic\ information\ for\ admin
        | zustellung\ (?:ist\ |der\ nachricht\ |ihrer\ nachricht\ )?fehlgeschlagen | unzustellbare\ nachricht | konnte\ nicht\ zugestellt\ werden
        | nicht\ an\ einige\ oder\ alle | n'est\ pas\ parvenu\ à | no\ llegó\ a\ (?:algunos|todos) | non\ ha\ raggiunto\ (?:alcuni|tutti)
        | ontvangers\ niet\ bereikt | não\ chegou\ a\ (?:alguns|todos) | nie\ dotarła\ do
        | impossibile\ recapitare | mancato\ recapito | bezorgen\ .{1,40}mislukt | kan\ niet\ worden\ (?:bezorgd|afgeleverd)
        | não\ (?:pôde|foi\ possível)\ (?:ser\ )?entreg | nie\ (?:można|udało\ się)\ dostarczyć | nie\ została\ dostarczona | не\ может\ быть\ доставлено",
    )
});

static STATUS: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"\bstatus:\s*([245]\.\d{1,3}\.\d{1,3})"));
static ACTION: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"\baction:\s*([a-z]+)"));
static RECIPIENT: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(r"(?:final-recipient|recipient address):\s*(?:[a-z0-9]+\s*;)?\s*<?([^\s<>;]+@[^\s<>;]+)")
});
static ORIGINAL: LazyLock<AnyCase> =
    LazyLock::new(|| AnyCase::new(r"original-recipient:\s*(?:[a-z0-9]+\s*;)?\s*<?([^\s<>;]+@[^\s<>;]+)"));
static REMOTE: LazyLock<AnyCase> =
    LazyLock::new(|| AnyCase::new(r"remote[- ](?:mta|system):\s*(?:[a-z-]+\s*;)?\s*\[?([^\s;()\[\]]+)"));
static REPORTING: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(r"(?:reporting-mta:\s*(?:[a-z-]+\s*;)?|generating server:|mail system at host)\s*\[?([^\s;()\[\]]+)")
});
static DIAGNOSTIC: LazyLock<AnyCase> =
    LazyLock::new(|| AnyCase::new(r"(?s)diagnostic[- ]code:\s*(?:[a-z][a-z0-9-]*\s*;)?\s*(\S.{0,2000})"));

/// A recipient in the free forms: in front of what its server said, or in a sentence.
static FREE_RECIPIENT: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"(?x) <([^\s<>]+@[^\s<>]+)>(?:\s*\([^)]*\))?\s*:\s | \bto=<([^\s<>]+@[^\s<>]+)>
        | (?:failed|errors|groups?|recipients?|gruppen|groupes|grupos)\s*:?\s*-*\s*<?([^\s<>()\[\]]+@[^\s<>()\[\]]+[\w])
        | (?:message\ to|delivered\ to|delivered\ to:)\s+<?([^\s<>]+@[^\s<>]+[\w])",
    )
});

/// How the free forms say who said what; each has the words, and perhaps the host.
static FREE_FORMS: LazyLock<[AnyCase; 13]> = LazyLock::new(|| {
    [
        r"(?s)\bhost (?P<host>[^\s\[]+)\s*\[[^\]]*\] (?:said|refused to talk to me):\s*(?P<words>.+)",
        r"(?s)\bhost (?P<host>[^\s\[]+)\s*\[[^\]]*\]\s+smtp error from remote (?:mail )?server after .{0,300}?:\s+(?P<words>[245]\d\d[ -].+)",
        r"(?s)smtp error from remote (?:mail )?server after .{0,300}?:\s+(?P<words>[245]\d\d[ -].+)",
        r"(?s)\bremote (?:host|server) (?:at (?P<host>\S+) .{0,80}?)?(?:said|returned):?\s*['<#]*\s*(?P<words>[245].+)",
        r"(?s)<<<\s*(?P<words>[45]\d\d.+)",
        r"(?s)\(reason:\s*(?P<words>[^()]+)",
        r"(?s)smtp error from remote server (?:after|for) .{0,120}?\bhost:\s*(?P<host>[^\s()]+).{0,80}?\s(?:reason:\s*)?(?P<words>[245][.\d]\d.+)",
        r"(?s)\bdid not like our [a-z ]{2,12}:\s+(?P<words>[245]\d\d.+)",
        r"(?s)(?:response|error)(?: that the other server returned| from the remote server)?(?: was| returned was)?:\s*(?P<words>[45]\d\d.+)",
        r"(?s)\btechnical details of (?:permanent|temporary) failure:[\s=\d]*(?P<words>\S.+)",
        // The recipient, and below or behind it what was said of it.
        r"(?s)(?:^|\n)[ \t]*[<\x22]?[^\s<>@\x22:]+@[^\s<>@\x22:]+[>\x22]?(?:(?::\s+|\n[ \t]+)(?P<words>[^\s<>\x22].+)|\s+(?P<numbered>#?[245](?:\d\d[ -]|\.\d\.).+))",
        r"(?s)(?:^|\n)[ \t]*(?:for the following )?reason:\s+(?P<words>\S.+)",
        r"(?s)\nbecause:\s+(?P<words>\S.+)",
    ]
    .map(AnyCase::new)
});

/// Where a server's words end: at an empty line, at the next field, or where the returned message begins.
static WORDS_END: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"\n\s*\n|\n--|\n>>>|\n\.\.\. |\n?\s*\b(?:reporting-mta|final-recipient|original-recipient|action|status|remote-mta|last-attempt-date|arrival-date|will-retry-until|x-[a-z-]+|received|return-path|remote system):\s|giving up on |\blast-attempt|-{3} below this line|original message headers",
    )
});

/// Where the message that came back begins, below what is said about it.
static RETURNED: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(
        r"(?x) -{2,}\ *(?:below\ this\ line|this\ is\ a\ copy|original\ message|returned\ message|the\ header\ of|message\ header|unsent\ message|ursprüngliche\ nachricht)
        | (?:message\ headers|original\ message(?:\ headers?)?)\ follows? | below\ is\ a\ copy\ of | original\ message\ headers: | ursprüngliche\ nachrichtenkopf
        | content-type:\s*(?:message/rfc822|text/rfc822-headers)",
    )
});

/// What a message that came back says in its text, in any form: without its own headers, and without the message that
/// is returned in it.
pub(super) fn told(text: &str) -> String {
    let text = decoded(beginning(text, MOST_READ)).replace("\r\n", "\n");
    report(&text).to_owned()
}

fn report(text: &str) -> &str {
    static HEADERS: LazyLock<AnyCase> =
        LazyLock::new(|| AnyCase::new(r"^\s*(?:(?:from |[a-z][a-z0-9-]*:)[^\n]*\n(?:[ \t][^\n]*\n)*){3,}\s*\n"));
    let text = &text[HEADERS.find(text).map_or(0, |headers| headers.end)..];
    let says_so = IS_BOUNCE.find(text).map_or(0, |found| found.end);
    &text[..RETURNED.find(&text[says_so..]).map_or(text.len(), |found| says_so + found.start)]
}

/// The value of the first group that took part.
fn field<'a>(text: &'a str, of: &AnyCase) -> Option<&'a str> {
    of.groups(text)?.first().map(str::trim)
}

/// The recipient as the sender wrote it, where that is told; otherwise as the last server knows it; or the first address after
/// the words that say that it came back.
fn recipient<'a>(text: &'a str, said: &'a str, block: &'a str) -> Option<&'a str> {
    static ADDRESS: LazyLock<AnyCase> =
        LazyLock::new(|| AnyCase::new(r"[a-z0-9][^\s<>()\[\]\x22';:,=]*@[a-z0-9-]+(?:\.[a-z0-9-]+)+"));
    let Some(last) = field(block, &RECIPIENT) else {
        // The message's own headers name the sender, as whom it came back to, and themselves.
        let from = || IS_BOUNCE.find(said).map_or(0, |found| found.start);
        return field(said, &FREE_RECIPIENT).or_else(|| {
            let near = beginning(&said[from()..], NEAR);
            let is_sender = |start: usize| near[..start].trim_end_matches([' ', '<']).ends_with("from");
            ADDRESS.find_all(near, 4).into_iter().find(|at| !is_sender(at.start)).map(|at| &near[at])
        });
    };
    // One paragraph of a report is about one recipient.
    let mut paragraphs = text.split("\n\n").filter(|paragraph| field(paragraph, &RECIPIENT) == Some(last));
    let written = paragraphs.find(|paragraph| ORIGINAL.find_all(paragraph, 2).len() == 1);
    written.and_then(|paragraph| field(paragraph, &ORIGINAL)).or(Some(last))
}

/// Status and words of what is said of the other recipients.
pub(super) fn others(text: &str) -> Vec<(Option<String>, String)> {
    let text = decoded(beginning(text, MOST_READ)).replace("\r\n", "\n");
    let blocks = failed_blocks(&text).into_iter().skip(1).take(MOST_RECIPIENTS);
    let of = |block: &str| {
        let words = field(block, &DIAGNOSTIC).map(cut).unwrap_or_default();
        let status = field(block, &STATUS).map(str::to_owned).filter(|status| !is_general(status));
        (status.or_else(|| status_in(&words)), words)
    };
    blocks.map(of).collect()
}

/// The fields of each recipient that failed, or of each one if none is said to have failed.
fn failed_blocks(text: &str) -> Vec<&str> {
    static STARTS: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"\b(?:final-recipient|recipient address):"));
    // Exim writes the action before the recipient.
    let starts: Vec<usize> = STARTS.find_all(text, 50).into_iter().map(|found| found.start).collect();
    let blocks = starts.iter().enumerate().map(|(index, start)| {
        let end = starts.get(index + 1).copied().unwrap_or(text.len());
        &text[*start..end]
    });
    let blocks: Vec<&str> = blocks.collect();
    let has_failed = |block: &&str| field(block, &ACTION).is_some_and(|word| word.eq_ignore_ascii_case("failed"));
    let failed: Vec<&str> = blocks.iter().copied().filter(has_failed).collect();
    if failed.is_empty() { blocks } else { failed }
}

/// The host and the words of a free form.
fn free_form(text: &str) -> (Option<String>, String) {
    let Some(found) = FREE_FORMS.iter().find_map(|form| form.groups(text)) else { return (None, String::new()) };
    let host = found.named("host").map(str::to_owned);
    (host, found.named("words").or_else(|| found.named("numbered")).map(cut).unwrap_or_default())
}

/// The words without what follows them. Their lines stay, because each may repeat the reply's code.
fn cut(words: &str) -> String {
    let end = WORDS_END.find(words).map_or(words.len(), |found| found.start);
    let lines = words[..end].lines().map(one_line);
    let lines: Vec<String> = lines.map(|line| line.trim_start_matches("<<< ").to_owned()).collect();
    beginning(lines.join("\n").trim(), MOST_WORDS).to_owned()
}

fn status_in(words: &str) -> Option<String> {
    static ANY: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"(?:^|[^\d.])([45]\.\d{1,3}\.\d{1,3})(?:[^\d.]|$)"));
    field(words, &ANY).filter(|status| !is_general(status)).map(str::to_owned)
}

/// A name without what stands around it: `<x@example.org>.`
fn bare(name: &str) -> &str {
    name.trim_matches(|c: char| "<>()[]\"';:,.".contains(c) || c.is_whitespace())
}

/// The text with its transfer encodings undone (RFC 2045): soft line ends and `=C3=BC`, and parts in base64.
fn decoded(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut out = match lower.contains("quoted-printable") {
        true => unquoted(text),
        false => text.to_owned(),
    };
    let mut from = 0;
    for _ in 0..MOST_PARTS {
        let Some(at) = lower[from..].find("transfer-encoding: base64") else { break };
        from += at + "transfer-encoding: base64".len();
        let lines =
            text[from..].lines().skip_while(|line| !line.trim().is_empty()).skip_while(|line| line.trim().is_empty());
        let body: String =
            lines.take_while(|line| !line.trim().is_empty() && !line.starts_with("--")).map(str::trim).collect();
        let whole = body.len() - body.len() % 4;
        if let Ok(bytes) = STANDARD.decode(&body.as_bytes()[..whole]) {
            out.push('\n');
            out.push_str(beginning(&String::from_utf8_lossy(&bytes), MOST_READ));
        }
    }
    out
}

fn unquoted(text: &str) -> String {
    let text = text.replace("=\r\n", "").replace("=\n", "");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| *first == b'=').and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "Reporting-MTA: dns; mail.example.com\n\nFinal-Recipient: rfc822; a@example.net\nAction: delivered\nStatus: 2.0.0\n\n\
        Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.org\n\
        Diagnostic-Code: smtp; 550 5.1.1 <x@example.org>: Recipient\n address rejected: User unknown\n\nReceived: from example";

    #[test]
    fn a_report_names_who_refused_which_recipient_and_why() {
        let bounce = read(REPORT).unwrap();
        assert_eq!(bounce.recipient.as_deref(), Some("x@example.org"));
        assert_eq!(bounce.refused_by.as_deref(), Some("mx.example.org"));
        assert_eq!(bounce.status.as_deref(), Some("5.1.1"));
        assert_eq!(bounce.words, "550 5.1.1 <x@example.org>: Recipient\naddress rejected: User unknown");
        assert!(!bounce.is_delay);
        // As one line, as a field takes it; and as it is kept.
        let line = read(&one_line(REPORT)).unwrap();
        assert_eq!(
            (line.recipient, line.refused_by, line.status),
            (bounce.recipient.clone(), bounce.refused_by.clone(), bounce.status.clone())
        );
        let kept = read(&short(REPORT).unwrap()).unwrap();
        assert_eq!(
            (kept.recipient, kept.refused_by, kept.status),
            (bounce.recipient, bounce.refused_by, bounce.status)
        );
    }

    #[test]
    fn any_part_of_a_report_is_read_without_harm() {
        for end in (0..REPORT.len()).filter(|end| REPORT.is_char_boundary(*end)) {
            let _ = read(&REPORT[..end]);
            let _ = read(&REPORT[end..]);
        }
        let endless = REPORT.repeat(4_000);
        assert!(endless.len() > 1_000_000);
        assert_eq!(read(&endless).unwrap().recipient.as_deref(), Some("x@example.org"));
        let nested = format!("{REPORT}\n\n{}", REPORT.replace("x@example.org", "y@example.org").repeat(10));
        assert_eq!(read(&nested).unwrap().recipient.as_deref(), Some("x@example.org"));
    }

    #[test]
    fn encoded_parts_are_read() {
        let quoted = "Content-Transfer-Encoding: quoted-printable\n\nReporting-MTA: dns; mail.example.com\nFinal-Recipient: rfc822; x=40example.o=\nrg\nAction: failed\nStatus: 5.2.2\n";
        assert_eq!(read(quoted).unwrap().recipient.as_deref(), Some("x@example.org"));
        let encoded = format!(
            "Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{}\n\n--end",
            STANDARD.encode(REPORT)
        );
        assert_eq!(read(&encoded).unwrap().status.as_deref(), Some("5.1.1"));
    }

    #[test]
    fn a_recipient_is_named_as_the_sender_wrote_it() {
        let report = REPORT.replace(
            "Final-Recipient: rfc822; x@",
            "Original-Recipient: rfc822; info@example.org\nFinal-Recipient: rfc822; x@",
        );
        assert_eq!(read(&report).unwrap().recipient.as_deref(), Some("info@example.org"));
    }

    #[rstest::rstest]
    #[case(
        "Your message\n  Subject: x\nwas not delivered to:\n  x@example.org\nbecause:\n  User x not listed in directory"
    )]
    #[case(
        "Message from example.com.\nUnable to deliver message to the following address(es).\n\n<x@example.org>:\nThis user doesn't have an account [-9]"
    )]
    #[case(
        "Your message\n  To: list@example.com\ndid not reach the following recipient(s):\nx@example.org on Fri, 20 Jul 2001\n  The recipient name is not recognized"
    )]
    #[case(
        "Could not deliver message to the following recipient(s):\n\nFailed Recipient: x@example.org\nReason: Remote host said: 550 unknown user"
    )]
    #[case(
        "MailEnable: Message could not be delivered.\nThe following recipient(s) could not be reached:\n\tRecipient: [SMTP:x@example.org]\n\tReason: mailbox unavailable"
    )]
    #[case("Delivery failed 20 attempts: x@example.org")]
    fn old_forms_name_their_recipient(#[case] text: &str) {
        assert_eq!(read(text).and_then(|bounce| bounce.recipient).as_deref(), Some("x@example.org"));
    }

    #[test]
    fn other_texts_are_no_bounce() {
        for text in ["", "550 5.1.1 User unknown", "The server responded: 550 relay denied", "0x800CCC0F"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
