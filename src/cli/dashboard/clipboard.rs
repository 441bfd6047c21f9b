//! Copying: by the system's clipboard program, otherwise by the terminal, otherwise into a text file. It never
//! silently does nothing.

use crate::report::save;
use crossterm::clipboard::CopyToClipboard;
use crossterm::execute;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// Some terminals cut off longer texts (xterm's limit for a control sequence is about 100 KB once encoded).
const MOST_FOR_TERMINAL: usize = 70_000;

/// A clipboard program takes milliseconds; one whose display does not answer never ends, and is ended.
const PATIENCE: Duration = Duration::from_secs(2);

/// Copies a text; returns what to tell the person. `at` is the time for the file's name, if one has to be written.
pub(super) async fn copy(text: &str, at: jiff::Timestamp) -> String {
    if by_program(text).await {
        return "copied".to_owned();
    }
    // It cannot be known whether the terminal accepts it, so it is written to a file as well.
    let sent = text.len() < MOST_FOR_TERMINAL && by_terminal(text);
    let path = std::env::temp_dir().join(save::file_name("copied", at, "txt"));
    match (save::write_new(&path, text), sent) {
        (Ok(()), true) => format!("sent to the terminal's clipboard; also in {}", path.display()),
        (Ok(()), false) => format!("no clipboard here; the text is in {}", path.display()),
        (Err(_), true) => "sent to the terminal's clipboard, if it accepts that".to_owned(),
        (Err(why), false) => format!("not copied: {why}"),
    }
}

/// Copies by the system's clipboard program, if there is one.
async fn by_program(text: &str) -> bool {
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
    for (program, arguments) in programs {
        if takes(program, arguments, text).await {
            return true;
        }
    }
    false
}

/// Whether a program takes the text from its standard input and ends well, and soon.
async fn takes(program: &str, arguments: &[&str], text: &str) -> bool {
    let child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn();
    let Ok(mut child) = child else { return false };
    let handed_over = async {
        let Some(mut input) = child.stdin.take() else { return false };
        let written = input.write_all(text.as_bytes()).await.is_ok();
        drop(input);
        written && child.wait().await.is_ok_and(|status| status.success())
    };
    timeout(PATIENCE, handed_over).await.unwrap_or(false)
}

/// Copies by OSC 52, which many terminals understand, also through ssh.
fn by_terminal(text: &str) -> bool {
    execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(text)).is_ok()
}
