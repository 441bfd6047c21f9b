//! EHLO: the name that is given, as the mail program gives it, and the others that are tried where a server refuses that
//! one. Greeting, encryption and log-in are elsewhere.

use super::encrypt::HANDSHAKE;
use super::notes::{Ended, note_reason};
use super::talk::Talk;
use super::words::{NoEhlo, is_plain_name};
use crate::check::{Ctx, Notebook};
use crate::facts::ehlo;
use crate::facts::keys::smtp as keys;
use crate::facts::replies::Phase;
use crate::facts::words::EhloName;
use crate::probe::secure::{Verify, secure};
use crate::probe::smtp::{Dialogue, NoReply, REPLY, Reply};
use crate::text::small_sort::SmallSort;
use std::net::IpAddr;

/// A name for EHLO, and its kind.
pub(crate) type Name = (EhloName, String);

/// The names for EHLO: first the one that the mail program gives, or the computer's if that is not known; then the other
/// kinds. `local` is our end of the connection.
pub(crate) fn names(ctx: &Ctx, local: Option<IpAddr>) -> Vec<Name> {
    let program = ctx.account.client().and_then(|client| ehlo::of_program(&client.id));
    let literal = match local {
        Some(IpAddr::V4(addr)) => format!("[{addr}]"),
        Some(IpAddr::V6(addr)) => format!("[IPv6:{addr}]"),
        None => "[127.0.0.1]".to_owned(),
    };
    let computer = ctx.machine.local().hostname.filter(|name| is_plain_name(name));
    let full = match (program.and_then(|row| row.name.clone()), &computer) {
        (Some(name), _) => Some(name),
        (None, Some(name)) if name.contains('.') => Some(name.clone()),
        // A domain that is meant for networks without one of their own (RFC 8375).
        (None, name) => Some(format!("{}.home.arpa", name.as_deref().unwrap_or("pc"))),
    };
    let all =
        [(EhloName::ComputerName, computer), (EhloName::AddressLiteral, Some(literal)), (EhloName::FullName, full)];
    let mut names: Vec<Name> = all.into_iter().filter_map(|(kind, name)| Some((kind, name?))).collect();
    let own = program.map_or(EhloName::ComputerName, ehlo::Row::kind);
    names.small_sort_by_key(|(kind, _)| *kind != own);
    names
}

/// Whether a refusal may be about the name: its words say so, or it is a final no to EHLO itself.
fn may_be_the_name(why: &NoEhlo) -> bool {
    match why {
        NoEhlo::Busy(reply) => names_ehlo(reply),
        // A server, or something in between, that does not know the command.
        NoEhlo::Refused(reply) => !matches!(reply.code, 500 | 502),
        NoEhlo::None(why) => matches!(why, NoReply::Closed(_)),
    }
}

/// Whether a server's words are about EHLO or the name in it.
pub(crate) fn names_ehlo(reply: &Reply) -> bool {
    let said = reply.joined().to_lowercase();
    ["helo", "ehlo", "hostname", "host name", "fully-qualified", "fully qualified", "fqdn", "dns label"]
        .iter()
        .any(|words| said.contains(words))
}

impl Talk<'_> {
    /// EHLO; if the name is refused, by other names, each on a new connection. The dialogue goes on with the first that
    /// passes.
    pub(super) async fn introduce(
        &mut self,
        book: &mut Notebook,
        mut dialogue: Dialogue,
        implicit: bool,
    ) -> Result<(Dialogue, Reply), Ended> {
        let why = match self.ehlo(&mut dialogue).await {
            Ok(reply) => return Ok((dialogue, reply)),
            Err(why) => why,
        };
        self.write(book, &dialogue.lines);
        book.note(keys::EHLO, why.word());
        why.note_stop(book);
        if let NoEhlo::Busy(reply) | NoEhlo::Refused(reply) = &why {
            book.note(keys::EHLO_REPLY, reply.joined());
            note_reason(book, keys::EHLO_REASON, Phase::Ehlo, reply);
        }
        dialogue.quit().await;
        let passed = if may_be_the_name(&why) { self.by_other_names(book, implicit).await } else { None };
        passed.ok_or_else(|| Ended::Stopped(why.says()))
    }

    /// On the port in use, all other names are tried, so that it can be said which pass.
    async fn by_other_names(&mut self, book: &mut Notebook, implicit: bool) -> Option<(Dialogue, Reply)> {
        let names = names(self.ctx, self.local);
        let (refused, others) = names.split_first()?;
        book.note(keys::EHLO_REFUSED, refused.0);
        let mut passes = Vec::new();
        let mut first = None;
        for (kind, name) in others.iter().filter(|(_, name)| *name != refused.1) {
            let Some(mut dialogue) = self.greeted(implicit).await else { break };
            self.name.clone_from(name);
            let answer = self.ehlo(&mut dialogue).await;
            if answer.is_ok() {
                passes.push(*kind);
            }
            match answer {
                Ok(reply) if first.is_none() => first = Some((name, dialogue, reply)),
                _ => {
                    self.write(book, &dialogue.lines);
                    dialogue.quit().await;
                }
            }
            if first.is_some() && !self.ctx.is_in_use(self.target) {
                break;
            }
        }
        book.note(keys::EHLO_PASSES, passes);
        let (name, dialogue, reply) = first?;
        self.name.clone_from(name);
        Some((dialogue, reply))
    }

    /// A new connection, as far as the greeting.
    async fn greeted(&self, implicit: bool) -> Option<Dialogue> {
        let stream = self.connect().await?;
        let mut dialogue = match implicit {
            true => {
                let secured = secure(stream, &self.host, &self.ctx.tls, Verify::Yes, HANDSHAKE).await.ok()?;
                Dialogue::resume(secured.stream, Vec::new(), true)
            }
            false => Dialogue::over(stream),
        };
        dialogue.reply(REPLY).await.ok().filter(|greeting| greeting.code == 220)?;
        Some(dialogue)
    }
}
