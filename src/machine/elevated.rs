//! Whether this process has more rights than an ordinary user: root, or on Windows an elevated token, which is what "Run as
//! administrator" gives. That the account belongs to the administrators is not enough there, and is not asked.

#[cfg(unix)]
pub(super) fn is_elevated() -> bool {
    nix::unistd::geteuid().is_root()
}

/// learn.microsoft.com, "TOKEN_ELEVATION structure (winnt.h)". A token that does not tell is taken for an ordinary one.
#[cfg(windows)]
#[expect(unsafe_code, reason = "a process's token has no safe wrapper in the libraries we use")]
pub(super) fn is_elevated() -> bool {
    use std::os::windows::io::{AsRawHandle, FromRawHandle, OwnedHandle};
    use windows_sys::Win32::Security::{GetTokenInformation, TOKEN_ELEVATION, TOKEN_QUERY, TokenElevation};
    use windows_sys::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};

    let mut token = std::ptr::null_mut();
    // SAFETY: `GetCurrentProcess` gives a constant that stands for this process and is never closed. The pointer is to a local
    // that lives through the call, into which one handle is written.
    if unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } == 0 {
        return false;
    }
    // SAFETY: the call above has succeeded, so `token` is an open handle, and nothing else closes it.
    let token = unsafe { OwnedHandle::from_raw_handle(token) };
    let mut elevation = TOKEN_ELEVATION::default();
    let mut length = 0;
    let size = size_of::<TOKEN_ELEVATION>() as u32;
    // SAFETY: `token` is open. Both pointers are to locals that live through the call and are not otherwise borrowed;
    // `elevation` is one integer, for which any bytes are a value, and `size` is its size: the system writes no more.
    let told = unsafe {
        let to = std::ptr::from_mut(&mut elevation).cast();
        GetTokenInformation(token.as_raw_handle(), TokenElevation, to, size, &raw mut length)
    };
    told != 0 && elevation.TokenIsElevated != 0
}
