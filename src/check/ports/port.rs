//! Does a port open? On every address for the account's own port; for the others, on the first address that answers.

use crate::check::dns::server;
use crate::check::engine::{Check, How, Need, Opened, always, millis};
use crate::check::{Ctx, Group, Notebook, Target, Verdict};
use crate::facts::key::Key;
use crate::facts::keys::port as keys;
use crate::facts::words::Itself;
use crate::net::{BoxStream, ConnectFailure, Connection, PortState};
use crate::probe::smtp::Dialogue;
use crate::probe::tcp::Tried;
use crate::text::Text;
use futures::stream::{FuturesUnordered, StreamExt};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::Instant;

pub(crate) static CHECK: Check = Check {
    kind: "port",
    group: Group::Ports,
    question: "Does {port} open?",
    when: always,
    needs: |scope| vec![Need::After(server::CHECK.of(scope.role()))],
    facts: keys::ALL,
    how: How::Port(|ctx, book, target| Box::pin(run(ctx, book, target))),
};

/// How long a port other than the account's waits for other connections to end.
const GIVE_WAY: Duration = Duration::from_millis(200);

async fn run(ctx: &Ctx, book: &mut Notebook, target: Target) -> Verdict {
    let all = usable(ctx, target);
    if all.is_empty() {
        return Verdict::skipped("the server has no address here");
    }
    let is_own = ctx.is_in_use(target);
    let addresses = chosen(&all, is_own);
    if addresses.len() < all.len() {
        book.saw("addresses", format!("{} of {} tried", addresses.len(), all.len()));
    }
    let tries = addresses.iter().map(|addr| async move {
        // Other ports hold back while many connections are open; a silent one takes no place.
        if !is_own {
            ctx.door.give_way(GIVE_WAY).await;
        }
        let to = SocketAddr::new(*addr, target.port);
        (to, ctx.door.open(to, ctx.options.timeout).await)
    });
    let mut waiting: FuturesUnordered<_> = tries.collect();
    let began = Instant::now();
    let mut states: Vec<Tally> = Vec::new();
    let mut local_ports: Vec<u16> = Vec::new();
    while let Some((to, tried)) = waiting.next().await {
        note_try(ctx, book, to, &tried);
        let state = tried.state();
        states.push(Tally { addr: to.ip(), state, took: began.elapsed() });
        local_ports.extend(tried.failures.iter().filter_map(|(_, failure)| failure.local_port));
        if state == PortState::Denied && !book.has(&keys::BY) {
            book.note(keys::BY, Itself::Itself);
        }
        if let Some(connection) = tried.connection {
            take(ctx, book, target, to, connection);
        }
    }
    if !local_ports.is_empty() {
        book.note(keys::LOCAL_PORTS, local_ports);
    }
    sum_up(book, target, &states, is_own)
}

/// What became of one address, and how long after the first try that was known.
struct Tally {
    addr: IpAddr,
    state: PortState,
    took: Duration,
}

/// The server's addresses. Without an IPv6 (or IPv4) route there is nothing to report about that family, unless it has
/// no other.
fn usable(ctx: &Ctx, target: Target) -> Vec<IpAddr> {
    let local = ctx.machine.local();
    let routed =
        |addr: &IpAddr| local.is_on_link(*addr) || if addr.is_ipv4() { local.routed_v4 } else { local.routed_v6 };
    let mut all = ctx.addresses(target.role);
    if all.iter().any(routed) {
        all.retain(routed);
    }
    all
}

/// Up to three addresses per family for the account's own port; otherwise the first address, IPv4 before IPv6.
fn chosen(all: &[IpAddr], is_own: bool) -> Vec<IpAddr> {
    let of_family =
        |is_v4: bool, most: usize| all.iter().copied().filter(move |addr| addr.is_ipv4() == is_v4).take(most);
    if is_own {
        of_family(true, 3).chain(of_family(false, 3)).collect()
    } else {
        of_family(true, 1).chain(of_family(false, 1)).take(1).collect()
    }
}

/// The first connection goes to the dialogue, which starts at once; other addresses may take their time.
fn take(ctx: &Ctx, book: &mut Notebook, target: Target, to: SocketAddr, connection: Connection) {
    if let Some(count) = connection.retransmissions.filter(|count| *count > 0) {
        book.note(keys::SYN_REPEATS, count);
    }
    match ctx.lane(target).filter(|lane| !lane.is_open()) {
        Some(lane) => {
            book.note(keys::STATE, PortState::Open);
            book.note(keys::ADDRESS, to.ip());
            book.note(keys::CONNECT, millis(connection.elapsed));
            if let Some(local) = connection.local {
                book.note(keys::LOCAL_PORT, local.port());
            }
            let local = connection.local.map(|local| local.ip());
            lane.open(Opened { addr: to, local, stream: connection.stream });
        }
        None => drop(tokio::spawn(say_goodbye(connection.stream, target.port))),
    }
}

