//! The built-in practice lab: scenarios whose truth is known, for learners, tests and demonstrations. It needs no
//! network, no rights and no ports: a [`World`] of in-memory servers.
//!
//! A scenario is a file in `scenarios`, laid over `internet.toml`, the world in which everything works. What it says
//! about the account and the truth is passed on as plain tables: this module knows nothing about accounts or causes.

mod dialogue;
mod fate;
mod lab;
mod machine;
mod network;
mod server;
mod tls;
mod wire;
mod world;

use crate::packed::SCENARIOS;
use crate::text::small_sort::SmallSort;
use crate::values::typed;
use crate::world::World;
use lab::Lab;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::{Table, Value};

/// What the calls are about, as the caller tells it: whoever practises chooses by it, so it gives no cause away.
pub const GROUPS: [&str; 8] = [
    "Nothing leaves",
    "Only in this place",
    "Certificates and encryption",
    "It asks for the password",
    "Outlook with an Exchange account",
    "One message, one sender, one recipient",
    "Scanners, shops and other machines",
    "Is all well?",
];

const INTERNET: &str = include_str!("internet.toml");

/// A scenario, as read from its file.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name, which is the file's.
    pub name: String,
    /// What it is about: one of [`GROUPS`].
    pub group: String,
    /// What a learner is told.
    pub title: String,
    /// What the caller says.
    pub story: String,
    /// The account that sends, as a plain table.
    pub account: Table,
    /// What the caller answers if asked, by question of the guide.
    pub answers: BTreeMap<String, String>,
    /// What a run must find, as a plain table.
    pub truth: Table,
    world: Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    group: String,
    title: String,
    story: String,
    account: Table,
    truth: Table,
    #[serde(default)]
    answers: BTreeMap<String, String>,
    #[serde(default)]
    world: Table,
}

/// All scenarios, by name.
pub fn scenarios() -> Vec<Scenario> {
    SCENARIOS.texts().iter().map(|(name, text)| read(name, text)).collect()
}

/// All scenarios in the order of their groups, and by name in each.
pub fn by_group() -> Vec<Scenario> {
    let mut all = scenarios();
    all.small_sort_by_key(|scenario| GROUPS.iter().position(|group| *group == scenario.group));
    all
}

/// The scenario with this name.
pub fn scenario(name: &str) -> Option<Scenario> {
    SCENARIOS.text(name).map(|text| read(name, text))
}

fn read(name: &str, text: &str) -> Scenario {
    Scenario::parse(name, text).expect("every scenario is checked by a test")
}

impl Scenario {
    /// Reads a scenario; the error says what is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let values: Table = toml::from_str(text).map_err(|error| format!("{name}: {error}"))?;
        let written: Written = typed(&values).map_err(|error| format!("{name}: {error}"))?;
        let mut world: Table = toml::from_str(INTERNET).map_err(|error| format!("internet.toml: {error}"))?;
        lay_over(&mut world, written.world);
        let Written { group, title, story, account, truth, answers, .. } = written;
        Ok(Scenario { name: name.to_owned(), group, title, story, account, answers, truth, world })
    }

    /// Its world as a lab; the error says what is wrong with it.
    pub fn world(&self) -> Result<World, String> {
        let world = typed(&self.world).map_err(|error| format!("{}: {error}", self.name))?;
        let lab = Arc::new(Lab::new(world).map_err(|why| format!("{}: {why}", self.name))?);
        Ok(World { net: lab.clone(), machine: lab, is_system: false })
    }

    /// The same with something more laid over its world, such as another host that is down.
    pub fn with(mut self, changes: Table) -> Self {
        lay_over(&mut self.world, changes);
        self
    }

    /// The same with another mailbox: wherever its own address stands, in the account and in what servers know, there is
    /// this one.
    pub fn of_mailbox(mut self, address: &str) -> Self {
        if let Some(own) = self.account.get("address").and_then(Value::as_str).map(str::to_owned) {
            for table in [&mut self.account, &mut self.world] {
                table.iter_mut().for_each(|(_, value)| rename(value, &own, address));
            }
        }
        self
    }
}

/// Replaces a name in all texts of a value.
fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| rename(item, from, to)),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| rename(value, from, to)),
        _ => {}
    }
}

/// Lays one table over another: tables are merged, everything else replaces what was there.
pub fn lay_over(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => lay_over(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_is_sound() {
        for (name, text) in SCENARIOS.texts() {
            let scenario = Scenario::parse(name, text).unwrap_or_else(|why| panic!("{why}"));
            scenario.world().map(drop).unwrap_or_else(|why| panic!("{why}"));
            assert!(scenario.truth.contains_key("cause"), "{name}: no cause");
            assert!(GROUPS.contains(&scenario.group.as_str()), "{name}: {:?} is no group", scenario.group);
        }
    }
}
