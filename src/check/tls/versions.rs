//! Which TLS versions does a port accept? Each version separately, with bytes of our own, on a connection of its own.

use super::certificate;
use crate::check::engine::{Check, Handshake, How, Need};
use crate::check::smtp::again::{LIMIT, not_again, prepare};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, Notebook, Role, Target, Verdict};
use crate::facts::keys::tls as keys;
use crate::facts::words::{Accepts, TooWeak};
use crate::probe::hello::{self, Heard};
use crate::probe::secure::FailureKind;
use crate::probe::version::Version;
use crate::text::grouped;
use futures::future::join;
use futures::stream::StreamExt;
use std::collections::BTreeMap;

pub(crate) static CHECK: Check = Check {
    kind: "tls",
    group: Group::Tls,
    question: "Which TLS versions does {port} accept?",
    when: |scope| scope.role() == Role::InUse,
    needs: |scope| {
        let target = scope.target();
        vec![Need::After(talk::CHECK.at(target)), Need::After(certificate::CHECK.at(target))]
    },
    facts: keys::ALL,
    how: How::Port(|ctx, book, target| Box::pin(run(ctx, book, target))),
};

/// DHE parameters of fewer bits are refused by OpenSSL at its security level 2 (SSL_CTX_set_security_level(3): 112 bits of
/// security), which Debian, Ubuntu and Fedora set; RFC 9325 section 4.5 wants the same.
const LEAST_DH_BITS: usize = 2_048;

/// The port that is asked, and the server's name to ask with.
struct Asked<'a> {
    ctx: &'a Ctx,
    seen: &'a Handshake,
    host: &'a str,
}

async fn run(ctx: &Ctx, book: &mut Notebook, target: Target) -> Verdict {
    let Some(seen) = ctx.lane(target).and_then(|lane| lane.handshake()) else {
        return Verdict::moot("no TLS handshake was begun there");
    };
    let Some(host) = ctx.host(target.role) else { return Verdict::skipped("no server") };
    if let Some(why) = not_again(seen) {
        return Verdict::skipped(why);
    }
    let port = Asked { ctx, seen, host };
    let answers = port.ask_each_version(book).await;
    let accepted: Vec<Version> = answers.values().flatten().filter_map(chosen).collect();
    note_versions(book, &answers, &accepted);
    let strength = note_strength(book, &answers, &accepted);
    let suite_12 = answers.values().flatten().find_map(|heard| match heard {
        Heard::Chose(Version::Tls12, suite, ..) => Some(*suite),
        _ => None,
    });
    let no_suite = accepted.is_empty() && answers.values().flatten().any(found_nothing);
    let chain = answers.into_values().rev().flatten().find_map(|heard| match heard {
        Heard::Chose(_, _, chain, _) if !chain.is_empty() => Some(chain),
        _ => None,
    });
    if let (Some(chain), Some(lane)) = (chain, ctx.lane(target)) {
        book.note(keys::CHAIN, chain.len());
        lane.read_chain(chain);
    }
    let is_own = ctx.is_in_use(target);
    let is_explained = |kind: &FailureKind| matches!(kind, FailureKind::Certificate | FailureKind::TooWeak(_));
    if is_own && seen.refused.as_ref().is_some_and(|refused| !is_explained(&refused.kind)) {
        let newest_alone = accepted.iter().any(|version| *version >= Version::Tls12);
        if let Some(breaks) = breaks_on(&port, book, newest_alone).await {
            book.note(keys::BREAKS_ON, breaks);
            return Verdict::fail(format!("{}: the server breaks off {breaks}", target.port));
        }
    }
    if is_own && no_suite && port.is_anonymous(book).await {
        return Verdict::fail(format!("{}: the server has no certificate to encrypt with", target.port));
    }
    let weak = if is_own && !accepted.is_empty() { port.ask_details(book, suite_12).await } else { None };
    sum_up(target, &accepted, strength, weak)
}

fn chosen(heard: &Heard) -> Option<Version> {
    match heard {
        Heard::Chose(version, ..) => Some(*version),
        _ => None,
    }
}

