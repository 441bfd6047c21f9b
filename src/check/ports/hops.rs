//! How far do packets get, and from how far away does the answer come? Connects with a hop limit of one, two, three
//! and so on: each router on the route in turn says "time exceeded". Only if the port in use does not do what it
//! should, and compared with a port of the same server that opens.

use super::port::{self, say_goodbye};
use super::route::{CONTRAST, Hop, OWN, Route};
use crate::check::dns::server;
use crate::check::engine::{Case, Check, Door, How, Need, Scope, always, millis};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, Kind, MAIL_PORTS, Notebook, Outcome, Role, Target, Verdict};
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
    let route = walk(ctx, addr, own.port, 1, AT_A_TIME).await;
    book.saw_kind(Kind::Route, format!("route to {}", own.port), route.drawn(addr));
    route.note(book, &OWN);
    let mut contrast = None;
    match (state, route.distance()) {
        // Does another port answer from the same place? Two packets tell.
        (PortState::Open, Some(distance)) => {
            if let Some(port) = open_port(ctx, own.port).await {
                compare(ctx, book, addr, port, distance, &route).await;
            }
        }
        (PortState::Open, None) => {}
        // It has opened after all.
        _ if port_state(ctx, own) == PortState::Open => {}
        _ => contrast = other_way(ctx, book, addr, own.port, state).await,
    }
    drop(turn);
    if let (PortState::Refused, Some(other)) = (port_state(ctx, own), &contrast) {
        refusal(book, &route, other);
    }
    sum_up(book, own.port, &route, contrast.as_ref())
}

/// The address whose route is traced, or why none is.
fn address(ctx: &Ctx, state: PortState) -> Result<IpAddr, &'static str> {
    let local = ctx.machine.local();
    let mut addresses = ctx.addresses(Role::InUse).into_iter();
    let far = addresses.find(|addr| local.is_routed(*addr) && !local.is_on_link(*addr));
    let addr = far.ok_or("no router lies between this computer and the server")?;
    if ctx.door.is_careful() {
        return Err("the server accepts only a few connections at a time");
    }
    if ctx.door.is_used_up() {
        return Err("the run has used up its connections");
    }
    if !local.sees_icmp && !matches!(state, PortState::Open | PortState::Refused) {
        return Err("nothing answers, and this system does not tell an ordinary user which router drops the packets");
    }
    Ok(addr)
}

fn sum_up(book: &Notebook, port: u16, route: &Route, contrast: Option<&Route>) -> Verdict {
    if book.has(&keys::NEARER) {
        return Verdict::fail(format!("something nearer than the server answers on {port}"));
    }
    if let Some(distance) = route.distance() {
        return Verdict::pass(format!("{port} is answered {distance} hops away"));
    }
    let Some((hop, router)) = route.last_heard() else {
        return Verdict::unknown(format!("{port}: no router on the way answers"));
    };
    let last = Text::from(format!("{port}: the last router to answer is ")).addr(router).say(format!(", hop {hop}"));
    match contrast.and_then(Route::distance) {
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
async fn other_way(ctx: &Ctx, book: &mut Notebook, addr: IpAddr, own: u16, state: PortState) -> Option<Route> {
    let port = open_port(ctx, own).await.unwrap_or(443);
    // Three connections reach the server in all: a refused port has already used two of them.
    let at_a_time = if state == PortState::Refused { 1 } else { AT_A_TIME };
    let route = walk(ctx, addr, port, 1, at_a_time).await;
    if matches!(route.hops.last(), Some(Hop::Answered(PortState::Open, _))) {
        book.saw_kind(Kind::Route, format!("route to {port}, which opens"), route.drawn(addr));
        route.note(book, &CONTRAST);
        return Some(route);
    }
    None
}

/// Traces hop after hop, starting at `first`, until something answers or nothing has answered for a while.
async fn walk(ctx: &Ctx, addr: IpAddr, port: u16, first: u8, at_a_time: usize) -> Route {
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
    Route { port, hops: hops.into_iter().take(length).map(|hop| hop.unwrap_or(Hop::Silent)).collect() }
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
    // Without a connection to spend, nothing is heard.
    let Some(result) = door.probe(SocketAddr::new(addr, port), options).await else { return Hop::Silent };
    match result {
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

/// The port in use answers at this hop; if the route to another port is still going on there, and one hop further, its
/// server is behind whatever answers. A difference of one hop proves nothing: large providers have several machines in
/// a row.
async fn compare(ctx: &Ctx, book: &mut Notebook, addr: IpAddr, port: u16, distance: usize, route: &Route) {
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
    if let Some(router) = route.router_at(usize::from(distance) - 1) {
        book.note(keys::NEARER_BEHIND, router);
    }
}

/// A reset from a device of this network: all routers before it have private addresses, and the route to a port of the
/// same server that opens goes on from there to a public address. Between public routers a difference of one hop
/// proves nothing.
fn refusal(book: &mut Notebook, route: &Route, other: &Route) {
    let (Some(refused_at), Some(distance)) = (route.distance(), other.distance()) else { return };
    let before = &route.hops[..refused_at - 1];
    let is_inside = |hop: &Hop| matches!(hop, Hop::Router(addr, _) if is_inner(*addr));
    let beyond = other.hops.get(refused_at - 1..).unwrap_or_default();
    let goes_on = beyond.iter().any(|hop| matches!(hop, Hop::Router(addr, _) if !is_inner(*addr)));
    if !before.is_empty() && before.iter().all(is_inside) && goes_on {
        book.note(keys::NEARER, true);
        if let Some(by) = route.router_at(refused_at - 1) {
            book.note(keys::NEARER_BEHIND, by);
        }
    } else if refused_at == distance {
        book.note(keys::SAME_DISTANCE, true);
    }
}
