//! HOME and the state folder of every kind: none, empty, relative, a file, a pipe, links that lead nowhere or round, names
//! that are too long or no text. The screen works all the same, says once what cannot be kept, and writes nowhere else.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod loopback;

use loopback::Screen;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::Duration;

/// A port of this computer where nobody listens, and nobody to compare with: nothing leaves it.
const ACCOUNT: &str = "anna@example.test --server 127.0.0.1 --port 9 --security starttls --no-references \
                       --connectivity-url http://127.0.0.1:9/ --ascii";

/// What the session's journal comes to.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kept {
    /// It is kept.
    Yes,
    /// It cannot be, and the person is told.
    No,
    /// Either; root may write where others may not, and without HOME the system may know a folder.
    Either,
}

/// A kind of HOME, made in a folder of its own; `None` is not set.
type Make = fn(&Path) -> Option<OsString>;

const HOMES: &[(&str, Make, Kept)] = &[
    ("an ordinary folder", |folder| Some(folder.into()), Kept::Yes),
    ("missing", |folder| Some(folder.join("missing").into()), Kept::Yes),
    ("none", |_| None, Kept::Either),
    ("empty", |_| Some(OsString::new()), Kept::Either),
    ("relative", |_| Some("home".into()), Kept::No),
    (
        "a file",
        |folder| {
            fs::write(folder.join("file"), "x").unwrap();
            Some(folder.join("file").into())
        },
        Kept::No,
    ),
    (
        "a pipe",
        |folder| {
            pipe(&folder.join("pipe"));
            Some(folder.join("pipe").into())
        },
        Kept::No,
    ),
    ("a place that nobody can write to", |_| Some("/proc/self".into()), Kept::No),
    (
        "a link that leads nowhere",
        |folder| {
            symlink(folder.join("nowhere"), folder.join("link")).unwrap();
            Some(folder.join("link").into())
        },
        Kept::No,
    ),
    (
        "links in a circle",
        |folder| {
            symlink(folder.join("b"), folder.join("a")).unwrap();
            symlink(folder.join("a"), folder.join("b")).unwrap();
            Some(folder.join("a").into())
        },
        Kept::No,
    ),
    ("4,000 characters", |folder| Some(folder.join("x".repeat(4_000)).into()), Kept::No),
    ("4,000 characters in folders", |folder| Some(folder.join("abcdefg/".repeat(500)).into()), Kept::Either),
    ("with line feeds and escapes", |folder| Some(folder.join("a\nb\x1b[31m\u{202e}").into()), Kept::Yes),
    (
        "no text",
        |folder| {
            Some(OsString::from_vec([folder.as_os_str().to_owned().into_vec(), b"/\xff\xfe\x80".to_vec()].concat()))
        },
        Kept::Yes,
    ),
];

