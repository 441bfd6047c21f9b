//! What a row of the suite is, and what must hold for each of them. No behaviour is described here.

use super::lab;
use mailtriage::check::Job;
use mailtriage::cli::Detail;
use mailtriage::practice::{Scenario, scenario};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// The password that must be nowhere.
pub const PASSWORD: &str = "correct horse";
/// A run's deadline is 45 s; it may take a little to close.
const LONGEST: Duration = Duration::from_secs(48);
/// What a run may add to the memory of this process, in MiB; the other thread's run counts here as well.
const MOST_MEMORY: usize = 40;
const LONGEST_REPORT: usize = 600_000;

/// The causes that say no more than what was seen, and why they do not.
#[derive(Clone, Copy)]
pub struct Fits {
    pub causes: &'static [&'static str],
    pub because: &'static str,
}

/// A behaviour in one place.
pub struct Case {
    /// In which part of the suite it is counted.
    pub part: &'static str,
    pub what: String,
    /// Where: protocol and state.
    pub place: String,
    pub fits: Fits,
    /// The scenario that all is laid over.
    pub base: &'static str,
    /// The account and the world, laid over its own.
    pub account: String,
    pub world: String,
    /// How long a run goes on after its verdict.
    pub detail: Detail,
    /// What else is changed.
    pub change: Box<dyn Fn(&mut Job) + Send + Sync>,
}

impl Case {
    pub fn new(part: &'static str, what: impl Into<String>, place: impl Into<String>, fits: Fits) -> Self {
        let (account, world) = (String::new(), String::new());
        let change = Box::new(|_: &mut Job| {});
        let (what, place) = (what.into(), place.into());
        Case { part, what, place, fits, base: "healthy-587", account, world, detail: Detail::Full, change }
    }

    fn scenario(&self) -> Scenario {
        let read = |text: &str| -> toml::Table {
            toml::from_str(text).unwrap_or_else(|why| panic!("{}, {}: {why}\n{text}", self.what, self.place))
        };
        let mut base = scenario(self.base).unwrap();
        base.account.extend(read(&self.account));
        base.with(read(&self.world))
    }
}

/// What a case came to.
struct Outcome {
    at: usize,
    cause: String,
    /// By the run's own clock, which is made up.
    elapsed: Duration,
    took: Duration,
    memory: Option<usize>,
    wrong: Vec<String>,
}

/// Runs all cases, says how it went, and fails if one of them is wrong.
pub fn hold(cases: Vec<Case>) {
    let wanted = std::env::var("MAILTRIAGE_HOSTILE").unwrap_or_default();
    let cases: Vec<Case> =
        cases.into_iter().filter(|case| format!("{}, {}", case.what, case.place).contains(&wanted)).collect();
    // A third of them, unless all are asked for (some minutes) or some by name.
    let all = !wanted.is_empty() || std::env::var_os("MAILTRIAGE_ALL_HOSTILE").is_some();
    let cases: Vec<Case> =
        cases.into_iter().enumerate().filter(|(at, _)| all || at % 3 == 0).map(|(_, case)| case).collect();
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(Vec::new());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((at, case)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, cases.get(at)?)))
                {
                    let outcome = run(at, case);
                    outcomes.lock().unwrap().push(outcome);
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by_key(|outcome| outcome.at);
    for outcome in &outcomes {
        let case = &cases[outcome.at];
        println!("{}, {}: {} after {:.1} s", case.what, case.place, outcome.cause, outcome.elapsed.as_secs_f64());
    }
    say_figures(&cases, &outcomes, started.elapsed());
    let wrong: Vec<&String> = outcomes.iter().flat_map(|outcome| &outcome.wrong).collect();
    let lines: Vec<&str> = wrong.iter().map(|line| line.as_str()).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), lines.join("\n"));
}

