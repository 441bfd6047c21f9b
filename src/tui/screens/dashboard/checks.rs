//! The checks, live: one line per group, and on a tall screen one line per check.

use crate::check::{Finding, Group, Outcome};
use crate::facts::keys::{connectivity, dns_server, settings};
use crate::facts::target::is_reference;
use crate::session::{Check, Run, State};
use crate::tui::core::Core;
use crate::tui::screens::parts::cut;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

/// A group summed up: its state, and the line that says most.
pub struct Summary {
    /// The state; `None` while checks of the group are running.
    pub outcome: Option<Outcome>,
    /// A line for people.
    pub says: String,
}

/// How important a check's line is.
fn weight(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Skipped => 0,
        Outcome::Pass => 1,
        Outcome::Unknown => 2,
        Outcome::Warn => 3,
        Outcome::Fail => 4,
    }
}

/// Sums up a group: first what failed, then what warns; the port in use before others.
pub fn summary(run: &Run, group: Group, in_use: Option<u16>) -> Summary {
    let checks: Vec<&Check> = run.group(group).collect();
    // The checks that represent their group when all is well.
    let spokesmen = [settings::SERVER.check, dns_server::RESULT.check, connectivity::RESULT.check];
    let own = |finding: &Finding| {
        in_use.is_some_and(|port| finding.id.ends_with(&format!(".{port}"))) || spokesmen.contains(&finding.id.as_str())
    };
    let findings: Vec<&Finding> = checks
        .iter()
        .filter_map(|check| if let State::Done(finding) = &check.state { Some(finding) } else { None })
        .collect();
    // Other companies' servers are there for comparison; what they do is not a fault of this connection.
    let speaks = |finding: &&Finding| !is_reference(&finding.id);
    let telling = findings
        .iter()
        .filter(|finding| speaks(finding))
        .rev()
        .copied()
        .max_by_key(|finding| (weight(finding.outcome), own(finding)));
    let running = checks.len() - findings.len();
    let kept = telling.is_some_and(|finding| run.check(&finding.id).is_some_and(|check| check.kept));
    let kept = if kept { " (from the run before)" } else { "" };
    let says = telling.map_or_else(String::new, |finding| format!("{}{kept}", finding.summary));
    match telling {
        Some(finding) if running == 0 || finding.outcome == Outcome::Fail => {
            Summary { outcome: Some(finding.outcome), says }
        }
        None if checks.is_empty() && run.plan_complete => {
            Summary { outcome: Some(Outcome::Skipped), says: "left out".to_owned() }
        }
        _ if checks.is_empty() => Summary { outcome: None, says: "waits for the server's name".to_owned() },
        _ => Summary { outcome: None, says: format!("{} of {}  {says}", findings.len(), checks.len()) },
    }
}

/// How many columns the longest line of a group needs.
pub fn widest(core: &Core) -> u16 {
    let Some(run) = core.session.run() else { return 0 };
    let in_use = core.session.in_use().map(|in_use| in_use.port);
    let widths = Group::ALL.iter().map(|group| LEAD + summary(run, *group, in_use).says.width() + 1);
    u16::try_from(widths.max().unwrap_or(0)).unwrap_or(u16::MAX)
}

/// The columns before what a group says: mark, state and name.
const LEAD: usize = 3 + 6 + 9 + 2;

/// The lines, scrolled so that those of one group are in sight, and the group that each is about.
pub fn lines(core: &Core, chosen: Option<Group>, near: Group, area: Rect) -> (Vec<Line<'static>>, Vec<Group>) {
    let (width, height) = (area.width, area.height);
    let Some(run) = core.session.run() else { return (Vec::new(), Vec::new()) };
    let in_use = core.session.in_use().map(|in_use| in_use.port);
    let all: usize = run.checks.len() + Group::ALL.len();
    let unfolded = usize::from(height) >= all.min(26);
    let width = usize::from(width);
    let mut lines = Vec::new();
    let mut groups = Vec::new();
    let mut selected_at = 0;
    for group in Group::ALL.iter().copied() {
        let summary = summary(run, group, in_use);
        let marked = chosen == Some(group);
        if group == near {
            selected_at = lines.len();
        }
        lines.push(line(core, marked, summary.outcome, &format!("{:<9}", group.title()), &summary.says, width));
        if unfolded || (group == near && usize::from(height) >= Group::ALL.len() + 8) {
            lines.extend(run.group(group).filter_map(|check| check_line(core, check, width)));
        }
        groups.resize(lines.len(), group);
    }
    let height = usize::from(height);
    let skip = (selected_at + 1).saturating_sub(height).max(selected_at.min(lines.len().saturating_sub(height)));
    let skip = if lines.len() <= height { 0 } else { skip };
    let shown = lines.into_iter().skip(skip).take(height).collect();
    (shown, groups.into_iter().skip(skip).collect())
}

fn line(core: &Core, chosen: bool, outcome: Option<Outcome>, title: &str, says: &str, width: usize) -> Line<'static> {
    let mark = if chosen { ">" } else { " " };
    let state = outcome.map_or("..", Outcome::state);
    let rest = cut(core.theme, says, width.saturating_sub(LEAD));
    let title_style = if chosen { core.theme.selected() } else { core.theme.strong() };
    Line::from_iter([
        Span::raw(format!(" {mark} ")),
        Span::styled(format!("{state:<6}"), core.theme.outcome(outcome)),
        Span::styled(title.to_owned(), title_style),
        Span::raw("  "),
        Span::raw(rest),
    ])
}

/// Whether a check found something worth a line; what was left out because of something else is not news.
fn check_line(core: &Core, check: &Check, width: usize) -> Option<Line<'static>> {
    let (outcome, says) = match &check.state {
        State::Done(finding) if finding.outcome == Outcome::Skipped => return None,
        State::Done(finding) => (Some(finding.outcome), finding.summary.clone()),
        State::Running(_) => (None, check.head.title.clone()),
        State::Waiting => (None, format!("waits: {}", check.head.title)),
    };
    let state = outcome.map_or("..", Outcome::state);
    Some(Line::from_iter([
        Span::raw("       "),
        Span::styled(format!("{state:<6}"), core.theme.outcome(outcome)),
        Span::styled(cut(core.theme, &says, width.saturating_sub(15)), core.theme.dim()),
    ]))
}

/// The question being waited for: the first that the verdict needs, or otherwise the first that is running.
pub fn waits_for(core: &Core) -> Option<String> {
    let run = core.session.run()?;
    let of_verdict = core.diagnosis.waits_for.iter().find_map(|id| run.check(id));
    let running = || run.checks.iter().find(|check| matches!(check.state, State::Running(_)));
    of_verdict.or_else(running).map(|check| check.head.title.clone())
}
