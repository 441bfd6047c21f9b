//! `mailtriage check --batch`: many accounts, each with a run of its own, so many at a time and in turn at each server; a
//! line of JSON for each as soon as it is done. What a line of the batch may say is in `columns` and `lines`, where the
//! results go in `output`.

mod columns;
mod lines;
mod output;

use super::args::{CheckArgs, RunArgs};
use super::check::{Detail, Progress, run_until_stopped};
use super::turns::{Turns, server_of};
use super::{EXIT_USAGE, Stop, lab, output::say};
use crate::account::Account;
use crate::check::{Job, Options};
use crate::machine::files;
use crate::net::limits;
use crate::report::format::OneLine;
use crate::report::redact::LeftOut;
use crate::report::{json, redact};
use crate::session::Session;
use crate::session::diagnosis::Outcome;
use crate::site::Site;
use crate::text::reason;
use crate::tui::signals::told_to_end;
use crate::world::World;
use clap::Args;
use futures::StreamExt;
use futures::future::{FutureExt, Shared};
use futures::stream::FuturesUnordered;
use lines::{Line, Lines};
use output::{Done, Mark, Target};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// Lines that are read ahead for each run that is going on: those whose server is busy let others by.
const AHEAD: usize = 16;

/// What a batch is asked for.
#[derive(Debug, Args)]
pub(super) struct BatchArgs {
    /// Checks many accounts: CSV with a head line or JSON lines, one account each; - reads standard input; see docs/fleet.md
    #[arg(long, value_name = "FILE", help_heading = "Many accounts",
          conflicts_with_all = ["address", "ask", "from_client", "password_stdin", "password_env", "token_stdin", "oauth_client_id"])]
    pub(super) batch: Option<PathBuf>,
    /// Runs at the same time
    #[arg(long, value_name = "N", default_value = "8", requires = "batch", help_heading = "Many accounts",
          value_parser = clap::value_parser!(u16).range(1..=32))]
    parallel: u16,
    /// Of these, about the same provider or server: each opens up to four connections to it at a time
    #[arg(long, value_name = "N", default_value = "1", requires = "batch", help_heading = "Many accounts",
          value_parser = clap::value_parser!(u16).range(1..=32))]
    per_server: u16,
    /// Seconds from the end of a run to the beginning of the next one about the same provider or server
    #[arg(long, value_name = "SECONDS", default_value = "1", requires = "batch", help_heading = "Many accounts",
          value_parser = pause)]
    pause: Duration,
}

fn pause(typed: &str) -> Result<Duration, String> {
    let seconds = typed.parse::<f64>().ok().filter(|seconds| (0.0..=3_600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "between 0 and 3600 seconds".to_owned())
}

/// What a line is about.
struct Subject {
    address: String,
    /// The scenario of the lab in which it runs: by its name, since many lines wait at a time.
    practice: Option<String>,
    run: RunArgs,
}

/// A line that can be run.
struct Case {
    mark: Mark,
    subject: Subject,
    account: Account,
    answers: BTreeMap<String, String>,
}

/// What came of a line: its result and verdict; nothing, if it was stopped before its end; or why it could not be run.
type Ran = Result<Option<(String, Outcome)>, String>;

/// What was done, for the last line and the exit code.
#[derive(Default)]
struct Count {
    done: usize,
    before: usize,
    broken: usize,
    cannot: usize,
    unsure: usize,
}

impl Count {
    fn outcome(&mut self, outcome: Outcome) {
        match outcome.exit_code() {
            0 => {}
            1 => self.cannot += 1,
            _ => self.unsure += 1,
        }
    }

    /// The worst counts; what was not done, first.
    fn exit_code(&self, was_stopped: bool) -> u8 {
        match self {
            Count { broken: 1.., .. } => EXIT_USAGE,
            Count { cannot: 1.., .. } => Outcome::CannotSend.exit_code(),
            Count { unsure: 1.., .. } => Outcome::Unsure.exit_code(),
            _ if was_stopped => Outcome::Unsure.exit_code(),
            _ => Outcome::CanSend.exit_code(),
        }
    }
}

/// Everything that the runs share.
struct Batch<'a> {
    args: &'a CheckArgs,
    options: Options,
    world: World,
    turns: Turns,
    places: Semaphore,
    /// Ready when the run is to end.
    stop: Shared<Pin<Box<dyn Future<Output = ()> + 'a>>>,
    line: OneLine,
}

pub(super) async fn run(args: CheckArgs, file: &Path, site: &Site) -> Result<u8, Stop> {
    let format = args.out.format.unwrap_or(&json::FORMAT);
    let Some(line) = format.line else {
        return Err(Stop::Usage("--batch writes one line for each account: --format json or row".to_owned()));
    };
    args.out.thresholds()?;
    let mut options = args.run.options(site)?;
    // A thousand runs would be a burden on those who have nothing to do with it.
    if args.run.reference_host.is_empty() && site.references.is_none() {
        options.references = vec![];
    }
    args.run.answers()?;
    limits::room_for(limits::RUN * usize::from(args.batch.parallel))?;
    let source = open(file)?;
    let (mut target, done) = match &args.out.output {
        Some(path) => Target::open(path, format)?,
        None => {
            super::output::can_print()?;
            (Target::Stdout, Done::default())
        }
    };
    let world = World::system(args.run.trust(site)?);
    let limits = &args.batch;
    let batch = Batch {
        options,
        world,
        turns: Turns::new(limits.per_server.into(), limits.pause),
        places: Semaphore::new(limits.parallel.into()),
        stop: told_to_end().boxed_local().shared(),
        line,
        args: &args,
    };
    batch.all(source, file, &mut target, done).await
}

