//! The language of the guide's tables: `fact` is (not) `word` or `word` and ..., what a row gives if that holds, and
//! the words for certainty and for who can act.

use crate::facts::{Derived, Known, Why, vocabulary};
use crate::pages::markdown::{Cell, Piece};
use crate::text::small_sort::Gather;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// How certain a verdict is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, strum::IntoStaticStr, strum::EnumString,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Certainty {
    /// It rests on an answer of the technician, or on a guess of the settings.
    Possible,
    /// One side of the comparison is missing.
    Likely,
    /// It rests on a comparison that was measured.
    Certain,
}

impl Certainty {
    /// The word as the report writes it.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Who can fix something.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Who {
    /// The person who cannot send.
    User,
    /// The technician who runs this program.
    Helpdesk,
    /// Whoever runs the network; or the internet provider.
    Network,
    /// The mail provider.
    Provider,
    /// Nobody: there is nothing to fix, or it passes by itself.
    Nobody,
}

impl Who {
    /// The word in the report and on the pages.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The word that people use.
    pub fn says(self) -> &'static str {
        match self {
            Who::User => "the caller",
            Who::Helpdesk => "helpdesk",
            Who::Network => "network or ISP",
            Who::Provider => "mail provider",
            Who::Nobody => "nobody",
        }
    }
}

/// One fact compared with words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The fact's name.
    pub fact: String,
    /// Whether the words are excluded.
    pub not: bool,
    /// The words.
    pub words: Vec<String>,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}{}", self.fact, if self.not { "not " } else { "" }, self.words.join(" or "))
    }
}

impl Term {
    /// The term for people: "the same port at other companies' servers: not open".
    pub fn in_words(&self) -> String {
        format!("{}: {}", vocabulary::says(&self.fact), self.words_say())
    }

    /// Its words for people: "not open", "differs or unknown".
    pub fn words_say(&self) -> String {
        let words: Vec<String> = self.words.iter().map(|word| vocabulary::word_says(word)).collect();
        format!("{}{}", if self.not { "not " } else { "" }, words.join(" or "))
    }
}

/// A row: if all terms hold, go there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The terms; empty means "otherwise".
    pub terms: Vec<Term>,
    /// The page it leads to: `firewall`, `causes/offline`.
    pub then: String,
    /// The most certainty that it may claim.
    pub certainty: Certainty,
    /// Its line on the page, from 1 on.
    pub line: usize,
}

/// A row of any other table: what it gives if all terms hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row<T> {
    /// The terms; empty means "otherwise".
    pub terms: Vec<Term>,
    /// What it gives.
    pub gives: T,
    /// Its line on the page, from 1 on.
    pub line: usize,
}

impl<T> Row<T> {
    /// Reads a row: its first cell says when, the rest what it gives.
    pub(super) fn read(
        line: usize,
        row: &[Cell],
        gives: impl Fn(&[Cell]) -> Result<T, String>,
    ) -> Result<Self, String> {
        Ok(Row { terms: parse_when(row.first().map_or(&[], Vec::as_slice))?, gives: gives(row)?, line })
    }
}

/// What the rows that hold give, in order.
pub fn given<'a, T>(rows: &'a [Row<T>], facts: &Derived) -> impl Iterator<Item = &'a T> {
    rows.iter().filter(|row| all_hold(&row.terms, facts) == Held::Yes).map(|row| &row.gives)
}

/// The checks that may still change which row is the first to hold.
pub fn waits_for<T>(rows: &[Row<T>], facts: &Derived) -> BTreeSet<String> {
    let held = rows.iter().map(|row| all_hold(&row.terms, facts)).take_while(|held| *held != Held::Yes);
    held.flat_map(|held| if let Held::Pending(checks) = held { checks } else { BTreeSet::new() }).gather()
}

/// The checks that may still change which of the rows hold.
pub fn any_waits_for<T>(rows: &[Row<T>], facts: &Derived) -> BTreeSet<String> {
    let held = rows.iter().map(|row| all_hold(&row.terms, facts));
    held.flat_map(|held| if let Held::Pending(checks) = held { checks } else { BTreeSet::new() }).gather()
}

/// Whether a term or a row holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Held {
    /// It holds.
    Yes,
    /// It does not hold.
    No,
    /// It does not hold, because these facts are unknown: fact and reason.
    Unknown(Vec<(String, Why)>),
    /// It is not known until these checks have ended.
    Pending(BTreeSet<String>),
}

impl Term {
    /// Whether it holds with these facts.
    pub fn holds(&self, facts: &Derived) -> Held {
        let says_unknown = self.words.iter().any(|word| word == "unknown");
        match facts.get(&self.fact) {
            Some(Known::Word(word)) => {
                if self.words.contains(word) != self.not {
                    Held::Yes
                } else {
                    Held::No
                }
            }
            Some(Known::Pending(checks)) => Held::Pending(checks.clone()),
            // The word "unknown" is the only one that an unknown fact has; `is not` never holds for it.
            _ if says_unknown && !self.not => Held::Yes,
            _ if says_unknown => Held::No,
            Some(Known::Unknown(why)) => Held::Unknown(vec![(self.fact.clone(), why.clone())]),
            None => Held::Unknown(vec![(self.fact.clone(), Why::NotAsked)]),
        }
    }
}

