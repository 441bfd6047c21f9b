//! What the checks of a run share: the board where they leave findings and open connections for each other, and the
//! notebook where each writes down what it sees.

use super::{Event, Evidence, Finding, Head, Options, Outcome, Role, Target, port, smtp};
use crate::account::{Account, Endpoint, Wanted};
use crate::facts::{Facts, Value};
use crate::net::Network;
use crate::probe;
use crate::text::Text;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

/// What all checks of a run share.
#[derive(Clone)]
pub(crate) struct Ctx {
    pub(crate) net: Arc<dyn Network>,
    pub(crate) tls: Arc<probe::secure::Library>,
    pub(crate) account: Arc<Account>,
    pub(crate) options: Arc<Options>,
    pub(crate) attempt: Option<Arc<super::secret::Attempt>>,
    pub(crate) board: Arc<Board>,
    pub(crate) started: Instant,
    pub(crate) events: mpsc::UnboundedSender<Event>,
}

/// What checks leave for each other.
pub(crate) struct Board {
    findings: watch::Sender<BTreeMap<String, Arc<Finding>>>,
    planned: Mutex<std::collections::BTreeSet<String>>,
    slots: Mutex<Slots>,
    /// At most four open connections to the mail server (providers cap clients at three to ten).
    pub(crate) sockets: Arc<Semaphore>,
    /// One at a time once the server has said that there are too many.
    pub(crate) careful: std::sync::atomic::AtomicBool,
    /// Whose turn it is to be the only connection.
    pub(crate) alone: tokio::sync::Mutex<()>,
    /// Whose turn it is to ask routers.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    pub(crate) connections: std::sync::atomic::AtomicU32,
}

/// Typed results that are no facts.
#[derive(Default)]
pub(crate) struct Slots {
    pub(crate) wanted: Option<Wanted>,
    pub(crate) addresses: BTreeMap<Role, Vec<IpAddr>>,
    pub(crate) opened: BTreeMap<Target, port::Opened>,
    pub(crate) open: std::collections::BTreeSet<Target>,
    pub(crate) dialogues: BTreeMap<Target, probe::smtp::Dialogue>,
    pub(crate) leaves: BTreeMap<Target, smtp::Seen>,
    pub(crate) chains: BTreeMap<Target, Vec<Vec<u8>>>,
    /// Addresses of references, for questions about this computer alone.
    pub(crate) references: Vec<IpAddr>,
    /// Addresses on whose way the first router says nothing, whatever the port: no use in asking once more.
    pub(crate) mute_ways: std::collections::HashSet<IpAddr>,
    pub(crate) logged_in: Option<probe::smtp::Dialogue>,
    /// How far this machine's clock is from network time, in seconds; positive = ahead.
    pub(crate) clock_off: Option<i64>,
}

impl Slots {
    /// All connections that were kept for the log-in.
    pub(crate) fn take_dialogues(&mut self) -> Vec<probe::smtp::Dialogue> {
        std::mem::take(&mut self.dialogues).into_values().collect()
    }
}

impl Board {
    pub(crate) fn new() -> Self {
        Board {
            findings: watch::Sender::new(BTreeMap::new()),
            planned: Mutex::default(),
            slots: Mutex::default(),
            sockets: Arc::new(Semaphore::new(4)),
            careful: false.into(),
            alone: tokio::sync::Mutex::default(),
            turn: Arc::default(),
            connections: 0.into(),
        }
    }

    pub(crate) fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn plan(&self, ids: impl Iterator<Item = String>) {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).extend(ids);
    }

    pub(crate) fn is_planned(&self, id: &str) -> bool {
        self.planned.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }

    pub(crate) fn publish(&self, finding: &Finding) {
        let finding = Arc::new(finding.clone());
        self.findings.send_modify(|all| {
            all.insert(finding.id.clone(), finding);
        });
    }

    pub(crate) async fn wait_for(&self, id: &str) -> Arc<Finding> {
        let mut receiver = self.findings.subscribe();
        loop {
            if let Some(finding) = receiver.borrow_and_update().get(id) {
                return Arc::clone(finding);
            }
            if receiver.changed().await.is_err() {
                futures::future::pending::<()>().await;
            }
        }
    }

    /// Keeps an opened connection for the dialogue, which may go on at once.
    pub(crate) fn park(&self, target: Target, opened: port::Opened) {
        let mut slots = self.slots();
        slots.open.insert(target);
        slots.opened.insert(target, opened);
        drop(slots);
        self.findings.send_modify(|_| {});
    }

    /// Waits until a port has opened, or its check has ended.
    pub(crate) async fn wait_until_open(&self, target: Target) {
        let id = target.id("port");
        let mut receiver = self.findings.subscribe();
        loop {
            if receiver.borrow_and_update().contains_key(&id) || self.slots().open.contains(&target) {
                return;
            }
            if receiver.changed().await.is_err() {
                futures::future::pending::<()>().await;
            }
        }
    }

    pub(crate) fn finding(&self, id: &str) -> Option<Arc<Finding>> {
        self.findings.borrow().get(id).cloned()
    }
}

