//! `mailtriage practice`: the built-in lab, on the screen or without one.

use super::args::PracticeArgs;
use super::check::{Detail, Progress, run_and_show};
use super::lab::{find, job};
use super::output::print;
use super::{Stop, ask, dashboard};
use crate::practice;
use std::collections::BTreeMap;
use std::fmt::Write;

pub(super) async fn run(args: PracticeArgs) -> Result<u8, Stop> {
    let with_screen = args.out.format.is_none() && args.out.output.is_none() && !args.ask;
    if args.list {
        return print(&list()).map(|()| 0);
    }
    let Some(name) = &args.scenario else {
        return match with_screen {
            true => dashboard::practice(None, &args.screen).await,
            false => Err(Stop::Usage("which scenario? `mailtriage practice --list` shows all".to_owned())),
        };
    };
    let scenario = find(name)?;
    let job = job(&scenario)?;
    if with_screen {
        return dashboard::practice(Some(job), &args.screen).await;
    }
    args.out.check_target()?;
    let session = if args.ask {
        // What the scenario's caller would answer is for whoever practises to find out.
        let mut session = run_and_show(job, BTreeMap::new(), Detail::Full, Progress::Faults).await;
        ask::questions(&mut session, &mut ask::input())?;
        session
    } else {
        super::run_to_end(job, scenario.answers).await
    };
    args.out.write(&session)
}

fn list() -> String {
    let mut out = String::from("The practice lab. `mailtriage practice NAME` runs one of:\n\n");
    let mut group = String::new();
    for scenario in practice::by_group() {
        if scenario.group != group {
            let _ = writeln!(out, "{}{}", if group.is_empty() { "" } else { "\n" }, scenario.group);
            group.clone_from(&scenario.group);
        }
        let _ = writeln!(out, "  {:<24} {}", scenario.name, scenario.title);
    }
    out.push_str("\nWith --format text or json it runs without a screen, as `check` does on a real network.\n");
    out
}
