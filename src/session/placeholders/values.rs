//! The values of placeholders that take more than a look at one fact. The table is in `placeholders`.

use crate::account::provider::{Kind, UserForm};
use crate::account::{Security, mechanisms};
use crate::facts::key::{Key, Observable};
use crate::facts::keys::{
    certificate, chain, clock, dns_own, isp, login, others, port, protection, sender_domain, sending, settings, smtp,
    tls,
};
use crate::facts::words::EhloName;
use crate::facts::{ehlo, isps, senders, spf, told, vocabulary};
use crate::session::lookup::Lookup;
use crate::session::run::State;
use crate::text::{grouped, span, visible_str};

/// The log-in name; `None` if the provider assigns one that nobody has typed. Apple's is the iCloud address, whatever the
/// domain of the mail address.
pub(super) fn user(case: &Lookup<'_>) -> Option<String> {
    let account = &case.run.account;
    let is_assigned = case.provider.is_some_and(|row| match row.kind {
        Kind::Apple => !row.domains.iter().any(|domain| domain == account.address.domain()),
        _ => row.user == UserForm::Other,
    });
    (account.settings.user().is_some() || !is_assigned).then(|| account.log_in_name(case.run.wanted.as_ref()))
}

pub(super) fn sender(case: &Lookup<'_>) -> Option<String> {
    let account = &case.run.account;
    Some(account.from.clone().unwrap_or_else(|| account.address.to_string()))
}

/// What to set; a name that the certificate is not for is not set again, nor one that is misspelt.
pub(super) fn wanted_server(case: &Lookup<'_>) -> Option<String> {
    let is_guessed = !case.is("settings.provider", "known") && case.is("settings.server", "misspelt");
    if let Some(meant) = case.shown(&settings::SUGGESTION).filter(|_| is_guessed) {
        return Some(meant);
    }
    let host = &case.recommended.as_ref()?.host;
    let is_refused = case.is("certificate", "name-mismatch") && !case.is("settings.server", "as-wanted");
    Some(host.clone()).filter(|host| !is_refused || Some(host) != case.in_use.as_ref().map(|in_use| &in_use.host))
}

/// Whose certificate it is: as it was seen here; if that one is in order, as the error tells of another.
pub(super) fn certificate_names(case: &Lookup<'_>) -> Option<String> {
    let seen = case.own(&certificate::NAMES).or_else(|| case.own(&certificate::SUBJECT));
    let told = case.run.account.error.as_deref().and_then(told::certificate_names);
    if case.is("certificate.accepted", "yes") { told.or(seen) } else { seen.or(told) }
}

/// The addresses of the server at which something is wrong: others, or the one that was used.
pub(super) fn faulty_address(case: &Lookup<'_>) -> Option<String> {
    match case.shown(&chain::SOUND_ADDRESSES).or_else(|| case.shown(&others::ANSWERING)) {
        Some(_) => case.own(&port::ADDRESS),
        None => case.shown(&chain::FAULTY_ADDRESSES).or_else(|| case.shown(&chain::SILENT_ADDRESSES)),
    }
}

pub(super) fn port_does(case: &Lookup<'_>) -> Option<String> {
    Some(case.get(&case.own_id(port::STATE.check)?, &port::STATE)?.says().to_owned())
}

/// What is set; with Auto, also what it leads to at this server.
pub(super) fn security(lookup: &Lookup<'_>) -> Option<String> {
    let set = lookup.in_use.as_ref()?.security;
    let ways = [Security::None, Security::Starttls, Security::Implicit];
    let leads_to = ways.into_iter().find(|way| lookup.is("security", way.word())).filter(|_| set == Security::Auto);
    Some(leads_to.map_or(set.says().to_owned(), |way| format!("{} (here {})", set.says(), way.says())))
}

/// What the server offers on the port in use, in clear or encrypted, as the mail program uses it.
pub(super) fn log_ins_offered(lookup: &Lookup<'_>) -> Option<String> {
    if lookup.is("security", "none") { lookup.own(&smtp::AUTH_CLEAR) } else { lookup.own(&smtp::AUTH) }
}

pub(super) fn spoken(lookup: &Lookup<'_>) -> Option<String> {
    Some(mechanisms::of(lookup.run.account.client.as_deref()?)?.list())
}

/// The words of the last refusal, or else what the caller sees.
pub(super) fn said(case: &Lookup<'_>) -> Option<String> {
    let turned_away = case.is("greeting", "refuses") || case.is("greeting", "busy");
    // A server that refuses our name may let us go on by another: its first refusal counts.
    case.own(&smtp::EHLO_REPLY)
        .or_else(|| case.shown(&login::REPLY))
        .or_else(|| case.shown(&sending::REPLY))
        .or_else(|| case.own(&smtp::AUTH_CLEAR_REPLY))
        .or_else(|| case.own(&smtp::STARTTLS_REPLY))
        .or_else(|| case.own(&smtp::BANNER).filter(|_| turned_away))
        .or_else(|| case.run.account.error.clone())
}

pub(super) fn ehlo_refused(case: &Lookup<'_>) -> Option<String> {
    let kind = at_ehlo_or_later(case, &smtp::EHLO_REFUSED, &sending::EHLO_REFUSED)?;
    Some(ehlo_name(kind).to_owned())
}

/// Servers refuse the name at EHLO itself, or only when there is something to send.
fn at_ehlo_or_later<T: Observable>(case: &Lookup<'_>, at_ehlo: &Key<T>, later: &Key<T>) -> Option<T> {
    case.get(&case.own_id(at_ehlo.check)?, at_ehlo).or_else(|| case.get(later.check, later))
}

