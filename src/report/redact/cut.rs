//! Takes names out of one text: what is marked, and what is known to name somebody.

use super::{Redactor, label};
use crate::text::Mark;
use crate::text::find::{Name, Searched};
use std::collections::BTreeMap;
use std::ops::Range;

/// The marks of a text: start, end (exclusive) and what the part names.
pub(super) type Marks = Vec<(usize, usize, Mark)>;

/// Whose words a text has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Words {
    /// Ours; it may quote others.
    Ours,
    /// Somebody else's.
    Theirs,
}

/// A part to take out, and what is written in its place. Positions count characters.
struct Cut {
    range: Range<usize>,
    label: String,
}

impl Redactor {
    /// Takes out of a text what names somebody; marks of what is kept stay.
    pub(super) fn cut(&self, text: &mut String, marks: &mut Marks, words: Words) {
        let searched = Searched::new(text);
        let chars = searched.chars();
        // A report may have been edited: marks may lie outside its text.
        marks.retain(|(start, end, _)| start < end && *end <= chars.len());
        let mut cuts = Cuts::new();
        for (start, end, mark) in marks.iter().filter(|(.., mark)| self.out.hides(*mark)) {
            let name: String = chars[*start..*end].iter().collect();
            add(&mut cuts, *start..*end, self.label(&name, *mark));
        }
        let quoted = self.quoted(text, chars.len(), words);
        for known in self.known.iter().filter(|known| !known.is_ordinary || !quoted.is_empty()) {
            for found in searched.find(&known.name) {
                let is_quoted = quoted.iter().any(|quote| quote.start <= found.start && found.end <= quote.end);
                let is_free = known.label == "[pc]" || !is_in_host(chars, &found);
                if !known.is_ordinary || is_quoted && is_free {
                    add(&mut cuts, found, &known.label);
                }
            }
        }
        if self.out.mailbox && words == Words::Theirs {
            homes(chars).into_iter().for_each(|home| add(&mut cuts, home, label(Mark::User)));
        }
        let more: Vec<Cut> = cuts.values().filter_map(|cut| belonging(chars, cut)).collect();
        let cuts: Vec<Cut> = cuts.into_values().chain(more).collect();
        if cuts.is_empty() {
            return;
        }
        let cuts = merged(cuts);
        *text = without(chars, &cuts);
        marks.retain_mut(|(start, end, mark)| {
            (*start, *end) = (moved(*start, &cuts), moved(*end, &cuts));
            start < end && !self.out.hides(*mark)
        });
    }

    pub(super) fn label(&self, value: &str, mark: Mark) -> &str {
        let name = Name::new(value);
        self.known.iter().find(|known| known.name == name).map_or(label(mark), |known| &known.label)
    }

    /// Which parts of a text are other people's words.
    fn quoted(&self, text: &str, len: usize, words: Words) -> Vec<Range<usize>> {
        if words == Words::Theirs {
            return std::iter::once(0..len).collect();
        }
        let quotes = self.said.iter().flat_map(|quote| text.match_indices(quote.as_str()));
        quotes
            .map(|(at, quote)| {
                let start = text[..at].chars().count();
                start..start + quote.chars().count()
            })
            .collect()
    }
}

/// Whether a word is part of a longer one, such as the name of a server: `mail` in `mail-1.example.com`.
fn is_in_host(chars: &[char], word: &Range<usize>) -> bool {
    let goes_on = |sign: Option<&char>, next: Option<&char>| {
        matches!(sign, Some('.' | '-')) && next.is_some_and(|c| c.is_alphanumeric())
    };
    let mut before = chars[..word.start].iter().rev();
    goes_on(before.next(), before.next()) || goes_on(chars.get(word.end), chars.get(word.end + 1))
}

/// Cuts that do not overlap, by where they begin.
type Cuts = BTreeMap<usize, Cut>;

/// Adds a cut, unless something there is already taken out.
fn add(cuts: &mut Cuts, range: Range<usize>, label: &str) {
    let before = cuts.range(..range.end).next_back();
    if before.is_none_or(|(_, cut)| cut.range.end <= range.start) {
        cuts.insert(range.start, Cut { range, label: label.to_owned() });
    }
}

/// The names of home folders: `C:\Users\meier`, `/home/meier`.
fn homes(chars: &[char]) -> Vec<Range<usize>> {
    let is_slash = |c: &char| matches!(c, '\\' | '/');
    let slashes: Vec<usize> = (0..chars.len()).filter(|at| is_slash(&chars[*at])).collect();
    let folders = slashes.windows(2).filter(|pair| {
        let folder: String = chars[pair[0] + 1..pair[1]].iter().collect::<String>().to_lowercase();
        matches!(folder.as_str(), "users" | "home" | "benutzer" | "documents and settings")
    });
    let names = folders.map(|pair| {
        let start = pair[1] + 1;
        let end = chars[start..].iter().position(|c| is_slash(c) || matches!(c, '"' | '\'' | '\n' | ':' | ')'));
        start..end.map_or(chars.len(), |end| start + end)
    });
    names.filter(|name| !name.is_empty()).collect()
}