impl Ctx {
    pub(crate) fn elapsed_ms(&self) -> u64 {
        millis(self.started.elapsed())
    }

    pub(crate) fn send(&self, event: Event) {
        // The receiver is gone only when nobody looks any more.
        let _ = self.events.send(event);
    }

    /// The way that is judged; `None` where no server could be found.
    pub(crate) fn in_use(&self) -> Option<Endpoint> {
        let slots = self.board.slots();
        self.account.in_use(slots.wanted.as_ref())
    }

    pub(crate) fn wanted(&self) -> Option<Wanted> {
        self.board.slots().wanted.clone()
    }

    /// Whether this is the very port that the mail program uses.
    pub(crate) fn is_in_use(&self, target: Target) -> bool {
        target.role == Role::InUse && self.in_use().is_some_and(|in_use| in_use.port == target.port)
    }

    /// The server's name for a role.
    pub(crate) fn host(&self, role: Role) -> Option<String> {
        match role {
            Role::InUse => Some(self.in_use()?.host),
            Role::Wanted => Some(self.wanted()?.choices.first()?.host.clone()),
        }
    }

    /// The addresses found for a role's server, those of families switched off left out.
    pub(crate) fn addresses(&self, role: Role) -> Vec<IpAddr> {
        let slots = self.board.slots();
        let all = slots.addresses.get(&role).cloned().unwrap_or_default();
        all.into_iter().filter(|addr| self.uses(*addr)).collect()
    }

    pub(crate) fn uses(&self, addr: IpAddr) -> bool {
        if addr.is_ipv4() { self.options.v4 } else { self.options.v6 }
    }

    pub(crate) fn count_connection(&self) {
        self.board.connections.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// Whether one more connection to the mail server is within what a run may open.
    pub(crate) fn may_connect(&self) -> bool {
        const MOST_CONNECTIONS: u32 = 30;
        self.board.connections.load(std::sync::atomic::Ordering::Relaxed) < MOST_CONNECTIONS
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Where a running check writes down what it sees.
pub(crate) struct Notebook {
    ctx: Ctx,
    finding: Finding,
}

impl Notebook {
    pub(crate) fn new(ctx: &Ctx, head: &Head) -> Self {
        let started_ms = ctx.elapsed_ms();
        ctx.send(Event::Started { id: head.id.clone(), at_ms: started_ms });
        Notebook {
            ctx: ctx.clone(),
            finding: Finding {
                id: head.id.clone(),
                group: head.group,
                title: head.title.clone(),
                outcome: Outcome::Unknown,
                moot: false,
                summary: String::new(),
                started_ms,
                elapsed_ms: 0,
                facts: Facts::new(),
                evidence: Vec::new(),
            },
        }
    }

    /// Notes a fact for good, and tells it at once.
    pub(crate) fn fact(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        self.ctx.send(Event::Fact { id: self.finding.id.clone(), key: key.to_owned(), value: value.clone() });
        self.finding.facts.insert(key.to_owned(), value);
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.finding.facts.contains_key(key)
    }

    /// Notes what came back, now.
    pub(crate) fn saw(&mut self, what: impl Into<String>, detail: impl Into<Text>) {
        self.saw_at(self.ctx.elapsed_ms(), what, detail);
    }

    pub(crate) fn saw_at(&mut self, at_ms: u64, what: impl Into<String>, detail: impl Into<Text>) {
        let detail = detail.into();
        self.finding.evidence.push(Evidence { at_ms, what: what.into(), detail: detail.text, marks: detail.marks });
    }

    pub(crate) fn end(mut self, outcome: Outcome, summary: impl Into<String>) -> Finding {
        self.finding.outcome = outcome;
        self.finding.summary = summary.into();
        // Where two servers are measured, the provider's is named.
        if self.finding.id.starts_with("wanted.")
            && outcome != Outcome::Skipped
            && let Some(host) = self.ctx.host(Role::Wanted)
            && !self.finding.summary.contains(&host)
        {
            self.finding.summary.insert_str(0, &format!("{host}: "));
        }
        self.finding.elapsed_ms = self.ctx.elapsed_ms().saturating_sub(self.finding.started_ms);
        self.finding
    }

    pub(crate) fn pass(self, summary: impl Into<String>) -> Finding {
        self.end(Outcome::Pass, summary)
    }

    pub(crate) fn warn(self, summary: impl Into<String>) -> Finding {
        self.end(Outcome::Warn, summary)
    }

    pub(crate) fn fail(self, summary: impl Into<String>) -> Finding {
        self.end(Outcome::Fail, summary)
    }

    pub(crate) fn unknown(self, summary: impl Into<String>) -> Finding {
        self.end(Outcome::Unknown, summary)
    }

    /// Not done, because of something that is known: nothing is missing.
    pub(crate) fn moot(mut self, because: impl Into<String>) -> Finding {
        self.finding.moot = true;
        self.end(Outcome::Skipped, because)
    }

    /// Not done, because of another check's outcome, or because it cannot add anything.
    pub(crate) fn skipped(self, because: impl Into<String>) -> Finding {
        self.end(Outcome::Skipped, because)
    }
}
