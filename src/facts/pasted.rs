//! What an error means that a person has pasted: which of its words are a server's, and which the mail program's or a
//! library's own. Nothing is known about the phase in which it came but what the text itself tells. How a message that
//! came back is taken apart is in `bounce`.

use super::bounce::{self, Bounce};
use super::replies::{Phase, Row, Words};
use super::{outlook_errors, program_errors, sense};
use crate::text::any_case::AnyCase;
use crate::text::{beginning, one_line};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// How much of a pasted text is read, in bytes: an error with its details has a few hundred, a log some thousand.
const MOST_READ: usize = 16 * 1024;
/// How often "the server said" is followed up, and for how many bytes: each is compared with the whole table.
const MOST_SAID: usize = 10;
const MOST_WORDS: usize = 1_024;

/// Whose words tell what a pasted error means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum By {
    /// A message that came back.
    Bounce,
    /// A server's sentence.
    Server,
    /// The mail program's or library's own sentence.
    Program,
    /// One of Outlook's numbers alone.
    Number,
    /// Nothing in it is in our tables.
    Nobody,
}

/// What a pasted error says.
#[derive(Debug)]
pub struct Pasted {
    /// What it means; `None` if its words name no cause.
    pub cause: Option<&'static str>,
    /// Its sentences are in none of our tables, and the cause is what its words seem to mean: no more than a hint.
    pub is_guess: bool,
    /// Whose words say so.
    pub by: By,
    /// The message that came back, if it is one.
    pub bounce: Option<Bounce>,
}

/// Reads a pasted error.
pub fn read(text: &str) -> Pasted {
    if let Some(bounce) = bounce::read(text) {
        let found = bounced(&bounce, text);
        return pasted(found, By::Bounce, Some(bounce));
    }
    if let Some(found) = meant(beginning(text, MOST_READ), false) {
        return pasted(Some(found), found.by, None);
    }
    let numbers = outlook_errors::in_text(text);
    let decides = numbers.iter().find(|row| row.decides).and_then(|row| row.suggests.first());
    let by = if numbers.is_empty() { By::Nobody } else { By::Number };
    pasted(decides.map(|cause| Found::sure(cause, by)), by, None)
}

fn pasted(found: Option<Found>, by: By, bounce: Option<Bounce>) -> Pasted {
    let (cause, is_guess) = (found.map(|found| found.cause), found.is_some_and(|found| found.is_guess));
    Pasted { cause, is_guess, by, bounce }
}

/// What words mean, and whose they are.
#[derive(Debug, Clone, Copy)]
struct Found {
    cause: &'static str,
    by: By,
    is_guess: bool,
}

impl Found {
    fn sure(cause: &'static str, by: By) -> Self {
        Found { cause, by, is_guess: false }
    }
}

/// What is kept of an error that somebody gives as a file: all of it, of a long message that came back its report, of
/// another long text its beginning.
pub fn kept(text: &str) -> String {
    if text.len() <= MOST_READ {
        return text.to_owned();
    }
    let kept = bounce::short(text).unwrap_or_else(|| beginning(text, MOST_READ).to_owned());
    format!("{kept}\n[the rest is left out: {} bytes in all]", text.len())
}

/// What the words of a message that came back mean. The account's own server has taken the message: what a server says
/// about its own rules of relaying is then about the recipient's domain, and a name that is not found is the recipient's.
fn bounced(bounce: &Bounce, text: &str) -> Option<Found> {
    let by_status = || bounce.status.as_deref().and_then(bounce::by_status);
    let told = if !bounce.words.contains(char::is_alphabetic) { bounce::told(text) } else { bounce.words.clone() };
    let by_words = meant(beginning(&told, MOST_READ), true);
    // What the words seem to mean says less than a status that is clear.
    let sure = by_words.filter(|found| !found.is_guess);
    let found = sure.or_else(|| Some(Found::sure(by_status()?, By::Bounce))).or(by_words)?;
    let told = told.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| told.contains(word));
    let is_refused_by_own_server = OWN_SERVER.iter().any(|port| text.contains(port));
    let cause = match found.cause {
        "auth-not-sent" if !says(&["authent", "log in", "login"]) => "recipient-rejected",
        "dns-name-not-found" => "recipient-rejected",
        "account-locked" if !says(&["your", "sender", "sending", "outbound", "tenant", "traffic"]) => {
            "recipient-rejected"
        }
        "smtp-intercepted" => by_status()?,
        cause if is_refused_by_own_server => cause,
        "server-rejects-client" => "recipient-side-blocks",
        "content-rejected" if says(&["spam", "junk", "unsolicited", "bulk"]) && !says(&["header"]) => {
            "recipient-side-blocks"
        }
        "quota-exceeded" if says(&OF_A_MAILBOX) => "recipient-mailbox-full",
        cause => cause,
    };
    Some(Found { cause, ..found })
}

