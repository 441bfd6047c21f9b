//! What Outlook on this computer was told about looking for its mailbox and signing in, by the registry, and what it
//! remembers of the last answer. Whether that is right for this mailbox is judged by `facts`.

use super::outlook;
use crate::machine::registry::{Registry, USER};
use quick_xml::Reader;
use quick_xml::events::Event;
use url::Url;

/// A place that Outlook asks for the mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Asks {
    /// The company's directory (Active Directory's service connection point, SCP).
    Directory,
    /// Microsoft 365 itself.
    Microsoft,
    /// The domain's website.
    Website,
    /// The name autodiscover below the domain.
    Name,
    /// Where plain HTTP at that name redirects to.
    Redirect,
    /// The server that an SRV record names.
    Service,
    /// The last one that answered.
    Remembered,
}

/// What a value does.
enum Does {
    Skips(Asks),
    PrefersFile,
    OldSignIn,
    /// It is worth knowing; no fault follows from it.
    Nothing,
}

/// A value, and the number at which it does something.
struct Row {
    below: &'static str,
    name: &'static str,
    at: u64,
    does: Does,
}

const AUTODISCOVER: &str = r"Outlook\AutoDiscover";
const IDENTITY: &str = r"Common\Identity";

/// Microsoft, "Unexpected Autodiscover behavior when you have registry settings under the \Autodiscover key" (the first
/// eight), "Enable Modern Authentication for Office on Windows devices" (`EnableADAL`), "Configure alternate logon ID" and
/// "Continuous access evaluation" (the two about the sign-in by Windows, WAM), Group Policy "Automatically configure
/// profile based on Active Directory Primary SMTP address" (`ZeroConfigExchange`).
const ROWS: [Row; 12] = [
    Row { below: AUTODISCOVER, name: "ExcludeScpLookup", at: 1, does: Does::Skips(Asks::Directory) },
    Row { below: AUTODISCOVER, name: "ExcludeExplicitO365Endpoint", at: 1, does: Does::Skips(Asks::Microsoft) },
    Row { below: AUTODISCOVER, name: "ExcludeHttpsRootDomain", at: 1, does: Does::Skips(Asks::Website) },
    Row { below: AUTODISCOVER, name: "ExcludeHttpsAutoDiscoverDomain", at: 1, does: Does::Skips(Asks::Name) },
    Row { below: AUTODISCOVER, name: "ExcludeHttpRedirect", at: 1, does: Does::Skips(Asks::Redirect) },
    Row { below: AUTODISCOVER, name: "ExcludeSrvRecord", at: 1, does: Does::Skips(Asks::Service) },
    Row { below: AUTODISCOVER, name: "ExcludeLastKnownGoodURL", at: 1, does: Does::Skips(Asks::Remembered) },
    Row { below: AUTODISCOVER, name: "PreferLocalXML", at: 1, does: Does::PrefersFile },
    Row { below: AUTODISCOVER, name: "ZeroConfigExchange", at: 1, does: Does::Nothing },
    Row { below: IDENTITY, name: "EnableADAL", at: 0, does: Does::OldSignIn },
    Row { below: IDENTITY, name: "DisableADALatopWAMOverride", at: 1, does: Does::Nothing },
    Row { below: IDENTITY, name: "DisableAADWAM", at: 1, does: Does::Nothing },
];

/// What Outlook was told.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The values, as in `ExcludeHttpsRootDomain = 1 (policy)`.
    pub values: Vec<String>,
    /// Whether one of those that may do harm comes from a policy.
    pub by_policy: bool,
    /// The places that it does not ask.
    pub skips: Vec<Asks>,
    /// The file from which it takes the settings for this domain before it asks anybody.
    pub file: Option<String>,
    /// Whether it must not use the sign-in page (modern authentication).
    pub old_sign_in: bool,
}

