//! The report as plain text for a terminal, the most important first.

use crate::check::{Finding, Group, Outcome as CheckOutcome};
use crate::session::Session;
use crate::session::diagnosis::{Diagnosis, Outcome};
use std::fmt::Write;

const WIDTH: usize = 80;

/// The report of a session's last run.
pub fn report(session: &Session, verbose: bool) -> String {
    let mut out = String::new();
    let diagnosis = session.diagnosis();
    head(&mut out, session);
    verdict(&mut out, &diagnosis);
    list(&mut out, "Do this", &diagnosis.remedy, true);
    list(&mut out, "Do not", &diagnosis.do_not, false);
    if !diagnosis.mended_when.is_empty() {
        section(&mut out, "Mended when");
        wrapped(&mut out, "  ", "  ", &diagnosis.mended_when);
    }
    checks(&mut out, session, verbose);
    way(&mut out, &diagnosis);
    list(&mut out, "Also seen", &diagnosis.also, false);
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
    crate::text::visible_str(&out)
}

fn head(out: &mut String, session: &Session) {
    let provider = session.wanted().and_then(|wanted| wanted.provider()).map_or("", |row| &row.name);
    let program = session.account.client().map_or("", |client| &client.name);
    let parts: Vec<&str> = [provider, program, &session.runs_as].into_iter().filter(|part| !part.is_empty()).collect();
    let _ = writeln!(out, "{}  {}", session.account.address, parts.join(" · "));
    if let Some(in_use) = session.in_use() {
        let typed = &session.account.settings;
        let how = if typed.server.is_some() || typed.port.is_some() || typed.security.is_some() {
            "as typed"
        } else {
            "nothing typed, so the provider's"
        };
        let _ = writeln!(out, "{}, port {}, {} ({how})", in_use.host, in_use.port, in_use.security.says());
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
    let _ = writeln!(out);
    who(out, "  Now       ", &diagnosis.now, &diagnosis.now_name);
    who(out, "  For good  ", &diagnosis.who, &diagnosis.who_name);
    if !diagnosis.tell_caller.is_empty() {
        wrapped(out, "  Caller    ", "            ", &format!("\"{}\"", diagnosis.tell_caller));
    }
}

fn who(out: &mut String, label: &str, who: &str, what: &str) {
    if !who.is_empty() {
        wrapped(out, label, "            ", &format!("{who}: {what}"));
    }
}

fn checks(out: &mut String, session: &Session, verbose: bool) {
    section(out, "Checks");
    let Some(run) = session.run() else { return };
    for group in Group::ALL {
        let mut findings: Vec<&Finding> = run.findings().filter(|finding| finding.group == group).collect();
        if findings.is_empty() {
            continue;
        }
        if !verbose {
            // What was left out because of something else is no news.
            findings.retain(|finding| finding.outcome != CheckOutcome::Skipped || findings_only(run, group));
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

/// Whether a group holds nothing but skipped checks: then they are shown.
fn findings_only(run: &crate::session::Run, group: Group) -> bool {
    run.findings().filter(|finding| finding.group == group).all(|finding| finding.outcome == CheckOutcome::Skipped)
}

fn way(out: &mut String, diagnosis: &Diagnosis) {
    if diagnosis.path.is_empty() {
        return;
    }
    section(out, "The way to this verdict");
    for step in &diagnosis.path {
        wrapped(out, "  ", "    ", &format!("{} > {}", step.question, step.answer));
        for fact in &step.because {
            wrapped(out, "      ", "        ", fact);
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
    let options = textwrap::Options::new(WIDTH).initial_indent(first).subsequent_indent(rest).break_words(false);
    for line in text.lines() {
        let _ = writeln!(out, "{}", textwrap::fill(line, &options).trim_end());
    }
}
