//! Does the mail domain exist?

use super::ask::{ask, describe};
use crate::account::spelling;
use crate::check::engine::{Check, How, LOOKUP, always, none, timed};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::dns_domain as keys;
use crate::facts::words::DomainFound;
use crate::net::{Answer, Record, RecordKind, Via};
use crate::text::Text;
use futures::future::{join, join_all};

pub(crate) static CHECK: Check = Check {
    kind: "dns.domain",
    group: Group::Dns,
    question: "Does the mail domain exist?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Before(|ctx, book| Box::pin(run(ctx, book))),
};

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let domain = ctx.account.address.domain();
    let asked = |kind| timed(ask(ctx, domain, kind));
    let ((mx_at, exchangers), (a_at, addresses)) = join(asked(RecordKind::Mx), asked(RecordKind::A)).await;
    book.saw_at(mx_at, format!("MX {domain}"), describe(&exchangers));
    book.saw_at(a_at, format!("A {domain}"), describe(&addresses));
    if let Answer::Records(records) = &exchangers {
        let hosts = records.iter().filter_map(|record| match record {
            Record::Mx(_, host) => Some(host.clone()),
            _ => None,
        });
        book.note(keys::MX, hosts.collect::<Vec<_>>());
    }
    let meant = spelling::domain_meant(domain);
    if let Some(meant) = meant {
        book.note(keys::SUGGESTION, meant);
    }
    let unknown_here = matches!((&exchangers, &addresses), (Answer::NxDomain, Answer::NxDomain));
    let found = if unknown_here && others_know(ctx, book, domain).await {
        DomainFound::Contradicted
    } else {
        judge(&exchangers, &addresses)
    };
    book.note(keys::RESULT, found);
    let domain = || Text::new().host(domain);
    match (found, meant) {
        (DomainFound::Found, None) => Verdict::pass(domain().say(" exists")),
        (DomainFound::Found, Some(meant)) => {
            Verdict::warn(domain().say(" exists, but did somebody mean ").host(meant).say("?"))
        }
        (DomainFound::Contradicted, _) => {
            Verdict::fail(domain().say(" does not exist for this computer, but does for others"))
        }
        (DomainFound::NotFound, Some(meant)) => {
            Verdict::fail(domain().say(" does not exist; did somebody mean ").host(meant).say("?"))
        }
        (DomainFound::NotFound, None) => Verdict::fail(domain().say(" does not exist")),
        // Whether a domain receives mail says little about whether it can send.
        (DomainFound::NoAddress, _) => Verdict::warn(domain().say(" has neither a mail exchanger nor an address")),
        (DomainFound::Failed, _) => {
            Verdict::fail(Text::new().say("the DNS servers fail to answer for ").append(domain()))
        }
        (DomainFound::Silent, _) => Verdict::fail("no DNS server answers"),
    }
}

fn judge(exchangers: &Answer, addresses: &Answer) -> DomainFound {
    let either = |is: fn(&Answer) -> bool| is(exchangers) || is(addresses);
    if either(|answer| matches!(answer, Answer::Records(_))) {
        DomainFound::Found
    } else if either(|answer| matches!(answer, Answer::NxDomain)) {
        DomainFound::NotFound
    } else if either(|answer| matches!(answer, Answer::NoData)) {
        DomainFound::NoAddress
    } else if either(|answer| matches!(answer, Answer::ServFail | Answer::Refused)) {
        DomainFound::Failed
    } else {
        DomainFound::Silent
    }
}

/// Whether another resolver knows the mail domain.
async fn others_know(ctx: &Ctx, book: &mut Notebook, domain: &str) -> bool {
    let asked = ctx.options.resolvers.iter().map(|server| async move {
        (server, timed(ctx.net.lookup(Via::Server(*server), domain, RecordKind::Mx, LOOKUP)).await)
    });
    let answers = join_all(asked).await;
    for (server, (at, answer)) in &answers {
        book.saw_at(*at, format!("MX {domain} at {server}"), describe(answer));
    }
    answers.iter().any(|(_, (_, answer))| matches!(answer, Answer::Records(_) | Answer::NoData))
}
