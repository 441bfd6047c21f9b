//! The checks: one file a check, from its question to its finding. What runs is in `plan`, the running in `run`.
//!
//! A check asks probes, writes down what it saw and sums it up; it does not name causes.

pub mod defaults;
pub mod plan;
pub mod run;

mod alive;
mod certificate;
mod clock;
mod connectivity;
mod discovery;
mod dns;
mod login;
mod port;
mod reference;
mod sending;
mod settings;
mod smtp;
mod testnet;
mod tls;
mod way;

use crate::account::{Account, Endpoint, Wanted};
use crate::facts::{Facts, Value};
use crate::net::Network;
use crate::probe;
use crate::text::{Mark, Text};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::Instant;

/// The groups, in the order of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Group {
    Settings,
    Dns,
    Internet,
    Ports,
    Smtp,
    Tls,
    Login,
    Sending,
}

impl Group {
    /// All of them, in order.
    pub const ALL: [Group; 8] = [
        Group::Settings,
        Group::Dns,
        Group::Internet,
        Group::Ports,
        Group::Smtp,
        Group::Tls,
        Group::Login,
        Group::Sending,
    ];

    /// As in the report and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Group::Settings => "settings",
            Group::Dns => "dns",
            Group::Internet => "internet",
            Group::Ports => "ports",
            Group::Smtp => "smtp",
            Group::Tls => "tls",
            Group::Login => "login",
            Group::Sending => "sending",
        }
    }

    /// As on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Group::Settings => "Settings",
            Group::Dns => "DNS",
            Group::Internet => "Internet",
            Group::Ports => "Ports",
            Group::Smtp => "SMTP",
            Group::Tls => "TLS",
            Group::Login => "Log-in",
            Group::Sending => "Sending",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Pass,
    Skipped,
    Unknown,
    Warn,
    Fail,
}

impl Outcome {
    /// As screen and text show it, readable without colour.
    pub fn state(self) -> &'static str {
        match self {
            Outcome::Pass => "OK",
            Outcome::Warn => "WARN",
            Outcome::Fail => "FAIL",
            Outcome::Skipped => "-",
            Outcome::Unknown => "?",
        }
    }
}

/// One thing that was seen: when, what was done, what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// Milliseconds since the run began.
    pub at_ms: u64,
    /// What was done.
    pub what: String,
    /// What came back.
    pub detail: String,
    /// Which characters of `detail` name somebody: start, end (exclusive), what.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<(usize, usize, Mark)>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's id, such as `port.587`.
    pub id: String,
    /// Its group.
    pub group: Group,
    /// Its question.
    pub title: String,
    /// How it ended.
    pub outcome: Outcome,
    /// The answer in one line.
    pub summary: String,
    /// Milliseconds since the run began.
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// What was seen, for scripts.
    pub facts: Facts,
    /// What was seen, for people.
    pub evidence: Vec<Evidence>,
}

/// What a planned check is called, before it has found anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The id.
    pub id: String,
    /// The group.
    pub group: Group,
    /// The question.
    pub title: String,
    /// The ids of the checks that it waits for.
    pub needs: Vec<String>,
}

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// These checks will run; `complete` when no more will be added.
    Planned {
        /// The checks.
        checks: Vec<Head>,
        /// Whether that is all.
        complete: bool,
    },
    /// A check's needs are met and it began.
    Started {
        /// Which.
        id: String,
        /// Milliseconds since the run began.
        at_ms: u64,
    },
    /// A check knows one fact for good, and goes on.
    Fact {
        /// Which check.
        id: String,
        /// The fact.
        key: String,
        /// Its value.
        value: Value,
    },
    /// What the provider wants is known, or is known not to be found.
    Discovered {
        /// What it wants.
        wanted: Wanted,
    },
    /// A check ended.
    Finished {
        /// What it found.
        finding: Finding,
    },
    /// All checks ended.
    Ended {
        /// Milliseconds since the run began.
        at_ms: u64,
        /// Connections opened to the mail server.
        connections: u32,
    },
}

