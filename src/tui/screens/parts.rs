//! What all screens are made of: ruled titles, wrapped text, scrolling, the footer of keys.

use crate::tui::core::Core;
use crate::tui::field::Field;
use crate::tui::keymap::{self, Action, Place, Row};
use crate::tui::scroll::Scroll;
use crate::tui::theme::Theme;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
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

/// What a rule has around its title, in columns.
const AROUND_TITLE: usize = 7;
/// The columns that a rule keeps for the word on the right: "certain".
const FOR_THE_RIGHT: usize = 14;

/// Whether a rule of this width has room for the whole title.
pub fn has_room(title: &str, width: u16) -> bool {
    title.width() + AROUND_TITLE + FOR_THE_RIGHT <= usize::from(width)
}

/// The same as a line of text.
pub fn rule_line(theme: Theme, title: &str, right: &str, width: u16) -> Line<'static> {
    let width = usize::from(width);
    let line = theme.horizontal();
    // The title comes first; the word on the right gets what is left, but at least room for "certain".
    let most = width.saturating_sub(FOR_THE_RIGHT);
    let taken = if title.is_empty() { 4 } else { (title.width() + AROUND_TITLE).min(most) };
    let right = cut(theme, right, width.saturating_sub(taken));
    let end = if right.is_empty() { String::new() } else { format!(" {right} {line}") };
    let title = cut(theme, title, width.saturating_sub(end.width() + 4));
    let left = if title.is_empty() { String::new() } else { format!("{line} {title} ") };
    let fill = width.saturating_sub(left.width() + end.width());
    Line::from_iter([Span::styled(left, theme.strong()), Span::styled(line.repeat(fill), theme.dim()), Span::raw(end)])
}

/// The parts of a screen: title, the space between, the message, the keys.
fn layout(area: Rect, core: &Core) -> [Rect; 4] {
    let message_height = u16::try_from(message(core, area.width).len()).unwrap_or(1);
    Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(1),
        Constraint::Length(message_height),
        Constraint::Length(1),
    ])
    .areas(area)
}

/// The space that a screen has between its title and its keys.
pub fn body(area: Rect, core: &Core) -> Rect {
    layout(area, core)[1]
}

/// A screen's frame: title on top, keys below, the last message above them. Returns the space between.
pub fn page(frame: &mut Frame<'_>, area: Rect, core: &Core, place: Place, title: &str, right: &str) -> Rect {
    let [top, body, line, keys] = layout(area, core);
    rule(frame, top, core.theme, title, right);
    frame.render_widget(Paragraph::new(message(core, area.width)), line);
    footer(frame, keys, core, place);
    body
}

/// A screen that is a text: its lines from where it is scrolled to, and in the title where that is.
pub fn text_page(
    frame: &mut Frame<'_>,
    area: Rect,
    core: &Core,
    (place, title, right): (Place, &str, &str),
    mut lines: Vec<Line<'_>>,
    scroll: &mut Scroll,
) -> Rect {
    if let Some(word) = core.find.as_ref().filter(|_| keymap::at(place).any(|row| row.action == Action::FindNext)) {
        lines = highlighted(core.theme, lines, word);
    }
    scroll.measure(body(area, core).height, lines.len());
    let at = scroll.place();
    let right: Vec<&str> = [right, &at].into_iter().filter(|part| !part.is_empty()).collect();
    let body = page(frame, area, core, place, title, &right.join(&format!(" {} ", core.theme.dot())));
    frame.render_widget(Paragraph::new(lines).scroll((scroll.offset(), 0)), body);
    body
}

/// The last message, in a line across the screen; if it is longer, in up to three lines of its own.
pub fn message(core: &Core, width: u16) -> Vec<Line<'static>> {
    let message = core.message.clone().or_else(|| core.goes_on()).unwrap_or_default();
    let message = message.as_str();
    if message.width() + 8 <= usize::from(width) {
        return vec![rule_line(core.theme, "", message, width)];
    }
    let lines = paragraph(core.theme, message, width, core.theme.strong());
    lines.into_iter().take(3).collect()
}

/// Draws the lines from `scroll` on.
pub fn scrolled(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'_>>, scroll: &mut Scroll) {
    scroll.measure(area.height, lines.len());
    frame.render_widget(Paragraph::new(lines).scroll((scroll.offset(), 0)), area);
}

/// A text field: what of it fits between brackets, which keep their place whatever is typed.
pub fn boxed(shown: &str, width: usize) -> String {
    format!("[{shown}{}]", " ".repeat(width.saturating_sub(shown.width())))
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
            let end = theme.ellipsis();
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
    let end = if width > theme.ellipsis().width() { theme.ellipsis() } else { "" };
    let mut out = String::new();
    let mut used = end.width();
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > width {
            break;
        }
        out.push(c);
    }
    out.push_str(end);
    out
}

/// The line of a list's filter; returns where the cursor belongs.
pub fn filter(frame: &mut Frame<'_>, area: Rect, core: &Core, field: &Field) -> Position {
    const LABEL: &str = " Type to search: ";
    let room = usize::from(area.width).saturating_sub(LABEL.width() + 1);
    let (shown, cursor) = field.shown(room);
    let line = Line::from_iter([Span::styled(LABEL, core.theme.dim()), Span::raw(shown)]);
    frame.render_widget(line, area);
    let column = u16::try_from(LABEL.width() + cursor).unwrap_or(u16::MAX);
    Position::new(area.x.saturating_add(column).min(area.right().saturating_sub(1)), area.y)
}

