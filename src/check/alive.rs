//! Does anything answer at the server's address? Asked only while no mail port opens; tells a dead host from a closed
//! port, and a server for reading mail or a website from one for sending.

use super::plan::MAIL_PORTS;
use super::{Ctx, Finding, Head, Notebook, Role, Target};
use crate::net::{ConnectOptions, PortState};
use crate::text::Text;
use futures::future::{join_all, select_all};
use std::net::SocketAddr;
use std::time::Duration;

/// Web, IMAP and POP3, each encrypted and not (RFC 8314).
const OTHER_PORTS: [u16; 6] = [443, 80, 993, 143, 995, 110];

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let mut states: Vec<(u16, PortState)> = Vec::new();
    let in_use = ctx.in_use().map(|in_use| in_use.port);
    let mut ports: Vec<u16> = MAIL_PORTS.to_vec();
    ports.extend(in_use.filter(|port| !MAIL_PORTS.contains(port)));
    for port in ports {
        let id = Target { role: Role::InUse, port }.id("port");
        if let Some(finding) = ctx.board.finding(&id) {
            let state = finding.facts.get("state").cloned();
            let is = |wanted: PortState| state == Some(wanted.word().into());
            states.push((
                port,
                if is(PortState::Open) {
                    PortState::Open
                } else if is(PortState::Refused) {
                    PortState::Refused
                } else {
                    PortState::Filtered
                },
            ));
        }
    }
    let mail_open = states.iter().any(|(_, state)| *state == PortState::Open);
    let speaks_no_smtp = || {
        let smtp = Target { role: Role::InUse, port: in_use.unwrap_or(587) }.id("smtp");
        ctx.board.finding(&smtp).is_some_and(|finding| finding.facts.get("greeting") == Some(&"not-smtp".into()))
    };
    if mail_open && !speaks_no_smtp() {
        book.fact("alive", true);
        return book.pass("mail ports open");
    }
    let local = ctx.net.local();
    let mut addresses = ctx.addresses(Role::InUse);
    addresses.sort_by_key(|addr| (!local.is_routed(*addr), addr.is_ipv6()));
    let Some(addr) = addresses.first().copied() else {
        return book.skipped("the server has no address here");
    };
    let options = ConnectOptions::within(ctx.options.timeout.min(Duration::from_secs(4)));
    let tries = OTHER_PORTS.map(|port| async move {
        ctx.count_connection();
        let state = ctx
            .net
            .connect(SocketAddr::new(addr, port), options)
            .await
            .map_or_else(|failure| failure.state, |_| PortState::Open);
        (port, state)
    });
    let others = join_all(tries).await;
    for (port, state) in &others {
        book.saw(format!("port {port}"), Text::new().addr(addr).say(format!(": {}", state.says())));
    }
    let open: Vec<u16> = others.iter().filter(|(_, state)| *state == PortState::Open).map(|(port, _)| *port).collect();
    book.fact("open", open.iter().map(u16::to_string).collect::<Vec<_>>());
    let reading = open.iter().any(|port| [993, 143, 995, 110].contains(port));
    if reading {
        book.fact("role", "incoming");
    } else if !open.is_empty() {
        book.fact("role", "website");
    }
    let refused = states.iter().chain(&others).any(|(_, state)| *state == PortState::Refused);
    let alive = !open.is_empty() || refused || mail_open;
    book.fact("alive", alive);
    let shown = open.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    match (open.is_empty(), alive) {
        (false, _) => book.pass(format!("the server is there: it opens {shown}")),
        (true, true) => book.pass("it turns connections away, so it is there"),
        (true, false) => book.fail("nothing at that address answers"),
    }
}

/// Waits until the ports are known, or one has been silent for so long that it is worth asking others.
pub(super) async fn wait(ctx: &Ctx, ids: &[String]) {
    let all = join_all(ids.iter().map(|id| ctx.board.wait_for(id)));
    let patience = tokio::time::sleep(Duration::from_secs(2));
    let futures: Vec<futures::future::BoxFuture<'_, ()>> =
        vec![Box::pin(async { drop(all.await) }), Box::pin(patience)];
    select_all(futures).await;
}
