//! The result of a dialogue: greeting and EHLO reply written down, and how it ended. And the one question that is asked
//! without encryption. No connection is opened here.

use super::words::{address_in, foreign_protocol, is_ftp, is_masked};
use crate::check::Notebook;
use crate::check::engine::millis;
use crate::facts::key::Key;
use crate::facts::keys::smtp as keys;
use crate::facts::replies::{self, Phase};
use crate::facts::words::{Ehlo, Foreign, Greeting, Stops};
use crate::machine::Local;
use crate::probe::smtp::{Dialogue, NoReply, REPLY, Reply};
use std::time::Duration;

/// How many of the server's keywords are written down.
const MOST_KEYWORDS: usize = 64;

/// How the dialogue ended.
pub(super) enum Ended {
    /// The server lets us go as far as the log-in, if it offers one here.
    Through { log_in: bool },
    /// A 4xx greeting.
    Busy(Reply),
    /// Something before the log-in failed; the reason in words.
    Stopped(String),
}

/// Notes the greeting; returns an end if the dialogue cannot go on.
pub(super) fn note_greeting(book: &mut Notebook, took: Duration, greeting: Result<Reply, NoReply>) -> Option<Ended> {
    book.note(keys::GREETING_MS, millis(took));
    let stopped = |word, says: String| (word, Some(Ended::Stopped(says)));
    let (word, ended) = match greeting {
        Ok(reply) => {
            let first = reply.texts().next().unwrap_or_default();
            book.note(keys::BANNER, reply.joined());
            if reply.code == 220 && is_ftp(&first) {
                book.note(keys::FOREIGN, Foreign::Ftp);
                book.note(keys::GREETING, Greeting::NotSmtp);
                return Some(Ended::Stopped("this is not a mail server for sending (ftp)".to_owned()));
            }
            if let Some(name) = first.split_whitespace().next().filter(|_| reply.code == 220) {
                book.note(keys::BANNER_NAME, name.to_ascii_lowercase());
            }
            match reply.code {
                220 => {
                    if is_masked(&first) {
                        book.note(keys::GREETING_MASKED, true);
                    }
                    (Greeting::Ready, None)
                }
                // A repeated attempt, alone, may succeed where the first did not: this is noted at the end.
                400..=499 => return Some(Ended::Busy(reply)),
                _ => {
                    note_reason(book, keys::GREETING_REASON, Phase::Banner, &reply);
                    stopped(Greeting::Refuses, format!("the server turns us away: {}", reply.joined()))
                }
            }
        }
        Err(NoReply::Silent) => stopped(Greeting::Silent, "the port opens, then nothing comes".to_owned()),
        Err(NoReply::Unfinished(_)) => stopped(Greeting::Endless, "the greeting never ends".to_owned()),
        Err(NoReply::TooLong(what, _)) => stopped(Greeting::Endless, format!("the greeting is longer than {what}")),
        Err(NoReply::Closed(bytes)) if bytes.is_empty() => {
            stopped(Greeting::Closes, "the port opens, then the connection is closed".to_owned())
        }
        Err(NoReply::Early | NoReply::Senseless(_)) => {
            book.note(keys::STOPS, Stops::Malformed);
            stopped(Greeting::Closes, "what comes instead of a greeting makes no sense".to_owned())
        }
        Err(NoReply::Broken(_) | NoReply::Closed(_)) => {
            stopped(Greeting::Closes, "the connection breaks during the greeting".to_owned())
        }
        Err(NoReply::NotSmtp(bytes)) => {
            let protocol = foreign_protocol(&bytes);
            book.note(keys::FOREIGN, protocol);
            stopped(Greeting::NotSmtp, format!("this is not a mail server for sending ({})", protocol.word()))
        }
    };
    book.note(keys::GREETING, word);
    ended
}

/// Notes the cause that the server's words name. Numbers alone name none.
pub(super) fn note_reason(book: &mut Notebook, key: Key<String>, phase: Phase, reply: &Reply) {
    let row = replies::meaning(phase, &reply.joined(), &reply.as_seen());
    if let Some(row) = row.filter(|row| row.goes_by_words()) {
        book.note(key, row.cause.as_str());
        book.saw("this reply means", row.advice.as_str());
    }
}

