//! Which items of *Fix it*, *Do not*, *Tell the provider* and *Check it by hand* concern the case at hand: an item or a bullet
//! that begins with the names of providers, mail programs or systems in bold type is for these alone. As long as the
//! provider, the program or the system is not known, all are shown.

use crate::account::MeasuredOn;
use crate::account::client::{self, Client};
use crate::account::provider::{self, Kind, Provider};
use crate::facts::stacks;
use crate::session::Run;
use crate::session::lookup::Lookup;

/// What is known of the case.
#[derive(Clone, Copy, Default)]
pub(super) struct AtHand {
    pub(super) provider: Option<&'static Provider>,
    pub(super) program: Option<&'static Client>,
    pub(super) system: Option<&'static str>,
}

/// The systems, by the names with which their labels begin.
const SYSTEMS: [&str; 4] = ["Windows", "macOS", "Linux", "Phone"];

/// The system that sends: the one on which the mail program runs alone, or that of this computer if it is the one that
/// sends, with its version if that is in the table of systems.
/// What is neither Windows nor macOS is a Linux, each of which has a name of its own; the lab's computer has no system.
fn system(run: &Run, os: &str) -> Option<&'static str> {
    let is_here = run.account.measured_on == MeasuredOn::ThisMachine;
    let is_known = !os.is_empty() && !os.starts_with("Practice");
    let begins = |system: &&str| os.to_lowercase().starts_with(&system[..3].to_lowercase());
    let family = SYSTEMS.into_iter().find(begins).unwrap_or("Linux");
    let own = stacks::of_system(os).map_or(family, |stack| stack.name.as_str());
    let here = (is_known && is_here).then_some(own);
    match run.account.client().and_then(|client| client.runs_on.as_deref()) {
        Some(only) if here.is_none_or(|here| !here.starts_with(only)) => Some(only),
        _ => here,
    }
}

/// Whom a label is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fits {
    /// The case at hand.
    Yes,
    /// Another provider, program or system.
    No,
    /// Whoever is named nowhere else in the list.
    Rest,
    /// No provider, program or system, or it is not known which.
    Any,
}

impl AtHand {
    /// What is known of a case, on a computer with this system.
    pub(super) fn of(case: &Lookup<'_>, os: &str) -> Self {
        AtHand { provider: case.provider, program: case.run.account.client(), system: system(case.run, os) }
    }

    /// An item with those of its bullets that matter; `None` if it is for somebody else as a whole.
    pub(super) fn only(&self, item: &str) -> Option<String> {
        if self.fits(item) == Fits::No {
            return None;
        }
        let bullets: Vec<Fits> = item.lines().filter_map(|line| Some(self.fits(line.strip_prefix("- ")?))).collect();
        let has_own = bullets.contains(&Fits::Yes);
        let is_known = bullets.contains(&Fits::No);
        let is_kept = |line: &&str| match line.strip_prefix("- ").map(|bullet| self.fits(bullet)) {
            None | Some(Fits::Yes | Fits::Any) => true,
            Some(Fits::Rest) => !has_own || !is_known,
            Some(Fits::No) => false,
        };
        let is_helped = has_own || bullets.iter().any(|fits| matches!(fits, Fits::Rest | Fits::Any));
        Some(if is_helped { item.lines().filter(is_kept).collect::<Vec<_>>().join("\n") } else { item.to_owned() })
    }

