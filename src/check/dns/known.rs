//! Can the names of large mail providers be found? Asked only where no server to compare with has a name: then nothing else
//! shows whether this computer finds any name at all.

use super::ask::{ask_own, describe, found};
use crate::account::provider;
use crate::check::engine::{Check, How, Scope, none, timed};
use crate::check::{Ctx, Group, Notebook, Reference, Verdict};
use crate::facts::keys::dns_known as keys;
use crate::facts::words::NameFound;
use crate::net::RecordKind;
use futures::future::join_all;

pub(crate) static CHECK: Check = Check {
    kind: "dns.known",
    group: Group::Dns,
    question: "Can the names of large mail providers be found?",
    when: no_reference_has_a_name,
    needs: none,
    facts: keys::ALL,
    how: How::Before(|ctx, book| Box::pin(run(ctx, book))),
};

/// Providers of the table whose names have existed for decades.
const LARGE: [&str; 3] = ["gmail.com", "outlook.com", "yahoo.com"];
/// How many of them are asked for: a single name may be blocked.
const ASKED: usize = 2;

fn no_reference_has_a_name(scope: &Scope<'_>) -> bool {
    !scope.options.references.iter().any(Reference::has_name)
}

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    // The account's own provider may be the one whose names are blocked.
    let own = provider::of_domain(ctx.account.address.domain()).map_or("", |own| own.id.as_str());
    let rows = LARGE.iter().filter(|id| **id != own).filter_map(|id| provider::by_id(id)?.servers.first());
    let names = rows.map(|choice| choice.host.as_str()).take(ASKED);
    let asked = names.map(|name| async move { (name, timed(ask_own(ctx, name, RecordKind::Address)).await) });
    let mut words = Vec::new();
    for (name, (at, answer)) in join_all(asked).await {
        book.saw_at(at, name, describe(&answer));
        words.push(found(&answer));
    }
    let all_are = |kinds: &[NameFound]| words.iter().all(|word| kinds.contains(word));
    let result = match () {
        () if all_are(&[NameFound::NotFound, NameFound::NoAddress]) => NameFound::NotFound,
        () if all_are(&[NameFound::Failed, NameFound::Silent]) => NameFound::Failed,
        () => NameFound::Found,
    };
    book.note(keys::RESULT, result);
    match result {
        NameFound::Found => Verdict::pass("found"),
        NameFound::NotFound => Verdict::warn("this computer's DNS server knows none of them"),
        _ => Verdict::warn("this computer's DNS server answers for none of them"),
    }
}
