//! The program in a real terminal (a pseudo-terminal read by a terminal emulator), driven only by keys and signals. Here:
//! whole cases; what a key, the mouse, a paste, a new size do. How it ends is in `ends`.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod ends;
mod pty;

use pty::Terminal;
use std::path::PathBuf;

/// A case of the lab whose verdict is certain, in a folder of its own.
fn rejected_here(size: (u16, u16)) -> (tempfile::TempDir, Terminal) {
    let folder = tempfile::tempdir().unwrap();
    let terminal = Terminal::start(&["practice", "587-rejected-here", "--ascii"], size, folder.path());
    (folder, terminal)
}

#[test]
fn a_case_by_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(&["practice", "587-rejected-here"], (80, 24), folder.path());
    let shows = terminal.wait_for("CANNOT SEND");
    assert!(shows.contains("forbidden on this computer"), "{shows}");
    // This is shown only when the last check has ended.
    terminal.wait_for("not saved");
    // To the clicks: one key. To a saved report: two.
    terminal.press("\r");
    terminal.wait_for("Do this now");
    terminal.press("\x1b");
    terminal.wait_for("> Result");
    terminal.press("?");
    terminal.wait_for("Keys here: The dashboard");
    terminal.press("what smtp");
    terminal.wait_for("What SMTP is");
    terminal.press("\r");
    terminal.wait_for("/ find");
    terminal.press("\x1b");
    terminal.wait_for("Type to search: what smtp");
    terminal.press("\x1b");
    terminal.wait_for("Keys here");
    terminal.press("\x1b");
    terminal.wait_for("> Result");
    terminal.press("s");
    terminal.wait_for("For whom");
    terminal.press("\r");
    terminal.wait_until("the report", |shows| shows.contains("saved /") && shows.contains(".json"));
    terminal.press("q");
    assert_eq!(terminal.end(), 1);
    assert!(terminal.is_sane());
    let files: Vec<PathBuf> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
    let of_kind = |kind: &str| files.iter().find(|path| path.extension().is_some_and(|end| end == kind)).unwrap();
    let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(of_kind("json")).unwrap()).unwrap();
    assert_eq!(report["diagnosis"]["cause"], "blocked-local");
    assert!(std::fs::read_to_string(of_kind("html")).unwrap().contains("CANNOT SEND"));

    // The saved session in the same screens, offline.
    let mut terminal = Terminal::start(&["open", of_kind("json").to_str().unwrap()], (80, 24), folder.path());
    let shows = terminal.wait_for("saved session");
    assert!(shows.contains("CANNOT SEND") && shows.contains("forbidden on this computer"), "{shows}");
    terminal.press("r");
    terminal.wait_for("nothing is measured");
    terminal.press("q");
    assert_eq!(terminal.end(), 1);
}

/// From the menu to the saved report: guess, result, clicks, question, note, again, before and after.
#[test]
fn a_whole_case_at_every_size() {
    for size in [(80, 24), (120, 40), (40, 12)] {
        let folder = tempfile::tempdir().unwrap();
        let mut terminal = Terminal::start(&["practice", "--ascii"], size, folder.path());
        terminal.wait_for("Practice:");
        terminal.press("new password");
        terminal.wait_for("> The new password");
        terminal.press("\r");
        let shows = terminal.wait_for("The call");
        assert!(!shows.contains("CANNOT"), "the result is not told before the guess:\n{shows}");
        terminal.wait_for("not saved");
        terminal.press("v");
        terminal.wait_for("> Everything works");
        terminal.press("not the right one");
        terminal.wait_for("> The port is not the right one");
        terminal.press("\r");
        terminal.wait_for("CANNOT SEND");
        terminal.wait_for("wrong: The port");
        // The clicks for the account's program, and for another.
        terminal.press("\r");
        terminal.wait_for("Do this now");
        terminal.press("o");
        terminal.wait_for("The clicks for");
        terminal.press("thunderbird");
        terminal.wait_for("> Thunderbird");
        terminal.press("\r");
        terminal.wait_for("for Thunderbird");
        terminal.press("\x1b");
        terminal.wait_for("> Result");
        // The question: answered, changed, withdrawn.
        terminal.press("a");
        terminal.wait_for("> 1");
        terminal.press("1");
        terminal.wait_for("answered:");
        terminal.press("a");
        terminal.wait_for("(answered)");
        terminal.press("0");
        terminal.wait_for("withdrawn");
        terminal.press("\x1b");
        terminal.wait_for("> Result");
        terminal.press("m");
        terminal.wait_for("Goes into");
        terminal.press("called back at nine\r");
        terminal.wait_for("> Result");
        terminal.press("r");
        terminal.wait_until("a run", |shows| shows.contains("checks done") && !shows.contains("not saved"));
        terminal.wait_for("not saved");
        terminal.press("b");
        terminal.wait_for("Before and after");
        terminal.press("\x1b");
        terminal.wait_for("> Result");
        terminal.press("S");
        terminal.wait_for("saved /");
        terminal.press("q");
        assert_eq!(terminal.end(), 1);
        assert!(terminal.is_sane());
        let files = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let json = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "json")).unwrap();
        let report: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(json).unwrap()).unwrap();
        assert_eq!(report["diagnosis"]["cause"], "password-wrong");
        assert_eq!(report["runs"].as_array().unwrap().len(), 2);
    }
}

