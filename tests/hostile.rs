//! Servers that are malicious, or broken beyond recognition: each must end in a verdict, in bounded time, with no more
//! read than the bounds allow (docs/promises.md).

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::cli::{job, run_to_end};
use mailtriage::net::{Answer, ConnectFailure, ConnectOptions, Connection, Network, RecordKind, Via};
use mailtriage::practice::scenario;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, DuplexStream, duplex};
use tokio::time::{Instant, sleep};

/// What a hostile server does with a connection; it counts the bytes that it could send.
type Talk = fn(Peer) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// The server's end of a connection.
struct Peer {
    stream: BufReader<DuplexStream>,
    sent: Arc<AtomicUsize>,
}

impl Peer {
    /// Sends bytes; `false` once the client is gone.
    async fn send(&mut self, bytes: &[u8]) -> bool {
        let done = self.stream.write_all(bytes).await.is_ok();
        self.sent.fetch_add(if done { bytes.len() } else { 0 }, Ordering::Relaxed);
        done
    }

    async fn line(&mut self) -> bool {
        let mut line = Vec::new();
        matches!(self.stream.read_until(b'\n', &mut line).await, Ok(count) if count > 0)
    }

    /// Sends the bytes again and again.
    async fn flood(&mut self, bytes: &[u8]) {
        while self.send(bytes).await {
            tokio::task::yield_now().await;
        }
    }

    /// Speaks as far as the ClientHello.
    async fn until_hello(&mut self) -> bool {
        for line in [&b"220 mail ESMTP\r\n"[..], b"250-mail\r\n250 STARTTLS\r\n", b"220 go\r\n"] {
            if !(self.send(line).await && (line.starts_with(b"220 go") || self.line().await)) {
                return false;
            }
        }
        let mut head = [0; 5];
        if self.stream.read_exact(&mut head).await.is_err() {
            return false;
        }
        let mut rest = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        self.stream.read_exact(&mut rest).await.is_ok()
    }
}

/// A network in which the account's server is hostile on port 587.
struct Hostile {
    lab: Arc<dyn Network>,
    talk: Talk,
    most: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl Network for Hostile {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        self.lab.lookup(via, name, kind, deadline).await
    }

    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let connection = self.lab.connect(to, options).await?;
        if to.port() != 587 || to.ip() != IpAddr::from([203, 0, 113, 5]) {
            return Ok(connection);
        }
        let (ours, theirs) = duplex(4_096);
        let sent = Arc::new(AtomicUsize::new(0));
        let (talk, most) = (self.talk, Arc::clone(&self.most));
        tokio::spawn(async move {
            talk(Peer { stream: BufReader::new(theirs), sent: Arc::clone(&sent) }).await;
            most.fetch_max(sent.load(Ordering::Relaxed), Ordering::Relaxed);
        });
        Ok(Connection { stream: Box::new(ours), ..connection })
    }
}

/// A handshake message of TLS 1.2 in records.
fn records(messages: &[u8]) -> Vec<u8> {
    messages
        .chunks(16_000)
        .flat_map(|part| [&[22, 3, 3][..], &(part.len() as u16).to_be_bytes(), part].concat())
        .collect()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &(body.len() as u32).to_be_bytes()[1..], body].concat()
}

fn server_hello() -> Vec<u8> {
    // With renegotiation_info (RFC 5746), without which libraries do not go on.
    message(2, &[&[3, 3][..], &[7; 32], &[0, 0xc0, 0x2f, 0, 0, 5, 0xff, 1, 0, 1, 0]].concat())
}

fn certificate(der: &[u8]) -> Vec<u8> {
    let length = |of: usize| (of as u32).to_be_bytes()[1..].to_vec();
    message(11, &[length(der.len() + 3), length(der.len()), der.to_vec()].concat())
}

