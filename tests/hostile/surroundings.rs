//! This computer's own surroundings turn hostile: a clock of long ago or of the far future without any source of time, one
//! that is set while the run goes on; an interface that is pulled, for good or for some seconds; a sleep.

use super::suite::{Case, Fits};
use mailtriage::machine::{Folder, Local, Machine, Proxy, Trust};
use mailtriage::net::errors::OsError;
use mailtriage::net::{
    Answer, BoxStream, ConnectFailure, ConnectOptions, Connection, Network, PortState, RecordKind, Via,
};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
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
    causes: &["undetermined", "healthy"],
    because: "the connection changed during the run: nobody else is at fault",
};
const OFFLINE: Fits = Fits { causes: &["offline", "undetermined"], because: "there was no connection from the start" };
const CLOCK_OR_SOUND: Fits = Fits {
    causes: &["healthy", "clock-wrong", "undetermined"],
    because: "a certificate that was good a moment ago may be judged by the new date; it is not accused",
};
const SOUND: Fits = Fits { causes: &["healthy"], because: "how long something takes is not read from the clock" };

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

/// The lab's machine, with a way to the internet that is lost for a time, and a clock that is off from some time on.
struct Disturbed {
    lab: Arc<dyn Machine>,
    lost: (Instant, Instant),
    /// Since when, and by how many seconds.
    off: (Instant, i64),
}

#[async_trait::async_trait]
impl Machine for Disturbed {
    fn local(&self) -> Local {
        self.lab.local()
    }

    async fn proxy(&self) -> Proxy {
        self.lab.proxy().await
    }

    fn source_for(&self, to: IpAddr) -> Option<IpAddr> {
        let is_lost = (self.lost.0..self.lost.1).contains(&Instant::now());
        self.lab.source_for(to).filter(|_| !is_lost)
    }

    async fn hosts_file(&self, name: &str) -> Option<IpAddr> {
        self.lab.hosts_file(name).await
    }

    async fn programs(&self) -> Vec<String> {
        self.lab.programs().await
    }

    fn trust(&self) -> Trust {
        self.lab.trust()
    }

    fn folder(&self, folder: Folder) -> Option<PathBuf> {
        self.lab.folder(folder)
    }

    async fn read(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        self.lab.read(path, most).await
    }

    async fn list(&self, folder: &Path, most: usize) -> Vec<String> {
        self.lab.list(folder, most).await
    }

    fn now(&self) -> jiff::Timestamp {
        let (since, seconds) = self.off;
        let is_off = Instant::now() >= since;
        self.lab.now() + jiff::SignedDuration::from_secs(if is_off { seconds } else { 0 })
    }
}

const YEAR: i64 = 31_557_600;
const LONG: Duration = Duration::from_secs(86_400);

/// Pulls the interface for a time; the clock goes on by some seconds more than have passed.
fn disturb(case: &mut Case, from: Duration, back: Option<Duration>, jumps: i64) {
    case.change = Box::new(move |job| {
        let from = Instant::now() + from;
        let until = from + back.unwrap_or(LONG);
        job.world.net = Arc::new(Pulled { lab: Arc::clone(&job.world.net), from, until });
        job.world.machine =
            Arc::new(Disturbed { lab: Arc::clone(&job.world.machine), lost: (from, until), off: (from, jumps) });
    });
}

/// Sets the clock; nobody else tells the time, and perhaps nobody is there to compare with.
fn set_clock(case: &mut Case, after: Duration, seconds: i64, is_alone: bool) {
    case.change = Box::new(move |job| {
        let never = Instant::now() + LONG;
        let off = (Instant::now() + after, seconds);
        job.world.machine = Arc::new(Disturbed { lab: Arc::clone(&job.world.machine), lost: (never, never), off });
        if is_alone {
            job.options.references.clear();
        }
    });
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let case = |what: String, place: &str, fits| Case::new("surroundings", what, place, fits);
    // Seconds by which the world's clock, and with it the dates of all certificates, is ahead of this computer's.
    for (what, ahead) in [("1971", 1_750_000_000_i64), ("40 days ago", 3_456_000), ("years ahead", -1_400_000_000)] {
        let mut case = case(format!("a clock of {what}"), "no source of time", CLOCK);
        case.world = format!("[machine]\nclock-behind = {ahead}\n{NO_TIME}");
        cases.push(case);
    }
    // Nothing to compare with either: then only the time itself shows that it cannot be.
    for (what, ahead, set) in [("2200", -1_400_000_000_i64, 174 * YEAR), ("1970", 1_750_000_000, -56 * YEAR)] {
        let mut case = case(format!("a clock of {what}"), "no source of time, nobody to compare with", CLOCK);
        case.world = format!("[machine]\nclock-behind = {ahead}\n{NO_TIME}");
        set_clock(&mut case, Duration::ZERO, set, true);
        cases.push(case);
    }
    for (what, seconds) in [("a year forward", YEAR), ("an hour forward", 3_600), ("an hour back", -3_600)] {
        for after in [50, 200, 1_000] {
            let mut case = case(format!("the clock is set {what}"), &format!("after {after} ms"), SOUND);
            // Web servers have told the time before; a wrong date is not what this is about.
            case.world = NO_TIME.to_owned();
            set_clock(&mut case, Duration::from_millis(after), seconds, false);
            if seconds == YEAR {
                case.fits = CLOCK_OR_SOUND;
            }
            cases.push(case);
        }
    }
    for (back, place) in [(None, "for good"), (Some(Duration::from_secs(6)), "back after 6 s")] {
        for after in [0, 1, 5, 10, 25, 50, 75, 100, 125, 150, 175, 200, 250, 300, 400, 1_000] {
            let fits = if after == 0 { OFFLINE } else { PULLED };
            let mut pulled = case(format!("the interface is pulled after {after} ms"), place, fits);
            disturb(&mut pulled, Duration::from_millis(after), back, 0);
            cases.push(pulled);
        }
    }
    for after in [20, 100, 300] {
        let mut sleeps = case(format!("the computer sleeps after {after} ms"), "for 8 hours", PULLED);
        disturb(&mut sleeps, Duration::from_millis(after), Some(Duration::from_secs(2)), 28_800);
        cases.push(sleeps);
    }
    cases
}
