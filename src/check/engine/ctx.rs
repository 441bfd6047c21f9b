//! What a check may use: the network, the account, the options, the findings and connections of other checks. Not the
//! password.

use super::board::Board;
use super::door::Door;
use super::lane::Lane;
use super::line::Line;
use super::targets;
use crate::account::{Account, Endpoint, Wanted};
use crate::check::finding::{Event, Finding};
use crate::check::options::Options;
use crate::facts::key::{Key, Observable};
use crate::facts::keys::{self, dns_server};
use crate::facts::target::{Role, Target};
use crate::machine::Machine;
use crate::net::Network;
use crate::probe;
use crate::probe::smtp::Dialogue;
use crate::probe::tcp::Pace;
use crate::text::small_sort::Gather;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::sync::{OwnedMutexGuard, mpsc};
use tokio::time::Instant;

/// What a check may use.
#[derive(Clone)]
pub(crate) struct Ctx {
    pub(crate) net: Arc<dyn Network>,
    /// What the handshakes of this run took.
    pub(crate) pace: Arc<Pace>,
    pub(crate) machine: Arc<dyn Machine>,
    pub(crate) tls: Arc<probe::secure::Library>,
    pub(crate) account: Arc<Account>,
    pub(crate) options: Arc<Options>,
    pub(crate) door: Arc<Door>,
    pub(crate) line: Arc<Line>,
    pub(crate) started: Instant,
    /// Whether a log-in follows, so that connections are kept for it.
    pub(crate) logs_in: bool,
    /// Whether one test message follows the log-in.
    pub(crate) sends_message: bool,
    pub(super) board: Arc<Board>,
    pub(super) shared: Arc<Shared>,
    pub(super) case: Option<Arc<Case>>,
    pub(super) events: mpsc::UnboundedSender<Event>,
    /// The checks that this one has declared that it needs.
    pub(super) needs: Arc<[String]>,
}

/// Which server is judged, once it is known.
pub(crate) struct Case {
    /// The server, port and encryption that are judged.
    pub(crate) in_use: Endpoint,
    /// The server and port in use, as a target.
    pub(crate) own: Target,
    wanted_host: Option<String>,
}

/// What checks share in addition to their findings.
#[derive(Default)]
pub(super) struct Shared {
    wanted: OnceLock<Wanted>,
    lanes: OnceLock<BTreeMap<Target, Lane>>,
    logged_in: Mutex<Option<Dialogue>>,
    /// Addresses on whose route the first router says nothing, whatever the port: there is no use in asking again.
    mute_ways: Mutex<BTreeSet<IpAddr>>,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl Case {
    pub(crate) fn new(in_use: Endpoint, wanted: &Wanted) -> Self {
        let wanted_host = targets::wanted_host(&in_use, wanted).map(str::to_owned);
        Case { own: Target::in_use(in_use.port), in_use, wanted_host }
    }
}

impl Shared {
    pub(super) fn wanted(&self) -> Option<&Wanted> {
        self.wanted.get()
    }

    pub(super) fn open_lanes(&self, targets: impl IntoIterator<Item = Target>) {
        let _ = self.lanes.set(targets.into_iter().map(|target| (target, Lane::default())).gather());
    }
}

impl Ctx {
    /// What the provider wants, once known.
    pub(crate) fn wanted(&self) -> Option<&Wanted> {
        self.shared.wanted()
    }

    /// Called by the search for the server: what the provider wants.
    pub(crate) fn discovered(&self, wanted: Wanted) {
        let _ = self.shared.wanted.set(wanted.clone());
        let _ = self.events.send(Event::Discovered { wanted });
    }

    /// Which server is judged; `None` if none could be found.
    pub(crate) fn case(&self) -> Option<&Case> {
        self.case.as_deref()
    }

    /// Whether this is the very port that the mail program uses.
    pub(crate) fn is_in_use(&self, target: Target) -> bool {
        self.case().is_some_and(|case| case.own == target)
    }

    /// The server's name for a role.
    pub(crate) fn host(&self, role: Role) -> Option<&str> {
        let case = self.case()?;
        match role {
            Role::InUse => Some(&case.in_use.host),
            Role::Wanted => case.wanted_host.as_deref(),
        }
    }

