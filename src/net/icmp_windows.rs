//! Windows only: the ICMP message behind a failed connect, read as an ordinary user. By default Windows ignores such
//! messages while it connects (learn.microsoft.com, "IPPROTO_TCP socket options": TCP_FAIL_CONNECT_ON_ICMP_ERROR,
//! TCP_ICMP_ERROR_INFO). This has been built and has run under Wine, which knows neither option; there it reports that
//! it sees nothing.

use super::Icmp;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::windows::io::{AsRawSocket, AsSocket, OwnedSocket};
use windows_sys::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, ICMP_ERROR_INFO, IPPROTO_TCP, SOCKET, TCP_FAIL_CONNECT_ON_ICMP_ERROR, TCP_ICMP_ERROR_INFO,
    getsockopt, setsockopt,
};

/// Keeps a second handle on a socket, since tokio closes its own when a connect fails.
pub struct ErrorQueue(OwnedSocket);

impl ErrorQueue {
    /// Asks for the messages; `None` if the system refuses.
    pub fn of(socket: &impl AsSocket, _to: SocketAddr) -> Option<Self> {
        let socket = socket.as_socket().try_clone_to_owned().ok()?;
        fail_on_icmp(socket.as_raw_socket() as SOCKET).then_some(ErrorQueue(socket))
    }

    /// The message that ended the connect.
    pub fn take(&self) -> Option<Icmp> {
        icmp_error(self.0.as_raw_socket() as SOCKET)
    }
}

/// Whether this Windows reports the messages: the options came with Windows 10 version 2004.
pub(super) fn is_told() -> bool {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
    socket.is_ok_and(|socket| fail_on_icmp(socket.as_raw_socket() as SOCKET))
}

#[expect(unsafe_code, reason = "the option has no safe wrapper in the libraries we use")]
fn fail_on_icmp(socket: SOCKET) -> bool {
    let on: u32 = 1;
    // SAFETY: `socket` is open: the callers borrow its owner. The pointer is to a local that lives through the call; it is a
    // `u32`, and the call is told to read its four bytes. Nothing is written.
    let result =
        unsafe { setsockopt(socket, IPPROTO_TCP, TCP_FAIL_CONNECT_ON_ICMP_ERROR, std::ptr::from_ref(&on).cast(), 4) };
    result == 0
}

#[expect(unsafe_code, reason = "the option has no safe wrapper in the libraries we use")]
fn icmp_error(socket: SOCKET) -> Option<Icmp> {
    let mut info = ICMP_ERROR_INFO::default();
    let mut length = i32::try_from(size_of::<ICMP_ERROR_INFO>()).ok()?;
    // SAFETY: `socket` is open: the caller borrows its owner. Both pointers are to locals that live through the call and are
    // not otherwise borrowed. `info` is a C structure of integers and an address union, for which any bytes are a value;
    // `length` is its size, and the system writes at most so much into it.
    let result = unsafe {
        getsockopt(socket, IPPROTO_TCP, TCP_ICMP_ERROR_INFO, std::ptr::from_mut(&mut info).cast(), &raw mut length)
    };
    // Nothing is written if no message came.
    if result != 0 || length == 0 {
        return None;
    }
    // SAFETY: every member of the union begins with the family (ws2ipdef.h, SOCKADDR_INET), so reading it is sound whichever
    // was written; it says which one that was. All of them are integers alone, and `info` began as zeroes, so that no byte
    // is uninitialised even if the system lied.
    let from = unsafe {
        match info.srcaddress.si_family {
            AF_INET => IpAddr::V4(Ipv4Addr::from(u32::from_be(info.srcaddress.Ipv4.sin_addr.S_un.S_addr))),
            AF_INET6 => IpAddr::V6(Ipv6Addr::from(info.srcaddress.Ipv6.sin6_addr.u.Byte)),
            _ => return None,
        }
    };
    Some(Icmp { from, kind: info.r#type, code: info.code })
}