fn note_versions(book: &mut Notebook, answers: &BTreeMap<Version, Option<Heard>>, accepted: &[Version]) {
    for (version, heard) in answers {
        let word = match heard {
            Some(heard) if chosen(heard) == Some(*version) => Accepts::Accepted,
            // "Nothing acceptable" need not mean the version, if that is all that the server ever says.
            Some(heard) if found_nothing(heard) && accepted.is_empty() && !tells_versions(answers) => Accepts::Unknown,
            // A server that says of everything that it failed has refused nothing.
            Some(Heard::Alert(alert)) if accepted.is_empty() && !hello::is_refusal(*alert) => Accepts::Unknown,
            Some(Heard::Chose(..) | Heard::Alert(_)) => Accepts::Rejected,
            // Some servers cut the connection instead of refusing; a port that cuts everything says nothing.
            Some(Heard::Cut) if !accepted.is_empty() => Accepts::Rejected,
            _ if accepted.contains(version) => Accepts::Accepted,
            _ => Accepts::Unknown,
        };
        book.note(keys::VERSION.of(version.word()), word);
    }
}

/// Alerts of a server that found nothing acceptable in what it was offered: handshake_failure, insufficient_security
/// (RFC 5246 section 7.2.2).
const NO_SUITE: [u8; 2] = [40, 71];

/// Whether the server found no cipher suite, or nothing else that it can use, in what it was offered.
fn found_nothing(heard: &Heard) -> bool {
    matches!(heard, Heard::Alert(alert) if NO_SUITE.contains(alert))
}

/// The alert of a server that does not accept the version (RFC 5246 section 7.2.2).
const PROTOCOL_VERSION: u8 = 70;

/// Whether the server has an alert of its own for versions, so that its others mean something else.
fn tells_versions(answers: &BTreeMap<Version, Option<Heard>>) -> bool {
    answers.values().flatten().any(|heard| *heard == Heard::Alert(PROTOCOL_VERSION))
}

/// What the server has nothing stronger for than what it chose from all that it was offered, and the versions that it
/// refuses for want of a cipher suite; in words, if there is anything.
fn note_strength(
    book: &mut Notebook,
    answers: &BTreeMap<Version, Option<Heard>>,
    accepted: &[Version],
) -> Option<String> {
    let of_today = [Version::Tls12, Version::Tls13];
    let is_without = |version: &&Version| matches!(answers.get(version), Some(Some(heard)) if found_nothing(heard));
    let no_suite: Vec<&Version> = of_today.iter().filter(is_without).collect();
    if tells_versions(answers) && !no_suite.is_empty() {
        book.note(keys::NO_SUITE, no_suite.iter().map(|version| version.word().to_owned()).collect::<Vec<_>>());
        if accepted.is_empty() {
            book.note(keys::TOO_WEAK, TooWeak::Suites);
            return Some(format!("{} is supported there, but none of the cipher suites offered", no_suite[0]));
        }
    }
    let Some(Some(Heard::Chose(Version::Tls12, suite, _, exchange))) = answers.get(&Version::Tls12) else {
        return None;
    };
    if let Some(bits) = exchange.dh_bits {
        book.note(keys::DH_BITS, bits);
    }
    // A server that has TLS 1.3 as well is not reduced to this.
    if accepted.contains(&Version::Tls13) {
        return None;
    }
    let (weak, says) = if !hello::is_of_today(*suite) {
        book.note(keys::ODD_SUITE, format!("{suite:#06x}"));
        (TooWeak::Suites, "with no modern cipher suite".to_owned())
    } else if let Some(bits) = exchange.dh_bits.filter(|bits| *bits < LEAST_DH_BITS) {
        (TooWeak::KeyExchange, format!("with DHE of {} bits", grouped(bits)))
    } else if exchange.is_signed_with_sha1() {
        (TooWeak::ExchangeSignature, "signed with SHA-1 alone".to_owned())
    } else {
        return None;
    };
    book.note(keys::TOO_WEAK, weak);
    Some(says)
}

