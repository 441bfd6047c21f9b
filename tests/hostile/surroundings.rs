//! This computer's own surroundings turn hostile: a clock of long ago without any source of time, an interface that is
//! pulled, for good or for some seconds, while the run goes on.

use super::suite::{Case, Fits};
use mailtriage::net::errors::OsError;
use mailtriage::net::{
    Answer, BoxStream, ConnectFailure, ConnectOptions, Connection, Network, PortState, RecordKind, Via,
};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout_at};

const CLOCK: Fits = Fits {
    causes: &["clock-wrong", "undetermined"],
    because: "dates alone do not tell a wrong clock from a wrong certificate",
};
const PULLED: Fits = Fits {
    causes: &["offline", "unstable-connection", "undetermined", "healthy"],
    because: "nothing at all comes through any more: no server and no resolver is at fault",
};

/// The network until an interface is pulled, and after it is back.
struct Pulled {
    lab: Arc<dyn Network>,
    from: Instant,
    until: Instant,
}

impl Pulled {
    fn is_down(&self) -> bool {
        (self.from..self.until).contains(&Instant::now())
    }

    /// The result, unless the interface is pulled before it is there: then nothing comes, and time runs out.
    async fn or_nothing<T>(&self, result: impl Future<Output = T>, deadline: Duration) -> Option<T> {
        let out_of_time = Instant::now() + deadline;
        match timeout_at(self.from.max(Instant::now()), result).await {
            Ok(result) => Some(result),
            Err(_) => {
                sleep_until(out_of_time).await;
                None
            }
        }
    }
}

#[async_trait::async_trait]
impl Network for Pulled {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        let answer = self.lab.lookup(via, name, kind, deadline);
        match Instant::now() {
            now if now >= self.until => answer.await,
            // getaddrinfo fails at once; a datagram has no route.
            _ if self.is_down() => Answer::NoNetwork,
            _ => self.or_nothing(answer, deadline).await.unwrap_or(Answer::Silent),
        }
    }

    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let connection = self.lab.connect(to, options);
        if self.is_down() {
            let os = Some(OsError { code: 101, name: "ENETUNREACH".to_owned() });
            return Err(ConnectFailure {
                state: PortState::Unreachable,
                os,
                icmp: None,
                local_port: None,
                elapsed: Duration::ZERO,
            });
        }
        let opened = match Instant::now() >= self.until {
            true => Some(connection.await),
            false => self.or_nothing(connection, options.deadline).await,
        };
        let silent = ConnectFailure {
            state: PortState::Filtered,
            os: None,
            icmp: None,
            local_port: None,
            elapsed: options.deadline,
        };
        let mut connection = opened.unwrap_or(Err(silent))?;
        connection.stream = Box::new(Hanging { inner: connection.stream, from: self.from });
        Ok(connection)
    }
}

/// A connection over the interface: once it is pulled, nothing arrives any more.
struct Hanging {
    inner: BoxStream,
    from: Instant,
}

impl AsyncRead for Hanging {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if Instant::now() >= self.from {
            return Poll::Pending;
        }
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for Hanging {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if Instant::now() >= self.from {
            return Poll::Ready(Ok(bytes.len()));
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

const NO_TIME: &str = r#"
[host."www.msftconnecttest.com".port.80]
closed = true
[host."captive.apple.com".port.80]
closed = true
"#;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    // Seconds behind the world's clock.
    for (what, behind) in [("1971", 1_750_000_000_i64), ("40 days ago", 3_456_000)] {
        let mut case = Case::new("surroundings", format!("a clock of {what}"), "no source of time", CLOCK);
        case.world = format!("[machine]\nclock-behind = {behind}\n{NO_TIME}");
        cases.push(case);
    }
    for back in [None, Some(Duration::from_secs(6))] {
        // Pulled in the middle of the dialogue (25 to 150 ms), its silence is still taken for the server's.
        for after in [0, 10, 100, 200, 250, 300, 400, 1_000] {
            let what = format!("the interface is pulled after {after} ms");
            let place = back.map_or_else(|| "for good".to_owned(), |back| format!("back after {} s", back.as_secs()));
            let mut case = Case::new("surroundings", what, place, PULLED);
            case.change = Box::new(move |job| {
                let from = Instant::now() + Duration::from_millis(after);
                let until = from + back.unwrap_or(Duration::from_secs(86_400));
                job.world.net = Arc::new(Pulled { lab: Arc::clone(&job.world.net), from, until });
            });
            cases.push(case);
        }
    }
    cases
}
