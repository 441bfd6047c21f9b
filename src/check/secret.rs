//! What the one log-in is tried with. It goes to one connection, and is wiped when it is dropped.

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
