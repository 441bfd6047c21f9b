//! The program is killed at random moments of a whole case in the dashboard, with a log-in typed or pasted: what is on the
//! disk then is whole, says nothing of the password, and is restored at the next start. Eight times, or as often as
//! `MAILTRIAGE_KILLS` says.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "in a test a panic is the answer")]

mod loopback;

use loopback::{PASSWORD, Screen, Server, needles};
use mailtriage::session::journal::{interrupted, recover};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A case takes about this long, in milliseconds, on a machine that does nothing else.
const CASE_MS: u64 = 5_000;

/// Does a whole case, which may end at any moment.
fn do_a_case(screen: &mut Screen, by_paste: bool) {
    let pause = |most| std::thread::sleep(Duration::from_millis(fastrand::u64(50..most)));
    pause(1_000);
    // Before that the key is refused, and the password would be typed as keys.
    let until = Instant::now() + Duration::from_millis(CASE_MS);
    let is_done =
        |screen: &Screen| screen.shows().lines().any(|line| line.contains("- all ") && line.contains(" done"));
    while !is_done(screen) && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    screen.press("p");
    pause(400);
    match by_paste {
        true => screen.press(&format!("\x1b[200~{PASSWORD}\x1b[201~")),
        false => PASSWORD.chars().for_each(|key| screen.press(&key.to_string())),
    }
    pause(200);
    screen.press("\r");
    pause(1_000);
    screen.press("m");
    pause(200);
    screen.press("called back at nine\r");
    pause(500);
    screen.press("r");
}

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files_in(&path) } else { vec![path] }).collect()
}

/// Whether each line but the last is whole; the last one may be cut off.
fn is_journal(text: &str) -> bool {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let is_json = |line: &str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    whole.lines().filter(|line| !line.is_empty()).all(is_json)
}

#[test]
fn a_kill_loses_nothing_and_tells_nothing() {
    let rounds: u32 = std::env::var("MAILTRIAGE_KILLS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(8);
    let needles = needles();
    let server = Server::start();
    let (mut restored, mut bytes) = (0, 0);
    for round in 0..rounds {
        let home = tempfile::tempdir().unwrap();
        let variables = [("HOME", Some(home.path().as_os_str()))];
        let mut screen =
            Screen::start(&[server.arguments(), vec!["--ascii".to_owned()]].concat(), home.path(), &variables);
        let pid = Pid::from_raw(screen.pid().cast_signed());
        let after = fastrand::u64(0..CASE_MS);
        let killer = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(after));
            kill(pid, Signal::SIGKILL).unwrap();
        });
        do_a_case(&mut screen, round % 2 == 0);
        killer.join().unwrap();
        screen.end();
        let what = format!("round {round}, killed after {after} ms");
        let folder = home.path().join(".local/state/mailtriage/journal");
        let files = files_in(home.path());
        for path in &files {
            let content = std::fs::read(path).unwrap();
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions());
            assert_eq!(mode & 0o077, 0, "{what}: others can read {}", path.display());
            bytes += content.len();
            let lower = content.to_ascii_lowercase();
            for (form, needle) in &needles {
                let is_there = lower.windows(needle.len()).any(|window| window == needle.as_slice());
                assert!(!is_there, "{what}: the password ({form}) is in {}", path.display());
            }
            let text = String::from_utf8(content).unwrap();
            let is_whole = path.parent() == Some(&folder) && is_journal(&text);
            assert!(is_whole, "{what}: {} is half-written, or not ours:\n{text}", path.display());
        }
        let found = interrupted(&folder);
        let begun = files.iter().filter(|path| std::fs::read(path).unwrap().contains(&b'\n')).count();
        assert_eq!(found.sessions.len(), begun, "{what}: each session that was begun is offered");
        for session in &found.sessions {
            let session = recover(&session.path).unwrap_or_else(|why| panic!("{what}: {why}"));
            assert!(session.runs.iter().all(|run| run.finished.is_some()), "{what}: a run that was cut off has ended");
        }
        if begun > 0 {
            restored += 1;
            let mut again = Screen::start(&["--ascii".to_owned()], home.path(), &variables);
            again.wait_for("interrupted");
            again.press("\x1b[B\r");
            again.wait_for("session restored");
        }
    }
    println!(
        "{rounds} kills: {restored} sessions restored, the others had not begun; {bytes} bytes on the disk looked at"
    );
    assert!(restored * 2 >= rounds, "most kills are to hit a session: {restored} of {rounds}");
}
