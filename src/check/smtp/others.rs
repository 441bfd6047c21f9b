//! Does the server answer at another of its addresses, where it says nothing at the one in use? Asked only then: a mail
//! program may take either of them. How the addresses of a server that answers differ is for `chain`.

use super::again::{LIMIT, addresses_besides, prepare};
use super::{ehlo, talk};
use crate::account::Security;
use crate::check::dns::server;
use crate::check::engine::{Case, Check, Handshake, How, Need, Scope, always};
use crate::check::ports::port;
use crate::check::{Ctx, Group, Notebook, Role, Verdict};
use crate::facts::keys::{others as keys, port as port_keys, smtp as smtp_keys};
use crate::facts::words::{Ehlo, Greeting, Handshake as HandshakeWord, Speaks, Stops};
use crate::net::ConnectOptions;
use crate::probe::hello::{self, Heard};
use crate::probe::smtp::Dialogue;
use crate::probe::version::Version;
use crate::text::Text;
use futures::future::join_all;
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "others",
    group: Group::Smtp,
    question: "If the server says nothing, does it answer at another of its addresses?",
    when: always,
    needs,
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

fn needs(scope: &Scope<'_>) -> Vec<Need> {
    vec![
        Need::After(server::CHECK.of(Role::InUse)),
        Need::After(port::CHECK.at(scope.target())),
        Need::After(talk::CHECK.at(scope.target())),
    ]
}

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let used = ctx.fact(&port::CHECK.at(case.own), &port_keys::ADDRESS);
    let Some(used) = used.filter(|_| is_mute(ctx, &talk::CHECK.at(case.own))) else {
        return Verdict::moot("it answers at the address in use, or its port does not open");
    };
    let others = addresses_besides(ctx, SocketAddr::new(used, case.own.port)).await;
    if others.is_empty() {
        return Verdict::moot("it has no other address that can be tried");
    }
    if ctx.door.is_careful() {
        return Verdict::skipped("the server wants fewer connections");
    }
    let asked = others.iter().map(|addr| answers(ctx, case, SocketAddr::new(*addr, case.own.port)));
    let mut answering = Vec::new();
    for (addr, answers) in others.iter().zip(join_all(asked).await) {
        let says = if answers { ": answers" } else { ": no answer there either" };
        book.saw("at another address", Text::new().addr(*addr).say(says));
        answering.extend(answers.then_some(*addr));
    }
    let Some(first) = answering.first().copied() else {
        return Verdict::fail("it says nothing at any address that was tried");
    };
    book.note(keys::ANSWERING, answering);
    Verdict::warn(Text::new().addr(first).say(" answers, ").addr(used).say(" does not"))
}

/// Whether the server lets us connect at the address in use, and then says nothing or goes away without a word.
fn is_mute(ctx: &Ctx, talk: &str) -> bool {
    let greeting = ctx.fact(talk, &smtp_keys::GREETING);
    let handshake = ctx.fact(talk, &smtp_keys::HANDSHAKE);
    greeting.is_some_and(|greeting| matches!(greeting, Greeting::Silent | Greeting::Closes | Greeting::Endless))
        || ctx.fact(talk, &smtp_keys::EHLO) == Some(Ehlo::TooSlow)
        || handshake.is_some_and(|handshake| matches!(handshake, HandshakeWord::Silent | HandshakeWord::Cut))
        || ctx.fact(talk, &smtp_keys::STOPS) == Some(Stops::Silent)
}

/// Whether the server greets there and, where the account is to be encrypted, answers a ClientHello.
async fn answers(ctx: &Ctx, case: &Case, addr: SocketAddr) -> bool {
    if case.in_use.security == Security::None {
        let options = ConnectOptions::within(ctx.options.timeout);
        let Some(stream) = ctx.door.connect_in_place(addr, options).await else { return false };
        return Dialogue::over(stream).reply(LIMIT).await.is_ok_and(|greeting| greeting.code == 220);
    }
    let speaks = ctx.fact(&talk::CHECK.at(case.own), &smtp_keys::SPEAKS);
    let implicit = speaks != Some(Speaks::Plain) && talk::expects_tls(ctx, case.own, &case.in_use.host);
    let name = ehlo::names(ctx, None).into_iter().next().map(|(_, name)| name).unwrap_or_default();
    let there = Handshake { addr, local: None, name, leaf: None, refused: None, implicit, greeting: Duration::ZERO };
    let Some(mut stream) = prepare(ctx, &there).await else { return false };
    let heard = hello::ask(&mut stream, &case.in_use.host, Version::Tls12, LIMIT).await;
    matches!(heard, Heard::Chose(..) | Heard::Alert(_))
}
