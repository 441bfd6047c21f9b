//! A list to choose from: the lab's scenarios, causes to guess, mail programs, interrupted sessions. What is typed
//! chooses which of them are shown. The help is in `help`.

use super::help::Help;
use super::list::{Entry, List};
use super::parts;
use crate::account::client;
use crate::account::stored::StoredAccount;
use crate::session::guide;
use crate::session::journal::BrokenOff;
use crate::tui::core::Core;
use crate::tui::effect::Effect;
use crate::tui::field::Field;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::Scroll;
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::crossterm::event::KeyEvent;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use std::path::PathBuf;

/// What a line leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum LeadsTo {
    Scenario(String),
    Guess(String),
    Program(usize),
    Journal(PathBuf),
    /// The account with this number.
    Stored(u8),
    #[default]
    Nothing,
}

/// A call to practise: a scenario of the lab.
pub struct Call {
    /// The scenario's name.
    pub name: String,
    /// What it is about.
    pub group: String,
    /// What the caller says, in a few words.
    pub title: String,
    /// What the caller says.
    pub story: String,
}

/// A line of the list.
#[derive(Default)]
struct Item {
    /// What it is filed under.
    group: String,
    label: String,
    detail: String,
    leads_to: LeadsTo,
}

/// A list, what was typed to filter it, and which line is marked.
pub struct Menu {
    place: Place,
    title: String,
    items: Vec<Item>,
    filter: Field,
    /// The numbers of the items that are shown.
    shown: Vec<usize>,
    list: List,
    /// The item that a second press deletes.
    doomed: Option<usize>,
}

impl Menu {
    fn new(title: &str, items: Vec<Item>) -> Self {
        Menu {
            place: Place::Menu,
            title: title.to_owned(),
            shown: (0..items.len()).collect(),
            list: List::new(items.len(), 0),
            items,
            filter: Field::default(),
            doomed: None,
        }
    }

    /// The lab's scenarios, by what the caller says.
    pub fn practice(calls: impl IntoIterator<Item = Call>) -> Self {
        let items = calls.into_iter().map(|call| Item {
            group: call.group,
            label: call.title,
            detail: call.story,
            leads_to: LeadsTo::Scenario(call.name),
        });
        Menu::new("Practice: which call do you take?", items.collect())
    }

    /// Interrupted sessions, each in a line, and a new case.
    pub fn recover(journals: impl IntoIterator<Item = (BrokenOff, String)>) -> Self {
        let new = Item {
            label: "A new case".to_owned(),
            detail: "An interrupted session is kept, and offered again next time.".to_owned(),
            ..Item::default()
        };
        let journals = journals.into_iter().map(|(found, label)| Item {
            label,
            detail: "Enter resumes it as it was; r then checks everything again. Del deletes it.".to_owned(),
            leads_to: LeadsTo::Journal(found.path),
            ..Item::default()
        });
        let items = std::iter::once(new).chain(journals).collect();
        Menu { place: Place::Sessions, ..Menu::new("A session was interrupted. Resume it?", items) }
    }

    /// Causes to guess.
    pub fn guess() -> Self {
        let causes = guide().causes().iter().map(|cause| Item {
            label: guide().headline(cause).to_owned(),
            detail: cause.clone(),
            leads_to: LeadsTo::Guess(cause.clone()),
            ..Item::default()
        });
        Menu::new("What is the cause?", causes.collect())
    }

    /// Mail programs, for their clicks; `marked` is the one shown at present.
    pub fn programs(marked: usize) -> Self {
        let items = client::all().iter().enumerate().map(|(index, client)| Item {
            label: client.name.clone(),
            leads_to: LeadsTo::Program(index),
            ..Item::default()
        });
        let mut menu = Menu::new("The clicks for which mail program?", items.collect());
        menu.list.select(marked);
        menu
    }

    /// Shows what contains every typed word, in any order; first the lines that do so by themselves.
    fn filter(&mut self) {
        let typed = self.filter.text().to_lowercase();
        let fits = |text: &str| {
            let text = text.to_lowercase();
            typed.split_whitespace().all(|word| text.contains(word))
        };
        let all = || self.items.iter().enumerate();
        let by_label = all().filter(|(_, item)| fits(&item.label));
        let whole = |item: &Item| format!("{} {} {}", item.group, item.label, item.detail);
        let by_detail = all().filter(|(_, item)| !fits(&item.label) && fits(&whole(item)));
        self.shown = by_label.chain(by_detail).map(|(index, _)| index).collect();
        self.list = List::new(self.shown.len(), 0);
        self.doomed = None;
    }

    fn selected(&self) -> Option<usize> {
        self.shown.get(self.list.selected()?).copied()
    }

