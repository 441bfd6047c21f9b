//! An in-memory connection between this computer and a server, with its delay and its losses.

use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex, split};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Bytes that fit into each buffer; more than any bound that the checks set for one flight.
const BUFFER: usize = 256 * 1024;

/// How many packets are on the way at most: a line does not swallow a flood.
const IN_FLIGHT: usize = 64;

/// A lost packet is repeated after this time, then after twice the time, and so on (RFC 6298 section 2.4 says a
/// second; Linux uses 200 ms).
const REPEAT: Duration = Duration::from_millis(200);

/// Decides for each packet whether it is lost. The same numbers in every run, so that tests can be repeated.
#[derive(Debug, Clone)]
pub(super) struct Dice {
    random: fastrand::Rng,
    percent: u64,
}

impl Dice {
    /// Loses this share of packets.
    pub(super) fn new(percent: u64, seed: u64) -> Self {
        Dice { random: fastrand::Rng::with_seed(seed), percent }
    }

    /// How often a packet is lost before it arrives.
    pub(super) fn losses(&mut self) -> u32 {
        let mut count = 0;
        while self.percent > 0 && count < 8 && self.random.u64(..100) < self.percent {
            count += 1;
        }
        count
    }
}

/// The two ends of a connection: ours, and the server's. Once more than `largest` bytes are sent at once, nothing more
/// arrives.
pub(super) fn line(one_way: Duration, dice: &Dice, largest: Option<usize>) -> (DuplexStream, DuplexStream) {
    if one_way.is_zero() && dice.percent == 0 && largest.is_none() {
        return duplex(BUFFER);
    }
    let (ours, near) = duplex(BUFFER);
    let (far, theirs) = duplex(BUFFER);
    let (near_read, near_write) = split(near);
    let (far_read, far_write) = split(far);
    tokio::spawn(carry(near_read, far_write, one_way, dice.clone(), largest));
    tokio::spawn(carry(far_read, near_write, one_way, dice.clone(), largest));
    (ours, theirs)
}

/// Carries bytes one way; what was sent first arrives first.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin + Send + 'static,
    one_way: Duration,
    mut dice: Dice,
    largest: Option<usize>,
) {
    let (sender, mut due) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
    tokio::spawn(async move {
        while let Some((at, bytes)) = due.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    });
    let mut buffer = vec![0; 16 * 1024];
    let mut last = Instant::now();
    let mut is_stuck = false;
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        // TCP delivers in order: after something that never arrives, nothing arrives.
        is_stuck |= largest.is_some_and(|largest| count > largest);
        if is_stuck {
            continue;
        }
        let late = (0..dice.losses()).map(|repeat| REPEAT * 2u32.pow(repeat)).sum::<Duration>();
        last = last.max(Instant::now() + one_way + late);
        if sender.send((last, buffer[..count].to_vec())).await.is_err() {
            return;
        }
    }
    // The end of the stream takes as long as the bytes before it.
    sleep_until(last.max(Instant::now() + one_way)).await;
}
