//! What differs between two runs: the verdict, and each check whose finding changed. Compared as values; the words are
//! made at the end. What differs between the reports of several cases is in `crate::compare`.

use crate::check::{Finding, Outcome};
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
    /// The findings.
    pub found: Found<'a>,
}

/// The findings of two runs side by side.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found<'a> {
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
    let then = |id: &str| before.check(id).and_then(|check| done(&check.state));
    let now = after.checks.iter().filter_map(|check| Some((done(&check.state)?, check.kept)));
    Comparison { before: session.diagnosis_of(before), after: session.diagnosis_of(after), found: findings(then, now) }
}

fn done(state: &State) -> Option<&Finding> {
    match state {
        State::Done(finding) => Some(finding),
        State::Waiting | State::Running(_) => None,
    }
}

/// Compares the later findings, each with whether it was kept from before, with the earlier ones by their ids.
pub fn findings<'a>(
    before: impl Fn(&str) -> Option<&'a Finding>,
    after: impl IntoIterator<Item = (&'a Finding, bool)>,
) -> Found<'a> {
    let mut found = Found::default();
    for (now, kept) in after {
        let then = before(&now.id);
        if kept {
            found.kept += 1;
        } else if then.is_some_and(|then| meaning(then) == meaning(now)) {
            found.same += 1;
        } else {
            found.changes.push(Change { before: then, after: now });
        }
    }
    found
}

/// What a finding means: a figure that wanders from run to run (milliseconds, days left) is no change, another address is.
/// Where all is well before and after, other words for it are none either.
fn meaning(finding: &Finding) -> (Outcome, Vec<String>) {
    let is_address = |word: &str| word.parse::<std::net::IpAddr>().is_ok();
    let words = finding.summary.split_whitespace().map(|word| word.trim_matches([',', ';', '(', ')', '.', '[', ']']));
    let words = words.filter_map(|word| match (is_address(word), finding.outcome) {
        (true, _) => Some(word.to_owned()),
        (false, Outcome::Pass) => None,
        (false, _) => Some(word.chars().filter(|c| !c.is_ascii_digit()).collect()),
    });
    (finding.outcome, words.collect())
}

/// The comparison in words.
pub fn text(comparison: &Comparison<'_>) -> String {
    let verdict = |diagnosis: &Diagnosis| format!("{}: {}", diagnosis.outcome.says(), diagnosis.title);
    let found = |finding: &Finding| format!("{:<5} {}", finding.outcome.state(), finding.summary);
    let mut out = format!("before  {}\nafter   {}\n\n", verdict(&comparison.before), verdict(&comparison.after));
    let Found { changes, same, kept } = &comparison.found;
    for Change { before, after } in changes {
        let _ = match before {
            Some(before) => writeln!(out, "{}\n  before  {}\n  after   {}", after.title, found(before), found(after)),
            None => writeln!(out, "{}\n  new     {}", after.title, found(after)),
        };
    }
    let _ = writeln!(out, "\n{same} checks found the same.");
    if *kept > 0 {
        let _ = writeln!(out, "{kept} were not repeated (the log-in never is): what they found before still counts.");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Group;

    fn finding(outcome: Outcome, summary: &str) -> Finding {
        Finding {
            id: "certificate.587".to_owned(),
            group: Group::Tls,
            title: "Whose certificate?".to_owned(),
            outcome,
            moot: false,
            summary: summary.to_owned(),
            summary_marks: vec![],
            started_ms: 0,
            elapsed_ms: 0,
            facts: Default::default(),
            evidence: vec![],
        }
    }

    #[test]
    fn only_what_means_something_else_is_a_change() {
        let same = |outcome, before: &str, after: &str| {
            meaning(&finding(outcome, before)) == meaning(&finding(outcome, after))
        };
        assert!(same(Outcome::Pass, "60 days left", "59 days left"));
        assert!(same(Outcome::Pass, "opens and answers as it should", "opens"));
        assert!(same(Outcome::Warn, "23 of 60 lost", "24 of 60 lost"));
        assert!(!same(Outcome::Pass, "203.0.113.5 (smtp.example.com)", "203.0.113.9 (smtp.example.com)"));
        assert!(!same(Outcome::Fail, "587 no answer", "587 refused"));
        let (pass, fail) = (finding(Outcome::Pass, "587 open"), finding(Outcome::Fail, "587 open"));
        assert_ne!(meaning(&pass), meaning(&fail));
    }
}