fn sum_up(book: &mut Notebook, target: Target, states: &[Tally], is_own: bool) -> Verdict {
    // Of several that do the same, the first.
    let best = |family: fn(&IpAddr) -> bool| {
        states.iter().filter(|tally| family(&tally.addr)).rev().max_by_key(|tally| tally.state)
    };
    let (v4, v6) = (best(IpAddr::is_ipv4), best(IpAddr::is_ipv6));
    if let Some(best) = v4 {
        book.note(keys::STATE_V4, best.state);
        book.note(keys::TOOK_V4, millis(best.took));
    }
    if let Some(best) = v6 {
        book.note(keys::STATE_V6, best.state);
        book.note(keys::TOOK_V6, millis(best.took));
    }
    let shut: Vec<IpAddr> =
        states.iter().filter(|tally| is_shut_alone(tally, states)).map(|tally| tally.addr).collect();
    let (v4, v6) = (v4.map(|best| best.state), v6.map(|best| best.state));
    let state = v4.max(v6).unwrap_or(PortState::Unknown);
    if !book.has(&keys::STATE) {
        book.note(keys::STATE, state);
    }
    let families = match (v4, v6) {
        (Some(v4), Some(v6)) if v4 != v6 => format!(" (IPv4 {}, IPv6 {})", v4.says(), v6.says()),
        _ if !shut.is_empty() => format!(" at {} of {} addresses", states.len() - shut.len(), states.len()),
        _ => String::new(),
    };
    if !shut.is_empty() {
        book.note(keys::SHUT, shut);
    }
    let summary = format!("{} {}{families}", target.port, state.says());
    match state {
        PortState::Open => Verdict::pass(summary),
        PortState::Unknown => Verdict::unknown(summary),
        _ if is_own => Verdict::fail(summary),
        _ => Verdict::warn(summary),
    }
}

/// Whether an address does not open although another of its family does: what holds for a whole family has causes of its
/// own.
fn is_shut_alone(tally: &Tally, all: &[Tally]) -> bool {
    let is_open = |tally: &Tally| tally.state == PortState::Open;
    let same_family = |other: &&Tally| other.addr.is_ipv4() == tally.addr.is_ipv4();
    !is_open(tally) && tally.state != PortState::Unknown && all.iter().filter(same_family).any(is_open)
}

fn note_try(ctx: &Ctx, book: &mut Notebook, to: SocketAddr, tried: &Tried) {
    const ICMP: IcmpKeys = IcmpKeys { icmp: keys::ICMP, from: keys::ICMP_FROM, prohibited: keys::ICMP_PROHIBITED };
    for (index, (at, failure)) in tried.failures.iter().enumerate() {
        note_failure(ctx, book, &ICMP, (*at, &format!("connect, try {}", index + 1)), to, failure);
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

/// The keys under which a check stores an ICMP message that came back.
pub(super) struct IcmpKeys {
    pub(super) icmp: Key<String>,
    pub(super) from: Key<IpAddr>,
    pub(super) prohibited: Key<bool>,
}

/// Writes down a failed connect and when it ended, with everything that the system told.
pub(super) fn note_failure(
    ctx: &Ctx,
    book: &mut Notebook,
    keys: &IcmpKeys,
    (at, what): (Instant, &str),
    to: SocketAddr,
    failure: &ConnectFailure,
) {
    let state = failure.state.says();
    let mut text =
        Text::new().addr(to.ip()).say(format!(" port {}: {state} after {} ms", to.port(), millis(failure.elapsed)));
    if let Some(local) = failure.local_port {
        text = text.say(format!(", local port {local}"));
    }
    if let Some(os) = &failure.os {
        text = text.say(format!(" ({} {})", if os.name.is_empty() { "error" } else { &os.name }, os.code));
    }
    if let Some(icmp) = failure.icmp {
        let says = format!(": type {} code {}, {}", icmp.kind, icmp.code, icmp.says());
        text = text.say("; ICMP from ").addr(icmp.from).say(says);
        if !icmp.is_time_exceeded() && !book.has(&keys.icmp) {
            book.note(keys.icmp.clone(), format!("{}/{}", icmp.kind, icmp.code));
            book.note(keys.from.clone(), icmp.from);
            if !ctx.machine.local().is_own(icmp.from) {
                book.note(keys.prohibited.clone(), icmp.is_prohibited());
            }
        }
    }
    book.saw_at(at, what, text);
}

/// Ends a connection that is not needed, in an orderly way if the protocol allows it.
pub(crate) async fn say_goodbye(stream: BoxStream, port: u16) {
    if port == 465 {
        return;
    }
    let mut dialogue = Dialogue::over(stream);
    if dialogue.reply(Duration::from_secs(5)).await.is_ok() {
        dialogue.quit().await;
    }
}
