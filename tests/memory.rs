//! Looks for the password in the program's own memory (/proc/PID/mem) after a real log-in, by each way in: no copy may be
//! left in anything writable, neither in clear nor in Base64, hexadecimal, UTF-16 or backwards, whole or in part.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod loopback;

use loopback::{PASSWORD, Screen, Server, WAIT, needles, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What is read of a memory at once, in bytes, and the longest run that is looked for.
const PAGE: usize = 4096;
const LONGEST_RUN: usize = 32;

/// Where in a stopped process's writable memory the secret is: the form and the mapping, with what stands around it.
fn found_in(pid: u32) -> BTreeSet<String> {
    let needles = needles();
    let mut begins = vec![false; 1 << 16];
    for (_, needle) in &needles {
        begins[usize::from(needle[0]) << 8 | usize::from(needle[1])] = true;
    }
    let memory = File::open(format!("/proc/{pid}/mem")).unwrap();
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let (mut found, mut bytes) = (BTreeSet::new(), 0);
    for map in maps.lines().filter(|map| map.split_whitespace().nth(1).is_some_and(|may| may.starts_with("rw"))) {
        let (from, to) = map.split_whitespace().next().and_then(|range| range.split_once('-')).unwrap();
        let (from, to) = (u64::from_str_radix(from, 16).unwrap(), u64::from_str_radix(to, 16).unwrap());
        let mut raw = vec![0; usize::try_from(to - from).unwrap()];
        if memory.read_exact_at(&mut raw, from).is_err() {
            continue;
        }
        bytes += raw.len();
        // Most pages were never written.
        let pages = raw.chunks(PAGE).enumerate().filter(|(_, page)| **page != [0; PAGE][..page.len()]);
        let starts: Vec<usize> = pages.map(|(page, _)| page * PAGE).collect();
        let mut next = 0;
        for start in starts {
            let part = raw[start..(start + PAGE + LONGEST_RUN).min(raw.len())].to_ascii_lowercase();
            let mut at = next.max(start) - start;
            while at < PAGE && at + 1 < part.len() {
                let may_begin = begins[usize::from(part[at]) << 8 | usize::from(part[at + 1])];
                if may_begin && let Some((form, _)) = needles.iter().find(|(_, needle)| part[at..].starts_with(needle))
                {
                    let seen = start + at;
                    let around = &raw[seen.saturating_sub(24)..(seen + 48).min(raw.len())];
                    let mapping = map.split_whitespace().nth(5).unwrap_or("anonymous");
                    found.insert(format!("{form} in {mapping} at {seen:#x}: {}", around.escape_ascii()));
                    // The rest of this copy is the same one.
                    at += 104;
                }
                at += 1;
            }
            next = start + at;
        }
    }
    assert!(bytes > 1_000_000, "hardly any memory was looked at: {bytes} bytes");
    found
}

fn stop(pid: u32) {
    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGSTOP).unwrap();
}

/// A run of `check` that is held where it writes its report, because nobody reads it: the secret's copies by then.
fn after_check(options: &[&str], typed: &str, variable: bool) -> BTreeSet<String> {
    let server = Server::start();
    let (_unread, mut full) = UnixStream::pair().unwrap();
    full.set_nonblocking(true).unwrap();
    while full.write(&[b' '; 4096]).is_ok() {}
    while full.write(b" ").is_ok() {}
    full.set_nonblocking(false).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailtriage"));
    command
        .arg("check")
        .args(server.arguments())
        .args(["--fast", "--deadline", "12"])
        .args(options)
        .env("HOME", server.folder.path());
    command.current_dir(server.folder.path()).stdin(Stdio::piped()).stdout(OwnedFd::from(full));
    if variable {
        command.env("MAIL_PASSWORD", PASSWORD);
    }
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    server.wait_for_the_log_in();
    // In a call whose first argument is the descriptor 1: writing to standard output.
    wait_until("the report", || {
        let call = std::fs::read_to_string(format!("/proc/{}/syscall", child.id())).unwrap();
        call.split_whitespace().nth(1) == Some("0x1")
    });
    stop(child.id());
    let found = found_in(child.id());
    child.kill().unwrap();
    child.wait().unwrap();
    found
}

#[test]
fn after_check_no_copy_is_left() {
    let line = format!("{PASSWORD}\n");
    let ways: [(&[&str], &str); 2] = [(&["--password-stdin"], &line), (&["--password-command", "cat password"], "")];
    for (options, typed) in ways {
        let found = after_check(options, typed, false);
        assert!(found.is_empty(), "{options:?}: {found:#?}");
    }
}

/// What the system handed over at the start is the shell's to give, and stays where it is: above the stack.
#[test]
fn a_variable_stays_where_the_system_put_it_and_nowhere_else() {
    let found = after_check(&["--password-env", "MAIL_PASSWORD"], "", true);
    let is_variable = |place: &String| place.starts_with("clear in [stack]") && place.contains("MAIL_PASSWORD=");
    assert!(found.len() == 1 && found.iter().all(is_variable), "{found:#?}");
}

/// The screen, idle after a log-in in its box.
fn after_screen(type_it: impl Fn(&mut Screen)) -> BTreeSet<String> {
    let server = Server::start();
    let folder = server.folder.path();
    let mut screen = Screen::start(&server.arguments(), folder, &[("HOME", Some(folder.as_os_str()))]);
    let journal = folder.join(".local/state/mailtriage/journal");
    wait_for_quiet(&journal);
    screen.press("p");
    std::thread::sleep(Duration::from_millis(500));
    type_it(&mut screen);
    std::thread::sleep(Duration::from_millis(300));
    screen.press("\r");
    server.wait_for_the_log_in();
    wait_for_quiet(&journal);
    stop(screen.pid());
    found_in(screen.pid())
}

/// Until something is in the journal, and has not grown for a while: the run has ended.
fn wait_for_quiet(folder: &Path) {
    let size = || {
        let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).map(|data| data.len()).sum::<u64>()
    };
    let (mut last, mut since) = (0, Instant::now());
    wait_until("the end of the run", move || size() > 0);
    let until = Instant::now() + WAIT;
    while last == 0 || since.elapsed() < Duration::from_millis(1_500) {
        assert!(Instant::now() < until, "the run does not end");
        std::thread::sleep(Duration::from_millis(50));
        let now = size();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
}

#[test]
fn after_typing_no_copy_is_left() {
    let found = after_screen(|screen| {
        for key in PASSWORD.chars() {
            screen.press(&key.to_string());
            std::thread::sleep(Duration::from_millis(15));
        }
    });
    assert!(found.is_empty(), "{found:#?}");
}

/// The terminal library keeps what it read, and the event that it was reading, until other input takes the place: those
/// two copies are not ours to wipe (docs/security.md).
#[test]
fn after_a_paste_only_the_terminal_librarys_two_copies_are_left() {
    let found = after_screen(|screen| screen.press(&format!("\x1b[200~{PASSWORD}\x1b[201~")));
    let is_input = |place: &String| place.starts_with("clear in [heap]") && place.contains("[201~");
    assert!(found.len() <= 2 && found.iter().all(is_input), "{found:#?}");
}
