//! `mailtriage check`: a run without a screen, and how long it goes on once the verdict is final.

use super::args::{CheckArgs, OutputArgs};
use super::{EXIT_USAGE, Stop, ask, batch, output};
use crate::account::stored::StoredAccount;
use crate::check::{Event as CheckEvent, Job, Outcome, run_until};
use crate::report::figures::Thresholds;
use crate::report::first_page::Reader;
use crate::report::format::{Format, How};
use crate::report::formats::FORMATS;
use crate::report::redact::{LeftOut, Redact};
use crate::report::{self, nagios, redact};
use crate::session::{Event, Session};
use crate::site::Site;
use crate::world::World;
use futures::future::LocalBoxFuture;
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

/// As many lines say what could not be read of what mail programs have stored.
const MOST_SKIPPED: usize = 8;

pub(super) async fn run(args: CheckArgs, site: &Site) -> Result<u8, Stop> {
    if let Some(file) = args.batch.batch.clone() {
        return batch::run(args, &file, site).await;
    }
    let options = args.run.options(site)?;
    let trust = args.run.trust(site)?;
    let mut answers = args.run.answers()?;
    args.out.check_target()?;
    let world = World::system(trust);
    let found = args.run.stored(world.machine.as_ref()).await?;
    let address = match args.address {
        None if args.ask && found.is_none() => ask::address(&mut ask::input())?,
        ref given => given.clone(),
    };
    let (account, stored) = args.run.subject(world.machine.as_ref(), address.as_deref(), found.as_ref())?;
    for why in found.iter().flat_map(|found| &found.skipped).take(MOST_SKIPPED) {
        output::say(&format!("mailtriage: not read: {why}"));
    }
    if let Some((question, answer)) = stored.and_then(StoredAccount::answer) {
        answers.entry(question).or_insert(answer);
    }
    let attempt = args.run.password.read(Some(&account), &world).await?;
    let detail = Detail::of(&args);
    let progress = if args.ask { Progress::Faults } else { Progress::of_terminal() };
    let mut session = run_and_show(Job { world, account, options, attempt }, answers, detail, progress).await;
    if args.ask {
        ask::questions(&mut session, &mut ask::input())?;
    }
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
    pub(super) fn of(args: &CheckArgs) -> Self {
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
    run_and_show(job, answers, detail, Progress::of_terminal()).await
}

/// The same, and what is shown meanwhile.
pub(super) async fn run_and_show(
    job: Job,
    answers: BTreeMap<String, String>,
    detail: Detail,
    progress: Progress,
) -> Session {
    run_until_stopped(job, answers, detail, progress, Box::pin(std::future::pending())).await
}

/// The same, but it ends in order when `stop` is ready, whatever is still open.
pub(super) async fn run_until_stopped(
    job: Job,
    answers: BTreeMap<String, String>,
    detail: Detail,
    progress: Progress,
    // Whatever ends it, the code of a run is there once.
    mut stop: LocalBoxFuture<'_, ()>,
) -> Session {
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
    let started = Instant::now();
    let mut until = None;
    loop {
        tokio::select! {
            biased;
            Some(event) = events.recv() => {
                let is_end = matches!(event, CheckEvent::Finished { .. });
                progress.of(&event);
                session.apply(Event::Check(event));
                progress.show(&session);
                if is_end && until.is_none() && detail != Detail::Full && session.diagnosis().is_final {
                    until = detail.after(started.elapsed()).map(|more| Instant::now() + more);
                }
            }
            () = &mut running => break,
            () = &mut stop, if tell.is_some() => drop(tell.take().map(|tell| tell.send(()))),
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

/// What stderr shows while the run goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    Nothing,
    /// One line that counts, which is written over and over.
    Count,
    /// A line for each check that finds something wrong: nothing is written over.
    Faults,
}

impl Progress {
    /// A count, if stderr is a terminal.
    fn of_terminal() -> Self {
        if std::io::stderr().is_terminal() { Progress::Count } else { Progress::Nothing }
    }

    fn of(self, event: &CheckEvent) {
        if let (Progress::Faults, CheckEvent::Finished { finding }) = (self, event)
            && matches!(finding.outcome, Outcome::Fail | Outcome::Warn)
        {
            output::say(&format!("{:<5} {}: {}", finding.outcome.state(), finding.group.title(), finding.summary));
        }
    }

    fn show(self, session: &Session) {
        if let (Progress::Count, Some(run)) = (self, session.run()) {
            let (done, all) = run.progress();
            let _ = write!(std::io::stderr(), "\r{done} of {all} checks done ");
        }
    }

    fn clear(self) {
        if self == Progress::Count {
            let _ = write!(std::io::stderr(), "\r                              \r");
        }
    }
}

impl OutputArgs {
    /// Says before the run whether the report can be written as is asked for.
    pub(super) fn check_target(&self) -> Result<(), Stop> {
        self.thresholds()?;
        match &self.output {
            Some(path) => report::save::check_target(path, self.format().renewed).map_err(Stop::Usage),
            None => output::can_print(),
        }
    }

    /// What is left out for the reader.
    pub(super) fn left_out(&self) -> LeftOut {
        LeftOut::from(Redact::from(self.redact)).and(Reader::from(self.reader).left_out())
    }

    fn format(&self) -> &'static Format {
        self.format.unwrap_or(&FORMATS[0])
    }

    /// The ranges for monitoring.
    pub(super) fn thresholds(&self) -> Result<Thresholds, Stop> {
        let is_given = !self.warning.is_empty() || !self.critical.is_empty();
        if is_given && self.format().name != nagios::FORMAT.name {
            return Err(Stop::Usage("--warning and --critical are for --format nagios".to_owned()));
        }
        Ok(Thresholds { warning: self.warning.clone(), critical: self.critical.clone() })
    }

    /// Writes the report and returns the exit code of its verdict.
    pub(super) fn write(&self, session: &Session) -> Result<u8, Stop> {
        let reader = Reader::from(self.reader);
        let report = redact::redact(&report::json::report(session), self.left_out());
        let (format, thresholds) = (self.format(), self.thresholds()?);
        let how = How { reader, verbose: self.verbose, thresholds: &thresholds };
        let text = (format.write)(&report, how)?;
        match &self.output {
            Some(path) => {
                if let Err(why) = report::save::write(path, &text, format.renewed) {
                    // Nothing is lost: what could not be written to the file is printed.
                    output::say(&format!("mailtriage: {why}"));
                    output::report(&text)?;
                    return Ok(EXIT_USAGE);
                }
                output::say(&format!("mailtriage: saved {}", path.display()));
            }
            None => output::report(&text)?,
        }
        Ok((format.exit)(&report, how))
    }
}
