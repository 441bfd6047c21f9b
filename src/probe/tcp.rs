//! Opens a port, and tries once more before taking silence for an answer. How long silence must last is judged by the
//! handshakes of the same run; whose connections these are is decided elsewhere.

use crate::net::{ConnectFailure, ConnectOptions, Connection, Network, PortState};
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long after the first attempt the second begins at the earliest: after the system's own first repeat, which comes
/// after a second (RFC 6298 section 2.1), so that not both fall into the same gap.
const AGAIN: Duration = Duration::from_millis(1_200);
/// And at the latest, however far away everything is: a line of two seconds has answered by then.
const AGAIN_AT_LAST: Duration = Duration::from_millis(2_500);
/// The system repeats a SYN after one second and after two more: whoever waits for less than the answer to the second
/// repeat has one packet fewer.
const REPEATS: Duration = Duration::from_secs(3);
/// The least time for that answer.
const ANSWER: Duration = Duration::from_millis(200);
/// After so many handshakes without a lost packet the line does not lose every fifth one (0.8^21 is below 1 %). Silence of
/// the six packets of two attempts then has other reasons: at such a loss, each way, it comes in 0.2 % of all cases.
const ENOUGH: u32 = 21;
/// A handshake that takes so long may have lost a packet, if the system does not tell.
const SLOW: Duration = Duration::from_millis(900);

/// What this run's handshakes took, and whether packets were lost.
#[derive(Default)]
pub struct Pace {
    seen: Mutex<Seen>,
}

#[derive(Default, Clone, Copy)]
struct Seen {
    count: u32,
    lost: bool,
    slowest: Duration,
}

impl Pace {
    /// A handshake was completed.
    pub fn note(&self, connection: &Connection) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.count = seen.count.saturating_add(1);
        seen.lost |= connection.retransmissions.map_or(connection.elapsed >= SLOW, |count| count > 0);
        seen.slowest = seen.slowest.max(connection.elapsed);
    }

    fn seen(&self) -> Seen {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long after the first attempt the second begins.
    fn again(&self) -> Duration {
        match self.seen() {
            Seen { count: 0, .. } => AGAIN_AT_LAST,
            seen => seen.estimate().clamp(AGAIN, AGAIN_AT_LAST),
        }
    }

    /// How long the second attempt waits, within this limit; the whole of it unless the line is known to lose little.
    fn patience(&self, limit: Duration) -> Duration {
        let seen = self.seen();
        if seen.lost || seen.count < ENOUGH {
            return limit;
        }
        limit.min(REPEATS + seen.estimate().max(ANSWER))
    }
}

impl Seen {
    /// When an answer is overdue, by the slowest handshake: three times that (RFC 6298 section 2.2).
    fn estimate(self) -> Duration {
        self.slowest * 3
    }
}

/// The outcome of opening one address: every failed attempt, and the connection if one opened.
#[derive(Default)]
pub struct Tried {
    /// The failed attempts, in order, each with the time at which it ended.
    pub failures: Vec<(Instant, ConnectFailure)>,
    /// The connection, if one opened.
    pub connection: Option<Connection>,
}

impl Tried {
    /// Whether it was not even tried.
    pub fn is_untried(&self) -> bool {
        self.connection.is_none() && self.failures.is_empty()
    }

    /// The report's word for the outcome.
    pub fn state(&self) -> PortState {
        match (&self.connection, self.failures.last()) {
            (Some(_), _) => PortState::Open,
            (None, Some((_, failure))) => failure.state,
            (None, None) => PortState::Unknown,
        }
    }

    /// How long the deciding attempt took.
    pub fn elapsed(&self) -> Duration {
        match (&self.connection, self.failures.last()) {
            (Some(connection), _) => connection.elapsed,
            (None, Some((_, failure))) => failure.elapsed,
            (None, None) => Duration::ZERO,
        }
    }

    /// One more attempt has ended.
    fn add(mut self, (at, result): Ended) -> Self {
        match result {
            Ok(connection) => self.connection = Some(connection),
            Err(failure) => self.failures.push((at, failure)),
        }
        self
    }
}

/// What came of an attempt, and when.
type Ended = (Instant, Result<Connection, ConnectFailure>);

