//! What a mail server's refusal means: the table `replies.toml`, and how a reply is looked up in it.

use regex::Regex;
use serde::Deserialize;
use std::sync::LazyLock;

/// Where in the dialogue a reply came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Phase {
    Banner,
    Ehlo,
    Starttls,
    Auth,
    Mail,
    Rcpt,
    Data,
}

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    /// How telling the match is: 1 a sentence of one family of servers, 2 a telling word, 3 a common sentence, 4 a
    /// bare code.
    pub tier: u8,
    /// Three digits, or empty for any.
    pub code: String,
    #[serde(default)]
    enhanced: Option<String>,
    #[serde(default)]
    enhanced_pattern: Option<String>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default)]
    raw_line: bool,
    /// Where it is usually seen.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// What it means.
    pub cause: String,
    /// The source that says so.
    #[serde(default)]
    pub server: String,
    /// What to do.
    pub advice: String,
    /// A literal reply that this row is for.
    pub example: String,
    /// The source of the row.
    #[serde(default)]
    pub source: String,
}

struct Ready {
    row: Row,
    pattern: Option<Regex>,
    enhanced: Option<Regex>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    reply: Vec<Row>,
}

static ROWS: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    let file: Result<File, _> = toml::from_str(include_str!("replies.toml")).map_err(|why| why.to_string());
    let file = file.expect("replies.toml is checked by a test");
    let regex = |pattern: &String| Regex::new(pattern).expect("replies.toml is checked by a test");
    file.reply
        .into_iter()
        .map(|row| Ready {
            pattern: row.pattern.as_ref().map(regex),
            enhanced: row.enhanced_pattern.as_ref().map(|pattern| regex(&format!("^(?:{pattern})$"))),
            row,
        })
        .collect()
});

/// All rows, in order.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().map(|ready| &ready.row)
}

/// The row for a reply. `joined` is the reply as one line with its code (`535 5.7.8 text`), `lines` as it came.
pub fn meaning(phase: Phase, joined: &str, lines: &str) -> Option<&'static Row> {
    lookup(Some(phase), joined, lines)
}

/// The row for a reply that somebody pasted, wherever it is in the text.
pub fn meaning_of_pasted(text: &str) -> Option<&'static Row> {
    let reply = Regex::new(r"\b([245]\d\d)[ -]").ok()?;
    // Several errors may have been pasted: look from each number on, and through the whole text from the first number
    // on.
    let mut starts: Vec<usize> = reply.find_iter(text).map(|found| found.start()).take(20).collect();
    if starts.is_empty() {
        starts.push(0);
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let parts = std::iter::once(&text[starts[0]..]).chain(starts.iter().zip(ends).map(|(from, end)| &text[*from..end]));
    let found = parts.flat_map(|part| {
        let joined = part.split_whitespace().collect::<Vec<_>>().join(" ");
        // It is not known where in the dialogue it came, so any phase may be meant.
        PHASES.into_iter().filter_map(move |phase| lookup(Some(phase), &joined, part))
    });
    // A bare code may mean anything; only sentences count.
    found.filter(|row| row.tier < 4).min_by_key(|row| row.tier)
}

const PHASES: [Phase; 7] =
    [Phase::Auth, Phase::Mail, Phase::Rcpt, Phase::Data, Phase::Banner, Phase::Ehlo, Phase::Starttls];

/// A text of at least this length means the same whatever number comes before it.
const TELLING_LENGTH: usize = 12;

fn lookup(phase: Option<Phase>, joined: &str, lines: &str) -> Option<&'static Row> {
    let reply = Reply::new(joined, lines);
    let at_hand = |row: &Row| row.phase.is_none() || row.phase == phase;
    let length = |ready: &Ready| ready.row.text.as_ref().or(ready.row.pattern.as_ref()).map_or(0, String::len);
    for tier in 1..=3 {
        let rows = || ROWS.iter().filter(move |ready| ready.row.tier == tier);
        let found = rows().find(|ready| at_hand(&ready.row) && reply.agrees(ready));
        let found = found.or_else(|| rows().find(|ready| length(ready) >= TELLING_LENGTH && reply.agrees(ready)));
        if let Some(ready) = found {
            return Some(&ready.row);
        }
    }
    let by_text = ROWS.iter().filter(|ready| ready.row.tier < 4).find(|ready| {
        ready.row.text.as_ref().is_some_and(|text| text.len() >= TELLING_LENGTH && reply.text.contains(text.as_str()))
    });
    let by_text =
        by_text.or_else(|| ROWS.iter().find(|ready| ready.row.tier == 4 && at_hand(&ready.row) && reply.agrees(ready)));
    by_text.map(|ready| &ready.row)
}

struct Reply {
    code: String,
    enhanced: String,
    text: String,
    lines: Vec<String>,
}

