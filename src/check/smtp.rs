//! Does a mail server answer on a port, and how far does it let us in? Greeting, EHLO, STARTTLS, the TLS handshake by
//! this machine's own library, EHLO again: one connection, as a mail program does it, up to the log-in.

use super::tls::{prepare, prepare_with};
use super::wording::{
    NoEhlo, address_in, foreign_protocol, handshake_word, is_masked, is_plain_name, number, refusal, says,
    starttls_word, write_lines,
};
use super::{Ctx, Finding, Head, Notebook, Role, Target, millis};
use crate::account::Security;
use crate::net::{BoxStream, ConnectOptions};
use crate::probe::hello::{self, Heard, Version};
use crate::probe::secure::{FailureKind, NotSecured, Verify, secure};
use crate::probe::smtp::{Dialogue, Line, NoReply, Reply, Side};
use crate::text::Text;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The limit of the greeting and of each reply (RFC 5321 section 4.5.3.2 allows five minutes; mail programs wait one).
const REPLY: Duration = Duration::from_secs(30);
/// The limit of a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Passes every link (RFC 9293 section 3.7.1: 536 bytes are what all hosts take).
const SMALL_SEGMENT: u16 = 536;
/// How long a port may keep silent before we ask on a second connection whether it waits for TLS.
const HEDGE: Duration = Duration::from_millis(1_000);

/// What the handshake left for the check of the certificate.
#[derive(Clone)]
pub(crate) struct Seen {
    pub(crate) addr: SocketAddr,
    /// The certificate, where the library accepted it.
    pub(crate) leaf: Option<Vec<u8>>,
    /// What the library said where it did not.
    pub(crate) refused: Option<NotSecured>,
    /// Whether the port speaks TLS from the first byte.
    pub(crate) implicit: bool,
    pub(crate) greeting: Duration,
}

pub(super) async fn run(ctx: &Ctx, head: &Head, target: Target) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let opened = ctx.board.slots().opened.remove(&target);
    let Some(opened) = opened else {
        let state = ctx.board.finding(&target.id("port")).map(|finding| finding.summary.clone()).unwrap_or_default();
        return book.moot(format!("because of the port: {state}"));
    };
    let _place = ctx.board.sockets.clone().try_acquire_owned();
    let Some(host) = ctx.host(target.role) else { return book.skipped("no server") };
    let mut chain = Chain { ctx, target, host, addr: opened.addr, greeting: Duration::ZERO };
    let first = chain.go(&mut book, opened.stream).await;
    let is_own = ctx.is_in_use(target);
    let ended = match first {
        Ended::Busy(reply) if is_crowded(&reply) => chain.try_alone(&mut book, reply, is_own).await,
        other => other,
    };
    chain.sum_up(book, ended)
}

fn is_crowded(reply: &Reply) -> bool {
    reply.code == 421
}

/// How a chain ended.
enum Ended {
    /// The server lets us in as far as the log-in, if it offers one here.
    Through { log_in: bool },
    /// A 4xx greeting.
    Busy(Reply),
    /// Something in between failed; in words.
    Stopped(String),
}

struct Chain<'a> {
    ctx: &'a Ctx,
    target: Target,
    host: String,
    addr: SocketAddr,
    greeting: Duration,
}

