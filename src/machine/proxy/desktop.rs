//! macOS, GNOME and KDE: the web proxy and the script that are set in their settings, in the words of the tools and files
//! that hold them.

use super::{Proxy, Script, host_and_port};

/// macOS: what is set under System Settings > Network > Proxies.
#[cfg(target_os = "macos")]
pub(super) fn configured() -> Option<Proxy> {
    of_scutil(&said_by("/usr/sbin/scutil", &["--proxy"])?)
}

/// What the desktop that is running has set: only in its session, where its programs go by it.
#[cfg(not(target_os = "macos"))]
pub(super) fn configured() -> Option<Proxy> {
    let desktop = std::env::var("XDG_CURRENT_DESKTOP").ok()?;
    if desktop.split(':').any(|name| name.eq_ignore_ascii_case("KDE")) {
        let own = std::env::var_os("XDG_CONFIG_HOME").map(std::path::PathBuf::from);
        let folder = own.or_else(|| Some(etcetera::home_dir().ok()?.join(".config")))?;
        let file = crate::machine::files::read(&folder.join("kioslaverc"), 64 * 1024).ok()?;
        return of_kde(&String::from_utf8_lossy(&file));
    }
    of_gnome(&said_by("/usr/bin/gsettings", &["list-recursively", "org.gnome.system.proxy"])?)
}

/// What a tool of the system prints, at most 64 KB; `None` if it is not there, or takes longer than two seconds.
fn said_by(tool: &str, arguments: &[&str]) -> Option<String> {
    use std::io::Read;
    use std::process::{Command, Stdio};
    use std::sync::mpsc;
    let command =
        Command::new(tool).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = command.ok()?;
    let stdout = child.stdout.take()?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = stdout.take(64 * 1024).read_to_end(&mut said);
        let _ = tell.send(said);
    });
    let said = told.recv_timeout(std::time::Duration::from_secs(2));
    if said.is_err() {
        let _ = child.kill();
    }
    let _ = child.wait();
    Some(String::from_utf8_lossy(&said.ok()?).into_owned())
}

/// A script by an address that is set, or by none: then it is looked for in the network.
#[cfg(not(target_os = "macos"))]
fn script(address: Option<&str>) -> Option<Proxy> {
    let at = address.map(str::trim).filter(|address| !address.is_empty()).map(str::to_owned);
    let detect = at.is_none();
    Some(Proxy { script: Some(Script { at, detect }), ..Proxy::default() })
}

/// Reads lines such as `HTTPSEnable : 1`, `HTTPSProxy : proxy.example.com`, `HTTPSPort : 8443`,
/// `ProxyAutoConfigEnable : 1`, `ProxyAutoConfigURLString : http://...` (scutil(8), SCSchemaDefinitions.h).
#[cfg(any(target_os = "macos", test))]
fn of_scutil(said: &str) -> Option<Proxy> {
    let exceptions = said.lines().skip_while(|line| !line.contains("ExceptionsList")).skip(1);
    let exceptions = exceptions.take_while(|line| !line.contains('}')).filter_map(|line| line.split_once(" : "));
    let mut not_for: Vec<String> = exceptions.map(|(_, pattern)| pattern.trim().to_owned()).collect();
    let value = |key: &str| {
        let lines = said.lines().filter_map(|line| line.split_once(" : "));
        lines.map(|(name, value)| (name.trim(), value.trim())).find(|(name, _)| *name == key).map(|(_, value)| value)
    };
    let is_on = |key: &str| value(key) == Some("1");
    if is_on("ExcludeSimpleHostnames") {
        not_for.push("<local>".to_owned());
    }
    let at = ["HTTPS", "HTTP"].into_iter().find_map(|kind| {
        let port = value(&format!("{kind}Port")).unwrap_or("8080");
        let host = value(&format!("{kind}Proxy"))?;
        is_on(&format!("{kind}Enable")).then(|| host_and_port(&format!("{host}:{port}")))?
    });
    let address = value("ProxyAutoConfigURLString").filter(|_| is_on("ProxyAutoConfigEnable")).map(str::to_owned);
    let detect = is_on("ProxyAutoDiscoveryEnable");
    let script = (address.is_some() || detect).then_some(Script { at: address, detect });
    (at.is_some() || script.is_some()).then_some(Proxy { at, not_for, script })
}

/// Reads lines such as `org.gnome.system.proxy mode 'auto'`, `org.gnome.system.proxy.https host 'proxy'` (gsettings(1)).
#[cfg(not(target_os = "macos"))]
fn of_gnome(said: &str) -> Option<Proxy> {
    let value = |below: &str, key: &str| {
        let start = format!("org.gnome.system.proxy{below} {key} ");
        said.lines().find_map(|line| line.strip_prefix(start.as_str())).map(|value| value.trim().trim_matches('\''))
    };
    match value("", "mode")? {
        "auto" => script(value("", "autoconfig-url")),
        "manual" => {
            let at = [".https", ".http"].into_iter().find_map(|kind| {
                let host = value(kind, "host").filter(|host| !host.is_empty())?;
                host_and_port(&format!("{host}:{}", value(kind, "port")?))
            })?;
            let past = value("", "ignore-hosts").unwrap_or_default().trim_matches(['[', ']']);
            let past = past.split(',').map(|name| name.trim().trim_matches('\'').to_owned());
            Some(Proxy { at: Some(at), not_for: past.filter(|name| !name.is_empty()).collect(), script: None })
        }
        _ => None,
    }
}

