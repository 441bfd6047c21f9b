//! What a screen is to the rest of the program: where its keys are looked up, what they do, how it is drawn, and what
//! it leads to.

use super::core::Core;
use super::effect::Effect;
use super::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};

/// A screen, with the state that belongs to it alone.
pub trait View {
    /// The place under which its keys are looked up.
    fn place(&self) -> Place;

    /// Does what a key of its place stands for.
    fn act(&mut self, action: Action, core: &mut Core) -> Next;

    /// Draws it from what `core` holds; the only thing that it may change is how far it is scrolled.
    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core);

    /// A key without a meaning in this place: goes into the text field, if there is one.
    fn type_key(&mut self, _event: &KeyEvent) {}

    /// Pasted text: goes into the text field, if there is one.
    fn paste(&mut self, _text: &str) {}

    /// A step of the mouse wheel over this place, up (-1) or down (1).
    fn wheel(&mut self, _by: isize, _at: Position) {}

    /// A click at this place.
    fn click(&mut self, _at: Position, _core: &mut Core) -> Next {
        Next::Stay
    }
}

/// What a screen wants after a key.
pub enum Next {
    /// Nothing more.
    Stay,
    /// Back to the screen below.
    Back,
    /// Back to the screen below, and do this there.
    BackAnd(Action),
    /// Another screen over this one.
    Go(Box<dyn View>),
    /// Another screen in place of this one.
    Instead(Box<dyn View>),
    /// Do this, and stay.
    Do(Effect),
    /// Do this, and go back.
    DoAndBack(Effect),
    /// Do this, and go to the dashboard.
    DoAndHome(Effect),
    /// The screen has no arm for this key, although the table of keys has a row for it.
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