/// What the Outlook that is installed was told for a mail domain; `None` without a classic Outlook.
pub fn told(registry: &dyn Registry, domain: &str) -> Option<Told> {
    let number = outlook::installed(registry)?.number;
    // A policy wins over what the user has.
    let keys = [(r"Software\Policies\Microsoft\Office", true), (r"Software\Microsoft\Office", false)]
        .map(|(office, by_policy)| (format!(r"{USER}\{office}\{number}"), by_policy));
    let mut told = Told::default();
    let mut prefers_file = None;
    for row in &ROWS {
        let at = |(key, by_policy): &(String, bool)| {
            Some((registry.number(&format!(r"{key}\{}", row.below), row.name)?, *by_policy))
        };
        let Some((number, by_policy)) = keys.iter().find_map(at).filter(|(number, _)| *number == row.at) else {
            continue;
        };
        told.values.push(format!("{} = {number}{}", row.name, if by_policy { " (policy)" } else { "" }));
        match row.does {
            Does::Skips(place) => told.skips.push(place),
            Does::PrefersFile => prefers_file = Some(by_policy),
            Does::OldSignIn => told.old_sign_in = true,
            Does::Nothing => continue,
        }
        told.by_policy |= by_policy;
    }
    if prefers_file.is_some() {
        told.file = keys.iter().find_map(|(key, _)| registry.text(&format!(r"{key}\{AUTODISCOVER}"), domain));
    }
    Some(told)
}

/// The domain of the directory that the user is signed in to, which Outlook asks first (Microsoft, "Autodiscover for
/// Exchange": domain-joined clients). Windows writes it down for each session.
pub fn directory(registry: &dyn Registry) -> Option<String> {
    let domain = registry.text(&format!(r"{USER}\Volatile Environment"), "USERDNSDOMAIN")?;
    Some(domain.trim().to_lowercase()).filter(|domain| !domain.is_empty())
}

/// The server that a stored answer of autodiscover names for this address; `None` if it is about another one. Nothing else
/// of the file is kept.
pub fn remembered(xml: &str, address: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    let (mut tag, mut is_own, mut by_page, mut by_name) = (Vec::new(), false, None, None);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => tag = start.local_name().as_ref().to_vec(),
            Ok(Event::End(_)) => tag.clear(),
            Ok(Event::Text(text)) => {
                let Ok(text) = text.decode() else { continue };
                let text = text.trim();
                is_own |= text.eq_ignore_ascii_case(address);
                match tag.as_slice() {
                    b"ExternalUrl" | b"InternalUrl" | b"EwsUrl" => by_page = by_page.or_else(|| host_of(text)),
                    // Older answers name a server by its identifier, `guid@domain`, which is no name of a host.
                    b"Server" if !text.contains('@') => {
                        by_name = by_name.or_else(|| host_of(&format!("https://{text}")))
                    }
                    _ => {}
                }
            }
            Ok(Event::Eof) | Err(_) => return by_page.or(by_name).filter(|_| is_own),
            Ok(_) => {}
        }
    }
}

