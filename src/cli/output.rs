//! What is written: results to stdout, everything else to stderr. A result that cannot be written is an error; a message
//! that cannot be written is not.

use super::Stop;
use crate::text::{reason, visible_str};
use std::io::{self, ErrorKind, Write};

/// Writes a report to stdout, whole.
pub(super) fn report(text: &str) -> Result<(), Stop> {
    can_print()?;
    write(text).map_err(|error| lost(&error))
}

/// Writes something that can be looked up again: a reader that has seen enough and goes away is not an error.
pub(super) fn print(text: &str) -> Result<(), Stop> {
    can_print()?;
    printed(write(text))
}

/// The same for what has been written already.
pub(super) fn printed(written: io::Result<()>) -> Result<(), Stop> {
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(lost(&error)),
        _ => Ok(()),
    }
}

/// Says early whether there is a stdout, so that no run is made in vain.
pub(super) fn can_print() -> Result<(), Stop> {
    match closed::was_closed() {
        true => Err(lost(&io::Error::other("it is closed"))),
        false => Ok(()),
    }
}

/// Writes text to stdout, whole.
pub(super) fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn lost(error: &io::Error) -> Stop {
    Stop::Usage(format!("the result could not be written to standard output: {}", reason(error)))
}

/// Says something on stderr, even if nobody can read it.
pub fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{}", visible_str(text));
}

/// Whether stdout was closed when the program was started. Rust's own start-up opens /dev/null in its place, where a
/// report would vanish without an error; so this is asked before that.
#[cfg(target_os = "linux")]
mod closed {
    use std::sync::atomic::{AtomicBool, Ordering};

    static WAS_CLOSED: AtomicBool = AtomicBool::new(false);

    #[used]
    #[expect(unsafe_code, reason = "code that runs before Rust's own start-up has no safe form")]
    // SAFETY: this section must hold addresses of functions of the C ABI, of pointer size and alignment: a `static` of that
    // type is one. The C library's start-up calls each once, on the only thread, before `main` (System V gABI,
    // "Initialization and Termination Functions"); arguments that it passes may be ignored. `look` cannot unwind, allocates
    // nothing, and needs nothing that Rust's start-up prepares: it makes one system call and writes one atomic.
    #[unsafe(link_section = ".init_array")]
    static LOOK: extern "C" fn() = look;

    extern "C" fn look() {
        #[expect(unsafe_code, reason = "nix has no call for a descriptor that may be closed")]
        // SAFETY: F_GETFD takes no third argument and reads or writes no memory of ours; any number may be asked for, and a
        // descriptor that is not open is the error EBADF (fcntl(2)).
        let flags = unsafe { libc::fcntl(libc::STDOUT_FILENO, libc::F_GETFD) };
        WAS_CLOSED.store(flags == -1, Ordering::Relaxed);
    }

    pub(super) fn was_closed() -> bool {
        WAS_CLOSED.load(Ordering::Relaxed)
    }
}

#[cfg(not(target_os = "linux"))]
mod closed {
    pub(super) fn was_closed() -> bool {
        false
    }
}
