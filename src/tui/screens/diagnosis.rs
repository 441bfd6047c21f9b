//! The opened result: what to do now, with the clicks for the mail program, the permanent fix, why we say so, and what
//! not to do.

use super::menu::Menu;
use super::{case_keys, parts};
use crate::account::client;
use crate::facts::forecast::Ending;
use crate::facts::vocabulary::in_words;
use crate::session::guide;
use crate::text::capital;
use crate::tui::core::Core;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::Line;

/// How far it is scrolled, and the width in columns at which it was last drawn.
pub struct DiagnosisView {
    scroll: Scroll,
    width: u16,
}

impl Default for DiagnosisView {
    fn default() -> Self {
        DiagnosisView { scroll: Scroll::default(), width: 80 }
    }
}

impl View for DiagnosisView {
    fn place(&self) -> Place {
        Place::Diagnosis
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            _ if self.scroll.act(action) => {}
            Action::Program => {
                self.scroll = Scroll::default();
                let (_, program) = core.shown();
                return Next::go(Menu::programs(program.unwrap_or(0)));
            }
            Action::Copy => {
                let text: Vec<String> = lines(core, self.width).iter().map(ToString::to_string).collect();
                return Next::Do(Effect::Copy(text.join("\n")));
            }
            Action::FindNext | Action::FindBefore => {
                let all = lines(core, self.width);
                parts::find(core, action, all.iter().map(ToString::to_string), &mut self.scroll);
            }
            other => return case_keys::act(other, Place::Diagnosis, core),
        }
        Next::Stay
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.scroll.by(by * WHEEL);
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let diagnosis = &core.diagnosis;
        let state = if diagnosis.is_final { diagnosis.certainty.word() } else { "not yet final" };
        self.width = area.width;
        let lines = lines(core, area.width);
        parts::text_page(frame, area, core, (Place::Diagnosis, &diagnosis.title, state), lines, &mut self.scroll);
    }
}

/// What the result says, from what to do to what is not known.
pub(super) fn lines(core: &Core, width: u16) -> Vec<Line<'static>> {
    if !core.diagnosis.reached {
        return waiting(core, width);
    }
    let theme = core.theme;
    let plain = Style::new();
    let (diagnosis, program) = core.shown();
    let program = program.and_then(|index| client::all().get(index));
    let mut lines = Vec::new();
    let rule = |title: &str, right: &str| parts::rule_line(theme, title, right, width);
    if !parts::has_room(&diagnosis.title, width) {
        lines.extend(parts::paragraph(theme, &diagnosis.title, width, theme.strong()));
    }
    lines.extend(parts::paragraph(theme, &diagnosis.summary, width, plain));
    if !diagnosis.error.is_empty() {
        lines.extend(parts::paragraph(theme, &format!("Error shown: {}", diagnosis.error), width, plain));
    }
    let of = program.map_or_else(|| "o: choose the program".to_owned(), |program| format!("for {}", program.name));
    lines.push(rule("Do this now", &of));
    lines.extend(parts::items(theme, &diagnosis.remedy, width, true));
    lines.push(rule("For good", ""));
    lines.extend(parts::paragraph(
        theme,
        &format!("{}: {}", capital(diagnosis.who.says()), diagnosis.who_name),
        width,
        plain,
    ));
    if !diagnosis.tell_caller.is_empty() {
        lines.push(rule("Tell the caller", ""));
        lines.extend(parts::paragraph(theme, &format!("\"{}\"", diagnosis.tell_caller), width, plain));
    }
    lines.push(rule("Why we say so", diagnosis.certainty.word()));
    for asked in diagnosis.way(guide()) {
        lines.extend(
            parts::wrapped(theme, &format!(" {}", asked.line()), usize::from(width) - 1, 3).into_iter().map(Line::raw),
        );
    }
    for (label, facts) in [("Against it", &diagnosis.against), ("Not proven", &diagnosis.unproven)] {
        if !facts.is_empty() {
            let text = format!(" {label}: {}", in_words(facts));
            lines.extend(parts::wrapped(theme, &text, usize::from(width) - 1, 3).into_iter().map(Line::raw));
        }
    }
    lines.push(rule("Do not", ""));
    lines.extend(parts::items(theme, &diagnosis.do_not, width, false));
    lines.push(rule("Fixed when", ""));
    lines.extend(parts::paragraph(theme, &diagnosis.mended_when, width, plain));
    if !diagnosis.ends.is_empty() {
        lines.push(rule("What ends", ""));
        let ends: Vec<String> = diagnosis.ends.iter().map(Ending::in_words).collect();
        lines.extend(parts::items(theme, &ends, width, false));
    }
    if !diagnosis.not_known.is_empty() {
        lines.push(rule("Not known", ""));
        lines.extend(parts::items(theme, &diagnosis.not_known, width, false));
    }
    lines
}

/// As long as there is no verdict: what it looks like, and what could still change that.
fn waiting(core: &Core, width: u16) -> Vec<Line<'static>> {
    let theme = core.theme;
    let so_far = match &core.so_far {
        Some(headline) => format!("So far it looks like this: {headline}. The checks below can still change it."),
        None => "No verdict yet. It rests on the checks below.".to_owned(),
    };
    let mut lines = parts::paragraph(theme, &so_far, width, theme.strong());
    lines.push(parts::rule_line(theme, "Waiting for", "", width));
    let run = core.session.run();
    let open = core.diagnosis.waits_for.iter().filter_map(|id| run?.check(id)).map(|check| check.head.title.clone());
    lines.extend(parts::items(theme, &open.collect::<Vec<_>>(), width, false));
    lines
}
