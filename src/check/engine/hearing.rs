//! How long a run waits for DNS servers: in full from its first question to a server on, not for each question anew. A
//! server that has answered anything is waited for as usual.

use crate::net::{Answer, Via};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long a look-up may take, and a server may stay silent from the first question on: a lost query costs a resolver 5 s
/// (resolv.conf(5), `timeout`).
pub(crate) const LOOKUP: Duration = Duration::from_secs(7);
/// How long each question is waited for after that: what was silent for so long may still wake up.
const MORE: Duration = Duration::from_secs(1);

/// What was heard of each DNS server in this run.
pub(super) struct Hearing {
    /// The servers that `Via::System` asks, all at once.
    own: Vec<SocketAddr>,
    asked: Mutex<HashMap<Via, Heard>>,
}

#[derive(Clone, Copy)]
struct Heard {
    /// When it was asked first.
    first: Instant,
    /// Whether it has answered anything, even that it refuses.
    answered: bool,
}

impl Hearing {
    pub(super) fn new(own: Vec<SocketAddr>) -> Self {
        Hearing { own, asked: Mutex::default() }
    }

    /// The answer to a question that is asked now; silence as soon as that is known.
    pub(super) async fn answer(&self, via: Via, lookup: impl Future<Output = Answer>) -> Answer {
        let now = Instant::now();
        self.with(|asked| {
            asked.entry(via).or_insert(Heard { first: now, answered: false });
        });
        tokio::select! {
            biased;
            answer = lookup => {
                if !matches!(answer, Answer::Silent | Answer::NoNetwork) {
                    self.with(|asked| {
                        asked.entry(via).and_modify(|heard| heard.answered = true);
                    });
                }
                answer
            }
            () = self.is_silent(via, now) => Answer::Silent,
        }
    }

    /// Waits until a question of that time is no longer waited for; for ever if the server answers others.
    async fn is_silent(&self, via: Via, asked: Instant) {
        while let Some(until) = self.until(via, asked) {
            if Instant::now() >= until {
                return;
            }
            sleep_until(until).await;
        }
        std::future::pending().await
    }

    fn until(&self, via: Via, at: Instant) -> Option<Instant> {
        self.with(|asked| {
            let heard = asked.get(&via).filter(|heard| !heard.answered)?;
            // While no server of this computer has answered, each of them has been asked since the first question.
            let is_own = matches!(via, Via::Server(server) if self.own.contains(&server));
            let together = asked.get(&Via::System).filter(|together| is_own && !together.answered);
            let first = together.map_or(heard.first, |together| together.first.min(heard.first));
            Some((first + LOOKUP).max(at + MORE))
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut HashMap<Via, Heard>) -> T) -> T {
        act(&mut self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::sleep;

    const SERVER: Via = Via::Server(SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 53));

    /// Asks a server that answers after so long, or never; the answer and how long it took, in seconds.
    async fn ask(hearing: &Hearing, via: Via, after: Option<u64>) -> (Answer, f64) {
        let begun = Instant::now();
        let lookup = async {
            sleep(after.map_or(LOOKUP, Duration::from_secs)).await;
            if after.is_some() { Answer::ServFail } else { Answer::Silent }
        };
        let answer = hearing.answer(via, lookup).await;
        (answer, begun.elapsed().as_secs_f64())
    }

    #[tokio::test(start_paused = true)]
    async fn silence_is_waited_for_once() {
        let hearing = Hearing::new(vec![]);
        let (first, second) = tokio::join!(ask(&hearing, Via::System, None), async {
            sleep(Duration::from_secs(3)).await;
            ask(&hearing, Via::System, None).await
        });
        assert_eq!((first, second), ((Answer::Silent, 7.0), (Answer::Silent, 4.0)));
        assert_eq!(ask(&hearing, Via::System, None).await, (Answer::Silent, 1.0));
        // Another server has its own time.
        assert_eq!(ask(&hearing, SERVER, None).await, (Answer::Silent, 7.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_server_is_not_silent() {
        let hearing = Hearing::new(vec![]);
        for _ in 0..5 {
            assert_eq!(ask(&hearing, Via::System, Some(6)).await, (Answer::ServFail, 6.0));
        }
        // It has answered others: this question alone is lost, and waited for as usual.
        assert_eq!(ask(&hearing, Via::System, None).await, (Answer::Silent, 7.0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_of_this_computer_was_asked_with_the_others() {
        let Via::Server(own) = SERVER else { return };
        let hearing = Hearing::new(vec![own]);
        ask(&hearing, Via::System, None).await;
        assert_eq!(ask(&hearing, SERVER, None).await, (Answer::Silent, 1.0));
        // Where another of them answered, this one may just be slower.
        let hearing = Hearing::new(vec![own]);
        ask(&hearing, Via::System, Some(1)).await;
        assert_eq!(ask(&hearing, SERVER, Some(2)).await, (Answer::ServFail, 2.0));
    }
}
