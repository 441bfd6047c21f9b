//! A grid in text: words with figures where they fit, otherwise words, otherwise letters with a legend.

use super::{Line, Pen, legend, part};
use crate::picture::{Cell, Grid, Row, Tone};
use unicode_width::UnicodeWidthStr;

/// The least room for the names of rows, if a cell says more.
const NAMES: usize = 15;
/// The most.
const MOST_NAMES: usize = 36;

/// How much a cell says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Says {
    Figures,
    Words,
    Letters,
}

pub(super) fn draw(grid: &Grid, width: usize, pen: Pen) -> Vec<Line> {
    let longest = grid.rows.iter().map(|row| pen.name(&row.name).width()).max().unwrap_or(0).min(MOST_NAMES);
    let fits = |says: &Says| longest.min(NAMES) + cells_width(grid, *says) <= width;
    let says = [Says::Figures, Says::Words].into_iter().find(fits).unwrap_or(Says::Letters);
    let widths = widths(grid, says);
    let names = longest.min(width.saturating_sub(widths.iter().map(|column| column + gap(says)).sum()).max(6));
    let mut head = " ".repeat(names);
    for (column, width) in widths.iter().enumerate() {
        head.push_str(&" ".repeat(gap(says)));
        head.push_str(&pen.fitted(&header(grid, column, says), *width));
    }
    let mut lines = vec![vec![part(head, Tone::Dim)]];
    lines.extend(grid.rows.iter().map(|row| {
        let mut line = vec![part(pen.fitted(&row.name, names), Tone::Plain)];
        for (cell, width) in row.cells.iter().zip(&widths) {
            let text = pen.fitted(&said(cell.as_ref(), says), *width);
            line.push(part(" ".repeat(gap(says)), Tone::Plain));
            line.push(part(text, cell.as_ref().map_or(Tone::Dim, |cell| cell.tone)));
        }
        line
    }));
    if says == Says::Letters {
        let mut known: Vec<(char, String)> = Vec::new();
        for cell in grid.rows.iter().flat_map(|row| row.cells.iter().flatten()).filter(|cell| has_letter(cell)) {
            if !known.iter().any(|(letter, _)| *letter == cell.letter) {
                known.push((cell.letter, cell.word.clone()));
            }
        }
        lines.extend(legend(pen, known.into_iter().map(|(letter, word)| format!("{letter} {word}")), width));
    }
    lines
}

/// A cell that says more than a letter can, such as a version, keeps its word.
fn has_letter(cell: &Cell) -> bool {
    !cell.word.starts_with(|c: char| c.is_ascii_digit())
}

fn said(cell: Option<&Cell>, says: Says) -> String {
    match (cell, says) {
        (None, _) => "-".to_owned(),
        (Some(cell), Says::Figures) if !cell.note.is_empty() => format!("{} {}", cell.word, cell.note),
        (Some(cell), Says::Letters) if has_letter(cell) => cell.letter.to_string(),
        (Some(cell), _) => cell.word.clone(),
    }
}

fn header(grid: &Grid, column: usize, says: Says) -> String {
    let head = grid.columns.get(column).map_or("", String::as_str);
    match (grid.marked == Some(column), says) {
        (true, Says::Letters) => format!("{head}<"),
        (true, _) => format!("{head} <"),
        (false, _) => head.to_owned(),
    }
}

fn gap(says: Says) -> usize {
    if says == Says::Letters { 1 } else { 2 }
}

fn widths(grid: &Grid, says: Says) -> Vec<usize> {
    let cells = |row: &Row, column: usize| said(row.cells.get(column).and_then(Option::as_ref), says).width();
    let of = |column: usize| {
        let widest = grid.rows.iter().map(|row| cells(row, column)).max().unwrap_or(0);
        widest.max(header(grid, column, says).width())
    };
    (0..grid.columns.len()).map(of).collect()
}

fn cells_width(grid: &Grid, says: Says) -> usize {
    widths(grid, says).iter().map(|column| column + gap(says)).sum()
}
