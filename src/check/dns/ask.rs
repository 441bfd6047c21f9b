//! How checks look up names, and how they write down answers. Not a check.

use crate::check::Ctx;
use crate::facts::words::NameFound;
use crate::net::{Answer, Record, RecordKind, Via};
use crate::text::Text;
use futures::future::{join, join_all};
use std::net::SocketAddr;
use std::time::Duration;

/// How long a look-up may take: a lost query costs a resolver 5 s.
pub(crate) const LOOKUP: Duration = Duration::from_secs(7);

/// Asks this computer's resolvers.
pub(crate) async fn ask_own(ctx: &Ctx, name: &str, kind: RecordKind) -> Answer {
    ctx.net.lookup(Via::System, name, kind, LOOKUP).await
}

/// Asks this computer's resolvers, and others only if those give no answer at all.
pub(crate) async fn ask(ctx: &Ctx, name: &str, kind: RecordKind) -> Answer {
    let own = ask_own(ctx, name, kind).await;
    or_others(ctx, own, name, kind).await
}

/// What this computer's resolvers answered; if that is no answer at all, what others do.
pub(crate) async fn or_others(ctx: &Ctx, own: Answer, name: &str, kind: RecordKind) -> Answer {
    let is_definite = |answer: &Answer| matches!(answer, Answer::Records(_) | Answer::NxDomain | Answer::NoData);
    if is_definite(&own) {
        return own;
    }
    let kind = if kind == RecordKind::Address { RecordKind::A } else { kind };
    let others = ctx.options.resolvers.iter().map(|server| ctx.net.lookup(Via::Server(*server), name, kind, LOOKUP));
    join_all(others).await.into_iter().find(is_definite).unwrap_or(own)
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
