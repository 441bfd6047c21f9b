//! Which Windows this is, with its release and build, by the registry.

use super::registry::{MACHINE, Registry};

/// The version as in `Windows 10.0.26100.4061 (Windows 11 Pro 24H2)`; `None` on other systems. The number tells what it
/// can do, the name what it is called: `ProductName` says Windows 10 on Windows 11 as well, whose builds begin with 22000
/// (MicrosoftDocs windows-itpro-docs, "Windows 11 release information").
pub(super) fn version(registry: &dyn Registry) -> Option<String> {
    let key = format!(r"{MACHINE}\SOFTWARE\Microsoft\Windows NT\CurrentVersion");
    let number = |name: &str| registry.number(&key, name);
    let build: u32 = registry.text(&key, "CurrentBuildNumber")?.parse().ok()?;
    let numbers = match (number("CurrentMajorVersionNumber"), number("CurrentMinorVersionNumber")) {
        (Some(major), Some(minor)) => format!("{major}.{minor}"),
        // Before Windows 10.
        _ => registry.text(&key, "CurrentVersion")?,
    };
    let revision = number("UBR").map_or_else(String::new, |revision| format!(".{revision}"));
    let name = registry.text(&key, "ProductName")?;
    let name = if build >= 22_000 { name.replace("Windows 10", "Windows 11") } else { name };
    let release = registry.text(&key, "DisplayVersion").or_else(|| registry.text(&key, "ReleaseId"));
    let release = release.map_or_else(String::new, |release| format!(" {release}"));
    Some(crate::text::visible_str(&format!("Windows {numbers}.{build}{revision} ({name}{release})")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;

    #[test]
    fn versions() {
        let key = r"[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion]";
        let of = |values: &str| version(&Recorded::parse(&format!("{key}\n{values}")).unwrap());
        let eleven = "\"ProductName\"=\"Windows 10 Pro\"\n\"DisplayVersion\"=\"24H2\"\n\"CurrentBuildNumber\"=\"26100\"\n\
                      \"UBR\"=dword:00000fdd\n\"CurrentMajorVersionNumber\"=dword:0000000a\n\"CurrentMinorVersionNumber\"=dword:00000000\n";
        assert_eq!(of(eleven).as_deref(), Some("Windows 10.0.26100.4061 (Windows 11 Pro 24H2)"));
        let seven =
            "\"ProductName\"=\"Windows 7 Professional\"\n\"CurrentVersion\"=\"6.1\"\n\"CurrentBuildNumber\"=\"7601\"\n";
        assert_eq!(of(seven).as_deref(), Some("Windows 6.1.7601 (Windows 7 Professional)"));
        assert_eq!(of("\"CurrentBuildNumber\"=\"x\"\n"), None);
    }
}
