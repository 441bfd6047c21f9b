//! Pictures as SVG, for the HTML report: text stays text, colours come from the page by the classes of the checks' states
//! (`OK`, `WARN`, `FAIL`, `none`) and `currentColor`, nothing is loaded or run.

use super::{Bars, Form, Grid, Kind, Lane, Node, Picture, Stop, Strips, Tone, span};
use crate::text::visible_str;
use quick_xml::escape::escape;
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// The width of a character at the page's size for pictures, 12 pixels, in pixels: 0.6 em, as nearly all fonts of fixed
/// width have it.
const CHARACTER: usize = 7;
/// The height of a row.
const ROW: usize = 20;
/// The width of what is as wide as the page.
const PAGE: usize = 820;
/// The longest name that is written out.
const LONGEST: usize = 48;

/// The picture as an element of the page, with the title and the sentence for those who cannot see it.
pub fn svg(picture: &Picture) -> String {
    let drawing = match &picture.form {
        Form::Lanes(lanes) => draw_lanes(lanes),
        Form::Grid(grid) => draw_grid(grid),
        Form::Bars(bars) => draw_bars(bars),
        Form::Strips(strips) => draw_strips(strips),
        Form::Tree(nodes) => draw_tree(nodes),
    };
    let id = picture.kind.word();
    let Drawing { width, height, body } = drawing;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\"><title id=\"{id}-title\">{}</title>\
         <desc id=\"{id}-desc\">{}</desc>{body}</svg>",
        clean(&picture.title, usize::MAX),
        clean(&picture.says, usize::MAX),
    )
}

/// What is drawn, with its size in pixels.
struct Drawing {
    width: usize,
    height: usize,
    body: String,
}

impl Drawing {
    fn new(width: usize, height: usize) -> Self {
        Drawing { width, height, body: String::new() }
    }

    fn text(&mut self, x: usize, y: usize, tone: Tone, text: &str) {
        let class = class(tone);
        let _ = write!(self.body, "<text x=\"{x}\" y=\"{y}\"{class}>{}</text>", clean(text, LONGEST));
    }

    fn line(&mut self, from: (usize, usize), to: (usize, usize), tone: Tone) {
        let ((x1, y1), (x2, y2)) = (from, to);
        let class = class(tone);
        let _ = write!(
            self.body,
            "<path d=\"M{x1} {y1}L{x2} {y2}\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.5\"{class}/>"
        );
    }

    /// A faint line from the top down, behind everything else.
    fn rule(&mut self, x: usize, from: usize, to: usize) {
        let _ = write!(self.body, "<path d=\"M{x} {from}V{to}\" stroke=\"currentColor\" stroke-opacity=\"0.2\"/>");
    }

    fn cross(&mut self, x: usize, y: usize) {
        self.line((x.saturating_sub(5), y - 5), (x + 5, y + 5), Tone::Bad);
        self.line((x.saturating_sub(5), y + 5), (x + 5, y - 5), Tone::Bad);
    }

    /// A box behind or in place of text; the less opaque, the more it is behind.
    fn block(&mut self, at: (usize, usize), size: (usize, usize), tone: Tone, opacity: &str) {
        let ((x, y), (width, height)) = (at, size);
        let class = class(tone);
        let _ = write!(
            self.body,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"2\" fill=\"currentColor\" \
             fill-opacity=\"{opacity}\"{class}/>"
        );
    }

    fn dot(&mut self, x: usize, y: usize, tone: Tone) {
        let class = class(tone);
        let _ = write!(self.body, "<circle cx=\"{x}\" cy=\"{y}\" r=\"4\" fill=\"currentColor\"{class}/>");
    }
}

fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => " class=\"OK\"",
        Tone::Warn => " class=\"WARN\"",
        Tone::Bad => " class=\"FAIL\"",
        Tone::Dim => " class=\"none\"",
        Tone::Plain => "",
    }
}