pub(super) fn ehlo_passes(case: &Lookup<'_>) -> Option<String> {
    let kinds = at_ehlo_or_later(case, &smtp::EHLO_PASSES, &sending::EHLO_PASSES)?;
    let names: Vec<&str> = kinds.into_iter().map(ehlo_name).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}

pub(super) fn ehlo_of_program(case: &Lookup<'_>) -> Option<String> {
    let client = case.run.account.client()?;
    Some(format!("{} gives {}.", client.name, ehlo_name(ehlo::of_program(&client.id)?.kind())))
}

fn ehlo_name(kind: EhloName) -> &'static str {
    match kind {
        EhloName::ComputerName => "the computer's name",
        EhloName::AddressLiteral => "an address in brackets",
        EhloName::FullName => "a full name with a domain",
    }
}

pub(super) fn written(case: &Lookup<'_>) -> Option<String> {
    let server = &case.run.account.settings.server.as_ref()?.value;
    Some(visible_str(server.written()))
}

/// Proton Mail Bridge, if the address is Proton's, or its port or greeting fits.
pub(super) fn gateway(case: &Lookup<'_>) -> Option<String> {
    let is_protons = case.provider.is_some_and(|row| row.id.starts_with("proton"));
    let is_port = case.in_use.as_ref().is_some_and(|way| way.port == 1025);
    let greets = case.own(&smtp::BANNER).is_some_and(|banner| banner.to_lowercase().contains("proton"));
    (is_protons || is_port || greets).then(|| "Proton Mail Bridge".to_owned())
}

/// Such as "DHE with 1,024 bits".
pub(super) fn weak(case: &Lookup<'_>) -> Option<String> {
    if case.is("client.lacks", "suite") {
        return Some("no cipher suite of TLS 1.2 that the mail program has".to_owned());
    }
    let in_certificate = || case.own(&certificate::WEAK);
    let dh = || case.get(&case.own_id(tls::DH_BITS.check)?, &tls::DH_BITS);
    match vocabulary::word_of(case.facts, "handshake.weak") {
        Some("key-exchange") => Some(match dh() {
            Some(bits) => format!("DHE with {} bits", grouped(bits)),
            None => "the parameters of DHE".to_owned(),
        }),
        Some("exchange-signature") => Some("only SHA-1 signatures in the key exchange".to_owned()),
        Some("suites") => Some(match case.own(&tls::ODD_SUITE) {
            Some(suite) => format!("no cipher suite that today's programs have (it chooses {suite})"),
            None => "no cipher suite that today's programs have".to_owned(),
        }),
        Some("renegotiation") => Some("no secure renegotiation (RFC 5746)".to_owned()),
        _ => in_certificate().or_else(|| Some(format!("DHE with {} bits", grouped(dh()?)))),
    }
}

pub(super) fn log_in_ended(case: &Lookup<'_>) -> Option<String> {
    match &case.run.check(login::RESULT.check)?.state {
        State::Done(finding) => Some(finding.summary.clone()),
        _ => None,
    }
}

/// From the server's reply, or else from the provider table.
pub(super) fn token_scope(case: &Lookup<'_>) -> Option<String> {
    let in_table = || Some(case.provider?.oauth.as_ref()?.scope.clone());
    case.shown(&login::TOKEN_SCOPE).or_else(in_table)
}

/// Such as "3 hours ahead"; `None` if the clock is right.
pub(super) fn clock_off(case: &Lookup<'_>) -> Option<String> {
    let ahead = case.get(clock::AHEAD.check, &clock::AHEAD).filter(|_| case.is("clock", "wrong"))?;
    Some(format!("{} {}", span(ahead), if ahead > 0 { "ahead" } else { "behind" }))
}

pub(super) fn isp_policy(case: &Lookup<'_>) -> Option<String> {
    let isp = isps::by_name(&case.shown(&isp::ISP)?)?;
    let page = isp.page.as_ref().map_or_else(String::new, |page| format!(" See {page}"));
    Some(format!("{} {}.{page}", isp.name, isp.policy))
}

pub(super) fn protection_here(case: &Lookup<'_>) -> Option<String> {
    let mut found = case.get(protection::PRODUCTS.check, &protection::PRODUCTS).unwrap_or_default();
    found.extend(case.shown(&protection::FIREWALL));
    found.extend(case.shown(&protection::VPN).map(|vpn| format!("a VPN ({vpn})")));
    (!found.is_empty()).then(|| found.join(", "))
}

/// The DNS servers that fail, if such a failure is the fault; otherwise all of them.
pub(super) fn resolver(case: &Lookup<'_>) -> Option<String> {
    let fails = case.is("dns.server", "silent") || case.is("dns.server", "failed");
    case.shown(&dns_own::FAILING).filter(|_| fails).or_else(|| case.shown(&dns_own::SERVERS))
}

pub(super) fn day(date: String) -> String {
    date.split('T').next().unwrap_or_default().to_owned()
}

pub(super) fn sender_domain_of(case: &Lookup<'_>) -> Option<String> {
    let seen: Option<String> = case.shown(&sender_domain::DOMAIN);
    Some(seen.unwrap_or_else(|| case.run.account.address.domain().to_owned()))
}

pub(super) fn spf_wanted(case: &Lookup<'_>) -> Option<String> {
    let sender = senders::of_provider(&case.provider?.id)?;
    let present: Option<String> = case.get(sender_domain::SPF_RECORD.check, &sender_domain::SPF_RECORD);
    Some(spf::with_include(present.as_deref(), &sender.spf))
}

pub(super) fn dkim_selectors(case: &Lookup<'_>) -> Option<String> {
    let sender = senders::of_provider(&case.provider?.id)?;
    let domain = sender_domain_of(case)?;
    let names = sender.dkim.iter().map(|selector| format!("{selector}._domainkey.{domain}"));
    Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty())
}
