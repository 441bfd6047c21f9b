//! How many connections and files the system lets this program have open at once. Too few would look like a silent
//! network, so it says so before a run instead.

/// What a run has open at once, at most about 70, with a reserve.
#[cfg(unix)]
const NEEDED: u64 = 128;
/// What is asked for where the system lets a program ask: more is of no use.
#[cfg(unix)]
const WANTED: u64 = 1024;

/// Asks for as many as a run may need. The error is a message for people.
#[cfg(unix)]
pub fn make_room() -> Result<(), String> {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    // A system that does not tell its limit sets none that could be raised.
    let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE) else { return Ok(()) };
    let most = soft.max(hard.min(WANTED));
    let now = match setrlimit(Resource::RLIMIT_NOFILE, most, hard) {
        Ok(()) => most,
        Err(_) => soft,
    };
    if now < NEEDED {
        return Err(format!(
            "this computer lets mailtriage have only {now} files and connections open at once, and a run needs \
             {NEEDED}: nothing was tested. Start it with a higher limit (ulimit -n {WANTED}), or as another user."
        ));
    }
    Ok(())
}

/// Windows sets no limit of this size.
#[cfg(not(unix))]
pub fn make_room() -> Result<(), String> {
    Ok(())
}
