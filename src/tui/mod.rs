//! The screen: `app` holds the state, `keymap` every key, `screens` draw, this file runs the loop between terminal,
//! checks and clock. No view computes a verdict.

pub mod app;
pub mod keymap;
pub mod screens;
pub mod terminal;
pub mod theme;

use crate::check::run::{Job, run as run_checks};
use crate::session::Event;
use app::{App, Effect};
use futures::StreamExt;
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::crossterm::event::{Event as Input, EventStream};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// Frames follow each other at least this far apart while checks report; keys are answered at once.
const FRAME: Duration = Duration::from_millis(40);
/// How often the clock on the screen moves while a run goes on.
const CLOCK: Duration = Duration::from_millis(500);

/// What the loop does outside: given by whoever starts it.
pub trait Outside {
    /// Writes the report; returns what to tell the person.
    fn save(&mut self, app: &App) -> String;
}

/// Runs the job and shows it until somebody leaves.
pub async fn show(job: Job, mut app: App, outside: &mut impl Outside) -> io::Result<App> {
    let mut screen = terminal::Screen::enter()?;
    let mut input = EventStream::new();
    let mut ended = std::pin::pin!(asked_to_end());
    let net = Arc::clone(&job.net);
    let (sender, mut events) = mpsc::unbounded_channel();
    app.apply(Event::Began { at: net.now(), keeps: vec![] });
    let started = Instant::now();
    let mut running = Some(tokio::spawn(run_checks(job, sender)));
    let mut next_frame = started;
    let mut dirty = true;
    loop {
        if dirty && Instant::now() >= next_frame {
            draw(&mut screen.terminal, &mut app)?;
            dirty = false;
            next_frame = Instant::now() + FRAME;
        }
        let wake = if dirty { next_frame } else { Instant::now() + CLOCK };
        tokio::select! {
            biased;
            () = &mut ended => break,
            key = input.next() => match key {
                Some(Ok(Input::Key(key))) => {
                    match app.key(&key) {
                        Some(Effect::Quit) => break,
                        Some(Effect::Save) => app.message = Some(outside.save(&app)),
                        None => {}
                    }
                    (dirty, next_frame) = (true, Instant::now());
                }
                Some(Ok(Input::Resize(..))) => (dirty, next_frame) = (true, Instant::now()),
                Some(Ok(_)) => {}
                // A terminal that is gone will not come back.
                Some(Err(_)) | None => break,
            },
            event = events.recv(), if running.is_some() => {
                match event {
                    Some(event) => app.apply(Event::Check(event)),
                    None => {
                        app.apply(Event::Ended { at: net.now() });
                        running = None;
                    }
                }
                app.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                dirty = true;
            }
            () = sleep_until(wake), if dirty || app.is_running() => {
                if app.is_running() {
                    app.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                    dirty = true;
                }
            }
        }
    }
    if let Some(running) = running {
        running.abort();
    }
    drop(screen);
    Ok(app)
}

/// Draws a frame.
pub fn draw<B: Backend>(terminal: &mut Terminal<B>, app: &mut App) -> Result<(), B::Error> {
    app.refresh();
    terminal.draw(|frame| screens::render(frame, app)).map(drop)
}

/// Waits for the system's wish that the program ends: SIGTERM, SIGHUP (the window is closed), SIGINT from elsewhere.
#[cfg(unix)]
async fn asked_to_end() {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt()];
    let waiting = signals.into_iter().filter_map(|kind| signal(kind).ok()).map(|mut signal| {
        Box::pin(async move {
            signal.recv().await;
        })
    });
    futures::future::select_all(waiting).await;
}

/// Waits for the system's wish that the program ends: Ctrl-Break, the window is closed, log-off.
#[cfg(windows)]
async fn asked_to_end() {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close};
    let (Ok(mut c), Ok(mut pause), Ok(mut close)) = (ctrl_c(), ctrl_break(), ctrl_close()) else {
        return std::future::pending().await;
    };
    tokio::select! { _ = c.recv() => {}, _ = pause.recv() => {}, _ = close.recv() => {} }
}
