//! How far do packets get, and from how far away does the answer come? Connects with a hop limit of one, two, three
//! and so on: each router on the route in turn says "time exceeded". Only if the port in use does not do what it
//! should, and compared with a port of the same server that opens.

use super::port::{self, say_goodbye};
use crate::check::dns::server;
use crate::check::engine::{Case, Check, Door, How, Need, Scope, always, millis};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, Kind, MAIL_PORTS, Notebook, Outcome, Role, Target, Verdict};
use crate::facts::key::Key;
use crate::facts::keys::hops as keys;
use crate::facts::keys::port as port_keys;
use crate::net::{ConnectOptions, PortState};
use crate::text::{Text, is_inner};
use futures::StreamExt;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

pub(crate) static CHECK: Check = Check {
    kind: "path",
    group: Group::Ports,
    question: "How far do packets get?",
    when: always,
    needs,
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

fn needs(scope: &Scope<'_>) -> Vec<Need> {
    let mut needs = vec![Need::After(server::CHECK.of(Role::InUse)), Need::Later(port::CHECK.at(scope.target()))];
    needs.push(Need::IfPlanned(talk::CHECK.at(scope.target())));
    let others = scope.ports_in_use().filter(|target| *target != scope.target());
    needs.extend(others.map(|target| Need::IfPlanned(port::CHECK.at(target))));
    needs
}

/// The most hops: longer routes are rare, and tell no more.
const MOST_HOPS: u8 = 20;
/// Packets whose answer may still come in time, so that at most two connections of a trace reach the server.
const AT_A_TIME: usize = 2;
/// An answer that takes longer is late: the next hop is asked meanwhile. That way twenty silent hops take three
/// seconds.
const LATE: Duration = Duration::from_millis(300);
/// The system repeats a SYN after a second, which gives two attempts for a router that answers one per second. Windows
/// repeats it even after a reset, for two seconds.
const WAIT: Duration = Duration::from_millis(if cfg!(windows) { 2_500 } else { 1_300 });
/// How long a port may be silent before its route is traced.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// After this many silent hops in a row, the trace ends.
const SILENT: usize = 3;

/// What happened to the packets with this hop limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hop {
    /// A router dropped them because the limit ran out, after this many milliseconds.
    Router(IpAddr, u64),
    /// The port opened, or a reset came.
    Answered(PortState, u64),
    /// A device turned them away.
    TurnedAway(IpAddr),
    Silent,
}

/// The route to one port, hop by hop.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Way {
    port: u16,
    hops: Vec<Hop>,
}

impl Way {
    /// The hop at which the port answered.
    fn distance(&self) -> Option<usize> {
        self.hops.iter().position(|hop| matches!(hop, Hop::Answered(..))).map(|index| index + 1)
    }

    /// The last router that answered, and its hop.
    fn last_heard(&self) -> Option<(usize, IpAddr)> {
        self.hops.iter().enumerate().rev().find_map(|(index, hop)| match hop {
            Hop::Router(addr, _) => Some((index + 1, *addr)),
            _ => None,
        })
    }

    fn router_at(&self, hop: usize) -> Option<IpAddr> {
        match self.hops.get(hop.checked_sub(1)?)? {
            Hop::Router(addr, _) => Some(*addr),
            _ => None,
        }
    }

