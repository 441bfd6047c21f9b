//! How good is the connection? Many handshakes with hosts that accept them, each closed at once: how many packets were
//! lost, and how long the others took. Nothing is sent to the mail server for it.

use super::reference::address_of;
use crate::check::engine::{Check, How, none};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::derive;
use crate::facts::key::Key;
use crate::facts::keys::quality as keys;
use crate::facts::words::Loss;
use crate::net::{ConnectOptions, PortState};
use crate::text::Text;
use crate::text::small_sort::Gather;
use crate::text::small_sort::SmallSort;
use futures::future::join_all;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

pub(crate) static CHECK: Check = Check {
    kind: "quality",
    group: Group::Internet,
    question: "How good is the connection?",
    when: |scope| scope.options.references.iter().any(|reference| reference.ports.contains(&443)),
    needs: none,
    facts: keys::ALL,
    how: How::Before(|ctx, book| Box::pin(run(ctx, book))),
};

/// Handshakes in one sampling: with five, a line that loses every tenth packet would look sound half of the time.
const SAMPLES: usize = 60;
/// After so many handshakes without a loss a sampling ends: heavy loss is [`derive::loss`] of 8 in 60 and more, and a line
/// that loses so much brings 33 handshakes through in 0.9 % of all cases ((52/60)^33).
const CLEAN: usize = 33;
/// How many are made before that is judged: three by each stream.
const FIRST_PART: usize = 3 * HOSTS * AT_A_TIME;
/// With fewer handshakes there is no verdict.
const ENOUGH: usize = 30;
/// How many hosts are used, and how many handshakes run at the same time with each; more where there are fewer hosts, so
/// that it takes no longer.
const HOSTS: usize = 3;
const AT_A_TIME: usize = 4;
const MOST_AT_A_TIME: usize = 6;
/// A lost SYN is repeated after a second (RFC 6298 section 2), so its answer comes that much later than the fastest.
const LATE: Duration = Duration::from_millis(900);
/// The pause between the handshakes of one stream, so that they do not come in a burst.
const REST: Duration = Duration::from_millis(120);
const BETWEEN: Duration = Duration::from_secs(2);
/// A handshake that takes longer counts as lost.
const PATIENCE: Duration = Duration::from_secs(3);
/// A sampling ends after this time, with what it has.
const LONGEST: Duration = Duration::from_secs(8);
/// After this many failures without a single answer, the host does not accept connections, which is not loss.
const DEAD: usize = AT_A_TIME;

/// One handshake.
#[derive(Debug, Clone, Copy)]
struct Sample {
    host: IpAddr,
    began: Instant,
    /// How long it took, if it was completed.
    took: Option<Duration>,
}

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let Some(first) = sampling(ctx, book, &FIRST).await else { return Verdict::unknown(NO_HOST) };
    let mut loss = derive::loss(first.share());
    // Loss is heavy only if two samplings agree; some time apart, as a gateway may have a limit for bursts.
    if loss == Loss::Heavy {
        sleep(BETWEEN).await;
        let Some(second) = sampling(ctx, book, &AGAIN).await else { return Verdict::unknown(NO_HOST) };
        loss = derive::loss(second.share());
    }
    book.note(keys::LOSS, loss);
    let Line { lost, sent, median, .. } = first;
    let summary = format!("{lost} of {sent} handshakes lost packets; half took about {median} ms");
    match loss {
        Loss::Heavy => Verdict::fail(summary),
        Loss::Some => Verdict::warn(summary),
        Loss::None => Verdict::pass(format!("stable: {summary}")),
    }
}

const NO_HOST: &str = "no host accepted enough handshakes to judge the connection";

/// The keys under which a sampling is written down.
struct Keys {
    sent: Key<usize>,
    lost: Key<usize>,
    fastest: Key<usize>,
    median: Key<usize>,
    worst: Key<usize>,
    handshakes: Key<String>,
}

static FIRST: Keys = Keys {
    sent: keys::SENT,
    lost: keys::LOST,
    fastest: keys::FASTEST,
    median: keys::MEDIAN,
    worst: keys::WORST,
    handshakes: keys::HANDSHAKES,
};
static AGAIN: Keys = Keys {
    sent: keys::SENT_AGAIN,
    lost: keys::LOST_AGAIN,
    fastest: keys::FASTEST_AGAIN,
    median: keys::MEDIAN_AGAIN,
    worst: keys::WORST_AGAIN,
    handshakes: keys::HANDSHAKES_AGAIN,
};

async fn sampling(ctx: &Ctx, book: &mut Notebook, keys: &Keys) -> Option<Line> {
    let samples = sample(ctx).await;
    let line = judge(&samples)?;
    book.note(keys.sent.clone(), line.sent);
    book.note(keys.lost.clone(), line.lost);
    book.note(keys.fastest.clone(), line.fastest);
    book.note(keys.median.clone(), line.median);
    book.note(keys.worst.clone(), line.worst);
    book.note(keys.handshakes.clone(), marks(&samples, &line));
    note(book, &samples, &line);
    Some(line)
}

