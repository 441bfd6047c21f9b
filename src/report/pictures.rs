//! The pictures of a report: those that tell something about its verdict, and the timeline. They are made from the
//! report itself, so that what was left out of it is in none of them.

use super::Report;
use crate::picture::{Picture, Scene, Seen, telling, timeline};

/// The pictures that tell something about the verdict of the last run, the one that it rests on first.
pub fn of_verdict(report: &Report) -> Vec<Picture> {
    report.diagnosis.as_ref().map_or_else(Vec::new, |diagnosis| telling(&scene(report), diagnosis))
}

/// When each check of the last run ran.
pub fn of_time(report: &Report) -> Option<Picture> {
    timeline(&scene(report), 0)
}

fn scene(report: &Report) -> Scene<'_> {
    Scene {
        checks: report.checks.iter().map(|check| Seen::done(&check.finding, check.kept)).collect(),
        port: report.account.in_use.as_ref().map(|way| way.port),
        client: report.account.client.as_deref(),
        os: &report.machine.os,
    }
}
