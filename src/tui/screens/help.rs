//! The help: the keys of the screen that it was opened from, all keys, the background pages and the mail programs; and
//! whatever key or page is about the words that are typed.

use super::list::{Entry, List};
use super::parts;
use super::text::TextView;
use crate::guide::search::{Answer, Index};
use crate::pages::{self, learn};
use crate::session::{guide, reading};
use crate::tui::core::Core;
use crate::tui::field::Field;
use crate::tui::keymap::{self, Action, Place, Row};
use crate::tui::scroll::Scroll;
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Style;
use std::fmt::Write;

/// A line of the list.
enum Item {
    Key(&'static Row),
    Keys,
    Page { name: String, title: String },
}

/// The help: what was typed, and what is shown for it.
pub struct Help {
    /// The screen that it was opened from.
    from: Place,
    index: Index,
    field: Field,
    /// What the error means that was typed.
    means: Vec<String>,
    items: Vec<Item>,
    list: List,
}

impl Help {
    /// Opened from this screen; nothing has been typed yet.
    pub fn new(from: Place) -> Self {
        let mut help = Help {
            from,
            index: Index::new(guide()),
            field: Field::default(),
            means: Vec::new(),
            items: Vec::new(),
            list: List::default(),
        };
        help.look_up();
        help
    }

    /// Looks for what is typed now.
    fn look_up(&mut self) {
        match self.field.given() {
            None => {
                self.means.clear();
                self.items = self.keys("").map(Item::Key).collect();
                self.items.push(Item::Keys);
                self.items.extend(contents());
            }
            Some(typed) => {
                let Answer { means, pages } = self.index.search(&typed);
                self.means = means;
                let pages = pages.into_iter().map(|found| Item::Page { name: found.page, title: found.title });
                self.items = self.keys(&typed.to_lowercase()).map(Item::Key).chain(pages).collect();
            }
        }
        self.list = List::new(self.items.len(), 0);
    }

    /// The keys of the screen that are about something; those that move come last.
    fn keys(&self, typed: &str) -> impl Iterator<Item = &'static Row> + use<> {
        let about: Vec<&'static Row> =
            keymap::at(self.from).filter(|row| row.explains.to_lowercase().contains(typed)).collect();
        let moves = |row: &&&Row| {
            use Action::{Down, First, Last, Left, PageDown, PageUp, Right, Up};
            matches!(row.action, Up | Down | Left | Right | First | Last | PageUp | PageDown)
        };
        let rest: Vec<&'static Row> = about.iter().filter(|row| !moves(row)).copied().collect();
        let moving: Vec<&'static Row> = about.iter().filter(moves).copied().collect();
        rest.into_iter().chain(moving)
    }

    fn open(&self, core: &mut Core) -> Next {
        match self.list.selected().and_then(|index| self.items.get(index)) {
            // What the key would do there is done, or why it cannot be.
            Some(Item::Key(row)) => match row.when.obstacle(core).map(str::to_owned) {
                Some(why) => {
                    core.say(why);
                    Next::Stay
                }
                None => Next::BackAnd(row.action),
            },
            Some(Item::Keys) => Next::go(TextView::plain("All keys", keys())),
            Some(Item::Page { name, title }) => match reading::page(name) {
                Some(text) => Next::go(TextView::markdown(title, text)),
                None => Next::Stay,
            },
            None => {
                core.say("no key and no page is about this: try other words");
                Next::Stay
            }
        }
    }
}

/// Everything that there is to read but the steps and causes, of which the search finds the right ones.
fn contents() -> impl Iterator<Item = Item> {
    let pages = learn().into_iter().filter(|(name, _)| name != "README");
    let pages = pages.map(|(name, text)| (format!("learn/{name}"), text));
    let programs = pages::guide().filter(|(name, _)| name.starts_with("programs/"));
    pages.chain(programs).map(|(name, text)| {
        let title = text.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned();
        Item::Page { name, title }
    })
}

impl View for Help {
    fn place(&self) -> Place {
        Place::Help
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            _ if self.list.act(action) => {}
            Action::Back if self.field.given().is_some() => {
                self.field = Field::default();
                self.look_up();
            }
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

    fn wheel(&mut self, by: isize, _at: Position) {
        self.list.wheel(by);
    }

    fn click(&mut self, at: Position, core: &mut Core) -> Next {
        if self.list.click(at) { self.open(core) } else { Next::Stay }
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let theme = core.theme;
        let body = parts::page(frame, area, core, Place::Help, "Help", &self.list.place());
        let mut head = Vec::new();
        for sentence in &self.means {
            head.extend(parts::paragraph(theme, sentence, body.width, Style::new()));
        }
        let height = u16::try_from(head.len()).unwrap_or(u16::MAX).min(body.height / 2);
        let [field, top, list] =
            Layout::vertical([Constraint::Length(1), Constraint::Length(height), Constraint::Min(1)]).areas(body);
        let cursor = parts::filter(frame, field, core, &self.field);
        parts::scrolled(frame, top, head, &mut Scroll::default());
        let here = format!("Keys here: {}", self.from.title());
        let labels: Vec<(&str, String)> = self
            .items
            .iter()
            .map(|item| match item {
                Item::Key(row) => (here.as_str(), format!("{:<10}{}", row.shown(), row.explains)),
                Item::Keys => ("To read", "All keys".to_owned()),
                Item::Page { title, .. } => ("To read", title.clone()),
            })
            .collect();
        let entries: Vec<Entry<'_>> = labels.iter().map(|(group, label)| Entry { group, label }).collect();
        self.list.render(frame, list, core, &entries);
        frame.set_cursor_position(cursor);
    }
}

/// All keys by screen, from the table.
fn keys() -> String {
    let mut out = String::new();
    for place in keymap::places() {
        let _ = writeln!(out, "{}", place.title());
        for row in keymap::at(place) {
            let _ = writeln!(out, "  {:<10} {}", row.shown(), row.explains);
        }
        out.push('\n');
    }
    out.push_str(keymap::CTRL);
    out
}
