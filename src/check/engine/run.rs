//! Runs a plan in parallel: every check is a task that waits for what it needs, within the run's time.

use super::board::Board;
use super::ctx::{Case, Ctx, Shared};
use super::declared::{Check, Need, Subject, Task};
use super::door::Door;
use super::hearing::Hearing;
use super::line::Line;
use super::notebook::{Notebook, millis};
use super::pace::Paced;
use super::plan::{self, Plan, Planned};
use super::targets;
use crate::account::Account;
use crate::check::finding::{Event, Finding, Verdict};
use crate::check::options::Options;
use crate::facts::target::Role;
use crate::net::Network;
use crate::probe;
use crate::probe::secret::Attempt;
use crate::probe::smtp::Dialogue;
use crate::probe::tcp::Pace;
use crate::world::World;
use futures::FutureExt;
use futures::future::join_all;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// What a run needs.
pub struct Job {
    /// The network and the machine, real or the lab's.
    pub world: World,
    /// The account that sends.
    pub account: Account,
    /// The options of the run.
    pub options: Options,
    /// The password or token of the one log-in.
    pub attempt: Option<Attempt>,
}

/// A run that is going on.
struct Runner {
    ctx: Ctx,
    /// The password or token, for the log-in alone.
    attempt: Option<Arc<Attempt>>,
    /// Set when the run ends before its checks have ended.
    cut: watch::Sender<Option<Cut>>,
    tasks: JoinSet<()>,
    /// Set when all of these have ended.
    over: watch::Sender<bool>,
    /// The checks that wait for that.
    watches: JoinSet<()>,
}

/// Why checks are cut off.
#[derive(Clone, Copy)]
enum Cut {
    /// The run's time is up.
    TimeIsUp,
    /// Whoever started the run has seen enough.
    Enough,
}

impl Cut {
    fn verdict(self) -> Verdict {
        match self {
            Cut::TimeIsUp => Verdict::unknown("the run's time was up"),
            Cut::Enough => Verdict::moot("not waited for: it could no longer change the verdict"),
        }
    }
}

