//! The SMTP dialogue (RFC 5321): replies read within bounds, commands sent, everything kept as it was.

use super::veil::Veil;
use crate::net::BoxStream;
use std::collections::VecDeque;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

/// The longest line that is read, in bytes (RFC 5321 allows 512; some servers send more).
const MAX_LINE: usize = 8 * 1024;
/// How long to wait for the greeting and for each reply: RFC 5321 section 4.5.3.2 allows five minutes, mail programs
/// wait one, and servers delay refusals on purpose.
pub const REPLY: Duration = Duration::from_secs(30);
/// EHLO from a client that has no name of its own (RFC 2606): for servers that are only compared, and ports that are only
/// tried.
pub const NAMELESS_EHLO: &[u8] = b"EHLO mailtriage.invalid";
/// How long a reply too many may come after the last one: servers write both at once.
pub const ONE_MORE: Duration = Duration::from_millis(20);
/// The longest reply that is read, in bytes.
const MAX_REPLY: usize = 64 * 1024;
/// The longest reply that is read, in lines.
const MAX_LINES: usize = 100;

/// A server's reply: its code and its lines as they came, without line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The code of the last line.
    pub code: u16,
    /// The lines, including the code.
    pub lines: Vec<Vec<u8>>,
    /// The time from the question to the last line.
    pub elapsed: Duration,
}

impl Reply {
    /// Whether the code is 2xx: success.
    pub fn is_positive(&self) -> bool {
        (200..300).contains(&self.code)
    }

    /// Whether the code is 4xx: not now.
    pub fn is_temporary(&self) -> bool {
        (400..500).contains(&self.code)
    }

    /// The text after the codes, line by line, made safe to show.
    pub fn texts(&self) -> impl Iterator<Item = String> {
        self.lines.iter().map(|line| crate::text::visible(line.get(4..).unwrap_or_default()))
    }

    /// The whole reply as one line: `535 5.7.8 first second`.
    pub fn joined(&self) -> String {
        let mut joined = self.code.to_string();
        let mut status: Option<String> = None;
        for text in self.texts() {
            // Each line of a multi-line reply repeats the enhanced status code (RFC 2034 section 4).
            let text = match (text.split_once(' '), &status) {
                (Some((first, rest)), Some(seen)) if first == seen => rest.to_owned(),
                _ => text,
            };
            if status.is_none() {
                let first = text.split(' ').next().unwrap_or_default();
                let is_status = first.split('.').count() == 3 && first.bytes().all(|b| b.is_ascii_digit() || b == b'.');
                status = Some(if is_status { first.to_owned() } else { String::new() });
            }
            joined.push(' ');
            joined.push_str(text.trim());
        }
        joined
    }

    /// The reply as it came, made safe to show, with line feeds.
    pub fn as_seen(&self) -> String {
        self.lines.iter().map(|line| crate::text::visible(line)).collect::<Vec<_>>().join("\n")
    }

    /// The keywords of an EHLO reply with their parameters, in upper case (RFC 5321 section 4.1.1.1).
    pub fn keywords(&self) -> Vec<String> {
        self.texts().skip(1).map(|text| text.trim().to_ascii_uppercase()).filter(|text| !text.is_empty()).collect()
    }

    /// The log-in mechanisms offered (RFC 4954). The old form `AUTH=LOGIN` counts too.
    pub fn mechanisms(&self) -> Vec<String> {
        let mut mechanisms: Vec<String> = Vec::new();
        for keyword in self.keywords() {
            if let Some(list) = keyword.strip_prefix("AUTH ").or_else(|| keyword.strip_prefix("AUTH=")) {
                for mechanism in list.split_ascii_whitespace() {
                    if !mechanisms.iter().any(|known| known == mechanism) {
                        mechanisms.push(mechanism.to_owned());
                    }
                }
            }
        }
        mechanisms
    }
}

