//! The screen: `app` holds the state, `keymap` every key, `screens` draw, this file runs the loop between terminal,
//! checks, clock and the world outside. No view computes a verdict.

pub mod app;
pub mod field;
pub mod keymap;
pub mod screens;
pub mod terminal;
pub mod theme;

use crate::check::{Event as CheckEvent, Group, Options};
use crate::check::{Job, run as run_checks};
use crate::facts::Value;
use crate::net::Network;
use crate::session::{Event, Session};
use app::{App, Effect, Lesson, Request, SaveHow};
use futures::{StreamExt, poll};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::crossterm::event::{Event as Input, EventStream, KeyCode, KeyEventKind};
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// Frames follow each other at least this far apart while checks report.
const FRAME: Duration = Duration::from_millis(40);
/// Likewise while keys come: a hand sees no delay, and a flood of them (a long paste) is not drawn one by one.
const KEY_FRAME: Duration = Duration::from_millis(3);
/// How often the clock on the screen moves while a run goes on.
const CLOCK: Duration = Duration::from_millis(500);
/// From one round of a watch to the next.
const ROUND: Duration = Duration::from_secs(60);
/// As many rounds are remembered.
const MOST_ROUNDS: usize = 500;

/// A network to check over, and how.
#[derive(Clone)]
pub struct Bench {
    /// The network, real or the lab's.
    pub net: Arc<dyn Network>,
    /// How to run.
    pub options: Options,
}

/// A scenario that was begun: its session, its network, its lesson, its first run.
pub struct Begun {
    /// A session over the scenario's account.
    pub session: Session,
    /// Its network.
    pub bench: Bench,
    /// What there is to guess.
    pub lesson: Option<Lesson>,
    /// What to run first.
    pub first: Request,
}

/// What the loop does outside: given by whoever starts it.
pub trait Outside {
    /// Writes the report; what to tell the person, and whether it was written.
    fn save(&mut self, session: &Session, how: &SaveHow) -> Result<String, String>;
    /// Puts a text where it can be pasted from; what to tell the person.
    fn copy(&mut self, text: &str) -> String;
    /// Keeps what happened, so that a kill loses nothing; the error, told once, is for the person.
    fn journal(&mut self, session: &Session, events: &[Event]) -> Result<(), String>;
    /// Counts a refused log-in of an account; how many there were today.
    fn refused(&mut self, session: &Session, one_more: bool) -> u32;
    /// Begins a scenario.
    fn practice(&mut self, name: &str) -> Result<Begun, String>;
    /// Takes up a session that broke off.
    fn recover(&mut self, name: &str) -> Result<Session, String>;
}

/// Checks that run, and who tells of them.
struct Runner {
    events: mpsc::UnboundedReceiver<CheckEvent>,
    task: JoinHandle<()>,
    with_secret: bool,
}

impl Runner {
    fn start(bench: &Bench, session: &Session, request: Request) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let options = Options { only: request.only, ..bench.options.clone() };
        let with_secret = request.attempt.is_some();
        let job =
            Job { net: Arc::clone(&bench.net), account: session.account.clone(), options, attempt: request.attempt };
        Runner { events, task: tokio::spawn(run_checks(job, sender)), with_secret }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The loop's own things.
struct Loop<'a, O> {
    app: App,
    outside: &'a mut O,
    bench: Option<Bench>,
    runner: Option<Runner>,
    /// A round of the watch: a copy of the session that is thrown away afterwards.
    round: Option<(Session, Runner)>,
    next_round: Instant,
    started: Instant,
}

