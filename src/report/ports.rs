//! The table of ports: what each port does at this server and at other companies' servers. Values only; the screen and
//! the first page decide which columns they show, and in which words.

use super::Report;
use crate::account::provider;
use crate::facts::Facts;
use crate::facts::keys::{port, reference};
use crate::facts::target::{COMPARED_PORTS, Role, Target, is_reference};
use crate::net::PortState;
use crate::text::small_sort::Gather;
use crate::text::small_sort::SmallSort;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// What each port does, here and elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortTable {
    /// The host names of the other companies' servers, those asked on most ports first.
    pub references: Vec<String>,
    /// A row for each port about which something is known, in ascending order.
    pub rows: Vec<PortRow>,
}

/// What one port does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortRow {
    /// The port's number.
    pub port: u16,
    /// Whether it is the port that the account uses.
    pub in_use: bool,
    /// Its state at the account's server; `None` if it was not asked.
    pub own: Option<PortState>,
    /// Its state at the server that the provider wants, if that is a different one and was asked.
    pub wanted: Option<PortState>,
    /// Its state at the other companies' servers, in the order of [`PortTable::references`].
    pub others: Vec<Option<PortState>>,
}

/// The table of a report's last run.
pub fn port_table(report: &Report) -> PortTable {
    let server = report.account.in_use.as_ref().map(|way| way.server.as_str());
    let checks = report.checks.iter().map(|check| (check.finding.id.as_str(), &check.finding.facts));
    // A server of the account's own company shows nothing about other companies.
    let is_own = |id: &str, facts: &Facts| {
        let host = reference::HOST.read(facts).filter(|_| is_reference(id));
        server.zip(host).is_some_and(|(server, host)| provider::same_company(server, &host))
    };
    let checks = checks.filter(|(id, facts)| !is_own(id, facts));
    ports(checks, report.account.in_use.as_ref().map(|way| way.port))
}

/// Makes the table from the checks, each an id with its facts, and the port in use.
fn ports<'a>(checks: impl IntoIterator<Item = (&'a str, &'a Facts)>, in_use: Option<u16>) -> PortTable {
    let mut numbers = COMPARED_PORTS.to_vec();
    numbers.extend(in_use.filter(|port| !COMPARED_PORTS.contains(port)));
    numbers.small_sort();

    let checks: BTreeMap<&str, &Facts> = checks.into_iter().gather();
    let state =
        |role: Role, port: u16| port::STATE.read(checks.get(Target { role, port }.id(port::STATE.check).as_str())?);
    let state_at = |facts: &Facts, port: u16| reference::STATE.of(port).read(facts);
    let was_reached = |facts: &Facts| facts.contains_key(reference::ADDRESS.name.as_ref());
    let references = checks.iter().filter(|(id, facts)| is_reference(id) && was_reached(facts));
    let mut references: Vec<&Facts> = references.map(|(_, facts)| *facts).collect();
    references.small_sort_by_key(|facts| {
        let has_in_use = in_use.is_some_and(|port| state_at(facts, port).is_some());
        Reverse((has_in_use, numbers.iter().filter(|port| state_at(facts, **port).is_some()).count()))
    });

    let rows = numbers.iter().map(|number| PortRow {
        port: *number,
        in_use: in_use == Some(*number),
        own: state(Role::InUse, *number),
        wanted: state(Role::Wanted, *number),
        others: references.iter().map(|facts| state_at(facts, *number)).collect(),
    });
    let is_known = |row: &PortRow| row.own.or(row.wanted).is_some() || row.others.iter().any(Option::is_some);
    PortTable {
        rows: rows.filter(is_known).collect(),
        references: references.iter().map(|facts| reference::HOST.read(facts).unwrap_or_default()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Value;

    fn facts(rows: &[(&str, &str)]) -> Facts {
        rows.iter().map(|(key, word)| ((*key).to_owned(), Value::Word((*word).to_owned()))).collect()
    }

    #[test]
    fn whoever_was_asked_for_the_port_in_use_comes_first() {
        let own = facts(&[("state", "filtered")]);
        let few = facts(&[("host", "few.example"), ("address", "192.0.2.1"), ("465", "open"), ("443", "open")]);
        let right = facts(&[("host", "right.example"), ("address", "192.0.2.2"), ("587", "refused")]);
        let lost = facts(&[("host", "lost.example")]);
        let checks = [("port.587", &own), ("reference.a", &few), ("reference.b", &right), ("reference.c", &lost)];
        let table = ports(checks, Some(587));
        assert_eq!(table.references, ["right.example", "few.example"]);
        let numbers: Vec<u16> = table.rows.iter().map(|row| row.port).collect();
        assert_eq!(numbers, [443, 465, 587], "nobody asked for 25");
        let last = &table.rows[2];
        assert_eq!((last.in_use, last.own), (true, Some(PortState::Filtered)));
        assert_eq!(last.others, [Some(PortState::Refused), None]);
    }
}
