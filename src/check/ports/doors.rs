//! Does the server take mail on a port of its own choice? Asked only while none of the usual ports opens: services that
//! send for applications listen on more ports for networks that shut these.

use super::port;
use crate::account::{Security, provider};
use crate::check::dns::server;
use crate::check::engine::{Case, Check, How, Need, Scope, always, timed};
use crate::check::{Ctx, Group, Notebook, Role, Verdict};
use crate::facts::keys::{self, dns_server, doors};
use crate::net::{ConnectOptions, PortState};
use crate::probe::secure::{Verify, secure};
use crate::probe::smtp::{Dialogue, NAMELESS_EHLO};
use crate::text::Text;
use futures::future::join_all;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::time::timeout;

pub(crate) static CHECK: Check = Check {
    kind: "doors",
    group: Group::Ports,
    question: "Does the server accept mail on another port?",
    when: always,
    needs,
    facts: doors::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

fn needs(scope: &Scope<'_>) -> Vec<Need> {
    let ports = scope.ports_in_use().map(|target| Need::Later(port::CHECK.at(target)));
    std::iter::once(Need::After(server::CHECK.of(Role::InUse))).chain(ports).collect()
}

/// The port that most such services have in common; no standard names it.
const USUAL: u16 = 2525;
/// How many ports are tried at most.
const MOST: usize = 3;
/// How long the usual ports may be silent before others are asked.
const PATIENCE: Duration = Duration::from_secs(2);
/// The time limit for each reply.
const LIMIT: Duration = Duration::from_secs(5);

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let host = case.in_use.host.as_str();
    if ctx.fact(&server::CHECK.of(Role::InUse), &dns_server::HERE) == Some(true) {
        return Verdict::moot("the server is on this computer");
    }
    let usual: Vec<&str> = ctx.needs().iter().map(String::as_str).filter(|id| id.starts_with("port.")).collect();
    let _ = timeout(PATIENCE, join_all(usual.iter().map(|id| ctx.wait_for(id)))).await;
    if usual.iter().any(|id| ctx.fact(id, &keys::port::STATE) == Some(PortState::Open)) {
        return Verdict::moot("one of the usual ports opens");
    }
    let Some(addr) = ctx.machine.local().first_tried(ctx.addresses(Role::InUse)) else {
        return Verdict::skipped("the server has no address here");
    };
    let measured = |port: u16| usual.iter().any(|id| id.strip_prefix("port.") == Some(port.to_string().as_str()));
    let doors = doors_of(host, measured);
    let tried = join_all(doors.iter().map(|(port, security)| timed(knock(ctx, host, addr, *port, *security)))).await;
    let mut found = None;
    for ((port, security), (at, says)) in doors.iter().zip(tried) {
        let takes_mail = says.is_ok();
        book.saw_at(at, format!("port {port}"), Text::new().addr(addr).say(": ").say(says.unwrap_or_else(|why| why)));
        if takes_mail && found.is_none() {
            found = Some((*port, *security));
        }
    }
    match found {
        Some((port, security)) => {
            book.note(doors::PORT, port);
            book.note(doors::IMPLICIT, security == Security::Implicit);
            Verdict::pass(format!("{port} accepts mail, with {}", security.says()))
        }
        None => Verdict::warn("no other port of the server accepts mail"),
    }
}

/// The ports beyond those that are measured anyway: the table's for this server, and the usual one.
fn doors_of(host: &str, is_measured: impl Fn(u16) -> bool) -> Vec<(u16, Security)> {
    let row = provider::of_host(host);
    let listed = row.into_iter().flat_map(|row| &row.servers).filter(|choice| choice.host == host);
    let mut doors: Vec<(u16, Security)> = Vec::new();
    for (port, security) in listed.map(|choice| (choice.port, choice.security)).chain([(USUAL, Security::Starttls)]) {
        if !is_measured(port) && doors.iter().all(|(known, _)| *known != port) {
            doors.push((port, security));
        }
    }
    doors.truncate(MOST);
    doors
}

/// Whether a mail server answers there that encrypts, in words.
async fn knock(ctx: &Ctx, host: &str, addr: IpAddr, port: u16, security: Security) -> Result<String, String> {
    let options = ConnectOptions::within(ctx.options.timeout.min(Duration::from_secs(4)));
    let connection = match ctx.door.connect(SocketAddr::new(addr, port), options).await {
        None => return Err("not tried, the run has used up its connections".to_owned()),
        Some(Err(failure)) => return Err(failure.state.says().to_owned()),
        Some(Ok(connection)) => connection,
    };
    let mut dialogue = match security {
        Security::Implicit => match secure(connection.stream, host, &ctx.tls, Verify::Yes, LIMIT).await {
            Ok(secured) => Dialogue::resume(secured.stream, vec![], true),
            Err(failure) => return Err(format!("opens, but the TLS handshake fails: {}", failure.said)),
        },
        _ => Dialogue::over(connection.stream),
    };
    let greets = dialogue.reply(LIMIT).await.is_ok_and(|reply| reply.code == 220);
    if !greets {
        return Err("opens, but no mail server greets".to_owned());
    }
    let reply = dialogue.ask(NAMELESS_EHLO, None, LIMIT).await;
    tokio::spawn(dialogue.quit());
    match reply {
        Ok(reply) if reply.is_positive() => {
            let encrypts = security == Security::Implicit || reply.keywords().iter().any(|word| word == "STARTTLS");
            let says = format!("a mail server answers, with {}", security.says());
            if encrypts { Ok(says) } else { Err("a mail server answers, without encryption".to_owned()) }
        }
        _ => Err("opens, but EHLO is refused".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_doors_are_tried() {
        let usual = |port| [25, 465, 587].contains(&port);
        assert_eq!(doors_of("smtp.example.com", usual), [(2525, Security::Starttls)]);
        assert_eq!(doors_of("smtp.example.com", |_| true), []);
        let listed = doors_of("mail.smtp2go.com", |port| usual(port) || port == 2525);
        assert_eq!(listed, [(443, Security::Implicit), (8025, Security::Starttls)]);
    }
}