/// Whether all terms hold: a false term outranks an unknown one (with which the row can never hold), and that outranks
/// a pending one.
pub fn all_hold(terms: &[Term], facts: &Derived) -> Held {
    let mut unknown = Vec::new();
    let mut pending = BTreeSet::new();
    for term in terms {
        match term.holds(facts) {
            Held::Yes => {}
            Held::No => return Held::No,
            Held::Unknown(more) => unknown.extend(more),
            Held::Pending(more) => pending.extend(more),
        }
    }
    match (unknown.is_empty(), pending.is_empty()) {
        (false, _) => Held::Unknown(unknown),
        (true, false) => Held::Pending(pending),
        (true, true) => Held::Yes,
    }
}

impl Rule {
    /// Whether it holds.
    pub fn holds(&self, facts: &Derived) -> Held {
        all_hold(&self.terms, facts)
    }

    /// The cause that it leads to, if it leads to one.
    pub fn cause(&self) -> Option<&str> {
        self.then.strip_prefix("causes/")
    }
}

/// Checks that every fact and word is in the vocabulary, and every answer among the given questions: a step's rows go by
/// its own, all others by those of any step.
pub(super) fn check(terms: &[Term], questions: &[super::page::Question]) -> Result<(), String> {
    for term in terms {
        let words: Vec<&str> = match term.fact.strip_prefix("answer.") {
            Some(name) => {
                let question = questions.iter().find(|question| question.name == name);
                let question = question.ok_or_else(|| format!("{term}: nobody asks {name}"))?;
                question.words.iter().map(String::as_str).collect()
            }
            None => {
                vocabulary::find(&term.fact).ok_or_else(|| format!("{term}: there is no such fact"))?.words.to_vec()
            }
        };
        for word in &term.words {
            if word != "unknown" && !words.contains(&word.as_str()) {
                return Err(format!("{term}: {} has no word {word}", term.fact));
            }
        }
    }
    Ok(())
}

/// Reads the cell under *When*.
pub(super) fn parse_when(cell: &[Piece]) -> Result<Vec<Term>, String> {
    if let [Piece::Words(words)] = cell
        && words.trim() == "otherwise"
    {
        return Ok(Vec::new());
    }
    let mut terms: Vec<Term> = Vec::new();
    let mut pieces = cell.iter().filter(|piece| !matches!(piece, Piece::Words(words) if words.trim().is_empty()));
    loop {
        let Some(Piece::Code(fact)) = pieces.next() else { return Err("a row must begin with a fact".to_owned()) };
        let not = match pieces.next() {
            Some(Piece::Words(words)) if words.trim() == "is" => false,
            Some(Piece::Words(words)) if words.trim() == "is not" => true,
            other => return Err(format!("after {fact} comes {other:?}, not \"is\" or \"is not\"")),
        };
        let mut words = Vec::new();
        loop {
            let Some(Piece::Code(word)) = pieces.next() else {
                return Err(format!("after \"{fact} is\" a word is missing"));
            };
            words.push(word.clone());
            match pieces.next() {
                None => {
                    terms.push(Term { fact: fact.clone(), not, words });
                    return Ok(terms);
                }
                Some(Piece::Words(between)) if between.trim() == "or" => {}
                Some(Piece::Words(between)) if between.trim() == "and" => break,
                other => return Err(format!("after {word} comes {other:?}, not \"or\" or \"and\"")),
            }
        }
        terms.push(Term { fact: fact.clone(), not, words });
    }
}

/// The same in a text: "`port.state` is not `open` or `denied`".
pub fn written_when(text: &str) -> Result<Vec<Term>, String> {
    // Between the backticks, facts and words take turns with what is between them.
    let pieces = text.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    let pieces = pieces.map(|(index, piece)| match index % 2 {
        0 => Piece::Words(piece.to_owned()),
        _ => Piece::Code(piece.to_owned()),
    });
    parse_when(&pieces.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Piece {
        Piece::Code(text.to_owned())
    }

    fn words(text: &str) -> Piece {
        Piece::Words(text.to_owned())
    }

    #[test]
    fn rows() {
        let cell = [
            code("port.state"),
            words(" is "),
            code("refused"),
            words(" or "),
            code("filtered"),
            words(" and "),
            code("port.elsewhere"),
            words(" is not "),
            code("closed"),
        ];
        let terms = parse_when(&cell).unwrap();
        assert_eq!(terms[0].to_string(), "port.state is refused or filtered");
        assert!(terms[1].not);
        assert_eq!(parse_when(&[words("otherwise")]).unwrap(), vec![]);
        assert!(parse_when(&[words("maybe")]).is_err());
        assert!(parse_when(&[code("a"), words("is")]).is_err());
    }

    #[test]
    fn three_values() {
        let term = |not, word: &str| Term { fact: "clock".to_owned(), not, words: vec![word.to_owned()] };
        let mut facts = Derived::new();
        assert!(matches!(term(false, "right").holds(&facts), Held::Unknown(_)));
        assert!(matches!(term(true, "right").holds(&facts), Held::Unknown(_)));
        assert_eq!(term(false, "unknown").holds(&facts), Held::Yes);
        facts.insert("clock".to_owned(), Known::Word("wrong".to_owned()));
        assert_eq!(term(true, "right").holds(&facts), Held::Yes);
        assert_eq!(term(false, "right").holds(&facts), Held::No);
    }
}
