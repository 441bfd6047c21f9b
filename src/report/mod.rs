//! Reports: the session rendered for a reader. [`Report`] is the JSON document, and every format is written from it;
//! no format computes a verdict.

pub mod compare;
pub mod first_page;
pub mod format;
pub mod formats;
pub mod html;
pub mod json;
pub mod markdown;
pub mod open;
pub mod pictures;
pub mod ports;
pub mod redact;
pub mod save;
pub mod schema;
pub mod text;

use crate::account::{Choice, MeasuredOn, Origin, Origins, Security, Settings, Source, Values};
use crate::check::Finding;
use crate::facts::Value;
use crate::facts::key::{Key, Observable};
use crate::session::diagnosis::Diagnosis;
use crate::session::{Machine, Tool};
use serde::{Deserialize, Serialize};

/// How many items of a list are shown at most.
const MOST_SHOWN: usize = 4;

/// A session as a document, `mailtriage.report/1`: see `docs/report-format.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// The schema's name, [`crate::session::SCHEMA`].
    pub schema: String,
    /// The program that measured.
    pub tool: Tool,
    /// When the first run began.
    pub started: Option<String>,
    /// When the last run ended.
    pub finished: Option<String>,
    /// The machine that measured.
    pub machine: Machine,
    /// The account that sends.
    pub account: Account,
    /// The runs, in order.
    pub runs: Vec<Run>,
    /// The technician's answers.
    #[serde(default)]
    pub answers: Vec<Answer>,
    /// The technician's notes.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The checks of the last run, for scripts.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The diagnosis of the last run, for scripts.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
}

/// The account that sends, with strings where something may have been left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the fields of crate::account::Account")]
pub struct Account {
    pub address: String,
    pub settings: Values,
    /// Where the settings come from; empty if all were typed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settings_from: Option<Origins>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_use: Option<InUse>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected: Option<Expected>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub source: Option<Source>,
    pub client: Option<String>,
    pub measured_on: MeasuredOn,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ticket: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub to: Option<String>,
}

/// The server, port and encryption that were judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the names say it")]
pub struct InUse {
    pub server: String,
    pub port: u16,
    pub security: Security,
}

/// What the provider wants: the first choice, and all of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the names say it")]
pub struct Expected {
    pub server: Option<String>,
    pub port: Option<u16>,
    pub security: Option<Security>,
    pub choices: Vec<Choice>,
    pub provider: Option<String>,
}

/// One run of the session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Run {
    /// When it began.
    pub started: String,
    /// When it ended.
    pub finished: Option<String>,
    /// Connections opened to the mail server.
    pub connections: u32,
    /// The account, if it differed from the present one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<Account>,
    /// The findings.
    pub checks: Vec<Check>,
    /// The diagnosis that follows from them.
    pub diagnosis: Diagnosis,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Check {
    /// The finding itself.
    #[serde(flatten)]
    pub finding: Finding,
    /// Whether it was measured in an earlier run, and still held.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub kept: bool,
}

/// An answer to a question of the guide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[expect(missing_docs, reason = "the names say it")]
pub struct Answer {
    pub question: String,
    pub answer: String,
}

impl Account {
    /// The settings, with where they come from.
    pub fn settings(&self) -> Settings {
        Settings::new(self.settings.clone(), self.settings_from.clone().unwrap_or_default())
    }

    /// Leaves out the files in which settings were found: the names of folders may name somebody.
    fn leave_places_out(&mut self) {
        let Some(from) = &mut self.settings_from else { return };
        for origin in [&mut from.server, &mut from.port, &mut from.security, &mut from.user] {
            if let Some(Origin::Stored { place, .. }) = origin {
                "[file]".clone_into(place);
            }
        }
    }
}

impl Report {
    /// The provider's name, if it is known.
    pub fn provider(&self) -> Option<&'static str> {
        let id = self.account.expected.as_ref()?.provider.as_deref()?;
        crate::account::provider::by_id(id).map(|row| row.name.as_str())
    }

    /// The mail program's name, if it is known.
    pub fn program(&self) -> Option<&'static str> {
        let id = self.account.client.as_deref()?;
        crate::account::client::by_id(id).map(|client| client.name.as_str())
    }

    /// A fact of the last run; `None` if it is absent, or was left out for this reader.
    pub fn fact<T: Observable>(&self, id: &str, key: &Key<T>) -> Option<T> {
        key.read(&self.finding(id)?.facts)
    }

    /// The same as it is shown; something left out is shown as what is written in its place.
    pub fn shown<T>(&self, id: &str, key: &Key<T>) -> Option<String> {
        Some(match self.finding(id)?.facts.get(key.name.as_ref())? {
            Value::List(list) => list.iter().take(MOST_SHOWN).cloned().collect::<Vec<_>>().join(", "),
            value => value.to_string(),
        })
    }

    /// The finding with this id in the last run.
    pub fn finding(&self, id: &str) -> Option<&Finding> {
        self.checks.iter().map(|check| &check.finding).find(|finding| finding.id == id)
    }
}

/// The other causes that were found, in words.
fn also(diagnosis: &Diagnosis) -> Vec<String> {
    diagnosis.also.iter().map(|cause| crate::session::guide().headline(cause).to_owned()).collect()
}

/// All evidence of the last run in order of time, one line each.
pub fn timeline(report: &Report) -> String {
    let mut all: Vec<(u64, &str, String)> = Vec::new();
    for check in &report.checks {
        let finding = &check.finding;
        for evidence in &finding.evidence {
            let said = format!("{}: {}", evidence.what, evidence.detail.replace('\n', " / "));
            all.push((evidence.at_ms, &finding.id, said));
        }
    }
    all.sort_by_key(|(at, ..)| *at);
    all.into_iter().map(|(at, id, said)| format!("{at:>6} ms  {id:<16} {said}\n")).collect()
}
