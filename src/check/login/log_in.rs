//! Is the password accepted? One attempt per password, and only over a connection whose certificate verifies.

use crate::account::Wanted;
use crate::account::provider::Passwords;
use crate::check::engine::{Check, Handshake, How, Need, Scope, always};
use crate::check::smtp::again::prepare;
use crate::check::smtp::talk;
use crate::check::smtp::words::{says, write_lines};
use crate::check::tls::certificate;
use crate::check::{Ctx, Group, Kind, Notebook, Role, Target, Verdict};
use crate::facts::Facts;
use crate::facts::derive::Input;
use crate::facts::derive::log_in::{LogInWay, log_in_way};
use crate::facts::key::Key;
use crate::facts::keys::certificate as certificate_keys;
use crate::facts::keys::login as keys;
use crate::facts::keys::smtp as smtp_keys;
use crate::facts::observed::{Observations, Observed};
use crate::facts::replies::{self, Phase};
use crate::facts::words::{At, LogIn, With};
use crate::probe::certificate::parse;
use crate::probe::sasl::{Exchange, FOR_PASSWORDS, FOR_TOKENS, NoAnswer};
use crate::probe::secret::Attempt;
use crate::probe::secure::{Verify, secure};
use crate::probe::smtp::{Dialogue, NoReply, Reply};
use crate::text::Text;
use std::collections::BTreeMap;
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "login",
    group: Group::Login,
    question: "Is the password accepted?",
    when: always,
    needs,
    facts: keys::ALL,
    how: How::LogIn(|ctx, book, attempt| Box::pin(run(ctx, book, attempt))),
};

/// It also waits for the ports that it may fall back to, one after the other.
fn needs(scope: &Scope<'_>) -> Vec<Need> {
    if scope.in_use.is_none() {
        return vec![];
    }
    let own = scope.target();
    let others = scope.targets.iter().copied().filter(|target| *target != own);
    let mut needs = vec![Need::After(talk::CHECK.at(own))];
    needs.extend(others.map(|target| Need::Later(talk::CHECK.at(target))));
    needs.push(Need::IfPlanned(certificate::CHECK.at(own)));
    needs
}

/// Servers delay refusals on purpose.
const REPLY: Duration = Duration::from_secs(30);

async fn run(ctx: &Ctx, book: &mut Notebook, attempt: Option<&Attempt>) -> Verdict {
    book.note(keys::GIVEN, attempt.is_some());
    let Some(attempt) = attempt else {
        book.note(keys::RESULT, LogIn::NotTried);
        return Verdict::skipped("not tested: no password was given");
    };
    let is_token = attempt.secret.is_token();
    if is_token {
        book.note(keys::WITH, With::Token);
    }
    let row = ctx.wanted().and_then(Wanted::provider);
    if !is_token && row.is_some_and(|row| row.passwords == Passwords::None) {
        book.note(keys::RESULT, LogIn::NotTried);
        return Verdict::skipped("not tried: the provider accepts no passwords from mail programs");
    }
    let way = decide(ctx).await;
    let opened = match &way {
        LogInWay::Through { target, host } => over_verified(ctx, *target, host).await,
        LogInWay::Unproven { target, host } => over_unverified(ctx, book, *target, host, attempt).await,
        _ => None,
    };
    let Some(Ready { target, mut dialogue, offered }) = opened else { return no_way(book, &way) };
    book.note(keys::PORT, target.port);
    if target.role == Role::Wanted {
        book.note(keys::SERVER, At::Wanted);
    }
    let ours = if is_token { &FOR_TOKENS[..] } else { &FOR_PASSWORDS };
    let Some(mechanism) = ours.iter().copied().find(|name| offered.iter().any(|offer| offer == name)) else {
        book.note(keys::RESULT, LogIn::NotTried);
        book.note(keys::OFFERED, offered.clone());
        dialogue.quit().await;
        return Verdict::skipped(format!("not tried: the server offers only {}", offered.join(", ")));
    };
    book.note(keys::MECHANISM, mechanism);
    let user = ctx.account.log_in_name(ctx.wanted());
    book.note(keys::USER, user.as_str());
    let says = Text::from(format!("{mechanism} as ")).user(&user).say(format!(" on port {}", target.port));
    book.saw_kind(Kind::LogIn, "log-in", says);
    let host = ctx.host(target.role).unwrap_or_default();
    book.note(keys::HOST, host);
    let exchange = Exchange { mechanism, user: &user, host, port: target.port, attempt };
    let (reply, document) = exchange.run(&mut dialogue).await;
    if let Some(document) = document {
        note_document(book, &document);
    }
    write_lines(ctx, book, &dialogue.lines);
    dialogue.lines.clear();
    sum_up(ctx, book, target, dialogue, reply)
}

