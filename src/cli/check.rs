//! `mailtriage check`: a run without a screen, and how long it goes on once the verdict is final.

use super::args::{CheckArgs, OutputArgs};
use super::{EXIT_USAGE, Stop, output};
use crate::account::stored::StoredAccount;
use crate::check::{Event as CheckEvent, Job, run_until};
use crate::report::first_page::Reader;
use crate::report::format::How;
use crate::report::formats::FORMATS;
use crate::report::{self, redact};
use crate::session::{Event, Session};
use crate::site::Site;
use crate::world::World;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// As many lines say what could not be read of what mail programs have stored.
const MOST_SKIPPED: usize = 8;

pub(super) async fn run(args: CheckArgs, site: &Site) -> Result<u8, Stop> {
    let options = args.run.options(site)?;
    let trust = args.run.trust(site)?;
    let mut answers = args.run.answers()?;
    args.out.check_target()?;
    let world = World::system(trust);
    let found = args.run.stored(world.machine.as_ref()).await;
    let (account, stored) = args.run.subject(world.machine.as_ref(), args.address.as_deref(), found.as_ref())?;
    for why in found.iter().flat_map(|found| &found.skipped).take(MOST_SKIPPED) {
        output::say(&format!("mailtriage: not read: {why}"));
    }
    if let Some((question, answer)) = stored.and_then(StoredAccount::answer) {
        answers.entry(question).or_insert(answer);
    }
    let attempt = args.run.password.read(Some(&account), &world).await?;
    let detail = Detail::of(&args);
    let session = run_with(Job { world, account, options, attempt }, answers, detail).await;
    args.out.write(&session)
}

/// How much of what only adds detail a run waits for, once no check can change its verdict any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Nothing.
    Least,
    /// What comes within a fraction of the time that the verdict took: on a near server most of it, on a silent one some
    /// of the way to it.
    Bounded,
    /// Everything.
    Full,
}

/// The fraction: a fifth keeps the whole run within one and a half of the verdict's own chain of round trips.
const MORE: u32 = 5;

impl Detail {
    /// Groups that were asked for by name are not left out.
    fn of(args: &CheckArgs) -> Self {
        match (args.fast, args.full || !args.run.only.is_empty()) {
            (true, _) => Detail::Least,
            (_, true) => Detail::Full,
            _ => Detail::Bounded,
        }
    }

    /// How much longer the run goes on after a verdict that took so long; `None` is to the end.
    fn after(self, verdict: Duration) -> Option<Duration> {
        match self {
            Detail::Least => Some(Duration::ZERO),
            Detail::Bounded => Some(verdict / MORE),
            Detail::Full => None,
        }
    }
}

/// Runs all checks of a job to their end and returns the finished session.
pub async fn run_to_end(job: Job, answers: BTreeMap<String, String>) -> Session {
    run_with(job, answers, Detail::Full).await
}

/// Runs a job with this much detail and returns the finished session.
pub async fn run_with(job: Job, answers: BTreeMap<String, String>, detail: Detail) -> Session {
    let machine = Arc::clone(&job.world.machine);
    let mut session = Session::new(job.account.clone(), &machine.local());
    for (question, answer) in answers {
        session.apply(Event::Answered { question, answer: Some(answer) });
    }
    session.apply(Event::Began { at: machine.now(), keeps: vec![] });
    let (sender, mut events) = mpsc::unbounded_channel();
    let (tell, told) = oneshot::channel::<()>();
    let mut tell = Some(tell);
    let running = run_until(job, sender, async { drop(told.await) });
    tokio::pin!(running);
    let progress = Progress::new();
    let started = Instant::now();
    let mut until = None;
    loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => {
                let is_end = matches!(event, CheckEvent::Finished { .. });
                session.apply(Event::Check(event));
                progress.show(&session);
                if is_end && until.is_none() && detail != Detail::Full && session.diagnosis().is_final {
                    until = detail.after(started.elapsed()).map(|more| Instant::now() + more);
                }
            }
            () = &mut running => break,
            () = sleep_until(until.unwrap_or(started)), if until.is_some() && tell.is_some() => {
                let _ = tell.take().map(|tell| tell.send(()));
            }
        }
    }
    while let Ok(event) = events.try_recv() {
        session.apply(Event::Check(event));
    }
    session.apply(Event::Ended { at: machine.now() });
    progress.clear();
    session
}

/// A line on stderr while the run goes on, if stderr is a terminal.
struct Progress {
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        Progress { shown: std::io::stderr().is_terminal() }
    }

    fn show(&self, session: &Session) {
        if let (true, Some(run)) = (self.shown, session.run()) {
            let (done, all) = run.progress();
            let _ = write!(std::io::stderr(), "\r{done} of {all} checks done ");
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r                              \r");
        }
    }
}

impl OutputArgs {
    /// Says before the run whether the report can be written.
    pub(super) fn check_target(&self) -> Result<(), Stop> {
        match &self.output {
            Some(path) => report::save::check_target(path).map_err(Stop::Usage),
            None => output::can_print(),
        }
    }

    /// Writes the report and returns the exit code of its verdict.
    pub(super) fn write(&self, session: &Session) -> Result<u8, Stop> {
        let left_out: redact::Redact = self.redact.into();
        let report = redact::redact(&report::json::report(session), left_out.into());
        let how = How { reader: Reader::Everything, verbose: self.verbose };
        let text = (self.format.unwrap_or(&FORMATS[0]).write)(&report, how)?;
        match &self.output {
            Some(path) => {
                if let Err(why) = report::save::write_new(path, &text) {
                    // Nothing is lost: what could not be written to the file is printed.
                    output::say(&format!("mailtriage: {why}"));
                    output::report(&text)?;
                    return Ok(EXIT_USAGE);
                }
                output::say(&format!("mailtriage: saved {}", path.display()));
            }
            None => output::report(&text)?,
        }
        Ok(session.diagnosis().outcome.exit_code())
    }
}
