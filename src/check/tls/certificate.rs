//! Whose certificate is it, and is it valid? The library has verified it already; this says what it is, and why not.

use crate::account::MeasuredOn;
use crate::check::engine::{Check, Handshake, How, Need, always};
use crate::check::internet::clock;
use crate::check::smtp::again::{LIMIT, prepare};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, Notebook, Target, Verdict};
use crate::facts::interceptors;
use crate::facts::keys::certificate as keys;
use crate::facts::keys::clock as clock_keys;
use crate::facts::stacks;
use crate::facts::words::{CertificateIs, Dates, ProgramRoots};
use crate::probe::certificate::{Certificate, parse};
use crate::probe::chain::{is_public, record};
use crate::probe::hello::{self, Heard};
use crate::probe::secure::{CertificateFault, FailureKind};
use crate::probe::version::Version;
use crate::text::{Text, span};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) static CHECK: Check = Check {
    kind: "certificate",
    group: Group::Tls,
    question: "Is the certificate on {port} valid?",
    when: always,
    needs: |scope| vec![Need::After(talk::CHECK.at(scope.target())), Need::IfPlanned(clock::CHECK.id())],
    facts: keys::ALL,
    how: How::Port(|ctx, book, target| Box::pin(run(ctx, book, target))),
};

/// Automatic renewal happens a month before the end; if it has not happened two weeks before, somebody has missed it.
/// In seconds.
const SOON: i64 = 14 * 86_400;

/// A certificate, and what was found out about it.
struct Examined {
    certificate: Certificate,
    /// How many certificates were examined.
    chain: usize,
    /// Whether this computer's library accepted it.
    verified: bool,
    /// The security program that made it, if one did.
    interceptor: Option<&'static str>,
    /// What the library's message says is wrong, if it did not.
    fault: CertificateFault,
    /// What is too weak in it or in those above it, in figures.
    weak: Vec<String>,
}

async fn run(ctx: &Ctx, book: &mut Notebook, target: Target) -> Verdict {
    let Some(handshake) = ctx.lane(target).and_then(|lane| lane.handshake()) else {
        return Verdict::moot("no TLS handshake was begun");
    };
    let Some(host) = ctx.host(target.role) else { return Verdict::skipped("no server") };
    let refused = handshake.refused.as_ref();
    if refused.is_some_and(|refused| refused.kind != FailureKind::Certificate) {
        return Verdict::skipped("the handshake did not get as far as the certificate");
    }
    let fault = refused.map_or(CertificateFault::Unsaid, |refused| refused.certificate_fault());
    let program_roots = program_roots(ctx).filter(|_| ctx.is_in_use(target));
    if let Some(roots) = program_roots {
        book.note(keys::PROGRAM_ROOTS, roots);
    }
    let chain = match &handshake.leaf {
        Some(leaf) if program_roots.is_none() || ctx.door.is_careful() => vec![leaf.clone()],
        leaf => {
            let read = look_at_chain(ctx, book, target, handshake, host).await;
            // A server may have another chain for other kinds of keys.
            leaf.as_ref().filter(|leaf| read.first() != Some(leaf)).map_or(read, |leaf| vec![leaf.clone()])
        }
    };
    let Some(leaf) = chain.first() else {
        book.note(keys::CERTIFICATE, said(fault));
        return Verdict::fail(format!("not accepted: {}", refused.map_or("", |refused| &refused.said)));
    };
    let certificate = match parse(leaf) {
        Ok(certificate) => certificate,
        Err(why) => {
            book.note(keys::CERTIFICATE, CertificateIs::Untrusted);
            return Verdict::fail(format!("the certificate is broken: {why}"));
        }
    };
    let readable: Vec<Certificate> = chain.iter().filter_map(|der| parse(der).ok()).collect();
    let interceptor = readable.iter().find_map(|certificate| interceptors::of_issuer(&certificate.issuer));
    let interceptor = interceptor.map(|row| row.name.as_str());
    let (verified, weak) = (handshake.leaf.is_some(), too_weak(&readable));
    let seen = Examined { certificate, chain: chain.len(), verified, interceptor, fault, weak };
    note(book, &seen.certificate);
    book.note(keys::PEM, pem(leaf));
    note_examined(book, &seen, host);
    let now = ctx.machine.now().as_second();
    let at = time_of_judging(ctx, &seen.certificate, now).await;
    let dates = dates(&seen.certificate, at);
    book.note(keys::DATES, dates);
    if !seen.verified {
        note_issuers(ctx, book, &chain, host, at).await;
    } else if program_roots.is_some() && !lacks_a_link(&seen) {
        let is_public = is_public(ctx.tls.trust(), &chain, host, now);
        is_public.into_iter().for_each(|is_public| note_public(book, is_public));
    }
    let word = judge(&seen, host, now, dates);
    book.note(keys::CERTIFICATE, word);
    sum_up(ctx, target, &seen, host, now, word)
}

