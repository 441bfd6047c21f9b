//! What a mail server's refusal means: the table `replies.toml`, and how a reply is looked up in it. What a person has
//! pasted is taken apart in `pasted`.

use super::pattern::Pattern;
use super::plain;
use crate::packed::TABLES;
use crate::pages::table;
use crate::text::beginning;
use crate::text::fold::folded;
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

/// The tier of rows for a kind of sentence, whoever prints it.
const KIND: u8 = 2;
/// The tier of rows that know nothing but the enhanced status code (RFC 5248). A reply code alone means nothing here.
const BY_STATUS: u8 = 4;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Row {
    /// How telling the match is: 1 a sentence of one family of servers, 2 a kind of sentence, 3 a common sentence, 4 an
    /// enhanced status code alone.
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
    /// The reply says nothing besides a plain refusal: see `plain`.
    #[serde(default)]
    plain: bool,
    /// Where it is usually seen.
    #[serde(default)]
    pub phase: Option<Phase>,
    /// Where alone it means this; empty for a sentence that may come anywhere.
    #[serde(default)]
    only_in: Vec<Phase>,
    /// What it means.
    pub cause: String,
    /// What it means in a text that somebody pastes, where nobody knows what else the server offers; if not the same.
    #[serde(default)]
    pasted: Option<String>,
    /// What to do.
    pub advice: String,
}

impl Row {
    /// What it means in a text that somebody pastes.
    pub(super) fn pasted(&self) -> &str {
        self.pasted.as_ref().unwrap_or(&self.cause)
    }

    /// Whether the reply's words mean this, and not its numbers alone.
    pub fn goes_by_words(&self) -> bool {
        self.tier < BY_STATUS
    }

    /// Whether it is a sentence of one family of servers, of which the meaning is known, and no kind of sentence: a few
    /// plain words may be part of any other.
    pub(super) fn is_one_sentence(&self) -> bool {
        let words = self.text.as_deref().unwrap_or_default();
        let is_plain = words.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ');
        self.tier < KIND && (words.is_empty() || !is_plain || words.len() >= ONE_SENTENCE)
    }

    /// Whether in this phase its words say more than that something is refused.
    pub(super) fn is_reason_in(&self, phase: Phase) -> bool {
        self.tier <= KIND && self.is_for(phase)
    }

    /// Whether its words mean this at the beginning of a dialogue alone.
    pub(super) fn is_only_for_greetings(&self) -> bool {
        !self.only_in.is_empty() && self.only_in.iter().all(|phase| matches!(phase, Phase::Banner | Phase::Ehlo))
    }

    /// The enhanced status code that it needs, if it needs just that one.
    pub fn enhanced(&self) -> Option<&str> {
        self.enhanced.as_deref()
    }

    fn is_for(&self, phase: Phase) -> bool {
        match self.only_in.as_slice() {
            [] => self.phase.is_none_or(|own| own == phase),
            only => only.contains(&phase),
        }
    }
}

struct Ready {
    row: Row,
    pattern: Option<Pattern>,
    enhanced: Option<Pattern>,
}

impl Ready {
    /// Whether it may be looked for outside its phase: servers print the same sentence elsewhere too.
    fn may_come_anywhere(&self) -> bool {
        let words = self.row.text.as_ref().or(self.row.pattern.as_ref());
        self.row.only_in.is_empty() && words.is_some_and(|words| words.len() >= TELLING_LENGTH)
    }
}

