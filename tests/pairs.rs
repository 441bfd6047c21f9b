//! Two faults at once, by construction: every pair of the lab's single faults that can be in one world, and a sample of
//! those pairs with a third. The fault that the mail program meets first is the verdict; the other one is said as well,
//! or is left unsaid because nothing got as far; it is never ruled out, and nothing else is accused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

#[path = "pairs/compose.rs"]
mod compose;
mod lab;
#[path = "pairs/table.rs"]
mod table;

use compose::{Part, compose};
use mailtriage::guide::rule::Certainty;
use mailtriage::session::Session;
use mailtriage::session::diagnosis::Diagnosis;
use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::thread;
use table::{ALONE, APART, EXCEPTIONS, Of, Place, ROWS};

/// The names of the scenarios, as the files in their folder.
fn scenarios() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/practice/scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

#[test]
fn every_scenario_has_its_row() {
    let rows = ROWS.iter().map(|(_, name)| *name).chain(ALONE.iter().map(|(name, _)| *name));
    let rows: BTreeSet<&str> = rows.collect();
    let missing: Vec<String> = scenarios().into_iter().filter(|name| !rows.contains(name.as_str())).collect();
    assert!(missing.is_empty(), "say in tests/pairs/table.rs where on the way the fault of {missing:?} is met");
}

/// All pairs take some minutes. Unless this variable is set, of the pairs at the same two places one is tried, and of
/// the others each so many.
const ALL: &str = "MAILTRIAGE_ALL_PAIRS";
const SAMPLE: usize = 12;

/// Every pair of parts, each met at another place.
fn pairs(parts: &[Part]) -> Vec<Vec<&Part>> {
    let firsts = parts.iter().enumerate();
    let pairs = firsts.flat_map(|(index, first)| parts[index + 1..].iter().map(move |second| vec![first, second]));
    let pairs = pairs.filter(|pair| pair[0].place != pair[1].place && can_be(pair));
    let mut places = BTreeSet::new();
    let is_kept = |(index, pair): &(usize, Vec<&Part>)| {
        let is_new = places.insert((pair[0].place, pair[1].place));
        is_new || index % SAMPLE == 0 || std::env::var_os(ALL).is_some()
    };
    pairs.enumerate().filter(is_kept).map(|(_, pair)| pair).collect()
}

/// Whether these can be in one world.
fn can_be(parts: &[&Part]) -> bool {
    let is = |of: &Of| parts.iter().any(|part| of.is(part.place, part.name));
    !APART.iter().any(|(a, b, _)| is(a) && is(b))
}

/// What is wrong with the verdict on a world in which all of these are; nothing, if it cannot be.
fn faults(parts: &[&Part]) -> Vec<String> {
    let Some(scenario) = compose(parts) else { return Vec::new() };
    let session = lab::run(&scenario);
    let diagnosis = session.diagnosis();
    let mut faults = judged(parts, session.in_use().map_or(587, |in_use| in_use.port), &diagnosis);
    faults.extend(lab::broken_off(&session));
    if !faults.is_empty() {
        let names: Vec<&str> = parts.iter().map(|part| part.name).collect();
        faults.insert(0, format!("== {}", names.join(" + ")));
        faults.push(way(&session));
    }
    faults
}

fn way(session: &Session) -> String {
    let diagnosis = session.diagnosis();
    let last = diagnosis.path.iter().rfind(|step| !step.because.is_empty());
    let because = last.map(|step| step.because.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    format!("    {} because {}", diagnosis.last_step().unwrap_or_default(), because.unwrap_or_default())
}

fn is_excepted(parts: &[&Part], cause: &str) -> bool {
    let concerns = |of: &Of| parts.iter().position(|part| of.is(part.place, part.name));
    EXCEPTIONS.iter().any(|(a, b, causes, _)| {
        let are_two = match (concerns(a), b) {
            (Some(_), Of::Any) => true,
            (Some(_), b) => concerns(b).is_some(),
            (None, _) => false,
        };
        are_two && causes.contains(&cause)
    })
}

/// A server's words, as the caller has them, win over a cause that is only likely (docs/guide/caller.md).
fn is_told(parts: &[&Part], first: &Part, cause: &str) -> bool {
    let told = parts.iter().any(|part| part.place == Place::Told && part.truth.cause == cause);
    told && first.truth.certainty != Certainty::Certain
}

fn judged(parts: &[&Part], port: u16, found: &Diagnosis) -> Vec<String> {
    let mut faults = Vec::new();
    let first = parts.iter().min_by_key(|part| part.place).unwrap();
    let is_allowed = is_told(parts, first, &found.cause) || is_excepted(parts, &found.cause);
    if found.cause != first.truth.cause && !is_allowed {
        let cause = &first.truth.cause;
        faults.push(format!("    {} ({}) in place of {cause}", found.cause, found.certainty.word()));
    }
    if !found.is_final {
        faults.push("    is not final".to_owned());
    }
    let known: BTreeSet<&String> =
        parts.iter().flat_map(|part| part.truth.also.iter().chain([&part.truth.cause])).collect();
    let accused = found.also.iter().filter(|cause| !known.contains(cause) && !is_excepted(parts, cause));
    faults.extend(accused.map(|cause| format!("    accuses {cause}")));
    for part in parts.iter().filter(|part| part.is_met_at(port)) {
        let denied = found.ruled_out.iter().filter(|what| part.place.denials().iter().any(|word| what.contains(word)));
        faults.extend(denied.map(|what| format!("    rules out {what}, and yet there is {}", part.name)));
    }
    // A port that is shut and not in use is seen whatever the server does.
    let stays = parts.iter().filter(|part| part.name == "healthy-25-blocked" && first.place > Place::Network);
    let missing = stays.flat_map(|part| &part.truth.also).filter(|cause| !found.also.contains(cause));
    faults.extend(missing.map(|cause| format!("    {cause} is not under also")));
    faults
}

/// Judges these sets on all processors.
fn all_are_right(sets: Vec<Vec<&Part>>) {
    let (queue, wrong) = (Mutex::new(sets.iter()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, NonZero::get) {
            scope.spawn(|| {
                while let Some(set) = { queue.lock().unwrap().next() } {
                    let faults = faults(set);
                    if !faults.is_empty() {
                        wrong.lock().unwrap().push(faults.join("\n"));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{} of {} are wrong\n{}", wrong.len(), sets.len(), wrong.join("\n"));
}

#[test]
fn of_two_faults_the_first_one_is_the_verdict() {
    let parts: Vec<Part> = ROWS.iter().map(|(place, name)| Part::read(*place, name)).collect();
    all_are_right(pairs(&parts));
}

#[test]
fn a_third_that_stops_nothing_changes_no_verdict() {
    let parts: Vec<Part> = ROWS.iter().map(|(place, name)| Part::read(*place, name)).collect();
    let stops_nothing = |part: &&Part| part.place == Place::Nothing;
    let harmless: Vec<&Part> = parts.iter().filter(stops_nothing).collect();
    let pairs = pairs(&parts).into_iter().filter(|pair| !pair.iter().any(stops_nothing));
    let sample = pairs.enumerate().filter(|(index, _)| index % 7 == 0);
    let triples = sample.map(|(index, mut set)| {
        set.push(harmless[index / 7 % harmless.len()]);
        set
    });
    all_are_right(triples.filter(|set| can_be(set)).collect());
}
