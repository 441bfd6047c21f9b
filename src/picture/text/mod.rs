//! Pictures as lines of text, for a terminal or a mail: as wide as there is room, in ASCII where nothing else is shown,
//! never wider than asked. Colours are left to the screen: each part of a line says how good it is.

mod bars;
mod grid;
mod lanes;

use super::{Form, Node, Picture, Strips, Tone};
use crate::text::visible_str;
use unicode_width::UnicodeWidthStr;

/// A part of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The text.
    pub text: String,
    /// How good what it says is.
    pub tone: Tone,
}

/// A line.
pub type Line = Vec<Part>;

/// What can be drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pen {
    /// Only ASCII characters.
    pub ascii: bool,
}

/// The least width that pictures are made for; in less, they are cut.
const LEAST: usize = 24;

/// The picture without its title, in lines of at most `width` columns.
pub fn draw(picture: &Picture, width: usize, pen: Pen) -> Vec<Line> {
    let room = width.max(LEAST);
    let lines = match &picture.form {
        Form::Lanes(lanes) => lanes::draw(lanes, room, pen),
        Form::Grid(grid) => grid::draw(grid, room, pen),
        Form::Bars(bars) => bars::draw(bars, room, pen),
        Form::Strips(strips) => draw_strips(strips, room, pen),
        Form::Tree(nodes) => draw_tree(nodes, room, pen),
    };
    lines.into_iter().map(|line| cut_line(line, width, pen)).collect()
}

/// A line as text, without blanks at its end.
pub fn plain(line: &Line) -> String {
    let text: String = line.iter().map(|part| part.text.as_str()).collect();
    text.trim_end().to_owned()
}

impl Pen {
    fn across(self) -> &'static str {
        if self.ascii { "-" } else { "─" }
    }

    fn bar(self) -> &'static str {
        if self.ascii { "=" } else { "━" }
    }

    fn tick(self) -> &'static str {
        if self.ascii { "|" } else { "┃" }
    }

    fn branch(self) -> &'static str {
        if self.ascii { "`- " } else { "└─ " }
    }

    fn ellipsis(self) -> &'static str {
        if self.ascii { "~" } else { "…" }
    }

    /// A name as this pen can write it, on one line.
    fn name(self, text: &str) -> String {
        let text = visible_str(text).replace('\n', " ");
        if self.ascii { text.chars().map(|c| if c.is_ascii() { c } else { '?' }).collect() } else { text }
    }

    /// A name of at most so many columns.
    fn cut(self, text: &str, width: usize) -> String {
        let text = self.name(text);
        if text.width() <= width {
            return text;
        }
        let mut out = String::new();
        for c in text.chars() {
            let before = out.len();
            out.push(c);
            if out.width() + self.ellipsis().width() > width {
                out.truncate(before);
                break;
            }
        }
        if width > 0 {
            out.push_str(self.ellipsis());
        }
        out
    }

    /// A name of exactly so many columns.
    fn fitted(self, text: &str, width: usize) -> String {
        let mut text = self.cut(text, width);
        text.push_str(&" ".repeat(width.saturating_sub(text.width())));
        text
    }
}

fn part(text: impl Into<String>, tone: Tone) -> Part {
    Part { text: text.into(), tone }
}

/// Words in lines of at most so many columns.
fn wrapped(pen: Pen, text: &str, width: usize) -> Vec<String> {
    let options = textwrap::Options::new(width.max(1)).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(&pen.name(text), options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

fn cut_line(line: Line, width: usize, pen: Pen) -> Line {
    let mut room = width;
    let mut cut = Line::new();
    for Part { text, tone } in line {
        let text = if text.width() > room { pen.cut(&text, room) } else { text };
        room -= text.width();
        cut.push(part(text, tone));
    }
    cut
}

fn draw_strips(strips: &Strips, width: usize, pen: Pen) -> Vec<Line> {
    let names = strips.rows.iter().map(|row| pen.name(&row.name).width()).max().unwrap_or(0).min(8);
    let mut lines = Vec::new();
    for row in &strips.rows {
        for (index, marks) in row.marks.chunks(width.saturating_sub(names + 2).max(1)).enumerate() {
            let name = if index == 0 { row.name.as_str() } else { "" };
            let mut line = vec![part(format!("{}  ", pen.fitted(name, names)), Tone::Plain)];
            let alike = marks.chunk_by(|a, b| a.1 == b.1);
            line.extend(alike.map(|marks| part(marks.iter().map(|(mark, _)| *mark).collect::<String>(), marks[0].1)));
            lines.push(line);
        }
        let indent = " ".repeat(names + 2);
        lines.extend(
            wrapped(pen, &row.says, width - names - 2)
                .into_iter()
                .map(|says| vec![part(format!("{indent}{says}"), Tone::Plain)]),
        );
    }
    lines.extend(legend(pen, strips.legend.iter().map(|(mark, says)| format!("{mark} {says}")), width));
    lines
}

/// What marks mean, in as many lines as it takes.
fn legend(pen: Pen, items: impl Iterator<Item = String>, width: usize) -> Vec<Line> {
    let mut lines: Vec<String> = Vec::new();
    for item in items {
        match lines.last_mut() {
            Some(line) if line.width() + 3 + item.width() <= width => {
                line.push_str("   ");
                line.push_str(&item);
            }
            _ => lines.push(pen.cut(&item, width)),
        }
    }
    lines.into_iter().map(|line| vec![part(line, Tone::Dim)]).collect()
}

fn draw_tree(nodes: &[Node], width: usize, pen: Pen) -> Vec<Line> {
    let mut lines = Vec::new();
    for (depth, node) in nodes.iter().enumerate() {
        // Deep trees keep room for names.
        let indent = (3 * depth.saturating_sub(1)).min(width / 3);
        let branch = if depth == 0 { "" } else { pen.branch() };
        let name = pen.cut(&node.name, width - indent - branch.width());
        let begin = format!("{}{branch}{name}", " ".repeat(indent));
        let word = pen.name(&node.word);
        if begin.width() + 2 + word.width() <= width {
            lines.push(vec![part(format!("{begin}  "), Tone::Plain), part(word, node.tone)]);
            continue;
        }
        lines.push(vec![part(begin, Tone::Plain)]);
        let below = indent + branch.width() + 2;
        lines.extend(
            wrapped(pen, &word, width - below)
                .into_iter()
                .map(|word| vec![part(" ".repeat(below), Tone::Plain), part(word, node.tone)]),
        );
    }
    lines
}
