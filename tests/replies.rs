//! Literal refusals and errors from public threads, manuals and sources (`replies/found.toml`): each must be read as what
//! it means. In a run the phase is known; a pasted text says nothing about it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::facts::pasted;
use mailtriage::facts::replies::{self, Phase};
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
        "pasted" => pasted::cause(&found.said).map(str::to_owned),
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

#[test]
fn replies_found_in_public_are_understood() {
    let file: File = toml::from_str(include_str!("replies/found.toml")).unwrap();
    let mut wrong = Vec::new();
    for found in &file.found {
        let meaning = meaning(found);
        if !found.means.contains(&meaning) {
            wrong.push(format!("{}: {:?}\n    {meaning}, not {}", found.at, found.said, found.means.join(" or ")));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), file.found.len(), wrong.join("\n"));
}
