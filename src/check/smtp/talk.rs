//! Does a mail server answer on a port, and how far does it let us in? Greeting, EHLO, STARTTLS, the TLS handshake by
//! this machine's own library, EHLO again: one connection, as a mail program does it, up to the log-in.

use super::again::{prepare, prepare_with};
use super::words::{
    NoEhlo, address_in, foreign_protocol, handshake_word, is_masked, is_plain_name, refusal, says, starttls_word,
    write_lines,
};
use crate::account::Security;
use crate::check::engine::{Check, Handshake, How, Need, always, millis};
use crate::check::ports::port;
use crate::check::{Ctx, Group, Notebook, Role, Target, Verdict};
use crate::facts::keys::smtp as keys;
use crate::facts::words::{Ehlo, Greeting, Handshake as HandshakeWord, SmallSegments, Speaks, Starttls};
use crate::net::{BoxStream, ConnectOptions};
use crate::probe::hello::{self, Heard, Version};
use crate::probe::secure::{FailureKind, NotSecured, Secured, Verify, secure};
use crate::probe::smtp::{Dialogue, Line, NoReply, Reply, Side};
use crate::text::Text;
use futures::future::join_all;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;

pub(crate) static CHECK: Check = Check {
    kind: "smtp",
    group: Group::Smtp,
    question: "Does a mail server answer on {port}?",
    when: always,
    needs: |scope| vec![Need::Open(scope.target(), port::CHECK.at(scope.target()))],
    facts: keys::ALL,
    how: How::Port(|ctx, book, target| Box::pin(run(ctx, book, target))),
};

/// The limit of the greeting and of each reply (RFC 5321 section 4.5.3.2 allows five minutes; mail programs wait one).
const REPLY: Duration = Duration::from_secs(30);
/// The limit of a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Passes every link (RFC 9293 section 3.7.1: 536 bytes are what all hosts take).
const SMALL_SEGMENT: u16 = 536;
/// How long a port may keep silent before we ask on a second connection whether it waits for TLS.
const HEDGE: Duration = Duration::from_millis(1_000);
/// So many of the server's keywords are written down.
const MOST_KEYWORDS: usize = 64;

async fn run(ctx: &Ctx, book: &mut Notebook, target: Target) -> Verdict {
    let Some(opened) = ctx.lane(target).and_then(|lane| lane.take_connection()) else {
        let finding = ctx.finding(&port::CHECK.at(target));
        let (state, marks) =
            finding.map(|finding| (finding.summary.clone(), finding.summary_marks.clone())).unwrap_or_default();
        return Verdict::moot(Text::new().say("because of the port: ").append(Text { text: state, marks }));
    };
    let _place = ctx.door.try_place();
    let Some(host) = ctx.host(target.role) else { return Verdict::skipped("no server") };
    let mut talk =
        Talk { ctx, target, host: host.to_owned(), addr: opened.addr, greeting: Duration::ZERO, handshake: None };
    let mut ended = talk.go(book, opened.stream).await;
    if let Ended::Busy(reply) = &ended
        && is_crowded(reply)
    {
        let reply = reply.clone();
        ended = talk.try_alone(book, reply).await;
    }
    if let (Some(lane), Some(handshake)) = (ctx.lane(target), talk.handshake.take()) {
        lane.shook_hands(Handshake { greeting: talk.greeting, ..handshake });
    }
    talk.sum_up(book, ended)
}

fn is_crowded(reply: &Reply) -> bool {
    reply.code == 421
}

/// How the dialogue ended.
enum Ended {
    /// The server lets us in as far as the log-in, if it offers one here.
    Through { log_in: bool },
    /// A 4xx greeting.
    Busy(Reply),
    /// Something in between failed; in words.
    Stopped(String),
}

/// What to do after a handshake that failed.
enum Instead {
    /// The server turned us away in plain words, before TLS.
    TurnedAway(Reply),
    /// It speaks plain SMTP although TLS was expected.
    SpeaksPlain,
    /// It says nothing at all: perhaps it speaks first, only late.
    MaySpeakLate,
    /// Nothing more.
    Nothing,
}

/// The dialogue with one port.
struct Talk<'a> {
    ctx: &'a Ctx,
    target: Target,
    host: String,
    addr: SocketAddr,
    greeting: Duration,
    handshake: Option<Handshake>,
}

