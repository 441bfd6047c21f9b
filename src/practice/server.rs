//! The lab's servers: they speak a dialogue, or serve pages, over one connection.

use super::dialogue::{Act, Command, Dialogue, Exchange};
use super::tls::{Stream, Tls};
use crate::text::hex;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use md5::Md5;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::time::sleep;

/// How much a flood sends in a millisecond, in bytes.
const FLOOD: usize = 16 * 1024;

/// What a port serves.
pub(super) struct Service {
    /// The server's name, for `{host}`.
    pub(super) host: String,
    /// The client's address as servers see it, for `{client}`.
    pub(super) client: String,
    pub(super) implicit: bool,
    pub(super) tls: Arc<Tls>,
    pub(super) speaks: Speaks,
}

/// The protocol that a port speaks.
pub(super) enum Speaks {
    Smtp(Arc<Dialogue>),
    /// HTTP: pages by path, and the header lines that every answer carries.
    Http(BTreeMap<String, String>, String),
    /// SMTP, but the server has too many connections from this client.
    Crowded,
    /// None: it says nothing.
    Nothing,
}

/// Serves one connection to its end.
pub(super) async fn serve(stream: Box<dyn Stream>, service: Service) {
    let stream = match service.implicit {
        true => match service.tls.accept(stream).await {
            Some(stream) => stream,
            None => return,
        },
        false => stream,
    };
    match &service.speaks {
        Speaks::Smtp(dialogue) => {
            let dialogue = Arc::clone(dialogue);
            Speaker { service: &service, stream: Some(BufReader::new(stream)), encrypted: service.implicit, at: 0 }
                .speak(&dialogue)
                .await;
        }
        Speaks::Http(pages, head) => drop(http(stream, pages, head).await),
        Speaks::Crowded => {
            let mut stream = stream;
            let line = format!("421 4.7.0 {} Error: too many connections from {}\r\n", service.host, service.client);
            let _ = stream.write_all(line.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
        Speaks::Nothing => {
            let mut stream = BufReader::new(stream);
            // Waits until the client leaves.
            let mut line = Vec::new();
            while let Ok(1..) = stream.read_until(b'\n', &mut line).await {
                line.clear();
            }
        }
    }
}

/// What a client gives to log in.
struct Credentials {
    name: String,
    proof: Proof,
}

enum Proof {
    Password(String),
    /// The challenge's keyed digest, in hexadecimal digits.
    Digest {
        digest: String,
        challenge: String,
    },
}

impl Credentials {
    fn password(name: String, password: String) -> Self {
        Credentials { name, proof: Proof::Password(password) }
    }

    /// Whether they are those of this name and password.
    fn are_of(&self, name: &str, password: &str) -> bool {
        self.name == name
            && match &self.proof {
                Proof::Password(given) => given == password,
                Proof::Digest { digest, challenge } => Some(digest) == digest_of(password, challenge).as_ref(),
            }
    }
}

fn digest_of(password: &str, challenge: &str) -> Option<String> {
    let mut mac = Hmac::<Md5>::new_from_slice(password.as_bytes()).ok()?;
    mac.update(challenge.as_bytes());
    Some(hex(&mac.finalize().into_bytes()))
}

struct Speaker<'a> {
    service: &'a Service,
    stream: Option<BufReader<Box<dyn Stream>>>,
    encrypted: bool,
    /// The position of the last command in its part of the dialogue.
    at: usize,
}

/// Whether the dialogue goes on.
type GoesOn = Option<()>;

impl Speaker<'_> {
    async fn speak(mut self, dialogue: &Dialogue) -> GoesOn {
        self.act(&dialogue.greeting).await?;
        loop {
            let line = self.read().await?;
            let part =
                if self.encrypted && !dialogue.encrypted.is_empty() { &dialogue.encrypted } else { &dialogue.clear };
            let word = line.split(' ').next().unwrap_or_default().to_ascii_uppercase();
            let tests_password = part.iter().any(|exchange| matches!(exchange.command, Command::LogIn(..)));
            let credentials = match word.as_str() {
                "AUTH" if tests_password => match self.credentials(&line).await? {
                    Ok(found) => Some(found),
                    Err(said) => {
                        self.say(said).await?;
                        continue;
                    }
                },
                _ => None,
            };
            let fits = |exchange: &Exchange| match (&exchange.command, &credentials) {
                (Command::LogIn(name, password), Some(found)) => found.are_of(name, password),
                (Command::LogIn(..), None) => false,
                (Command::Exactly(words), _) => line.eq_ignore_ascii_case(words),
                (Command::Begins(start), _) => line.to_ascii_uppercase().starts_with(start),
            };
            let after = part.iter().enumerate().skip(self.at).find(|(_, exchange)| fits(exchange));
            match after.or_else(|| part.iter().enumerate().find(|(_, exchange)| fits(exchange))) {
                Some((index, exchange)) => {
                    self.at = index + 1;
                    self.act(&exchange.acts).await?;
                }
                None => match word.as_str() {
                    "QUIT" => {
                        self.say(b"221 2.0.0 Bye").await?;
                        return self.close().await;
                    }
                    "DATA" => {
                        self.say(b"354 End data with <CR><LF>.<CR><LF>").await?;
                        while self.read().await? != "." {}
                        self.say(b"250 2.0.0 Ok: queued as PRACTICE").await?;
                    }
                    "RSET" | "NOOP" => self.say(b"250 2.0.0 OK").await?,
                    _ => self.say(b"502 5.5.2 Error: command not recognized").await?,
                },
            }
        }
    }

    async fn act(&mut self, acts: &[Act]) -> GoesOn {
        for act in acts {
            match act {
                Act::Say(line) => self.say(line).await?,
                Act::Send(bytes) => self.send(bytes).await?,
                Act::Wait(time) => sleep(*time).await,
                Act::StartTls => {
                    let stream = self.stream.take()?;
                    // Bytes that came too early are discarded, as RFC 3207 section 4.2 asks.
                    let stream = self.service.tls.accept(stream.into_inner()).await?;
                    self.stream = Some(BufReader::new(stream));
                    (self.encrypted, self.at) = (true, 0);
                }
                Act::Close => return self.close().await,
                Act::Silence => {
                    while self.read().await.is_some() {}
                    return None;
                }
                Act::Endless(line) => loop {
                    self.say(line).await?;
                    sleep(Duration::from_secs(1)).await;
                },
                Act::Flood(bytes) => {
                    let many = bytes.repeat(FLOOD / bytes.len().max(1) + 1);
                    loop {
                        self.send(&many).await?;
                        sleep(Duration::from_millis(1)).await;
                    }
                }
            }
        }
        Some(())
    }

    async fn say(&mut self, line: &[u8]) -> GoesOn {
        let mut line = self.filled(line);
        line.extend(b"\r\n");
        self.send(&line).await
    }

    async fn send(&mut self, bytes: &[u8]) -> GoesOn {
        let stream = self.stream.as_mut()?;
        stream.write_all(bytes).await.ok()?;
        stream.flush().await.ok()
    }

    fn filled(&self, line: &[u8]) -> Vec<u8> {
        match std::str::from_utf8(line) {
            Ok(text) => {
                text.replace("{host}", &self.service.host).replace("{client}", &self.service.client).into_bytes()
            }
            Err(_) => line.to_vec(),
        }
    }

    async fn read(&mut self) -> Option<String> {
        let mut line = Vec::new();
        let count = self.stream.as_mut()?.read_until(b'\n', &mut line).await.ok()?;
        (count > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }

    async fn close(&mut self) -> GoesOn {
        if let Some(mut stream) = self.stream.take() {
            let _ = stream.shutdown().await;
        }
        None
    }

    /// What a log-in gives (RFC 4616, RFC 2195, and LOGIN as programs use it); the error is the server's reply.
    async fn credentials(&mut self, line: &str) -> Option<Result<Credentials, &'static [u8]>> {
        let mut words = line.split(' ').skip(1);
        let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
        let first = words.next().map(str::to_owned);
        let found = match mechanism.as_str() {
            "PLAIN" => {
                let message = self.answer(first, b"334 ").await?;
                let parts: Vec<&str> = message.as_deref().unwrap_or_default().split('\0').collect();
                match parts.as_slice() {
                    [_, name, password] => Some(Credentials::password((*name).to_owned(), (*password).to_owned())),
                    _ => None,
                }
            }
            "LOGIN" => {
                let name = self.answer(first, b"334 VXNlcm5hbWU6").await?;
                let password = match &name {
                    Some(_) => self.answer(None, b"334 UGFzc3dvcmQ6").await?,
                    None => None,
                };
                name.zip(password).map(|(name, password)| Credentials::password(name, password))
            }
            "CRAM-MD5" => {
                let challenge = format!("<1896.697170952@{}>", self.service.host);
                let asks = format!("334 {}", STANDARD.encode(&challenge));
                let answer = self.answer(first, asks.as_bytes()).await?;
                answer.as_deref().and_then(|answer| answer.rsplit_once(' ')).map(|(name, digest)| Credentials {
                    name: name.to_owned(),
                    proof: Proof::Digest { digest: digest.to_owned(), challenge },
                })
            }
            _ => return Some(Err(b"504 5.5.4 Unrecognized authentication type")),
        };
        Some(found.ok_or(b"501 5.7.0 Authentication aborted"))
    }

    async fn answer(&mut self, given: Option<String>, challenge: &[u8]) -> Option<Option<String>> {
        let line = match given {
            Some(given) => given,
            None => {
                self.say(challenge).await?;
                self.read().await?
            }
        };
        Some(STANDARD.decode(line).ok().and_then(|bytes| String::from_utf8(bytes).ok()))
    }
}

async fn http(stream: Box<dyn Stream>, pages: &BTreeMap<String, String>, head: &str) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    stream.read_line(&mut request).await.ok()?;
    let mut header = String::new();
    while stream.read_line(&mut header).await.ok()? > 2 {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    let page = pages.get(path).or_else(|| pages.get("*"));
    let page = page.map(|text| (text.split_once(' ').unwrap_or((text, "")), text));
    let (status, more, body) = match page {
        Some((("401", kinds), _)) => {
            let challenges = kinds.split(" | ").map(|challenge| format!("WWW-Authenticate: {challenge}\r\n"));
            ("401 Unauthorized", challenges.collect(), "")
        }
        Some(((">", location), _)) => ("302 Found", format!("Location: {location}\r\n"), ""),
        Some((("503", body), _)) => ("503 Service Unavailable", String::new(), body),
        Some((_, text)) => ("200 OK", "Content-Type: text/plain\r\n".to_owned(), text.as_str()),
        None => ("404 Not Found", String::new(), "Not found\n"),
    };
    let answer =
        format!("HTTP/1.1 {status}\r\n{head}{more}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    stream.write_all(answer.as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}
