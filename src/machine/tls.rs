//! The system's TLS library, and the versions that the system's own policy switches on or off.

/// The library behind native-tls on this system, with its version if it is not part of the system.
pub(super) fn library() -> String {
    #[cfg(not(any(windows, target_vendor = "apple")))]
    return openssl::version::version().split(' ').take(2).collect::<Vec<_>>().join(" ");
    #[cfg(windows)]
    return "SChannel".to_owned();
    #[cfg(target_vendor = "apple")]
    return "Security.framework".to_owned();
}

/// Windows: the registry's switches for client programs (MicrosoftDocs win32, "TLS registry settings").
#[cfg(windows)]
pub(super) fn policy() -> Vec<(String, bool)> {
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
pub(super) fn policy() -> Vec<(String, bool)> {
    Vec::new()
}

/// `Enabled` = 0 forbids a version; `DisabledByDefault` = 1 leaves it to programs that ask for it, which Outlook does
/// not.
#[cfg(any(windows, test))]
fn schannel_switch(enabled: Option<u32>, disabled_by_default: Option<u32>) -> Option<bool> {
    match (enabled, disabled_by_default) {
        (Some(0), _) => Some(false),
        (_, Some(0)) => Some(true),
        (_, Some(_)) => Some(false),
        (Some(_), None) | (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn switches_of_schannel() {
        assert_eq!(schannel_switch(Some(1), Some(0)), Some(true));
        assert_eq!(schannel_switch(Some(0), Some(0)), Some(false));
        assert_eq!(schannel_switch(None, Some(1)), Some(false));
        assert_eq!(schannel_switch(None, None), None);
    }
}