/// Notes what the server says about itself, and what it offers.
pub(super) fn note_ehlo(book: &mut Notebook, local: &Local, reply: &Reply) {
    // If another name was refused before, that stays the result.
    if !book.has(&keys::EHLO) {
        book.note(keys::EHLO, Ehlo::Accepted);
    }
    book.note(keys::EHLO_MS, millis(reply.elapsed));
    let first = reply.texts().next().unwrap_or_default();
    if let Some(name) = first.split_whitespace().next() {
        if local.has_name(name) {
            book.note(keys::OWN_NAME, true);
        }
        book.note(keys::EHLO_NAME, name.to_ascii_lowercase());
    }
    if let Some(addr) = address_in(&first) {
        book.note(keys::SEEN_AS, addr);
    }
    let keywords = reply.keywords();
    if let Some(size) = keywords.iter().find_map(|keyword| keyword.strip_prefix("SIZE ")?.trim().parse::<i64>().ok()) {
        book.note(keys::SIZE, size);
    }
    book.note(keys::KEYWORDS, keywords.into_iter().take(MOST_KEYWORDS).collect::<Vec<_>>());
}

/// `AUTH PLAIN` without its answer, then `*`: shows whether the server would accept a log-in without encryption (530,
/// 538), and gives nothing away (RFC 4954 section 4).
pub(super) async fn try_log_in_without_secret(
    book: &mut Notebook,
    dialogue: &mut Dialogue,
    ehlo: &Reply,
) -> Result<(), NoReply> {
    let mechanisms = ehlo.mechanisms();
    let offers = |name: &str| mechanisms.iter().any(|mechanism| mechanism == name);
    let mechanism = if offers("LOGIN") && !offers("PLAIN") { "LOGIN" } else { "PLAIN" };
    let reply = dialogue.ask(format!("AUTH {mechanism}").as_bytes(), None, REPLY).await?;
    book.note(keys::AUTH_CLEAR_PROBE, reply.code);
    if (200..300).contains(&reply.code) {
        return Err(NoReply::Senseless("a log-in is accepted that was not made"));
    }
    if reply.code == 334 {
        // No mail program cancels: what the server makes of that says nothing about the account.
        let _ = dialogue.ask(b"*", None, REPLY).await;
        return Ok(());
    }
    book.note(keys::AUTH_CLEAR_REPLY, reply.joined());
    book.note(keys::AUTH_CLEAR_WANTS_TLS, wants_encryption(&reply));
    Ok(())
}

/// Whether a refusal asks for encryption: by its code (RFC 3207 section 4, RFC 2554 section 6, RFC 5248 section 2.4), or
/// by its words, whatever the code.
fn wants_encryption(reply: &Reply) -> bool {
    let text = reply.joined().to_ascii_lowercase();
    let names_it =
        |word: &str| matches!(word, "tls" | "ssl" | "starttls" | "5.7.10" | "5.7.11") || word.starts_with("encrypt");
    let mut words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '.').map(|word| word.trim_matches('.'));
    matches!(reply.code, 523 | 530 | 538)
        || (500..600).contains(&reply.code) && (words.any(names_it) || text.contains("secure connection"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_encryption() {
        let wants = |text: &str| {
            let code = text.split(' ').next().unwrap_or_default().parse().unwrap_or(0);
            wants_encryption(&Reply { code, lines: vec![text.as_bytes().to_vec()], elapsed: Duration::ZERO })
        };
        assert!(wants("538 5.7.11 Encryption required for requested authentication mechanism"));
        assert!(wants("530 5.7.0 Must issue a STARTTLS command first"));
        assert!(wants("523 5.7.10 Plaintext authentication disallowed on non-secure (SSL/TLS) connections."));
        assert!(wants("504 5.7.4 Security: issue a STARTTLS command first"));
        assert!(wants("503 5.5.1 AUTH is only allowed on an encrypted connection"));
        assert!(wants("503 AUTH only over a secure connection"));
        assert!(!wants("503 5.5.1 Error: authentication not enabled"));
        assert!(!wants("502 5.5.2 Error: command not recognized") && !wants("454 4.7.0 TLS not available"));
    }
}
