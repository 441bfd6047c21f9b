//! The real terminal: taking it over and giving it back, whatever happens.

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::cursor::Show;
#[cfg(unix)]
use ratatui::crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
#[cfg(windows)]
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
#[cfg(unix)]
use ratatui::crossterm::terminal::{Clear, ClearType};
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use std::io::{self, BufWriter, Stdout, Write};
use std::mem::ManuallyDrop;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// The screen of a real terminal; dropping it restores the terminal.
pub struct Screen {
    /// For drawing. It is never dropped: ratatui's own end prints an error if the terminal is gone, and panics where that
    /// cannot be printed either. `restore` does all that it would do.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<BufWriter<Stdout>>>>,
}

impl Screen {
    /// Takes the terminal over.
    pub fn enter() -> io::Result<Self> {
        restore_on_panic();
        let terminal = take().and_then(|()| Terminal::new(CrosstermBackend::new(BufWriter::new(io::stdout()))));
        match terminal {
            Ok(terminal) => Ok(Screen { terminal: ManuallyDrop::new(terminal) }),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Takes the terminal over.
fn take() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen)?;
    // So that a line end in a pasted error does not count as Enter. The Windows console does not mark pastes: see `paste`.
    #[cfg(unix)]
    let _ = execute!(io::stdout(), EnableBracketedPaste);
    Ok(())
}

/// Asks the terminal to tell of clicks and the wheel, or no longer to.
pub(super) fn mouse(on: bool) {
    if MOUSE.swap(on, Ordering::SeqCst) != on {
        tell_of_mouse(on);
    }
}

/// Clicks and wheel alone (1000), as numbers without a limit (1006): crossterm's own command also asks for every
/// movement, and each would wake the program.
#[cfg(unix)]
fn tell_of_mouse(on: bool) {
    let sequence = if on { "\x1b[?1000h\x1b[?1006h" } else { "\x1b[?1006l\x1b[?1000l" };
    let _ = io::stdout().write_all(sequence.as_bytes());
    let _ = io::stdout().flush();
}

#[cfg(windows)]
fn tell_of_mouse(on: bool) {
    let _ = if on { execute!(io::stdout(), EnableMouseCapture) } else { execute!(io::stdout(), DisableMouseCapture) };
}

/// Gives the terminal back and stops the program, as Ctrl-Z does elsewhere; takes it over again when the person comes
/// back. Everything is to be drawn anew after that.
#[cfg(unix)]
pub(super) fn suspend() -> io::Result<()> {
    use nix::sys::signal::{Signal, killpg};
    use nix::unistd::Pid;
    let mouse_is_on = MOUSE.load(Ordering::SeqCst);
    restore();
    // All that the shell started together stops together: its group, which is ours.
    killpg(Pid::from_raw(0), Signal::SIGTSTP)?;
    take()?;
    execute!(io::stdout(), Clear(ClearType::All))?;
    mouse(mouse_is_on);
    Ok(())
}

/// Windows has nothing like it.
#[cfg(not(unix))]
pub(super) fn suspend() -> io::Result<()> {
    Ok(())
}

/// Waits until the terminal is gone. The system tells that by SIGHUP, but only those who belong to the terminal's session;
/// crossterm would read the end of the input for ever.
#[cfg(unix)]
pub(super) async fn gone() {
    use std::os::fd::AsFd;
    use tokio::io::{Interest, unix::AsyncFd};
    let Ok(input) = io::stdin().as_fd().try_clone_to_owned() else { return std::future::pending().await };
    #[expect(unsafe_code, reason = "tokio has no safe form of it")]
    // SAFETY: what is registered must give the same open descriptor until it is deregistered (I/O safety). `input` is an
    // `OwnedFd`: nobody else can close it, it has no inner mutability, and it is moved into `watched`, which deregisters it
    // before it is dropped.
    let watched = unsafe { AsyncFd::register_with_interest(input, Interest::READABLE) };
    let Ok(watched) = watched else { return std::future::pending().await };
    loop {
        match watched.readable().await {
            Ok(guard) if guard.ready().is_read_closed() => return,
            // A key, which crossterm reads.
            Ok(mut guard) => guard.clear_ready(),
            Err(_) => return std::future::pending().await,
        }
    }
}

/// A console that is gone ends the program by itself (`signals`).
#[cfg(not(unix))]
pub(super) async fn gone() {
    std::future::pending().await
}

/// Whether we have taken over the terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Whether the terminal tells of the mouse.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Restores the terminal, once: a second time would move the cursor back over what has been printed since. Errors are
/// ignored: a terminal that is gone needs nothing.
fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    mouse(false);
    #[cfg(unix)]
    let _ = execute!(io::stdout(), DisableBracketedPaste);
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
    let _ = io::stdout().flush();
}

/// A panic's message must be readable: the terminal is restored before it is printed.
fn restore_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            restore();
            usual(info);
        }));
    });
}
