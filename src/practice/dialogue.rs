//! A mail server's side of a dialogue, written as a mail administrator reads it: `S:` what the server says, `C:` what it
//! waits for, `--` what it does. Read here; spoken in `server`.
//!
//! ```text
//! S: 220 {host} ESMTP ready
//! C: EHLO *
//! S: 250-{host}
//! S: 250 STARTTLS
//! C: STARTTLS
//! S: 220 Go on
//! -- TLS
//! C: AUTH * anna@example.com correct horse
//! S: 235 Accepted
//! ```
//!
//! A command is answered by the first `C:` line after the last one that fits, then by the first in its part; what
//! follows `-- TLS` counts once the connection is encrypted. `*` at the end stands for anything. `AUTH * NAME PASSWORD`
//! fits that name and password by PLAIN, LOGIN or CRAM-MD5. `\xNN` is a byte.

use std::time::Duration;

/// One thing that a server does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Sends a line.
    Say(Vec<u8>),
    /// Sends bytes without a line end.
    Send(Vec<u8>),
    /// Waits for this time.
    Wait(Duration),
    /// Begins TLS.
    StartTls,
    /// Closes the connection.
    Close,
    /// Keeps the connection, and says nothing more.
    Silence,
    /// Sends this line again and again, once a second, without end.
    Endless(Vec<u8>),
    /// Sends these bytes again and again, as fast as they are taken.
    Flood(Vec<u8>),
}

/// A command, and what the server does then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Exchange {
    /// The command, or its beginning.
    pub(super) command: Command,
    /// What the server does then.
    pub(super) acts: Vec<Act>,
}

/// What a `C:` line waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Exactly these words, in any case.
    Exactly(String),
    /// Anything that begins with this, in any case.
    Begins(String),
    /// A log-in by PLAIN, LOGIN or CRAM-MD5 with this name and password.
    LogIn(String, String),
}

/// A whole dialogue.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dialogue {
    /// What the server does before the first command.
    pub(super) greeting: Vec<Act>,
    /// Its answers before encryption.
    pub(super) clear: Vec<Exchange>,
    /// Its answers after encryption.
    pub(super) encrypted: Vec<Exchange>,
}

impl Dialogue {
    /// Reads a dialogue; the error names the line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut dialogue = Dialogue::default();
        let mut encrypted = false;
        for (index, line) in text.lines().enumerate() {
            let fail = |why: &str| format!("line {}: {why}: {line}", index + 1);
            let line = line.trim();
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let part = if encrypted { &mut dialogue.encrypted } else { &mut dialogue.clear };
            if word == "C:" {
                part.push(Exchange { command: command(rest.trim()), acts: Vec::new() });
                continue;
            }
            let acts = match part.last_mut() {
                Some(exchange) => &mut exchange.acts,
                None if encrypted && !word.is_empty() => return Err(fail("a command must come first after TLS")),
                None => &mut dialogue.greeting,
            };
            match (word, rest) {
                ("", _) => {}
                ("S:", words) => acts.push(Act::Say(bytes(words))),
                ("--", "TLS") => {
                    acts.push(Act::StartTls);
                    encrypted = true;
                }
                ("--", "close") => acts.push(Act::Close),
                ("--", "silence") => acts.push(Act::Silence),
                ("--", what) => acts.push(act(what).ok_or_else(|| fail("the lab cannot do that"))?),
                _ => return Err(fail("a line begins with S:, C: or --")),
            }
        }
        Ok(dialogue)
    }
}

/// Reads `12 s`, `send BYTES`, `endless LINE`, `flood BYTES`.
fn act(what: &str) -> Option<Act> {
    if let Some(line) = what.strip_prefix("endless ") {
        return Some(Act::Endless(bytes(line)));
    }
    if let Some(sent) = what.strip_prefix("flood ") {
        return Some(Act::Flood(bytes(sent)));
    }
    if let Some(sent) = what.strip_prefix("send ") {
        return Some(Act::Send(bytes(sent)));
    }
    let (number, unit) = what.split_once(' ')?;
    let number: u64 = number.parse().ok()?;
    match unit {
        "s" => Some(Act::Wait(Duration::from_secs(number))),
        "ms" => Some(Act::Wait(Duration::from_millis(number))),
        _ => None,
    }
}

fn command(words: &str) -> Command {
    if let Some((name, password)) = words.strip_prefix("AUTH * ").and_then(|rest| rest.split_once(' ')) {
        return Command::LogIn(name.to_owned(), password.to_owned());
    }
    match words.strip_suffix('*') {
        Some(start) => Command::Begins(start.to_ascii_uppercase()),
        None => Command::Exactly(words.to_ascii_uppercase()),
    }
}

/// Text with `\xNN` for single bytes and `\r`, `\n` for line ends.
fn bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        match (first, tail) {
            (b'\\', [b'x', a, b, after @ ..]) => match hex(&[*a, *b]) {
                Some(byte) => {
                    out.push(byte);
                    rest = after;
                    continue;
                }
                None => out.push(b'\\'),
            },
            (b'\\', [b'r', after @ ..]) => {
                out.push(b'\r');
                rest = after;
                continue;
            }
            (b'\\', [b'n', after @ ..]) => {
                out.push(b'\n');
                rest = after;
                continue;
            }
            (byte, _) => out.push(*byte),
        }
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialogue() {
        let text = "S: 220 hi \\x1b\n-- 12 s\nC: EHLO *\nS: 250 x\nC: STARTTLS\nS: 220 go\n-- TLS\nC: AUTH * anna secret word\nS: 235 ok\n-- close";
        let dialogue = Dialogue::parse(text).unwrap();
        assert_eq!(dialogue.greeting, [Act::Say(b"220 hi \x1b".to_vec()), Act::Wait(Duration::from_secs(12))]);
        assert_eq!(dialogue.clear[0].command, Command::Begins("EHLO ".to_owned()));
        assert_eq!(dialogue.clear[1].acts[1], Act::StartTls);
        assert_eq!(dialogue.encrypted[0].command, Command::LogIn("anna".to_owned(), "secret word".to_owned()));
        assert_eq!(dialogue.encrypted[0].acts[1], Act::Close);
    }

    #[test]
    fn faults_are_named() {
        assert!(Dialogue::parse("X: 220").unwrap_err().contains("line 1"));
        assert!(Dialogue::parse("S: 220\n-- dance").unwrap_err().contains("line 2"));
    }
}
