//! The edges of the dashboard: whose account and which machine it is about, how far the run has come.

use super::checks;
use crate::tui::core::Core;
use crate::tui::screens::parts::{self, cut};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// The account, the machine, and how long the run has taken.
pub fn title(frame: &mut Frame<'_>, area: Rect, core: &Core) {
    let session = &core.session;
    let dot = format!(" {} ", core.theme.dot());
    let provider = session.wanted().and_then(|wanted| wanted.provider()).map(|row| row.name.clone());
    let program = session.account.client().map(|client| client.name.clone());
    let left: Vec<String> =
        [Some(session.account.address.to_string()), provider, program].into_iter().flatten().collect();
    let (seconds, machine) = match core.can_run {
        true => {
            let seconds = format!("{}.{} s", core.elapsed_ms / 1000, core.elapsed_ms % 1000 / 100);
            (seconds, session.runs_as.clone())
        }
        false => saved(core),
    };
    let right: Vec<&str> = [machine.as_str(), &seconds].into_iter().filter(|part| !part.is_empty()).collect();
    let width = usize::from(area.width);
    let mut right = right.join(&dot);
    if right.width() + 24 > width {
        right = seconds.clone();
    }
    let left = cut(core.theme, &left.join(&dot), width.saturating_sub(right.width() + 3));
    let gap = width.saturating_sub(left.width() + right.width() + 2);
    let spans = [
        Span::raw(" "),
        Span::styled(left, core.theme.strong()),
        Span::raw(" ".repeat(gap)),
        Span::styled(core.theme.text(&right), core.theme.dim()),
    ];
    frame.render_widget(Line::from_iter(spans), area);
}

/// When a saved session was taken, and on which machine.
fn saved(core: &Core) -> (String, String) {
    let when = core.session.run().map(|run| core.local(run.started, "%Y-%m-%d %H:%M"));
    let machine = core.session.machine.hostname.as_ref().map_or_else(String::new, |name| format!("on {name}"));
    (format!("saved session{}", when.map_or_else(String::new, |when| format!(" of {when}"))), machine)
}

/// How far the run has come, or the last message; and what goes on meanwhile.
pub fn lines(core: &Core, width: u16) -> Vec<Line<'static>> {
    if core.message.is_some() {
        return parts::message(core, width);
    }
    let goes_on = core.goes_on().unwrap_or_default();
    let (done, all) = core.session.run().map_or((0, 0), |run| run.progress());
    let dot = core.theme.dot();
    let state = if !core.is_running() {
        let saved = match (core.can_run, core.unsaved) {
            (false, _) => String::new(),
            (true, true) => format!(" {dot} not saved"),
            (true, false) => format!(" {dot} saved"),
        };
        format!("all {all} checks done{saved}")
    } else if core.diagnosis.reached && core.diagnosis.is_final && !core.is_hidden() {
        format!("{done} of {all} checks done; the rest cannot change the verdict")
    } else {
        let waits = checks::waits_for(core).map_or_else(String::new, |question| format!(". {question}"));
        format!("{done} of {all} checks done{waits}")
    };
    // The watch goes on unseen: it comes first.
    let room = usize::from(width).saturating_sub(state.width() + 8);
    match (goes_on.is_empty(), goes_on.width() <= room) {
        (true, _) => vec![parts::rule_line(core.theme, "", &state, width)],
        (false, true) => vec![parts::rule_line(core.theme, &goes_on, &state, width)],
        (false, false) => vec![parts::rule_line(core.theme, "", &goes_on, width)],
    }
}