/// Why no reply came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoReply {
    /// Nothing at all in time.
    Silent,
    /// Something, but never the end of it.
    Unfinished(Vec<u8>),
    /// The other side closed the connection after these bytes.
    Closed(Vec<u8>),
    /// The connection broke.
    Broken(String),
    /// What came is not SMTP.
    NotSmtp(Vec<u8>),
    /// Longer than we read: the bound, and how the reply began.
    TooLong(&'static str, Vec<u8>),
    /// It came before it was asked for: which question it answers is not known.
    Early,
    /// A reply that makes no sense there; why.
    Senseless(&'static str),
}

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
        let early: Vec<u8> = self.pending.drain(..).take(MAX_LINE).collect();
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

    /// Whether something is there that answers no question (RFC 5321 section 2.1: one reply to each command). That a server
    /// shuts down may be said at any time (421, section 3.8).
    pub async fn has_spoken_unasked(&mut self) -> bool {
        self.hears(Duration::ZERO).await && !self.pending.is_empty() && !self.pending.iter().take(3).eq(b"421")
    }

    /// Whether anything comes within this time, even if it is only the end of the connection or the first part of a
    /// reply. It is read by the next reply.
    pub async fn hears(&mut self, limit: Duration) -> bool {
        if !self.pending.is_empty() {
            return true;
        }
        let mut buffer = [0u8; 2048];
        match timeout_at(Instant::now() + limit, self.stream.read(&mut buffer)).await {
            Ok(Ok(count)) => {
                self.pending.extend(&buffer[..count]);
                true
            }
            // What is wrong, the next read finds out as well.
            Ok(Err(_)) => true,
            Err(_) => false,
        }
    }

    /// Reads a reply, such as the greeting.
    pub async fn reply(&mut self, limit: Duration) -> Result<Reply, NoReply> {
        let asked = Instant::now();
        self.reply_until(asked + limit, asked).await
    }

    /// The reply to what was asked at that time, if it comes before `until`.
    async fn reply_until(&mut self, until: Instant, asked: Instant) -> Result<Reply, NoReply> {
        let mut lines: Vec<Vec<u8>> = Vec::new();
        let mut bytes = 0;
        loop {
            let line = match self.line(until).await {
                Ok(line) => line,
                Err(NoReply::Closed(rest)) => {
                    let seen = joined(&lines, &rest);
                    self.heard(&seen);
                    return Err(NoReply::Closed(seen));
                }
                Err(NoReply::Silent) if lines.is_empty() => return Err(NoReply::Silent),
                Err(NoReply::Silent) => return Err(NoReply::Unfinished(joined(&lines, &[]))),
                Err(NoReply::Unfinished(rest)) => {
                    let seen = joined(&lines, &rest);
                    self.heard(&seen);
                    return Err(NoReply::Unfinished(seen));
                }
                Err(other) => return Err(other),
            };
            self.heard(&line);
            bytes += line.len() + 2;
            let Some((code, last)) = code_of(&line) else {
                // Old servers send lines without a code inside a multi-line reply; such a first line is not SMTP.
                if lines.is_empty() {
                    return Err(NoReply::NotSmtp(line));
                }
                return Err(NoReply::NotSmtp(joined(&lines, &line)));
            };
            lines.push(line);
            if last {
                let elapsed = Instant::now().saturating_duration_since(asked);
                return Ok(Reply { code, lines, elapsed });
            }
            if lines.len() >= MAX_LINES {
                return Err(NoReply::TooLong("100 lines", lines.swap_remove(0)));
            }
            if bytes > MAX_REPLY {
                return Err(NoReply::TooLong("64 KiB", lines.swap_remove(0)));
            }
        }
    }

    fn heard(&mut self, bytes: &[u8]) {
        let text = crate::text::visible(bytes);
        if !text.is_empty() {
            self.lines.push(Line { at: Instant::now(), side: Side::Server, text });
        }
    }

    /// A line without its end, and without the secret that it may echo.
    async fn line(&mut self, until: Instant) -> Result<Vec<u8>, NoReply> {
        match self.raw_line(until).await {
            Ok(line) => Ok(self.veil.cut(&line)),
            Err(NoReply::Closed(bytes)) => Err(NoReply::Closed(self.veil.cut(&bytes))),
            Err(NoReply::Unfinished(bytes)) => Err(NoReply::Unfinished(self.veil.cut(&bytes))),
            Err(NoReply::NotSmtp(bytes)) => Err(NoReply::NotSmtp(self.veil.cut(&bytes))),
            Err(NoReply::TooLong(bound, bytes)) => Err(NoReply::TooLong(bound, self.veil.cut(&bytes))),
            Err(why) => Err(why),
        }
    }

    async fn raw_line(&mut self, until: Instant) -> Result<Vec<u8>, NoReply> {
        loop {
            if let Some(end) = self.pending.iter().position(|&b| b == b'\n') {
                let mut line: Vec<u8> = self.pending.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if self.pending.len() > MAX_LINE {
                let began: Vec<u8> = self.pending.drain(..).take(80).collect();
                if !began.iter().take(3).all(u8::is_ascii_digit) {
                    return Err(NoReply::NotSmtp(began));
                }
                return Err(NoReply::TooLong("8 KiB in one line", began));
            }
            let mut buffer = [0u8; 2048];
            match timeout_at(until, self.stream.read(&mut buffer)).await {
                Err(_) if self.pending.is_empty() => return Err(NoReply::Silent),
                Err(_) => return Err(NoReply::Unfinished(self.pending.drain(..).collect())),
                Ok(Ok(0)) => return Err(NoReply::Closed(self.pending.drain(..).collect())),
                Ok(Ok(count)) => self.pending.extend(&buffer[..count]),
                Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionReset => {
                    return Err(NoReply::Closed(self.pending.drain(..).collect()));
                }
                // The TLS library's own error: what came cannot be decrypted.
                Ok(Err(error)) if error.kind() == io::ErrorKind::Other && error.raw_os_error().is_none() => {
                    return Err(NoReply::Senseless("what came cannot be decrypted"));
                }
                Ok(Err(error)) => return Err(NoReply::Broken(error.to_string())),
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

fn joined(lines: &[Vec<u8>], rest: &[u8]) -> Vec<u8> {
    let mut all = lines.join(&b'\n');
    if !all.is_empty() && !rest.is_empty() {
        all.push(b'\n');
    }
    all.extend_from_slice(rest);
    all
}

/// The code of a reply line, and whether it is the last one.
fn code_of(line: &[u8]) -> Option<(u16, bool)> {
    let digits = line.get(..3)?;
    if !digits.iter().all(u8::is_ascii_digit) || !(b'1'..=b'5').contains(&digits[0]) {
        return None;
    }
    let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0'));
    match line.get(3) {
        None | Some(b' ') => Some((code, true)),
        Some(b'-') => Some((code, false)),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    async fn read(bytes: &'static [u8]) -> Result<Reply, NoReply> {
        let (ours, mut theirs) = tokio::io::duplex(256 * 1024);
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        Dialogue::over(Box::new(ours)).reply(Duration::from_secs(30)).await
    }

    #[tokio::test(start_paused = true)]
    async fn replies() {
        let reply = read(b"250-mail.example.com\r\n250-AUTH PLAIN LOGIN\r\n250-AUTH=LOGIN X\r\n250 SIZE 1000\r\n")
            .await
            .unwrap();
        assert_eq!(reply.code, 250);
        assert_eq!(reply.mechanisms(), ["PLAIN", "LOGIN", "X"]);
        assert_eq!(reply.keywords()[2], "SIZE 1000");
        let reply = read(b"535-5.7.8 Username and\r\n535 5.7.8 Password not accepted\n").await.unwrap();
        assert_eq!(reply.joined(), "535 5.7.8 Username and Password not accepted");
        assert_eq!(read(b"220\r\n").await.unwrap().code, 220);
    }

    #[tokio::test(start_paused = true)]
    async fn no_replies() {
        assert_eq!(read(b"").await, Err(NoReply::Closed(vec![])));
        assert_eq!(read(b"22").await, Err(NoReply::Closed(b"22".to_vec())));
        assert!(matches!(read(b"* OK IMAP4 ready\r\n").await, Err(NoReply::NotSmtp(_))));
        assert!(matches!(read(b"HTTP/1.1 400 Bad\r\n").await, Err(NoReply::NotSmtp(_))));
        let (ours, _theirs) = tokio::io::duplex(64);
        assert_eq!(Dialogue::over(Box::new(ours)).reply(Duration::from_secs(30)).await, Err(NoReply::Silent));
    }

    #[tokio::test(start_paused = true)]
    async fn a_greeting_in_parts() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let _ = theirs.write_all(b"220-mx.example.com").await;
            tokio::time::sleep(Duration::from_secs(6)).await;
            let _ = theirs.write_all(b" ESMTP\r\n220 mx.example.com ESMTP\r\n").await;
        });
        let mut dialogue = Dialogue::over(Box::new(ours));
        assert!(!dialogue.hears(Duration::from_millis(400)).await);
        assert!(dialogue.hears(Duration::from_millis(400)).await);
        let greeting = dialogue.reply(Duration::from_secs(10)).await.unwrap();
        assert_eq!(greeting.lines.len(), 2);
        assert!(dialogue.hears(Duration::from_secs(1)).await);
        assert_eq!(dialogue.reply(Duration::from_secs(1)).await, Err(NoReply::Closed(vec![])));
    }

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

    #[tokio::test(start_paused = true)]
    async fn bounds() {
        let long: &'static [u8] = Box::leak(vec![b'2'; 10_000].into_boxed_slice());
        assert!(matches!(read(long).await, Err(NoReply::TooLong("8 KiB in one line", _))));
        let garbage: &'static [u8] = Box::leak(vec![0x9b; 10_000].into_boxed_slice());
        assert!(matches!(read(garbage).await, Err(NoReply::NotSmtp(_))));
        let endless: &'static [u8] = Box::leak(b"220-x\r\n".repeat(10_000).into_boxed_slice());
        assert!(matches!(read(endless).await, Err(NoReply::TooLong("100 lines", _))));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_something(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let leaked: &'static [u8] = Box::leak(bytes.into_boxed_slice());
            let _ = runtime.block_on(read(leaked)).map(|reply| (reply.joined(), reply.mechanisms(), reply.as_seen()));
        }
    }
}
