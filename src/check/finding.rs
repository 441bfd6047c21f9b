//! What checks find and report: findings with their evidence, and the events of a run. No check in particular.

use crate::account::Wanted;
use crate::facts::observed::{Missing, Observed};
use crate::facts::value::{Facts, Value};
use crate::text::{Mark, Text};
use serde::{Deserialize, Serialize};
use strum::VariantArray;

/// The groups, in the order of the screen.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::VariantNames,
    strum::VariantArray,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Group {
    Settings,
    Dns,
    Internet,
    Ports,
    Smtp,
    Tls,
    Login,
    Sending,
}

impl Group {
    /// All groups, in order.
    pub const ALL: &'static [Group] = Group::VARIANTS;

    /// The word in the report and on the command line.
    pub fn word(self) -> &'static str {
        self.into()
    }

    /// The name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Group::Settings => "Settings",
            Group::Dns => "DNS",
            Group::Internet => "Internet",
            Group::Ports => "Ports",
            Group::Smtp => "SMTP",
            Group::Tls => "TLS",
            Group::Login => "Log-in",
            Group::Sending => "Sending",
        }
    }
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Outcome {
    Pass,
    Skipped,
    Unknown,
    Warn,
    Fail,
}

impl Outcome {
    /// The word in screens and text, readable without colour.
    pub fn state(self) -> &'static str {
        match self {
            Outcome::Pass => "OK",
            Outcome::Warn => "WARN",
            Outcome::Fail => "FAIL",
            Outcome::Skipped => "-",
            Outcome::Unknown => "?",
        }
    }
}

/// The result of a check: its outcome and the answer to its question in one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) moot: bool,
    pub(super) summary: Text,
}

impl Verdict {
    fn new(outcome: Outcome, moot: bool, summary: impl Into<Text>) -> Self {
        Verdict { outcome, moot, summary: summary.into() }
    }

    /// Everything is as it should be.
    pub fn pass(summary: impl Into<Text>) -> Self {
        Self::new(Outcome::Pass, false, summary)
    }

    /// Something is odd, but need not prevent sending.
    pub fn warn(summary: impl Into<Text>) -> Self {
        Self::new(Outcome::Warn, false, summary)
    }

    /// Something is wrong.
    pub fn fail(summary: impl Into<Text>) -> Self {
        Self::new(Outcome::Fail, false, summary)
    }

    /// It was asked, and there is no answer.
    pub fn unknown(summary: impl Into<Text>) -> Self {
        Self::new(Outcome::Unknown, false, summary)
    }

    /// It was not asked, although somebody may need the answer.
    pub fn skipped(because: impl Into<Text>) -> Self {
        Self::new(Outcome::Skipped, false, because)
    }

    /// It was not asked because of something that is known: nothing is missing.
    pub fn moot(because: impl Into<Text>) -> Self {
        Self::new(Outcome::Skipped, true, because)
    }
}

/// The kind of a piece of evidence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// No particular kind.
    #[default]
    Remark,
    /// A line of a dialogue that we sent.
    Sent,
    /// A line of a dialogue that the server sent.
    Received,
    /// The route to a port, hop by hop.
    #[serde(rename = "way")]
    Route,
    /// Who logged in, where, and how.
    LogIn,
}

impl Kind {
    fn is_remark(&self) -> bool {
        *self == Kind::Remark
    }
}

/// One thing that was seen: when, what was done, what came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Evidence {
    /// When it was seen, in milliseconds since the run began.
    pub at_ms: u64,
    /// Its kind.
    #[serde(default, skip_serializing_if = "Kind::is_remark")]
    pub kind: Kind,
    /// What was done.
    pub what: String,
    /// What came back.
    pub detail: String,
    /// Which characters of `detail` name somebody: start, end (exclusive), and what they name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<(usize, usize, Mark)>,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// The check's id, such as `port.587`.
    pub id: String,
    /// Its group.
    pub group: Group,
    /// Its question.
    pub title: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it was left out because of something that is known: then nothing is missing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub moot: bool,
    /// The answer in one line.
    pub summary: String,
    /// Which characters of `summary` name somebody: start, end (exclusive), and what they name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub summary_marks: Vec<(usize, usize, Mark)>,
    /// When it began, in milliseconds since the run began.
    pub started_ms: u64,
    /// How long it took, in milliseconds.
    pub elapsed_ms: u64,
    /// The facts: what was seen, for scripts.
    pub facts: Facts,
    /// The evidence: what was seen, for people.
    pub evidence: Vec<Evidence>,
}

impl Finding {
    /// What it saw, and why not more.
    pub fn observed(&self) -> Observed<'_> {
        let has_no_answer = matches!(self.outcome, Outcome::Skipped | Outcome::Unknown);
        let why_not = has_no_answer.then_some(Missing { why: &self.summary, moot: self.moot });
        Observed { done: true, facts: &self.facts, why_not }
    }
}

/// A planned check, before it has found anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The check's id.
    pub id: String,
    /// The check's group.
    pub group: Group,
    /// The check's question.
    pub title: String,
    /// The ids of the checks that it waits for.
    pub needs: Vec<String>,
}

/// What a run reports while it goes on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "event")]
pub enum Event {
    /// These checks will run; `complete` when no more will be added.
    Planned {
        /// The checks.
        checks: Vec<Head>,
        /// Whether these are all.
        complete: bool,
    },
    /// A check's needs are met and it began.
    Started {
        /// The check's id.
        id: String,
        /// When it began, in milliseconds since the run began.
        at_ms: u64,
    },
    /// A check has found one fact, which is final, and goes on.
    Fact {
        /// The check's id.
        id: String,
        /// The fact's name.
        key: String,
        /// Its value.
        value: Value,
    },
    /// The search for what the provider wants has ended.
    Discovered {
        /// What the provider wants, if it was found.
        wanted: Wanted,
    },
    /// A check ended.
    Finished {
        /// What it found.
        finding: Finding,
    },
    /// All checks ended.
    Ended {
        /// How long the run took, in milliseconds.
        at_ms: u64,
        /// Connections opened to the mail server.
        connections: u32,
    },
}
