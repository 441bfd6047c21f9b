//! The line that a run goes over: whether this computer's way to the internet is still what it was when the run began. A
//! failure is looked at in its light before a check hears of it.

use crate::machine::{Machine, Uplinks};
use std::sync::Arc;
use tokio::sync::SetOnce;
use tokio::time::Instant;

/// The line, and what it was at first.
pub(crate) struct Line {
    machine: Arc<dyn Machine>,
    at_first: Uplinks,
    changed: SetOnce<Instant>,
}

impl Line {
    pub(super) fn new(machine: Arc<dyn Machine>) -> Self {
        Line { at_first: machine.uplinks(), machine, changed: SetOnce::new() }
    }

    /// Looks now. A line that was lost and came back has changed.
    pub(crate) fn look(&self) {
        if self.machine.uplinks() != self.at_first {
            // Only the first time counts.
            let _ = self.changed.set(Instant::now());
        }
    }

    /// When it was found changed.
    pub(crate) fn changed(&self) -> Option<Instant> {
        self.changed.get().copied()
    }
}
