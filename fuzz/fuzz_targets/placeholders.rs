//! The text of a cause's page, its placeholders filled in from a run in the lab.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailtriage::guide::Guide;
use mailtriage::session::diagnose::diagnose;
use mailtriage::session::{Session, placeholders};
use mailtriage::{facts, pages, report};
use mailtriage_fuzz::{REPORT, file};
use std::sync::LazyLock;

static SESSION: LazyLock<Session> =
    LazyLock::new(|| report::open::read(&file(REPORT.as_bytes())).expect("a report of ours"));

fuzz_target!(|input: &str| {
    let run = SESSION.run().expect("a run of ours");
    let cause = SESSION.diagnosis().cause;
    let texts = pages::guide().map(|(name, page)| {
        // Before the first section is the summary; the steps are behind a heading.
        let changed = name == format!("causes/{cause}");
        let page = if changed {
            page.replacen("## Fix it\n", &format!("## Fix it\n\n1. {input}\n"), 1)
        } else {
            page.to_owned()
        };
        (name, page)
    });
    let Ok(guide) = Guide::read(texts, &placeholders::names()) else { return };
    let seen = run.observations();
    let input = facts::derive::Input {
        account: &run.account,
        said: run.said.as_deref(),
        wanted: run.wanted.as_ref(),
        seen: &seen,
        answers: &SESSION.answers,
    };
    let diagnosis = diagnose(&guide, run, &facts::derive::derive(input), "");
    for (field, marks) in &diagnosis.marks {
        assert!(marks.iter().all(|(start, end, _)| start <= end), "{field}");
    }
});
