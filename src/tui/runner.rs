//! Checks that run in a task of their own and report what they find; dropping it ends them.

use super::effect::Request;
use super::outside::Bench;
use crate::check::{Event, Job, Options, run as run_checks};
use crate::session::Session;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A run of checks.
pub(super) struct Runner {
    events: mpsc::UnboundedReceiver<Event>,
    task: JoinHandle<()>,
}

impl Runner {
    /// Starts what is requested, over the session's account.
    pub fn start(bench: &Bench, session: &Session, request: Request) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let options = Options { only: request.only, ..bench.options.clone() };
        let world = bench.world.again();
        let job = Job { world, account: session.account.clone(), options, attempt: request.attempt };
        Runner { events, task: tokio::spawn(run_checks(job, sender)) }
    }

    /// What they report next; `None` once all have ended.
    pub async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.task.abort();
    }
}
