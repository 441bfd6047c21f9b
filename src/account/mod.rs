//! Who sends: the address, what the mail program has, what the provider wants, and how the two compare.
//!
//! Nothing here touches the network; discovery is a check (`check::discovery`).

pub mod address;
pub mod autoconfig;
pub mod client;
pub mod provider;
pub mod spelling;

pub use address::Address;
pub use provider::Choice;
use serde::{Deserialize, Serialize};

/// How a connection is encrypted (RFC 8314, RFC 3207).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// Not at all.
    None,
    /// After the command STARTTLS.
    Starttls,
    /// From the first byte.
    Implicit,
}

impl Security {
    /// As in the report.
    pub fn word(self) -> &'static str {
        match self {
            Security::None => "none",
            Security::Starttls => "starttls",
            Security::Implicit => "implicit",
        }
    }

    /// As mail programs call it.
    pub fn says(self) -> &'static str {
        match self {
            Security::None => "no encryption",
            Security::Starttls => "STARTTLS",
            Security::Implicit => "SSL/TLS",
        }
    }

    /// What a port means where nobody said otherwise (RFC 8314 section 3.3, RFC 6409).
    pub fn usual_for(port: u16) -> Self {
        if port == 465 { Security::Implicit } else { Security::Starttls }
    }
}

/// On which machine this runs, against the one that cannot send.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MeasuredOn {
    /// On the very machine.
    #[default]
    ThisMachine,
    /// On another in the same network.
    SameNetwork,
    /// Somewhere else.
    Elsewhere,
}

impl MeasuredOn {
    /// As a fact's word.
    pub fn word(self) -> &'static str {
        match self {
            MeasuredOn::ThisMachine => "this-machine",
            MeasuredOn::SameNetwork => "same-network",
            MeasuredOn::Elsewhere => "elsewhere",
        }
    }
}

/// What the mail program has now, as far as somebody looked. An empty field is "nobody looked".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The outgoing server.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub server: Option<String>,
    /// Its port.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub port: Option<u16>,
    /// The encryption; `None` also stands for the program's "auto".
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub security: Option<Security>,
    /// The log-in name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
}

/// The account whose sending is judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The mail address.
    pub address: Address,
    /// What the mail program has now.
    #[serde(default)]
    pub settings: Settings,
    /// The mail program's id.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<String>,
    /// Where this runs.
    #[serde(default)]
    pub measured_on: MeasuredOn,
    /// The error that the caller sees.
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
}

/// How the provider's settings were found.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Source {
    /// The domain is in our table.
    Table,
    /// `_submissions._tcp` or `_submission._tcp` (RFC 6186, RFC 8314).
    Srv,
    /// The domain's mail exchanger belongs to a provider in the table.
    Mx,
    /// The domain's own autoconfig file, or the public collection of them.
    Autoconfig,
    /// The typed server belongs to a provider in the table.
    Server,
    /// The usual names, tried.
    Guess,
}

impl Source {
    /// In words.
    pub fn says(self) -> &'static str {
        match self {
            Source::Table => "known provider",
            Source::Srv => "the domain's SRV records",
            Source::Mx => "the domain's mail exchanger",
            Source::Autoconfig => "the domain's autoconfig",
            Source::Server => "the typed server's provider",
            Source::Guess => "guessed",
        }
    }
}

/// What the provider wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The ways to send, the preferred first. Empty where nothing could be found out.
    pub choices: Vec<Choice>,
    /// How they were found.
    pub source: Source,
    /// The provider's id in the table, where it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
}

impl Wanted {
    /// What the table alone says.
    pub fn from_table(address: &Address) -> Option<Self> {
        let provider = provider::of_domain(address.domain())?;
        Some(Wanted {
            choices: provider.choices(address.domain()),
            source: Source::Table,
            provider: Some(provider.id.clone()),
        })
    }

    /// The provider's row.
    pub fn provider(&self) -> Option<&'static provider::Provider> {
        provider::by_id(self.provider.as_deref()?)
    }

    /// Whether somebody who should know said so, and not a guess.
    pub fn is_known(&self) -> bool {
        self.source != Source::Guess && !self.choices.is_empty()
    }
}

/// How one typed setting compares with what the provider wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// Nobody typed it.
    NotTyped,
    /// As the provider wants it.
    AsWanted,
    /// Other than the provider wants it.
    Differs,
    /// Nobody says what the provider wants.
    Unknown,
}

impl Fit {
    /// As a fact's word; `None` where there is nothing to compare with.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Fit::NotTyped => Some("not-typed"),
            Fit::AsWanted => Some("as-wanted"),
            Fit::Differs => Some("differs"),
            Fit::Unknown => None,
        }
    }
}

/// The typed settings against what the provider wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comparison {
    /// The server.
    pub server: Fit,
    /// The port.
    pub port: Fit,
    /// The encryption.
    pub security: Fit,
    /// The form of the log-in name.
    pub user: Fit,
}

/// One way to reach a mail server.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The server.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The encryption.
    pub security: Security,
}

impl Account {
    /// Only an address, nothing typed.
    pub fn new(address: Address) -> Self {
        Account {
            address,
            settings: Settings::default(),
            client: None,
            measured_on: MeasuredOn::default(),
            error: None,
            from: None,
            to: None,
            ticket: None,
        }
    }

