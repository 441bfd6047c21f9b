//! A server without a log-in: does it take mail from here all the same? MAIL FROM and RCPT TO, then RSET: nothing is
//! sent. Only on the port in use. What the answer means for the account is decided in `facts::derive`.

use super::talk::Talk;
use crate::check::Notebook;
use crate::facts::keys::smtp as keys;
use crate::facts::replies::{self, Phase, Row};
use crate::facts::words::Relay;
use crate::probe::smtp::{Dialogue, NoReply, ONE_MORE, REPLY, Reply};

/// Recipients in domains that belong to nobody (RFC 2606 section 3), to see whether mail is taken for other domains too.
const ELSEWHERE: [&str; 2] = ["postmaster@example.org", "postmaster@example.net"];
/// What the words of a server mean that takes mail for other domains only from those who have logged in.
const RELAYING_DENIED: &str = "auth-not-sent";

impl Talk<'_> {
    /// Asks on the port in use, which offers no log-in, whether mail is taken without one. A server that breaks off has
    /// not answered; the error says how.
    pub(super) async fn ask_without_log_in(&self, book: &mut Notebook, dialogue: &mut Dialogue) -> Result<(), NoReply> {
        let account = &self.ctx.account;
        let own = account.address.ascii();
        let from = account.from.as_ref().unwrap_or(&own);
        let to = account.to.as_ref().unwrap_or(&own);
        if !self.ctx.is_in_use(self.target) || !from.is_ascii() || !to.is_ascii() {
            return Ok(());
        }
        let is_own = |address: &str| address.ends_with(&format!("@{}", account.address.domain()));
        let elsewhere = ELSEWHERE.iter().find(|address| !is_own(address)).filter(|_| is_own(to)).copied();
        let (relay, refusal) = ask(dialogue, from, elsewhere, to).await?;
        // With one reply more than there were commands, no reply belongs to its command for sure.
        dialogue.hears(ONE_MORE).await;
        dialogue.nothing_unasked().await?;
        book.note(keys::RELAY, relay);
        if let Some(refusal) = refusal {
            refusal.note(book);
        }
        let _ = dialogue.ask(b"RSET", None, REPLY).await;
        Ok(())
    }
}

/// Whether mail is taken, and the words that refuse it. A recipient in the account's own domain is taken by every server
/// that receives mail for it: only one elsewhere shows that it relays.
async fn ask(
    dialogue: &mut Dialogue,
    from: &str,
    elsewhere: Option<&str>,
    to: &str,
) -> Result<(Relay, Option<Refusal>), NoReply> {
    let reply = dialogue.ask(format!("MAIL FROM:<{from}>").as_bytes(), None, REPLY).await?;
    if !reply.is_positive() {
        return Ok((Relay::Refused, Some(Refusal::of(Phase::Mail, reply))));
    }
    let mut refused = None;
    if let Some(elsewhere) = elsewhere {
        let reply = dialogue.ask(format!("RCPT TO:<{elsewhere}>").as_bytes(), None, REPLY).await?;
        if reply.is_positive() {
            return Ok((Relay::Any, None));
        }
        refused = Some(Refusal::of(Phase::Rcpt, reply));
    }
    let reply = dialogue.ask(format!("RCPT TO:<{to}>").as_bytes(), None, REPLY).await?;
    match (reply.is_positive(), refused) {
        (true, None) => Ok((Relay::Any, None)),
        (true, refused) => Ok((Relay::OwnDomain, refused)),
        (false, Some(denied)) if denied.means(RELAYING_DENIED) => Ok((Relay::Refused, Some(denied))),
        (false, _) => Ok((Relay::Refused, Some(Refusal::of(Phase::Rcpt, reply)))),
    }
}

/// A refusal, and what it means according to the table.
struct Refusal {
    reply: Reply,
    row: Option<&'static Row>,
}

impl Refusal {
    fn of(phase: Phase, reply: Reply) -> Self {
        let row = replies::meaning(phase, &reply.joined(), &reply.as_seen());
        Refusal { reply, row }
    }

    fn means(&self, cause: &str) -> bool {
        self.row.is_some_and(|row| row.cause == cause)
    }

    fn note(&self, book: &mut Notebook) {
        book.note(keys::RELAY_REPLY, self.reply.joined());
        book.note(keys::RELAY_CODE, self.reply.code);
        if let Some(row) = self.row {
            book.note(keys::RELAY_REASON, row.cause.as_str());
            book.note(keys::RELAY_ADVICE, row.advice.as_str());
        }
    }
}
