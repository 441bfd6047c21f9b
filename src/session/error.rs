//! What the error that the caller sees means, in words, beside the verdict. What it means is found in `facts::pasted`,
//! what follows from it in the guide.

use crate::facts::bounce::Bounce;
use crate::facts::pasted::By;
use crate::facts::{Derived, outlook_errors};
use crate::guide::judge::judge;
use crate::guide::rule::Held;
use crate::guide::walk::Walk;
use crate::guide::{Guide, UNDETERMINED};
use crate::session::Run;
use crate::text::Text;

/// How many causes are named that a number may point to.
const MOST_SUGGESTED: usize = 3;
/// How many numbers are explained.
const MOST_NUMBERS: usize = 3;

/// Says what it means, or that nobody knows; `None` if nobody said what the caller sees.
pub(super) fn error_in_words(guide: &Guide, run: &Run, walk: &Walk, facts: &Derived) -> Option<Text> {
    let error = run.account.error.as_deref().filter(|error| !error.trim().is_empty())?;
    let pasted = run.said.as_deref()?;
    let text = pasted.bounce.as_ref().map_or_else(Text::new, came_back);
    let whose = match pasted.by {
        By::Bounce => "Its words mean",
        By::Server => "The server's words in the error mean",
        By::Program => "The mail program's words in the error mean",
        By::Number | By::Nobody => "It means",
    };
    let whose = if pasted.is_guess { "It is not in our table, but seems to mean" } else { whose };
    let text = match pasted.cause.filter(|cause| *cause != UNDETERMINED) {
        Some(cause) => {
            let text = text.say(format!("{whose}: {}.", guide.headline(cause)));
            let is_found = walk.reached.as_ref().is_some_and(|reached| reached.cause == cause);
            match !is_found && judge(guide, cause, facts).excluded == Held::Yes {
                true => text.say(" The measurements speak against it: check whether the error still occurs."),
                false => text,
            }
        }
        None if pasted.by == By::Number => text.append(numbers(guide, error)),
        None => text.say("What it means is not in our table, so this result does not explain it."),
    };
    let also: Vec<&str> = pasted.also.iter().map(|cause| guide.headline(cause)).collect();
    Some(if also.is_empty() { text } else { text.say(format!(" It also says: {}.", also.join("; "))) })
}

/// "A message to x@example.org came back: mx.example.org refused it (5.1.1)."
fn came_back(bounce: &Bounce) -> Text {
    let mut text = Text::new().say("A message");
    if let Some(recipient) = &bounce.recipient {
        text = text.say(" to ").user(recipient);
    }
    let (happened, did) = match bounce.is_delay {
        true => (" is late", " has not accepted it yet"),
        false => (" came back", " did not accept it"),
    };
    text = text.say(happened);
    if let Some(host) = &bounce.refused_by {
        text = text.say(": ").host(host).say(did);
    }
    let status = bounce.status.as_ref().map_or_else(String::new, |status| format!(" ({status})"));
    text.say(format!("{status}. "))
}

/// "0x800CCC0F: The connection broke off midway. It may come from: ..."
fn numbers(guide: &Guide, error: &str) -> Text {
    let rows = outlook_errors::in_text(error).into_iter().take(MOST_NUMBERS);
    let rows = rows.map(|row| {
        let suggests = row.suggests.iter().filter(|cause| *cause != UNDETERMINED).take(MOST_SUGGESTED);
        let suggests: Vec<&str> = suggests.map(|cause| guide.headline(cause)).collect();
        match suggests.is_empty() {
            true => format!("{}: {} The number alone does not say why.", row.number, row.says),
            false => format!("{}: {} It may come from: {}.", row.number, row.says, suggests.join("; ")),
        }
    });
    Text::new().say(rows.collect::<Vec<_>>().join(" "))
}
