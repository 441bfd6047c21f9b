//! A sound mail server behind a connection that breaks: reset or ended after so many bytes, silent from there on, a byte
//! at a time, flooded. Every place in the dialogue is reached, within TLS records too.

use super::server::{MAIL_SERVER, Replace, replace};
use super::suite::{Case, Fits};
use mailtriage::cli::Detail;
use mailtriage::net::BoxStream;
use mailtriage::probe::smtp::{Dialogue, NoReply, REPLY, Reply};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, DuplexStream, ReadBuf};
use tokio::time::{Sleep, sleep};

#[derive(Clone, Copy)]
enum Then {
    /// The server sends no more; what we send still arrives.
    HalfCloses,
    Resets,
    FallsSilent,
    /// Zeros, as fast as they are read.
    Floods,
    /// Each byte takes this long.
    Drips(Duration),
}

/// What comes through as it is, and what happens after that.
struct Broken {
    inner: BoxStream,
    left: usize,
    then: Then,
    next: Option<Pin<Box<Sleep>>>,
}

impl Broken {
    fn read_some(&mut self, most: usize, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut part = vec![0; most.min(buf.remaining())];
        let mut read = ReadBuf::new(&mut part);
        let done = Pin::new(&mut self.inner).poll_read(cx, &mut read);
        buf.put_slice(read.filled());
        done
    }
}

impl AsyncRead for Broken {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.left > 0 {
            let before = buf.filled().len();
            let left = self.left;
            let done = self.read_some(left, cx, buf);
            self.left -= buf.filled().len() - before;
            return done;
        }
        match self.then {
            Then::HalfCloses => Poll::Ready(Ok(())),
            Then::Resets => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
            Then::FallsSilent => Poll::Pending,
            Then::Floods => {
                buf.initialize_unfilled().fill(0);
                let all = buf.remaining();
                buf.advance(all);
                Poll::Ready(Ok(()))
            }
            Then::Drips(each) => {
                let next = self.next.get_or_insert_with(|| Box::pin(sleep(each)));
                if next.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                let done = self.read_some(1, cx, buf);
                if done.is_ready() {
                    self.next = None;
                }
                done
            }
        }
    }
}

