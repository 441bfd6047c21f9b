//! The screens as a stack over what they share: inputs go in, effects come out. Nothing else is done here.

use super::core::Core;
use super::effect::Effect;
use super::keymap::{self, Action, Place};
use super::screens::ask::Ask;
use super::screens::dashboard::Dashboard;
use super::theme::Theme;
use super::view::{Next, View};
use crate::session::Session;
use ratatui::Frame;
use ratatui::crossterm::event::{Event as Input, KeyCode, KeyEvent};
use ratatui::widgets::{Paragraph, Wrap};

/// Below this size nothing useful fits.
const SMALLEST: (u16, u16) = (40, 12);

/// Everything that is on the screen.
pub struct App {
    /// What all screens share.
    pub core: Core,
    /// The screen that is shown.
    top: Box<dyn View>,
    /// The screens below it, the lowest first.
    below: Vec<Box<dyn View>>,
}

impl App {
    /// A screen over a session.
    pub fn new(session: Session, theme: Theme, view: impl View + 'static) -> Self {
        App { core: Core::new(session, theme), top: Box::new(view), below: Vec::new() }
    }

    /// The dashboard over a session.
    pub fn dashboard(session: Session, theme: Theme) -> Self {
        App::new(session, theme, Dashboard::default())
    }

    /// Adds another screen on top, to be dealt with first.
    pub fn under(mut self, view: impl View + 'static) -> Self {
        self.go(Box::new(view));
        self
    }

    /// The place under which keys are looked up.
    pub fn place(&self) -> Place {
        self.top.place()
    }

    /// Takes a key or a paste; returns what there is to do.
    pub fn input(&mut self, input: &Input) -> Option<Effect> {
        match input {
            Input::Key(event) => self.key(event),
            Input::Paste(text) => {
                self.top.paste(text);
                None
            }
            _ => None,
        }
    }

    fn key(&mut self, event: &KeyEvent) -> Option<Effect> {
        if keymap::is_ctrl_c(event) {
            return Some(Effect::Quit);
        }
        let Some(row) = keymap::find(self.place(), event) else {
            self.top.type_key(event);
            return None;
        };
        self.core.message = None;
        self.core.refresh();
        if let Some(why) = row.when.obstacle(&self.core).map(str::to_owned) {
            self.core.say(why);
            return None;
        }
        if row.action == Action::Quit {
            return self.quit();
        }
        self.act(row.action)
    }

    fn act(&mut self, action: Action) -> Option<Effect> {
        let next = self.top.act(action, &mut self.core);
        self.follow(next, action)
    }

    /// Ends; asks first if something would be lost. Ctrl-C does not ask: the journal keeps the session.
    fn quit(&mut self) -> Option<Effect> {
        let core = &self.core;
        let asks = core.unsaved && core.can_run && core.lesson.is_none() && core.session.run().is_some();
        if !asks {
            return Some(Effect::Quit);
        }
        self.go(Box::new(Ask::new("The report has not been saved. Quit anyway?", Next::Do(Effect::Quit))));
        None
    }

    fn go(&mut self, view: Box<dyn View>) {
        self.below.push(std::mem::replace(&mut self.top, view));
    }

    fn back(&mut self) {
        match self.below.pop() {
            Some(view) => self.top = view,
            None => {
                let has_q = keymap::at(self.place()).any(|row| row.key == KeyCode::Char('q'));
                self.core.say(if has_q { "q ends the program" } else { "Ctrl-C ends the program" });
            }
        }
    }

    fn follow(&mut self, next: Next, action: Action) -> Option<Effect> {
        match next {
            Next::Stay => None,
            Next::Back => {
                self.back();
                None
            }
            Next::BackAnd(action) => {
                self.back();
                self.act(action)
            }
            Next::Go(view) => {
                self.go(view);
                None
            }
            Next::Instead(view) => {
                self.top = view;
                None
            }
            Next::Do(effect) => Some(effect),
            Next::DoAndBack(effect) => {
                self.back();
                Some(effect)
            }
            Next::DoAndHome(effect) => {
                self.home();
                Some(effect)
            }
            Next::Unknown => {
                debug_assert!(false, "{action:?} has a row at {:?} and no arm", self.place());
                None
            }
        }
    }

    /// Back to the dashboard, from any screen.
    fn home(&mut self) {
        if self.place() != Place::Dashboard {
            let dashboard = self.below.iter().position(|view| view.place() == Place::Dashboard);
            self.top = match dashboard {
                Some(index) => self.below.swap_remove(index),
                None => Box::new(Dashboard::default()),
            };
        }
        self.below.clear();
    }

    /// Draws the screen that is shown.
    pub fn render(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        let core = &self.core;
        if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
            let result = if core.is_hidden() { "" } else { &core.diagnosis.title };
            let text = format!("Too small: this needs {}x{}. {result}", SMALLEST.0, SMALLEST.1);
            frame.render_widget(Paragraph::new(core.theme.text(&text)).wrap(Wrap { trim: true }), area);
            return;
        }
        self.top.render(frame, area, core);
    }
}
