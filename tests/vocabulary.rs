//! Which words of the guide's facts no scenario and no variant reaches, according to their snapshots. Printed for
//! whoever judges whether any code can make them (`cargo test --test vocabulary -- --nocapture`); this never fails.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "in a test a panic is the answer; it is there to print")]

use mailtriage::facts::vocabulary;
use std::collections::BTreeSet;

#[test]
fn words_that_no_scenario_comes_to() {
    let mut come_to = BTreeSet::new();
    for folder in ["facts", "variants"] {
        let folder = format!("{}/tests/snapshots/{folder}", env!("CARGO_MANIFEST_DIR"));
        for snapshot in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(snapshot.unwrap().path()).unwrap();
            let facts = text.split("== facts of the guide").nth(1).unwrap_or_default();
            come_to.extend(
                facts
                    .lines()
                    .filter_map(|line| line.split_once(" = "))
                    .map(|(fact, word)| (fact.to_owned(), word.to_owned())),
            );
        }
    }
    for kind in vocabulary::all() {
        let is_new = |word: &&&str| !come_to.contains(&(kind.name.to_owned(), (**word).to_owned()));
        let never: Vec<&str> = kind.words.iter().filter(is_new).copied().collect();
        if !never.is_empty() {
            println!("{}: {}", kind.name, never.join(" "));
        }
    }
}