/// Reads the section `[Proxy Settings]` of kioslaverc: `ProxyType` 1 is a proxy, 2 a script, 3 one that is looked for in the
/// network (KDE's KProtocolManager::ProxyType).
#[cfg(not(target_os = "macos"))]
fn of_kde(text: &str) -> Option<Proxy> {
    let section = text.lines().skip_while(|line| !line.starts_with("[Proxy Settings]")).skip(1);
    let section: Vec<(&str, &str)> =
        section.take_while(|line| !line.starts_with('[')).filter_map(|line| line.split_once('=')).collect();
    // A key may say that it is a path that variables stand in: `Proxy Config Script[$e]`.
    let value =
        |key: &str| section.iter().find(|(name, _)| name.split('[').next() == Some(key)).map(|(_, value)| value.trim());
    match value("ProxyType")? {
        "1" => {
            // KDE writes a blank before the port.
            let at = value("httpsProxy").or_else(|| value("httpProxy"))?.trim().replace(' ', ":");
            let past = value("NoProxyFor").unwrap_or_default().split([',', ' ']).filter(|name| !name.is_empty());
            let not_for = past.map(|name| name.strip_prefix('.').map_or(name.to_owned(), |end| format!("*.{end}")));
            Some(Proxy { at: Some(host_and_port(&at)?), not_for: not_for.collect(), script: None })
        }
        "2" => script(value("Proxy Config Script")),
        "3" => script(None),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_scutil_says() {
        let said = "<dictionary> {\n  HTTPEnable : 0\n  HTTPSEnable : 1\n  HTTPSPort : 8443\n  HTTPSProxy : proxy.example.com\n}";
        assert_eq!(of_scutil(said).unwrap().at.as_deref(), Some("proxy.example.com:8443"));
        assert_eq!(of_scutil("<dictionary> {\n  HTTPSEnable : 0\n  HTTPSProxy : x\n}"), None);
        let said = "<dictionary> {\n  ExceptionsList : <array> {\n    0 : *.local\n    1 : 169.254/16\n  }\n  \
                    ExcludeSimpleHostnames : 1\n  HTTPSEnable : 1\n  HTTPSPort : 8443\n  HTTPSProxy : p.example\n}";
        let proxy = of_scutil(said).unwrap();
        let passes = |host: &str| proxy.to(host).is_none();
        assert!(passes("mail.local") && passes("exchange") && !passes("outlook.office365.com"));
        let said = "<dictionary> {\n  ProxyAutoConfigEnable : 1\n  ProxyAutoConfigURLString : http://pac.example/x.pac\n  \
                    ProxyAutoDiscoveryEnable : 0\n}";
        let script = of_scutil(said).unwrap().script.unwrap();
        assert_eq!((script.at.as_deref(), script.detect), (Some("http://pac.example/x.pac"), false));
        let off = said.replace("ConfigEnable : 1", "ConfigEnable : 0");
        assert_eq!(of_scutil(&off), None);
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn what_gsettings_says() {
        let said =
            "org.gnome.system.proxy autoconfig-url 'http://pac.example/x.pac'\norg.gnome.system.proxy mode 'auto'\n";
        let script = |said: &str| of_gnome(said).unwrap().script.unwrap();
        assert_eq!(script(said), Script { at: Some("http://pac.example/x.pac".to_owned()), detect: false });
        assert_eq!(script(&said.replace("http://pac.example/x.pac", "")), Script { at: None, detect: true });
        assert_eq!(of_gnome(&said.replace("auto'", "none'")), None);
        let manual = "org.gnome.system.proxy ignore-hosts ['localhost', '*.local']\norg.gnome.system.proxy mode 'manual'\n\
                      org.gnome.system.proxy.http host 'proxy.example'\norg.gnome.system.proxy.http port 3128\n\
                      org.gnome.system.proxy.https host ''\norg.gnome.system.proxy.https port 0\n";
        let manual = of_gnome(manual).unwrap();
        assert_eq!((manual.at.as_deref(), manual.not_for.len()), (Some("proxy.example:3128"), 2));
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn what_kde_has_written() {
        let of = |kind: u8| {
            of_kde(&format!(
                "[Other]\nProxyType=9\n[Proxy Settings]\nNoProxyFor=.local,localhost\nProxy Config Script[$e]=http://pac.example/x.pac\n\
                 ProxyType={kind}\nhttpsProxy=http://proxy.example 3128\n[Next]\nProxyType=0\n"
            ))
        };
        assert_eq!(of(2).unwrap().script.unwrap().at.as_deref(), Some("http://pac.example/x.pac"));
        assert_eq!(of(3).unwrap().script.unwrap(), Script { at: None, detect: true });
        let manual = of(1).unwrap();
        assert_eq!((manual.at.as_deref(), manual.not_for[0].as_str()), (Some("proxy.example:3128"), "*.local"));
        assert_eq!((of(0), of(4)), (None, None));
    }
}
