//! Does a port open? On every address for the account's own port, on the first that answers for the others.

use super::{Ctx, Finding, Head, Notebook, Target, millis};
use crate::net::{BoxStream, ConnectFailure, PortState};
use crate::probe::smtp::Dialogue;
use crate::probe::tcp::{self, Opened as Tried};
use crate::text::Text;
use futures::stream::{FuturesUnordered, StreamExt};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// An open port, for the dialogue that goes on over the same connection.
pub(crate) struct Opened {
    pub(crate) addr: SocketAddr,
    pub(crate) stream: BoxStream,
}

pub(super) async fn run(ctx: &Ctx, head: &Head, target: Target) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let mut all = ctx.addresses(target.role);
    let local = ctx.net.local();
    // Without a route there is nothing to report about IPv6 (or IPv4), unless the server has nothing else.
    let routed =
        |addr: &IpAddr| local.is_on_link(*addr) || if addr.is_ipv4() { local.routed_v4 } else { local.routed_v6 };
    if all.iter().any(routed) {
        all.retain(routed);
    }
    if all.is_empty() {
        return book.skipped("the server has no address here");
    }
    let is_own = ctx.is_in_use(target);
    let addresses = chosen(&all, is_own);
    if addresses.len() < all.len() {
        book.saw("addresses", format!("{} of {} tried", addresses.len(), all.len()));
    }
    let mut waiting: FuturesUnordered<_> =
        addresses.iter().map(|addr| open(ctx, SocketAddr::new(*addr, target.port), is_own)).collect();
    let mut states: Vec<(IpAddr, PortState)> = Vec::new();
    let mut parked = false;
    while let Some((to, tried)) = waiting.next().await {
        note_try(&mut book, to, &tried, ctx);
        let state = tried.state();
        states.push((to.ip(), state));
        if state == PortState::Denied && !book.has("by") {
            book.fact("by", "self");
        }
        let Some(connection) = tried.connection else { continue };
        if connection.retransmissions.is_some_and(|count| count > 0) {
            book.fact("syn-repeats", i64::from(connection.retransmissions.unwrap_or(0)));
        }
        if parked {
            tokio::spawn(say_goodbye(connection.stream, target.port));
            continue;
        }
        parked = true;
        book.fact("state", "open");
        book.fact("address", to.ip().to_string());
        book.fact("connect_ms", i64::try_from(connection.elapsed.as_millis()).unwrap_or(i64::MAX));
        // The dialogue goes on at once; other addresses may take their time.
        ctx.board.park(target, Opened { addr: to, stream: connection.stream });
    }
    let best =
        |family: fn(&IpAddr) -> bool| states.iter().filter(|(addr, _)| family(addr)).map(|(_, state)| *state).max();
    if let Some(state) = best(IpAddr::is_ipv4) {
        book.fact("state.v4", state.word());
    }
    if let Some(state) = best(IpAddr::is_ipv6) {
        book.fact("state.v6", state.word());
    }
    let state = best(|_| true).unwrap_or(PortState::Unknown);
    if !book.has("state") {
        book.fact("state", state.word());
    }
    let families = match (best(IpAddr::is_ipv4), best(IpAddr::is_ipv6)) {
        (Some(v4), Some(v6)) if v4 != v6 => format!(" (IPv4 {}, IPv6 {})", v4.says(), v6.says()),
        _ => String::new(),
    };
    let summary = format!("{} {}{families}", target.port, state.says());
    match state {
        PortState::Open => book.pass(summary),
        PortState::Unknown => book.unknown(summary),
        _ if is_own => book.fail(summary),
        _ => book.warn(summary),
    }
}

/// Up to three addresses a family for the account's own port; else the first, IPv4 before IPv6.
fn chosen(all: &[IpAddr], is_own: bool) -> Vec<IpAddr> {
    let of_family =
        |is_v4: bool, most: usize| all.iter().copied().filter(move |addr| addr.is_ipv4() == is_v4).take(most);
    if is_own {
        of_family(true, 3).chain(of_family(false, 3)).collect()
    } else {
        of_family(true, 1).chain(of_family(false, 1)).take(1).collect()
    }
}

async fn open(ctx: &Ctx, to: SocketAddr, is_own: bool) -> (SocketAddr, Tried) {
    // Other ports step back while many connections are open; a silent one holds no place.
    if !is_own {
        let place = ctx.board.sockets.acquire();
        let _ = tokio::time::timeout(Duration::from_millis(200), place).await;
    }
    ctx.count_connection();
    (to, tcp::open(ctx.net.as_ref(), to, ctx.options.timeout).await)
}

fn note_try(book: &mut Notebook, to: SocketAddr, tried: &Tried, ctx: &Ctx) {
    let mut attempt = 0;
    for failure in &tried.failures {
        attempt += 1;
        note_failure(book, &format!("connect, try {attempt}"), to, failure, ctx);
    }
    if let Some(connection) = &tried.connection {
        let mut text =
            Text::new().addr(to.ip()).say(format!(" port {}: open after {} ms", to.port(), millis(connection.elapsed)));
        if let Some(local) = connection.local {
            text = text.say(format!(", local port {}", local.port()));
        }
        if let Some(count) = connection.retransmissions.filter(|count| *count > 0) {
            text = text.say(format!(", {count} packets repeated"));
        }
        book.saw("connect", text);
    }
}

/// Writes down a failed connect with all that the system told; also used for probes of the way.
pub(super) fn note_failure(book: &mut Notebook, what: &str, to: SocketAddr, failure: &ConnectFailure, ctx: &Ctx) {
    let mut text = Text::new().addr(to.ip()).say(format!(
        " port {}: {} after {} ms",
        to.port(),
        failure.state.says(),
        millis(failure.elapsed)
    ));
    if let Some(os) = &failure.os {
        text = text.say(format!(" ({} {})", if os.name.is_empty() { "error" } else { &os.name }, os.code));
    }
    if let Some(icmp) = failure.icmp {
        text = text.say("; ICMP from ").addr(icmp.from).say(format!(
            ": type {} code {}, {}",
            icmp.kind,
            icmp.code,
            icmp.says()
        ));
        if !icmp.is_time_exceeded() && !book.has("icmp") {
            book.fact("icmp", format!("{}/{}", icmp.kind, icmp.code));
            book.fact("icmp.from", icmp.from.to_string());
            if !ctx.net.local().is_own(icmp.from) {
                book.fact("icmp.prohibited", icmp.is_prohibited());
            }
        }
    }
    book.saw(what, text);
}

/// Ends a connection that is not needed in an orderly way where the protocol allows it.
pub(super) async fn say_goodbye(stream: BoxStream, port: u16) {
    if port == 465 {
        return;
    }
    let mut dialogue = Dialogue::over(stream);
    if dialogue.reply(Duration::from_secs(5)).await.is_ok() {
        dialogue.quit().await;
    }
}
