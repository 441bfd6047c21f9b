//! Keeps a secret out of everything that a server says back: whole, cut, reversed, in Base64, in hexadecimal, in other
//! letters. It works on bytes, before anything becomes text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use std::collections::HashSet;
use zeroize::Zeroizing;

/// What stands for what was taken out.
const HIDDEN: &[u8] = b"********";
/// As many bytes of the secret in a row as betray it.
const RUN: usize = 5;
/// So many characters of Base64 are six bytes of the secret, and as many hexadecimal digits are four.
const CODED_RUN: usize = 8;
/// A server's code and the character after it are never part of an echo.
const CODE: usize = 4;

/// A secret, in the forms in which it may come back. They are wiped when this is dropped.
#[derive(Default)]
pub struct Veil {
    forms: Vec<Form>,
}

struct Form {
    /// In lower case.
    bytes: Zeroizing<Vec<u8>>,
    /// How much of it in a row betrays it.
    run: usize,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The bytes themselves: ordinary words are no echo.
    Plain,
    Base64,
    /// Hexadecimal digits, whatever stands between them.
    Hex,
}

impl Form {
    fn new(kind: Kind, bytes: &[u8], run: usize) -> Self {
        Form { bytes: Zeroizing::new(bytes.to_ascii_lowercase()), run: run.min(bytes.len()).max(1), kind }
    }
}

impl Veil {
    /// Over one secret.
    pub fn over(secret: &[u8]) -> Self {
        let mut veil = Veil::default();
        veil.add(secret);
        veil
    }

    /// Over this as well.
    pub fn add(&mut self, secret: &[u8]) {
        if secret.is_empty() {
            return;
        }
        let reversed: Zeroizing<Vec<u8>> = Zeroizing::new(secret.iter().rev().copied().collect());
        for bytes in [secret, reversed.as_slice()] {
            self.forms.push(Form::new(Kind::Plain, bytes, RUN));
            let hex: Zeroizing<Vec<u8>> =
                Zeroizing::new(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect());
            self.forms.push(Form::new(Kind::Hex, &hex, CODED_RUN));
            for before in 0..3 {
                let text = base64_after(before, bytes);
                let backwards: Zeroizing<Vec<u8>> = Zeroizing::new(text.iter().rev().copied().collect());
                self.forms.push(Form::new(Kind::Base64, &text, CODED_RUN));
                self.forms.push(Form::new(Kind::Base64, &backwards, CODED_RUN));
            }
        }
    }

    /// Over a text that stands for the secret, such as an answer in Base64, as it is. Short ones hold none.
    pub fn add_text(&mut self, text: &[u8]) {
        if text.len() >= CODED_RUN {
            self.forms.push(Form::new(Kind::Base64, text, CODED_RUN));
        }
    }

    /// A line that a server sent, cut where the secret begins in it: what follows may be more of it in other letters.
    pub fn cut(&self, line: &[u8]) -> Vec<u8> {
        let first = self.forms.iter().filter_map(|form| form.first_in(line)).min();
        match first {
            Some(at) => [&line[..at], HIDDEN].concat(),
            None => line.to_vec(),
        }
    }
}

impl Form {
    fn first_in(&self, line: &[u8]) -> Option<usize> {
        // For hexadecimal digits, what stands between two of them does not count.
        let kept: Vec<(usize, u8)> = line
            .iter()
            .enumerate()
            .skip(CODE)
            .filter(|(_, byte)| self.kind != Kind::Hex || byte.is_ascii_hexdigit())
            .map(|(at, byte)| (at, byte.to_ascii_lowercase()))
            .collect();
        let text: Zeroizing<Vec<u8>> = Zeroizing::new(kept.iter().map(|(_, byte)| *byte).collect());
        let runs: HashSet<&[u8]> = self.bytes.windows(self.run).collect();
        let mut from = 0;
        while let Some(at) = text[from..].windows(self.run).position(|window| runs.contains(window)) {
            let (begin, end) = (from + at, self.end(&text, from + at));
            if self.kind != Kind::Plain || !self.is_chance(&text, begin, end) {
                return kept.get(begin).map(|(at, _)| *at);
            }
            from = end;
        }
        None
    }

    /// Where the run that begins here ends.
    fn end(&self, text: &[u8], begin: usize) -> usize {
        let longest = self.bytes.windows(self.run).enumerate().filter(|(_, run)| text[begin..].starts_with(run));
        let longest = longest.map(|(at, _)| common(&self.bytes[at..], &text[begin..])).max();
        begin + longest.unwrap_or(self.run)
    }

    /// Whether a run says nothing about the secret: words that any refusal may have, or, for a very short secret, letters
    /// inside a word.
    fn is_chance(&self, text: &[u8], begin: usize, end: usize) -> bool {
        let is_letter = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_alphanumeric);
        if self.bytes.len() < RUN {
            return is_letter(begin.checked_sub(1)) || is_letter(Some(end));
        }
        if !text[begin..end].iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b' ') {
            return false;
        }
        // A run that ends within a word of the sentence is judged by the whole word.
        let begin = text[..begin].iter().rposition(|byte| !byte.is_ascii_alphabetic()).map_or(0, |at| at + 1);
        let end = text[end..].iter().position(|byte| !byte.is_ascii_alphabetic()).map_or(text.len(), |at| end + at);
        let whole = String::from_utf8_lossy(&text[begin..end]);
        whole.split_ascii_whitespace().all(|word| ORDINARY.contains(&word))
    }
}