/// The name of the host of an encrypted page; a name without a domain is none that anybody else could know.
fn host_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "https")?;
    Some(url.domain().filter(|host| host.contains('.'))?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::recorded::Recorded;

    const INSTALLED: &str = "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Office\\ClickToRun\\Configuration]\n\
         \"ProductReleaseIds\"=\"O365ProPlusRetail\"\n";
    const OWN: &str = r"[HKEY_CURRENT_USER\Software\Microsoft\Office\16.0";
    const POLICY: &str = r"[HKEY_CURRENT_USER\Software\Policies\Microsoft\Office\16.0";

    fn of(text: &str) -> Told {
        told(&Recorded::parse(&format!("{INSTALLED}{text}")).unwrap(), "contoso.example").unwrap()
    }

    #[test]
    fn what_the_user_and_the_policy_say() {
        let own = of(&format!(
            "{OWN}\\Outlook\\AutoDiscover]\n\"ExcludeHttpsRootDomain\"=dword:00000001\n\"ExcludeSrvRecord\"=dword:00000000\n\
             \"ZeroConfigExchange\"=dword:00000001\n"
        ));
        assert_eq!(own.values, ["ExcludeHttpsRootDomain = 1", "ZeroConfigExchange = 1"]);
        assert_eq!((own.skips.as_slice(), own.by_policy), (&[Asks::Website][..], false));
        let policy = of(&format!(
            "{POLICY}\\Outlook\\AutoDiscover]\n\"ExcludeScpLookup\"=dword:00000001\n\"ExcludeHttpsRootDomain\"=dword:00000000\n\
             {OWN}\\Outlook\\AutoDiscover]\n\"ExcludeHttpsRootDomain\"=dword:00000001\n"
        ));
        assert_eq!(
            (policy.values.as_slice(), policy.by_policy),
            (&["ExcludeScpLookup = 1 (policy)".to_owned()][..], true)
        );
    }

    #[test]
    fn a_file_and_an_old_sign_in() {
        let key = format!("{OWN}\\Outlook\\AutoDiscover]\n\"contoso.example\"=\"C:\\\\it\\\\old.xml\"\n");
        assert_eq!(of(&key).file, None);
        assert_eq!(of(&format!("{key}\"PreferLocalXML\"=dword:00000001\n")).file.as_deref(), Some(r"C:\it\old.xml"));
        assert!(of(&format!("{OWN}\\Common\\Identity]\n\"EnableADAL\"=dword:00000000\n")).old_sign_in);
        assert!(!of(&format!("{OWN}\\Common\\Identity]\n\"EnableADAL\"=dword:00000001\n")).old_sign_in);
        // A text in place of a number, and no Outlook at all.
        assert_eq!(of(&format!("{OWN}\\Common\\Identity]\n\"EnableADAL\"=\"0\"\n")), Told::default());
        assert_eq!(told(&Recorded::parse(&key).unwrap(), "contoso.example"), None);
    }

    #[test]
    fn the_directory_of_the_session() {
        let of = |value: &str| {
            let text = format!("[HKEY_CURRENT_USER\\Volatile Environment]\n\"USERDNSDOMAIN\"=\"{value}\"\n");
            directory(&Recorded::parse(&text).unwrap())
        };
        assert_eq!((of("CORP.CONTOSO.EXAMPLE").as_deref(), of("")), (Some("corp.contoso.example"), None));
    }

    #[test]
    fn what_is_remembered() {
        let file = |body: &str| {
            format!(
                "<?xml version=\"1.0\"?><Autodiscover><Response xmlns=\"http://x/\"><User><AutoDiscoverSMTPAddress>Anna@contoso.example\
                 </AutoDiscoverSMTPAddress></User><Account><Protocol>{body}</Protocol></Account></Response></Autodiscover>"
            )
        };
        let of = |body: &str| remembered(&file(body), "anna@contoso.example");
        let map = "<Server>8a1b@contoso.example</Server><MailStore><InternalUrl>https://old.contoso.example/mapi/emsmdb/?MailboxId=8a1b\
                   </InternalUrl></MailStore>";
        assert_eq!(of(map).as_deref(), Some("old.contoso.example"));
        assert_eq!(
            of("<EwsUrl>https://outlook.office365.com/EWS/Exchange.asmx</EwsUrl>").as_deref(),
            Some("outlook.office365.com")
        );
        assert_eq!(of("<Server>mail.hoster.example</Server>").as_deref(), Some("mail.hoster.example"));
        assert_eq!(of("<EwsUrl>http://outlook.office365.com/</EwsUrl><Server>exchange</Server>"), None);
        assert_eq!(remembered(&file(map), "ben@contoso.example"), None);
        assert_eq!(remembered(&file(map)[..200], "anna@contoso.example"), None);
    }
}
