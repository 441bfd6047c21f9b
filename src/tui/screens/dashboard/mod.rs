//! The dashboard: the result on top at a fixed place, checks and detail side by side, the steps, progress, keys.
//!
//! ```text
//!  anna@example.com · Example Mail                        on PC-17 as anna · 6.2 s    title
//! ─ Result ───────────────────────────────────────────────────────────── likely ─
//!  CANNOT SEND   Port 587 is blocked on the way out                                   result
//! ─ Checks ──────────────────────────────┬─ Ports ───────────────────────────────
//! > FAIL  Ports      587 no answer       │ ...                                       checks, detail
//! ─ Steps ───────────────────────────────────────────────────────────────────────
//!  Settings OK > Firewall FAIL > ...                                                  steps
//! ─────────────────────────────────────────────────────────── 19 of 19 done ─────    progress
//!  s save  ? help  q quit                                                             keys
//! ```

mod checks;
mod detail;
mod fault;
mod progress;
mod result;
mod steps;

use super::case_keys;
use super::check::{self, CheckView};
use super::diagnosis::{self, DiagnosisView};
use super::menu::Menu;
use super::parts::{footer, rule};
use super::step::StepView;
use super::text::TextView;
use crate::check::Group;
use crate::report::compare;
use crate::tui::core::Core;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

/// From this width on, checks and detail are side by side.
const SIDE_BY_SIDE: u16 = 70;
/// From this width on, the opened result is beside them.
const THREE_COLUMNS: u16 = 160;
/// From this height on, the steps are shown.
const WITH_STEPS: u16 = 20;

/// What Enter opens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Result,
    Checks,
    Steps,
}

impl Part {
    /// The next one down; after the last, the first.
    fn next(self) -> Self {
        match self {
            Part::Result => Part::Checks,
            Part::Checks => Part::Steps,
            Part::Steps => Part::Result,
        }
    }
}

/// Where the parts were last drawn, for the mouse.
#[derive(Default)]
struct Areas {
    result: Rect,
    checks: Rect,
    detail: Rect,
    beside: Rect,
    steps: Rect,
    /// The group in each line of the checks.
    groups: Vec<Group>,
}

/// What is marked.
#[derive(Default)]
pub struct Dashboard {
    part: Part,
    /// The group that somebody has marked; until then it is the one that the verdict rests on.
    chosen: Option<Group>,
    scroll: Scroll,
    /// How far the opened result is scrolled, where there is room for it.
    beside: Scroll,
    areas: Areas,
}

impl Dashboard {
    fn group(&self, core: &Core) -> Group {
        self.chosen.unwrap_or_else(|| fault::group(core))
    }

    fn select(&mut self, group: Group) {
        self.part = Part::Checks;
        if self.chosen.replace(group) != Some(group) {
            self.scroll = Scroll::default();
        }
    }

    /// Marks the group this many lines further down, but no further than the last.
    fn go(&mut self, by: isize, core: &Core) {
        let at = Group::ALL.iter().position(|group| *group == self.group(core)).unwrap_or(0);
        let at = at.saturating_add_signed(by).min(Group::ALL.len() - 1);
        self.select(Group::ALL[at]);
    }

    fn open(&self, core: &Core) -> Next {
        match self.part {
            Part::Result if core.is_hidden() => Next::go(Menu::guess()),
            Part::Result => Next::go(DiagnosisView::default()),
            Part::Checks => Next::go(CheckView::new(self.group(core))),
            Part::Steps => Next::go(StepView::current(core)),
        }
    }

    /// Draws the checks, and where there is room the detail of the marked group and the opened result.
    fn render_middle(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core, title: &str) {
        let group = self.group(core);
        let chosen = (self.part == Part::Checks).then_some(group);
        let columns = match area.width {
            ..SIDE_BY_SIDE => vec![area],
            _ => {
                // As wide as the longest line needs, but no wider than its share.
                let share = if area.width < THREE_COLUMNS { area.width / 2 } else { area.width / 3 };
                let left = checks::widest(core).min(share.min(58)).max(share.min(36));
                let rest = area.width - left;
                let widths =
                    if area.width < THREE_COLUMNS { vec![left, rest] } else { vec![left, rest / 2, rest - rest / 2] };
                Layout::horizontal(widths.into_iter().map(Constraint::Length)).split(area).to_vec()
            }
        };
        for (index, column) in columns.iter().enumerate() {
            let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(*column);
            if index == 0 {
                rule(frame, line, core.theme, title, "");
                let (lines, groups) = checks::lines(core, chosen, group, rest);
                (self.areas.checks, self.areas.groups) = (rest, groups);
                frame.render_widget(Paragraph::new(lines), rest);
                continue;
            }
            let [bar, body] = Layout::horizontal([Constraint::Length(2), Constraint::Min(1)]).areas(rest);
            let vertical: Vec<Line<'_>> =
                (0..bar.height).map(|_| Line::styled(core.theme.vertical(), core.theme.dim())).collect();
            frame.render_widget(Paragraph::new(vertical), bar);
            let (title, lines, scroll) = if index == 1 {
                self.areas.detail = body;
                (group.title(), detail::lines(core, group, body.width), &mut self.scroll)
            } else {
                self.areas.beside = body;
                let (title, lines) = beside(core, group, body.width);
                (title, lines, &mut self.beside)
            };
            scroll.measure(body.height, lines.len());
            let [corner, line] = Layout::horizontal([Constraint::Length(1), Constraint::Min(1)]).areas(line);
            frame.render_widget(Span::styled(core.theme.tee(), core.theme.dim()), corner);
            rule(frame, line, core.theme, title, &scroll.place());
            frame.render_widget(Paragraph::new(lines).scroll((scroll.offset(), 0)), body);
        }
    }
}

