//! Reports: the session rendered for a reader. [`Report`] is the JSON document, and every format is written from it;
//! no format computes a verdict.

pub mod compare;
pub mod document;
pub mod eml;
pub mod figures;
pub mod first_page;
pub mod format;
pub mod formats;
pub mod html;
pub mod json;
pub mod markdown;
pub mod nagios;
pub mod open;
pub mod pictures;
mod place;
pub mod ports;
pub mod prometheus;
pub mod redact;
pub mod row;
pub mod save;
pub mod schema;
pub mod text;

use crate::account::{Choice, MeasuredOn, Origin, Origins, Security, Settings, Source, Values};
use crate::check::Finding;
use crate::facts::Value;
use crate::facts::key::{Key, Observable};
use crate::session::diagnosis::{Diagnosis, Outcome};
use crate::session::unknown::Unknown;
use crate::session::{Machine, Tool};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How many items of a list are shown at most.
const MOST_SHOWN: usize = 4;

/// A session as a document, `mailtriage.report/1`: see `docs/report-format.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Report {
    /// The schema's name, [`crate::session::SCHEMA`].
    pub schema: String,
    /// The case: the same in every copy of the report, whatever is left out of it.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub id: String,
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
    /// The checks of the last run.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The diagnosis of the last run.
    #[serde(default)]
    pub diagnosis: Option<Diagnosis>,
    /// What another version wrote that this one does not know.
    #[serde(skip)]
    pub unknown: Unknown,
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
    pub since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub affected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub contact: Option<String>,
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
    /// Its number within the case, from 1 on.
    #[serde(default)]
    pub id: String,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub finished: Option<String>,
    /// Connections opened to the mail server.
    pub connections: u32,
    /// The account, if it differed from the present one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub account: Option<Account>,
    /// The findings; those of the last run are the report's own.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub checks: Vec<Check>,
    /// The diagnosis that follows from them; that of the last run is the report's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub diagnosis: Option<Diagnosis>,
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

    /// What the verdict means for the account.
    pub fn outcome(&self) -> Outcome {
        self.diagnosis.as_ref().map_or(Outcome::Unsure, |diagnosis| diagnosis.outcome)
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
        self.check(id).map(|check| &check.finding)
    }

    /// The check with this id in the last run.
    pub fn check(&self, id: &str) -> Option<&Check> {
        self.checks.iter().find(|check| check.finding.id == id)
    }

    /// Each run with its checks.
    fn runs_with_checks(&self) -> impl DoubleEndedIterator<Item = (&Run, &[Check])> {
        let last = self.runs.len().saturating_sub(1);
        self.runs.iter().enumerate().map(move |(index, run)| {
            let is_own = index == last && run.checks.is_empty();
            (run, if is_own { self.checks.as_slice() } else { run.checks.as_slice() })
        })
    }

    /// When a check saw something, so many milliseconds after its run began: a finding that was kept from an earlier run
    /// counts from the start of that run.
    pub fn time(&self, check: &Check, at_ms: u64) -> Option<Timestamp> {
        let measured = |other: &&Check| other.finding.id == check.finding.id && !other.kept;
        let mut runs = self.runs_with_checks().rev();
        let run = match check.kept {
            true => runs.find(|(_, checks)| checks.iter().any(|other| measured(&other)))?.0,
            false => runs.next()?.0,
        };
        // A report may have been edited: what is beyond all calendars is no time.
        let passed = SignedDuration::from_millis(i64::try_from(at_ms).ok()?);
        timestamp(&run.started)?.checked_add(passed).ok()
    }

    /// The same by the clock, in UTC: "10:50:03.250"; empty if it is not known.
    pub fn clock(&self, check: &Check, at_ms: u64) -> String {
        self.time(check, at_ms).map_or_else(String::new, |at| at.strftime("%H:%M:%S.%3f").to_string())
    }
}

fn timestamp(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// All evidence of the last run in order of time, a line each: when in UTC, by which id it can be quoted, and what.
pub fn timeline(report: &Report) -> String {
    let mut all: Vec<(u64, usize, String)> = Vec::new();
    for check in &report.checks {
        for (index, evidence) in check.finding.evidence.iter().enumerate() {
            let at = report.clock(check, evidence.at_ms);
            let id = evidence_id(&check.finding.id, index);
            let said = format!("{}: {}", evidence.what, evidence.detail.replace('\n', " / "));
            all.push((evidence.at_ms, all.len(), format!("{at:<12}  {id:<18} {said}\n")));
        }
    }
    all.sort_unstable_by_key(|(at, order, _)| (*at, *order));
    all.into_iter().map(|(.., line)| line).collect()
}

/// By what a line of evidence can be quoted: `port.587-2`.
pub fn evidence_id(check: &str, index: usize) -> String {
    format!("{check}-{}", index + 1)
}
