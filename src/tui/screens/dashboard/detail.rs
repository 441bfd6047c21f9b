//! The detail of the selected group: for the ports, a table that compares them with other companies' servers; then
//! each check's answer with its evidence.

use crate::check::{Finding, Group, Kind, Outcome};
use crate::facts::keys::hops;
use crate::net::PortState;
use crate::report::ports::ports;
use crate::session::{Run, State};
use crate::tui::core::Core;
use crate::tui::screens::parts::{cut, wrapped};
use crate::tui::watch::Round;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// The lines of the detail.
pub fn lines(core: &Core, group: Group, width: u16) -> Vec<Line<'static>> {
    let Some(run) = core.session.run() else { return Vec::new() };
    let width = usize::from(width);
    let mut lines = Vec::new();
    if group == Group::Ports {
        lines.extend(watched(core, width));
        lines.extend(port_table(core, run));
        lines.push(Line::default());
        lines.extend(routes(core, run, width));
    }
    let is_skipped = |state: &State| matches!(state, State::Done(finding) if finding.outcome == Outcome::Skipped);
    let all_skipped = run.group(group).all(|check| is_skipped(&check.state));
    let mut left_out = None;
    for check in run.group(group) {
        match &check.state {
            // What was left out is shown only if nothing else was done, and each reason only once.
            State::Done(finding) if finding.outcome == Outcome::Skipped => {
                if all_skipped && left_out != Some(&finding.summary) {
                    lines.extend(summary(core, finding, core.theme.dim(), width));
                }
                left_out = Some(&finding.summary);
            }
            State::Done(finding) => {
                left_out = None;
                lines.extend(summary(core, finding, core.theme.strong(), width));
                lines.extend(evidence(core, finding, width));
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

/// What a check found, in a sentence after its state.
fn summary(core: &Core, finding: &Finding, style: Style, width: usize) -> Vec<Line<'static>> {
    let text = wrapped(core.theme, &finding.summary, width.saturating_sub(6), 0);
    let lines = text.into_iter().enumerate().map(|(index, text)| {
        let state = if index == 0 { finding.outcome.state() } else { "" };
        let state = Span::styled(format!("{state:<6}"), core.theme.outcome(Some(finding.outcome)));
        Line::from_iter([state, Span::styled(text, style)])
    });
    lines.collect()
}

/// The evidence of a check.
fn evidence(core: &Core, finding: &Finding, width: usize) -> Vec<Line<'static>> {
    let texts = finding.evidence.iter().map(|evidence| format!("{}: {}", evidence.what, evidence.detail));
    let lines = texts.flat_map(|text| wrapped(core.theme, &text, width.saturating_sub(2), 2));
    lines.map(|text| Line::from_iter([Span::raw("  "), Span::styled(text, core.theme.dim())])).collect()
}

/// The routes to the ports, hop by hop, if they were traced.
fn routes(core: &Core, run: &Run, width: usize) -> Vec<Line<'static>> {
    let Some(State::Done(finding)) = run.check(hops::HOPS.check).map(|check| &check.state) else { return Vec::new() };
    let routes = finding.evidence.iter().filter(|evidence| evidence.kind == Kind::Route);
    let mut lines: Vec<Line<'static>> = routes
        .flat_map(|route| wrapped(core.theme, &format!("{}: {}", route.what, route.detail), width.saturating_sub(1), 2))
        .map(Line::raw)
        .collect();
    if !lines.is_empty() {
        lines.push(Line::default());
    }
    lines
}

/// The table of ports: each port at this server and at others.
fn port_table(core: &Core, run: &Run) -> Vec<Line<'static>> {
    let checks = run.checks.iter().map(|check| (check.head.id.as_str(), &check.facts));
    let table = ports(checks, core.session.in_use().map(|in_use| in_use.port));
    let head = Line::styled(format!("{:<7}{:<15}{}", "", "this server", "other servers"), core.theme.dim());
    // The port in use is the one that matters, also while it has not answered yet.
    let rows =
        table.rows.iter().filter(|row| row.in_use || row.own.is_some() || row.others.iter().any(Option::is_some));
    let rows = rows.map(|row| {
        let (style, mark) = if row.in_use { (core.theme.strong(), "<") } else { (Style::new(), "") };
        let others: Vec<PortState> = row.others.iter().flatten().copied().collect();
        let waits = row.in_use && core.is_running();
        let own = row.own.map_or(if waits { ".." } else { "-" }, says);
        Line::styled(format!("{:<7}{own:<15}{:<13}{mark}", row.port, others_say(&others)), style)
    });
    std::iter::once(head).chain(rows).collect()
}

fn others_say(states: &[PortState]) -> String {
    let open = states.iter().filter(|state| **state == PortState::Open).count();
    match (open, states.first()) {
        (_, None) => "-".to_owned(),
        (0, Some(first)) => says(*first).to_owned(),
        (open, _) if open == states.len() => "open".to_owned(),
        (open, _) => format!("{open} of {} open", states.len()),
    }
}

/// A port's state in the words of a technician, short enough for a column.
fn says(state: PortState) -> &'static str {
    match state {
        PortState::Denied => "forbidden here",
        state => state.says(),
    }
}

/// The rounds of a watch, the latest first.
fn watched(core: &Core, width: usize) -> Vec<Line<'static>> {
    let rounds = &core.watch.rounds;
    if rounds.is_empty() {
        return Vec::new();
    }
    let failed: Vec<&Round> = rounds.iter().filter(|round| !round.faults.is_empty()).collect();
    let head = format!("watched: {}", core.watch.says());
    let mut lines = vec![Line::styled(head, core.theme.strong())];
    lines.extend(failed.iter().rev().take(5).map(|round| {
        let text = format!("  {} {}", core.local(round.at, "%H:%M:%S"), round.faults.join("; "));
        Line::raw(cut(core.theme, &text, width))
    }));
    lines.push(Line::default());
    lines
}
