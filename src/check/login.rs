//! Is the password accepted? One attempt for each password given, only over a connection whose certificate verifies.

use super::sasl::{Exchange, OURS};
use super::secret::Attempt;
use super::tls::prepare;
use super::wording::{says, write_lines};
use super::{Ctx, Finding, Head, Notebook, Role, Target};
use crate::account::provider::Passwords;
use crate::account::{Source, Wanted};
use crate::facts::replies::{self, Phase};
use crate::facts::{FOR_PASSWORDS, FOR_TOKENS};
use crate::probe::certificate::parse;
use crate::probe::secure::{FailureKind, Verify, secure};
use crate::probe::smtp::{Dialogue, NoReply, Reply};
use crate::text::Text;
use std::time::Duration;

/// Servers delay refusals on purpose.
const REPLY: Duration = Duration::from_secs(30);

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    book.fact("given", ctx.attempt.is_some());
    let Some(attempt) = ctx.attempt.clone() else {
        book.fact("result", "not-tried");
        return book.skipped("not tested: no password was given");
    };
    let secret = &attempt.secret;
    if secret.is_token() {
        book.fact("with", "token");
    }
    let wanted = ctx.wanted();
    if !secret.is_token()
        && wanted.as_ref().and_then(Wanted::provider).is_some_and(|row| row.passwords == Passwords::None)
    {
        book.fact("result", "not-tried");
        return book.skipped("not tried: the provider takes no passwords from mail programs");
    }
    let mut way = choose(ctx).await;
    if way.is_none() {
        way = over_unverified(ctx, &mut book, &attempt).await;
    }
    let Some(Way { target, mut dialogue, offered }) = way else {
        if offers_none(ctx) {
            book.fact("result", "not-offered");
            return book.skipped("not tried: the server offers no log-in");
        }
        book.fact("result", "not-tried");
        if let Some(host) = ctx.host(Role::InUse).filter(|_| {
            ctx.in_use().is_some_and(|in_use| !is_vouched_for(ctx, Target { role: Role::InUse, port: in_use.port }))
        }) {
            return book.skipped(format!(
                "not tried: only DNS says that {host} is the server of this domain; type it as the server to confirm it"
            ));
        }
        return book.skipped("not tried: no encrypted way with a verified certificate offers a log-in");
    };
    book.fact("port", i64::from(target.port));
    if target.role == Role::Wanted {
        book.fact("server", "wanted");
    }
    let ours = if secret.is_token() { &FOR_TOKENS[..] } else { &FOR_PASSWORDS };
    let Some(mechanism) = ours.iter().copied().find(|name| offered.iter().any(|offer| offer == name)) else {
        book.fact("result", "not-tried");
        book.fact("offered", offered.clone());
        dialogue.quit().await;
        return book.skipped(format!("not tried: the server offers only {}", offered.join(", ")));
    };
    book.fact("mechanism", mechanism);
    let user = ctx.account.log_in_name(wanted.as_ref());
    book.fact("user", user.as_str());
    book.saw(
        "log-in",
        Text::new().say(format!("{mechanism} as ")).user(&user).say(format!(" on port {}", target.port)),
    );
    let host = ctx.host(target.role).unwrap_or_default();
    book.fact("host", host.as_str());
    let exchange = Exchange { mechanism, user: &user, host: &host, port: target.port, attempt: &attempt };
    let (reply, document) = exchange.run(&mut dialogue).await;
    if let Some(document) = document {
        note_document(&mut book, &document);
    }
    write_lines(ctx, &mut book, &dialogue.lines);
    dialogue.lines.clear();
    finish(ctx, book, target, dialogue, reply).await
}

async fn finish(
    ctx: &Ctx,
    mut book: Notebook,
    target: Target,
    dialogue: Dialogue,
    reply: Result<Reply, NoReply>,
) -> Finding {
    let reply = match reply {
        Ok(reply) => reply,
        Err(NoReply::Broken(why)) if why.ends_with(OURS) => {
            book.fact("result", "not-tried");
            return book.unknown(format!("not tried to the end: {why}"));
        }
        Err(why) => {
            if matches!(why, NoReply::Silent | NoReply::Unfinished(_)) {
                book.fact("silent", true);
            }
            // Why it broke off is not known, so no reason stands here.
            book.fact("result", "temporary");
            return book.fail(format!("no answer to the log-in: {}", says(&why)));
        }
    };
    if reply.code == 235 {
        book.fact("result", "accepted");
        ctx.board.slots().logged_in = Some(dialogue);
        let how = if book.has("unverified") { ", over a connection that proves nothing" } else { "" };
        return book.pass(format!("accepted on port {}{how}", target.port));
    }
    tokio::spawn(dialogue.quit());
    book.fact("result", if reply.is_temporary() { "temporary" } else { "rejected" });
    note_refusal(&mut book, Phase::Auth, &reply);
    book.fail(format!("refused: {}", reply.joined()))
}

