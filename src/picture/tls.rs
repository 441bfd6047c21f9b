//! Which TLS versions each port accepts, which the programs at hand have, and what they can use together on the port in
//! use.

use super::{Cell, Form, Grid, Kind, Picture, Row, Scene, Tone};
use crate::facts::keys::{clients, tls};
use crate::facts::stacks::{self, Fit, Has, Offer, Stack};
use crate::facts::target::{Role, Target};
use crate::facts::words::Accepts;
use crate::probe::version::Version;

/// The picture; `None` before any version is known.
pub(super) fn tls(scene: &Scene<'_>) -> Option<Picture> {
    let mut versions: Vec<Version> = Version::ALL.to_vec();
    versions.sort_unstable();
    let kind = tls::CHAIN.check;
    let accepts =
        |port: u16, version: Version| scene.fact(&Target::in_use(port).id(kind), &tls::VERSION.of(version.word()));
    let ports = scene.ports(kind, Role::InUse);
    let asked = |port: &u16| versions.iter().any(|version| accepts(*port, *version).is_some());
    let ports: Vec<u16> = ports.into_iter().filter(asked).collect();
    let own = scene.port.filter(|port| ports.contains(port)).or_else(|| ports.first().copied())?;
    // No program at hand has SSLv3: it has a column only where a server still accepts it.
    let has_ssl3 = ports.iter().any(|port| accepts(*port, Version::Ssl3) == Some(Accepts::Accepted));
    versions.retain(|version| *version != Version::Ssl3 || has_ssl3);

    let with = |word: Accepts| {
        let is = |version: &&Version| accepts(own, **version) == Some(word);
        versions.iter().filter(is).map(|version| version.word().to_owned()).collect::<Vec<_>>()
    };
    let offer = Offer {
        accepted: with(Accepts::Accepted),
        rejected: with(Accepts::Rejected),
        older_suites: older_suites(scene, own),
    };
    let mut rows: Vec<Row> = ports
        .iter()
        .map(|port| Row {
            name: format!("port {port} accepts"),
            cells: versions.iter().map(|version| accepts(*port, *version).map(accepted)).chain([None]).collect(),
        })
        .collect();
    let stacks = at_hand(scene);
    let fits: Vec<Fit> = stacks.iter().map(|stack| stack.fit(&offer)).collect();
    let programs = stacks.iter().zip(&fits).map(|(stack, fit)| Row {
        name: stack.name.clone(),
        cells: versions.iter().map(|version| Some(had(stack.has(version.word())))).chain([Some(uses(fit))]).collect(),
    });
    rows.extend(programs);
    let unable = stacks.iter().zip(&fits).filter(|(_, fit)| fit.is_no()).map(|(stack, _)| stack.name.as_str());
    let unable: Vec<&str> = unable.collect();
    let modern = offer.accepted.iter().any(|version| version == "TLSv1.2" || version == "TLSv1.3");
    let is_known = !offer.accepted.is_empty() || !offer.rejected.is_empty();
    let columns = versions.iter().map(|version| version.word().trim_start_matches("TLSv").to_owned());
    let columns = columns.chain(["uses".to_owned()]).collect();
    let accepted: Vec<&str> = offer.accepted.iter().map(|word| word.trim_start_matches("TLSv")).collect();
    let accepted =
        if accepted.is_empty() { "no TLS version".to_owned() } else { format!("TLS {}", accepted.join(", ")) };
    let says = match unable.is_empty() {
        true => format!("{own} accepts {accepted}"),
        false => format!("{own} accepts {accepted}; not usable as it is: {}", unable.join("; ")),
    };
    Some(Picture {
        kind: Kind::Tls,
        title: "TLS versions: the server's and the programs'".to_owned(),
        says,
        tells: (!modern && is_known) || (scene.client.is_some() && !unable.is_empty()),
        form: Form::Grid(Grid { columns, marked: None, rows }),
    })
}

fn older_suites(scene: &Scene<'_>, port: u16) -> Option<bool> {
    let id = Target::in_use(port).id(tls::OLDER_SUITES.check);
    match scene.fact(&id, &tls::OLDER_SUITES)? {
        Accepts::Accepted => Some(true),
        Accepts::Rejected => Some(false),
        Accepts::Unknown => None,
    }
}

/// The programs at hand: those of the named mail program, on the systems that it may run on; if nobody named one, all. On
/// this computer, as its own policy changes them.
fn at_hand(scene: &Scene<'_>) -> Vec<Stack> {
    let systems = scene.list(clients::SYSTEMS.check, &clients::SYSTEMS, 16);
    let is_at_hand = |row: &&Stack| match scene.client {
        Some(_) if !systems.is_empty() => systems.contains(&row.name),
        Some(client) => row.is_of(client),
        None => true,
    };
    let switched = scene.list(clients::POLICY.check, &clients::POLICY, 16);
    let policy: Vec<(String, bool)> = switched
        .iter()
        .filter_map(|switched| switched.split_once(' '))
        .map(|(version, to)| (version.to_owned(), to == "on"))
        .collect();
    let here = stacks::of_system(scene.os).map(|row| row.name.as_str());
    let rows = stacks::all().iter().filter(is_at_hand);
    rows.map(|row| if here == Some(row.name.as_str()) { row.with_policy(&policy) } else { row.clone() }).collect()
}

fn cell(word: &str, letter: char, tone: Tone) -> Cell {
    Cell { word: word.to_owned(), letter, note: String::new(), tone }
}

fn accepted(accepts: Accepts) -> Cell {
    match accepts {
        Accepts::Accepted => cell("yes", 'y', Tone::Good),
        Accepts::Rejected => cell("no", 'n', Tone::Plain),
        Accepts::Unknown => cell("not known", '?', Tone::Dim),
    }
}

fn had(has: Has) -> Cell {
    match has {
        Has::Yes => cell("yes", 'y', Tone::Plain),
        Has::Off => cell("off", 'f', Tone::Warn),
        Has::Perhaps => cell("perhaps", 'p', Tone::Dim),
        Has::No => cell("no", 'n', Tone::Plain),
    }
}

fn uses(fit: &Fit) -> Cell {
    let short = |version: &str| version.trim_start_matches("TLSv").to_owned();
    match fit {
        Fit::Fits(version) => cell(&short(version), 'y', Tone::Good),
        Fit::SwitchedOff(version) => cell(&format!("off: {}", short(version)), 'f', Tone::Bad),
        Fit::Unknown => cell("not known", '?', Tone::Dim),
        Fit::Cannot(_) => cell("nothing", 'n', Tone::Bad),
    }
}