impl AsyncWrite for Broken {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.left == 0 && matches!(self.then, Then::Resets) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

fn breaks(after: usize, then: Then) -> Replace {
    Arc::new(move |inner| Box::new(Broken { inner, left: after, then, next: None }))
}

const ENDS: Fits = Fits {
    causes: &[
        "smtp-protocol-error",
        "server-rejects-client",
        "server-misconfigured",
        "tls-intercepted",
        "undetermined",
        "healthy",
    ],
    because: "a connection that ends: the server turns us away, hangs up, or somebody else does; after the last reply \
              nothing is missing",
};
const SILENCE: Fits = Fits {
    causes: &["server-too-slow", "smtp-protocol-error", "blocked-network", "unstable-connection", "healthy"],
    because: "what does not come is not refused; after the last reply nothing is missing",
};
const FLOOD: Fits = Fits {
    causes: &["smtp-protocol-error", "smtp-intercepted", "server-too-slow", "server-misconfigured", "healthy"],
    because: "zeros are no SMTP and no TLS; after the last reply nobody reads them",
};
const SLOW: Fits = Fits {
    causes: &["server-too-slow", "smtp-protocol-error", "blocked-network"],
    because: "a byte a second is not progress",
};
const SOUND: Fits = Fits { causes: &["healthy"], because: "TCP cuts a stream where it wants" };

/// The greeting, the reply to EHLO and to STARTTLS are about 200 bytes; then come the records of a handshake and of the
/// encrypted dialogue, about 2,500. Whole runs break at some of these places; a dialogue alone at each byte, below.
fn places(port: u16) -> impl Iterator<Item = usize> {
    let clear = if port == 465 { 0..0 } else { 0..200 };
    let begin = clear.end;
    clear.step_by(13).chain((begin..begin + 2_800).step_by(if port == 587 { 157 } else { 211 }))
}

pub fn cases() -> Vec<Case> {
    let thens: [(&str, Then, Fits); 4] = [
        ("half-closed", Then::HalfCloses, ENDS),
        ("reset", Then::Resets, ENDS),
        ("silent", Then::FallsSilent, SILENCE),
        ("flooded", Then::Floods, FLOOD),
    ];
    let mut cases = Vec::new();
    for (port, security) in [(587, "starttls"), (465, "implicit")] {
        let place = || format!("port {port}");
        for (what, then, fits) in thens {
            for after in places(port) {
                cases.push(case(
                    port,
                    security,
                    Case::new("streams", format!("{what} after {after} bytes"), place(), fits),
                    after,
                    then,
                ));
            }
        }
        let dripped = Case::new("streams", "a byte a second", place(), SLOW);
        cases.push(case(port, security, dripped, 0, Then::Drips(Duration::from_secs(1))));
        let cut = Case::new("streams", "each byte by itself", place(), SOUND);
        cases.push(case(port, security, cut, 0, Then::Drips(Duration::ZERO)));
    }
    cases
}

fn case(port: u16, security: &str, mut case: Case, after: usize, then: Then) -> Case {
    case.detail = Detail::Bounded;
    let other = if port == 587 { 465 } else { 587 };
    case.account = format!("settings = {{ server = \"smtp.example.com\", port = {port}, security = {security:?} }}\n");
    case.world = format!("[host.\"smtp.example.com\".port.{other}]\nclosed = true\n");
    case.change = Box::new(move |job| replace(job, &[(MAIL_SERVER, port)], breaks(after, then)));
    case
}

/// What a sound server says in a whole dialogue, with parts and with commands in one flight.
const REPLIES: [&str; 7] = [
    "220-mx.example.com ESMTP\r\n220 ready\r\n",
    "250-mx.example.com\r\n250-PIPELINING\r\n250-AUTH PLAIN\r\n250 SIZE 1000\r\n",
    "235 2.7.0 accepted\r\n",
    "250 2.1.0 sender fine\r\n",
    "250 2.1.5 recipient fine\r\n",
    "250 2.0.0 reset\r\n",
    "221-2.0.0 bye\r\n221 2.0.0 bye\r\n",
];

/// Says the greeting, and one reply to each line.
async fn answers(stream: DuplexStream) {
    let (from, mut to) = tokio::io::split(stream);
    let mut lines = BufReader::new(from).lines();
    for (index, reply) in REPLIES.iter().enumerate() {
        if index > 0 && !matches!(lines.next_line().await, Ok(Some(_))) {
            return;
        }
        if to.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
    }
    let _ = lines.next_line().await;
}

/// The replies up to the first that is none.
async fn talk(dialogue: &mut Dialogue) -> Vec<Result<Reply, NoReply>> {
    let mut replies = vec![dialogue.reply(REPLY).await];
    for command in [&b"EHLO here"[..], b"AUTH PLAIN AGEAYg=="] {
        if replies.iter().all(Result::is_ok) {
            replies.push(dialogue.ask(command, None, REPLY).await);
        }
    }
    if replies.iter().all(Result::is_ok) {
        replies.extend(dialogue.ask_all(&["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "RSET"], REPLY).await);
    }
    if replies.iter().all(Result::is_ok) {
        replies.push(dialogue.ask(b"QUIT", None, REPLY).await);
    }
    replies
}

/// At each byte of each state: what had come whole is a reply, as it was sent; half a reply is none, and never another.
#[tokio::test(start_paused = true)]
async fn a_dialogue_that_breaks_off_at_any_byte() {
    let whole = REPLIES.concat().len();
    let ends: Vec<usize> = (1..=REPLIES.len()).map(|count| REPLIES[..count].concat().len()).collect();
    for (what, then) in [("half-closed", Then::HalfCloses), ("reset", Then::Resets), ("silent", Then::FallsSilent)] {
        for after in 0..=whole {
            let (ours, theirs) = tokio::io::duplex(4096);
            tokio::spawn(answers(theirs));
            let stream = Broken { inner: Box::new(ours), left: after, then, next: None };
            let mut dialogue = Dialogue::over(Box::new(stream));
            let replies = talk(&mut dialogue).await;
            let came = ends.iter().filter(|end| **end <= after).count();
            let place = format!("{what} after {after} bytes: {replies:?}");
            // A connection that ends right behind a flight of replies takes the last of them along: which it is, is not sure.
            let good = replies.iter().take_while(|reply| reply.is_ok()).count();
            assert!(good == came || (good + 1 == came && came == 6), "{place}");
            for (reply, sent) in replies.iter().zip(REPLIES) {
                let Ok(reply) = reply else { break };
                assert_eq!(reply.as_seen(), sent.trim_end().replace("\r\n", "\n"), "{place}");
            }
            let fits = |why: &NoReply| match then {
                Then::FallsSilent => matches!(why, NoReply::Silent | NoReply::Unfinished(_)),
                _ => matches!(why, NoReply::Closed(_) | NoReply::Broken(_)),
            };
            let last = replies.last().unwrap();
            assert!(last.as_ref().map_or_else(fits, |_| after == whole), "{place}");
        }
    }
}
