//! The versions of TLS, with their words and their bytes on the wire.

use std::fmt;

/// A TLS version, or SSLv3, which came before them (RFC 6101).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Version {
    Ssl3,
    Tls10,
    Tls11,
    Tls12,
    Tls13,
}

impl Version {
    /// All versions that are tested, the newest first: the most useful answers come first.
    pub const ALL: [Version; 5] = [Version::Tls13, Version::Tls12, Version::Tls11, Version::Tls10, Version::Ssl3];

    /// The word as the report writes it.
    pub fn word(self) -> &'static str {
        match self {
            Version::Ssl3 => "SSLv3",
            Version::Tls10 => "TLSv1.0",
            Version::Tls11 => "TLSv1.1",
            Version::Tls12 => "TLSv1.2",
            Version::Tls13 => "TLSv1.3",
        }
    }

    /// The two bytes on the wire.
    pub(super) fn code(self) -> u16 {
        match self {
            Version::Ssl3 => 0x0300,
            Version::Tls10 => 0x0301,
            Version::Tls11 => 0x0302,
            Version::Tls12 => 0x0303,
            Version::Tls13 => 0x0304,
        }
    }

    /// The version for two bytes on the wire.
    pub(super) fn of_code(code: u16) -> Option<Self> {
        Version::ALL.into_iter().find(|version| version.code() == code)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.word().replace("TLSv", "TLS "))
    }
}
