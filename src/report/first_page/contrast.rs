//! The comparison on the first page: each port at this server and at other companies' servers.

use super::super::Report;
use super::super::ports::port_table;
use super::Table;
use crate::facts::keys::port;
use crate::facts::target::Target;
use crate::net::PortState;

/// At most so many other companies have a column.
const COMPANIES: usize = 2;

/// What each port does here and elsewhere: the companies that were asked for most ports have a column each, and the last
/// column counts all of them.
pub(super) fn contrast(report: &Report) -> Table {
    let in_use = report.account.in_use.as_ref();
    let table = port_table(report);
    // If the configured server is not the one that the provider wants, each has a column.
    let wanted = report.account.expected.as_ref().and_then(|expected| expected.server.clone());
    let wanted = wanted.filter(|_| table.rows.iter().any(|row| row.wanted.is_some()));
    let server = in_use.map_or("this server", |way| way.server.as_str()).to_owned();
    let references = table.references.iter().take(COMPANIES).cloned();
    let heads = ["port".to_owned(), server].into_iter().chain(wanted.clone()).chain(references);
    let heads: Vec<String> = heads.chain(["others, all".to_owned()]).collect();
    let mut rows = Vec::new();
    // Port 443 carries no mail: it is meant for the screen.
    for row in table.rows.iter().filter(|row| row.port != 443 || row.in_use) {
        let says = |state: Option<PortState>| state.map_or("-", PortState::says).to_owned();
        let own = match (row.own, took(report, row.port)) {
            (Some(state), Some(ms)) => format!("{} {ms} ms", state.says()),
            (state, _) => says(state),
        };
        let at_wanted = wanted.as_ref().map(|_| says(row.wanted));
        let others = row.others.iter().take(COMPANIES).map(|state| says(*state));
        let cells = [row.port.to_string(), own].into_iter().chain(at_wanted).chain(others);
        rows.push(cells.chain([counted(&row.others)]).collect());
    }
    Table { heads, rows }
}

/// How long a port of the server in use took to open, or how long it was waited for.
fn took(report: &Report, number: u16) -> Option<u64> {
    let id = Target::in_use(number).id(port::STATE.check);
    report.fact(&id, &port::CONNECT).or_else(|| Some(report.finding(&id)?.elapsed_ms))
}

/// Such as "open at 3 of 4".
pub(super) fn counted(states: &[Option<PortState>]) -> String {
    let asked: Vec<PortState> = states.iter().flatten().copied().collect();
    let open = asked.iter().filter(|state| **state == PortState::Open).count();
    match (asked.len(), open) {
        (0, _) => "-".to_owned(),
        (all, open) => format!("open at {open} of {all}"),
    }
}
