//! What the tests of the practice lab share: a run on paused time, and everything that it knows as lines of text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    dead_code,
    reason = "in a test a panic is the answer; not each test uses all"
)]

use mailtriage::check::{Job, Reference};
use mailtriage::cli::{Truth, job, run_to_end};
use mailtriage::facts::{Known, Value};
use mailtriage::practice::{Scenario, scenario};
use mailtriage::session::diagnosis::PathStep;
use mailtriage::session::run::State;
use mailtriage::session::{Run, Session};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

pub fn on_paused_time<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let done = runtime.block_on(future);
    runtime.shutdown_background();
    done
}

pub fn run(scenario: &Scenario) -> Session {
    run_with(scenario, |_| {})
}

pub fn run_with(scenario: &Scenario, change: impl FnOnce(&mut Job)) -> Session {
    run_answered(scenario, scenario.answers.clone(), change)
}

fn run_answered(scenario: &Scenario, answers: BTreeMap<String, String>, change: impl FnOnce(&mut Job)) -> Session {
    on_paused_time(async {
        let mut job = job(scenario).unwrap();
        change(&mut job);
        run_to_end(job, answers).await
    })
}

/// A file in `variants`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variant {
    pub title: String,
    /// The scenario that it varies.
    scenario: String,
    /// What replaces the scenario's account: its settings, program and so on.
    #[serde(default)]
    account: toml::Table,
    /// What is laid over the scenario's world.
    #[serde(default)]
    world: toml::Table,
    /// The technician's answers, by question.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// The references in place of the usual ones.
    references: Option<Vec<String>>,
    /// Which connection comes first at a full server, or what still fits before the deadline, differs from run to run:
    /// then only the verdict is compared.
    #[serde(default)]
    pub unsteady: bool,
    pub truth: Truth,
}

/// The scenario in this file.
pub fn scenario_in(path: &Path) -> Scenario {
    let name = path.file_stem().unwrap().to_str().unwrap();
    Scenario::parse(name, &std::fs::read_to_string(path).unwrap()).unwrap_or_else(|why| panic!("{why}"))
}

impl Variant {
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
    }

    pub fn run(&self) -> Session {
        let mut base = scenario(&self.scenario).unwrap_or_else(|| panic!("no scenario {}", self.scenario));
        base.account.extend(self.account.clone());
        run_answered(&base.with(self.world.clone()), self.answers.clone(), |job| {
            if let Some(hosts) = &self.references {
                let reference = |host: &String| Reference { host: host.clone(), ports: vec![25, 465, 587, 443] };
                job.options.references = hosts.iter().map(reference).collect();
            }
        })
    }
}

/// What differs from the truth, with the way that the walk took.
pub fn faults(truth: &Truth, session: &Session) -> Vec<String> {
    let diagnosis = session.diagnosis();
    let mut faults = truth.faults(&diagnosis);
    faults.extend(broken_off(session));
    if !faults.is_empty() {
        let steps = diagnosis.path.iter().map(step);
        faults.push(format!("    way: {}", steps.collect::<Vec<_>>().join(" > ")));
        faults.push(format!("    not known: {}", diagnosis.not_known.join("; ")));
    }
    faults
}

/// The checks that broke off: a snapshot would take that for what they found.
pub fn broken_off(session: &Session) -> Vec<String> {
    let checks = session.run().into_iter().flat_map(|run| &run.checks);
    let broken = checks.filter(|check| match &check.state {
        State::Done(finding) => finding.summary == "this check broke off",
        _ => false,
    });
    broken.map(|check| format!("the check {} broke off: its panic is printed above", check.head.id)).collect()
}

fn step(step: &PathStep) -> String {
    let because: Vec<String> = step.because.iter().map(ToString::to_string).collect();
    format!("{} [{}]", step.page, because.join(", "))
}

