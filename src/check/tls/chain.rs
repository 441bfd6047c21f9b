//! Is the chain of certificates whole, strong, and the same on every port and address? What the system verified is for
//! `certificate`; here is what others would say, since a system that fetches missing links hides that they are
//! missing.

use super::{certificate, versions};
use crate::check::dns::server;
use crate::check::engine::{Case, Check, Handshake, How, Need, Scope, always};
use crate::check::internet::clock;
use crate::check::ports::port;
use crate::check::smtp::again::{LIMIT, addresses_besides, not_again, prepare};
use crate::check::{Ctx, Group, MAIL_PORTS, Notebook, Role, Target, Verdict};
use crate::facts::keys::certificate as certificate_keys;
use crate::facts::keys::chain as keys;
use crate::facts::keys::clock as clock_keys;
use crate::facts::words::{AtOtherAddress, Order};
use crate::probe::certificate::{Certificate, parse};
use crate::probe::chain::{self, Whole};
use crate::probe::hello::{self, Heard};
use crate::probe::version::Version;
use crate::text::Text;
use std::net::SocketAddr;

pub(crate) static CHECK: Check = Check {
    kind: "chain",
    group: Group::Tls,
    question: "Is the chain of certificates complete, strong and the same everywhere?",
    when: always,
    needs,
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case))),
};

fn needs(scope: &Scope<'_>) -> Vec<Need> {
    let mut needs = vec![
        Need::After(versions::CHECK.at(scope.target())),
        Need::After(server::CHECK.of(Role::InUse)),
        Need::After(port::CHECK.at(scope.target())),
        Need::IfPlanned(clock::CHECK.id()),
    ];
    let others = scope.ports_in_use().filter(|target| *target != scope.target());
    needs.extend(others.map(|target| Need::IfPlanned(certificate::CHECK.at(target))));
    needs
}

async fn run(ctx: &Ctx, book: &mut Notebook, case: &Case) -> Verdict {
    let own = case.own;
    let lane = ctx.lane(own);
    let Some(seen) = lane.and_then(|lane| lane.handshake()) else {
        return Verdict::moot("no TLS handshake was begun");
    };
    if let Some(why) = not_again(seen) {
        return Verdict::skipped(why);
    }
    let ders = match lane.and_then(|lane| lane.chain()) {
        Some(ders) => ders.clone(),
        None => read(ctx, seen, &case.in_use.host).await.unwrap_or_default(),
    };
    let certificates: Vec<Certificate> = ders.iter().filter_map(|der| parse(der).ok()).collect();
    let Some(leaf) = certificates.first() else {
        return Verdict::skipped("the server's certificates could not be read");
    };
    let mut remarks = look_at(book, &certificates);
    book.note(keys::LENGTH, ders.len());
    // Only for the chain that this computer accepted: a server may have another one for other kinds of keys.
    let whole = match seen.leaf.as_ref() == ders.first() {
        true => follow(ctx, ders, &case.in_use.host).await,
        false => Whole::NotKnown,
    };
    match whole {
        Whole::Yes => book.note(keys::WHOLE, true),
        Whole::No => {
            book.note(keys::WHOLE, false);
            remarks.push("an intermediate certificate is missing: this computer has it, others may not".to_owned());
        }
        Whole::NotKnown => {}
    }
    other_ports(ctx, book, own, leaf, &mut remarks).await;
    if !ctx.door.is_careful() {
        other_addresses(ctx, book, seen, &case.in_use.host, leaf, &mut remarks).await;
    }
    match (remarks.is_empty(), whole) {
        (true, Whole::Yes) => Verdict::pass(format!("{}: complete and strong, {}", own.port, leaf.key)),
        (true, _) => Verdict::unknown(format!(
            "{}: {}; whether the chain is complete shows only for a certificate that is accepted",
            own.port, leaf.key
        )),
        (false, _) => Verdict::warn(format!("{}: {}", own.port, remarks.join("; "))),
    }
}

/// Writes down each certificate; returns what is wrong with them, in words.
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
        for weakness in certificate.weaknesses() {
            remarks.push(format!("{what} has {weakness}"));
            weak.push(weakness);
        }
    }
    let each = |of: fn(&Certificate) -> &String| certificates.iter().map(move |certificate| of(certificate).clone());
    book.note(keys::SUBJECTS, each(|certificate| &certificate.subject).collect::<Vec<_>>());
    book.note(keys::ISSUERS, each(|certificate| &certificate.issuer).collect::<Vec<_>>());
    if !weak.is_empty() {
        book.note(keys::WEAK, weak);
    }
    // TLS 1.2 wants each certificate to be certified by the next (RFC 5246 section 7.4.2); old programs insist on it.
    if certificates.windows(2).any(|pair| pair[0].issuer_id != pair[1].subject_id) {
        book.note(keys::ORDER, Order::Wrong);
        remarks.push("the certificates are not in order".to_owned());
    }
    remarks
}

async fn follow(ctx: &Ctx, ders: Vec<Vec<u8>>, host: &str) -> Whole {
    let (trust, host, now) = (ctx.machine.trust(), host.to_owned(), ctx.machine.now().as_second());
    let followed = tokio::task::spawn_blocking(move || chain::is_whole(&trust, &ders, &host, now)).await;
    followed.unwrap_or(Whole::NotKnown)
}

