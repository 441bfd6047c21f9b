//! The detail of the selected group: its pictures, then each check's answer with its evidence.

use crate::check::{Finding, Group, Outcome};
use crate::session::State;
use crate::tui::core::Core;
use crate::tui::screens::parts::{cut, wrapped};
use crate::tui::screens::picture;
use crate::tui::watch::Round;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The lines of the detail.
pub fn lines(core: &Core, group: Group, width: u16) -> Vec<Line<'static>> {
    let Some(run) = core.session.run() else { return Vec::new() };
    let width = usize::from(width);
    let mut lines = picture::of_group(core, run, group, width.saturating_sub(1));
    if group == Group::Ports {
        lines.extend(watched(core, width));
    }
    let is_skipped = |state: &State| matches!(state, State::Done(finding) if finding.outcome == Outcome::Skipped);
    let all_skipped = run.group(group).all(|check| is_skipped(&check.state));
    let mut left_out = None;
    for check in run.group(group) {
        match &check.state {
            // What was left out is shown only if nothing else was done, and each reason only once.
            State::Done(finding) if finding.outcome == Outcome::Skipped => {
                if all_skipped && left_out != Some(&finding.summary) {
                    lines.extend(summary(core, finding, core.theme.dim(), width));
                }
                left_out = Some(&finding.summary);
            }
            State::Done(finding) => {
                left_out = None;
                lines.extend(summary(core, finding, core.theme.strong(), width));
                lines.extend(evidence(core, finding, width));
            }
            State::Running(_) | State::Waiting => {
                let word = if check.state == State::Waiting { "waits" } else { ".." };
                let text = wrapped(core.theme, &check.head.title, width.saturating_sub(6), 0);
                lines.extend(text.into_iter().map(|text| {
                    Line::from_iter([Span::styled(format!("{word:<6}"), core.theme.dim()), Span::raw(text)])
                }));
            }
        }
    }
    lines
}

/// What a check found, in a sentence after its state.
fn summary(core: &Core, finding: &Finding, style: Style, width: usize) -> Vec<Line<'static>> {
    let text = wrapped(core.theme, &finding.summary, width.saturating_sub(6), 0);
    let lines = text.into_iter().enumerate().map(|(index, text)| {
        let state = if index == 0 { finding.outcome.state() } else { "" };
        let state = Span::styled(format!("{state:<6}"), core.theme.outcome(Some(finding.outcome)));
        Line::from_iter([state, Span::styled(text, style)])
    });
    lines.collect()
}

/// The evidence of a check.
fn evidence(core: &Core, finding: &Finding, width: usize) -> Vec<Line<'static>> {
    let texts = finding.evidence.iter().map(|evidence| format!("{}: {}", evidence.what, evidence.detail));
    let lines = texts.flat_map(|text| wrapped(core.theme, &text, width.saturating_sub(2), 2));
    lines.map(|text| Line::from_iter([Span::raw("  "), Span::styled(text, core.theme.dim())])).collect()
}

/// The last rounds of a watch that found a fault, the latest first.
fn watched(core: &Core, width: usize) -> Vec<Line<'static>> {
    let failed: Vec<&Round> = core.watch.rounds.iter().filter(|round| !round.faults.is_empty()).collect();
    let lines = failed.iter().rev().take(5).map(|round| {
        let text = format!("  {} {}", round.at.strftime("%H:%M:%S"), round.faults.join("; "));
        Line::raw(cut(core.theme, &text, width))
    });
    let mut lines: Vec<Line<'static>> = lines.collect();
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}
