//! Turns at a mail server: of all runs that are going on, only so many are about the same provider or server, and the next
//! one waits a moment. A run judges what a server lets one client have at once, and must not be its own crowd.

use crate::account::{Account, provider};
use crate::net::{Answer, Network, Record, RecordKind, Via};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

/// How long a DNS server may take to say whose server a domain uses.
const PATIENCE: Duration = Duration::from_secs(3);

/// Who waits for whom.
pub(super) struct Turns {
    /// Runs at the same time about one server.
    at_once: usize,
    /// From the end of one run to the beginning of the next.
    pause: Duration,
    servers: Mutex<HashMap<String, Server>>,
}

#[derive(Clone)]
struct Server {
    places: Arc<Semaphore>,
    /// When the next run may begin.
    free: Arc<Mutex<Instant>>,
}

/// A run's turn, until it is dropped.
pub(super) struct Turn {
    _place: Option<OwnedSemaphorePermit>,
    free: Arc<Mutex<Instant>>,
    pause: Duration,
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.free.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + self.pause;
    }
}

impl Turns {
    pub(super) fn new(at_once: usize, pause: Duration) -> Self {
        Turns { at_once, pause, servers: Mutex::default() }
    }

    /// Waits for a turn at this server.
    pub(super) async fn wait(&self, server: &str) -> Turn {
        let known = {
            let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
            self.forget(&mut servers);
            let new = || Server {
                places: Arc::new(Semaphore::new(self.at_once)),
                free: Arc::new(Mutex::new(Instant::now())),
            };
            servers.entry(server.to_owned()).or_insert_with(new).clone()
        };
        // It is never closed.
        let place = known.places.acquire_owned().await.ok();
        let free = *known.free.lock().unwrap_or_else(PoisonError::into_inner);
        sleep_until(free).await;
        Turn { _place: place, free: known.free, pause: self.pause }
    }

    /// Forgets servers at which nobody is or waits, once there are many.
    fn forget(&self, servers: &mut HashMap<String, Server>) {
        const MANY: usize = 1_024;
        if servers.len() >= MANY {
            let now = Instant::now();
            servers.retain(|_, server| {
                let is_idle = Arc::strong_count(&server.places) == 1 && Arc::strong_count(&server.free) == 1;
                !is_idle || *server.free.lock().unwrap_or_else(PoisonError::into_inner) > now
            });
        }
    }
}

/// Whose server an account uses, as far as that can be told before the run: the provider by its table, by the server that
/// was given or by the domain's MX; else that name itself.
pub(super) async fn server_of(account: &Account, net: &dyn Network) -> String {
    if let Some(server) = account.settings.server() {
        return of_host(server);
    }
    let domain = account.address.domain();
    if let Some(row) = provider::of_domain(domain) {
        return row.id.clone();
    }
    match net.lookup(Via::System, domain, RecordKind::Mx, PATIENCE).await {
        Answer::Records(records) => {
            let mx = records.into_iter().filter_map(|record| match record {
                Record::Mx(preference, host) => Some((preference, host)),
                _ => None,
            });
            let first = mx.min().map(|(_, host)| host.trim_end_matches('.').to_ascii_lowercase());
            first.map_or_else(|| domain.to_owned(), |host| provider::of_mx(&host).map_or(host, |row| row.id.clone()))
        }
        _ => domain.to_owned(),
    }
}

fn of_host(server: &str) -> String {
    provider::of_host(server).map_or_else(|| server.to_ascii_lowercase(), |row| row.id.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Address;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn so_many_at_once_and_a_pause_between() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let turns = Turns::new(2, Duration::from_secs(1));
            let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let began = Instant::now();
            let runs = (0..6).map(|_| async {
                let _turn = turns.wait("mail.example").await;
                most.fetch_max(now.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(4)).await;
                now.fetch_sub(1, Ordering::Relaxed);
            });
            futures::future::join_all(runs).await;
            assert_eq!(most.load(Ordering::Relaxed), 2);
            // Three rounds of four seconds, and two pauses.
            assert_eq!(began.elapsed().as_secs(), 14);
            let other = Instant::now();
            drop(turns.wait("other.example").await);
            assert_eq!(other.elapsed(), Duration::ZERO);
        });
    }

    #[test]
    fn whose_server_it_is() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let world = crate::practice::scenario("healthy-587").unwrap().world().unwrap();
            let of = |address: &str, server: Option<&str>| {
                let mut account = Account::new(Address::parse(address).unwrap());
                account.settings.server = server.map(|server| crate::account::Given::typed(server.to_owned().into()));
                let net = Arc::clone(&world.net);
                async move { server_of(&account, net.as_ref()).await }
            };
            assert_eq!(of("a@gmail.com", None).await, of("b@x.example", Some("smtp.gmail.com")).await);
            assert_eq!(of("a@x.example", Some("Smtp.Example.COM")).await, "smtp.example.com");
            assert_eq!(of("a@nowhere.example", None).await, "nowhere.example");
        });
    }
}
