//! What words of a pasted error mean, held against what else the same words say: a known sentence that only refuses gives way to
//! its reason, and one at odds with the sense of the whole is no longer certain. How a text is taken apart is in `pasted`.

use super::about::{is_delivery, refuses_a_providers_server};
use super::limit::{self, Limit};
use super::parts::Part;
use super::pasted::By;
use super::replies::Row;
use super::sense;
use super::stage::stage;
use crate::text::any_case::AnyCase;
use std::sync::LazyLock;

/// What words mean, and whose they are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) cause: &'static str,
    pub(super) by: By,
    pub(super) is_guess: bool,
    /// The sense of the same words puts it elsewhere on the message's way.
    pub(super) is_at_odds: bool,
}

impl Found {
    pub(super) fn sure(cause: &'static str, by: By) -> Self {
        Found { cause, by, is_guess: false, is_at_odds: false }
    }

    /// A row of replies and where it stands: the words of a kind of sentence are held against what else the reply says.
    pub(super) fn reply(row: &'static Row, part: &Part<'_>, came_back: bool) -> Self {
        let found = Found::sure(row.pasted(), By::Server);
        if row.is_one_sentence() {
            found
        } else {
            found.held_against(std::slice::from_ref(&part.as_said(true)), came_back)
        }
    }

    /// A connection that is refused when a mail server delivers was one to the recipient's server. One that gets no answer
    /// may be stopped on the way as well. And it is the recipient's side that turns away a provider's server.
    pub(super) fn of_a_delivery(self, text: &str) -> Self {
        if self.cause == "server-refusing" && is_delivery(text) {
            Found { cause: "recipient-rejected", is_guess: true, ..self }
        } else if self.cause == "server-rejects-client" && refuses_a_providers_server(text) {
            Found { cause: "recipient-side-blocks", ..self }
        } else {
            self
        }
    }

    /// "Rejected" and "failed" are said for reasons of all kinds, and "not found" of the recipient's server too. Where the same
    /// words say more, that is meant, but no longer for certain. Nor is anything certain that the sense of the words puts
    /// elsewhere on the message's way.
    pub(super) fn held_against(self, said: &[sense::Said<'_>], came_back: bool) -> Self {
        let outdone = OUTDONE.iter().filter(|(what, causes)| {
            // All that a message that came back says is about its recipient.
            causes.contains(&self.cause) && !(came_back && *what == sense::OWN)
        });
        let outdoing = outdone.filter_map(|(what, _)| sense::outdoing(what, said)).find(|row| row.cause != self.cause);
        if let Some(row) = outdoing {
            return Found { cause: &row.cause, is_guess: true, ..self };
        }
        let differs = |row: &&sense::Meaning| !came_back && stage(&row.cause) != stage(self.cause);
        let Some(other) = sense::of(said).filter(differs) else { return self };
        // Whose mailbox has no room left nobody says: what a log-in does not answer is usually about the recipient's.
        let is_recipients = self.cause == "quota-exceeded" && other.cause == "recipient-mailbox-full";
        let is_recipients = is_recipients && said.iter().any(|said| is_of_a_recipient(said.text));
        if is_recipients {
            return Found { cause: &other.cause, is_guess: true, ..self };
        }
        Found { is_guess: true, is_at_odds: true, ..self }
    }
}

/// Whether a mailbox that has no room left is another's.
fn is_of_a_recipient(said: &str) -> bool {
    static OWN: LazyLock<AnyCase> =
        LazyLock::new(|| AnyCase::new(r"\byour\b|\bsender|\bihr|\bdein|\bvotre\b|\bsu\b|\btuo?\b|\buw\b|\bsua\b"));
    limit::named(said) == Some(Limit::Mailbox) && !OWN.is_match(said)
}

/// What words of these causes are said of as well.
const OUTDONE: [(&str, &[&str]); 4] = [
    (sense::REFUSAL, &PLAIN_REFUSALS),
    (sense::OWN, &OWN_SIDE),
    (sense::LISTED, &["server-rejects-client"]),
    (sense::LOG_IN, &LOG_IN),
];
/// The causes whose words say that something is refused or fails, and not why.
pub(super) const PLAIN_REFUSALS: [&str; 7] = [
    "password-wrong",
    "sender-not-allowed",
    "recipient-rejected",
    "content-rejected",
    "auth-not-sent",
    "server-unreachable",
    "unstable-connection",
];
/// The causes on the own side of which the words are said of the recipient's side as well.
const OWN_SIDE: [&str; 17] = [
    "dns-name-not-found",
    "dns-resolver-failing",
    "ipv6-broken",
    "server-unreachable",
    "server-refusing",
    "port-25-blocked-by-isp",
    "unstable-connection",
    "wrong-security",
    "tls-version-mismatch",
    "tls-too-weak",
    "certificate-expired",
    "certificate-untrusted",
    "certificate-name-mismatch",
    "encryption-required-for-auth",
    "account-locked",
    "quota-exceeded",
    "message-too-large",
];
/// What is said of accounts and passwords: by a server to whoever logs in, and in messages that it takes for phishing.
const LOG_IN: [&str; 4] = ["password-wrong", "password-expired", "app-password-required", "account-locked"];
