//! One run over an account: its checks, as their reports come in.

use super::diagnosis::Diagnosis;
use crate::account::{Account, Endpoint, Wanted};
use crate::check::{Event as CheckEvent, Finding, Group, Head};
use crate::facts::key::{Key, Observable};
use crate::facts::observed::Observed;
use crate::facts::pasted::{self, Pasted};
use crate::facts::{Facts, Observations};
use crate::text::small_sort::Gather;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// The state of a check in a run.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// It is waiting for others.
    Waiting,
    /// It has been running since this many milliseconds after the start of the run; facts come one by one.
    Running(u64),
    /// It has ended.
    Done(Finding),
}

/// A check of the current run.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// The check's id, group and question.
    pub head: Head,
    /// Whether it is waiting, running or has ended.
    pub state: State,
    /// Its facts so far.
    pub facts: Facts,
    /// Whether it was measured in an earlier run and still holds.
    pub kept: bool,
}

impl Check {
    /// What it has seen so far, and why not more.
    fn observed(&self) -> Observed<'_> {
        match &self.state {
            State::Done(finding) => Observed { facts: &self.facts, ..finding.observed() },
            State::Waiting | State::Running(_) => Observed { done: false, facts: &self.facts, why_not: None },
        }
    }
}

/// One run over an account.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// When it began.
    pub started: jiff::Timestamp,
    /// When it ended.
    pub finished: Option<jiff::Timestamp>,
    /// The account, as it was known then.
    pub account: Account,
    /// What the error means that the caller sees: a text is read once a run, for that takes some milliseconds.
    pub said: Option<Arc<Pasted>>,
    /// What the provider wants, once known.
    pub wanted: Option<Wanted>,
    /// Its checks, in the order of the plan.
    pub checks: Vec<Check>,
    /// Whether all checks are planned.
    pub plan_complete: bool,
    /// Connections opened to the mail server.
    pub connections: u32,
    /// The verdict of a saved run, and the answers that it rests on.
    pub verdict: Option<Box<(BTreeMap<String, String>, Diagnosis)>>,
    by_id: HashMap<String, usize>,
}

impl Run {
    pub(super) fn new(started: jiff::Timestamp, account: Account, last: Option<&Run>, keeps: &[Group]) -> Self {
        let kept = last.into_iter().flat_map(|run| &run.checks);
        let kept = kept.filter(|check| keeps.contains(&check.head.group) && matches!(check.state, State::Done(_)));
        let checks: Vec<Check> = kept.map(|check| Check { kept: true, ..check.clone() }).collect();
        Run {
            started,
            finished: None,
            said: account.error.as_deref().map(|error| Arc::new(pasted::read(error))),
            account,
            wanted: None,
            by_id: checks.iter().enumerate().map(|(index, check)| (check.head.id.clone(), index)).collect(),
            checks,
            plan_complete: false,
            connections: 0,
            verdict: None,
        }
    }

    /// A run that was saved; its checks come by [`Run::add_saved`].
    pub fn saved(
        started: jiff::Timestamp,
        finished: Option<jiff::Timestamp>,
        account: Account,
        wanted: Option<Wanted>,
    ) -> Self {
        Run {
            finished: finished.or(Some(started)),
            wanted,
            plan_complete: true,
            ..Run::new(started, account, None, &[])
        }
    }

    /// Adds a check of a saved run.
    pub fn add_saved(&mut self, head: Head, finding: Finding, kept: bool) {
        self.by_id.insert(head.id.clone(), self.checks.len());
        self.checks.push(Check { head, facts: finding.facts.clone(), state: State::Done(finding), kept });
    }

    /// The run was interrupted: checks that have not ended will not end.
    pub(super) fn cut_off(&mut self) {
        self.finished = Some(self.started);
        self.plan_complete = true;
        self.checks.retain(|check| matches!(check.state, State::Done(_)));
        self.by_id = self.checks.iter().enumerate().map(|(index, check)| (check.head.id.clone(), index)).collect();
    }

    /// The server, port and encryption that are judged.
    pub fn in_use(&self) -> Option<Endpoint> {
        self.account.in_use(self.wanted.as_ref())
    }

    pub(super) fn apply(&mut self, event: CheckEvent) {
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
            CheckEvent::Discovered { wanted } => self.wanted = Some(wanted),
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
                    // A fact that was reported early is kept, even if the check was cut off before its end.
                    for (key, value) in &finding.facts {
                        check.facts.insert(key.clone(), value.clone());
                    }
                    let facts = check.facts.clone();
                    check.state = State::Done(Finding { facts, ..finding });
                }
            }
            CheckEvent::Ended { connections, .. } => self.connections = connections,
        }
    }

    fn add(&mut self, head: Head) {
        let check = Check { head, state: State::Waiting, facts: Facts::new(), kept: false };
        match self.by_id.get(&check.head.id).and_then(|index| self.checks.get_mut(*index)) {
            // It is being measured again: what was known about it before no longer counts.
            Some(known) if known.kept => *known = check,
            Some(_) => {}
            None => {
                self.by_id.insert(check.head.id.clone(), self.checks.len());
                self.checks.push(check);
            }
        }
    }

    fn check_mut(&mut self, id: &str) -> Option<&mut Check> {
        let index = *self.by_id.get(id)?;
        self.checks.get_mut(index)
    }

    /// The check with this id.
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.get(*self.by_id.get(id)?)
    }

    /// A fact of a check, as far as it is known.
    pub fn fact<T: Observable>(&self, id: &str, key: &Key<T>) -> Option<T> {
        key.read(&self.check(id)?.facts)
    }

    /// The checks of a group, in order.
    pub fn group(&self, group: Group) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(move |check| check.head.group == group)
    }

    /// What has been seen so far, for making facts.
    pub fn observations(&self) -> Observations<'_> {
        let checks = self.checks.iter().map(|check| (check.head.id.as_str(), check.observed()));
        Observations { checks: checks.gather(), plan_complete: self.plan_complete }
    }

    /// The findings of the checks that have ended.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.checks.iter().filter_map(|check| match &check.state {
            State::Done(finding) => Some(finding),
            _ => None,
        })
    }

    /// How many checks have ended, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        (self.findings().count(), self.checks.len())
    }
}
