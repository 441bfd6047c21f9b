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
mod result;
mod steps;

use super::case_keys;
use super::check::CheckView;
use super::diagnosis::DiagnosisView;
use super::menu::Menu;
use super::parts::{self, cut, footer, rule};
use super::step::StepView;
use super::text::TextView;
use crate::check::Group;
use crate::report::compare;
use crate::tui::core::Core;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::{Action, Place};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// From this width on, checks and detail are side by side.
const SIDE_BY_SIDE: u16 = 70;
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

/// What is marked.
pub struct Dashboard {
    part: Part,
    selected: usize,
    scroll: usize,
}

impl Default for Dashboard {
    fn default() -> Self {
        // The ports, which most calls are about.
        Dashboard { part: Part::Result, selected: 3, scroll: 0 }
    }
}

impl Dashboard {
    fn group(&self) -> Group {
        Group::ALL[self.selected.min(Group::ALL.len() - 1)]
    }

    fn select(&mut self, index: usize) {
        self.part = Part::Checks;
        self.selected = index.min(Group::ALL.len() - 1);
        self.scroll = 0;
    }

    fn open(&self, core: &Core) -> Next {
        match self.part {
            Part::Result if core.is_hidden() => Next::go(Menu::guess()),
            Part::Result => Next::go(DiagnosisView::default()),
            Part::Checks => Next::go(CheckView::new(self.group())),
            Part::Steps => Next::go(StepView::current(core)),
        }
    }

    fn render_middle(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core, title: &str) {
        let chosen = (self.part == Part::Checks).then_some(self.selected);
        if area.width < SIDE_BY_SIDE {
            let [line, list] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
            rule(frame, line, core.theme, title, "");
            frame.render_widget(Paragraph::new(checks::lines(core, chosen, self.selected, list)), list);
            return;
        }
        let left = (area.width / 2).min(58);
        let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
        let [line_left, line_right] = Layout::horizontal([Constraint::Length(left), Constraint::Min(1)]).areas(line);
        rule(frame, line_left, core.theme, title, "");
        let [corner, title] = Layout::horizontal([Constraint::Length(1), Constraint::Min(1)]).areas(line_right);
        frame.render_widget(Span::styled(core.theme.tee(), core.theme.dim()), corner);
        rule(frame, title, core.theme, self.group().title(), "");
        let [list, bar, detail] =
            Layout::horizontal([Constraint::Length(left), Constraint::Length(2), Constraint::Min(1)]).areas(rest);
        frame.render_widget(Paragraph::new(checks::lines(core, chosen, self.selected, list)), list);
        let vertical: Vec<Line<'_>> =
            (0..bar.height).map(|_| Line::styled(core.theme.vertical(), core.theme.dim())).collect();
        frame.render_widget(Paragraph::new(vertical), bar);
        parts::scrolled(frame, detail, detail::lines(core, self.group(), detail.width), &mut self.scroll);
    }
}

impl View for Dashboard {
    fn place(&self) -> Place {
        Place::Dashboard
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        /// How many lines of the detail a page moves.
        const PAGE: usize = 5;
        match action {
            Action::Up => self.select(self.selected.saturating_sub(1)),
            Action::Down if self.part == Part::Result => self.select(self.selected),
            Action::Down => self.select(self.selected + 1),
            Action::First => self.select(0),
            Action::Last => self.select(usize::MAX),
            Action::PageUp => self.scroll = self.scroll.saturating_sub(PAGE),
            Action::PageDown => self.scroll += PAGE,
            Action::Part => self.part = self.part.next(),
            Action::PartBack => self.part = self.part.next().next(),
            Action::Open => return self.open(core),
            Action::Guess => return Next::go(Menu::guess()),
            Action::Changes => return changes(core),
            Action::Watch => {
                core.watch.is_on = !core.watch.is_on;
                core.say(match core.watch.is_on {
                    true => "watching: a round every minute, without a log-in; w stops it",
                    false => "no longer watching",
                });
            }
            Action::AgainGroup => return Next::Do(Effect::run(Request::group(self.group()))),
            Action::Copy => return copy(core),
            other => return case_keys::act(other, core),
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let result = result::lines(core, area.width, area.height);
        let steps = steps::lines(core, area.width, area.height);
        let with_steps = area.height >= WITH_STEPS;
        let height = |lines: &[Line<'_>]| u16::try_from(lines.len()).unwrap_or(u16::MAX);
        let result_height = height(&result).min(area.height.saturating_sub(7));
        let said = progress_lines(core, area.width);
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
        render_title(frame, title, core);
        let part = self.part;
        let marked = |of: Part, name: &str| if part == of { format!("> {name}") } else { name.to_owned() };
        rule(frame, result_rule, core.theme, &marked(Part::Result, "Result"), &result::certainty(core));
        frame.render_widget(Paragraph::new(result), result_area);
        self.render_middle(frame, middle, core, &marked(Part::Checks, "Checks"));
        if with_steps {
            let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(steps_area);
            rule(frame, line, core.theme, &marked(Part::Steps, "Steps"), "");
            frame.render_widget(Paragraph::new(steps), rest);
        }
        frame.render_widget(Paragraph::new(said), progress);
        footer(frame, keys, core, Place::Dashboard);
    }
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

/// The account, the machine, and how long the run has taken.
fn render_title(frame: &mut Frame<'_>, area: Rect, core: &Core) {
    let session = &core.session;
    let dot = format!(" {} ", core.theme.dot());
    let provider = session.wanted().and_then(|wanted| wanted.provider()).map(|row| row.name.clone());
    let program = session.account.client().map(|client| client.name.clone());
    let left: Vec<String> =
        [Some(session.account.address.to_string()), provider, program].into_iter().flatten().collect();
    let seconds = match core.can_run {
        true => format!("{}.{} s", core.elapsed_ms / 1000, core.elapsed_ms % 1000 / 100),
        false => "saved session".to_owned(),
    };
    let right: Vec<&str> = [session.runs_as.as_str(), &seconds].into_iter().filter(|part| !part.is_empty()).collect();
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

/// How far the run has come, or the last message.
fn progress_lines(core: &Core, width: u16) -> Vec<Line<'static>> {
    if core.message.is_some() {
        return parts::message(core, width);
    }
    let (done, all) = core.session.run().map_or((0, 0), |run| run.progress());
    let state = match core.is_running() {
        false => {
            let saved = match (core.can_run, core.unsaved) {
                (false, _) => String::new(),
                (true, true) => format!(" {} not saved", core.theme.dot()),
                (true, false) => format!(" {} saved", core.theme.dot()),
            };
            format!("all {all} checks done{saved}")
        }
        true => {
            let waits = checks::waits_for(core).map_or_else(String::new, |question| format!(". {question}"));
            format!("{done} of {all} checks done{waits}")
        }
    };
    vec![parts::rule_line(core.theme, "", &state, width)]
}
