//! A group's pictures, checks and evidence: what was asked, what came back, when; check by check, or in order of time
//! under the timeline of all checks.

use super::{case_keys, parts, picture};
use crate::check::{Group, Outcome};
use crate::session::{Run, State};
use crate::text::small_sort::SmallSort;
use crate::tui::core::Core;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// The group being viewed.
pub struct CheckView {
    group: Group,
    scroll: Scroll,
    /// In order of time over all checks of the group, instead of check by check.
    by_time: bool,
    /// The width in columns at which it was last drawn.
    width: u16,
}

impl CheckView {
    /// A view of this group.
    pub fn new(group: Group) -> Self {
        CheckView { group, scroll: Scroll::default(), by_time: false, width: 80 }
    }

    /// The group this many places further on, starting again after the last.
    fn turn(&mut self, by: isize) {
        let index = Group::ALL.iter().position(|group| *group == self.group).unwrap_or(0);
        let turned = (index as isize + by).rem_euclid(Group::ALL.len() as isize) as usize;
        (self.group, self.scroll) = (Group::ALL[turned], Scroll::default());
    }

    fn lines(&self, core: &Core) -> Vec<Line<'static>> {
        let Some(run) = core.session.run() else { return Vec::new() };
        let lines = if self.by_time { timeline } else { by_check };
        lines(core, run, self.group, self.width)
    }
}

impl View for CheckView {
    fn place(&self) -> Place {
        Place::Check
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            _ if self.scroll.act(action) => {}
            Action::Left => self.turn(-1),
            Action::Right => self.turn(1),
            Action::Part => self.by_time = !self.by_time,
            Action::AgainGroup => return Next::DoAndHome(Effect::run(Request::group(self.group))),
            Action::Copy => {
                let text: Vec<String> = self.lines(core).iter().map(ToString::to_string).collect();
                return Next::Do(Effect::Copy(text.join("\n")));
            }
            Action::FindNext | Action::FindBefore => {
                let all = self.lines(core);
                parts::find(core, action, all.iter().map(ToString::to_string), &mut self.scroll);
            }
            other => return case_keys::act(other, Place::Check, core),
        }
        Next::Stay
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.scroll.by(by * WHEEL);
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let title = format!("{}: what was seen", self.group.title());
        let order = if self.by_time { "by time (Tab: by check)" } else { "by check (Tab: by time)" };
        self.width = area.width;
        let lines = self.lines(core);
        parts::text_page(frame, area, core, (Place::Check, &title, order), lines, &mut self.scroll);
    }
}

/// A group's checks with their evidence.
pub(super) fn by_check(core: &Core, run: &Run, group: Group, width: u16) -> Vec<Line<'static>> {
    let theme = core.theme;
    let width = usize::from(width);
    let mut lines = picture::of_group(core, run, group, width.saturating_sub(1));
    for check in run.group(group) {
        let (outcome, says) = match &check.state {
            State::Done(finding) => (Some(finding.outcome), finding.summary.clone()),
            State::Running(_) => (None, "running".to_owned()),
            State::Waiting => (None, format!("waits for {}", check.head.needs.join(", "))),
        };
        let state = outcome.map_or("..", Outcome::state);
        let kept = if check.kept { ", from an earlier run" } else { "" };
        lines.push(Line::from_iter([
            Span::styled(format!(" {state:<6}"), theme.outcome(outcome)),
            Span::styled(parts::cut(theme, &check.head.title, width.saturating_sub(9)), theme.strong()),
        ]));
        let text = format!("       {says} ({}{kept})", check.head.id);
        lines.extend(parts::wrapped(theme, &text, width.saturating_sub(1), 7).into_iter().map(Line::raw));
        if let State::Done(finding) = &check.state {
            for evidence in &finding.evidence {
                for (index, part) in evidence.detail.lines().enumerate() {
                    let head = if index == 0 {
                        format!("{:>7} ms  {}: ", evidence.at_ms, evidence.what)
                    } else {
                        " ".repeat(14)
                    };
                    let wrapped = parts::wrapped(theme, &format!("       {head}{part}"), width.saturating_sub(1), 19);
                    lines.extend(wrapped.into_iter().map(|line| Line::styled(line, theme.dim())));
                }
            }
        }
        lines.push(Line::default());
    }
    lines
}

fn timeline(core: &Core, run: &Run, group: Group, width: u16) -> Vec<Line<'static>> {
    let findings = run.group(group).filter_map(|check| match &check.state {
        State::Done(finding) => Some(finding),
        _ => None,
    });
    // A column as wide as the longest name, so that what was said begins at one place.
    let names = run.group(group).map(|check| check.head.id.len()).max().unwrap_or(0);
    let mut all: Vec<(u64, String)> = findings
        .flat_map(|finding| {
            finding.evidence.iter().map(|evidence| {
                let said = evidence.detail.replace('\n', " / ");
                (evidence.at_ms, format!("{:>7} ms  {:<names$}  {}: {said}", evidence.at_ms, finding.id, evidence.what))
            })
        })
        .collect();
    all.small_sort_by_key(|(at, _)| *at);
    let width = usize::from(width).saturating_sub(1);
    let mut lines = picture::of_time(core, run, width);
    lines.push(Line::styled(format!("{}, in order of time", group.title()), core.theme.strong()));
    lines.extend(all.iter().flat_map(|(_, text)| parts::wrapped(core.theme, text, width, 27)).map(Line::raw));
    lines
}