/// Which limits are a mailbox's: in a message that came back, the recipient's.
const OF_A_MAILBOX: [&str; 11] = [
    "mailbox",
    "inbox",
    "mail box",
    "full",
    "storage",
    "over quota",
    "overquota",
    "voll",
    "pleine",
    "buzón",
    "casella",
];

/// In the log of a mail server that hands its mail to the account's own: the ports for that.
const OWN_SERVER: [&str; 2] = ["]:587", "]:465"];

/// The cause that words mean, and whose they are. The server's words count more than what the program makes of them. Without
/// any number, a text must be known to be about mail, or show it.
fn meant(text: &str, is_mail: bool) -> Option<Found> {
    static GUESSED: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(GUESSES));
    let text = without_log_prefixes(&unescaped(text));
    let text = &text[..GUESSED.find(&text).map_or(text.len(), |guesses| guesses.start)];
    if !is_mail && OTHERS.is_match(text) && !SENDS.is_match(text) {
        return None;
    }
    let is_about_receiving = RECEIVES.is_match(text) && !SENDS.is_match(text);
    let parts = server_parts(text);
    let by_server = meaning(&parts, text).or_else(|| meaning(&first_sentences(&parts), text));
    let is_vague = by_server.is_some_and(Row::is_only_for_greetings);
    let by_server = by_server.map(|row| Found::sure(&row.cause, By::Server));
    // A program that asks for the password does so after any refusal: if the server's words are there, they say why.
    let may_say = |cause: &&str| parts.is_empty() || *cause != "password-wrong";
    let by_program = || {
        let row = program_errors::in_text(text).filter(|_| !is_about_receiving)?;
        Some(row.cause.as_str()).filter(may_say).map(|cause| Found::sure(cause, By::Program))
    };
    // Without a number and without "the server responded" nobody knows whose words they are.
    let whole = one_line(text);
    let whole = Part { words: Words::without_code(&whole), code: None, said: whole };
    // "Authentication failed" is said of any log-in: what else the text says is the reason.
    let reason = || whole.words.meaning(Phase::Auth).filter(|row| parts.is_empty() && row.is_reason_in(Phase::Auth));
    let known = match by_server.or_else(by_program) {
        Some(found) if found.cause == "password-wrong" && found.by == By::Program => {
            Some(reason().map_or(found, |row| Found::sure(&row.cause, By::Server)))
        }
        None if parts.is_empty() && !is_about_receiving && (is_mail || is_about_mail(text)) => {
            meaning(std::slice::from_ref(&whole), text).map(|row| Found::sure(&row.cause, By::Server))
        }
        found => found,
    };
    let told = phase_told(text);
    let is_for_us = !(is_about_receiving && parts.is_empty()) && !is_of_something_else(text);
    let seems = || seems(&parts, &whole, is_mail || told.is_some()).filter(|_| is_for_us);
    match known {
        // "Blocked" is about this computer if it is a greeting: what else the words name is nearer.
        Some(found) if is_vague && told.is_none() => seems().or(Some(found)),
        known => known.or_else(seems),
    }
}

