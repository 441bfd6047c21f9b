//! Is the password accepted? One attempt for each password given, only over a connection whose certificate verifies.

use super::secret::{Attempt, Secret};
use super::tls::prepare;
use super::wording::{says, write_lines};
use super::{Ctx, Finding, Head, Notebook, Role, Target};
use crate::account::provider::Passwords;
use crate::account::{Source, Wanted};
use crate::facts::replies::{self, Phase};
use crate::facts::{FOR_PASSWORDS, FOR_TOKENS};
use crate::probe::certificate::parse;
use crate::probe::secure::{FailureKind, Verify, secure};
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
    let certificate = ctx.board.wait_for(&target.id("certificate")).await;
    let shown = certificate.facts.get("serial").and_then(crate::facts::Value::text);
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
        let mut sent = Vec::new();
        let mut reply = self.talk(dialogue, &mut document, &mut sent).await;
        // Some servers say back what they do not understand.
        let secret = match &self.attempt.secret {
            Secret::Password(secret) | Secret::Token(secret) => secret.expose_secret().as_bytes(),
        };
        sent.push(Zeroizing::new(STANDARD.encode(secret).into_bytes()));
        sent.push(Zeroizing::new(secret.to_vec()));
        for line in &mut dialogue.lines {
            line.text = String::from_utf8_lossy(&scrubbed(line.text.as_bytes(), &sent)).into_owned();
        }
        if let Ok(reply) = &mut reply {
            reply.lines.iter_mut().for_each(|line| *line = scrubbed(line, &sent));
        }
        let document = document.map(|document| scrubbed(&document, &sent));
        (reply, document)
    }

    async fn talk(
        &self,
        dialogue: &mut Dialogue,
        document: &mut Option<Vec<u8>>,
        sent: &mut Vec<Zeroizing<Vec<u8>>>,
    ) -> Result<Reply, NoReply> {
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
        let mut is_last = false;
        let mut command = Zeroizing::new(format!("AUTH {}", self.mechanism).into_bytes());
        if session.are_we_first() {
            let (first, last) = step(&mut session, None).map_err(|_| broken("first step failed"))?;
            command.push(b' ');
            command.extend_from_slice(&first);
            sent.push(first);
            is_last = last;
        }
        let shown = format!("AUTH {} ********", self.mechanism);
        let mut reply = dialogue.ask(&command, Some(&shown), REPLY).await?;
        // A mechanism has few rounds; a server that asks for more is playing.
        for _ in 0..4 {
            if reply.code != 334 {
                return Ok(reply);
            }
            // All has been said: whoever asks again would get the password once more.
            if is_last && !self.attempt.secret.is_token() {
                dialogue.ask(b"*", None, REPLY).await?;
                return Err(NoReply::Broken("the server asks again for what it was told".to_owned()));
            }
            let challenge = reply.lines.last().and_then(|line| line.get(4..)).unwrap_or_default();
            let challenge = STANDARD.decode(challenge.trim_ascii());
            let answer = match challenge {
                Ok(refusal) if self.attempt.secret.is_token() => {
                    *document = Some(refusal);
                    // What ends the exchange after a refused token (RFC 7628 section 3.2.3; XOAUTH2: an empty line).
                    let end = if self.mechanism == "OAUTHBEARER" { "AQ==" } else { "" };
                    Ok((Zeroizing::new(end.as_bytes().to_vec()), true))
                }
                Ok(challenge) => step(&mut session, Some(&challenge)),
                Err(_) => Err(()),
            };
            reply = match answer {
                Ok((answer, last)) => {
                    is_last = last;
                    let reply = dialogue.ask(&answer, Some("********"), REPLY).await;
                    sent.push(answer);
                    reply?
                }
                // RFC 4954 section 4: an asterisk ends the exchange.
                Err(()) => {
                    dialogue.ask(b"*", None, REPLY).await?;
                    return Err(broken("the server's challenge makes no sense"));
                }
            };
        }
        if reply.code == 334 {
            dialogue.ask(b"*", None, REPLY).await?;
            return Err(NoReply::Broken("the server asks for more and more".to_owned()));
        }
        Ok(reply)
    }
}

/// A text without the secrets that may stand in it.
fn scrubbed(text: &[u8], secrets: &[Zeroizing<Vec<u8>>]) -> Vec<u8> {
    let mut out = text.to_vec();
    // The "AQ==" that ends a token's refusal is no secret, and short words would blank out half the text.
    for secret in secrets.iter().filter(|secret| secret.len() >= 4 && ***secret != *b"AQ==") {
        let mut from = 0;
        while let Some(at) = out[from..].windows(secret.len()).position(|window| window == secret.as_slice()) {
            out.splice(from + at..from + at + secret.len(), *b"********");
            from += at + 8;
        }
    }
    out
}

/// One answer of the mechanism, as base64, and whether it was the last that it has to say.
fn step(session: &mut Session, challenge: Option<&[u8]>) -> Result<(Zeroizing<Vec<u8>>, bool), ()> {
    let mut out = Zeroizing::new(Vec::with_capacity(1024));
    let state = session.step(challenge, &mut *out).map_err(|_| ())?;
    // After a last challenge that only proves the server (SCRAM), an empty line says that it did.
    if let State::Finished(rsasl::prelude::MessageSent::No) = state {
        return Ok((Zeroizing::new(Vec::new()), true));
    }
    let is_last = matches!(state, State::Finished(_));
    Ok((Zeroizing::new(STANDARD.encode(&*out).into_bytes()), is_last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_back_holds_no_secret() {
        let secrets =
            [b"AGFubmEAY29ycmVjdA==".to_vec(), b"correct horse".to_vec(), b"AQ==".to_vec()].map(Zeroizing::new);
        let said = b"500 Command unrecognized: \"AUTH PLAIN AGFubmEAY29ycmVjdA==\" (correct horse)";
        let clean = String::from_utf8(scrubbed(said, &secrets)).unwrap();
        assert_eq!(clean, "500 Command unrecognized: \"AUTH PLAIN ********\" (********)");
        assert_eq!(scrubbed(b"********", &[Zeroizing::new(b"****".to_vec())]).len() % 4, 0);
    }
}