impl Chain<'_> {
    /// "Too many connections" counts only when it comes on our only one: close, wait, and try alone. The port in use
    /// goes first and may try again; of the others one is enough.
    async fn try_alone(&mut self, book: &mut Notebook, mut reply: Reply, is_own: bool) -> Ended {
        let board = Arc::clone(&self.ctx.board);
        let first = !board.careful.swap(true, Ordering::Relaxed);
        let tries = match (is_own, first) {
            (true, _) => 3,
            (false, true) => 1,
            (false, false) => 0,
        };
        for _ in 0..tries {
            book.saw("too many connections", "the others are closed first, then this one is tried alone");
            if is_own {
                // What was kept for the log-in makes room: this port's own connection serves for it as well.
                let kept: Vec<Dialogue> = board.slots().take_dialogues();
                futures::future::join_all(kept.into_iter().map(Dialogue::quit)).await;
            } else {
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
            let _turn = board.alone.lock().await;
            let _ = timeout(Duration::from_secs(3), self.ctx.board.sockets.acquire_many(3)).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
            let Some(stream) = self.connect().await else { break };
            match self.go(book, stream).await {
                Ended::Busy(again) if is_crowded(&again) => reply = again,
                other => return other,
            }
        }
        Ended::Busy(reply)
    }

    async fn connect(&self) -> Option<BoxStream> {
        if !self.ctx.may_connect() {
            return None;
        }
        self.ctx.count_connection();
        let options = ConnectOptions::within(self.ctx.options.timeout);
        self.ctx.net.connect(self.addr, options).await.ok().map(|connection| connection.stream)
    }

    /// Whether the port is known or said to speak TLS from the first byte.
    fn expects_tls(&self) -> bool {
        let port = self.target.port;
        let choice = self.ctx.wanted().and_then(|wanted| {
            wanted
                .choices
                .iter()
                .find(|choice| choice.port == port && choice.host == self.host)
                .map(|choice| choice.security)
        });
        let typed = self.ctx.in_use().filter(|in_use| self.target.role == Role::InUse && in_use.port == port);
        port == 465
            || choice == Some(Security::Implicit)
            || typed.is_some_and(|in_use| in_use.security == Security::Implicit && port != 587 && port != 25)
    }

    async fn go(&mut self, book: &mut Notebook, stream: BoxStream) -> Ended {
        if self.expects_tls() {
            return self.implicit(book, stream).await;
        }
        let mut dialogue = Dialogue::over(stream);
        let asked = Instant::now();
        let greeting = dialogue.reply(HEDGE).await;
        let greeting = match greeting {
            Err(NoReply::Silent) => {
                let (waits, again) =
                    tokio::join!(self.waits_for_tls(), async { dialogue.reply(REPLY.saturating_sub(HEDGE)).await });
                match (waits, again) {
                    (true, Err(_)) => {
                        drop(dialogue);
                        book.saw(
                            "ClientHello on a second connection",
                            "the port answers TLS: it waits for encryption from the first byte",
                        );
                        return match self.connect().await {
                            Some(stream) => self.implicit(book, stream).await,
                            None => Ended::Stopped("waits for encryption from the first byte".to_owned()),
                        };
                    }
                    (_, again) => again,
                }
            }
            other => other,
        };
        self.greeting = asked.elapsed();
        self.plain(book, dialogue, greeting).await
    }

    /// Asks on a second connection whether the port answers a ClientHello.
    async fn waits_for_tls(&self) -> bool {
        let Some(mut stream) = self.connect().await else { return false };
        let heard = hello::ask(&mut stream, &self.host, Version::Tls12, Duration::from_secs(4)).await;
        matches!(heard, Heard::Chose(..) | Heard::Alert(_))
    }

    /// A port that speaks SMTP first.
    async fn plain(&mut self, book: &mut Notebook, mut dialogue: Dialogue, greeting: Result<Reply, NoReply>) -> Ended {
        book.fact("speaks", "plain");
        if let Some(ended) = self.note_greeting(book, &dialogue, greeting) {
            self.write(book, &dialogue.lines);
            if matches!(ended, Ended::Busy(_)) {
                dialogue.quit().await;
            }
            return ended;
        }
        let reply = match self.ehlo(&mut dialogue).await {
            Ok(reply) => reply,
            Err(why) => {
                self.write(book, &dialogue.lines);
                book.fact("ehlo", why.word());
                return Ended::Stopped(why.says());
            }
        };
        self.note_ehlo(book, &reply);
        book.fact("auth-clear", reply.mechanisms());
        if self.is_in_use_without_encryption() {
            self.try_log_in_without_secret(book, &mut dialogue, &reply).await;
        }
        let starttls = starttls_word(&reply);
        if starttls != "offered" {
            book.fact("starttls", starttls);
            book.fact("auth", reply.mechanisms());
            self.write(book, &dialogue.lines);
            dialogue.quit().await;
            let says = if starttls == "masked" { "a device on the way masks STARTTLS" } else { "no STARTTLS" };
            return Ended::Stopped(format!("a mail server answers, {says}"));
        }
        match dialogue.ask(b"STARTTLS", None, REPLY).await {
            Ok(reply) if reply.code == 220 => {}
            Ok(reply) => {
                book.fact("starttls", if reply.is_temporary() { "busy" } else { "refused" });
                book.fact("starttls-reply", reply.joined());
                self.write(book, &dialogue.lines);
                dialogue.quit().await;
                return Ended::Stopped(format!("STARTTLS is offered, then refused: {}", reply.joined()));
            }
            Err(why) => {
                book.fact("starttls", "refused");
                self.write(book, &dialogue.lines);
                return Ended::Stopped(format!("STARTTLS is offered, then nothing: {}", says(&why)));
            }
        }
        if dialogue.unread() > 0 {
            book.fact("starttls", "injected");
            self.write(book, &dialogue.lines);
            return Ended::Stopped("bytes came between STARTTLS and the handshake: somebody injects text".to_owned());
        }
        book.fact("starttls", "offered");
        self.encrypt(book, dialogue, false).await
    }

    /// A port that speaks TLS first.
    async fn implicit(&mut self, book: &mut Notebook, stream: BoxStream) -> Ended {
        self.encrypt(book, Dialogue::over(stream), true).await
    }

    async fn encrypt(&mut self, book: &mut Notebook, dialogue: Dialogue, implicit: bool) -> Ended {
        let (stream, _, mut lines) = dialogue.into_stream();
        let result = secure(stream, &self.host, &self.ctx.tls, Verify::Yes, HANDSHAKE).await;
        let mut seen = Seen { addr: self.addr, leaf: None, refused: None, implicit, greeting: self.greeting };
        match result {
            Ok(secured) => {
                book.fact("handshake", "done");
                if let Some((version, _)) = secured.chosen {
                    book.fact("tls-version", version.word());
                }
                book.fact("handshake_ms", number(millis(secured.elapsed)));
                if implicit {
                    book.fact("speaks", "tls");
                }
                seen.leaf = secured.leaf;
                lines.push(Line {
                    at: Instant::now(),
                    side: Side::Client,
                    text: format!("(TLS handshake done and certificate verified, {} ms)", millis(secured.elapsed)),
                });
                self.ctx.board.slots().leaves.insert(self.target, seen);
                self.encrypted(book, Dialogue::resume(secured.stream, lines, true), implicit).await
            }
            Err(failure) => {
                let plain = failure.kind == FailureKind::NotTls;
                let small = match failure.kind {
                    FailureKind::Silent if self.ctx.is_in_use(self.target) => self.with_small_segments(&seen).await,
                    _ => None,
                };
                let word = handshake_word(&failure);
                lines.push(Line {
                    at: Instant::now(),
                    side: Side::Client,
                    text: format!("(TLS handshake failed: {})", failure.said),
                });
                self.write(book, &lines);
                // Turned away before TLS, in plain words, as some servers do it.
                if let (true, Some(reply)) = (implicit && plain, refusal(&failure.received)) {
                    let nothing = Dialogue::over(Box::new(tokio::io::empty()));
                    return self.note_greeting(book, &nothing, Ok(reply)).unwrap_or(Ended::Stopped(failure.said));
                }
                // On a port that was only supposed to speak TLS first, plain text is an answer: go on with that.
                if implicit && plain {
                    book.saw(
                        "answer to the ClientHello",
                        Text::new().foreign(failure.received.get(..200).unwrap_or(&failure.received)),
                    );
                    book.fact("speaks", "plain");
                    let Some(stream) = self.connect().await else { return Ended::Stopped("speaks no TLS".to_owned()) };
                    let mut dialogue = Dialogue::over(stream);
                    let asked = Instant::now();
                    let greeting = dialogue.reply(REPLY).await;
                    self.greeting = asked.elapsed();
                    return Box::pin(self.plain(book, dialogue, greeting)).await;
                }
                if let Some(done) = small {
                    book.fact("small-segments", if done { "done" } else { "silent" });
                    let says = if done { "the handshake is done" } else { "no answer either" };
                    book.saw(format!("once more, in segments of {SMALL_SEGMENT} bytes"), says);
                }
                if implicit && failure.kind == FailureKind::Silent && small != Some(true) {
                    // Nobody answers a ClientHello: perhaps the server speaks first, only late.
                    let greeting = match self.connect().await {
                        Some(stream) => {
                            let mut dialogue = Dialogue::over(stream);
                            let asked = Instant::now();
                            let greeting = dialogue.reply(REPLY.saturating_sub(HANDSHAKE)).await;
                            self.greeting = asked.elapsed();
                            Some((dialogue, greeting))
                        }
                        None => None,
                    };
                    return match greeting {
                        Some((dialogue, greeting)) => Box::pin(self.plain(book, dialogue, greeting)).await,
                        None => Ended::Stopped("the port opens, then nothing comes".to_owned()),
                    };
                }
                if implicit && matches!(failure.kind, FailureKind::Certificate | FailureKind::Alert(_)) {
                    book.fact("speaks", "tls");
                }
                book.fact("handshake", word);
                book.fact("handshake-said", crate::text::visible_str(&failure.said));
                if implicit && failure.kind == FailureKind::Cut {
                    book.fact("greeting", "closes");
                }
                let said = failure.said.clone();
                seen.refused = Some(failure);
                self.ctx.board.slots().leaves.insert(self.target, seen);
                Ended::Stopped(format!("the TLS handshake fails: {said}"))
            }
        }
    }

    /// Whether a handshake that stalled comes through in small segments: then large packets get lost on the way, and
    /// nobody says so (RFC 2923 section 2.1).
    async fn with_small_segments(&self, seen: &Seen) -> Option<bool> {
        let stream = prepare_with(self.ctx, seen, Some(SMALL_SEGMENT)).await?;
        let small = secure(stream, &self.host, &self.ctx.tls, Verify::No, HANDSHAKE).await;
        if small.is_err_and(|failure| !matches!(failure.kind, FailureKind::Certificate | FailureKind::Alert(_))) {
            return Some(false);
        }
        // A second try may have met a better machine, or a better moment: only if large segments stall again.
        let stream = prepare(self.ctx, seen).await?;
        let large = secure(stream, &self.host, &self.ctx.tls, Verify::No, HANDSHAKE).await;
        large.is_err_and(|failure| failure.kind == FailureKind::Silent).then_some(true)
    }

    /// After the handshake: the greeting where it comes only now, EHLO, and the log-in that is offered.
    async fn encrypted(&mut self, book: &mut Notebook, mut dialogue: Dialogue, implicit: bool) -> Ended {
        if implicit {
            let asked = Instant::now();
            let greeting = dialogue.reply(REPLY).await;
            self.greeting = asked.elapsed();
            if let Some(seen) = self.ctx.board.slots().leaves.get_mut(&self.target) {
                seen.greeting = self.greeting;
            }
            if let Some(ended) = self.note_greeting(book, &dialogue, greeting) {
                self.write(book, &dialogue.lines);
                if matches!(ended, Ended::Busy(_)) {
                    dialogue.quit().await;
                }
                return ended;
            }
        }
        match self.ehlo(&mut dialogue).await {
            Ok(reply) => {
                if implicit {
                    self.note_ehlo(book, &reply);
                }
                let mechanisms = reply.mechanisms();
                book.fact("auth", mechanisms.clone());
                book.fact("through", true);
                self.write(book, &dialogue.lines);
                if mechanisms.is_empty() || self.ctx.attempt.is_none() {
                    tokio::spawn(dialogue.quit());
                } else {
                    dialogue.lines.clear();
                    self.ctx.board.slots().dialogues.insert(self.target, dialogue);
                }
                Ended::Through { log_in: !mechanisms.is_empty() }
            }
            Err(why) => {
                self.write(book, &dialogue.lines);
                book.fact(if implicit { "ehlo" } else { "ehlo-encrypted" }, why.word());
                Ended::Stopped(why.says())
            }
        }
    }

    /// Notes the greeting; returns an end where the dialogue cannot go on.
    fn note_greeting(
        &self,
        book: &mut Notebook,
        dialogue: &Dialogue,
        greeting: Result<Reply, NoReply>,
    ) -> Option<Ended> {
        book.fact("greeting_ms", number(millis(self.greeting)));
        let stopped = |word: &str, says: String| (word.to_owned(), Some(Ended::Stopped(says)));
        let (word, ended) = match greeting {
            Ok(reply) => {
                let first = reply.texts().next().unwrap_or_default();
                book.fact("banner", reply.joined());
                if let Some(name) = first.split_whitespace().next().filter(|_| reply.code == 220) {
                    book.fact("banner-name", name.to_ascii_lowercase());
                }
                match reply.code {
                    220 if is_masked(&first) => {
                        book.fact("greeting-masked", true);
                        ("ready".to_owned(), None)
                    }
                    220 => ("ready".to_owned(), None),
                    400..=499 => ("busy".to_owned(), Some(Ended::Busy(reply))),
                    _ => stopped("refuses", format!("the server turns us away: {}", reply.joined())),
                }
            }
            Err(NoReply::Silent) => stopped("silent", "the port opens, then nothing comes".to_owned()),
            Err(NoReply::Unfinished(_)) => stopped("endless", "the greeting never ends".to_owned()),
            Err(NoReply::TooLong(what, _)) => stopped("endless", format!("the greeting is longer than {what}")),
            Err(NoReply::Closed(bytes)) if bytes.is_empty() => {
                stopped("closes", "the port opens, then the connection is closed".to_owned())
            }
            Err(NoReply::Broken(_) | NoReply::Closed(_)) => {
                stopped("closes", "the connection breaks during the greeting".to_owned())
            }
            Err(NoReply::NotSmtp(bytes)) => {
                let protocol = foreign_protocol(&bytes);
                book.fact("foreign", protocol);
                stopped("not-smtp", format!("this is no mail server for sending ({protocol})"))
            }
        };
        let _ = dialogue;
        // A repeated try, alone, may do better than the first.
        if word != "busy" {
            book.fact("greeting", word);
        }
        ended
    }

    async fn ehlo(&self, dialogue: &mut Dialogue) -> Result<Reply, NoEhlo> {
        let name = self
            .ctx
            .net
            .local()
            .hostname
            .filter(|name| is_plain_name(name))
            .unwrap_or_else(|| "[127.0.0.1]".to_owned());
        match dialogue.ask(format!("EHLO {name}").as_bytes(), None, REPLY).await {
            Ok(reply) if reply.code == 250 => Ok(reply),
            Ok(reply) if reply.is_temporary() => Err(NoEhlo::Busy(reply)),
            Ok(reply) => Err(NoEhlo::Refused(reply)),
            Err(why) => Err(NoEhlo::None(why)),
        }
    }

    fn note_ehlo(&self, book: &mut Notebook, reply: &Reply) {
        book.fact("ehlo", "accepted");
        book.fact("ehlo_ms", number(millis(reply.elapsed)));
        let first = reply.texts().next().unwrap_or_default();
        if let Some(name) = first.split_whitespace().next() {
            book.fact("ehlo-name", name.to_ascii_lowercase());
        }
        if let Some(addr) = address_in(&first) {
            book.fact("seen-as", addr.to_string());
        }
        if let Some(size) =
            reply.keywords().iter().find_map(|keyword| keyword.strip_prefix("SIZE ")?.trim().parse::<i64>().ok())
        {
            book.fact("size", size);
        }
        book.fact("keywords", reply.keywords().into_iter().take(64).collect::<Vec<_>>());
    }

    fn is_in_use_without_encryption(&self) -> bool {
        let in_use = self.ctx.in_use();
        self.target.role == Role::InUse
            && in_use.is_some_and(|in_use| in_use.port == self.target.port && in_use.security == Security::None)
    }

    /// `AUTH PLAIN` without its answer, then `*`: shows whether a log-in would be let in without encryption (530, 538)
    /// and gives nothing away (RFC 4954 section 4).
    async fn try_log_in_without_secret(&self, book: &mut Notebook, dialogue: &mut Dialogue, ehlo: &Reply) {
        let mechanism = if ehlo.mechanisms().iter().any(|name| name == "LOGIN")
            && !ehlo.mechanisms().iter().any(|name| name == "PLAIN")
        {
            "LOGIN"
        } else {
            "PLAIN"
        };
        let Ok(reply) = dialogue.ask(format!("AUTH {mechanism}").as_bytes(), None, REPLY).await else { return };
        book.fact("auth-clear-probe", i64::from(reply.code));
        if reply.code == 334 {
            let _ = dialogue.ask(b"*", None, REPLY).await;
        }
    }

    fn write(&self, book: &mut Notebook, lines: &[Line]) {
        write_lines(self.ctx, book, lines);
    }

    fn sum_up(&self, mut book: Notebook, ended: Ended) -> Finding {
        let is_own = self.ctx.is_in_use(self.target);
        let port = self.target.port;
        match ended {
            Ended::Through { log_in: true } => book.pass(format!("{port} answers, encrypts, offers a log-in")),
            Ended::Through { log_in: false } => book.pass(format!("{port} answers and encrypts, offers no log-in")),
            Ended::Busy(reply) => {
                if !book.has("greeting") {
                    book.fact("greeting", "busy");
                }
                book.fail(format!("{port}: the server is busy: {}", reply.joined()))
            }
            Ended::Stopped(why) if is_own => book.fail(format!("{port}: {why}")),
            Ended::Stopped(why) => book.warn(format!("{port}: {why}")),
        }
    }
}
