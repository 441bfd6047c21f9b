//! The result: the verdict, what to do now, who fixes it permanently, what to tell the caller.

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
    let state = if !diagnosis.is_final && core.is_running() { "not yet final" } else { "" };
    let word = match diagnosis.outcome {
        Outcome::Unsure => "",
        _ => diagnosis.certainty.word(),
    };
    [word, state].into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
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
        let text = if diagnosis.summary.is_empty() { "Looking ...".to_owned() } else { diagnosis.summary.clone() };
        return labelled(theme, "CHECKING", &text, width, theme.strong(), 2);
    }
    let style = theme.verdict(diagnosis.outcome);
    let headline = format!("{}.", diagnosis.title.trim_end_matches('.'));
    let guessed = core.lesson.as_ref().and_then(|lesson| Some((lesson.guess.as_deref()?, lesson.cause.as_str())));
    let guess = guessed.map(|(guess, cause)| match guess == cause {
        true => "You were right. ".to_owned(),
        false => format!("You said: {}. It is: ", guide().headline(guess)),
    });
    let headline = format!("{}{headline}", guess.unwrap_or_default());
    let mut lines = labelled(theme, diagnosis.outcome.says(), &headline, width, style, 2);
    if let Some(first) = lines.first_mut().and_then(|line| line.spans.first_mut()) {
        first.style = style;
    }
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