fn note_examined(book: &mut Notebook, seen: &Examined, host: &str) {
    if !seen.weak.is_empty() {
        book.note(keys::WEAK, seen.weak.clone());
    }
    book.note(keys::VERIFIED, seen.verified);
    book.note(keys::FOR_SERVER, seen.certificate.is_for(host));
    book.note(keys::CHAIN, seen.chain);
    if let Some(product) = seen.interceptor {
        book.note(keys::INTERCEPTOR, product);
    }
}

/// A single certificate, from an issuer that publishes its own certificate (RFC 5280 section 4.2.2.1), means a missing
/// link; without that it is usually a private issuer.
fn lacks_a_link(seen: &Examined) -> bool {
    seen.chain == 1 && seen.certificate.names_its_issuer
}

/// Its dates: network time tells whether the certificate is wrong or this computer's clock.
fn dates(certificate: &Certificate, at: i64) -> Dates {
    match at {
        at if at < certificate.from => Dates::NotYetValid,
        at if at > certificate.until => Dates::Expired,
        _ => Dates::Hold,
    }
}

/// The time by which it is judged, in seconds since 1970: this computer's, or network time if its dates do not hold by
/// that.
async fn time_of_judging(ctx: &Ctx, certificate: &Certificate, now: i64) -> i64 {
    if (certificate.from..=certificate.until).contains(&now) {
        return now;
    }
    let clock = clock::CHECK.id();
    ctx.wait_for(&clock).await;
    now - ctx.fact(&clock, &clock_keys::AHEAD).unwrap_or(0)
}

/// A certificate that this computer's library does not accept: would others accept it, and does this computer know any
/// issuer at all?
async fn note_issuers(ctx: &Ctx, book: &mut Notebook, chain: &[Vec<u8>], host: &str, at: i64) {
    note_public(book, is_public(ctx.tls.trust(), chain, host, at).unwrap_or(false));
    if !ctx.tls.knows_issuers().await {
        book.note(keys::NO_ISSUERS, true);
        book.saw("this computer's list of issuers", "is empty, so no certificate can be accepted");
    }
}

fn note_public(book: &mut Notebook, is_public: bool) {
    book.note(keys::PUBLIC, is_public);
    let by = if is_public { "accepts it" } else { "does not accept it" };
    book.saw("by Mozilla's list of issuers", format!("a program {by}"));
}

/// Whose list of issuers the mail program goes by, if it has one of its own. On Windows and macOS it may go by the
/// system's as well (Gecko's `security.enterprise_roots.enabled`, whose default has changed); so it may on a computer that
/// is not this one.
fn program_roots(ctx: &Ctx) -> Option<ProgramRoots> {
    ctx.account.client().filter(|client| stacks::has_own_roots(&client.id))?;
    let os = ctx.machine.local().os;
    let imports = ["Windows", "macOS", "Mac OS"].iter().any(|name| os.starts_with(name));
    let is_here = ctx.account.measured_on == MeasuredOn::ThisMachine;
    Some(if is_here && !imports { ProgramRoots::Own } else { ProgramRoots::Both })
}

/// What is too weak in the certificates of a chain, in figures.
fn too_weak(chain: &[Certificate]) -> Vec<String> {
    let weak = chain.iter().enumerate().flat_map(|(index, certificate)| {
        let of = if index == 0 { String::new() } else { format!(" (certificate {} of the chain)", index + 1) };
        certificate.weaknesses().into_iter().map(move |weakness| format!("{weakness}{of}"))
    });
    weak.take(4).collect()
}

fn sum_up(ctx: &Ctx, target: Target, seen: &Examined, host: &str, now: i64, word: CertificateIs) -> Verdict {
    let certificate = &seen.certificate;
    let left = certificate.until - now;
    let summary = Text::from(format!("{}: ", target.port));
    let summary = match word {
        CertificateIs::Valid => {
            let name = certificate.names.first().unwrap_or(&certificate.subject);
            summary.host(name).say(format!(", from {}, {} left", certificate.issuer, span(left)))
        }
        CertificateIs::Expired => summary.say(format!("expired {} ago", span(left))),
        CertificateIs::NotYetValid => summary.say(format!("not valid for another {}", span(certificate.from - now))),
        CertificateIs::NameMismatch => {
            summary.say("it is for ").append(shown_names(certificate)).say(", not for ").host(host)
        }
        CertificateIs::SelfSigned => summary.say("it is self-signed"),
        CertificateIs::Incomplete => summary.say("a link between it and a known issuer is missing"),
        CertificateIs::Intercepted => {
            let product = seen.interceptor.unwrap_or("a scanner");
            summary.say(format!("it was made by {product}, not by the provider"))
        }
        CertificateIs::TooWeak if seen.weak.is_empty() => summary.say("too weak for this computer's TLS library"),
        CertificateIs::TooWeak => summary.say(format!("too weak: it has {}", seen.weak.join(" and "))),
        CertificateIs::Untrusted if !seen.weak.is_empty() => {
            summary.say(format!("not accepted; also, it has {}", seen.weak.join(" and ")))
        }
        CertificateIs::Untrusted => {
            summary.say(format!("this computer does not trust its issuer, {}", certificate.issuer))
        }
    };
    match (word, seen.verified) {
        (CertificateIs::Valid, _) if left >= SOON => Verdict::pass(summary),
        (CertificateIs::Valid, _) | (CertificateIs::Intercepted, true) => Verdict::warn(summary),
        _ if ctx.is_in_use(target) => Verdict::fail(summary),
        _ => Verdict::warn(summary),
    }
}

