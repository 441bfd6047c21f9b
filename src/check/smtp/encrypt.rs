//! The TLS handshake within a dialogue, with this computer's own library, and what follows from its outcome: the rest
//! of the dialogue, a plain dialogue after all, or the end.

use super::again::{prepare, prepare_with};
use super::notes::{Ended, note_ehlo, note_greeting};
use super::talk::Talk;
use super::words::{handshake_word, refusal, stops, weakness_word};
use crate::check::engine::{Handshake, millis};
use crate::check::{Kind, Notebook};
use crate::facts::keys::smtp as keys;
use crate::facts::words::{Greeting, Handshake as HandshakeWord, SmallSegments, Speaks, Stops};
use crate::probe::certificate::parse;
use crate::probe::hello;
use crate::probe::secure::{FailureKind, NotSecured, Secured, Verify, secure};
use crate::probe::smtp::{Dialogue, Line, REPLY, Reply, Side};
use crate::text::Text;
use std::time::Duration;
use tokio::time::Instant;

/// The time limit for a TLS handshake.
pub(super) const HANDSHAKE: Duration = Duration::from_secs(10);
/// The largest segment, in bytes, that passes every link (RFC 9293 section 3.7.1: all hosts accept 536).
const SMALL_SEGMENT: u16 = 536;

/// What to do after a failed handshake.
enum Instead {
    /// The server turned us away in plain words, before TLS.
    TurnedAway(Reply),
    /// It speaks plain SMTP although TLS was expected.
    SpeaksPlain,
    /// It says nothing at all: perhaps it does speak first, but late.
    MaySpeakLate,
    /// Nothing more.
    Nothing,
}

