//! Does IPv6 work to other hosts? Asked only where the server's IPv6 address is dead and its IPv4 address is not: is it this
//! line, or that server?

use super::{Ctx, Finding, Head, Notebook, Reference, Role, defaults};
use crate::facts::Value;
use crate::net::{ConnectOptions, RecordKind, Via};
use crate::text::Text;
use futures::future::join_all;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Hosts of different owners that are tried.
const HOSTS: usize = 3;
const WAIT: Duration = Duration::from_secs(3);

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let Some(in_use) = ctx.in_use() else { return book.skipped("no server") };
    let port = ctx.board.wait_for(&format!("port.{}", in_use.port)).await;
    let opens = |key: &str| port.facts.get(key).map(|state| *state == Value::from("open"));
    if (opens("state.v6"), opens("state.v4")) != (Some(false), Some(true)) {
        return book.skipped("the server's IPv6 address gives no reason to ask");
    }
    // Never the account's own server: it is the one in question.
    let other = |host: &&Reference| host.ports.contains(&443) && host.host != in_use.host;
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
    let v6 = v6.into_iter().filter(|addr| !own.contains(addr)).take(HOSTS);
    let tries = v6.map(|addr| async move {
        (addr, ctx.net.connect(SocketAddr::new(addr, 443), ConnectOptions::within(WAIT)).await.err())
    });
    let tried = join_all(tries).await;
    for (addr, failure) in &tried {
        let says = failure.as_ref().map_or("open", |failure| failure.state.says());
        book.saw("port 443 by IPv6", Text::new().addr(*addr).say(format!(": {says}")));
    }
    if tried.is_empty() {
        book.fact("elsewhere", "none");
        return book.unknown("no other host with an IPv6 address to compare with");
    }
    if tried.iter().any(|(_, failure)| failure.is_none()) {
        book.fact("elsewhere", "works");
        return book.pass("IPv6 works to other hosts: it is the server's address");
    }
    if tried.len() < 2 {
        return book.unknown("one other host alone proves nothing");
    }
    book.fact("elsewhere", "broken");
    book.fail("IPv6 is dead to other hosts too: it is this line")
}
