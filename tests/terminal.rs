//! The program in a real terminal (a pseudo-terminal read by a terminal emulator), by keys and signals alone.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{Child, CommandBuilder, MasterPty, NativePtySystem, PtySize, PtySystem};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything takes, on the slowest machine; then the test fails and says what the screen shows.
const WAIT: Duration = Duration::from_secs(40);

struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<vt100::Parser>>,
    raw: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    fn start(arguments: &[&str], size: (u16, u16), folder: &Path) -> Self {
        Self::run(env!("CARGO_BIN_EXE_mailtriage"), arguments, size, folder)
    }

    fn run(program: &str, arguments: &[&str], (columns, rows): (u16, u16), folder: &Path) -> Self {
        let pair = NativePtySystem::default()
            .openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.cwd(folder);
        command.env("TERM", "xterm-256color");
        command.env("HOME", folder);
        command.env("RUST_BACKTRACE", "0");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let mut output = pair.master.try_clone_reader().unwrap();
        let (to_screen, to_raw) = (Arc::clone(&screen), Arc::clone(&raw));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                to_screen.lock().unwrap().process(&buffer[..count]);
                to_raw.lock().unwrap().extend_from_slice(&buffer[..count]);
            }
        });
        let keys = pair.master.take_writer().unwrap();
        Terminal { master: pair.master, child, keys, screen, raw }
    }

    fn shows(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    fn wait_for(&self, text: &str) -> String {
        let until = Instant::now() + WAIT;
        while Instant::now() < until {
            let shows = self.shows();
            if shows.contains(text) {
                return shows;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("\"{text}\" never came; the screen shows\n{}", self.shows());
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn end(&mut self) -> u32 {
        let until = Instant::now() + WAIT;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().unwrap() {
                std::thread::sleep(Duration::from_millis(50));
                return status.exit_code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let shows = self.shows();
        let _ = self.child.kill();
        panic!("it does not end; the screen shows\n{shows}");
    }

    /// Out of the alternate screen, the cursor shown.
    fn is_sane(&self) -> bool {
        let raw = self.raw.lock().unwrap();
        let last = |sequence: &[u8]| raw.windows(sequence.len()).rposition(|window| window == sequence);
        last(b"\x1b[?1049l") > last(b"\x1b[?1049h") && last(b"\x1b[?25h") > last(b"\x1b[?25l")
    }
}

#[test]
fn a_case_by_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::start(&["practice", "587-rejected-here"], (80, 24), folder.path());
    let shows = terminal.wait_for("CANNOT SEND");
    assert!(shows.contains("forbidden on this computer"), "{shows}");
    // Said only when the last check has ended.
    terminal.wait_for("not saved");
    // To the clicks: one key. To a saved report: two.
    terminal.press("\r");
    terminal.wait_for("Do this now");
    terminal.press("\x1b");
    terminal.wait_for("> Result");
    terminal.press("?");
    terminal.wait_for("What SMTP is");
    terminal.press("\r");
    terminal.wait_for("Before and after");
    terminal.press("\x1b");
    terminal.wait_for("what each does");
    terminal.press("\x1b");
    terminal.wait_for("> Result");
    terminal.press("s");
    terminal.wait_for("For whom");
    terminal.press("\r");
    terminal.wait_for("html and .json");
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

#[test]
fn every_size_shows_the_verdict() {
    let folder = tempfile::tempdir().unwrap();
    for size in [(120, 40), (40, 12)] {
        let mut terminal = Terminal::start(&["practice", "587-rejected-here", "--ascii"], size, folder.path());
        terminal.wait_for("is forbidden");
        terminal.master.resize(PtySize { rows: 8, cols: 30, pixel_width: 0, pixel_height: 0 }).unwrap();
        terminal.press("\x03");
        assert_eq!(terminal.end(), 1);
        assert!(terminal.is_sane());
    }
}

#[test]
fn signals_leave_the_terminal_sane() {
    let folder = tempfile::tempdir().unwrap();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut terminal = Terminal::start(&["practice", "587-silent"], (80, 24), folder.path());
        terminal.wait_for("Result");
        kill(Pid::from_raw(terminal.child.process_id().unwrap().try_into().unwrap()), signal).unwrap();
        terminal.end();
        assert!(terminal.is_sane(), "{signal}");
    }
}

/// Run by the next test, in a terminal of its own.
#[test]
#[ignore = "panics on purpose"]
fn panics_on_the_screen() {
    let _screen = mailtriage::tui::terminal::Screen::enter().unwrap();
    panic!("on purpose");
}

#[test]
fn a_panic_leaves_the_terminal_sane_and_its_message_readable() {
    let folder = tempfile::tempdir().unwrap();
    let this = std::env::current_exe().unwrap();
    let arguments = ["--exact", "panics_on_the_screen", "--ignored", "--nocapture"];
    let mut terminal = Terminal::run(this.to_str().unwrap(), &arguments, (80, 24), folder.path());
    assert_ne!(terminal.end(), 0);
    assert!(terminal.is_sane());
    assert!(terminal.shows().contains("on purpose"), "{}", terminal.shows());
}
