//! Which internet provider is this? By the name that DNS gives to the line's public address, as a mail server saw it.

use crate::check::engine::{Check, How, Need, Scope};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::isps;
use crate::facts::keys::isp as keys;
use crate::facts::keys::smtp as smtp_keys;
use crate::net::{Answer, Record, RecordKind, Via, is_inner};
use crate::text::Text;
use std::net::IpAddr;
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "isp",
    group: Group::Internet,
    question: "Which internet provider's line is this?",
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
        return Verdict::skipped("no mail server named our public address");
    };
    let answer = ctx.net.lookup(Via::System, &reversed(addr), RecordKind::Ptr, Duration::from_secs(5)).await;
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
        None => Verdict::pass(Text::new().say("the line is ").host(name)),
    }
}

/// The name under which DNS keeps an address's name (RFC 1035 section 3.5, RFC 3596 section 2.5).
fn reversed(addr: IpAddr) -> String {
    match addr {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(v6) => {
            let nibbles = v6.octets().into_iter().rev().flat_map(|byte| [byte & 15, byte >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}.")).collect::<String>() + "ip6.arpa"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_addresses() {
        assert_eq!(reversed("198.51.100.20".parse().unwrap()), "20.100.51.198.in-addr.arpa");
        assert!(reversed("2001:db8::1".parse().unwrap()).starts_with("1.0.0.0."));
        assert!(reversed("2001:db8::1".parse().unwrap()).ends_with("8.b.d.0.1.0.0.2.ip6.arpa"));
    }
}
