//! Linux only: the ICMP message behind a failed connect, read from the socket's error queue as an ordinary user.
//! See ip(7), IP_RECVERR.

use super::Icmp;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, setsockopt, sockopt};
use std::io::IoSliceMut;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// Whether the system reports ICMP messages: Linux always does.
pub(super) fn is_told() -> bool {
    true
}

/// Keeps a second handle on a socket, since tokio closes its own when a connect fails.
pub struct ErrorQueue(OwnedFd);

impl ErrorQueue {
    /// Switches the queue on; `None` if the system refuses.
    pub fn of(socket: &impl AsFd, to: SocketAddr) -> Option<Self> {
        let fd = socket.as_fd().try_clone_to_owned().ok()?;
        let switched = match to {
            SocketAddr::V4(_) => setsockopt(&fd, sockopt::Ipv4RecvErr, &true),
            SocketAddr::V6(_) => setsockopt(&fd, sockopt::Ipv6RecvErr, &true),
        };
        switched.ok()?;
        Some(ErrorQueue(fd))
    }

    /// The last ICMP message in the queue; never waits.
    pub fn take(&self) -> Option<Icmp> {
        let mut last = None;
        // The queue is short; the bound only guards against a flood.
        for _ in 0..16 {
            let mut byte = [0u8; 512];
            let mut iov = [IoSliceMut::new(&mut byte)];
            let mut space = nix::cmsg_space!(nix::libc::sock_extended_err, nix::libc::sockaddr_in6);
            let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
            let Ok(message) = recvmsg::<SockaddrStorage>(self.0.as_raw_fd(), &mut iov, Some(&mut space), flags) else {
                break;
            };
            let Ok(controls) = message.cmsgs() else { break };
            for control in controls {
                last = read(control).or(last);
            }
        }
        last
    }
}

fn read(control: ControlMessageOwned) -> Option<Icmp> {
    const ORIGIN_ICMP: u8 = 2;
    const ORIGIN_ICMP6: u8 = 3;
    match control {
        ControlMessageOwned::Ipv4RecvErr(error, Some(from)) if error.ee_origin == ORIGIN_ICMP => {
            let from = IpAddr::V4(Ipv4Addr::from(u32::from_be(from.sin_addr.s_addr)));
            Some(Icmp { from, kind: error.ee_type, code: error.ee_code })
        }
        ControlMessageOwned::Ipv6RecvErr(error, Some(from)) if error.ee_origin == ORIGIN_ICMP6 => {
            let from = IpAddr::V6(Ipv6Addr::from(from.sin6_addr.s6_addr));
            Some(Icmp { from, kind: error.ee_type, code: error.ee_code })
        }
        _ => None,
    }
}
