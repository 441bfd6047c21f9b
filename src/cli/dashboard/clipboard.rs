//! Copying: by the system's clipboard program, otherwise by the terminal, otherwise into a text file. It never
//! silently does nothing.

use crate::report::save;
use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use std::io::Write;
use std::process::{Command, Stdio};

/// Some terminals cut off longer texts (xterm's limit for a control sequence is about 100 KB once encoded).
const MOST_FOR_TERMINAL: usize = 70_000;

/// Copies a text; returns what to tell the person. `at` is the time for the file's name, if one has to be written.
pub(super) fn copy(text: &str, at: jiff::Timestamp) -> String {
    if by_program(text) {
        return "copied".to_owned();
    }
    // It cannot be known whether the terminal accepts it, so it is written to a file as well.
    let sent = text.len() < MOST_FOR_TERMINAL && by_terminal(text);
    let path = std::env::temp_dir().join(save::file_name("copied", at, "txt"));
    match (save::write_new(&path, text), sent) {
        (Ok(()), true) => format!("sent to the terminal's clipboard; also in {}", path.display()),
        (Ok(()), false) => format!("no clipboard here; the text is in {}", path.display()),
        (Err(_), true) => "sent to the terminal's clipboard, if it takes it".to_owned(),
        (Err(why), false) => format!("not copied: {why}"),
    }
}

/// Copies by the system's clipboard program, if there is one.
fn by_program(text: &str) -> bool {
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let programs: &[(&str, &[&str])] = if cfg!(windows) {
        &[("clip.exe", &[])]
    } else if cfg!(target_os = "macos") {
        &[("pbcopy", &[])]
    } else if has("WAYLAND_DISPLAY") {
        &[("wl-copy", &[])]
    } else if has("DISPLAY") {
        &[("xclip", &["-selection", "clipboard"]), ("xsel", &["-ib"])]
    } else {
        &[]
    };
    programs.iter().any(|(program, arguments)| {
        let child = Command::new(program)
            .args(*arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.is_ok_and(|mut child| {
            let written = child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
            written && child.wait().is_ok_and(|status| status.success())
        })
    })
}

/// Copies by OSC 52, which many terminals understand, also through ssh.
fn by_terminal(text: &str) -> bool {
    execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(text)).is_ok()
}
