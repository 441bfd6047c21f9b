//! The security programs that are registered with Windows Security Center.

use super::registry::{MACHINE, Registry};

/// The names of the registered programs (antivirus, firewall) of which a part is running; Windows' own is left out. What
/// is left over from a program that was uninstalled is registered too, but does not run.
pub fn products(registry: &dyn Registry, running: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for kind in ["Av", "Fw"] {
        let providers = format!(r"{MACHINE}\SOFTWARE\Microsoft\Security Center\Provider\{kind}");
        for provider in registry.keys(&providers) {
            let provider = format!(r"{providers}\{provider}");
            let is_running = |value: &str| {
                let program = registry.text(&provider, value);
                let program = program.as_deref().and_then(|path| path.rsplit(['\\', '/']).next()).unwrap_or_default();
                running.iter().any(|name| name.eq_ignore_ascii_case(program))
            };
            let Some(name) = registry.text(&provider, "DISPLAYNAME") else { continue };
            let is_own = ["Windows Defender", "Microsoft Defender", "Windows Firewall"];
            let is_own = is_own.iter().any(|own| name.starts_with(own));
            if !is_own && !names.contains(&name) && (is_running("REPORTINGEXE") || is_running("PRODUCTEXE")) {
                names.push(name);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;

    #[test]
    fn what_is_registered_and_runs() {
        let provider = |id: u8, name: &str, program: &str| {
            format!(
                "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Av\\{{{id}}}]\n\
                 \"DISPLAYNAME\"=\"{name}\"\n\"REPORTINGEXE\"=\"C:\\\\Program Files\\\\{program}\"\n"
            )
        };
        let recorded = provider(1, "Example Antivirus", "x\\\\ExampleSvc.exe")
            + &provider(2, "Gone Antivirus", "gone.exe")
            + &provider(3, "Windows Defender", "MsMpEng.exe")
            + "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Security Center\\Provider\\Fw\\{4}]\n\"DISPLAYNAME\"=dword:00000001\n";
        let running = ["examplesvc.exe".to_owned(), "MsMpEng.exe".to_owned()];
        let recorded = Recorded::parse(&recorded).unwrap();
        assert_eq!(products(&recorded, &running), ["Example Antivirus"]);
        assert!(products(&recorded, &[]).is_empty());
    }
}
