//! Names: the mail domain, the server as this machine sees it, and the same at other resolvers.

use super::discovery::{LOOKUP, ask, describe};
use super::port::say_goodbye;
use super::{Ctx, Finding, Head, Notebook, Role};
use crate::account::spelling;
use crate::net::{Answer, Record, RecordKind, Via, is_inner};
use crate::probe::tcp;
use crate::text::Text;
use futures::future::{join, join_all};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

/// Does the mail domain exist?
pub(super) async fn domain(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let domain = ctx.account.address.domain();
    let (exchangers, addresses) = join(ask(ctx, domain, RecordKind::Mx), ask(ctx, domain, RecordKind::A)).await;
    book.saw(format!("MX {domain}"), describe(&exchangers));
    book.saw(format!("A {domain}"), describe(&addresses));
    if let Answer::Records(records) = &exchangers {
        let hosts: Vec<String> = records
            .iter()
            .filter_map(|record| match record {
                Record::Mx(_, host) => Some(host.clone()),
                _ => None,
            })
            .collect();
        book.fact("mx", hosts);
    }
    let meant = spelling::domain_meant(domain);
    if let Some(meant) = meant {
        book.fact("suggestion", meant);
    }
    let unknown_here = matches!((&exchangers, &addresses), (Answer::NxDomain, Answer::NxDomain));
    let known_elsewhere = unknown_here && others_know(ctx, &mut book, domain).await;
    let word = match (&exchangers, &addresses) {
        _ if known_elsewhere => "contradicted",
        (Answer::Records(_), _) | (_, Answer::Records(_)) => "found",
        (Answer::NxDomain, _) | (_, Answer::NxDomain) => "not-found",
        (Answer::NoData, _) | (_, Answer::NoData) => "no-address",
        (Answer::ServFail | Answer::Refused, _) | (_, Answer::ServFail | Answer::Refused) => "failed",
        _ => "silent",
    };
    book.fact("result", word);
    match (word, meant) {
        ("found", None) => book.pass(format!("{domain} exists")),
        ("found", Some(meant)) => book.warn(format!("{domain} exists, but did somebody mean {meant}?")),
        ("contradicted", _) => book.fail(format!("{domain} does not exist for this computer, but for others it does")),
        ("not-found", Some(meant)) => book.fail(format!("{domain} does not exist; did somebody mean {meant}?")),
        ("not-found", None) => book.fail(format!("{domain} does not exist")),
        // Whether a domain receives mail says little about whether it can send.
        ("no-address", _) => book.warn(format!("{domain} has neither mail exchanger nor address")),
        ("failed", _) => book.fail(format!("the DNS servers fail to answer for {domain}")),
        _ => book.fail("no DNS server answers"),
    }
}

/// Whether another resolver knows the mail domain.
async fn others_know(ctx: &Ctx, book: &mut Notebook, domain: &str) -> bool {
    let asked = ctx.options.resolvers.iter().map(|server| async move {
        (server, ctx.net.lookup(Via::Server(*server), domain, RecordKind::Mx, LOOKUP).await)
    });
    let answers = join_all(asked).await;
    for (server, answer) in &answers {
        book.saw(format!("MX {domain} at {server}"), describe(answer));
    }
    answers.iter().any(|(_, answer)| matches!(answer, Answer::Records(_) | Answer::NoData))
}

/// Which address has the mail server, as this machine sees it?
pub(super) async fn server(ctx: &Ctx, head: &Head, role: Role) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let Some(host) = ctx.host(role) else { return book.skipped("no server to look up") };
    if let Ok(addr) = host.parse::<IpAddr>() {
        ctx.board.slots().addresses.insert(role, vec![addr]);
        book.fact("result", "found");
        book.fact("addresses", vec![addr.to_string()]);
        return book.pass(format!("{addr}, typed as an address"));
    }
    let answer = ctx.net.lookup(Via::System, &host, RecordKind::Address, LOOKUP).await;
    book.saw(format!("{host}, as programs here look it up"), describe(&answer));
    book.fact("result", result_word(&answer));
    let found: Vec<IpAddr> = answer.addresses().into_iter().take(64).collect();
    let listed = ctx.net.hosts_file(&host).await;
    book.fact("hosts-file", listed.is_some());
    if let Some(addr) = listed {
        book.saw("a line of this computer's hosts file", Text::new().addr(addr).say(" ").host(&host));
    }
    if !found.is_empty() {
        book.fact("addresses", found.iter().map(ToString::to_string).collect::<Vec<_>>());
        let worst = found
            .iter()
            .map(|addr| kind_of(*addr))
            .max_by_key(|word| ["public", "private", "sinkhole"].iter().position(|w| w == word));
        book.fact("answer", worst.unwrap_or("public"));
        let shown = found.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        ctx.board.slots().addresses.insert(role, found);
        return match worst {
            Some("public") | None => book.pass(format!("{shown} ({host})")),
            Some("sinkhole") => book.fail(format!("{shown}: an address that leads nowhere")),
            Some(_) => book.warn(format!("{shown}: an address inside this network")),
        };
    }
    // Others may know it; then the ports can be measured all the same.
    let others = join_all(ctx.options.resolvers.iter().map(|server| async move {
        let (v4, v6) = both(ctx, Via::Server(*server), &host_of(ctx, role)).await;
        (server, v4, v6)
    }))
    .await;
    for (server, v4, v6) in others {
        let found: Vec<IpAddr> = v4.addresses().into_iter().chain(v6.addresses()).collect();
        if !found.is_empty() {
            book.saw(format!("{host}, asked at {server}"), describe(&v4));
            book.fact("addresses", found.iter().map(ToString::to_string).collect::<Vec<_>>());
            book.fact("addresses-from", "other-resolver");
            ctx.board.slots().addresses.insert(role, found);
            break;
        }
    }
    match answer {
        Answer::NxDomain => book.fail(format!("{host} does not exist")),
        Answer::NoData => book.fail(format!("{host} exists but has no address")),
        Answer::ServFail | Answer::Refused => book.fail("this computer's DNS server fails to answer"),
        Answer::NoNetwork => book.fail("this computer can ask no DNS server"),
        _ => book.fail("this computer's DNS server does not answer"),
    }
}