    fn fits(&self, text: &str) -> Fits {
        let Some((label, _)) = text.strip_prefix("**").and_then(|rest| rest.split_once("**")) else { return Fits::Any };
        if label.to_lowercase().contains("other") {
            return Fits::Rest;
        }
        let names: Vec<&str> = label.split(", ").collect();
        let of_provider = |row: &Provider| names.iter().any(|name| is_provider(name, row));
        // "Windows" is no short form of "Windows Live Mail".
        let of_program =
            |client: &Client| names.iter().any(|name| !SYSTEMS.contains(name) && client.name.starts_with(name));
        let is_program = client::all().iter().any(of_program);
        let systems =
            || names.iter().filter(|name| !is_program && SYSTEMS.iter().any(|system| name.starts_with(system)));
        let is_of = |own: &str| {
            systems().any(|name| own.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)))
        };
        // "Windows 7" may be meant where only "Windows" is known.
        let may_be = |own: &str| systems().any(|name| name.starts_with(own));
        match *self {
            AtHand { provider: Some(own), .. } if of_provider(own) => Fits::Yes,
            AtHand { provider: Some(_), .. } if provider::all().iter().any(of_provider) => Fits::No,
            AtHand { program: Some(own), .. } if of_program(own) => Fits::Yes,
            AtHand { program: Some(own), .. } if own.id != "other" && is_program => Fits::No,
            AtHand { system: Some(own), .. } if is_of(own) => Fits::Yes,
            AtHand { system: Some(own), .. } if systems().next().is_some() && !may_be(own) => Fits::No,
            _ => Fits::Any,
        }
    }
}

