//! Which internet provider is this? Told by the name that DNS gives the line's public address, as a mail server
//! saw it.

use crate::check::engine::{Check, How, Need, Scope};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::isps;
use crate::facts::keys::isp as keys;
use crate::facts::keys::smtp as smtp_keys;
use crate::net::{Answer, Record};
use crate::text::{Text, is_inner};
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "isp",
    group: Group::Internet,
    question: "Which internet provider is this?",
    when: |scope| scope.in_use.is_some_and(|in_use| in_use.port == 25),
    needs,
    facts: keys::ALL,
    how: How::Case(|ctx, book, _| Box::pin(run(ctx, book))),
};

fn needs(scope: &Scope<'_>) -> Vec<Need> {
    scope.ports_in_use().map(|target| Need::After(talk::CHECK.at(target))).collect()
}

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let mut seen_as = ctx.needs().iter().filter_map(|id| ctx.fact(id, &smtp_keys::SEEN_AS));
    let seen_as = seen_as.next_back();
    let Some(addr) = seen_as.filter(|addr| !is_inner(*addr)) else {
        return Verdict::skipped("no mail server told us our public address");
    };
    let answer = ctx.net.reverse(addr, Duration::from_secs(5)).await;
    let name = match &answer {
        Answer::Records(records) => records.iter().find_map(|record| match record {
            Record::Ptr(name) => Some(name.clone()),
            _ => None,
        }),
        _ => None,
    };
    let Some(name) = name else {
        book.saw("name of our public address", Text::new().addr(addr).say(format!(": {}", answer.word())));
        return Verdict::unknown("our public address has no name");
    };
    book.saw("name of our public address", Text::new().addr(addr).say(": ").host(&name));
    book.note(keys::LINE, name.as_str());
    match isps::of_line(&name) {
        Some(isp) => {
            book.note(keys::ISP, isp.name.as_str());
            Verdict::pass(format!("{}: {}", isp.name, isp.policy))
        }
        None => Verdict::pass(Text::new().say("the connection's name is ").host(name)),
    }
}
