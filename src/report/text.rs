//! The report as plain text for a terminal, the most important first.

use super::Report;
use super::first_page::{FirstPage, Form};
use super::format::Format;
use super::pictures;
use crate::check::{Finding, Group, Outcome as CheckOutcome};
use crate::facts::vocabulary::in_words;
use crate::guide::rule::Who;
use crate::picture::text::{Pen, draw, plain};
use crate::session::diagnosis::{Diagnosis, Outcome};
use std::fmt::Write;

/// The width in columns of a terminal, and of a mail.
pub const WIDTH: usize = 80;

/// The format for a terminal.
pub const FORMAT: Format =
    Format { name: "text", says: "for a terminal", write: |report, how| Ok(text(report, how.verbose)) };

/// The last run, laid out for a terminal.
pub fn text(report: &Report, verbose: bool) -> String {
    let mut out = String::new();
    head(&mut out, report);
    let Some(diagnosis) = &report.diagnosis else { return out };
    verdict(&mut out, diagnosis);
    pictures(&mut out, report);
    list(&mut out, "Do this", &diagnosis.remedy, true);
    list(&mut out, "Do not", &diagnosis.do_not, false);
    if !diagnosis.mended_when.is_empty() {
        section(&mut out, "Fixed when");
        wrapped(&mut out, "  ", "  ", &diagnosis.mended_when);
    }
    checks(&mut out, report, verbose);
    way(&mut out, diagnosis);
    list(&mut out, "Also seen", &super::also(diagnosis), false);
    list(&mut out, "Not known", &diagnosis.not_known, false);
    if !diagnosis.questions.is_empty() {
        section(&mut out, "Questions that could change this");
        for question in &diagnosis.questions {
            wrapped(&mut out, "  - ", "    ", &question.text);
            let words =
                question.words.iter().map(|word| format!("--answer {}={word}", question.name)).collect::<Vec<_>>();
            wrapped(&mut out, "    ", "    ", &words.join("  "));
        }
    }
    if report.tool.site.is_some() {
        let _ = writeln!(out);
        wrapped(&mut out, "", "  ", &report.tool.says());
    }
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

fn verdict(out: &mut String, diagnosis: &Diagnosis) {
    let certainty = match diagnosis.outcome {
        Outcome::Unsure => String::new(),
        _ => format!(" ({})", diagnosis.certainty.word()),
    };
    let _ = writeln!(out);
    wrapped(out, "", "  ", &format!("{}{certainty}: {}", diagnosis.outcome.says(), diagnosis.title));
    wrapped(out, "  ", "  ", &diagnosis.summary);
    if !diagnosis.error.is_empty() {
        wrapped(out, "  Error shown: ", "  ", &diagnosis.error);
    }
    let _ = writeln!(out);
    who(out, "  Now       ", diagnosis.now, &diagnosis.now_name);
    who(out, "  For good  ", diagnosis.who, &diagnosis.who_name);
    if !diagnosis.tell_caller.is_empty() {
        wrapped(out, "  Caller    ", "            ", &format!("\"{}\"", diagnosis.tell_caller));
    }
    for ending in &diagnosis.ends {
        wrapped(out, "  Ends      ", "            ", &ending.in_words());
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

fn who(out: &mut String, label: &str, who: Who, what: &str) {
    if !what.is_empty() {
        wrapped(out, label, "            ", &format!("{}: {what}", who.says()));
    }
}

fn checks(out: &mut String, report: &Report, verbose: bool) {
    section(out, "Checks");
    for group in Group::ALL.iter().copied() {
        let mut findings: Vec<&Finding> =
            report.checks.iter().map(|check| &check.finding).filter(|finding| finding.group == group).collect();
        let all_skipped = findings.iter().all(|finding| finding.outcome == CheckOutcome::Skipped);
        if findings.is_empty() {
            continue;
        }
        if !verbose {
            // What was left out because of something else is not worth a line.
            findings.retain(|finding| finding.outcome != CheckOutcome::Skipped || all_skipped);
            findings.dedup_by(|a, b| a.summary == b.summary && a.outcome == b.outcome);
        }
        let _ = writeln!(out, "  {}", group.title());
        for finding in findings {
            let word = finding.outcome.state();
            wrapped(out, &format!("    {word:<4}  "), "          ", &finding.summary);
            if verbose {
                for evidence in &finding.evidence {
                    let detail = evidence.detail.replace('\n', " / ");
                    wrapped(
                        out,
                        &format!("          {:>6} ms  ", evidence.at_ms),
                        "                     ",
                        &format!("{}: {detail}", evidence.what),
                    );
                }
            }
        }
    }
}

fn way(out: &mut String, diagnosis: &Diagnosis) {
    if diagnosis.path.is_empty() {
        return;
    }
    section(out, "The way to this verdict");
    for step in &diagnosis.path {
        wrapped(out, "  ", "    ", &format!("{} > {}", step.question, step.answer));
        if !step.because.is_empty() {
            wrapped(out, "      ", "        ", &in_words(&step.because));
        }
    }
    for (label, facts) in [("Against it", &diagnosis.against), ("Not proven", &diagnosis.unproven)] {
        if !facts.is_empty() {
            wrapped(out, "  ", "    ", &format!("{label}: {}", in_words(facts)));
        }
    }
}

fn list(out: &mut String, title: &str, items: &[String], numbered: bool) {
    if items.is_empty() {
        return;
    }
    section(out, title);
    for (index, item) in items.iter().enumerate() {
        let first = if numbered { format!("  {:>2}. ", index + 1) } else { "  - ".to_owned() };
        let rest = " ".repeat(first.len());
        for (line_index, line) in item.lines().enumerate() {
            wrapped(
                out,
                if line_index == 0 { &first } else { &rest },
                &format!("{rest}{}", if line_index == 0 { "" } else { "  " }),
                line.trim_start(),
            );
        }
    }
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

fn wrapped(out: &mut String, first: &str, rest: &str, text: &str) {
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
pub fn first_page(page: &FirstPage, width: usize) -> String {
    let mut out = format!("Subject: {}\n\n", page.subject);
    for row in &page.rows {
        for (index, line) in row.lines.iter().enumerate() {
            let label = if index == 0 { row.label } else { "" };
            match row.form {
                // The columns of a table are kept.
                Form::Table => drop(writeln!(out, "{label:<12} {line}")),
                Form::Words | Form::Quote => {
                    wrapped_to(width, &mut out, &format!("{label:<12} "), &" ".repeat(13), line);
                }
            }
        }
    }
    crate::text::visible_str(&out)
}
