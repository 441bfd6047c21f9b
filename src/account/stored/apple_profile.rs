//! Configuration profiles (`.mobileconfig`), by which a company or a provider sets up mail on Macs, iPhones and iPads: property
//! lists, often signed (Apple's device-management, `com.apple.mail.managed.yaml`, `com.apple.ews.account.yaml`,
//! `com.apple.eas.account.yaml`, `TopLevel.yaml`). The signature is taken off and not judged: a profile says what a program is
//! to be set to, and no password goes anywhere because of it. Installed ones are closed to users; somebody hands them over.

use super::apple_mail::{self, security};
use super::plist::Plist;
use super::{Found, Kind, MOST, Source, StoredAccount, Written};

/// The accounts of a profile.
pub(super) fn parse(bytes: &[u8], place: &str) -> Found {
    let mut found = Found::default();
    let unsigned = content(bytes);
    let Some(profile) = Plist::parse(unsigned.as_deref().unwrap_or(bytes)) else {
        found.skip(place, "it cannot be read");
        return found;
    };
    if profile.get("EncryptedPayloadContent").is_some() {
        found.skip(place, "it is encrypted for one device");
    }
    for payload in profile.list("PayloadContent").iter().take(MOST) {
        let name = payload.text("PayloadDisplayName").unwrap_or("an account");
        let account = match payload.text("PayloadType") {
            Some("com.apple.mail.managed") => mail(payload, place),
            Some("com.apple.ews.account" | "com.apple.eas.account") => exchange(payload, place),
            _ => continue,
        };
        found.take(place, name, account);
    }
    found
}

fn source(place: &str) -> Source<'_> {
    Source { client: apple_mail::STORE.id, program: "configuration profile", place }
}

fn mail(payload: &Plist, place: &str) -> Result<StoredAccount, String> {
    let user = payload.text("OutgoingMailServerUsername");
    let address = payload.text("EmailAddress").or(user.filter(|user| user.contains('@')));
    let port = payload.number("OutgoingMailServerPortNumber")?;
    source(place).account(Written {
        address: address.ok_or("no mail address: it is asked for when the profile is installed")?,
        host: payload.text("OutgoingMailServerHostName").unwrap_or_default(),
        port,
        security: Some(security(payload.is("OutgoingMailServerUseSSL").unwrap_or(false), port)),
        user: user.filter(|_| payload.text("OutgoingMailServerAuthentication") != Some("EmailAuthNone")),
    })
}

fn exchange(payload: &Plist, place: &str) -> Result<StoredAccount, String> {
    let address = payload.text("EmailAddress").or(payload.text("UserName")).unwrap_or_default();
    source(place).without_server(address, Kind::Exchange)
}

/// Before what is signed: the object identifier of plain data (RFC 5652, section 4).
const DATA: [u8; 11] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];

/// What a signed message contains (RFC 5652, sections 5.1 and 5.2): a string of bytes, whole or in pieces (X.690, section 8.7).
/// `None` if it is no signed message.
fn content(bytes: &[u8]) -> Option<Vec<u8>> {
    const SEQUENCE: u8 = 0x30;
    const EXPLICIT: u8 = 0xa0;
    const STRING: u8 = 0x04;
    const IN_PIECES: u8 = 0x24;
    let at = bytes.windows(DATA.len()).position(|window| window == DATA)?;
    let mut rest = bytes.get(at + DATA.len()..).filter(|_| bytes.first() == Some(&SEQUENCE))?;
    let mut content = Vec::new();
    while let Some((tag, length, inner)) = element(rest) {
        rest = match tag {
            EXPLICIT | IN_PIECES if content.is_empty() => inner,
            STRING => {
                let (piece, after) = inner.split_at_checked(length)?;
                content.extend_from_slice(piece);
                after
            }
            _ => break,
        };
    }
    (!content.is_empty()).then_some(content)
}

/// The tag of an element, its length (0 if that is left open), and what comes then.
fn element(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let further = if first & 0x80 == 0 { 0 } else { usize::from(first & 0x7f) };
    let (length, rest) = rest.split_at_checked(further).filter(|_| further <= 4)?;
    let length = length.iter().fold(0, |all, byte| all << 8 | usize::from(*byte));
    Some((tag, if further == 0 { usize::from(first & 0x7f) } else { length }, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PROFILE: &[u8] = include_bytes!("../../../tests/stored/apple/mail.mobileconfig");
    /// The same, signed by `openssl smime -sign -nodetach` and `openssl cms -sign -nodetach -stream`.
    const SIGNED: [&[u8]; 2] = [
        include_bytes!("../../../tests/stored/apple/signed.mobileconfig"),
        include_bytes!("../../../tests/stored/apple/in-pieces.mobileconfig"),
    ];

    #[test]
    fn signed_or_not_it_says_the_same() {
        let found = parse(PROFILE, "x");
        assert_eq!(
            found.says(),
            [
                "anna@example.com smtp.example.com, port 465, SSL/TLS Some(\"anna\")",
                "info@example.net mail.example.net, port 587, STARTTLS Some(\"info@example.net\")",
                "scan@example.net mail.example.net, no encryption None",
                "anna@example.org an Exchange account None",
                "phone@example.org an Exchange account None",
            ]
        );
        assert_eq!(found.skipped.len(), 2, "{:?}", found.skipped);
        assert!(!format!("{found:?}").contains("secret"));
        for signed in SIGNED {
            assert_eq!(parse(signed, "x"), found);
        }
    }

    #[test]
    fn what_is_no_profile() {
        let encrypted = b"<plist><dict><key>EncryptedPayloadContent</key><data>AA==</data></dict></plist>";
        assert_eq!(parse(encrypted, "x").skipped, ["x: it is encrypted for one device"]);
        for other in [&b""[..], b"0", b"\x30\x80", b"<html>", &SIGNED[0][..80], &SIGNED[1][..200], &DATA] {
            assert_eq!(parse(other, "x").skipped, ["x: it cannot be read"], "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn any_change_ends(at in 0..300_usize, byte: u8) {
            for signed in SIGNED {
                let mut bytes = signed.to_vec();
                bytes[at] = byte;
                let _ = parse(&bytes, "x");
            }
        }
    }
}
