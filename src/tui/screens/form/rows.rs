//! The form's lines: labels, fields, choices and their words.

use super::At;
use crate::account::{MeasuredOn, Security};
use crate::tui::field::Field;
use crate::tui::screens::parts;
use crate::tui::theme::Theme;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The form's lines while they are being made.
pub(super) struct Rows {
    pub(super) theme: Theme,
    /// The width of a field in columns.
    pub(super) width: usize,
    /// The columns to the right of the labels.
    pub(super) room: usize,
    pub(super) marked: At,
    /// The number of the marked field's line.
    pub(super) marked_line: usize,
    /// The cursor's column in it, if it is a text field.
    pub(super) column: Option<usize>,
    pub(super) lines: Vec<Line<'static>>,
}

impl Rows {
    pub(super) fn field(&mut self, at: At, label: &str, field: &Field) {
        let (shown, column) = field.shown(self.width);
        if self.marked == at {
            self.column = Some(column);
        }
        self.row(at, label, Span::raw(parts::boxed(&shown, self.width)));
    }

    pub(super) fn choice(&mut self, at: At, label: &str, text: &str) {
        let style = if self.marked == at { self.theme.selected() } else { Style::new() };
        let text = parts::cut(self.theme, text, self.room.saturating_sub(4));
        self.row(at, label, Span::styled(format!("< {text} >"), style));
    }

    pub(super) fn row(&mut self, at: At, label: &str, value: Span<'static>) {
        let (mark, style) = match self.marked == at {
            true => (">", self.theme.strong()),
            false => (" ", self.theme.dim()),
        };
        if self.marked == at {
            self.marked_line = self.lines.len();
        }
        self.lines.push(Line::from_iter([Span::styled(format!(" {mark} {label:<13}"), style), value]));
    }

    pub(super) fn note(&mut self, text: &str) {
        let indent = text.len() - text.trim_start().len();
        let room = (self.room + 18).saturating_sub(indent + 1);
        for line in parts::wrapped(self.theme, text.trim_start(), room, 0) {
            self.lines.push(Line::styled(format!("{:indent$}{line}", ""), self.theme.dim()));
        }
    }
}

pub(super) const NOT_KNOWN: &str = "not known yet";

pub(super) fn place_says(place: MeasuredOn) -> &'static str {
    match place {
        MeasuredOn::ThisMachine => "the sending computer (this one)",
        MeasuredOn::SameNetwork => "another computer on the same network",
        MeasuredOn::Elsewhere => "somewhere else",
    }
}

/// A kind of encryption, in the words of the mail program: those of older Outlooks are other people's.
pub(super) fn security_says(security: Option<Security>, has_old_names: bool) -> &'static str {
    match (security, has_old_names) {
        (None, _) => "nobody has looked",
        (Some(Security::Implicit), true) => "SSL (SSL/TLS from the start)",
        (Some(Security::Implicit), false) => "SSL/TLS",
        (Some(Security::Starttls), true) => "TLS (STARTTLS)",
        (Some(Security::Starttls), false) => "STARTTLS (TLS)",
        (Some(Security::Auto), _) => "Auto",
        (Some(Security::None), _) => "None",
    }
}
