//! A report for people, in parts: the first page, the steps, the checks with their evidence, the way to the result. Every
//! format writes all of them, each in its own way; so none lacks what another has.

use super::first_page::{FirstPage, Reader, first_page};
use super::{Check, Report};
use crate::check::{Group, Outcome};
use crate::session::diagnosis::{Asked, Diagnosis, OpenQuestion};
use crate::session::guide;
use crate::text::small_sort::SmallSort;

/// The parts of a report.
pub struct Document<'a> {
    /// The report itself.
    pub report: &'a Report,
    /// The first page.
    pub page: FirstPage,
    /// What to do; empty for others than the helpdesk.
    pub steps: Vec<Step>,
    /// Other causes that were found, in words.
    pub also: Vec<String>,
    /// Questions that could change the result; none for others than the helpdesk.
    pub questions: &'a [OpenQuestion],
    /// The way through the guide.
    pub way: Vec<Asked>,
    /// The checks, those groups first in which something is wrong.
    pub groups: Vec<Checks<'a>>,
    /// Which program made it.
    pub made: String,
}

/// A step of what to do.
pub struct Step {
    /// The step.
    pub first: String,
    /// The clicks or choices within it.
    pub rest: Vec<String>,
}

impl Step {
    /// All of it, a line each.
    pub fn lines(&self) -> Vec<String> {
        std::iter::once(&self.first).chain(&self.rest).cloned().collect()
    }
}

/// The checks of a group, the failures first.
pub struct Checks<'a> {
    /// The group's name.
    pub title: &'static str,
    /// What was found.
    pub checks: Vec<&'a Check>,
    /// The checks that were not made.
    pub skipped: Vec<&'a Check>,
}

impl<'a> Document<'a> {
    /// The parts of a report for a reader.
    pub fn of(report: &'a Report, reader: Reader) -> Self {
        let diagnosis = report.diagnosis.as_ref();
        // What the helpdesk does and asks is nothing to those whom it writes to.
        let ours = diagnosis.filter(|_| reader.is_ours());
        Document {
            report,
            page: first_page(report, reader),
            steps: ours.map(steps).unwrap_or_default(),
            also: diagnosis.map(also).unwrap_or_default(),
            questions: ours.map_or(&[], |diagnosis| &diagnosis.questions),
            way: diagnosis.map(|diagnosis| diagnosis.way(guide())).unwrap_or_default(),
            groups: groups(report),
            made: report.tool.says(),
        }
    }
}

fn steps(diagnosis: &Diagnosis) -> Vec<Step> {
    let step = |step: &String| {
        let mut lines = step.lines();
        let first = lines.next().unwrap_or_default().to_owned();
        Step { first, rest: lines.map(|line| line.trim_start_matches([' ', '-']).to_owned()).collect() }
    };
    diagnosis.remedy.iter().map(step).collect()
}

fn also(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis.also.iter().map(|cause| guide().headline(cause).to_owned()).collect()
}

/// How much attention an outcome needs.
fn weight(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Warn => 1,
        Outcome::Unknown => 2,
        Outcome::Pass => 3,
        Outcome::Skipped => 4,
    }
}

fn groups(report: &Report) -> Vec<Checks<'_>> {
    let group = |group: &Group| {
        let of_group = report.checks.iter().filter(|check| check.finding.group == *group);
        let (skipped, mut checks): (Vec<&Check>, Vec<&Check>) =
            of_group.partition(|check| check.finding.outcome == Outcome::Skipped);
        checks.small_sort_by_key(|check| weight(check.finding.outcome));
        Checks { title: group.title(), checks, skipped }
    };
    let mut groups: Vec<Checks<'_>> = Group::ALL.iter().map(group).collect();
    groups.retain(|group| !group.checks.is_empty() || !group.skipped.is_empty());
    groups.small_sort_by_key(|group| group.checks.first().map_or(4, |check| weight(check.finding.outcome)));
    groups
}
