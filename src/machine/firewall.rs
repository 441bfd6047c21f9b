//! This computer's firewall: whether one is switched on, and which rules of Windows Firewall keep a program from sending,
//! as far as the system shows that to an ordinary user.

use super::registry::{MACHINE, Registry, Value};

/// Anybody can read ufw's switch; nobody but root can read nftables' rules; firewalld is recognised by its running
/// program. Windows Firewall is normally on, and normally lets everything out.
pub(super) fn switched_on(registry: &dyn Registry) -> Option<String> {
    ufw().or_else(|| windows_is_on(registry)?.then(|| "Windows Firewall".to_owned()))
}

/// Whether Windows Firewall is on for any kind of network; `None` if nothing is said about it.
fn windows_is_on(registry: &dyn Registry) -> Option<bool> {
    let profiles = ["StandardProfile", "PublicProfile", "DomainProfile"];
    let switch = |profile: &str| registry.number(&format!(r"{MACHINE}\{POLICY}\{profile}"), "EnableFirewall");
    profiles.into_iter().filter_map(switch).map(|value| value != 0).reduce(|one, other| one || other)
}

const POLICY: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";

/// Rules that an organisation has set are in a key of their own.
const RULES: [&str; 2] = [
    r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules",
    r"SOFTWARE\Policies\Microsoft\WindowsFirewall\FirewallRules",
];

#[cfg(target_os = "linux")]
fn ufw() -> Option<String> {
    let text = super::files::read(std::path::Path::new("/etc/ufw/ufw.conf"), 64 * 1024).ok()?;
    ufw_is_on(&String::from_utf8_lossy(&text)).then(|| "ufw".to_owned())
}

#[cfg(not(target_os = "linux"))]
fn ufw() -> Option<String> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn ufw_is_on(text: &str) -> bool {
    text.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"))
}

/// The names of the rules of Windows Firewall in force that keep a program (`outlook.exe`) from connecting to a port: those
/// for the program alone, and not for some addresses only ([MS-GPFAS] section 2.2.2, "Firewall Rule and the Firewall Rule
/// Grammar Rule"). `None` if there is no such firewall.
pub fn rules_against(registry: &dyn Registry, program: &str, port: u16) -> Option<Vec<String>> {
    if !windows_is_on(registry)? {
        return Some(Vec::new());
    }
    let values = RULES.into_iter().flat_map(|key| registry.values(&format!(r"{MACHINE}\{key}")));
    let rules = values.filter_map(|value| match value {
        Value::Text(rule) => rule_against(&rule, program, port),
        Value::Number(_) | Value::Bytes(_) => None,
    });
    Some(rules.take(8).collect())
}

/// A rule such as `v2.31|Action=Block|Active=TRUE|Dir=Out|Protocol=6|RPort=587|App=C:\…\OUTLOOK.EXE|Name=No mail|`.
fn rule_against(rule: &str, program: &str, port: u16) -> Option<String> {
    let of = |name: &str| {
        let fields = rule.split('|').filter_map(move |field| field.split_once('='));
        fields.filter(|(key, _)| *key == name).map(|(_, value)| value).collect::<Vec<_>>()
    };
    let is = |name: &str, value: &str| of(name).first().is_some_and(|set| set.eq_ignore_ascii_case(value));
    let app = of("App").first()?.rsplit('\\').next()?.to_owned();
    let is_port = |range: &&str| match range.split_once('-') {
        Some((low, high)) => {
            low.parse().is_ok_and(|low: u16| low <= port) && high.parse().is_ok_and(|high: u16| port <= high)
        }
        None => range.parse() == Ok(port),
    };
    let ports: Vec<&str> = of("RPort").into_iter().chain(of("RPort2_10")).collect();
    let addresses = ["RA4", "RA6", "RA42", "RA62"].iter().any(|name| !of(name).is_empty());
    let protocol = of("Protocol").first().is_none_or(|number| *number == "6");
    let holds = is("Action", "Block") && is("Active", "TRUE") && is("Dir", "Out") && protocol && !addresses;
    let holds = holds && (ports.is_empty() || ports.iter().any(is_port)) && app.eq_ignore_ascii_case(program);
    holds.then(|| crate::text::visible_str(of("Name").first().copied().unwrap_or("a rule without a name")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;

    #[test]
    fn the_switch_of_ufw() {
        assert!(ufw_is_on("# on?\nENABLED=yes\nLOGLEVEL=low\n") && !ufw_is_on("ENABLED=no\n"));
    }

    #[test]
    fn rules_that_stop_outlook() {
        let rule = |fields: &str| {
            let app = r"App=C:\Program Files\Microsoft Office\root\Office16\OUTLOOK.EXE|Name=No mail";
            let rule = format!("v2.31|Action=Block|Active=TRUE|Dir=Out|{fields}{app}|");
            rule_against(&rule, "outlook.exe", 587).is_some()
        };
        assert!(rule("") && rule("Protocol=6|RPort=587|") && rule("Protocol=6|RPort2_10=500-600|RPort=25|"));
        assert!(!rule("Protocol=17|") && !rule("Protocol=6|RPort=25|") && !rule("RA4=203.0.113.0/255.255.255.0|"));
        let other = r"v2.31|Action=Block|Active=FALSE|Dir=Out|App=C:\OUTLOOK.EXE|Name=Off|";
        assert_eq!(rule_against(other, "outlook.exe", 587), None);
        assert_eq!(rule_against(&other.replace("FALSE", "TRUE"), "thunderbird.exe", 587), None);
        assert_eq!(rule_against(&other.replace("FALSE", "TRUE").replace("Out", "In"), "outlook.exe", 587), None);
    }

    #[test]
    fn a_recorded_firewall() {
        let recorded = Recorded::parse(&format!(
            "[HKEY_LOCAL_MACHINE\\{POLICY}\\PublicProfile]\n\"EnableFirewall\"=dword:00000001\n\
             [HKEY_LOCAL_MACHINE\\{POLICY}\\FirewallRules]\n\"broken\"=dword:00000001\n\"half\"=\"v2.31|Action=Blo\"\n\
             \"{{1}}\"=\"v2.31|Action=Block|Active=TRUE|Dir=Out|App=C:\\\\x\\\\Outlook.exe|Name=No mail|\"\n"
        ));
        let recorded = recorded.unwrap();
        assert_eq!(switched_on(&recorded).as_deref(), Some("Windows Firewall"));
        assert_eq!(rules_against(&recorded, "outlook.exe", 465), Some(vec!["No mail".to_owned()]));
        assert_eq!(rules_against(&recorded, "thunderbird.exe", 465), Some(vec![]));
        assert_eq!(rules_against(&Recorded::default(), "outlook.exe", 465), None);
    }
}
