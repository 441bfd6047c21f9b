//! Reading replies within bounds: lines, what comes unasked, what must not come back. What is sent is in the dialogue.

use super::reply::{NoReply, Reply, code_of};
use super::{Dialogue, Line, Side};
use std::io;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::time::{Instant, timeout_at};

/// The longest line that is read, in bytes (RFC 5321 allows 512; some servers send more).
pub(super) const MAX_LINE: usize = 8 * 1024;
/// The longest reply that is read, in bytes.
const MAX_REPLY: usize = 64 * 1024;
/// The longest reply that is read, in lines.
const MAX_LINES: usize = 100;

impl Dialogue {
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
    pub(super) async fn reply_until(&mut self, until: Instant, asked: Instant) -> Result<Reply, NoReply> {
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

    pub(super) fn heard(&mut self, bytes: &[u8]) {
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
                // The TLS library's own error: the data received cannot be decrypted.
                Ok(Err(error)) if error.kind() == io::ErrorKind::Other && error.raw_os_error().is_none() => {
                    return Err(NoReply::Senseless("the data received cannot be decrypted"));
                }
                Ok(Err(error)) => return Err(NoReply::Broken(error.to_string())),
            }
        }
    }
}

fn joined(lines: &[Vec<u8>], rest: &[u8]) -> Vec<u8> {
    let mut all = lines.join(&b'\n');
    if !all.is_empty() && !rest.is_empty() {
        all.push(b'\n');
    }
    all.extend_from_slice(rest);
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tokio::io::AsyncWriteExt;

    async fn read(bytes: &'static [u8]) -> Result<Reply, NoReply> {
        let (ours, mut theirs) = tokio::io::duplex(256 * 1024);
        theirs.write_all(bytes).await.unwrap();
        drop(theirs);
        Dialogue::over(Box::new(ours)).reply(Duration::from_secs(30)).await
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
