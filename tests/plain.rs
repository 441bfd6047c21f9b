//! The words that people read: no phrase that a native reader stumbles over, no word twice, no endless sentence. A short
//! table that grows with what reviewers find; it is no judge of style.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use regex_lite::Regex;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// What stumbles, as a regex in lower case, and what to write in its place.
const STUMBLES: &[(&str, &str)] = &[
    (r"mostly", "usually"),
    (r"hosters?", "hosting company, web host"),
    (r"mend(s|ed|ing)?", "fix, correct"),
    (r"(the|an) own", "its own, your own, their own"),
    (r"one's own", "your own, the caller's own"),
    (r"takes? (no |on |in )?(mail|passwords?)", "accepts"),
    (r"from the webmail", "from webmail"),
    (r"(is|are) to be", "has to be, must be"),
    (r"(it|that|this|which|one) is no (server|number|name|address|key|text|cause|colour|time|program)", "is not a"),
    (r"(look|see) that the", "make sure that the"),
    (r"look whether", "check whether"),
    (r"look-ups?", "lookup"),
    (r"afresh|anew", "again"),
    (r"all but those", "all except"),
    (r"in foreign hands", "taken over by somebody else"),
    (r"described nowhere|stands nowhere", "is not described anywhere"),
    (r"nobody says what", "it is not known what"),
    (r"whose doing", "who blocks it"),
    (r"vouch(es|ed)? for the provider", "allows the provider"),
    (r"shuts? (the )?ports?|ports? \S+ (is|are) shut", "blocks, is blocked"),
    (r"at home lines|private lines", "home connections"),
    (r"a quarter of an (hour|minute)", "15 minutes, 15 seconds"),
];

/// The most words between two of `. ! ? : ;`.
const LONGEST: usize = 45;

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files(&entry, extension, found);
        } else if entry.extension().is_some_and(|found| found == extension) {
            found.push(entry);
        }
    }
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap()
}

/// What is no prose of a page: code, placeholders, targets of links.
static NO_PROSE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?s)```.*?```|`[^`\n]*`|\{[a-z.-]+\}|\]\([^)\s]+\)"));
static ITEM: LazyLock<Regex> = LazyLock::new(|| regex(r"^\s*(\d+\.|-) "));
static STOP: LazyLock<Regex> = LazyLock::new(|| regex(r"[.!?:;]\s"));

/// The paragraphs, items and cells of a page, each as one line.
fn page(text: &str) -> Vec<String> {
    let mut texts = vec![String::new()];
    for line in NO_PROSE.replace_all(text, "x").lines() {
        if line.starts_with('|') {
            texts.extend(line.split(" | ").map(|cell| cell.trim_matches(['|', ' ', '-']).to_owned()));
        } else {
            if line.trim().is_empty() || line.starts_with('#') || ITEM.is_match(line) {
                texts.push(String::new());
            }
            let last = texts.last_mut().unwrap();
            *last = format!("{last} {}", ITEM.replace(line, "").trim());
        }
    }
    texts
}

/// The sentences in a source file: its strings of several words, without its tests and what is left out of them.
fn source(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let comment = regex(r"(?m)^\s*//.*$|\\\n\s*");
    let literal = regex(r#""((?:[^"\\\n]|\\.)* (?:[^"\\\n]|\\.)*)""#);
    let inserted = regex(r"\{[^{}]*\}|\\.");
    let text = comment.replace_all(text, "").into_owned();
    let literals = literal.captures_iter(&text).map(|found| inserted.replace_all(&found[1], "x").into_owned());
    // Between two strings stands code, and one of the guide's headings has an old name.
    literals.filter(|text| !text.contains("::")).collect()
}

/// What is wrong with a text.
fn faults(text: &str, stumbles: &[(Regex, &str)]) -> Vec<String> {
    let lower = text.to_lowercase();
    let mut faults = Vec::new();
    for (stumble, better) in stumbles {
        if let Some(found) = stumble.find(&lower) {
            faults.push(format!("\"{}\": better {better}", found.as_str()));
        }
    }
    let words: Vec<&str> = lower.split_whitespace().collect();
    let is_twice = |pair: &&[&str]| pair[0] == pair[1] && pair[0].chars().all(char::is_alphabetic) && pair[0] != "x";
    faults.extend(words.windows(2).find(is_twice).map(|pair| format!("\"{} {}\"", pair[0], pair[1])));
    faults
}

/// The parts of a text between full stops, question marks, colons and the like, that are too long.
fn too_long(text: &str) -> Option<String> {
    let long = STOP.split(text).find(|part| part.split_whitespace().count() > LONGEST)?;
    Some(format!("{} words: {long}", long.split_whitespace().count()))
}

#[test]
fn people_read_plain_english() {
    let stumbles: Vec<(Regex, &str)> =
        STUMBLES.iter().map(|(phrase, better)| (regex(&format!(r"\b({phrase})\b")), *better)).collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    files(&root.join("docs/guide"), "md", &mut pages);
    files(&root.join("docs/learn"), "md", &mut pages);
    let mut sources = Vec::new();
    files(&root.join("src"), "rs", &mut sources);
    let mut wrong = Vec::new();
    for file in pages.iter().chain(&sources) {
        let text = std::fs::read_to_string(file).unwrap();
        let is_page = file.extension().is_some_and(|extension| extension == "md");
        for text in if is_page { page(&text) } else { source(&text) } {
            let mut found = faults(&text, &stumbles);
            if is_page {
                found.extend(too_long(&text));
                found.extend(text.trim().contains("  ").then(|| "two spaces".to_owned()));
            }
            let name = file.strip_prefix(root).unwrap().display().to_string();
            wrong.extend(found.iter().map(|found| format!("{name}: {found}\n    {}", text.trim())));
        }
    }
    assert!(wrong.is_empty(), "{} phrases to rewrite:\n{}", wrong.len(), wrong.join("\n"));
}
