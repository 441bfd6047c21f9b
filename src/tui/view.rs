//! What a screen is to the rest: where its keys are looked up, what they do, how it is drawn, and where it leads.

use super::core::Core;
use super::effect::Effect;
use super::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::Rect;

/// A screen, with the state that belongs to it alone.
pub trait View {
    /// Where its keys are looked up.
    fn place(&self) -> Place;

    /// Does what a key of its place means.
    fn act(&mut self, action: Action, core: &mut Core) -> Next;

    /// Draws it. What it draws it reads from `core`; all it may change is how far it is scrolled.
    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core);

    /// A key that means nothing at its place: for a field, where there is one.
    fn type_key(&mut self, _event: &KeyEvent) {}

    /// Pasted text: for a field, where there is one.
    fn paste(&mut self, _text: &str) {}
}

/// What a screen wants after a key.
pub enum Next {
    /// Nothing more.
    Stay,
    /// Back to the screen below.
    Back,
    /// Back to the screen below, and this there.
    BackAnd(Action),
    /// Another screen over this one.
    Go(Box<dyn View>),
    /// Another screen in place of this one.
    Instead(Box<dyn View>),
    /// Something done, and stay.
    Do(Effect),
    /// Something done, and back.
    DoAndBack(Effect),
    /// Something done, and to the dashboard.
    DoAndHome(Effect),
    /// The screen knows no such key: the table of keys has a row without an arm.
    Unknown,
}

impl Next {
    /// Another screen over this one.
    pub fn go(view: impl View + 'static) -> Self {
        Next::Go(Box::new(view))
    }

    /// Another screen in place of this one.
    pub fn instead(view: impl View + 'static) -> Self {
        Next::Instead(Box::new(view))
    }
}
