//! What the provider wants, and how that was found. Finding it out is a check (`check::discovery`).

use super::address::Address;
use super::provider::{self, Choice};
use serde::{Deserialize, Serialize};

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
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Source {
    /// The domain is in our table.
    Table,
    /// The SRV record `_submissions._tcp` or `_submission._tcp` (RFC 6186, RFC 8314).
    Srv,
    /// The domain's mail exchanger belongs to a provider in the table.
    Mx,
    /// The name autodiscover below the domain is an alias of a provider's in the table.
    Autodiscover,
    /// The domain's own autoconfig file, or the public collection of them.
    Autoconfig,
    /// The configured server belongs to a provider in the table.
    Server,
    /// A guess: the usual names were tried.
    Guess,
}

impl Source {
    /// The source in words.
    pub fn says(self) -> &'static str {
        match self {
            Source::Table => "known provider",
            Source::Srv => "the domain's SRV records",
            Source::Mx => "the domain's mail exchanger",
            Source::Autodiscover => "the domain's autodiscover name",
            Source::Autoconfig => "the domain's autoconfig",
            Source::Server => "the provider of the configured server",
            Source::Guess => "guessed",
        }
    }
}

/// What the provider wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// The choices of server, port and encryption, the preferred one first. Empty if nothing could be found out.
    pub choices: Vec<Choice>,
    /// How they were found.
    pub source: Source,
    /// The provider's id in the table, if it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub provider: Option<String>,
}

impl Wanted {
    /// What the table by itself says.
    pub fn from_table(address: &Address) -> Option<Self> {
        let provider = provider::of_domain(address.domain())?;
        Some(Wanted {
            choices: provider.choices(address.domain()),
            source: Source::Table,
            provider: Some(provider.id.clone()),
        })
    }

    /// The provider's row in the table.
    pub fn provider(&self) -> Option<&'static provider::Provider> {
        provider::by_id(self.provider.as_deref()?)
    }

    /// Whether this comes from somebody who should know, and is not a guess.
    pub fn is_known(&self) -> bool {
        self.source != Source::Guess && !self.choices.is_empty()
    }
}
