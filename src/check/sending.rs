//! May this address send from here? MAIL FROM, RCPT TO, then RSET: nothing is sent.

use super::login::note_refusal;
use super::wording::{says, write_lines};
use super::{Ctx, Finding, Head, Notebook};
use crate::facts::replies::Phase;
use std::time::Duration;

const REPLY: Duration = Duration::from_secs(30);

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let dialogue = ctx.board.slots().logged_in.take();
    let Some(mut dialogue) = dialogue else {
        book.fact("result", "not-tried");
        return book.skipped("only after an accepted log-in");
    };
    let own = ctx.account.address.ascii();
    let from = ctx.account.from.clone().unwrap_or_else(|| own.clone());
    let to = ctx.account.to.clone().unwrap_or(own);
    let steps =
        [(Phase::Mail, format!("MAIL FROM:<{from}>"), "sender"), (Phase::Rcpt, format!("RCPT TO:<{to}>"), "recipient")];
    for (phase, command, what) in steps {
        match dialogue.ask(command.as_bytes(), None, REPLY).await {
            Ok(reply) if reply.is_positive() => {}
            Ok(reply) => {
                write_lines(ctx, &mut book, &dialogue.lines);
                tokio::spawn(dialogue.quit());
                book.fact("result", if reply.is_temporary() { "temporary" } else { "rejected" });
                book.fact("refused", what);
                note_refusal(&mut book, phase, &reply);
                return book.fail(format!("the {what} is refused: {}", reply.joined()));
            }
            Err(why) => {
                write_lines(ctx, &mut book, &dialogue.lines);
                book.fact("result", "temporary");
                return book.fail(format!("no answer to {command}: {}", says(&why)));
            }
        }
    }
    let _ = dialogue.ask(b"RSET", None, REPLY).await;
    write_lines(ctx, &mut book, &dialogue.lines);
    tokio::spawn(dialogue.quit());
    book.fact("result", "accepted");
    book.pass("accepted; nothing was sent")
}
