//! Which items of *Fix it*, *Do not* and *Tell the provider* concern the case at hand: an item or a bullet that begins with
//! the names of providers or mail programs in bold type is for these alone. As long as the provider or the program is not
//! known, all are shown.

use crate::account::client::{self, Client};
use crate::account::provider::{self, Kind, Provider};

/// What is known of the case.
#[derive(Clone, Copy, Default)]
pub(super) struct AtHand {
    pub(super) provider: Option<&'static Provider>,
    pub(super) program: Option<&'static Client>,
}

/// Whom a label is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fits {
    /// The case at hand.
    Yes,
    /// Another provider or program.
    No,
    /// Whoever is named nowhere else in the list.
    Rest,
    /// No provider and no program, or it is not known which.
    Any,
}

impl AtHand {
    /// An item with those of its bullets that matter; `None` if it is for somebody else as a whole.
    pub(super) fn only(&self, item: &str) -> Option<String> {
        if self.of(item) == Fits::No {
            return None;
        }
        let bullets: Vec<Fits> = item.lines().filter_map(|line| Some(self.of(line.strip_prefix("- ")?))).collect();
        let has_own = bullets.contains(&Fits::Yes);
        let is_known = bullets.contains(&Fits::No);
        let is_kept = |line: &&str| match line.strip_prefix("- ").map(|bullet| self.of(bullet)) {
            None | Some(Fits::Yes | Fits::Any) => true,
            Some(Fits::Rest) => !has_own || !is_known,
            Some(Fits::No) => false,
        };
        let is_helped = has_own || bullets.iter().any(|fits| matches!(fits, Fits::Rest | Fits::Any));
        Some(if is_helped { item.lines().filter(is_kept).collect::<Vec<_>>().join("\n") } else { item.to_owned() })
    }

    fn of(&self, text: &str) -> Fits {
        let Some((label, _)) = text.strip_prefix("**").and_then(|rest| rest.split_once("**")) else { return Fits::Any };
        if label.to_lowercase().contains("other") {
            return Fits::Rest;
        }
        let names: Vec<&str> = label.split(", ").collect();
        let of_provider = |row: &Provider| names.iter().any(|name| is_provider(name, row));
        let of_program = |client: &Client| names.iter().any(|name| client.name.starts_with(name));
        match (self.provider, self.program) {
            (Some(own), _) if of_provider(own) => Fits::Yes,
            (Some(_), _) if provider::all().iter().any(of_provider) => Fits::No,
            (_, Some(own)) if of_program(own) => Fits::Yes,
            (_, Some(own)) if own.id != "other" && client::all().iter().any(of_program) => Fits::No,
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

    const LIST: &str =
        "Sign in:\n- **Google**: one\n- **Yahoo, AOL**: two\n- **Windows in a company**: three\n- **Others**: four";

    fn only(provider: Option<&str>, item: &str) -> Option<String> {
        let provider = provider.map(|domain| provider::of_domain(domain).unwrap());
        AtHand { provider, program: None }.only(item)
    }

    #[test]
    fn the_bullets_of_other_providers_are_left_out() {
        let google = "Sign in:\n- **Google**: one\n- **Windows in a company**: three";
        assert_eq!(only(Some("gmail.com"), LIST).unwrap(), google);
        let aol = "Sign in:\n- **Yahoo, AOL**: two\n- **Windows in a company**: three";
        assert_eq!(only(Some("aol.com"), LIST).unwrap(), aol);
        let rest = "Sign in:\n- **Windows in a company**: three\n- **Others**: four";
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
        let only = |id: &str| AtHand { provider: None, program: client::by_id(id) }.only(item).unwrap();
        assert_eq!(only("outlook-2016"), "Choose:\n- **Outlook**: a");
        assert_eq!(only("the-bat"), "Choose:\n- **Any other program**: c");
        assert_eq!(only("other"), item);
    }

    /// Outlook.com is a provider, Outlook is a program of whoever has it.
    #[test]
    fn outlook_is_a_program_at_every_provider() {
        let item = "Choose:\n- **Outlook**: a\n- **Thunderbird**: b";
        let only = |domain: &str, id: &str| {
            AtHand { provider: provider::of_domain(domain), program: client::by_id(id) }.only(item).unwrap()
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
            let case = AtHand { provider: Some(row), program: None };
            assert!(bullets.iter().any(|bullet| case.of(bullet) == Fits::Yes), "{}", row.id);
        }
    }

    #[test]
    fn where_nothing_is_left_all_is_shown() {
        let item = "Sign in:\n- **Google**: one\n- **Yahoo, AOL**: two";
        assert_eq!(only(Some("gmx.de"), item).as_deref(), Some(item));
    }
}
