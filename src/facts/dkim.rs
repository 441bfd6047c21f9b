//! What a DKIM key in DNS is worth (RFC 6376 section 3.6.1): whether a receiver can use it. Pure. Which key a message is
//! signed with, only that message tells.

use super::tags::tag;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A receiver can use it.
    Sound,
    /// It is marked as a test: a receiver must treat the message no worse than one without a signature, and may do just that.
    ForTests,
    /// It was taken back: it is empty.
    Revoked,
    /// It was cut off, or is no key.
    Broken,
}

/// What the texts at a selector's name are; `None` if none of them is meant as a key.
pub fn judge(texts: &[&str]) -> Option<Key> {
    let keys = texts.iter().filter_map(|text| Some((*text, tag(text, "p")?)));
    keys.map(|(text, key)| of_key(text, key)).min_by_key(|key| *key != Key::Sound)
}

fn of_key(text: &str, key: &str) -> Key {
    let is_meant = tag(text, "v").is_none_or(|version| version == "DKIM1");
    let bytes = STANDARD.decode(key.split_ascii_whitespace().collect::<String>());
    let is_whole = bytes.is_ok_and(|bytes| match tag(text, "k").unwrap_or("rsa") {
        "rsa" => is_whole_sequence(&bytes),
        "ed25519" => bytes.len() == 32,
        _ => false,
    });
    match () {
        () if key.is_empty() => Key::Revoked,
        () if !is_meant || !is_whole => Key::Broken,
        () if tag(text, "t").is_some_and(|flags| flags.split(':').any(|flag| flag.trim() == "y")) => Key::ForTests,
        () => Key::Sound,
    }
}

/// An RSA key is a sequence (ITU-T X.690 section 8.9) that says how long it is: one that was cut off is shorter.
fn is_whole_sequence(bytes: &[u8]) -> bool {
    let (length, head) = match bytes {
        [0x30, 0x81, length, ..] => (usize::from(*length), 3),
        [0x30, 0x82, high, low, ..] => (usize::from(u16::from_be_bytes([*high, *low])), 4),
        [0x30, length, ..] if *length < 0x80 => (usize::from(*length), 2),
        _ => return false,
    };
    bytes.len() == head + length
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// The examples of RFC 8463 appendix A.2 and A.3.
    const ED25519: &str = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    const RSA: &str = "v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWR iGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W91y3FutAC DfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3 Ip3G+2kryOTIKT+l/K4w3QIDAQAB";

    #[rstest]
    #[case(&[ED25519], Some(Key::Sound))]
    #[case(&[RSA], Some(Key::Sound))]
    #[case(&["v=DKIM1; k=rsa; t=s:y; p=MAMCAQE="], Some(Key::ForTests))]
    #[case(&["v=DKIM1; p="], Some(Key::Revoked))]
    #[case(&["v=DKIM1; p=", RSA], Some(Key::Sound))]
    // A long text that a control panel has cut in two.
    #[case(&[&RSA[..120], &RSA[120..]], Some(Key::Broken))]
    #[case(&["v=DKIM1\\; k=rsa\\; p=MAMCAQE="], Some(Key::Broken))]
    #[case(&["v=DKIM1; k=rsa; p=not a key"], Some(Key::Broken))]
    #[case(&["v=DKIM1; k=ed25519; p=MAMCAQE="], Some(Key::Broken))]
    #[case(&["v=spf1 -all"], None)]
    #[case(&[], None)]
    fn keys(#[case] texts: &[&str], #[case] expected: Option<Key>) {
        assert_eq!(judge(texts), expected);
    }
}
