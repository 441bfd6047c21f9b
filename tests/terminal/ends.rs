//! How the program leaves a terminal: by signals, with the terminal gone, by a panic, with a clipboard program that hangs.

use crate::pty::{Terminal, WAIT};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use portable_pty::{MasterPty, NativePtySystem, PtySize, PtySystem};
use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

#[test]
fn signals_leave_the_terminal_sane() {
    let folder = tempfile::tempdir().unwrap();
    for signal in [Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
        let mut terminal = Terminal::start(&["practice", "587-silent"], (80, 24), folder.path());
        terminal.wait_for("Result");
        kill(Pid::from_raw(terminal.child.process_id().unwrap().try_into().unwrap()), signal).unwrap();
        terminal.end();
        assert!(terminal.is_sane(), "{signal}");
        terminal.wait_for("ended from outside; the report was not saved");
    }
}

/// The program in a terminal that belongs to another session, whose end no signal tells; and what there is to see of it.
struct Unsignalled {
    master: Box<dyn MasterPty + Send>,
    output: Box<dyn Read + Send>,
    child: std::process::Child,
}

impl Unsignalled {
    fn start(scenario: &str, with_stderr: bool, folder: &Path) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = NativePtySystem::default().openpty(size).unwrap();
        let path = pair.master.tty_name().unwrap();
        let tty = || std::fs::File::options().read(true).write(true).open(&path).unwrap();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mailtriage"));
        command.args(["practice", scenario, "--ascii"]).current_dir(folder);
        command.env("TERM", "xterm-256color").env("HOME", folder).stdin(tty()).stdout(tty());
        let stderr = if with_stderr { tty().into() } else { std::process::Stdio::piped() };
        let child = command.stderr(stderr).spawn().unwrap();
        let output = pair.master.try_clone_reader().unwrap();
        Unsignalled { master: pair.master, output, child }
    }

    /// Reads until the screen has shown this.
    fn wait_for(&mut self, text: &str) {
        let mut screen = vt100::Parser::new(24, 80, 0);
        let mut buffer = [0; 4096];
        while !screen.screen().contents().contains(text) {
            let count = self.output.read(&mut buffer).unwrap();
            screen.process(&buffer[..count]);
        }
    }

    /// Closes the terminal; returns the exit code and what was said on stderr, if that was no terminal.
    fn close(self) -> (Option<i32>, String) {
        let Unsignalled { master, output, mut child } = self;
        drop((master, output));
        let until = Instant::now() + WAIT;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                let _ = child.kill();
                panic!("it lives on without its terminal");
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

#[test]
fn a_terminal_that_is_closed_while_a_run_draws_is_an_orderly_end() {
    let folder = tempfile::tempdir().unwrap();
    for with_stderr in [true, false, true, false] {
        let mut terminal = Unsignalled::start("587-silent", with_stderr, folder.path());
        terminal.wait_for("Result");
        let (code, said) = terminal.close();
        assert!(matches!(code, Some(1 | 3)), "{code:?}");
        assert!(with_stderr || said.contains("ended from outside; the report was not saved"), "{said}");
        assert!(!said.contains("panicked"), "{said}");
    }
}

#[test]
fn a_terminal_that_is_closed_while_nothing_happens_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    for with_stderr in [true, false] {
        let mut terminal = Unsignalled::start("587-rejected-here", with_stderr, folder.path());
        // This is shown when the last check has ended.
        terminal.wait_for("not saved");
        let (code, said) = terminal.close();
        assert_eq!(code, Some(1));
        assert!(with_stderr || said.contains("ended from outside; the report was not saved"), "{said}");
    }
}

/// A clipboard program whose display does not answer: the screen goes on, and the program does not stay.
#[test]
fn a_clipboard_program_that_hangs_freezes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let programs = folder.path().join("bin");
    std::fs::create_dir(&programs).unwrap();
    for name in ["xclip", "xsel"] {
        let program = programs.join(name);
        std::fs::write(&program, "#!/bin/sh\necho $$ >> \"$HOME/started\"\nexec sleep 600\n").unwrap();
        std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let program = env!("CARGO_BIN_EXE_mailtriage");
    let run = format!(
        "unset WAYLAND_DISPLAY; export DISPLAY=:9 PATH=\"{}:$PATH\" TMPDIR=\"$HOME\"; exec {program} practice \
         587-rejected-here --ascii",
        programs.display()
    );
    let mut terminal = Terminal::run("/bin/sh", &["-c", &run], (80, 24), folder.path());
    terminal.wait_for("not saved");
    terminal.press("c");
    terminal.wait_for("copying");
    terminal.press("?");
    terminal.wait_for("Keys here");
    terminal.press("\x1b");
    terminal.wait_for("sent to the terminal's clipboard");
    terminal.press("\x03");
    assert_eq!(terminal.end(), 1);
    let started = std::fs::read_to_string(folder.path().join("started")).unwrap();
    let pids: Vec<i32> = started.lines().map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 2);
    for pid in pids {
        assert!(kill(Pid::from_raw(pid), None).is_err(), "{pid} still runs");
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
    let arguments = ["--exact", "ends::panics_on_the_screen", "--ignored", "--nocapture"];
    let mut terminal = Terminal::run(this.to_str().unwrap(), &arguments, (80, 24), folder.path());
    assert_ne!(terminal.end(), 0);
    assert!(terminal.is_sane());
    assert!(terminal.shows().contains("on purpose"), "{}", terminal.shows());
}