/// Which server a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The one in use.
    InUse,
    /// The one that the provider wants, where another is in use.
    Wanted,
}

/// A port of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// Which server.
    pub role: Role,
    /// Its port.
    pub port: u16,
}

impl Target {
    /// The id of a check of this kind about this port: `port.587`, or `wanted.port.587` for the provider's server.
    pub fn id(self, kind: &str) -> String {
        match self.role {
            Role::InUse => format!("{kind}.{}", self.port),
            Role::Wanted => format!("wanted.{kind}.{}", self.port),
        }
    }
}

/// What a run is to do, beside the account.
#[derive(Debug, Clone)]
pub struct Options {
    /// Other companies' servers to compare with.
    pub references: Vec<Reference>,
    /// Pages that tell whether the connection is a portal's.
    pub connectivity: Vec<Connectivity>,
    /// Resolvers to compare with the system's.
    pub resolvers: Vec<SocketAddr>,
    /// Whether IPv4 is used.
    pub v4: bool,
    /// Whether IPv6 is used.
    pub v6: bool,
    /// The limit of one connection.
    pub timeout: Duration,
    /// The limit of the whole run.
    pub deadline: Duration,
    /// Only these groups, and what they rest on.
    pub only: Vec<Group>,
    /// Whether public collections (autoconfig) may be asked for the domain.
    pub public_lookups: bool,
}

impl Default for Options {
    /// What a run does unless told otherwise.
    fn default() -> Self {
        Options {
            references: defaults::references(),
            connectivity: defaults::connectivity(),
            resolvers: defaults::resolvers(),
            v4: true,
            v6: true,
            timeout: Duration::from_secs(5),
            deadline: Duration::from_secs(45),
            only: vec![],
            public_lookups: true,
        }
    }
}

/// Another company's server, for contrast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Name or address.
    pub host: String,
    /// The ports to try there.
    pub ports: Vec<u16>,
}

/// A page whose exact answer is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connectivity {
    /// The page; plain HTTP, since portals cannot answer for HTTPS.
    pub url: url::Url,
    /// What it must answer.
    pub expect: Expect,
}

/// What a connectivity page must answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// Status 204, or 200 with an empty or short plain body: for pages whose text we do not know.
    Success,
    /// Status 200 and this text in the body.
    Body(String),
}

/// What all checks of a run share.
#[derive(Clone)]
pub struct Ctx {
    pub(crate) net: Arc<dyn Network>,
    pub(crate) tls: Arc<probe::secure::Library>,
    pub(crate) account: Arc<Account>,
    pub(crate) options: Arc<Options>,
    pub(crate) password: Option<Arc<SecretString>>,
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
    /// Whose turn it is to ask routers.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
    pub(crate) connections: std::sync::atomic::AtomicU32,
}

/// Typed results that are no facts.
#[derive(Default)]
pub(crate) struct Slots {
    pub(crate) wanted: Option<Wanted>,
    pub(crate) addresses: HashMap<Role, Vec<IpAddr>>,
    pub(crate) opened: HashMap<Target, port::Opened>,
    pub(crate) open: std::collections::HashSet<Target>,
    pub(crate) dialogues: HashMap<Target, probe::smtp::Dialogue>,
    pub(crate) leaves: HashMap<Target, smtp::Seen>,
    pub(crate) chains: HashMap<Target, Vec<Vec<u8>>>,
    pub(crate) logged_in: Option<probe::smtp::Dialogue>,
    /// How far this machine's clock is from network time, in seconds; positive = ahead.
    pub(crate) clock_off: Option<i64>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Board {
            findings: watch::Sender::new(BTreeMap::new()),
            planned: Mutex::default(),
            slots: Mutex::default(),
            sockets: Arc::new(Semaphore::new(4)),
            careful: false.into(),
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

    /// Not done, because of another check's outcome, or because it cannot add anything.
    pub(crate) fn skipped(self, because: impl Into<String>) -> Finding {
        self.end(Outcome::Skipped, because)
    }
}