/// Where the log-in is made, once everything that decides it has ended.
async fn decide(ctx: &Ctx) -> LogInWay {
    let none = Facts::new();
    let answers = BTreeMap::new();
    loop {
        let findings = ctx.findings();
        let checks = findings.iter().map(|(id, finding)| {
            let runs = Observed { done: false, facts: &none, why_not: None };
            (id.as_str(), finding.as_ref().map_or(runs, |finding| finding.observed()))
        });
        let seen = Observations { checks: checks.collect(), plan_complete: true };
        let way = log_in_way(Input { account: &ctx.account, wanted: ctx.wanted(), seen: &seen, answers: &answers });
        let LogInWay::Pending(ids) = way else { return way };
        for id in &ids {
            ctx.wait_for(id).await;
        }
    }
}

/// Why a password may not be sent anywhere.
fn no_way(book: &mut Notebook, way: &LogInWay) -> Verdict {
    if *way == LogInWay::NotOffered {
        book.note(keys::RESULT, LogIn::NotOffered);
        return Verdict::skipped("not tried: the server offers no log-in");
    }
    book.note(keys::RESULT, LogIn::NotTried);
    match way {
        LogInWay::NotVouched { host } => Verdict::skipped(
            Text::from("not tried: only DNS says that ")
                .host(host)
                .say(" is the server of this domain; type it as the server to confirm it"),
        ),
        _ => Verdict::skipped("not tried: no encrypted connection with a verified certificate offers a log-in"),
    }
}

fn sum_up(
    ctx: &Ctx,
    book: &mut Notebook,
    target: Target,
    dialogue: Dialogue,
    reply: Result<Reply, NoAnswer>,
) -> Verdict {
    let reply = match reply {
        Ok(reply) => reply,
        Err(NoAnswer::Ours(why)) => {
            book.note(keys::RESULT, LogIn::NotTried);
            return Verdict::unknown(format!("not completed: {why} (our own SASL library)"));
        }
        Err(NoAnswer::Theirs(why)) => {
            if matches!(why, NoReply::Silent | NoReply::Unfinished(_)) {
                book.note(keys::SILENT, true);
            }
            // It is not known why it broke off, so no reason is given here.
            book.note(keys::RESULT, LogIn::Temporary);
            return Verdict::fail(format!("no answer to the log-in: {}", says(&why)));
        }
    };
    if reply.code == 235 {
        book.note(keys::RESULT, LogIn::Accepted);
        ctx.logged_in(dialogue);
        let how = if book.has(&keys::UNVERIFIED) { ", over a connection with an unverified certificate" } else { "" };
        return Verdict::pass(format!("accepted on port {}{how}", target.port));
    }
    tokio::spawn(dialogue.quit());
    book.note(keys::RESULT, if reply.is_temporary() { LogIn::Temporary } else { LogIn::Rejected });
    note_refusal(book, &REFUSAL, Phase::Auth, &reply);
    Verdict::fail(format!("refused: {}", reply.joined()))
}

/// Where a refusal is written down.
pub(super) struct RefusalKeys {
    pub(super) reply: Key<String>,
    pub(super) code: Key<u16>,
    pub(super) reason: Key<String>,
    pub(super) advice: Key<String>,
}

static REFUSAL: RefusalKeys =
    RefusalKeys { reply: keys::REPLY, code: keys::CODE, reason: keys::REASON, advice: keys::ADVICE };

/// Writes down a refusal: the server's own words, and what they mean according to the table.
pub(super) fn note_refusal(book: &mut Notebook, keys: &RefusalKeys, phase: Phase, reply: &Reply) {
    book.note(keys.reply.clone(), reply.joined());
    book.note(keys.code.clone(), reply.code);
    if let Some(row) = replies::meaning(phase, &reply.joined(), &reply.as_seen()) {
        book.note(keys.reason.clone(), row.cause.as_str());
        book.note(keys.advice.clone(), row.advice.as_str());
        book.saw("this reply means", row.advice.as_str());
    }
}

