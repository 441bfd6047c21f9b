//! How the account's settings compare with what the provider wants.

use super::Account;
use super::provider::{self, Choice};
use super::settings::Security;
use super::wanted::Wanted;

/// How one setting compares with what the provider wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Fit {
    /// The same as the provider's.
    AsWanted,
    /// Different from the provider's.
    Differs,
    /// The setting was not looked up.
    NotTyped,
}

impl Fit {
    /// The comparison as a fact's word.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The account's settings compared with what the provider wants; `None` where it is not known what the provider wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The server.
    pub server: Option<Fit>,
    /// The port.
    pub port: Option<Fit>,
    /// The encryption.
    pub security: Option<Fit>,
    /// The form of the log-in name.
    pub user: Option<Fit>,
}

impl Account {
    /// Compares the account's settings with what the provider wants.
    pub fn compare(&self, wanted: Option<&Wanted>) -> Comparison {
        let now = &self.settings;
        let known = wanted.filter(|wanted| wanted.is_known());
        let choices = known.map_or(&[][..], |wanted| &wanted.choices);
        let provider = known.and_then(Wanted::provider);
        let fit = |is_set: bool, wanted: bool| match (is_set, known) {
            (false, _) => Some(Fit::NotTyped),
            (true, None) => None,
            (true, Some(_)) if wanted => Some(Fit::AsWanted),
            (true, Some(_)) => Some(Fit::Differs),
        };
        let is_host = |host: &str| {
            choices.iter().any(|choice| choice.host == host)
                || provider.is_some_and(|row| row.aliases.iter().any(|alias| alias == host))
        };
        let on_host = |choice: &&Choice| {
            now.server().is_none_or(|host| host == choice.host || !choices.iter().any(|other| other.host == host))
        };
        let is_port = |port: u16| choices.iter().filter(on_host).any(|choice| choice.port == port);
        let is_security = |security: Security| {
            let mut on_port = choices
                .iter()
                .filter(on_host)
                .filter(|choice| now.port().is_none_or(|port| port == choice.port))
                .peekable();
            // If the provider does not name the port, it is the port that differs.
            on_port.peek().is_none() || on_port.any(|choice| choice.security == security)
        };
        let user = match (now.user(), provider.map(|row| row.user)) {
            (None, _) => Some(Fit::NotTyped),
            (Some(user), Some(provider::UserForm::Address)) => fit(true, user.contains('@')),
            (Some(user), Some(provider::UserForm::LocalPart)) => fit(true, !user.contains('@')),
            (Some(_), _) => None,
        };
        Comparison {
            server: fit(now.server.is_some(), now.server().is_some_and(is_host)),
            port: fit(now.port.is_some(), now.port().is_some_and(is_port)),
            // Auto is no encryption of its own that could be compared.
            security: fit(
                now.security().is_some_and(|security| security != Security::Auto),
                now.security().is_some_and(is_security),
            ),
            user,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::wanted;
    use super::*;
    use crate::account::{Address, Origins, Settings, Values};

    #[test]
    fn comparison() {
        let mut account = Account::new(Address::parse("anna@example.com").unwrap());
        account.settings = Settings::new(
            Values { port: Some(465), security: Some(Security::Starttls), ..Values::default() },
            Origins::default(),
        );
        let fits = account.compare(Some(&wanted()));
        assert_eq!(
            [fits.server, fits.port, fits.security],
            [Some(Fit::NotTyped), Some(Fit::AsWanted), Some(Fit::Differs)]
        );
        account.settings = Settings::new(
            Values { server: Some("mail.example.net".to_owned().into()), port: Some(25), ..Values::default() },
            Origins::default(),
        );
        let fits = account.compare(Some(&wanted()));
        assert_eq!(
            [fits.server, fits.port, fits.security],
            [Some(Fit::Differs), Some(Fit::Differs), Some(Fit::NotTyped)]
        );
        assert_eq!(account.compare(None).port, None);
    }
}
