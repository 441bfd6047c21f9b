//! The result, opened: what to do now with the clicks for the program at hand, for good, why, what not to do.

use super::menu::Menu;
use super::{Screen, parts};
use crate::account::client;
use crate::facts::vocabulary::in_words;
use crate::session::diagnosis::PathStep;
use crate::tui::app::{Core, Effect, Next};
use crate::tui::keymap::{Action, Place};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// How far it is scrolled.
#[derive(Default)]
pub struct DiagnosisView {
    scroll: usize,
}

impl DiagnosisView {
    pub(super) fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            _ if parts::scroll(action, &mut self.scroll) => {}
            Action::Program => {
                self.scroll = 0;
                let marked = core.shown_program.or_else(|| at_hand(core));
                return Next::Go(Box::new(Screen::Menu(Menu::programs(marked.unwrap_or(0)))));
            }
            Action::Copy => {
                let text: Vec<String> = self.lines(core, 80).iter().map(ToString::to_string).collect();
                return Next::Do(Effect::Copy(text.join("\n")));
            }
            Action::FindNext => {
                let all = self.lines(core, 80);
                let found = parts::find_next(core, all.iter().map(ToString::to_string), self.scroll);
                self.scroll = found.unwrap_or(self.scroll);
            }
            Action::Back => return Next::Back,
            other => return super::dashboard::common(other, core),
        }
        Next::Stay
    }

    fn lines(&self, core: &Core, width: u16) -> Vec<Line<'static>> {
        let theme = core.theme;
        let plain = ratatui::style::Style::new();
        let program = core.shown_program.or_else(|| at_hand(core)).and_then(|index| client::all().get(index));
        let diagnosis = match program {
            Some(program) => core.session.diagnosis_for(&program.id),
            None => core.diagnosis.clone(),
        };
        let mut lines = Vec::new();
        let rule = |title: &str, right: &str| parts::rule_line(theme, title, right, width);
        lines.extend(parts::paragraph(theme, &diagnosis.summary, width, plain));
        let of = program.map_or_else(|| "for which program: o".to_owned(), |program| format!("for {}", program.name));
        lines.push(rule("Do this now", &of));
        lines.extend(parts::items(theme, &diagnosis.remedy, width, true));
        lines.push(rule("For good", ""));
        lines.extend(parts::paragraph(theme, &format!("{}: {}", diagnosis.who, diagnosis.who_name), width, plain));
        if !diagnosis.tell_caller.is_empty() {
            lines.push(rule("Tell the caller", ""));
            lines.extend(parts::paragraph(theme, &format!("\"{}\"", diagnosis.tell_caller), width, plain));
        }
        lines.push(rule("Why we say so", diagnosis.certainty.word()));
        for PathStep { question, answer, because, .. } in &diagnosis.path {
            let because = if because.is_empty() { String::new() } else { format!(" ({})", in_words(because)) };
            let text = format!("{question} {answer}{because}");
            lines.extend(
                parts::wrapped(theme, &format!(" {text}"), usize::from(width) - 1, 3).into_iter().map(Line::raw),
            );
        }
        lines.push(rule("Do not", ""));
        lines.extend(parts::items(theme, &diagnosis.do_not, width, false));
        lines.push(rule("Mended when", ""));
        lines.extend(parts::paragraph(theme, &diagnosis.mended_when, width, plain));
        if !diagnosis.not_known.is_empty() {
            lines.push(rule("Not known", ""));
            lines.extend(parts::items(theme, &diagnosis.not_known, width, false));
        }
        lines
    }

    pub(super) fn render(&self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let state = match core.diagnosis.is_final {
            true => core.diagnosis.certainty.word(),
            false => "not yet final",
        };
        let body = parts::page(frame, area, core, Place::Diagnosis, &core.diagnosis.title, state);
        parts::scrolled(frame, body, self.lines(core, body.width), self.scroll);
    }
}

/// The mail program that was named.
fn at_hand(core: &Core) -> Option<usize> {
    let id = core.session.account.client.as_deref()?;
    client::all().iter().position(|client| client.id == id)
}

/// Opens it.
pub fn open() -> Next {
    Next::Go(Box::new(Screen::Diagnosis(DiagnosisView::default())))
}
