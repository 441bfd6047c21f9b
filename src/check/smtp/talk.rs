//! Does a mail server answer on a port, and how far does it let us go? Greeting, EHLO, STARTTLS, the TLS handshake
//! with this computer's own library, EHLO again: one connection, as a mail program does it, up to the log-in.

use super::ehlo::names;
use super::notes::{Ended, note_ehlo, note_greeting, note_reason, try_log_in_without_secret};
use super::words::{NoEhlo, says, starttls_word, stops, write_lines};
use crate::account::Security;
use crate::check::engine::{Check, Handshake, How, Need, always};
use crate::check::ports::port;
use crate::check::{Ctx, Group, Notebook, Target, Verdict};
use crate::facts::keys::smtp as keys;
use crate::facts::replies::{self, Phase};
use crate::facts::words::{Greeting, Speaks, Starttls};
use crate::net::{BoxStream, ConnectOptions};
use crate::probe::hello::{self, Heard};
use crate::probe::smtp::{Dialogue, Line, NoReply, REPLY, Reply};
use crate::probe::version::Version;
use crate::text::Text;
use futures::future::join_all;
use std::net::{IpAddr, SocketAddr};
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

/// How long a port may keep silent before we ask on a second connection whether it waits for TLS.
const HEDGE: Duration = Duration::from_millis(1_000);

async fn run(ctx: &Ctx, book: &mut Notebook, target: Target) -> Verdict {
    let Some(opened) = ctx.lane(target).and_then(|lane| lane.take_connection()) else {
        let finding = ctx.finding(&port::CHECK.at(target));
        let (state, marks) =
            finding.map(|finding| (finding.summary.clone(), finding.summary_marks.clone())).unwrap_or_default();
        return Verdict::moot(Text::new().say("because of the port: ").append(Text { text: state, marks }));
    };
    let _place = ctx.door.try_place();
    let Some(host) = ctx.host(target.role) else { return Verdict::skipped("no server") };
    let mut talk = Talk {
        ctx,
        target,
        host: host.to_owned(),
        addr: opened.addr,
        local: opened.local,
        name: names(ctx, opened.local).into_iter().next().map(|(_, name)| name).unwrap_or_default(),
        greeting: Duration::ZERO,
        handshake: None,
    };
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

/// Whether a greeting may mean too many connections: 421, unless its words say that we are turned away for good.
fn is_crowded(reply: &Reply) -> bool {
    if reply.code != 421 {
        return false;
    }
    let row = replies::meaning(Phase::Banner, &reply.joined(), &reply.as_seen());
    !row.is_some_and(|row| row.goes_by_words() && row.cause == "server-rejects-client")
}

/// Whether the port is known or said to speak TLS from the start.
pub(super) fn expects_tls(ctx: &Ctx, target: Target, host: &str) -> bool {
    let port = target.port;
    let choices = ctx.wanted().into_iter().flat_map(|wanted| &wanted.choices);
    let mut choices = choices.filter(|choice| choice.port == port && choice.host == host);
    let is_set = ctx.case().is_some_and(|case| {
        case.own == target && case.in_use.security == Security::Implicit && port != 587 && port != 25
    });
    port == 465 || choices.next().is_some_and(|choice| choice.security == Security::Implicit) || is_set
}

/// The dialogue with one port.
pub(super) struct Talk<'a> {
    pub(super) ctx: &'a Ctx,
    pub(super) target: Target,
    pub(super) host: String,
    pub(super) addr: SocketAddr,
    /// Our end of the connection.
    pub(super) local: Option<IpAddr>,
    /// The name that we give in EHLO.
    pub(super) name: String,
    pub(super) greeting: Duration,
    pub(super) handshake: Option<Handshake>,
}

