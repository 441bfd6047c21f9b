//! Which mail ports open at another company's server? One polite connection per port: greeting, EHLO, QUIT, close. The
//! answer to EHLO often tells our public address.

use crate::check::dns::ask::{ask_in_turn, describe, found};
use crate::check::engine::{Check, How, always, millis, none};
use crate::check::smtp::words::address_in;
use crate::check::{Ctx, Group, Notebook, Reference, Verdict};
use crate::facts::keys::reference as keys;
use crate::facts::words::{GreetingElsewhere, HandshakeElsewhere};
use crate::net::{Answer, BoxStream, PortState, RecordKind};
use crate::probe::secure::{CertificateFault, FailureKind, Verify, secure};
use crate::probe::smtp::{Dialogue, NAMELESS_EHLO, NoReply};
use crate::probe::tcp;
use crate::text::small_sort::SmallSort;
use crate::text::{Mark, Text};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "reference",
    group: Group::Internet,
    question: "Which mail ports open at {host}?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Reference(|ctx, book, reference| Box::pin(run(ctx, book, reference))),
};

/// How long a greeting or a handshake may take there.
const GREETING: Duration = Duration::from_secs(10);
/// How long the answer to EHLO may take.
const EHLO: Duration = Duration::from_secs(3);

async fn run(ctx: &Ctx, book: &mut Notebook, reference: &Reference) -> Verdict {
    let host = reference.host.as_str();
    book.note(keys::HOST, host);
    let (own, addresses) = look_up(ctx, host).await;
    if let Some(own) = own {
        book.note(keys::LOOK_UP, found(&own));
        book.saw("its name, as programs here look it up", describe(&own));
    }
    let Some(addr) = nearest(ctx, addresses) else {
        return Verdict::unknown(Text::new().host(host).say(" was not found, or has no address of the family in use"));
    };
    book.note(keys::ADDRESS, addr);
    let ports = reference.ports.iter();
    let mut waiting: FuturesUnordered<_> =
        ports.map(|port| try_port(ctx, host, SocketAddr::new(addr, *port))).collect();
    let mut states: Vec<(u16, PortState)> = Vec::new();
    while let Some((port, step)) = waiting.next().await {
        match step {
            Step::State { state, took, rest } => {
                book.note(keys::STATE.of(port), state);
                book.note(keys::TOOK.of(port), millis(took));
                let detail = format!("{} after {} ms", state.says(), millis(took));
                book.saw(format!("port {port}"), Text::new().addr(addr).say(": ").say(detail));
                states.push((port, state));
                waiting.extend(rest);
            }
            Step::Dialogue { greeting, handshake, rest } => {
                if let Some(greeting) = greeting {
                    book.note(keys::GREETING.of(port), greeting);
                }
                if let Some(handshake) = handshake {
                    book.note(keys::HANDSHAKE.of(port), handshake);
                }
                waiting.extend(rest);
            }
            Step::Introduced { name, seen_as } => {
                if let Some(addr) = seen_as.filter(|_| !book.has(&keys::SEEN_AS)) {
                    book.note(keys::SEEN_AS, addr);
                }
                if ctx.machine.local().has_name(&name) && !book.has(&keys::OWN_NAME) {
                    book.saw(format!("port {port}, the answer to EHLO"), Text::new().mark(Mark::Inner, &name));
                    book.note(keys::OWN_NAME, true);
                }
            }
        }
    }
    states.small_sort();
    let shown = states.iter().map(|(port, state)| format!("{port} {}", state.says())).collect::<Vec<_>>().join(", ");
    let summary = Text::new().host(host).say(format!(": {shown}"));
    let opens = states.iter().any(|(_, state)| *state == PortState::Open);
    if opens { Verdict::pass(summary) } else { Verdict::warn(summary) }
}

/// What this computer's own resolver says of a name, and the addresses that it or another one gives.
async fn look_up(ctx: &Ctx, host: &str) -> (Option<Answer>, Vec<IpAddr>) {
    if let Ok(addr) = host.parse() {
        return (None, vec![addr]);
    }
    let (own, counts) = ask_in_turn(ctx, host, RecordKind::Address).await;
    (Some(own), counts.addresses())
}

/// One of these addresses that there is a route to, IPv4 before IPv6.
fn nearest(ctx: &Ctx, addresses: Vec<IpAddr>) -> Option<IpAddr> {
    ctx.machine.local().first_tried(addresses.into_iter().filter(|addr| ctx.uses(*addr)))
}

