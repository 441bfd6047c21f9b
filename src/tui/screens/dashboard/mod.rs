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

use super::parts::{cut, footer, rule};
use crate::tui::app::App;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

/// From this width on checks and detail stand side by side.
const SIDE_BY_SIDE: u16 = 70;
/// From this height on the steps are shown.
const WITH_STEPS: u16 = 20;

pub fn render(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let result = result::lines(app, area.width, area.height);
    let steps = steps::lines(app, area.width, area.height);
    let with_steps = area.height >= WITH_STEPS;
    let result_height = u16::try_from(result.len()).unwrap_or(u16::MAX).min(area.height.saturating_sub(7));
    let steps_height =
        if with_steps { u16::try_from(steps.len()).unwrap_or(u16::MAX).min(area.height / 3) + 1 } else { 0 };
    let [title, result_rule, result_area, middle, steps_area, progress, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(1),
        Constraint::Length(result_height),
        Constraint::Min(2),
        Constraint::Length(steps_height),
        Constraint::Length(1),
        Constraint::Length(1),
    ])
    .areas(area);
    render_title(frame, title, app);
    rule(frame, result_rule, app.theme, "Result", &result::certainty(app));
    frame.render_widget(Paragraph::new(result), result_area);
    render_middle(frame, middle, app);
    if with_steps {
        let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(steps_area);
        rule(frame, line, app.theme, "Steps", "");
        frame.render_widget(Paragraph::new(steps), rest);
    }
    render_progress(frame, progress, app);
    footer(frame, keys, app);
}

/// Who and where, and for how long.
fn render_title(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let session = &app.session;
    let dot = format!(" {} ", app.theme.dot());
    let provider = session.wanted().and_then(|wanted| wanted.provider()).map(|row| row.name.clone());
    let program = session.account.client().map(|client| client.name.clone());
    let left: Vec<String> =
        [Some(session.account.address.to_string()), provider, program].into_iter().flatten().collect();
    let seconds = format!("{}.{} s", app.elapsed_ms / 1000, app.elapsed_ms % 1000 / 100);
    let right: Vec<&str> = [session.runs_as.as_str(), &seconds].into_iter().filter(|part| !part.is_empty()).collect();
    let width = usize::from(area.width);
    let mut right = right.join(&dot);
    if right.width() + 24 > width {
        right = seconds.clone();
    }
    let left = cut(app.theme, &left.join(&dot), width.saturating_sub(right.width() + 3));
    let gap = width.saturating_sub(left.width() + right.width() + 2);
    let spans = [
        Span::raw(" "),
        Span::styled(left, app.theme.strong()),
        Span::raw(" ".repeat(gap)),
        Span::styled(app.theme.text(&right), app.theme.dim()),
    ];
    frame.render_widget(Line::from_iter(spans), area);
}

fn render_middle(frame: &mut Frame<'_>, area: Rect, app: &App) {
    if area.width < SIDE_BY_SIDE {
        let [line, list] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
        rule(frame, line, app.theme, "Checks", "");
        frame.render_widget(Paragraph::new(checks::lines(app, list.width, list.height)), list);
        return;
    }
    let left = (area.width / 2).min(58);
    let [line, rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    let [line_left, line_right] = Layout::horizontal([Constraint::Length(left), Constraint::Min(1)]).areas(line);
    rule(frame, line_left, app.theme, "Checks", "");
    let [corner, title] = Layout::horizontal([Constraint::Length(1), Constraint::Min(1)]).areas(line_right);
    frame.render_widget(Span::styled(app.theme.tee(), app.theme.dim()), corner);
    rule(frame, title, app.theme, app.group().title(), "");
    let [list, bar, detail] =
        Layout::horizontal([Constraint::Length(left), Constraint::Length(2), Constraint::Min(1)]).areas(rest);
    frame.render_widget(Paragraph::new(checks::lines(app, list.width, list.height)), list);
    let vertical: Vec<Line<'_>> =
        (0..bar.height).map(|_| Line::styled(app.theme.vertical(), app.theme.dim())).collect();
    frame.render_widget(Paragraph::new(vertical), bar);
    let lines = detail::lines(app, detail.width);
    let most = lines.len().saturating_sub(usize::from(detail.height));
    let scroll = u16::try_from(app.scroll.min(most)).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), detail);
}

fn render_progress(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let (done, all) = app.session.run().map_or((0, 0), |run| run.progress());
    let state = match (&app.message, app.is_running()) {
        (Some(message), _) => message.clone(),
        (None, false) => format!("all {all} checks done"),
        (None, true) => {
            let waits = checks::waits_for(app).map_or_else(String::new, |question| format!(". {question}"));
            format!("{done} of {all} checks done{waits}")
        }
    };
    rule(frame, area, app.theme, "", &cut(app.theme, &state, usize::from(area.width).saturating_sub(6)));
}