/// Whether a name on a page means this provider.
fn is_provider(name: &str, row: &Provider) -> bool {
    let begins = |text: &str| text.to_lowercase().starts_with(&name.to_lowercase());
    match name {
        // The mail program; the provider's name has more to it.
        "Outlook" => false,
        "Google" => row.kind == Kind::Google,
        "Apple" => row.kind == Kind::Apple,
        "Microsoft 365 (work)" => row.kind == Kind::MicrosoftWork,
        "Outlook.com (personal)" => row.kind == Kind::MicrosoftPersonal,
        _ => begins(&row.id) || begins(&row.name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Account;

    const LIST: &str =
        "Sign in:\n- **Google**: one\n- **Yahoo, AOL**: two\n- **A company's domain**: three\n- **Others**: four";

    fn only(provider: Option<&str>, item: &str) -> Option<String> {
        let provider = provider.map(|domain| provider::of_domain(domain).unwrap());
        AtHand { provider, ..AtHand::default() }.only(item)
    }

    #[test]
    fn the_bullets_of_other_providers_are_left_out() {
        let google = "Sign in:\n- **Google**: one\n- **A company's domain**: three";
        assert_eq!(only(Some("gmail.com"), LIST).unwrap(), google);
        let aol = "Sign in:\n- **Yahoo, AOL**: two\n- **A company's domain**: three";
        assert_eq!(only(Some("aol.com"), LIST).unwrap(), aol);
        let rest = "Sign in:\n- **A company's domain**: three\n- **Others**: four";
        assert_eq!(only(Some("gmx.de"), LIST).unwrap(), rest);
        assert_eq!(only(None, LIST).unwrap(), LIST);
    }

    #[test]
    fn an_item_for_another_provider_is_left_out() {
        let item = "**Microsoft 365 (work)**: the administrator looks";
        assert_eq!(only(Some("gmail.com"), item), None);
        assert_eq!(only(None, item).as_deref(), Some(item));
        assert_eq!(
            only(Some("gmail.com"), "**Nothing unusual was sent?** Look").as_deref(),
            Some("**Nothing unusual was sent?** Look")
        );
    }

    /// Also where an item goes on in the next line of its page.
    #[test]
    fn nothing_of_another_provider_stays() {
        let page = crate::session::guide().cause("direct-send-refused").unwrap();
        let ask = crate::pages::markdown::joined(page.text.section("Tell the provider").unwrap());
        let google = only(Some("gmail.com"), &ask).unwrap();
        assert!(google.contains("SMTP relay service") && !google.contains("Connector"), "{google}");
        let steps =
            page.text.items("Fix it").iter().filter_map(|item| only(Some("gmail.com"), item)).collect::<String>();
        assert!(steps.contains("admin.google.com") && !steps.contains("admin.exchange"), "{steps}");
    }

    #[test]
    fn so_are_those_of_other_programs() {
        let item = "Choose:\n- **Outlook**: a\n- **Thunderbird**: b\n- **Any other program**: c";
        let only = |id: &str| AtHand { program: client::by_id(id), ..AtHand::default() }.only(item).unwrap();
        assert_eq!(only("outlook-2016"), "Choose:\n- **Outlook**: a");
        assert_eq!(only("the-bat"), "Choose:\n- **Any other program**: c");
        assert_eq!(only("other"), item);
    }

    #[test]
    fn so_are_those_of_other_systems() {
        let item = "By hand:\n- **Windows**: a\n- **macOS, Linux**: b";
        let only = |system: Option<&'static str>, item: &str| AtHand { system, ..AtHand::default() }.only(item);
        assert_eq!(only(Some("Windows"), item).as_deref(), Some("By hand:\n- **Windows**: a"));
        assert_eq!(only(Some("Linux"), item).as_deref(), Some("By hand:\n- **macOS, Linux**: b"));
        assert_eq!(only(None, item).as_deref(), Some(item));
        assert_eq!(only(Some("macOS"), "**Windows**: look"), None);
        let versions = "By hand:\n- **Windows 7**: a\n- **Windows 8, Windows 10**: b\n- **Linux**: c";
        assert_eq!(only(Some("Windows 8 and 8.1"), versions).unwrap(), "By hand:\n- **Windows 8, Windows 10**: b");
        assert_eq!(only(Some("Windows 8 and 8.1"), item).unwrap(), "By hand:\n- **Windows**: a");
        assert!(only(Some("Windows"), versions).unwrap().contains("a\n- **Windows 8"));
        let outlook = AtHand { program: client::by_id("outlook-2016"), system: Some("Windows"), provider: None };
        assert_eq!(outlook.only(item).as_deref(), Some("By hand:\n- **Windows**: a"));
        assert_eq!(
            only(Some("macOS"), "**Windows Mail and Windows Live Mail**: look").as_deref(),
            Some("**Windows Mail and Windows Live Mail**: look")
        );
    }

    #[test]
    fn the_system_is_known_only_of_the_computer_that_sends() {
        let mut run = Run::new(jiff::Timestamp::UNIX_EPOCH, Account::default(), None, &[]);
        assert_eq!(system(&run, "Windows 10.0.19045"), Some("Windows 10"));
        assert_eq!((system(&run, "Debian GNU/Linux 12"), system(&run, "")), (Some("Linux"), None));
        assert_eq!((system(&run, "Mac OS 14.1"), system(&run, "Practice OS 1")), (Some("macOS 10.13 and later"), None));
        run.account.measured_on = MeasuredOn::SameNetwork;
        assert_eq!(system(&run, "macOS 14.1"), None);
    }

    /// Outlook.com is a provider, Outlook is a program of whoever has it.
    #[test]
    fn outlook_is_a_program_at_every_provider() {
        let item = "Choose:\n- **Outlook**: a\n- **Thunderbird**: b";
        let only = |domain: &str, id: &str| {
            AtHand { provider: provider::of_domain(domain), program: client::by_id(id), ..AtHand::default() }
                .only(item)
                .unwrap()
        };
        assert_eq!(only("gmx.de", "outlook-2016"), "Choose:\n- **Outlook**: a");
        assert_eq!(only("outlook.com", "thunderbird"), "Choose:\n- **Thunderbird**: b");
    }

    /// "Others" would send somebody to a help page where the page itself should know.
    #[test]
    fn each_provider_of_app_passwords_has_a_bullet() {
        let page = crate::session::guide().cause("app-password-required").unwrap();
        let items = page.text.items("Fix it");
        let bullets: Vec<&str> = items[1].lines().filter_map(|line| line.strip_prefix("- ")).collect();
        for row in provider::all().iter().filter(|row| row.passwords == provider::Passwords::AppOnly) {
            let case = AtHand { provider: Some(row), ..AtHand::default() };
            assert!(bullets.iter().any(|bullet| case.fits(bullet) == Fits::Yes), "{}", row.id);
        }
    }

    #[test]
    fn where_nothing_is_left_all_is_shown() {
        let item = "Sign in:\n- **Google**: one\n- **Yahoo, AOL**: two";
        assert_eq!(only(Some("gmx.de"), item).as_deref(), Some(item));
    }
}
