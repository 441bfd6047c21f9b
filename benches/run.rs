//! How long a run takes in the practice lab, whose time is exact: healthy and faulty, near and far, in all three details,
//! with the round trips of its longest chain; and what a run costs this computer. docs/performance.md has the output.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark")]

use mailtriage::cli::{Detail, job, run_with};
use mailtriage::practice::{Scenario, scenario};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

const DETAILS: [Detail; 3] = [Detail::Least, Detail::Bounded, Detail::Full];

const WORLDS: [(&str, &str, &str); 6] = [
    ("healthy on 587", "healthy-587", ""),
    ("healthy on 587, 25 silent", "healthy-587", "[[fault]]\nat = \"router\"\ndoes = \"drop\"\nports = [25]\n"),
    ("587 silent", "healthy-587", "[[fault]]\nat = \"router\"\ndoes = \"drop\"\nports = [587]\n"),
    ("25, 465 and 587 silent", "healthy-587", "[[fault]]\nat = \"router\"\ndoes = \"drop\"\nports = [25, 465, 587]\n"),
    ("the resolver silent", "resolver-silent", ""),
    ("wrong password", "password-wrong", ""),
];

fn main() {
    println!("| world | round trip | `--fast` | `check` | `--full` | verdict |\n|---|---|---|---|---|---|");
    for (what, name, changes) in WORLDS {
        for delay in [0, 20, 200, 600] {
            let scenario = scenario(name).unwrap().with(toml::from_str(&format!("{changes}{}", far(delay))).unwrap());
            let runs = DETAILS.map(|detail| run(&scenario, detail));
            let took = runs.each_ref().map(|(_, took)| format!("{:.2} s", took.as_secs_f64()));
            println!("| {what} | {delay} ms | {} | {} |", took.join(" | "), runs[1].0);
        }
    }
    let scenario = scenario("healthy-587").unwrap();
    let began = std::time::Instant::now();
    for _ in 0..20 {
        run(&scenario, Detail::Full);
    }
    println!(
        "\nA whole run of the lab, its servers included, costs {:.0} ms of work.",
        began.elapsed().as_secs_f64() * 50.0
    );
}

/// The cause, and when the run ended.
fn run(scenario: &Scenario, detail: Detail) -> (String, Duration) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let ended = runtime.block_on(async {
        let started = Instant::now();
        let session = run_with(job(scenario).unwrap(), BTreeMap::new(), detail).await;
        (session.diagnosis().cause, started.elapsed())
    });
    runtime.shutdown_background();
    ended
}

/// The server and everything that it is compared with, this far away; the lab's own distances for 0.
fn far(milliseconds: u64) -> String {
    if milliseconds == 0 {
        return String::new();
    }
    let internet: toml::Table = toml::from_str(include_str!("../src/practice/internet.toml")).unwrap();
    let hosts = internet["host"].as_table().unwrap().keys();
    hosts.map(|host| format!("[host.\"{host}\"]\nrtt-ms = {milliseconds}\n")).collect()
}