fn sum_up(target: Target, accepted: &[Version], strength: Option<String>, weak: Option<&'static str>) -> Verdict {
    let Some(best) = accepted.iter().max() else {
        return match strength {
            Some(strength) => Verdict::fail(format!("{}: {strength}", target.port)),
            None => Verdict::unknown("no TLS version could be established"),
        };
    };
    let mut shown: Vec<&str> = accepted.iter().map(|version| version.word().trim_start_matches("TLSv")).collect();
    shown.sort_unstable();
    shown.dedup();
    let summary = format!("{}: TLS {}", target.port, shown.join(", "));
    if *best < Version::Tls12 {
        return Verdict::fail(format!("{summary}: too old for today's mail programs"));
    }
    let mut remarks: Vec<String> = strength.into_iter().collect();
    if accepted.contains(&Version::Ssl3) {
        remarks.push("SSLv3 is broken, RFC 7568".to_owned());
    }
    if accepted.iter().any(|version| (Version::Tls10..Version::Tls12).contains(version)) {
        remarks.push("1.0 and 1.1 are deprecated, RFC 8996".to_owned());
    }
    remarks.extend(weak.map(|weak| format!("{weak} is accepted if nothing better is offered")));
    match remarks.is_empty() {
        true => Verdict::pass(summary),
        false => Verdict::warn(format!("{summary} ({})", remarks.join("; "))),
    }
}

impl Asked<'_> {
    /// Each version separately. Whoever refuses TLS 1.1 as a version (protocol_version) accepts no older one either: a
    /// ClientHello names the newest version that the client has, and the server may choose any below (RFC 5246, appendix E).
    async fn ask_each_version(&self, book: &mut Notebook) -> BTreeMap<Version, Option<Heard>> {
        let mut answers = BTreeMap::new();
        self.ask_versions(&[Version::Tls12, Version::Tls11, Version::Tls13], book, &mut answers).await;
        let older = [Version::Tls10, Version::Ssl3];
        let refusal = answers.get(&Version::Tls11).filter(|heard| **heard == Some(Heard::Alert(PROTOCOL_VERSION)));
        match refusal.cloned() {
            Some(refusal) => {
                book.saw("ClientHello for older versions", "not sent: nothing up to TLS 1.1 is accepted");
                answers.extend(older.map(|version| (version, refusal.clone())));
            }
            None => self.ask_versions(&older, book, &mut answers).await,
        }
        answers
    }

    /// Two at a time: providers count connections.
    async fn ask_versions(
        &self,
        versions: &[Version],
        book: &mut Notebook,
        answers: &mut BTreeMap<Version, Option<Heard>>,
    ) {
        let at_a_time = if self.ctx.door.is_careful() { 1 } else { 2 };
        let asked = versions.iter().copied().map(|version| async move {
            let mut heard = self.ask(version).await;
            // What today's programs need is not called missing because of one connection that broke off.
            if heard == Some(Heard::Cut) && version >= Version::Tls12 {
                heard = self.ask(version).await;
            }
            (version, heard)
        });
        let mut running = futures::stream::iter(asked).buffer_unordered(at_a_time);
        while let Some((version, heard)) = running.next().await {
            let says = heard.as_ref().map_or_else(|| "not asked: no more connections".to_owned(), Heard::says);
            book.saw(format!("ClientHello for {version} only"), says);
            if heard.as_ref().and_then(chosen) == Some(version) {
                book.note(keys::VERSION.of(version.word()), Accepts::Accepted);
            }
            answers.insert(version, heard);
        }
    }

    async fn ask(&self, version: Version) -> Option<Heard> {
        let mut stream = prepare(self.ctx, self.seen).await?;
        Some(hello::ask(&mut stream, self.host, version, LIMIT).await)
    }

    /// Weak suites and those of older systems, at the same time: they only add detail.
    async fn ask_details(&self, book: &mut Notebook, suite_12: Option<u16>) -> Option<&'static str> {
        let older = async {
            match suite_12 {
                Some(suite) if !hello::is_older(suite) => self.ask_older().await,
                _ => None,
            }
        };
        let (weak, older) = join(self.ask_weak(), older).await;
        note_older(book, suite_12, older);
        note_weak(book, weak)
    }

    async fn ask_weak(&self) -> Option<Heard> {
        let mut stream = prepare(self.ctx, self.seen).await?;
        Some(hello::ask_weak(&mut stream, self.host, LIMIT).await)
    }

    /// Whether the server takes a cipher suite without a certificate, having refused all others: it has none that it can
    /// use (RFC 5246 section 7.4.2).
    async fn is_anonymous(&self, book: &mut Notebook) -> bool {
        let Some(heard) = self.ask_weak().await else { return false };
        let anonymous = note_weak(book, Some(heard)) == Some(hello::ANONYMOUS);
        book.note(keys::ANONYMOUS, anonymous);
        anonymous
    }

    async fn ask_older(&self) -> Option<Heard> {
        let ask = || async {
            let mut stream = prepare(self.ctx, self.seen).await?;
            Some(hello::ask_older(&mut stream, self.host, LIMIT).await)
        };
        match ask().await {
            Some(Heard::Cut) => ask().await,
            heard => heard,
        }
    }

    /// A modern ClientHello, with or without the server's name, of at least this many bytes.
    async fn ask_modern(&self, with_name: bool, at_least: usize) -> Option<Heard> {
        let mut stream = prepare(self.ctx, self.seen).await?;
        Some(hello::ask_modern(&mut stream, with_name.then_some(self.host), at_least, LIMIT).await)
    }
}