/// Words of refusals of which a run says nothing about a secret that contains it.
const ORDINARY: &[&str] = &[
    "a",
    "accepted",
    "access",
    "account",
    "again",
    "and",
    "authenticate",
    "authenticated",
    "authentication",
    "blocked",
    "change",
    "check",
    "command",
    "connection",
    "credentials",
    "denied",
    "disabled",
    "domain",
    "email",
    "enabled",
    "error",
    "expired",
    "failed",
    "failure",
    "for",
    "google",
    "host",
    "incorrect",
    "invalid",
    "is",
    "kennwort",
    "limit",
    "login",
    "mail",
    "mailbox",
    "message",
    "not",
    "outlook",
    "passwd",
    "password",
    "passwort",
    "please",
    "policy",
    "quota",
    "recipient",
    "refused",
    "rejected",
    "relay",
    "required",
    "sasl",
    "security",
    "sender",
    "server",
    "service",
    "smtp",
    "spam",
    "support",
    "system",
    "the",
    "this",
    "unsuccessful",
    "user",
    "username",
    "webmail",
    "wrong",
    "your",
];

fn common(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(one, other)| one == other).count()
}

fn digit(value: u8) -> u8 {
    b"0123456789abcdef"[usize::from(value & 15)]
}

/// Those characters of the Base64 of some text that depend on this part alone, which begins after `before` bytes of a
/// group of three.
fn base64_after(before: usize, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let padded = Zeroizing::new([&[0; 2][..before], bytes].concat());
    let text = Zeroizing::new(STANDARD_NO_PAD.encode(&*padded).into_bytes());
    let begin = [0, 2, 3][before];
    let end = text.len() - usize::from(!padded.len().is_multiple_of(3));
    Zeroizing::new(text.get(begin..end).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;
    use rstest::rstest;

    fn cut(secret: &str, said: &str) -> String {
        String::from_utf8(Veil::over(secret.as_bytes()).cut(said.as_bytes())).unwrap()
    }

    #[rstest]
    #[case("500 unrecognized: correct horse", "500 unrecognized: ********")]
    #[case("500 unrecognized: CORRECT HORSE", "500 unrecognized: ********")]
    #[case("500 line too long: correct ho", "500 line too long: ********")]
    #[case("500 backwards: esroh tcerroc", "500 backwards: ********")]
    #[case("500 \"AUTH PLAIN AGFubmEAY29ycmVjdCBob3JzZQ==\"", "500 \"AUTH PLAIN AGFubmEA********")]
    #[case("500 too long: AUTH PLAIN AGFubmEAY29ycmVjdCBob3", "500 too long: AUTH PLAIN AGFubmEA********")]
    #[case("500 hex 636f727265637420686f727365", "500 hex ********")]
    #[case("500 63 6F 72 72 65 63 74 20 68", "500 ********")]
    #[case("500 %63%6f%72%72%65%63%74", "500 %********")]
    #[case("535 5.7.8 Authentication failed", "535 5.7.8 Authentication failed")]
    fn an_echo_is_cut(#[case] said: &str, #[case] left: &str) {
        assert_eq!(cut("correct horse", said), left);
    }

    #[rstest]
    #[case("password1", "535 5.7.8 Incorrect password", "535 5.7.8 Incorrect password")]
    #[case("password1", "535 5.7.8 bad: password1", "535 5.7.8 bad: ********")]
    #[case("authentication", "535 5.7.8 Authentication failed", "535 5.7.8 Authentication failed")]
    #[case("abc", "535 abc is wrong", "535 ********")]
    #[case("abc", "535 abcess", "535 abcess")]
    #[case("535", "535 no", "535 no")]
    #[case("a\tb\u{200b}c\u{1b}d", "500 said: a\tb\u{200b}c\u{1b}d", "500 said: ********")]
    #[case("", "535 no", "535 no")]
    fn words_are_no_echo(#[case] secret: &str, #[case] said: &str, #[case] left: &str) {
        assert_eq!(cut(secret, said), left);
    }

    proptest! {
        #[test]
        fn no_half_of_a_secret_is_left(
            secret in "[!-~]{12,40}",
            from in 0usize..6,
            before in "[a-z ]{0,9}",
            form in 0usize..5,
        ) {
            let part = &secret[from..];
            let coded = match form {
                0 => part.to_owned(),
                1 => part.chars().rev().collect(),
                2 => STANDARD.encode(format!("{before}{part}")),
                3 => crate::text::hex(part.as_bytes()).to_uppercase(),
                _ => part.to_uppercase(),
            };
            let left = cut(&secret, &format!("500 {before}{coded}"));
            prop_assert!(left.ends_with("********"), "{left}");
        }

        #[test]
        fn any_bytes_are_cut_in_time(secret: Vec<u8>, line: Vec<u8>) {
            let left = Veil::over(&secret).cut(&line);
            prop_assert!(left.len() <= line.len() + HIDDEN.len());
        }
    }
}
