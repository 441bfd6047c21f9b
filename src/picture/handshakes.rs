//! Many handshakes as a strip, one mark each; and the rounds of a watch in the same way.

use super::{Form, Kind, Picture, Scene, Strip, Strips, Tone};
use crate::facts::key::Key;
use crate::facts::keys::quality;

/// The most marks of a row.
const MOST: usize = 120;
/// The latest rounds that are shown.
const ROUNDS: usize = 60;

/// The picture of the handshakes; `None` if none were made.
pub(super) fn handshakes(scene: &Scene<'_>) -> Option<Picture> {
    let first = strip(scene, "first", &quality::HANDSHAKES, &quality::LOST)?;
    let again = strip(scene, "again", &quality::HANDSHAKES_AGAIN, &quality::LOST_AGAIN);
    let says = match &again {
        Some((_, again)) => format!("{}; once more: {}", first.1.says, again.says),
        None => first.1.says.clone(),
    };
    let tells = first.0 > 0;
    let rows = std::iter::once(first).chain(again).map(|(_, strip)| strip).collect();
    let legend = vec![('.', "as usual"), ('o', "slower"), ('x', "lost a packet")];
    let title = "Handshakes with other companies' servers".to_owned();
    Some(Picture { kind: Kind::Handshakes, title, says, tells, form: Form::Strips(Strips { rows, legend }) })
}

fn strip(scene: &Scene<'_>, name: &str, marks: &Key<String>, lost: &Key<usize>) -> Option<(usize, Strip)> {
    let marks: String = scene.fact(marks.check, marks)?.chars().take(MOST).collect();
    let lost = scene.fact(lost.check, lost)?;
    let says = format!("{lost} of {} lost a packet", marks.chars().count());
    let marks = marks.chars().map(|mark| match mark {
        'x' => ('x', Tone::Bad),
        'o' => ('o', Tone::Warn),
        _ => ('.', Tone::Good),
    });
    Some((lost, Strip { name: name.to_owned(), marks: marks.collect(), says }))
}

/// The rounds of a watch, the oldest first: whether each found a fault. `None` before the first.
pub fn watch(rounds: impl ExactSizeIterator<Item = bool>) -> Option<Picture> {
    let rounds: Vec<bool> = rounds.collect();
    if rounds.is_empty() {
        return None;
    }
    let faults = rounds.iter().filter(|fault| **fault).count();
    let says = match rounds.len() {
        1 if faults == 0 => "1 round, without a fault".to_owned(),
        1 => "1 round, with a fault".to_owned(),
        all if faults == 0 => format!("{all} rounds, none with a fault"),
        all => format!("{faults} of {all} rounds with a fault"),
    };
    let shown = rounds.iter().skip(rounds.len().saturating_sub(ROUNDS));
    let marks = shown.map(|fault| if *fault { ('x', Tone::Bad) } else { ('.', Tone::Good) }).collect();
    let rows = vec![Strip { name: "rounds".to_owned(), marks, says: says.clone() }];
    let legend = vec![('.', "well"), ('x', "a fault")];
    let title = "Watched, a round every minute".to_owned();
    Some(Picture { kind: Kind::Watch, title, says, tells: faults > 0, form: Form::Strips(Strips { rows, legend }) })
}
