//! Windows: what is set under Settings > Network & internet > Proxy, by the registry.

use super::{Proxy, Script, host_and_port};
use crate::machine::registry::{MACHINE, Registry, USER, Value};

const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

/// The switches in the ninth byte of `DefaultConnectionSettings` (Microsoft, "What is DefaultConnectionSettings key?";
/// their values are WinINet's `PROXY_TYPE_PROXY`, `_AUTO_PROXY_URL` and `_AUTO_DETECT`).
const BY_PROXY: u32 = 2;
const BY_SCRIPT: u32 = 4;
const BY_DETECTION: u32 = 8;

/// What is set for this user, or for everybody if the policy `ProxySettingsPerUser` says so; `None` if nothing is.
pub(super) fn configured(registry: &dyn Registry) -> Option<Proxy> {
    let policy = format!(r"{MACHINE}\Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings");
    let hive = if registry.number(&policy, "ProxySettingsPerUser") == Some(0) { MACHINE } else { USER };
    let key = format!(r"{hive}\{SETTINGS}");
    let stored = match registry.value(&format!(r"{key}\Connections"), "DefaultConnectionSettings") {
        Some(Value::Bytes(bytes)) => Connection::read(&bytes),
        _ => None,
    };
    let is_on = |flag: u32| stored.as_ref().is_some_and(|stored| stored.flags & flag != 0);
    // The single values are those that administrators write; Windows keeps both alike.
    let by_value = registry.number(&key, "ProxyEnable").map(|number| number != 0);
    let server = registry.text(&key, "ProxyServer").or_else(|| stored.as_ref().map(|stored| stored.server.clone()));
    let at = server.filter(|_| by_value.unwrap_or_else(|| is_on(BY_PROXY))).and_then(|server| host_of(&server));
    let past = registry.text(&key, "ProxyOverride").or_else(|| stored.as_ref().map(|stored| stored.past.clone()));
    let past = past.filter(|_| at.is_some()).unwrap_or_default();
    let not_for = past.split([';', ' ']).filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect();
    let address = registry.text(&key, "AutoConfigURL");
    let address = address.or_else(|| stored.as_ref().filter(|_| is_on(BY_SCRIPT)).map(|stored| stored.script.clone()));
    let address = address.map(|address| address.trim().to_owned()).filter(|address| !address.is_empty());
    let detect = is_on(BY_DETECTION);
    let script = (address.is_some() || detect).then_some(Script { at: address, detect });
    (at.is_some() || script.is_some()).then_some(Proxy { at, not_for, script })
}

/// `DefaultConnectionSettings`: a version, a counter, the switches, then three texts, each with its length before it.
struct Connection {
    flags: u32,
    server: String,
    past: String,
    script: String,
}

impl Connection {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes.get(8..)?;
        let flags = number(&mut rest)?;
        let (server, past, script) = (text(&mut rest), text(&mut rest), text(&mut rest));
        Some(Connection { flags, server, past, script })
    }
}

fn number(bytes: &mut &[u8]) -> Option<u32> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*number))
}

/// A text with its length before it; an empty one if what is there is cut off.
fn text(bytes: &mut &[u8]) -> String {
    let length = number(bytes).and_then(|length| usize::try_from(length).ok());
    let Some((text, rest)) = length.and_then(|length| bytes.split_at_checked(length)) else {
        *bytes = &[];
        return String::new();
    };
    *bytes = rest;
    String::from_utf8_lossy(text).into_owned()
}

/// Reads `proxy:8080`, or one entry for each protocol: `http=proxy:8080;https=proxy:8443` (WinINet's
/// INTERNET_PROXY_INFO).
fn host_of(value: &str) -> Option<String> {
    let parts: Vec<(&str, &str)> =
        value.split([';', ' ']).filter_map(|part| part.split_once('=').or(Some(("", part)))).collect();
    let of = |kind: &str| parts.iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)).map(|(_, value)| *value);
    host_and_port(of("https").or_else(|| of("http")).or_else(|| of(""))?)
}

