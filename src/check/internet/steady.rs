//! Do this computer's connection and clock stay the same while the run goes on? What fails because an interface was
//! pulled, or because the computer slept, is the fault of nobody who is asked meanwhile.

use crate::check::engine::{Check, How, always, none};
use crate::check::{Ctx, Group, Notebook, Verdict, millis};
use crate::facts::keys::steady as keys;
use crate::text::span;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

pub(crate) static CHECK: Check = Check {
    kind: "steady",
    group: Group::Internet,
    question: "Do this computer's connection and clock stay stable during the run?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Throughout(|ctx, book, over| Box::pin(run(ctx, book, over))),
};

/// How often it is looked. The system is asked; nothing is sent.
const EACH: Duration = Duration::from_millis(100);
/// A clock that parts from the time that passes by more than this, in milliseconds, was set, or the computer slept:
/// keeping it right takes far less (NTP slews by at most 0.5 ms a second, RFC 5905 section 10).
const MOST_APART_MS: i64 = 5_000;

async fn run(ctx: &Ctx, book: &mut Notebook, over: &watch::Receiver<bool>) -> Verdict {
    let mut over = over.clone();
    let (clock, passed) = (ctx.machine.now(), Instant::now());
    let mut says: Vec<String> = Vec::new();
    loop {
        let is_over = timeout(EACH, over.wait_for(|over| *over)).await.is_ok();
        ctx.line.look();
        if let Some(at) = ctx.line.changed().filter(|_| !book.has(&keys::CONNECTION_CHANGED)) {
            let after = millis(at.saturating_duration_since(ctx.started));
            book.note(keys::CONNECTION_CHANGED, true);
            book.saw("this computer's way to the internet", format!("was lost or changed, after {after} ms"));
            says.push("the connection was lost or changed".to_owned());
        }
        let by_clock = ctx.machine.now().as_millisecond().saturating_sub(clock.as_millisecond());
        let apart = by_clock.saturating_sub(i64::try_from(millis(passed.elapsed())).unwrap_or(i64::MAX));
        if apart.saturating_abs() > MOST_APART_MS && !book.has(&keys::CLOCK_JUMPED) {
            let (seconds, way) = (apart / 1000, if apart > 0 { "forward" } else { "back" });
            book.note(keys::CLOCK_JUMPED, seconds);
            says.push(format!("the clock went {way} by {}: it was set, or the computer slept", span(seconds)));
        }
        if is_over {
            break;
        }
    }
    match says.is_empty() {
        true => Verdict::pass("both stayed stable"),
        false => Verdict::warn(says.join("; ")),
    }
}
