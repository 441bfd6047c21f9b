//! Windows alone: the system's own answer to the question which proxy a script chooses.

use super::windows::ways;
use super::{Chosen, Script};
use std::ptr::null;
use windows_sys::Win32::Foundation::{GetLastError, GlobalFree};
use windows_sys::Win32::Networking::WinHttp::{
    WINHTTP_ACCESS_TYPE_NAMED_PROXY, WINHTTP_ACCESS_TYPE_NO_PROXY, WINHTTP_AUTO_DETECT_TYPE_DHCP,
    WINHTTP_AUTO_DETECT_TYPE_DNS_A, WINHTTP_AUTOPROXY_AUTO_DETECT, WINHTTP_AUTOPROXY_CONFIG_URL,
    WINHTTP_AUTOPROXY_OPTIONS, WINHTTP_PROXY_INFO, WinHttpCloseHandle, WinHttpGetProxyForUrl, WinHttpOpen,
    WinHttpSetTimeouts,
};

/// The script would only be given to whoever logs in.
const LOGIN_FAILURE: u32 = 12015;

/// Asks WinHTTP, which finds, fetches and runs the script as Outlook's own requests do. Nobody is logged in for it. It may
/// take many seconds, in which this thread waits.
pub(super) fn chosen(script: &Script, url: &str) -> Chosen {
    let found = script.detect.then(|| ask(None, url));
    match (found, &script.at) {
        (Some(Chosen::Failed(_)) | None, Some(address)) => ask(Some(address), url),
        (Some(found), _) => found,
        (None, None) => Chosen::Failed(LOGIN_FAILURE),
    }
}

#[expect(unsafe_code, reason = "WinHTTP has no safe wrapper in the libraries we use")]
fn ask(address: Option<&str>, url: &str) -> Chosen {
    let (address, url) = (address.map(wide), wide(url));
    let mut options = WINHTTP_AUTOPROXY_OPTIONS::default();
    match &address {
        Some(address) => {
            options.dwFlags = WINHTTP_AUTOPROXY_CONFIG_URL;
            options.lpszAutoConfigUrl = address.as_ptr();
        }
        None => {
            options.dwFlags = WINHTTP_AUTOPROXY_AUTO_DETECT;
            options.dwAutoDetectFlags = WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A;
        }
    }
    let mut info = WINHTTP_PROXY_INFO::default();
    // SAFETY: all texts end with a NUL and live until the call returns; the session is closed exactly once.
    let (done, error) = unsafe {
        let session = WinHttpOpen(null(), WINHTTP_ACCESS_TYPE_NO_PROXY, null(), null(), 0);
        if session.is_null() {
            return Chosen::Failed(GetLastError());
        }
        WinHttpSetTimeouts(session, 5_000, 5_000, 5_000, 5_000);
        let done = WinHttpGetProxyForUrl(session, url.as_ptr(), &raw mut options, &raw mut info);
        let error = GetLastError();
        WinHttpCloseHandle(session);
        (done, error)
    };
    let list = take(info.lpszProxy);
    let _ = take(info.lpszProxyBypass);
    if done == 0 {
        return Chosen::Failed(error);
    }
    let named = list.filter(|_| info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY).map(|list| ways(&list));
    Chosen::Ways(named.filter(|ways| !ways.is_empty()).unwrap_or_else(|| vec![None]))
}

/// Reads a text that WinHTTP has made, and gives it back.
#[expect(unsafe_code, reason = "the text belongs to us and has to be given back by hand")]
fn take(text: *mut u16) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: WinHTTP's texts end with a NUL, and are freed by GlobalFree (WinHttpGetProxyForUrl); nobody keeps them.
    unsafe {
        let length = (0..).take_while(|at| *text.add(*at) != 0).count();
        let read = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        GlobalFree(text.cast());
        Some(read)
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
