//! Which security programs, firewalls and VPNs are on this computer? What the system tells an ordinary user: the names of
//! running programs, switches, network interfaces. Nothing here accuses: it names what to look at once a port is shut on this computer.

use super::{Ctx, Finding, Head, Notebook};
use crate::facts::interceptors;
use crate::text::{Mark, Text};

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let running = ctx.net.programs().await;
    let mut products: Vec<&str> = Vec::new();
    for program in &running {
        if let Some(row) = interceptors::of_program(program)
            && !products.contains(&row.name.as_str())
        {
            products.push(&row.name);
            book.saw("runs here", format!("{program}, of {}", row.name));
        }
    }
    let local = ctx.net.local();
    book.fact("products", products.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let mut says: Vec<String> = products.iter().map(|name| format!("{name} runs here")).collect();
    if let Some(firewall) = &local.firewall {
        book.fact("firewall", firewall.as_str());
        says.push(format!("{firewall} is on"));
    }
    if let Some(vpn) = &local.vpn {
        book.fact("vpn", vpn.as_str());
        says.push(format!("a VPN is connected ({vpn})"));
    }
    if let Some(proxy) = &local.proxy {
        book.fact("proxy", proxy.as_str());
        book.saw("a web proxy is set", Text::from(proxy.as_str()).marking(Mark::Inner, proxy));
        says.push(format!("a web proxy is set ({proxy})"));
    }
    match (running.is_empty(), says.is_empty()) {
        (true, true) => book.unknown("the system does not say which programs run"),
        (false, true) => book.pass("no security program or firewall that we know, no VPN, no proxy"),
        (_, false) => book.pass(says.join("; ")),
    }
}