impl Talk<'_> {
    /// "Too many connections" counts only if it comes on our only connection: close, wait, and try again alone. The
    /// port in use goes first and may try again; for the others one attempt is enough.
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
                // Connections kept for the log-in make room: this port's own connection can be used for it as well.
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

    pub(super) async fn connect(&self) -> Option<BoxStream> {
        let options = ConnectOptions::within(self.ctx.options.timeout);
        Some(self.ctx.door.connect(self.addr, options).await?.ok()?.stream)
    }

    async fn go(&mut self, book: &mut Notebook, stream: BoxStream) -> Ended {
        if expects_tls(self.ctx, self.target, &self.host) {
            return self.encrypt(book, Dialogue::over(stream), true).await;
        }
        let mut dialogue = Dialogue::over(stream);
        let asked = Instant::now();
        // A greeting may come in parts, the last one seconds after the first (Postfix's postscreen): what has begun is
        // not asked on a second connection, and is read up to the limit.
        let greeting = if dialogue.hears(HEDGE).await {
            dialogue.reply(REPLY.saturating_sub(asked.elapsed())).await
        } else {
            let rest = dialogue.reply(REPLY.saturating_sub(HEDGE));
            let (waits, greeting) = tokio::join!(self.waits_for_tls(), rest);
            if waits && greeting.is_err() {
                drop(dialogue);
                let says = "the port answers TLS: it waits for encryption from the start";
                book.saw("ClientHello on a second connection", says);
                return match self.connect().await {
                    Some(stream) => self.encrypt(book, Dialogue::over(stream), true).await,
                    None => Ended::Stopped("waits for encryption from the start".to_owned()),
                };
            }
            greeting
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

    /// A dialogue with a port that speaks SMTP first.
    pub(super) async fn plain(
        &mut self,
        book: &mut Notebook,
        dialogue: Dialogue,
        greeting: Result<Reply, NoReply>,
    ) -> Ended {
        if greeting != Err(NoReply::Silent) {
            book.note(keys::SPEAKS, Speaks::Plain);
        }
        if let Some(ended) = note_greeting(book, self.greeting, greeting) {
            self.write(book, &dialogue.lines);
            if matches!(ended, Ended::Busy(_)) {
                dialogue.quit().await;
            }
            return ended;
        }
        let (mut dialogue, reply) = match self.introduce(book, dialogue, false).await {
            Ok(answer) => answer,
            Err(ended) => return ended,
        };
        note_ehlo(book, &self.ctx.machine.local(), &reply);
        book.note(keys::AUTH_CLEAR, reply.mechanisms());
        let starttls = starttls_word(&reply);
        if self.is_in_use_without_encryption(starttls) {
            let tried = try_log_in_without_secret(book, &mut dialogue, &reply).await;
            if let Err(why) = tried {
                return self.stopped_in_clear(book, dialogue, &why);
            }
        }
        if reply.mechanisms().is_empty()
            && (starttls != Starttls::Offered || self.is_in_use_without_encryption(starttls))
            && let Err(why) = self.ask_without_log_in(book, &mut dialogue).await
        {
            return self.stopped_in_clear(book, dialogue, &why);
        }
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

    /// The server lets us in, and then breaks off, without encryption.
    fn stopped_in_clear(&self, book: &mut Notebook, dialogue: Dialogue, why: &NoReply) -> Ended {
        book.note(keys::STOPS, stops(why));
        self.write(book, &dialogue.lines);
        tokio::spawn(dialogue.quit());
        Ended::Stopped(format!("no answer in the dialogue without encryption: {}", says(why)))
    }

    /// Asks for encryption; the error says why there is none.
    async fn starttls(&self, book: &mut Notebook, dialogue: &mut Dialogue) -> Result<(), String> {
        match dialogue.ask(b"STARTTLS", None, REPLY).await {
            Ok(reply) if reply.code == 220 => {}
            Ok(reply) => {
                book.note(keys::STARTTLS, if reply.is_temporary() { Starttls::Busy } else { Starttls::Refused });
                book.note(keys::STARTTLS_REPLY, reply.joined());
                note_reason(book, keys::STARTTLS_REASON, Phase::Starttls, &reply);
                return Err(format!("STARTTLS is offered, then refused: {}", reply.joined()));
            }
            Err(why) => {
                book.note(keys::STARTTLS, Starttls::Refused);
                book.note(keys::STOPS, stops(&why));
                return Err(format!("STARTTLS is offered, then nothing: {}", says(&why)));
            }
        }
        if dialogue.unread() > 0 {
            book.note(keys::STARTTLS, Starttls::Injected);
            return Err("data came between STARTTLS and the handshake: something is injecting text".to_owned());
        }
        book.note(keys::STARTTLS, Starttls::Offered);
        Ok(())
    }

    pub(super) async fn ehlo(&self, dialogue: &mut Dialogue) -> Result<Reply, NoEhlo> {
        match dialogue.ask(format!("EHLO {}", self.name).as_bytes(), None, REPLY).await {
            Ok(reply) if reply.code == 250 => match dialogue.has_spoken_unasked().await {
                true => Err(NoEhlo::None(NoReply::Early)),
                false => Ok(reply),
            },
            Ok(reply) if reply.is_temporary() => Err(NoEhlo::Busy(reply)),
            Ok(reply) => Err(NoEhlo::Refused(reply)),
            Err(why) => Err(NoEhlo::None(why)),
        }
    }

    /// Whether the mail program uses this port without encryption; with Auto, it does so where STARTTLS is missing.
    fn is_in_use_without_encryption(&self, starttls: Starttls) -> bool {
        let is_clear = |security| match security {
            Security::None => true,
            Security::Auto => starttls != Starttls::Offered,
            Security::Starttls | Security::Implicit => false,
        };
        self.ctx.case().is_some_and(|case| case.own == self.target && is_clear(case.in_use.security))
    }

    pub(super) fn write(&self, book: &mut Notebook, lines: &[Line]) {
        write_lines(self.ctx, book, lines);
    }

    fn sum_up(&self, book: &mut Notebook, ended: Ended) -> Verdict {
        let port = self.target.port;
        let is_own = self.ctx.is_in_use(self.target);
        match ended {
            Ended::Through { .. } if book.has(&keys::EHLO_REFUSED) => {
                let says = format!("{port} refuses the name in EHLO, but accepts another");
                if is_own { Verdict::fail(says) } else { Verdict::warn(says) }
            }
            Ended::Through { log_in: true } => Verdict::pass(format!("{port} answers, encrypts and offers a log-in")),
            Ended::Through { log_in: false } => {
                Verdict::pass(format!("{port} answers and encrypts, but offers no log-in"))
            }
            Ended::Busy(reply) => {
                if !book.has(&keys::GREETING) {
                    book.note(keys::GREETING, Greeting::Busy);
                    note_reason(book, keys::GREETING_REASON, Phase::Banner, &reply);
                }
                Verdict::fail(format!("{port}: the server turns us away for now: {}", reply.joined()))
            }
            Ended::Stopped(why) if is_own => Verdict::fail(format!("{port}: {why}")),
            Ended::Stopped(why) => Verdict::warn(format!("{port}: {why}")),
        }
    }
}
