//! Literal refusals and errors from public threads, manuals and sources (`replies/found.toml`): each must be read as what
//! it means. In a run the phase is known; a pasted text says nothing about it. And a measure: of what people pasted into
//! public threads (`replies/threads.toml`, `replies/more-threads.toml`) nearly all is understood, and nothing wrongly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::facts::replies::{self, Phase};
use mailtriage::facts::{outlook_errors, pasted};
use rstest::rstest;
use serde::Deserialize;

/// A reply or an error that somebody has shown in public.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Found {
    /// The phase of the dialogue, or `pasted`.
    at: String,
    /// The literal words, with names and addresses replaced.
    said: String,
    /// The causes that help; `undetermined` where the words name none.
    means: Vec<String>,
    /// Where they were read.
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
struct File {
    found: Vec<Found>,
}

fn meaning(found: &Found) -> String {
    let row = match found.at.as_str() {
        "pasted" => pasted::read(&found.said).cause.map(str::to_owned),
        phase => {
            let phase: Phase = toml::Value::String(phase.to_owned()).try_into().unwrap();
            let lines: Vec<Vec<u8>> = found.said.lines().map(|line| line.as_bytes().to_vec()).collect();
            let code = found.said[..3].parse().unwrap();
            let reply = mailtriage::probe::smtp::Reply { code, lines, elapsed: std::time::Duration::ZERO };
            replies::meaning(phase, &reply.joined(), &reply.as_seen()).map(|row| row.cause.clone())
        }
    };
    row.unwrap_or_else(|| "undetermined".to_owned())
}

#[rstest]
#[case(include_str!("replies/found.toml"))]
#[case(include_str!("replies/thunderbird.toml"))]
#[case(include_str!("replies/languages.toml"))]
fn replies_found_in_public_are_understood(#[case] found: &str) {
    let file: File = toml::from_str(found).unwrap();
    let mut wrong = Vec::new();
    for found in &file.found {
        let meaning = meaning(found);
        if !found.means.contains(&meaning) {
            wrong.push(format!("{}: {:?}\n    {meaning}, not {}", found.at, found.said, found.means.join(" or ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), file.found.len(), wrong.join("\n"));
}

/// An error in a public thread.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Thread {
    /// The address of the thread.
    source: String,
    /// The literal words, with names and addresses replaced.
    said: String,
    /// The causes that help; empty where the words name none.
    means: Vec<String>,
    /// The cause that its number points to first.
    hint: Option<String>,
}

#[derive(Deserialize)]
struct Threads {
    thread: Vec<Thread>,
}

/// Of at least so many that name a cause, so many must be understood.
#[rstest]
#[case(include_str!("replies/threads.toml"), 60, 55)]
#[case(include_str!("replies/more-threads.toml"), 60, 55)]
#[case(include_str!("replies/cases.toml"), 1450, 1432)]
#[case(include_str!("replies/unseen.toml"), 155, 138)]
#[case(include_str!("replies/twins.toml"), 170, 148)]
#[case(include_str!("replies/trial.toml"), 185, 150)]
#[case(include_str!("replies/first-sight.toml"), 380, 335)]
fn what_people_paste_is_understood(#[case] threads: &str, #[case] of: usize, #[case] at_least: usize) {
    let file: Threads = toml::from_str(threads).unwrap();
    let (mut wrong, mut not_understood, mut silent) = (Vec::new(), Vec::new(), 0);
    for thread in &file.thread {
        let cause = pasted::read(&thread.said).cause;
        let hint = outlook_errors::in_text(&thread.said).first().map(|row| row.suggests[0].as_str());
        match cause {
            Some(cause) if !thread.means.iter().any(|means| means == cause) => {
                wrong.push(format!("{}: {cause}: {}", thread.source, thread.said));
            }
            // "Failure sending mail." names no cause: the right answer is that it is not understood.
            None if thread.means.is_empty() && thread.hint.is_none() => silent += 1,
            None if thread.hint.is_none() || hint != thread.hint.as_deref() => {
                not_understood.push(format!("{}: {}", thread.source, thread.said));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{}\nnot understood:\n{}", wrong.join("\n"), not_understood.join("\n"));
    let telling = file.thread.len() - silent;
    let understood = telling - not_understood.len();
    assert!(
        telling >= of && understood * of >= telling * at_least,
        "{understood} of {telling}; not:\n{}",
        not_understood.join("\n")
    );
}

/// What is no error of sending.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoErrors {
    text: Vec<NoError>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoError {
    said: String,
}

#[test]
fn nothing_is_read_out_of_other_texts() {
    let file: NoErrors = toml::from_str(include_str!("replies/no-errors.toml")).unwrap();
    let read = |text: &NoError| Some(format!("{}: {}", pasted::read(&text.said).cause?, text.said));
    let wrong: Vec<String> = file.text.iter().filter_map(read).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
