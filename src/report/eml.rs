//! The report as a draft of a letter (RFC 5322): the first page as text, the HTML report attached. Nobody is named as its
//! recipient, since whom to write to is on the page; mail programs open it to be finished and sent.

use super::first_page::{Reader, first_page};
use super::format::Format;
use super::text::WIDTH;
use super::{Report, html, text};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The format for a mail program.
pub const FORMAT: Format = Format {
    name: "eml",
    says: "a draft message to finish in a mail program",
    write: |report, how| eml(report, how.reader),
    ..Format::USUAL
};

/// Between the parts; it is in none of them, since Base64 has no hyphen.
const BOUNDARY: &str = "----mailtriage-report";
/// The longest line of a part in Base64 (RFC 2045 section 6.8).
const LINE: usize = 76;
/// The most bytes of a subject in one encoded word (RFC 2047 section 2 allows 75 characters with its marks).
const WORD: usize = 45;

/// The draft for this reader; the error is a message for people.
pub fn eml(report: &Report, reader: Reader) -> Result<String, String> {
    let page = first_page(report, reader);
    let parts = [
        ("text/plain; charset=utf-8", "", text::first_page(&page, WIDTH)),
        (
            "text/html; charset=utf-8; name=\"report.html\"",
            "attachment; filename=\"report.html\"",
            html::html(report, reader)?,
        ),
    ];
    // Outlook opens a message with this line as a draft.
    let mut out = format!(
        "Subject: {}\r\nX-Unsent: 1\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"{BOUNDARY}\"\r\n\r\n",
        subject(&page.subject)
    );
    for (kind, disposition, content) in parts {
        out.push_str(&format!("--{BOUNDARY}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: base64\r\n"));
        if !disposition.is_empty() {
            out.push_str(&format!("Content-Disposition: {disposition}\r\n"));
        }
        out.push_str("\r\n");
        let encoded = STANDARD.encode(content);
        for line in encoded.as_bytes().chunks(LINE) {
            out.push_str(&String::from_utf8_lossy(line));
            out.push_str("\r\n");
        }
    }
    out.push_str(&format!("--{BOUNDARY}--\r\n"));
    Ok(out)
}

/// A subject as encoded words: whatever is in it, it begins no other line of the head.
fn subject(text: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > WORD) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(c);
        }
    }
    words.iter().map(|word| format!("=?utf-8?B?{}?=", STANDARD.encode(word))).collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_stays_within_its_lines() {
        let hostile = "Größe\r\nBcc: all@example.com, ".repeat(4);
        let encoded = subject(&hostile);
        assert!(encoded.split("\r\n ").all(|word| word.len() <= 75 && word.starts_with("=?utf-8?B?")));
        let words = encoded.split("\r\n ").map(|word| word.trim_start_matches("=?utf-8?B?").trim_end_matches("?="));
        let bytes: Vec<u8> = words.flat_map(|word| STANDARD.decode(word).unwrap()).collect();
        assert_eq!(String::from_utf8(bytes).unwrap(), hostile);
    }
}