impl Talk<'_> {
    /// "Too many connections" counts only when it comes on our only one: close, wait, and try alone. The port in use
    /// goes first and may try again; of the others one is enough.
    async fn try_alone(&mut self, book: &mut Notebook, mut reply: Reply) -> Ended {
        let is_own = self.ctx.is_in_use(self.target);
        let is_first = self.ctx.door.be_careful();
        let tries = match (is_own, is_first) {
            (true, _) => 3,
            (false, true) => 1,
            (false, false) => 0,
        };
        for _ in 0..tries {
            book.saw("too many connections", "the others are closed first, then this one is tried alone");
            if is_own {
                // What was kept for the log-in makes room: this port's own connection serves for it as well.
                join_all(self.ctx.take_dialogues().into_iter().map(Dialogue::quit)).await;
            } else {
                tokio::time::sleep(Duration::from_secs(3)).await;
            }
            let _turn = self.ctx.door.alone().await;
            let Some(stream) = self.connect().await else { break };
            match self.go(book, stream).await {
                Ended::Busy(again) if is_crowded(&again) => reply = again,
                other => return other,
            }
        }
        Ended::Busy(reply)
    }

    async fn connect(&self) -> Option<BoxStream> {
        let options = ConnectOptions::within(self.ctx.options.timeout);
        Some(self.ctx.door.connect(self.addr, options).await?.ok()?.stream)
    }

    /// Whether the port is known or said to speak TLS from the first byte.
    fn expects_tls(&self) -> bool {
        let port = self.target.port;
        let choices = self.ctx.wanted().into_iter().flat_map(|wanted| &wanted.choices);
        let mut choices = choices.filter(|choice| choice.port == port && choice.host == self.host);
        let is_set = self.ctx.case().is_some_and(|case| {
            case.own == self.target && case.in_use.security == Security::Implicit && port != 587 && port != 25
        });
        port == 465 || choices.next().is_some_and(|choice| choice.security == Security::Implicit) || is_set
    }

    async fn go(&mut self, book: &mut Notebook, stream: BoxStream) -> Ended {
        if self.expects_tls() {
            return self.encrypt(book, Dialogue::over(stream), true).await;
        }
        let mut dialogue = Dialogue::over(stream);
        let asked = Instant::now();
        let mut greeting = dialogue.reply(HEDGE).await;
        if matches!(greeting, Err(NoReply::Silent)) {
            let (waits, again) =
                tokio::join!(self.waits_for_tls(), async { dialogue.reply(REPLY.saturating_sub(HEDGE)).await });
            if waits && again.is_err() {
                drop(dialogue);
                let says = "the port answers TLS: it waits for encryption from the first byte";
                book.saw("ClientHello on a second connection", says);
                return match self.connect().await {
                    Some(stream) => self.encrypt(book, Dialogue::over(stream), true).await,
                    None => Ended::Stopped("waits for encryption from the first byte".to_owned()),
                };
            }
            greeting = again;
        }
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
        book.note(keys::SPEAKS, Speaks::Plain);
        if let Some(ended) = self.note_greeting(book, greeting) {
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
                book.note(keys::EHLO, why.word());
                return Ended::Stopped(why.says());
            }
        };
        note_ehlo(book, &reply);
        book.note(keys::AUTH_CLEAR, reply.mechanisms());
        if self.is_in_use_without_encryption() {
            try_log_in_without_secret(book, &mut dialogue, &reply).await;
        }
        let starttls = starttls_word(&reply);
        if starttls != Starttls::Offered {
            book.note(keys::STARTTLS, starttls);
            book.note(keys::AUTH, reply.mechanisms());
            self.write(book, &dialogue.lines);
            dialogue.quit().await;
            let masked = starttls == Starttls::Masked;
            let says = if masked { "a device on the way masks STARTTLS" } else { "no STARTTLS" };
            return Ended::Stopped(format!("a mail server answers, {says}"));
        }
        match self.starttls(book, &mut dialogue).await {
            Ok(()) => self.encrypt(book, dialogue, false).await,
            Err(why) => {
                self.write(book, &dialogue.lines);
                tokio::spawn(dialogue.quit());
                Ended::Stopped(why)
            }
        }
    }

    /// Asks for encryption; the error says why there is none.
    async fn starttls(&self, book: &mut Notebook, dialogue: &mut Dialogue) -> Result<(), String> {
        match dialogue.ask(b"STARTTLS", None, REPLY).await {
            Ok(reply) if reply.code == 220 => {}
            Ok(reply) => {
                book.note(keys::STARTTLS, if reply.is_temporary() { Starttls::Busy } else { Starttls::Refused });
                book.note(keys::STARTTLS_REPLY, reply.joined());
                return Err(format!("STARTTLS is offered, then refused: {}", reply.joined()));
            }
            Err(why) => {
                book.note(keys::STARTTLS, Starttls::Refused);
                return Err(format!("STARTTLS is offered, then nothing: {}", says(&why)));
            }
        }
        if dialogue.unread() > 0 {
            book.note(keys::STARTTLS, Starttls::Injected);
            return Err("bytes came between STARTTLS and the handshake: somebody injects text".to_owned());
        }
        book.note(keys::STARTTLS, Starttls::Offered);
        Ok(())
    }

    /// The handshake, and what follows from its outcome.
    async fn encrypt(&mut self, book: &mut Notebook, dialogue: Dialogue, implicit: bool) -> Ended {
        let (stream, _, lines) = dialogue.into_stream();
        match secure(stream, &self.host, &self.ctx.tls, Verify::Yes, HANDSHAKE).await {
            Ok(secured) => self.secured(book, secured, lines, implicit).await,
            Err(failure) => self.not_secured(book, failure, lines, implicit).await,
        }
    }

    async fn secured(&mut self, book: &mut Notebook, secured: Secured, mut lines: Vec<Line>, implicit: bool) -> Ended {
        let took = millis(secured.elapsed);
        book.note(keys::HANDSHAKE, HandshakeWord::Done);
        if let Some((version, _)) = secured.chosen {
            book.note(keys::TLS_VERSION, version.word());
        }
        book.note(keys::HANDSHAKE_MS, took);
        if implicit {
            book.note(keys::SPEAKS, Speaks::Tls);
        }
        self.handshake = Some(Handshake { leaf: secured.leaf, ..self.no_handshake(implicit) });
        lines.push(remark(format!("(TLS handshake done and certificate verified, {took} ms)")));
        self.encrypted(book, Dialogue::resume(secured.stream, lines, true), implicit).await
    }

    fn no_handshake(&self, implicit: bool) -> Handshake {
        Handshake { addr: self.addr, leaf: None, refused: None, implicit, greeting: self.greeting }
    }

    async fn not_secured(
        &mut self,
        book: &mut Notebook,
        failure: NotSecured,
        mut lines: Vec<Line>,
        implicit: bool,
    ) -> Ended {
        let small = match failure.kind {
            FailureKind::Silent if self.ctx.is_in_use(self.target) => self.with_small_segments(implicit).await,
            _ => None,
        };
        lines.push(remark(format!("(TLS handshake failed: {})", failure.said)));
        self.write(book, &lines);
        let instead = match implicit {
            true => instead(&failure, small),
            false => Instead::Nothing,
        };
        if let (Some(done), Instead::Nothing | Instead::MaySpeakLate) = (small, &instead) {
            book.note(keys::SMALL_SEGMENTS, if done { SmallSegments::Done } else { SmallSegments::Silent });
            let says = if done { "the handshake is done" } else { "no answer either" };
            book.saw(format!("once more, in segments of {SMALL_SEGMENT} bytes"), says);
        }
        match instead {
            Instead::TurnedAway(reply) => self.note_greeting(book, Ok(reply)).unwrap_or(Ended::Stopped(failure.said)),
            Instead::SpeaksPlain => {
                let received = failure.received.get(..200).unwrap_or(&failure.received);
                book.saw("answer to the ClientHello", Text::new().foreign(received));
                book.note(keys::SPEAKS, Speaks::Plain);
                self.listen(book, REPLY, "speaks no TLS").await
            }
            Instead::MaySpeakLate => {
                self.listen(book, REPLY.saturating_sub(HANDSHAKE), "the port opens, then nothing comes").await
            }
            Instead::Nothing => self.failed(book, failure, implicit),
        }
    }

    /// The plain dialogue on a new connection; what is said where there is none.
    async fn listen(&mut self, book: &mut Notebook, limit: Duration, without: &str) -> Ended {
        let Some(stream) = self.connect().await else { return Ended::Stopped(without.to_owned()) };
        let mut dialogue = Dialogue::over(stream);
        let asked = Instant::now();
        let greeting = dialogue.reply(limit).await;
        self.greeting = asked.elapsed();
        Box::pin(self.plain(book, dialogue, greeting)).await
    }

    fn failed(&mut self, book: &mut Notebook, failure: NotSecured, implicit: bool) -> Ended {
        if implicit && matches!(failure.kind, FailureKind::Certificate | FailureKind::Alert(_)) {
            book.note(keys::SPEAKS, Speaks::Tls);
        }
        book.note(keys::HANDSHAKE, handshake_word(&failure));
        book.note(keys::HANDSHAKE_SAID, crate::text::visible_str(&failure.said));
        if implicit && failure.kind == FailureKind::Cut {
            book.note(keys::GREETING, Greeting::Closes);
        }
        let says = format!("the TLS handshake fails: {}", failure.said);
        self.handshake = Some(Handshake { refused: Some(failure), ..self.no_handshake(implicit) });
        Ended::Stopped(says)
    }

    /// Whether a handshake that stalled comes through in small segments: then large packets get lost on the way, and
    /// nobody says so (RFC 2923 section 2.1).
    async fn with_small_segments(&self, implicit: bool) -> Option<bool> {
        let way_back = self.no_handshake(implicit);
        let stream = prepare_with(self.ctx, &way_back, Some(SMALL_SEGMENT)).await?;
        let small = secure(stream, &self.host, &self.ctx.tls, Verify::No, HANDSHAKE).await;
        if small.is_err_and(|failure| !matches!(failure.kind, FailureKind::Certificate | FailureKind::Alert(_))) {
            return Some(false);
        }
        // A second try may have met a better machine, or a better moment: only if large segments stall again.
        let stream = prepare(self.ctx, &way_back).await?;
        let large = secure(stream, &self.host, &self.ctx.tls, Verify::No, HANDSHAKE).await;
        large.is_err_and(|failure| failure.kind == FailureKind::Silent).then_some(true)
    }

    /// After the handshake: the greeting where it comes only now, EHLO, and the log-in that is offered.
    async fn encrypted(&mut self, book: &mut Notebook, mut dialogue: Dialogue, implicit: bool) -> Ended {
        if implicit {
            let asked = Instant::now();
            let greeting = dialogue.reply(REPLY).await;
            self.greeting = asked.elapsed();
            if let Some(ended) = self.note_greeting(book, greeting) {
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
                    note_ehlo(book, &reply);
                }
                let mechanisms = reply.mechanisms();
                book.note(keys::AUTH, mechanisms.clone());
                book.note(keys::THROUGH, true);
                self.write(book, &dialogue.lines);
                match self.ctx.lane(self.target).filter(|_| self.ctx.logs_in && !mechanisms.is_empty()) {
                    Some(lane) => {
                        dialogue.lines.clear();
                        lane.ready_for_log_in(dialogue);
                    }
                    None => drop(tokio::spawn(dialogue.quit())),
                }
                Ended::Through { log_in: !mechanisms.is_empty() }
            }
            Err(why) => {
                self.write(book, &dialogue.lines);
                book.note(if implicit { keys::EHLO } else { keys::EHLO_ENCRYPTED }, why.word());
                Ended::Stopped(why.says())
            }
        }
    }

    /// Notes the greeting; returns an end where the dialogue cannot go on.
    fn note_greeting(&self, book: &mut Notebook, greeting: Result<Reply, NoReply>) -> Option<Ended> {
        book.note(keys::GREETING_MS, millis(self.greeting));
        let stopped = |word, says: String| (word, Some(Ended::Stopped(says)));
        let (word, ended) = match greeting {
            Ok(reply) => {
                let first = reply.texts().next().unwrap_or_default();
                book.note(keys::BANNER, reply.joined());
                if let Some(name) = first.split_whitespace().next().filter(|_| reply.code == 220) {
                    book.note(keys::BANNER_NAME, name.to_ascii_lowercase());
                }
                match reply.code {
                    220 => {
                        if is_masked(&first) {
                            book.note(keys::GREETING_MASKED, true);
                        }
                        (Greeting::Ready, None)
                    }
                    // A repeated try, alone, may do better than the first: noted at the end.
                    400..=499 => return Some(Ended::Busy(reply)),
                    _ => stopped(Greeting::Refuses, format!("the server turns us away: {}", reply.joined())),
                }
            }
            Err(NoReply::Silent) => stopped(Greeting::Silent, "the port opens, then nothing comes".to_owned()),
            Err(NoReply::Unfinished(_)) => stopped(Greeting::Endless, "the greeting never ends".to_owned()),
            Err(NoReply::TooLong(what, _)) => stopped(Greeting::Endless, format!("the greeting is longer than {what}")),
            Err(NoReply::Closed(bytes)) if bytes.is_empty() => {
                stopped(Greeting::Closes, "the port opens, then the connection is closed".to_owned())
            }
            Err(NoReply::Broken(_) | NoReply::Closed(_)) => {
                stopped(Greeting::Closes, "the connection breaks during the greeting".to_owned())
            }
            Err(NoReply::NotSmtp(bytes)) => {
                let protocol = foreign_protocol(&bytes);
                book.note(keys::FOREIGN, protocol);
                stopped(Greeting::NotSmtp, format!("this is no mail server for sending ({})", protocol.word()))
            }
        };
        book.note(keys::GREETING, word);
        ended
    }

    async fn ehlo(&self, dialogue: &mut Dialogue) -> Result<Reply, NoEhlo> {
        let name = self.ctx.machine.local().hostname.filter(|name| is_plain_name(name));
        let name = name.unwrap_or_else(|| "[127.0.0.1]".to_owned());
        match dialogue.ask(format!("EHLO {name}").as_bytes(), None, REPLY).await {
            Ok(reply) if reply.code == 250 => Ok(reply),
            Ok(reply) if reply.is_temporary() => Err(NoEhlo::Busy(reply)),
            Ok(reply) => Err(NoEhlo::Refused(reply)),
            Err(why) => Err(NoEhlo::None(why)),
        }
    }

    fn is_in_use_without_encryption(&self) -> bool {
        let is_clear = |in_use: &crate::account::Endpoint| in_use.security == Security::None;
        self.target.role == Role::InUse
            && self.ctx.case().is_some_and(|case| case.own == self.target && is_clear(&case.in_use))
    }

    fn write(&self, book: &mut Notebook, lines: &[Line]) {
        write_lines(self.ctx, book, lines);
    }

    fn sum_up(&self, book: &mut Notebook, ended: Ended) -> Verdict {
        let port = self.target.port;
        match ended {
            Ended::Through { log_in: true } => Verdict::pass(format!("{port} answers, encrypts, offers a log-in")),
            Ended::Through { log_in: false } => Verdict::pass(format!("{port} answers and encrypts, offers no log-in")),
            Ended::Busy(reply) => {
                if !book.has(&keys::GREETING) {
                    book.note(keys::GREETING, Greeting::Busy);
                }
                Verdict::fail(format!("{port}: the server is busy: {}", reply.joined()))
            }
            Ended::Stopped(why) if self.ctx.is_in_use(self.target) => Verdict::fail(format!("{port}: {why}")),
            Ended::Stopped(why) => Verdict::warn(format!("{port}: {why}")),
        }
    }
}

