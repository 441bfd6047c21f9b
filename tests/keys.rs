//! Every row of the table of keys, pressed in each place where it applies: a key that is shown does something, and one
//! that cannot work now says why.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::account::stored::Found;
use mailtriage::check::Group;
use mailtriage::cli::{job, run_to_end};
use mailtriage::practice::scenario;
use mailtriage::session::journal::BrokenOff;
use mailtriage::session::{Event, Session};
use mailtriage::tui::app::App;
use mailtriage::tui::core::Lesson;
use mailtriage::tui::keymap::{self, Action, Place, Row, When};
use mailtriage::tui::run::draw;
use mailtriage::tui::screens::dashboard::Dashboard;
use mailtriage::tui::screens::form::Form;
use mailtriage::tui::screens::menu::Menu;
use mailtriage::tui::theme::{Colours, Theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::KeyCode::{self, Char, Down, End, Enter, Esc, PageDown, Tab};
use ratatui::crossterm::event::{Event as Input, KeyEvent};
use ratatui::layout::Position;
use std::collections::BTreeMap;

const THEME: Theme = Theme { ascii: false, plain: true, colours: Colours::DARK };
const SIZES: [(u16, u16); 2] = [(80, 24), (40, 12)];

/// A screen to press keys on.
struct Setup {
    /// Makes the case.
    case: fn(&Cases) -> App,
    /// The keys that lead to the screen.
    keys: &'static [KeyCode],
}

const fn at(case: fn(&Cases) -> App, keys: &'static [KeyCode]) -> Setup {
    Setup { case, keys }
}

/// A screen for every place, in the states in which its keys work and in those in which they do not.
const SETUPS: &[Setup] = &[
    at(Cases::new_case, &[]),
    at(Cases::asked, &[Char('e')]),
    at(Cases::asked, &[]),
    at(Cases::asked, &[Char('x'), Esc, Down, Down]),
    at(Cases::blocked, &[]),
    at(Cases::lesson, &[]),
    at(Cases::guessed, &[]),
    at(Cases::saved, &[]),
    at(Cases::twice, &[]),
    at(Cases::running, &[]),
    at(Cases::asked, &[Down, Enter]),
    at(Cases::asked, &[Down, Enter, Char('/'), Char('e'), Enter]),
    at(Cases::asked, &[Enter]),
    at(Cases::asked, &[Enter, Char('/'), Char('e'), Enter]),
    at(Cases::saved, &[Enter]),
    at(Cases::asked, &[Char('a')]),
    at(Cases::answered, &[Char('a')]),
    at(Cases::blocked, &[Char('h')]),
    at(Cases::asked, &[Char('h')]),
    at(Cases::asked, &[Char('p')]),
    at(Cases::unproven, &[Char('p')]),
    at(Cases::asked, &[Char('s')]),
    at(Cases::asked, &[Char('s'), Tab, Tab, Tab, Tab, Tab, Tab, Char('x')]),
    at(Cases::asked, &[Char('x')]),
    at(Cases::asked, &[Char('?'), End, Enter]),
    at(Cases::asked, &[Char('x'), Char('/'), Char('e'), Enter]),
    at(Cases::asked, &[Char('m')]),
    at(Cases::asked, &[Enter, Char('/'), Char('e')]),
    at(Cases::asked, &[Char('?')]),
    at(Cases::lesson, &[Char('v')]),
    at(Cases::interrupted, &[]),
    at(Cases::refused, &[Char('p')]),
    at(Cases::asked, &[Enter, Char('o')]),
    at(Cases::asked, &[Char('q')]),
];

/// What to press before the key: to the end of a list or a text, so that there is a way back; or something typed.
const BEFORE: &[&[KeyCode]] =
    &[&[], &[Down], &[End], &[PageDown], &[End, Down, Down, Down, Down, Down, Down], &[Char('x')]];

/// The sessions, measured once.
struct Cases {
    asked: Session,
    blocked: Session,
    unproven: Session,
}

impl Cases {
    fn measured() -> Self {
        let session = |name: &str| {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
            let job = job(&scenario(name).unwrap()).unwrap();
            let session = runtime.block_on(run_to_end(job, BTreeMap::new()));
            runtime.shutdown_background();
            session
        };
        Cases {
            asked: session("no-password"),
            blocked: session("587-silent"),
            unproven: session("certificate-expired"),
        }
    }

    fn new_case(&self) -> App {
        App::new(self.asked.clone(), THEME, Form::new_case(&self.asked.account, Found::default()))
    }

    fn asked(&self) -> App {
        let mut app = App::dashboard(self.asked.clone(), THEME);
        app.core.unsaved = true;
        app
    }

    fn blocked(&self) -> App {
        App::dashboard(self.blocked.clone(), THEME)
    }

    fn unproven(&self) -> App {
        App::dashboard(self.unproven.clone(), THEME)
    }

    fn answered(&self) -> App {
        let mut app = self.asked();
        let question = app.core.diagnosis.questions[0].clone();
        app.core.apply(Event::Answered { question: question.name, answer: Some(question.words[0].clone()) });
        app
    }

    fn lesson(&self) -> App {
        let mut app = self.blocked();
        app.core.lesson = Some(Lesson {
            name: "587-silent".into(),
            story: "It hangs.".into(),
            cause: "blocked-network".into(),
            guess: None,
        });
        app
    }

    fn guessed(&self) -> App {
        let mut app = self.lesson();
        app.core.guess("blocked-network".into());
        app.under(Dashboard::default())
    }

    fn interrupted(&self) -> App {
        let sessions = ["anna", "bert"].map(|name| {
            let found = BrokenOff {
                path: format!("/nowhere/{name}.jsonl").into(),
                address: format!("{name}@example.com"),
                begun: jiff::Timestamp::UNIX_EPOCH,
                machine: None,
            };
            (found, format!("1970-01-01 00:00  {name}@example.com  no verdict yet"))
        });
        self.new_case().under(Menu::recover(sessions))
    }

    fn refused(&self) -> App {
        let mut app = self.asked();
        app.core.refused_today = 3;
        app
    }

    fn saved(&self) -> App {
        let mut app = self.blocked();
        app.core.can_run = false;
        app
    }

    fn running(&self) -> App {
        let mut app = self.blocked();
        app.core.apply(Event::Began { at: jiff::Timestamp::UNIX_EPOCH, keeps: vec![] });
        app
    }

    fn twice(&self) -> App {
        let mut app = self.running();
        app.core.apply(Event::Began { at: jiff::Timestamp::UNIX_EPOCH, keeps: Group::ALL.to_vec() });
        app.core.apply(Event::Ended { at: jiff::Timestamp::UNIX_EPOCH });
        app
    }

    /// The screen of a setup.
    fn open(&self, setup: &Setup) -> App {
        let mut app = (setup.case)(self);
        app.core.refresh();
        for key in setup.keys {
            press(&mut app, *key);
        }
        app
    }
}

fn press(app: &mut App, key: KeyCode) -> bool {
    app.input(&Input::Key(KeyEvent::from(key))).is_some()
}

/// Everything that a person sees: the characters and the cursor.
fn seen(app: &mut App, (width, height): (u16, u16)) -> (String, Position) {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    draw(&mut terminal, app).unwrap();
    (terminal.backend().to_string(), terminal.get_cursor_position().unwrap())
}

/// Presses the key of a row; returns whether the screen changed, a command went out or a message appeared.
fn does_something(app: &mut App, row: &Row, size: (u16, u16)) -> bool {
    let before = seen(app, size);
    let commands = press(app, row.key);
    commands || app.core.message.is_some() || seen(app, size) != before
}

#[test]
fn every_key_does_something_at_each_of_its_places() {
    let cases = Cases::measured();
    for place in keymap::places() {
        let setups: Vec<&Setup> = SETUPS.iter().filter(|setup| cases.open(setup).place() == place).collect();
        for row in keymap::at(place) {
            let tries = SIZES.iter().flat_map(|size| BEFORE.iter().map(move |before| (*size, *before)));
            let mut tries = tries.flat_map(|(size, before)| setups.iter().map(move |setup| (size, before, *setup)));
            let worked = tries.any(|(size, before, setup)| {
                let mut app = cases.open(setup);
                for key in before {
                    seen(&mut app, size);
                    press(&mut app, *key);
                }
                app.core.message = None;
                app.place() == place && row.when.obstacle(&app.core).is_none() && does_something(&mut app, row, size)
            });
            assert!(worked, "{} ({:?}) never does anything at {place:?}", row.shown(), row.action);
        }
    }
}

#[test]
fn a_key_in_the_footer_works() {
    let cases = Cases::measured();
    for setup in SETUPS {
        let mut app = cases.open(setup);
        let place = app.place();
        // Wide enough for all keys.
        let (picture, _) = seen(&mut app, (400, 24));
        let footer = picture.lines().last().unwrap().to_owned();
        for row in keymap::at(place).filter(|row| !row.says.is_empty()) {
            let label = match row.action == Action::Back && !app.core.can_go_back {
                // Nothing to go back to: how to leave, unless q says it.
                true if footer.contains(" q quit ") => continue,
                true => {
                    assert!(footer.contains(" Ctrl-C quit "), "{place:?}: {footer}");
                    continue;
                }
                false => format!(" {} {} ", row.shown(), row.says),
            };
            assert_eq!(
                footer.contains(&label),
                row.when.obstacle(&app.core).is_none(),
                "{place:?}{label}in {footer}, keys {:?}",
                setup.keys
            );
            if footer.contains(&label) {
                let mut app = cases.open(setup);
                app.core.message = None;
                assert!(does_something(&mut app, row, (80, 24)), "{place:?}{label}does nothing, keys {:?}", setup.keys);
            }
        }
    }
}

#[test]
fn a_key_that_cannot_work_now_says_why() {
    let cases = Cases::measured();
    let mut hindered: Vec<When> = Vec::new();
    for setup in SETUPS {
        for row in keymap::at(cases.open(setup).place()) {
            let mut app = cases.open(setup);
            if let Some(why) = row.when.obstacle(&app.core).map(str::to_owned) {
                hindered.push(row.when);
                assert!(!press(&mut app, row.key), "{} goes out although {why}", row.shown());
                assert_eq!(app.core.message, Some(why));
            }
        }
    }
    let all = keymap::KEYS.iter().map(|row| row.when).filter(|when| *when != When::Always);
    for when in all {
        assert!(hindered.contains(&when), "{when:?} is never tried");
    }
}

#[test]
fn the_help_names_every_key_of_every_place() {
    let cases = Cases::measured();
    let mut app = cases.open(&at(Cases::asked, &[Char('?')]));
    // Below the keys of the dashboard.
    for _ in keymap::at(Place::Dashboard) {
        press(&mut app, Down);
    }
    press(&mut app, Enter);
    let (help, _) = seen(&mut app, (130, 900));
    for place in keymap::places() {
        assert!(help.contains(place.title()), "{place:?}");
    }
    for row in keymap::KEYS {
        let times = help.matches(row.explains).count();
        assert!(times >= row.places.len(), "{}: {}", row.shown(), row.explains);
    }
    assert_eq!(app.place(), Place::Text);
}
