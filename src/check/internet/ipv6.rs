//! Does IPv6 work to other hosts? Asked only if the server's IPv6 address gives no answer, and its IPv4 address does or
//! there is none: is it this line, or that server?

use crate::check::dns::server;
use crate::check::engine::{Case, Check, How, Need, timed};
use crate::check::ports::port;
use crate::check::{Ctx, Group, Notebook, Reference, Role, Verdict, defaults};
use crate::facts::keys::ipv6 as keys;
use crate::facts::keys::port as port_keys;
use crate::facts::words::Ipv6;
use crate::net::{ConnectOptions, PortState, RecordKind, Via};
use crate::text::Text;
use futures::future::join_all;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "ipv6",
    group: Group::Internet,
    question: "Does IPv6 work to other hosts?",
    when: |scope| scope.options.v6,
    needs: |scope| vec![Need::After(port::CHECK.at(scope.target())), Need::After(server::CHECK.of(Role::InUse))],
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

/// How many hosts of different owners are tried.
const HOSTS: usize = 3;
const WAIT: Duration = Duration::from_secs(3);

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let id = port::CHECK.at(case.own);
    let v6 = ctx.fact(&id, &port_keys::STATE_V6).map(|state| state == PortState::Open);
    let v4 = ctx.fact(&id, &port_keys::STATE_V4).map(|state| state == PortState::Open);
    if v6 != Some(false) || v4 == Some(false) {
        return Verdict::skipped("not needed: the server's IPv6 address raises no doubt");
    }
    let tries = hosts(ctx, &case.in_use.host).await.into_iter().map(|addr| async move {
        let (at, result) = timed(ctx.net.connect(SocketAddr::new(addr, 443), ConnectOptions::within(WAIT))).await;
        (addr, at, result.err())
    });
    let tried = join_all(tries).await;
    for (addr, at, failure) in &tried {
        let says = failure.as_ref().map_or("open", |failure| failure.state.says());
        book.saw_at(*at, "port 443 by IPv6", Text::new().addr(*addr).say(format!(": {says}")));
    }
    if tried.is_empty() {
        book.note(keys::ELSEWHERE, Ipv6::None);
        return Verdict::unknown("no other host with an IPv6 address to compare with");
    }
    if tried.iter().any(|(.., failure)| failure.is_none()) {
        book.note(keys::ELSEWHERE, Ipv6::Works);
        return Verdict::pass("IPv6 works to other hosts, so the fault is in the server's IPv6 address");
    }
    if tried.len() < 2 {
        return Verdict::unknown("one other host alone proves nothing");
    }
    book.note(keys::ELSEWHERE, Ipv6::Broken);
    Verdict::fail("IPv6 to other hosts fails too, so the fault is in this connection")
}

/// IPv6 addresses of other owners. Never the account's own server: it is the one in question.
async fn hosts(ctx: &Ctx, own_host: &str) -> Vec<IpAddr> {
    let other = |host: &&Reference| host.ports.contains(&443) && host.host != own_host;
    let hosts = ctx.options.references.iter().filter(other).map(|host| async move {
        match host.host.parse::<IpAddr>() {
            Ok(addr) => vec![addr],
            Err(_) => {
                ctx.net.lookup(Via::System, &host.host, RecordKind::Aaaa, Duration::from_secs(5)).await.addresses()
            }
        }
    });
    let found = join_all(hosts).await;
    let mut v6: Vec<IpAddr> =
        found.into_iter().filter_map(|addresses| addresses.into_iter().find(IpAddr::is_ipv6)).collect();
    if ctx.options.references == defaults::references() {
        v6.extend(defaults::v6_hosts());
    }
    let own = ctx.addresses(Role::InUse);
    v6.into_iter().filter(|addr| !own.contains(addr)).take(HOSTS).collect()
}
