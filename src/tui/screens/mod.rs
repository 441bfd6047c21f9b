//! One file a screen, one `render` a region. Drawing reads the state and changes nothing.

mod dashboard;
mod help;
mod parts;

use super::app::{App, Screen};
use ratatui::Frame;
use ratatui::widgets::{Paragraph, Wrap};

/// Below this nothing useful fits.
pub const SMALLEST: (u16, u16) = (40, 12);

/// Draws the screen that is shown.
pub fn render(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "{} {}. Make this window at least {} by {} characters.",
            app.diagnosis.outcome.says(),
            app.diagnosis.title,
            SMALLEST.0,
            SMALLEST.1
        );
        frame.render_widget(Paragraph::new(app.theme.text(&text)).wrap(Wrap { trim: true }), area);
        return;
    }
    match &app.screen {
        Screen::Dashboard => dashboard::render(frame, area, app),
        Screen::Help(scroll) => help::render(frame, area, app, *scroll),
    }
}
