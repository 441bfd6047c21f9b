//! Where a running check writes down what it sees. The runner makes it and lends it to the check, so that what was seen
//! stays even if the check is cut off.

use crate::check::finding::{Event, Evidence, Finding, Head, Kind, Outcome, Verdict};
use crate::facts::key::{Declared, Key, Observable};
use crate::facts::value::Facts;
use crate::text::small_sort::SmallSort;
use crate::text::{Mark, Text};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// The notebook of one check.
pub(crate) struct Notebook {
    declared: &'static [Declared],
    run_started: Instant,
    events: mpsc::UnboundedSender<Event>,
    finding: Finding,
}

impl Notebook {
    /// An empty one.
    pub(crate) fn new(
        head: &Head,
        declared: &'static [Declared],
        run_started: Instant,
        events: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let finding = Finding {
            id: head.id.clone(),
            group: head.group,
            title: head.title.clone(),
            outcome: Outcome::Unknown,
            moot: false,
            summary: String::new(),
            summary_marks: Vec::new(),
            started_ms: millis(run_started.elapsed()),
            elapsed_ms: 0,
            facts: Facts::new(),
            evidence: Vec::new(),
        };
        Notebook { declared, run_started, events, finding }
    }

    /// Notes a fact, which is final, and reports it at once.
    pub(crate) fn note<T: Observable>(&mut self, key: Key<T>, value: impl Into<T>) {
        let is_declared = || self.declared.iter().any(|row| row.check == key.check && row.is(&key.name));
        debug_assert!(
            is_declared(),
            "the check {} notes {} of {}, which is not among its `facts`",
            self.finding.id,
            key.name,
            key.check
        );
        let value = value.into().to_value();
        // The receiver is gone only when nobody is interested any more.
        let _ = self.events.send(Event::Fact {
            id: self.finding.id.clone(),
            key: key.name.to_string(),
            value: value.clone(),
        });
        self.finding.facts.insert(key.name.into_owned(), value);
    }

    /// Whether a fact is noted.
    pub(crate) fn has<T>(&self, key: &Key<T>) -> bool {
        self.finding.facts.contains_key(key.name.as_ref())
    }

    /// Notes something that came back, at the present time.
    pub(crate) fn saw(&mut self, what: impl Into<String>, detail: impl Into<Text>) {
        self.saw_kind(Kind::Remark, what, detail);
    }

    /// The same, with a kind that other code looks for.
    pub(crate) fn saw_kind(&mut self, kind: Kind, what: impl Into<String>, detail: impl Into<Text>) {
        self.saw_kind_at(Instant::now(), kind, what, detail);
    }

    /// Notes something that came back at a time in the past: of several that were waited for, each at its own.
    pub(crate) fn saw_at(&mut self, at: Instant, what: impl Into<String>, detail: impl Into<Text>) {
        self.saw_kind_at(at, Kind::Remark, what, detail);
    }

    /// The same, with a kind that other code looks for.
    pub(crate) fn saw_kind_at(&mut self, at: Instant, kind: Kind, what: impl Into<String>, detail: impl Into<Text>) {
        let detail = detail.into();
        let at_ms = millis(at.saturating_duration_since(self.run_started));
        let (what, marks) = (what.into(), detail.marks);
        self.finding.evidence.push(Evidence { at_ms, kind, what, detail: detail.text, marks });
    }

    /// The check's result. If two servers are measured, the summary of a check of the provider's own begins with its
    /// name, unless it has marked that name somewhere.
    pub(crate) fn end(mut self, verdict: Verdict, provider_host: Option<&str>) -> Finding {
        let Verdict { outcome, moot, mut summary } = verdict;
        if let Some(host) = provider_host.filter(|host| outcome != Outcome::Skipped && !summary.names(host)) {
            summary = Text::new().mark(Mark::Host, host).say(": ").append(summary);
        }
        // What was written down later may have come back earlier.
        self.finding.evidence.small_sort_by_key(|evidence| evidence.at_ms);
        self.finding.outcome = outcome;
        self.finding.moot = moot;
        self.finding.summary = summary.text;
        self.finding.summary_marks = summary.marks;
        self.finding.elapsed_ms = millis(self.run_started.elapsed()).saturating_sub(self.finding.started_ms);
        self.finding
    }
}

/// What came of something, and when: for what is written down only after other things have ended too.
pub(crate) async fn timed<T>(future: impl Future<Output = T>) -> (Instant, T) {
    let result = future.await;
    (Instant::now(), result)
}

/// A duration in whole milliseconds.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
