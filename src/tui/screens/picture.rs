//! Pictures on the screen: those of a group of checks, with their titles, in the screen's colours and characters.

use crate::check::{Group, Outcome};
use crate::picture::text::{Pen, draw};
use crate::picture::{Kind, Picture, Scene, Tone, pictures, timeline, watch};
use crate::session::Run;
use crate::text::small_sort::SmallSort;
use crate::tui::core::Core;
use crate::tui::screens::parts::wrapped;
use crate::tui::theme::Theme;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// From this width on, ways are next to each other.
const ALONG: usize = 50;

/// The pictures of a group, each under its title and followed by a blank line.
pub fn of_group(core: &Core, run: &Run, group: Group, width: usize) -> Vec<Line<'static>> {
    let mut all = pictures(&Scene::of(run, &core.session.machine.os));
    all.extend(watch(core.watch.rounds.iter().map(|round| !round.faults.is_empty())));
    all.retain(|picture| picture.kind.is_of(group));
    // Drawn stop by stop below each other, the ways leave no room for what is compared with them.
    if width < ALONG {
        all.small_sort_by_key(|picture| picture.kind == Kind::Way);
    }
    all.iter().flat_map(|picture| titled(core.theme, picture, width)).collect()
}

/// The timeline of all checks, the same.
pub fn of_time(core: &Core, run: &Run, width: usize) -> Vec<Line<'static>> {
    let timeline = timeline(&Scene::of(run, &core.session.machine.os), core.elapsed_ms);
    timeline.iter().flat_map(|picture| titled(core.theme, picture, width)).collect()
}

fn titled(theme: Theme, picture: &Picture, width: usize) -> Vec<Line<'static>> {
    let title = wrapped(theme, &picture.title, width, 0).into_iter().map(|line| Line::styled(line, theme.strong()));
    // What the other pictures say in a sentence is next to them, in their checks' own words.
    let says = if picture.kind == Kind::Timeline { wrapped(theme, &picture.says, width, 0) } else { Vec::new() };
    let drawn = draw(picture, width, Pen { ascii: theme.ascii })
        .into_iter()
        .map(|line| Line::from_iter(line.into_iter().map(|part| Span::styled(part.text, style(theme, part.tone)))));
    title.chain(says.into_iter().map(Line::raw)).chain(drawn).chain([Line::default()]).collect()
}

fn style(theme: Theme, tone: Tone) -> Style {
    match tone {
        Tone::Good => theme.outcome(Some(Outcome::Pass)),
        Tone::Warn => theme.outcome(Some(Outcome::Warn)),
        Tone::Bad => theme.outcome(Some(Outcome::Fail)),
        Tone::Plain => Style::new(),
        Tone::Dim => theme.dim(),
    }
}
