//! Is this computer's clock right? Against the date in a web server's answer (RFC 9110 section 6.6.1).

use super::{Ctx, Finding, Head, Notebook};

/// How far a clock may be off before certificates and log-ins suffer, in seconds (Kerberos allows five minutes).
const MOST_OFF: i64 = 300;

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let Some(off) = ctx.board.slots().clock_off else {
        return book.unknown("no time from the network to compare with");
    };
    book.fact("off_s", off);
    book.saw(
        "Date in a web server's answer",
        format!("this computer is {} s {}", off.abs(), if off >= 0 { "ahead" } else { "behind" }),
    );
    if off.abs() <= MOST_OFF {
        return book.pass(if off.abs() < 2 {
            "this computer's clock is right".to_owned()
        } else {
            format!("this computer's clock is right to {} s", off.abs())
        });
    }
    book.fail(format!("{} {}", in_words(off), if off > 0 { "ahead" } else { "behind" }))
}

/// A span of seconds in words.
pub(crate) fn in_words(seconds: i64) -> String {
    let seconds = seconds.abs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "seconds"),
        120..7_200 => (seconds / 60, "minutes"),
        7_200..172_800 => (seconds / 3_600, "hours"),
        _ => (seconds / 86_400, "days"),
    };
    format!("{count} {unit}")
}
