//! What the exporter says about itself: `/metrics`.

use crate::report::prometheus::Metrics;
use crate::session::diagnosis::Outcome;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Its counters.
#[derive(Debug)]
pub(super) struct Own {
    started: jiff::Timestamp,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    answers: BTreeMap<u16, u64>,
    probes: BTreeMap<&'static str, u64>,
    refused: u64,
    took: Duration,
}

impl Own {
    pub(super) fn new(started: jiff::Timestamp) -> Self {
        Own { started, counts: Mutex::default() }
    }

    fn with(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.counts.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts an answer by its status.
    pub(super) fn answered(&self, status: u16) {
        self.with(|counts| *counts.answers.entry(status).or_default() += 1);
    }

    /// Counts a probe that was made.
    pub(super) fn probed(&self, outcome: Outcome, took: Duration) {
        self.with(|counts| {
            *counts.probes.entry(outcome.word()).or_default() += 1;
            counts.took += took;
        });
    }

    /// Counts a probe that was not made, because there are too many.
    pub(super) fn refused(&self) {
        self.with(|counts| counts.refused += 1);
    }

    /// All of it as text.
    pub(super) fn text(&self, running: usize, waiting: usize) -> String {
        #[expect(clippy::cast_precision_loss, reason = "the format has floats; a count beyond 2^52 is out of reach")]
        let number = |count: u64| count as f64;
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let mut out = Metrics::default();
        let version = [("version", env!("CARGO_PKG_VERSION").to_owned())];
        out.gauge("mailtriage_exporter_build_info", "The exporter's version; always 1.", &version, 1.0);
        out.metric("mailtriage_exporter_answers_total", "counter", "Answers, by status.");
        for (status, count) in &counts.answers {
            let status = [("code", status.to_string())];
            out.sample("mailtriage_exporter_answers_total", &[&status], number(*count));
        }
        out.metric("mailtriage_exporter_probes_total", "counter", "Probes that were made, by outcome.");
        for (outcome, count) in &counts.probes {
            let outcome = [("outcome", (*outcome).to_owned())];
            out.sample("mailtriage_exporter_probes_total", &[&outcome], number(*count));
        }
        let one = |out: &mut Metrics, name: &str, kind: &str, help: &str, value: f64| {
            out.metric(name, kind, help);
            out.sample(name, &[], value);
        };
        let seconds = counts.took.as_secs_f64();
        let refused = number(counts.refused);
        one(&mut out, "mailtriage_exporter_probe_seconds_total", "counter", "Time spent in these.", seconds);
        one(&mut out, "mailtriage_exporter_refused_total", "counter", "Probes not made: there were too many.", refused);
        let count = |count: usize| number(u64::try_from(count).unwrap_or(u64::MAX));
        one(&mut out, "mailtriage_exporter_running", "gauge", "Probes that are being made.", count(running));
        one(&mut out, "mailtriage_exporter_waiting", "gauge", "Probes that wait for a place.", count(waiting));
        let started = f64::from(u32::try_from(self.started.as_second()).unwrap_or_default());
        one(&mut out, "process_start_time_seconds", "gauge", "When the exporter was started.", started);
        out.text()
    }
}
