//! The web proxy that is configured for programs, and the servers that they reach without it. Scripts that choose one
//! (PAC) are not run.

use super::registry::{Registry, USER};

/// A configured proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Configured {
    /// `host:port`.
    pub(super) at: String,
    /// Which servers are reached without it, see [`is_meant`].
    pub(super) not_for: Vec<String>,
}

/// The proxy from the environment, or otherwise from the system's settings.
pub(super) fn configured(registry: &dyn Registry) -> Option<Configured> {
    let own = proxy_of(|name| std::env::var(name).ok());
    own.or_else(|| proxy_of_registry(registry)).or_else(system_proxy)
}

/// Whether a pattern means this host: a name, `*.example.com`, `192.168.*`, `*`, or `<local>` for names without a dot.
pub(super) fn is_meant(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(end), _) => host.ends_with(end),
        (None, Some(start)) => host.starts_with(start),
        (None, None) if pattern == "<local>" => !host.contains('.'),
        (None, None) => host == pattern,
    }
}

fn proxy_of(variable: impl Fn(&str) -> Option<String>) -> Option<Configured> {
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
    let at = host_and_port(&first(&["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"])?)?;
    // Here a domain means the names below it as well (curl(1), NO_PROXY).
    let not_for = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    let not_for = not_for.split(',').map(|name| name.trim().trim_start_matches('.')).filter(|name| !name.is_empty());
    Some(Configured { at, not_for: not_for.flat_map(|name| [name.to_owned(), format!("*.{name}")]).collect() })
}

/// `host:port` of a proxy's address, without the name and password that it may hold.
fn host_and_port(value: &str) -> Option<String> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = url::Url::parse(&with_scheme).ok()?;
    let port = url.port_or_known_default().unwrap_or(8080);
    Some(format!("{}:{port}", url.host_str()?))
}

/// Windows: what is set under Settings > Network & internet > Proxy for this user.
fn proxy_of_registry(registry: &dyn Registry) -> Option<Configured> {
    let key = format!(r"{USER}\Software\Microsoft\Windows\CurrentVersion\Internet Settings");
    let is_on = registry.number(&key, "ProxyEnable")? != 0;
    let at = proxy_of_windows(&registry.text(&key, "ProxyServer")?).filter(|_| is_on)?;
    let not_for = registry.text(&key, "ProxyOverride").unwrap_or_default();
    let not_for = not_for.split([';', ' ']).filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect();
    Some(Configured { at, not_for })
}

/// macOS: what is set under System Settings > Network > Proxies.
#[cfg(target_os = "macos")]
fn system_proxy() -> Option<Configured> {
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
fn system_proxy() -> Option<Configured> {
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
fn proxy_of_scutil(said: &str) -> Option<Configured> {
    let exceptions = said.lines().skip_while(|line| !line.contains("ExceptionsList")).skip(1);
    let exceptions = exceptions.take_while(|line| !line.contains('}')).filter_map(|line| line.split_once(" : "));
    let mut not_for: Vec<String> = exceptions.map(|(_, pattern)| pattern.trim().to_owned()).collect();
    let value = |key: String| {
        let lines = said.lines().filter_map(|line| line.split_once(" : "));
        lines.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    if value("ExcludeSimpleHostnames".to_owned()) == Some("1") {
        not_for.push("<local>".to_owned());
    }
    let at = ["HTTPS", "HTTP"].into_iter().find_map(|kind| {
        let is_on = value(format!("{kind}Enable")) == Some("1");
        let (host, port) = (value(format!("{kind}Proxy"))?, value(format!("{kind}Port")).unwrap_or("8080"));
        is_on.then(|| host_and_port(&format!("{host}:{port}")))?
    })?;
    Some(Configured { at, not_for })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = |value: &'static str| {
            proxy_of(move |name| (name == "https_proxy").then(|| value.to_owned())).map(|proxy| proxy.at)
        };
        assert_eq!(proxy("http://anna:secret@proxy.example.com:3128/").as_deref(), Some("proxy.example.com:3128"));
        assert_eq!(proxy("proxy.example.com:8080").as_deref(), Some("proxy.example.com:8080"));
        assert_eq!(proxy(""), None);
        assert_eq!(proxy_of_windows("proxy:8080").as_deref(), Some("proxy:8080"));
        assert_eq!(proxy_of_windows("http=a:1;https=b:2").as_deref(), Some("b:2"));
        assert_eq!(proxy_of_windows(""), None);
        let recorded = "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\n\
             \"ProxyServer\"=\"proxy:3128\"\n\"ProxyEnable\"=dword:0000000";
        let on = |last: &str| {
            proxy_of_registry(&Recorded::parse(&format!("{recorded}{last}")).unwrap()).map(|proxy| proxy.at)
        };
        assert_eq!((on("1").as_deref(), on("0")), (Some("proxy:3128"), None));
        let said = "<dictionary> {\n  HTTPEnable : 0\n  HTTPSEnable : 1\n  HTTPSPort : 8443\n  HTTPSProxy : proxy.example.com\n}";
        assert_eq!(proxy_of_scutil(said).unwrap().at, "proxy.example.com:8443");
        assert_eq!(proxy_of_scutil("<dictionary> {\n  HTTPSEnable : 0\n  HTTPSProxy : x\n}"), None);
    }

    #[test]
    fn servers_that_are_reached_without_it() {
        let passes = |not_for: &[String], host: &str| not_for.iter().any(|pattern| is_meant(pattern, host));
        let by_variable = proxy_of(|name| match name {
            "https_proxy" => Some("proxy:3128".to_owned()),
            "no_proxy" => Some("localhost, .fabrikam.example".to_owned()),
            _ => None,
        })
        .unwrap()
        .not_for;
        assert!(passes(&by_variable, "mail.Fabrikam.example") && passes(&by_variable, "fabrikam.example"));
        assert!(!passes(&by_variable, "notfabrikam.example") && !passes(&by_variable, "outlook.office365.com"));
        let recorded = "[HKEY_CURRENT_USER\\Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings]\n\
             \"ProxyServer\"=\"proxy:3128\"\n\"ProxyEnable\"=dword:00000001\n\"ProxyOverride\"=\"*.fabrikam.local;10.*;<local>\"";
        let windows = proxy_of_registry(&Recorded::parse(recorded).unwrap()).unwrap().not_for;
        assert!(["mail.fabrikam.local", "10.1.2.3", "exchange"].iter().all(|host| passes(&windows, host)));
        assert!(!passes(&windows, "outlook.office365.com"));
        let said = "<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n    1 : 169.254/16\n  }\n  \
                    ExcludeSimpleHostnames : 1\n  HTTPSEnable : 1\n  HTTPSPort : 8443\n  HTTPSProxy : p.example\n}";
        let mac = proxy_of_scutil(said).unwrap().not_for;
        assert!(passes(&mac, "mail.local") && passes(&mac, "exchange") && !passes(&mac, "outlook.office365.com"));
    }
}