/// A connection for the log-in, and what is offered there.
struct Ready {
    target: Target,
    dialogue: Dialogue,
    offered: Vec<String>,
}

/// The connection that the dialogue kept for the log-in; if it has ended meanwhile, a new one.
async fn over_verified(ctx: &Ctx, target: Target, host: &str) -> Option<Ready> {
    let lane = ctx.lane(target)?;
    if let Some(dialogue) = lane.take_dialogue() {
        let offered = ctx.fact(&talk::CHECK.at(target), &smtp_keys::AUTH).unwrap_or_default();
        return Some(Ready { target, dialogue, offered });
    }
    let handshake = lane.handshake()?;
    let Again { dialogue, .. } = encrypted_again(ctx, handshake, host, Verify::Yes).await?.ok()?;
    greet(target, handshake, dialogue).await
}

/// Encrypted, but to whoever shows the certificate there: only for a person who typed the server's name for it. Never
/// unencrypted: everybody on the way could read along.
async fn over_unverified(
    ctx: &Ctx,
    book: &mut Notebook,
    target: Target,
    host: &str,
    attempt: &Attempt,
) -> Option<Ready> {
    const WHAT: &str = "log-in despite an unverified certificate";
    let typed = attempt.unverified.as_deref()?;
    if !host.eq_ignore_ascii_case(typed) {
        book.saw(WHAT, Text::new().say("not done: the name typed for it is not ").host(host));
        return None;
    }
    // The certificate that the person saw; without a screen, the one that this run has examined. A run may have
    // examined none.
    let mut shown = attempt.shown.clone();
    if shown.is_none() {
        let looks = certificate::CHECK.at(target);
        ctx.wait_for(&looks).await;
        shown = ctx.fact(&looks, &certificate_keys::SERIAL);
    }
    let handshake = ctx.lane(target)?.handshake()?;
    let Again { dialogue, serial } = match encrypted_again(ctx, handshake, host, Verify::No).await? {
        Ok(again) => again,
        Err(why) => {
            book.saw(WHAT, format!("not done: {why}"));
            return None;
        }
    };
    if serial.is_none() || serial != shown {
        book.saw(WHAT, "not done: the server now shows a different certificate from the one that was seen");
        return None;
    }
    let way = greet(target, handshake, dialogue).await?;
    book.note(keys::UNVERIFIED, true);
    book.saw(WHAT, "asked for by typing the server's name: whoever shows this certificate can read the password");
    Some(way)
}

/// An encrypted dialogue on a new connection, and the serial number of the certificate shown there.
struct Again {
    dialogue: Dialogue,
    serial: Option<String>,
}

/// `None` if no connection opens; the error is a message for people.
async fn encrypted_again(
    ctx: &Ctx,
    handshake: &Handshake,
    host: &str,
    verify: Verify,
) -> Option<Result<Again, String>> {
    let stream = prepare(ctx, handshake).await?;
    let secured = secure(stream, host, &ctx.tls, verify, REPLY).await;
    Some(secured.map_err(|failure| failure.said).map(|secured| {
        let serial = secured.leaf.as_ref().and_then(|leaf| parse(leaf).ok()).map(|leaf| leaf.serial);
        Again { dialogue: Dialogue::resume(secured.stream, Vec::new(), verify == Verify::Yes), serial }
    }))
}

/// The greeting, if it comes only now, and EHLO.
async fn greet(target: Target, handshake: &Handshake, mut dialogue: Dialogue) -> Option<Ready> {
    if handshake.implicit {
        dialogue.reply(REPLY).await.ok()?;
    }
    let offered = dialogue.ask(b"EHLO mailtriage.invalid", None, REPLY).await.ok()?.mechanisms();
    Some(Ready { target, dialogue, offered })
}

/// What a server says about a token that it refuses (RFC 7628 section 3.2.2): the status, and the scope that it wants.
fn note_document(book: &mut Notebook, document: &[u8]) {
    let text = crate::text::visible(document.get(..2_000).unwrap_or(document));
    book.saw("the server says about the token", text.as_str());
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(document) else { return };
    for (field, key) in [("status", keys::TOKEN_STATUS), ("scope", keys::TOKEN_SCOPE)] {
        if let Some(value) = fields.get(field) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            book.note(key, crate::text::visible_str(&value));
        }
    }
}
