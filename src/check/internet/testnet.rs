//! Does something answer for addresses that do not exist? An address of the documentation ranges (RFC 5737) belongs to
//! nobody; if a mail port opens there, a device on the way answers for every address.

use crate::check::engine::{Check, How, always, none, timed};
use crate::check::{Ctx, Group, MAIL_PORTS, Notebook, Verdict};
use crate::facts::keys::testnet as keys;
use crate::facts::words::UnusedAddress;
use crate::net::{ConnectOptions, PortState};
use crate::text::Text;
use futures::future::join_all;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "testnet",
    group: Group::Internet,
    question: "Does something answer for addresses that do not exist?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Before(|ctx, book| Box::pin(run(ctx, book))),
};

/// One address from each range. Some laboratories use such addresses, so one that opens proves nothing; two from
/// different ranges do.
const NOBODY: [&str; 2] = ["192.0.2.199", "198.51.100.199"];

/// A device that answers for every address is near; this is time enough for one lost packet, which is repeated after a
/// second (RFC 6298 section 2).
const WAIT: Duration = Duration::from_millis(1_300);

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let local = ctx.machine.local();
    book.note(keys::ROUTE, local.routed_v4 || local.routed_v6);
    if !ctx.options.v4 {
        return Verdict::skipped("IPv4 is switched off for this run");
    }
    let nobody: Vec<IpAddr> =
        NOBODY.iter().filter_map(|addr| addr.parse().ok()).filter(|addr| !local.is_on_link(*addr)).collect();
    let tries = MAIL_PORTS.iter().flat_map(|port| nobody.iter().map(move |addr| SocketAddr::new(*addr, *port)));
    let options = ConnectOptions::within(ctx.options.timeout.min(WAIT));
    let results = join_all(tries.map(|to| async move {
        let (at, result) = timed(ctx.net.connect(to, options)).await;
        (to, at, result.err().map(|failure| failure.state))
    }))
    .await;
    let mut answering = Vec::new();
    for port in MAIL_PORTS {
        let of_port = || results.iter().filter(move |(to, ..)| to.port() == port);
        for (to, at, failure) in of_port() {
            let state = failure.unwrap_or(PortState::Open);
            book.saw_at(*at, format!("port {port}"), Text::new().addr(to.ip()).say(format!(": {}", state.says())));
        }
        let answers = of_port().count() >= 2 && of_port().all(|(.., failure)| failure.is_none());
        book.note(keys::STATE.of(port), if answers { UnusedAddress::Answers } else { UnusedAddress::Silent });
        if answers {
            answering.push(port.to_string());
        }
    }
    if answering.is_empty() {
        return Verdict::pass("no device answers for unused addresses");
    }
    Verdict::fail(format!("port {} opens at addresses that do not exist", answering.join(", ")))
}
