//! How Mozilla's programs write preferences: `user_pref("name", value);`, in any spacing, with comments, and with
//! JavaScript's texts (Mozilla's sources, `modules/libpref/parser/src/lib.rs`). What a preference means is above.

/// The value of a preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pref {
    Text(String),
    Number(i64),
    Bool(bool),
}

/// A file has no more preferences than this; more are not read.
const MOST: usize = 100_000;

/// All preferences in their order; for one that cannot be read, the beginning of what is there.
pub(super) fn read(text: &str) -> Vec<Result<(String, Pref), &str>> {
    let mut scanner = Scanner { rest: text };
    let mut all = Vec::new();
    while scanner.blank() && all.len() < MOST {
        let at = scanner.rest;
        let preference = scanner.preference();
        if preference.is_none() {
            // Goes on behind the end of the line, or of the statement.
            let end = at.find(['\n', ';']).map_or(at.len(), |end| end + 1);
            scanner.rest = &at[end..];
        }
        all.push(preference.ok_or_else(|| crate::text::beginning(at, 80)));
    }
    all
}

struct Scanner<'a> {
    rest: &'a str,
}

impl Scanner<'_> {
    /// Goes to what is no blank and no comment; false at the end.
    fn blank(&mut self) -> bool {
        loop {
            let rest = self.rest.trim_start();
            let after = match rest.get(..2) {
                Some("//") => rest.split_once('\n').map_or("", |(_, after)| after),
                Some("/*") => rest.split_once("*/").map_or("", |(_, after)| after),
                _ if rest.starts_with('#') => rest.split_once('\n').map_or("", |(_, after)| after),
                _ => {
                    self.rest = rest;
                    return !rest.is_empty();
                }
            };
            self.rest = after;
        }
    }

    fn skip(&mut self, what: &str) -> Option<()> {
        self.blank();
        self.rest = self.rest.strip_prefix(what)?;
        Some(())
    }

    fn preference(&mut self) -> Option<(String, Pref)> {
        let words = ["user_pref", "sticky_pref", "pref"];
        self.rest = words.iter().find_map(|word| self.rest.strip_prefix(word))?;
        self.skip("(")?;
        let name = self.text()?;
        self.skip(",")?;
        let value = self.value()?;
        while self.skip(",").is_some() {
            self.word();
        }
        self.skip(")")?;
        self.skip(";")?;
        Some((name, value))
    }

    fn value(&mut self) -> Option<Pref> {
        self.blank();
        if self.rest.starts_with(['"', '\'']) {
            return self.text().map(Pref::Text);
        }
        match self.word() {
            "true" => Some(Pref::Bool(true)),
            "false" => Some(Pref::Bool(false)),
            digits => digits.parse().ok().map(Pref::Number),
        }
    }

    /// Letters, digits and signs.
    fn word(&mut self) -> &str {
        self.blank();
        let is_end = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '_'));
        let (word, rest) = self.rest.split_at(self.rest.find(is_end).unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    fn text(&mut self) -> Option<String> {
        self.blank();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let mut units: Vec<u16> = Vec::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            let plain = match c {
                c if c == quote => {
                    self.rest = &self.rest[at + 1..];
                    return Some(String::from_utf16_lossy(&units));
                }
                '\\' => match chars.next()?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    kind @ ('x' | 'u') => {
                        let count = if kind == 'x' { 2 } else { 4 };
                        let digits: String = chars.by_ref().take(count).map(|(_, c)| c).collect();
                        units.push(u16::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == count)?);
                        continue;
                    }
                    same @ ('"' | '\'' | '\\') => same,
                    _ => return None,
                },
                c => c,
            };
            units.extend_from_slice(plain.encode_utf16(&mut [0; 2]));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_mozilla_writes_and_reads_them() {
        let text = r#"// Mozilla User Preferences
/* user_pref("commented", 1);
*/ # and this: user_pref("commented", 2);
user_pref("text", "Anna \"Ä\" \\ \x41\u00fc\uD83D\uDE00\n");
  user_pref ( 'number' , -7 ) ; pref("two in a line", true, locked);
sticky_pref("no", false);
user_pref("cut", "off
user_pref("wrong", 1.5);
user_pref("escape", "\q"); user_pref("after", 1);
nonsense
user_pref("last", 9"#;
        let read = read(text);
        let good: Vec<(&str, &Pref)> =
            read.iter().filter_map(|entry| entry.as_ref().ok()).map(|(name, value)| (name.as_str(), value)).collect();
        let text = Pref::Text("Anna \"Ä\" \\ Aü😀\n".to_owned());
        assert_eq!(
            good[..4],
            [
                ("text", &text),
                ("number", &Pref::Number(-7)),
                ("two in a line", &Pref::Bool(true)),
                ("no", &Pref::Bool(false))
            ]
        );
        assert_eq!(good.last(), Some(&("after", &Pref::Number(1))));
        assert!(read.iter().filter(|entry| entry.is_err()).count() >= 4, "{read:?}");
    }

    #[test]
    fn a_large_file_is_read_in_one_go() {
        let text = "user_pref(\"mail.x\", \"".to_owned() + &"y".repeat(200) + "\");\n";
        assert_eq!(read(&text.repeat(40_000)).len(), 40_000);
        assert_eq!(read(&"/".repeat(1_000_000)).len(), 0);
        assert_eq!(read(&"\"".repeat(1_000_000)).len(), 1);
    }
}