/// A key in the footer: its row, its label, and the columns that it takes.
pub struct Label {
    /// The row of the table.
    pub row: &'static Row,
    /// Where it is drawn.
    pub columns: std::ops::Range<u16>,
    key: String,
    says: &'static str,
}

/// What the footer says of a row.
struct Words {
    row: &'static Row,
    key: String,
    says: &'static str,
    more: &'static str,
}

impl Words {
    fn of(row: &'static Row, place: Place, core: &Core) -> Words {
        if row.action != Action::Back || core.can_go_back {
            return Words { row, key: row.shown(), says: row.says, more: row.more };
        }
        // Nothing to go back to: how to leave, unless another key says it.
        let has_quit = keymap::at(place).any(|row| row.action == Action::Quit);
        Words { row, key: "Ctrl-C".to_owned(), says: if has_quit { "" } else { "quit" }, more: "" }
    }
}

/// The keys that work here: those that say something in the footer, as many as fit, those that leave the screen always;
/// then, where there is room, what the others do.
pub fn labels(core: &Core, place: Place, width: u16) -> Vec<Label> {
    // On a narrow screen every column counts.
    let (lead, gap) = if width < 60 { (0, 1) } else { (1, 2) };
    let works = |row: &&'static Row| row.when.obstacle(core).is_none();
    let rows: Vec<Words> = keymap::at(place).filter(works).map(|row| Words::of(row, place, core)).collect();
    let size = |words: &Words, says: &str| words.key.width() + 1 + says.width() + gap;
    let is_way_out = |words: &Words| matches!(words.row.action, Action::Back | Action::Help | Action::Quit);
    let ways_out: usize = rows
        .iter()
        .filter(|words| !words.says.is_empty() && is_way_out(words))
        .map(|words| size(words, words.says))
        .sum();
    let mut room = (usize::from(width) + 1).saturating_sub(ways_out + lead);
    let mut chosen: Vec<Words> = Vec::new();
    let mut rest = Vec::new();
    for words in rows {
        if words.says.is_empty() {
            rest.push(words);
        } else if is_way_out(&words) {
            chosen.push(words);
        } else if size(&words, words.says) <= room {
            room -= size(&words, words.says);
            chosen.push(words);
        }
    }
    let before = chosen.iter().position(is_way_out).unwrap_or(chosen.len());
    let mut more = Vec::new();
    for words in rest {
        if !words.more.is_empty() && size(&words, words.more) <= room {
            room -= size(&words, words.more);
            more.push(Words { says: words.more, ..words });
        }
    }
    chosen.splice(before..before, more);
    let mut at = lead;
    let label = |words: Words| {
        let from = at;
        at += size(&words, words.says);
        let column = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
        Label { columns: column(from)..column(at - gap), row: words.row, key: words.key, says: words.says }
    };
    chosen.into_iter().map(label).collect()
}

/// The line of keys.
pub fn footer(frame: &mut Frame<'_>, area: Rect, core: &Core, place: Place) {
    for Label { columns, key, says, .. } in labels(core, place, area.width) {
        let line = Line::from_iter([Span::styled(key, core.theme.key()), Span::raw(format!(" {says}"))]);
        let at = Rect { x: area.x + columns.start, width: columns.end - columns.start, height: 1, ..area };
        frame.render_widget(line, at.intersection(area));
    }
}

/// Goes to the next line that contains the searched word, or to the one before; after the last comes the first again.
/// Tells the person how many there are.
pub fn find(core: &mut Core, action: Action, lines: impl Iterator<Item = String>, scroll: &mut Scroll) {
    let Some(word) = core.find.as_ref().map(|word| word.to_lowercase()) else { return };
    let found: Vec<usize> =
        lines.enumerate().filter(|(_, line)| line.to_lowercase().contains(&word)).map(|(index, _)| index).collect();
    let next = match (action, scroll.found()) {
        (Action::FindBefore, found_at) => {
            let from = found_at.unwrap_or(scroll.at());
            found.iter().rposition(|line| *line < from).or(found.len().checked_sub(1))
        }
        (_, Some(from)) => found.iter().position(|line| *line > from).or((!found.is_empty()).then_some(0)),
        (_, None) => found.iter().position(|line| *line >= scroll.at()).or((!found.is_empty()).then_some(0)),
    };
    let Some(next) = next else { return core.say(format!("no match for \"{word}\"")) };
    scroll.show_found(found[next]);
    core.say(match found.len() {
        1 => format!("\"{word}\": in one line"),
        count => format!("\"{word}\": {} of {count}; n next, N previous", next + 1),
    });
}

/// Marks the searched word wherever it is.
fn highlighted<'a>(theme: Theme, lines: Vec<Line<'a>>, word: &str) -> Vec<Line<'a>> {
    let word = word.to_ascii_lowercase();
    let marked = |span: Span<'a>| {
        let lower = span.content.to_ascii_lowercase();
        if word.is_empty() || !lower.contains(&word) {
            return vec![span];
        }
        let mut parts = Vec::new();
        let mut at = 0;
        for (from, found) in lower.match_indices(&word) {
            parts.push(Span::styled(span.content[at..from].to_owned(), span.style));
            at = from + found.len();
            parts.push(Span::styled(span.content[from..at].to_owned(), theme.selected()));
        }
        parts.push(Span::styled(span.content[at..].to_owned(), span.style));
        parts
    };
    lines.into_iter().map(|line| Line { spans: line.spans.into_iter().flat_map(marked).collect(), ..line }).collect()
}