/// Whether the server accepts what nobody should accept any more, if it is offered nothing else.
fn note_weak(book: &mut Notebook, heard: Option<Heard>) -> Option<&'static str> {
    let heard = heard?;
    book.saw("ClientHello with weak cipher suites only", heard.says());
    let Heard::Chose(_, suite, ..) = heard else { return None };
    let weak = hello::weakness(suite)?;
    book.note(keys::WEAK, weak);
    Some(weak)
}

/// Whether TLS 1.2 is accepted with the suites of Windows 7 to 8.1: known from the suite chosen before, or otherwise
/// from the answer.
fn note_older(book: &mut Notebook, chosen: Option<u16>, heard: Option<Heard>) {
    if chosen.is_some_and(hello::is_older) {
        book.note(keys::OLDER_SUITES, Accepts::Accepted);
        return;
    }
    let Some(heard) = heard else { return };
    book.saw("ClientHello of Windows 7 to 8.1", heard.says());
    match heard {
        Heard::Chose(..) => book.note(keys::OLDER_SUITES, Accepts::Accepted),
        Heard::Alert(_) | Heard::Cut => book.note(keys::OLDER_SUITES, Accepts::Rejected),
        _ => {}
    }
}

/// What makes a server break off that accepts some version alone, but not what this computer's library offers. Only
/// breaking off counts, and only twice: an alert is an answer, and silence may be caused by the line.
async fn breaks_on(port: &Asked<'_>, book: &mut Notebook, newest_alone: bool) -> Option<&'static str> {
    // Larger than one packet, as ClientHellos with post-quantum key shares are.
    const LARGE: usize = 1_700;
    let took = |heard: &Heard| matches!(heard, Heard::Chose(..));
    let modern = port.ask_modern(true, 0).await?;
    book.saw("ClientHello for TLS 1.3 and 1.2", modern.says());
    if took(&modern) {
        let large = port.ask_modern(true, LARGE).await?;
        book.saw(format!("the same, {LARGE} bytes long"), large.says());
        let breaks = large == Heard::Cut && port.ask_modern(true, LARGE).await? == Heard::Cut;
        return breaks.then_some("when the ClientHello is large");
    }
    if modern != Heard::Cut {
        return None;
    }
    let nameless = port.ask_modern(false, 0).await?;
    book.saw("the same, without the server's name", nameless.says());
    if !took(&nameless) && !newest_alone {
        return None;
    }
    if port.ask_modern(true, 0).await? != Heard::Cut {
        return None;
    }
    Some(if took(&nameless) { "when the ClientHello names it (SNI)" } else { "when TLS 1.3 is offered along with 1.2" })
}