/// Writes down a refusal: the server's own words, and what the table says they mean.
pub(super) fn note_refusal(book: &mut Notebook, phase: Phase, reply: &Reply) {
    book.fact("reply", reply.joined());
    book.fact("code", i64::from(reply.code));
    if let Some(row) = replies::meaning(phase, &reply.joined(), &reply.as_seen()) {
        book.fact("reason", row.cause.as_str());
        book.fact("advice", row.advice.as_str());
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
async fn choose(ctx: &Ctx) -> Option<Way> {
    let in_use = ctx.in_use()?;
    let wanted = ctx.wanted();
    let mut ways = vec![Target { role: Role::InUse, port: in_use.port }];
    for choice in wanted.iter().flat_map(|wanted| &wanted.choices) {
        let role = if choice.host == in_use.host { Role::InUse } else { Role::Wanted };
        ways.push(Target { role, port: choice.port });
    }
    ways.extend([587, 465, 25].map(|port| Target { role: Role::InUse, port }));
    let mut chosen = None;
    let mut tried = Vec::new();
    for way in ways {
        if tried.contains(&way) || !ctx.board.is_planned(&way.id("smtp")) {
            continue;
        }
        tried.push(way);
        if !is_vouched_for(ctx, way) {
            continue;
        }
        ctx.board.wait_for(&way.id("smtp")).await;
        let dialogue = ctx.board.slots().dialogues.remove(&way);
        if let Some(dialogue) = dialogue.filter(|dialogue| dialogue.verified) {
            chosen = Some(Way { target: way, dialogue, offered: offered(ctx, way) });
            break;
        }
    }
    chosen
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
async fn over_unverified(ctx: &Ctx, book: &mut Notebook, attempt: &Attempt) -> Option<Way> {
    let typed = attempt.unverified.as_deref()?;
    let in_use = ctx.in_use()?;
    if !in_use.host.eq_ignore_ascii_case(typed) {
        book.saw("log-in without proof", Text::new().say("not done: the name typed for it is not ").host(&in_use.host));
        return None;
    }
    let target = Target { role: Role::InUse, port: in_use.port };
    let seen = ctx.board.slots().leaves.get(&target).cloned()?;
    if seen.refused.as_ref().is_none_or(|refused| refused.kind != FailureKind::Certificate) {
        book.saw(
            "log-in without proof",
            "not done: it is for certificates that do not verify, and that is not the fault here",
        );
        return None;
    }
    // The one that the person saw; without a screen, the one that this run looks at. A run that does not look has none.
    let looks = target.id("certificate");
    let shown = match &attempt.shown {
        None if ctx.board.is_planned(&looks) => {
            ctx.board.wait_for(&looks).await.facts.get("serial").and_then(crate::facts::Value::text)
        }
        shown => shown.clone(),
    };
    let stream = prepare(ctx, &seen).await?;
    let secured = match secure(stream, &in_use.host, &ctx.tls, Verify::No, REPLY).await {
        Ok(secured) => secured,
        Err(failure) => {
            book.saw("log-in without proof", format!("not done: {}", failure.said));
            return None;
        }
    };
    let now = secured.leaf.as_ref().and_then(|leaf| parse(leaf).ok()).map(|leaf| leaf.serial);
    if now.is_none() || now != shown {
        book.saw("log-in without proof", "not done: now another certificate is shown than the one that was seen");
        return None;
    }
    let mut dialogue = Dialogue::resume(secured.stream, Vec::new(), false);
    if seen.implicit {
        dialogue.reply(REPLY).await.ok()?;
    }
    let offered = dialogue.ask(b"EHLO mailtriage.invalid", None, REPLY).await.ok()?.mechanisms();
    book.fact("unverified", true);
    book.saw(
        "log-in without proof",
        "asked for by typing the server's name: whoever shows this certificate reads the password",
    );
    Some(Way { target, dialogue, offered })
}

/// Whether the server let us in on some port, and offered a log-in on none.
fn offers_none(ctx: &Ctx) -> bool {
    let ports = super::plan::MAIL_PORTS.into_iter().chain(ctx.in_use().map(|in_use| in_use.port));
    let findings: Vec<_> = ports
        .filter_map(|port| ctx.board.finding(&Target { role: Role::InUse, port }.id("smtp")))
        .filter(|finding| finding.facts.contains_key("auth"))
        .collect();
    let none = crate::facts::Value::List(vec![]);
    !findings.is_empty() && findings.iter().all(|finding| finding.facts.get("auth") == Some(&none))
}

fn offered(ctx: &Ctx, target: Target) -> Vec<String> {
    match ctx.board.finding(&target.id("smtp")).and_then(|finding| finding.facts.get("auth").cloned()) {
        Some(crate::facts::Value::List(offered)) => offered,
        _ => Vec::new(),
    }
}

/// What a server says of a token that it refuses (RFC 7628 section 3.2.2): the status, and the scope that it wants.
fn note_document(book: &mut Notebook, document: &[u8]) {
    let text = crate::text::visible(document.get(..2_000).unwrap_or(document));
    book.saw("the server says of the token", text.as_str());
    let Ok(serde_json::Value::Object(fields)) = serde_json::from_slice(document) else { return };
    for key in ["status", "scope"] {
        if let Some(value) = fields.get(key) {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            book.fact(&format!("token.{key}"), crate::text::visible_str(&value));
        }
    }
}
