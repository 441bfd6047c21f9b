//! What technicians ask, and the page that must be found: among the first three for words, first for numbers and
//! sentences.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::guide::search::Index;
use mailtriage::session::guide;

/// The rows of a table: what is typed, a tab, and the page.
fn rows(table: &'static str) -> Vec<(&'static str, &'static str)> {
    table.lines().map(|line| line.split_once('\t').unwrap()).collect()
}

/// Error numbers and sentences, each with the page that must come first.
const ERRORS: &str = include_str!("errors.tsv");

/// Questions in words, each with a page that must be among the first three.
const QUESTIONS: &str = include_str!("questions.tsv");

fn found(typed: &str) -> Vec<String> {
    Index::new(guide()).search(typed).pages.into_iter().map(|found| found.page).collect()
}

#[test]
fn errors_lead_to_what_they_mean() {
    let index = Index::new(guide());
    let mut lost = Vec::new();
    for (typed, page) in rows(ERRORS) {
        let pages = index.search(typed).pages;
        if pages.first().is_none_or(|first| first.page != page) {
            let found: Vec<&str> = pages.iter().take(3).map(|found| found.page.as_str()).collect();
            lost.push(format!("{typed}: {page} is not first of {found:?}"));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn a_hundred_questions_find_their_page() {
    let index = Index::new(guide());
    let mut lost = Vec::new();
    let questions = rows(QUESTIONS);
    for (typed, page) in &questions {
        let pages = index.search(typed).pages;
        let found: Vec<&str> = pages.iter().map(|found| found.page.as_str()).collect();
        if !found.iter().take(3).any(|found| found == page) {
            let place = found.iter().position(|found| found == page);
            lost.push(format!("{typed}: {page} is at {place:?}, not in {:?}", &found[..found.len().min(3)]));
        }
    }
    assert!(questions.len() >= 200);
    assert!(lost.is_empty(), "{} of {}\n{}", lost.len(), questions.len(), lost.join("\n"));
}

#[test]
fn numbers_say_what_they_mean_and_what_they_may_point_to() {
    let answer = Index::new(guide()).search("Sending reported error (0x800CCC0F)");
    assert!(answer.means[0].starts_with("0x800CCC0F: "));
    assert!(answer.pages.len() > 2);
    // A code alone says little, but not nothing.
    assert_eq!(found("5.7.139").len().min(2), 2);
    assert!(found("535").contains(&"causes/password-wrong".to_owned()));
}

#[test]
fn nothing_is_found_for_nothing() {
    for typed in ["", "   ", "qwertzuiop", "the of and", "\u{202e}", "😀"] {
        assert_eq!(found(typed), Vec::<String>::new(), "{typed:?}");
    }
    // A pasted megabyte is answered as soon.
    let started = std::time::Instant::now();
    let _ = found(&"0x800CCC0F relaying denied \u{1b}[31m ".repeat(40_000));
    assert!(started.elapsed().as_secs() < 5);
}
