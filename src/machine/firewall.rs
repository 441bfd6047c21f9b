//! Whether a firewall is switched on, if the system shows that to an ordinary user.

/// Anybody can read ufw's switch; nobody but root can read nftables' rules; firewalld is recognised by its running
/// program.
#[cfg(target_os = "linux")]
pub(super) fn switched_on() -> Option<String> {
    let text = super::files::read(std::path::Path::new("/etc/ufw/ufw.conf"), 64 * 1024).ok()?;
    ufw_is_on(&String::from_utf8_lossy(&text)).then(|| "ufw".to_owned())
}

/// Windows Firewall is normally on, and normally lets everything out.
#[cfg(windows)]
pub(super) fn switched_on() -> Option<String> {
    const PROFILES: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
    let is_on = |profile: &str| {
        let key = windows_registry::LOCAL_MACHINE.open(format!(r"{PROFILES}\{profile}"));
        key.and_then(|key| key.get_u32("EnableFirewall")).is_ok_and(|value| value != 0)
    };
    ["StandardProfile", "PublicProfile", "DomainProfile"].into_iter().any(is_on).then(|| "Windows Firewall".to_owned())
}

#[cfg(not(any(windows, target_os = "linux")))]
pub(super) fn switched_on() -> Option<String> {
    None
}

#[cfg(any(target_os = "linux", test))]
fn ufw_is_on(text: &str) -> bool {
    text.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_of_ufw() {
        assert!(ufw_is_on("# on?\nENABLED=yes\nLOGLEVEL=low\n") && !ufw_is_on("ENABLED=no\n"));
    }
}
