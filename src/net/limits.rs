//! What the system lets this program have at once: connections and files, threads, memory. Too little would look like a
//! silent network or end in the middle of a run, so it says so before a run instead.

/// What a run has open at once, at most about 70, with a reserve.
#[cfg(unix)]
const NEEDED_FILES: u64 = 128;
/// What is asked for where the system lets a program ask: more is of no use.
#[cfg(unix)]
const WANTED_FILES: u64 = 1024;
/// The threads of a run: several name look-ups by the system at once, and the screen's input.
const NEEDED_THREADS: usize = 8;
/// A run takes about 20 MB; with a report of the longest kind, twice that.
const NEEDED_MEMORY: usize = 64 * 1024 * 1024;

/// Asks for as much as a run may need. The error is a message for people.
pub fn make_room() -> Result<(), String> {
    let short = |of: &str, do_this: &str| {
        Err(format!(
            "this computer allows mailtriage too {of}, so nothing was tested. Start it with a higher limit ({do_this}), or as another user."
        ))
    };
    #[cfg(unix)]
    {
        leave_no_core();
        let files = files(WANTED_FILES);
        if files < NEEDED_FILES {
            let of = format!("few open files and connections, only {files} of the {NEEDED_FILES} that it needs");
            return short(&of, &format!("ulimit -n {WANTED_FILES}"));
        }
    }
    if !can_have_memory() {
        return short("little memory", "ulimit -v unlimited");
    }
    if !can_have_threads() {
        return short(
            &format!("few threads, fewer than the {NEEDED_THREADS} more that it needs"),
            "ulimit -u, ulimit -v",
        );
    }
    Ok(())
}

/// What one run has open at once, with a reserve.
pub const RUN: usize = 80;

/// Asks for so many files and connections open at once, for several runs. The error is a message for people.
pub fn room_for(count: usize) -> Result<(), String> {
    #[cfg(unix)]
    {
        let wanted = u64::try_from(count).unwrap_or(u64::MAX) + NEEDED_FILES;
        let files = files(wanted);
        if files < wanted {
            return Err(format!(
                "this computer lets mailtriage have {files} files and connections open at once, of {wanted} for so many \
                 runs at a time: a higher limit (ulimit -n {wanted}), or a lower --parallel"
            ));
        }
    }
    let _ = count;
    Ok(())
}

/// How many files and connections may be open at once, after asking for so many.
#[cfg(unix)]
fn files(wanted: u64) -> u64 {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    // A system that does not tell its limit sets none that could be raised.
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return wanted };
    let most = soft.max(hard.min(wanted));
    match setrlimit(Resource::RLIMIT_NOFILE, most, hard) {
        Ok(()) => most,
        Err(_) => soft,
    }
}

/// An image of this program's memory, written where it crashes, might hold a password.
#[cfg(unix)]
fn leave_no_core() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_CORE) {
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, hard);
    }
}

/// Reserved and given back; none of it is touched.
fn can_have_memory() -> bool {
    let mut room: Vec<u8> = Vec::new();
    std::hint::black_box(&mut room).try_reserve_exact(NEEDED_MEMORY).is_ok()
}

/// All are started and wait for each other, then end.
fn can_have_threads() -> bool {
    let gate = std::sync::Mutex::new(());
    std::thread::scope(|scope| {
        let _shut = gate.lock();
        let start = || std::thread::Builder::new().spawn_scoped(scope, || drop(gate.lock()));
        (0..NEEDED_THREADS).all(|_| start().is_ok())
    })
}
