//! One file a screen: its state, what its keys do, how it is drawn. Drawing reads and changes nothing.

pub mod ask;
pub mod check;
pub mod dashboard;
pub mod diagnosis;
pub mod form;
pub mod line;
pub mod log_in;
pub mod menu;
mod parts;
pub mod save;
pub mod step;
pub mod text;

use super::app::{App, Core, Next};
use super::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::widgets::{Paragraph, Wrap};

/// Below this nothing useful fits.
pub const SMALLEST: (u16, u16) = (40, 12);

/// Which screen is shown, with what belongs to it alone.
pub enum Screen {
    /// What is known of the account, to be typed.
    Form(Box<form::Form>),
    /// Result, checks, steps.
    Dashboard(dashboard::Dashboard),
    /// A group's checks down to their evidence.
    Check(check::CheckView),
    /// The cause's page: what to do, why, for good.
    Diagnosis(diagnosis::DiagnosisView),
    /// A step of the guide, with its question.
    Step(step::StepView),
    /// The box for the password.
    LogIn(log_in::LogIn),
    /// For whom the report is saved.
    Save(save::SaveView),
    /// A text to read.
    Text(text::TextView),
    /// One line to type.
    Line(line::LineView),
    /// A list to choose from.
    Menu(menu::Menu),
    /// Yes or no.
    Ask(ask::Ask),
}

impl Screen {
    /// Where its keys are looked up.
    pub fn place(&self) -> Place {
        match self {
            Screen::Form(_) => Place::Form,
            Screen::Dashboard(_) => Place::Dashboard,
            Screen::Check(_) => Place::Check,
            Screen::Diagnosis(_) => Place::Diagnosis,
            Screen::Step(_) => Place::Step,
            Screen::LogIn(_) => Place::LogIn,
            Screen::Save(_) => Place::Save,
            Screen::Text(_) => Place::Text,
            Screen::Line(_) => Place::Line,
            Screen::Menu(_) => Place::Menu,
            Screen::Ask(_) => Place::Ask,
        }
    }

    /// What an action does here.
    pub fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match self {
            Screen::Form(screen) => screen.act(action, core),
            Screen::Dashboard(screen) => screen.act(action, core),
            Screen::Check(screen) => screen.act(action, core),
            Screen::Diagnosis(screen) => screen.act(action, core),
            Screen::Step(screen) => screen.act(action, core),
            Screen::LogIn(screen) => screen.act(action, core),
            Screen::Save(screen) => screen.act(action, core),
            Screen::Text(screen) => screen.act(action, core),
            Screen::Line(screen) => screen.act(action, core),
            Screen::Menu(screen) => screen.act(action, core),
            Screen::Ask(screen) => screen.act(action),
        }
    }

    /// A key that is no command goes into a field, where there is one.
    pub fn type_key(&mut self, event: &KeyEvent) {
        match self {
            Screen::Form(screen) => screen.type_key(event),
            Screen::LogIn(screen) => screen.key(event),
            Screen::Save(screen) => screen.type_key(event),
            Screen::Line(screen) => screen.field.key(event),
            _ => {}
        }
    }

    /// Pasted text likewise.
    pub fn paste(&mut self, text: &str) {
        match self {
            Screen::Form(screen) => screen.paste(text),
            Screen::LogIn(screen) => screen.paste(text),
            Screen::Save(screen) => screen.paste(text),
            Screen::Line(screen) => screen.field.paste(text),
            _ => {}
        }
    }
}

/// Draws the screen that is shown.
pub fn render(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let core = &app.core;
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let result = if core.is_hidden() { "" } else { &core.diagnosis.title };
        let text = format!("Too small, needs {}x{}. {result}", SMALLEST.0, SMALLEST.1);
        frame.render_widget(Paragraph::new(core.theme.text(&text)).wrap(Wrap { trim: true }), area);
        return;
    }
    match &app.screen {
        Screen::Form(screen) => screen.render(frame, area, core),
        Screen::Dashboard(screen) => screen.render(frame, area, core),
        Screen::Check(screen) => screen.render(frame, area, core),
        Screen::Diagnosis(screen) => screen.render(frame, area, core),
        Screen::Step(screen) => screen.render(frame, area, core),
        Screen::LogIn(screen) => screen.render(frame, area, core),
        Screen::Save(screen) => screen.render(frame, area, core),
        Screen::Text(screen) => screen.render(frame, area, core),
        Screen::Line(screen) => screen.render(frame, area, core),
        Screen::Menu(screen) => screen.render(frame, area, core),
        Screen::Ask(screen) => screen.render(frame, area, core),
    }
}