/// What a failed handshake says of a port that should speak TLS first.
fn instead(failure: &NotSecured, small: Option<bool>) -> Instead {
    match failure.kind {
        FailureKind::NotTls => refusal(&failure.received).map_or(Instead::SpeaksPlain, Instead::TurnedAway),
        FailureKind::Silent if small != Some(true) => Instead::MaySpeakLate,
        _ => Instead::Nothing,
    }
}

/// A line of our own between those of the dialogue.
fn remark(text: String) -> Line {
    Line { at: Instant::now(), side: Side::Client, text }
}

fn note_ehlo(book: &mut Notebook, reply: &Reply) {
    book.note(keys::EHLO, Ehlo::Accepted);
    book.note(keys::EHLO_MS, millis(reply.elapsed));
    let first = reply.texts().next().unwrap_or_default();
    if let Some(name) = first.split_whitespace().next() {
        book.note(keys::EHLO_NAME, name.to_ascii_lowercase());
    }
    if let Some(addr) = address_in(&first) {
        book.note(keys::SEEN_AS, addr);
    }
    let keywords = reply.keywords();
    if let Some(size) = keywords.iter().find_map(|keyword| keyword.strip_prefix("SIZE ")?.trim().parse::<i64>().ok()) {
        book.note(keys::SIZE, size);
    }
    book.note(keys::KEYWORDS, keywords.into_iter().take(MOST_KEYWORDS).collect::<Vec<_>>());
}

/// `AUTH PLAIN` without its answer, then `*`: shows whether a log-in would be let in without encryption (530, 538) and
/// gives nothing away (RFC 4954 section 4).
async fn try_log_in_without_secret(book: &mut Notebook, dialogue: &mut Dialogue, ehlo: &Reply) {
    let mechanisms = ehlo.mechanisms();
    let offers = |name: &str| mechanisms.iter().any(|mechanism| mechanism == name);
    let mechanism = if offers("LOGIN") && !offers("PLAIN") { "LOGIN" } else { "PLAIN" };
    let Ok(reply) = dialogue.ask(format!("AUTH {mechanism}").as_bytes(), None, REPLY).await else { return };
    book.note(keys::AUTH_CLEAR_PROBE, reply.code);
    if reply.code == 334 {
        let _ = dialogue.ask(b"*", None, REPLY).await;
    }
}
