//! Where does a port stop? A connect whose packets live for one hop tells whether they leave this machine: the first
//! router answers "time exceeded" for packets that reach it. Packets with a short life never reach the server.

use super::{Ctx, Finding, Head, Notebook, Target, port::note_failure};
use crate::net::{ConnectFailure, ConnectOptions, PortState};
use crate::text::Text;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Routers answer a burst of about five such packets, then one a second; and a lost one is asked again.
const WAIT: Duration = Duration::from_millis(1_500);
/// How long a port may be silent before its way is looked at.
const PATIENCE: Duration = Duration::from_millis(1_500);

pub(super) async fn run(ctx: &Ctx, head: &Head, target: Target) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let addresses = ctx.addresses(target.role);
    let local = ctx.net.local();
    let chosen = addresses.iter().copied().find(|addr| local.is_routed(*addr)).or(addresses.first().copied());
    let Some(mut addr) = chosen else {
        return book.skipped("the server has no address here");
    };
    let _ = tokio::time::timeout(PATIENCE, ctx.board.wait_until_open(target)).await;
    if ctx.board.slots().open.contains(&target) {
        return book.skipped(format!("{} opens", target.port));
    }
    if !local.sees_icmp {
        return book.skipped("this system does not tell an ordinary user which router answers");
    }
    if local.is_on_link(addr) {
        // A rule of this computer for the port shows on the way to any other host as well.
        let others = ctx.board.slots().references.clone();
        match others.into_iter().find(|other| !local.is_on_link(*other) && local.is_routed(*other)) {
            Some(other) => addr = other,
            None => return book.skipped("no router stands between this computer and the server"),
        }
    }
    // One at a time over all ports: the routers' limit is a common one.
    let turn = ctx.board.turn.clone().lock_owned().await;
    if ctx.board.slots().mute_ways.contains(&addr) {
        return book.unknown(MUTE);
    }
    let to = SocketAddr::new(addr, target.port);
    let mut first = probe(ctx, &mut book, to, 1).await;
    if is_silent(&first) {
        first = probe(ctx, &mut book, to, 1).await;
    }
    if let Some(router) = router(&first) {
        book.fact("leaves", true);
        book.fact("first-router", router.to_string());
        let second = second_router(ctx, &mut book, addr).await;
        drop(turn);
        if let Some(second) = second {
            book.fact("second-router", second.to_string());
        }
        return book.pass(format!("{} leaves this computer; {router} is the first router", target.port));
    }
    match &first {
        Ok(()) => {
            book.fact("near", "open");
            return book
                .warn(format!("{} opens before the first router: something near answers for the server", target.port));
        }
        Err(failure) if failure.state == PortState::Denied => {
            book.fact("turned-away", "by-this-machine");
            book.fact("leaves", false);
            return book.fail(format!("{} is turned away on this computer", target.port));
        }
        Err(ConnectFailure { icmp: Some(icmp), .. }) if !local.is_own(icmp.from) => {
            // A device answers for itself: the packet has left this computer.
            book.fact("leaves", true);
            book.fact("first-router", icmp.from.to_string());
            return book.warn(format!("{} leaves this computer; {} turns it away", target.port, icmp.from));
        }
        Err(failure) if failure.state == PortState::Refused => {
            // A reset from nearer than the first router is this computer's, unless the server itself stands that near.
            for contrast in [443, 80, 53] {
                if router(&probe(ctx, &mut book, SocketAddr::new(addr, contrast), 1).await).is_some() {
                    book.fact("turned-away", "before-first-router");
                    book.fact("leaves", false);
                    return book.fail(format!("{} is turned away on this computer", target.port));
                }
            }
            return book.unknown(format!("{} is turned away before any router is met", target.port));
        }
        Err(_) => {}
    }
    // Silent: does the first router answer for other ports at all?
    for contrast in [443, 80, 53] {
        let other = probe(ctx, &mut book, SocketAddr::new(addr, contrast), 1).await;
        let Some(router) = router(&other) else { continue };
        book.fact("first-router", router.to_string());
        let again = probe(ctx, &mut book, to, 1).await;
        if is_silent(&again) {
            book.fact("leaves", false);
            return book.fail(format!(
                "{} does not leave this computer: {router} hears port {contrast}, but not this one",
                target.port
            ));
        }
        book.fact("leaves", true);
        return book.pass(format!("{} leaves this computer; {router} is the first router", target.port));
    }
    ctx.board.slots().mute_ways.insert(addr);
    book.unknown(MUTE)
}

const MUTE: &str = "no router on the way tells what reaches it";

async fn probe(ctx: &Ctx, book: &mut Notebook, to: SocketAddr, ttl: u8) -> Result<(), ConnectFailure> {
    let result = ctx.net.connect(to, ConnectOptions { ttl: Some(ttl), ..ConnectOptions::within(WAIT) }).await;
    let what = format!("connect for {ttl} hop{}", if ttl == 1 { "" } else { "s" });
    match result {
        Ok(_) => {
            book.saw(what, Text::new().addr(to.ip()).say(format!(" port {}: open", to.port())));
            Ok(())
        }
        Err(failure) => {
            note_failure(book, &what, to, &failure, ctx);
            Err(failure)
        }
    }
}

fn is_silent(result: &Result<(), ConnectFailure>) -> bool {
    matches!(result, Err(failure) if failure.icmp.is_none() && failure.state == PortState::Filtered)
}

fn router(result: &Result<(), ConnectFailure>) -> Option<IpAddr> {
    let icmp = result.as_ref().err()?.icmp?;
    icmp.is_time_exceeded().then_some(icmp.from)
}

/// The router behind the first one, asked by a port that is as a rule allowed: a first router with another behind it is
/// a device of this network, not the provider's.
async fn second_router(ctx: &Ctx, book: &mut Notebook, addr: IpAddr) -> Option<IpAddr> {
    for port in [443, 80] {
        if let Some(router) = router(&probe(ctx, book, SocketAddr::new(addr, port), 2).await) {
            return Some(router);
        }
    }
    None
}
