//! What pictures are drawn from: the checks of one run, live or from a report in which names were left out. Values are
//! read as they are written down, so that what stands in place of a name is shown in its place.

use crate::check::{Evidence, Finding, Group, Outcome};
use crate::facts::key::{Key, Observable};
use crate::facts::target::{Role, Target};
use crate::facts::{Facts, Value};
use crate::session::{Check, Run, State};
use crate::text::small_sort::SmallSort;
use crate::text::visible_str;

/// The checks of one run, and what is known of the case.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// The checks, in order.
    pub checks: Vec<Seen<'a>>,
    /// The port in use, if it is known.
    pub port: Option<u16>,
    /// The mail program's id, if it is known.
    pub client: Option<&'a str>,
    /// The name that the measuring computer's system gives itself.
    pub os: &'a str,
}

/// One check.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its group.
    pub group: Group,
    /// How far it is.
    pub stage: Stage,
    /// What it has written down.
    pub facts: &'a Facts,
    /// What it saw.
    pub evidence: &'a [Evidence],
}

/// How far a check is; times in milliseconds since the run began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It has not begun.
    Waiting,
    /// It runs since then.
    Running(u64),
    /// It has ended.
    Done {
        /// How.
        outcome: Outcome,
        /// When it began.
        from: u64,
        /// When it ended.
        until: u64,
    },
    /// Its result was kept from an earlier run.
    Kept(Outcome),
}

impl<'a> Seen<'a> {
    /// A check that has ended.
    pub fn done(finding: &'a Finding, kept: bool) -> Self {
        let stage = match kept {
            true => Stage::Kept(finding.outcome),
            false => Stage::Done {
                outcome: finding.outcome,
                from: finding.started_ms,
                until: finding.started_ms.saturating_add(finding.elapsed_ms),
            },
        };
        Seen { id: &finding.id, group: finding.group, stage, facts: &finding.facts, evidence: &finding.evidence }
    }

    /// Whether it has ended.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.stage, Stage::Done { .. } | Stage::Kept(_))
    }

    fn of(check: &'a Check) -> Self {
        let stage = match &check.state {
            State::Done(finding) => return Seen::done(finding, check.kept),
            State::Running(since) => Stage::Running(*since),
            State::Waiting => Stage::Waiting,
        };
        Seen { id: &check.head.id, group: check.head.group, stage, facts: &check.facts, evidence: &[] }
    }
}

impl<'a> Scene<'a> {
    /// A run of a session.
    pub fn of(run: &'a Run, os: &'a str) -> Self {
        Scene {
            checks: run.checks.iter().map(Seen::of).collect(),
            port: run.in_use().map(|in_use| in_use.port),
            client: run.account.client.as_deref(),
            os,
        }
    }

    /// The check with this id.
    pub(super) fn check(&self, id: &str) -> Option<&Seen<'a>> {
        self.checks.iter().find(|check| check.id == id)
    }

    /// The id of the check of this kind about the port in use.
    pub(super) fn own(&self, kind: &str) -> Option<String> {
        Some(Target::in_use(self.port?).id(kind))
    }

    /// A fact; `None` if it is absent, or was left out for this reader.
    pub(super) fn fact<T: Observable>(&self, id: &str, key: &Key<T>) -> Option<T> {
        key.read(self.check(id)?.facts)
    }

    /// A fact as it is written down, safe to show.
    pub(super) fn written<T>(&self, id: &str, key: &Key<T>) -> Option<String> {
        Some(shown(&self.check(id)?.facts.get(key.name.as_ref())?.to_string()))
    }

    /// The items of a list, as they are written down, safe to show; at most so many.
    pub(super) fn list<T>(&self, id: &str, key: &Key<T>, most: usize) -> Vec<String> {
        match self.check(id).and_then(|check| check.facts.get(key.name.as_ref())) {
            Some(Value::List(items)) => items.iter().take(most).map(|item| shown(item)).collect(),
            _ => Vec::new(),
        }
    }

    /// The ports of a server that checks of this kind are about, in ascending order.
    pub(super) fn ports(&self, kind: &str, role: Role) -> Vec<u16> {
        let targets = self.checks.iter().filter_map(|check| Target::of_id(kind, check.id));
        let mut ports: Vec<u16> = targets.filter(|target| target.role == role).map(|target| target.port).collect();
        ports.small_sort();
        ports
    }
}

/// The longest name that a picture holds.
const LONGEST: usize = 120;

/// A name on one line, safe to show; the beginning of one that is longer than any real one.
pub(super) fn shown(text: &str) -> String {
    let beginning: String = text.chars().take(LONGEST).collect();
    visible_str(&beginning).replace('\n', " ")
}