/// The verdict, every observed fact and every fact of the guide, a line each: what a snapshot holds.
pub fn everything(session: &Session) -> String {
    let mut out = String::new();
    let diagnosis = session.diagnosis();
    let _ = writeln!(out, "{}, {}, {}", diagnosis.cause, diagnosis.certainty.word(), diagnosis.outcome.says());
    let _ = writeln!(out, "who {}, now {}, also {:?}", diagnosis.who.word(), diagnosis.now.word(), diagnosis.also);
    for (label, facts) in [("against", &diagnosis.against), ("unproven", &diagnosis.unproven)] {
        if !facts.is_empty() {
            let _ = writeln!(out, "{label} [{}]", facts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
        }
    }
    for line in diagnosis.path.iter().map(step) {
        let _ = writeln!(out, "{line}");
    }
    for question in &diagnosis.questions {
        let _ = writeln!(out, "asks {}", question.name);
    }
    out.push_str("\n== observed\n");
    observed(session.run().unwrap(), &mut out);
    out.push_str("\n== facts of the guide\n");
    for (name, known) in session.facts() {
        let said = match known {
            Known::Word(word) => word,
            Known::Unknown(why) => format!("? {why}"),
            Known::Pending(checks) => format!(".. {checks:?}"),
        };
        let _ = writeln!(out, "{name} = {said}");
    }
    out
}

fn observed(run: &Run, out: &mut String) {
    for check in &run.checks {
        let State::Done(finding) = &check.state else {
            let _ = writeln!(out, "{}: {:?}", check.head.id, check.state);
            continue;
        };
        let _ = writeln!(out, "{}: {} {}", finding.id, finding.outcome.state(), finding.summary);
        for (key, value) in &finding.facts {
            let value = match value {
                Value::Number(number) => number.to_string(),
                Value::Word(word) => word.clone(),
                Value::List(list) => format!("[{}]", list.join(", ")),
            };
            let _ = writeln!(out, "  {key} = {value}");
        }
    }
}

/// The settings of all snapshots: what differs from day to day and from machine to machine is replaced.
pub fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"(serial|fingerprint) = [0-9A-Fa-f:]+", "$1 = [hex]");
    settings.add_filter(r"\d{4}-\d\d-\d\d", "[date-----]");
    settings.add_filter(r"\d\d:\d\d:\d\d", "[time--]");
    settings.add_filter(r"port 5\d{4}", "port [nr--]");
    settings.add_filter(r"\d+ ms", "[ms]");
    settings.add_filter(r"_ms = \d+", "_ms = [ms]");
    // These differ from run to run, or from library to library.
    settings.add_filter(r"  (local-ports?|tls-cipher) = .*\n", "");
    settings.add_filter(r"(?s)  pem = -----BEGIN.*?END CERTIFICATE-----\n\n?", "");
    settings.add_filter(r"local ports? [0-9, ]+[0-9]", "local port [nr--]");
    settings.add_filter(r"\b50\d{3}\b", "[nr--]");
    settings.add_filter(r"\[time--\]\.\d{3}", "[time--]");
    settings.add_filter(r"\b[0-9a-f]{10}, run", "[case], run");
    settings.add_filter(r"mailtriage \d+\.\d+\.\d+", "mailtriage [version]");
    settings.add_filter(r"mailtriage\.[0-9a-f]{24}@", "mailtriage.[random]@");
    // What OpenSSL says changes from release to release.
    settings.add_filter(r"[^:=;\n]*\[OpenSSL [0-9A-F]{8}\]", " [the TLS library's words]");
    // A lab certificate is made a moment before it is judged: 60 days are left, or a second less.
    settings.add_filter(r"\b(59|60) days", "NN days");
    settings.set_prepend_module_to_snapshot(false);
    settings
}

/// Compares with the snapshot of this name.
pub fn same_as_before(folder: &str, name: &str, text: &str) {
    let mut settings = snapshots();
    settings.set_omit_expression(true);
    settings.set_snapshot_path(format!("{}/tests/snapshots/{folder}", env!("CARGO_MANIFEST_DIR")));
    settings.bind(|| insta::assert_snapshot!(name, text));
}
