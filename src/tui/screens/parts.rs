//! What all screens are made of: ruled titles, wrapped text, the footer of keys.

use crate::tui::app::App;
use crate::tui::keymap;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// A line across with a title at the left and a word at the right.
pub fn rule(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &str, right: &str) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    let width = usize::from(area.width);
    let line = theme.horizontal();
    let left = if title.is_empty() { String::new() } else { format!("{line} {title} ") };
    let end = if right.is_empty() { String::new() } else { format!(" {right} {line}") };
    let fill = width.saturating_sub(left.width() + end.width());
    let spans = [Span::styled(left, theme.strong()), Span::styled(line.repeat(fill), theme.dim()), Span::raw(end)];
    frame.render_widget(Line::from_iter(spans), Rect { height: 1, ..area });
}

/// Text in lines of at most `width` columns; every line after the first is indented by `indent`.
pub fn wrapped(theme: Theme, text: &str, width: usize, indent: usize) -> Vec<String> {
    let indentation = " ".repeat(indent);
    let options = textwrap::Options::new(width.max(indent + 8)).subsequent_indent(&indentation).break_words(true);
    textwrap::wrap(&theme.text(text), options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// A label and wrapped text beside it.
pub fn labelled(theme: Theme, label: &str, text: &str, width: usize, style: Style, most: usize) -> Vec<Line<'static>> {
    const LABEL: usize = 13;
    let mut lines = wrapped(theme, text, width.saturating_sub(LABEL + 1), 0);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let end = if theme.ascii { "..." } else { "…" };
            let room = width.saturating_sub(LABEL + 1 + end.width());
            while last.width() > room {
                last.pop();
            }
            last.push_str(end);
        }
    }
    lines
        .into_iter()
        .enumerate()
        .map(|(index, text)| {
            let label = if index == 0 { label } else { "" };
            Line::from_iter([Span::styled(format!(" {label:<LABEL$}"), theme.dim()), Span::styled(text, style)])
        })
        .collect()
}

/// Cuts a text to `width` columns.
pub fn cut(theme: Theme, text: &str, width: usize) -> String {
    let text = theme.text(text);
    if text.width() <= width {
        return text;
    }
    let end = if theme.ascii { "." } else { "…" };
    let mut out = String::new();
    for c in text.chars() {
        let next = out.width() + unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if next + end.width() > width {
            break;
        }
        out.push(c);
    }
    out.push_str(end);
    out
}

/// The keys that work here, as many as fit.
pub fn footer(frame: &mut Frame<'_>, area: Rect, app: &App) {
    let mut spans = vec![Span::raw(" ")];
    let mut used = 1;
    for row in keymap::at(app.place()).filter(|row| !row.says.is_empty()) {
        let width = row.shown.width() + 1 + row.says.width() + 2;
        if used + width > usize::from(area.width) {
            continue;
        }
        used += width;
        spans.push(Span::styled(row.shown, app.theme.key()));
        spans.push(Span::raw(format!(" {}  ", row.says)));
    }
    frame.render_widget(Line::from(spans), area);
}