/// The window is resized without pause: nothing is lost, and keys work all the time.
#[test]
fn resizing_all_the_time() {
    let (_folder, mut terminal) = rejected_here((80, 24));
    terminal.wait_for("Result");
    for step in 0_u16..300 {
        let (columns, rows) = (1 + step * 37 % 140, 1 + step * 23 % 50);
        terminal.resize(columns, rows);
        if step % 10 == 0 {
            terminal.press("\t");
        }
    }
    terminal.resize(10, 3);
    terminal.wait_for("Too small");
    terminal.resize(80, 24);
    terminal.wait_for("CANNOT SEND");
    terminal.press("\x03");
    assert_eq!(terminal.end(), 1);
    assert!(terminal.is_sane());
}

/// A megabyte pasted into a field, with line ends and commands in it: the field is bounded, and nothing is mistaken
/// for a key.
#[test]
fn a_paste_is_text() {
    let (_folder, mut terminal) = rejected_here((80, 24));
    terminal.wait_for("not saved");
    terminal.press("m");
    terminal.wait_for("Goes into");
    let errors = "0x800CCC0F\r\n\x1b]0;title\x07\x1b[31m550 5.7.1 q\r\n".repeat(25_000);
    terminal.press(&format!("\x1b[200~{errors}\x1b[201~"));
    terminal.wait_for("550 5.7.1 q");
    terminal.press("\r");
    terminal.wait_for("> Result");
    // On a screen without a field it does nothing.
    terminal.press("\x1b[200~q\rs\r\x1b[201~");
    terminal.press("?");
    terminal.wait_for("Keys here");
    terminal.press("\x03");
    assert_eq!(terminal.end(), 1);
}

/// A full disk (no byte can be written) and folders that cannot be written to: the person is told, and the session
/// goes on.
#[test]
fn what_cannot_be_saved_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_mailtriage");
    let full = format!("trap '' XFSZ; ulimit -f 0; exec {program} practice 587-rejected-here --ascii");
    let mut terminal = Terminal::run("/bin/sh", &["-c", &full], (80, 24), folder.path());
    terminal.wait_for("not saved");
    terminal.press("s");
    terminal.wait_for("For whom");
    terminal.press("\r");
    // The form stays, so that it can be tried again.
    let shows = terminal.wait_for("not saved:");
    assert!(shows.contains("too large:") && shows.contains("For whom"), "{shows}");
    // A folder that nobody can write to, not even root.
    terminal.press("\t\t\t\t\t\t/proc/self\r");
    terminal.wait_for("no such folder: /proc");
    terminal.press("\x1b");
    terminal.wait_for("> Result");
    terminal.press("q");
    terminal.wait_for("Quit without saving?");
    terminal.press("y");
    assert_eq!(terminal.end(), 1);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing half is left");
}

/// Two calls in a row, the second by one key: guessed, marked in the list, to which Esc leads back.
#[test]
fn ten_calls_need_one_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(&["practice", "--ascii"], (80, 24), folder.path());
    terminal.wait_for("Practice:");
    terminal.press("after the security update\r");
    terminal.wait_for("not saved");
    terminal.press("i");
    terminal.wait_for("Look at Ports");
    terminal.press("\r");
    terminal.wait_for("> Everything works");
    // Words in any order, each part of one.
    terminal.press("computer forb");
    terminal.wait_for("1 of 1");
    terminal.press("\r");
    terminal.wait_for("right: The port");
    terminal.press("n");
    terminal.wait_for("What is the cause?");
    terminal.press("\x1b");
    terminal.wait_for("1 solved");
    terminal.press("security");
    terminal.wait_for("> solved  ");
    terminal.press("\x03");
    terminal.end();
    assert!(terminal.is_sane());
}

