//! The SMTP dialogue (RFC 5321): commands sent and their replies, everything kept as it was. What a reply is, is in
//! `reply`; how one is read, in `read`.

mod read;
mod reply;

pub use reply::{NoReply, Reply};

use super::veil::Veil;
use crate::net::BoxStream;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// How long to wait for the greeting and for each reply: RFC 5321 section 4.5.3.2 allows five minutes, mail programs
/// wait one, and servers delay refusals on purpose.
pub const REPLY: Duration = Duration::from_secs(30);
/// EHLO from a client that has no name of its own (RFC 2606): for servers that are only compared, and ports that are only
/// tried.
pub const NAMELESS_EHLO: &[u8] = b"EHLO mailtriage.invalid";
/// How long a reply too many may come after the last one: servers write both at once.
pub const ONE_MORE: Duration = Duration::from_millis(20);

/// Who said a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Side {
    Client,
    Server,
}

/// A line of the dialogue, made safe to show; it never contains a secret.
#[derive(Debug, Clone)]
pub struct Line {
    /// When it was sent or received.
    pub at: Instant,
    /// Which side said it.
    pub side: Side,
    /// The line's text.
    pub text: String,
}

/// A dialogue with a mail server.
pub struct Dialogue {
    stream: BoxStream,
    pending: VecDeque<u8>,
    /// The lines so far.
    pub lines: Vec<Line>,
    /// Whether the stream is encrypted and the certificate verified by this computer's own library.
    pub verified: bool,
    /// What may not come back as text, from the log-in on.
    veil: Veil,
    /// Whether the last EHLO offered PIPELINING (RFC 2920).
    pipelines: bool,
}

impl Dialogue {
    /// A dialogue over an open connection.
    pub fn over(stream: BoxStream) -> Self {
        Dialogue {
            stream,
            pending: VecDeque::new(),
            lines: Vec::new(),
            verified: false,
            veil: Veil::default(),
            pipelines: false,
        }
    }

    /// Takes the dialogue apart for a TLS handshake: the stream, and bytes that were already read beyond the last reply.
    pub fn into_stream(self) -> (BoxStream, Vec<u8>, Vec<Line>) {
        (self.stream, self.pending.into(), self.lines)
    }

    /// Continues on another stream, keeping what was said before.
    pub fn resume(stream: BoxStream, lines: Vec<Line>, verified: bool) -> Self {
        Dialogue { stream, pending: VecDeque::new(), lines, verified, veil: Veil::default(), pipelines: false }
    }

    /// From here on, nothing that the server says may hold this secret, in whatever form.
    pub fn veil(&mut self, secret: &[u8]) {
        self.veil.add(secret);
    }

    /// The same for an answer of the log-in, which is Base64 already: it is looked for as it is.
    pub fn veil_answer(&mut self, answer: &[u8]) {
        self.veil.add_text(answer);
    }

    /// The number of bytes that came unasked.
    pub fn unread(&self) -> usize {
        self.pending.len()
    }

    /// Sends a command and reads its reply. If the command contains a secret, the transcript shows `shown` instead.
    pub async fn ask(&mut self, command: &[u8], shown: Option<&str>, limit: Duration) -> Result<Reply, NoReply> {
        self.nothing_unasked().await?;
        let text = shown.map_or_else(|| crate::text::visible(command), str::to_owned);
        let asked = Instant::now();
        let until = asked + limit;
        let reply = match self.send(&[command], vec![text], until).await {
            Ok(()) => self.reply_until(until, asked).await,
            Err(why) => self.said_before(why, asked).await,
        };
        if let (b"EHLO ", Ok(reply)) = (&command[..command.len().min(5)], &reply) {
            self.pipelines = reply.is_positive() && reply.keywords().iter().any(|keyword| keyword == "PIPELINING");
        }
        reply
    }

    /// Sends commands and reads their replies: in one flight where the server offers it (RFC 2920 section 3.1 allows it for
    /// MAIL, RCPT and RSET), otherwise one after the other, up to the first that is not accepted.
    pub async fn ask_all(&mut self, commands: &[&str], limit: Duration) -> Vec<Result<Reply, NoReply>> {
        let mut replies = Vec::new();
        let asked = Instant::now();
        let until = asked + limit;
        if self.pipelines {
            if let Err(why) = self.nothing_unasked().await {
                return vec![Err(why)];
            }
            let texts = commands.iter().map(|command| crate::text::visible(command.as_bytes())).collect();
            let bytes: Vec<&[u8]> = commands.iter().map(|command| command.as_bytes()).collect();
            if let Err(why) = self.send(&bytes, texts, until).await {
                return vec![self.said_before(why, asked).await];
            }
        }
        for command in commands {
            let reply = match self.pipelines {
                true => self.reply_until(until, asked).await,
                false => self.ask(command.as_bytes(), None, limit).await,
            };
            let ends = if self.pipelines { reply.is_err() } else { !reply.as_ref().is_ok_and(Reply::is_positive) };
            replies.push(reply);
            if ends {
                return replies;
            }
        }
        // With one reply more than there were commands, no reply belongs to its command for sure.
        self.hears(ONE_MORE).await;
        if let (Some(last), Err(why)) = (replies.last_mut(), self.nothing_unasked().await) {
            *last = Err(why);
        }
        replies
    }