    /// The mail program's row.
    pub fn client(&self) -> Option<&'static client::Client> {
        client::by_id(self.client.as_deref()?)
    }

    /// The way that is judged: what was typed, filled up with what the provider wants, then with what is usual.
    pub fn in_use(&self, wanted: Option<&Wanted>) -> Option<Endpoint> {
        let choices = wanted.map_or(&[][..], |wanted| &wanted.choices);
        let typed = &self.settings;
        let fits = |choice: &&Choice| {
            typed.server.as_ref().is_none_or(|server| *server == choice.host)
                && typed.port.is_none_or(|port| port == choice.port)
                && typed.security.is_none_or(|security| security == choice.security)
        };
        let on_port = |choice: &&Choice| typed.port.is_some_and(|port| port == choice.port);
        let on_host = |choice: &&Choice| typed.server.as_ref().is_some_and(|server| *server == choice.host);
        let best = choices.iter().find(fits);
        let near =
            best.or_else(|| choices.iter().find(on_port)).or_else(|| choices.iter().find(on_host)).or(choices.first());
        let host = typed.server.clone().or_else(|| near.map(|choice| choice.host.clone()))?;
        let port = typed.port.or_else(|| match (best, typed.security) {
            (Some(choice), _) => Some(choice.port),
            (None, Some(Security::Implicit)) => Some(465),
            (None, Some(Security::Starttls)) => Some(587),
            (None, _) => near.map(|choice| choice.port),
        });
        let port = port.unwrap_or(587);
        let of_choice =
            choices.iter().find(|choice| choice.port == port && (choice.host == host || typed.server.is_none()));
        let security =
            typed.security.or_else(|| of_choice.map(|choice| choice.security)).unwrap_or(Security::usual_for(port));
        Some(Endpoint { host, port, security })
    }

    /// The typed settings against what the provider wants.
    pub fn compare(&self, wanted: Option<&Wanted>) -> Comparison {
        let typed = &self.settings;
        let known = wanted.filter(|wanted| wanted.is_known());
        let choices = known.map_or(&[][..], |wanted| &wanted.choices);
        let provider = known.and_then(Wanted::provider);
        let fit = |typed: bool, wanted: bool| match (typed, known) {
            (false, _) => Fit::NotTyped,
            (true, None) => Fit::Unknown,
            (true, Some(_)) if wanted => Fit::AsWanted,
            (true, Some(_)) => Fit::Differs,
        };
        let is_host = |host: &String| {
            choices.iter().any(|choice| choice.host == *host) || provider.is_some_and(|row| row.aliases.contains(host))
        };
        let on_host = |choice: &&Choice| {
            let host = typed.server.as_ref();
            host.is_none_or(|host| *host == choice.host)
                || !host.is_some_and(|host| choices.iter().any(|other| other.host == *host))
        };
        let is_port = |port: u16| choices.iter().filter(on_host).any(|choice| choice.port == port);
        let is_security = |security: Security| {
            let mut on_port = choices
                .iter()
                .filter(on_host)
                .filter(|choice| typed.port.is_none_or(|port| port == choice.port))
                .peekable();
            // For a port that the provider does not name, the port is what differs.
            on_port.peek().is_none() || on_port.any(|choice| choice.security == security)
        };
        let user = match (&typed.user, provider.map(|row| row.user)) {
            (None, _) => Fit::NotTyped,
            (Some(user), Some(provider::UserForm::Address)) => fit(true, user.contains('@')),
            (Some(user), Some(provider::UserForm::LocalPart)) => fit(true, !user.contains('@')),
            (Some(_), _) => Fit::Unknown,
        };
        Comparison {
            server: fit(typed.server.is_some(), typed.server.as_ref().is_some_and(is_host)),
            port: fit(typed.port.is_some(), typed.port.is_some_and(is_port)),
            security: fit(typed.security.is_some(), typed.security.is_some_and(is_security)),
            user,
        }
    }

    /// The log-in name: as typed, else in the form the provider wants, else the address.
    pub fn log_in_name(&self, wanted: Option<&Wanted>) -> String {
        if let Some(user) = &self.settings.user {
            return user.clone();
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

    fn wanted() -> Wanted {
        let choice = |port, security| Choice { host: "smtp.example.com".to_owned(), port, security, auth: vec![] };
        Wanted {
            choices: vec![choice(587, Security::Starttls), choice(465, Security::Implicit)],
            source: Source::Srv,
            provider: None,
        }
    }

    fn in_use(server: Option<&str>, port: Option<u16>, security: Option<Security>) -> (String, u16, Security) {
        let mut account = Account::new(Address::parse("anna@example.com").unwrap());
        account.settings = Settings { server: server.map(str::to_owned), port, security, user: None };
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
        assert_eq!(in_use(None, Some(25), None), (server.clone(), 25, Security::Starttls));
        assert_eq!(in_use(None, None, Some(Security::None)), (server, 587, Security::None));
        assert_eq!(
            in_use(Some("mail.other.example"), None, None),
            ("mail.other.example".to_owned(), 587, Security::Starttls)
        );
        assert_eq!(in_use(Some("mail.other.example"), Some(465), None).2, Security::Implicit);
    }

    #[test]
    fn comparison() {
        let mut account = Account::new(Address::parse("anna@example.com").unwrap());
        account.settings = Settings { server: None, port: Some(465), security: Some(Security::Starttls), user: None };
        let fits = account.compare(Some(&wanted()));
        assert_eq!((fits.server, fits.port, fits.security), (Fit::NotTyped, Fit::AsWanted, Fit::Differs));
        account.settings =
            Settings { server: Some("mail.example.net".to_owned()), port: Some(25), ..Settings::default() };
        let fits = account.compare(Some(&wanted()));
        assert_eq!((fits.server, fits.port, fits.security), (Fit::Differs, Fit::Differs, Fit::NotTyped));
        assert_eq!(account.compare(None).port, Fit::Unknown);
    }

    #[test]
    fn nothing_known_nothing_in_use() {
        let account = Account::new(Address::parse("anna@example.com").unwrap());
        assert_eq!(account.in_use(None), None);
    }
}
