//! The keys of a case: what they do on each screen of a case, from the dashboard to a step.

use super::ask::Ask;
use super::form::Form;
use super::help::Help;
use super::line::LineView;
use super::log_in::LogIn;
use super::save::{SaveView, preview, suggested};
use super::step::StepView;
use super::text::TextView;
use crate::report::first_page::Reader;
use crate::tui::core::Core;
use crate::tui::effect::{Effect, Request};
use crate::tui::keymap::{Action, Place};
use crate::tui::view::Next;

/// Up to this many refused log-ins a day are not yet a risk.
const FEW_REFUSALS: u32 = 2;

/// Does what a key of a case stands for, on the screen at this place.
pub(super) fn act(action: Action, place: Place, core: &mut Core) -> Next {
    match action {
        Action::Answer => answer(core),
        Action::LogIn => log_in(core),
        Action::Edit => Next::go(Form::edit(&core.session.account)),
        Action::Again => Next::DoAndHome(Effect::run(Request::again())),
        Action::Find => Next::go(LineView::find(core)),
        Action::Note => Next::go(LineView::note()),
        Action::Save => Next::go(SaveView::new(core)),
        Action::SaveAtOnce => Next::Do(Effect::Save(core.last_save.clone().unwrap_or_else(|| suggested(core)))),
        Action::OtherSide => other_side(core),
        Action::ByHand => Next::go(StepView::by_hand(core)),
        Action::Help => Next::go(Help::new(place)),
        Action::Back => Next::Back,
        _ => Next::Unknown,
    }
}

/// The open question, or one that was answered.
fn answer(core: &mut Core) -> Next {
    match StepView::with_question(core) {
        Some(step) => Next::go(step),
        None => {
            core.say("there is no open question");
            Next::Stay
        }
    }
}

/// The box for the password; after several refusals, only once the risk has been pointed out.
fn log_in(core: &Core) -> Next {
    let log_in = LogIn::new(&core.log_in);
    if core.refused_today < FEW_REFUSALS {
        return Next::go(log_in);
    }
    let text = format!(
        "{} log-ins of this account were refused today. Many providers lock an account for hours after a few more. \
         Test another password anyway?",
        core.refused_today
    );
    Next::go(Ask::new(&text, Next::instead(log_in)))
}

/// The first page for the person who, by the result, has to act.
fn other_side(core: &mut Core) -> Next {
    let reader = Reader::suggested(&core.diagnosis);
    match preview(core, reader, reader.left_out()) {
        Ok(page) => Next::go(TextView::page("A message to send; c copies it", page)),
        Err(why) => {
            core.say(why);
            Next::Stay
        }
    }
}
