//! `mailtriage practice`: the built-in lab. A scenario's plain tables become an account and a job here.

use super::args::PracticeArgs;
use super::{Usage, dashboard, print};
use crate::account::Account;
use crate::check::Options;
use crate::check::run::Job;
use crate::practice::{self, Scenario};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use toml::Value;

pub(super) async fn run(args: PracticeArgs) -> color_eyre::Result<Result<u8, Usage>> {
    let (Some(name), false) = (&args.scenario, args.list) else {
        print(&list());
        return Ok(Ok(0));
    };
    let Some(scenario) = practice::scenario(name) else {
        let why = format!("there is no scenario \"{name}\"; `mailtriage practice --list` shows all");
        return Ok(Err(Usage(why)));
    };
    let job = match job(&scenario) {
        Ok(job) => job,
        Err(why) => return Ok(Err(Usage(why))),
    };
    if args.out.format.is_none() && args.out.output.is_none() {
        return dashboard::show(job, BTreeMap::new(), &args.screen).await;
    }
    let format = match args.out.format().and_then(|format| args.out.check_target().map(|()| format)) {
        Ok(format) => format,
        Err(usage) => return Ok(Err(usage)),
    };
    let session = super::run_to_end(job, BTreeMap::new()).await;
    Ok(args.out.write(&session, format))
}

fn list() -> String {
    let mut out = String::from("The practice lab. `mailtriage practice NAME` runs one of:\n\n");
    for scenario in practice::scenarios() {
        let _ = writeln!(out, "  {:<24} {}", scenario.name, scenario.title);
    }
    out.push_str("\nWith --format text or json it runs without a screen, as `check` does on a real network.\n");
    out
}

/// What a scenario asks for: its account, its network, the usual options. The error names what is wrong with it.
pub fn job(scenario: &Scenario) -> Result<Job, String> {
    let mut table = scenario.account.clone();
    let password = match table.remove("password") {
        Some(Value::String(password)) => Some(SecretString::from(password)),
        _ => None,
    };
    let account: Account = table.try_into().map_err(|error| format!("{}: {error}", scenario.name))?;
    Ok(Job { net: Arc::new(scenario.network()?), account, options: Options::default(), password })
}
