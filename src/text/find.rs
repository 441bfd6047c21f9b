//! Finds names in a text: whole words, in capitals or not. What counts as a name is decided elsewhere.

use std::ops::Range;

/// A name to look for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(Vec<char>);

impl Name {
    /// The name, written in any case.
    pub fn new(name: &str) -> Self {
        Name(name.chars().flat_map(folded).collect())
    }

    /// How many characters it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is left of it to look for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn is_number(&self) -> bool {
        self.0.iter().all(char::is_ascii_digit)
    }
}

/// A character without its case: `ß` is found as `SS`. One character may become several.
fn folded(c: char) -> impl Iterator<Item = char> {
    c.to_uppercase().flat_map(char::to_lowercase)
}

/// A text that is searched for names. All positions count characters.
pub struct Searched {
    chars: Vec<char>,
    /// Each folded character, and the position of the character that it comes from.
    folded: Vec<(char, usize)>,
}

impl Searched {
    /// A text, prepared once for many names.
    pub fn new(text: &str) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let folded = chars.iter().enumerate().flat_map(|(at, c)| folded(*c).map(move |c| (c, at))).collect();
        Searched { chars, folded }
    }

    /// The text's characters.
    pub fn chars(&self) -> &[char] {
        &self.chars
    }

    /// Where the name is, as a whole word.
    pub fn find(&self, name: &Name) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(window) = self.folded.get(at..at + name.len()).filter(|_| !name.is_empty()) {
            let fits = window.iter().map(|(c, _)| c).eq(&name.0);
            match self.whole_chars(at, name.len()).filter(|range| fits && self.is_word(range, name)) {
                Some(range) => {
                    found.push(range);
                    at += name.len();
                }
                None => at += 1,
            }
        }
        found
    }

    /// The characters that these folded ones come from; `None` if they begin or end within one.
    fn whole_chars(&self, at: usize, len: usize) -> Option<Range<usize>> {
        let origin = |index: usize| self.folded.get(index).map(|(_, at)| *at);
        let (first, last) = (origin(at)?, origin(at + len - 1)?);
        let is_whole = at.checked_sub(1).and_then(origin) != Some(first) && origin(at + len) != Some(last);
        is_whole.then_some(first..last + 1)
    }

    fn is_word(&self, range: &Range<usize>, name: &Name) -> bool {
        let (before, after) = (&self.chars[..range.start], &self.chars[range.end..]);
        let joins = |c: Option<&char>| c.is_some_and(|c| is_joined(*c));
        let (first, last) = (self.chars.get(range.start), self.chars.get(range.end - 1));
        // Numbers are also parts of status codes (5.7.8) and addresses.
        let dotted = |dot: Option<&char>, next: Option<&char>| {
            name.is_number() && dot == Some(&'.') && next.is_some_and(char::is_ascii_digit)
        };
        let goes_on_before = joins(before.last()) && joins(first) && !ends_with_escape(before);
        let goes_on_after = joins(after.first()) && joins(last);
        !goes_on_before
            && !goes_on_after
            && !dotted(before.last(), before.iter().rev().nth(1))
            && !dotted(after.first(), after.get(1))
    }
}

/// Whether a word goes on with this character. Chinese, Japanese and Korean have no spaces between words.
fn is_joined(c: char) -> bool {
    c.is_alphanumeric() && c < '\u{2e80}'
}

/// Whether a text ends with a byte written as `\x9b`, `%40` or `=40`, whose digits belong to no word.
fn ends_with_escape(text: &[char]) -> bool {
    match text {
        [.., '\\', 'x', a, b] | [.., '%' | '=', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("not owned by MEIER", "meier", 1)]
    #[case("meiers, Obermeier, meier1", "meier", 0)]
    #[case("C:\\Users\\Meier\\AppData", "meier", 1)]
    #[case("anna.b%40lab.test", "lab.test", 1)]
    #[case("\\x9bmeier\\x9b", "meier", 1)]
    #[case("MÜSSIG@x", "müßig", 1)]
    #[case("İstanbul meier ŉmeier", "meier", 1)]
    #[case("ßß", "s", 0)]
    #[case("ΜΆΡΙΟΣ", "μάριος", 1)]
    #[case("田中様のメール", "田中", 1)]
    #[case("10.0.0.12 and 110.0.0.1", "10.0.0.1", 0)]
    #[case("535 5.7.8 no", "5", 0)]
    #[case("customer 5.", "5", 1)]
    #[case("a b A", "a", 2)]
    #[case("", "", 0)]
    fn whole_words_in_any_case(#[case] text: &str, #[case] name: &str, #[case] count: usize) {
        assert_eq!(Searched::new(text).find(&Name::new(name)).len(), count);
    }

    #[test]
    fn positions_count_characters_of_the_text_itself() {
        assert_eq!(Searched::new("ŉŉ ß Meier").find(&Name::new("MEIER")).first(), Some(&(5..10)));
    }
}
