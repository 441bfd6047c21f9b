//! The machine's own addresses, routes, tunnels and DNS servers. Nothing is sent.

use crate::text::is_inner;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// A VPN's interface and its addresses.
type Vpn = (String, Vec<IpAddr>);

/// The machine's own addresses with the length of their network prefix, and the interface of a connected VPN.
pub(super) fn interfaces() -> (Vec<(IpAddr, u8)>, Option<Vpn>) {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let in_use = || {
        let all = interfaces.iter().filter(|interface| !interface.is_loopback() && is_in_use(&interface.ip()));
        all.map(|interface| (interface.name.as_str(), interface.ip()))
    };
    let vpn = vpn_among(&in_use().collect::<Vec<_>>());
    let addresses = interfaces.into_iter().map(|interface| match interface.addr {
        if_addrs::IfAddr::V4(v4) => (IpAddr::V4(v4.ip), v4.netmask.to_bits().count_ones() as u8),
        if_addrs::IfAddr::V6(v6) => (IpAddr::V6(v6.ip), v6.netmask.to_bits().count_ones() as u8),
    });
    (addresses.filter(|(addr, _)| !addr.is_loopback()).collect(), vpn)
}

/// The first VPN among interfaces that are in use. A PPP interface is one only if it has an inner address and another
/// interface carries it: otherwise it is the line itself.
fn vpn_among(interfaces: &[(&str, IpAddr)]) -> Option<Vpn> {
    let is_ppp = |name: &str| name.to_ascii_lowercase().starts_with("ppp");
    let is_carried = interfaces.iter().any(|(name, _)| !is_ppp(name) && !is_vpn(name));
    let is_tunnel = |name: &str, addr: IpAddr| is_vpn(name) || (is_ppp(name) && is_carried && is_inner(addr));
    let (name, _) = interfaces.iter().find(|(name, addr)| is_tunnel(name, *addr))?;
    let addresses = interfaces.iter().filter(|(other, _)| other == name).map(|(_, addr)| *addr).collect();
    Some(((*name).to_owned(), addresses))
}

/// Tunnels by the names that systems and VPN programs give them.
fn is_vpn(interface: &str) -> bool {
    const KINDS: [&str; 13] = [
        "tun",
        "tap",
        "utun",
        "wg",
        "ipsec",
        "nordlynx",
        "proton",
        "tailscale",
        "wireguard",
        "openvpn",
        "anyconnect",
        "fortinet",
        "pangp",
    ];
    let name = interface.to_ascii_lowercase();
    KINDS.iter().any(|kind| name.starts_with(kind))
}

/// macOS has idle tunnels of its own, with link-local addresses only.
fn is_in_use(addr: &IpAddr) -> bool {
    match addr {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    }
}

/// Whether the system has a route to the rest of the world, by IPv4 and by IPv6.
pub(super) fn routes() -> (bool, bool) {
    let [v4, v6] = super::ANYWHERE;
    (source_for(v4).is_some(), source_for(v6).is_some())
}

/// The own addresses towards the internet, without those of interfaces that the system says are not running: a cable that
/// is pulled leaves address and route in place for a while.
pub(super) fn uplinks() -> super::Uplinks {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let is_dead = |addr: &IpAddr| {
        let mut at = interfaces.iter().filter(|interface| interface.ip() == *addr).peekable();
        at.peek().is_some() && at.all(|interface| !interface.is_oper_up())
    };
    super::ANYWHERE.map(|to| source_for(to).filter(|addr| !is_dead(addr)))
}

/// The own address from which packets to that one would be sent. Connecting a UDP socket sends nothing.
pub(super) fn source_for(to: IpAddr) -> Option<IpAddr> {
    let from = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(from).ok()?;
    socket.connect((to, 53)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// The DNS servers configured here, at most four.
pub(super) fn resolvers() -> Vec<SocketAddr> {
    let Ok((config, _)) = hickory_resolver::system_conf::read_system_conf() else { return Vec::new() };
    let mut servers = Vec::new();
    for server in config.name_servers() {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        let addr = SocketAddr::new(server.ip, port);
        if !servers.contains(&addr) {
            servers.push(addr);
        }
    }
    servers.truncate(4);
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vpns() {
        assert!(is_vpn("tun0") && is_vpn("utun4") && is_vpn("NordLynx") && is_vpn("wg-office"));
        assert!(!is_vpn("eth0") && !is_vpn("Ethernet") && !is_vpn("Wi-Fi") && !is_vpn("en0"));
    }

    #[test]
    fn a_dialled_line_is_no_vpn() {
        let at = |addr: &str| addr.parse::<IpAddr>().unwrap();
        let name = |interfaces: &[(&str, IpAddr)]| vpn_among(interfaces).map(|(name, _)| name);
        let lan = ("eth0", at("192.168.1.2"));
        assert_eq!(name(&[lan, ("ppp0", at("10.212.134.7"))]).as_deref(), Some("ppp0"));
        assert_eq!(name(&[lan, ("ppp0", at("198.51.100.7"))]), None);
        assert_eq!(name(&[("ppp0", at("10.64.64.64"))]), None);
        let both = vpn_among(&[("wg0", at("10.8.0.2")), lan, ("wg0", at("fd00::2"))]).unwrap();
        assert_eq!(both, ("wg0".to_owned(), vec![at("10.8.0.2"), at("fd00::2")]));
    }
}