    /// `PC > 192.168.1.1 (3 ms) > 10.0.0.1 (9 ms) > nothing more is heard`
    fn drawn(&self, server: IpAddr) -> Text {
        let mut text = Text::new().say("PC");
        let heard = self.hops.iter().rposition(|hop| *hop != Hop::Silent).map_or(0, |last| last + 1);
        for alike in self.hops[..heard].chunk_by(|a, b| *a == Hop::Silent && *b == Hop::Silent) {
            text = match alike[0] {
                Hop::Router(addr, ms) => text.say(" > ").addr(addr).say(format!(" ({ms} ms)")),
                Hop::Answered(state, ms) => text.say(" > ").addr(server).say(format!(" {} ({ms} ms)", state.says())),
                Hop::TurnedAway(addr) => text.say(" > ").addr(addr).say(" turns it away"),
                Hop::Silent if alike.len() > 2 => text.say(format!(" > {} that say nothing", alike.len())),
                Hop::Silent => text.say(" > ?".repeat(alike.len())),
            };
        }
        if heard < self.hops.len() { text.say(" > nothing more is heard") } else { text }
    }
}

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let own = case.own;
    let _ = timeout(PATIENCE, ctx.wait_until_open(own)).await;
    let state = port_state(ctx, own);
    if state == PortState::Open {
        match ctx.wait_for(&talk::CHECK.at(own)).await {
            None => return Verdict::skipped(format!("{} opens", own.port)),
            Some(smtp) if smtp.outcome == Outcome::Pass => {
                return Verdict::skipped(format!("{} opens and answers as it should", own.port));
            }
            Some(_) => {}
        }
    }
    let addr = match address(ctx, state) {
        Ok(addr) => addr,
        Err(why) => return Verdict::skipped(why),
    };
    // One at a time over all checks that ask routers: routers limit how many questions they answer, over all of them.
    let turn = ctx.turn().await;
    let way = walk(ctx, addr, own.port, 1, AT_A_TIME).await;
    book.saw_kind(Kind::Way, format!("way of {}", own.port), way.drawn(addr));
    note(book, &OWN, &way);
    let mut contrast = None;
    match (state, way.distance()) {
        // Does another port answer from the same place? Two packets tell.
        (PortState::Open, Some(distance)) => {
            if let Some(port) = open_port(ctx, own.port).await {
                compare(ctx, book, addr, port, distance, &way).await;
            }
        }
        (PortState::Open, None) => {}
        // It has opened after all.
        _ if port_state(ctx, own) == PortState::Open => {}
        _ => contrast = other_way(ctx, book, addr, own.port, state).await,
    }
    drop(turn);
    if let (PortState::Refused, Some(other)) = (port_state(ctx, own), &contrast) {
        refusal(book, &way, other);
    }
    sum_up(book, own.port, &way, contrast.as_ref())
}

/// The address whose route is traced, or why none is.
fn address(ctx: &Ctx, state: PortState) -> Result<IpAddr, &'static str> {
    let local = ctx.machine.local();
    let mut addresses = ctx.addresses(Role::InUse).into_iter();
    let far = addresses.find(|addr| local.is_routed(*addr) && !local.is_on_link(*addr));
    let addr = far.ok_or("no router lies between this computer and the server")?;
    if ctx.door.is_careful() {
        return Err("the server takes few connections at a time");
    }
    if !local.sees_icmp && !matches!(state, PortState::Open | PortState::Refused) {
        return Err("nothing answers, and this system does not tell an ordinary user which router does");
    }
    Ok(addr)
}

fn sum_up(book: &Notebook, port: u16, way: &Way, contrast: Option<&Way>) -> Verdict {
    if book.has(&keys::NEARER) {
        return Verdict::fail(format!("{port} is answered from nearer than the server"));
    }
    if let Some(distance) = way.distance() {
        return Verdict::pass(format!("{port} is answered {distance} hops away"));
    }
    let Some((hop, router)) = way.last_heard() else {
        return Verdict::unknown(format!("{port}: no router on the way answers"));
    };
    let last = Text::from(format!("{port}: the last router to answer is ")).addr(router).say(format!(", hop {hop}"));
    match contrast.and_then(Way::distance) {
        Some(distance) => Verdict::warn(last.say(format!(" of {distance} to the server"))),
        None => Verdict::warn(last),
    }
}

/// What the port in use does; a port that has not answered yet counts as silent.
fn port_state(ctx: &Ctx, target: Target) -> PortState {
    if ctx.is_open(target) {
        return PortState::Open;
    }
    let state = ctx.fact(&port::CHECK.at(target), &port_keys::STATE);
    state.filter(|state| *state != PortState::Unknown).unwrap_or(PortState::Filtered)
}

/// Another mail port of the same server that has opened, or opens within the time that an answer takes.
async fn open_port(ctx: &Ctx, own: u16) -> Option<u16> {
    let others = || MAIL_PORTS.into_iter().filter(|port| *port != own).map(Target::in_use);
    let opened = others().map(|target| ctx.wait_until_open(target));
    let _ = timeout(usual(ctx), join_all(opened)).await;
    others().find(|target| ctx.is_open(*target)).map(|target| target.port)
}

/// The route to a port of the same server that opens: another mail port, or otherwise one that many mail servers have.
async fn other_way(ctx: &Ctx, book: &mut Notebook, addr: IpAddr, own: u16, state: PortState) -> Option<Way> {
    let port = open_port(ctx, own).await.unwrap_or(443);
    // Three connections reach the server in all: a refused port has already used two of them.
    let at_a_time = if state == PortState::Refused { 1 } else { AT_A_TIME };
    let way = walk(ctx, addr, port, 1, at_a_time).await;
    if matches!(way.hops.last(), Some(Hop::Answered(PortState::Open, _))) {
        book.saw_kind(Kind::Way, format!("way of {port}, which opens"), way.drawn(addr));
        note(book, &CONTRAST, &way);
        return Some(way);
    }
    None
}

