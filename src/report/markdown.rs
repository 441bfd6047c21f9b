//! The report as Markdown, for tickets and messages. What others said is written as code, so that no markup in it takes
//! effect.

use super::Report;
use super::document::{Document, Step};
use super::first_page::{Body, Reader, Row, Table};
use super::format::Format;
use std::fmt::Write;

/// The format for tickets and messages.
pub const FORMAT: Format = Format {
    name: "markdown",
    says: "for tickets and messages",
    write: |report, how| Ok(markdown(report, how.reader)),
    ..Format::USUAL
};

/// The report of the last run for this reader.
pub fn markdown(report: &Report, reader: Reader) -> String {
    let document = Document::of(report, reader);
    let mut out = format!("# {}\n\n", escaped(&document.page.subject));
    document.page.rows.iter().for_each(|row| page_row(&mut out, row));
    list(&mut out, "What to do", document.steps.iter().map(Step::lines).collect(), true);
    list(&mut out, "Also seen", document.also.iter().map(|also| vec![also.clone()]).collect(), false);
    let questions = document.questions.iter().map(|question| vec![question.text.clone(), question.words.join(", ")]);
    list(&mut out, "Questions that could change this", questions.collect(), false);
    let heads = ["", "check", "found"].map(str::to_owned).to_vec();
    let checks = document.groups.iter().flat_map(|group| group.checks.iter().chain(&group.skipped));
    let checks = checks.map(|check| {
        let finding = &check.finding;
        vec![finding.outcome.state().to_owned(), format!("{} ({})", finding.title, finding.id), finding.summary.clone()]
    });
    let _ = writeln!(out, "## Checks\n\n{}", table(&Table { heads, rows: checks.collect() }));
    if !document.way.is_empty() {
        let heads = ["question", "answer", "because"].map(str::to_owned).to_vec();
        let rows =
            document.way.iter().map(|asked| vec![asked.question.clone(), asked.answer.clone(), asked.because.clone()]);
        let _ = writeln!(out, "## The way to this result\n\n{}", table(&Table { heads, rows: rows.collect() }));
    }
    let _ = writeln!(out, "## Evidence, in order of time (UTC)\n\n{}", fenced(&super::timeline(report)));
    let _ = writeln!(out, "{}", escaped(&document.made));
    out
}

/// A row, with its label.
pub(crate) fn page_row(out: &mut String, row: &Row) {
    let label = row.label;
    let _ = match &row.body {
        Body::Words(lines) => {
            let lines: Vec<String> = lines.iter().map(|line| escaped(line)).collect();
            writeln!(out, "**{label}** {}\n", lines.join("  \n"))
        }
        Body::Quotes(quotes) => {
            let quotes = quotes
                .iter()
                .map(|quote| format!("{}\n\n{}", escaped(&quote.context), fenced(&quote.lines.join("\n"))));
            writeln!(out, "**{label}** {}", quotes.collect::<Vec<_>>().join("\n"))
        }
        Body::Table(shown) => writeln!(out, "**{label}**\n\n{}", table(shown)),
    };
}

/// A table.
pub(crate) fn table(table: &Table) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(table.heads.len()));
    std::iter::once(line(&table.heads)).chain([rule]).chain(table.rows.iter().map(|row| line(row))).collect()
}

/// A section with a list of items, each of some lines.
pub(crate) fn list(out: &mut String, title: &str, items: Vec<Vec<String>>, numbered: bool) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "## {title}\n");
    for (index, lines) in items.iter().enumerate() {
        for (line_index, line) in lines.iter().enumerate() {
            let line = escaped(line);
            let _ = match (line_index, numbered) {
                (0, true) => writeln!(out, "{}. {line}", index + 1),
                (0, false) => writeln!(out, "- {line}"),
                _ => writeln!(out, "   - {line}"),
            };
        }
    }
    out.push('\n');
}

/// Escapes a text, so that nothing in it is read as Markdown or HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A text as a block of code, whose fence is longer than any within it: the text stays as it is.
fn fenced(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}text\n{text}{end}{fence}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts() {
        let hostile = "<script>x</script> [a](javascript:b) ``` | *b*";
        let shown = escaped(hostile);
        assert!(!shown.contains("<script") && !shown.contains("[a](") && shown.contains("\\|"));
        assert_eq!(fenced(hostile), format!("````text\n{hostile}\n````\n"));
    }
}
