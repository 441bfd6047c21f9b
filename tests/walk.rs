//! The verdict in any order of events: every order ends in the same one, and a verdict that was shown may be refined,
//! never revoked.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::check::Event as CheckEvent;
use mailtriage::check::{Job, run};
use mailtriage::cli::job;
use mailtriage::practice::scenario;
use mailtriage::session::{Event, Session, guide};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tokio::sync::mpsc;

/// A blank session, what was planned, and everything that happened then.
fn record(name: &str) -> (Session, Vec<CheckEvent>, Vec<CheckEvent>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let recorded = runtime.block_on(async {
        let job: Job = job(&scenario(name).unwrap()).unwrap();
        let mut session = Session::new(job.account.clone(), &job.world.machine.local());
        session.apply(Event::Began { at: job.world.now(), keeps: vec![] });
        let (sender, mut events) = mpsc::unbounded_channel();
        run(job, sender).await;
        let mut all = Vec::new();
        while let Some(event) = events.recv().await {
            all.push(event);
        }
        let is_plan = |event: &CheckEvent| matches!(event, CheckEvent::Planned { .. } | CheckEvent::Discovered { .. });
        let (plan, rest) = all.into_iter().partition(is_plan);
        (session, plan, rest)
    });
    runtime.shutdown_background();
    recorded
}

/// The causes that a cause's own page may replace it by.
fn refinements(cause: &str) -> Vec<String> {
    let page = guide().cause(cause).unwrap();
    page.rules.iter().filter_map(|rule| rule.cause().map(str::to_owned)).collect()
}

#[test]
fn any_order_ends_alike_and_revokes_nothing() {
    const NAMES: [&str; 8] = [
        "healthy-587",
        "587-silent",
        "ipv6-broken",
        "port-25-isp",
        "password-wrong",
        "certificate-expired",
        "intercepted",
        "server-gone",
    ];
    for name in NAMES {
        let (blank, plan, rest) = record(name);
        let mut usual = blank.clone();
        plan.iter().chain(&rest).for_each(|event| usual.apply(Event::Check(event.clone())));
        let usual = usual.diagnosis();
        let config =
            Config { cases: 12, rng_seed: RngSeed::Fixed(587), failure_persistence: None, ..Config::default() };
        let order = Just(rest).prop_shuffle();
        let tried = TestRunner::new(config).run(&order, |rest| {
            let mut session = blank.clone();
            plan.iter().for_each(|event| session.apply(Event::Check(event.clone())));
            let mut shown: Option<String> = None;
            for (index, event) in rest.iter().enumerate() {
                session.apply(Event::Check(event.clone()));
                // Looking takes longer than applying an event.
                if index % 7 != 0 {
                    continue;
                }
                let diagnosis = session.diagnosis();
                if !diagnosis.reached {
                    continue;
                }
                if let Some(before) = &shown {
                    let allowed = *before == diagnosis.cause || refinements(before).contains(&diagnosis.cause);
                    prop_assert!(allowed, "{name}: {before} became {}", diagnosis.cause);
                }
                shown = Some(diagnosis.cause);
            }
            let end = session.diagnosis();
            prop_assert_eq!(&end.cause, &usual.cause);
            prop_assert_eq!(&end, &usual);
            Ok(())
        });
        if let Err(why) = tried {
            panic!("{why}");
        }
    }
}