/// Traces hop after hop, starting at `first`, until something answers or nothing has answered for a while.
async fn walk(ctx: &Ctx, addr: IpAddr, port: u16, first: u8, at_a_time: usize) -> Way {
    let places = Arc::new(Semaphore::new(at_a_time));
    let blind = !ctx.machine.local().sees_icmp;
    let mut hops: Vec<Option<Hop>> = Vec::new();
    let mut late = usual(ctx);
    let mut probes = FuturesUnordered::new();
    for ttl in first..=MOST_HOPS {
        let place = loop {
            tokio::select! {
                biased;
                Some(Ok(found)) = probes.next(), if !probes.is_empty() => record(&mut hops, &mut late, first, found),
                place = Arc::clone(&places).acquire_owned() => break place,
            }
        };
        if end(&hops).is_some() || (!blind && is_dead_end(&hops)) {
            break;
        }
        hops.push(None);
        // On a task of its own: a connection still under way when everything is known ends in an orderly way, and is
        // counted.
        let door = Arc::clone(&ctx.door);
        probes.push(tokio::spawn(async move {
            let probe = probe(&door, addr, port, ttl);
            tokio::pin!(probe);
            let early = timeout(late, &mut probe).await;
            drop(place);
            let hop = match early {
                Ok(hop) => hop,
                Err(_) => probe.await,
            };
            (ttl, hop)
        }));
    }
    // What is beyond the answer does not matter.
    while hops[..end(&hops).unwrap_or(hops.len())].contains(&None) {
        let Some(Ok(found)) = probes.next().await else { break };
        record(&mut hops, &mut late, first, found);
    }
    let heard = hops.iter().rposition(|hop| *hop != Some(Hop::Silent)).map_or(0, |last| last + 1);
    let length = end(&hops).map_or(heard + SILENT, |end| end + 1);
    Way { port, hops: hops.into_iter().take(length).map(|hop| hop.unwrap_or(Hop::Silent)).collect() }
}

/// The time after which an answer is late: longer if the server is known to be far away.
fn usual(ctx: &Ctx) -> Duration {
    let ms = |port: u16| ctx.fact(&port::CHECK.at(Target::in_use(port)), &port_keys::CONNECT);
    let slowest = MAIL_PORTS.into_iter().filter_map(ms).filter(|ms| *ms < 1_000).max().unwrap_or(0);
    LATE.max(Duration::from_millis(slowest + slowest / 2))
}

fn record(hops: &mut [Option<Hop>], late: &mut Duration, first: u8, (ttl, hop): (u8, Hop)) {
    if let Hop::Router(_, ms) | Hop::Answered(_, ms) = hop
        && ms < 1_000
    {
        *late = (*late).max(Duration::from_millis(ms + ms / 2));
    }
    if let Some(place) = hops.get_mut(usize::from(ttl - first)) {
        *place = Some(hop);
    }
}

/// The hop at which the route ends, as far as is known.
fn end(hops: &[Option<Hop>]) -> Option<usize> {
    hops.iter().position(|hop| matches!(hop, Some(Hop::Answered(..) | Hop::TurnedAway(_))))
}

fn is_dead_end(hops: &[Option<Hop>]) -> bool {
    hops.windows(SILENT).any(|hops| hops.iter().all(|hop| *hop == Some(Hop::Silent)))
}

async fn probe(door: &Door, addr: IpAddr, port: u16, ttl: u8) -> Hop {
    let options = ConnectOptions { ttl: Some(ttl), ..ConnectOptions::within(WAIT) };
    match door.probe(SocketAddr::new(addr, port), options).await {
        Ok(connection) => {
            tokio::spawn(say_goodbye(connection.stream, port));
            Hop::Answered(PortState::Open, millis(connection.elapsed))
        }
        Err(failure) => match failure.icmp {
            Some(icmp) if icmp.is_time_exceeded() => Hop::Router(icmp.from, millis(failure.elapsed)),
            Some(icmp) if icmp.from != addr => Hop::TurnedAway(icmp.from),
            _ if failure.state == PortState::Refused => Hop::Answered(PortState::Refused, millis(failure.elapsed)),
            _ => Hop::Silent,
        },
    }
}

/// The keys under which a route is written down.
struct WayKeys {
    port: Key<u16>,
    hops: Key<Vec<String>>,
    distance: Key<usize>,
    last_heard: Key<IpAddr>,
    last_hop: Key<usize>,
}

