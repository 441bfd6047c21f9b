//! What the provider wants, and how that was found. Finding it out is a check (`check::discovery`).

use super::{Address, Choice, provider};
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
    schemars::JsonSchema,
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
    /// The server that is set belongs to a provider in the table.
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
            Source::Server => "the provider of the server that is set",
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
