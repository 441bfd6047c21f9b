//! How checks look up names, and how they write down answers. Not a check.

use crate::check::Ctx;
use crate::check::engine::LOOKUP;
use crate::facts::words::NameFound;
use crate::net::{Answer, Record, RecordKind, Via};
use crate::text::Text;
use futures::FutureExt;
use futures::future::{join, join_all};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::timeout;

/// How long this computer's resolvers are waited for before others are asked as well: slow ones take two seconds.
const HEAD_START: Duration = Duration::from_millis(2_500);

/// How long others are waited for: no longer than this computer's own.
const OTHERS: Duration = Duration::from_millis(4_500);

/// Asks this computer's resolvers.
pub(crate) async fn ask_own(ctx: &Ctx, name: &str, kind: RecordKind) -> Answer {
    ctx.net.lookup(Via::System, name, kind, LOOKUP).await
}

/// Asks this computer's resolvers, and others if those fail or take long. What others say counts only if those give no
/// answer at all.
pub(crate) async fn ask(ctx: &Ctx, name: &str, kind: RecordKind) -> Answer {
    ask_in_turn(ctx, name, kind).await.1
}

/// The same: what this computer's resolvers answered, and what counts.
pub(crate) async fn ask_in_turn(ctx: &Ctx, name: &str, kind: RecordKind) -> (Answer, Answer) {
    let own = ask_own(ctx, name, kind).boxed().shared();
    let others = async {
        let _ = timeout(HEAD_START, own.clone()).await;
        ask_others(ctx, name, kind).await
    };
    tokio::pin!(others);
    let (own, others) = tokio::select! {
        biased;
        own = own.clone() => match is_definite(&own) {
            true => return (own.clone(), own),
            false => (own, others.await),
        },
        found = &mut others => (own.clone().await, found),
    };
    let counts = others.filter(|_| !is_definite(&own)).unwrap_or_else(|| own.clone());
    (own, counts)
}

/// The first definite answer of the other resolvers.
async fn ask_others(ctx: &Ctx, name: &str, kind: RecordKind) -> Option<Answer> {
    let kind = if kind == RecordKind::Address { RecordKind::A } else { kind };
    let others = ctx.options.resolvers.iter().map(|server| ctx.net.lookup(Via::Server(*server), name, kind, OTHERS));
    join_all(others).await.into_iter().find(is_definite)
}

fn is_definite(answer: &Answer) -> bool {
    matches!(answer, Answer::Records(_) | Answer::NxDomain | Answer::NoData)
}

/// The addresses of both families, from one DNS server.
pub(crate) async fn both(ctx: &Ctx, server: SocketAddr, host: &str) -> (Answer, Answer) {
    let ask = |kind| ctx.net.lookup(Via::Server(server), host, kind, LOOKUP);
    join(ask(RecordKind::A), ask(RecordKind::Aaaa)).await
}

/// What an answer says about the name.
pub(crate) fn found(answer: &Answer) -> NameFound {
    match answer {
        Answer::Records(_) => NameFound::Found,
        Answer::NxDomain => NameFound::NotFound,
        Answer::NoData => NameFound::NoAddress,
        Answer::ServFail | Answer::Refused => NameFound::Failed,
        Answer::Silent | Answer::NoNetwork => NameFound::Silent,
    }
}

/// An answer in words.
pub(crate) fn describe(answer: &Answer) -> Text {
    match answer {
        Answer::Records(records) => {
            let mut text = Text::new();
            for (index, record) in records.iter().enumerate() {
                if index > 0 {
                    text = text.say(", ");
                }
                text = match record {
                    Record::Address(addr) => text.addr(*addr),
                    Record::Cname(name) | Record::Ptr(name) => text.say("alias of ").host(name),
                    Record::Mx(preference, host) => text.say(format!("{preference} ")).host(host),
                    Record::Srv(_, _, port, target) => text.host(target).say(format!(":{port}")),
                    // Nearly every word of such a record is a name or an address.
                    Record::Txt(record) => text.host(record),
                };
            }
            text
        }
        Answer::NxDomain => "the name does not exist (NXDOMAIN)".into(),
        Answer::NoData => "no such record (NODATA)".into(),
        Answer::ServFail => "the resolver failed (SERVFAIL)".into(),
        Answer::Refused => "the resolver refused to answer (REFUSED)".into(),
        Answer::Silent => "no answer".into(),
        Answer::NoNetwork => "no resolver could be asked".into(),
    }
}