/// The chain that a server sends: read unencrypted up to TLS 1.2; by a library for a server that has only 1.3. `None` if
/// nothing gets as far as the handshake's answer.
async fn read(ctx: &Ctx, seen: &Handshake, host: &str) -> Option<Vec<Vec<u8>>> {
    let mut stream = prepare(ctx, seen).await?;
    match hello::ask(&mut stream, host, Version::Tls12, LIMIT).await {
        Heard::Chose(_, _, chain, _) if !chain.is_empty() => return Some(chain),
        Heard::Silent => return None,
        _ => {}
    }
    drop(stream);
    if ctx.door.is_careful() {
        return Some(Vec::new());
    }
    let stream = prepare(ctx, seen).await?;
    Some(chain::record(stream, host, LIMIT).await)
}

/// How the certificates of the other ports compare with this one. Public issuers sign with several intermediates in
/// turn, and servers have one certificate for each kind of key: only another organisation is worth reporting.
async fn other_ports(ctx: &Ctx, book: &mut Notebook, own: Target, leaf: &Certificate, remarks: &mut Vec<String>) {
    for port in MAIL_PORTS.into_iter().filter(|port| *port != own.port) {
        let id = certificate::CHECK.at(Target::in_use(port));
        ctx.wait_for(&id).await;
        let serial = ctx.fact(&id, &certificate_keys::SERIAL);
        let organisation = ctx.fact(&id, &certificate_keys::ISSUER_ORGANISATION);
        let (Some(serial), Some(organisation)) = (serial, organisation) else { continue };
        if serial == leaf.serial && organisation == leaf.issuer_organisation {
            book.saw(format!("port {port}"), "the same certificate");
            continue;
        }
        book.saw(format!("port {port}"), format!("another certificate, issued by {organisation}"));
        if organisation != leaf.issuer_organisation {
            remarks.push(format!("port {port} shows one from another issuer, {organisation}"));
        }
    }
}

/// Checks the server's other addresses: a fault at one of them comes and goes.
async fn other_addresses(
    ctx: &Ctx,
    book: &mut Notebook,
    seen: &Handshake,
    host: &str,
    leaf: &Certificate,
    remarks: &mut Vec<String>,
) {
    let clock = clock::CHECK.id();
    ctx.wait_for(&clock).await;
    let ahead = ctx.fact(&clock, &clock_keys::AHEAD).unwrap_or(0);
    let now = ctx.machine.now().as_second() - ahead;
    let fault = |certificate: &Certificate| match () {
        () if !certificate.is_for(host) => Some(AtOtherAddress::OtherNames),
        () if now > certificate.until => Some(AtOtherAddress::Expired),
        () if now < certificate.from => Some(AtOtherAddress::NotYetValid),
        () => None,
    };
    let (mut faults, mut silent, mut faulty, mut sound) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for addr in addresses_besides(ctx, seen.addr).await {
        let there = Handshake { addr: SocketAddr::new(addr, seen.addr.port()), ..seen.clone() };
        let Some(chain) = read(ctx, &there, host).await else {
            // Where we may not ask, nobody knows.
            if !ctx.door.is_careful() && !ctx.door.is_used_up() {
                book.saw("at another address", Text::new().addr(addr).say(": TLS gets no answer"));
                silent.push(addr);
            }
            continue;
        };
        let Some(other) = chain.first().and_then(|der| parse(der).ok()) else { continue };
        let is_same = other.serial == leaf.serial && other.issuer_organisation == leaf.issuer_organisation;
        let says = if is_same { "the same certificate" } else { "another certificate, issued by " };
        let issuer = if is_same { "" } else { &other.issuer_organisation };
        book.saw("at another address", Text::new().addr(addr).say(": ").say(says).say(issuer));
        let is_other_issuer = other.issuer_organisation != leaf.issuer_organisation;
        match (fault(leaf), fault(&other)) {
            _ if is_same => {}
            (Some(_), None) => sound.push(addr),
            (None, Some(fault)) => {
                faulty.push(addr);
                faults.push(fault);
            }
            (_, fault) => faults.extend(fault.or(is_other_issuer.then_some(AtOtherAddress::OtherIssuer))),
        }
    }
    if !faulty.is_empty() {
        book.note(keys::FAULTY_ADDRESSES, faulty);
    }
    if !sound.is_empty() {
        remarks.push("another address of the server shows one that has the name and is valid".to_owned());
        book.note(keys::SOUND_ADDRESSES, sound);
    }
    if !silent.is_empty() {
        remarks.push("at another address of the server TLS gets no answer".to_owned());
        book.note(keys::SILENT_ADDRESSES, silent);
    }
    if let Some(fault) = faults.first() {
        let says = match fault {
            AtOtherAddress::OtherNames => "for other names",
            AtOtherAddress::Expired => "expired",
            AtOtherAddress::NotYetValid => "not yet valid",
            AtOtherAddress::OtherIssuer => "of another issuer",
        };
        remarks.push(format!("another address of the server shows one that is {says}"));
        book.note(keys::AT_OTHER_ADDRESS, faults);
    }
}
