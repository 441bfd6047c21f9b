//! Is the password accepted? One attempt for each password given, only over a connection whose certificate verifies.

use crate::account::provider::Passwords;
use crate::account::{Source, Wanted};
use crate::check::engine::{Case, Check, Handshake, How, Need, Scope, always};
use crate::check::smtp::again::prepare;
use crate::check::smtp::talk;
use crate::check::smtp::words::{says, write_lines};
use crate::check::tls::certificate;
use crate::check::{Ctx, Group, Kind, MAIL_PORTS, Notebook, Role, Target, Verdict};
use crate::facts::keys::certificate as certificate_keys;
use crate::facts::keys::login as keys;
use crate::facts::keys::smtp as smtp_keys;
use crate::facts::observed::Key;
use crate::facts::replies::{self, Phase};
use crate::facts::words::{At, LogIn, With};
use crate::probe::certificate::parse;
use crate::probe::sasl::{Exchange, FOR_PASSWORDS, FOR_TOKENS, NoAnswer};
use crate::probe::secret::Attempt;
use crate::probe::secure::{FailureKind, Verify, secure};
use crate::probe::smtp::{Dialogue, NoReply, Reply};
use crate::text::Text;
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

/// It waits for those ways that it may fall back to, one after the other.
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
        return Verdict::skipped("not tried: the provider takes no passwords from mail programs");
    }
    let Some(case) = ctx.case() else { return no_way(ctx, book, None) };
    let mut way = choose(ctx, case).await;
    if way.is_none() {
        way = over_unverified(ctx, book, case, attempt).await;
    }
    let Some(Way { target, mut dialogue, offered }) = way else { return no_way(ctx, book, Some(case)) };
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