    /// Accounts that mail programs have stored, for the form.
    pub fn accounts(accounts: &[StoredAccount]) -> Self {
        let items = (0..=u8::MAX).zip(accounts).map(|(number, stored)| Item {
            label: stored.line(),
            detail: format!("Read from {}.", stored.place),
            leads_to: LeadsTo::Stored(number),
            ..Item::default()
        });
        Menu::new("Accounts that mail programs have stored here", items.collect())
    }

    fn open(&self, core: &mut Core) -> Next {
        let Some(item) = self.selected().and_then(|index| self.items.get(index)) else {
            core.say("nothing here contains this: Esc clears it");
            return Next::Stay;
        };
        match &item.leads_to {
            LeadsTo::Scenario(name) => Next::Do(Effect::Practice(name.clone())),
            LeadsTo::Journal(path) => Next::DoAndHome(Effect::Recover(path.clone())),
            LeadsTo::Guess(cause) => {
                core.guess(cause.clone());
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

    /// The next call that has not been solved.
    fn next_call(&mut self, core: &mut Core) -> Next {
        self.filter = Field::default();
        let at = self.selected();
        self.filter();
        let is_open = |index: &usize| match &self.items[*index].leads_to {
            LeadsTo::Scenario(name) => core.solved.get(name) != Some(&true),
            _ => false,
        };
        let after = at.map_or(0, |at| at + 1);
        let next = (after..self.items.len()).find(is_open).or_else(|| (0..after).find(is_open));
        match next {
            Some(index) => {
                self.list.select(index);
                self.open(core)
            }
            None => {
                core.say("all calls are solved");
                Next::Stay
            }
        }
    }

    /// Deletes the marked session, once that has been asked for twice.
    fn delete(&mut self, core: &mut Core) -> Next {
        let Some(index) = self.selected() else { return Next::Stay };
        let LeadsTo::Journal(path) = self.items[index].leads_to.clone() else {
            core.say("this is not a session");
            return Next::Stay;
        };
        if self.doomed != Some(index) {
            self.doomed = Some(index);
            core.say("Del again deletes this session for good");
            return Next::Stay;
        }
        self.items.remove(index);
        let at = self.list.selected().unwrap_or(0);
        self.filter();
        self.list.select(at);
        Next::Do(Effect::Forget(path))
    }

    /// A call's mark: whether its cause was guessed.
    fn mark(&self, item: &Item, core: &Core) -> &'static str {
        let LeadsTo::Scenario(name) = &item.leads_to else { return "" };
        match core.solved.get(name) {
            Some(true) => "solved  ",
            Some(false) => "missed  ",
            None if core.solved.is_empty() => "",
            None => "        ",
        }
    }
}

impl View for Menu {
    fn place(&self) -> Place {
        self.place
    }

    fn type_key(&mut self, event: &KeyEvent) {
        self.filter.key(event);
        self.filter();
    }

    fn paste(&mut self, text: &str) {
        self.filter.paste(text);
        self.filter();
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.list.wheel(by);
    }

    fn click(&mut self, at: Position, core: &mut Core) -> Next {
        if self.list.click(at) { self.open(core) } else { Next::Stay }
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        if action != Action::Delete {
            self.doomed = None;
        }
        match action {
            _ if self.list.act(action) => {}
            Action::Back if self.filter.given().is_some() => {
                self.filter = Field::default();
                self.filter();
            }
            Action::Back => return Next::Back,
            Action::Help => return Next::go(Help::new(self.place)),
            Action::Open => return self.open(core),
            Action::Delete => return self.delete(core),
            Action::NextCall => return self.next_call(core),
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let right = match core.solved.values().filter(|right| **right).count() {
            0 => self.list.place(),
            solved => format!("{solved} solved {} {}", core.theme.dot(), self.list.place()),
        };
        let body = parts::page(frame, area, core, self.place, &self.title, &right);
        let detail_height = if body.height > 10 { 4 } else { 2 };
        let [field, list, line, detail] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Min(1),
            Constraint::Length(1),
            Constraint::Length(detail_height),
        ])
        .areas(body);
        let cursor = parts::filter(frame, field, core, &self.filter);
        let items = || self.shown.iter().map(|index| &self.items[*index]);
        let labels: Vec<String> = items().map(|item| format!("{}{}", self.mark(item, core), item.label)).collect();
        let entries: Vec<Entry<'_>> =
            items().zip(&labels).map(|(item, label)| Entry { group: &item.group, label }).collect();
        self.list.render(frame, list, core, &entries);
        parts::rule(frame, line, core.theme, "", "");
        let text = self.selected().map_or("", |index| &self.items[index].detail);
        let text = parts::paragraph(core.theme, text, body.width, core.theme.dim());
        parts::scrolled(frame, detail, text, &mut Scroll::default());
        frame.set_cursor_position(cursor);
    }
}