/// Opens what is to be read; the lines come from a thread, since a pipe may keep them waiting.
fn open(file: &Path) -> Result<mpsc::Receiver<Result<Line, String>>, Stop> {
    let shown = file.display().to_string();
    let opened = match shown.as_str() {
        "-" => Lines::open(std::io::stdin()),
        _ => files::open(file).map_err(|error| format!("it cannot be read: {error}")).and_then(Lines::open),
    };
    let opened = opened.map_err(|why| format!("{shown}: {why}"))?;
    let (mut lines, first) = opened.ok_or_else(|| format!("{shown}: there is nothing in it"))?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    std::thread::spawn(move || {
        let mut first = first;
        loop {
            let next = match first.take() {
                Some(first) => Ok(first),
                None => match lines.next() {
                    Ok(Some(line)) => Ok(line),
                    Ok(None) => return,
                    Err(error) => Err(format!("it cannot be read any further: {}", reason(&error))),
                },
            };
            let is_last = next.is_err();
            if sender.blocking_send(next).is_err() || is_last {
                return;
            }
        }
    });
    Ok(receiver)
}

impl Batch<'_> {
    async fn all(
        &self,
        mut lines: mpsc::Receiver<Result<Line, String>>,
        file: &Path,
        target: &mut Target,
        done: Done,
    ) -> Result<u8, Stop> {
        let mut count = Count { before: done.outcomes.len(), ..Count::default() };
        done.outcomes.iter().for_each(|outcome| count.outcome(*outcome));
        let most = AHEAD * usize::from(self.args.batch.parallel);
        let (mut running, mut seen, mut stop) = (FuturesUnordered::new(), BTreeMap::new(), self.stop.clone());
        let (mut is_read, mut was_stopped) = (false, false);
        while !(is_read && running.is_empty()) {
            tokio::select! {
                biased;
                () = &mut stop, if !was_stopped => (is_read, was_stopped) = (true, true),
                Some((mark, result)) = running.next() => {
                    let (mark, result): (Mark, Ran) = (mark, result);
                    match result {
                        Ok(Some((text, outcome))) => {
                            if let Err(why) = target.write(&text) {
                                return Err(Stop::Usage(format!("the results could not be written: {why}")));
                            }
                            count.done += 1;
                            count.outcome(outcome);
                        }
                        // It was stopped before its end.
                        Ok(None) => {}
                        Err(why) => broken(&mut count, file, &format!("{}: {why}", mark.line)),
                    }
                }
                next = lines.recv(), if !is_read && running.len() < most => match next {
                    None => is_read = true,
                    Some(Err(why)) => {
                        broken(&mut count, file, &why);
                        is_read = true;
                    }
                    Some(Ok(line)) => {
                        let number = line.number;
                        match self.case(line) {
                            Err(why) => broken(&mut count, file, &format!("{number}: {why}")),
                            Ok((case, key)) => {
                                let same = *seen.entry(key).or_insert(number);
                                if same != number {
                                    clear();
                                    say(&format!("mailtriage: {}:{number}: the same as line {same}, done once", file.display()));
                                } else if !done.has(number, key) {
                                    running.push(self.one(case));
                                }
                            }
                        }
                    }
                },
            }
            progress(&count);
        }
        target.finish()?;
        clear();
        self.say_end(&count, was_stopped);
        Ok(count.exit_code(was_stopped))
    }

    /// What is to be run, and its checksum; the error says what is wrong with the line.
    fn case(&self, line: Line) -> Result<(Case, u64), String> {
        let cells = line.cells?;
        let mut names: Vec<String> =
            cells.iter().map(|cell| format!("{}={}\n", cell.column.names[0], cell.value)).collect();
        names.sort_unstable();
        let digest = Sha256::digest(names.concat());
        let key = digest.iter().take(8).fold(0, |key, byte| key << 8 | u64::from(*byte));
        let mut subject = Subject { address: String::new(), practice: None, run: self.args.run.clone() };
        let places: Vec<(&str, String)> = cells.iter().map(|cell| (cell.column.names[0], cell.place.clone())).collect();
        for cell in cells {
            (cell.column.set)(&mut subject, cell.value).map_err(|why| format!("{}: {why}", cell.place))?;
        }
        let account = subject.account(&self.world);
        let (account, answers) = account.map_err(|why| {
            let place = places.iter().find(|(name, _)| why.starts_with(&format!("--{name}")));
            match place.or(places.iter().find(|(name, _)| *name == "address")) {
                Some((_, place)) => format!("{place}: {why}"),
                None => why,
            }
        })?;
        let is_redacted = self.left_out() != LeftOut::NOTHING;
        let mark = Mark { line: line.number, key: (!is_redacted).then_some(key) };
        Ok((Case { mark, subject, account, answers }, key))
    }

    fn left_out(&self) -> LeftOut {
        self.args.out.left_out()
    }

    /// One account, from waiting for its turn to its line; no line if it was stopped before its end.
    async fn one(&self, case: Case) -> (Mark, Ran) {
        let mark = case.mark.clone();
        let mut stop = self.stop.clone();
        let ready = async {
            // In the lab, each has a network of its own.
            let turn = match case.subject.practice {
                Some(_) => None,
                None => Some(self.turns.wait(&server_of(&case.account, self.world.net.as_ref()).await).await),
            };
            (turn, self.places.acquire().await)
        };
        let _turn = tokio::select! {
            biased;
            () = &mut stop => return (mark, Ok(None)),
            turn = ready => turn,
        };
        let (job, answers) = match self.job(case).await {
            Ok(job) => job,
            Err(why) => return (mark, Err(why)),
        };
        let detail = Detail::of(self.args);
        let session = run_until_stopped(job, answers, detail, Progress::Nothing, stop.clone().boxed_local()).await;
        // Whatever a stopped run has not seen would look like a fault.
        match stop.now_or_never() {
            Some(()) => (mark, Ok(None)),
            None => (mark.clone(), Ok(Some(self.line(&session, &mark)))),
        }
    }

    async fn job(&self, case: Case) -> Result<(Job, BTreeMap<String, String>), String> {
        let Case { subject, account, mut answers, .. } = case;
        if let Some(name) = subject.practice {
            let scenario = lab::find(&name)?.of_mailbox(&account.address.to_string());
            let mut job = lab::job(&scenario)?;
            job.account = over(account, job.account);
            for (question, answer) in scenario.answers {
                answers.entry(question).or_insert(answer);
            }
            return Ok((job, answers));
        }
        let world = self.world.again();
        let attempt = subject.run.password.read(Some(&account), &world).await;
        let attempt = attempt.map_err(|stop| stop.to_string())?;
        Ok((Job { world, account, options: self.options.clone(), attempt }, answers))
    }

    fn line(&self, session: &Session, mark: &Mark) -> (String, Outcome) {
        let report = redact::redact(&json::report(session), self.left_out());
        let mut value = (self.line.value)(&report);
        value["batch"] = mark.value();
        (json::on_one_line(&value), report.outcome())
    }

    fn say_end(&self, count: &Count, was_stopped: bool) {
        let before = if count.before > 0 { format!(", {} before", count.before) } else { String::new() };
        let broken = if count.broken > 0 { format!(", {} lines not done", count.broken) } else { String::new() };
        let (cannot, unsure) = (count.cannot, count.unsure);
        say(&format!(
            "mailtriage: {} accounts done{before}; {cannot} cannot send, {unsure} unsure{broken}",
            count.done
        ));
        if was_stopped {
            let again = if self.args.out.output.is_some() { ": the same command goes on from there" } else { "" };
            say(&format!("mailtriage: stopped{again}"));
        }
    }
}

