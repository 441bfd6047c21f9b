//! Whose certificate is it, and is it valid? The library has verified it already; this says what it is, and why not.

use super::clock::in_words;
use super::smtp::Seen;
use super::tls::prepare;
use super::{Ctx, Finding, Head, Notebook, Target};
use crate::facts::interceptors;
use crate::probe::certificate::{Certificate, parse};
use crate::probe::hello::{self, Heard, Version};
use crate::probe::secure::{FailureKind, Verify, secure};
use crate::text::Text;
use std::time::Duration;

pub(super) async fn run(ctx: &Ctx, head: &Head, target: Target) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let seen = ctx.board.slots().leaves.get(&target).cloned();
    let Some(seen) = seen else { return book.moot("no TLS handshake was begun") };
    let Some(host) = ctx.host(target.role) else { return book.skipped("no server") };
    let said = seen.refused.as_ref().map(|refused| refused.said.clone());
    if seen.refused.as_ref().is_some_and(|refused| refused.kind != FailureKind::Certificate) {
        return book.skipped("the handshake did not get as far as the certificate");
    }
    let verified = seen.leaf.is_some();
    let chain = match &seen.leaf {
        Some(leaf) => vec![leaf.clone()],
        None => look_at_chain(ctx, &mut book, target, &seen, &host).await,
    };
    let Some(leaf) = chain.first() else {
        let said = said.unwrap_or_default();
        book.fact("certificate", word_said(&said));
        return book.fail(format!("not accepted: {said}"));
    };
    let certificate = match parse(leaf) {
        Ok(certificate) => certificate,
        Err(why) => {
            book.fact("certificate", "untrusted");
            return book.fail(format!("the certificate is broken: {why}"));
        }
    };
    note(&mut book, &certificate);
    book.fact("verified", verified);
    book.fact("for-server", certificate.is_for(&host));
    book.fact("chain", i64::try_from(chain.len()).unwrap_or(0));
    let issuers: Vec<String> =
        chain.iter().filter_map(|der| parse(der).ok()).map(|certificate| certificate.issuer).collect();
    let interceptor = issuers.iter().find_map(|issuer| interceptors::of_issuer(issuer));
    if let Some(product) = interceptor {
        book.fact("interceptor", product.name.as_str());
    }
    let now = ctx.net.now().as_second();
    let in_dates = (certificate.from..=certificate.until).contains(&now);
    if !in_dates {
        // Is it the certificate, or this computer's clock? Network time says.
        if !ctx.board.is_planned("clock") {
            book.fact("dates", if now < certificate.from { "not-yet-valid" } else { "expired" });
        } else {
            ctx.board.wait_for("clock").await;
            let network_now = now - ctx.board.slots().clock_off.unwrap_or(0);
            let word = match network_now {
                at if at < certificate.from => "not-yet-valid",
                at if at > certificate.until => "expired",
                _ => "hold",
            };
            book.fact("dates", word);
        }
    } else {
        book.fact("dates", "hold");
    }
    let word = word_for(&certificate, &chain, &host, now, verified, interceptor.is_some(), said.as_deref());
    book.fact("certificate", word);
    let is_own = ctx.is_in_use(target);
    let left = certificate.until - now;
    let summary = match word {
        "valid" => {
            let name = certificate.names.first().unwrap_or(&certificate.subject);
            format!("{name}, from {}, {} left", certificate.issuer, in_words(left))
        }
        "expired" => format!("expired {} ago", in_words(left)),
        "not-yet-valid" => format!("not valid for another {}", in_words(certificate.from - now)),
        "name-mismatch" => format!("it is for {}, not for {host}", shown_names(&certificate)),
        "self-signed" => "it vouches for itself".to_owned(),
        "incomplete" => "a link between it and a known issuer is missing".to_owned(),
        "untrusted" if certificate.weakness().is_some() => {
            format!("not accepted; also, {}", certificate.weakness().unwrap_or_default())
        }
        "intercepted" => {
            format!("it was made by {}, not by the provider", interceptor.map_or("a scanner", |row| &row.name))
        }
        _ => format!("this computer does not trust its issuer, {}", certificate.issuer),
    };
    let summary = format!("{}: {summary}", target.port);
    match (word, verified) {
        // Automatic renewal happens a month before the end; two weeks before it somebody has missed it.
        ("valid", _) if left >= 14 * 86_400 => book.pass(summary),
        ("valid", _) | ("intercepted", true) => book.warn(summary),
        _ if is_own => book.fail(summary),
        _ => book.warn(summary),
    }
}

