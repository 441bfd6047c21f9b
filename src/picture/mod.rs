//! Pictures of what was measured, as values: lanes, a grid, bars, strips, a tree, with states and words. Each file here
//! makes one picture from the facts of a run; `text` draws any of them in a terminal or a mail, `svg` in the HTML report.
//!
//! Nothing here judges: which cause it is, is not looked at. Whether a picture has something to tell is.

mod chain;
mod handshakes;
mod ports;
pub mod scene;
pub mod svg;
pub mod text;
mod timeline;
mod tls;
mod way;

pub use handshakes::watch;
pub use scene::{Scene, Seen, Stage};
pub use timeline::timeline;

use crate::check::{Group, Outcome};
use crate::facts::vocabulary::Decided;
use crate::session::diagnosis::Diagnosis;
use crate::text::small_sort::SmallSort;

/// A picture of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// What it shows.
    pub kind: Kind,
    /// Its title.
    pub title: String,
    /// What is to be seen on it in this case, in a sentence.
    pub says: String,
    /// Whether it shows something that is not as it should be.
    pub tells: bool,
    /// What is drawn.
    pub form: Form,
}

/// What a picture shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The way of packets for the port in use, next to that of a port that opens.
    Way,
    /// Each port at each server.
    Ports,
    /// Many handshakes, one mark each.
    Handshakes,
    /// Which program can use which TLS version.
    Tls,
    /// The chain of certificates.
    Chain,
    /// The rounds of a watch, one mark each.
    Watch,
    /// When each check ran.
    Timeline,
}

impl Kind {
    /// A word for links and ids.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Way => "way",
            Kind::Ports => "ports",
            Kind::Handshakes => "handshakes",
            Kind::Tls => "tls",
            Kind::Chain => "chain",
            Kind::Watch => "watch",
            Kind::Timeline => "timeline",
        }
    }

    /// The groups of checks that it belongs to.
    pub fn is_of(self, group: Group) -> bool {
        match self {
            Kind::Way | Kind::Ports => group == Group::Ports,
            Kind::Handshakes => group == Group::Internet,
            Kind::Tls | Kind::Chain => group == Group::Tls,
            Kind::Watch => matches!(group, Group::Ports | Group::Internet),
            Kind::Timeline => false,
        }
    }

    /// Whether it shows what this fact of the guide rests on.
    fn shows(self, fact: &str) -> bool {
        let is_of = |room: &str| fact == room || fact.strip_prefix(room).is_some_and(|rest| rest.starts_with('.'));
        match self {
            Kind::Way => ["port.leaves", "port.refuser", "port.last-heard", "port.by"].contains(&fact),
            Kind::Ports => ["port", "submission", "server.other-port"].into_iter().any(is_of),
            Kind::Handshakes => fact == "loss",
            Kind::Tls => ["client.tls", "client.lacks", "tls.common"].contains(&fact),
            Kind::Chain => ["certificate", "chain", "client.roots"].into_iter().any(is_of),
            Kind::Watch | Kind::Timeline => false,
        }
    }
}

/// What is drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Ways next to each other, stop by stop.
    Lanes(Vec<Lane>),
    /// Rows and columns of states.
    Grid(Grid),
    /// Spans of time below each other.
    Bars(Bars),
    /// Rows of marks.
    Strips(Strips),
    /// Each line hangs on the one above it.
    Tree(Vec<Node>),
}

/// How good something is; never the only sign: a word or letter says it too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Odd.
    Warn,
    /// Not as it should be.
    Bad,
    /// Neither.
    #[default]
    Plain,
    /// Of little weight.
    Dim,
}

impl Tone {
    /// How a check ended; `None` if it has not.
    fn of(outcome: Option<Outcome>) -> Self {
        match outcome {
            Some(Outcome::Pass) => Tone::Good,
            Some(Outcome::Warn) => Tone::Warn,
            Some(Outcome::Fail) => Tone::Bad,
            Some(Outcome::Skipped | Outcome::Unknown) | None => Tone::Dim,
        }
    }
}

