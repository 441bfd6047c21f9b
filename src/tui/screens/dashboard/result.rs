//! The result: the verdict, what to do now, who fixes it permanently, what to tell the caller.

use super::checks::summary;
use crate::check::{Group, Outcome as CheckOutcome};
use crate::facts::vocabulary::in_words;
use crate::guide::UNDETERMINED;
use crate::guide::rule::Who;
use crate::session::diagnosis::Outcome;
use crate::session::guide;
use crate::text::capital;
use crate::tui::core::Core;
use crate::tui::screens::parts::labelled;
use ratatui::style::Style;
use ratatui::text::Line;

/// How certain the verdict is, and whether it is final.
pub fn certainty(core: &Core) -> String {
    if core.is_hidden() {
        return String::new();
    }
    let diagnosis = &core.diagnosis;
    let state = match (core.is_running(), diagnosis.is_final, diagnosis.reached) {
        (false, ..) | (_, _, false) => String::new(),
        (true, true, true) => "final".to_owned(),
        (true, false, true) => can_change(diagnosis.waits_for.len()),
    };
    let word = match diagnosis.outcome {
        Outcome::Unsure => "",
        _ => diagnosis.certainty.word(),
    };
    [word, &state].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
}

/// "2 checks can still change it".
fn can_change(count: usize) -> String {
    match count {
        1 => "1 check can still change it".to_owned(),
        count => format!("{count} checks can still change it"),
    }
}

/// As long as there is no verdict: what it looks like, what has failed, and what can still change it.
fn so_far(core: &Core) -> String {
    let run = core.session.run();
    let in_use = core.session.in_use().map(|in_use| in_use.port);
    let summaries = Group::ALL.iter().filter_map(|group| Some(summary(run?, *group, in_use)));
    let failed: Vec<String> =
        summaries.filter(|summary| summary.outcome == Some(CheckOutcome::Fail)).map(|summary| summary.says).collect();
    let waits = &core.diagnosis.summary;
    let open = core.diagnosis.waits_for.len();
    match (core.so_far.as_deref(), failed.is_empty()) {
        (Some(headline), false) => {
            format!("So far: {}: looks like: {headline} ({}).", failed.join("; "), can_change(open))
        }
        (_, false) => format!("So far: {} ({}).", failed.join("; "), can_change(open)),
        (_, true) if open > 0 => format!("So far nothing has failed. {waits}"),
        _ if waits.is_empty() => "Looking ...".to_owned(),
        _ => waits.clone(),
    }
}

/// The lines of the result, the most important first: on a low screen the last ones are cut off.
pub fn lines(core: &Core, width: u16, height: u16) -> Vec<Line<'static>> {
    let diagnosis = &core.diagnosis;
    let theme = core.theme;
    let width = usize::from(width);
    let roomy = height >= 30;
    if let Some(lesson) = core.lesson.as_ref().filter(|lesson| lesson.guess.is_none()) {
        let done =
            if core.is_running() { "The checks are running; look at them." } else { "Everything has been measured." };
        let mut lines = labelled(theme, "The call", &lesson.story, width, theme.strong(), 3);
        lines.extend(labelled(theme, "", &format!("{done} What is the cause? Enter: guess."), width, theme.dim(), 2));
        return lines;
    }
    if !diagnosis.reached {
        return labelled(theme, "CHECKING", &so_far(core), width, theme.strong(), 2);
    }
    let style = theme.verdict(diagnosis.outcome);
    let headline = format!("{}.", diagnosis.title.trim_end_matches('.'));
    let mut lines = labelled(theme, diagnosis.outcome.says(), &headline, width, style, 2);
    if let Some(first) = lines.first_mut().and_then(|line| line.spans.first_mut()) {
        first.style = style;
    }
    lines.extend(guess(core, width, height));
    if roomy {
        lines.extend(labelled(theme, "", &diagnosis.summary, width, theme.dim(), 3));
    }
    let plain = Style::new();
    let most = if roomy { 3 } else { 2 };
    if !diagnosis.error.is_empty() {
        lines.extend(labelled(theme, "Error", &diagnosis.error, width, plain, most));
    }
    lines.extend(labelled(theme, "Do now", &capital(&diagnosis.now_name), width, theme.strong(), most));
    if height < 16 {
        return lines;
    }
    let nobody = diagnosis.now == Who::Nobody && diagnosis.who == Who::Nobody;
    let for_good = if nobody {
        format!("Nobody: {}", diagnosis.who_name)
    } else if diagnosis.cause == UNDETERMINED {
        // Nothing is found yet that could be fixed for good: what was found out next decides that.
        format!("Next: {}; {}", diagnosis.now.says(), diagnosis.who_name)
    } else if diagnosis.now == diagnosis.who {
        format!("{}, now and for good: {}", capital(diagnosis.now.says()), diagnosis.who_name)
    } else {
        format!("Now: {}. For good: {}: {}", diagnosis.now.says(), diagnosis.who.says(), diagnosis.who_name)
    };
    lines.extend(labelled(theme, "Fixed by", &for_good, width, plain, most));
    if !diagnosis.tell_caller.is_empty() {
        let said = format!("\"{}\"", diagnosis.tell_caller);
        // This is read out loud, so it is never cut in the middle.
        lines.extend(labelled(theme, "Tell caller", &said, width, plain, most + 1));
    }
    if let Some(first) = diagnosis.ends.first() {
        lines.extend(labelled(theme, "Ends", &first.says, width, theme.dim(), 2));
    }
    lines
}

/// A learner's guess, in its own colour, and what gave the cause away.
fn guess(core: &Core, width: usize, height: u16) -> Vec<Line<'static>> {
    let Some((lesson, is_right)) = core.lesson.as_ref().and_then(|lesson| Some((lesson, lesson.is_right()?))) else {
        return Vec::new();
    };
    let guess = guide().headline(lesson.guess.as_deref().unwrap_or_default());
    // The word comes first: on a narrow screen the end is cut.
    let text = format!("{}: {guess}", if is_right { "right" } else { "wrong" });
    let mut lines = labelled(core.theme, "Your guess", &text, width, core.theme.guess(is_right), 1);
    let because = core.diagnosis.path.last().map(|step| in_words(&step.because)).unwrap_or_default();
    if !because.is_empty() && height >= 16 {
        lines.extend(labelled(core.theme, "Given away", &format!("by {because}"), width, core.theme.dim(), 2));
    }
    lines
}