/// A text for an element, of at most so many characters.
fn clean(text: &str, most: usize) -> String {
    let text = visible_str(text).replace('\n', " ");
    let mut short: String = text.chars().take(most).collect();
    if short.len() < text.len() {
        short.pop();
        short.push('…');
    }
    // XML has no place for these two, whatever else it takes (XML 1.0 section 2.2).
    escape(short.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}").as_str()).into_owned()
}

/// How wide a text is drawn.
fn wide(text: &str) -> usize {
    text.width().min(LONGEST) * CHARACTER
}

/// Each way from the top down, next to each other, so that long ones fit too.
fn draw_lanes(lanes: &[Lane]) -> Drawing {
    let stops = lanes.iter().map(|lane| lane.stops.len()).max().unwrap_or(0);
    let column = PAGE / 2;
    let mut drawing = Drawing::new(column * lanes.len().max(1), (stops + 3) * ROW + 10);
    for (index, lane) in lanes.iter().enumerate() {
        let x = index * column + 12;
        let tone = if lane.arrives { Tone::Good } else { Tone::Bad };
        let mut y = ROW;
        drawing.text(x + 14, y + 4, Tone::Plain, &format!("{} from this computer", lane.name));
        drawing.dot(x, y, Tone::Plain);
        for Stop { name, ms } in &lane.stops {
            drawing.line((x, y + 4), (x, y + ROW - 4), Tone::Dim);
            y += ROW;
            drawing.dot(x, y, if name == "?" { Tone::Dim } else { Tone::Plain });
            let took = ms.map_or_else(String::new, |ms| format!("  {}", span(ms)));
            drawing.text(x + 14, y + 4, Tone::Plain, &format!("{name}{took}"));
        }
        drawing.line((x, y + 4), (x, y + ROW - 4), tone);
        y += ROW;
        if lane.arrives {
            drawing.dot(x, y, tone)
        } else {
            drawing.cross(x, y)
        }
        drawing.text(x + 14, y + 4, tone, &lane.end);
    }
    drawing
}

fn draw_grid(grid: &Grid) -> Drawing {
    let said = |cell: &super::Cell| match cell.note.is_empty() {
        true => cell.word.clone(),
        false => format!("{} {}", cell.word, cell.note),
    };
    let names = grid.rows.iter().map(|row| wide(&row.name)).max().unwrap_or(0) + 16;
    let widths: Vec<usize> = (0..grid.columns.len())
        .map(|column| {
            let cells = grid.rows.iter().filter_map(|row| row.cells.get(column)?.as_ref());
            cells.map(|cell| wide(&said(cell))).max().unwrap_or(0).max(wide(&grid.columns[column]) + 50) + 20
        })
        .collect();
    let width = names + widths.iter().sum::<usize>();
    let mut drawing = Drawing::new(width, (grid.rows.len() + 1) * (ROW + 2) + 4);
    let mut x = names;
    for (column, width) in widths.iter().enumerate() {
        let head = &grid.columns[column];
        let head = if grid.marked == Some(column) { format!("{head} in use") } else { head.clone() };
        drawing.text(x + 6, 14, Tone::Dim, &head);
        for (index, row) in grid.rows.iter().enumerate() {
            let y = (index + 1) * (ROW + 2);
            match row.cells.get(column).and_then(Option::as_ref) {
                Some(cell) => {
                    let opacity = if matches!(cell.tone, Tone::Plain | Tone::Dim) { "0.05" } else { "0.14" };
                    drawing.block((x, y), (width - 4, ROW), cell.tone, opacity);
                    drawing.text(x + 6, y + 14, cell.tone, &said(cell));
                }
                None => drawing.text(x + 6, y + 14, Tone::Dim, "-"),
            }
        }
        x += width;
    }
    for (index, row) in grid.rows.iter().enumerate() {
        drawing.text(0, (index + 1) * (ROW + 2) + 14, Tone::Plain, &row.name);
    }
    drawing
}

