//! Do packets for a port leave this computer? A connect with a hop limit of one tells: the first router answers "time
//! exceeded" for packets that reach it, and they never reach the server.

use super::port::{self, IcmpKeys, note_failure};
use crate::check::dns::server;
use crate::check::engine::{Check, How, Need, Scope};
use crate::check::{Ctx, Group, Notebook, Role, Target, Verdict};
use crate::facts::keys::leaves as keys;
use crate::facts::keys::reference as reference_keys;
use crate::facts::target::reference_id;
use crate::facts::words::{Near, TurnedAway};
use crate::net::{ConnectFailure, ConnectOptions, PortState};
use crate::text::Text;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::{Instant, timeout};

pub(crate) static CHECK: Check = Check {
    kind: "way",
    group: Group::Ports,
    question: "Where do packets for {port} stop?",
    when: |scope| scope.role() == Role::InUse,
    needs,
    facts: keys::ALL,
    how: How::Port(|ctx, book, target| Box::pin(run(ctx, book, target))),
};

fn needs(scope: &Scope<'_>) -> Vec<Need> {
    let mut needs = vec![Need::After(server::CHECK.of(scope.role())), Need::Later(port::CHECK.at(scope.target()))];
    needs.extend((1..=scope.options.references.len()).map(|number| Need::IfPlanned(reference_id(number))));
    needs
}

/// Routers answer a burst of about five such packets, then one per second; and a lost packet is sent again.
const WAIT: Duration = Duration::from_millis(1_500);
/// How long a port may be silent before its route is examined.
const PATIENCE: Duration = Duration::from_millis(1_500);

async fn run(ctx: &Ctx, book: &mut Notebook, target: Target) -> Verdict {
    let _ = timeout(PATIENCE, ctx.wait_until_open(target)).await;
    let addr = match address(ctx, target).await {
        Ok(addr) => addr,
        Err(verdict) => return verdict,
    };
    // One at a time over all ports: routers limit how many questions they answer, over all of them.
    let _turn = ctx.turn().await;
    if ctx.is_mute(addr) {
        return Verdict::unknown(MUTE);
    }
    let to = SocketAddr::new(addr, target.port);
    look(ctx, book, target, to).await.unwrap_or_else(|| Verdict::unknown("the run has used up its connections"))
}

/// What answers nearby; `None` if the run has used up its connections.
async fn look(ctx: &Ctx, book: &mut Notebook, target: Target, to: SocketAddr) -> Option<Verdict> {
    let mut first = probe(ctx, book, to, 1).await?;
    if is_silent(&first) {
        first = probe(ctx, book, to, 1).await?;
    }
    if let Some(router) = router(&first) {
        book.note(keys::LEAVES, true);
        book.note(keys::FIRST_ROUTER, router);
        return Some(Verdict::pass(leaves(target, router)));
    }
    match first {
        Err(failure) if failure.state == PortState::Filtered && failure.icmp.is_none() => {
            silent(ctx, book, target, to).await
        }
        answered => answered_nearby(ctx, book, target, to, answered).await,
    }
}

/// The address whose route is examined, or why none is.
async fn address(ctx: &Ctx, target: Target) -> Result<IpAddr, Verdict> {
    let local = ctx.machine.local();
    let addresses = ctx.addresses(target.role);
    let routed = addresses.iter().copied().find(|addr| local.is_routed(*addr));
    let Some(addr) = routed.or(addresses.first().copied()) else {
        return Err(Verdict::skipped("the server has no address here"));
    };
    if ctx.is_open(target) {
        return Err(Verdict::skipped(format!("{} opens", target.port)));
    }
    if local.is_own(addr) {
        return Err(Verdict::skipped("the server is on this computer"));
    }
    if !local.sees_icmp {
        return Err(Verdict::skipped("this system does not tell an ordinary user which router answers"));
    }
    if !local.is_on_link(addr) {
        return Ok(addr);
    }
    // A rule of this computer for the port also shows on the route to any other host.
    let is_far = |other: &IpAddr| !local.is_on_link(*other) && local.is_routed(*other);
    let references = &ctx.options.references;
    if let Some(literal) = references.iter().filter_map(|other| other.host.parse().ok()).find(is_far) {
        return Ok(literal);
    }
    for id in (1..=references.len()).map(reference_id) {
        ctx.wait_for(&id).await;
        if let Some(other) = ctx.fact(&id, &reference_keys::ADDRESS).filter(is_far) {
            return Ok(other);
        }
    }
    Err(Verdict::skipped("no router lies between this computer and the server"))
}