/// The result of a sampling; times in milliseconds.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    sent: usize,
    lost: usize,
    fastest: usize,
    median: usize,
    worst: usize,
    /// Whether each host with enough handshakes lost some: a single host may have a fault or a limit of its own.
    everywhere: bool,
}

impl Line {
    /// The loss in percent; zero if one of the hosts lost nothing.
    fn share(&self) -> usize {
        if self.everywhere { self.lost * 100 / self.sent } else { 0 }
    }
}

/// Whether a handshake was lost: not completed, or so much later than the host's fastest that a packet was sent again.
fn is_lost(took: Option<Duration>, fastest: Option<Duration>) -> bool {
    took.zip(fastest).is_none_or(|(took, fastest)| took >= fastest + LATE)
}

/// Sums up a sampling; hosts that never answered are left out.
fn judge(samples: &[Sample]) -> Option<Line> {
    let counted: Vec<Sample> =
        samples.iter().filter(|sample| fastest(samples, sample.host).is_some()).copied().collect();
    let is_lost = |sample: &Sample| is_lost(sample.took, fastest(samples, sample.host));
    let mut times: Vec<usize> = counted
        .iter()
        .filter_map(|sample| sample.took.map(|took| usize::try_from(took.as_millis()).unwrap_or(usize::MAX)))
        .collect();
    times.small_sort();
    let hosts: BTreeSet<IpAddr> = counted.iter().map(|sample| sample.host).gather();
    (counted.len() >= ENOUGH).then(|| Line {
        sent: counted.len(),
        lost: counted.iter().filter(|sample| is_lost(sample)).count(),
        fastest: times.first().copied().unwrap_or(0),
        median: times.get(times.len() / 2).copied().unwrap_or(0),
        worst: times.last().copied().unwrap_or(0),
        everywhere: hosts.iter().all(|host| {
            let of_host: Vec<&Sample> = counted.iter().filter(|sample| sample.host == *host).collect();
            of_host.len() < 10 || of_host.iter().any(|sample| is_lost(sample))
        }),
    })
}

/// The fastest handshake with a host; `None` if it never answered.
fn fastest(samples: &[Sample], host: IpAddr) -> Option<Duration> {
    samples.iter().filter(|sample| sample.host == host).filter_map(|sample| sample.took).min()
}

async fn sample(ctx: &Ctx) -> Vec<Sample> {
    let hosts: Vec<_> = ctx.options.references.iter().filter(|reference| reference.ports.contains(&443)).collect();
    // Literal addresses first: they need no name server.
    let (named, literal): (Vec<_>, Vec<_>) = hosts.into_iter().partition(|reference| reference.has_name());
    let used = (literal.len() + named.len()).clamp(1, HOSTS);
    let at_a_time = (HOSTS * AT_A_TIME / used).min(MOST_AT_A_TIME);
    let until = Instant::now() + LONGEST;
    let mut samples = Vec::new();
    // The end of each part is that of all its handshakes: one that is late is not overlooked for being late.
    for part in [FIRST_PART, SAMPLES - FIRST_PART] {
        let tickets = AtomicUsize::new(part);
        let all = literal.iter().chain(&named).take(HOSTS).map(|host| {
            let (tickets, before) = (&tickets, &samples);
            async move {
                let Ok(Some(addr)) = timeout(LONGEST / 2, address_of(ctx, host)).await else { return Vec::new() };
                if is_dead(before, addr) {
                    return Vec::new();
                }
                let failures = AtomicUsize::new(0);
                let answered = AtomicUsize::new(0);
                let workers = (0..at_a_time).map(|index| {
                    // Not all at once.
                    let offset = REST * u32::try_from(index).unwrap_or(0) / u32::try_from(at_a_time).unwrap_or(1);
                    worker(ctx, addr, offset, tickets, &failures, &answered, until)
                });
                join_all(workers).await.into_iter().flatten().collect::<Vec<Sample>>()
            }
        });
        let part: Vec<Sample> = join_all(all).await.into_iter().flatten().collect();
        samples.extend(part);
        if is_clean(&samples) {
            break;
        }
    }
    samples
}

/// Whether there were enough handshakes, and none of them was lost.
fn is_clean(samples: &[Sample]) -> bool {
    judge(samples).is_some_and(|line| line.sent >= CLEAN && line.lost == 0)
}

/// Whether a host was asked and never answered: it is not asked again.
fn is_dead(samples: &[Sample], addr: IpAddr) -> bool {
    samples.iter().any(|sample| sample.host == addr) && fastest(samples, addr).is_none()
}

