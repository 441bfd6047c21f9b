//! Text from outside, made safe to show; and text that knows which of its parts name somebody.
//!
//! Redaction itself is a way of rendering and is in `report`.

pub mod any_case;
pub mod find;
pub mod fold;
pub mod small_sort;

use find::{Name, Searched};
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What a marked part of a text names, so that a report can omit it for some readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A public host name or address.
    Host,
    /// A mail address or a log-in name.
    User,
    /// An address or name inside the user's own network.
    Inner,
}

/// A text in whatever encoding: UTF-8, UTF-16 with a byte order mark, or another one whose ASCII is readable.
pub fn decoded(bytes: &[u8]) -> String {
    let units = |read: fn([u8; 2]) -> u16| {
        bytes.chunks_exact(2).skip(1).map(|pair| read([pair[0], pair[1]])).collect::<Vec<_>>()
    };
    match bytes {
        [0xff, 0xfe, ..] => String::from_utf16_lossy(&units(u16::from_le_bytes)),
        [0xfe, 0xff, ..] => String::from_utf16_lossy(&units(u16::from_be_bytes)),
        _ => String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)).into_owned(),
    }
}

/// The words of a text with one space between them.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The beginning of a text, at most this many bytes of it.
pub fn beginning(text: &str, most: usize) -> &str {
    let end = (0..=most.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or(0)]
}

/// The number of the line in which this byte of a text is, from 1 on.
pub fn line_at(text: &[u8], at: usize) -> usize {
    1 + text.iter().take(at).filter(|byte| **byte == b'\n').count()
}

/// Why the system refused something, in its own words, without the number that Rust adds: "(os error 2)" tells nobody anything.
pub fn reason(error: &std::io::Error) -> String {
    let says = error.to_string();
    says.split_once(" (os error").map_or(says.as_str(), |(words, _)| words).to_owned()
}

/// The text with a capital at the beginning.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// The known name that was probably meant by a misspelt one: the nearest, at most two letters away.
pub fn nearest_name<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let nearest = known.map(|name| (strsim::damerau_levenshtein(typed, name), name)).min();
    // Of a very short name, two letters are all of it.
    nearest.filter(|(edits, name)| *edits <= 2 && 2 * edits < name.len()).map(|(_, name)| name)
}

/// A number of seconds in words: "3 hours".
pub fn span(seconds: i64) -> String {
    let seconds = seconds.unsigned_abs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "seconds"),
        120..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit}")
}

/// A text with marks. Positions count characters (Unicode scalar values), the end is exclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The text as shown.
    pub text: String,
    /// The marks: start, end and what the part names.
    pub marks: Vec<(usize, usize, Mark)>,
}

impl Text {
    /// An empty text.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds our own words.
    pub fn say(mut self, words: impl AsRef<str>) -> Self {
        self.text.push_str(words.as_ref());
        self
    }

    /// Adds another text with its marks.
    pub fn append(mut self, other: Text) -> Self {
        let start = self.text.chars().count();
        self.text.push_str(&other.text);
        self.marks.extend(other.marks.into_iter().map(|(from, to, mark)| (start + from, start + to, mark)));
        self
    }

    /// Adds something that names somebody.
    pub fn mark(mut self, mark: Mark, what: impl AsRef<str>) -> Self {
        let start = self.text.chars().count();
        self.text.push_str(&visible_str(what.as_ref()));
        self.marks.push((start, self.text.chars().count(), mark));
        self
    }

    /// Adds a public host name.
    pub fn host(self, name: impl AsRef<str>) -> Self {
        self.mark(Mark::Host, name)
    }

    /// Adds a mail address or log-in name.
    pub fn user(self, name: impl AsRef<str>) -> Self {
        self.mark(Mark::User, name)
    }

    /// Adds an address, marked as private or public depending on its range.
    pub fn addr(self, addr: IpAddr) -> Self {
        let mark = if is_inner(addr) { Mark::Inner } else { Mark::Host };
        self.mark(mark, addr.to_string())
    }

    /// Adds bytes that a server sent, made safe to show.
    pub fn foreign(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.text.push_str(&visible(bytes.as_ref()));
        self
    }

    /// Whether a marked part is this name.
    pub fn names(&self, name: &str) -> bool {
        let part = |start: usize, end: usize| self.text.chars().skip(start).take(end.saturating_sub(start));
        self.marks.iter().any(|&(start, end, _)| part(start, end).eq(name.chars()))
    }

    /// Marks every occurrence of `name` that is not marked yet: for what servers echo back.
    pub fn marking(mut self, mark: Mark, name: &str) -> Self {
        // Those that are found do not overlap each other.
        let before = self.marks.len();
        for found in Searched::new(&self.text).find(&Name::new(name)) {
            if self.marks[..before].iter().all(|&(start, end, _)| found.end <= start || found.start >= end) {
                self.marks.push((found.start, found.end, mark));
            }
        }
        self.marks.sort_unstable_by_key(|mark| mark.0);
        self
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Text::new().say(words)
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Text::new().say(words)
    }
}

