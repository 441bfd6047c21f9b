//! Which ports of which servers are measured: a pure function of the account and of what the provider wants.

use crate::account::{Endpoint, Wanted};
use crate::facts::target::{MAIL_PORTS, Role, Target};
use crate::text::small_sort::{Gather, SmallSort};
use std::collections::BTreeSet;

/// The ports that are measured: at the server in use, the usual ones, the configured one, and those that the provider
/// wants; at another server that the provider wants, only those that the provider wants.
pub(crate) fn targets(in_use: Option<&Endpoint>, wanted: &Wanted) -> Vec<Target> {
    let mut ports: BTreeSet<u16> = MAIL_PORTS.into_iter().gather();
    let Some(in_use) = in_use else { return ports.into_iter().map(Target::in_use).collect() };
    ports.insert(in_use.port);
    let of_host = |host: &str| {
        let choices = wanted.choices.iter().filter(move |choice| choice.host == host);
        choices.map(|choice| choice.port).collect::<Vec<u16>>()
    };
    ports.extend(of_host(&in_use.host).into_iter().take(3));
    let mut targets: Vec<Target> = ports.into_iter().map(Target::in_use).collect();
    // The account's own port first: if a limit is reached, it is the others that go without.
    targets.small_sort_by_key(|target| target.port != in_use.port);
    if let Some(host) = wanted_host(in_use, wanted) {
        let ports: BTreeSet<u16> = of_host(host).into_iter().take(2).gather();
        targets.extend(ports.into_iter().map(|port| Target { role: Role::Wanted, port }));
    }
    targets
}

/// The server that the provider wants, if it is another one.
pub(crate) fn wanted_host<'a>(in_use: &Endpoint, wanted: &'a Wanted) -> Option<&'a str> {
    let first = wanted.choices.first().filter(|_| wanted.is_known())?;
    (first.host != in_use.host).then_some(&first.host)
}
