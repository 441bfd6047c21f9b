//! Which internet provider is this? By the name that DNS gives to the line's public address, as a mail server saw it.

use super::{Ctx, Finding, Head, Notebook};
use crate::facts::{Value, isps};
use crate::net::{Answer, Record, RecordKind, Via};
use crate::text::Text;
use std::net::IpAddr;
use std::time::Duration;

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let mut seen_as = None;
    for need in &head.needs {
        if let Some(Value::Word(addr)) = ctx.board.wait_for(need).await.facts.get("seen-as") {
            seen_as = addr.parse::<IpAddr>().ok();
        }
    }
    let Some(addr) = seen_as.filter(|addr| !crate::net::is_inner(*addr)) else {
        return book.skipped("no mail server named our public address");
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
        return book.unknown("our public address has no name");
    };
    book.saw("name of our public address", Text::new().addr(addr).say(": ").host(&name));
    book.fact("line", name.as_str());
    match isps::of_line(&name) {
        Some(isp) => {
            book.fact("isp", isp.name.as_str());
            book.pass(format!("{}: {}", isp.name, isp.policy))
        }
        None => book.pass(format!("the line is {name}")),
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