static ROWS: LazyLock<Vec<Ready>> = LazyLock::new(|| {
    let rows: Vec<Row> = table::rows("replies.toml", "reply", TABLES.text("replies").unwrap_or_default());
    rows.into_iter()
        .map(|row| Ready {
            pattern: row.pattern.as_deref().map(Pattern::new),
            enhanced: row.enhanced_pattern.as_ref().map(|pattern| Pattern::new(&format!("^(?:{pattern})$"))),
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
    Words::of_reply(joined, lines).meaning(phase)
}

/// A text of at least this length means the same whatever number comes before it.
const TELLING_LENGTH: usize = 12;

/// A text of at least this length is a sentence of its own.
const ONE_SENTENCE: usize = 28;

/// How much of a reply is looked up, in bytes: the reason stands at its beginning, and there are hundreds of patterns.
const MOST_READ: usize = 8 * 1024;

/// A reply's words, folded, and its numbers as far as they are known.
pub(super) struct Words {
    code: Option<String>,
    enhanced: Option<String>,
    text: String,
    /// The text without names of hosts: the "mail" in mail.example.com is no word of a sentence.
    sentence: String,
    lines: Vec<String>,
}

impl Words {
    /// A reply as a server sent it.
    pub(super) fn of_reply(joined: &str, lines: &str) -> Self {
        let (text, lines) = (without_addresses(&folded(beginning(joined, MOST_READ))), beginning(lines, MOST_READ));
        let mut words = text.split_whitespace();
        let code = words.next().unwrap_or_default().to_owned();
        let enhanced = words.next().filter(|word| is_enhanced(word)).unwrap_or_default().to_owned();
        Words {
            code: Some(code),
            enhanced: Some(enhanced),
            lines: folded(lines).lines().map(str::to_owned).collect(),
            sentence: without_hosts(&text),
            text,
        }
    }

    /// A server's words without the reply code, as many mail programs show them: any code may have come before them.
    pub(super) fn without_code(said: &str) -> Self {
        let text = without_addresses(&folded(beginning(said, MOST_READ)));
        let enhanced = text.split_whitespace().next().filter(|word| is_enhanced(word)).map(str::to_owned);
        Words { code: None, enhanced, lines: vec![text.clone()], sentence: without_hosts(&text), text }
    }

    /// The row for these words in this phase. A sentence is first looked for among those of the phase, then among all,
    /// then whatever its numbers are; status codes come last.
    pub(super) fn meaning(&self, phase: Phase) -> Option<&'static Row> {
        let found = (1..=3).find_map(|tier| {
            let rows = || ROWS.iter().filter(move |ready| ready.row.tier == tier);
            rows()
                .find(|ready| ready.row.is_for(phase) && self.agrees(ready))
                .or_else(|| rows().find(|ready| ready.may_come_anywhere() && self.agrees(ready)))
                .or_else(|| {
                    rows().find(|ready| ready.may_come_anywhere() && !ready.row.plain && self.contains_text(ready))
                })
        });
        let by_status =
            || ROWS.iter().find(|ready| ready.row.tier == BY_STATUS && ready.row.is_for(phase) && self.agrees(ready));
        found.or_else(by_status).map(|ready| &ready.row)
    }

    /// Whether they speak of a log-in: then a refusal of it is as likely as any other.
    pub(super) fn are_about_a_log_in(&self) -> bool {
        let has = |words: &[&str]| words.iter().any(|word| self.text.contains(word));
        // What is authenticated in these is the message (RFC 8601), not the user.
        let message = ["spf", "dkim", "dmarc", "unauthenticated", "authentication check", "authentication information"];
        (has(&["auth", "login", "log in", "password", "credential"]) && !has(&message))
            || self.enhanced.as_deref() == Some("5.7.8")
    }

    /// Whether they speak of an account or mailbox, and of no recipient.
    pub(super) fn are_about_an_account(&self) -> bool {
        let has = |words: &[&str]| words.iter().any(|word| self.text.contains(word));
        has(&["account", "mailbox"]) && !has(&["recipient", "reach", "@"])
    }

    /// Whether they speak of encryption.
    pub(super) fn are_about_encryption(&self) -> bool {
        ["tls", "ssl", "encrypt"].iter().any(|word| self.text.contains(word))
    }

    fn contains_text(&self, ready: &Ready) -> bool {
        ready.row.text.as_ref().is_some_and(|text| self.text.contains(text.as_str()))
    }

    fn agrees(&self, ready: &Ready) -> bool {
        let row = &ready.row;
        let words = || match (&row.text, &ready.pattern) {
            (Some(_), _) => self.contains_text(ready),
            (None, Some(pattern)) if row.raw_line => self.lines.iter().any(|line| pattern.is_match(line)),
            (None, Some(pattern)) if row.tier == KIND => pattern.is_match(&self.sentence),
            (None, Some(pattern)) => pattern.is_match(&self.text),
            (None, None) => true,
        };
        // A number that is not known contradicts nothing.
        let is = |known: &Option<String>, fits: &dyn Fn(&str) -> bool| known.as_deref().is_none_or(fits);
        (row.code.is_empty() || is(&self.code, &|code| code == row.code))
            && row.enhanced.as_ref().is_none_or(|wanted| is(&self.enhanced, &|enhanced| enhanced == wanted))
            && ready.enhanced.as_ref().is_none_or(|wanted| is(&self.enhanced, &|enhanced| wanted.is_match(enhanced)))
            && words()
            && (!row.plain || (self.has_a_number() && plain::gives_no_reason(&self.text)))
    }

    fn has_a_number(&self) -> bool {
        self.code.is_some() || self.enhanced.is_some()
    }
}

pub(super) fn without_hosts(text: &str) -> String {
    text.split(' ').filter(|word| !is_host(word)).collect::<Vec<_>>().join(" ")
}

/// A folded text with `@` for each letter of a mail address: the "spam" in spam@example.com is no word of a sentence.
pub(super) fn without_addresses(text: &str) -> String {
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-.".contains(c);
    let is_mailbox = |c: char| is_host(c) || "+_=%".contains(c);
    let mut all = String::with_capacity(text.len());
    for part in text.split_inclusive('@') {
        let rest = if all.ends_with('@') { part.trim_start_matches(is_host) } else { part };
        // A full stop at its end is the sentence's.
        let host = part.strip_suffix(rest).unwrap_or_default();
        let name = host.trim_end_matches('.');
        all.extend([&*"@".repeat(name.len()), &host[name.len()..]]);
        let before = rest.strip_suffix('@').map_or(rest, |rest| rest.trim_end_matches(is_mailbox));
        all.extend([before, &"@".repeat(rest.len() - before.len())]);
    }
    all
}

/// Whether a word is a host's name. Those of block lists stay: they say why.
fn is_host(word: &str) -> bool {
    let name = word.trim_matches(|c: char| !c.is_alphanumeric());
    let mut labels = name.rsplit('.');
    let is_top = labels.next().is_some_and(|top| top.len() > 1 && top.bytes().all(|byte| byte.is_ascii_lowercase()));
    let is_label =
        |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let others: Vec<&str> = labels.collect();
    is_top
        && others.len() > 1
        && others.iter().all(|label| is_label(label))
        && !BLOCK_LISTS.iter().any(|list| name.contains(list))
}

/// What names of block lists contain.
const BLOCK_LISTS: [&str; 6] = ["spam", "barracuda", "senderbase", "rbl", "dnsbl", "abuse"];

pub(super) fn is_enhanced(word: &str) -> bool {
    word.split('.').count() == 3 && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::proof;
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
        let mut lost = Vec::new();
        let proofs = proof::rows(include_str!("replies.toml"), "reply");
        assert_eq!(ROWS.len(), proofs.len());
        for (ready, proof) in ROWS.iter().zip(&proofs) {
            let row = &ready.row;
            let [said, server, source] = ["example", "server", "source"].map(|key| proof::text(proof, key));
            for cause in row.pasted.iter().chain([&row.cause]) {
                assert!(
                    causes().contains(&cause.as_str()),
                    "replies.toml: {said}\n  {cause} is not the name of a page in docs/guide/causes"
                );
            }
            let length = row.advice.chars().count();
            assert!(
                length <= MOST_ADVICE,
                "replies.toml: {said}\n  the advice has {length} characters, not {MOST_ADVICE}"
            );
            assert!(!server.is_empty() && !source.is_empty(), "replies.toml: {said}\n  no server or no source");
            let example = said.replace("\\n", "\n");
            let phases: Vec<Phase> = row.only_in.iter().copied().chain(row.phase).collect();
            for phase in if phases.is_empty() { vec![Phase::Data] } else { phases } {
                let found = meaning(phase, &joined(&example), &example);
                if found.is_none_or(|found| !std::ptr::eq(found, row)) {
                    let found = found.map(|found| (&found.cause, &found.text, &found.pattern));
                    lost.push(format!(
                        "replies.toml: {phase:?} {example}\n  its own row does not match first (are code and text as in the example, text in lower case?), but: {found:?}"
                    ));
                }
            }
        }
        assert!(lost.is_empty(), "{}", lost.join("\n"));
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

    #[rstest]
    #[case("535", Some("password-wrong"))]
    #[case("535 5.7.8 Error: authentication failed: (reason unavailable)", Some("password-wrong"))]
    #[case("535 Access from your country is not allowed", Some("server-rejects-client"))]
    #[case("535 5.7.8 Login from this IP address is not permitted", Some("server-rejects-client"))]
    #[case("535 IMAP/SMTP access is not enabled", Some("smtp-auth-disabled"))]
    #[case("535 Mailbox is over quota", Some("quota-exceeded"))]
    #[case("535 Password expired", Some("password-expired"))]
    #[case("535 5.7.8 Your account is blocked", Some("account-locked"))]
    #[case("535 5.7.8 Error: authentication failed: the moon is in the wrong house", None)]
    #[case("535 5.7.8 License server denied the request", None)]
    #[case("550 Authentication failed", None)]
    fn a_535_is_what_its_words_say(#[case] reply: &str, #[case] cause: Option<&str>) {
        assert_eq!(meaning(Phase::Auth, reply, reply).map(|row| row.cause.as_str()), cause);
    }

    #[rstest]
    #[case(Phase::Mail, "450 4.7.1 <a@example.com>: Sender address rejected: Access denied", "sender-not-allowed")]
    #[case(Phase::Mail, "432 4.3.2 Concurrent connections limit exceeded", "auth-throttled")]
    #[case(Phase::Mail, "450 4.7.1 outbound send limit exceeded", "quota-exceeded")]
    fn a_passing_refusal_is_what_its_words_say(#[case] phase: Phase, #[case] reply: &str, #[case] cause: &str) {
        assert_eq!(meaning(phase, reply, reply).map(|row| row.cause.as_str()), Some(cause));
    }

    #[rstest]
    #[case("<spam@example.org>: user unknown", "<@@@@@@@@@@@@@@@@>: user unknown")]
    #[case("to=<a.b+c@test.org>,b@a.org. sent", "to=<@@@@@@@@@@@@@@>,@@@@@@@. sent")]
    #[case("a@b@c @ x", "@@@@@ @ x")]
    fn addresses_are_no_words(#[case] text: &str, #[case] without: &str) {
        assert_eq!(without_addresses(text), without);
    }

    #[test]
    fn unknown_replies_are_unknown() {
        let reply = "535 5.7.999 the moon is in the wrong house";
        assert!(meaning(Phase::Auth, reply, reply).is_none_or(|row| row.tier == 4));
    }
}
