//! What differs between two runs of a session: the verdict, and each check whose finding changed. Compared as values;
//! the words are made at the end.

use crate::check::Finding;
use crate::session::diagnosis::Diagnosis;
use crate::session::{Run, Session, State};
use std::fmt::Write;

/// Two runs side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison<'a> {
    /// The verdict of the earlier run.
    pub before: Diagnosis,
    /// The verdict of the later run.
    pub after: Diagnosis,
    /// The checks of the later run whose findings changed, in its order.
    pub changes: Vec<Change<'a>>,
    /// How many checks found the same.
    pub same: usize,
    /// How many checks were not repeated, so that their earlier findings still count.
    pub kept: usize,
}

/// A check whose finding changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change<'a> {
    /// What the earlier run found; `None` if it did not ask.
    pub before: Option<&'a Finding>,
    /// What the later run found.
    pub after: &'a Finding,
}

/// Compares two runs of a session.
pub fn compare<'a>(session: &Session, before: &'a Run, after: &'a Run) -> Comparison<'a> {
    let mut comparison = Comparison {
        before: session.diagnosis_of(before),
        after: session.diagnosis_of(after),
        changes: Vec::new(),
        same: 0,
        kept: 0,
    };
    for check in &after.checks {
        let State::Done(now) = &check.state else { continue };
        let then = before.check(&check.head.id).and_then(|check| match &check.state {
            State::Done(finding) => Some(finding),
            State::Waiting | State::Running(_) => None,
        });
        if check.kept {
            comparison.kept += 1;
        } else if then.is_some_and(|then| then.outcome == now.outcome && then.summary == now.summary) {
            comparison.same += 1;
        } else {
            comparison.changes.push(Change { before: then, after: now });
        }
    }
    comparison
}

/// The comparison in words.
pub fn text(comparison: &Comparison<'_>) -> String {
    let verdict = |diagnosis: &Diagnosis| format!("{}: {}", diagnosis.outcome.says(), diagnosis.title);
    let found = |finding: &Finding| format!("{:<5} {}", finding.outcome.state(), finding.summary);
    let mut out = format!("before  {}\nafter   {}\n\n", verdict(&comparison.before), verdict(&comparison.after));
    for Change { before, after } in &comparison.changes {
        let _ = match before {
            Some(before) => writeln!(out, "{}\n  before  {}\n  after   {}", after.title, found(before), found(after)),
            None => writeln!(out, "{}\n  new     {}", after.title, found(after)),
        };
    }
    let _ = writeln!(out, "\n{} checks found the same.", comparison.same);
    if comparison.kept > 0 {
        let _ = writeln!(
            out,
            "{} were not repeated (the log-in never is): what they found before still counts.",
            comparison.kept
        );
    }
    out
}
