//! Is the chain of certificates whole, strong, and the same on every port and address? What the system verified is
//! `certificate`'s; here is what others would say: a system that fetches missing links hides that they are missing.

use super::smtp::Seen;
use super::tls::{not_again, prepare};
use super::{Ctx, Finding, Head, Notebook, Role, Target};
use crate::probe::certificate::{Certificate, parse};
use crate::probe::chain::{self, Whole};
use crate::probe::hello::{self, Heard, Version};
use crate::text::Text;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);
/// So many other addresses of the server are looked at.
const MOST_ADDRESSES: usize = 2;

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let Some(in_use) = ctx.in_use() else { return book.skipped("no server") };
    let own = Target { role: Role::InUse, port: in_use.port };
    let Some(seen) = ctx.board.slots().leaves.get(&own).cloned() else {
        return book.moot("no TLS handshake was begun");
    };
    if let Some(why) = not_again(&seen) {
        return book.skipped(why);
    }
    let known = ctx.board.slots().chains.get(&own).cloned();
    let ders = match known {
        Some(ders) => ders,
        None => read(ctx, &seen, &in_use.host).await,
    };
    let certificates: Vec<Certificate> = ders.iter().filter_map(|der| parse(der).ok()).collect();
    let Some(leaf) = certificates.first() else { return book.skipped("the server's certificates could not be read") };
    let mut remarks = look_at(&mut book, &certificates);
    book.fact("length", i64::try_from(ders.len()).unwrap_or(0));
    // Only of the chain that this computer accepted: a server may have another for other kinds of keys.
    let whole = match seen.leaf.as_ref() == ders.first() {
        true => follow(ctx, ders, &in_use.host).await,
        false => Whole::NotKnown,
    };
    match whole {
        Whole::Yes => book.fact("whole", true),
        Whole::No => {
            book.fact("whole", false);
            remarks.push("a certificate in between is missing: this computer has it, others may not".to_owned());
        }
        Whole::NotKnown => {}
    }
    other_ports(ctx, &mut book, own, leaf, &mut remarks).await;
    if !ctx.board.careful.load(Ordering::Relaxed) {
        other_addresses(ctx, &mut book, &seen, &in_use.host, leaf, &mut remarks).await;
    }
    match (remarks.is_empty(), whole) {
        (true, Whole::Yes) => book.pass(format!("{}: whole and strong, {}", own.port, leaf.key)),
        (true, _) => book.unknown(format!(
            "{}: {}; whether the chain is whole shows only for a certificate that is accepted",
            own.port, leaf.key
        )),
        (false, _) => book.warn(format!("{}: {}", own.port, remarks.join("; "))),
    }
}

/// What stands in each certificate; what is wrong with them, in words.
fn look_at(book: &mut Notebook, certificates: &[Certificate]) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut weak = Vec::new();
    for (index, certificate) in certificates.iter().enumerate() {
        let what = match index {
            0 => "the server's own".to_owned(),
            _ => format!("certificate {} of the chain", index + 1),
        };
        let detail = Text::new().host(&certificate.subject);
        let detail =
            detail.say(format!("; issued by {}; {}, {}", certificate.issuer, certificate.key, certificate.signature));
        book.saw(what.clone(), detail);
        if let Some(weakness) = certificate.weakness() {
            weak.push(weakness.clone());
            remarks.push(format!("{what}: {weakness}"));
        }
    }
    if !weak.is_empty() {
        book.fact("weak", weak);
    }
    // TLS 1.2 wants each one certified by the next (RFC 5246 section 7.4.2); old programs insist.
    if certificates.windows(2).any(|pair| pair[0].issuer_id != pair[1].subject_id) {
        book.fact("order", "wrong");
        remarks.push("the certificates are not in their order".to_owned());
    }
    remarks
}

async fn follow(ctx: &Ctx, ders: Vec<Vec<u8>>, host: &str) -> Whole {
    let (trust, host, now) = (ctx.net.trust(), host.to_owned(), ctx.net.now().as_second());
    let followed = tokio::task::spawn_blocking(move || chain::is_whole(&trust, &ders, &host, now)).await;
    followed.unwrap_or(Whole::NotKnown)
}

/// The chain that a server sends: in clear up to TLS 1.2; for a server that has only 1.3 by a library.
async fn read(ctx: &Ctx, seen: &Seen, host: &str) -> Vec<Vec<u8>> {
    if let Some(mut stream) = prepare(ctx, seen).await
        && let Heard::Chose(_, _, chain) = hello::ask(&mut stream, host, Version::Tls12, LIMIT).await
        && !chain.is_empty()
    {
        return chain;
    }
    if ctx.board.careful.load(Ordering::Relaxed) {
        return Vec::new();
    }
    match prepare(ctx, seen).await {
        Some(stream) => chain::record(stream, host, LIMIT).await,
        None => Vec::new(),
    }
}

/// What the certificates of the other ports were seen to be, beside this one. Public issuers sign by several
/// intermediates in turn, and servers have one certificate for each kind of key: only another organisation is news.
async fn other_ports(ctx: &Ctx, book: &mut Notebook, own: Target, leaf: &Certificate, remarks: &mut Vec<String>) {
    for port in super::plan::MAIL_PORTS.into_iter().filter(|port| *port != own.port) {
        let id = Target { role: Role::InUse, port }.id("certificate");
        if !ctx.board.is_planned(&id) {
            continue;
        }
        let other = ctx.board.wait_for(&id).await;
        let fact = |key: &str| other.facts.get(key).and_then(crate::facts::Value::text);
        let (Some(serial), Some(organisation)) = (fact("serial"), fact("issuer-organisation")) else { continue };
        if serial == leaf.serial && organisation == leaf.issuer_organisation {
            book.saw(format!("port {port}"), "the same certificate");
            continue;
        }
        book.saw(format!("port {port}"), format!("another certificate, issued by {organisation}"));
        if organisation != leaf.issuer_organisation {
            remarks.push(format!("port {port} shows one of another issuer, {organisation}"));
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
    let mut faults = Vec::new();
    for addr in others.take(MOST_ADDRESSES) {
        let there = Seen { addr: SocketAddr::new(addr, seen.addr.port()), ..seen.clone() };
        let chain = read(ctx, &there, host).await;
        let Some(other) = chain.first().and_then(|der| parse(der).ok()) else { continue };
        let is_same = other.serial == leaf.serial && other.issuer_organisation == leaf.issuer_organisation;
        let says = if is_same { "the same certificate" } else { "another certificate, issued by " };
        let issuer = if is_same { "" } else { &other.issuer_organisation };
        book.saw("at another address", Text::new().addr(addr).say(": ").say(says).say(issuer));
        faults.extend(match () {
            () if is_same => None,
            () if !other.is_for(host) => Some("for other names"),
            () if now > other.until => Some("expired"),
            () if now < other.from => Some("not yet valid"),
            () if other.issuer_organisation != leaf.issuer_organisation => Some("of another issuer"),
            () => None,
        });
    }
    if let Some(fault) = faults.first() {
        remarks.push(format!("another address of the server shows one that is {fault}"));
        book.fact("at-other-address", faults.into_iter().map(str::to_owned).collect::<Vec<_>>());
    }
}
