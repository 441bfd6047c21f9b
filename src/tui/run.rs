//! The loop: takes inputs, reports of the checks, the clock and signals, one at a time; draws; does what the screens
//! ask for.

use super::app::App;
use super::effect::{Effect, Request};
use super::outside::{Begun, Bench, Outside};
use super::round::{self, Measuring};
use super::runner::Runner;
use super::{paste, signals, terminal};
use crate::check::{Event as CheckEvent, millis};
use crate::facts::key::Observable;
use crate::facts::keys::login;
use crate::facts::words::LogIn;
use crate::session::Event;
use futures::future::BoxFuture;
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
/// The terminal cannot be taken over.
pub async fn show(
    app: App,
    bench: Option<Bench>,
    first: Option<Request>,
    outside: &mut impl Outside,
) -> io::Result<App> {
    let mut screen = terminal::Screen::enter()?;
    let mut state = Loop::new(app, outside, bench);
    terminal::mouse(state.app.core.mouse);
    if let Some(request) = first {
        state.start(request);
    }
    state.go_on(&mut screen.terminal).await;
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
    /// A text on its way to the clipboard; in the end it says what to tell the person.
    copying: Option<BoxFuture<'static, String>>,
    next_round: Instant,
    started: Instant,
    /// Whether the terminal is to be given back for a while.
    suspends: bool,
}

impl<'a, O: Outside> Loop<'a, O> {
    fn new(app: App, outside: &'a mut O, bench: Option<Bench>) -> Self {
        let now = Instant::now();
        Loop {
            app,
            outside,
            bench,
            runner: None,
            round: None,
            copying: None,
            next_round: now,
            started: now,
            suspends: false,
        }
    }

    /// Goes on until the person leaves, a signal arrives or the terminal is gone.
    async fn go_on<B: Backend>(&mut self, terminal: &mut Terminal<B>) {
        let mut input = EventStream::new();
        let mut ended = std::pin::pin!(async {
            tokio::select! { () = signals::asked_to_end() => {}, () = terminal::gone() => {} }
        });
        // Signals are waited for before there is anything to see.
        if poll!(&mut ended).is_ready() {
            return self.cut();
        }
        let now = Instant::now();
        let mut frames = Frames { is_wanted: true, next: now, next_for_key: now };
        loop {
            if frames.is_due() {
                // A terminal that takes no frame is gone.
                if draw(terminal, &mut self.app).is_err() {
                    return self.cut();
                }
                frames.drawn();
            }
            let wake = self.wake(&frames);
            tokio::select! {
                biased;
                () = &mut ended => return self.cut(),
                events = next_inputs(&mut input) => {
                    let Some(events) = events else { return self.cut() };
                    let mut events = paste::joined(events);
                    let ends = events.iter().any(|event| self.input(event));
                    paste::wipe(&mut events);
                    if ends {
                        return;
                    }
                    self.keep_journal();
                    if std::mem::take(&mut self.suspends) {
                        if terminal::suspend().is_err() {
                            return self.cut();
                        }
                        // What was drawn before is forgotten. `clear` would ask the terminal where its cursor is.
                        terminal.swap_buffers();
                    }
                    frames.hurry();
                }
                event = told(self.runner.as_mut()) => {
                    self.take(event);
                    self.keep_journal();
                    frames.is_wanted = true;
                }
                said = copied(self.copying.as_mut()) => {
                    self.copying = None;
                    self.app.core.say(said);
                    frames.is_wanted = true;
                }
                event = told_in_round(self.round.as_mut()) => frames.is_wanted |= self.take_round(event),
                () = sleep_until(wake.unwrap_or(now)), if wake.is_some() => frames.is_wanted |= self.tick(),
            }
        }
    }

