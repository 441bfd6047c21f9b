//! The loop: takes inputs, reports of the checks, the clock and signals, one at a time; draws; does what the screens
//! ask for.

use super::app::App;
use super::effect::{Effect, Request};
use super::outside::{Begun, Bench, Outside};
use super::round::{self, Measuring};
use super::runner::Runner;
use super::{paste, signals, terminal};
use crate::check::{Event as CheckEvent, millis};
use crate::facts::vocabulary;
use crate::session::Event;
use futures::{StreamExt, poll};
use ratatui::Terminal;
use ratatui::backend::Backend;
use ratatui::crossterm::event::{Event as Input, EventStream};
use std::io;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// The shortest time between two frames while checks report.
const FRAME: Duration = Duration::from_millis(40);
/// The same while keys arrive: a person sees no delay, and a flood of keys (a long paste) is not drawn one by one.
const KEY_FRAME: Duration = Duration::from_millis(3);
/// How often the clock on the screen moves while a run is going on.
const CLOCK: Duration = Duration::from_millis(500);

/// Shows the app until the person leaves; first runs what is asked for.
///
/// # Errors
/// The terminal cannot be taken over or written to.
pub async fn show(
    app: App,
    bench: Option<Bench>,
    first: Option<Request>,
    outside: &mut impl Outside,
) -> io::Result<App> {
    let mut screen = terminal::Screen::enter()?;
    let now = Instant::now();
    let mut state = Loop { app, outside, bench, runner: None, round: None, next_round: now, started: now };
    if let Some(request) = first {
        state.start(request);
    }
    state.go_on(&mut screen.terminal).await?;
    Ok(state.app)
}

/// Draws a frame.
///
/// # Errors
/// The terminal cannot be written to.
pub fn draw<B: Backend>(terminal: &mut Terminal<B>, app: &mut App) -> Result<(), B::Error> {
    app.core.refresh();
    terminal.draw(|frame| app.render(frame)).map(drop)
}

/// When the next frame is drawn.
struct Frames {
    is_wanted: bool,
    next: Instant,
    next_for_key: Instant,
}

impl Frames {
    fn is_due(&self) -> bool {
        self.is_wanted && Instant::now() >= self.next
    }

    fn drawn(&mut self) {
        let now = Instant::now();
        *self = Frames { is_wanted: false, next: now + FRAME, next_for_key: now + KEY_FRAME };
    }

    /// A key arrived: its frame does not wait for those of the checks.
    fn hurry(&mut self) {
        (self.is_wanted, self.next) = (true, self.next_for_key);
    }
}

/// The loop's own state.
struct Loop<'a, O> {
    app: App,
    outside: &'a mut O,
    bench: Option<Bench>,
    runner: Option<Runner>,
    /// The round of the watch that is being measured.
    round: Option<Measuring>,
    next_round: Instant,
    started: Instant,
}

