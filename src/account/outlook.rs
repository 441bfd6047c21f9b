//! Which Outlook for Windows is installed on this computer, by the registry. What it has stored is in `stored::outlook`.

use crate::machine::registry::{MACHINE, Registry, USER};

/// An Outlook that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// The mail program's id.
    pub client: &'static str,
    /// Its name, with the build if that is known: `Outlook 2016 (16.0.4266.1001)`.
    pub name: String,
    /// The number in the registry's keys: `16.0`.
    pub number: &'static str,
}

/// Office's versions by their numbers in the registry, the newest first (MicrosoftDocs OfficeDocs-DeployOffice, "Overview
/// of deploying Office": versions).
const VERSIONS: [(&str, &str, &str); 5] = [
    ("16.0", "outlook-2016", "Outlook 2016"),
    ("15.0", "outlook-2013", "Outlook 2013"),
    ("14.0", "outlook-2010", "Outlook 2010"),
    ("12.0", "outlook-2007", "Outlook 2007"),
    ("11.0", "outlook-2003", "Outlook 2003"),
];

/// The Outlook with this number, whether or not anything more is known about it.
pub fn by_number(registry: &dyn Registry, number: &str) -> Option<Outlook> {
    let (number, client, name) = VERSIONS.into_iter().find(|(known, ..)| *known == number)?;
    let click_to_run = (number == "16.0").then(|| click_to_run(registry)).flatten();
    Some(click_to_run.unwrap_or_else(|| Outlook { client, name: name.to_owned(), number }))
}

/// The newest Outlook that is installed: by Click-to-Run, which writes its version down, or by the installer of older
/// versions, which writes down where it is.
pub fn installed(registry: &dyn Registry) -> Option<Outlook> {
    let by_installer = |number: &&str| {
        let programs = ["SOFTWARE", r"SOFTWARE\WOW6432Node"];
        programs.iter().any(|software| {
            let key = format!(r"{MACHINE}\{software}\Microsoft\Office\{number}\Outlook\InstallRoot");
            registry.text(&key, "Path").is_some()
        })
    };
    let number = VERSIONS.iter().map(|(number, ..)| *number).find(by_installer);
    click_to_run(registry).or_else(|| by_number(registry, number?))
}

/// Whether the new Outlook is switched on in place of the classic one (MicrosoftDocs OfficeDocs-DeployOffice, "Control
/// installation and use of new Outlook": `UseNewOutlook`).
pub fn is_new(registry: &dyn Registry) -> bool {
    let key = format!(r"{USER}\Software\Microsoft\Office\16.0\Outlook\Preferences");
    registry.number(&key, "UseNewOutlook") == Some(1)
}

/// What Click-to-Run has installed (MicrosoftDocs OfficeDocs-Support, "Product IDs that are supported by the Office
/// Deployment Tool for Click-to-Run": `O365ProPlusRetail`, `ProPlus2021Volume`, `HomeBusinessRetail`). The versions of
/// 2019 and later have one number and look alike.
fn click_to_run(registry: &dyn Registry) -> Option<Outlook> {
    let key = format!(r"{MACHINE}\SOFTWARE\Microsoft\Office\ClickToRun\Configuration");
    let products = registry.text(&key, "ProductReleaseIds")?;
    let is_suite = |product: &&str| {
        let without =
            ["Visio", "Project", "Access", "Excel", "Word", "PowerPoint", "OneNote", "Publisher", "SkypeforBusiness"];
        !without.iter().any(|other| product.starts_with(other))
    };
    let product = products.split(',').map(str::trim).find(is_suite)?;
    let year = ["2024", "2021", "2019"].into_iter().find(|year| product.contains(year));
    let (client, name) = match year {
        Some(year) => ("outlook-2019", format!("Outlook {year}")),
        None if product.starts_with("O365") => ("outlook-2019", "Outlook for Microsoft 365".to_owned()),
        None => ("outlook-2016", "Outlook 2016".to_owned()),
    };
    let build = registry.text(&key, "VersionToReport").filter(|build| is_number(build));
    let name = build.map_or_else(|| name.clone(), |build| format!("{name} ({build})"));
    Some(Outlook { client, name, number: "16.0" })
}

/// Whether this is a version in numbers.
pub(super) fn is_number(version: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit() || c == '.';
    (1..=32).contains(&version.len())
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(is_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;
    use rstest::rstest;

    fn recorded(text: &str) -> Recorded {
        Recorded::parse(text).unwrap()
    }

    #[rstest]
    #[case("O365HomePremRetail", "outlook-2019", "Outlook for Microsoft 365 (16.0.17928.20114)")]
    #[case("VisioPro2019Volume,O365ProPlusRetail", "outlook-2019", "Outlook for Microsoft 365 (16.0.17928.20114)")]
    #[case("ProPlus2021Volume", "outlook-2019", "Outlook 2021 (16.0.17928.20114)")]
    #[case("HomeBusinessRetail", "outlook-2016", "Outlook 2016 (16.0.17928.20114)")]
    fn by_click_to_run(#[case] products: &str, #[case] client: &str, #[case] name: &str) {
        let registry = recorded(&format!(
            "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Office\\ClickToRun\\Configuration]\n\
             \"ProductReleaseIds\"=\"{products}\"\n\"VersionToReport\"=\"16.0.17928.20114\"\n"
        ));
        let found = installed(&registry).unwrap();
        assert_eq!((found.client, found.name.as_str()), (client, name));
    }

    #[test]
    fn by_the_installer() {
        let office = r"HKEY_LOCAL_MACHINE\SOFTWARE\WOW6432Node\Microsoft\Office";
        let registry = recorded(&format!(
            "[{office}\\12.0\\Outlook\\InstallRoot]\n\"Path\"=\"C:\\\\old\"\n[{office}\\14.0\\Outlook\\InstallRoot]\n\"Path\"=\"C:\\\\x\"\n"
        ));
        assert_eq!(installed(&registry).unwrap().client, "outlook-2010");
        assert_eq!(installed(&recorded("")), None);
        let visio = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Office\\ClickToRun\\Configuration]\n\"ProductReleaseIds\"=\"VisioProRetail\"\n";
        assert_eq!(installed(&recorded(visio)), None);
    }

    #[test]
    fn the_new_outlook() {
        let preferences = r"[HKEY_CURRENT_USER\Software\Microsoft\Office\16.0\Outlook\Preferences]";
        assert!(is_new(&recorded(&format!("{preferences}\n\"UseNewOutlook\"=dword:00000001\n"))));
        assert!(!is_new(&recorded(&format!("{preferences}\n\"UseNewOutlook\"=\"1\"\n"))));
    }
}
