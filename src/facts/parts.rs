//! Which words of a pasted error are a server's, and which the mail program's, a library's or a log's. What they mean is in
//! `pasted`.

use super::replies::{Phase, Words};
use super::sense::Said;
use crate::text::any_case::AnyCase;
use crate::text::{beginning, one_line};
use regex_lite::{Captures, Regex};
use std::sync::LazyLock;

/// How often "the server said" is followed up, and for how many bytes: each is compared with the whole table.
const MOST_SAID: usize = 10;
const MOST_WORDS: usize = 1_024;
/// The most words that are taken for an error without a word of mail in them.
pub(super) const MOST_TYPED: usize = 6;

/// What a server has said, as far as it can be told apart.
pub(super) struct Part<'a> {
    pub(super) words: Words,
    pub(super) code: Option<&'a str>,
    /// As one line.
    pub(super) said: String,
}

impl Part<'_> {
    /// Whether its reply code begins with this digit.
    pub(super) fn has_code(&self, digit: char) -> bool {
        self.code.is_some_and(|code| code.starts_with(digit))
    }

    /// As its sense is read.
    pub(super) fn as_said(&self, is_mail: bool) -> Said<'_> {
        Said { text: &self.said, code: self.code, is_mail }
    }

    /// Whether it is a few words about an account, as somebody types them.
    pub(super) fn is_typed(&self) -> bool {
        self.code.is_none() && self.said.split_whitespace().count() <= MOST_TYPED && self.words.are_about_an_account()
    }
}

/// Each reply's first sentence alone: what a program goes on to say is not the server's.
pub(super) fn first_sentences<'a>(parts: &[Part<'a>]) -> Vec<Part<'a>> {
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
/// The text without what logs and libraries write around a server's words, and without what a program guesses.
pub(super) fn without_wrapping(text: &str) -> String {
    static GUESSED: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(GUESSES));
    let mut text = without_offers(&without_log_prefixes(&unescaped(text)));
    text.truncate(GUESSED.find(&text).map_or(text.len(), |guesses| guesses.start));
    text
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

/// The command that the reply answered, if the text tells.
pub(super) fn phase_told(text: &str) -> Option<Phase> {
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
    | (?:respuesta|resposta)\ d[eo]l?\ servidor | (?:il\ )?server\ (?:di\ posta\ )?ha\ risposto | risposta\ (?:del\ )?server | serwer\ odpowiedział | odpowiedź\ serwera | (?:mail)?server\ antwoordde | (?:reactie|antwoord)\ van\ (?:de\ )?(?:mail)?server | servern\ svarade | server\ odpověděl
    | sunucu(?:su)?nun\ yanıtı | svar\ fra\ (?:mail)?server(?:en)? | serveren\ svar(?:te|ede) | palvelin\ vastasi | kiszolgáló\ válasza | serverul\ a\ răspuns(?:\ cu)? | διακομιστής\ απάντησε
    | сервер\ ответил | ответ\ сервера | відповідь\ сервера | サーバーからの応答 | (?:服务器|伺服器)(?:返回|响应|回复|应答|回應) | negative\ smtp\ reply | response\ from\ (?:the\ )?(?:remote\ )?server
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

/// What servers have said in it.
pub(super) fn server_parts(text: &str) -> Vec<Part<'_>> {
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
    static CODE: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?:^|[^0-9A-Za-z.:-])(?:([45]\d\d)\): |([245]\d\d)(?:[ \-]|\. |\n\s*[45]\.|: [:a-z45]))")
    });
    // Ports, which many errors name, and what a web server answers.
    static WEB: LazyLock<AnyCase> = LazyLock::new(|| AnyCase::new(r"http(?:/[\d.]+|\s+status|\s+error)?\s$"));
    let is_of_the_web = |start: usize| {
        let before = (start.saturating_sub(16)..=start).find_map(|from| text.get(from..start));
        before.is_some_and(|before| WEB.is_match(before))
    };
    let codes = CODE
        .captures_iter(text)
        .filter_map(|found| found.get(1).or(found.get(2)))
        .filter(|code| !["465", "587"].contains(&code.as_str()) && !is_of_the_web(code.start()));
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

pub(super) fn begins_with_code(words: &str) -> bool {
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

/// As the server sent it, where a library shows it as a literal, `(535, b'5.7.8 Username\n5.7.8 ...')`, or a list of errors as
/// columns, `421, "4.7.0", Try again later`.
fn unescaped(text: &str) -> String {
    static TUPLE: LazyLock<Regex> = LazyLock::new(|| regex(r#"\(([245]\d\d), b?['"]"#));
    static COLUMNS: LazyLock<Regex> =
        LazyLock::new(|| regex(r#"(^|\n|['"])([245]\d\d), +(?:["„“]?([245]\.\d{1,3}\.\d{1,3})["”“]?,? *[–-]? *)?"#));
    let text = text.replace("\\r", "").replace("\\n", "\n");
    let text = TUPLE.replace_all(&text, |found: &Captures<'_>| format!("{} ", &found[1]));
    let status = |found: &Captures<'_>| found.get(3).map_or_else(String::new, |status| format!("{} ", status.as_str()));
    let columns = |found: &Captures<'_>| format!("{}{} {}", &found[1], &found[2], status(found));
    COLUMNS.replace_all(&text, columns).into_owned()
}

/// The text without the lines in which a server offers ways to log in, MAPI's names of its numbers, a computer that has no name
/// (`unknown[192.0.2.1]`) and a sender that is accepted: none of them says a word of what failed.
fn without_offers(text: &str) -> String {
    static OFFER: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?m)^(?:.{0,40}\b250[- ])?AUTH[ =](?:[A-Z0-9-]+ ?)+$|MAPI_[EW]_[A-Z_]+|\bunknown\[[0-9A-Fa-f.:]+\]|(?i)\bsender ok\b",
        )
    });
    OFFER.replace_all(text, "").into_owned()
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

pub(super) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a pattern of ours")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endless_words_are_followed_up_a_few_times() {
        let text = "the server responded: no\n".repeat(100_000);
        assert_eq!(server_parts(&text).len(), MOST_SAID);
    }

    #[test]
    fn a_number_in_a_word_is_no_reply() {
        let parts = server_parts("504 5.5.4 mechanism SCRAM-SHA-256-PLUS not supported");
        assert_eq!(parts.len(), 1);
    }
}