impl Reply {
    fn new(joined: &str, lines: &str) -> Self {
        let text = joined.to_lowercase();
        let mut words = text.split_whitespace();
        let code = words.next().unwrap_or_default().to_owned();
        let enhanced = words.next().filter(|word| word.split('.').count() == 3).unwrap_or_default().to_owned();
        Reply { code, enhanced, lines: lines.to_lowercase().lines().map(str::to_owned).collect(), text }
    }

    fn agrees(&self, ready: &Ready) -> bool {
        let row = &ready.row;
        let words = match (&row.text, &ready.pattern) {
            (Some(text), _) => self.text.contains(text.as_str()),
            (None, Some(pattern)) if row.raw_line => self.lines.iter().any(|line| pattern.is_match(line)),
            (None, Some(pattern)) => pattern.is_match(&self.text),
            (None, None) => true,
        };
        words
            && (row.code.is_empty() || row.code == self.code)
            && row.enhanced.as_ref().is_none_or(|enhanced| *enhanced == self.enhanced)
            && ready.enhanced.as_ref().is_none_or(|pattern| pattern.is_match(&self.enhanced))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::causes;
    use rstest::rstest;

    /// The most characters of an advice.
    const MOST_ADVICE: usize = 160;

    fn joined(example: &str) -> String {
        let lines: Vec<&[u8]> = example.lines().map(str::as_bytes).collect();
        let code = example.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        let lines = lines.into_iter().map(<[u8]>::to_vec).collect();
        crate::probe::smtp::Reply { code, lines, elapsed: std::time::Duration::ZERO }.joined()
    }

    #[test]
    fn every_example_finds_its_own_row() {
        for ready in ROWS.iter() {
            let row = &ready.row;
            let (cause, said) = (&row.cause, &row.example);
            assert!(
                causes().contains(&cause.as_str()),
                "replies.toml: {said}\n  {cause} is not the name of a page in docs/guide/causes"
            );
            let length = row.advice.chars().count();
            assert!(
                length <= MOST_ADVICE,
                "replies.toml: {said}\n  the advice has {length} characters, not {MOST_ADVICE}"
            );
            assert!(!row.server.is_empty() && !row.source.is_empty(), "replies.toml: {said}\n  no server or no source");
            let example = row.example.replace("\\n", "\n");
            let found =
                lookup(row.phase, &joined(&example), &example).unwrap_or_else(|| {
                    panic!("replies.toml: {example}\n  its own row does not match: are code and text as in the example, text in lower case?")
                });
            assert!(
                std::ptr::eq(found, row),
                "replies.toml: {example}\n  an earlier row matches first: {:?} {:?}",
                found.text,
                found.pattern
            );
        }
        assert!(ROWS.len() >= 226);
    }

    #[rstest]
    #[case(Phase::Auth, "535 5.7.8 Error: authentication failed: (reason unavailable)", "password-wrong")]
    #[case(Phase::Auth, "535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6", "password-wrong")]
    #[case(Phase::Auth, "535 Incorrect authentication data", "password-wrong")]
    #[case(Phase::Auth, "535 Authentication failed", "password-wrong")]
    #[case(
        Phase::Auth,
        "454 4.7.0 Temporary authentication failure: Connection lost to authentication server",
        "server-busy"
    )]
    #[case(Phase::Auth, "534-5.7.9 Application-specific password required. Learn more", "app-password-required")]
    #[case(Phase::Mail, "530 5.7.0 Must issue a STARTTLS command first", "encryption-required-for-auth")]
    #[case(Phase::Rcpt, "554 5.7.1 <x@example.net>: Relay access denied", "auth-not-sent")]
    #[case(
        Phase::Mail,
        "553 5.7.1 <a@example.com>: Sender address rejected: not owned by user c",
        "sender-not-allowed"
    )]
    #[case(
        Phase::Auth,
        "535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.",
        "password-wrong"
    )]
    #[case(
        Phase::Auth,
        "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
        "basic-auth-disabled"
    )]
    fn common_replies(#[case] phase: Phase, #[case] reply: &str, #[case] cause: &str) {
        assert_eq!(meaning(phase, reply, reply).map(|row| row.cause.as_str()), Some(cause));
    }

    #[test]
    fn unknown_replies_are_unknown() {
        let reply = "535 5.7.999 the moon is in the wrong house";
        assert!(meaning(Phase::Auth, reply, reply).is_none_or(|row| row.tier == 4));
        assert!(meaning_of_pasted("it says error 550 somewhere").is_none());
    }

    #[test]
    fn pasted_errors() {
        let pasted = "Task 'anna' reported error (0x800CCC78): 'The server responded: 550 5.7.1 Relaying denied'";
        assert_eq!(meaning_of_pasted(pasted).map(|row| row.cause.as_str()), Some("auth-not-sent"));
        // Several replies at once: the one that says something counts, wherever it is.
        let pasted = "0x800CCC0F\n421 4.3.2 Service not active\nthen at 9:40\n535 5.7.139 Authentication \
                      unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://example.com";
        assert_eq!(meaning_of_pasted(pasted).map(|row| row.cause.as_str()), Some("smtp-auth-disabled"));
    }
}