impl Subject {
    /// The account, and the answers to the guide's questions.
    fn account(&self, world: &World) -> Result<(Account, BTreeMap<String, String>), String> {
        let address = Some(self.address.as_str()).filter(|address| !address.is_empty());
        // In the lab the scenario has one.
        let of_scenario =
            || Some(lab::find(self.practice.as_deref()?).ok()?.account.get("address")?.as_str()?.to_owned());
        let address = address.map(str::to_owned).or_else(of_scenario);
        let address = address.ok_or_else(|| "there is no address in it".to_owned())?;
        let subject = self.run.subject(world.machine.as_ref(), Some(&address), None);
        let (account, _) = subject.map_err(|stop| stop.to_string())?;
        Ok((account, self.run.answers().map_err(|stop| stop.to_string())?))
    }
}

/// What a line says over what the scenario says.
fn over(line: Account, scenario: Account) -> Account {
    Account {
        address: line.address,
        settings: line.settings.or(scenario.settings),
        client: line.client.or(scenario.client),
        error: line.error.or(scenario.error),
        ticket: line.ticket.or(scenario.ticket),
        since: line.since.or(scenario.since),
        affected: line.affected.or(scenario.affected),
        contact: line.contact.or(scenario.contact),
        from: line.from.or(scenario.from),
        to: line.to.or(scenario.to),
        ..scenario
    }
}

fn broken(count: &mut Count, file: &Path, why: &str) {
    count.broken += 1;
    clear();
    say(&format!("mailtriage: {}:{why}", file.display()));
}

/// One line that counts, if stderr is a terminal.
fn progress(count: &Count) {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r{} accounts done, {} cannot send ", count.before + count.done, count.cannot);
    }
}

fn clear() {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r                                              \r");
    }
}
