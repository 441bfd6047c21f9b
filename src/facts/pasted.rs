//! What an error means that a person has pasted: which of its words are a server's, and which the mail program's or a
//! library's own. Nothing is known about the phase in which it came but what the text itself tells.

use super::program_errors;
use super::replies::{Phase, Row, Words};
use crate::text::{beginning, one_line};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// How much of a pasted text is read, in bytes: an error with its details has a few hundred, a log some thousand.
const MOST_READ: usize = 16 * 1024;
/// How often "the server said" is followed up, and for how many bytes: each is compared with the whole table.
const MOST_SAID: usize = 10;
const MOST_WORDS: usize = 1_024;

/// The cause that a pasted error means. The server's words count more than what the program makes of them.
pub fn cause(text: &str) -> Option<&'static str> {
    let text = unescaped(beginning(text, MOST_READ));
    let parts = server_parts(&text);
    let by_server = meaning(&parts, &text).map(|row| row.cause.as_str());
    // A program that asks for the password does so after any refusal: if the server's words are there, they say why.
    let may_say = |cause: &&str| parts.is_empty() || *cause != "password-wrong";
    let by_program = || program_errors::in_text(&text).map(|row| row.cause.as_str()).filter(may_say);
    // Without a number and without "the server responded" nobody knows whose words they are.
    let by_whole = || {
        let whole = Part { words: Words::without_code(&one_line(&text)), code: None };
        meaning(&[whole], &text).map(|row| row.cause.as_str())
    };
    by_server.or_else(by_program).or_else(|| parts.is_empty().then(by_whole).flatten())
}

/// What a server has said, as far as it can be told apart.
struct Part<'a> {
    words: Words,
    code: Option<&'a str>,
}

/// The most telling row; numbers alone may be anybody's, so only sentences count.
fn meaning(parts: &[Part<'_>], text: &str) -> Option<&'static Row> {
    let told = phase_told(text);
    let found = parts.iter().flat_map(|part| {
        let phases = told.as_slice();
        let phases = if phases.is_empty() { likely_phases(part) } else { phases };
        // What is refused for good counts more than what is put off.
        let passes = part.code.is_some_and(|code| code.starts_with('4'));
        phases.iter().filter_map(move |phase| Some((part.words.meaning(*phase)?, passes)))
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
        _ if part.words.are_about_a_log_in() => &[Auth, Mail, Rcpt, Data, Banner, Ehlo, Starttls],
        _ => &[Rcpt, Mail, Data, Banner, Ehlo, Starttls],
    }
}

/// What programs and logs write about the command that a reply answered.
const COMMANDS: [(Phase, &str); 6] = [
    (
        Phase::Auth,
        r"(?i)invalid login:|SMTPAuthenticationError|AuthenticationFailedException|password command failed|AUTH not accepted|sasl auth\w* failed|in reply to AUTH",
    ),
    (Phase::Mail, r"(?i)mail command failed|SMTPSenderRefused|MAIL FROM command failed|(in reply to|after) MAIL FROM"),
    (
        Phase::Rcpt,
        r"(?i)SMTPRecipientsRefused|all recipients were rejected|SMTPAddressFailedException|(in reply to|after) RCPT|RCPT TO command failed|check the message recipient|\[RCPT_TO\]",
    ),
    (
        Phase::Data,
        r"(?i)SMTPDataError|end of data|DATA command failed|data not accepted|close data writer|Message failed:",
    ),
    (Phase::Banner, r"(?i)invalid greeting|after initial connection|got bad greeting"),
    (Phase::Ehlo, r"(?i)(in reply to|after) (EHLO|HELO)"),
];

fn phase_told(text: &str) -> Option<Phase> {
    static READY: LazyLock<Vec<(Phase, Regex)>> = LazyLock::new(|| {
        let ready = COMMANDS.into_iter().map(|(phase, words)| (phase, regex(words)));
        ready.collect()
    });
    READY.iter().find(|(_, words)| words.is_match(text)).map(|(phase, _)| *phase)
}

/// What stands between a program's own words and the server's, in the languages of the programs.
const SERVER_SAID: &str = r"(?ix)
    (?: \b(?:the\ )?(?:mail\ )?server(?:'s)?\ (?:response\ was|responded(?:\ with)?|response|message|replied|answered|error|said)
    | \bserver\ \S+\ said | \bserver\ antwortete | \bantwort(?:\ (?:des|vom)\ \w*server\w*)?(?:\ (?:lautete?|war))? | der\ (?:mail-?)?server\ antwortete(?:\ mit)?
    | serveur\ (?:de\ messagerie\ )?a\ répondu | réponse\ du\ serveur | servidor\ (?:de\ correo\ )?(?:respondió|ha\ respondido|respondeu)
    | (?:respuesta|resposta)\ d[eo]l?\ servidor | (?:il\ )?server\ (?:di\ posta\ )?ha\ risposto | risposta\ del\ server
    | сервер\ ответил | ответ\ сервера | 服务器(?:返回|响应|回复|应答) | negative\ smtp\ reply | response\ from\ (?:the\ )?(?:remote\ )?server )
    \s*[:：]\s*['\x22(]?";

/// Where the program goes on in its own words.
const PROGRAM_GOES_ON: &str = r"(?ix)
    \bplease\ (?:verify|check)\ (?:that\ your|the\ message) | \bbitte\ (?:über)?prüfen\ sie | \bveuillez\ vérifier
    | ['\x22],\ *(?:port|account|server|protocol|konto):? | \n\s*(?:server|servidor|serveur|protocolo?|port[a-z]*|konto|account)\b\s*: | \n\s*at\ \w+\.";

fn server_parts(text: &str) -> Vec<Part<'_>> {
    static SAID: LazyLock<Regex> = LazyLock::new(|| regex(SERVER_SAID));
    static GOES_ON: LazyLock<Regex> = LazyLock::new(|| regex(PROGRAM_GOES_ON));
    let mut parts = numbered_parts(text);
    for said in SAID.find_iter(text).take(MOST_SAID) {
        let rest = beginning(&text[said.end()..], MOST_WORDS);
        let end = GOES_ON.find(rest).map_or(rest.len(), |found| found.start());
        let words = one_line(&rest[..end]);
        // "Server error: 550" is followed by nothing that a server said.
        if words.contains(char::is_alphabetic) && !begins_with_code(&words) {
            parts.push(Part { words: Words::without_code(&without_repeats(&words, None)), code: None });
        }
    }
    parts
}

/// From each reply code on to the next one: several errors may have been pasted. The lines of one reply repeat its code.
fn numbered_parts(text: &str) -> Vec<Part<'_>> {
    static CODE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:^|[^0-9.:])([245]\d\d)(?:[ \-]|\n\s*[45]\.)"));
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
    let parts = starts.iter().zip(ends).map(|((start, code), end)| {
        let joined = without_repeats(&one_line(&text[*start..end]).replacen('-', " ", 1), Some(code));
        Part { words: Words::of_reply(&joined, &text[*start..end]), code: Some(*code) }
    });
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

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn unknown_words_mean_nothing() {
        assert_eq!(cause("it says error 550 somewhere"), None);
        assert_eq!(cause("535 5.7.8 The moon is in the wrong house"), None);
        assert_eq!(cause(""), None);
    }

    #[test]
    fn endless_words_are_followed_up_a_few_times() {
        let text = "the server responded: no\n".repeat(100_000);
        assert_eq!(server_parts(beginning(&text, MOST_READ)).len(), MOST_SAID);
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
        assert_eq!(cause(text), Some(means));
    }
}
