//! The formats of a comparison: the list of them, and those that need no template. All but JSON write the same page, with
//! the means of a report's formats.

use super::compared::Compared;
use super::html;
use super::page::{Page, Section};
use super::words::page;
use crate::report::first_page::Table;
use crate::report::json::escaped as escaped_json;
use crate::report::markdown::{escaped, list, page_row, table};
use crate::report::text::{WIDTH, columns, rows, section, wrapped};
use crate::text::visible_str;
use std::fmt::Write;

/// A format of a comparison.
#[derive(Debug)]
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is for.
    pub says: &'static str,
    /// Writes the comparison; the error is a message for people.
    pub write: fn(&Compared) -> Result<String, String>,
}

/// All formats, the default first.
pub const FORMATS: &[Format] = &[
    Format { name: "text", says: "for a terminal or a ticket", write: |compared| Ok(text(&page(compared))) },
    Format { name: "json", says: "all of it, for programs", write: json },
    Format { name: "markdown", says: "for tickets and mails", write: |compared| Ok(markdown(&page(compared))) },
    Format { name: "html", says: "one file for a browser or printer", write: |compared| html::html(&page(compared)) },
];

/// The format with this name.
pub fn by_name(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

fn json(compared: &Compared) -> Result<String, String> {
    let pretty = serde_json::to_value(compared).and_then(|value| serde_json::to_string_pretty(&value));
    Ok(escaped_json(&pretty.map_err(|error| error.to_string())?) + "\n")
}

fn text(page: &Page) -> String {
    let mut out = String::new();
    wrapped(&mut out, "", "", &page.title);
    out.push('\n');
    rows(&mut out, &page.rows, WIDTH);
    for part in &page.sections {
        section(&mut out, &part.title);
        text_table(&mut out, &part.table);
        for line in &part.words {
            wrapped(&mut out, "  - ", "    ", line);
        }
    }
    let _ = writeln!(out, "\n{}", page.made);
    visible_str(&out)
}

/// A table in columns if they fit; otherwise row by row, each cell under its column's head.
fn text_table(out: &mut String, table: &Table) {
    const INDENT: usize = 2;
    if table.rows.is_empty() {
        return;
    }
    let lines = columns(table);
    if lines.iter().all(|line| line.chars().count() + INDENT <= WIDTH) {
        for line in lines {
            let _ = writeln!(out, "{:INDENT$}{line}", "");
        }
        return;
    }
    let width = table.heads.iter().skip(1).map(|head| head.chars().count()).max().unwrap_or(0);
    for row in &table.rows {
        let mut cells = row.iter().zip(&table.heads);
        if let Some((first, _)) = cells.next() {
            wrapped(out, "  ", "    ", first);
        }
        for (cell, head) in cells {
            wrapped(out, &format!("    {head:<width$}  "), &" ".repeat(width + 6), cell);
        }
    }
}

fn markdown(page: &Page) -> String {
    let mut out = format!("# {}\n\n", escaped(&page.title));
    page.rows.iter().for_each(|row| page_row(&mut out, row));
    for part in &page.sections {
        markdown_section(&mut out, part);
    }
    let _ = writeln!(out, "{}", escaped(&page.made));
    out
}

fn markdown_section(out: &mut String, part: &Section) {
    if part.table.rows.is_empty() {
        return list(out, &part.title, part.words.iter().map(|line| vec![line.clone()]).collect(), false);
    }
    let _ = writeln!(out, "## {}\n\n{}", escaped(&part.title), table(&part.table));
    for line in &part.words {
        let _ = writeln!(out, "{}\n", escaped(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_does_not_fit_is_written_row_by_row() {
        let cell = "x".repeat(60);
        let table = Table {
            heads: vec![String::new(), "before".to_owned(), "after".to_owned()],
            rows: vec![vec!["server".to_owned(), cell.clone(), cell.clone()]],
        };
        let mut out = String::new();
        text_table(&mut out, &table);
        assert_eq!(out, format!("  server\n    before  {cell}\n    after   {cell}\n"));
    }
}