/// What goes with a cut: the display name before an address (RFC 5322 section 3.4), the domain behind a computer's name.
fn belonging(chars: &[char], cut: &Cut) -> Option<Cut> {
    let Range { start, end } = cut.range;
    let range = match cut.label.as_str() {
        "[pc]" => {
            let is_part = |c: &char| c.is_alphanumeric() || matches!(c, '.' | '-');
            let domain: Vec<char> = chars[end..].iter().copied().take_while(is_part).collect();
            let len = domain.iter().rposition(|c| c.is_alphanumeric()).map_or(0, |last| last + 1);
            (domain.first() == Some(&'.') && len > 0).then_some(start..end + len)?
        }
        label if label.starts_with("[mailbox]") || label.starts_with("[user") => {
            let before = chars[..start].strip_suffix(&['<'])?;
            let before = before.strip_suffix(&[' ']).unwrap_or(before);
            let name = before.strip_suffix(&['"'])?;
            let quote = name.iter().rposition(|c| matches!(c, '"' | '\n')).filter(|at| name[*at] == '"')?;
            quote + 1..name.len()
        }
        _ => return None,
    };
    (!range.is_empty()).then(|| Cut { range, label: cut.label.split('@').next().unwrap_or_default().to_owned() })
}

/// The cuts in order; of those that overlap, the first and longest gives its label.
fn merged(mut cuts: Vec<Cut>) -> Vec<Cut> {
    cuts.sort_by_key(|cut| (cut.range.start, std::cmp::Reverse(cut.range.end)));
    let mut merged: Vec<Cut> = Vec::with_capacity(cuts.len());
    for cut in cuts {
        match merged.last_mut().filter(|last| cut.range.start < last.range.end) {
            Some(last) => last.range.end = last.range.end.max(cut.range.end),
            None => merged.push(cut),
        }
    }
    merged
}

fn without(chars: &[char], cuts: &[Cut]) -> String {
    let mut kept = String::new();
    let mut at = 0;
    for cut in cuts {
        kept.extend(&chars[at..cut.range.start]);
        kept.push_str(&cut.label);
        at = cut.range.end;
    }
    kept.extend(&chars[at..]);
    kept
}

/// Where a position is once the cuts are made; within a cut, behind its label.
fn moved(position: usize, cuts: &[Cut]) -> usize {
    let before = cuts.iter().take_while(|cut| cut.range.start < position);
    before.fold(position, |at, cut| {
        let taken = cut.range.end.min(position) - cut.range.start;
        at + cut.label.chars().count() - taken
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::redact::{Known, LeftOut};
    use rstest::rstest;

    const ALL: LeftOut = LeftOut { machine: true, mailbox: true, inner: true, notes: true, hosts: true };
    const NAMES: LeftOut = LeftOut { hosts: false, ..ALL };

    fn redactor(out: LeftOut, known: &[(&str, &str)], said: &[&str]) -> Redactor {
        let known = known.iter().map(|(value, label)| Known::new(value, label));
        Redactor { out, known: known.collect(), said: said.iter().map(|quote| (*quote).to_owned()).collect() }
    }

    fn cut(redactor: &Redactor, text: &str, words: Words) -> String {
        let mut text = text.to_owned();
        redactor.cut(&mut text, &mut Marks::new(), words);
        text
    }

    #[test]
    fn marked_parts_go_and_marks_of_what_stays_follow() {
        let without = |out, marks: &[(usize, usize, Mark)]| {
            let (mut text, mut marks) = ("anna at mail.".to_owned(), marks.to_vec());
            redactor(out, &[], &[]).cut(&mut text, &mut marks, Words::Ours);
            (text, marks)
        };
        let marks = [(0, 4, Mark::User), (8, 12, Mark::Host)];
        assert_eq!(without(NAMES, &marks), ("[user] at mail.".to_owned(), vec![(10, 14, Mark::Host)]));
        assert_eq!(without(ALL, &marks), ("[user] at [host].".to_owned(), vec![]));
        assert_eq!(without(ALL, &[(9, 99, Mark::User)]), ("anna at mail.".to_owned(), vec![]));
    }

    #[test]
    fn a_word_of_our_sentences_is_a_name_only_in_what_others_say() {
        let redactor = redactor(NAMES, &[("open", "[user]"), ("xy", "[user]")], &["535 open is unknown"]);
        let ours = "Open the port; refused: 535 open is unknown";
        assert_eq!(cut(&redactor, ours, Words::Ours), "Open the port; refused: 535 [user] is unknown");
        assert_eq!(cut(&redactor, "OPEN or xy, reopened", Words::Theirs), "[user] or [user], reopened");
        assert_eq!(cut(&redactor, "220 open.example.com open.", Words::Theirs), "220 open.example.com [user].");
    }

    #[rstest]
    #[case("\"Anneliese B.\" <anna.b@lab.test>", "\"[mailbox]\" <[mailbox]@lab.test>")]
    #[case("\"a\" and <anna.b@lab.test>", "\"a\" and <[mailbox]@lab.test>")]
    #[case("Hello PC-17.corp.test.", "Hello [pc].")]
    #[case("Hello office.corp.test", "Hello [pc]")]
    #[case("C:\\Users\\schulz m\\mail.pst", "C:\\Users\\[user]\\mail.pst")]
    #[case("'/home/schulz'", "'/home/[user]'")]
    fn what_belongs_to_a_name_goes_with_it(#[case] said: &str, #[case] shown: &str) {
        let known = [("anna.b@lab.test", "[mailbox]@lab.test"), ("pc-17", "[pc]"), ("office", "[pc]")];
        assert_eq!(cut(&redactor(NAMES, &known, &[]), said, Words::Theirs), shown);
    }
}
