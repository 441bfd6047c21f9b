//! A text to read: a page of the guide or of the background, a report's first page, the keys.

use super::help::Help;
use super::line::LineView;
use super::parts;
use crate::report::first_page::FirstPage;
use crate::report::text::{WIDTH, first_page};
use crate::tui::core::Core;
use crate::tui::effect::Effect;
use crate::tui::keymap::{Action, Place};
use crate::tui::scroll::{Scroll, WHEEL};
use crate::tui::view::{Next, View};
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span, Text};
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

/// A text, and how far it is scrolled.
pub struct TextView {
    title: String,
    body: Body,
    scroll: Scroll,
    /// Its lines as they were last drawn.
    lines: Vec<String>,
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
    fn new(title: &str, body: Body) -> Self {
        TextView { title: title.to_owned(), body, scroll: Scroll::default(), lines: Vec::new() }
    }

    /// Plain text, unchanged.
    pub fn plain(title: &str, body: String) -> Self {
        TextView::new(title, Body::Plain(body))
    }

    /// A report's first page.
    pub fn page(title: &str, page: FirstPage) -> Self {
        TextView::new(title, Body::Page(page))
    }

    /// A page in Markdown.
    pub fn markdown(title: &str, body: String) -> Self {
        TextView::new(title, Body::Markdown(body))
    }
}

impl View for TextView {
    fn place(&self) -> Place {
        Place::Text
    }

    fn act(&mut self, action: Action, core: &mut Core) -> Next {
        match action {
            _ if self.scroll.act(action) => {}
            Action::Find => return Next::go(LineView::find(core)),
            Action::FindNext | Action::FindBefore => {
                parts::find(core, action, self.lines.iter().cloned(), &mut self.scroll);
            }
            Action::Help => return Next::go(Help::new(Place::Text)),
            Action::Copy => return Next::Do(Effect::Copy(self.body.text(WIDTH).into_owned())),
            Action::Back => return Next::Back,
            _ => return Next::Unknown,
        }
        Next::Stay
    }

    fn wheel(&mut self, by: isize, _at: Position) {
        self.scroll.by(by * WHEEL);
    }

    fn render(&mut self, frame: &mut Frame<'_>, area: Rect, core: &Core) {
        let width = usize::from(area.width);
        let shown = self.body.text(width.clamp(24, WIDTH));
        let text = if let Body::Markdown(text) = &self.body {
            plain_colours(tui_markdown::from_str(text), core)
        } else {
            Text::from_iter(shown.lines().map(|line| Line::raw(core.theme.text(line))))
        };
        // Wrapped here, so that it is known how many lines there are.
        let lines: Vec<Line<'static>> = text.lines.iter().flat_map(|line| wrapped(line, width)).collect();
        self.lines = lines.iter().map(ToString::to_string).collect();
        parts::text_page(frame, area, core, (Place::Text, &self.title, ""), lines, &mut self.scroll);
    }
}

/// A line in lines of at most `width` columns, broken at blanks; each letter keeps its style.
fn wrapped(line: &Line<'_>, width: usize) -> Vec<Line<'static>> {
    let text = line.to_string();
    if text.width() <= width {
        let spans = line.spans.iter().map(|span| Span::styled(span.content.to_string(), span.style));
        return vec![Line::from_iter(spans).style(line.style)];
    }
    let styles: Vec<Style> = line.spans.iter().flat_map(|span| span.content.bytes().map(move |_| span.style)).collect();
    let options = textwrap::Options::new(width.max(8)).word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut from = 0;
    let mut lines = Vec::new();
    for part in textwrap::wrap(&text, options) {
        // What is left out between two lines is blanks.
        let at = text[from..].find(part.as_ref()).map_or(from, |found| from + found);
        let mut spans: Vec<Span<'static>> = Vec::new();
        for (index, c) in part.char_indices() {
            let style = styles.get(at + index).copied().unwrap_or_default();
            match spans.last_mut().filter(|span| span.style == style) {
                Some(span) => span.content.to_mut().push(c),
                None => spans.push(Span::styled(c.to_string(), style)),
            }
        }
        lines.push(Line::from(spans).style(line.style));
        from = at + part.len();
    }
    lines
}

/// Emphasis is kept; colours and backgrounds come from the theme.
fn plain_colours<'a>(mut text: Text<'a>, core: &Core) -> Text<'a> {
    let kept = Modifier::BOLD | Modifier::ITALIC;
    for line in &mut text.lines {
        let heading =
            line.style.add_modifier.intersects(kept) || line.spans.iter().any(|span| span.content.starts_with('#'));
        line.style = if heading { core.theme.strong() } else { Style::new() };
        for (index, span) in line.spans.iter_mut().enumerate() {
            span.style = Style::new().add_modifier(span.style.add_modifier & kept);
            // A heading is shown as one; its marks are for the page's authors.
            let is_marked = heading && index == 0 && span.content.starts_with('#');
            let words = if is_marked { span.content.trim_start_matches('#').trim_start() } else { &span.content };
            span.content = core.theme.text(words).into();
        }
    }
    text
}
