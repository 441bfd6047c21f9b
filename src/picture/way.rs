//! The way of the port in use next to that of a port that opens, hop by hop, and where it ends.

use super::{Form, Kind, Lane, Picture, Scene, Stop};
use crate::facts::key::Key;
use crate::facts::keys::{hops, leaves, port};
use crate::net::PortState;

/// The most hops that are drawn.
const MOST: usize = 32;

/// The picture; `None` if no route was looked at.
pub(super) fn way(scene: &Scene<'_>) -> Option<Picture> {
    let mut own = match traced(scene, &OWN) {
        // A route on which nobody is heard of says less than the first router does.
        Some(lane) if lane.end == NOTHING && lane.stops.is_empty() => first_step(scene).unwrap_or(lane),
        Some(lane) => lane,
        None => first_step(scene)?,
    };
    if scene.fact(hops::NEARER.check, &hops::NEARER) == Some(true) {
        own.end = format!("{}, nearer than the server", own.end);
        own.arrives = false;
    }
    let contrast = traced(scene, &CONTRAST).filter(|contrast| contrast.arrives);
    let says = match (&contrast, own.arrives) {
        (Some(other), false) => format!("{}; {} {}", ends(&own), other.name, other.end),
        _ => ends(&own),
    };
    let title = match &contrast {
        Some(other) => format!("The paths of {} and {}", own.name, other.name),
        None => format!("The path of {}", own.name),
    };
    let tells = !own.arrives;
    let form = Form::Lanes(std::iter::once(own).chain(contrast).collect());
    Some(Picture { kind: Kind::Way, title, says, tells, form })
}

fn ends(lane: &Lane) -> String {
    let last = lane.stops.iter().rposition(|stop| stop.name != SILENT);
    match last.filter(|_| !lane.arrives) {
        Some(last) if lane.end == TURNED_AWAY => {
            format!("{}: turned away by {}, hop {}", lane.name, lane.stops[last].name, last + 1)
        }
        Some(last) if lane.end == NOTHING => {
            format!("{}: no reply after {}, hop {}", lane.name, lane.stops[last].name, last + 1)
        }
        Some(last) => format!("{}: {} after {}, hop {}", lane.name, lane.end, lane.stops[last].name, last + 1),
        None => format!("{}: {}", lane.name, lane.end),
    }
}

struct Keys {
    port: Key<u16>,
    hops: Key<Vec<String>>,
    answers: Key<Vec<String>>,
}

static OWN: Keys = Keys { port: hops::PORT, hops: hops::HOPS, answers: hops::ANSWERS };
static CONTRAST: Keys = Keys { port: hops::CONTRAST_PORT, hops: hops::CONTRAST_HOPS, answers: hops::CONTRAST_ANSWERS };

const SILENT: &str = "?";
const NOTHING: &str = "no reply after this";
const TURNED_AWAY: &str = "turned away there";

/// A route that was traced: the names from one list, what came from each from the other, which is the same for every
/// reader.
fn traced(scene: &Scene<'_>, keys: &Keys) -> Option<Lane> {
    let id = keys.hops.check;
    let port = scene.fact(id, &keys.port)?;
    let answers = scene.list(id, &keys.answers, MOST);
    if answers.is_empty() {
        return None;
    }
    let mut names = scene.list(id, &keys.hops, MOST).into_iter();
    let mut lane = Lane { name: port.to_string(), stops: Vec::new(), end: NOTHING.to_owned(), arrives: false };
    for (index, answer) in answers.iter().enumerate() {
        let name = names.next().unwrap_or_default();
        if let Some((state, ms)) = answer.split_once(' ') {
            let state: PortState = state.parse().unwrap_or(PortState::Unknown);
            let after = ms.parse().map_or_else(|_| String::new(), |ms| format!(" after {}", super::span(ms)));
            lane.end = format!("{} at hop {}{after}", state.says(), index + 1);
            lane.arrives = state == PortState::Open;
            return Some(lane);
        }
        if answer == "turned-away" {
            let by = name.trim_end_matches(" turns away").to_owned();
            lane.stops.push(Stop { name: by, ms: None });
            TURNED_AWAY.clone_into(&mut lane.end);
            return Some(lane);
        }
        let ms = answer.parse().ok();
        lane.stops.push(Stop { name: if ms.is_some() { name } else { SILENT.to_owned() }, ms });
    }
    // What is silent at the end is no stop: the way is not heard of there.
    let heard = lane.stops.iter().rposition(|stop| stop.name != SILENT).map_or(0, |last| last + 1);
    lane.stops.truncate(heard);
    Some(lane)
}

/// Whether packets for a port that does not open leave this computer, where no route was traced.
fn first_step(scene: &Scene<'_>) -> Option<Lane> {
    let state = scene.fact(&scene.own(port::STATE.check)?, &port::STATE)?;
    let id = scene.own(leaves::LEAVES.check)?;
    if state == PortState::Open {
        return None;
    }
    let leaves = scene.fact(&id, &leaves::LEAVES)?;
    let router = scene.written(&id, &leaves::FIRST_ROUTER).filter(|_| leaves);
    let end = if leaves { NOTHING } else { "does not leave this computer" };
    Some(Lane {
        name: scene.port?.to_string(),
        stops: router.map(|name| Stop { name, ms: None }).into_iter().collect(),
        end: end.to_owned(),
        arrives: false,
    })
}
