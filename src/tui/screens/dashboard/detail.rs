//! The detail of the selected group: for the ports a table against other companies' servers, then each check's answer
//! with its evidence.

use crate::check::{Group, Outcome};
use crate::net::PortState;
use crate::session::{Run, State};
use crate::tui::app::Core;
use crate::tui::screens::parts::wrapped;
use ratatui::text::{Line, Span};

/// Its lines.
pub fn lines(core: &Core, group: Group, width: u16) -> Vec<Line<'static>> {
    let Some(run) = core.session.run() else { return Vec::new() };
    let width = usize::from(width);
    let mut lines = Vec::new();
    if group == Group::Ports {
        lines.extend(port_table(core, run));
        lines.push(Line::default());
        lines.extend(ways(core, run, width));
        lines.extend(watched(core, width));
    }
    let is_skipped = |state: &State| matches!(state, State::Done(finding) if finding.outcome == Outcome::Skipped);
    let all_skipped = run.group(group).all(|check| is_skipped(&check.state));
    let mut left_out = None;
    for check in run.group(group) {
        match &check.state {
            // What was left out is news only where nothing else was done.
            State::Done(finding) => {
                let skipped = finding.outcome == Outcome::Skipped;
                // What was left out for one and the same reason is said once.
                if skipped && (!all_skipped || left_out == Some(&finding.summary)) {
                    continue;
                }
                left_out = skipped.then_some(&finding.summary);
                let style = if skipped { core.theme.dim() } else { core.theme.strong() };
                let text = wrapped(core.theme, &finding.summary, width.saturating_sub(6), 0);
                for (index, text) in text.into_iter().enumerate() {
                    let state = if index == 0 { finding.outcome.state() } else { "" };
                    lines.push(Line::from_iter([
                        Span::styled(format!("{state:<6}"), core.theme.outcome(Some(finding.outcome))),
                        Span::styled(text, style),
                    ]));
                }
                if skipped {
                    continue;
                }
                for evidence in &finding.evidence {
                    let text = format!("{}: {}", evidence.what, evidence.detail);
                    lines.extend(
                        wrapped(core.theme, &text, width.saturating_sub(2), 2)
                            .into_iter()
                            .map(|text| Line::from_iter([Span::raw("  "), Span::styled(text, core.theme.dim())])),
                    );
                }
            }
            State::Running(_) | State::Waiting => {
                let word = if check.state == State::Waiting { "waits" } else { ".." };
                let text = wrapped(core.theme, &check.head.title, width.saturating_sub(6), 0);
                lines.extend(text.into_iter().map(|text| {
                    Line::from_iter([Span::styled(format!("{word:<6}"), core.theme.dim()), Span::raw(text)])
                }));
            }
        }
    }
    lines
}

/// The ways of the ports, hop by hop, where they were looked at.
fn ways(core: &Core, run: &Run, width: usize) -> Vec<Line<'static>> {
    let Some(State::Done(finding)) = run.check("path").map(|check| &check.state) else { return Vec::new() };
    let ways = finding.evidence.iter().filter(|evidence| evidence.what.starts_with("way of "));
    let mut lines: Vec<Line<'static>> = ways
        .flat_map(|way| wrapped(core.theme, &format!("{}: {}", way.what, way.detail), width.saturating_sub(1), 2))
        .map(Line::raw)
        .collect();
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}

/// Each port at this server and at others.
fn port_table(core: &Core, run: &Run) -> Vec<Line<'static>> {
    let in_use = core.session.in_use().map(|in_use| in_use.port);
    let mut ports: Vec<u16> = vec![25, 465, 587, 443];
    ports.extend(in_use.filter(|port| !ports.contains(port)));
    ports.sort_unstable();
    let mut lines = vec![Line::styled(format!("{:<7}{:<15}{}", "", "this server", "other servers"), core.theme.dim())];
    for port in ports {
        let own = fact(run, &format!("port.{port}"), "state");
        let others: Vec<String> = run
            .checks
            .iter()
            .filter(|check| check.head.id.starts_with("reference."))
            .filter_map(|check| check.facts.get(&port.to_string())?.text())
            .collect();
        let mark = if in_use == Some(port) { "<" } else { "" };
        if own.is_none() && others.is_empty() {
            continue;
        }
        let style = if in_use == Some(port) { core.theme.strong() } else { ratatui::style::Style::new() };
        lines.push(Line::styled(
            format!("{port:<7}{:<15}{:<13}{mark}", own.map_or("-", |state| says(&state)), others_say(&others)),
            style,
        ));
    }
    lines
}

fn fact(run: &Run, id: &str, key: &str) -> Option<String> {
    run.check(id)?.facts.get(key)?.text()
}

fn others_say(states: &[String]) -> String {
    let open = states.iter().filter(|state| *state == "open").count();
    match (open, states.first()) {
        (_, None) => "-".to_owned(),
        (0, Some(first)) => says(first).to_owned(),
        (open, _) if open == states.len() => "open".to_owned(),
        (open, _) => format!("{open} of {} open", states.len()),
    }
}

fn says(word: &str) -> &'static str {
    match PortState::of_word(word) {
        Some(PortState::Denied) => "forbidden here",
        state => state.unwrap_or(PortState::Unknown).says(),
    }
}

/// The rounds of a watch, the latest first.
fn watched(core: &Core, width: usize) -> Vec<Line<'static>> {
    let rounds = &core.watch.rounds;
    if rounds.is_empty() {
        return Vec::new();
    }
    let failed = rounds.iter().filter(|(_, ok, _)| !ok).count();
    let mut lines =
        vec![Line::styled(format!("watched: {} rounds, {failed} failed", rounds.len()), core.theme.strong())];
    let latest = rounds.iter().rev().filter(|(_, ok, _)| !ok).take(5);
    lines.extend(
        latest.map(|(at, _, why)| {
            Line::raw(crate::tui::screens::parts::cut(core.theme, &format!("  {at} {why}"), width))
        }),
    );
    lines.push(Line::default());
    lines
}