/// What the words seem to mean: the server's, or, if none can be told apart, all of them.
fn seems(parts: &[Part<'_>], whole: &Part<'_>, is_mail: bool) -> Option<Found> {
    let parts = if parts.is_empty() { std::slice::from_ref(whole) } else { parts };
    let said = parts.iter().map(|part| {
        let is_mail = is_mail || part.code.is_some();
        sense::Said { text: &part.said, code: part.code, is_mail }
    });
    let row = sense::of(&said.collect::<Vec<_>>())?;
    let by = if parts.iter().any(|part| part.code.is_some()) { By::Server } else { By::Program };
    Some(Found { cause: &row.cause, by, is_guess: true })
}

/// What only errors of fetching mail name, and what shows that it is about sending all the same.
static RECEIVES: LazyLock<AnyCase> = LazyLock::new(|| {
    AnyCase::new(r"\b(imap|pop3?)\b|\b(receiving|incoming)\b|posteingangsserver|serveur entrant|servidor de entrada")
});
/// What other services than mail write: a shell, a database.
static OTHERS: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"\b(s?ftp|ssh|sudo):|\bora-\d|'@'|\bhostname git\."));
static SENDS: LazyLock<AnyCase> =
    LazyLock::new(|| AnyCase::new(r"smtp|\bsen[dt]|outgoing|relay|recipient|postausgang|sortant|salida|uscita"));

/// Whether a text without any number of a server is about mail: what is said of recipients and accounts is said of parcels
/// and banks too. A few words are what somebody has typed off a screen.
fn is_about_mail(text: &str) -> bool {
    static MAIL: LazyLock<AnyCase> = LazyLock::new(|| {
        AnyCase::new(r"smtp|mail|\b[45]\.\d\.\d|\bmta\b|\brelay|sender (address|verify|domain)|spam|@|message|\bhelo\b")
    });
    static REFUSES: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(REFUSAL));
    let is_short = text.split_whitespace().count() <= MOST_TYPED;
    (is_short || MAIL.is_match(text) && REFUSES.is_match(text)) && !is_of_something_else(text)
}

/// An advertisement, or what a program says of its own settings.
fn is_of_something_else(text: &str) -> bool {
    static CONFIGURATION: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"config(uration)? file"));
    let is_pitch = text.contains('!') && text.split_whitespace().count() > MOST_TYPED;
    is_pitch || CONFIGURATION.is_match(text)
}

/// Words of refusals.
const REFUSAL: &str = r"(?x) \b[45]\.\d\.\d | rejec | refus | den(?:y|ied) | block | \bnot?\b | n't\b | fail | unknown | invalid | full | exceed
    | limit | over | error | require | must | detect | suspect | flagged | considered | disabled | locked | expire | too\  | unable | wrong | illegal
    | unavailable | listed | spamhaus | \brbl | dnsbl | abgelehnt | verweig | nicht | rechaz | rifiut | respint | geweigerd | odrzuc | inconnu | unbekannt";

/// The most words that are taken for an error without a word of mail in them.
const MOST_TYPED: usize = 6;

/// What a server has said, as far as it can be told apart.
struct Part<'a> {
    words: Words,
    code: Option<&'a str>,
    /// As one line.
    said: String,
}

impl Part<'_> {
    fn is_typed(&self) -> bool {
        self.code.is_none() && self.said.split_whitespace().count() <= MOST_TYPED && self.words.are_about_an_account()
    }
}

/// Each reply's first sentence alone: what a program goes on to say is not the server's.
fn first_sentences<'a>(parts: &[Part<'a>]) -> Vec<Part<'a>> {
    let first = |part: &Part<'a>| {
        let (sentence, rest) = part.said.split_once(". ")?;
        let words = match part.code {
            Some(_) => Words::of_reply(sentence, sentence),
            None => Words::without_code(sentence),
        };
        rest.starts_with(char::is_uppercase).then(|| Part { words, code: part.code, said: sentence.to_owned() })
    };
    parts.iter().filter_map(first).collect()
}

