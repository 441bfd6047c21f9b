//! A session: the one state. Events go in, the state comes out; what is known, and what follows from it, is derived from
//! it by pure functions. The JSON report is this value.

pub mod diagnosis;
mod words;

use crate::account::{Account, Endpoint, Wanted};
use crate::check::{Event as CheckEvent, Finding, Group, Head, Outcome};
use crate::facts::derive::{self, Input};
use crate::facts::{Derived, Facts, Observations, Observed};
use crate::net::Local;
use diagnosis::Diagnosis;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The report's schema.
pub const SCHEMA: &str = "mailtriage.report/1";

/// Everything that can happen to a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A run begins, on this machine.
    Began {
        /// When.
        at: jiff::Timestamp,
    },
    /// A check of the run tells something.
    Check(CheckEvent),
    /// The technician answers a question of the guide; `None` withdraws the answer.
    Answered {
        /// The question's name.
        question: String,
        /// One of its words.
        answer: Option<String>,
    },
    /// The technician writes something down.
    Noted(String),
    /// The run is over.
    Ended {
        /// When.
        at: jiff::Timestamp,
    },
}

/// Where a check stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It waits for others.
    Waiting,
    /// It runs, since this many milliseconds after the run began; facts come one by one.
    Running(u64),
    /// It has ended.
    Done(Finding),
}

/// A check of the current run.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What it is called.
    pub head: Head,
    /// Where it stands.
    pub state: State,
    /// Its facts so far.
    pub facts: Facts,
}

/// A program's name and version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// The machine that measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system, in words.
    pub os: String,
    /// The machine's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hostname: Option<String>,
    /// Its own addresses.
    pub local_addresses: Vec<String>,
    /// Its public address, as a mail server saw it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seen_as: Option<String>,
    /// The library behind the system's TLS.
    pub tls_library: String,
}

/// One run over an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// When it began.
    pub started: jiff::Timestamp,
    /// When it ended.
    pub finished: Option<jiff::Timestamp>,
    /// Its checks, in the order of the plan.
    pub checks: Vec<Check>,
    /// Whether all checks are planned.
    pub plan_complete: bool,
    /// Connections opened to the mail server.
    pub connections: u32,
    by_id: HashMap<String, usize>,
}

/// A session over one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// Who measured.
    pub tool: Tool,
    /// Where.
    pub machine: Machine,
    /// Who sends.
    pub account: Account,
    /// What the provider wants, once known.
    pub wanted: Option<Wanted>,
    /// The runs, the last one current.
    pub runs: Vec<Run>,
    /// The technician's answers.
    pub answers: BTreeMap<String, String>,
    /// The technician's notes.
    pub notes: Vec<String>,
    /// As whom the program runs, in words, for the title.
    pub runs_as: String,
}

impl Session {
    /// A new session on this machine.
    pub fn new(account: Account, local: &Local) -> Self {
        let mut runs_as = match (&local.hostname, &local.user) {
            (Some(host), Some(user)) => format!("on {host} as {user}"),
            (Some(host), None) => format!("on {host}"),
            _ => String::new(),
        };
        if local.elevated {
            runs_as.push_str(" (with administrator rights)");
        }
        Session {
            tool: Tool { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
            machine: Machine {
                os: local.os.clone(),
                hostname: local.hostname.clone(),
                local_addresses: local.addresses.iter().map(|(addr, _)| addr.to_string()).collect(),
                seen_as: None,
                tls_library: tls_library().to_owned(),
            },
            account,
            wanted: None,
            runs: Vec::new(),
            answers: BTreeMap::new(),
            notes: Vec::new(),
            runs_as,
        }
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Began { at } => self.runs.push(Run::new(at)),
            Event::Check(CheckEvent::Discovered { wanted }) => self.wanted = Some(wanted),
            Event::Check(event) => {
                if let CheckEvent::Finished { finding } = &event
                    && let Some(crate::facts::Value::Word(addr)) = finding.facts.get("seen-as")
                {
                    self.machine.seen_as.get_or_insert_with(|| addr.clone());
                }
                if let Some(run) = self.runs.last_mut() {
                    run.apply(event);
                }
            }
            Event::Answered { question, answer: Some(answer) } => {
                self.answers.insert(question, answer);
            }
            Event::Answered { question, answer: None } => {
                self.answers.remove(&question);
            }
            Event::Noted(note) => self.notes.push(note),
            Event::Ended { at } => {
                if let Some(run) = self.runs.last_mut() {
                    run.finished = Some(at);
                }
            }
        }
    }

