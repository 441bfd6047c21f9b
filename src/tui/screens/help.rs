//! The help: the keys, the background pages and the mail programs; and whatever page is about the words that are typed.

use super::parts;
use super::text::TextView;
use crate::guide::search::{Answer, Index};
use crate::pages::{self, learn};
use crate::session::guide;
use crate::tui::core::Core;
use crate::tui::field::Field;
use crate::tui::keymap::{self, Action, Place};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::fmt::Write;

/// A line of the list.
enum Item {
    Keys,
    Page { name: String, title: String },
}

/// The help: what was typed, and the pages that are shown for it.
pub struct Help {
    index: Index,
    field: Field,
    /// What the numbers mean that were typed.
    numbers: Vec<String>,
    items: Vec<Item>,
    selected: usize,
}

impl Help {
    /// Nothing has been typed yet.
    pub fn new() -> Self {
        Help {
            index: Index::new(guide()),
            field: Field::default(),
            numbers: Vec::new(),
            items: contents(),
            selected: 0,
        }
    }

    /// Looks for what is typed now.
    fn look_up(&mut self) {
        self.selected = 0;
        let Some(typed) = self.field.given() else {
            self.numbers.clear();
            self.items = contents();
            return;
        };
        let Answer { numbers, pages } = self.index.search(&typed);
        self.numbers = numbers;
        self.items = pages.into_iter().map(|found| Item::Page { name: found.page, title: found.title }).collect();
    }

    fn open(&self, core: &mut Core) -> Next {
        match self.items.get(self.selected) {
            Some(Item::Keys) => Next::go(TextView::plain("Keys", keys())),
            Some(Item::Page { name, title }) => match text(name) {
                Some(text) => Next::go(TextView::markdown(title, text.to_owned())),
                None => Next::Stay,
            },
            None => {
                core.say("no page is about this: try other words");
                Next::Stay
            }
        }
    }
}

impl Default for Help {
    fn default() -> Self {
        Help::new()
    }
}

/// Everything that there is to read but the steps and causes, of which the search finds the right ones.
fn contents() -> Vec<Item> {
    let pages = learn().into_iter().filter(|(name, _)| name != "README");
    let pages = pages.map(|(name, text)| (format!("learn/{name}"), text));
    let programs = pages::guide().filter(|(name, _)| name.starts_with("programs/"));
    let pages = pages.chain(programs).map(|(name, text)| {
        let title = text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned();
        Item::Page { name, title }
    });
    std::iter::once(Item::Keys).chain(pages).collect()
}

fn text(name: &str) -> Option<&'static str> {
    match name.strip_prefix("learn/") {
        Some(name) => learn().get(name).copied(),
        None => pages::guide().find(|(known, _)| known == name).map(|(_, text)| text),
    }
}

impl View for Help {
    fn place(&self) -> Place {
        Place::Help
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        /// How many lines a page moves.
        const PAGE: usize = 10;
        let last = self.items.len().saturating_sub(1);
        match action {
            Action::Up => self.selected = self.selected.saturating_sub(1),
            Action::Down => self.selected = (self.selected + 1).min(last),
            Action::PageUp => self.selected = self.selected.saturating_sub(PAGE),
            Action::PageDown => self.selected = (self.selected + PAGE).min(last),
            Action::Back => return Next::Back,
            Action::Open => return self.open(core),
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn type_key(&mut self, event: &KeyEvent) {
        self.field.key(event);
        self.look_up();
    }

    fn paste(&mut self, text: &str) {
        self.field.paste(text);
        self.look_up();
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let theme = core.theme;
        let marked = if self.items.is_empty() { 0 } else { self.selected + 1 };
        let right = format!("{marked} of {}", self.items.len());
        let body = parts::page(frame, area, core, Place::Help, "Help", &right);
        let width = usize::from(body.width);
        let mut head =
            parts::paragraph(theme, "Type an error number, an error's words or any others.", body.width, theme.dim());
        let (shown, cursor) = self.field.shown(width.saturating_sub(4));
        let at = head.len();
        head.push(Line::raw(format!(" [{shown:<room$}]", room = width.saturating_sub(4))));
        for number in &self.numbers {
            head.extend(parts::paragraph(theme, number, body.width, Style::new()));
        }
        let height = u16::try_from(head.len()).unwrap_or(u16::MAX).min(body.height / 2);
        let [top, list] = Layout::vertical([Constraint::Length(height), Constraint::Min(1)]).areas(body);
        parts::scrolled(frame, top, head, &mut 0);
        let lines = self.items.iter().enumerate().map(|(index, item)| {
            let label = match item {
                Item::Keys => "Keys",
                Item::Page { title, .. } => title,
            };
            let (mark, style) = if index == self.selected { (" > ", theme.selected()) } else { ("   ", Style::new()) };
            Line::from_iter([Span::raw(mark), Span::styled(parts::cut(theme, label, width.saturating_sub(4)), style)])
        });
        let lines: Vec<Line<'_>> = lines.collect();
        let mut scroll = (self.selected + 1).saturating_sub(usize::from(list.height));
        parts::scrolled(frame, list, lines, &mut scroll);
        let x = body.x + 2 + u16::try_from(cursor).unwrap_or(0);
        let y = body.y + u16::try_from(at).unwrap_or(0);
        frame.set_cursor_position(Position::new(x.min(body.right().saturating_sub(1)), y));
    }
}

/// All keys by screen, from the table.
fn keys() -> String {
    let mut out = String::new();
    for place in keymap::places() {
        let _ = writeln!(out, "{}", place.title());
        for row in keymap::at(place) {
            let _ = writeln!(out, "  {:<10} {}", row.shown, row.explains);
        }
        out.push('\n');
    }
    out.push_str(keymap::CTRL_C);
    out
}
