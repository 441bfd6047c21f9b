//! Which security programs, firewalls and VPNs are on this computer? What the system tells an ordinary user: the names
//! of running programs, switches, network interfaces. Nothing is blamed here: it names what to look at if a port is
//! blocked on this computer.

use crate::check::engine::{Check, How, always, none};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::interceptors;
use crate::facts::keys::protection as keys;
use crate::text::{Mark, Text};

pub(crate) static CHECK: Check = Check {
    kind: "protection",
    group: Group::Ports,
    question: "Which security programs and VPNs are on this computer?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Case(|ctx, book, _| Box::pin(run(ctx, book))),
};

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let running = ctx.machine.programs().await;
    let mut products: Vec<String> = Vec::new();
    for program in &running {
        if let Some(row) = interceptors::of_program(program)
            && !products.contains(&row.name)
        {
            products.push(row.name.clone());
            book.saw("runs here", format!("{program}, of {}", row.name));
        }
    }
    let local = ctx.machine.local();
    let mut says: Vec<Text> = products.iter().map(|name| Text::from(format!("{name} runs here"))).collect();
    book.note(keys::PRODUCTS, products);
    if let Some(firewall) = &local.firewall {
        book.note(keys::FIREWALL, firewall.as_str());
        says.push(format!("{firewall} is on").into());
    }
    if let Some(vpn) = &local.vpn {
        book.note(keys::VPN, vpn.as_str());
        says.push(format!("a VPN is connected ({vpn})").into());
    }
    if let Some(proxy) = &local.proxy {
        book.note(keys::PROXY, proxy.as_str());
        book.saw("a web proxy is set", Text::new().mark(Mark::Inner, proxy));
        says.push(Text::new().say("a web proxy is set (").mark(Mark::Inner, proxy).say(")"));
    }
    let says = says.into_iter().reduce(|all, next| all.say("; ").append(next));
    match says {
        Some(says) => Verdict::pass(says),
        None if running.is_empty() => Verdict::unknown("the system does not say which programs run"),
        None => Verdict::pass("no security program or firewall that we know, no VPN, no proxy"),
    }
}
