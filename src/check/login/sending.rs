//! May this address send from here? MAIL FROM, RCPT TO, then RSET: nothing is sent. Only if a person asked for it, one
//! short message to the account's own address instead of RSET. A server that offers no log-in was asked in its dialogue
//! (`smtp::relay`).

use super::log_in::{self, RefusalKeys, note_refusal};
use crate::check::engine::{Check, How, Lane, Need, always};
use crate::check::smtp::ehlo::{names, names_ehlo};
use crate::check::smtp::talk;
use crate::check::smtp::words::{says, stops, write_lines};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::sending as keys;
use crate::facts::keys::smtp as smtp_keys;
use crate::facts::replies::Phase;
use crate::facts::words::{Refused, Relay, Sending};
use crate::probe::smtp::{Dialogue, NoReply, REPLY, Reply};
use crate::text::{Text, hex};
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "sending",
    group: Group::Sending,
    question: "May this address send?",
    when: always,
    needs: |scope| vec![Need::After(log_in::CHECK.id()), Need::IfPlanned(talk::CHECK.at(scope.target()))],
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// Servers examine a message before they accept it (RFC 5321 section 4.5.3.2.6 allows ten minutes).
const AFTER_DATA: Duration = Duration::from_secs(30);

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let Some(mut dialogue) = ctx.take_logged_in() else { return without_log_in(ctx, book) };
    let own = ctx.account.address.ascii();
    let message = ctx.sends_message;
    // A message goes from and to the account itself, and nobody else.
    let from = ctx.account.from.clone().filter(|_| !message).unwrap_or_else(|| own.clone());
    let to = ctx.account.to.clone().filter(|_| !message).unwrap_or_else(|| own.clone());
    if !from.is_ascii() || !to.is_ascii() {
        tokio::spawn(dialogue.quit());
        book.note(keys::RESULT, Sending::NotTried);
        return Verdict::skipped(
            "not tried: the address has letters that need SMTPUTF8 (RFC 6531), which mailtriage does not support",
        );
    }
    let steps = [
        (Phase::Mail, format!("MAIL FROM:<{from}>"), Refused::Sender),
        (Phase::Rcpt, format!("RCPT TO:<{to}>"), Refused::Recipient),
    ];
    let mut commands = steps.each_ref().map(|(_, command, _)| command.as_str()).to_vec();
    if !message {
        commands.push("RSET");
    }
    let mut replies = dialogue.ask_all(&commands, REPLY).await.into_iter();
    for (phase, _, what) in &steps {
        match replies.next().unwrap_or(Err(NoReply::Silent)) {
            Ok(reply) if reply.is_positive() => {}
            other => {
                if other.as_ref().is_ok_and(names_ehlo) {
                    by_other_names(ctx, book, &mut dialogue, steps.each_ref().map(|(_, command, _)| command)).await;
                }
                return turned_down(ctx, book, dialogue, *phase, *what, other);
            }
        }
    }
    let mut sent = None;
    if message {
        let id = message_id(ctx.account.address.domain());
        // Noted before the answer: a server that answers late may have accepted it all the same.
        book.note(keys::MESSAGE_ID, id.as_str());
        match send(ctx, &mut dialogue, &from, &to, &id).await {
            Ok(reply) if reply.is_positive() => book.note(keys::MESSAGE, reply.joined()),
            other => return turned_down(ctx, book, dialogue, Phase::Data, Refused::Message, other),
        }
        sent = Some(id);
    } else if let Some(Err(why @ NoReply::Early)) = replies.next() {
        // Which of its replies was meant for the recipient cannot be told.
        return turned_down(ctx, book, dialogue, Phase::Rcpt, Refused::Recipient, Err(why));
    }
    write_lines(ctx, book, &dialogue.lines);
    tokio::spawn(dialogue.quit());
    book.note(keys::RESULT, Sending::Accepted);
    let largest = largest(ctx).map_or_else(String::new, |size| format!("; messages up to {size} MB are accepted"));
    Verdict::pass(match sent {
        Some(id) => Text::from("accepted; a message to ")
            .user(&to)
            .say(" is on its way: look for Message-ID ")
            .user(id)
            .say(largest),
        None => Text::from(format!("accepted; nothing was sent{largest}")),
    })
}

/// Many servers refuse the name in EHLO only here. EHLO may be said again (RFC 5321 section 4.1.4), so the log-in need
/// not be: which other names would pass?
async fn by_other_names(ctx: &Ctx, book: &mut Notebook, dialogue: &mut Dialogue, commands: [&String; 2]) {
    let handshake = ctx.case().and_then(|case| ctx.lane(case.own)).and_then(Lane::handshake);
    let names = names(ctx, handshake.and_then(|handshake| handshake.local));
    let given = handshake.map(|handshake| &handshake.name);
    let Some((refused, _)) = names.iter().find(|(_, name)| Some(name) == given) else { return };
    let mut passes = Vec::new();
    for (kind, name) in names.iter().filter(|(_, name)| Some(name) != given) {
        let mut passed = true;
        for command in [&format!("EHLO {name}"), commands[0], commands[1]] {
            match dialogue.ask(command.as_bytes(), None, REPLY).await {
                Ok(reply) => passed &= reply.is_positive(),
                Err(_) => return,
            }
        }
        if passed {
            passes.push(*kind);
        }
    }
    book.note(keys::EHLO_REFUSED, *refused);
    book.note(keys::EHLO_PASSES, passes);
}