const CASES: &[(&str, Talk)] = &[
    ("endless garbage", |mut peer| Box::pin(async move { peer.flood(&[0xff, 0, 0x1b, b'[', 0x9b, b'x', 7]).await })),
    ("an endless line", |mut peer| Box::pin(async move { peer.flood(b"220 aaaaaaaaaaaaaaaa").await })),
    ("endless lines", |mut peer| Box::pin(async move { peer.flood(b"220-and so on\r\n").await })),
    ("a byte a second", |mut peer| {
        Box::pin(async move {
            while peer.send(b"2").await {
                sleep(Duration::from_secs(1)).await;
            }
        })
    }),
    ("10,000 lines to EHLO", |mut peer| {
        Box::pin(async move {
            peer.send(b"220 mail ESMTP\r\n").await;
            peer.line().await;
            for _ in 0..10_000 {
                if !peer.send(b"250-X-WORD\r\n").await {
                    return;
                }
            }
            peer.send(b"250 STARTTLS\r\n").await;
        })
    }),
    ("bytes between STARTTLS and the handshake", |mut peer| {
        Box::pin(async move {
            peer.send(b"220 mail ESMTP\r\n").await;
            peer.line().await;
            peer.send(b"250-mail\r\n250 STARTTLS\r\n").await;
            peer.line().await;
            peer.send(b"220 go\r\n250 2.1.0 injected\r\n").await;
            peer.line().await;
        })
    }),
    ("garbage in place of a handshake", |mut peer| {
        Box::pin(async move {
            if peer.until_hello().await {
                peer.flood(b"\x00\x01garbage").await;
            }
        })
    }),
    ("half a record", |mut peer| {
        Box::pin(async move {
            if peer.until_hello().await {
                peer.send(&[22, 3, 3, 0x40, 0, 2, 0, 0]).await;
                sleep(Duration::from_secs(600)).await;
            }
        })
    }),
    ("a handshake message of 16 MiB", |mut peer| {
        Box::pin(async move {
            if peer.until_hello().await {
                peer.send(&records(&server_hello())).await;
                peer.send(&[22, 3, 3, 0x40, 0, 11, 0xff, 0xff, 0xff]).await;
                peer.send(&[0; 0x4000 - 4]).await;
                peer.flood(&records(&[0; 16_000])).await;
            }
        })
    }),
    ("an endless chain of certificates", |mut peer| {
        Box::pin(async move {
            if peer.until_hello().await {
                peer.send(&records(&server_hello())).await;
                peer.flood(&records(&certificate(&[0x30; 900]))).await;
            }
        })
    }),
    ("a certificate that does not parse", |mut peer| {
        Box::pin(async move {
            if peer.until_hello().await {
                let flight = [server_hello(), certificate(b"this is no certificate"), message(14, &[])].concat();
                peer.send(&records(&flight)).await;
                peer.line().await;
            }
        })
    }),
    ("an empty certificate list", |mut peer| {
        Box::pin(async move {
            if peer.until_hello().await {
                peer.send(&records(&[server_hello(), message(11, &[0, 0, 0]), message(14, &[])].concat())).await;
                peer.line().await;
            }
        })
    }),
    ("endless alerts that are only warnings", |mut peer| {
        Box::pin(async move {
            if peer.until_hello().await {
                peer.flood(&[21, 3, 3, 0, 2, 1, 0]).await;
            }
        })
    }),
];

#[test]
fn every_hostile_server_ends_in_a_verdict_within_bounds() {
    let mut wrong = Vec::new();
    for (what, talk) in CASES {
        let most = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        let (session, elapsed) = runtime.block_on(async {
            let scenario = scenario("healthy-587").unwrap();
            let mut job = job(&scenario).unwrap();
            let lab = Arc::clone(&job.world.net);
            job.world.net = Arc::new(Hostile { lab, talk: *talk, most: Arc::clone(&most) });
            let started = Instant::now();
            (run_to_end(job, BTreeMap::new()).await, started.elapsed())
        });
        runtime.shutdown_background();
        let diagnosis = session.diagnosis();
        let text = mailtriage::report::json::to_string(&mailtriage::report::json::report(&session));
        let read = most.load(Ordering::Relaxed);
        println!("{what}: {} after {:.1} s, {} KiB read", diagnosis.cause, elapsed.as_secs_f64(), read / 1024);
        if elapsed > Duration::from_secs(48) {
            wrong.push(format!("{what}: took {elapsed:?}"));
        }
        // 64 KiB of a reply or handshake, and what is in pipes and buffers.
        if read > 160 * 1024 {
            wrong.push(format!("{what}: {read} bytes were read"));
        }
        if ["healthy", "undetermined"].contains(&diagnosis.cause.as_str()) {
            wrong.push(format!("{what}: {}", diagnosis.cause));
        }
        if text.len() > 600_000 || text.contains('\u{1b}') {
            wrong.push(format!("{what}: the report has {} bytes", text.len()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