/// What a wide screen shows beside the detail: the opened result, or as long as there is none, the evidence.
fn beside(core: &Core, group: Group, width: u16) -> (&'static str, Vec<Line<'static>>) {
    match core.session.run() {
        Some(run) if core.is_hidden() || !core.diagnosis.reached => {
            ("Evidence", check::by_check(core, run, group, width))
        }
        _ => ("The result, opened", diagnosis::lines(core, width)),
    }
}

impl View for Dashboard {
    fn place(&self) -> Place {
        Place::Dashboard
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Up => self.go(-1, core),
            Action::Down if self.part == Part::Result => self.select(self.group(core)),
            Action::Down => self.go(1, core),
            Action::First => self.select(Group::ALL[0]),
            Action::Last => self.select(Group::ALL[Group::ALL.len() - 1]),
            Action::PageUp | Action::PageDown if self.part == Part::Result && !self.areas.beside.is_empty() => {
                self.beside.act(action);
            }
            Action::PageUp | Action::PageDown => drop(self.scroll.act(action)),
            Action::Part => self.part = self.part.next(),
            Action::PartBack => self.part = self.part.next().next(),
            Action::Open => return self.open(core),
            Action::Guess => return Next::go(Menu::guess()),
            Action::Hint => hint(core),
            Action::NextCall => return Next::BackAnd(Action::NextCall),
            Action::Changes => return changes(core),
            Action::Watch => {
                core.watch.is_on = !core.watch.is_on;
                core.watch.next = None;
                core.say(match core.watch.is_on {
                    true => "watching: a round every minute, without a log-in; w stops it",
                    false => "no longer watching",
                });
            }
            Action::AgainGroup => return Next::Do(Effect::run(Request::group(self.group(core)))),
            Action::Copy => return copy(core),
            other => return case_keys::act(other, Place::Dashboard, core),
        }
        Next::Stay
    }

    fn wheel(&mut self, by: isize, at: Position) {
        let scroll = if self.areas.beside.contains(at) { &mut self.beside } else { &mut self.scroll };
        scroll.by(by * WHEEL);
    }

    fn click(&mut self, at: Position, core: &mut Core) -> Next {
        let was = (self.part, self.chosen);
        if self.areas.checks.contains(at) {
            let line = usize::from(at.y - self.areas.checks.y);
            if let Some(group) = self.areas.groups.get(line).copied() {
                self.select(group);
            }
        } else if self.areas.result.contains(at) || self.areas.beside.contains(at) {
            self.part = Part::Result;
        } else if self.areas.steps.contains(at) {
            self.part = Part::Steps;
        } else if self.areas.detail.contains(at) {
            self.select(self.group(core));
        } else {
            return Next::Stay;
        }
        if was == (self.part, self.chosen) { self.open(core) } else { Next::Stay }
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let result = result::lines(core, area.width, area.height);
        let steps = steps::lines(core, area.width, area.height);
        let with_steps = area.height >= WITH_STEPS;
        let height = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let result_height = height(&result).min(area.height.saturating_sub(7));
        let said = progress::lines(core, area.width);
        let steps_height = if with_steps { height(&steps).min(area.height / 3) + 1 } else { 0 };
        let [title, result_rule, result_area, middle, steps_area, progress, keys] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Length(1),
            Constraint::Length(result_height),
            Constraint::Min(2),
            Constraint::Length(steps_height),
            Constraint::Length(height(&said)),
            Constraint::Length(1),
        ])
        .areas(area);
        progress::title(frame, title, core);
        let part = self.part;
        let marked = |of: Part, name: &str| if part == of { format!("> {name}") } else { name.to_owned() };
        rule(frame, result_rule, core.theme, &marked(Part::Result, "Result"), &result::certainty(core));
        frame.render_widget(Paragraph::new(result), result_area);
        self.areas = Areas { result: result_area, steps: steps_area, ..Areas::default() };
        self.render_middle(frame, middle, core, &marked(Part::Checks, "Checks"));
        if with_steps {
            let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(steps_area);
            let right = if part == Part::Steps { "Enter opens the last one" } else { "" };
            rule(frame, line, core.theme, &marked(Part::Steps, "Steps"), right);
            frame.render_widget(Paragraph::new(steps), rest);
        }
        frame.render_widget(Paragraph::new(said), progress);
        footer(frame, keys, core, Place::Dashboard);
    }
}

/// Where a learner should look.
fn hint(core: &mut Core) {
    let group = fault::group(core);
    core.say(format!("Look at {}: what fails there, and what still works?", group.title()));
}

/// The result as text.
fn copy(core: &Core) -> Next {
    let text: Vec<String> = result::lines(core, 80, 40).iter().map(ToString::to_string).collect();
    Next::Do(Effect::Copy(text.join("\n")))
}

/// Before and after: what the last run found that the run before it did not.
fn changes(core: &Core) -> Next {
    let [.., before, after] = core.session.runs.as_slice() else { return Next::Stay };
    let text = compare::text(&compare::compare(&core.session, before, after));
    Next::go(TextView::plain("Before and after", text))
}
