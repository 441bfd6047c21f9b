//! Does each of this computer's DNS servers answer? Programs ask the first one, and wait for it before they ask the
//! second.

use super::ask::describe;
use crate::check::engine::{Case, Check, How, LOOKUP, always, none, timed};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::dns_own as keys;
use crate::facts::words::OwnServers;
use crate::net::{Answer, RecordKind, Via};
use crate::text::Text;
use futures::future::join_all;
use std::net::IpAddr;
use tokio::time::Instant;

pub(crate) static CHECK: Check = Check {
    kind: "dns.own",
    group: Group::Dns,
    question: "Does each of this computer's DNS servers answer?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let host = case.in_use.host.as_str();
    if !ctx.machine.local().looks_up(host) {
        return Verdict::skipped("no name to look up");
    }
    let servers = ctx.machine.local().resolvers;
    if servers.is_empty() {
        return Verdict::skipped("the system does not say which DNS servers it asks");
    }
    let asked = servers.iter().map(|server| async move {
        let begun = Instant::now();
        let (at, answer) = timed(ctx.net.lookup(Via::Server(*server), host, RecordKind::A, LOOKUP)).await;
        (server.ip(), answer, at, at - begun)
    });
    let (mut failing, mut answering) = (Vec::new(), Vec::new());
    for (server, answer, at, took) in join_all(asked).await {
        let says = Text::new().addr(server).say(": ").append(describe(&answer));
        book.saw_at(
            at,
            format!("{host} at a DNS server of this computer"),
            says.say(format!(" after {} ms", took.as_millis())),
        );
        match answer {
            Answer::Silent | Answer::ServFail | Answer::Refused | Answer::NoNetwork => failing.push(server),
            _ => answering.push(server),
        }
    }
    book.note(keys::SERVERS, servers.iter().map(std::net::SocketAddr::ip).collect::<Vec<_>>());
    book.note(keys::FAILING, failing.clone());
    let result = match (failing.is_empty(), answering.is_empty()) {
        (true, _) => OwnServers::Answer,
        (false, false) => OwnServers::SomeFail,
        (false, true) => OwnServers::Fail,
    };
    book.note(keys::RESULT, result);
    match result {
        OwnServers::Answer => Verdict::pass(list(&answering).say(" answers")),
        OwnServers::SomeFail => Verdict::warn(
            list(&failing)
                .say(" gives no answer, ")
                .append(list(&answering))
                .say(" does: each lookup may have to wait for it"),
        ),
        OwnServers::Fail => Verdict::fail(list(&failing).say(" gives no answer")),
    }
}

fn list(addresses: &[IpAddr]) -> Text {
    let mut text = Text::new();
    for (index, addr) in addresses.iter().enumerate() {
        text = text.say(if index > 0 { ", " } else { "" }).addr(*addr);
    }
    text
}
