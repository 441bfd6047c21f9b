//! The web proxy that is configured for programs.

use super::registry::{Registry, USER};

/// The proxy as `host:port`: from the environment, or otherwise from the system's settings.
pub(super) fn configured(registry: &dyn Registry) -> Option<String> {
    let own = proxy_of(|name| std::env::var(name).ok());
    own.or_else(|| proxy_of_registry(registry)).or_else(system_proxy)
}

fn proxy_of(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"];
    host_and_port(&names.iter().find_map(|name| variable(name))?)
}

/// `host:port` of a proxy's address, without the name and password that it may hold.
fn host_and_port(value: &str) -> Option<String> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = url::Url::parse(&with_scheme).ok()?;
    let port = url.port_or_known_default().unwrap_or(8080);
    Some(format!("{}:{port}", url.host_str()?))
}

/// Windows: what is set under Settings > Network & internet > Proxy for this user.
fn proxy_of_registry(registry: &dyn Registry) -> Option<String> {
    let key = format!(r"{USER}\Software\Microsoft\Windows\CurrentVersion\Internet Settings");
    let is_on = registry.number(&key, "ProxyEnable")? != 0;
    is_on.then(|| proxy_of_windows(&registry.text(&key, "ProxyServer")?))?
}

/// macOS: what is set under System Settings > Network > Proxies.
#[cfg(target_os = "macos")]
fn system_proxy() -> Option<String> {
    use std::io::Read;
    use std::process::{Command, Stdio};
    let scutil = Command::new("/usr/sbin/scutil").arg("--proxy").stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut scutil = scutil.ok()?;
    let mut said = Vec::new();
    scutil.stdout.take()?.take(64 * 1024).read_to_end(&mut said).ok()?;
    scutil.wait().ok()?;
    proxy_of_scutil(&String::from_utf8_lossy(&said))
}

#[cfg(not(target_os = "macos"))]
fn system_proxy() -> Option<String> {
    None
}

/// Reads `proxy:8080`, or one entry for each protocol: `http=proxy:8080;https=proxy:8443` (WinINet's
/// INTERNET_PROXY_INFO).
fn proxy_of_windows(value: &str) -> Option<String> {
    let parts: Vec<(&str, &str)> =
        value.split([';', ' ']).filter_map(|part| part.split_once('=').or(Some(("", part)))).collect();
    let of = |kind: &str| parts.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)).map(|(_, value)| *value);
    host_and_port(of("https").or_else(|| of("http")).or_else(|| of(""))?)
}

/// Reads lines such as `HTTPSEnable : 1`, `HTTPSProxy : proxy.example.com`, `HTTPSPort : 8443` (scutil(8)).
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = |value: &'static str| proxy_of(move |name| (name == "https_proxy").then(|| value.to_owned()));
        assert_eq!(proxy("http://anna:secret@proxy.example.com:3128/").as_deref(), Some("proxy.example.com:3128"));
        assert_eq!(proxy("proxy.example.com:8080").as_deref(), Some("proxy.example.com:8080"));
        assert_eq!(proxy(""), None);
        assert_eq!(proxy_of_windows("proxy:8080").as_deref(), Some("proxy:8080"));
        assert_eq!(proxy_of_windows("http=a:1;https=b:2").as_deref(), Some("b:2"));
        assert_eq!(proxy_of_windows(""), None);
        let recorded = "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\n\
             \"ProxyServer\"=\"proxy:3128\"\n\"ProxyEnable\"=dword:0000000";
        let on = |last: &str| proxy_of_registry(&Recorded::parse(&format!("{recorded}{last}")).unwrap());
        assert_eq!((on("1").as_deref(), on("0")), (Some("proxy:3128"), None));
        let said = "<dictionary> {\n  HTTPEnable : 0\n  HTTPSEnable : 1\n  HTTPSPort : 8443\n  HTTPSProxy : proxy.example.com\n}";
        assert_eq!(proxy_of_scutil(said).as_deref(), Some("proxy.example.com:8443"));
        assert_eq!(proxy_of_scutil("<dictionary> {\n  HTTPSEnable : 0\n  HTTPSProxy : x\n}"), None);
    }
}
