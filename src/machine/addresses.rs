//! The machine's own addresses, routes, tunnels and DNS servers. Nothing is sent.

use std::net::{IpAddr, SocketAddr};

/// The machine's own addresses with the length of their network prefix, and the interface of a connected VPN.
pub(super) fn interfaces() -> (Vec<(IpAddr, u8)>, Option<String>) {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let vpn = interfaces.iter().find(|interface| is_vpn(&interface.name) && is_in_use(&interface.ip()));
    let vpn = vpn.map(|interface| interface.name.clone());
    let addresses = interfaces.into_iter().map(|interface| match interface.addr {
        if_addrs::IfAddr::V4(v4) => (IpAddr::V4(v4.ip), v4.netmask.to_bits().count_ones() as u8),
        if_addrs::IfAddr::V6(v6) => (IpAddr::V6(v6.ip), v6.netmask.to_bits().count_ones() as u8),
    });
    (addresses.filter(|(addr, _)| !addr.is_loopback()).collect(), vpn)
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

/// Whether the system has a route to the rest of the world, by IPv4 and by IPv6. Connecting a UDP socket sends
/// nothing; the addresses are those of a root name server (a.root-servers.net), chosen because they are ordinary
/// addresses of the public internet.
pub(super) fn routes() -> (bool, bool) {
    let is_routed =
        |from: &str, to: &str| std::net::UdpSocket::bind(from).and_then(|socket| socket.connect(to)).is_ok();
    (is_routed("0.0.0.0:0", "198.41.0.4:53"), is_routed("[::]:0", "[2001:503:ba3e::2:30]:53"))
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
}
