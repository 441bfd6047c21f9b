//! Which group the verdict rests on: where the eye should be before anybody has moved.

use super::checks::summary;
use super::steps::at_fault;
use crate::check::{Group, Outcome};
use crate::tui::core::Core;

/// Beginnings of the guide's facts, and the group whose checks they come from. The longer beginning comes first.
const OF_FACTS: &[(&str, Group)] = &[
    ("account.stops", Group::Ports),
    ("auth", Group::Login),
    ("certificate", Group::Tls),
    ("chain", Group::Tls),
    ("client.log-in", Group::Login),
    ("client.ehlo", Group::Smtp),
    ("client.tls", Group::Tls),
    ("client.lacks", Group::Tls),
    ("client.strength", Group::Tls),
    ("client.roots", Group::Tls),
    ("clock", Group::Internet),
    ("dialogue", Group::Smtp),
    ("dns", Group::Dns),
    ("ehlo", Group::Smtp),
    ("greeting", Group::Smtp),
    ("handshake", Group::Tls),
    ("hoster", Group::Ports),
    ("identity", Group::Tls),
    ("internet", Group::Internet),
    ("ipv6", Group::Internet),
    ("login", Group::Login),
    ("loss", Group::Internet),
    ("password", Group::Login),
    ("port.", Group::Ports),
    ("relay", Group::Smtp),
    ("sender", Group::Sending),
    ("sending", Group::Sending),
    ("server.stops", Group::Smtp),
    ("server", Group::Ports),
    ("settings", Group::Settings),
    ("starttls", Group::Smtp),
    ("submission", Group::Ports),
    ("tls", Group::Tls),
    ("vpn", Group::Ports),
    ("wanted", Group::Settings),
];

/// Steps of the guide, and the group that they are about.
const OF_STEPS: &[(&str, Group)] = &[
    ("settings", Group::Settings),
    ("firewall", Group::Ports),
    ("connection", Group::Internet),
    ("server", Group::Smtp),
    ("encryption", Group::Tls),
    ("login", Group::Login),
    ("sending", Group::Sending),
    ("comes-back", Group::Sending),
];

fn of_fact(name: &str) -> Option<Group> {
    OF_FACTS.iter().find(|(begins, _)| name.starts_with(begins)).map(|(_, group)| *group)
}

/// The group that the verdict rests on; before there is one, the first that fails, then the first that is waited for.
pub fn group(core: &Core) -> Group {
    // The ports, which most calls are about.
    const USUAL: Group = Group::Ports;
    let Some(run) = core.session.run() else { return USUAL };
    let in_use = core.session.in_use().map(|in_use| in_use.port);
    let is = |group: &Group, outcome: Outcome| summary(run, *group, in_use).outcome == Some(outcome);
    let fails = |group: &Group| is(group, Outcome::Fail);
    let decided = core.diagnosis.path.last().into_iter().flat_map(|step| &step.because);
    let mut decided: Vec<Group> = decided.filter_map(|decided| of_fact(&decided.fact)).collect();
    let step = core.diagnosis.last_step().map(|last| at_fault(core, last));
    if let Some((page, group)) = OF_STEPS.iter().find(|(page, _)| Some(*page) == step) {
        // A step is about its group; but the connection's is about DNS as well.
        let at = if *page == "connection" { decided.len() } else { 0 };
        decided.insert(at, *group);
    }
    let all = Group::ALL;
    let of_verdict = || decided.iter().find(|group| fails(group) || is(group, Outcome::Warn));
    let failing = || all.iter().find(|group| fails(group));
    let waited_for = || core.diagnosis.waits_for.iter().find_map(|id| run.check(id)).map(|check| check.head.group);
    let warning = || all.iter().find(|group| is(group, Outcome::Warn));
    let found = if core.diagnosis.reached { of_verdict().or_else(failing) } else { failing() };
    let found = found.copied().or_else(waited_for);
    found.or_else(|| warning().copied()).unwrap_or(USUAL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_beginning_comes_first() {
        for (index, (begins, group)) in OF_FACTS.iter().enumerate() {
            assert_eq!(of_fact(begins), Some(*group), "{begins} is hidden by a row before row {index}");
        }
    }
}