/// The word for what the library said, where the certificate itself could not be looked at.
fn word_said(said: &str) -> &'static str {
    let said = said.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|words| said.contains(words));
    match () {
        () if says(&["has expired", "certificate expired", "expired certificate"]) => "expired",
        () if says(&["not yet valid"]) => "not-yet-valid",
        () if says(&["hostname mismatch", "ip address mismatch", "cn name", "principal name"]) => "name-mismatch",
        () if says(&["self-signed certificate in certificate chain"]) => "untrusted",
        () if says(&["self-signed", "self signed"]) => "self-signed",
        () => "untrusted",
    }
}

/// The word of the report. What can be read from the certificate itself outranks the library's words.
fn word_for(
    certificate: &Certificate,
    chain: &[Vec<u8>],
    host: &str,
    now: i64,
    verified: bool,
    scanned: bool,
    said: Option<&str>,
) -> &'static str {
    if scanned {
        return "intercepted";
    }
    if verified {
        return "valid";
    }
    if now < certificate.from {
        return "not-yet-valid";
    }
    if now > certificate.until {
        return "expired";
    }
    let said = said.unwrap_or_default().to_ascii_lowercase();
    if certificate.self_issued {
        return "self-signed";
    }
    let trust_fault = ["local issuer", "self-signed certificate in certificate chain", "untrusted", "not trusted"]
        .iter()
        .any(|words| said.contains(words));
    if !certificate.is_for(host) && !trust_fault {
        return "name-mismatch";
    }
    // One certificate alone, from an issuer that publishes itself (RFC 5280 section 4.2.2.1), is a missing link; without
    // that it is as a rule a private issuer.
    if chain.len() == 1 && certificate.names_its_issuer {
        return "incomplete";
    }
    "untrusted"
}

fn note(book: &mut Notebook, certificate: &Certificate) {
    let date = |seconds: i64| {
        jiff::Timestamp::from_second(seconds).map_or_else(|_| "beyond reckoning".to_owned(), |at| at.to_string())
    };
    book.fact("names", certificate.names.clone());
    book.fact("subject", certificate.subject.as_str());
    book.fact("issuer", certificate.issuer.as_str());
    book.fact("issuer-organisation", certificate.issuer_organisation.as_str());
    book.fact("serial", certificate.serial.as_str());
    book.fact("key", certificate.key.as_str());
    book.fact("signature", certificate.signature.as_str());
    book.fact("from", date(certificate.from));
    book.fact("until", date(certificate.until));
    let mut names = Text::new();
    for (index, name) in certificate.names.iter().take(8).enumerate() {
        names = names.say(if index > 0 { ", " } else { "" }).host(name);
    }
    book.saw("certificate for", names);
    book.saw("issued by", certificate.issuer.as_str());
    book.saw("key and signature", format!("{}, {}", certificate.key, certificate.signature));
    book.saw("valid", format!("{} to {}", date(certificate.from), date(certificate.until)));
}

fn shown_names(certificate: &Certificate) -> String {
    if certificate.names.is_empty() {
        certificate.subject.clone()
    } else {
        certificate.names.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
    }
}

/// The chain as sent, by a ClientHello of our own up to TLS 1.2; for a server that has only 1.3 the leaf, by the library
/// without verification. Nothing but the handshake goes over these connections.
async fn look_at_chain(ctx: &Ctx, book: &mut Notebook, target: Target, seen: &Seen, host: &str) -> Vec<Vec<u8>> {
    if let Some(mut stream) = prepare(ctx, seen).await {
        let heard = hello::ask(&mut stream, host, Version::Tls12, Duration::from_secs(10)).await;
        if let Heard::Chose(_, _, chain) = heard
            && !chain.is_empty()
        {
            book.saw("looked at it again, without trust", format!("{} certificates in the chain", chain.len()));
            ctx.board.slots().chains.insert(target, chain.clone());
            return chain;
        }
    }
    let Some(stream) = prepare(ctx, seen).await else { return Vec::new() };
    match secure(stream, host, &ctx.tls, Verify::No, Duration::from_secs(10)).await {
        Ok(secured) => secured.leaf.into_iter().collect(),
        Err(_) => Vec::new(),
    }
}