/// Shows the app until somebody leaves; runs what is asked for first.
pub async fn show(
    app: App,
    bench: Option<Bench>,
    first: Option<Request>,
    outside: &mut impl Outside,
) -> io::Result<App> {
    let mut screen = terminal::Screen::enter()?;
    let mut input = EventStream::new();
    let mut ended = std::pin::pin!(asked_to_end());
    let now = Instant::now();
    let mut state = Loop { app, outside, bench, runner: None, round: None, next_round: now, started: now };
    if let Some(request) = first {
        state.run(request);
    }
    let (mut next_frame, mut next_key_frame) = (now, now);
    let mut dirty = true;
    loop {
        if dirty && Instant::now() >= next_frame {
            draw(&mut screen.terminal, &mut state.app)?;
            dirty = false;
            let drawn = Instant::now();
            (next_frame, next_key_frame) = (drawn + FRAME, drawn + KEY_FRAME);
        }
        let wake = match (dirty, state.app.core.is_running()) {
            (true, _) => next_frame,
            (false, true) => Instant::now() + CLOCK,
            (false, false) => state.next_round,
        };
        let waits = dirty || state.app.core.is_running() || (state.app.core.watch.is_on && state.round.is_none());
        tokio::select! {
            biased;
            () = &mut ended => {
                state.app.core.was_cut = true;
                break;
            }
            event = input.next() => match event {
                Some(Ok(event)) => {
                    let mut events = vec![event];
                    while let Poll::Ready(Some(Ok(event))) = poll!(input.next()) {
                        events.push(event);
                    }
                    if pasted(events).iter().any(|event| state.input(event)) {
                        break;
                    }
                    state.keep_journal();
                    (dirty, next_frame) = (true, next_key_frame);
                }
                // A terminal that is gone will not come back.
                Some(Err(_)) | None => {
                    state.app.core.was_cut = true;
                    break;
                }
            },
            event = next_event(&mut state.runner) => {
                state.take(event);
                state.keep_journal();
                dirty = true;
            }
            event = next_round_event(&mut state.round) => dirty |= state.take_round(event),
            () = sleep_until(wake), if waits => {
                if state.app.core.is_running() {
                    state.app.core.elapsed_ms = millis(state.started.elapsed());
                    dirty = true;
                } else if state.app.core.watch.is_on && state.round.is_none() && Instant::now() >= state.next_round {
                    state.begin_round();
                }
            }
        }
    }
    let Loop { app, runner, round, .. } = state;
    drop((runner, round));
    drop(screen);
    Ok(app)
}

async fn next_event(runner: &mut Option<Runner>) -> Option<CheckEvent> {
    match runner {
        Some(runner) => runner.events.recv().await,
        None => std::future::pending().await,
    }
}

async fn next_round_event(round: &mut Option<(Session, Runner)>) -> Option<CheckEvent> {
    match round {
        Some((_, runner)) => runner.events.recv().await,
        None => std::future::pending().await,
    }
}

/// What waited at the same moment, as it was meant. Windows' console gives a paste as single keys: an Enter with more
/// characters right behind it is no hand's, and must neither start the checks nor make commands of what follows.
fn pasted(events: Vec<Input>) -> Vec<Input> {
    let typed = |event: &Input| match event {
        Input::Key(key) if key.kind != KeyEventKind::Release => match key.code {
            KeyCode::Char(c) => Some(c),
            KeyCode::Enter => Some('\n'),
            KeyCode::Tab => Some('\t'),
            _ => None,
        },
        _ => None,
    };
    let text: String = events.iter().filter_map(typed).collect();
    let has_inner_line_end = text.trim_end().contains('\n');
    let is_text = events.iter().all(|event| typed(event).is_some() || is_release(event));
    match has_inner_line_end && is_text {
        true => vec![Input::Paste(text)],
        false => events,
    }
}

fn is_release(event: &Input) -> bool {
    matches!(event, Input::Key(key) if key.kind == KeyEventKind::Release)
}

