//! Which TLS versions does a port accept? Each version by itself, by bytes of our own, on a connection of its own.

use super::smtp::Seen;
use super::{Ctx, Finding, Head, Notebook, Target};
use crate::net::{BoxStream, ConnectOptions};
use crate::probe::hello::{self, Heard, Version};
use crate::probe::secure::FailureKind;
use crate::probe::smtp::Dialogue;
use futures::stream::StreamExt;
use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// The limit of one question.
const LIMIT: Duration = Duration::from_secs(10);
/// A server that takes longer than this to greet is not asked four more times.
const PATIENT_GREETING: Duration = Duration::from_secs(5);

pub(super) async fn run(ctx: &Ctx, head: &Head, target: Target) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let seen = ctx.board.slots().leaves.get(&target).cloned();
    let Some(seen) = seen else { return book.moot("no TLS handshake was begun there") };
    let Some(host) = ctx.host(target.role) else { return book.skipped("no server") };
    if let Some(why) = not_again(&seen) {
        return book.skipped(why);
    }
    // Two at a time: providers count connections.
    let most = if ctx.board.careful.load(std::sync::atomic::Ordering::Relaxed) { 1 } else { 2 };
    let asked = Version::ALL.map(|version| {
        let (seen, host) = (&seen, &host);
        async move {
            let ask = || async {
                let mut stream = prepare(ctx, seen).await?;
                Some(hello::ask(&mut stream, host, version, LIMIT).await)
            };
            let mut heard = ask().await;
            // What programs of today need is not called missing for one connection that broke off.
            if heard == Some(Heard::Cut) && version >= Version::Tls12 {
                heard = ask().await;
            }
            (version, heard)
        }
    });
    let mut answers: BTreeMap<Version, Option<Heard>> = BTreeMap::new();
    let mut running = futures::stream::iter(asked).buffer_unordered(most);
    while let Some((version, heard)) = running.next().await {
        book.saw(
            format!("ClientHello for {version} only"),
            heard.as_ref().map_or_else(|| "not asked: no more connections".to_owned(), Heard::says),
        );
        if matches!(heard, Some(Heard::Chose(chosen, ..)) if chosen == version) {
            book.fact(version.word(), "accepted");
        }
        answers.insert(version, heard);
    }
    let accepted: Vec<Version> = answers
        .values()
        .flatten()
        .filter_map(|heard| match heard {
            Heard::Chose(version, ..) => Some(*version),
            _ => None,
        })
        .collect();
    for (version, heard) in &answers {
        let word = match heard {
            Some(Heard::Chose(chosen, ..)) if chosen == version => "accepted",
            Some(Heard::Chose(..) | Heard::Alert(_)) => "rejected",
            // Some servers cut the connection instead of saying no; a port that cuts everything says nothing.
            Some(Heard::Cut) if !accepted.is_empty() => "rejected",
            _ if accepted.contains(version) => "accepted",
            _ => "unknown",
        };
        book.fact(version.word(), word);
    }
    let suite_12 = answers.values().flatten().find_map(|heard| match heard {
        Heard::Chose(Version::Tls12, suite, _) => Some(*suite),
        _ => None,
    });
    let chain = answers.into_values().rev().flatten().find_map(|heard| match heard {
        Heard::Chose(_, _, chain) if !chain.is_empty() => Some(chain),
        _ => None,
    });
    if let Some(chain) = chain {
        book.fact("chain", i64::try_from(chain.len()).unwrap_or(0));
        ctx.board.slots().chains.insert(target, chain);
    }
    let breaks = match &seen.refused {
        Some(refused) if ctx.is_in_use(target) && refused.kind != FailureKind::Certificate => {
            let newest_alone = accepted.iter().any(|version| *version >= Version::Tls12);
            breaks_on(ctx, &mut book, &seen, &host, newest_alone).await
        }
        _ => None,
    };
    if let Some(breaks) = breaks {
        book.fact("breaks-on", breaks);
        return book.fail(format!("{}: the server breaks off {breaks}", target.port));
    }
    let Some(best) = accepted.iter().max() else {
        return book.unknown("no TLS version could be established");
    };
    let weak = match ctx.is_in_use(target) {
        true => {
            // Side by side: what they add is only detail.
            let older = async {
                match suite_12 {
                    Some(suite) if !hello::is_older(suite) => ask_older(ctx, &seen, &host).await,
                    _ => None,
                }
            };
            let (weak, older) = futures::future::join(ask_weak(ctx, &seen, &host), older).await;
            note_older(&mut book, suite_12, older);
            note_weak(&mut book, weak)
        }
        false => None,
    };
    let mut shown: Vec<&str> = accepted.iter().map(|version| version.word().trim_start_matches("TLSv")).collect();
    shown.sort_unstable();
    shown.dedup();
    let summary = format!("{}: TLS {}", target.port, shown.join(", "));
    let mut remarks = Vec::new();
    if accepted.contains(&Version::Ssl3) {
        remarks.push("SSLv3 is broken, RFC 7568".to_owned());
    }
    if accepted.iter().any(|version| (Version::Tls10..Version::Tls12).contains(version)) {
        remarks.push("1.0 and 1.1 are deprecated, RFC 8996".to_owned());
    }
    remarks.extend(weak.map(|weak| format!("{weak} is taken where nothing better is offered")));
    match best {
        Version::Tls12 | Version::Tls13 if remarks.is_empty() => book.pass(summary),
        Version::Tls12 | Version::Tls13 => book.warn(format!("{summary} ({})", remarks.join("; "))),
        _ => book.fail(format!("{summary}: too old for today's mail programs")),
    }
}

