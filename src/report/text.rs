//! The report as plain text for a terminal or a ticket, the most important first.

use super::document::{Checks, Document, Step};
use super::first_page::{Body, FirstPage, Reader, Row, Table};
use super::format::Format;
use super::pictures;
use super::{Check, Report, evidence_id};
use crate::picture::text::{Pen, draw, plain};
use std::fmt::Write;

/// The width in columns of a terminal, and of a mail.
pub const WIDTH: usize = 80;

/// The format for a terminal.
pub const FORMAT: Format = Format {
    name: "text",
    says: "for a terminal or a ticket",
    write: |report, how| Ok(text(report, how.reader, how.verbose)),
    ..Format::USUAL
};

/// The last run, laid out for a terminal.
pub fn text(report: &Report, reader: Reader, verbose: bool) -> String {
    let document = Document::of(report, reader);
    let mut out = String::new();
    head(&mut out, report);
    let _ = writeln!(out);
    page(&mut out, &document.page, WIDTH);
    pictures(&mut out, report);
    list(&mut out, "Do this", document.steps.iter().map(Step::lines).collect(), true);
    list(&mut out, "Also seen", document.also.iter().map(|also| vec![also.clone()]).collect(), false);
    let questions = document.questions.iter().map(|question| {
        let answers = question.words.iter().map(|word| format!("--answer {}={word}", question.name));
        vec![question.text.clone(), answers.collect::<Vec<_>>().join("  ")]
    });
    list(&mut out, "Questions that could change this", questions.collect(), false);
    section(&mut out, "Checks");
    document.groups.iter().for_each(|group| checks(&mut out, report, group, verbose));
    if !document.way.is_empty() {
        section(&mut out, "The way to this result");
    }
    for asked in &document.way {
        wrapped(&mut out, "  ", "    ", &asked.question);
        wrapped(&mut out, "    > ", "      ", &asked.answer);
        wrapped(&mut out, "      ", "        ", &asked.because);
    }
    let _ = writeln!(out, "\n{}", document.made);
    crate::text::visible_str(&out)
}

fn head(out: &mut String, report: &Report) {
    let machine = report.machine.hostname.as_deref().map(|name| format!("on {name}"));
    let parts: Vec<&str> = [report.provider(), report.program(), machine.as_deref()].into_iter().flatten().collect();
    let _ = writeln!(out, "{}  {}", report.account.address, parts.join(" · "));
    if let Some(way) = &report.account.in_use {
        let how = report.account.settings().origin_in_words();
        let _ = writeln!(out, "{}, port {}, {} ({how})", way.server, way.port, way.security.says());
    }
}

/// The picture that the verdict rests on and those after it, in ASCII, where they are short.
fn pictures(out: &mut String, report: &Report) {
    /// More lines than this belong into a page of their own.
    const SHORT: usize = 14;
    for picture in pictures::of_verdict(report) {
        let lines = draw(&picture, WIDTH - 2, Pen { ascii: true });
        if lines.len() > SHORT {
            continue;
        }
        section(out, &picture.title);
        for line in lines {
            let _ = writeln!(out, "  {}", plain(&line));
        }
    }
}

fn checks(out: &mut String, report: &Report, group: &Checks<'_>, verbose: bool) {
    let _ = writeln!(out, "  {}", group.title);
    // What was left out because of something else is not worth a line, unless it is all that there is.
    let skipped = if verbose || group.checks.is_empty() { group.skipped.as_slice() } else { &[] };
    let mut shown: Vec<&Check> = group.checks.iter().chain(skipped).copied().collect();
    if !verbose {
        shown.dedup_by(|a, b| a.finding.summary == b.finding.summary && a.finding.outcome == b.finding.outcome);
    }
    for check in shown {
        let finding = &check.finding;
        wrapped(out, &format!("    {:<4}  ", finding.outcome.state()), "          ", &finding.summary);
        for (index, evidence) in finding.evidence.iter().enumerate().filter(|_| verbose) {
            let at = report.clock(check, evidence.at_ms);
            let said = format!("{}: {}", evidence.what, evidence.detail.replace('\n', " / "));
            wrapped(
                out,
                &format!("          {at}  "),
                "            ",
                &format!("{} {said}", evidence_id(&finding.id, index)),
            );
        }
    }
}

/// A list of items, each of some lines.
fn list(out: &mut String, title: &str, items: Vec<Vec<String>>, numbered: bool) {
    if items.is_empty() {
        return;
    }
    section(out, title);
    for (index, lines) in items.iter().enumerate() {
        let first = if numbered { format!("  {:>2}. ", index + 1) } else { "  - ".to_owned() };
        let rest = " ".repeat(first.len());
        for (line_index, line) in lines.iter().enumerate() {
            match line_index {
                0 => wrapped(out, &first, &rest, line),
                _ => wrapped(out, &format!("{rest}- "), &format!("{rest}  "), line),
            }
        }
    }
}

/// Begins a section.
pub(crate) fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

/// A text in lines of the terminal's width, the first and the others with something before them.
pub(crate) fn wrapped(out: &mut String, first: &str, rest: &str, text: &str) {
    wrapped_to(WIDTH, out, first, rest, text);
}

fn wrapped_to(width: usize, out: &mut String, first: &str, rest: &str, text: &str) {
    let options = textwrap::Options::new(width)
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    for line in text.lines() {
        let _ = writeln!(out, "{}", textwrap::fill(line, &options).trim_end());
    }
}

/// The first page alone, for a mail or a ticket, in lines of at most `width` columns.
pub fn first_page(shown: &FirstPage, width: usize) -> String {
    let mut out = String::new();
    page(&mut out, shown, width);
    crate::text::visible_str(&out)
}

fn page(out: &mut String, page: &FirstPage, width: usize) {
    let _ = writeln!(out, "Subject: {}\n", page.subject);
    rows(out, &page.rows, width);
}

/// Rows, each with its label before the first line.
pub(crate) fn rows(out: &mut String, rows: &[Row], width: usize) {
    for row in rows {
        // The label stands before the first line alone.
        let lines: Vec<(String, bool)> = match &row.body {
            Body::Words(lines) => lines.iter().map(|line| (line.clone(), true)).collect(),
            Body::Quotes(quotes) => {
                let quotes = quotes.iter().flat_map(|quote| std::iter::once(&quote.context).chain(&quote.lines));
                quotes.map(|line| (line.clone(), true)).collect()
            }
            Body::Table(table) => columns(table).into_iter().map(|line| (line, false)).collect(),
        };
        for (index, (line, wraps)) in lines.iter().enumerate() {
            let label = if index == 0 { row.label } else { "" };
            match wraps {
                true => wrapped_to(width, out, &format!("{label:<12} "), &" ".repeat(13), line),
                // The columns of a table are kept.
                false => drop(writeln!(out, "{label:<12} {line}")),
            }
        }
    }
}

/// A table in columns of equal width.
pub fn columns(table: &Table) -> Vec<String> {
    let rows = || std::iter::once(&table.heads).chain(&table.rows);
    let width = |column: usize| rows().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let line = |row: &Vec<String>| {
        let cells =
            row.iter().enumerate().map(|(at, cell)| format!("{cell:<width$}  ", width = width(at).unwrap_or(0)));
        cells.collect::<String>().trim_end().to_owned()
    };
    rows().map(line).collect()
}
