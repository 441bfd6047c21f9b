//! Which room may know which: the rooms of docs/architecture.md, read from the sources' `crate::` paths.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A room, and the rooms that it may name. `text` is plain vocabulary that everybody may use.
const MAY_KNOW: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("packed", &[]),
    ("values", &["text"]),
    ("net", &["text"]),
    ("machine", &["net", "text"]),
    ("world", &["machine", "net"]),
    ("pages", &["packed", "text", "values"]),
    ("account", &["machine", "packed", "pages", "text"]),
    ("probe", &["net", "machine", "text"]),
    ("facts", &["probe", "account", "net", "packed", "pages", "text"]),
    ("check", &["probe", "account", "facts", "world", "machine", "net", "text"]),
    ("guide", &["account", "facts", "pages", "text"]),
    ("session", &["check", "guide", "facts", "account", "pages", "machine", "text"]),
    ("site", &["check", "account", "machine", "text", "values"]),
    ("picture", &["session", "check", "facts", "net", "probe", "text"]),
    (
        "report",
        &["picture", "session", "check", "guide", "facts", "account", "pages", "machine", "net", "packed", "text"],
    ),
    (
        "tui",
        &[
            "report", "picture", "session", "check", "guide", "facts", "account", "pages", "world", "net", "text",
            "values",
        ],
    ),
    ("compare", &["report", "session", "check", "facts", "net", "text"]),
    ("practice", &["world", "machine", "net", "packed", "text", "values"]),
    (
        "cli",
        &[
            "account", "check", "compare", "facts", "guide", "machine", "net", "pages", "practice", "probe", "report",
            "session", "site", "text", "tui", "values", "world",
        ],
    ),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a source names, apart from its tests, which may look anywhere. A group (`crate::{check, net::Icmp}`)
/// names one room per item.
fn named(source: &str) -> Vec<String> {
    let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let code = lines.collect::<Vec<_>>().join("\n");
    let room =
        |text: &str| text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    code.match_indices("crate::")
        .flat_map(|(at, found)| {
            let rest = &code[at + found.len()..];
            match rest.strip_prefix('{') {
                Some(group) => items(group).into_iter().map(room).collect(),
                None => vec![room(rest)],
            }
        })
        .collect()
}

/// The items of a group up to its closing brace, those of inner groups left with theirs.
fn items(group: &str) -> Vec<&str> {
    let (mut items, mut begun, mut depth) = (Vec::new(), 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                items.push(&group[begun..at]);
                break;
            }
            ',' if depth == 0 => {
                items.push(&group[begun..at]);
                begun = at + 1;
            }
            _ => {}
        }
    }
    items
}

#[test]
fn groups_name_one_room_an_item() {
    assert_eq!(named("use crate::{check::{Ctx, Group}, net};\nuse crate::text::Text;"), ["check", "net", "text"]);
}

#[test]
fn every_room_knows_only_whom_it_may() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rules: BTreeMap<&str, &[&str]> = MAY_KNOW.iter().copied().collect();
    let mut files = Vec::new();
    sources(&root, &mut files);
    let mut faults = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let room = relative.iter().next().unwrap().to_string_lossy().trim_end_matches(".rs").to_owned();
        if room == "main" || room == "lib" {
            continue;
        }
        let Some(allowed) = rules.get(room.as_str()) else {
            faults.push(format!("{}: the room {room} has no row in MAY_KNOW", relative.display()));
            continue;
        };
        for other in named(&std::fs::read_to_string(&file).unwrap()) {
            if other != room && rules.contains_key(other.as_str()) && !allowed.contains(&other.as_str()) {
                faults.push(format!("{}: {room} must not know {other}", relative.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