async fn worker(
    ctx: &Ctx,
    addr: IpAddr,
    offset: Duration,
    tickets: &AtomicUsize,
    failures: &AtomicUsize,
    answered: &AtomicUsize,
    until: Instant,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    sleep(offset).await;
    let take = || tickets.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok();
    while Instant::now() < until && take() {
        if samples.last().is_some_and(|sample: &Sample| sample.took.is_some()) {
            sleep(REST).await;
        }
        let options = ConnectOptions::within(PATIENCE);
        let began = Instant::now();
        match ctx.net.connect(SocketAddr::new(addr, 443), options).await {
            Ok(connection) => {
                answered.fetch_add(1, Ordering::Relaxed);
                samples.push(Sample { host: addr, began, took: Some(connection.elapsed) });
            }
            Err(failure) if failure.state == PortState::Filtered => {
                samples.push(Sample { host: addr, began, took: None });
                if failures.fetch_add(1, Ordering::Relaxed) + 1 >= DEAD && answered.load(Ordering::Relaxed) == 0 {
                    break;
                }
            }
            // This host turned us away: its handshakes say nothing about loss, and another host may take its place.
            Err(_) => {
                tickets.fetch_add(1, Ordering::Relaxed);
                break;
            }
        }
    }
    samples
}

/// One mark per handshake, in the order in which they began: `.` as usual, `o` slower, `x` lost. Hosts that never
/// answered are left out.
fn marks(samples: &[Sample], line: &Line) -> String {
    let ordinary = Duration::from_millis(2 * u64::try_from(line.median).unwrap_or(0) + 10);
    let mut counted: Vec<(&Sample, Option<Duration>)> =
        samples.iter().map(|sample| (sample, fastest(samples, sample.host))).collect();
    counted.retain(|(_, fastest)| fastest.is_some());
    counted.small_sort_by_key(|(sample, _)| sample.began);
    let mark = |(sample, fastest): (&Sample, Option<Duration>)| match sample.took {
        took if is_lost(took, fastest) => 'x',
        took if took.is_some_and(|took| took > ordinary) => 'o',
        _ => '.',
    };
    counted.into_iter().map(mark).collect()
}

/// One line per host with its marks.
fn note(book: &mut Notebook, samples: &[Sample], line: &Line) {
    let mut hosts: Vec<IpAddr> = samples.iter().map(|sample| sample.host).collect();
    hosts.small_sort();
    hosts.dedup();
    for host in hosts {
        let of_host: Vec<Sample> = samples.iter().filter(|sample| sample.host == host).copied().collect();
        let says = match marks(&of_host, line) {
            marks if marks.is_empty() => ": no answer".to_owned(),
            marks => format!(": {marks} (. as usual, o slower, x lost)"),
        };
        book.saw("handshakes on port 443", Text::new().addr(host).say(says));
    }
    book.saw(
        "time of a handshake",
        format!("fastest {} ms, half under {} ms, worst {} ms", line.fastest, line.median, line.worst),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second apart.
    fn samples(times: impl IntoIterator<Item = Option<u64>>) -> Vec<Sample> {
        let (host, start) = ("192.0.2.1".parse().unwrap(), Instant::now());
        let began = (0_u64..).map(|second| start + Duration::from_secs(second));
        times
            .into_iter()
            .zip(began)
            .map(|(ms, began)| Sample { host, began, took: ms.map(Duration::from_millis) })
            .collect()
    }

    fn line(times: impl IntoIterator<Item = Option<u64>>) -> Option<Line> {
        judge(&samples(times))
    }

    #[test]
    fn a_mark_for_each_in_the_order_in_which_they_began() {
        let mut all = samples((0..28).map(|_| Some(20)).chain([Some(90), None, Some(1_020)]));
        let line = judge(&all).unwrap();
        all.reverse();
        assert_eq!(marks(&all, &line), format!("{}oxx", ".".repeat(28)));
    }

    #[test]
    fn late_is_lost() {
        let found = line((0..57).map(|_| Some(20)).chain([Some(1_025), Some(3_030), None])).unwrap();
        assert_eq!((found.sent, found.lost, found.median, found.worst), (60, 3, 20, 3_030));
    }

    #[test]
    fn a_slow_line_is_not_a_lossy_one() {
        assert_eq!(line((0..60).map(|n| Some(2_000 + n))).unwrap().lost, 0);
    }

    #[test]
    fn clean_is_enough_without_any_loss() {
        let clean = |count: usize, more: &[Option<u64>]| {
            is_clean(&samples((0..count).map(|_| Some(20)).chain(more.iter().copied())))
        };
        assert!(clean(33, &[]));
        assert!(!clean(32, &[]) && !clean(33, &[None]) && !clean(33, &[Some(1_025)]));
        // The reason for the number, beside the threshold that it rests on.
        assert_eq!((derive::loss(8 * 100 / SAMPLES), derive::loss(7 * 100 / SAMPLES)), (Loss::Heavy, Loss::Some));
        assert!((52.0_f64 / 60.0).powi(33) < 0.01);
    }

    #[test]
    fn silence_is_no_loss() {
        assert_eq!(line((0..60).map(|_| None)), None);
        assert_eq!(line((0..10).map(|_| Some(20))), None);
    }
}
