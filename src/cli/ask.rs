//! `mailtriage check --ask`: the guide's questions as lines of text, for screen readers, serial lines and remote consoles.
//! Asks on stderr and reads from stdin, so that the report alone is on stdout. What an answer means is decided in `session`.

use super::Stop;
use super::output::say;
use crate::session::diagnosis::{Diagnosis, OpenQuestion};
use crate::session::{Event, Session};
use crate::text::{capital, reason};
use std::collections::BTreeSet;
use std::io::{self, BufRead, Read};

/// An answer is a word or a number; an address has at most 254 characters (RFC 5321, 4.5.3.1.3).
const MOST_LINE_BYTES: u64 = 1_024;

/// Asks for the mail address, if it was not given.
pub(super) fn address(input: &mut impl BufRead) -> Result<Option<String>, Stop> {
    say("The caller's mail address:");
    Ok(line(input)?.filter(|line| !line.is_empty()))
}

/// Asks each open question of the guide, as long as there are any; an answer may open others.
pub(super) fn questions(session: &mut Session, input: &mut impl BufRead) -> Result<(), Stop> {
    let mut passed = BTreeSet::new();
    let mut diagnosis = session.diagnosis();
    say(&so_far(&diagnosis));
    while let Some(question) = diagnosis.questions.iter().find(|question| !passed.contains(&question.name)) {
        match answer(question, input)? {
            Answer::Word(word) => {
                session.apply(Event::Answered { question: question.name.clone(), answer: Some(word) });
            }
            Answer::NotKnown => {}
            Answer::NoMore => break,
        }
        passed.insert(question.name.clone());
        let after = session.diagnosis();
        if (&after.cause, after.certainty) != (&diagnosis.cause, diagnosis.certainty) {
            say(&so_far(&after));
        }
        diagnosis = after;
    }
    Ok(())
}

enum Answer {
    Word(String),
    NotKnown,
    /// The input has ended.
    NoMore,
}

fn answer(question: &OpenQuestion, input: &mut impl BufRead) -> Result<Answer, Stop> {
    say(&format!("\n{}", question.text));
    for (index, word) in question.words.iter().enumerate() {
        say(&format!("  {}  {}", index + 1, word.replace('-', " ")));
    }
    loop {
        say(&format!("1 to {}, or Enter if nobody knows:", question.words.len()));
        let Some(typed) = line(input)? else { return Ok(Answer::NoMore) };
        if typed.is_empty() {
            return Ok(Answer::NotKnown);
        }
        match chosen(&question.words, &typed) {
            Some(word) => return Ok(Answer::Word(word.to_owned())),
            None => say(&format!("\"{typed}\" is not one of them.")),
        }
    }
}

/// The word that was meant: by its number, as it is written, or by a beginning that only it has.
fn chosen<'a>(words: &'a [String], typed: &str) -> Option<&'a str> {
    if let Ok(number) = typed.parse::<usize>() {
        return words.get(number.checked_sub(1)?).map(String::as_str);
    }
    let typed = typed.to_lowercase().replace(' ', "-");
    let mut begin = words.iter().filter(|word| word.starts_with(&typed));
    match (words.iter().find(|word| **word == typed), begin.next(), begin.next()) {
        (Some(word), ..) | (None, Some(word), None) => Some(word),
        _ => None,
    }
}

fn so_far(diagnosis: &Diagnosis) -> String {
    let result = format!("{}: {}.", diagnosis.outcome.says(), diagnosis.title);
    let next =
        if diagnosis.now_name.is_empty() { String::new() } else { format!(" {}.", capital(&diagnosis.now_name)) };
    format!("\n{result} {}.{next}", capital(diagnosis.certainty.word()))
}

/// The next line, without what surrounds it; `None` at the end of the input.
fn line(input: &mut impl BufRead) -> Result<Option<String>, Stop> {
    let mut bytes = Vec::new();
    let read = input.take(MOST_LINE_BYTES).read_until(b'\n', &mut bytes);
    match read.map_err(|error| Stop::Usage(format!("the answer could not be read: {}", reason(&error))))? {
        0 => Ok(None),
        _ => Ok(Some(String::from_utf8_lossy(&bytes).trim().to_owned())),
    }
}

/// Standard input, for both.
pub(super) fn input() -> impl BufRead {
    io::stdin().lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_number_a_word_or_a_beginning() {
        let words = ["stays-in-outbox", "time-out", "time-is-wrong", "comes-back"].map(str::to_owned);
        assert_eq!(chosen(&words, "1"), Some("stays-in-outbox"));
        assert_eq!(chosen(&words, "Stays in"), Some("stays-in-outbox"));
        assert_eq!(chosen(&words, "time-out"), Some("time-out"));
        for wrong in ["time", "0", "5", "", "99999999999999999999", "-1", "nothing"] {
            assert_eq!(chosen(&words, wrong).filter(|_| !wrong.is_empty()), None, "{wrong}");
        }
    }

    #[test]
    fn an_endless_line_is_bounded() {
        let mut input = io::BufReader::new(io::repeat(b'x'));
        assert_eq!(line(&mut input).ok().flatten().map(|line| line.len()), Some(1_024));
    }
}