static OWN: WayKeys = WayKeys {
    port: keys::PORT,
    hops: keys::HOPS,
    distance: keys::DISTANCE,
    last_heard: keys::LAST_HEARD,
    last_hop: keys::LAST_HOP,
};
static CONTRAST: WayKeys = WayKeys {
    port: keys::CONTRAST_PORT,
    hops: keys::CONTRAST_HOPS,
    distance: keys::CONTRAST_DISTANCE,
    last_heard: keys::CONTRAST_LAST_HEARD,
    last_hop: keys::CONTRAST_LAST_HOP,
};

fn note(book: &mut Notebook, keys: &WayKeys, way: &Way) {
    let hops = way.hops.iter().map(|hop| match hop {
        Hop::Router(addr, _) => addr.to_string(),
        Hop::TurnedAway(addr) => format!("{addr} turns away"),
        Hop::Answered(state, _) => state.word().to_owned(),
        Hop::Silent => "silent".to_owned(),
    });
    book.note(keys.port.clone(), way.port);
    book.note(keys.hops.clone(), hops.collect::<Vec<_>>());
    if let Some(distance) = way.distance() {
        book.note(keys.distance.clone(), distance);
    }
    if let Some((hop, router)) = way.last_heard() {
        book.note(keys.last_heard.clone(), router);
        book.note(keys.last_hop.clone(), hop);
    }
}

/// The port in use answers at this hop; if the route to another port is still going on there, and one hop further, its
/// server is behind whatever answers. A difference of one hop proves nothing: large providers have several machines in
/// a row.
async fn compare(ctx: &Ctx, book: &mut Notebook, addr: IpAddr, port: u16, distance: usize, way: &Way) {
    let Ok(distance) = u8::try_from(distance) else { return };
    let mut there = Vec::new();
    for ttl in [distance, distance.saturating_add(1)] {
        match probe(&ctx.door, addr, port, ttl).await {
            Hop::Answered(..) | Hop::TurnedAway(_) => return,
            hop => there.push(hop),
        }
    }
    let says = match (there[0], there[1]) {
        (Hop::Router(first, _), Hop::Router(second, _)) => {
            Text::new().say("still on its way, at ").addr(first).say(" and ").addr(second)
        }
        // If the routers do not answer, only an answer from further away counts.
        _ if !ctx.machine.local().sees_icmp => {
            let beyond = walk(ctx, addr, port, distance.saturating_add(2), 1).await;
            let Some(further) = beyond.distance() else { return };
            Text::from(format!("answered at hop {}", usize::from(distance) + 1 + further))
        }
        _ => return,
    };
    book.note(keys::NEARER, true);
    book.saw(format!("{port} at the same distance"), says);
    if let Some(router) = way.router_at(usize::from(distance) - 1) {
        book.note(keys::NEARER_BEHIND, router);
    }
}

/// A reset from a device of this network: all routers before it have private addresses, and the route to a port of the
/// same server that opens goes on from there to a public address. Between public routers a difference of one hop
/// proves nothing.
fn refusal(book: &mut Notebook, way: &Way, other: &Way) {
    let (Some(refused_at), Some(distance)) = (way.distance(), other.distance()) else { return };
    let before = &way.hops[..refused_at - 1];
    let is_inside = |hop: &Hop| matches!(hop, Hop::Router(addr, _) if is_inner(*addr));
    let beyond = other.hops.get(refused_at - 1..).unwrap_or_default();
    let goes_on = beyond.iter().any(|hop| matches!(hop, Hop::Router(addr, _) if !is_inner(*addr)));
    if !before.is_empty() && before.iter().all(is_inside) && goes_on {
        book.note(keys::NEARER, true);
        if let Some(by) = way.router_at(refused_at - 1) {
            book.note(keys::NEARER_BEHIND, by);
        }
    } else if refused_at == distance {
        book.note(keys::SAME_DISTANCE, true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router(last: u8) -> Hop {
        Hop::Router(IpAddr::from([10, 0, 0, last]), 3)
    }

    #[test]
    fn a_way_is_drawn() {
        let server = IpAddr::from([192, 0, 2, 1]);
        let way = Way { port: 587, hops: vec![router(1), Hop::Silent, router(3), Hop::Silent, Hop::Silent] };
        assert_eq!(way.drawn(server).text, "PC > 10.0.0.1 (3 ms) > ? > 10.0.0.3 (3 ms) > nothing more is heard");
        assert_eq!((way.distance(), way.last_heard()), (None, Some((3, IpAddr::from([10, 0, 0, 3])))));
        let open = Way { port: 465, hops: vec![router(1), Hop::Answered(PortState::Open, 9)] };
        assert_eq!(open.drawn(server).text, "PC > 10.0.0.1 (3 ms) > 192.0.2.1 open (9 ms)");
        assert_eq!(open.distance(), Some(2));
    }
}
