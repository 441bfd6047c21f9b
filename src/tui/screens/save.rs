//! Saving: for whom, what to leave out, where to; with a preview of the first page.

use super::help::Help;
use super::parts;
use super::text::TextView;
use crate::report::first_page::{FirstPage, Reader, first_page};
use crate::report::json;
use crate::report::redact::{self, LeftOut};
use crate::tui::core::Core;
use crate::tui::effect::{Effect, SaveHow};
use crate::tui::field::Field;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::tui::theme::Theme;
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The choices.
pub struct SaveView {
    reader: Reader,
    left_out: LeftOut,
    folder: Field,
    /// Which line is marked: the reader, five things to leave out, the folder.
    at: usize,
    scroll: Scroll,
}

/// The number of the reader's line.
const READER: usize = 0;
/// The number of the folder's line, the last one.
const FOLDER: usize = 6;

const ALWAYS_IN: &str = "  Always in it: what each port did, server addresses, times in UTC, the server's own words. \
                         Never in it: passwords.";
const FILES: &str = "  Two files: .html to read and print, .json to open again here. If empty: the current folder, \
                     else the home folder.";

impl SaveView {
    /// The choices of last time, or otherwise what the result suggests.
    pub fn new(core: &Core) -> Self {
        let how = core.last_save.clone().unwrap_or_else(|| suggested(core));
        SaveView {
            reader: how.reader,
            left_out: how.left_out,
            folder: Field::with(&how.folder),
            at: 0,
            scroll: Scroll::default(),
        }
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

    /// Moves through the choices of the marked line: the reader, a tick, the cursor in the folder.
    fn change(&mut self, key: KeyCode) {
        match (self.at, key) {
            (READER, KeyCode::Left) => self.turn(Reader::ALL.len() - 1),
            (READER, _) => self.turn(1),
            (FOLDER, KeyCode::Char(_)) => self.folder.paste(" "),
            (FOLDER, _) => self.folder.key(&KeyEvent::from(key)),
            (line, _) => {
                if let Some(thing) = self.thing(line) {
                    *thing = !*thing;
                }
            }
        }
    }

    /// The first page, as it will be saved.
    fn preview(&self, core: &mut Core) -> Next {
        match preview(core, self.reader, self.left_out) {
            Ok(page) => Next::go(TextView::page("Page 1", page)),
            Err(why) => {
                core.say(why);
                Next::Stay
            }
        }
    }

    /// The line of one choice.
    fn choice(&self, theme: Theme, width: usize, index: usize, text: &str, indent: usize) -> Vec<Line<'static>> {
        let style = if index == self.at { theme.selected() } else { Style::new() };
        let mark = if index == self.at { " > " } else { "   " };
        let lines = parts::wrapped(theme, text, width.saturating_sub(3), indent).into_iter().enumerate();
        lines
            .map(|(row, text)| {
                Line::from_iter([Span::raw(if row == 0 { mark } else { "   " }), Span::styled(text, style)])
            })
            .collect()
    }
}

impl View for SaveView {
    fn place(&self) -> Place {
        Place::Save
    }

    fn type_key(&mut self, event: &KeyEvent) {
        if self.at == FOLDER {
            self.folder.key(event);
        }
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.at = self.at.saturating_add_signed(by * WHEEL.signum()).min(FOLDER);
    }

    fn paste(&mut self, text: &str) {
        if self.at == FOLDER {
            self.folder.paste(text);
        }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            Action::Up => self.at = self.at.saturating_sub(1),
            Action::Down => self.at = (self.at + 1).min(FOLDER),
            Action::Part => self.at = (self.at + 1) % (FOLDER + 1),
            Action::PartBack => self.at = (self.at + FOLDER) % (FOLDER + 1),
            Action::Left => self.change(KeyCode::Left),
            Action::Right => self.change(KeyCode::Right),
            Action::Toggle => self.change(KeyCode::Char(' ')),
            Action::Preview => return self.preview(core),
            Action::Open => return Next::Do(Effect::Save(self.how())),
            Action::Help => return Next::go(Help::new(Place::Save)),
            Action::Back => return Next::Back,
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let ticket = core.session.account.ticket.as_ref().map_or_else(String::new, |ticket| format!("ticket {ticket}"));
        let theme = core.theme;
        let width = usize::from(area.width);
        let suggested = Reader::suggested(&core.diagnosis) == self.reader;
        let why = if suggested { "   suggested by the result" } else { "" };
        let mut lines = self.choice(theme, width, READER, &format!("For whom     < {} >{why}", self.reader.says()), 13);
        lines.push(Line::default());
        lines.push(Line::styled("   Left out (Space changes it):", theme.dim()));
        let things = [
            (1, self.left_out.machine, "this computer's name"),
            (2, self.left_out.mailbox, "the name before the @, and the log-in name"),
            (3, self.left_out.inner, "addresses inside this network"),
            (4, self.left_out.notes, "the notes"),
            (5, self.left_out.hosts, "servers and the mail domain (then nobody can act on it)"),
        ];
        let mut marked = 0;
        for (index, out, says) in things {
            if index == self.at {
                marked = lines.len();
            }
            lines.extend(self.choice(theme, width, index, &format!("[{}] {says}", if out { "x" } else { " " }), 4));
        }
        lines.push(Line::default());
        lines.extend(parts::paragraph(theme, ALWAYS_IN, area.width, theme.dim()));
        lines.push(Line::default());
        let room = width.saturating_sub(20);
        let (shown, cursor) = self.folder.shown(room);
        if self.at == FOLDER {
            marked = lines.len();
        }
        lines.extend(self.choice(theme, width, FOLDER, &format!("Folder       {}", parts::boxed(&shown, room)), 13));
        lines.extend(parts::paragraph(theme, FILES, area.width, theme.dim()));
        let body = parts::body(area, core);
        self.scroll.measure(body.height, lines.len());
        self.scroll.keep_in_sight(marked.saturating_sub(1), (marked + 2).min(lines.len().saturating_sub(1)));
        parts::text_page(frame, area, core, (Place::Save, "Save the report", &ticket), lines, &mut self.scroll);
        if self.at == FOLDER {
            let y = body.y + u16::try_from(marked.saturating_sub(self.scroll.at())).unwrap_or(0);
            frame.set_cursor_position(Position::new(body.x + 17 + u16::try_from(cursor).unwrap_or(0), y));
        }
    }
}

/// The reader that the result suggests.
pub fn suggested(core: &Core) -> SaveHow {
    let reader = Reader::suggested(&core.diagnosis);
    SaveHow { reader, left_out: reader.left_out(), folder: String::new() }
}

/// The first page as it will be read.
pub fn preview(core: &Core, reader: Reader, left_out: LeftOut) -> Result<FirstPage, String> {
    let report = redact::redact(&json::report(&core.session), left_out);
    Ok(first_page(&report, reader))
}
