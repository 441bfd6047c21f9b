//! The opened result: what to do now, with the clicks for the mail program, the permanent fix, why we say so, and what
//! not to do.

use super::menu::Menu;
use super::{case_keys, parts};
use crate::account::client;
use crate::facts::forecast::Ending;
use crate::facts::vocabulary::in_words;
use crate::session::diagnosis::PathStep;
use crate::text::capital;
use crate::tui::core::Core;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Place};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

/// How far it is scrolled, and the width in columns at which it was last drawn.
pub struct DiagnosisView {
    scroll: usize,
    width: u16,
}

impl Default for DiagnosisView {
    fn default() -> Self {
        DiagnosisView { scroll: 0, width: 80 }
    }
}

impl View for DiagnosisView {
    fn place(&self) -> Place {
        Place::Diagnosis
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            _ if parts::scroll(action, &mut self.scroll) => {}
            Action::Program => {
                self.scroll = 0;
                let (_, program) = core.shown();
                return Next::go(Menu::programs(program.unwrap_or(0)));
            }
            Action::Copy => {
                let text: Vec<String> = lines(core, self.width).iter().map(ToString::to_string).collect();
                return Next::Do(Effect::Copy(text.join("\n")));
            }
            Action::FindNext => {
                let all = lines(core, self.width);
                let found = parts::find_next(core, all.iter().map(ToString::to_string), self.scroll);
                self.scroll = found.unwrap_or(self.scroll);
            }
            other => return case_keys::act(other, core),
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let state = if core.diagnosis.is_final { core.diagnosis.certainty.word() } else { "not yet final" };
        let body = parts::page(frame, area, core, Place::Diagnosis, &core.diagnosis.title, state);
        self.width = body.width;
        parts::scrolled(frame, body, lines(core, body.width), &mut self.scroll);
    }
}

fn lines(core: &Core, width: u16) -> Vec<Line<'static>> {
    let theme = core.theme;
    let plain = Style::new();
    let (diagnosis, program) = core.shown();
    let program = program.and_then(|index| client::all().get(index));
    let mut lines = Vec::new();
    let rule = |title: &str, right: &str| parts::rule_line(theme, title, right, width);
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
    for PathStep { question, answer, because, .. } in &diagnosis.path {
        let because = if because.is_empty() { String::new() } else { format!(" ({})", in_words(because)) };
        let text = format!(" {question} {answer}{because}");
        lines.extend(parts::wrapped(theme, &text, usize::from(width) - 1, 3).into_iter().map(Line::raw));
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