fn run(at: usize, case: &Case) -> Outcome {
    let before = memory::begin();
    let started = Instant::now();
    let (session, elapsed) = lab::on_paused_time(async {
        let mut job = mailtriage::cli::job(&case.scenario()).unwrap();
        (case.change)(&mut job);
        let began = tokio::time::Instant::now();
        (mailtriage::cli::run_with(job, BTreeMap::new(), case.detail).await, began.elapsed())
    });
    let took = started.elapsed();
    let cause = session.diagnosis().cause;
    let report = mailtriage::report::json::to_string(&mailtriage::report::json::report(&session));
    let memory = before.and_then(memory::grown);
    // For the work on a case: its report, to be opened.
    if let Some(folder) = std::env::var_os("MAILTRIAGE_HOSTILE_REPORTS") {
        let file = std::path::Path::new(&folder).join(format!("{at}.json"));
        std::fs::write(file, &report).unwrap_or_else(|why| panic!("the folder for reports: {why}"));
    }
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            wrong.push(format!("{}, {}: {what}", case.what, case.place));
        }
    };
    let path = session.diagnosis().path;
    let because = path.last().map(|step| step.because.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    must(
        case.fits.causes.contains(&cause.as_str()),
        format!("{cause} since {}; but {}: {:?}", because.unwrap_or_default(), case.fits.because, case.fits.causes),
    );
    must(elapsed <= LONGEST, format!("took {elapsed:?}"));
    must(memory.is_none_or(|memory| memory <= MOST_MEMORY), format!("took {memory:?} MiB"));
    must(report.len() <= LONGEST_REPORT, format!("the report has {} bytes", report.len()));
    must(!report.contains('\u{1b}') && !report.contains('\u{202e}'), "the report has a control character".to_owned());
    must(!report.contains(PASSWORD), "the report holds the password".to_owned());
    let broken = lab::broken_off(&session);
    must(broken.is_empty(), broken.join(", "));
    Outcome { at, cause, elapsed, took, memory, wrong }
}

/// How many behaviours there were, the slowest of them, and the one that took most memory.
fn say_figures(cases: &[Case], outcomes: &[Outcome], took: Duration) {
    let mut parts: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        *parts.entry(case.part).or_default() += 1;
    }
    let parts: Vec<String> = parts.iter().map(|(part, count)| format!("{count} {part}")).collect();
    println!("{} hostile behaviours ({}) in {:.1} s", cases.len(), parts.join(", "), took.as_secs_f64());
    let say = |what: &str, outcome: Option<&Outcome>, figure: &dyn Fn(&Outcome) -> String| {
        if let Some(outcome) = outcome {
            let case = &cases[outcome.at];
            println!("{what}: {}: {}, {}", figure(outcome), case.what, case.place);
        }
    };
    let longest = outcomes.iter().max_by_key(|outcome| outcome.elapsed);
    say("longest by its own clock", longest, &|outcome| format!("{:.1} s", outcome.elapsed.as_secs_f64()));
    let slowest = outcomes.iter().max_by_key(|outcome| outcome.took);
    say("slowest", slowest, &|outcome| format!("{:.2} s", outcome.took.as_secs_f64()));
    let most = outcomes.iter().max_by_key(|outcome| outcome.memory);
    say("most memory", most, &|outcome| outcome.memory.map_or_else(String::new, |memory| format!("{memory} MiB")));
}

/// The memory of this process, as Linux tells it; elsewhere it is not measured.
mod memory {
    /// What is resident, with the peak forgotten, in KiB.
    pub fn begin() -> Option<usize> {
        // 5 sets the peak to what is resident now (proc_pid_clear_refs(5)).
        std::fs::write("/proc/self/clear_refs", "5").ok()?;
        field("VmRSS:")
    }

    /// How much the peak is above that, in MiB.
    pub fn grown(before: usize) -> Option<usize> {
        Some(field("VmHWM:")?.saturating_sub(before) / 1_024)
    }

    fn field(name: &str) -> Option<usize> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse().ok()
    }
}
