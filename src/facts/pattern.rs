//! A pattern of a table: compiled when a text holds a word with which it can begin, and not before. All of them compiled
//! take some dozen megabytes, and a text needs a few. What the patterns mean is in the tables.

use regex::bytes::Regex;
use regex_syntax::hir::literal::Extractor;
use std::sync::OnceLock;

/// A regex of a table.
pub(super) struct Pattern {
    text: String,
    /// The words one of which is at the beginning of every match; `None` where there are too many or a match can begin
    /// with anything.
    beginnings: OnceLock<Option<Vec<String>>>,
    compiled: OnceLock<Regex>,
}

/// How many beginnings are looked for one by one.
const MOST_BEGINNINGS: usize = 2_000;

impl Pattern {
    pub(super) fn new(text: String) -> Self {
        Pattern { text, beginnings: OnceLock::new(), compiled: OnceLock::new() }
    }

    pub(super) fn is_match(&self, words: &str) -> bool {
        let compile = || Regex::new(&with_bytes_between(&self.text)).expect("the tables are checked by a test");
        self.may_match(words) && self.compiled.get_or_init(compile).is_match(words.as_bytes())
    }

    /// Whether the text holds one of the beginnings: if not, nothing in it can match.
    fn may_match(&self, words: &str) -> bool {
        let beginnings = self.beginnings.get_or_init(|| beginnings(&self.text));
        beginnings.as_ref().is_none_or(|all| all.iter().any(|one| words.contains(one.as_str())))
    }
}

/// The pattern with what may stand between words counted in bytes: in characters it is compiled into ten times as much.
fn with_bytes_between(pattern: &str) -> String {
    pattern.replace(".{0,", "(?-u:.){0,").replace(".{1,", "(?-u:.){1,")
}

fn beginnings(pattern: &str) -> Option<Vec<String>> {
    let parsed = regex_syntax::parse(pattern).ok()?;
    let mut all = Extractor::new().limit_total(MOST_BEGINNINGS).extract(&parsed);
    all.minimize_by_preference();
    let texts = all.literals()?.iter().map(|literal| String::from_utf8(literal.as_bytes().to_vec()).ok());
    texts.collect::<Option<Vec<String>>>().filter(|texts| texts.iter().all(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_beginning_compiles_nothing() {
        let pattern = Pattern::new(r"\b(user|mailbox)\b.{0,60}\bunknown|пароль|[45]\.1\.1".to_owned());
        assert!(!pattern.is_match("the moon is in the wrong house"));
        assert!(pattern.compiled.get().is_none());
        assert!(
            pattern.is_match("this mailbox is unknown") && pattern.is_match("пароль") && pattern.is_match("a 4.1.1")
        );
        assert!(pattern.compiled.get().is_some());
    }

    #[test]
    fn what_stands_between_is_counted_in_bytes() {
        let pattern = Pattern::new(r"adres.{0,6}zły\b".to_owned());
        assert!(pattern.is_match("adres 12345zły") && !pattern.is_match("adres żółćzły"));
    }

    #[test]
    fn what_begins_with_anything_is_compiled() {
        assert!(Pattern::new(r"\w+ is full".to_owned()).is_match("it is full"));
        assert!(Pattern::new(r"^(?:\d\.\d)?$".to_owned()).is_match(""));
    }
}
