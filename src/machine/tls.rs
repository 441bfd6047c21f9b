//! The system's TLS library, and the versions that the system's own policy switches on or off.

use super::registry::{MACHINE, Registry};

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
pub fn policy(registry: &dyn Registry) -> Vec<(String, bool)> {
    let switch = |version: &str| {
        let protocols = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols";
        let key = format!(r"{MACHINE}\{protocols}\TLS {version}\Client");
        schannel_switch(registry.number(&key, "Enabled"), registry.number(&key, "DisabledByDefault"))
    };
    ["1.0", "1.1", "1.2", "1.3"]
        .into_iter()
        .filter_map(|version| Some((format!("TLSv{version}"), switch(version)?)))
        .collect()
}

/// `Enabled` = 0 forbids a version; `DisabledByDefault` = 1 leaves it to programs that ask for it, which Outlook does
/// not.
fn schannel_switch(enabled: Option<u64>, disabled_by_default: Option<u64>) -> Option<bool> {
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
    use crate::machine::recorded::Recorded;

    #[test]
    fn a_hardened_registry() {
        let client = |version: &str, values: &str| {
            let protocols = r"SYSTEM\CurrentControlSet\Control\SecurityProviders\SCHANNEL\Protocols";
            format!("[HKEY_LOCAL_MACHINE\\{protocols}\\TLS {version}\\Client]\n{values}\n")
        };
        let recorded = client("1.0", "\"Enabled\"=dword:00000000")
            + &client("1.2", "\"Enabled\"=dword:00000001\n\"DisabledByDefault\"=dword:00000000")
            + &client("1.3", "\"Enabled\"=\"1\"");
        let policy = policy(&Recorded::parse(&recorded).unwrap());
        assert_eq!(policy, [("TLSv1.0".to_owned(), false), ("TLSv1.2".to_owned(), true)]);
    }

    #[test]
    fn switches_of_schannel() {
        assert_eq!(schannel_switch(Some(1), Some(0)), Some(true));
        assert_eq!(schannel_switch(Some(0), Some(0)), Some(false));
        assert_eq!(schannel_switch(None, Some(1)), Some(false));
        assert_eq!(schannel_switch(None, None), None);
    }
}
