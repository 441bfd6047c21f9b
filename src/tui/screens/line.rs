//! One line to type into: a note, or a word to find.

use super::parts;
use crate::session::Event;
use crate::tui::core::Core;
use crate::tui::field::Field;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::Scroll;
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// A line, and what it is for.
pub struct LineView {
    title: &'static str,
    explains: &'static str,
    finds: bool,
    /// The typed text.
    field: Field,
}

impl LineView {
    /// A note for the report.
    pub fn note() -> Self {
        LineView {
            title: "Note",
            explains: "Goes into the report: what was tried, changed, said. Enter keeps it.",
            finds: false,
            field: Field::default(),
        }
    }

    /// A word to find on the screen below.
    pub fn find(core: &Core) -> Self {
        LineView {
            title: "Find",
            explains: "A word or part of one. Enter goes to the next match; n to the one after that.",
            finds: true,
            field: Field::with(core.find.as_deref().unwrap_or_default()),
        }
    }
}

impl View for LineView {
    fn place(&self) -> Place {
        Place::Line
    }

    fn type_key(&mut self, event: &KeyEvent) {
        self.field.key(event);
    }

    fn paste(&mut self, text: &str) {
        self.field.paste(text);
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Open if self.finds => {
                core.find = self.field.given();
                if core.find.is_some() { Next::BackAnd(Action::FindNext) } else { Next::Back }
            }
            Action::Open => {
                if let Some(note) = self.field.given() {
                    core.apply(Event::Noted(note));
                    core.say("noted");
                }
                Next::Back
            }
            Action::Back => Next::Back,
            _ => Next::Unknown,
        }
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let body = parts::page(frame, area, core, Place::Line, self.title, "");
        let mut lines = parts::paragraph(core.theme, self.explains, body.width, core.theme.dim());
        lines.push(Line::default());
        let at = u16::try_from(lines.len()).unwrap_or(0);
        let width = usize::from(body.width).saturating_sub(4);
        let (shown, cursor) = self.field.shown(width);
        lines.push(Line::raw(format!(" {}", parts::boxed(&shown, width))));
        for note in core.session.notes.iter().filter(|_| !self.finds) {
            lines.extend(parts::paragraph(core.theme, note, body.width, core.theme.dim()));
        }
        parts::scrolled(frame, body, lines, &mut Scroll::default());
        let x = body.x + 2 + u16::try_from(cursor).unwrap_or(0);
        frame.set_cursor_position(Position::new(x.min(body.right().saturating_sub(1)), body.y + at));
    }
}