impl Talk<'_> {
    /// The handshake, and what follows from its outcome.
    pub(super) async fn encrypt(&mut self, book: &mut Notebook, dialogue: Dialogue, implicit: bool) -> Ended {
        let (stream, _, lines) = dialogue.into_stream();
        match secure(stream, &self.host, &self.ctx.tls, Verify::Yes, HANDSHAKE).await {
            Ok(secured) => self.secured(book, secured, lines, implicit).await,
            Err(failure) => self.not_secured(book, failure, lines, implicit).await,
        }
    }

    async fn secured(&mut self, book: &mut Notebook, secured: Secured, mut lines: Vec<Line>, implicit: bool) -> Ended {
        let took = millis(secured.elapsed);
        book.note(keys::HANDSHAKE, HandshakeWord::Done);
        if let Some((version, suite)) = secured.chosen {
            book.note(keys::TLS_VERSION, version.word());
            book.note(keys::TLS_CIPHER, hello::suite_name(suite));
            if hello::is_dhe(suite) {
                book.note(keys::DHE, true);
            }
        }
        book.note(keys::HANDSHAKE_MS, took);
        let leaf = secured.leaf.as_ref().and_then(|leaf| parse(leaf).ok());
        if leaf.is_some_and(|leaf| !leaf.weaknesses().is_empty()) {
            book.note(keys::WEAK_CERTIFICATE, true);
        }
        if implicit {
            book.note(keys::SPEAKS, Speaks::Tls);
        }
        self.handshake = Some(Handshake { leaf: secured.leaf, ..self.no_handshake(implicit) });
        lines.push(remark(format!("(TLS handshake done and certificate verified, {took} ms)")));
        self.encrypted(book, Dialogue::resume(secured.stream, lines, true), implicit).await
    }

    fn no_handshake(&self, implicit: bool) -> Handshake {
        let (name, local) = (self.name.clone(), self.local);
        Handshake { addr: self.addr, local, name, leaf: None, refused: None, implicit, greeting: self.greeting }
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
            Instead::TurnedAway(reply) => {
                let reply = self.in_full().await.unwrap_or(reply);
                note_greeting(book, self.greeting, Ok(reply)).unwrap_or(Ended::Stopped(failure.said))
            }
            Instead::SpeaksPlain => {
                let received = failure.received.get(..200).unwrap_or(&failure.received);
                book.saw_kind(Kind::Received, "answer to the ClientHello", Text::new().foreign(received));
                book.note(keys::SPEAKS, Speaks::Plain);
                self.listen(book, REPLY, "does not speak TLS").await
            }
            Instead::MaySpeakLate => {
                self.listen(book, REPLY.saturating_sub(HANDSHAKE), "the port opens, then nothing comes").await
            }
            Instead::Nothing => self.failed(book, failure, implicit),
        }
    }

    /// A refusal in plain words, of which a TLS library reads only the beginning: all of it, on a new connection.
    async fn in_full(&self) -> Option<Reply> {
        let greeting = Dialogue::over(self.connect().await?).reply(REPLY).await.ok()?;
        (greeting.code >= 400).then_some(greeting)
    }

    /// The plain dialogue on a new connection; the given end if none opens.
    async fn listen(&mut self, book: &mut Notebook, limit: Duration, without: &str) -> Ended {
        let Some(stream) = self.connect().await else { return Ended::Stopped(without.to_owned()) };
        let mut dialogue = Dialogue::over(stream);
        let asked = Instant::now();
        let greeting = dialogue.reply(limit).await;
        self.greeting = asked.elapsed();
        Box::pin(self.plain(book, dialogue, greeting)).await
    }

    fn failed(&mut self, book: &mut Notebook, failure: NotSecured, implicit: bool) -> Ended {
        if implicit && failure.kind.is_answer() {
            book.note(keys::SPEAKS, Speaks::Tls);
        }
        if let FailureKind::TooWeak(weakness) = failure.kind {
            book.note(keys::HANDSHAKE_WEAK, weakness_word(weakness));
        }
        book.note(keys::HANDSHAKE, handshake_word(&failure));
        match failure.kind {
            FailureKind::Silent => book.note(keys::STOPS, Stops::Silent),
            FailureKind::TooLong => book.note(keys::STOPS, Stops::Endless),
            _ if handshake_word(&failure) == HandshakeWord::Senseless => book.note(keys::STOPS, Stops::Malformed),
            _ => {}
        }
        book.note(keys::HANDSHAKE_SAID, crate::text::visible_str(&failure.said));
        if implicit && failure.kind == FailureKind::Cut {
            book.note(keys::GREETING, Greeting::Closes);
        }
        let says = format!("the TLS handshake fails: {}", failure.said);
        self.handshake = Some(Handshake { refused: Some(failure), ..self.no_handshake(implicit) });
        Ended::Stopped(says)
    }

    /// Whether a handshake that stalled gets through in small segments: if so, large packets are lost on the way, and
    /// nothing reports it (RFC 2923 section 2.1).
    async fn with_small_segments(&self, implicit: bool) -> Option<bool> {
        let way_back = self.no_handshake(implicit);
        let stream = prepare_with(self.ctx, &way_back, Some(SMALL_SEGMENT)).await?;
        let small = secure(stream, &self.host, &self.ctx.tls, Verify::No, HANDSHAKE).await;
        // Whatever it fails by: it counts that something came.
        if small.is_err_and(|failure| failure.kind == FailureKind::Silent || failure.received.is_empty()) {
            return Some(false);
        }
        // The second attempt may have met a better machine, or a better moment: it counts only if large segments stall
        // again.
        let stream = prepare(self.ctx, &way_back).await?;
        let large = secure(stream, &self.host, &self.ctx.tls, Verify::No, HANDSHAKE).await;
        large.is_err_and(|failure| failure.kind == FailureKind::Silent).then_some(true)
    }

    /// After the handshake: the greeting, if it comes only now, EHLO, and the log-in that is offered.
    async fn encrypted(&mut self, book: &mut Notebook, mut dialogue: Dialogue, implicit: bool) -> Ended {
        if implicit {
            let asked = Instant::now();
            let greeting = dialogue.reply(REPLY).await;
            self.greeting = asked.elapsed();
            if let Some(ended) = note_greeting(book, self.greeting, greeting) {
                self.write(book, &dialogue.lines);
                if matches!(ended, Ended::Busy(_)) {
                    dialogue.quit().await;
                }
                return ended;
            }
        }
        let answer = match implicit {
            true => self.introduce(book, dialogue, true).await,
            false => self.introduce_again(book, dialogue).await,
        };
        let (mut dialogue, reply) = match answer {
            Ok(answer) => answer,
            Err(ended) => return ended,
        };
        if implicit {
            note_ehlo(book, &self.ctx.machine.local(), &reply);
        }
        let mechanisms = reply.mechanisms();
        book.note(keys::AUTH, mechanisms.clone());
        book.note(keys::THROUGH, true);
        if mechanisms.is_empty() {
            // The dialogue was let through; what it was asked beyond that counts only if it answers.
            if let Err(why) = self.ask_without_log_in(book, &mut dialogue).await {
                book.note(keys::STOPS, stops(&why));
            }
        }
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

    /// EHLO after STARTTLS (RFC 3207 section 4.2), with the name that was accepted before.
    async fn introduce_again(&self, book: &mut Notebook, mut dialogue: Dialogue) -> Result<(Dialogue, Reply), Ended> {
        match self.ehlo(&mut dialogue).await {
            Ok(reply) => Ok((dialogue, reply)),
            Err(why) => {
                self.write(book, &dialogue.lines);
                book.note(keys::EHLO_ENCRYPTED, why.word());
                why.note_stop(book);
                Err(Ended::Stopped(why.says()))
            }
        }
    }
}

/// What a failed handshake says about a port that should speak TLS first.
fn instead(failure: &NotSecured, small: Option<bool>) -> Instead {
    match failure.kind {
        FailureKind::NotTls => refusal(&failure.received).map_or(Instead::SpeaksPlain, Instead::TurnedAway),
        FailureKind::Silent if small != Some(true) && failure.received.is_empty() => Instead::MaySpeakLate,
        _ => Instead::Nothing,
    }
}

/// A comment of our own between the lines of the dialogue.
fn remark(text: String) -> Line {
    Line { at: Instant::now(), side: Side::Client, text }
}