impl<O: Outside> Loop<'_, O> {
    /// Takes an input; whether it was the end.
    fn input(&mut self, event: &Input) -> bool {
        self.app.input(event).is_some_and(|effect| self.perform(effect))
    }

    /// Does what an input led to; whether that was the end.
    fn perform(&mut self, effect: Effect) -> bool {
        match effect {
            Effect::Quit => return true,
            Effect::Run(request) => self.run(*request),
            Effect::Copy(text) => self.app.core.message = Some(self.outside.copy(&text)),
            Effect::Save(how) => {
                let core = &mut self.app.core;
                core.message = Some(match self.outside.save(&core.session, &how) {
                    Ok(said) => {
                        core.unsaved = false;
                        core.last_save = Some(how);
                        said
                    }
                    Err(why) => why,
                });
            }
            Effect::Practice(name) => match self.outside.practice(&name) {
                Ok(begun) => {
                    self.runner = None;
                    self.bench = Some(begun.bench);
                    let mut app =
                        App::new(begun.session, self.app.core.theme, screens::Screen::Dashboard(Default::default()));
                    app.core.lesson = begun.lesson;
                    self.app = app;
                    self.run(begun.first);
                }
                Err(why) => self.app.core.message = Some(why),
            },
            Effect::Recover(name) => match self.outside.recover(&name) {
                Ok(session) => {
                    self.app = App::new(session, self.app.core.theme, screens::Screen::Dashboard(Default::default()));
                    self.app.core.unsaved = true;
                    self.app.core.message = Some("taken up again; r checks anew".to_owned());
                }
                Err(why) => self.app.core.message = Some(why),
            },
        }
        false
    }

    fn run(&mut self, mut request: Request) {
        let Some(bench) = self.bench.clone() else { return };
        let core = &mut self.app.core;
        if let Some(account) = request.account.take() {
            core.apply(Event::Edited { account: Box::new(account) });
        }
        if core.session.runs.last().is_some_and(|run| run.finished.is_none()) {
            core.apply(Event::Ended { at: bench.net.now() });
        }
        core.apply(Event::Began { at: bench.net.now(), keeps: std::mem::take(&mut request.keeps) });
        core.refused_today = self.outside.refused(&core.session, false);
        self.started = Instant::now();
        self.runner = Some(Runner::start(&bench, &core.session, request));
        self.keep_journal();
    }

    /// A check tells something, or all have ended.
    fn take(&mut self, event: Option<CheckEvent>) {
        let core = &mut self.app.core;
        match event {
            Some(event) => core.apply(Event::Check(event)),
            None => {
                let with_secret = self.runner.take().is_some_and(|runner| runner.with_secret);
                if let Some(bench) = &self.bench {
                    core.apply(Event::Ended { at: bench.net.now() });
                }
                let login = core.session.run().and_then(|run| run.check("login"));
                let rejected = login.and_then(|check| check.facts.get("result")) == Some(&Value::from("rejected"));
                if with_secret && rejected {
                    core.refused_today = self.outside.refused(&core.session, true);
                }
            }
        }
        core.elapsed_ms = millis(self.started.elapsed());
    }

    fn begin_round(&mut self) {
        let Some(bench) = &self.bench else { return };
        let mut session = self.app.core.session.clone();
        session.apply(Event::Began { at: bench.net.now(), keeps: Group::ALL.to_vec() });
        let only = vec![Group::Dns, Group::Ports, Group::Smtp];
        let request = Request { account: None, only, keeps: vec![], attempt: None };
        let runner = Runner::start(bench, &session, request);
        self.round = Some((session, runner));
    }

    /// An event of a round; whether there is something new to see.
    fn take_round(&mut self, event: Option<CheckEvent>) -> bool {
        let Some((session, _)) = &mut self.round else { return false };
        if let Some(event) = event {
            session.apply(Event::Check(event));
            return false;
        }
        let at = self.bench.as_ref().map_or_else(jiff::Timestamp::now, |bench| bench.net.now());
        let port = session.in_use().map_or(0, |way| way.port);
        let said = |id: &str| {
            let findings = session.run()?.findings();
            let finding = findings.into_iter().find(|finding| finding.id == id)?;
            (finding.outcome == crate::check::Outcome::Fail).then(|| finding.summary.clone())
        };
        let ids = ["dns.server".to_owned(), format!("port.{port}"), format!("smtp.{port}")];
        let faults: Vec<String> = ids.iter().filter_map(|id| said(id)).collect();
        let watch = &mut self.app.core.watch;
        watch.rounds.push_back((at.strftime("%H:%M:%S").to_string(), faults.is_empty(), faults.join("; ")));
        if watch.rounds.len() > MOST_ROUNDS {
            watch.rounds.pop_front();
        }
        if !faults.is_empty() {
            let note = format!("watch, {at}: {}", faults.join("; "));
            self.app.core.apply(Event::Noted(note));
        }
        self.round = None;
        self.next_round = Instant::now() + ROUND;
        true
    }

    fn keep_journal(&mut self) {
        let events = std::mem::take(&mut self.app.core.happened);
        if !events.is_empty()
            && let Err(why) = self.outside.journal(&self.app.core.session, &events)
        {
            self.app.core.message = Some(why);
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
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

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::crossterm::event::{KeyEvent, KeyModifiers};

    fn keys(text: &str) -> Vec<Input> {
        let code = |c| if c == '\n' { KeyCode::Enter } else { KeyCode::Char(c) };
        text.chars().map(|c| Input::Key(KeyEvent::new(code(c), KeyModifiers::NONE))).collect()
    }

    #[test]
    fn a_paste_that_comes_as_keys_starts_nothing() {
        assert_eq!(pasted(keys("0x800CCC0F\nquit")), [Input::Paste("0x800CCC0F\nquit".to_owned())]);
        for hand in ["anna@example.com\n", "\n", "q", "\n\n"] {
            assert_eq!(pasted(keys(hand)), keys(hand), "{hand:?}");
        }
        let up = Input::Key(KeyEvent::new(KeyCode::Up, KeyModifiers::NONE));
        let mixed: Vec<Input> = keys("a\nb").into_iter().chain([up]).collect();
        assert_eq!(pasted(mixed.clone()), mixed);
    }
}