/// The word for the library's message, if the certificate itself could not be read.
fn said(fault: CertificateFault) -> CertificateIs {
    match fault {
        CertificateFault::Expired => CertificateIs::Expired,
        CertificateFault::NotYetValid => CertificateIs::NotYetValid,
        CertificateFault::Name => CertificateIs::NameMismatch,
        CertificateFault::SelfSigned => CertificateIs::SelfSigned,
        CertificateFault::TooWeak => CertificateIs::TooWeak,
        CertificateFault::UnknownIssuer | CertificateFault::Unsaid => CertificateIs::Untrusted,
    }
}

/// The report's word. What can be read from the certificate itself outranks the library's message.
fn judge(seen: &Examined, host: &str, now: i64, dates: Dates) -> CertificateIs {
    let certificate = &seen.certificate;
    // The dates are all that is wrong only with a certificate that would be accepted at another time.
    let is_bad_anyway = matches!(seen.fault, CertificateFault::UnknownIssuer | CertificateFault::SelfSigned)
        || certificate.self_issued
        || !certificate.is_for(host);
    let by_clock = match now {
        _ if is_bad_anyway => None,
        now if now < certificate.from => Some(CertificateIs::NotYetValid),
        now if now > certificate.until => Some(CertificateIs::Expired),
        _ => None,
    };
    let is_a_matter_of_time = !seen.verified && dates == Dates::Hold && by_clock.is_some();
    if seen.interceptor.is_some() && !is_a_matter_of_time {
        CertificateIs::Intercepted
    } else if seen.verified {
        CertificateIs::Valid
    } else if let Some(word) = by_clock {
        word
    } else if seen.fault == CertificateFault::TooWeak {
        CertificateIs::TooWeak
    } else if certificate.self_issued {
        CertificateIs::SelfSigned
    } else if !certificate.is_for(host) && seen.fault != CertificateFault::UnknownIssuer {
        CertificateIs::NameMismatch
    } else if lacks_a_link(seen) {
        CertificateIs::Incomplete
    } else {
        CertificateIs::Untrusted
    }
}

fn note(book: &mut Notebook, certificate: &Certificate) {
    let date = |seconds: i64| {
        jiff::Timestamp::from_second(seconds).map_or_else(|_| "not a possible date".to_owned(), |at| at.to_string())
    };
    book.note(keys::NAMES, certificate.names.clone());
    book.note(keys::SUBJECT, certificate.subject.as_str());
    book.note(keys::ISSUER, certificate.issuer.as_str());
    book.note(keys::ISSUER_ORGANISATION, certificate.issuer_organisation.as_str());
    book.note(keys::SERIAL, certificate.serial.as_str());
    book.note(keys::FINGERPRINT, certificate.fingerprint.as_str());
    book.note(keys::KEY, certificate.key.as_str());
    book.note(keys::SIGNATURE, certificate.signature.as_str());
    book.note(keys::FROM, date(certificate.from));
    book.note(keys::UNTIL, date(certificate.until));
    let mut names = Text::new();
    for (index, name) in certificate.names.iter().take(8).enumerate() {
        names = names.say(if index > 0 { ", " } else { "" }).host(name);
    }
    book.saw("certificate for", names);
    book.saw("issued by", certificate.issuer.as_str());
    book.saw("key and signature", format!("{}, {}", certificate.key, certificate.signature));
    book.saw("valid", format!("{} to {}", date(certificate.from), date(certificate.until)));
}

/// The certificate as a text (RFC 7468): lines of 64 characters.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).filter_map(|line| std::str::from_utf8(line).ok()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn shown_names(certificate: &Certificate) -> Text {
    if certificate.names.is_empty() {
        return Text::new().host(&certificate.subject);
    }
    let mut names = Text::new();
    for (index, name) in certificate.names.iter().take(3).enumerate() {
        names = names.say(if index > 0 { ", " } else { "" }).host(name);
    }
    names
}

/// The chain as sent: up to TLS 1.2 read with a ClientHello of our own; for a server that has only 1.3, by a library,
/// without verification. Nothing but the handshake goes over these connections.
async fn look_at_chain(
    ctx: &Ctx,
    book: &mut Notebook,
    target: Target,
    handshake: &Handshake,
    host: &str,
) -> Vec<Vec<u8>> {
    if let Some(mut stream) = prepare(ctx, handshake).await
        && let Heard::Chose(_, _, chain, _) = hello::ask(&mut stream, host, Version::Tls12, LIMIT).await
        && !chain.is_empty()
    {
        book.saw("read again, without verification", format!("{} certificates in the chain", chain.len()));
        if let Some(lane) = ctx.lane(target) {
            lane.read_chain(chain.clone());
        }
        return chain;
    }
    match prepare(ctx, handshake).await {
        Some(stream) => record(stream, host, LIMIT).await,
        None => Vec::new(),
    }
}
