//! Does anything answer at the server's address? Asked only while no mail port opens; tells a host that is down from a
//! closed port, and a server for reading mail, a website, or a web proxy before one, from one for sending.

use super::port;
use crate::check::dns::server;
use crate::check::engine::{Case, Check, How, Need, Scope, always, timed};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, MAIL_PORTS, Notebook, Role, Target, Verdict};
use crate::facts::cdns;
use crate::facts::keys::{self, alive};
use crate::facts::words::{Greeting, OtherRole};
use crate::net::{ConnectOptions, PortState};
use crate::probe::http;
use crate::text::Text;
use futures::future::join_all;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

pub(crate) static CHECK: Check = Check {
    kind: "alive",
    group: Group::Ports,
    question: "Does anything answer at the server's address?",
    when: always,
    needs,
    facts: alive::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

fn needs(scope: &Scope<'_>) -> Vec<Need> {
    let mut needs = vec![Need::After(server::CHECK.of(Role::InUse)), Need::IfPlanned(talk::CHECK.at(scope.target()))];
    needs.extend(scope.ports_in_use().map(|target| Need::Later(port::CHECK.at(target))));
    needs
}

/// The ports of the web, IMAP and POP3, each with and without encryption (RFC 8314).
const OTHER_PORTS: [u16; 6] = [443, 80, 993, 143, 995, 110];

/// Those of them that are for reading mail.
const READING: [u16; 4] = [993, 143, 995, 110];
/// How long a web server may take to answer.
const PAGE: Duration = Duration::from_secs(3);
/// How long the mail ports may be silent before other ports are asked.
const PATIENCE: Duration = Duration::from_secs(2);

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let ports: Vec<String> = mail_ports(case).map(|target| port::CHECK.at(target)).collect();
    let _ = timeout(PATIENCE, join_all(ports.iter().map(|id| ctx.wait_for(id)))).await;
    let mail: Vec<PortState> = ports.iter().filter_map(|id| ctx.fact(id, &keys::port::STATE)).collect();
    let mail_open = mail.contains(&PortState::Open);
    if mail_open {
        book.note(alive::ALIVE, true);
        let talk = talk::CHECK.at(case.own);
        ctx.wait_for(&talk).await;
        if ctx.fact(&talk, &keys::smtp::GREETING) != Some(Greeting::NotSmtp) {
            return Verdict::pass("mail ports open");
        }
    }
    let Some(addr) = ctx.machine.local().first_tried(ctx.addresses(Role::InUse)) else {
        return Verdict::skipped("the server has no address here");
    };
    let options = ConnectOptions::within(ctx.options.timeout.min(Duration::from_secs(4)));
    let tries = OTHER_PORTS.map(|port| {
        timed(async move {
            let state = match ctx.door.connect(SocketAddr::new(addr, port), options).await {
                Some(Ok(connection)) if port == 80 => {
                    return (port, PortState::Open, http::headers(connection.stream, &case.in_use.host, PAGE).await);
                }
                Some(Ok(_)) => PortState::Open,
                Some(Err(failure)) => failure.state,
                None => PortState::Unknown,
            };
            (port, state, Vec::new())
        })
    });
    let others = join_all(tries).await;
    for (at, (port, state, _)) in &others {
        book.saw_at(*at, format!("port {port}"), Text::new().addr(addr).say(format!(": {}", state.says())));
    }
    let open: Vec<u16> =
        others.iter().filter(|(_, (_, state, _))| *state == PortState::Open).map(|(_, (port, ..))| *port).collect();
    let web_proxy =
        others.iter().find_map(|(_, (.., headers))| cdns::of_headers(headers)).or_else(|| cdns::of_address(addr));
    if let Some(cdn) = web_proxy.filter(|_| !open.is_empty()) {
        book.saw("a web proxy answers there", cdn.name.as_str());
        book.note(alive::WEB_PROXY, cdn.name.as_str());
    }
    book.note(alive::OPEN, open.clone());
    if open.iter().any(|port| READING.contains(port)) {
        book.note(alive::ROLE, OtherRole::Incoming);
    } else if !open.is_empty() {
        book.note(alive::ROLE, OtherRole::Website);
    }
    let refused = others.iter().map(|(_, (_, state, _))| state).chain(&mail).any(|state| *state == PortState::Refused);
    let is_alive = !open.is_empty() || refused || mail_open;
    if !mail_open {
        book.note(alive::ALIVE, is_alive);
    }
    let shown = open.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
    match (open.is_empty(), is_alive) {
        (false, _) => Verdict::pass(format!("the server is there: open on {shown}")),
        (true, true) => Verdict::pass("it turns connections away, so it is there"),
        (true, false) => Verdict::fail("nothing at that address answers"),
    }
}

/// The mail ports of the server in use.
fn mail_ports(case: &Case) -> impl Iterator<Item = Target> {
    let own = Some(case.in_use.port).filter(|port| !MAIL_PORTS.contains(port));
    MAIL_PORTS.into_iter().chain(own).map(Target::in_use)
}
