//! A pseudo-terminal that is read by a terminal emulator, and the program in it. Not a test.

use portable_pty::{Child, CommandBuilder, MasterPty, NativePtySystem, PtySize, PtySystem};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than anything takes on the slowest machine; after that the test fails and says what the screen shows.
pub const WAIT: Duration = Duration::from_secs(40);

pub struct Terminal {
    master: Box<dyn MasterPty + Send>,
    pub child: Box<dyn Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    pub screen: Arc<Mutex<vt100::Parser>>,
    pub raw: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    pub fn start(arguments: &[&str], size: (u16, u16), folder: &Path) -> Self {
        Self::run(env!("CARGO_BIN_EXE_mailtriage"), arguments, size, folder)
    }

    pub fn run(program: &str, arguments: &[&str], (columns, rows): (u16, u16), folder: &Path) -> Self {
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

    pub fn shows(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// Waits for a text, which may be wrapped.
    pub fn wait_for(&self, text: &str) -> String {
        let in_a_line = |shows: &str| shows.split_whitespace().collect::<Vec<_>>().join(" ");
        self.wait_until(text, |shows| shows.contains(text) || in_a_line(shows).contains(text))
    }

    pub fn wait_until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let until = Instant::now() + WAIT;
        while Instant::now() < until {
            let shows = self.shows();
            if holds(&shows) {
                return shows;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("\"{what}\" never came; the screen shows\n{}", self.shows());
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(rows, columns);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    pub fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    pub fn end(&mut self) -> u32 {
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

    /// Whether the alternate screen is left and the cursor shown. What was written last may be read only after the end.
    pub fn is_sane(&self) -> bool {
        let is_sane = || {
            let raw = self.raw.lock().unwrap();
            let last = |sequence: &[u8]| raw.windows(sequence.len()).rposition(|window| window == sequence);
            last(b"\x1b[?1049l") > last(b"\x1b[?1049h") && last(b"\x1b[?25h") > last(b"\x1b[?25l")
        };
        (0..40).any(|_| {
            is_sane() || {
                std::thread::sleep(Duration::from_millis(50));
                false
            }
        })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}
