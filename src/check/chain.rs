//! Is the chain of certificates whole, strong, and the same on every port and address? What the system verified is
//! `certificate`'s; here is what others would say: a system that fetches missing links hides that they are missing.

use super::smtp::Seen;
use super::tls::prepare;
use super::{Ctx, Finding, Head, Notebook, Role, Target};
use crate::probe::certificate::{Certificate, parse};
use crate::probe::chain::{self, Whole};
use crate::probe::hello::{self, Heard, Version};
use std::net::SocketAddr;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);
/// So many other addresses of the server are looked at.
const MOST_ADDRESSES: usize = 2;

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let Some(in_use) = ctx.in_use() else { return book.skipped("no server") };
    let own = Target { role: Role::InUse, port: in_use.port };
    let Some(seen) = ctx.board.slots().leaves.get(&own).cloned() else {
        return book.skipped("no TLS handshake was begun");
    };
    let known = ctx.board.slots().chains.get(&own).cloned();
    let ders = match known {
        Some(ders) => ders,
        None => read(ctx, &seen, &in_use.host).await,
    };
    let certificates: Vec<Certificate> = ders.iter().filter_map(|der| parse(der).ok()).collect();
    let Some(leaf) = certificates.first() else { return book.skipped("the server's certificates could not be read") };
    let mut remarks = Vec::new();
    for (index, certificate) in certificates.iter().enumerate() {
        let what =
            if index == 0 { "the server's own".to_owned() } else { format!("certificate {} of the chain", index + 1) };
        book.saw(
            what,
            format!(
                "{}; issued by {}; {}, {}",
                certificate.subject, certificate.issuer, certificate.key, certificate.signature
            ),
        );
        if let Some(weakness) = certificate.weakness() {
            book.fact("weak", weakness.as_str());
            remarks.push(format!("{}: {weakness}", certificate.subject));
        }
    }
    book.fact("length", i64::try_from(ders.len()).unwrap_or(0));
    // TLS 1.2 wants each one certified by the next (RFC 5246 section 7.4.2); old programs insist.
    if certificates.windows(2).any(|pair| pair[0].issuer_id != pair[1].subject_id) {
        book.fact("order", "wrong");
        remarks.push("the certificates are not in their order".to_owned());
    }
    if seen.leaf.is_some() {
        let (trust, host, now) = (ctx.net.trust(), in_use.host.clone(), ctx.net.now().as_second());
        let whole = tokio::task::spawn_blocking(move || chain::is_whole(&trust, &ders, &host, now)).await;
        match whole {
            Ok(Whole::Yes) => book.fact("whole", true),
            Ok(Whole::No) => {
                book.fact("whole", false);
                remarks.push("a certificate in between is missing: this computer has it, others may not".to_owned());
            }
            _ => {}
        }
    }
    other_ports(ctx, &mut book, own, leaf, &mut remarks).await;
    other_addresses(ctx, &mut book, &seen, &in_use.host, leaf, &mut remarks).await;
    match remarks.is_empty() {
        true => book.pass(format!("{}: whole and strong, {}", own.port, leaf.key)),
        false => book.warn(format!("{}: {}", own.port, remarks.join("; "))),
    }
}

/// The chain that a server sends: in clear up to TLS 1.2; for a server that has only 1.3 by a library.
async fn read(ctx: &Ctx, seen: &Seen, host: &str) -> Vec<Vec<u8>> {
    if let Some(mut stream) = prepare(ctx, seen).await
        && let Heard::Chose(_, _, chain) = hello::ask(&mut stream, host, Version::Tls12, LIMIT).await
        && !chain.is_empty()
    {
        return chain;
    }
    match prepare(ctx, seen).await {
        Some(stream) => chain::record(stream, host, LIMIT).await,
        None => Vec::new(),
    }
}

/// What the certificates of the other ports were seen to be, beside this one.
async fn other_ports(ctx: &Ctx, book: &mut Notebook, own: Target, leaf: &Certificate, remarks: &mut Vec<String>) {
    for port in super::plan::MAIL_PORTS.into_iter().filter(|port| *port != own.port) {
        let id = Target { role: Role::InUse, port }.id("certificate");
        if !ctx.board.is_planned(&id) {
            continue;
        }
        let other = ctx.board.wait_for(&id).await;
        let fact = |key: &str| other.facts.get(key).and_then(crate::facts::Value::text);
        let (Some(serial), Some(issuer)) = (fact("serial"), fact("issuer")) else { continue };
        if serial == leaf.serial && issuer == leaf.issuer {
            book.saw(format!("port {port}"), "the same certificate");
        } else {
            book.saw(format!("port {port}"), format!("another certificate, issued by {issuer}"));
            if issuer != leaf.issuer {
                remarks.push(format!("port {port} shows one of another issuer, {issuer}"));
            }
        }
    }
}

/// The server's other addresses: a fault of one of them comes and goes.
async fn other_addresses(
    ctx: &Ctx,
    book: &mut Notebook,
    seen: &Seen,
    host: &str,
    leaf: &Certificate,
    remarks: &mut Vec<String>,
) {
    let local = ctx.net.local();
    let others =
        ctx.addresses(Role::InUse).into_iter().filter(|addr| *addr != seen.addr.ip() && local.is_routed(*addr));
    let now = ctx.net.now().as_second() - ctx.board.slots().clock_off.unwrap_or(0);
    for addr in others.take(MOST_ADDRESSES) {
        let there = Seen { addr: SocketAddr::new(addr, seen.addr.port()), ..seen.clone() };
        let chain = read(ctx, &there, host).await;
        let Some(other) = chain.first().and_then(|der| parse(der).ok()) else { continue };
        if other.serial == leaf.serial && other.issuer == leaf.issuer {
            book.saw(format!("address {addr}"), "the same certificate");
            continue;
        }
        book.saw(format!("address {addr}"), format!("another certificate, issued by {}", other.issuer));
        let fault = match () {
            () if !other.is_for(host) => "for other names",
            () if now > other.until => "expired",
            () if now < other.from => "not yet valid",
            () if other.issuer != leaf.issuer => "of another issuer",
            () => continue,
        };
        book.fact("at-other-address", fault);
        remarks.push(format!("the server's address {addr} shows one that is {fault}"));
    }
}
