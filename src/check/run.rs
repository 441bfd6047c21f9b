//! Runs a plan in parallel: every check is a task that waits for what it needs, within the run's time.

use super::plan::{self, Kind, Plan, Planned};
use super::*;
use crate::account::Account;
use crate::net::Network;
use crate::probe;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

/// What a run needs.
pub struct Job {
    /// The network, real or the lab's.
    pub net: Arc<dyn Network>,
    /// Who sends.
    pub account: Account,
    /// How to run.
    pub options: Options,
    /// What the one log-in is tried with.
    pub attempt: Option<secret::Attempt>,
}

/// Runs everything; ends when all checks have ended, or the run's time is up. What happens is told as it happens.
pub async fn run(job: Job, events: mpsc::UnboundedSender<Event>) {
    let ctx = Ctx {
        tls: Arc::new(probe::secure::Library::new(job.net.trust())),
        net: job.net,
        account: Arc::new(job.account),
        options: Arc::new(job.options),
        attempt: job.attempt.map(Arc::new),
        board: Arc::new(Board::new()),
        started: Instant::now(),
        events,
    };
    // The last moments belong to an orderly goodbye.
    let goodbye = Duration::from_millis(500).min(ctx.options.deadline / 10);
    let until = ctx.started + ctx.options.deadline.saturating_sub(goodbye);
    let mut tasks = JoinSet::new();
    let library = Arc::clone(&ctx.tls);
    tokio::spawn(async move { library.prepare().await });
    let first = plan::before(&ctx.options);
    let mut planned: Vec<Head> = first.iter().map(|check| check.head.clone()).collect();
    start(&ctx, &mut tasks, first, false);
    let discovered = timeout_at(until, ctx.board.wait_for("provider")).await.is_ok();
    let wanted = ctx.wanted();
    match wanted {
        Some(wanted) if discovered => {
            let second = plan::after(&ctx.account, &wanted, &ctx.options);
            planned.extend(second.iter().map(|check| check.head.clone()));
            start(&ctx, &mut tasks, second, true);
        }
        _ => ctx.send(Event::Planned { checks: Vec::new(), complete: true }),
    }
    let all = async { while tasks.join_next().await.is_some() {} };
    let in_time = timeout_at(until, all).await.is_ok();
    tasks.abort_all();
    for head in planned {
        if ctx.board.finding(&head.id).is_none() {
            let why = if in_time { "this check broke off" } else { "the run's time was up" };
            let finding = Notebook::new(&ctx, &head).unknown(why);
            ctx.board.publish(&finding);
            ctx.send(Event::Finished { finding });
        }
    }
    // Connections that were kept for the log-in and not needed end in an orderly way.
    let kept: Vec<probe::smtp::Dialogue> = ctx.board.slots().take_dialogues();
    let all = futures::future::join_all(kept.into_iter().map(probe::smtp::Dialogue::quit));
    let _ = tokio::time::timeout(goodbye, all).await;
    let connections = ctx.board.connections.load(std::sync::atomic::Ordering::Relaxed);
    ctx.send(Event::Ended { at_ms: ctx.elapsed_ms(), connections });
}

fn start(ctx: &Ctx, tasks: &mut JoinSet<()>, plan: Plan, complete: bool) {
    ctx.board.plan(plan.iter().map(|check| check.head.id.clone()));
    ctx.send(Event::Planned { checks: plan.iter().map(|check| check.head.clone()).collect(), complete });
    for check in plan {
        let ctx = ctx.clone();
        tasks.spawn(async move {
            wait(&ctx, &check).await;
            let finding = perform(&ctx, &check).await;
            ctx.board.publish(&finding);
            ctx.send(Event::Finished { finding });
        });
    }
}

/// Waits for what a check needs.
async fn wait(ctx: &Ctx, check: &Planned) {
    match check.kind {
        Kind::Smtp(target) => ctx.board.wait_until_open(target).await,
        Kind::Alive => alive::wait(ctx, &check.head.needs).await,
        _ => {
            for need in &check.head.needs {
                if ctx.board.is_planned(need) {
                    ctx.board.wait_for(need).await;
                }
            }
        }
    }
}

async fn perform(ctx: &Ctx, check: &Planned) -> Finding {
    let head = &check.head;
    match check.kind {
        Kind::Discovery => discovery::run(ctx, head).await,
        Kind::Settings => settings::run(ctx, head).await,
        Kind::Domain => dns::domain(ctx, head).await,
        Kind::Server(role) => dns::server(ctx, head, role).await,
        Kind::Elsewhere => dns::elsewhere(ctx, head).await,
        Kind::Connectivity => connectivity::run(ctx, head).await,
        Kind::Clock => clock::run(ctx, head).await,
        Kind::Reference(index) => reference::run(ctx, head, &ctx.options.references[index]).await,
        Kind::Protection => protection::run(ctx, head).await,
        Kind::Quality => quality::run(ctx, head).await,
        Kind::Testnet => testnet::run(ctx, head).await,
        Kind::Port(target) => port::run(ctx, head, target).await,
        Kind::Way(target) => way::run(ctx, head, target).await,
        Kind::OwnResolvers => dns::own(ctx, head).await,
        Kind::Ipv6 => ipv6::run(ctx, head).await,
        Kind::Isp => isp::run(ctx, head).await,
        Kind::Path => path::run(ctx, head).await,
        Kind::Alive => alive::run(ctx, head).await,
        Kind::Smtp(target) => smtp::run(ctx, head, target).await,
        Kind::Certificate(target) => certificate::run(ctx, head, target).await,
        Kind::TlsVersions(target) => tls::run(ctx, head, target).await,
        Kind::Login => login::run(ctx, head).await,
        Kind::Chain => chain::run(ctx, head).await,
        Kind::Clients => clients::run(ctx, head).await,
        Kind::Sending => sending::run(ctx, head).await,
    }
}