/// The most telling row; numbers alone may be anybody's, so only sentences count.
fn meaning(parts: &[Part<'_>], text: &str) -> Option<&'static Row> {
    let told = phase_told(text);
    let found = parts.iter().flat_map(|part| {
        let phases = told.as_slice();
        let phases = if phases.is_empty() { likely_phases(part) } else { phases };
        // A few words that somebody types are about the own account, not about the recipient's.
        let phases = if part.is_typed() { &[Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Banner] } else { phases };
        // What is refused for good counts more than what is put off.
        let passes = part.code.is_some_and(|code| code.starts_with('4'));
        // "Rejected" alone is about the computer in a greeting: nobody says that this is one.
        let is_nowhere = told.is_none() && part.code.is_none();
        let rows = phases.iter().filter_map(move |phase| Some((part.words.meaning(*phase)?, passes)));
        rows.filter(move |(row, _)| !(is_nowhere && row.is_only_for_greetings()))
    });
    let telling = found.filter(|(row, _)| row.goes_by_words() && row.cause != "undetermined");
    telling.min_by_key(|(row, passes)| (row.tier, *passes)).map(|(row, _)| row)
}

/// The phases in which a reply may have come, the likeliest first. A recipient's "account is disabled" is not a log-in's.
fn likely_phases(part: &Part<'_>) -> &'static [Phase] {
    use Phase::{Auth, Banner, Data, Ehlo, Mail, Rcpt, Starttls};
    match part.code {
        Some("534" | "535" | "538" | "525" | "526" | "435") => &[Auth],
        Some("432" | "454") => &[Auth, Mail, Rcpt, Data, Starttls],
        _ if part.words.are_about_a_log_in() => &[Auth, Mail, Rcpt, Data, Banner, Ehlo],
        _ if part.words.are_about_encryption() => &[Rcpt, Mail, Data, Banner, Ehlo, Starttls],
        _ => &[Rcpt, Mail, Data, Banner, Ehlo],
    }
}

/// What programs and logs write about the command that a reply answered.
const COMMANDS: [(Phase, &str); 6] = [
    (
        Phase::Auth,
        r"invalid login\b|smtpauthenticationerror|authenticationfailedexception|password command failed|command\W{1,4}auth\b|auth not accepted|sasl auth\w* failed|in reply to auth",
    ),
    (
        Phase::Mail,
        r"0x800ccc78|mail command failed|smtpsenderrefused|smtpsenderfailedexception|command\W{1,4}mail from|mail from command failed|(in reply to|after) mail from|envelope from address .{1,120} not accepted|following from address failed",
    ),
    (
        Phase::Rcpt,
        r"0x800ccc79|smtprecipientsrefused|command\W{1,4}rcpt to|all recipients were rejected|smtpaddressfailedexception|(in reply to|after) rcpt|rcpt to command failed|check the message recipient|\[rcpt_to\]|recipient address .{1,120} not accepted|following recipients failed",
    ),
    (
        Phase::Data,
        r"smtpdataerror|command\W{1,4}data\b|end of data|data command failed|data not accepted|close data writer|message failed:",
    ),
    (Phase::Banner, r"invalid greeting|command\W{1,4}conn\b|after initial connection|got bad greeting"),
    (Phase::Ehlo, r"(in reply to|after) (ehlo|helo)"),
];

fn phase_told(text: &str) -> Option<Phase> {
    static READY: LazyLock<Vec<(Phase, AnyCase)>> = LazyLock::new(|| {
        let ready = COMMANDS.into_iter().map(|(phase, words)| (phase, AnyCase::new(words)));
        ready.collect()
    });
    READY.iter().find(|(_, words)| words.is_match(text)).map(|(phase, _)| *phase)
}

/// What stands between a program's own words and the server's, in the languages of the programs.
const SERVER_SAID: &str = r"(?x)
    (?: \b(?:the\ )?(?:mail\ )?server(?:'s)?\ (?:response\ was|responded(?:\ with)?|response|message|replied|answered|error|said)
    | \bserver\ \S+\ said | \bserver\ antwortete | \bantwort(?:\ (?:des|vom)\ \w*server\w*)?(?:\ (?:lautete?|war))? | der\ (?:mail-?|postausgangs-?)?server\ antwortete(?:\ mit)?
    | serveur\ (?:de\ messagerie\ |de\ courrier\ |e-?mail\ )?[aà]\ répondu | réponse\ du\ serveur | servidor\ (?:de\ (?:correo|correio|email)\ )?(?:respondió|ha\ respondido|respondeu)
    | (?:respuesta|resposta)\ d[eo]l?\ servidor | (?:il\ )?server\ (?:di\ posta\ )?ha\ risposto | risposta\ (?:del\ )?server | serwer\ odpowiedział | odpowiedź\ serwera | (?:mail)?server\ antwoordde | servern\ svarade | server\ odpověděl
    | сервер\ ответил | ответ\ сервера | 服务器(?:返回|响应|回复|应答) | negative\ smtp\ reply | response\ from\ (?:the\ )?(?:remote\ )?server
    | following\ (?:recipients|from\ address)\ failed:\s+\S+@\S+ )
    \s*[:：]\s*['\x22(]?";

/// Where a program begins to guess: what follows says nothing about this error.
const GUESSES: &str = r"\b(?:possible|probable|common) (?:causes|reasons)(?: are| include)?\s*:|\bmögliche ursachen|\bcauses possibles|\bposibles causas";

/// Where the program goes on in its own words.
const PROGRAM_GOES_ON: &str = r"(?x)
    \bplease\ (?:verify|check)\ (?:that\ your|the\ message) | \bbitte\ (?:über)?prüfen\ sie | \bveuillez\ vérifier
    | \b(?:verifique|compruebe|asegúrese\ de)\ (?:que|el|la)\b
    | ['\x22],\ *(?:port|account|server|protocol|konto):? | \n\s*(?:server|servidor|serveur|protocolo?|port[a-z]*|konto|account)\b\s*: | \n\s*at\ \w+\.";

/// Where a line of a log goes on with its next field, `","event":"SendEmail"`, a stack trace begins, or an empty line comes.
const LOG_GOES_ON: &str = r#"\n\s*\n|"\s*,\s*"[a-z_-]+"\s*:|\n[^\n]{0,20}\s+at [\w.$<>]+ ?\("#;

fn server_parts(text: &str) -> Vec<Part<'_>> {
    static SAID: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(SERVER_SAID));
    static GOES_ON: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(PROGRAM_GOES_ON));
    let mut parts = numbered_parts(text);
    for said in SAID.find_all(text, MOST_SAID) {
        let rest = beginning(&text[said.end..], MOST_WORDS);
        let end = GOES_ON.find(rest).map_or(rest.len(), |found| found.start);
        let words = one_line(&rest[..end]);
        // "Server error: 550" is followed by nothing that a server said.
        if words.contains(char::is_alphabetic) && !begins_with_code(&words) {
            let said = without_repeats(&words, None);
            parts.push(Part { words: Words::without_code(&said), code: None, said });
        }
    }
    parts
}

/// From each reply code on to the next one: several errors may have been pasted. The lines of one reply repeat its code.
fn numbered_parts(text: &str) -> Vec<Part<'_>> {
    static CODE: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?:^|[^0-9A-Za-z.:-])([245]\d\d)(?:[ \-]|\. |\n\s*[45]\.|: [:a-z45])"));
    // Ports, which many errors name.
    let codes = CODE
        .captures_iter(text)
        .filter_map(|found| found.get(1))
        .filter(|code| !["465", "587"].contains(&code.as_str()));
    let mut starts: Vec<(usize, &str)> = Vec::new();
    for code in codes.take(40) {
        if starts.last().is_none_or(|(_, last)| *last != code.as_str()) {
            starts.push((code.start(), code.as_str()));
        }
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    static GOES_ON: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(LOG_GOES_ON));
    let parts = starts.iter().zip(ends).map(|((start, code), end)| {
        let end = GOES_ON.find(&text[*start..end]).map_or(end, |found| start + found.start);
        let mut joined = one_line(&text[*start..end]);
        if joined.get(3..4) == Some("-") {
            joined.replace_range(3..4, " ");
        }
        let joined = without_repeats(&joined, Some(code));
        (joined, &text[*start..end], *code)
    });
    // A number after the words has none of its own: "Sender address rejected (smtp; 553 5.7.1)".
    let parts = parts.filter(|(joined, ..)| joined.contains(char::is_alphabetic));
    let parts = parts.map(|(said, lines, code)| Part { words: Words::of_reply(&said, lines), code: Some(code), said });
    parts.collect()
}

fn begins_with_code(words: &str) -> bool {
    let mut bytes = words.bytes();
    let digits = bytes.by_ref().take(3).filter(u8::is_ascii_digit).count();
    digits == 3 && bytes.next().is_none_or(|byte| !byte.is_ascii_alphanumeric())
}

/// The words of a reply of several lines, without the numbers that each line repeats: "550 5.4.5 Daily ... sending".
fn without_repeats(joined: &str, code: Option<&str>) -> String {
    static ENHANCED: LazyLock<Regex> = LazyLock::new(|| regex(r"^(?:\d{3} )?([45]\.\d{1,3}\.\d{1,3})\b"));
    let enhanced = ENHANCED.captures(joined).and_then(|found| found.get(1));
    let from = enhanced.map_or(code.map_or(0, str::len), |found| found.end()).min(joined.len());
    let (head, mut tail) = (&joined[..from], joined[from..].to_owned());
    if let Some(enhanced) = enhanced {
        for before in code.into_iter().flat_map(|code| [format!("{code}-"), format!("{code} ")]).chain([String::new()])
        {
            tail = tail.replace(&format!("{before}{}", enhanced.as_str()), " ");
        }
    }
    if let Some(code) = code {
        tail = tail.replace(&format!(" {code}-"), " ");
    }
    one_line(&format!("{head} {tail}"))
}

/// As the server sent it, where a library shows it as a literal: `(535, b'5.7.8 Username\n5.7.8 ...')`.
fn unescaped(text: &str) -> String {
    static TUPLE: LazyLock<Regex> = LazyLock::new(|| regex(r#"\(([245]\d\d), b?['"]"#));
    let text = text.replace("\\r", "").replace("\\n", "\n");
    TUPLE.replace_all(&text, |found: &Captures<'_>| format!("{} ", &found[1])).into_owned()
}

/// The lines of one reply without what a log writes before each of them: `server_1 | 534-5.7.14 your web browser`.
fn without_log_prefixes(text: &str) -> String {
    static REPEATED: LazyLock<Regex> = LazyLock::new(|| regex(r"^(\S.{0,120}?[|:\]>]\s*)[245]\d\d[- ]"));
    // Times and counters differ from line to line.
    let shape = |prefix: &str| prefix.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect::<String>();
    let prefixes: Vec<(usize, String)> = text
        .lines()
        .filter_map(|line| REPEATED.captures(line)?.get(1).map(|prefix| (prefix.len(), shape(prefix.as_str()))))
        .collect();
    let repeated = prefixes.iter().find(|(_, prefix)| prefixes.iter().filter(|(_, other)| other == prefix).count() > 1);
    let Some((length, prefix)) = repeated else { return text.to_owned() };
    let lines = text.lines().map(|line| match line.get(..*length) {
        Some(start) if shape(start) == *prefix => &line[*length..],
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn unknown_words_mean_nothing() {
        assert_eq!(read("it says error 550 somewhere").cause, None);
        assert_eq!(read("535 5.7.8 The moon is in the wrong house").cause, None);
        assert_eq!(read("").by, By::Nobody);
    }

    #[test]
    fn endless_words_are_followed_up_a_few_times() {
        let text = "the server responded: no\n".repeat(100_000);
        assert_eq!(server_parts(beginning(&text, MOST_READ)).len(), MOST_SAID);
    }

    #[test]
    fn what_is_too_long_is_kept_in_short() {
        let long = format!("{}\n535 5.7.8 no", "Outlook says ".repeat(100_000));
        assert!(kept(&long).len() < MOST_READ + 100);
        let report = "Final-Recipient: rfc822; x@example.org\nAction: failed\nStatus: 5.1.1\n\n";
        let long = format!("{}{report}{}", "<p>A page of HTML</p>\n".repeat(2_000), "returned ".repeat(10_000));
        let again = read(&kept(&long));
        assert_eq!((again.cause, again.by), (Some("recipient-rejected"), By::Bounce));
    }

    #[rstest]
    #[case(
        "Task 'anna' reported error (0x800CCC78): 'The server responded: 550 5.7.1 Relaying denied'",
        "auth-not-sent"
    )]
    // Several replies at once: the one that says something counts, wherever it is.
    #[case(
        "0x800CCC0F\n421 4.3.2 Service not active\nthen at 9:40\n535 5.7.139 Authentication unsuccessful, \
         SmtpClientAuthentication is disabled for the Tenant. Visit https://example.com",
        "smtp-auth-disabled"
    )]
    // The lines of a reply, pasted as one.
    #[case(
        "550-5.4.5 Daily user sending limit exceeded. For more 550-5.4.5 sending limits go to 550 5.4.5 x",
        "quota-exceeded"
    )]
    // A recipient's account is not the caller's.
    #[case("550 5.2.1 The email account that you tried to reach is disabled.", "recipient-rejected")]
    // The program's "Mailbox unavailable" and "check the password" are not the server's.
    #[case("Mailbox unavailable. The server response was: 5.7.1 Unable to relay", "auth-not-sent")]
    fn pasted_errors(#[case] text: &str, #[case] means: &str) {
        assert_eq!(read(text).cause, Some(means));
    }
}
