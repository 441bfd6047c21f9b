//! Which security programs, firewalls and VPNs are on this computer, and is it a rented machine? What the system tells an
//! ordinary user: the names of running programs, switches, network interfaces, which of them leads to the server, and
//! what the firmware says. Nothing is blamed here: it names what to look at if a port is blocked.

use crate::account::MeasuredOn;
use crate::check::dns::server;
use crate::check::engine::{Check, How, Need, always};
use crate::check::{Ctx, Group, Notebook, Role, Verdict};
use crate::facts::keys::protection as keys;
use crate::facts::{hosters, interceptors};
use crate::machine::{ANYWHERE, Local, firewall, security_center};
use crate::text::{Mark, Text, is_inner};
use std::net::IpAddr;

pub(crate) static CHECK: Check = Check {
    kind: "protection",
    group: Group::Ports,
    question: "Which security programs and VPNs are on this computer?",
    when: always,
    needs: |_| vec![Need::After(server::CHECK.of(Role::InUse))],
    facts: keys::ALL,
    how: How::Case(|ctx, book, case| Box::pin(run(ctx, book, case.in_use.port))),
};

async fn run(ctx: &Ctx, book: &mut Notebook, port: u16) -> Verdict {
    let running = ctx.machine.programs().await;
    let mut products: Vec<String> = Vec::new();
    for program in &running {
        if let Some(row) = interceptors::of_program(program)
            && !products.contains(&row.name)
        {
            products.push(row.name.clone());
            book.saw("is running here", format!("{program}, of {}", row.name));
        }
    }
    for name in security_center::products(ctx.machine.registry(), &running) {
        let maker = |name: &str| name.split_whitespace().next().map(str::to_lowercase);
        if !products.iter().any(|known| maker(known) == maker(&name)) {
            book.saw("registered with Windows Security Center, and running", name.as_str());
            products.push(name);
        }
    }
    let local = ctx.machine.local();
    let mut says: Vec<Text> = products.iter().map(|name| Text::from(format!("{name} is running here"))).collect();
    book.note(keys::PRODUCTS, products);
    if let Some(firewall) = &local.firewall {
        book.note(keys::FIREWALL, firewall.as_str());
        says.push(format!("{firewall} is on").into());
    }
    if let Some(rules) = rules(ctx, port) {
        if let [rule, ..] = rules.as_slice() {
            book.saw("a rule of Windows Firewall against the mail program", Text::new().foreign(rule));
            says.push("a rule of Windows Firewall blocks this port for the mail program".into());
        }
        book.note(keys::RULES, rules);
    }
    if let Some(vpn) = &local.vpn {
        book.note(keys::VPN, vpn.as_str());
        says.push(format!("a VPN is connected ({vpn}){}", way_by_vpn(ctx, book, &local)).into());
    }
    if let Some(hoster) = hosters::of_firmware(&local.firmware) {
        book.note(keys::HOSTER, hoster.name.as_str());
        says.push(format!("this is a machine rented from {}", hoster.name).into());
    }
    let [anywhere, _] = ANYWHERE;
    let source = ctx.machine.source_for(anywhere).filter(|addr| !local.vpn_addresses.contains(addr));
    book.note(keys::OWN_PUBLIC_ADDRESS, source.is_some_and(|addr| !is_inner(addr)));
    let web = ctx.machine.proxy().await;
    if let Some(proxy) = &web.at {
        book.note(keys::PROXY, proxy.as_str());
        book.saw("a web proxy is set", Text::new().mark(Mark::Inner, proxy));
        says.push(Text::new().say("a web proxy is set (").mark(Mark::Inner, proxy).say(")"));
    }
    if let Some(at) = web.script.and_then(|script| script.at) {
        book.saw("a script chooses the web proxy", Text::new().mark(Mark::Inner, &at));
        says.push("a script chooses the web proxy".into());
    }
    let says = says.into_iter().reduce(|all, next| all.say("; ").append(next));
    match says {
        Some(says) => Verdict::pass(says),
        None if running.is_empty() => Verdict::unknown("the system does not say which programs are running"),
        None => Verdict::pass("no known security program, firewall, VPN or proxy"),
    }
}

/// The rules of Windows Firewall against the mail program; `None` if they cannot be known.
fn rules(ctx: &Ctx, port: u16) -> Option<Vec<String>> {
    let program = ctx.account.client()?.runs_as.as_deref()?;
    let is_here = ctx.account.measured_on == MeasuredOn::ThisMachine;
    is_here.then(|| firewall::rules_against(ctx.machine.registry(), program, port))?
}

/// Whether connections to the server, and others, go through the VPN: noted, and in words.
fn way_by_vpn(ctx: &Ctx, book: &mut Notebook, local: &Local) -> &'static str {
    let by_vpn = |to: IpAddr| ctx.machine.source_for(to).map(|own| local.vpn_addresses.contains(&own));
    // The address that is tried first, and anywhere else in the same family.
    let Some(to) = local.first_tried(ctx.addresses(Role::InUse)) else { return "" };
    let Some(carries) = by_vpn(to) else { return "" };
    book.note(keys::VPN_CARRIES, carries);
    let elsewhere = ANYWHERE.into_iter().find(|addr| addr.is_ipv4() == to.is_ipv4()).and_then(by_vpn);
    if let Some(all) = elsewhere {
        book.note(keys::VPN_CARRIES_ALL, all);
    }
    match (carries, elsewhere) {
        (true, Some(true)) => "; everything goes through it",
        (true, _) => "; the connection to the server goes through it",
        (false, _) => "; the connection to the server does not go through it",
    }
}
