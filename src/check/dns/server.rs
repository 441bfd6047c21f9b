//! What is the mail server's address, as this computer sees it?

use super::ask::{both, describe, found};
use crate::check::engine::{Check, How, LOOKUP, always, none, timed};
use crate::check::{Ctx, Group, Notebook, Role, Verdict};
use crate::facts::keys::dns_server as keys;
use crate::facts::words::{AddressKind, AddressesFrom, NameFound};
use crate::net::{Answer, RecordKind, Via};
use crate::text::{Text, is_inner};
use futures::future::join_all;
use std::net::IpAddr;

pub(crate) static CHECK: Check = Check {
    kind: "dns.server",
    group: Group::Dns,
    question: "What is the address of {server}, as this computer sees it?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Server(|ctx, book, role| Box::pin(run(ctx, book, role))),
};

/// How many addresses are examined at most.
const MOST_ADDRESSES: usize = 64;

async fn run(ctx: &Ctx, book: &mut Notebook, role: Role) -> Verdict {
    let Some(host) = ctx.host(role) else { return Verdict::skipped("no server to look up") };
    let here = ctx.machine.local().is_called(host);
    book.note(keys::HERE, here);
    if let Ok(addr) = host.parse::<IpAddr>() {
        book.note(keys::RESULT, NameFound::Found);
        book.note(keys::ADDRESSES, vec![addr]);
        return Verdict::pass(Text::new().addr(addr).say(", given as an address"));
    }
    let answer = ctx.net.lookup(Via::System, host, RecordKind::Address, LOOKUP).await;
    book.saw(format!("{host}, as programs here look it up"), describe(&answer));
    book.note(keys::RESULT, found(&answer));
    let found: Vec<IpAddr> = answer.addresses().into_iter().take(MOST_ADDRESSES).collect();
    let listed = ctx.machine.hosts_file(host).await;
    book.note(keys::HOSTS_FILE, listed.is_some());
    if let Some(addr) = listed {
        book.saw("a line of this computer's hosts file", Text::new().addr(addr).say(" ").host(host));
    }
    if here && !found.is_empty() {
        book.note(keys::ADDRESSES, found);
        return Verdict::pass(Text::new().host(host).say(" is this computer itself"));
    }
    if !found.is_empty() {
        return resolved(book, host, found);
    }
    ask_others(ctx, book, host).await;
    let host = || Text::new().host(host);
    match answer {
        Answer::NxDomain => Verdict::fail(host().say(" does not exist")),
        Answer::NoData => Verdict::fail(host().say(" exists but has no address")),
        Answer::ServFail | Answer::Refused => Verdict::fail("this computer's DNS server fails to answer"),
        Answer::NoNetwork => Verdict::fail("this computer has no DNS server to ask"),
        _ => Verdict::fail("this computer's DNS server does not answer"),
    }
}

fn resolved(book: &mut Notebook, host: &str, found: Vec<IpAddr>) -> Verdict {
    let worst = found.iter().map(|addr| kind_of(*addr)).max().unwrap_or(AddressKind::Public);
    book.note(keys::ANSWER, worst);
    let mut shown = Text::new();
    for (index, addr) in found.iter().take(3).enumerate() {
        shown = shown.say(if index > 0 { ", " } else { "" }).addr(*addr);
    }
    if let Some(addr) = found.iter().find_map(|addr| behind_nat64(*addr)) {
        book.saw(
            "NAT64: this connection has only IPv6, and the server is reached at its IPv4 address",
            Text::new().addr(addr),
        );
    }
    book.note(keys::ADDRESSES, found);
    match worst {
        AddressKind::Public => Verdict::pass(shown.say(" (").host(host).say(")")),
        AddressKind::Sinkhole => Verdict::fail(shown.say(": an address that leads nowhere")),
        AddressKind::Private => Verdict::warn(shown.say(": an address inside this network")),
    }
}

/// The IPv4 address in one that DNS64 has made with the well-known prefix (RFC 6052 section 2.1).
fn behind_nat64(addr: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(addr) = addr else { return None };
    let [0x64, 0xff9b, 0, 0, 0, 0, high, low] = addr.segments() else { return None };
    let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
    Some(IpAddr::from([a, b, c, d]))
}

/// Others may know the name; then the ports can be measured all the same.
async fn ask_others(ctx: &Ctx, book: &mut Notebook, host: &str) {
    let asked =
        ctx.options.resolvers.iter().map(|server| async move { (server, timed(both(ctx, *server, host)).await) });
    for (server, (at, (v4, v6))) in join_all(asked).await {
        let found: Vec<IpAddr> = v4.addresses().into_iter().chain(v6.addresses()).take(MOST_ADDRESSES).collect();
        if !found.is_empty() {
            book.saw_at(at, format!("{host}, asked at {server}"), describe(&v4));
            book.note(keys::ADDRESSES, found);
            book.note(keys::ADDRESSES_FROM, AddressesFrom::OtherResolver);
            return;
        }
    }
}

fn kind_of(addr: IpAddr) -> AddressKind {
    if addr.is_unspecified() || addr.is_loopback() {
        AddressKind::Sinkhole
    } else if is_inner(addr) {
        AddressKind::Private
    } else {
        AddressKind::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nat64_hides_an_ipv4_address() {
        assert_eq!(behind_nat64("64:ff9b::c000:201".parse().unwrap()), Some("192.0.2.1".parse().unwrap()));
        assert_eq!(behind_nat64("2001:db8::c000:201".parse().unwrap()), None);
        assert_eq!(behind_nat64("192.0.2.1".parse().unwrap()), None);
    }
}
