//! A list to choose from: the lab's scenarios, causes to guess, mail programs, help pages, sessions that broke off.

use super::text::TextView;
use super::{Screen, parts};
use crate::account::client;
use crate::guide::{guide, learn};
use crate::tui::app::{Core, Effect, Next};
use crate::tui::keymap::{self, Action, Place};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};

/// What a line leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    Scenario(String),
    Guess(String),
    Program(usize),
    Journal(String),
    Page { title: String, body: String },
    Keys,
    Nothing,
}

/// A line of the list.
struct Item {
    label: String,
    detail: String,
    target: Target,
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

    /// The lab: scenarios by what the caller says. Name, title, story.
    pub fn practice(scenarios: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let items = scenarios.into_iter().map(|(name, title, story)| Item {
            label: title,
            detail: story,
            target: Target::Scenario(name),
        });
        Menu::new("Practice: which call do you take?", items.collect())
    }

    /// Sessions that broke off: the journal's name, the address, when.
    pub fn recover(journals: impl IntoIterator<Item = (String, String, String)>) -> Self {
        let mut items: Vec<Item> = journals
            .into_iter()
            .map(|(name, address, when)| Item {
                label: address,
                detail: format!("broke off, begun {when}"),
                target: Target::Journal(name),
            })
            .collect();
        let new = Item {
            label: "A new case".to_owned(),
            detail: "what broke off is kept and offered again".to_owned(),
            target: Target::Nothing,
        };
        items.insert(0, new);
        Menu::new("A session broke off. Go on with it?", items)
    }

    /// Causes to guess.
    pub fn guess() -> Self {
        let causes = crate::facts::vocabulary::CAUSES.iter().map(|cause| Item {
            label: guide().headline(cause),
            detail: String::new(),
            target: Target::Guess((*cause).to_owned()),
        });
        Menu::new("What is the cause?", causes.collect())
    }

    /// Mail programs, for their clicks; `marked` is shown now.
    pub fn programs(marked: usize) -> Self {
        let items = client::all().iter().enumerate().map(|(index, client)| Item {
            label: client.name.clone(),
            detail: String::new(),
            target: Target::Program(index),
        });
        Menu { selected: marked, ..Menu::new("The clicks for which mail program?", items.collect()) }
    }

    /// Keys, then the background.
    pub fn help() -> Self {
        let page = |title: &str, body: &str| Item {
            label: title.to_owned(),
            detail: String::new(),
            target: Target::Page { title: title.to_owned(), body: body.to_owned() },
        };
        let mut items =
            vec![Item { label: "Keys".to_owned(), detail: "what each does".to_owned(), target: Target::Keys }];
        for (name, text) in learn() {
            if name != "README" {
                let title = text.lines().next().unwrap_or_default().trim_start_matches("# ");
                items.push(page(title, text));
            }
        }
        for client in client::all() {
            items.push(page(&client.name, client.page));
        }
        Menu::new("Help", items)
    }

    pub(super) fn act(&mut self, action: Action, core: &mut Core) -> Next {
        let last = self.items.len().saturating_sub(1);
        match action {
            Action::Up => self.selected = self.selected.saturating_sub(1),
            Action::Down => self.selected = (self.selected + 1).min(last),
            Action::PageUp => self.selected = self.selected.saturating_sub(10),
            Action::PageDown => self.selected = (self.selected + 10).min(last),
            Action::First => self.selected = 0,
            Action::Last => self.selected = last,
            Action::Back => return Next::Back,
            Action::Help => return Next::Go(Box::new(Screen::Menu(Menu::help()))),
            Action::Open => return self.open(core),
            _ => {}
        }
        Next::Stay
    }

    fn open(&self, core: &mut Core) -> Next {
        let Some(item) = self.items.get(self.selected) else { return Next::Back };
        match &item.target {
            Target::Scenario(name) => Next::DoAndHome(Effect::Practice(name.clone())),
            Target::Journal(name) => Next::DoAndHome(Effect::Recover(name.clone())),
            Target::Guess(cause) => {
                if let Some(lesson) = &mut core.lesson {
                    lesson.guess = Some(cause.clone());
                }
                Next::Back
            }
            Target::Program(index) => {
                core.shown_program = Some(*index);
                Next::Back
            }
            Target::Page { title, body } => Next::Go(Box::new(Screen::Text(TextView::markdown(title, body.clone())))),
            Target::Keys => Next::Go(Box::new(Screen::Text(TextView::plain("Keys", keys())))),
            Target::Nothing => Next::Back,
        }
    }

    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let right = format!("{} of {}", self.selected + 1, self.items.len());
        let body = parts::page(frame, area, core, Place::Menu, &self.title, &right);
        let detail_height = if body.height > 10 { 4 } else { 2 };
        let [list, line, detail] =
            Layout::vertical([Constraint::Min(1), Constraint::Length(1), Constraint::Length(detail_height)])
                .areas(body);
        let width = usize::from(body.width).saturating_sub(4);
        let lines = self.items.iter().enumerate().map(|(index, item)| {
            let mark = if index == self.selected { " > " } else { "   " };
            let style = if index == self.selected { core.theme.selected() } else { ratatui::style::Style::new() };
            Line::from_iter([Span::raw(mark), Span::styled(parts::cut(core.theme, &item.label, width), style)])
        });
        let scroll = (self.selected + 1).saturating_sub(usize::from(list.height));
        parts::scrolled(frame, list, lines.collect(), scroll);
        parts::rule(frame, line, core.theme, "", "");
        let text = self.items.get(self.selected).map_or("", |item| &item.detail);
        parts::scrolled(frame, detail, parts::paragraph(core.theme, text, body.width, core.theme.dim()), 0);
    }
}

/// All keys by screen, from the table.
fn keys() -> String {
    const PLACES: [(Place, &str); 6] = [
        (Place::Dashboard, "Dashboard"),
        (Place::Check, "A group's evidence"),
        (Place::Diagnosis, "The result, opened"),
        (Place::Step, "A step"),
        (Place::Save, "Saving"),
        (Place::Form, "The form"),
    ];
    let mut out = String::new();
    for (place, title) in PLACES {
        out.push_str(&format!("{title}\n"));
        for row in keymap::at(place) {
            out.push_str(&format!("  {:<10} {}\n", row.shown, row.explains));
        }
        out.push('\n');
    }
    out
}
