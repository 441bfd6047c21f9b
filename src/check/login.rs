//! Is the password accepted? One attempt for each password given, only over a connection whose certificate verifies.

use super::secret::{Attempt, Secret};
use super::tls::prepare;
use super::wording::{says, write_lines};
use super::{Ctx, Finding, Head, Notebook, Role, Target};
use crate::account::Wanted;
use crate::account::provider::Passwords;
use crate::facts::replies::{self, Phase};
use crate::facts::{FOR_PASSWORDS, FOR_TOKENS};
use crate::probe::secure::{Verify, secure};
use crate::probe::smtp::{Dialogue, Line, NoReply, Reply, Side};
use crate::text::Text;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session, SessionError, State};
use rsasl::property::{AuthId, AuthzId, OAuthBearerKV, OAuthBearerToken, Password};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// What ends a failure that is not the server's.
const OURS: &str = "(our own SASL library)";

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
    let exchange = Exchange { mechanism, user: &user, host: &host, port: target.port, attempt: &attempt };
    let (reply, document) = exchange.run(&mut dialogue).await;
    if let Some(document) = document {
        note_document(&mut book, &document);
    }
    if mechanism.starts_with("SCRAM") {
        hide_challenges(&mut dialogue.lines);
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

/// Salt, nonces and the server's signature would let whoever reads the report try passwords at home (RFC 5802 section 9).
fn hide_challenges(lines: &mut [Line]) {
    for line in lines.iter_mut().filter(|line| line.side == Side::Server && line.text.starts_with("334 ")) {
        line.text = "334 ********".to_owned();
    }
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
        ctx.board.wait_for(&way.id("smtp")).await;
        let dialogue = ctx.board.slots().dialogues.remove(&way);
        if let Some(dialogue) = dialogue.filter(|dialogue| dialogue.verified) {
            chosen = Some(Way { target: way, dialogue, offered: offered(ctx, way) });
            break;
        }
    }
    chosen
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
    let stream = prepare(ctx, &seen).await?;
    let secured = secure(stream, &in_use.host, &ctx.tls, Verify::No, REPLY).await.ok()?;
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

/// Gives the mechanism its name and secret without keeping a copy of it anywhere else.
struct Credentials {
    user: String,
    attempt: Arc<Attempt>,
    /// For OAUTHBEARER: the server's name and port (RFC 7628 section 3.1).
    server: (String, String),
}

impl SessionCallback for Credentials {
    fn callback(&self, _: &SessionData, _: &Context<'_>, request: &mut Request<'_>) -> Result<(), SessionError> {
        request.satisfy::<AuthId>(&self.user)?;
        match &self.attempt.secret {
            Secret::Password(password) => {
                request.satisfy::<Password>(password.expose_secret().as_bytes())?;
            }
            Secret::Token(token) => {
                request.satisfy::<AuthzId>(&self.user)?;
                request.satisfy::<OAuthBearerToken>(token.expose_secret())?;
                request.satisfy::<OAuthBearerKV>(&[("host", &self.server.0), ("port", &self.server.1)])?;
            }
        }
        Ok(())
    }
}

/// One log-in.
struct Exchange<'a> {
    mechanism: &'a str,
    user: &'a str,
    host: &'a str,
    port: u16,
    attempt: &'a Arc<Attempt>,
}

impl Exchange<'_> {
    /// The server's last word, and what it says of a token that it refuses.
    async fn run(&self, dialogue: &mut Dialogue) -> (Result<Reply, NoReply>, Option<Vec<u8>>) {
        let mut document = None;
        let reply = self.talk(dialogue, &mut document).await;
        (reply, document)
    }

    async fn talk(&self, dialogue: &mut Dialogue, document: &mut Option<Vec<u8>>) -> Result<Reply, NoReply> {
        let broken = |what: &str| NoReply::Broken(format!("{what} {OURS}"));
        let credentials = Credentials {
            user: self.user.to_owned(),
            attempt: Arc::clone(self.attempt),
            server: (self.host.to_owned(), self.port.to_string()),
        };
        let config =
            SASLConfig::builder().with_defaults().with_callback(credentials).map_err(|_| broken("no configuration"))?;
        let name = Mechname::parse(self.mechanism.as_bytes()).map_err(|_| broken("no such mechanism"))?;
        let mut session =
            SASLClient::new(config).start_suggested(&[name]).map_err(|_| broken("mechanism not built in"))?;
        let mut command = Zeroizing::new(format!("AUTH {}", self.mechanism).into_bytes());
        if session.are_we_first() {
            let first = step(&mut session, None).map_err(|_| broken("first step failed"))?;
            command.push(b' ');
            command.extend_from_slice(&first);
        }
        let shown = format!("AUTH {} ********", self.mechanism);
        let mut reply = dialogue.ask(&command, Some(&shown), REPLY).await?;
        // A mechanism has few rounds; a server that asks for more is playing.
        for _ in 0..4 {
            if reply.code != 334 {
                return Ok(reply);
            }
            let challenge = reply.lines.last().and_then(|line| line.get(4..)).unwrap_or_default();
            let challenge = STANDARD.decode(challenge.trim_ascii());
            let answer = match challenge {
                Ok(refusal) if self.attempt.secret.is_token() => {
                    *document = Some(refusal);
                    // What ends the exchange after a refused token (RFC 7628 section 3.2.3; XOAUTH2: an empty line).
                    let end = if self.mechanism == "OAUTHBEARER" { "AQ==" } else { "" };
                    Ok(Zeroizing::new(end.as_bytes().to_vec()))
                }
                Ok(challenge) => step(&mut session, Some(&challenge)),
                Err(_) => Err(()),
            };
            reply = match answer {
                Ok(answer) => dialogue.ask(&answer, Some("********"), REPLY).await?,
                // RFC 4954 section 4: an asterisk ends the exchange.
                Err(()) => {
                    dialogue.ask(b"*", None, REPLY).await?;
                    return Err(broken("the server's challenge makes no sense"));
                }
            };
        }
        if reply.code == 334 {
            dialogue.ask(b"*", None, REPLY).await?;
            return Err(broken("the server asks for more and more"));
        }
        Ok(reply)
    }
}

/// One answer of the mechanism, as base64.
fn step(session: &mut Session, challenge: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, ()> {
    let mut out = Zeroizing::new(Vec::with_capacity(1024));
    let state = session.step(challenge, &mut *out).map_err(|_| ())?;
    // After a last challenge that only proves the server (SCRAM), an empty line says that it did.
    if let State::Finished(rsasl::prelude::MessageSent::No) = state {
        return Ok(Zeroizing::new(Vec::new()));
    }
    Ok(Zeroizing::new(STANDARD.encode(&*out).into_bytes()))
}