    /// The addresses found for a role's server, without those of families that are switched off.
    pub(crate) fn addresses(&self, role: Role) -> Vec<IpAddr> {
        let found = self.fact(&role.id(dns_server::ADDRESSES.check), &dns_server::ADDRESSES).unwrap_or_default();
        found.into_iter().filter(|addr| self.uses(*addr)).collect()
    }

    /// Whether this family of addresses (IPv4 or IPv6) is used in this run.
    pub(crate) fn uses(&self, addr: IpAddr) -> bool {
        if addr.is_ipv4() { self.options.v4 } else { self.options.v6 }
    }

    /// What is passed on for a port; `None` for one that is not measured.
    pub(crate) fn lane(&self, target: Target) -> Option<&Lane> {
        self.shared.lanes.get()?.get(&target)
    }

    /// Whether a measured port has opened by now.
    pub(crate) fn is_open(&self, target: Target) -> bool {
        self.lane(target).is_some_and(Lane::is_open)
    }

    /// Waits until a port has opened, or its check has ended; returns at once if the port is not measured.
    pub(crate) async fn wait_until_open(&self, target: Target) {
        let id = target.id(keys::port::STATE.check);
        self.has_declared(&id);
        if let Some(lane) = self.lane(target) {
            tokio::select! {
                biased;
                () = lane.opened() => {}
                _ = self.board.wait_for(&id) => {}
            }
        }
    }

    /// The finding of a check, once it has ended; `None` at once if it is not planned. Only for checks that this one
    /// has declared that it needs.
    pub(crate) async fn wait_for(&self, id: &str) -> Option<Arc<Finding>> {
        self.has_declared(id);
        self.board.wait_for(id).await
    }

    fn has_declared(&self, id: &str) {
        debug_assert!(
            self.needs.iter().any(|need| need == id),
            "a check looks at {id}, but its `needs` are only {:?}",
            self.needs
        );
    }

    /// The ids of the checks that this one has declared that it needs.
    pub(crate) fn needs(&self) -> &[String] {
        &self.needs
    }

    /// The finding of a check, if it has ended. Only for checks that this one has declared that it needs.
    pub(crate) fn finding(&self, id: &str) -> Option<Arc<Finding>> {
        self.has_declared(id);
        self.board.finding(id)
    }

    /// A fact of a check, if the check has ended.
    pub(crate) fn fact<T: Observable>(&self, id: &str, key: &Key<T>) -> Option<T> {
        key.read(&self.finding(id)?.facts)
    }

    /// All planned checks, with the findings of those that have ended.
    pub(crate) fn findings(&self) -> Vec<(String, Option<Arc<Finding>>)> {
        self.board.all()
    }

    /// All connections that were kept for the log-in.
    pub(crate) fn take_dialogues(&self) -> Vec<Dialogue> {
        self.shared.lanes.get().into_iter().flat_map(BTreeMap::values).filter_map(Lane::take_dialogue).collect()
    }

    /// Called by the log-in: the connection on which it was accepted.
    pub(crate) fn logged_in(&self, dialogue: Dialogue) {
        *self.shared.logged_in.lock().unwrap_or_else(PoisonError::into_inner) = Some(dialogue);
    }

    /// For the question whether this address may send: the connection on which the log-in was accepted.
    pub(crate) fn take_logged_in(&self) -> Option<Dialogue> {
        self.shared.logged_in.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A turn to ask routers, one check at a time: routers limit how many questions they answer, over all ports.
    pub(crate) async fn turn(&self) -> OwnedMutexGuard<()> {
        Arc::clone(&self.shared.turn).lock_owned().await
    }

    /// Whether the first router on that route was found to say nothing.
    pub(crate) fn is_mute(&self, addr: IpAddr) -> bool {
        self.shared.mute_ways.lock().unwrap_or_else(PoisonError::into_inner).contains(&addr)
    }

    /// Notes that the first router on that route says nothing.
    pub(crate) fn found_mute(&self, addr: IpAddr) {
        self.shared.mute_ways.lock().unwrap_or_else(PoisonError::into_inner).insert(addr);
    }
}
