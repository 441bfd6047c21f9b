//! The keys and what they do, made from the table.

use super::parts::{footer, rule, wrapped};
use crate::tui::app::App;
use crate::tui::keymap::{self, Place};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

pub fn render(frame: &mut Frame<'_>, area: Rect, app: &App, scroll: usize) {
    let [title, body, keys] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)]).areas(area);
    rule(frame, title, app.theme, "Keys", "");
    let width = usize::from(body.width).saturating_sub(12);
    let mut lines = Vec::new();
    for row in keymap::at(Place::Dashboard) {
        for (index, text) in wrapped(app.theme, row.explains, width, 0).into_iter().enumerate() {
            let key = if index == 0 { row.shown } else { "" };
            lines.push(Line::from_iter([Span::styled(format!(" {key:<10}"), app.theme.key()), Span::raw(text)]));
        }
    }
    let most = lines.len().saturating_sub(usize::from(body.height));
    let scroll = u16::try_from(scroll.min(most)).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), body);
    footer(frame, keys, app);
}