/// Ctrl-Z gives the terminal back, whole; `fg` brings everything back.
#[test]
fn ctrl_z_suspends_and_fg_brings_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_mailtriage");
    let shell = format!("set -m; {program} practice 587-rejected-here --ascii; echo suspended; read answer; fg");
    let mut terminal = Terminal::run("/bin/sh", &["-c", &shell], (80, 24), folder.path());
    terminal.wait_for("not saved");
    terminal.press("\x1a");
    let shows = terminal.wait_for("suspended");
    assert!(!shows.contains("CANNOT SEND"), "{shows}");
    assert!(terminal.is_sane());
    // The shell reads lines again: the terminal is as it was.
    terminal.press("go on\r");
    // The whole screen, to its last line.
    let shows = terminal.wait_for("q quit");
    assert!(shows.contains("CANNOT SEND") && shows.contains("not saved"), "{shows}");
    terminal.press("\r");
    terminal.wait_for("Do this now");
    terminal.press("\x03");
    terminal.end();
    assert!(terminal.is_sane());
}

/// The wheel scrolls, a click marks and opens, a key in the last line can be clicked; M leaves the mouse to the terminal.
#[test]
fn the_mouse() {
    let (_folder, mut terminal) = rejected_here((80, 24));
    let shows = terminal.wait_for("not saved");
    let row = |text: &str, shows: &str| 1 + shows.lines().position(|line| line.contains(text)).unwrap();
    let click = |column: usize, row: usize| format!("\x1b[<0;{column};{row}M\x1b[<0;{column};{row}m");
    terminal.press(&click(8, row("Internet  ", &shows)));
    terminal.wait_for("+- Internet");
    let shows = terminal.wait_for("> OK    Internet");
    terminal.press(&click(8, row("Internet  ", &shows)));
    terminal.wait_for("what was seen");
    let before = terminal.shows();
    terminal.press("\x1b[<65;10;10M");
    terminal.wait_until("something further down", |shows| *shows != *before);
    let shows = terminal.shows();
    let last = shows.lines().last().unwrap().to_owned();
    terminal.press(&click(1 + last.find("Esc back").unwrap(), 24));
    terminal.wait_for("Steps");
    terminal.press("M");
    terminal.wait_for("the mouse is off");
    let off = |raw: &[u8]| raw.windows(8).any(|window| window == b"\x1b[?1000l");
    assert!(off(&terminal.raw.lock().unwrap()));
    terminal.press("\x03");
    assert_eq!(terminal.end(), 1);
}

/// A locale without Unicode gets ASCII; somebody's own keys are the footer's and the help's; a mistake in their file ends
/// the program with its line.
#[test]
fn locale_and_own_keys() {
    let folder = tempfile::tempdir().unwrap();
    let program = env!("CARGO_BIN_EXE_mailtriage");
    let config = folder.path().join(".config/mailtriage");
    std::fs::create_dir_all(&config).unwrap();
    std::fs::write(config.join("config.toml"), "theme = \"light\"\n[keys]\nsave = \"F2\"\n").unwrap();
    let run = format!("unset XDG_CONFIG_HOME; export LC_ALL=C; exec {program} practice 587-rejected-here");
    let mut terminal = Terminal::run("/bin/sh", &["-c", &run], (80, 24), folder.path());
    let shows = terminal.wait_for("not saved");
    assert!(shows.is_ascii() && shows.contains("F2 save"), "{shows}");
    terminal.press("\x1bOQ");
    terminal.wait_for("For whom");
    terminal.press("\x03");
    terminal.end();
    std::fs::write(config.join("config.toml"), "\n[keys]\nnote = \"s\"\n").unwrap();
    let mut terminal = Terminal::run("/bin/sh", &["-c", &run], (120, 24), folder.path());
    terminal.wait_for("config.toml:3: s would mean both");
    assert_eq!(terminal.end(), 2);
}

#[test]
fn a_watch_counts_its_rounds() {
    // High enough for the picture of the rounds below the others.
    let (_folder, mut terminal) = rejected_here((120, 60));
    terminal.wait_for("not saved");
    terminal.press("w");
    terminal.wait_for("watching");
    let shows = terminal.wait_for("1 round, ");
    assert!(shows.contains("with a fault") && shows.contains("587"), "{shows}");
    // It stays in sight, with the next round and how to stop, whatever is on the screen.
    terminal.press("\r");
    terminal.wait_until("the watch", |shows| shows.contains("next at") && shows.contains("w stops"));
    terminal.press("\x1b");
    terminal.wait_for("> Result");
    terminal.press("w");
    terminal.wait_for("no longer watching");
    terminal.press("\x03");
    assert_eq!(terminal.end(), 1);
}
