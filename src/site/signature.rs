//! Minisign's signatures: whether a file is what the owner of a key has signed. The format is on
//! <https://jedisct1.github.io/minisign/> ("Format specification"); keys and signatures are Ed25519 (RFC 8032), over the
//! file's BLAKE2b-512 (RFC 7693) or over the file itself.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest};
use ring::signature::{ED25519, UnparsedPublicKey};

/// A public key: its number, and its 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey {
    id: [u8; 8],
    key: [u8; 32],
}

impl PublicKey {
    /// Reads the line of a key file that begins with RW.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || "this is not a minisign key: the second line of minisign.pub, which begins with RW".to_owned();
        let bytes: [u8; 42] = decoded(text).ok_or_else(wrong)?;
        match bytes.split_first_chunk::<2>() {
            Some((b"Ed", rest)) => {
                let (id, key) = rest.split_at(8);
                let (id, key) = (id.try_into().ok(), key.try_into().ok());
                id.zip(key).map(|(id, key)| PublicKey { id, key }).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
    }

    /// Whether the text of a signature file is this key's over these bytes; what the signer says about it, which is signed as
    /// well.
    pub(super) fn verify<'a>(&self, bytes: &[u8], signature: &'a str) -> Result<&'a str, String> {
        let mut lines = signature.lines().skip(1);
        let mut line = || lines.next().ok_or_else(|| "it is not minisign's: a line is missing".to_owned());
        let signed: [u8; 74] = decoded(line()?).ok_or_else(|| "its second line is not a signature".to_owned())?;
        let comment =
            line()?.strip_prefix("trusted comment: ").ok_or_else(|| "its third line is not a comment".to_owned())?;
        let over_all: [u8; 64] = decoded(line()?).ok_or_else(|| "its fourth line is not a signature".to_owned())?;
        let (head, own) = signed.split_at(10);
        let (kind, id) = head.split_at(2);
        if *id != self.id {
            return Err("it was made with another key".to_owned());
        }
        let key = UnparsedPublicKey::new(&ED25519, &self.key);
        let is_sound = match kind {
            b"ED" => key.verify(&Blake2b512::digest(bytes), own).is_ok(),
            b"Ed" => key.verify(bytes, own).is_ok(),
            _ => return Err("it is of an unknown kind".to_owned()),
        };
        if !is_sound {
            return Err("the file is not the one that was signed".to_owned());
        }
        match key.verify(&[own, comment.as_bytes()].concat(), &over_all) {
            Ok(()) => Ok(comment),
            Err(_) => Err("its comment is not the one that was signed".to_owned()),
        }
    }
}

fn decoded<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../tests/site/minisign.pub");
    const TABLE: &[u8] = include_bytes!("../../tests/site/providers.toml");
    /// Made by minisign 0.11: over the file itself, and over its hash.
    const MADE: [&str; 2] =
        [include_str!("../../tests/site/providers.toml.minisig"), include_str!("../../tests/site/other-kind.minisig")];

    fn key() -> PublicKey {
        PublicKey::parse(KEY.lines().nth(1).unwrap()).unwrap()
    }

    #[test]
    fn what_minisign_signed_is_sound() {
        for made in MADE {
            assert!(key().verify(TABLE, made).unwrap().contains("file:providers.toml"), "{made}");
        }
    }

    #[test]
    fn whatever_is_changed_is_found() {
        for made in MADE {
            let mut table = TABLE.to_vec();
            table[40] ^= 1;
            assert!(key().verify(&table, made).unwrap_err().contains("not the one that was signed"));
            assert!(key().verify(b"", made).is_err());
            let other = made.replace("file:providers.toml", "file:providers.tomL");
            assert!(key().verify(TABLE, &other).unwrap_err().contains("comment"));
            let cut: String = made.lines().take(3).map(|line| format!("{line}\n")).collect();
            assert!(key().verify(TABLE, &cut).unwrap_err().contains("missing"));
            // Each character of each line that counts, in turn.
            for (at, character) in made.char_indices().skip_while(|(at, _)| *at < made.find('\n').unwrap_or(0)) {
                let changed = if character == 'A' { 'B' } else { 'A' };
                let text = format!("{}{changed}{}", &made[..at], &made[at + 1..]);
                assert!(key().verify(TABLE, &text).is_err(), "{at}: {text}");
            }
        }
        let stranger = PublicKey { id: [7; 8], ..key() };
        assert!(stranger.verify(TABLE, MADE[0]).unwrap_err().contains("another key"));
        assert!(PublicKey::parse("RWQx").is_err() && PublicKey::parse("").is_err());
    }
}
