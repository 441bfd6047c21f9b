//! How fast the screen responds: a key's frame while a thousand events per second arrive, and a frame without a
//! change. Prints the figures and fails beyond the limits of docs/promises.md.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use mailtriage::cli::job;
use mailtriage::practice::scenario;
use mailtriage::session::{Event, Session};
use mailtriage::tui::app::App;
use mailtriage::tui::run::draw;
use mailtriage::tui::theme::Theme;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// The limit for a key's frame, at the 99th percentile.
const MOST: Duration = Duration::from_millis(5);
/// Events between two frames at 1,000 events and 25 frames a second.
const BETWEEN: usize = 40;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (blank, events) = runtime.block_on(async {
        let job = job(&scenario("587-forbidden-here").unwrap()).unwrap();
        let mut session = Session::new(job.account.clone(), &job.world.machine.local());
        session.apply(Event::Began { at: job.world.now(), keeps: vec![] });
        let (sender, mut receiver) = mpsc::unbounded_channel();
        mailtriage::check::run(job, sender).await;
        let mut events = Vec::new();
        while let Some(event) = receiver.recv().await {
            events.push(event);
        }
        (session, events)
    });
    let theme = Theme { plain: false, ..Theme::default() };
    let mut app = App::dashboard(blank.clone(), theme);
    let mut terminal = Terminal::new(TestBackend::new(120, 40)).unwrap();
    let mut times = Vec::new();
    let mut endless = events.iter().cycle();
    for round in 0..600 {
        if round % 40 == 0 {
            app = App::dashboard(blank.clone(), theme);
        }
        let key = if round % 2 == 0 { KeyCode::Down } else { KeyCode::Up };
        for event in endless.by_ref().take(BETWEEN) {
            app.core.apply(Event::Check(event.clone()));
        }
        app.core.happened.clear();
        let began = Instant::now();
        let _ = app.input(&Input::Key(KeyEvent::new(key, KeyModifiers::NONE)));
        draw(&mut terminal, &mut app).unwrap();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("a key's frame at 120x40 amid events: median {:?}, 99 % {:?}, at most {MOST:?}", at(50), at(99));
    let began = Instant::now();
    for _ in 0..100 {
        draw(&mut terminal, &mut app).unwrap();
    }
    println!("a frame without a change: {:?}", began.elapsed() / 100);
    assert!(at(99) <= MOST, "a key's frame takes too long");
}
