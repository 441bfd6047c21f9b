//! The table of mail providers: who they are and what they want. The rows are in `providers.toml`.

use super::settings::Security;
use crate::packed::PROVIDERS;
use crate::pages::table;
use serde::{Deserialize, Serialize};
use std::sync::{LazyLock, OnceLock};

/// A mail provider, as its row in `providers.toml` describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Provider {
    /// A stable name for scripts.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// Mail domains; `*.` stands for any subdomain.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Suffixes of mail exchangers that mean this provider.
    #[serde(default)]
    pub mx: Vec<String>,
    /// The family of providers, if its log-in has rules of its own.
    #[serde(default)]
    pub kind: Kind,
    /// Outgoing servers, the preferred first. `{domain}` in a host is the address's domain.
    #[serde(default)]
    pub servers: Vec<Choice>,
    /// Names that were right once.
    #[serde(default)]
    pub old_hosts: Vec<String>,
    /// Other valid names of the same servers.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// The form of the log-in name.
    #[serde(default)]
    pub user: UserForm,
    /// Which password mail programs use.
    #[serde(default)]
    pub passwords: Passwords,
    /// Where access for mail programs is switched on, if it must be.
    pub switch: Option<String>,
    /// Whether mail programs can send here at all.
    #[serde(default = "yes")]
    pub smtp: bool,
    /// Sign-in on the provider's page, if it has one for mail.
    pub oauth: Option<OAuth>,
    /// The provider's help page.
    pub help: Option<String>,
    /// What a technician should know.
    pub note: Option<String>,
    /// How reliable the row is.
    #[serde(default)]
    pub confidence: Confidence,
    /// The source of the row.
    pub source: Option<String>,
}

fn yes() -> bool {
    true
}

/// One choice for sending: a server, a port, an encryption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Choice {
    /// The server's name.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The encryption that goes with the port.
    pub security: Security,
    /// The log-in methods: `password`, `oauth2`, `cram-md5`, `none`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub auth: Vec<String>,
}

/// Families of providers whose log-in has rules of its own.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    MicrosoftWork,
    MicrosoftPersonal,
    Google,
    Yahoo,
    Apple,
    #[default]
    Other,
}

impl Kind {
    /// The family as a fact's word.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The form of the log-in name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserForm {
    /// The whole mail address.
    #[default]
    Address,
    /// The part before the @.
    LocalPart,
    /// Something else, assigned by the provider.
    Other,
}

/// Which password the provider accepts from mail programs.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, strum::IntoStaticStr, strum::VariantNames,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Passwords {
    /// The password of the mailbox.
    #[default]
    Account,
    /// Only a password made for the mail program.
    AppOnly,
    /// None: only sign-in on the provider's page (OAuth).
    None,
}

impl Passwords {
    /// The kind of password as a fact's word.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// How reliable a row is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, strum::IntoStaticStr, strum::VariantNames)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Confidence {
    #[default]
    Normal,
    Low,
}

impl Confidence {
    /// The confidence as a fact's word.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Where to sign in, and with which scope (RFC 6749).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuth {
    /// Whose page it is.
    pub issuer: String,
    /// The scopes that a token needs for sending, separated by spaces.
    pub scope: String,
    /// The address to ask for a code that works in any browser (RFC 8628), if the provider gives one for mail.
    pub device: Option<String>,
    /// The address to ask for the token.
    pub token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    provider: Vec<Provider>,
    filters: Filters,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Filters {
    mx: Vec<String>,
}

/// A company's own rows.
static OWN: OnceLock<Vec<Provider>> = OnceLock::new();

static FILE: LazyLock<File> = LazyLock::new(|| {
    let File { provider, filters } = table::read("providers.toml", PROVIDERS.text("").unwrap_or_default());
    File { provider: over(OWN.get_or_init(Vec::new).clone(), provider), filters }
});

/// Lays a company's own rows over the built-in ones, once, before any row is read. Returns whether that was so.
pub fn lay_over(own: Vec<Provider>) -> bool {
    OWN.set(own).is_ok()
}

/// Rows before others: a row of the same id is replaced, and a domain or mail exchanger belongs to the first that names it.
pub fn over(first: Vec<Provider>, mut below: Vec<Provider>) -> Vec<Provider> {
    below.retain(|row| first.iter().all(|own| own.id != row.id));
    for row in &mut below {
        row.domains.retain(|domain| first.iter().all(|own| !own.domains.contains(domain)));
        row.mx.retain(|suffix| first.iter().all(|own| !own.mx.contains(suffix)));
    }
    first.into_iter().chain(below).collect()
}

/// All rows.
pub fn all() -> &'static [Provider] {
    &FILE.provider
}

/// The provider of a mail domain, according to the table alone.
pub fn of_domain(domain: &str) -> Option<&'static Provider> {
    let exact = all().iter().find(|provider| provider.domains.iter().any(|known| known == domain));
    exact.or_else(|| {
        let rows = all().iter().flat_map(|provider| provider.domains.iter().map(move |known| (known, provider)));
        rows.filter(|(known, _)| known.strip_prefix("*.").is_some_and(|parent| is_below(domain, parent)))
            .max_by_key(|(known, _)| known.len())
            .map(|(_, provider)| provider)
    })
}

/// The provider with this id.
pub fn by_id(id: &str) -> Option<&'static Provider> {
    all().iter().find(|provider| provider.id == id)
}

