//! What a refusal means by its sense, where none of its sentences is known: the table `sense.toml`, of concepts and of what
//! they mean together. Which of a text's words are a server's is found in `pasted`.

use super::replies::{is_enhanced, without_hosts};
use crate::packed::TABLES;
use crate::pages::table;
use crate::text::beginning;
use crate::text::fold::folded;
use crate::text::small_sort::Gather;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// How many words may stand between two concepts that belong together.
const NEAR: usize = 10;
/// The concepts of which one must be in a text without a reply code, if what it speaks of is a single thing.
const FAILS: [&str; 15] = [
    "refused",
    "blocked",
    "disabled",
    "unknown",
    "wrong",
    "failed",
    "full",
    "exceeded",
    "required",
    "untrusted",
    "unreachable",
    "unsupported",
    "undelivered",
    "lost",
    "no-network",
];
/// How much of a text is read, in bytes.
const MOST_READ: usize = 2 * 1024;

/// A row of the table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Meaning {
    /// The concepts that it speaks of, all in one sentence.
    #[serde(default)]
    says: Vec<String>,
    /// Concepts of which none may be in that sentence.
    #[serde(default)]
    unless: Vec<String>,
    /// In place of words: subjects and details of enhanced status codes (RFC 3463), as `1.1 7.606-649`.
    #[serde(default)]
    status: String,
    /// What the reply code begins with, one of several: `4 5`; empty for any code or none.
    #[serde(default)]
    code: String,
    /// Whether it means this in a text without a word of mail, too.
    #[serde(default)]
    anywhere: bool,
    /// What it counts more than, one of several: [`REFUSAL`], [`OWN`], [`LISTED`], [`LOG_IN`].
    #[serde(default)]
    outdoes: String,
    /// The cause.
    pub cause: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    words: BTreeMap<String, BTreeMap<String, String>>,
    meaning: Vec<Meaning>,
}

struct Table {
    /// The phrases of each concept.
    concepts: BTreeMap<String, Vec<Phrase>>,
    /// Those in other languages than English, as a pattern.
    patterns: BTreeMap<String, String>,
    meanings: Vec<Meaning>,
}

/// Some words in a row.
type Phrase = Vec<Word>;

/// A word of a list, whole or with any ending.
struct Word {
    text: String,
    is_beginning: bool,
}

impl Word {
    fn fits(&self, word: &str) -> bool {
        if self.is_beginning { word.starts_with(&self.text) } else { word == self.text }
    }
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let File { words, meaning } = table::read("sense.toml", TABLES.text("sense").unwrap_or_default());
    let foreign = |languages: &BTreeMap<String, String>| {
        let others = languages.iter().filter(|(language, _)| *language != "en");
        others.flat_map(|(_, list)| list.split(',').map(phrase)).map(|phrase| pattern(&phrase)).collect::<Vec<_>>()
    };
    let patterns = words.iter().map(|(name, languages)| (name.clone(), foreign(languages).join("|"))).gather();
    let phrases = |languages: BTreeMap<String, String>| {
        let all = languages.into_values().flat_map(|list| list.split(',').map(phrase).collect::<Vec<_>>());
        all.collect::<Vec<_>>()
    };
    let concepts = words.into_iter().map(|(name, languages)| (name, phrases(languages))).gather();
    Table { concepts, patterns, meanings: meaning }
});

fn phrase(text: &str) -> Phrase {
    let text = folded(text);
    let words = text.split(|c: char| !(c.is_alphanumeric() || "*@".contains(c))).filter(|word| !word.is_empty());
    let word = |word: &str| Word { text: word.trim_end_matches('*').to_owned(), is_beginning: word.ends_with('*') };
    words.map(word).collect()
}

/// A phrase as a pattern for a folded text.
fn pattern(phrase: &Phrase) -> String {
    let words: Vec<&str> = phrase.iter().map(|word| word.text.as_str()).collect();
    let end = if phrase.last().is_some_and(|word| word.is_beginning) { "" } else { r"\b" };
    format!(r"\b{}{end}", words.join("[ '-]"))
}

/// The words of a concept in other languages than English, as a pattern: in English they are said of much else.
pub fn foreign_words(concept: &str) -> Option<&'static str> {
    TABLE.patterns.get(concept).map(String::as_str)
}

/// What is read.
pub struct Said<'a> {
    /// A reply with its code, or a text of which nobody knows whose it is.
    pub text: &'a str,
    /// The reply code.
    pub code: Option<&'a str>,
    /// Whether it is known to be about mail.
    pub is_mail: bool,
}

