//! Is the password accepted? One attempt for each password given, only over a connection whose certificate verifies.

use super::wording::{says, write_lines};
use super::{Ctx, Finding, Head, Notebook, Role, Target};
use crate::account::Wanted;
use crate::account::provider::Passwords;
use crate::facts::replies::{self, Phase};
use crate::probe::smtp::{Dialogue, NoReply, Reply};
use crate::text::Text;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rsasl::callback::{Context, Request, SessionCallback, SessionData};
use rsasl::prelude::{Mechname, SASLClient, SASLConfig, Session, SessionError, State};
use rsasl::property::{AuthId, Password};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Servers delay refusals on purpose.
const REPLY: Duration = Duration::from_secs(30);

/// The mechanisms that we speak, the preferred first; both send the password itself, so both need the encryption.
const MECHANISMS: [&str; 2] = ["PLAIN", "LOGIN"];

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    book.fact("given", ctx.password.is_some());
    let Some(password) = ctx.password.clone() else {
        book.fact("result", "not-tried");
        return book.skipped("not tested: no password was given");
    };
    let wanted = ctx.wanted();
    if wanted.as_ref().and_then(Wanted::provider).is_some_and(|row| row.passwords == Passwords::None) {
        book.fact("result", "not-tried");
        return book.skipped("not tried: the provider takes no passwords from mail programs");
    }
    let Some((target, mut dialogue)) = choose(ctx).await else {
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
    let offered = offered(ctx, target);
    let Some(mechanism) = MECHANISMS.into_iter().find(|name| offered.iter().any(|offer| offer == name)) else {
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
    let reply = authenticate(&mut dialogue, mechanism, &user, &password).await;
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
        Err(why) => {
            // Why it broke off is not known, so no reason stands here.
            book.fact("result", "temporary");
            return book.fail(format!("no answer to the log-in: {}", says(&why)));
        }
    };
    if reply.code == 235 {
        book.fact("result", "accepted");
        ctx.board.slots().logged_in = Some(dialogue);
        return book.pass(format!("accepted on port {}", target.port));
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

/// The way to log in by: as typed if that gets there safely, else what the provider wants, else any other of the server.
async fn choose(ctx: &Ctx) -> Option<(Target, Dialogue)> {
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
            chosen = Some((way, dialogue));
            break;
        }
    }
    chosen
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

/// Gives the mechanism its name and password without keeping a copy of the password anywhere else.
struct Credentials {
    user: String,
    password: Arc<SecretString>,
}

impl SessionCallback for Credentials {
    fn callback(&self, _: &SessionData, _: &Context<'_>, request: &mut Request<'_>) -> Result<(), SessionError> {
        request.satisfy::<AuthId>(&self.user)?;
        request.satisfy::<Password>(self.password.expose_secret().as_bytes())?;
        Ok(())
    }
}

async fn authenticate(
    dialogue: &mut Dialogue,
    mechanism: &str,
    user: &str,
    password: &Arc<SecretString>,
) -> Result<Reply, NoReply> {
    let broken = |what: &str| NoReply::Broken(format!("{what} (our own SASL library)"));
    let credentials = Credentials { user: user.to_owned(), password: Arc::clone(password) };
    let config =
        SASLConfig::builder().with_defaults().with_callback(credentials).map_err(|_| broken("no configuration"))?;
    let name = Mechname::parse(mechanism.as_bytes()).map_err(|_| broken("no such mechanism"))?;
    let mut session = SASLClient::new(config).start_suggested(&[name]).map_err(|_| broken("mechanism not built in"))?;
    let mut command = Zeroizing::new(format!("AUTH {mechanism}").into_bytes());
    if session.are_we_first() {
        let first = step(&mut session, None).map_err(|_| broken("first step failed"))?;
        command.push(b' ');
        command.extend_from_slice(&first);
    }
    let mut reply = dialogue.ask(&command, Some(&format!("AUTH {mechanism} ********")), REPLY).await?;
    // A mechanism has few rounds; a server that asks for more is playing.
    for _ in 0..4 {
        if reply.code != 334 {
            return Ok(reply);
        }
        let challenge =
            reply.lines.last().and_then(|line| line.get(4..)).map(|text| STANDARD.decode(text.trim_ascii()));
        let answer = match challenge {
            Some(Ok(challenge)) => step(&mut session, Some(&challenge)),
            Some(Err(_)) => Err(()),
            None => step(&mut session, Some(&[])),
        };
        reply = match answer {
            Ok(answer) => dialogue.ask(&answer, Some("********"), REPLY).await?,
            // RFC 4954 section 4: an asterisk ends the exchange.
            Err(()) => dialogue.ask(b"*", None, REPLY).await?,
        };
    }
    Ok(reply)
}

/// One answer of the mechanism, as base64.
fn step(session: &mut Session, challenge: Option<&[u8]>) -> Result<Zeroizing<Vec<u8>>, ()> {
    let mut out = Zeroizing::new(Vec::with_capacity(1024));
    let state = session.step(challenge, &mut *out).map_err(|_| ())?;
    let has_message = match state {
        State::Running => true,
        State::Finished(sent) => matches!(sent, rsasl::prelude::MessageSent::Yes),
    };
    if !has_message {
        return Err(());
    }
    Ok(Zeroizing::new(STANDARD.encode(&*out).into_bytes()))
}
