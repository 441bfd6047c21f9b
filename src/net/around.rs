//! What this machine knows of its own network: addresses, routes, DNS servers, VPN, web proxy, hosts file. Nothing is sent.

use super::{IpAddr, Local, SocketAddr};

/// Looks at this machine, without asking anybody.
pub(super) fn look() -> Local {
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    let vpn = interfaces.iter().find(|interface| is_vpn(&interface.name) && is_in_use(&interface.ip()));
    let vpn = vpn.map(|interface| interface.name.clone());
    let addresses = interfaces
        .into_iter()
        .map(|interface| match interface.addr {
            if_addrs::IfAddr::V4(v4) => (IpAddr::V4(v4.ip), v4.netmask.to_bits().count_ones() as u8),
            if_addrs::IfAddr::V6(v6) => (IpAddr::V6(v6.ip), v6.netmask.to_bits().count_ones() as u8),
        })
        .filter(|(addr, _)| !addr.is_loopback())
        .collect();
    Local {
        addresses,
        routed_v4: is_routed("0.0.0.0:0", "198.41.0.4:53"),
        routed_v6: is_routed("[::]:0", "[2001:503:ba3e::2:30]:53"),
        sees_icmp: cfg!(target_os = "linux"),
        resolvers: own_resolvers(),
        vpn,
        proxy: proxy_of(|name| std::env::var(name).ok()),
        hostname: whoami::hostname().ok(),
        user: whoami::username().ok(),
        elevated: is_elevated(),
        os: whoami::distro().unwrap_or_else(|_| std::env::consts::OS.to_owned()),
    }
}

/// The address that the hosts file gives for a name.
pub(super) fn hosts_file(name: &str) -> Option<IpAddr> {
    let path = match std::env::var("SystemRoot") {
        Ok(root) if cfg!(windows) => format!("{root}\\System32\\drivers\\etc\\hosts"),
        _ => "/etc/hosts".to_owned(),
    };
    let text = std::fs::read(path).ok()?;
    let lines = hosts_of(&String::from_utf8_lossy(&text));
    lines.into_iter().find(|(_, listed)| listed.eq_ignore_ascii_case(name)).map(|(addr, _)| addr)
}

/// The lines of a hosts file (hosts(5)); block lists with many thousands are read as well.
fn hosts_of(text: &str) -> Vec<(IpAddr, String)> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default());
    let entries = lines.flat_map(|line| {
        let mut words = line.split_whitespace();
        let addr = words.next().and_then(|addr| addr.parse::<IpAddr>().ok());
        words.filter_map(move |name| Some((addr?, name.to_ascii_lowercase())))
    });
    entries.take(200_000).collect()
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

/// macOS keeps idle tunnels of its own, with link-local addresses alone.
fn is_in_use(addr: &IpAddr) -> bool {
    match addr {
        IpAddr::V4(v4) => !v4.is_link_local(),
        IpAddr::V6(v6) => !v6.is_unicast_link_local(),
    }
}

/// Whether the system would know a way there. Connecting a UDP socket sends nothing; the addresses are root name
/// servers' (a.root-servers.net), chosen because they are ordinary addresses of the public internet.
fn is_routed(from: &str, to: &str) -> bool {
    std::net::UdpSocket::bind(from).and_then(|socket| socket.connect(to)).is_ok()
}

fn own_resolvers() -> Vec<SocketAddr> {
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

fn proxy_of(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let value = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]
        .iter()
        .find_map(|name| variable(name))?;
    let with_scheme = if value.contains("://") { value } else { format!("http://{value}") };
    let url = url::Url::parse(&with_scheme).ok()?;
    let port = url.port_or_known_default().unwrap_or(8080);
    Some(format!("{}:{port}", url.host_str()?))
}

#[cfg(unix)]
fn is_elevated() -> bool {
    #[cfg(target_os = "linux")]
    return nix::unistd::geteuid().is_root();
    #[cfg(not(target_os = "linux"))]
    return whoami::username().is_ok_and(|user| user == "root");
}

#[cfg(not(unix))]
fn is_elevated() -> bool {
    // Asking Windows needs its security API; until then we do not claim it.
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_files() {
        let read =
            hosts_of("127.0.0.1 localhost\n# 10.0.0.1 off.example\n10.9.9.9\tSMTP.example.com mail # old\nnonsense\n");
        let names: Vec<&str> = read.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["localhost", "smtp.example.com", "mail"]);
    }

    #[test]
    fn vpns() {
        assert!(is_vpn("tun0") && is_vpn("utun4") && is_vpn("NordLynx") && is_vpn("wg-office"));
        assert!(!is_vpn("eth0") && !is_vpn("Ethernet") && !is_vpn("Wi-Fi") && !is_vpn("en0"));
    }

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = |value: &'static str| proxy_of(move |name| (name == "https_proxy").then(|| value.to_owned()));
        assert_eq!(proxy("http://anna:secret@proxy.example.com:3128/").as_deref(), Some("proxy.example.com:3128"));
        assert_eq!(proxy("proxy.example.com:8080").as_deref(), Some("proxy.example.com:8080"));
        assert_eq!(proxy(""), None);
    }
}
