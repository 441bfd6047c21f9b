//! The report as Markdown, for tickets and mails. What others said is written as code, so that no markup in it takes
//! effect.

use super::Report;
use super::first_page::{Form, Reader, first_page};
use super::format::Format;
use crate::check::Group;
use std::fmt::Write;

/// The format for tickets and mails.
pub const FORMAT: Format =
    Format { name: "markdown", says: "for tickets and mails", write: |report, how| Ok(markdown(report, how.reader)) };

/// The report of the last run for this reader.
pub fn markdown(report: &Report, reader: Reader) -> String {
    let page = first_page(report, reader);
    let mut out = format!("# {}\n\n", escaped(&page.subject));
    for row in &page.rows {
        let label = row.label;
        let _ = match row.form {
            Form::Quote | Form::Table => {
                writeln!(out, "**{label}**\n\n```text\n{}\n```\n", fenced(&row.lines.join("\n")))
            }
            Form::Words => {
                let lines: Vec<String> = row.lines.iter().map(|line| escaped(line)).collect();
                writeln!(out, "**{label}** {}\n", lines.join("  \n"))
            }
        };
    }
    if let Some(diagnosis) = &report.diagnosis {
        list(&mut out, "What to do", &diagnosis.remedy, true);
        list(&mut out, "What not to do", &diagnosis.do_not, false);
        list(&mut out, "Also seen", &super::also(diagnosis), false);
    }
    out.push_str("## Checks\n\n| | check | found |\n|---|---|---|\n");
    for group in Group::ALL.iter().copied() {
        for check in report.checks.iter().filter(|check| check.finding.group == group) {
            let finding = &check.finding;
            let _ = writeln!(
                out,
                "| {} | {} | {} |",
                finding.outcome.state(),
                escaped(&finding.title),
                escaped(&finding.summary.replace('\n', " "))
            );
        }
    }
    let _ = writeln!(out, "\n## Evidence, in order of time\n\n```text\n{}```", fenced(&super::timeline(report)));
    let _ = writeln!(out, "\n{}", escaped(&report.tool.says()));
    out
}

fn list(out: &mut String, title: &str, items: &[String], numbered: bool) {
    if items.is_empty() {
        return;
    }
    let _ = writeln!(out, "## {title}\n");
    for (index, item) in items.iter().enumerate() {
        let mut lines = item.lines();
        let first = escaped(lines.next().unwrap_or_default());
        let _ = if numbered { writeln!(out, "{}. {first}", index + 1) } else { writeln!(out, "- {first}") };
        for line in lines {
            let _ = writeln!(out, "   - {}", escaped(line.trim_start_matches([' ', '-'])));
        }
    }
    out.push('\n');
}

/// Escapes a text, so that nothing in it is read as Markdown or HTML.
fn escaped(text: &str) -> String {
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

/// A text for a code block, changed so that it cannot end the block.
fn fenced(text: &str) -> String {
    text.replace("```", "` ` `")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_acts() {
        let hostile = "<script>x</script> [a](javascript:b) ``` | *b*";
        let shown = escaped(hostile);
        assert!(!shown.contains("<script") && !shown.contains("[a](") && shown.contains("\\|"));
        assert!(!fenced(hostile).contains("```"));
    }
}