/// There is no way by which a password may go: why.
fn no_way(ctx: &Ctx, book: &mut Notebook, case: Option<&Case>) -> Verdict {
    if case.is_some_and(|case| offers_none(ctx, case)) {
        book.note(keys::RESULT, LogIn::NotOffered);
        return Verdict::skipped("not tried: the server offers no log-in");
    }
    book.note(keys::RESULT, LogIn::NotTried);
    match case.filter(|case| !is_vouched_for(ctx, case.own)) {
        Some(case) => Verdict::skipped(
            Text::from("not tried: only DNS says that ")
                .host(&case.in_use.host)
                .say(" is the server of this domain; type it as the server to confirm it"),
        ),
        None => Verdict::skipped("not tried: no encrypted way with a verified certificate offers a log-in"),
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
            return Verdict::unknown(format!("not tried to the end: {why} (our own SASL library)"));
        }
        Err(NoAnswer::Theirs(why)) => {
            if matches!(why, NoReply::Silent | NoReply::Unfinished(_)) {
                book.note(keys::SILENT, true);
            }
            // Why it broke off is not known, so no reason is given here.
            book.note(keys::RESULT, LogIn::Temporary);
            return Verdict::fail(format!("no answer to the log-in: {}", says(&why)));
        }
    };
    if reply.code == 235 {
        book.note(keys::RESULT, LogIn::Accepted);
        ctx.logged_in(dialogue);
        let how = if book.has(&keys::UNVERIFIED) { ", over a connection that proves nothing" } else { "" };
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

/// Writes down a refusal: the server's own words, and what the table says they mean.
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
struct Way {
    target: Target,
    dialogue: Dialogue,
    offered: Vec<String>,
}

/// The way to log in by: as typed if that gets there safely, else what the provider wants, else any other of the server.
async fn choose(ctx: &Ctx, case: &Case) -> Option<Way> {
    let mut targets = vec![case.own];
    for choice in ctx.wanted().into_iter().flat_map(|wanted| &wanted.choices) {
        let role = if choice.host == case.in_use.host { Role::InUse } else { Role::Wanted };
        targets.push(Target { role, port: choice.port });
    }
    targets.extend([587, 465, 25].map(Target::in_use));
    for target in targets {
        if !is_vouched_for(ctx, target) || ctx.lane(target).is_none() {
            continue;
        }
        let id = talk::CHECK.at(target);
        ctx.wait_for(&id).await;
        let dialogue = ctx.lane(target).and_then(|lane| lane.take_dialogue());
        if let Some(dialogue) = dialogue.filter(|dialogue| dialogue.verified) {
            let offered = ctx.fact(&id, &smtp_keys::AUTH).unwrap_or_default();
            return Some(Way { target, dialogue, offered });
        }
    }
    None
}

/// Whether more than an unsigned DNS answer says that this is the account's server: somebody typed it, the table or an
/// autoconfig file names it, or it lies in the mail domain (RFC 6186 section 6 wants a person to confirm all others).
fn is_vouched_for(ctx: &Ctx, way: Target) -> bool {
    let Some(host) = ctx.host(way.role) else { return false };
    let is = |name: &str| host.eq_ignore_ascii_case(name);
    if ctx.account.settings.server.as_deref().is_some_and(is) {
        return true;
    }
    let domain = ctx.account.address.domain();
    let in_domain = is(domain) || host.to_ascii_lowercase().ends_with(&format!(".{}", domain.to_ascii_lowercase()));
    in_domain || ctx.wanted().is_none_or(|wanted| wanted.source != Source::Srv)
}

/// Encrypted, but to whoever shows the certificate there: only for a person who typed the server's name for it. In clear
/// never: everybody on the way could read along.
async fn over_unverified(ctx: &Ctx, book: &mut Notebook, case: &Case, attempt: &Attempt) -> Option<Way> {
    const WHAT: &str = "log-in without proof";
    let typed = attempt.unverified.as_deref()?;
    let (target, host) = (case.own, &case.in_use.host);
    if !host.eq_ignore_ascii_case(typed) {
        book.saw(WHAT, Text::new().say("not done: the name typed for it is not ").host(host));
        return None;
    }
    let seen = ctx.lane(target)?.handshake()?;
    if seen.refused.as_ref().is_none_or(|refused| refused.kind != FailureKind::Certificate) {
        book.saw(WHAT, "not done: it is for certificates that do not verify, and that is not the fault here");
        return None;
    }
    // The one that the person saw; without a screen, the one that this run looks at. A run that does not look has none.
    let mut shown = attempt.shown.clone();
    if shown.is_none() {
        let looks = certificate::CHECK.at(target);
        ctx.wait_for(&looks).await;
        shown = ctx.fact(&looks, &certificate_keys::SERIAL);
    }
    let (mut dialogue, now) = match unverified_dialogue(ctx, seen, host).await? {
        Ok(opened) => opened,
        Err(why) => {
            book.saw(WHAT, format!("not done: {why}"));
            return None;
        }
    };
    if now.is_none() || now != shown {
        book.saw(WHAT, "not done: now another certificate is shown than the one that was seen");
        return None;
    }
    if seen.implicit {
        dialogue.reply(REPLY).await.ok()?;
    }
    let offered = dialogue.ask(b"EHLO mailtriage.invalid", None, REPLY).await.ok()?.mechanisms();
    book.note(keys::UNVERIFIED, true);
    book.saw(WHAT, "asked for by typing the server's name: whoever shows this certificate reads the password");
    Some(Way { target, dialogue, offered })
}

/// An encrypted dialogue with whoever shows a certificate there, and that certificate's serial number; the error is for
/// people.
async fn unverified_dialogue(
    ctx: &Ctx,
    seen: &Handshake,
    host: &str,
) -> Option<Result<(Dialogue, Option<String>), String>> {
    let stream = prepare(ctx, seen).await?;
    Some(match secure(stream, host, &ctx.tls, Verify::No, REPLY).await {
        Ok(secured) => {
            let serial = secured.leaf.as_ref().and_then(|leaf| parse(leaf).ok()).map(|leaf| leaf.serial);
            Ok((Dialogue::resume(secured.stream, Vec::new(), false), serial))
        }
        Err(failure) => Err(failure.said),
    })
}

/// Whether the server let us in on some port, and offered a log-in on none.
fn offers_none(ctx: &Ctx, case: &Case) -> bool {
    let ports = MAIL_PORTS.into_iter().map(Target::in_use).chain([case.own]);
    let offers: Vec<Vec<String>> =
        ports.filter_map(|target| ctx.fact(&talk::CHECK.at(target), &smtp_keys::AUTH)).collect();
    !offers.is_empty() && offers.iter().all(Vec::is_empty)
}

/// What a server says of a token that it refuses (RFC 7628 section 3.2.2): the status, and the scope that it wants.
fn note_document(book: &mut Notebook, document: &[u8]) {
    let text = crate::text::visible(document.get(..2_000).unwrap_or(document));
    book.saw("the server says of the token", text.as_str());
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(document) else { return };
    for (field, key) in [("status", keys::TOKEN_STATUS), ("scope", keys::TOKEN_SCOPE)] {
        if let Some(value) = fields.get(field) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            book.note(key, crate::text::visible_str(&value));
        }
    }
}