/// One way, from this computer on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Whose way it is: a port.
    pub name: String,
    /// The stops, hop by hop.
    pub stops: Vec<Stop>,
    /// What comes of it in the end, in words.
    pub end: String,
    /// Whether it gets where it should; otherwise the end is marked with a cross.
    pub arrives: bool,
}

/// A stop on a way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// The name, or `?` for one that says nothing.
    pub name: String,
    /// How long its answer took, in milliseconds.
    pub ms: Option<u64>,
}

/// Rows and columns of states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The heads of the columns.
    pub columns: Vec<String>,
    /// The column that matters most, if one does.
    pub marked: Option<usize>,
    /// The rows.
    pub rows: Vec<Row>,
}

/// A row of a grid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its head.
    pub name: String,
    /// A state for each column; `None` where nothing was asked.
    pub cells: Vec<Option<Cell>>,
}

/// A state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The state in a word or two.
    pub word: String,
    /// One letter for it, where there is no room for the word.
    pub letter: char,
    /// A figure that belongs to it; may be empty.
    pub note: String,
    /// How good it is.
    pub tone: Tone,
}

/// Spans of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// The end of the time shown, in milliseconds.
    pub until_ms: u64,
    /// The spans.
    pub rows: Vec<Bar>,
}

/// A span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What took it.
    pub name: String,
    /// What came of it.
    pub word: &'static str,
    /// How good that is.
    pub tone: Tone,
    /// From when to when, in milliseconds; `None` if it has not begun or was left out.
    pub span: Option<(u64, u64)>,
    /// What happened in it, in milliseconds.
    pub ticks: Vec<u64>,
}

/// Rows of marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strips {
    /// The rows.
    pub rows: Vec<Strip>,
    /// What each mark means.
    pub legend: Vec<(char, &'static str)>,
}

/// A row of marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// What it is a row of.
    pub name: String,
    /// The marks.
    pub marks: Vec<(char, Tone)>,
    /// The row in figures.
    pub says: String,
}

/// A line of a tree; each hangs on the one above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Its state, in words.
    pub word: String,
    /// How good that is.
    pub tone: Tone,
}

/// All pictures that this run has something for, apart from the timeline.
pub fn pictures(scene: &Scene<'_>) -> Vec<Picture> {
    [way::way(scene), ports::ports(scene), handshakes::handshakes(scene), tls::tls(scene), chain::chain(scene)]
        .into_iter()
        .flatten()
        .collect()
}

/// Those of the pictures that tell something about this verdict, the one that it rests on first.
pub fn telling(scene: &Scene<'_>, diagnosis: &Diagnosis) -> Vec<Picture> {
    let because: &[Decided] = diagnosis.path.last().map_or(&[], |step| &step.because);
    let decides = |picture: &Picture| because.iter().any(|decided| picture.kind.shows(&decided.fact));
    let mut pictures = pictures(scene);
    pictures.retain(|picture| picture.tells || decides(picture));
    pictures.small_sort_by_key(|picture| !decides(picture));
    pictures
}

/// A time, short: `24 ms`, `5.0 s`, `75 s`.
pub fn span(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        _ => format!("{} s", ms / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::vocabulary;

    #[test]
    fn what_a_picture_shows_are_facts_of_the_guide() {
        for kind in [Kind::Way, Kind::Ports, Kind::Handshakes, Kind::Tls, Kind::Chain] {
            assert!(vocabulary::all().any(|fact| kind.shows(fact.name)), "{kind:?}");
        }
        assert!(!Kind::Ports.shows("portal") && Kind::Ports.shows("port.state") && Kind::Chain.shows("certificate"));
    }

    #[test]
    fn times_are_short() {
        assert_eq!([span(24), span(5_049), span(75_300)], ["24 ms", "5.0 s", "75 s"]);
    }
}
