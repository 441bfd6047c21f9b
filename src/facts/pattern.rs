//! A pattern of a table: compiled when a text has what every match of it needs, and not before. All of them compiled take
//! some dozen megabytes, and a text needs a few. What the patterns mean is in the tables.

use crate::text::fold::folded_pattern;
use regex_lite::Regex;
use std::iter::Peekable;
use std::str::Chars;
use std::sync::OnceLock;

/// A regex of a table, for folded texts.
pub(super) struct Pattern {
    text: String,
    /// Words of which a text has one if it matches; `None` where no word is needed.
    needs: OnceLock<Option<Vec<String>>>,
    compiled: OnceLock<Regex>,
}

impl Pattern {
    pub(super) fn new(text: &str) -> Self {
        Pattern { text: folded_pattern(text), needs: OnceLock::new(), compiled: OnceLock::new() }
    }

    pub(super) fn is_match(&self, words: &str) -> bool {
        self.may_match(words) && self.compiled().is_match(words)
    }

    fn may_match(&self, words: &str) -> bool {
        let needs = self.needs.get_or_init(|| Reader(self.text.chars().peekable()).alternatives());
        needs.as_ref().is_none_or(|needs| needs.iter().any(|word| words.contains(word.as_str())))
    }

    fn compiled(&self) -> &Regex {
        self.compiled.get_or_init(|| Regex::new(&self.text).expect("the tables are checked by a test"))
    }
}

/// Reads from a pattern which words its matches need.
struct Reader<'p>(Peekable<Chars<'p>>);

impl Reader<'_> {
    /// A word of each alternative, up to the end of the group.
    fn alternatives(&mut self) -> Option<Vec<String>> {
        let mut needs = Some(Vec::new());
        loop {
            let of_one = self.alternative();
            needs = needs.zip(of_one).map(|(needs, more)| [needs, more].concat());
            if self.0.next() != Some('|') {
                return needs;
            }
        }
    }

    /// What is most telling of the things that stand in a row.
    fn alternative(&mut self) -> Option<Vec<String>> {
        let (mut needs, mut word) = (None, String::new());
        while let Some(c) = self.0.next_if(|c| !matches!(c, '|' | ')')) {
            let item = match c {
                '(' => {
                    self.skip_flags();
                    Item::Group(self.alternatives())
                }
                '[' => {
                    self.skip_class();
                    Item::Unknown
                }
                '.' | '^' | '$' => Item::Unknown,
                '\\' => match self.0.next() {
                    Some(escaped) if !escaped.is_ascii_alphanumeric() => Item::Letter(escaped),
                    _ => Item::Unknown,
                },
                letter => Item::Letter(letter),
            };
            let times = self.times();
            match (item, times) {
                (Item::Letter(letter), Times::Once) => word.push(letter),
                (Item::Letter(letter), Times::More) => {
                    word.push(letter);
                    needs = better(needs, Some(vec![std::mem::take(&mut word)]));
                }
                (Item::Group(inner), Times::Once | Times::More) => {
                    needs = better(better(needs, Some(vec![std::mem::take(&mut word)])), inner);
                }
                _ => needs = better(needs, Some(vec![std::mem::take(&mut word)])),
            }
        }
        better(needs, Some(vec![word]))
    }

    /// The `?:` and `?P<name>` of a group.
    fn skip_flags(&mut self) {
        if self.0.next_if_eq(&'?').is_some() {
            self.0.find(|c| matches!(c, ':' | '>'));
        }
    }

    fn skip_class(&mut self) {
        self.0.next_if_eq(&'^');
        self.0.next_if_eq(&']');
        while let Some(c) = self.0.next().filter(|c| *c != ']') {
            if c == '\\' {
                self.0.next();
            }
        }
    }

    /// How often what was just read may come.
    fn times(&mut self) -> Times {
        let times = match self.0.peek() {
            Some('?' | '*') => Times::PerhapsNever,
            Some('+') => Times::More,
            Some('{') => {
                let most: String = self.0.by_ref().skip(1).take_while(|c| *c != '}').collect();
                self.0.next_if_eq(&'?');
                return if most.starts_with('0') { Times::PerhapsNever } else { Times::More };
            }
            _ => return Times::Once,
        };
        self.0.next();
        self.0.next_if_eq(&'?');
        times
    }
}

enum Item {
    Letter(char),
    Group(Option<Vec<String>>),
    Unknown,
}

enum Times {
    Once,
    More,
    PerhapsNever,
}

/// A shorter word is in most texts.
const SHORTEST: usize = 3;

/// The needs whose shortest word is longest, for it is in the fewest texts.
fn better(one: Option<Vec<String>>, other: Option<Vec<String>>) -> Option<Vec<String>> {
    let weight = |needs: &Vec<String>| needs.iter().map(|word| word.trim().len()).min().unwrap_or(0);
    let tells = |needs: &Vec<String>| weight(needs) >= SHORTEST;
    match (one.filter(tells), other.filter(tells)) {
        (Some(one), Some(other)) => Some(if weight(&other) > weight(&one) { other } else { one }),
        (one, other) => one.or(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::proof;
    use rstest::rstest;

    #[rstest]
    #[case("too many", Some("too many"))]
    #[case(r"\b(user|mailbox)\b.{0,60}\bunknown", Some("unknown"))]
    #[case(r"\b(user|mailbox)\b.{0,60}\b(un)?known?", Some("user mailbox"))]
    #[case(r"limit exceeded|many|[45]\.\d\.1", None)]
    #[case(r"(?:grey|gray)list(?:ed|ing)?", Some("grey gray"))]
    #[case(r"accounts?\.? [^\]a] lock(ed){2}", Some("account"))]
    #[case(r"colou?rs*", Some("colo"))]
    #[case(r"\w+ is (very )*full", Some("full"))]
    #[case(r"(on|off)+ly|never", None)]
    #[case(r"^$", None)]
    fn a_pattern_needs_words(#[case] pattern: &str, #[case] needs: Option<&str>) {
        let found = Reader(pattern.chars().peekable()).alternatives();
        assert_eq!(found.map(|needs| needs.join(" ")).as_deref(), needs);
    }

    #[test]
    fn a_text_without_the_words_compiles_nothing() {
        let pattern = Pattern::new(r"\b(user|mailbox)\b.{0,60}\bunknown|неверный пароль");
        assert!(!pattern.is_match("the moon is in the wrong house"));
        assert!(pattern.compiled.get().is_none());
        assert!(pattern.is_match("this mailbox is unknown"));
        assert!(pattern.is_match(&crate::text::fold::folded("Неверный пароль")));
    }

    #[test]
    fn no_match_is_passed_over() {
        let replies = proof::rows(include_str!("replies.toml"), "reply");
        let rows = [replies, proof::rows(include_str!("program-errors.toml"), "error")].concat();
        let texts =
            |key: &str| rows.iter().filter_map(|row| row.get(key)?.as_str().map(str::to_owned)).collect::<Vec<_>>();
        let examples: Vec<String> = texts("example").iter().map(|text| crate::text::fold::folded(text)).collect();
        assert!(examples.len() > 200);
        for pattern in texts("pattern").iter().map(|text| Pattern::new(text)) {
            for example in &examples {
                assert!(pattern.may_match(example) || !pattern.compiled().is_match(example), "{}", pattern.text);
            }
        }
    }
}
