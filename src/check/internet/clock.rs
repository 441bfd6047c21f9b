//! Is this computer's clock right? Compared with the date in a web server's answer (RFC 9110 section 6.6.1).

use super::connectivity;
use crate::check::engine::{Check, How, Need};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::derive::MOST_CLOCK_OFF_S;
use crate::facts::keys::{self, clock};
use crate::text::span;

pub(crate) static CHECK: Check = Check {
    kind: "clock",
    group: Group::Internet,
    question: "Is this computer's clock right?",
    when: |scope| !scope.options.connectivity.is_empty(),
    needs: |_| vec![Need::After(connectivity::CHECK.id())],
    facts: clock::ALL,
    how: How::Before(|ctx, book| Box::pin(run(ctx, book))),
};

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let Some(ahead) = ctx.fact(&connectivity::CHECK.id(), &keys::connectivity::CLOCK_AHEAD) else {
        return Verdict::unknown("no time from the network to compare with");
    };
    book.note(clock::AHEAD, ahead);
    let direction = if ahead >= 0 { "ahead" } else { "behind" };
    book.saw("Date in a web server's answer", format!("this computer is {} s {direction}", ahead.abs()));
    match ahead.unsigned_abs() {
        0..2 => Verdict::pass("this computer's clock is right"),
        2..=MOST_CLOCK_OFF_S => Verdict::pass(format!("this computer's clock is right to {} s", ahead.abs())),
        _ => Verdict::fail(format!("{} {direction}", span(ahead))),
    }
}