    /// The current run.
    pub fn run(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// What is judged.
    pub fn in_use(&self) -> Option<Endpoint> {
        self.account.in_use(self.wanted.as_ref())
    }

    /// The facts of the guide, as known now.
    pub fn facts(&self) -> Derived {
        self.run().map(|run| self.facts_of(run)).unwrap_or_default()
    }

    fn facts_of(&self, run: &Run) -> Derived {
        let seen = run.observations();
        derive::derive(self.input(&seen))
    }

    fn input<'a>(&'a self, seen: &'a Observations) -> Input<'a> {
        Input { account: &self.account, wanted: self.wanted.as_ref(), seen, answers: &self.answers }
    }

    /// The verdict, as known now.
    pub fn diagnosis(&self) -> Diagnosis {
        match self.run() {
            Some(run) => self.diagnosis_of(run),
            None => diagnosis::nothing_yet(),
        }
    }

    /// The verdict of one run.
    pub fn diagnosis_of(&self, run: &Run) -> Diagnosis {
        diagnosis::diagnose(self, run, &self.facts_of(run))
    }
}

impl Run {
    fn new(started: jiff::Timestamp) -> Self {
        Run { started, finished: None, checks: Vec::new(), plan_complete: false, connections: 0, by_id: HashMap::new() }
    }

    fn apply(&mut self, event: CheckEvent) {
        match event {
            CheckEvent::Planned { checks, complete } => {
                for head in checks {
                    self.add(head);
                }
                self.plan_complete |= complete;
            }
            CheckEvent::Started { id, at_ms } => {
                if let Some(check) = self.check_mut(&id)
                    && check.state == State::Waiting
                {
                    check.state = State::Running(at_ms);
                }
            }
            CheckEvent::Fact { id, key, value } => {
                if let Some(check) = self.check_mut(&id) {
                    check.facts.entry(key).or_insert(value);
                }
            }
            CheckEvent::Discovered { .. } => {}
            CheckEvent::Finished { finding } => {
                let id = finding.id.clone();
                if self.check_mut(&id).is_none() {
                    self.add(Head {
                        id: id.clone(),
                        group: finding.group,
                        title: finding.title.clone(),
                        needs: vec![],
                    });
                }
                if let Some(check) = self.check_mut(&id) {
                    check.facts.clone_from(&finding.facts);
                    check.state = State::Done(finding);
                }
            }
            CheckEvent::Ended { connections, .. } => self.connections = connections,
        }
    }

    fn add(&mut self, head: Head) {
        if !self.by_id.contains_key(&head.id) {
            self.by_id.insert(head.id.clone(), self.checks.len());
            self.checks.push(Check { head, state: State::Waiting, facts: Facts::new() });
        }
    }

    fn check_mut(&mut self, id: &str) -> Option<&mut Check> {
        let index = *self.by_id.get(id)?;
        self.checks.get_mut(index)
    }

    /// A check by its id.
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.get(*self.by_id.get(id)?)
    }

    /// The checks of a group, in order.
    pub fn group(&self, group: Group) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.head.group == group)
    }

    /// What has been seen so far, for deriving facts.
    pub fn observations(&self) -> Observations {
        let checks = self.checks.iter().map(|check| {
            let (done, why_not) = match &check.state {
                State::Done(finding) => {
                    let why =
                        matches!(finding.outcome, Outcome::Skipped | Outcome::Unknown).then(|| finding.summary.clone());
                    (true, why)
                }
                _ => (false, None),
            };
            (check.head.id.clone(), Observed { done, facts: check.facts.clone(), why_not })
        });
        Observations { checks: checks.collect(), plan_complete: self.plan_complete }
    }

    /// The checks that have ended, as findings.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.checks.iter().filter_map(|check| match &check.state {
            State::Done(finding) => Some(finding),
            _ => None,
        })
    }

    /// How many checks have ended, of how many.
    pub fn progress(&self) -> (usize, usize) {
        (self.findings().count(), self.checks.len())
    }
}

/// The library behind native-tls on this system.
fn tls_library() -> &'static str {
    if cfg!(windows) {
        "SChannel"
    } else if cfg!(any(target_os = "macos", target_os = "ios")) {
        "Security.framework"
    } else {
        "OpenSSL"
    }
}
