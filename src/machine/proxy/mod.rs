//! The web proxy that this system has set for programs, the servers that they reach without it, and the script that
//! chooses one in its place (PAC). What a script chooses, only Windows tells (`winhttp`); it is not run here.

#[cfg(not(windows))]
mod desktop;
mod windows;
#[cfg(windows)]
mod winhttp;

use super::registry::Registry;

/// How programs reach web servers; by default directly.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxy {
    /// The web proxy that is set, as `host:port`.
    pub at: Option<String>,
    /// Which servers are reached without it: names, and patterns such as `*.example.com`.
    pub not_for: Vec<String>,
    /// The script that chooses a web proxy, before the one that is set.
    pub script: Option<Script>,
}

impl Proxy {
    /// The web proxy through which a host is reached, unless a script chooses.
    pub fn to(&self, host: &str) -> Option<&str> {
        let is_past = self.not_for.iter().any(|pattern| is_meant(pattern, host));
        self.at.as_deref().filter(|_| !is_past)
    }
}

/// A script that chooses the web proxy for each page (proxy auto-configuration, PAC).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its address as it is set; `None` if it is only looked for in the network (WPAD).
    pub at: Option<String>,
    /// Whether the network is asked for one, before the address that is set.
    pub detect: bool,
}

/// What the system says a script chooses for a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// These proxies (`host:port`), one after the other until one answers; `None` is the way without any.
    Ways(Vec<Option<String>>),
    /// It could not run the script: its error number.
    Failed(u32),
}

/// The proxy and the script from the environment, or otherwise from the system's settings. It blocks: a desktop's own tool may
/// have to tell.
pub(super) fn configured(registry: &dyn Registry) -> Proxy {
    let own = proxy_of(|name| std::env::var(name).ok());
    let mut found = own.or_else(|| windows::configured(registry)).or_else(desktop).unwrap_or_default();
    if let Some(at) = found.script.as_mut().and_then(|script| script.at.as_mut()) {
        *at = without_user(at);
    }
    found
}

/// What is set in the settings of a system other than Windows.
fn desktop() -> Option<Proxy> {
    #[cfg(not(windows))]
    return desktop::configured();
    #[cfg(windows)]
    return None;
}

/// An address without the name and password that it may hold.
fn without_user(address: &str) -> String {
    match url::Url::parse(address) {
        Ok(mut url) if !url.username().is_empty() || url.password().is_some() => {
            let _ = (url.set_username(""), url.set_password(None));
            url.into()
        }
        _ => address.to_owned(),
    }
}

/// What the system's script chooses for a page; `None` on systems that do not tell, or within the time limit. It blocks.
pub(super) fn chosen(script: &Script, url: &str) -> Option<Chosen> {
    #[cfg(windows)]
    return Some(winhttp::chosen(script, url));
    #[cfg(not(windows))]
    {
        let _ = (script, url);
        None
    }
}

/// Whether a pattern means this host: a name, `*.example.com`, `192.168.*`, `*`, or `<local>` for names without a dot.
fn is_meant(pattern: &str, host: &str) -> bool {
    let (pattern, host) = (pattern.to_ascii_lowercase(), host.to_ascii_lowercase());
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(""), _) => true,
        (Some(end), _) => host.ends_with(end),
        (None, Some(start)) => host.starts_with(start),
        (None, None) if pattern == "<local>" => !host.contains('.'),
        (None, None) => host == pattern,
    }
}

fn proxy_of(variable: impl Fn(&str) -> Option<String>) -> Option<Proxy> {
    let first = |names: &[&str]| names.iter().find_map(|name| variable(name));
    let at = host_and_port(&first(&["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"])?)?;
    // Here a domain means the names below it as well (curl(1), NO_PROXY).
    let not_for = first(&["no_proxy", "NO_PROXY"]).unwrap_or_default();
    let not_for = not_for.split(',').map(|name| name.trim().trim_start_matches('.')).filter(|name| !name.is_empty());
    let not_for = not_for.flat_map(|name| [name.to_owned(), format!("*.{name}")]).collect();
    Some(Proxy { at: Some(at), not_for, script: None })
}

/// `host:port` of a proxy's address, without the name and password that it may hold.
fn host_and_port(value: &str) -> Option<String> {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let url = url::Url::parse(&with_scheme).ok()?;
    let port = url.port_or_known_default().unwrap_or(8080);
    Some(format!("{}:{port}", url.host_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_named_without_its_password() {
        let proxy = |value: &'static str| proxy_of(move |name| (name == "https_proxy").then(|| value.to_owned()))?.at;
        assert_eq!(proxy("http://anna:secret@proxy.example.com:3128/").as_deref(), Some("proxy.example.com:3128"));
        assert_eq!(proxy("proxy.example.com:8080").as_deref(), Some("proxy.example.com:8080"));
        assert_eq!(proxy(""), None);
        assert_eq!(without_user("http://anna:secret@pac.example/x.pac"), "http://pac.example/x.pac");
        assert_eq!(without_user("http://pac.example/X.pac"), "http://pac.example/X.pac");
    }

    #[test]
    fn servers_that_are_reached_without_it() {
        let by_variable = proxy_of(|name| match name {
            "https_proxy" => Some("proxy:3128".to_owned()),
            "no_proxy" => Some("localhost, .fabrikam.example".to_owned()),
            _ => None,
        })
        .unwrap();
        let passes = |host: &str| by_variable.to(host).is_none();
        assert!(passes("mail.Fabrikam.example") && passes("fabrikam.example"));
        assert!(!passes("notfabrikam.example") && !passes("outlook.office365.com"));
    }
}
