//! Each port at this server, by IPv4 and IPv6, at the server that the provider wants, and at other companies' servers:
//! what it does, and how long that took.

use super::{Cell, Form, Grid, Kind, Picture, Row, Scene, Tone, scene};
use crate::facts::key::Key;
use crate::facts::keys::{port, reference};
use crate::facts::target::{COMPARED_PORTS, Role, Target, is_reference};
use crate::net::PortState;
use std::cmp::Reverse;

/// The most other companies' servers that are shown.
const MOST: usize = 24;

/// The picture; `None` before any port is known.
pub(super) fn ports(scene: &Scene<'_>) -> Option<Picture> {
    let mut ports = COMPARED_PORTS.to_vec();
    ports.extend(scene.port.filter(|port| !COMPARED_PORTS.contains(port)));
    // The mail ports first, then the web's.
    ports.sort_unstable_by_key(|port| (*port == 443, *port));

    let here = server(scene, Role::InUse, "this server", &ports);
    let wanted = server(scene, Role::Wanted, "provider's server", &ports);
    let others = references(scene, &ports);
    let rows: Vec<Row> = here.into_iter().chain(wanted).chain(others).collect();
    let is_asked = |column: usize| rows.iter().any(|row| row.cells.get(column).is_some_and(Option::is_some));
    let columns: Vec<usize> = (0..ports.len()).filter(|column| is_asked(*column)).collect();
    let rows = rows.iter().map(|row| Row {
        name: row.name.clone(),
        cells: columns.iter().map(|column| row.cells.get(*column).cloned().flatten()).collect(),
    });
    let rows: Vec<Row> = rows.filter(|row| row.cells.iter().any(Option::is_some)).collect();
    if rows.is_empty() {
        return None;
    }
    // What the others do matters only beside a port in use that does not open, by one family or both.
    let own = scene.own(port::STATE.check).unwrap_or_default();
    let states = [port::STATE, port::STATE_V4, port::STATE_V6].map(|key| scene.fact(&own, &key));
    let tells = states.into_iter().flatten().any(|state| state != PortState::Open);
    let marked = columns.iter().position(|column| Some(ports[*column]) == scene.port);
    let columns = columns.iter().map(|column| ports[*column].to_string()).collect();
    Some(Picture {
        kind: Kind::Ports,
        title: "Ports, here and elsewhere".to_owned(),
        says: says(scene),
        tells,
        form: Form::Grid(Grid { columns, marked, rows }),
    })
}

/// The port in use here, and at how many others it opens.
fn says(scene: &Scene<'_>) -> String {
    let Some(port) = scene.port else { return "The port in use is not known yet".to_owned() };
    let own = scene.fact(&Target::in_use(port).id(port::STATE.check), &port::STATE);
    let own = own.map_or("not known yet", PortState::says);
    let key = reference::STATE.of(port);
    let others = scene.checks.iter().filter(|check| is_reference(check.id));
    let others: Vec<PortState> = others.filter_map(|check| key.read(check.facts)).collect();
    let open = others.iter().filter(|state| **state == PortState::Open).count();
    match others.len() {
        0 => format!("{port} at this server: {own}; not tested elsewhere"),
        all => format!("{port} at this server: {own}; open at {open} of {all} other companies' servers"),
    }
}

/// A server's rows: one, or one for each family if its ports were asked by IPv6 too.
fn server(scene: &Scene<'_>, role: Role, name: &str, ports: &[u16]) -> Vec<Row> {
    type Keys = (&'static str, Key<PortState>, Key<u64>);
    let v4: Keys = ("IPv4", port::STATE_V4, port::TOOK_V4);
    let v6: Keys = ("IPv6", port::STATE_V6, port::TOOK_V6);
    let has_v6 = ports.iter().any(|port| {
        let id = Target { role, port: *port }.id(port::STATE.check);
        scene.fact(&id, &port::STATE_V6).is_some()
    });
    let families: Vec<Keys> = if has_v6 { vec![v4, v6] } else { vec![v4] };
    let rows = families.into_iter().map(|(family, state, took)| {
        let cells = ports.iter().map(|port| {
            let check = scene.check(&Target { role, port: *port }.id(port::STATE.check))?;
            match state.read(check.facts) {
                Some(state) => Some(cell(state, took.read(check.facts))),
                // A port that has opened is known before the other addresses are.
                None => match port::STATE.read(check.facts).filter(|_| !has_v6) {
                    Some(state) => Some(cell(state, port::CONNECT.read(check.facts))),
                    None => (!check.is_over()).then(asking),
                },
            }
        });
        let name = if has_v6 { format!("{name}, {family}") } else { name.to_owned() };
        Row { name, cells: cells.collect() }
    });
    rows.collect()
}

/// A row for each of the other companies' servers that was reached: first those that were asked for the port in use, then
/// those that were asked for most ports.
fn references(scene: &Scene<'_>, ports: &[u16]) -> Vec<Row> {
    let reached = |check: &&super::Seen<'_>| check.facts.contains_key(reference::ADDRESS.name.as_ref());
    let mut rows: Vec<(bool, Row)> = scene
        .checks
        .iter()
        .filter(|check| is_reference(check.id))
        .filter(reached)
        .map(|check| {
            let cells = ports.iter().map(|port| {
                let state = reference::STATE.of(*port).read(check.facts)?;
                Some(cell(state, reference::TOOK.of(*port).read(check.facts)))
            });
            let name = reference::HOST.read(check.facts).unwrap_or_default();
            let row = Row { name: scene::shown(&name), cells: cells.collect() };
            let has_own = ports.iter().zip(&row.cells).any(|(port, cell)| Some(*port) == scene.port && cell.is_some());
            (has_own, row)
        })
        .collect();
    rows.sort_by_key(|(has_own, row)| Reverse((*has_own, row.cells.iter().flatten().count())));
    rows.into_iter().take(MOST).map(|(_, row)| row).collect()
}

fn cell(state: PortState, took: Option<u64>) -> Cell {
    let (word, letter, tone) = match state {
        PortState::Open => ("open", 'o', Tone::Good),
        PortState::Filtered => ("no answer", 'x', Tone::Bad),
        PortState::Refused => ("refused", 'r', Tone::Bad),
        PortState::Unreachable => ("unreachable", 'u', Tone::Bad),
        PortState::Denied => ("forbidden here", 'f', Tone::Bad),
        PortState::Unknown => ("not known", '?', Tone::Dim),
    };
    Cell { word: word.to_owned(), letter, note: took.map_or_else(String::new, super::span), tone }
}

fn asking() -> Cell {
    Cell { word: "asking".to_owned(), letter: '.', note: String::new(), tone: Tone::Dim }
}