fn draw_bars(bars: &Bars) -> Drawing {
    const STATE: usize = 48;
    const HEIGHT: usize = 16;
    let names = bars.rows.iter().map(|bar| wide(&bar.name)).max().unwrap_or(0);
    let left = STATE + names + 10;
    let room = PAGE.saturating_sub(left + 60).max(100);
    let at = |ms: u64| {
        let x = u128::from(ms) * room as u128 / u128::from(bars.until_ms.max(1));
        left + usize::try_from(x).map_or(room, |x| x.min(room))
    };
    let mut drawing = Drawing::new(left + room + 60, (bars.rows.len() + 1) * HEIGHT + 6);
    for part in 0..=4_u64 {
        let ms = bars.until_ms / 4 * part;
        drawing.rule(at(ms), HEIGHT, (bars.rows.len() + 1) * HEIGHT + 2);
        drawing.text(at(ms) + 3, 11, Tone::Dim, &span(ms));
    }
    for (index, bar) in bars.rows.iter().enumerate() {
        let y = (index + 1) * HEIGHT;
        drawing.text(0, y + 12, bar.tone, bar.word);
        drawing.text(STATE, y + 12, Tone::Plain, &bar.name);
        let Some((from, until)) = bar.span else { continue };
        drawing.block((at(from), y + 3), ((at(until) - at(from)).max(2), HEIGHT - 6), bar.tone, "0.45");
        for tick in &bar.ticks {
            let x = at((*tick).clamp(from, until));
            drawing.block((x, y + 2), (2, HEIGHT - 4), bar.tone, "1");
        }
        drawing.text(at(until) + 6, y + 12, Tone::Dim, &span(until - from));
    }
    drawing
}

fn draw_strips(strips: &Strips) -> Drawing {
    const MARK: usize = 12;
    const LINE: usize = 60;
    let names = strips.rows.iter().map(|row| wide(&row.name)).max().unwrap_or(0) + 10;
    let lines: usize = strips.rows.iter().map(|row| row.marks.len().div_ceil(LINE) + 1).sum();
    let mut drawing = Drawing::new(names + LINE * MARK, (lines + 1) * ROW + 6);
    let mut y = 0;
    for row in &strips.rows {
        drawing.text(0, y + 13, Tone::Plain, &row.name);
        for marks in row.marks.chunks(LINE) {
            for (index, (mark, tone)) in marks.iter().enumerate() {
                let x = names + index * MARK;
                drawing.block((x, y + 3), (MARK - 2, MARK + 2), *tone, if *mark == '.' { "0.25" } else { "0.2" });
                if *mark != '.' {
                    drawing.text(x + 1, y + 14, *tone, &mark.to_string());
                }
            }
            y += ROW;
        }
        drawing.text(names, y + 13, Tone::Plain, &row.says);
        y += ROW;
    }
    let blank = |mark: char| if mark == '.' { "empty".to_owned() } else { mark.to_string() };
    let legend: Vec<String> = strips.legend.iter().map(|(mark, says)| format!("{}: {says}", blank(*mark))).collect();
    drawing.text(names, y + 13, Tone::Dim, &legend.join("   "));
    drawing
}

fn draw_tree(nodes: &[Node]) -> Drawing {
    const INDENT: usize = 24;
    const HEIGHT: usize = 40;
    let widest = nodes.iter().enumerate().map(|(depth, node)| depth * INDENT + wide(&node.name).max(wide(&node.word)));
    let mut drawing = Drawing::new(widest.max().unwrap_or(0) + 40, nodes.len() * HEIGHT + 6);
    for (depth, node) in nodes.iter().enumerate() {
        let (x, y) = (depth * INDENT + 10, depth * HEIGHT + 12);
        if depth > 0 {
            let above = x - INDENT;
            drawing.line((above, y - HEIGHT + 6), (above, y), Tone::Dim);
            drawing.line((above, y), (x - 6, y), Tone::Dim);
        }
        drawing.dot(x, y, node.tone);
        drawing.text(x + 12, y + 4, Tone::Plain, &node.name);
        drawing.text(x + 12, y + 19, node.tone, &node.word);
    }
    drawing
}

impl Kind {
    /// The anchor of the picture in the page.
    pub fn anchor(self) -> String {
        format!("picture-{}", self.word())
    }
}