    /// The error, if something is there that answers no question.
    pub async fn nothing_unasked(&mut self) -> Result<(), NoReply> {
        if !self.has_spoken_unasked().await {
            return Ok(());
        }
        let early: Vec<u8> = self.pending.drain(..).take(read::MAX_LINE).collect();
        self.heard(&self.veil.cut(&early));
        Err(NoReply::Early)
    }

    /// Sends commands, each with its line end, in one write; `texts` are what the transcript shows of them.
    async fn send(&mut self, commands: &[&[u8]], texts: Vec<String>, until: Instant) -> Result<(), NotSent> {
        let at = Instant::now();
        self.lines.extend(texts.into_iter().map(|text| Line { at, side: Side::Client, text }));
        let length = commands.iter().map(|command| command.len() + 2).sum();
        // One of them may contain a secret.
        let mut bytes = Zeroizing::new(Vec::with_capacity(length));
        for command in commands {
            bytes.extend_from_slice(command);
            bytes.extend_from_slice(b"\r\n");
        }
        let sent = timeout_at(until, async {
            self.stream.write_all(&bytes).await?;
            self.stream.flush().await
        });
        match sent.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(NotSent::Broken(error)),
            Err(_) => Err(NotSent::Late),
        }
    }

    /// What the server has said, although it could not be written to.
    async fn said_before(&mut self, why: NotSent, asked: Instant) -> Result<Reply, NoReply> {
        match why {
            NotSent::Late => Err(NoReply::Silent),
            NotSent::Broken(error) => {
                // A server that closes the connection in answer has often said why before.
                match self.reply_until(Instant::now() + Duration::from_millis(200), asked).await {
                    Ok(reply) => Ok(reply),
                    Err(NoReply::Closed(bytes)) => Err(NoReply::Closed(bytes)),
                    Err(_) => Err(NoReply::Broken(error.to_string())),
                }
            }
        }
    }

    /// Says QUIT and waits briefly for the answer, so that the server sees an orderly end. The answer is not kept; what it
    /// would have been held against is wiped at once, since a run's end does not wait for this one.
    pub fn quit(mut self) -> impl Future<Output = ()> + Send {
        self.veil = Veil::default();
        async move {
            let _ = self.ask(b"QUIT", None, Duration::from_secs(2)).await;
            let _ = self.stream.shutdown().await;
        }
    }
}

/// Why a command could not be sent.
enum NotSent {
    /// The other side took no more in time.
    Late,
    /// The connection broke.
    Broken(io::Error),
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    /// A server that says how often it read something, in the replies to all that it read.
    async fn serves(mut stream: tokio::io::DuplexStream, offers: &'static [u8]) -> Vec<usize> {
        let mut buffer = [0u8; 2048];
        let mut counts = Vec::new();
        loop {
            let count = stream.read(&mut buffer).await.unwrap();
            let lines = buffer[..count].iter().filter(|byte| **byte == b'\n').count();
            if lines == 0 {
                return counts;
            }
            counts.push(lines);
            let answer = if buffer.starts_with(b"EHLO") { offers.to_vec() } else { b"250 2.1.0 Ok\r\n".repeat(lines) };
            stream.write_all(&answer).await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn commands_in_one_flight_where_it_is_offered() {
        let cases: [(&'static [u8], &[usize]); 2] =
            [(b"250-x\r\n250 PIPELINING\r\n", &[1, 3]), (b"250 x\r\n", &[1, 1, 1, 1])];
        for (offers, lines) in cases {
            let (ours, theirs) = tokio::io::duplex(1024);
            let server = tokio::spawn(serves(theirs, offers));
            let mut dialogue = Dialogue::over(Box::new(ours));
            dialogue.ask(b"EHLO x", None, REPLY).await.unwrap();
            let replies = dialogue.ask_all(&["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "RSET"], REPLY).await;
            assert!(replies.len() == 3 && replies.iter().all(Result::is_ok), "{replies:?}");
            drop(dialogue);
            assert_eq!(server.await.unwrap(), lines);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_after_the_other_up_to_the_first_refusal() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        theirs.write_all(b"550 5.7.1 no\r\n").await.unwrap();
        let mut dialogue = Dialogue::over(Box::new(ours));
        let replies = dialogue.ask_all(&["MAIL FROM:<a@b>", "RCPT TO:<a@b>"], REPLY).await;
        assert_eq!(replies.len(), 1);
    }
}
