//! A text to read: a page of the guide or of the background, a report's first page, the keys.

use super::line::LineView;
use super::parts;
use crate::report::first_page::FirstPage;
use crate::report::text::{WIDTH, first_page};
use crate::tui::core::Core;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Place};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Text};
use ratatui::widgets::{Paragraph, Wrap};
use std::borrow::Cow;

/// A text, and how far it is scrolled.
pub struct TextView {
    title: String,
    body: Body,
    scroll: usize,
}

enum Body {
    Plain(String),
    Markdown(String),
    /// A report's first page, laid out for the available width.
    Page(FirstPage),
}

impl Body {
    fn text(&self, width: usize) -> Cow<'_, str> {
        match self {
            Body::Plain(text) | Body::Markdown(text) => text.into(),
            Body::Page(page) => first_page(page, width).into(),
        }
    }
}

impl TextView {
    /// Plain text, unchanged.
    pub fn plain(title: &str, body: String) -> Self {
        TextView { title: title.to_owned(), body: Body::Plain(body), scroll: 0 }
    }

    /// A report's first page.
    pub fn page(title: &str, page: FirstPage) -> Self {
        TextView { title: title.to_owned(), body: Body::Page(page), scroll: 0 }
    }

    /// A page in Markdown.
    pub fn markdown(title: &str, body: String) -> Self {
        TextView { title: title.to_owned(), body: Body::Markdown(body), scroll: 0 }
    }
}

impl View for TextView {
    fn place(&self) -> Place {
        Place::Text
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            _ if parts::scroll(action, &mut self.scroll) => {}
            Action::Find => return Next::go(LineView::find(core)),
            Action::FindNext => {
                let found = parts::find_next(core, self.body.text(WIDTH).lines().map(str::to_owned), self.scroll);
                self.scroll = found.unwrap_or(self.scroll);
            }
            Action::Copy => return Next::Do(Effect::Copy(self.body.text(WIDTH).into_owned())),
            Action::Back => return Next::Back,
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let body = parts::page(frame, area, core, Place::Text, &self.title, "");
        let shown = self.body.text(usize::from(body.width).clamp(24, WIDTH));
        let text = if let Body::Markdown(text) = &self.body {
            plain_colours(tui_markdown::from_str(text), core)
        } else {
            Text::from_iter(shown.lines().map(|line| Line::raw(core.theme.text(line))))
        };
        // Counts as if no line were wrapped twice: good enough for stopping at the end.
        let height: usize = shown.lines().map(|line| 1 + line.len() / usize::from(body.width.max(1))).sum();
        self.scroll = self.scroll.min(height.saturating_sub(usize::from(body.height)));
        let from = u16::try_from(self.scroll).unwrap_or(u16::MAX);
        frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: false }).scroll((from, 0)), body);
    }
}

/// Emphasis is kept; colours and backgrounds come from the theme.
fn plain_colours<'a>(mut text: Text<'a>, core: &Core) -> Text<'a> {
    let kept = Modifier::BOLD | Modifier::ITALIC;
    for line in &mut text.lines {
        let heading =
            line.style.add_modifier.intersects(kept) || line.spans.iter().any(|span| span.content.starts_with('#'));
        line.style = if heading { core.theme.strong() } else { Style::new() };
        for span in &mut line.spans {
            span.style = Style::new().add_modifier(span.style.add_modifier & kept);
            span.content = core.theme.text(&span.content).into();
        }
    }
    text
}
