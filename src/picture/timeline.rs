//! When each check ran, what came of it, and when what it saw happened.

use super::{Bar, Bars, Form, Kind, Picture, Scene, Stage, Tone};
use crate::check::Outcome;

/// The most checks, and the most that one of them saw, that are drawn.
const MOST: usize = 200;
const MOST_TICKS: usize = 200;

/// The picture of all checks in the order in which they began; `None` before the first has. A run that goes on has come
/// this far, in milliseconds.
pub fn timeline(scene: &Scene<'_>, now_ms: u64) -> Option<Picture> {
    let mut rows: Vec<Bar> = scene.checks.iter().take(MOST).filter_map(|check| bar(check, now_ms)).collect();
    // What was left out says nothing about time.
    rows.sort_by_key(|bar| bar.span.map_or(u64::MAX, |(from, _)| from));
    let until_ms = rows.iter().filter_map(|bar| bar.span).map(|(_, until)| until).max()?;
    let longest = rows.iter().filter_map(|bar| Some((bar.span?, bar))).max_by_key(|((from, until), _)| until - from);
    let says = longest.map_or_else(String::new, |((from, until), bar)| {
        format!("{} in all; longest: {}, {}", super::span(until_ms), bar.name, super::span(until - from))
    });
    let form = Form::Bars(Bars { until_ms, rows });
    Some(Picture { kind: Kind::Timeline, title: "All checks over time".to_owned(), says, tells: false, form })
}

fn bar(check: &super::Seen<'_>, now_ms: u64) -> Option<Bar> {
    let (word, tone, span) = match check.stage {
        Stage::Done { outcome: Outcome::Skipped, .. } | Stage::Kept(_) => return None,
        Stage::Done { outcome, from, until } => {
            (outcome.state(), Tone::of(Some(outcome)), Some((from, until.max(from))))
        }
        Stage::Running(since) => ("..", Tone::Plain, Some((since, now_ms.max(since)))),
        Stage::Waiting => ("waits", Tone::Dim, None),
    };
    let ticks = check.evidence.iter().take(MOST_TICKS).map(|evidence| evidence.at_ms).collect();
    Some(Bar { name: super::scene::shown(check.id), word, tone, span, ticks })
}
