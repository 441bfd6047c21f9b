//! The account that sends: the address, what the mail program has, what the provider wants, and how the two compare.
//!
//! Nothing here touches the network; discovery is a check (`check::discovery`).

pub mod address;
pub mod autoconfig;
pub mod client;
mod compare;
pub mod devices;
pub mod mechanisms;
pub mod outlook;
pub mod outlook_told;
pub mod provider;
mod server;
mod settings;
mod sound;
pub mod spelling;
pub mod stored;
mod wanted;

pub use address::Address;
pub use compare::{Comparison, Fit};
pub use provider::Choice;
use serde::{Deserialize, Serialize};
pub use server::{Flaw, Server};
pub use settings::{Given, Origin, Origins, Security, Settings, Values};
pub use wanted::{Source, Wanted};

/// Whether this runs on the machine that cannot send.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum MeasuredOn {
    /// On that very machine.
    #[default]
    ThisMachine,
    /// On another machine in the same network.
    SameNetwork,
    /// Somewhere else.
    Elsewhere,
}

impl MeasuredOn {
    /// The place as a fact's word.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// Where it is, as long as nobody says otherwise: nothing can be measured on a printer, only next to it.
    pub fn usual_for(client: Option<&client::Client>) -> Self {
        if client.is_some_and(|client| client.is_device) { MeasuredOn::SameNetwork } else { MeasuredOn::ThisMachine }
    }
}

/// The account whose sending is judged. By default nothing is known about it, not even its address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The mail address.
    pub address: Address,
    /// What the mail program has now.
    #[serde(default)]
    pub settings: Settings,
    /// The mail program's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<String>,
    /// Where mailtriage runs.
    #[serde(default)]
    pub measured_on: MeasuredOn,
    /// The error that the caller sees, word for word.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    /// The sender to try, if not the address itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    /// The recipient to try, if not the address itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
    /// The helpdesk's own number for the case.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ticket: Option<String>,
    /// Since when it fails, in somebody's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub since: Option<String>,
    /// Who else is affected, in somebody's words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub affected: Option<String>,
    /// Whom to ask back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<String>,
}

/// How to reach a mail server: host, port and encryption.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The server.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// The encryption; with `Auto`, what the server offers decides.
    pub security: Security,
}

impl Account {
    /// An account of which only the address is known.
    pub fn new(address: Address) -> Self {
        Account { address, ..Account::default() }
    }

    /// Takes over what a mail program has stored, wherever nothing else was said.
    pub fn fill(&mut self, stored: &stored::StoredAccount) {
        self.address = stored.address.clone();
        self.settings = std::mem::take(&mut self.settings).or(stored.settings.clone());
        self.client.get_or_insert_with(|| stored.client.to_owned());
    }

    /// The mail program's row.
    pub fn client(&self) -> Option<&'static client::Client> {
        client::by_id(self.client.as_deref()?)
    }

    /// Whether a device sends, which may be meant to write to its own domain only.
    pub fn is_device(&self) -> bool {
        self.client().is_some_and(|client| client.is_device)
    }

    /// The server, port and encryption that are judged: what the program has, completed by what the provider wants,
    /// then by what is usual.
    pub fn in_use(&self, wanted: Option<&Wanted>) -> Option<Endpoint> {
        let choices = wanted.map_or(&[][..], |wanted| &wanted.choices);
        let now = &self.settings;
        let fits = |choice: &&Choice| {
            now.server().is_none_or(|server| server == choice.host)
                && now.port().is_none_or(|port| port == choice.port)
                && now.security().is_none_or(|security| security == choice.security)
        };
        let on_port = |choice: &&Choice| now.port() == Some(choice.port);
        let on_host = |choice: &&Choice| now.server() == Some(choice.host.as_str());
        let best = choices.iter().find(fits);
        let near =
            best.or_else(|| choices.iter().find(on_port)).or_else(|| choices.iter().find(on_host)).or(choices.first());
        let host = now.server().map(str::to_owned).or_else(|| near.map(|choice| choice.host.clone()))?;
        let port = now.port().or_else(|| match (best, now.security()) {
            (Some(choice), _) => Some(choice.port),
            (None, Some(Security::Implicit)) => Some(465),
            (None, Some(Security::Starttls)) => Some(587),
            (None, _) => near.map(|choice| choice.port),
        });
        let port = port.unwrap_or(587);
        let of_choice =
            choices.iter().find(|choice| choice.port == port && (choice.host == host || now.server.is_none()));
        // On port 25 many programs have no encryption, and nobody looked.
        let usual = if port == 25 { Security::Auto } else { Security::usual_for(port) };
        let security = now.security().or_else(|| of_choice.map(|choice| choice.security)).unwrap_or(usual);
        Some(Endpoint { host, port, security })
    }

    /// The log-in name: as configured, otherwise in the form that the provider wants, otherwise the address.
    pub fn log_in_name(&self, wanted: Option<&Wanted>) -> String {
        if let Some(user) = self.settings.user() {
            return user.to_owned();
        }
        match wanted.and_then(Wanted::provider).map(|provider| provider.user) {
            Some(provider::UserForm::LocalPart) => self.address.local().to_owned(),
            _ => self.address.ascii(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn wanted() -> Wanted {
        let choice = |port, security| Choice { host: "smtp.example.com".to_owned(), port, security, auth: vec![] };
        Wanted {
            choices: vec![choice(587, Security::Starttls), choice(465, Security::Implicit)],
            source: Source::Srv,
            provider: None,
        }
    }

    fn in_use(server: Option<&str>, port: Option<u16>, security: Option<Security>) -> (String, u16, Security) {
        let mut account = Account::new(Address::parse("anna@example.com").unwrap());
        account.settings = Settings::new(
            Values { server: server.map(|server| server.to_owned().into()), port, security, user: None },
            Origins::default(),
        );
        let endpoint = account.in_use(Some(&wanted())).unwrap();
        (endpoint.host, endpoint.port, endpoint.security)
    }

    #[test]
    fn what_is_in_use() {
        let server = "smtp.example.com".to_owned();
        assert_eq!(in_use(None, None, None), (server.clone(), 587, Security::Starttls));
        assert_eq!(in_use(None, Some(465), None), (server.clone(), 465, Security::Implicit));
        assert_eq!(in_use(None, None, Some(Security::Implicit)), (server.clone(), 465, Security::Implicit));
        assert_eq!(in_use(None, Some(587), Some(Security::Implicit)), (server.clone(), 587, Security::Implicit));
        assert_eq!(in_use(None, Some(25), None), (server.clone(), 25, Security::Auto));
        assert_eq!(in_use(None, None, Some(Security::None)), (server.clone(), 587, Security::None));
        assert_eq!(in_use(None, None, Some(Security::Auto)), (server, 587, Security::Auto));
        assert_eq!(
            in_use(Some("mail.other.example"), None, None),
            ("mail.other.example".to_owned(), 587, Security::Starttls)
        );
        assert_eq!(in_use(Some("mail.other.example"), Some(465), None).2, Security::Implicit);
    }

    #[test]
    fn nothing_known_nothing_in_use() {
        let account = Account::new(Address::parse("anna@example.com").unwrap());
        assert_eq!(account.in_use(None), None);
    }
}