/// The first row that one of these texts is an instance of.
pub fn of(said: &[Said<'_>]) -> Option<&'static Meaning> {
    first(said, |_| true)
}

/// A plain refusal: something is refused or fails, and nobody says why.
pub const REFUSAL: &str = "refusal";
/// What is usually said of the own account and the own server.
pub const OWN: &str = "own";
/// What is usually said of the computer that connects: that it is on a list.
pub const LISTED: &str = "listed";
/// What is usually said of an account and its password.
pub const LOG_IN: &str = "log-in";

/// The first row that counts more than this, and that one of these texts is an instance of.
pub fn outdoing(what: &str, said: &[Said<'_>]) -> Option<&'static Meaning> {
    first(said, |meaning| meaning.outdoes.split_whitespace().any(|word| word == what))
}

fn first(said: &[Said<'_>], counts: impl Fn(&Meaning) -> bool) -> Option<&'static Meaning> {
    let read: Vec<Read> = said.iter().map(Read::new).collect();
    let mut rows = TABLE.meanings.iter().filter(|meaning| counts(meaning));
    rows.find(|meaning| read.iter().any(|read| read.means(meaning)))
}

/// A text in words, and where the concepts are in it.
struct Read {
    code: String,
    status: Option<(u16, u16)>,
    is_mail: bool,
    /// The first word of each sentence.
    sentences: Vec<usize>,
    found: BTreeMap<&'static str, Vec<Range<usize>>>,
}

impl Read {
    fn new(said: &Said<'_>) -> Self {
        let text = folded(beginning(said.text, MOST_READ));
        let status = text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_digit()));
        let status = status.filter(|word| is_enhanced(word)).find_map(detail);
        let (words, sentences) = words(&without_hosts(&text));
        let mut found = BTreeMap::new();
        for (name, phrases) in &TABLE.concepts {
            let places = (0..words.len()).filter_map(|at| longest(phrases, &words[at..]).map(|length| at..at + length));
            let places: Vec<Range<usize>> = places.collect();
            if !places.is_empty() {
                found.insert(name.as_str(), places);
            }
        }
        // An address of somebody who writes or is written to.
        let names = |concept: &str| found.contains_key(concept);
        let has_address = words.iter().any(|word| word == "@") && (names("sender") || names("recipient"));
        let is_mail = said.is_mail || has_address || text.contains("smtp") || names("mail");
        Read { code: said.code.unwrap_or_default().to_owned(), status, is_mail, sentences, found }
    }

    fn means(&self, meaning: &Meaning) -> bool {
        let begins = |start: &str| self.code.starts_with(start);
        let has_code = meaning.code.is_empty() || meaning.code.split_whitespace().any(begins);
        let has_status = || self.status.is_some_and(|status| is_in(status, &meaning.status));
        match meaning.says.split_first() {
            None => has_code && has_status(),
            Some((first, others)) => {
                // "Spam" alone, as a folder's name, says nothing.
                let fails = || !self.code.is_empty() || FAILS.iter().any(|concept| self.found.contains_key(concept));
                has_code
                    && (meaning.anywhere || self.is_mail && (!others.is_empty() || fails()))
                    && self.places(first).iter().any(|at| self.holds(at, others, meaning))
            }
        }
    }

    /// Whether the other concepts are near this place, and none that speaks against it is in the sentence.
    fn holds(&self, at: &Range<usize>, others: &[String], meaning: &Meaning) -> bool {
        let sentence = self.sentence(at);
        let is_here = |place: &&Range<usize>| sentence.contains(&place.start);
        let is_near = |place: &&Range<usize>| place.start <= at.end + NEAR && at.start <= place.end + NEAR;
        let near = |name: &String| self.places(name).iter().filter(is_here).any(|place| is_near(&place));
        let against = |name: &String| self.places(name).iter().any(|place| is_here(&place));
        others.iter().all(near) && !meaning.unless.iter().any(against)
    }

    fn places(&self, concept: &str) -> &[Range<usize>] {
        self.found.get(concept).map_or(&[], Vec::as_slice)
    }

    fn sentence(&self, at: &Range<usize>) -> Range<usize> {
        let after = self.sentences.partition_point(|start| *start <= at.start);
        let start = after.checked_sub(1).and_then(|index| self.sentences.get(index)).copied().unwrap_or_default();
        start..self.sentences.get(after).copied().unwrap_or(usize::MAX)
    }
}

/// The words of a text in lower case, and the first one of each sentence. An address is the word `@`, a link is none.
fn words(text: &str) -> (Vec<String>, Vec<usize>) {
    let (mut words, mut sentences) = (Vec::new(), vec![0]);
    for token in text.split_whitespace().filter(|token| !token.contains("://")) {
        if token.contains('@') {
            words.push("@".to_owned());
            continue;
        }
        words.extend(token.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned));
        if token.ends_with(['.', '!', '?', ';']) && sentences.last() != Some(&words.len()) {
            sentences.push(words.len());
        }
    }
    (words, sentences)
}

/// How many words the longest of these phrases has, of those with which the words begin.
fn longest(phrases: &[Phrase], words: &[String]) -> Option<usize> {
    let fits = |phrase: &&Phrase| {
        phrase.len() <= words.len() && phrase.iter().zip(words).all(|(wanted, word)| wanted.fits(word))
    };
    phrases.iter().filter(fits).map(Vec::len).max()
}

/// Subject and detail of an enhanced status code.
fn detail(status: &str) -> Option<(u16, u16)> {
    let mut numbers = status.split('.').map(|number| number.parse::<u16>().ok());
    match (numbers.next()??, numbers.next()??, numbers.next()??) {
        (4 | 5, subject, detail) => Some((subject, detail)),
        _ => None,
    }
}

fn is_in((subject, detail): (u16, u16), list: &str) -> bool {
    list.split_whitespace().filter_map(|entry| entry.split_once('.')).any(|(own, details)| {
        let (from, to) = details.split_once('-').unwrap_or((details, details));
        let range = from.parse().ok().zip(to.parse().ok());
        own.parse() == Ok(subject) && range.is_some_and(|(from, to): (u16, u16)| (from..=to).contains(&detail))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::proof;
    use crate::pages::causes;

    fn said(text: &str) -> Said<'_> {
        let code = text.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
        Said { text, code, is_mail: code.is_some() }
    }

    #[test]
    fn every_example_finds_its_own_row() {
        let mut lost = Vec::new();
        let proofs = proof::rows(include_str!("sense.toml"), "meaning");
        assert_eq!(TABLE.meanings.len(), proofs.len());
        for (meaning, proof) in TABLE.meanings.iter().zip(&proofs) {
            assert!(causes().contains(&meaning.cause.as_str()), "sense.toml: {} is no cause", meaning.cause);
            for name in meaning.says.iter().chain(&meaning.unless) {
                assert!(TABLE.concepts.contains_key(name), "sense.toml: there is no [words.{name}]");
            }
            let example = proof::text(proof, "example");
            let found = of(&[said(example)]);
            if found.is_none_or(|found| !std::ptr::eq(found, meaning)) {
                lost.push(format!("{example}: found {:?}", found.map(|row| (&row.says, &row.cause))));
            }
        }
        assert!(lost.is_empty(), "{}", lost.join("\n"));
    }

    #[test]
    fn every_phrase_has_words() {
        let empty = |(_, phrases): &(&String, &Vec<Phrase>)| phrases.iter().any(Vec::is_empty);
        let empty: Vec<&String> = TABLE.concepts.iter().filter(empty).map(|(name, _)| name).collect();
        assert!(empty.is_empty(), "a comma with nothing behind it in {empty:?}");
    }

    #[test]
    fn every_concept_is_used() {
        let used = |name: &String| {
            name == "mail" || TABLE.meanings.iter().any(|row| row.says.contains(name) || row.unless.contains(name))
        };
        let unused: Vec<&String> = TABLE.concepts.keys().filter(|name| !used(name)).collect();
        assert!(unused.is_empty(), "{unused:?}");
    }

    #[test]
    fn concepts_belong_together_in_one_sentence_only() {
        assert!(of(&[said("550 The recipient is here. The moon is unknown")]).is_none());
        let far = format!("550 The recipient {}is unknown", "and so on ".repeat(4));
        assert!(of(&[said(&far)]).is_none());
    }

    #[test]
    fn ranges_of_status_codes() {
        assert!(is_in((7, 610), "1.1 7.606-649") && is_in((1, 1), "1.1-4") && !is_in((1, 10), "1.1-4"));
        assert_eq!(detail("5.7.26"), Some((7, 26)));
        assert_eq!(detail("2.0.0"), None);
    }
}
