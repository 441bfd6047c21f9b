//! What all screens are made of: ruled titles, wrapped text, scrolling, the footer of keys.

use crate::tui::core::Core;
use crate::tui::keymap::{self, Action, Place};
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A line across the screen with a title on the left and a word on the right.
pub fn rule(frame: &mut Frame<'_>, area: Rect, theme: Theme, title: &str, right: &str) {
    if area.height == 0 || area.width == 0 {
        return;
    }
    frame.render_widget(rule_line(theme, title, right, area.width), Rect { height: 1, ..area });
}

/// The same as a line of text.
pub fn rule_line(theme: Theme, title: &str, right: &str, width: u16) -> Line<'static> {
    let width = usize::from(width);
    let line = theme.horizontal();
    // The title comes first; the word on the right gets what is left, but at least room for "certain".
    let taken = if title.is_empty() { 4 } else { (title.width() + 7).min(width.saturating_sub(14)) };
    let right = cut(theme, right, width.saturating_sub(taken));
    let end = if right.is_empty() { String::new() } else { format!(" {right} {line}") };
    let title = cut(theme, title, width.saturating_sub(end.width() + 4));
    let left = if title.is_empty() { String::new() } else { format!("{line} {title} ") };
    let fill = width.saturating_sub(left.width() + end.width());
    Line::from_iter([Span::styled(left, theme.strong()), Span::styled(line.repeat(fill), theme.dim()), Span::raw(end)])
}

/// A screen's frame: title on top, keys below, the last message above them. Returns the space between.
pub fn page(frame: &mut Frame<'_>, area: Rect, core: &Core, place: Place, title: &str, right: &str) -> Rect {
    let message = message(core, area.width);
    let message_height = u16::try_from(message.len()).unwrap_or(1);
    let [top, body, line, keys] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(message_height),
        Constraint::Length(1),
    ])
    .areas(area);
    rule(frame, top, core.theme, title, right);
    frame.render_widget(Paragraph::new(message), line);
    footer(frame, keys, core, place);
    body
}

/// The last message, in a line across the screen; if it is longer, in up to three lines of its own.
pub fn message(core: &Core, width: u16) -> Vec<Line<'static>> {
    let message = core.message.as_deref().unwrap_or_default();
    if message.width() + 8 <= usize::from(width) {
        return vec![rule_line(core.theme, "", message, width)];
    }
    let lines = paragraph(core.theme, message, width, core.theme.strong());
    lines.into_iter().take(3).collect()
}

/// Draws the lines from `scroll` on; `scroll` is set back if it is past the end.
pub fn scrolled(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>, scroll: &mut usize) {
    *scroll = (*scroll).min(lines.len().saturating_sub(usize::from(area.height)));
    let from = u16::try_from(*scroll).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(lines).scroll((from, 0)), area);
}

/// How many lines a page moves: fewer than the lowest screen shows, so that none is skipped.
const PAGE: usize = 7;

/// Moves a scroll position, if the action is one that scrolls.
pub fn scroll(action: Action, at: &mut usize) -> bool {
    *at = match action {
        Action::Up => at.saturating_sub(1),
        Action::Down => at.saturating_add(1),
        Action::PageUp => at.saturating_sub(PAGE),
        Action::PageDown => at.saturating_add(PAGE),
        Action::First => 0,
        // When it is drawn, this is set back to the last page.
        Action::Last => usize::MAX / 2,
        _ => return false,
    };
    true
}

/// Text in lines of at most `width` columns; every line after the first is indented by `indent`.
pub fn wrapped(theme: Theme, text: &str, width: usize, indent: usize) -> Vec<String> {
    let indentation = " ".repeat(indent);
    let options = textwrap::Options::new(width.max(indent + 8))
        .subsequent_indent(&indentation)
        .break_words(true)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&theme.text(text), options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// A list's items, numbered or not, with what is nested below each.
pub fn items(theme: Theme, items: &[String], width: u16, numbered: bool) -> Vec<Line<'static>> {
    let width = usize::from(width).saturating_sub(1);
    let mut lines = Vec::new();
    for (index, item) in items.iter().enumerate() {
        for (line_index, line) in item.lines().enumerate() {
            let (mark, indent) = match (line_index, numbered) {
                (0, true) => (format!(" {:>2}  ", index + 1), 5),
                (0, false) => (" -  ".to_owned(), 4),
                _ => ("      - ".to_owned(), 8),
            };
            let text = format!("{mark}{}", line.trim_start_matches([' ', '-']));
            lines.extend(wrapped(theme, &text, width, indent).into_iter().map(Line::raw));
        }
    }
    lines
}

/// A paragraph.
pub fn paragraph(theme: Theme, text: &str, width: u16, style: Style) -> Vec<Line<'static>> {
    let lines = wrapped(theme, text, usize::from(width).saturating_sub(2), 0);
    lines.into_iter().map(|line| Line::styled(format!(" {line}"), style)).collect()
}

/// A label, and wrapped text to the right of it.
pub fn labelled(theme: Theme, label: &str, text: &str, width: usize, style: Style, most: usize) -> Vec<Line<'static>> {
    const LABEL: usize = 13;
    let mut lines = wrapped(theme, text, width.saturating_sub(LABEL + 1), 0);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            let end = if theme.ascii { "..." } else { "…" };
            let kept = cut(theme, last, width.saturating_sub(LABEL + 1 + end.width()));
            *last = format!("{}{end}", kept.trim_end_matches(['…', '.', ' ']));
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
        if out.width() + c.width().unwrap_or(0) + end.width() > width {
            break;
        }
        out.push(c);
    }
    out.push_str(end);
    out
}

/// The keys that work here, as many as fit; those that leave the screen always.
pub fn footer(frame: &mut Frame<'_>, area: Rect, core: &Core, place: Place) {
    let rows: Vec<&keymap::Row> =
        keymap::at(place).filter(|row| !row.says.is_empty() && row.when.obstacle(core).is_none()).collect();
    // On a narrow screen every column counts.
    let (lead, gap) = if area.width < 60 { ("", " ") } else { (" ", "  ") };
    let width = |row: &keymap::Row| row.shown.width() + 1 + row.says.width() + gap.len();
    let is_way_out = |row: &keymap::Row| matches!(row.action, Action::Back | Action::Help | Action::Quit);
    let mut room = (usize::from(area.width) + 1)
        .saturating_sub(rows.iter().filter(|row| is_way_out(row)).map(|row| width(row)).sum());
    let mut spans = vec![Span::raw(lead)];
    for row in rows {
        if !is_way_out(row) {
            if width(row) > room {
                continue;
            }
            room -= width(row);
        }
        spans.push(Span::styled(row.shown, core.theme.key()));
        spans.push(Span::raw(format!(" {}{gap}", row.says)));
    }
    frame.render_widget(Line::from(spans), area);
}

/// The next line that contains the searched word, as a line to scroll to; tells the person how many there are.
pub fn find_next(core: &mut Core, lines: impl Iterator<Item = String>, from: usize) -> Option<usize> {
    let word = core.find.clone()?.to_lowercase();
    let found: Vec<usize> =
        lines.enumerate().filter(|(_, line)| line.to_lowercase().contains(&word)).map(|(index, _)| index).collect();
    let next = found.iter().find(|index| **index > from).or(found.first()).copied();
    core.say(match found.len() {
        0 => format!("\"{word}\" not found here"),
        1 => format!("\"{word}\": in one line"),
        count => format!("\"{word}\": in {count} lines; f for the next"),
    });
    next
}
