//! A changed report on the screens: nothing that it says breaks their drawing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::report::open;
use mailtriage::tui::app::App;
use mailtriage::tui::run::draw;
use mailtriage::tui::theme::Theme;
use mailtriage_fuzz::{edited_report, file};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

fuzz_target!(|input: &[u8]| {
    let [width, height, screen, edits @ ..] = input else { return };
    let Ok(session) = open::read(&file(&edited_report(edits))) else { return };
    let screens: [&[KeyCode]; 5] = [
        &[],
        &[KeyCode::Down, KeyCode::Down, KeyCode::Enter],
        &[KeyCode::Enter],
        &[KeyCode::Char('s'), KeyCode::F(2)],
        &[KeyCode::Tab, KeyCode::Tab, KeyCode::Enter],
    ];
    let mut app = App::dashboard(session, Theme { plain: true, ..Theme::default() });
    let size = (u16::from(*width % 160) + 1, u16::from(*height % 60) + 1);
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).expect("a terminal in memory");
    for key in screens[usize::from(*screen) % screens.len()] {
        let _ = app.input(&Event::Key(KeyEvent::new(*key, KeyModifiers::NONE)));
    }
    draw(&mut terminal, &mut app).expect("a terminal in memory takes anything");
});
