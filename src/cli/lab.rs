//! The practice lab's scenarios for the rest of the program: a scenario's plain tables become an account, a job, a
//! truth.

use crate::account::{Account, MeasuredOn};
use crate::check::secret::Secret;
use crate::check::{Job, Options};
use crate::guide::rule::{Certainty, Who};
use crate::practice::{self, Scenario};
use crate::session::Session;
use crate::session::diagnosis::Diagnosis;
use crate::text::{nearest_name, visible_str};
use crate::tui::core::Lesson;
use crate::tui::effect::Request;
use crate::tui::outside::{Begun, Bench};
use crate::tui::screens::menu::{Call, Menu};
use crate::values::typed;
use secrecy::SecretString;
use serde::Deserialize;
use toml::Value;

/// The scenario with this name; the error is a message for people.
pub(super) fn find(name: &str) -> Result<Scenario, String> {
    practice::scenario(name).ok_or_else(|| {
        let all = practice::scenarios();
        let near = nearest_name(name, all.iter().map(|scenario| scenario.name.as_str()));
        let near = near.map_or_else(String::new, |near| format!(" did you mean {near}?"));
        format!("there is no scenario \"{}\";{near} `mailtriage practice --list` shows all", visible_str(name))
    })
}

/// The scenarios to choose from, by what the caller says.
pub(super) fn menu() -> Menu {
    let calls = practice::by_group().into_iter();
    Menu::practice(calls.map(|scenario| Call {
        name: scenario.name,
        group: scenario.group,
        title: scenario.title,
        story: scenario.story,
    }))
}

/// Starts a scenario on the screen.
pub(super) fn begin(name: &str) -> Result<Begun, String> {
    let scenario = find(name)?;
    let cause = Truth::of(&scenario)?.cause;
    let job = job(&scenario)?;
    Ok(Begun {
        session: Session::new(job.account, &job.world.machine.local()),
        bench: Bench { world: job.world, options: job.options },
        lesson: Some(Lesson { name: name.to_owned(), story: scenario.story, cause, guess: None }),
        first: Request { attempt: job.attempt, ..Request::everything() },
    })
}

/// What a run of a scenario must find: its table `[truth]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// The cause.
    pub cause: String,
    /// How certain the verdict may be, and must be.
    pub certainty: Certainty,
    /// Who can fix it permanently.
    pub who: Who,
    /// The other causes that are found, all of them.
    #[serde(default)]
    pub also: Vec<String>,
}

impl Truth {
    /// The truth of a scenario; the error names what is wrong with it.
    pub fn of(scenario: &Scenario) -> Result<Self, String> {
        typed(&scenario.truth).map_err(|error| format!("{}: [truth] {error}", scenario.name))
    }

    /// Where a verdict differs from the truth; empty if it is right.
    pub fn faults(&self, found: &Diagnosis) -> Vec<String> {
        let rows = [
            ("cause", self.cause.clone(), found.cause.clone()),
            ("certainty", self.certainty.word().to_owned(), found.certainty.word().to_owned()),
            ("who", self.who.word().to_owned(), found.who.word().to_owned()),
            ("also", self.also.join(", "), found.also.join(", ")),
            ("final", true.to_string(), found.is_final.to_string()),
        ];
        let differing = rows.into_iter().filter(|(_, truth, found)| truth != found);
        differing.map(|(what, truth, found)| format!("{what}: {found:?} in place of {truth:?}")).collect()
    }
}

/// What a scenario asks for: its account, its network, the default options. The error says what is wrong with it.
pub fn job(scenario: &Scenario) -> Result<Job, String> {
    let mut table = scenario.account.clone();
    let mut secret = |key: &str| match table.remove(key) {
        Some(Value::String(secret)) => Some(SecretString::from(secret)),
        _ => None,
    };
    let secret = secret("password").map(Secret::Password).or(secret("token").map(Secret::Token));
    let says_where = table.contains_key("measured_on");
    let mut account: Account = typed(&table).map_err(|error| format!("{}: {error}", scenario.name))?;
    if !says_where {
        account.measured_on = MeasuredOn::usual_for(account.client());
    }
    Ok(Job { world: scenario.world()?, account, options: Options::default(), attempt: secret.map(Into::into) })
}