/// Runs all these checks; ends when all have ended, when `enough` is ready, or when the run's time is up. Events are
/// reported as they happen.
pub(crate) async fn run(
    checks: &[&'static Check],
    job: Job,
    events: mpsc::UnboundedSender<Event>,
    enough: impl Future<Output = ()>,
) {
    let attempt = job.attempt.map(Arc::new);
    let pace = Arc::new(Pace::default());
    let hearing = Hearing::new(job.world.machine.local().resolvers);
    let line = Arc::new(Line::new(Arc::clone(&job.world.machine)));
    let (net, paced) = (job.world.net, Arc::clone(&pace));
    let net: Arc<dyn Network> = Arc::new(Paced { net, pace: paced, hearing, line: Arc::clone(&line) });
    let ctx = Ctx {
        tls: Arc::new(probe::secure::Library::new(job.world.machine.trust())),
        door: Arc::new(Door::new(Arc::clone(&net), Arc::clone(&pace))),
        net,
        pace,
        line,
        machine: job.world.machine,
        account: Arc::new(job.account),
        options: Arc::new(job.options),
        started: Instant::now(),
        logs_in: attempt.is_some(),
        sends_message: attempt.as_ref().is_some_and(|attempt| attempt.message),
        board: Arc::new(Board::default()),
        shared: Arc::new(Shared::default()),
        case: None,
        events,
        needs: Arc::default(),
    };
    // The last moments are reserved for an orderly goodbye.
    let goodbye = Duration::from_millis(500).min(ctx.options.deadline / 10);
    let until = ctx.started + ctx.options.deadline.saturating_sub(goodbye);
    let library = Arc::clone(&ctx.tls);
    tokio::spawn(async move { library.prepare().await });
    let (cut, over) = (watch::Sender::new(None), watch::Sender::new(false));
    let mut runner = Runner { ctx, attempt, cut, tasks: JoinSet::new(), over, watches: JoinSet::new() };

    let first = plan::before(checks, &runner.ctx.options);
    let search = first.iter().find(|check| check.is_search()).map(|check| check.head.id.clone());
    runner.start(first, false);
    let enough = enough.shared();
    let discovered = match search {
        Some(id) => tokio::select! {
            biased;
            found = timeout_at(until, runner.ctx.board.wait_for(&id)) => found.is_ok(),
            () = enough.clone() => false,
        },
        None => false,
    };
    let wanted = runner.ctx.shared.wanted().cloned();
    match wanted {
        Some(wanted) if discovered => {
            let ctx = &mut runner.ctx;
            let in_use = ctx.account.in_use(Some(&wanted));
            let targets = targets::targets(in_use.as_ref(), &wanted);
            ctx.shared.open_lanes(targets.iter().copied());
            ctx.case = in_use.map(|in_use| Arc::new(Case::new(in_use, &wanted)));
            let second = plan::after(checks, &ctx.account, ctx.case.as_ref(), &targets, &wanted, &ctx.options);
            runner.start(second, true);
        }
        _ => runner.start(Plan::new(), true),
    }
    runner.finish(until, goodbye, enough).await;
}

impl Runner {
    fn start(&mut self, plan: Plan, complete: bool) {
        let ctx = &self.ctx;
        ctx.board.plan(plan.iter().map(|check| check.head.id.clone()));
        ctx.send(Event::Planned { checks: plan.iter().map(|check| check.head.clone()).collect(), complete });
        for check in plan {
            let ctx = Ctx { needs: check.head.needs.clone().into(), ..ctx.clone() };
            let (attempt, cut, over) = (self.attempt.clone(), self.cut.subscribe(), self.over.subscribe());
            let tasks = if check.is_throughout() { &mut self.watches } else { &mut self.tasks };
            tasks.spawn(async move {
                let finding = perform(&ctx, &check, attempt.as_deref(), cut, over).await;
                ctx.board.publish(&finding);
                ctx.send(Event::Finished { finding });
            });
        }
    }

    async fn finish(mut self, until: Instant, goodbye: Duration, enough: impl Future<Output = ()>) {
        let cut = tokio::select! {
            biased;
            () = async { while self.tasks.join_next().await.is_some() {} } => None,
            () = sleep_until(until) => Some(Cut::TimeIsUp),
            () = enough => Some(Cut::Enough),
        };
        if cut.is_some() {
            // Each check ends with what it has seen.
            self.cut.send_replace(cut);
            let _ = timeout(goodbye / 2, async { while self.tasks.join_next().await.is_some() {} }).await;
        }
        self.over.send_replace(true);
        let _ = timeout(goodbye / 2, async { while self.watches.join_next().await.is_some() {} }).await;
        // Connections that were kept for the log-in and not needed end in an orderly way.
        let kept = self.ctx.take_dialogues().into_iter().map(Dialogue::quit);
        let _ = timeout(goodbye, join_all(kept)).await;
        self.ctx.send(Event::Ended { at_ms: millis(self.ctx.started.elapsed()), connections: self.ctx.door.count() });
    }
}

/// One check, from waiting for its needs to its finding. If it is cut off by the end of the run's time, it keeps what
/// it has seen.
async fn perform(
    ctx: &Ctx,
    check: &Planned,
    attempt: Option<&Attempt>,
    mut cut: watch::Receiver<Option<Cut>>,
    over: watch::Receiver<bool>,
) -> Finding {
    let notebook = || Notebook::new(&check.head, check.facts, ctx.started, ctx.events.clone());
    let provider_host = match check.task.subject() {
        Subject::Server(Role::Wanted) => ctx.host(Role::Wanted),
        Subject::Port(target) if target.role == Role::Wanted => ctx.host(Role::Wanted),
        _ => None,
    };
    let is_throughout = check.is_throughout();
    let cut_off = async move {
        // Such a check ends by itself when the others have ended.
        if is_throughout {
            return std::future::pending().await;
        }
        // An error means that the runner is gone.
        let cut = cut.wait_for(Option::is_some).await.ok().and_then(|cut| *cut);
        cut.unwrap_or(Cut::TimeIsUp).verdict()
    };
    tokio::pin!(cut_off);
    tokio::select! {
        biased;
        verdict = &mut cut_off => return notebook().end(verdict, provider_host),
        () = wait(ctx, &check.needs) => {}
    }
    let mut book = notebook();
    ctx.send(Event::Started { id: check.head.id.clone(), at_ms: millis(ctx.started.elapsed()) });
    let verdict = tokio::select! {
        biased;
        verdict = AssertUnwindSafe(ask(ctx, &check.task, attempt, &over, &mut book)).catch_unwind() => verdict,
        verdict = &mut cut_off => Ok(verdict),
    };
    book.end(verdict.unwrap_or_else(|_| Verdict::unknown("this check broke off")), provider_host)
}

/// Waits for what a check needs before it begins.
async fn wait(ctx: &Ctx, needs: &[Need]) {
    for need in needs {
        match need {
            Need::After(id) => drop(ctx.board.wait_for(id).await),
            Need::Open(target, _) => ctx.wait_until_open(*target).await,
            Need::Later(_) | Need::IfPlanned(_) => {}
        }
    }
}

async fn ask(
    ctx: &Ctx,
    task: &Task,
    attempt: Option<&Attempt>,
    over: &watch::Receiver<bool>,
    book: &mut Notebook,
) -> Verdict {
    match task {
        Task::Account(run) | Task::Search(run) => run(ctx, book).await,
        Task::Throughout(run) => run(ctx, book, over).await,
        Task::LogIn(run) => run(ctx, book, attempt).await,
        Task::Case(run, case) => run(ctx, book, case).await,
        Task::Reference(run, _, reference) => run(ctx, book, reference).await,
        Task::Server(run, role) => run(ctx, book, *role).await,
        Task::Port(run, target) => run(ctx, book, *target).await,
    }
}

impl Ctx {
    /// Reports an event. The receiver is gone only when nobody is interested any more.
    fn send(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::engine::{How, always, none, timed};
    use crate::check::{Group, Outcome};
    use crate::net::ConnectOptions;

    const TEMPLATE: Check = Check {
        kind: "provider",
        group: Group::Settings,
        question: "?",
        when: always,
        needs: none,
        facts: &[],
        how: How::Before(|_, _| Box::pin(async { Verdict::pass("") })),
    };

    /// Runs these checks in a healthy world within two seconds; returns what they found, and when each began.
    fn findings(checks: &[&'static Check]) -> Vec<(Finding, Option<u64>)> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut job = crate::cli::job(&crate::practice::scenario("healthy-587").unwrap()).unwrap();
            job.options.deadline = Duration::from_secs(2);
            let (sender, mut events) = mpsc::unbounded_channel();
            run(checks, job, sender, std::future::pending()).await;
            let (mut found, mut started) = (Vec::new(), std::collections::BTreeMap::new());
            while let Some(event) = events.recv().await {
                match event {
                    Event::Started { id, at_ms } => drop(started.insert(id, at_ms)),
                    Event::Finished { finding } => {
                        let at = started.get(&finding.id).copied();
                        found.push((finding, at));
                    }
                    _ => {}
                }
            }
            found
        })
    }

    #[test]
    fn a_check_that_is_cut_off_keeps_what_it_saw() {
        static SLOW: Check = Check {
            how: How::Before(|_, book| {
                Box::pin(async {
                    book.saw("half of it", "seen");
                    std::future::pending().await
                })
            }),
            ..TEMPLATE
        };
        let (finding, started) = findings(&[&SLOW]).remove(0);
        assert_eq!((finding.outcome, finding.summary.as_str()), (Outcome::Unknown, "the run's time was up"));
        assert_eq!(finding.evidence[0].what, "half of it");
        assert_eq!(started, Some(0), "it is said to begin when it begins");
    }

    #[test]
    fn evidence_carries_the_time_at_which_it_came_back() {
        static BOTH: Check = Check {
            how: How::Before(|_, book| {
                Box::pin(async {
                    let after = |ms| timed(tokio::time::sleep(Duration::from_millis(ms)));
                    let ((late, ()), (early, ())) = futures::future::join(after(900), after(100)).await;
                    book.saw_at(late, "the slow one", "");
                    book.saw_at(early, "the quick one", "");
                    Verdict::pass("")
                })
            }),
            ..TEMPLATE
        };
        let (finding, _) = findings(&[&BOTH]).remove(0);
        let seen: Vec<(u64, &str)> = finding.evidence.iter().map(|seen| (seen.at_ms, seen.what.as_str())).collect();
        assert_eq!(seen, [(100, "the quick one"), (900, "the slow one")]);
    }

    #[test]
    fn a_check_that_never_began_is_not_said_to_have_begun() {
        static SLOW: Check = Check { how: How::Before(|_, _| Box::pin(std::future::pending())), ..TEMPLATE };
        static AFTER: Check = Check { kind: "after", needs: |_| vec![Need::After("provider".to_owned())], ..TEMPLATE };
        let found = findings(&[&SLOW, &AFTER]);
        let after = found.iter().find(|(finding, _)| finding.id == "after").unwrap();
        assert_eq!((after.0.summary.as_str(), after.1), ("the run's time was up", None));
    }

    #[test]
    fn a_check_that_breaks_off_keeps_what_it_saw() {
        static BROKEN: Check = Check {
            how: How::Before(|_, book| {
                Box::pin(async {
                    book.saw("half of it", "seen");
                    panic!("a fault of ours");
                })
            }),
            ..TEMPLATE
        };
        let (finding, _) = findings(&[&BROKEN]).remove(0);
        assert_eq!((finding.summary.as_str(), finding.evidence.len()), ("this check broke off", 1));
    }

    #[test]
    fn waiting_for_what_is_not_planned_returns_at_once() {
        static ALONE: Check = Check {
            needs: |_| vec![Need::After("nobody".to_owned()), Need::Later("nobody.either".to_owned())],
            how: How::Before(|ctx, _| {
                Box::pin(async {
                    let found = ctx.wait_for("nobody.either").await;
                    Verdict::pass(if found.is_none() { "nobody there" } else { "?" })
                })
            }),
            ..TEMPLATE
        };
        let (finding, _) = findings(&[&ALONE]).remove(0);
        assert_eq!((finding.summary.as_str(), finding.elapsed_ms), ("nobody there", 0));
    }

    #[test]
    fn the_door_opens_so_many_times() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let job = crate::cli::job(&crate::practice::scenario("healthy-587").unwrap()).unwrap();
            let door = Door::new(job.world.net, Arc::default());
            let to = "203.0.113.5:587".parse().unwrap();
            for _ in 0..30 {
                assert!(door.connect(to, ConnectOptions::within(Duration::from_secs(5))).await.is_some());
            }
            assert!(door.connect(to, ConnectOptions::within(Duration::from_secs(5))).await.is_none());
            assert!(door.open(to, Duration::from_secs(5)).await.is_untried());
            assert!(door.connect_in_place(to, ConnectOptions::within(Duration::from_secs(5))).await.is_none());
            assert!(door.probe(to, ConnectOptions::within(Duration::from_secs(5))).await.is_none());
            assert_eq!(door.count(), 30);
        });
    }
}