    /// The session ends, but not by the person.
    fn cut(&mut self) {
        self.app.core.was_cut = true;
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
            self.app.core.watch.next = None;
            return true;
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
            Effect::Copy(text) => {
                self.copying = Some(self.outside.copy(text));
                core.say("copying");
            }
            Effect::Save(how) => match self.outside.save(&core.session, &how) {
                Ok(said) => {
                    core.unsaved = false;
                    core.last_save = Some(how);
                    core.say(said);
                    self.app.saved();
                }
                Err(why) => core.say(why),
            },
            Effect::Practice(name) => match self.outside.practice(&name) {
                Ok(begun) => self.begin(begun),
                Err(why) => core.say(why),
            },
            Effect::Recover(journal) => match self.outside.recover(&journal) {
                Ok(session) => {
                    self.app.resume(session);
                    self.app.core.unsaved = true;
                    self.app.core.say("session restored; r checks everything again");
                }
                Err(why) => core.say(why),
            },
            Effect::Forget(journal) => core.say(match self.outside.forget(&journal) {
                Ok(()) => "deleted".to_owned(),
                Err(why) => why,
            }),
            Effect::Mouse(on) => terminal::mouse(on),
            Effect::Suspend => self.suspends = true,
        }
        false
    }

    /// Starts a scenario in place of the previous session.
    fn begin(&mut self, mut begun: Begun) {
        self.runner = None;
        self.round = None;
        self.bench = Some(begun.bench.clone());
        let first = std::mem::replace(&mut begun.first, Request::everything());
        self.app.practise(begun);
        self.start(first);
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
            Some(event) => {
                let is_refusal = refuses_log_in(&event);
                self.app.core.apply(Event::Check(event));
                // At once: the program may be killed before the run ends.
                if is_refusal {
                    self.app.core.refused_today = self.outside.refused(&self.app.core.session, true);
                }
            }
            None => self.run_ended(),
        }
        self.app.core.elapsed_ms = millis(self.started.elapsed());
    }

    fn run_ended(&mut self) {
        self.runner = None;
        let at = self.now();
        self.app.core.apply(Event::Ended { at });
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
        self.app.core.watch.next = at.checked_add(round::PAUSE).ok();
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

/// Whether a check reports that the server refused the log-in.
fn refuses_log_in(event: &CheckEvent) -> bool {
    let CheckEvent::Fact { id, key, value } = event else { return false };
    *id == login::RESULT.check && *key == login::RESULT.name && LogIn::of_value(value) == Some(LogIn::Rejected)
}

async fn copied(copying: Option<&mut BoxFuture<'static, String>>) -> String {
    match copying {
        Some(copying) => copying.await,
        None => std::future::pending().await,
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, Address};
    use crate::machine::Local;
    use crate::session::Session;
    use crate::tui::effect::SaveHow;
    use crate::tui::theme::Theme;
    use std::path::Path;

    /// A world outside that only counts.
    struct Counting(u32);

    impl Outside for Counting {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }
        fn save(&mut self, _: &Session, _: &SaveHow) -> Result<String, String> {
            Err(String::new())
        }
        fn copy(&mut self, _: String) -> BoxFuture<'static, String> {
            Box::pin(std::future::pending())
        }
        fn journal(&mut self, _: &Session, _: &[Event]) -> Result<(), String> {
            Ok(())
        }
        fn refused(&mut self, _: &Session, one_more: bool) -> u32 {
            self.0 += u32::from(one_more);
            self.0
        }
        fn practice(&mut self, _: &str) -> Result<Begun, String> {
            Err(String::new())
        }
        fn recover(&mut self, _: &Path) -> Result<Session, String> {
            Err(String::new())
        }
        fn forget(&mut self, _: &Path) -> Result<(), String> {
            Err(String::new())
        }
    }

    /// The program may be killed before the run ends.
    #[test]
    fn a_refused_log_in_counts_when_it_happens_and_once() {
        let session = Session::new(Account::new(Address::parse("anna@example.com").unwrap()), &Local::default());
        let app = App::dashboard(session, Theme { ascii: true, plain: true, ..Theme::default() });
        let mut outside = Counting(0);
        let mut state = Loop::new(app, &mut outside, None);
        let result = |word: LogIn| CheckEvent::Fact {
            id: login::RESULT.check.to_owned(),
            key: login::RESULT.name.to_string(),
            value: word.to_value(),
        };
        for (word, count) in [(LogIn::NotTried, 0), (LogIn::Temporary, 0), (LogIn::Accepted, 0), (LogIn::Rejected, 1)] {
            state.take(Some(result(word)));
            assert_eq!(state.app.core.refused_today, count);
        }
        state.take(None);
        assert_eq!(state.app.core.refused_today, 1);
    }
}