impl<O: Outside> Loop<'_, O> {
    /// Goes on until the person leaves, a signal arrives or the terminal is gone.
    async fn go_on<B>(&mut self, terminal: &mut Terminal<B>) -> io::Result<()>
    where
        B: Backend<Error = io::Error>,
    {
        let mut input = EventStream::new();
        let mut ended = std::pin::pin!(signals::asked_to_end());
        let now = Instant::now();
        let mut frames = Frames { is_wanted: true, next: now, next_for_key: now };
        loop {
            if frames.is_due() {
                draw(terminal, &mut self.app)?;
                frames.drawn();
            }
            let wake = self.wake(&frames);
            tokio::select! {
                biased;
                () = &mut ended => {
                    self.app.core.was_cut = true;
                    return Ok(());
                }
                events = next_inputs(&mut input) => {
                    let Some(events) = events else {
                        self.app.core.was_cut = true;
                        return Ok(());
                    };
                    if paste::joined(events).iter().any(|event| self.input(event)) {
                        return Ok(());
                    }
                    self.keep_journal();
                    frames.hurry();
                }
                event = told(self.runner.as_mut()) => {
                    self.take(event);
                    self.keep_journal();
                    frames.is_wanted = true;
                }
                event = told_in_round(self.round.as_mut()) => frames.is_wanted |= self.take_round(event),
                () = sleep_until(wake.unwrap_or(now)), if wake.is_some() => frames.is_wanted |= self.tick(),
            }
        }
    }

    /// Until when nothing has to be done if nothing happens; `None` means indefinitely.
    fn wake(&self, frames: &Frames) -> Option<Instant> {
        if frames.is_wanted {
            return Some(frames.next);
        }
        if self.app.core.is_running() {
            return Some(Instant::now() + CLOCK);
        }
        self.waits_for_round().then_some(self.next_round)
    }

    fn waits_for_round(&self) -> bool {
        self.app.core.watch.is_on && self.round.is_none()
    }

    /// The clock moved; returns whether that can be seen.
    fn tick(&mut self) -> bool {
        if self.app.core.is_running() {
            self.app.core.elapsed_ms = millis(self.started.elapsed());
            return true;
        }
        if self.waits_for_round() && Instant::now() >= self.next_round {
            let at = self.now();
            self.round = self.bench.as_ref().map(|bench| Measuring::begin(bench, &self.app.core.session, at));
        }
        false
    }

    /// The time by the clock of whatever is measured.
    fn now(&self) -> jiff::Timestamp {
        self.bench.as_ref().map_or_else(|| self.outside.now(), |bench| bench.world.now())
    }

    /// Takes an input; returns whether the program should end.
    fn input(&mut self, event: &Input) -> bool {
        self.app.input(event).is_some_and(|effect| self.perform(effect))
    }

    /// Does what an input led to; returns whether the program should end.
    fn perform(&mut self, effect: Effect) -> bool {
        let core = &mut self.app.core;
        match effect {
            Effect::Quit => return true,
            Effect::Run(request) => self.start(*request),
            Effect::Copy(text) => core.say(self.outside.copy(&text)),
            Effect::Save(how) => match self.outside.save(&core.session, &how) {
                Ok(said) => {
                    core.unsaved = false;
                    core.last_save = Some(how);
                    core.say(said);
                }
                Err(why) => core.say(why),
            },
            Effect::Practice(name) => match self.outside.practice(&name) {
                Ok(begun) => self.begin(begun),
                Err(why) => core.say(why),
            },
            Effect::Recover(journal) => match self.outside.recover(&journal) {
                Ok(session) => {
                    self.app = App::dashboard(session, core.theme);
                    self.app.core.unsaved = true;
                    self.app.core.say("session restored; r checks everything again");
                }
                Err(why) => core.say(why),
            },
        }
        false
    }

    /// Starts a scenario in place of the previous session.
    fn begin(&mut self, begun: Begun) {
        self.runner = None;
        self.bench = Some(begun.bench);
        self.app = App::dashboard(begun.session, self.app.core.theme);
        self.app.core.lesson = begun.lesson;
        self.start(begun.first);
    }

    /// Starts a run; one that is still going on is broken off.
    fn start(&mut self, mut request: Request) {
        let Some(bench) = self.bench.clone() else { return };
        let at = self.now();
        let core = &mut self.app.core;
        if let Some(account) = request.account.take() {
            core.apply(Event::Edited { account: Box::new(account) });
        }
        if core.session.runs.last().is_some_and(|run| run.finished.is_none()) {
            core.apply(Event::Ended { at });
        }
        core.apply(Event::Began { at, keeps: std::mem::take(&mut request.keeps) });
        core.refused_today = self.outside.refused(&core.session, false);
        self.started = Instant::now();
        self.runner = Some(Runner::start(&bench, &core.session, request));
        self.keep_journal();
    }

    /// A check reports something, or all have ended.
    fn take(&mut self, event: Option<CheckEvent>) {
        match event {
            Some(event) => self.app.core.apply(Event::Check(event)),
            None => self.run_ended(),
        }
        self.app.core.elapsed_ms = millis(self.started.elapsed());
    }

    fn run_ended(&mut self) {
        let with_secret = self.runner.take().is_some_and(|runner| runner.with_secret);
        let at = self.now();
        let core = &mut self.app.core;
        core.apply(Event::Ended { at });
        core.refresh();
        if with_secret && vocabulary::is(&core.facts, "login", "rejected") {
            core.refused_today = self.outside.refused(&core.session, true);
        }
    }

    /// A check of a round reports something, or all have ended; returns whether there is something new to show.
    fn take_round(&mut self, event: Option<CheckEvent>) -> bool {
        let at = self.now();
        let Some(mut round) = self.round.take() else { return false };
        if let Some(event) = event {
            round.take(event);
            self.round = Some(round);
            return false;
        }
        let round = round.end(at);
        if !round.faults.is_empty() {
            self.app.core.apply(Event::Noted(format!("watch, {at}: {}", round.faults.join("; "))));
        }
        self.keep_journal();
        self.app.core.watch.add(round);
        self.next_round = Instant::now() + round::PAUSE;
        true
    }

    fn keep_journal(&mut self) {
        let events = std::mem::take(&mut self.app.core.happened);
        if !events.is_empty()
            && let Err(why) = self.outside.journal(&self.app.core.session, &events)
        {
            self.app.core.say(why);
        }
    }
}

/// The waiting inputs, once there is at least one; `None` if the terminal is gone, which it does not come back from.
async fn next_inputs(input: &mut EventStream) -> Option<Vec<Input>> {
    let mut events = vec![input.next().await?.ok()?];
    while let Poll::Ready(Some(Ok(event))) = poll!(input.next()) {
        events.push(event);
    }
    Some(events)
}

async fn told(runner: Option<&mut Runner>) -> Option<CheckEvent> {
    match runner {
        Some(runner) => runner.next().await,
        None => std::future::pending().await,
    }
}

async fn told_in_round(round: Option<&mut Measuring>) -> Option<CheckEvent> {
    match round {
        Some(round) => round.next().await,
        None => std::future::pending().await,
    }
}
