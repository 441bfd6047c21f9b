//! Saving: for whom, what is left out, where to; and a look at the first page before.

use super::text::TextView;
use super::{Screen, parts};
use crate::report::first_page::{FirstPage, Reader, first_page};
use crate::report::json;
use crate::report::redact::{self, LeftOut};
use crate::tui::app::{Core, Effect, Next, SaveHow};
use crate::tui::field::Field;
use crate::tui::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// The choices.
pub struct SaveView {
    reader: Reader,
    left_out: LeftOut,
    folder: Field,
    /// Which line is marked: the reader, five things to leave out, the folder.
    at: usize,
}

const LAST: usize = 6;

impl SaveView {
    /// As last time, else as the result suggests.
    pub fn new(core: &Core) -> Self {
        let how = core.last_save.clone().unwrap_or_else(|| suggested(core));
        SaveView { reader: how.reader, left_out: how.left_out, folder: Field::with(&how.folder), at: 0 }
    }

    fn how(&self) -> SaveHow {
        SaveHow { reader: self.reader, left_out: self.left_out, folder: self.folder.text().trim().to_owned() }
    }

    fn thing(&mut self, index: usize) -> Option<&mut bool> {
        match index {
            1 => Some(&mut self.left_out.machine),
            2 => Some(&mut self.left_out.mailbox),
            3 => Some(&mut self.left_out.inner),
            4 => Some(&mut self.left_out.notes),
            5 => Some(&mut self.left_out.hosts),
            _ => None,
        }
    }

    fn turn(&mut self, by: usize) {
        let index = Reader::ALL.iter().position(|reader| *reader == self.reader).unwrap_or(0);
        self.reader = Reader::ALL[(index + by) % Reader::ALL.len()];
        self.left_out = self.reader.left_out();
    }

    pub(super) fn type_key(&mut self, event: &KeyEvent) {
        if self.at == LAST {
            self.folder.key(event);
        }
    }

    pub(super) fn paste(&mut self, text: &str) {
        if self.at == LAST {
            self.folder.paste(text);
        }
    }

    pub(super) fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Up | Action::PartBack => self.at = self.at.saturating_sub(1),
            Action::Down | Action::Part => self.at = (self.at + 1).min(LAST),
            Action::Left if self.at == 0 => self.turn(Reader::ALL.len() - 1),
            Action::Right if self.at == 0 => self.turn(1),
            Action::Toggle if self.at == 0 => self.turn(1),
            Action::Toggle | Action::Left | Action::Right if self.at < LAST => {
                if let Some(thing) = self.thing(self.at) {
                    *thing = !*thing;
                }
            }
            Action::Toggle => self.folder.paste(" "),
            Action::Preview => {
                return match preview(core, self.reader, self.left_out) {
                    Ok(page) => Next::Go(Box::new(Screen::Text(TextView::page("Page 1", page)))),
                    Err(why) => {
                        core.message = Some(why);
                        Next::Stay
                    }
                };
            }
            Action::Open => return Next::DoAndBack(Effect::Save(self.how())),
            Action::Back => return Next::Back,
            _ => {}
        }
        Next::Stay
    }

    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let ticket = core.session.account.ticket.as_ref().map_or_else(String::new, |ticket| format!("ticket {ticket}"));
        let body = parts::page(frame, area, core, Place::Save, "Save the report", &ticket);
        let theme = core.theme;
        let width = usize::from(body.width);
        let line = |index: usize, text: &str, indent: usize| {
            let style = if index == self.at { theme.selected() } else { ratatui::style::Style::new() };
            let mark = if index == self.at { " > " } else { "   " };
            let lines = parts::wrapped(theme, text, width.saturating_sub(3), indent).into_iter().enumerate();
            let lines = lines.map(move |(row, text)| {
                Line::from_iter([Span::raw(if row == 0 { mark } else { "   " }), Span::styled(text, style)])
            });
            lines.collect::<Vec<_>>()
        };
        let suggested = Reader::suggested(&core.diagnosis) == self.reader;
        let why = if suggested { "   suggested by the result" } else { "" };
        let mut lines = line(0, &format!("For whom     < {} >{why}", self.reader.says()), 13);
        lines.push(Line::default());
        lines.push(Line::styled("   Left out (Space changes it):", theme.dim()));
        let things = [
            (1, self.left_out.machine, "this computer's name"),
            (2, self.left_out.mailbox, "the name before the @, and the log-in name"),
            (3, self.left_out.inner, "addresses inside this network"),
            (4, self.left_out.notes, "the notes"),
            (5, self.left_out.hosts, "servers and the mail domain (then nobody can act on it)"),
        ];
        let mut at = 0;
        for (index, out, says) in things {
            if index == self.at {
                at = lines.len();
            }
            lines.extend(line(index, &format!("[{}] {says}", if out { "x" } else { " " }), 4));
        }
        lines.push(Line::default());
        lines.extend(parts::paragraph(
            theme,
            "  Always in it: what each port did, server addresses, times in UTC, the server's own words. Passwords never are.",
            body.width,
            theme.dim(),
        ));
        lines.push(Line::default());
        let room = width.saturating_sub(20);
        let (shown, cursor) = self.folder.shown(room);
        if self.at == LAST {
            at = lines.len();
        }
        let style = if self.at == LAST { theme.selected() } else { ratatui::style::Style::new() };
        lines.push(Line::from_iter([
            Span::raw(if self.at == LAST { " > " } else { "   " }),
            Span::styled(format!("Folder       [{shown:<room$}]"), style),
        ]));
        lines.extend(parts::paragraph(
            theme,
            "  Two files: .html to read and print, .json to open again here. Empty: the current folder, or the home folder.",
            body.width,
            theme.dim(),
        ));
        let scroll = (at + 3).saturating_sub(usize::from(body.height));
        parts::scrolled(frame, body, lines, scroll);
        if self.at == LAST {
            let y = body.y + u16::try_from(at.saturating_sub(scroll)).unwrap_or(0);
            frame.set_cursor_position(Position::new(body.x + 17 + u16::try_from(cursor).unwrap_or(0), y));
        }
    }
}

/// What the result suggests.
pub fn suggested(core: &Core) -> SaveHow {
    let reader = Reader::suggested(&core.diagnosis);
    SaveHow { reader, left_out: reader.left_out(), folder: String::new() }
}

/// The first page as it will be read.
pub fn preview(core: &Core, reader: Reader, left_out: LeftOut) -> Result<FirstPage, String> {
    let report = redact::redact(&json::report(&core.session), left_out);
    Ok(first_page(&report, reader))
}