/// Bytes from outside as text without control characters: those, invalid UTF-8 and characters that change the writing
/// direction are shown as `\x9b` or `\u{202e}`; line feeds are kept.
pub fn visible(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        push_visible(&mut out, chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
    out
}

/// The same for text that is already known to be UTF-8.
pub fn visible_str(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    push_visible(&mut out, text);
    out
}

fn push_visible(out: &mut String, text: &str) {
    for ch in text.chars() {
        match ch {
            '\n' => out.push('\n'),
            '\r' => {}
            '\t' => out.push(' '),
            c if (c as u32) < 0x100 && (c.is_control() || is_invisible(c)) => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if c.is_control() || is_invisible(c) => {
                let _ = write!(out, "\\u{{{:x}}}", c as u32);
            }
            c => out.push(c),
        }
    }
}

/// Characters that show nothing, or hide or reorder others: Unicode's Default_Ignorable_Code_Point
/// (DerivedCoreProperties.txt), line separators, annotations, and the Braille pattern without a dot.
pub(crate) fn is_invisible(c: char) -> bool {
    matches!(c as u32,
        0x00ad | 0x034f | 0x061c | 0x115f..=0x1160 | 0x17b4..=0x17b5 | 0x180b..=0x180f | 0x200b..=0x200f
        | 0x2028..=0x202e | 0x2060..=0x206f | 0x2800 | 0x3164 | 0xfe00..=0xfe0f | 0xfeff | 0xffa0 | 0xfff0..=0xfffb
        | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a | 0xe0000..=0xe0fff)
}

/// Whether an address means something only inside one network: RFC 1918, loopback, link-local, 100.64/10, unique
/// local. The documentation ranges (RFC 5737, RFC 3849) are ordinary addresses here.
pub fn is_inner(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(v4) => {
            v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || is_shared(v4)
        }
        IpAddr::V6(v6) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_inner(IpAddr::V4(v4));
            }
            v6.is_loopback() || v6.is_unspecified() || v6.is_unicast_link_local() || is_unique_local(v6)
        }
    }
}

/// Whether it is an address that internet providers share among their customers (RFC 6598).
pub fn is_shared(v4: Ipv4Addr) -> bool {
    let [a, b, ..] = v4.octets();
    a == 100 && (64..128).contains(&b)
}

fn is_unique_local(v6: Ipv6Addr) -> bool {
    v6.segments()[0] & 0xfe00 == 0xfc00
}

/// Bytes as hexadecimal digits, without a second copy of any of them: they may come from a secret.
pub fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

/// A number with a comma between its thousands: `1,024`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses() {
        for inner in [
            "10.1.2.3",
            "192.168.0.1",
            "127.0.0.1",
            "169.254.1.1",
            "100.64.0.1",
            "0.0.0.0",
            "fd00::1",
            "fe80::1",
            "::1",
        ] {
            assert!(is_inner(inner.parse().unwrap()), "{inner}");
        }
        for public in ["192.0.2.1", "203.0.113.5", "100.128.0.1", "2001:db8::1", "8.8.8.8"] {
            assert!(!is_inner(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn many_names_are_marked_in_bounded_time() {
        let began = std::time::Instant::now();
        let text = Text::from("b ".repeat(200_000)).marking(Mark::User, "b");
        assert_eq!(text.marks.len(), 200_000);
        // Far more than it takes: if each were compared with each, it were minutes.
        assert!(began.elapsed() < std::time::Duration::from_secs(20), "{:?}", began.elapsed());
    }

    #[test]
    fn beginnings_end_between_characters() {
        assert_eq!(beginning("müßig", 2), "m");
        assert_eq!(beginning("müßig", 3), "mü");
        assert_eq!((beginning("müßig", 99), beginning("", 1), beginning("ü", 1)), ("müßig", "", ""));
    }

    #[test]
    fn foreign_bytes_are_shown_as_text() {
        assert_eq!(visible(b"220 \x1b[31mred\x9b\r\n"), "220 \\x1b[31mred\\x9b\n");
        assert_eq!(visible("a\u{202e}b".as_bytes()), "a\\u{202e}b");
        assert_eq!(visible("c\u{9b}d".as_bytes()), "c\\x9bd");
        assert_eq!(visible("grüße 世".as_bytes()), "grüße 世");
    }

    #[test]
    fn nothing_is_invisible() {
        let hidden = "\u{ad}\u{34f}\u{61c}\u{115f}\u{1160}\u{17b4}\u{180e}\u{200b}\u{200d}\u{2028}\u{202e}\u{2066}\
                      \u{2800}\u{3164}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{1bca0}\u{1d173}\u{e0001}\u{e0100}";
        for c in hidden.chars() {
            let shown = format!("mail{c}.example");
            assert_eq!(visible_str(&shown), format!("mail\\u{{{:x}}}.example", c as u32).replace("\\u{ad}", "\\xad"));
        }
    }

    #[test]
    fn marks_count_characters() {
        let text = Text::new().say("grüße an ").user("anna@example.com").say(" über ").host("mail.example.com");
        assert_eq!(text.marks, [(9, 25, Mark::User), (31, 47, Mark::Host)]);
        let text = Text::from("not owned by anna, Anna, or joanna").marking(Mark::User, "anna");
        assert_eq!(text.marks, [(13, 17, Mark::User), (19, 23, Mark::User)]);
    }
}
