//! How to get back to a port after its dialogue, at the same address or another: a new connection on which TLS can begin at
//! once. Not a check.

use crate::check::engine::Handshake;
use crate::check::ports::port;
use crate::check::{Ctx, Role, Target};
use crate::facts::keys::port as port_keys;
use crate::net::{BoxStream, ConnectOptions, PortState};
use crate::probe::secure::FailureKind;
use crate::probe::smtp::Dialogue;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The time limit for each reply on the way there, and for each handshake that follows; for the greeting, this and what
/// it took before.
pub(crate) const LIMIT: Duration = Duration::from_secs(10);
/// A server that takes longer than this to greet is not asked four more times.
const PATIENT_GREETING: Duration = Duration::from_secs(5);

/// Why the server is not asked for more handshakes; `None` if it is.
pub(crate) fn not_again(seen: &Handshake) -> Option<&'static str> {
    if seen.greeting > PATIENT_GREETING {
        return Some("the server greets so late that it is not asked again");
    }
    let silent = seen.refused.as_ref().is_some_and(|refused| refused.kind == FailureKind::Silent);
    silent.then_some("the handshake gets no answer")
}

/// A new connection on which TLS can begin at once. `None` if it does not open or the run has used up its connections.
pub(crate) async fn prepare(ctx: &Ctx, seen: &Handshake) -> Option<BoxStream> {
    prepare_with(ctx, seen, None).await
}

/// The same with segments of at most `mss` bytes.
pub(crate) async fn prepare_with(ctx: &Ctx, seen: &Handshake, mss: Option<u16>) -> Option<BoxStream> {
    let options = ConnectOptions { mss, ..ConnectOptions::within(ctx.options.timeout) };
    let stream = ctx.door.connect_in_place(seen.addr, options).await?;
    if seen.implicit {
        return Some(stream);
    }
    let mut dialogue = Dialogue::over(stream);
    let greeting = dialogue.reply(LIMIT + seen.greeting).await.ok()?;
    if greeting.code == 421 {
        ctx.door.be_careful();
        return None;
    }
    dialogue.ask(format!("EHLO {}", seen.name).as_bytes(), None, LIMIT).await.ok()?;
    let reply = dialogue.ask(b"STARTTLS", None, LIMIT).await.ok()?;
    (reply.code == 220 && dialogue.unread() == 0).then(|| dialogue.into_stream().0)
}

/// How many other addresses are asked at most.
const MOST_ADDRESSES: usize = 2;

/// The other addresses of the server in use that may be asked: not those at which the port is known not to open, which its
/// own check says and has waited for long enough.
pub(crate) async fn addresses_besides(ctx: &Ctx, used: SocketAddr) -> Vec<IpAddr> {
    let id = port::CHECK.at(Target::in_use(used.port()));
    ctx.wait_for(&id).await;
    let shut = ctx.fact(&id, &port_keys::SHUT).unwrap_or_default();
    let opens = |key| ctx.fact(&id, &key) == Some(PortState::Open);
    let (v4, v6) = (opens(port_keys::STATE_V4), opens(port_keys::STATE_V6));
    let local = ctx.machine.local();
    let may_open = |addr: &IpAddr| if addr.is_ipv4() { v4 } else { v6 } && !shut.contains(addr);
    let others = ctx.addresses(Role::InUse).into_iter().filter(|addr| *addr != used.ip() && local.is_routed(*addr));
    others.filter(may_open).take(MOST_ADDRESSES).collect()
}