fn pipe(path: &Path) {
    assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// What stands where our own folder and its files should be.
type Block = fn(&Path);

const BLOCKS: &[(&str, Block, Kept)] = &[
    ("a pipe for the state folder", |state| pipe(state), Kept::No),
    ("a file for the state folder", |state| fs::write(state, "x").unwrap(), Kept::No),
    ("a link to nowhere for the state folder", |state| symlink("/nonexistent/x", state).unwrap(), Kept::No),
    (
        "a pipe for the journal's folder",
        |state| {
            fs::create_dir_all(state).unwrap();
            pipe(&state.join("journal"));
        },
        Kept::No,
    ),
    (
        "pipes and devices among the files",
        |state| {
            fs::create_dir_all(state.join("journal")).unwrap();
            pipe(&state.join("journal/session-x.jsonl"));
            pipe(&state.join("refused.json"));
            symlink("/dev/zero", state.join("journal/session-y.jsonl")).unwrap();
        },
        Kept::Yes,
    ),
];

/// Starts a case, lets it end, and leaves it; what the screen said.
fn run(what: &str, folder: &Path, variables: &[(&str, Option<&OsStr>)], kept: Kept) {
    let arguments: Vec<String> = ACCOUNT.split_whitespace().map(str::to_owned).collect();
    let mut screen = Screen::start(&arguments, folder, variables);
    screen.wait_for("Result");
    // Until the screen stands still: the clock on it moves twice a second while checks run.
    let (mut before, mut still) = (String::new(), 0);
    while still < 5 {
        std::thread::sleep(Duration::from_millis(150));
        let now = screen.shows();
        still = if now == before { still + 1 } else { 0 };
        before = now;
    }
    let says = before.contains("can no longer be saved");
    match kept {
        Kept::Yes => assert!(!says, "{what}:\n{before}"),
        Kept::No => assert!(says, "{what}:\n{before}"),
        Kept::Either => {}
    }
    screen.press("q");
    screen.wait_for("Quit without saving?");
    screen.press("y");
    assert!(screen.end() < 4, "{what}");
}

#[test]
fn any_home_will_do() {
    for (what, make, kept) in HOMES {
        let (folder, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let home = make(folder.path());
        let mut variables = vec![("HOME", home.as_deref())];
        // Where the system knows a home folder of its own, it is not ours to write to.
        if home.as_ref().is_none_or(|home| home.is_empty()) {
            variables.push(("XDG_STATE_HOME", Some(folder.path().as_os_str())));
        }
        run(what, here.path(), &variables, *kept);
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0, "{what}: something is left in the current folder");
    }
}

#[test]
fn nothing_is_left_of_a_session_that_has_ended() {
    let (home, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run("an empty home", here.path(), &[("HOME", Some(home.path().as_os_str()))], Kept::Yes);
    let state = home.path().join(".local/state");
    assert_eq!(fs::read_dir(&state).unwrap().count(), 0, "something is left in the state folder");
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "something is left in the home folder");
}

#[test]
fn a_state_folder_that_is_not_absolute_does_not_count() {
    // XDG Base Directory Specification: a path that is not absolute is to be ignored.
    for state in ["", "state", "./state"] {
        let (home, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let variables = [("HOME", Some(home.path().as_os_str())), ("XDG_STATE_HOME", Some(OsStr::new(state)))];
        run(state, here.path(), &variables, Kept::Yes);
        assert_eq!(fs::read_dir(here.path()).unwrap().count(), 0, "{state:?}");
    }
}

#[test]
fn whatever_stands_in_the_way_is_left_alone() {
    for (what, block, kept) in BLOCKS {
        let (home, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let state = home.path().join("mailtriage");
        block(&state);
        let was = fs::symlink_metadata(&state).unwrap().file_type();
        let variables = [("HOME", None), ("XDG_STATE_HOME", Some(home.path().as_os_str()))];
        run(what, here.path(), &variables, *kept);
        assert_eq!(fs::symlink_metadata(&state).unwrap().file_type(), was, "{what}");
    }
}

/// A disk that takes nothing (setrlimit(2), RLIMIT_FSIZE): the person is told, and nothing half is left.
#[test]
fn a_disk_that_takes_nothing() {
    let (home, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut screen = limited("trap '' XFSZ; ulimit -f 0; exec", home.path(), here.path());
    screen.wait_for("can no longer be saved");
    screen.press("\x03");
    screen.end();
    let state = home.path().join(".local/state/mailtriage/journal");
    let sizes: Vec<u64> = fs::read_dir(&state).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).collect();
    assert!(sizes.iter().all(|size| *size == 0), "{sizes:?}");
}

/// A small disk that becomes full while the session goes on: what was written before is whole, and said to be a part.
#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_becomes_full() {
    use mailtriage::session::journal::{interrupted, recover};
    use nix::sys::signal::{Signal, kill};
    let (home, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mount = format!("mount -t tmpfs -o size=12k tmpfs {}", home.path().display());
    let is_allowed = |unshare: &&str| {
        let tried = std::process::Command::new("sh").args(["-c", &format!("exec {unshare} {mount}")]).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let ways = ["unshare --mount", "unshare --user --map-root-user --mount"];
    let Some(unshare) = ways.into_iter().find(is_allowed) else {
        println!("no mount namespace to be had here: not tried");
        return;
    };
    let inside = here.path().join("inside");
    fs::write(&inside, format!("{mount} && exec \"$@\"")).unwrap();
    let mut screen = limited(&format!("exec {unshare} sh {}", inside.display()), home.path(), here.path());
    screen.wait_for("can no longer be saved");
    let seen = format!("/proc/{}/root{}/.local/state/mailtriage/journal", screen.pid(), home.path().display());
    let file = fs::read_dir(&seen).unwrap().next().unwrap().unwrap().path();
    let session = recover(&file).unwrap();
    assert_eq!(session.account.address.to_string(), "anna@example.test");
    assert_eq!(interrupted(Path::new(&seen)).sessions.len(), 0, "it is still running");
    kill(nix::unistd::Pid::from_raw(screen.pid().cast_signed()), Signal::SIGTERM).unwrap();
    screen.wait_for("kept only in part");
    screen.end();
}

/// The program, started by a line of the shell that limits it.
fn limited(how: &str, home: &Path, here: &Path) -> Screen {
    let script = format!("{how} {} {ACCOUNT}", env!("CARGO_BIN_EXE_mailtriage"));
    let arguments = ["-c".to_owned(), script];
    Screen::of("/bin/sh", &arguments, here, &[("HOME", Some(home.as_os_str()))])
}
