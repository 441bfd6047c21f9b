//! Pieces of Markdown as plain text: inline marks removed, lists as their items, tables as their cells.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// A piece of a line: `code`, words between, or where a link leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text in backticks.
    Code(String),
    /// Plain text.
    Words(String),
    /// A link's target; its text is for readers of the page.
    Link(String),
}

/// A cell of a table.
pub type Cell = Vec<Piece>;

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// How many lines of the text come before it.
    pub line: usize,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// The rows of a table, without the heading row.
pub fn table(text: &str) -> Vec<TableRow> {
    let mut rows = Vec::new();
    let mut row: Vec<Cell> = Vec::new();
    let mut cell = Cell::new();
    let mut link: Option<String> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::TableCell) => cell = Cell::new(),
            Event::End(TagEnd::TableCell) => row.push(std::mem::take(&mut cell)),
            Event::End(TagEnd::TableHead) => row.clear(),
            Event::End(TagEnd::TableRow) => {
                rows.push(TableRow { line: lines_before(text, range.start), cells: std::mem::take(&mut row) });
            }
            Event::Start(Tag::Link { dest_url, .. }) => link = Some(dest_url.into_string()),
            Event::End(TagEnd::Link) => cell.extend(link.take().map(Piece::Link)),
            Event::Code(text) => cell.push(Piece::Code(text.into_string())),
            Event::Text(text) if link.is_none() => match cell.last_mut() {
                Some(Piece::Words(words)) => words.push_str(&text),
                _ => cell.push(Piece::Words(text.into_string())),
            },
            _ => {}
        }
    }
    rows
}

/// How many lines of a text come before a place in it.
pub fn lines_before(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or(text).matches('\n').count()
}

/// The items of the first list in a text; nested lists stay in their item, as further lines.
pub fn list_items(text: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::List(_)) => depth += 1,
            Event::End(TagEnd::List(_)) => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            Event::Start(Tag::Item) if depth == 1 => start = range.start,
            Event::End(TagEnd::Item) if depth == 1 => {
                items.push(item_text(text.get(start..range.end).unwrap_or_default()));
            }
            _ => {}
        }
    }
    items
}

/// An item without its bullet or number; soft line breaks joined, nested items as lines of their own.
fn item_text(item: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in item.lines().enumerate() {
        let trimmed = line.trim();
        if index == 0 {
            let rest = trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['.', ')']);
            lines.push(rest.trim_start_matches(['-', '*']).trim().to_owned());
        } else if trimmed.starts_with("- ") || trimmed.starts_with("* ") {
            lines.push(trimmed.to_owned());
        } else if !trimmed.is_empty()
            && let Some(last) = lines.last_mut()
        {
            last.push(' ');
            last.push_str(trimmed);
        }
    }
    lines.join("\n")
}

/// Removes inline marks, line by line.
pub fn plain(text: &str) -> String {
    let line = |line: &str| {
        let (bullet, rest) = line.strip_prefix("- ").map_or(("", line), |rest| ("- ", rest));
        let mut out = String::from(bullet);
        for event in Parser::new_ext(rest, Options::empty()) {
            match event {
                Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                    out.push_str(&text);
                }
                Event::SoftBreak | Event::HardBreak => out.push(' '),
                _ => {}
            }
        }
        out
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// Joins the lines of a paragraph, keeps paragraphs and lists apart, and removes inline marks.
pub fn paragraphs(text: &str) -> String {
    plain(&joined(text))
}

/// The same with its Markdown: each paragraph and each item on a line of its own.
pub fn joined(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().map(str::trim_end) {
        let is_item = line.trim_start().starts_with("- ");
        if line.is_empty() {
            out.push('\n');
        } else {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push(if is_item { '\n' } else { ' ' });
            }
            out.push_str(if is_item { line } else { line.trim_start() });
        }
    }
    out.trim().to_owned()
}

/// A heading's anchor, as Markdown viewers make it.
pub fn anchor(heading: &str) -> String {
    let kept =
        heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-').collect::<String>();
    kept.replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_keep_what_is_nested() {
        assert_eq!(list_items("1. Do\n   this\n   - or that\n2. Stop\n"), ["Do this\n- or that", "Stop"]);
    }

    #[test]
    fn paragraphs_and_lists() {
        assert_eq!(joined("a\nb\n\nc\n- d\n- e"), "a b\nc\n- d\n- e");
        assert_eq!(paragraphs("*a*\n`b`"), "a b");
    }

    #[test]
    fn cells() {
        let row = &table("| When | Then |\n|---|---|\n| `a` is | [Go](x.md) |\n")[0];
        assert_eq!(row.cells[0], [Piece::Code("a".to_owned()), Piece::Words(" is".to_owned())]);
        assert_eq!(row.cells[1], [Piece::Link("x.md".to_owned())]);
        assert_eq!(row.line, 2);
    }

    #[test]
    fn anchors() {
        assert_eq!(anchor("Change port and encryption"), "change-port-and-encryption");
    }
}
