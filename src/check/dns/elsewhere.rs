//! Do other DNS servers say the same as this computer's?

use super::ask::{both, describe};
use super::server;
use crate::check::engine::{Case, Check, How, LOOKUP, Need, timed};
use crate::check::ports::port::say_goodbye;
use crate::check::{Ctx, Group, Notebook, Role, Verdict};
use crate::facts::keys::dns_elsewhere as keys;
use crate::facts::keys::dns_server;
use crate::facts::words::{Elsewhere, Opens};
use crate::net::{Answer, RecordKind, Via};
use crate::text::small_sort::Gather;
use crate::text::{Text, hex};
use futures::future::join_all;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

pub(crate) static CHECK: Check = Check {
    kind: "dns.elsewhere",
    group: Group::Dns,
    question: "Do other DNS servers say the same?",
    when: |scope| !scope.options.resolvers.is_empty(),
    needs: |_| vec![Need::Later(server::CHECK.of(Role::InUse))],
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

/// What other DNS servers say: a set of addresses from each that gave some, and how many know no such name or address.
struct Others {
    sets: Vec<BTreeSet<IpAddr>>,
    not_found: usize,
}

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let host = case.in_use.host.as_str();
    if !ctx.machine.local().looks_up(host) {
        return Verdict::skipped("there is no name to look up elsewhere");
    }
    let Others { sets, not_found } = ask_others(ctx, book, host).await;
    book.note(keys::ANSWERS, sets.len());
    let id = server::CHECK.of(Role::InUse);
    ctx.wait_for(&id).await;
    let own: BTreeSet<IpAddr> = match ctx.fact(&id, &dns_server::ADDRESSES_FROM) {
        Some(_) => BTreeSet::new(),
        None => ctx.fact(&id, &dns_server::ADDRESSES).unwrap_or_default().into_iter().collect(),
    };
    let result = match (own.is_empty(), sets.is_empty()) {
        (_, true) if not_found > 0 => Elsewhere::NotFound,
        (_, true) => Elsewhere::Unasked,
        (true, false) => Elsewhere::Found,
        (false, false) if sets.iter().any(|set| !set.is_disjoint(&own)) => Elsewhere::Same,
        (false, false) => Elsewhere::Differs,
    };
    book.note(keys::RESULT, result);
    match result {
        Elsewhere::NotFound if !own.is_empty() => look_into_own(ctx, book, host, &own).await,
        Elsewhere::Differs => other_address(ctx, book, case, &sets, &own).await,
        _ => {}
    }
    match result {
        Elsewhere::Same => Verdict::pass("other DNS servers say the same"),
        Elsewhere::Differs => Verdict::warn("other DNS servers give other addresses"),
        Elsewhere::Found => Verdict::warn("other DNS servers know the name"),
        Elsewhere::NotFound if own.is_empty() => Verdict::fail("other DNS servers do not know the name either"),
        Elsewhere::NotFound => Verdict::warn("other DNS servers do not know the name"),
        Elsewhere::Unasked => Verdict::unknown("no other DNS server answered"),
    }
}

async fn ask_others(ctx: &Ctx, book: &mut Notebook, host: &str) -> Others {
    let asked =
        ctx.options.resolvers.iter().map(|server| async move { (server, timed(both(ctx, *server, host)).await) });
    let mut others = Others { sets: Vec::new(), not_found: 0 };
    for (server, (at, (v4, v6))) in join_all(asked).await {
        let says = Text::new().say("A: ").append(describe(&v4)).say("; AAAA: ").append(describe(&v6));
        book.saw_at(at, format!("{host} at {server}"), says);
        let found: BTreeSet<IpAddr> = v4.addresses().into_iter().chain(v6.addresses()).gather();
        if !found.is_empty() {
            others.sets.push(found);
        } else if matches!(v4, Answer::NxDomain | Answer::NoData) {
            others.not_found += 1;
        }
    }
    others
}

/// Only this computer has an address for the name: finds out where it comes from.
async fn look_into_own(ctx: &Ctx, book: &mut Notebook, host: &str, own: &BTreeSet<IpAddr>) {
    let rewritten = is_rewritten(ctx, book, own).await;
    book.note(keys::REWRITTEN, rewritten);
    // The dot at the end prevents this computer's search domains from being used (RFC 1535, resolv.conf(5)).
    let whole = ctx.net.lookup(Via::System, &format!("{host}."), RecordKind::Address, LOOKUP).await;
    let listed = ctx.fact(&server::CHECK.of(Role::InUse), &dns_server::HOSTS_FILE) == Some(true);
    if !listed && matches!(whole, Answer::NxDomain | Answer::NoData) {
        book.note(keys::SEARCHED, true);
        book.saw("the same name without this computer's search domains", describe(&whole));
    }
}

/// Whether this computer's DNS server gives the same address for a name that nobody can have: some internet providers
/// send misspelt names to a page of their own instead of saying that they do not exist (RFC 8020 forbids that).
async fn is_rewritten(ctx: &Ctx, book: &mut Notebook, own: &BTreeSet<IpAddr>) -> bool {
    let mut random = [0; 8];
    if getrandom::fill(&mut random).is_err() {
        return false;
    }
    let name = format!("nobody-{}.com", hex(&random));
    let answer = ctx.net.lookup(Via::System, &name, RecordKind::Address, LOOKUP).await;
    book.saw(format!("{name}, which does not exist"), describe(&answer));
    answer.addresses().iter().any(|addr| own.contains(addr))
}

/// Whether the port in use opens at an address that only the others give: if so, it is this computer's answer that is
/// wrong.
async fn other_address(ctx: &Ctx, book: &mut Notebook, case: &Case, sets: &[BTreeSet<IpAddr>], own: &BTreeSet<IpAddr>) {
    let others = sets.iter().flatten().filter(|addr| !own.contains(addr) && ctx.uses(**addr));
    let Some(addr) = others.copied().min_by_key(IpAddr::is_ipv6) else { return };
    let port = case.in_use.port;
    let tried = ctx.door.open(SocketAddr::new(addr, port), ctx.options.timeout).await;
    if tried.is_untried() {
        return;
    }
    book.saw(
        "the port in use at the other address",
        Text::new().addr(addr).say(format!(" port {port}: {}", tried.state().says())),
    );
    book.note(keys::OTHER_ADDRESS, if tried.connection.is_some() { Opens::Opens } else { Opens::Closed });
    if let Some(connection) = tried.connection {
        tokio::spawn(say_goodbye(connection.stream, port));
    }
}
