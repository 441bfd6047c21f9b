//! How the placeholders of a text are filled in: with their values, or with what stands for one that is not known. Which there
//! are is in `placeholders`, how each finds its value in `values`.

use super::{PLACEHOLDERS, Placeholder};
use crate::facts::key::Names;
use crate::session::lookup::Lookup;
use crate::text::{Text, capital};

/// A text with what stands in each placeholder's place where nothing is known.
pub fn unfilled(text: &str) -> String {
    filled(text, |_| None).text
}

/// Sentences that lead to the server's words on a page; where there are none, they are left out with them.
const LEADS: [&str; 3] = ["The server's own words: ", "The server's words: ", "Its words: "];

impl Lookup<'_> {
    /// Fills in the placeholders of a text, with the names among them marked; unknown names in braces stay as they are.
    pub(in crate::session) fn fill(&self, text: &str) -> Text {
        filled(text, |row| (row.give)(self))
    }
}

fn filled(text: &str, give: impl Fn(&Placeholder) -> Option<String>) -> Text {
    let mut out = Text::new();
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        out = out.say(&rest[..start]);
        let tail = &rest[start + 1..];
        let end = tail.find('}').unwrap_or(0);
        match PLACEHOLDERS.iter().find(|row| row.name == &tail[..end]) {
            Some(row) => {
                rest = &tail[end + 1..];
                out = match give(row) {
                    Some(value) => marked(out, row.names, &value),
                    None if row.name == "said" => without_words(out, &mut rest),
                    None => stand_in(out, row.otherwise),
                };
            }
            None => {
                out = out.say("{");
                rest = tail;
            }
        }
    }
    out.say(rest)
}

/// Leaves out the server's words where there are none, with whatever leads to them: a sentence, brackets or a colon.
fn without_words(mut out: Text, rest: &mut &str) -> Text {
    let kept = if let Some(lead) = LEADS.into_iter().find(|lead| out.text.ends_with(lead)) {
        out.text.trim_end_matches(lead).trim_end().len()
    } else if let (Some(before), Some(after)) = (out.text.strip_suffix(" ("), rest.strip_prefix(')')) {
        *rest = after;
        before.len()
    } else if let Some(before) = out.text.strip_suffix(": ") {
        before.len()
    } else {
        return out.say("(none)");
    };
    out.text.truncate(kept);
    let goes_on = rest.starts_with(['.', ',', ';', ')', ' ']) && !rest.trim_start().starts_with(char::is_uppercase);
    if goes_on || out.text.is_empty() || out.text.ends_with(['.', '!', '?']) { out } else { out.say(".") }
}

/// Says what stands for a value that is not known. Where the text has its noun before it, as in "on port {port}", that is not said
/// twice; where a sentence begins with it, it begins with a capital.
fn stand_in(mut out: Text, words: &str) -> Text {
    if words.is_empty() {
        return out;
    }
    fn last_word(text: &str) -> &str {
        text.trim_end_matches(' ').rsplit([' ', '\n']).next().unwrap_or_default()
    }
    let is_said = |word: &str| words.split(' ').any(|own| own.eq_ignore_ascii_case(word));
    if last_word(&out.text).eq_ignore_ascii_case(last_word(words)) {
        while is_said(last_word(&out.text)) {
            let rest = out.text.trim_end_matches(' ').len() - last_word(&out.text).len();
            out.text.truncate(rest);
        }
    }
    let begins = out.text.trim_end_matches(' ').chars().next_back().is_none_or(|c| ".!?\n".contains(c));
    if begins { out.say(capital(words)) } else { out.say(words) }
}

/// Adds a placeholder's value, each item of a list with its own mark.
fn marked(mut out: Text, names: Names, value: &str) -> Text {
    for (index, item) in value.split(", ").enumerate() {
        out = out.say(if index == 0 { "" } else { ", " });
        out = match names.mark(item) {
            Some(mark) => out.mark(mark, item),
            None => out.foreign(item),
        };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_reads_well() {
        for (text, says) in [
            (
                "{server} says no. {server} is asked on port {port}.",
                "The mail server says no. The mail server is asked on the port.",
            ),
            ("The mail server {server} says no", "The mail server says no"),
            (
                "Set server {server}, port {port}, encryption {security}",
                "Set the mail server, the port, the encryption",
            ),
            ("Ask {provider}. The server's own words: {said}", "Ask the mail provider."),
            ("Send the words ({said}) and the time.", "Send the words and the time."),
            (
                "It refuses that: {said} Whether it accepts more is open.",
                "It refuses that. Whether it accepts more is open.",
            ),
            ("The reason: {said}. Some have a link.", "The reason. Some have a link."),
            ("Read which limit it is: {said}", "Read which limit it is."),
            ("{address}|{unheard of}", "|{unheard of}"),
        ] {
            assert_eq!(unfilled(text), says);
        }
    }
}