/// What the server, which offers no log-in, said when it was asked without one.
fn without_log_in(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let Some(id) = ctx.case().map(|case| talk::CHECK.at(case.own)) else { return not_tried(book) };
    let Some(relay) = ctx.fact(&id, &smtp_keys::RELAY) else { return not_tried(book) };
    book.note(keys::WITHOUT_LOG_IN, true);
    let reply = ctx.fact(&id, &smtp_keys::RELAY_REPLY).unwrap_or_default();
    let refused = match relay {
        Relay::Any => return without_log_in_accepted(book, ""),
        Relay::OwnDomain if ctx.account.is_device() => return without_log_in_accepted(book, ", for its own domain"),
        Relay::OwnDomain => "without a log-in, and none is offered, only mail for its own domain is accepted",
        Relay::Refused => "refused without a log-in, and none is offered",
    };
    let code = ctx.fact(&id, &smtp_keys::RELAY_CODE).unwrap_or_default();
    book.note(keys::RESULT, if (400..500).contains(&code) { Sending::Temporary } else { Sending::Rejected });
    book.note(keys::REPLY, reply.as_str());
    book.note(keys::CODE, code);
    for (from, to) in [(smtp_keys::RELAY_REASON, keys::REASON), (smtp_keys::RELAY_ADVICE, keys::ADVICE)] {
        if let Some(value) = ctx.fact(&id, &from) {
            book.note(to, value);
        }
    }
    Verdict::fail(format!("{refused}: {reply}"))
}

fn without_log_in_accepted(book: &mut Notebook, whose: &str) -> Verdict {
    book.note(keys::RESULT, Sending::Accepted);
    Verdict::pass(format!("accepted without a log-in{whose}; nothing was sent"))
}

fn not_tried(book: &mut Notebook) -> Verdict {
    book.note(keys::RESULT, Sending::NotTried);
    Verdict::skipped("only after an accepted log-in")
}

static REFUSAL: RefusalKeys =
    RefusalKeys { reply: keys::REPLY, code: keys::CODE, reason: keys::REASON, advice: keys::ADVICE };

fn turned_down(
    ctx: &Ctx,
    book: &mut Notebook,
    dialogue: Dialogue,
    phase: Phase,
    what: Refused,
    reply: Result<Reply, NoReply>,
) -> Verdict {
    write_lines(ctx, book, &dialogue.lines);
    // Neither accepted nor refused (RFC 5321 section 4.2.1): that is not about the sender or the recipient.
    let reply = reply.and_then(|reply| match reply.code {
        ..400 => Err(NoReply::Senseless("the reply is neither yes nor no")),
        _ => Ok(reply),
    });
    match reply {
        Ok(reply) => {
            tokio::spawn(dialogue.quit());
            book.note(keys::RESULT, if reply.is_temporary() { Sending::Temporary } else { Sending::Rejected });
            book.note(keys::REFUSED, what);
            note_refusal(book, &REFUSAL, phase, &reply);
            Verdict::fail(format!("the {} is refused: {}", what.word(), reply.joined()))
        }
        Err(why) => {
            book.note(keys::RESULT, Sending::Temporary);
            book.note(keys::STOPS, stops(&why));
            Verdict::fail(format!("no answer about the {}: {}", what.word(), says(&why)))
        }
    }
}

/// DATA, the message, and the server's reply to it.
async fn send(ctx: &Ctx, dialogue: &mut Dialogue, from: &str, to: &str, id: &str) -> Result<Reply, NoReply> {
    let ready = dialogue.ask(b"DATA", None, REPLY).await?;
    if ready.code != 354 {
        return if ready.is_positive() { Err(NoReply::NotSmtp(ready.joined().into_bytes())) } else { Ok(ready) };
    }
    let text = message(&ctx.machine.now(), from, to, id);
    dialogue.ask(text.as_bytes(), Some("(the test message)"), AFTER_DATA).await
}

/// The message (RFC 5322), up to the dot at its end; the line end after that belongs to the command.
fn message(now: &jiff::Timestamp, from: &str, to: &str, id: &str) -> String {
    let date = jiff::fmt::rfc2822::to_string(&now.to_zoned(jiff::tz::TimeZone::UTC)).unwrap_or_default();
    // Auto-Submitted (RFC 3834): no out-of-office reply is wanted.
    format!(
        "Date: {date}\r\nFrom: <{from}>\r\nTo: <{to}>\r\nSubject: Test message\r\nMessage-ID: {id}\r\n\
         Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n\
         This message was sent by mailtriage to find out whether this account can send.\r\n\
         Nothing needs to be done, and it can be deleted.\r\n."
    )
}

/// A Message-ID by which the message can be found in logs and mailboxes (RFC 5322 section 3.6.4).
fn message_id(domain: &str) -> String {
    let mut random = [0; 12];
    let _ = getrandom::fill(&mut random);
    format!("<mailtriage.{}@{domain}>", hex(&random))
}

/// The largest message that the server accepts (RFC 1870), in megabytes.
fn largest(ctx: &Ctx) -> Option<i64> {
    // 0 means "no fixed limit".
    let bytes = ctx.fact(&talk::CHECK.at(ctx.case()?.own), &smtp_keys::SIZE).filter(|bytes| *bytes > 0)?;
    Some((bytes / 1_000_000).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_a_message() {
        let at = jiff::Timestamp::from_second(1_700_000_000).unwrap();
        let text = message(&at, "anna@example.com", "anna@example.com", "<a@example.com>");
        assert!(text.starts_with("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nFrom: <anna@example.com>\r\n"), "{text}");
        assert!(text.ends_with("\r\n.") && text.lines().all(|line| line.len() < 100 && line.is_ascii()));
        // No line of the text begins with a dot, so none has to be doubled (RFC 5321 section 4.5.2).
        assert_eq!(text.matches("\r\n.").count(), 1);
    }

    #[test]
    fn each_message_has_a_name_of_its_own() {
        assert_ne!(message_id("example.com"), message_id("example.com"));
        assert!(message_id("example.com").ends_with("@example.com>"));
    }
}
