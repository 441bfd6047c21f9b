//! A server's reply as it came, and what can be read from it; why there is none. How it is read from a connection is in
//! `read`.

use std::time::Duration;

/// A server's reply: its code and its lines as they came, without line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The code of the last line.
    pub code: u16,
    /// The lines, including the code.
    pub lines: Vec<Vec<u8>>,
    /// The time from the question to the last line.
    pub elapsed: Duration,
}

impl Reply {
    /// Whether the code is 2xx: success.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Whether the code is 4xx: not now.
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// The text after the codes, line by line, made safe to show.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.lines.iter().map(|line| crate::text::visible(line.get(4..).unwrap_or_default()))
    }

    /// The whole reply as one line: `535 5.7.8 first second`.
    pub fn joined(&self) -> String {
        let mut joined = self.code.to_string();
        let mut status: Option<String> = None;
        for text in self.texts() {
            // Each line of a multi-line reply repeats the enhanced status code (RFC 2034 section 4).
            let text = match (text.split_once(' '), &status) {
                (Some((first, rest)), Some(seen)) if first == seen => rest.to_owned(),
                _ => text,
            };
            if status.is_none() {
                let first = text.split(' ').next().unwrap_or_default();
                let is_status = first.split('.').count() == 3 && first.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                status = Some(if is_status { first.to_owned() } else { String::new() });
            }
            joined.push(' ');
            joined.push_str(text.trim());
        }
        joined
    }

    /// The reply as it came, made safe to show, with line feeds.
    pub fn as_seen(&self) -> String {
        self.lines.iter().map(|line| crate::text::visible(line)).collect::<Vec<_>>().join("\n")
    }

    /// The keywords of an EHLO reply with their parameters, in upper case (RFC 5321 section 4.1.1.1).
    pub fn keywords(&self) -> Vec<String> {
        self.texts().skip(1).map(|text| text.trim().to_ascii_uppercase()).filter(|text| !text.is_empty()).collect()
    }

    /// The log-in mechanisms offered (RFC 4954). The old form `AUTH=LOGIN` counts too.
    pub fn mechanisms(&self) -> Vec<String> {
        let mut mechanisms: Vec<String> = Vec::new();
        for keyword in self.keywords() {
            if let Some(list) = keyword.strip_prefix("AUTH ").or_else(|| keyword.strip_prefix("AUTH=")) {
                for mechanism in list.split_ascii_whitespace() {
                    if !mechanisms.iter().any(|known| known == mechanism) {
                        mechanisms.push(mechanism.to_owned());
                    }
                }
            }
        }
        mechanisms
    }
}

/// Why no reply came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReply {
    /// Nothing at all in time.
    Silent,
    /// Something, but never the end of it.
    Unfinished(Vec<u8>),
    /// The other side closed the connection after these bytes.
    Closed(Vec<u8>),
    /// The connection broke.
    Broken(String),
    /// What came is not SMTP.
    NotSmtp(Vec<u8>),
    /// Longer than we read: the bound, and how the reply began.
    TooLong(&'static str, Vec<u8>),
    /// It came before it was asked for: which question it answers is not known.
    Early,
    /// A reply that makes no sense there; why.
    Senseless(&'static str),
}

/// The code of a reply line, and whether it is the last one.
pub(super) fn code_of(line: &[u8]) -> Option<(u16, bool)> {
    let digits = line.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) || !(b'1'..=b'5').contains(&digits[0]) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match line.get(3) {
        None | Some(b' ') => Some((code, true)),
        Some(b'-') => Some((code, false)),
        Some(_) => None,
    }
}
