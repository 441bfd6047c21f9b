//! The steps of the guide, how far the walk has come, and the open question.

use crate::guide::{HEALTHY, Step};
use crate::session::guide;
use crate::tui::core::Core;
use crate::tui::screens::parts::{labelled, wrapped};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// How far the walk has come with a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Passed,
    /// Passed without an answer.
    NotDecided,
    Decided,
    Waiting,
    Ahead,
}

/// The lines of the steps.
pub fn lines(core: &Core, width: u16, height: u16) -> Vec<Line<'static>> {
    let width = usize::from(width);
    if core.is_hidden() {
        return vec![Line::styled(" hidden until you have guessed", core.theme.dim())];
    }
    let stages = stages(core);
    // "Settings ok > Firewall ok > ..." needs 79 columns: if that is too much, the steps that were passed go without
    // "ok".
    let roomy = width >= 90;
    let mut spans = vec![Span::raw(" ")];
    // What comes after the fault is not walked.
    let last = stages.iter().position(|(_, stage)| *stage == Stage::Decided).unwrap_or(stages.len());
    for (index, (name, stage)) in stages.into_iter().take(last + 1).enumerate() {
        if index > 0 {
            spans.push(Span::styled(" > ", core.theme.dim()));
        }
        let style = match stage {
            Stage::Decided => core.theme.strong(),
            Stage::Passed => Style::new(),
            Stage::NotDecided | Stage::Waiting | Stage::Ahead => core.theme.dim(),
        };
        spans.push(Span::styled(name, style));
        let word = match stage {
            Stage::NotDecided => " ?",
            Stage::Passed if roomy => " ok",
            Stage::Passed => "",
            Stage::Decided => " HERE",
            Stage::Waiting => " ..",
            Stage::Ahead => "",
        };
        spans.push(Span::styled(word, style));
    }
    let mut lines = vec![Line::from(spans)];
    if height >= 36 {
        for asked in core.diagnosis.way(guide()) {
            lines.extend(
                wrapped(core.theme, &asked.line(), width.saturating_sub(4), 2)
                    .into_iter()
                    .take(2)
                    .map(|text| Line::styled(format!("   {text}"), core.theme.dim())),
            );
        }
    }
    match core.diagnosis.questions.first() {
        Some(question) => {
            lines.extend(labelled(core.theme, "Question (a)", &question.text, width, Style::new(), 2));
        }
        None => {
            let also = match core.diagnosis.also.as_slice() {
                [] => return lines,
                also => also.iter().map(|cause| guide().headline(cause)).collect::<Vec<_>>().join("; "),
            };
            lines.extend(labelled(core.theme, "Also seen", &also, width, Style::new(), 2));
        }
    }
    lines
}

fn stages(core: &Core) -> Vec<(&'static str, Stage)> {
    let path = &core.diagnosis.path;
    let steps = guide().steps();
    let last = core.diagnosis.last_step().map(|last| at_fault(core, last));
    let reached = steps.iter().rposition(|step| path.iter().any(|passed| step.pages.contains(&passed.page)));
    let decided = core.diagnosis.cause != HEALTHY && core.diagnosis.reached;
    let stage = |index: usize, step: &Step| {
        if decided && last.is_some_and(|last| step.pages.iter().any(|page| page == last)) {
            Stage::Decided
        } else if path.iter().any(|passed| step.pages.contains(&passed.page) && !passed.is_settled(guide())) {
            Stage::NotDecided
        } else if reached.is_some_and(|reached| index <= reached) {
            Stage::Passed
        } else if !decided && core.is_running() && index == reached.map_or(0, |reached| reached + 1) {
            Stage::Waiting
        } else {
            Stage::Ahead
        }
    };
    steps.iter().enumerate().map(|(index, step)| (step.name.as_str(), stage(index, step))).collect()
}

/// The page of the fault: where the walk ended, unless that page knows nothing of the cause: then the first page on the
/// way that does. A line that loses packets is one, wherever the walk came to an end.
pub(super) fn at_fault<'a>(core: &'a Core, last: &'a str) -> &'a str {
    let knows = |page: &str| {
        let rules = guide().page(page).map(|page| page.rules.as_slice()).unwrap_or_default();
        rules.iter().any(|rule| rule.cause() == Some(&core.diagnosis.cause))
    };
    let mut walked = core.diagnosis.path.iter().map(|step| step.page.as_str());
    if knows(last) { last } else { walked.find(|page| knows(page)).unwrap_or(last) }
}
