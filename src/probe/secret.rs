//! The password or token of the one log-in. It goes to one connection, and is wiped when it is dropped.

use secrecy::SecretString;

/// A password, or a token in its place. `Debug` shows neither.
#[derive(Debug, Clone)]
pub enum Secret {
    /// The mailbox's password, or an app password.
    Password(SecretString),
    /// An OAuth access token (RFC 6750).
    Token(SecretString),
}

impl Secret {
    /// Whether it is a token.
    pub fn is_token(&self) -> bool {
        matches!(self, Secret::Token(_))
    }
}

/// The server and port that a log-in goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct To {
    /// The server's name.
    pub host: String,
    /// The server's port.
    pub port: u16,
}

/// The one log-in of a run, as a person asked for it.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// The password or token.
    pub secret: Secret,
    /// Whether to send one test message to the account's own address afterwards.
    pub message: bool,
    /// Where the screen said that it goes; if this run would send it elsewhere, it is not sent.
    pub agreed: Option<To>,
    /// The server's name, typed by a person who wants to log in although that server's certificate does not verify.
    pub unverified: Option<String>,
    /// The fingerprint of the certificate that the screen showed to that person, if it did.
    pub shown: Option<String>,
}

impl From<Secret> for Attempt {
    /// A log-in without a test message, and only over a verified connection.
    fn from(secret: Secret) -> Self {
        Attempt { secret, message: false, agreed: None, unverified: None, shown: None }
    }
}
