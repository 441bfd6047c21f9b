//! A list to choose from: the lab's scenarios, causes to guess, mail programs, interrupted sessions. The help is in
//! `help`.

use super::help::Help;
use super::parts;
use crate::account::client;
use crate::account::stored::StoredAccount;
use crate::session::guide;
use crate::session::journal::BrokenOff;
use crate::tui::core::Core;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Place};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::path::PathBuf;

/// What a line leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum LeadsTo {
    Scenario(String),
    Guess(String),
    Program(usize),
    Journal(PathBuf),
    /// The account with this number.
    Stored(u8),
    Nothing,
}

/// A call to practise: a scenario of the lab.
pub struct Call {
    /// The scenario's name.
    pub name: String,
    /// What the caller says, in a few words.
    pub title: String,
    /// What the caller says.
    pub story: String,
}

/// A line of the list.
struct Item {
    label: String,
    detail: String,
    leads_to: LeadsTo,
}

/// A list, and which line is marked.
pub struct Menu {
    title: String,
    items: Vec<Item>,
    selected: usize,
}

impl Menu {
    fn new(title: &str, items: Vec<Item>) -> Self {
        Menu { title: title.to_owned(), items, selected: 0 }
    }

    /// The lab's scenarios, by what the caller says.
    pub fn practice(calls: impl IntoIterator<Item = Call>) -> Self {
        let items = calls.into_iter().map(|call| Item {
            label: call.title,
            detail: call.story,
            leads_to: LeadsTo::Scenario(call.name),
        });
        Menu::new("Practice: which call do you take?", items.collect())
    }

    /// Interrupted sessions, and a new case.
    pub fn recover(journals: impl IntoIterator<Item = BrokenOff>) -> Self {
        let new = Item {
            label: "A new case".to_owned(),
            detail: "An interrupted session is kept, and offered again next time.".to_owned(),
            leads_to: LeadsTo::Nothing,
        };
        let journals = journals.into_iter().map(|found| Item {
            label: found.address,
            detail: format!("Begun {}, then interrupted.", found.begun.strftime("%Y-%m-%d %H:%M UTC")),
            leads_to: LeadsTo::Journal(found.path),
        });
        Menu::new("A session was interrupted. Resume it?", std::iter::once(new).chain(journals).collect())
    }

    /// Causes to guess.
    pub fn guess() -> Self {
        let causes = guide().causes().iter().map(|cause| Item {
            label: guide().headline(cause).to_owned(),
            detail: String::new(),
            leads_to: LeadsTo::Guess(cause.clone()),
        });
        Menu::new("What is the cause?", causes.collect())
    }

    /// Mail programs, for their clicks; `marked` is the one shown at present.
    pub fn programs(marked: usize) -> Self {
        let items = client::all().iter().enumerate().map(|(index, client)| Item {
            label: client.name.clone(),
            detail: String::new(),
            leads_to: LeadsTo::Program(index),
        });
        Menu { selected: marked, ..Menu::new("The clicks for which mail program?", items.collect()) }
    }

    /// Accounts that mail programs have stored, for the form.
    pub fn accounts(accounts: &[StoredAccount]) -> Self {
        let items = (0..=u8::MAX).zip(accounts).map(|(number, stored)| Item {
            label: stored.line(),
            detail: format!("Read from {}.", stored.place),
            leads_to: LeadsTo::Stored(number),
        });
        Menu::new("Accounts that mail programs have stored here", items.collect())
    }

    fn open(&self, core: &mut Core) -> Next {
        let Some(item) = self.items.get(self.selected) else { return Next::Back };
        match &item.leads_to {
            LeadsTo::Scenario(name) => Next::DoAndHome(Effect::Practice(name.clone())),
            LeadsTo::Journal(path) => Next::DoAndHome(Effect::Recover(path.clone())),
            LeadsTo::Guess(cause) => {
                if let Some(lesson) = &mut core.lesson {
                    lesson.guess = Some(cause.clone());
                }
                Next::Back
            }
            LeadsTo::Program(index) => {
                core.choose_program(Some(*index));
                Next::Back
            }
            LeadsTo::Stored(number) => Next::BackAnd(Action::Choose(*number)),
            LeadsTo::Nothing => Next::Back,
        }
    }
}

impl View for Menu {
    fn place(&self) -> Place {
        Place::Menu
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
            Action::First => self.selected = 0,
            Action::Last => self.selected = last,
            Action::Back => return Next::Back,
            Action::Help => return Next::go(Help::new()),
            Action::Open => return self.open(core),
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let right = format!("{} of {}", self.selected + 1, self.items.len());
        let body = parts::page(frame, area, core, Place::Menu, &self.title, &right);
        let detail_height = if body.height > 10 { 4 } else { 2 };
        let [list, line, detail] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(1), Constraint::Length(detail_height)])
                .areas(body);
        let width = usize::from(body.width).saturating_sub(4);
        let lines = self.items.iter().enumerate().map(|(index, item)| {
            let mark = if index == self.selected { " > " } else { "   " };
            let style = if index == self.selected { core.theme.selected() } else { Style::new() };
            Line::from_iter([Span::raw(mark), Span::styled(parts::cut(core.theme, &item.label, width), style)])
        });
        let mut scroll = (self.selected + 1).saturating_sub(usize::from(list.height));
        parts::scrolled(frame, list, lines.collect(), &mut scroll);
        parts::rule(frame, line, core.theme, "", "");
        let text = self.items.get(self.selected).map_or("", |item| &item.detail);
        parts::scrolled(frame, detail, parts::paragraph(core.theme, text, body.width, core.theme.dim()), &mut 0);
    }
}