/// One of a reference's addresses that there is a route to.
pub(crate) async fn address_of(ctx: &Ctx, reference: &Reference) -> Option<IpAddr> {
    nearest(ctx, look_up(ctx, &reference.host).await.1)
}

type Waiting<'a> = BoxFuture<'a, (u16, Step<'a>)>;

enum Step<'a> {
    State {
        state: PortState,
        took: Duration,
        rest: Option<Waiting<'a>>,
    },
    Dialogue {
        greeting: Option<GreetingElsewhere>,
        handshake: Option<HandshakeElsewhere>,
        rest: Option<Waiting<'a>>,
    },
    /// The answer to EHLO: the server's name, and our address.
    Introduced {
        name: String,
        seen_as: Option<IpAddr>,
    },
}

fn try_port<'a>(ctx: &'a Ctx, host: &'a str, to: SocketAddr) -> Waiting<'a> {
    Box::pin(async move {
        let port = to.port();
        let tried = tcp::open(ctx.net.as_ref(), &ctx.pace, to, ctx.options.timeout).await;
        let (state, took) = (tried.state(), tried.elapsed());
        let rest = tried.connection.map(|connection| -> Waiting<'a> {
            Box::pin(async move { (port, dialogue(ctx, host, port, connection.stream).await) })
        });
        (port, Step::State { state, took, rest })
    })
}

async fn dialogue<'a>(ctx: &'a Ctx, host: &'a str, port: u16, stream: BoxStream) -> Step<'a> {
    match port {
        465 => match secure(stream, host, &ctx.tls, how_to_verify(host), GREETING).await {
            Ok(secured) => greet(port, Dialogue::over(secured.stream), Some(HandshakeElsewhere::Done)).await,
            Err(failure) => {
                let handshake = match failure.kind {
                    FailureKind::Certificate => fault(ctx, failure.certificate_fault()).await,
                    FailureKind::Cut | FailureKind::Silent => HandshakeElsewhere::Cut,
                    _ => HandshakeElsewhere::Failed,
                };
                let mute = (handshake == HandshakeElsewhere::Cut).then_some(GreetingElsewhere::Mute);
                Step::Dialogue { greeting: mute, handshake: Some(handshake), rest: None }
            }
        },
        25 | 587 => greet(port, Dialogue::over(stream), None).await,
        _ => Step::Dialogue { greeting: None, handshake: None, rest: None },
    }
}

/// A server that is known by its address alone shows a certificate for its name, which is not known here.
fn how_to_verify(host: &str) -> Verify {
    if host.parse::<IpAddr>().is_ok() { Verify::Issuer } else { Verify::Yes }
}

/// An issuer is private only if this computer knows issuers at all, and nothing else is wrong.
async fn fault(ctx: &Ctx, fault: CertificateFault) -> HandshakeElsewhere {
    match fault {
        CertificateFault::UnknownIssuer | CertificateFault::SelfSigned if ctx.tls.knows_issuers().await => {
            HandshakeElsewhere::PrivateIssuer
        }
        CertificateFault::Name => HandshakeElsewhere::OtherName,
        CertificateFault::Expired | CertificateFault::NotYetValid => HandshakeElsewhere::Dates,
        CertificateFault::UnknownIssuer
        | CertificateFault::SelfSigned
        | CertificateFault::TooWeak
        | CertificateFault::Unsaid => HandshakeElsewhere::Failed,
    }
}

async fn greet<'a>(port: u16, mut dialogue: Dialogue, handshake: Option<HandshakeElsewhere>) -> Step<'a> {
    let greeting = match dialogue.reply(GREETING).await {
        Ok(_) => {
            let rest: Waiting<'a> = Box::pin(async move { (port, introduce(dialogue).await) });
            return Step::Dialogue { greeting: Some(GreetingElsewhere::Ready), handshake, rest: Some(rest) };
        }
        // One that greets in parts, and has not come to the end.
        Err(NoReply::Unfinished(begun)) if begun.starts_with(b"220") => GreetingElsewhere::Ready,
        Err(NoReply::NotSmtp(_) | NoReply::TooLong(..)) => GreetingElsewhere::NotSmtp,
        Err(_) => GreetingElsewhere::Mute,
    };
    Step::Dialogue { greeting: Some(greeting), handshake, rest: None }
}

async fn introduce<'a>(mut dialogue: Dialogue) -> Step<'a> {
    let answer = dialogue.ask(NAMELESS_EHLO, None, EHLO).await;
    tokio::spawn(dialogue.quit());
    let first = answer.ok().and_then(|reply| reply.texts().next()).unwrap_or_default();
    let name = first.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    Step::Introduced { name, seen_as: address_in(&first) }
}