/// Does each DNS server of this computer answer? Programs ask the first and wait for it before they ask the second.
pub(super) async fn own(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let servers = ctx.net.local().resolvers;
    let Some(host) = ctx.host(Role::InUse).filter(|host| host.parse::<IpAddr>().is_err()) else {
        return book.skipped("no name to look up");
    };
    if servers.is_empty() {
        return book.skipped("the system does not say which DNS servers it asks");
    }
    let asked = servers.iter().map(|server| {
        let host = &host;
        async move {
            let begun = tokio::time::Instant::now();
            let answer = ctx.net.lookup(Via::Server(*server), host, RecordKind::A, LOOKUP).await;
            (*server, answer, begun.elapsed())
        }
    });
    let answers = join_all(asked).await;
    let fails =
        |answer: &Answer| matches!(answer, Answer::Silent | Answer::ServFail | Answer::Refused | Answer::NoNetwork);
    for (server, answer, took) in &answers {
        let says = Text::new().addr(server.ip()).say(": ").say(describe(answer).text);
        book.saw(
            format!("{host} at a DNS server of this computer"),
            says.say(format!(" after {} ms", took.as_millis())),
        );
    }
    let names = |failing: bool| {
        let chosen = answers.iter().filter(|(_, answer, _)| fails(answer) == failing);
        chosen.map(|(server, ..)| server.ip().to_string()).collect::<Vec<_>>()
    };
    let (failing, answering) = (names(true), names(false));
    book.fact("servers", answers.iter().map(|(server, ..)| server.ip().to_string()).collect::<Vec<_>>());
    book.fact("failing", failing.clone());
    match (failing.is_empty(), answering.is_empty()) {
        (true, _) => {
            book.fact("result", "answer");
            book.pass(format!("{} answers", answering.join(", ")))
        }
        (false, false) => {
            book.fact("result", "some-fail");
            book.warn(format!(
                "{} gives no answer, {} does: each look-up may wait for it",
                failing.join(", "),
                answering.join(", ")
            ))
        }
        (false, true) => {
            book.fact("result", "fail");
            book.fail(format!("{} gives no answer", failing.join(", ")))
        }
    }
}

fn host_of(ctx: &Ctx, role: Role) -> String {
    ctx.host(role).unwrap_or_default()
}

async fn both(ctx: &Ctx, via: Via, host: &str) -> (Answer, Answer) {
    join(ctx.net.lookup(via, host, RecordKind::A, LOOKUP), ctx.net.lookup(via, host, RecordKind::Aaaa, LOOKUP)).await
}

/// Whether this computer's DNS server gives the same address for a name that nobody can have: some internet providers
/// send misspelt names to a page of their own in place of "does not exist" (RFC 8020 forbids it).
async fn is_rewritten(ctx: &Ctx, book: &mut Notebook, own: &BTreeSet<IpAddr>) -> bool {
    let mut random = [0; 8];
    if getrandom::fill(&mut random).is_err() {
        return false;
    }
    let label: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    let name = format!("nobody-{label}.com");
    let answer = ctx.net.lookup(Via::System, &name, RecordKind::Address, LOOKUP).await;
    book.saw(format!("{name}, which does not exist"), describe(&answer));
    answer.addresses().iter().any(|addr| own.contains(addr))
}

