//! What this machine knows of its own network: addresses, routes, DNS servers, VPN, firewall, web proxy, hosts file.
//! Nothing is sent.

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
        sees_icmp: sees_icmp(),
        resolvers: own_resolvers(),
        vpn,
        tls_policy: tls_policy(),
        firewall: firewall(),
        proxy: proxy_of(|name| std::env::var(name).ok()).or_else(system_proxy),
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

#[cfg(any(target_os = "linux", windows))]
fn sees_icmp() -> bool {
    super::icmp::is_told()
}

#[cfg(not(any(target_os = "linux", windows)))]
fn sees_icmp() -> bool {
    false
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
    let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"];
    host_and_port(&names.iter().find_map(|name| variable(name))?)
}

/// `host:port` of a proxy's address, without the name and password that may stand in it.
fn host_and_port(value: &str) -> Option<String> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = url::Url::parse(&with_scheme).ok()?;
    let port = url.port_or_known_default().unwrap_or(8080);
    Some(format!("{}:{port}", url.host_str()?))
}

/// Windows: what Settings > Network & internet > Proxy holds for this user.
#[cfg(windows)]
fn system_proxy() -> Option<String> {
    let key =
        windows_registry::CURRENT_USER.open(r"Software\Microsoft\Windows\CurrentVersion\Internet Settings").ok()?;
    let is_on = key.get_u32("ProxyEnable").ok()? != 0;
    is_on.then(|| proxy_of_windows(&key.get_string("ProxyServer").ok()?))?
}

/// macOS: what System Settings > Network > Proxies holds.
#[cfg(target_os = "macos")]
fn system_proxy() -> Option<String> {
    let said = std::process::Command::new("/usr/sbin/scutil").arg("--proxy").output().ok()?;
    proxy_of_scutil(&String::from_utf8_lossy(&said.stdout))
}

#[cfg(not(any(windows, target_os = "macos")))]
fn system_proxy() -> Option<String> {
    None
}

/// `proxy:8080`, or one for each protocol: `http=proxy:8080;https=proxy:8443` (WinINet's INTERNET_PROXY_INFO).
#[cfg(any(windows, test))]
fn proxy_of_windows(value: &str) -> Option<String> {
    let parts: Vec<(&str, &str)> =
        value.split([';', ' ']).filter_map(|part| part.split_once('=').or(Some(("", part)))).collect();
    let of = |kind: &str| parts.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)).map(|(_, value)| *value);
    host_and_port(of("https").or_else(|| of("http")).or_else(|| of(""))?)
}

/// Lines such as `HTTPSEnable : 1`, `HTTPSProxy : proxy.example.com`, `HTTPSPort : 8443` (scutil(8)).
#[cfg(any(target_os = "macos", test))]
fn proxy_of_scutil(said: &str) -> Option<String> {
    let value = |key: String| {
        let lines = said.lines().filter_map(|line| line.split_once(" : "));
        lines.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    ["HTTPS", "HTTP"].into_iter().find_map(|kind| {
        let is_on = value(format!("{kind}Enable")) == Some("1");
        let (host, port) = (value(format!("{kind}Proxy"))?, value(format!("{kind}Port")).unwrap_or("8080"));
        is_on.then(|| host_and_port(&format!("{host}:{port}")))?
    })
}

/// Windows: the registry's switches for programs that connect (MicrosoftDocs win32, "TLS registry settings").
#[cfg(windows)]
fn tls_policy() -> Vec<(String, bool)> {
    const KEY: &str = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols";
    let switch = |version: &str| {
        let key = windows_registry::LOCAL_MACHINE.open(format!(r"{KEY}\TLS {version}\Client")).ok()?;
        schannel_switch(key.get_u32("Enabled").ok(), key.get_u32("DisabledByDefault").ok())
    };
    ["1.0", "1.1", "1.2", "1.3"]
        .into_iter()
        .filter_map(|version| Some((format!("TLSv{version}"), switch(version)?)))
        .collect()
}

#[cfg(not(windows))]
fn tls_policy() -> Vec<(String, bool)> {
    Vec::new()
}

/// `Enabled` = 0 forbids a version; `DisabledByDefault` = 1 leaves it to programs that ask for it, and Outlook asks for
/// none.
#[cfg(any(windows, test))]
fn schannel_switch(enabled: Option<u32>, disabled_by_default: Option<u32>) -> Option<bool> {
    match (enabled, disabled_by_default) {
        (Some(0), _) => Some(false),
        (_, Some(0)) => Some(true),
        (_, Some(_)) => Some(false),
        (Some(_), None) | (None, None) => None,
    }
}

/// ufw's switch is readable for everybody; nftables' rules are not, and firewalld is seen by its running program.
#[cfg(target_os = "linux")]
fn firewall() -> Option<String> {
    let text = std::fs::read_to_string("/etc/ufw/ufw.conf").ok()?;
    ufw_is_on(&text).then(|| "ufw".to_owned())
}

/// Windows Firewall is on as a rule, and lets everything out as a rule.
#[cfg(windows)]
fn firewall() -> Option<String> {
    const PROFILES: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
    let is_on = |profile: &str| {
        let key = windows_registry::LOCAL_MACHINE.open(format!(r"{PROFILES}\{profile}"));
        key.and_then(|key| key.get_u32("EnableFirewall")).is_ok_and(|value| value != 0)
    };
    ["StandardProfile", "PublicProfile", "DomainProfile"].into_iter().any(is_on).then(|| "Windows Firewall".to_owned())
}

#[cfg(not(any(windows, target_os = "linux")))]
fn firewall() -> Option<String> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn ufw_is_on(text: &str) -> bool {
    text.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"))
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
    fn switches_of_schannel() {
        assert_eq!(schannel_switch(Some(1), Some(0)), Some(true));
        assert_eq!(schannel_switch(Some(0), Some(0)), Some(false));
        assert_eq!(schannel_switch(None, Some(1)), Some(false));
        assert_eq!(schannel_switch(None, None), None);
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
        assert_eq!(proxy_of_windows("proxy:8080").as_deref(), Some("proxy:8080"));
        assert_eq!(proxy_of_windows("http=a:1;https=b:2").as_deref(), Some("b:2"));
        assert_eq!(proxy_of_windows(""), None);
        let said = "<dictionary> {\n  HTTPEnable : 0\n  HTTPSEnable : 1\n  HTTPSPort : 8443\n  HTTPSProxy : proxy.example.com\n}";
        assert_eq!(proxy_of_scutil(said).as_deref(), Some("proxy.example.com:8443"));
        assert_eq!(proxy_of_scutil("<dictionary> {\n  HTTPSEnable : 0\n  HTTPSProxy : x\n}"), None);
        assert!(ufw_is_on("# on?\nENABLED=yes\nLOGLEVEL=low\n") && !ufw_is_on("ENABLED=no\n"));
    }
}
