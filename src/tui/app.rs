//! The screens as a stack over what they share: inputs go in, effects come out. Nothing else is done here.

use super::core::Core;
use super::effect::Effect;
use super::keymap::{self, Action, Place};
use super::outside::Begun;
use super::screens::ask::Ask;
use super::screens::dashboard::Dashboard;
use super::screens::parts;
use super::theme::Theme;
use super::view::{Next, View};
use crate::session::Session;
use ratatui::Frame;
use ratatui::crossterm::event::{Event as Input, KeyCode, KeyEvent, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
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
    /// Where it was last drawn.
    area: Rect,
}

impl App {
    /// A screen over a session.
    pub fn new(session: Session, theme: Theme, view: impl View + 'static) -> Self {
        App { core: Core::new(session, theme), top: Box::new(view), below: Vec::new(), area: Rect::ZERO }
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

    /// Starts a scenario: a dashboard over the list of calls, to which Esc leads back.
    pub fn practise(&mut self, begun: Begun) {
        self.core.begin(begun.session);
        self.core.lesson = begun.lesson;
        self.go(Box::new(Dashboard::default()));
    }

    /// Another session in place of this one.
    pub fn resume(&mut self, session: Session) {
        self.core.begin(session);
        (self.top, self.below) = (Box::new(Dashboard::default()), Vec::new());
    }

    /// A report was saved: the form for it has done its work.
    pub fn saved(&mut self) {
        if self.place() == Place::Save {
            self.back();
        }
    }

    /// Takes a key, a paste or the mouse; returns what there is to do.
    pub fn input(&mut self, input: &Input) -> Option<Effect> {
        match input {
            Input::Key(event) => self.key(event),
            Input::Paste(text) => {
                self.top.paste(text);
                None
            }
            Input::Mouse(event) => self.mouse(event),
            _ => None,
        }
    }

    fn mouse(&mut self, event: &MouseEvent) -> Option<Effect> {
        let at = Position::new(event.column, event.row);
        match event.kind {
            MouseEventKind::ScrollUp => self.top.wheel(-1, at),
            MouseEventKind::ScrollDown => self.top.wheel(1, at),
            MouseEventKind::Down(MouseButton::Left) => return self.click(at),
            _ => {}
        }
        None
    }

    /// A click: on a key in the last line it is that key, elsewhere the screen's.
    fn click(&mut self, at: Position) -> Option<Effect> {
        self.core.message = None;
        self.core.refresh();
        if at.y + 1 == self.area.bottom() {
            let labels = parts::labels(&self.core, self.place(), self.area.width);
            let label = labels.iter().find(|label| label.columns.contains(&at.x))?;
            return self.act(label.row.action);
        }
        let next = self.top.click(at, &mut self.core);
        self.follow(next, Action::Open)
    }

    fn key(&mut self, event: &KeyEvent) -> Option<Effect> {
        match keymap::ctrl(event) {
            Some('c') => return Some(Effect::Quit),
            Some('z') => return Some(Effect::Suspend),
            _ => {}
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
        self.act(row.action)
    }

    fn act(&mut self, action: Action) -> Option<Effect> {
        match action {
            Action::Quit => return self.quit(),
            Action::Mouse => {
                self.core.mouse = !self.core.mouse;
                self.core.say(match self.core.mouse {
                    true => "the mouse is on: the wheel scrolls, a click selects",
                    false => "the mouse is off: the terminal selects text",
                });
                return Some(Effect::Mouse(self.core.mouse));
            }
            _ => {}
        }
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
        self.go(Box::new(Ask::leave()));
        None
    }

    fn go(&mut self, view: Box<dyn View>) {
        self.below.push(std::mem::replace(&mut self.top, view));
    }

    /// Back to the screen below; says how to leave if there is none.
    fn back(&mut self) -> bool {
        match self.below.pop() {
            Some(view) => {
                self.top = view;
                true
            }
            None => {
                let has_q = keymap::at(self.place()).any(|row| row.key == KeyCode::Char('q'));
                self.core.say(if has_q { "q ends the program" } else { "Ctrl-C ends the program" });
                false
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
                if self.back() {
                    self.act(action)
                } else {
                    None
                }
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
        if self.place() == Place::Dashboard {
            return;
        }
        let dashboard = self.below.iter().position(|view| view.place() == Place::Dashboard);
        self.top = match dashboard {
            Some(index) => {
                // What is below it stays: in practice, the list of calls.
                self.below.truncate(index + 1);
                self.below.pop().unwrap_or_else(|| Box::new(Dashboard::default()))
            }
            None => {
                self.below.clear();
                Box::new(Dashboard::default())
            }
        };
    }

    /// Draws the screen that is shown.
    pub fn render(&mut self, frame: &mut Frame<'_>) {
        let area = frame.area();
        self.area = area;
        self.core.can_go_back = !self.below.is_empty();
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