/// Do other DNS servers say the same?
pub(super) async fn elsewhere(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let Some(host) = ctx.host(Role::InUse) else { return book.skipped("no server to look up") };
    if host.parse::<IpAddr>().is_ok() {
        return book.skipped("the server was typed as an address");
    }
    let asked = ctx.options.resolvers.iter().map(|server| {
        let host = host.clone();
        async move {
            let (v4, v6) = both(ctx, Via::Server(*server), &host).await;
            (*server, v4, v6)
        }
    });
    let answers = join_all(asked).await;
    let mut sets: Vec<BTreeSet<IpAddr>> = Vec::new();
    let mut not_found = 0;
    for (server, v4, v6) in &answers {
        book.saw(
            format!("{host} at {server}"),
            Text::new().say("A: ").say(describe(v4).text).say("; AAAA: ").say(describe(v6).text),
        );
        let found: BTreeSet<IpAddr> = v4.addresses().into_iter().chain(v6.addresses()).collect();
        if !found.is_empty() {
            sets.push(found);
        } else if matches!(v4, Answer::NxDomain | Answer::NoData) {
            not_found += 1;
        }
    }
    book.fact("answers", i64::try_from(sets.len()).unwrap_or(0));
    ctx.board.wait_for("dns.server").await;
    let own: BTreeSet<IpAddr> = match ctx.board.finding("dns.server") {
        Some(finding) if !finding.facts.contains_key("addresses-from") => {
            ctx.board.slots().addresses.get(&Role::InUse).cloned().unwrap_or_default().into_iter().collect()
        }
        _ => BTreeSet::new(),
    };
    let word = match (own.is_empty(), sets.is_empty()) {
        (_, true) if not_found > 0 => "not-found",
        (_, true) => "unasked",
        (true, false) => "found",
        (false, false) if sets.iter().any(|set| !set.is_disjoint(&own)) => "same",
        (false, false) => "differs",
    };
    book.fact("result", word);
    if word == "not-found" && !own.is_empty() {
        let rewritten = is_rewritten(ctx, &mut book, &own).await;
        book.fact("rewritten", rewritten);
        // The dot at the end forbids the search domains of this computer (RFC 1535, resolv.conf(5)).
        let whole = ctx.net.lookup(Via::System, &format!("{host}."), RecordKind::Address, LOOKUP).await;
        let server = ctx.board.wait_for("dns.server").await;
        let listed = server.facts.get("hosts-file").and_then(crate::facts::Value::text).as_deref() == Some("yes");
        if !listed && matches!(whole, Answer::NxDomain | Answer::NoData) {
            book.fact("searched", true);
            book.saw("the same name without this computer's search domains", describe(&whole));
        }
    }
    if word == "differs" {
        other_address(ctx, &mut book, &sets, &own).await;
    }
    match word {
        "same" => book.pass("other DNS servers say the same"),
        "differs" => book.warn("other DNS servers give other addresses"),
        "found" => book.warn("other DNS servers know the name"),
        "not-found" if own.is_empty() => book.fail("other DNS servers do not know the name either"),
        "not-found" => book.warn("other DNS servers do not know the name"),
        _ => book.unknown("no other DNS server answered"),
    }
}

/// Whether the port in use opens at an address that only the others give: then this machine's answer is what is wrong.
async fn other_address(ctx: &Ctx, book: &mut Notebook, sets: &[BTreeSet<IpAddr>], own: &BTreeSet<IpAddr>) {
    let others = sets.iter().flatten().filter(|addr| !own.contains(addr) && ctx.uses(**addr));
    let (Some(addr), Some(in_use)) = (others.copied().min_by_key(IpAddr::is_ipv6), ctx.in_use()) else { return };
    if !ctx.may_connect() {
        return;
    }
    ctx.count_connection();
    let to = SocketAddr::new(addr, in_use.port);
    let opened = tcp::open(ctx.net.as_ref(), to, ctx.options.timeout).await;
    book.saw(
        "the port in use at the other address",
        Text::new().addr(addr).say(format!(" port {}: {}", in_use.port, opened.state().says())),
    );
    book.fact("other-address", if opened.connection.is_some() { "opens" } else { "closed" });
    if let Some(connection) = opened.connection {
        tokio::spawn(say_goodbye(connection.stream, in_use.port));
    }
}

fn result_word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Records(_) => "found",
        Answer::NxDomain => "not-found",
        Answer::NoData => "no-address",
        Answer::ServFail | Answer::Refused => "failed",
        Answer::Silent | Answer::NoNetwork => "silent",
    }
}

/// A sinkhole is an address that never leads to another host: this host itself, or no host at all.
fn kind_of(addr: IpAddr) -> &'static str {
    if addr.is_unspecified() || addr.is_loopback() {
        "sinkhole"
    } else if is_inner(addr) {
        "private"
    } else {
        "public"
    }
}
