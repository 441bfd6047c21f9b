//! Which mail ports open at another company's server? One polite connection a port: greeting, QUIT, close.

use super::discovery::ask;
use super::{Ctx, Finding, Head, Notebook, Reference};
use crate::net::{PortState, RecordKind};
use crate::probe::secure::{FailureKind, Verify, secure};
use crate::probe::smtp::{Dialogue, NoReply};
use crate::probe::tcp;
use crate::text::Text;
use futures::stream::{FuturesUnordered, StreamExt};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub(super) async fn run(ctx: &Ctx, head: &Head, reference: &Reference) -> Finding {
    let mut book = Notebook::new(ctx, head);
    book.fact("host", reference.host.as_str());
    let Some(addr) = address_of(ctx, reference).await else {
        return book.unknown(format!("{} was not found, or not by the family in use", reference.host));
    };
    book.fact("address", addr.to_string());
    ctx.board.slots().references.push(addr);
    let mut waiting: FuturesUnordered<_> =
        reference.ports.iter().map(|port| try_port(ctx, &reference.host, SocketAddr::new(addr, *port))).collect();
    let mut states: Vec<(u16, PortState)> = Vec::new();
    while let Some(step) = waiting.next().await {
        match step {
            (port, Step::State(state, detail, rest)) => {
                book.fact(&port.to_string(), state.word());
                book.saw(format!("port {port}"), Text::new().addr(addr).say(": ").say(detail));
                states.push((port, state));
                if let Some(rest) = rest {
                    waiting.push(rest);
                }
            }
            (port, Step::Dialogue { greeting, handshake }) => {
                if let Some(greeting) = greeting {
                    book.fact(&format!("{port}.greeting"), greeting);
                }
                if let Some(handshake) = handshake {
                    book.fact(&format!("{port}.handshake"), handshake);
                }
            }
        }
    }
    states.sort();
    let host = &reference.host;
    let shown = states.iter().map(|(port, state)| format!("{port} {}", state.says())).collect::<Vec<_>>().join(", ");
    let summary = format!("{host}: {shown}");
    if states.iter().any(|(_, state)| *state == PortState::Open) { book.pass(summary) } else { book.warn(summary) }
}

/// An address of it that there is a route to, IPv4 before IPv6.
pub(super) async fn address_of(ctx: &Ctx, reference: &Reference) -> Option<IpAddr> {
    let found = match reference.host.parse::<IpAddr>() {
        Ok(addr) => vec![addr],
        Err(_) => ask(ctx, &reference.host, RecordKind::Address).await.addresses(),
    };
    let local = ctx.net.local();
    let usable = found.into_iter().filter(|addr| ctx.uses(*addr));
    usable.min_by_key(|addr| (!local.is_routed(*addr), addr.is_ipv6()))
}

type Waiting<'a> = futures::future::BoxFuture<'a, (u16, Step<'a>)>;

enum Step<'a> {
    State(PortState, String, Option<Waiting<'a>>),
    Dialogue { greeting: Option<&'static str>, handshake: Option<&'static str> },
}

fn try_port<'a>(ctx: &'a Ctx, host: &'a str, to: SocketAddr) -> Waiting<'a> {
    Box::pin(async move {
        let port = to.port();
        let opened = tcp::open(ctx.net.as_ref(), to, ctx.options.timeout).await;
        let state = opened.state();
        let detail = format!("{} after {} ms", state.says(), super::millis(opened.elapsed()));
        let rest = opened.connection.map(|connection| -> Waiting<'a> {
            Box::pin(async move { (port, dialogue(ctx, host, port, connection.stream).await) })
        });
        (port, Step::State(state, detail, rest))
    })
}

async fn dialogue<'a>(ctx: &'a Ctx, host: &'a str, port: u16, stream: crate::net::BoxStream) -> Step<'a> {
    const GREETING: Duration = Duration::from_secs(10);
    match port {
        465 => match secure(stream, host, &ctx.tls, Verify::Yes, GREETING).await {
            Ok(secured) => {
                let greeting = greet(Dialogue::over(secured.stream), GREETING).await;
                Step::Dialogue { greeting: Some(greeting), handshake: Some("done") }
            }
            Err(failure) => {
                let word = match failure.kind {
                    FailureKind::Certificate => "private-issuer",
                    FailureKind::Cut | FailureKind::Silent => "cut",
                    _ => "failed",
                };
                let mute = matches!(failure.kind, FailureKind::Cut | FailureKind::Silent).then_some("mute");
                Step::Dialogue { greeting: mute, handshake: Some(word) }
            }
        },
        25 | 587 => Step::Dialogue { greeting: Some(greet(Dialogue::over(stream), GREETING).await), handshake: None },
        _ => Step::Dialogue { greeting: None, handshake: None },
    }
}

async fn greet(mut dialogue: Dialogue, limit: Duration) -> &'static str {
    match dialogue.reply(limit).await {
        Ok(_) => {
            dialogue.quit().await;
            "ready"
        }
        Err(NoReply::NotSmtp(_) | NoReply::TooLong(..)) => "not-smtp",
        Err(_) => "mute",
    }
}