fn leaves(target: Target, router: IpAddr) -> Text {
    Text::from(format!("{} leaves this computer; ", target.port)).addr(router).say(" is the first router")
}

/// Something answered, and not a router at which the hop limit ran out: this computer, a device, or the server itself.
async fn answered_nearby(
    ctx: &Ctx,
    book: &mut Notebook,
    target: Target,
    to: SocketAddr,
    answered: Tried,
) -> Option<Verdict> {
    let port = target.port;
    let failure = match answered {
        Ok(()) => {
            book.note(keys::NEAR, Near::Open);
            let summary = format!("{port} opens before the first router: something near answers for the server");
            return Some(Verdict::warn(summary));
        }
        Err(failure) => failure,
    };
    let turned_away_here = format!("{port} is turned away on this computer");
    if failure.state == PortState::Denied {
        book.note(keys::TURNED_AWAY, TurnedAway::ByThisMachine);
        book.note(keys::LEAVES, false);
        return Some(Verdict::fail(turned_away_here));
    }
    if let Some(icmp) = failure.icmp.filter(|icmp| !ctx.machine.local().is_own(icmp.from)) {
        // A device answers for itself, so the packet has left this computer.
        book.note(keys::LEAVES, true);
        book.note(keys::FIRST_ROUTER, icmp.from);
        let summary = Text::from(format!("{port} leaves this computer; ")).addr(icmp.from).say(" turns it away");
        return Some(Verdict::warn(summary));
    }
    if failure.state != PortState::Refused {
        return silent(ctx, book, target, to).await;
    }
    // A reset from nearer than the first router comes from this computer, unless the server itself is that near.
    for contrast in CONTRASTS {
        if router(&probe(ctx, book, SocketAddr::new(to.ip(), contrast), 1).await?).is_some() {
            book.note(keys::TURNED_AWAY, TurnedAway::BeforeFirstRouter);
            book.note(keys::LEAVES, false);
            return Some(Verdict::fail(turned_away_here));
        }
    }
    book.note(keys::AT_ROUTER, true);
    Some(Verdict::unknown(format!("{port} is turned away as near as the first router, like all ports of that address")))
}

/// Nothing answered: does the first router answer for other ports at all?
async fn silent(ctx: &Ctx, book: &mut Notebook, target: Target, to: SocketAddr) -> Option<Verdict> {
    for contrast in CONTRASTS {
        let other = probe(ctx, book, SocketAddr::new(to.ip(), contrast), 1).await?;
        let Some(router) = router(&other) else { continue };
        book.note(keys::FIRST_ROUTER, router);
        let again = probe(ctx, book, to, 1).await?;
        book.note(keys::LEAVES, !is_silent(&again));
        if is_silent(&again) {
            let summary = Text::from(format!("{} does not leave this computer: ", target.port)).addr(router);
            return Some(Verdict::fail(summary.say(format!(" sees port {contrast}, but not this one"))));
        }
        return Some(Verdict::pass(leaves(target, router)));
    }
    ctx.found_mute(to.ip());
    Some(Verdict::unknown(MUTE))
}

/// Ports that are normally allowed.
const CONTRASTS: [u16; 3] = [443, 80, 53];
const MUTE: &str = "no router on the way reports what reaches it";

/// One attempt to connect with a low hop limit.
type Tried = Result<(), ConnectFailure>;

async fn probe(ctx: &Ctx, book: &mut Notebook, to: SocketAddr, ttl: u8) -> Option<Tried> {
    const ICMP: IcmpKeys = IcmpKeys { icmp: keys::ICMP, from: keys::ICMP_FROM, prohibited: keys::ICMP_PROHIBITED };
    let result = ctx.door.probe(to, ConnectOptions { ttl: Some(ttl), ..ConnectOptions::within(WAIT) }).await?;
    let what = format!("connect, limited to {ttl} hop{}", if ttl == 1 { "" } else { "s" });
    Some(match result {
        Ok(_) => {
            book.saw(what, Text::new().addr(to.ip()).say(format!(" port {}: open", to.port())));
            Ok(())
        }
        Err(failure) => {
            note_failure(ctx, book, &ICMP, (Instant::now(), &what), to, &failure);
            Err(failure)
        }
    })
}

fn is_silent(result: &Tried) -> bool {
    matches!(result, Err(failure) if failure.icmp.is_none() && failure.state == PortState::Filtered)
}

fn router(result: &Tried) -> Option<IpAddr> {
    let icmp = result.as_ref().err()?.icmp?;
    icmp.is_time_exceeded().then_some(icmp.from)
}
