//! One round of the watch while it is being measured: over a copy of the session, which is thrown away at the end.

use super::effect::Request;
use super::outside::Bench;
use super::runner::Runner;
use super::watch::Round;
use crate::check::{Event as CheckEvent, Group, Outcome, Target};
use crate::facts::keys::{dns_server, port, smtp};
use crate::session::{Event, Session};
use std::time::Duration;

/// The time from the end of one round to the start of the next.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

/// A round that is being measured.
pub(super) struct Measuring {
    session: Session,
    runner: Runner,
}

impl Measuring {
    /// Begins a round at this time.
    pub fn begin(bench: &Bench, session: &Session, at: jiff::Timestamp) -> Self {
        let mut session = session.clone();
        session.apply(Event::Began { at, keeps: Group::ALL.to_vec() });
        let runner = Runner::start(bench, &session, Request::watch());
        Measuring { session, runner }
    }

    /// What its checks tell next; `None` once all have ended.
    pub async fn next(&mut self) -> Option<CheckEvent> {
        self.runner.next().await
    }

    /// Takes in what a check told.
    pub fn take(&mut self, event: CheckEvent) {
        self.session.apply(Event::Check(event));
    }

    /// What the round showed, once all its checks have ended: the server's name, the port in use, its greeting.
    pub fn end(self, at: jiff::Timestamp) -> Round {
        let port = self.session.in_use().map_or(0, |in_use| in_use.port);
        let own = Target::in_use(port);
        let ids = [dns_server::RESULT.check.to_owned(), own.id(port::STATE.check), own.id(smtp::GREETING.check)];
        let findings = self.session.run().into_iter().flat_map(|run| run.findings());
        let failed = findings.filter(|finding| finding.outcome == Outcome::Fail && ids.contains(&finding.id));
        Round { at, faults: failed.map(|finding| finding.summary.clone()).collect() }
    }
}
