//! Is this computer's clock right? Compared with the date in a web server's answer (RFC 9110 section 6.6.1); without one,
//! only whether its time can be true at all.

use super::connectivity;
use crate::check::engine::{Check, How, Need};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::derive::MOST_CLOCK_OFF_S;
use crate::facts::forecast;
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
        return by_itself(ctx, book);
    };
    book.note(clock::AHEAD, ahead);
    let direction = if ahead >= 0 { "ahead" } else { "behind" };
    book.saw("Date in a web server's answer", format!("this computer is {} s {direction}", ahead.abs()));
    match ahead.unsigned_abs() {
        0..2 => Verdict::pass("this computer's clock is right"),
        2..=MOST_CLOCK_OFF_S => Verdict::pass(format!("this computer's clock is right to within {} s", ahead.abs())),
        _ => Verdict::fail(format!("{} {direction}", span(ahead))),
    }
}

/// Nothing on the network tells the time: whether this computer's can be true at all.
fn by_itself(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let now = ctx.machine.now();
    if is_plausible(now) {
        return Verdict::unknown("no time from the network to compare with");
    }
    book.note(clock::IMPLAUSIBLE, true);
    book.saw("this computer's clock", now.to_string());
    Verdict::warn(format!("no time from the network to compare with, but it cannot be {}", now.strftime("%Y")))
}

/// Longer than any version of a program is used, in years.
const MOST_YEARS: i16 = 10;

/// It is later than what this program knows, and not later than anybody uses this version.
fn is_plausible(now: jiff::Timestamp) -> bool {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    forecast::newest().is_none_or(|made| made <= today && today.year() <= made.year().saturating_add(MOST_YEARS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_before_this_program_or_long_after_it_cannot_be() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap();
        assert!(is_plausible(jiff::Timestamp::now()));
        for other in ["1970-01-01T00:00:00Z", "2020-02-29T12:00:00Z", "2099-12-31T23:59:59Z", "2200-01-01T00:00:00Z"] {
            assert!(!is_plausible(at(other)), "{other}");
        }
        assert!(!is_plausible(jiff::Timestamp::MAX) && !is_plausible(jiff::Timestamp::MIN));
    }
}