async fn ask_weak(ctx: &Ctx, seen: &Seen, host: &str) -> Option<Heard> {
    let mut stream = prepare(ctx, seen).await?;
    Some(hello::ask_weak(&mut stream, host, LIMIT).await)
}

/// Whether the server takes what nobody should take any more, where it is offered nothing else.
fn note_weak(book: &mut Notebook, heard: Option<Heard>) -> Option<&'static str> {
    let heard = heard?;
    book.saw("ClientHello with weak cipher suites only", heard.says());
    let Heard::Chose(_, suite, _) = heard else { return None };
    let weak = hello::weakness(suite)?;
    book.fact("weak", weak);
    Some(weak)
}

async fn ask_older(ctx: &Ctx, seen: &Seen, host: &str) -> Option<Heard> {
    let ask = || async {
        let mut stream = prepare(ctx, seen).await?;
        Some(hello::ask_older(&mut stream, host, LIMIT).await)
    };
    match ask().await {
        Some(Heard::Cut) => ask().await,
        heard => heard,
    }
}

/// Whether TLS 1.2 is taken with what Windows 7 to 8.1 can: by the suite that was chosen already, else by the answer.
fn note_older(book: &mut Notebook, chosen: Option<u16>, heard: Option<Heard>) {
    if chosen.is_some_and(hello::is_older) {
        book.fact("older-suites", "accepted");
        return;
    }
    let Some(heard) = heard else { return };
    book.saw("ClientHello of Windows 7 to 8.1", heard.says());
    match heard {
        Heard::Chose(..) => book.fact("older-suites", "accepted"),
        Heard::Alert(_) | Heard::Cut => book.fact("older-suites", "rejected"),
        _ => {}
    }
}

/// What a server cannot stand that takes some version alone, but not what this computer's library offers. Only breaking off
/// counts, twice: an alert is an answer, and silence may be the line's doing.
async fn breaks_on(
    ctx: &Ctx,
    book: &mut Notebook,
    seen: &Seen,
    host: &str,
    newest_alone: bool,
) -> Option<&'static str> {
    // Larger than one packet, as hellos with post-quantum key shares are.
    const LARGE: usize = 1_700;
    let ask = |with_name: bool, at_least: usize| async move {
        let mut stream = prepare(ctx, seen).await?;
        Some(hello::ask_modern(&mut stream, with_name.then_some(host), at_least, LIMIT).await)
    };
    let took = |heard: &Heard| matches!(heard, Heard::Chose(..));
    let modern = ask(true, 0).await?;
    book.saw("ClientHello for TLS 1.3 and 1.2", modern.says());
    if took(&modern) {
        let large = ask(true, LARGE).await?;
        book.saw(format!("the same, {LARGE} bytes long"), large.says());
        let breaks = large == Heard::Cut && ask(true, LARGE).await? == Heard::Cut;
        return breaks.then_some("where the ClientHello is large");
    }
    if modern != Heard::Cut {
        return None;
    }
    let nameless = ask(false, 0).await?;
    book.saw("the same, without the server's name", nameless.says());
    if !took(&nameless) && !newest_alone {
        return None;
    }
    if ask(true, 0).await? != Heard::Cut {
        return None;
    }
    Some(if took(&nameless) { "where the ClientHello names it (SNI)" } else { "where TLS 1.3 is offered beside 1.2" })
}

/// Why the server is not asked for more handshakes, if it is not.
pub(super) fn not_again(seen: &Seen) -> Option<&'static str> {
    if seen.greeting > PATIENT_GREETING {
        return Some("the server greets so late that it is not asked again");
    }
    let silent = seen.refused.as_ref().is_some_and(|refused| refused.kind == FailureKind::Silent);
    silent.then_some("the handshake gets no answer")
}

/// A new connection on which TLS may begin at once. `None` where it does not open or the run has used up its connections.
pub(super) async fn prepare(ctx: &Ctx, seen: &Seen) -> Option<BoxStream> {
    prepare_with(ctx, seen, None).await
}

/// The same with segments of at most `mss` bytes. Its place among the open connections is kept until it is dropped.
pub(super) async fn prepare_with(ctx: &Ctx, seen: &Seen, mss: Option<u16>) -> Option<BoxStream> {
    let place = timeout(Duration::from_secs(10), Arc::clone(&ctx.board.sockets).acquire_owned()).await;
    if !ctx.may_connect() {
        return None;
    }
    ctx.count_connection();
    let options = ConnectOptions { mss, ..ConnectOptions::within(ctx.options.timeout) };
    let connection = ctx.net.connect(seen.addr, options).await.ok()?;
    let stream: BoxStream = Box::new(Placed { stream: connection.stream, _place: place.ok().and_then(Result::ok) });
    if seen.implicit {
        return Some(stream);
    }
    let mut dialogue = Dialogue::over(stream);
    let greeting = dialogue.reply(LIMIT).await.ok()?;
    if greeting.code == 421 {
        ctx.board.careful.store(true, std::sync::atomic::Ordering::Relaxed);
        return None;
    }
    dialogue.ask(b"EHLO mailtriage.invalid", None, LIMIT).await.ok()?;
    let reply = dialogue.ask(b"STARTTLS", None, LIMIT).await.ok()?;
    (reply.code == 220 && dialogue.unread() == 0).then(|| dialogue.into_stream().0)
}

/// A connection and its place among those that may be open at a time.
struct Placed {
    stream: BoxStream,
    _place: Option<OwnedSemaphorePermit>,
}

impl AsyncRead for Placed {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Placed {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