/// What WinHTTP says that a script chooses: `a:8080;b:8080`, with `DIRECT` for the way without a proxy.
#[cfg(any(windows, test))]
pub(super) fn ways(list: &str) -> Vec<Option<String>> {
    let entries = list.split([';', ' ']).filter(|entry| !entry.is_empty());
    let ways = entries.filter_map(|entry| match entry {
        direct if direct.eq_ignore_ascii_case("direct") => Some(None),
        proxy => Some(Some(host_of(proxy)?)),
    });
    ways.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;

    const KEY: &str = r"[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings]";
    const CONNECTIONS: &str =
        r"[HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Internet Settings\Connections]";

    fn of(text: &str) -> Option<Proxy> {
        configured(&Recorded::parse(text).unwrap())
    }

    /// As Windows writes it: version 0x46, a counter, the switches, the texts, and 32 bytes of nothing.
    fn stored(flags: u8, texts: [&str; 3]) -> String {
        let mut bytes = vec![0x46, 0, 0, 0, 9, 0, 0, 0, flags, 0, 0, 0];
        for text in texts {
            bytes.extend(u32::try_from(text.len()).unwrap().to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes.extend([0; 32]);
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{CONNECTIONS}\n\"DefaultConnectionSettings\"=hex:{}\n", digits.join(","))
    }

    #[test]
    fn a_proxy_by_single_values() {
        let on =
            |number: u8| of(&format!("{KEY}\n\"ProxyServer\"=\"proxy:3128\"\n\"ProxyEnable\"=dword:0000000{number}"));
        assert_eq!((on(1).unwrap().at.as_deref(), on(0)), (Some("proxy:3128"), None));
        assert_eq!(host_of("proxy:8080").as_deref(), Some("proxy:8080"));
        assert_eq!(host_of("http=a:1;https=b:2").as_deref(), Some("b:2"));
        assert_eq!(host_of(""), None);
        let proxy = of(&format!(
            "{KEY}\n\"ProxyServer\"=\"proxy:3128\"\n\"ProxyEnable\"=dword:00000001\n\"ProxyOverride\"=\"*.fabrikam.local;10.*;<local>\""
        ));
        let proxy = proxy.unwrap();
        let passes = |host: &str| proxy.to(host).is_none();
        assert!(["mail.fabrikam.local", "10.1.2.3", "exchange"].iter().all(|host| passes(host)));
        assert!(!passes("outlook.office365.com"));
    }

    #[test]
    fn a_script_by_its_value_or_by_the_connection() {
        let script = |text: &str| of(text).and_then(|found| found.script);
        let set = |detect| Some(Script { at: Some("http://pac.fabrikam.example/proxy.pac".to_owned()), detect });
        let value = format!("{KEY}\n\"AutoConfigURL\"=\"http://pac.fabrikam.example/proxy.pac\"\n");
        let url = "http://pac.fabrikam.example/proxy.pac";
        assert_eq!(script(&value), set(false));
        assert_eq!(script(&stored(0x05, ["", "", url])), set(false));
        assert_eq!(script(&stored(0x0d, ["", "", url])), set(true));
        assert_eq!(script(&format!("{value}{}", stored(0x09, ["", "", ""]))), set(true));
        // An address that is kept, but switched off.
        assert_eq!(script(&stored(0x01, ["", "", url])), None);
        assert_eq!(script(&stored(0x09, ["", "", ""])), Some(Script { at: None, detect: true }));
        assert_eq!(script(&format!("{KEY}\n\"AutoConfigURL\"=\"  \"\n")), None);
    }

    #[test]
    fn a_connection_that_is_cut_off() {
        assert!(Connection::read(&[0x46, 0, 0]).is_none());
        let cut = Connection::read(&[0x46, 0, 0, 0, 9, 0, 0, 0, 0x0f, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, b'x']).unwrap();
        assert_eq!((cut.flags, cut.server.as_str(), cut.script.as_str()), (15, "", ""));
        let both = of(&stored(0x07, ["proxy:3128", "<local>", "http://pac/x.pac"])).unwrap();
        assert_eq!((both.at.as_deref(), both.not_for.as_slice()), (Some("proxy:3128"), &["<local>".to_owned()][..]));
        assert!(both.script.is_some());
    }

    #[test]
    fn settings_for_everybody() {
        let policy = r"[HKEY_LOCAL_MACHINE\Software\Policies\Microsoft\Windows\CurrentVersion\Internet Settings]";
        let machine = r"[HKEY_LOCAL_MACHINE\Software\Microsoft\Windows\CurrentVersion\Internet Settings]";
        let text = format!(
            "{policy}\n\"ProxySettingsPerUser\"=dword:00000000\n{machine}\n\"AutoConfigURL\"=\"http://pac/all.pac\"\n{KEY}\n\"AutoConfigURL\"=\"http://pac/own.pac\"\n"
        );
        assert_eq!(of(&text).unwrap().script.unwrap().at.as_deref(), Some("http://pac/all.pac"));
    }

    #[test]
    fn what_a_script_has_chosen() {
        let own = |proxy: &str| Some(proxy.to_owned());
        assert_eq!(ways("a:8080;b:3128;DIRECT"), [own("a:8080"), own("b:3128"), None]);
        assert_eq!(ways("direct"), [None]);
        assert_eq!(ways(""), []);
    }
}