/// Opens a connection. If there is silence, it is tried once more, beside the first attempt: one lost packet is not a
/// filter. Whichever attempt hears something first decides.
pub async fn open(net: &dyn Network, pace: &Pace, to: SocketAddr, limit: Duration) -> Tried {
    let started = Instant::now();
    let is_silent = |result: &Result<Connection, ConnectFailure>| {
        result.as_ref().is_err_and(|failure| failure.state == PortState::Filtered)
    };
    let first = net.connect(to, ConnectOptions::within(limit));
    tokio::pin!(first);
    let mut ended = tokio::select! {
        biased;
        result = &mut first => Some((Instant::now(), result)),
        () = async { sleep(AGAIN).await; sleep_until(started + pace.again()).await } => None,
    };
    if ended.as_ref().is_some_and(|(_, result)| !is_silent(result)) {
        return ended.into_iter().fold(Tried::default(), Tried::add);
    }
    let second = net.connect(to, ConnectOptions::within(pace.patience(limit)));
    tokio::pin!(second);
    loop {
        tokio::select! {
            biased;
            result = &mut first, if ended.is_none() => match is_silent(&result) {
                true => ended = Some((Instant::now(), result)),
                false => return Tried::default().add((Instant::now(), result)),
            },
            result = &mut second => {
                let now = Instant::now();
                // The first has waited longer than the second by now.
                let given_up = || ConnectFailure {
                    state: PortState::Filtered,
                    os: None,
                    icmp: None,
                    local_port: None,
                    elapsed: started.elapsed(),
                };
                let first = ended.unwrap_or_else(|| (now, Err(given_up())));
                return Tried::default().add(first).add((now, result));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Answer, RecordKind, Via};
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// A port whose answer to each attempt comes so many milliseconds after it, or never.
    struct Port {
        says: PortState,
        answers: [Option<u64>; 2],
        tries: AtomicUsize,
    }

    #[async_trait::async_trait]
    impl Network for Port {
        async fn lookup(&self, _: Via, _: &str, _: RecordKind, _: Duration) -> Answer {
            Answer::Silent
        }

        async fn connect(&self, _: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
            let answer = self.answers[self.tries.fetch_add(1, Ordering::Relaxed)].map(Duration::from_millis);
            let answer = answer.filter(|answer| *answer <= options.deadline);
            let elapsed = answer.unwrap_or(options.deadline);
            sleep(elapsed).await;
            match (answer, self.says) {
                (Some(_), PortState::Open) => Ok(handshake(elapsed, 0)),
                (answer, state) => {
                    let state = answer.map_or(PortState::Filtered, |_| state);
                    Err(ConnectFailure { state, os: None, icmp: None, local_port: None, elapsed })
                }
            }
        }
    }

    fn handshake(elapsed: Duration, lost: u32) -> Connection {
        Connection { stream: Box::new(tokio::io::duplex(1).0), local: None, elapsed, retransmissions: Some(lost) }
    }

    fn pace(count: u32, milliseconds: u64, lost: u32) -> Pace {
        let pace = Pace::default();
        (0..count).for_each(|_| pace.note(&handshake(Duration::from_millis(milliseconds), lost)));
        pace
    }

    /// What the port does, how often it was tried, and how long that took, in milliseconds.
    async fn opened(says: PortState, answers: [Option<u64>; 2], pace: &Pace) -> (PortState, usize, u128) {
        let port = Port { says, answers, tries: AtomicUsize::new(0) };
        let started = Instant::now();
        let to = "203.0.113.5:587".parse().unwrap();
        let tried = open(&port, pace, to, Duration::from_secs(5)).await;
        (tried.state(), port.tries.load(Ordering::Relaxed), started.elapsed().as_millis())
    }

    const SILENT: [Option<u64>; 2] = [None, None];

    #[tokio::test(start_paused = true)]
    async fn silence_is_judged_by_the_lines_own_handshakes() {
        use PortState::{Filtered, Open};
        assert_eq!(opened(Open, SILENT, &pace(33, 20, 0)).await, (Filtered, 2, 4_400));
        assert_eq!(opened(Open, SILENT, &pace(33, 200, 0)).await, (Filtered, 2, 4_800));
        // Far away, on a line that loses packets, or one of which too little is known, both wait to the end.
        assert_eq!(opened(Open, SILENT, &pace(33, 2_000, 0)).await, (Filtered, 2, 7_500));
        assert_eq!(opened(Open, SILENT, &pace(33, 20, 1)).await, (Filtered, 2, 6_200));
        assert_eq!(opened(Open, SILENT, &pace(20, 20, 0)).await, (Filtered, 2, 6_200));
        assert_eq!(opened(Open, SILENT, &Pace::default()).await, (Filtered, 2, 7_500));
    }

    #[tokio::test(start_paused = true)]
    async fn each_attempt_has_a_time_of_its_own() {
        let port = Port { says: PortState::Open, answers: SILENT, tries: AtomicUsize::new(0) };
        let (started, to) = (Instant::now(), "203.0.113.5:587".parse().unwrap());
        let tried = open(&port, &Pace::default(), to, Duration::from_secs(5)).await;
        let ended: Vec<u128> = tried.failures.iter().map(|(at, _)| (*at - started).as_millis()).collect();
        assert_eq!(ended, [5_000, 7_500]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_answers_late_is_not_silent() {
        use PortState::{Open, Refused};
        // A line of two seconds; its packets lost once, and twice; Windows reports a refusal after two seconds.
        assert_eq!(opened(Open, [Some(2_000), None], &Pace::default()).await, (Open, 1, 2_000));
        assert_eq!(opened(Open, [Some(3_000), None], &Pace::default()).await, (Open, 2, 3_000));
        assert_eq!(opened(Open, [Some(5_000), None], &pace(3, 2_000, 1)).await, (Open, 2, 5_000));
        assert_eq!(opened(Open, [None, Some(5_000)], &pace(3, 2_000, 1)).await, (Open, 2, 7_500));
        assert_eq!(opened(Open, [None, Some(3_020)], &pace(33, 20, 0)).await, (Open, 2, 4_220));
        assert_eq!(opened(Refused, [Some(2_000), None], &pace(33, 20, 0)).await, (Refused, 2, 2_000));
        assert_eq!(opened(Refused, [Some(20), None], &pace(33, 20, 0)).await, (Refused, 1, 20));
    }
}