/// The provider whose mail exchangers have such names; filter services in front of a mailbox tell nothing.
pub fn of_mx(host: &str) -> Option<&'static Provider> {
    if FILE.filters.mx.iter().any(|filter| is_at_or_below(host, filter)) {
        return None;
    }
    // The longest suffix wins: one company's mail exchangers may be below another's name.
    let rows = all().iter().flat_map(|provider| provider.mx.iter().map(move |suffix| (suffix, provider)));
    rows.filter(|(suffix, _)| is_at_or_below(host, suffix))
        .max_by_key(|(suffix, _)| suffix.len())
        .map(|(_, provider)| provider)
}

/// The provider that a server's name belongs to, whether the name is current or retired.
pub fn of_host(host: &str) -> Option<&'static Provider> {
    // Any program can listen on this computer.
    if is_address(host) {
        return None;
    }
    all().iter().find(|provider| {
        provider.servers.iter().any(|choice| choice.host == host)
            || provider.aliases.iter().chain(&provider.old_hosts).any(|name| name == host)
    })
}

/// Whether two servers are the same, or belong to the same company of the table.
pub fn same_company(host: &str, other: &str) -> bool {
    let row = |host: &str| of_host(host).map(|row| &row.id);
    host == other || (row(host).is_some() && row(host) == row(other))
}

/// Every mail domain and server name of the table, for spelling.
pub fn known_domains() -> impl Iterator<Item = &'static str> + Clone {
    all()
        .iter()
        .flat_map(|provider| provider.domains.iter())
        .map(String::as_str)
        .filter(|name| !name.contains(['*', '{']))
}

/// Every server name of the table, with the name that is current today.
pub fn known_hosts() -> impl Iterator<Item = (&'static str, &'static str)> + Clone {
    all().iter().flat_map(|provider| {
        let right = provider.servers.iter().map(|choice| choice.host.as_str());
        let first = provider.servers.first().map_or("", |choice| choice.host.as_str());
        let right = right.chain(provider.aliases.iter().map(String::as_str)).map(|host| (host, host));
        right
            .chain(provider.old_hosts.iter().map(move |old| (old.as_str(), first)))
            .filter(|(host, _)| !host.contains('{') && !is_address(host))
    })
}

impl Provider {
    /// Its choices for sending, with `{domain}` filled in.
    pub fn choices(&self, domain: &str) -> Vec<Choice> {
        self.servers
            .iter()
            .map(|choice| Choice { host: choice.host.replace("{domain}", domain), ..choice.clone() })
            .collect()
    }
}

fn is_address(host: &str) -> bool {
    host.parse::<std::net::IpAddr>().is_ok()
}

fn is_below(name: &str, parent: &str) -> bool {
    name.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'))
}

/// Whether `name` is `suffix` or a name below it, label by label.
pub fn is_at_or_below(name: &str, suffix: &str) -> bool {
    name == suffix || is_below(name, suffix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn rows_hold_together() {
        let mut ids = HashSet::new();
        let mut domains = HashSet::new();
        for provider in all() {
            assert!(ids.insert(&provider.id), "{} twice", provider.id);
            for domain in &provider.domains {
                assert!(domains.insert(domain), "{domain} twice");
            }
            // firemail.de lets only paying customers send, through a server that is not public.
            if provider.id != "firemail.de" {
                assert_eq!(provider.faults(), [], "providers.toml: {}", provider.id);
            }
            let source = provider.source.as_ref();
            assert!(source.is_some_and(|source| !source.is_empty()), "providers.toml: {}: no source", provider.id);
        }
        assert!(all().len() > 200);
    }

    #[test]
    fn own_rows_come_first() {
        let row = |text: &str| toml::from_str::<Provider>(text).unwrap();
        let own = row("id = \"acme\"\nname = \"Acme\"\ndomains = [\"gmail.com\"]\nmx = [\"google.com\"]");
        let all = over(vec![own.clone()], all().to_vec());
        let of = |domain: &str| all.iter().filter(|row| row.domains.iter().any(|known| known == domain)).count();
        assert!(all[0].id == "acme" && of("gmail.com") == 1 && of("googlemail.com") == 1);
        assert_eq!(all.iter().filter(|row| row.mx.contains(&"google.com".to_owned())).count(), 1);
        let again = row("id = \"acme\"\nname = \"New\"");
        let both = over(vec![again], vec![own]);
        assert!(both.len() == 1 && both[0].name == "New" && both[0].domains.is_empty());
    }

    #[test]
    fn the_file_is_sorted() {
        let ids: Vec<&str> = all().iter().map(|row| row.id.as_str()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        assert_eq!(ids, sorted);
    }

    #[test]
    fn whoever_signs_in_knows_where() {
        for host in ["smtp.office365.com", "smtp-mail.outlook.com", "smtp.partner.outlook.cn", "smtp.office365.us"] {
            let oauth = of_host(host).and_then(|row| row.oauth.as_ref());
            assert!(oauth.is_some_and(|oauth| oauth.device.is_some()), "{host}");
        }
    }

    #[test]
    fn recognised() {
        assert_eq!(of_domain("gmail.com").map(|p| p.kind), Some(Kind::Google));
        assert_eq!(of_mx("aspmx.l.google.com").map(|p| p.kind), Some(Kind::Google));
        assert_eq!(of_mx("example-com.mail.protection.outlook.com").map(|p| p.kind), Some(Kind::MicrosoftWork));
        assert_eq!(of_mx("mx1.notgoogle.com").map(|p| &p.id), None);
        assert_eq!(of_mx("mx0a-00000000.pphosted.com").map(|p| &p.id), None);
        assert_eq!(of_domain("tampabay.rr.com").map(|p| p.servers[0].port), Some(587));
        // The longer "*." wins.
        assert_ne!(of_domain("a.cfl.rr.com").map(|p| &p.id), of_domain("a.other.rr.com").map(|p| &p.id));
        assert_eq!(of_domain("example.com").map(|p| &p.id), None);
    }
}
