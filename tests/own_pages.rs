//! A company's own pages: laid over the built-in ones, or refused with all that is wrong with them. Each in a process of
//! its own, since a program has one guide.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use std::path::Path;

fn mailtriage(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("mailtriage").unwrap();
    command.args(arguments).env("HOME", "/nonexistent").env_remove("NO_COLOR");
    command
}

fn built_in(page: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide").join(page).with_extension("md");
    std::fs::read_to_string(path).unwrap().replace("\r\n", "\n")
}

/// A folder with these pages.
fn folder(pages: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in pages {
        let path = folder.path().join(name).with_extension("md");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

/// A cause of the company's own, a step that leads to it, a mail program of its own.
fn acme() -> tempfile::TempDir {
    let cause = built_in("causes/blocked-network")
        .replace("`blocked-network`", "`acme-firewall`")
        .replace("Headline: The port is blocked on the way out", "Headline: The firewall of Acme wants a ticket");
    let row = "| `account.works` is `yes` | [Are the port";
    assert!(built_in("gateway").contains(row));
    let firewall = built_in("firewall").replacen(
        "|---|---|---|\n",
        "|---|---|---|\n| `port.number` is `587` and `port.state` is `filtered` | [Acme](causes/acme-firewall.md) | likely |\n",
        1,
    );
    let program = built_in("programs/other").replace("`other`", "`acme-mail`").replace("# Another", "# Acme's");
    folder(&[("causes/acme-firewall", &cause), ("firewall", &firewall), ("programs/acme-mail", &program)])
}

#[test]
fn own_pages_replace_and_add() {
    let acme = acme();
    let dir = acme.path().to_str().unwrap();
    mailtriage(&["guide", "--check", dir]).assert().code(0).stdout(contains("no mistakes: 2 new, 1 changed"));
    mailtriage(&["guide", "acme ticket", "--guide", dir]).assert().code(0).stdout(contains("causes/acme-firewall"));
    mailtriage(&["guide", "--graph", "--guide", dir]).assert().code(0).stdout(contains("page_causes_acme_firewall"));
    let run = ["practice", "587-silent", "--format", "json", "--guide", dir];
    mailtriage(&run).assert().code(1).stdout(contains("\"cause\": \"acme-firewall\""));
    // Without them nothing has changed.
    mailtriage(&["guide", "acme-firewall"]).assert().code(2);
}

#[test]
fn every_mistake_is_named_at_once_with_file_and_line() {
    let offline = built_in("causes/offline")
        .replace("## Do not", "## Never")
        .replace("# This computer has no internet connection", "# {moon}");
    let settings = built_in("settings").replace("`account.works` is `yes` |", "`account.works` is `maybe` |");
    let program = built_in("programs/other").replace("Connects: `depends`", "Connects: `from-hell`");
    let folder = folder(&[("causes/offline", &offline), ("settings", &settings), ("programs/other", &program)]);
    let dir = folder.path().to_str().unwrap();
    let line = |text: &str, words: &str| 1 + text.lines().position(|line| line.contains(words)).unwrap();
    let says = [
        format!("{dir}/causes/offline.md:1: there is no placeholder {{moon}}"),
        format!("{dir}/causes/offline.md:{}: there is no section Never", line(&offline, "## Never")),
        format!(
            "{dir}/settings.md:{}: account.works is maybe: account.works has no word maybe",
            line(&settings, "maybe")
        ),
        format!("{dir}/programs/other.md:{}: Connects: from-hell is not one of", line(&program, "from-hell")),
    ];
    for run in [&["guide", "--check", dir][..], &["check", "anna@example.com", "--guide", dir]] {
        let mut assert = mailtriage(run).assert().code(2).stdout("");
        for says in &says {
            assert = assert.stderr(contains(says.as_str()));
        }
    }
}

#[test]
fn what_is_no_page_is_refused() {
    let refused = |name: &str, bytes: &[u8], says: &str| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("causes")).unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let dir = folder.path().to_str().unwrap();
        let says = contains(says).and(contains("panicked").not());
        mailtriage(&["guide", "--check", dir]).assert().code(2).stdout("").stderr(says);
    };
    refused("notes.txt", b"hello", "there is no page (*.md)");
    refused("firewall.md", b"hello", "firewall.md:1: the page must begin with a title");
    refused("firewall.md", b"# a\n\nb\xff\n", "firewall.md:3: this is not UTF-8");
    refused("firewall.md", "# a\n\u{202e}b\n".as_bytes(), "firewall.md:2: there is a character");
    refused("Fire wall.md", b"# a\n", "Fire wall.md:1: a page's name has small letters");
    refused("firewall.md", &vec![b'#'; 300 * 1024], "firewall.md:1: it is larger than 256 KiB");
    refused(
        "causes/lonely.md",
        built_in("causes/offline").replace("`offline`", "`lonely`").as_bytes(),
        "no page leads here",
    );
    let round = built_in("login").replace("(sending.md)", "(settings.md)");
    refused("login.md", round.as_bytes(), "a walk could go round for ever");
}
