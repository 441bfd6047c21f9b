//! The placeholders of the guide's pages: one table, one row each. A row finds its value in a `Lookup`: one run, its
//! facts, and what many rows need.

use super::lookup::Lookup;
use super::recommended::security_of;
use super::run::State;
use crate::account::{Security, mechanisms};
use crate::facts::key::{Key, Names, Observable};
use crate::facts::keys::{
    alive, autodiscover, certificate, clients, clock, dns_domain, dns_own, dns_server, exchange, isp, login, port,
    protection, sender_domain, sending, settings, smtp, tls,
};
use crate::facts::words::EhloName;
use crate::facts::{ehlo, hosters, interceptors, isps, senders, spf, vocabulary};
use crate::text::{Text, grouped, span, visible_str};
use std::fmt::Write;

/// A placeholder, written `{name}` on a page.
pub struct Placeholder {
    /// Its name.
    pub name: &'static str,
    /// What it is, for authors of pages.
    pub says: &'static str,
    /// Whom its value names.
    names: Names,
    /// Its value in this case; `None` if that is not known.
    give: fn(&Lookup<'_>) -> Option<String>,
    /// What to write if the value is not known.
    pub otherwise: &'static str,
}

const fn row(
    name: &'static str,
    says: &'static str,
    give: fn(&Lookup<'_>) -> Option<String>,
    otherwise: &'static str,
) -> Placeholder {
    Placeholder { name, says, names: Names::Nobody, give, otherwise }
}

impl Placeholder {
    const fn naming(self, names: Names) -> Self {
        Placeholder { names, ..self }
    }
}

/// All placeholders.
pub const PLACEHOLDERS: &[Placeholder] = &[
    row("address", "the mail address", |case| Some(case.run.account.address.to_string()), "").naming(Names::User),
    row("domain", "its domain", |case| Some(case.run.account.address.domain().to_owned()), "").naming(Names::Host),
    row("user", "the log-in name", |case| Some(case.run.account.log_in_name(case.run.wanted.as_ref())), "")
        .naming(Names::User),
    row(
        "server",
        "the server that the mail program uses",
        |case| Some(case.in_use.as_ref()?.host.clone()),
        "the mail server",
    )
    .naming(Names::Host),
    row("server.written", "the server as it is written in the mail program", written, "the server's name")
        .naming(Names::Host),
    row(
        "server.flaw",
        "what is wrong with how it is written",
        |case| case.run.account.settings.server.as_ref()?.value.says(),
        "is no name",
    ),
    row("gateway", "the program on this computer that passes mail on", gateway, "A program on this computer"),
    row("server.addresses", "its addresses", |case| case.shown(&dns_server::ADDRESSES), "addresses not known")
        .naming(Names::Address),
    row("port", "the port that the mail program uses", |case| Some(case.in_use.as_ref()?.port.to_string()), "the port"),
    row(
        "security",
        "its encryption in words: SSL/TLS, STARTTLS, no encryption, Auto and what it leads to",
        security,
        "the encryption",
    ),
    row("wanted.server", "the server to set", |case| Some(case.recommended.as_ref()?.host.clone()), "the mail server")
        .naming(Names::Host),
    row("wanted.port", "the port to set", |case| Some(case.recommended.as_ref()?.port.to_string()), "the port"),
    row(
        "wanted.security",
        "the encryption to set",
        |case| Some(case.recommended.as_ref()?.security.says().to_owned()),
        "the encryption",
    ),
    row(
        "other.port",
        "another port of this server that takes mail",
        |case| Some(case.other?.to_string()),
        "another port",
    ),
    row(
        "other.security",
        "the encryption of that port",
        |case| Some(security_of(case.run, case.other?).says().to_owned()),
        "its encryption",
    ),
    row("provider", "the mail provider's name", |case| Some(case.provider?.name.clone()), "the mail provider")
        .naming(Names::Host),
    row("provider.help", "its help page", |case| case.provider?.help.clone(), "the provider's help pages")
        .naming(Names::Host),
    row(
        "provider.switch",
        "where access for mail programs is switched on",
        |case| case.provider?.switch.clone(),
        "the webmail's settings",
    ),
    row(
        "program",
        "the mail program at hand",
        |case| Some(case.run.account.client()?.name.clone()),
        "the mail program",
    ),
    row("said", "the server's own words", said, "(nothing was said)"),
    row("ehlo.refused", "the kind of name that the server refuses in EHLO", ehlo_refused, "the name that is given"),
    row("ehlo.passes", "the kinds of name that it accepts", ehlo_passes, "another name"),
    row(
        "ehlo.program",
        "which name the mail program gives in EHLO, as a sentence",
        ehlo_of_program,
        "Which name the mail program gives is not known.",
    ),
    row("auth.offered", "the kinds of log-in that the server offers", log_ins_offered, "kinds that are not known"),
    row("program.speaks", "the kinds of log-in that the mail program knows", spoken, "kinds that are not known"),
    row("login.untried", "a kind of log-in that was not tried", |lookup| lookup.shown(&login::UNTRIED), "another kind"),
    row("login.ended", "how the log-in ended, or why it was not tried", log_in_ended, "not tried"),
    row("token.scope", "the scope that a token needs for SMTP", token_scope, "that the provider names for SMTP"),
    row(
        "tls.breaks-on",
        "what makes the server break off the handshake",
        |case| case.own(&tls::BREAKS_ON),
        "when offered a modern TLS handshake",
    ),
    row(
        "weak",
        "what is too weak in the server's encryption, in figures",
        weak,
        "a key, a signature or a cipher suite",
    ),
    row(
        "client.remedy",
        "what would let the mail program encrypt with the server",
        |case| case.shown(&clients::REMEDY),
        "switch on TLS 1.2 on this computer, or replace its system",
    ),
    row(
        "suggestion",
        "the name that was probably meant",
        |case| case.shown(&settings::SUGGESTION).or_else(|| case.shown(&dns_domain::SUGGESTION)),
        "the right spelling",
    )
    .naming(Names::Host),
    row("issuer", "who signed the certificate", |case| case.own(&certificate::ISSUER), "an unknown issuer"),
    row(
        "interceptor",
        "the security program behind the certificate",
        |case| case.own(&certificate::INTERCEPTOR),
        "a security program or gateway",
    ),
    row(
        "interceptor.switch",
        "where its mail scanning is switched off",
        |case| interceptors::by_name(&case.own(&certificate::INTERCEPTOR)?)?.switch.clone(),
        "its settings for mail or encrypted connections",
    ),
    row(
        "certificate.names",
        "the names that the certificate is for",
        |case| case.own(&certificate::NAMES).or_else(|| case.own(&certificate::SUBJECT)),
        "another name",
    )
    .naming(Names::Host),
    row(
        "certificate.from",
        "the day from which it is valid",
        |case| case.own(&certificate::FROM).map(day),
        "an unknown date",
    ),
    row(
        "certificate.until",
        "the day until which it is valid",
        |case| case.own(&certificate::UNTIL).map(day),
        "an unknown date",
    ),
    row(
        "exchange.failed",
        "the web server of Exchange that cannot be used",
        |case| case.shown(&exchange::FAILED),
        "the Exchange server",
    )
    .naming(Names::Host),
    row("exchange.why", "why not", |case| case.shown(&exchange::WHY), "not known"),
    row("exchange.issuer", "who signed its certificate", |case| case.shown(&exchange::ISSUER), "an unknown issuer"),
    row(
        "exchange.interceptor",
        "the security program or gateway that made that certificate",
        |case| case.shown(&exchange::INTERCEPTOR),
        "a security program or gateway",
    ),
    row(
        "autodiscover.by",
        "the website that answers where Outlook looks for the mailbox",
        |case| case.shown(&autodiscover::MISLED_BY),
        "the website of the domain",
    )
    .naming(Names::Host),
    row("spf.record", "the SPF record of the domain", |case| case.shown(&sender_domain::SPF_RECORD), "there is none"),
    row("spf.fault", "what is wrong with it", |case| case.shown(&sender_domain::SPF_FAULT), "not known"),
    row("spf.wanted", "the SPF record to publish", spf_wanted, "the one that the mail provider names")
        .naming(Names::Host),
    row("dkim.selectors", "the names of the provider's DKIM keys", dkim_selectors, "as the mail provider names them")
        .naming(Names::Host),
    row("clock.off", "how far this computer's clock is off", clock_off, "wrong"),
    row(
        "turned-away.by",
        "the device that turned the connection away",
        |case| case.own(&port::ICMP_FROM),
        "a device on the way",
    )
    .naming(Names::Address),
    row(
        "isp.policy",
        "what the internet provider does with port 25",
        isp_policy,
        "The name of this line does not show which provider it belongs to.",
    ),
    row(
        "protection",
        "the security programs and VPN on this computer",
        protection_here,
        "no security program or VPN that mailtriage knows",
    ),
    row(
        "protection.switch",
        "where to allow mail in the first of them",
        |case| {
            let products = case.get(protection::PRODUCTS.check, &protection::PRODUCTS)?;
            let switch = |name: &String| Some(format!("{name}: {}", interceptors::by_name(name)?.switch.as_ref()?));
            products.iter().find_map(switch)
        },
        "The product's event log shows which rule it is",
    ),
    row(
        "protection.rules",
        "the rules of Windows Firewall against the mail program",
        |case| case.shown(&protection::RULES),
        "no rule of Windows Firewall that mailtriage can read",
    ),
    row("vpn", "the interface of the VPN", |case| case.shown(&protection::VPN), "its interface is not known"),
    row(
        "web-proxy",
        "the web proxy that answers at the server's address",
        |case| case.shown(&alive::WEB_PROXY),
        "a web proxy",
    ),
    row("hoster", "the hoster of this machine", |case| case.shown(&protection::HOSTER), "the hoster"),
    row(
        "hoster.page",
        "the hoster's page about the ports that it shuts",
        |case| hosters::by_name(&case.shown(&protection::HOSTER)?)?.page.clone(),
        "see its help pages",
    ),
    row("resolver", "this computer's own DNS server", resolver, "this computer's DNS server").naming(Names::Address),
    row(
        "greeting.seconds",
        "how many seconds the server's greeting took",
        |case| Some((case.get(&case.own_id(smtp::GREETING_MS.check)?, &smtp::GREETING_MS)? / 1000).to_string()),
        "many",
    ),
];

/// The names of all placeholders.
pub fn names() -> Vec<&'static str> {
    PLACEHOLDERS.iter().map(|row| row.name).collect()
}

/// The table for authors of pages, as in docs/writing-the-guide.md.
pub fn as_markdown() -> String {
    let mut out = String::from("| placeholder | is | where it is not known |\n|---|---|---|\n");
    for row in PLACEHOLDERS {
        let _ = writeln!(out, "| `{{{}}}` | {} | {} |", row.name, row.says, row.otherwise);
    }
    out
}

impl Lookup<'_> {
    /// Fills in the placeholders of a text, with the names among them marked; unknown names in braces stay as they are.
    pub(super) fn fill(&self, text: &str) -> Text {
        let mut out = Text::new();
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            out = out.say(&rest[..start]);
            let tail = &rest[start + 1..];
            let end = tail.find('}').unwrap_or(0);
            match PLACEHOLDERS.iter().find(|row| row.name == &tail[..end]) {
                Some(row) => {
                    out = match (row.give)(self) {
                        Some(value) => marked(out, row.names, &value),
                        None => out.say(row.otherwise),
                    };
                    rest = &tail[end + 1..];
                }
                None => {
                    out = out.say("{");
                    rest = tail;
                }
            }
        }
        out.say(rest)
    }
}

/// Adds a placeholder's value, each item of a list with its own mark.
fn marked(mut out: Text, names: Names, value: &str) -> Text {
    for (index, item) in value.split(", ").enumerate() {
        out = out.say(if index == 0 { "" } else { ", " });
        out = match names.mark(item) {
            Some(mark) => out.mark(mark, item),
            None => out.foreign(item),
        };
    }
    out
}

/// What is set; with Auto, also what it leads to at this server.
fn security(lookup: &Lookup<'_>) -> Option<String> {
    let set = lookup.in_use.as_ref()?.security;
    let ways = [Security::None, Security::Starttls, Security::Implicit];
    let leads_to = ways.into_iter().find(|way| lookup.is("security", way.word())).filter(|_| set == Security::Auto);
    Some(leads_to.map_or(set.says().to_owned(), |way| format!("{} (here {})", set.says(), way.says())))
}

/// What the server offers on the port in use, in clear or encrypted, as the mail program uses it.
fn log_ins_offered(lookup: &Lookup<'_>) -> Option<String> {
    if lookup.is("security", "none") { lookup.own(&smtp::AUTH_CLEAR) } else { lookup.own(&smtp::AUTH) }
}

fn spoken(lookup: &Lookup<'_>) -> Option<String> {
    Some(mechanisms::of(lookup.run.account.client.as_deref()?)?.list())
}

/// The words of the last refusal, or else what the caller sees.
fn said(case: &Lookup<'_>) -> Option<String> {
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

fn ehlo_refused(case: &Lookup<'_>) -> Option<String> {
    let kind = at_ehlo_or_later(case, &smtp::EHLO_REFUSED, &sending::EHLO_REFUSED)?;
    Some(ehlo_name(kind).to_owned())
}

/// Servers refuse the name at EHLO itself, or only when there is something to send.
fn at_ehlo_or_later<T: Observable>(case: &Lookup<'_>, at_ehlo: &Key<T>, later: &Key<T>) -> Option<T> {
    case.get(&case.own_id(at_ehlo.check)?, at_ehlo).or_else(|| case.get(later.check, later))
}

fn ehlo_passes(case: &Lookup<'_>) -> Option<String> {
    let kinds = at_ehlo_or_later(case, &smtp::EHLO_PASSES, &sending::EHLO_PASSES)?;
    let names: Vec<&str> = kinds.into_iter().map(ehlo_name).collect();
    (!names.is_empty()).then(|| names.join(" or "))
}

fn ehlo_of_program(case: &Lookup<'_>) -> Option<String> {
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

fn written(case: &Lookup<'_>) -> Option<String> {
    let server = &case.run.account.settings.server.as_ref()?.value;
    Some(visible_str(server.written()))
}

/// Proton Mail Bridge, if the address is Proton's, or its port or greeting fits.
fn gateway(case: &Lookup<'_>) -> Option<String> {
    let is_protons = case.provider.is_some_and(|row| row.id.starts_with("proton"));
    let is_port = case.in_use.as_ref().is_some_and(|way| way.port == 1025);
    let greets = case.own(&smtp::BANNER).is_some_and(|banner| banner.to_lowercase().contains("proton"));
    (is_protons || is_port || greets).then(|| "Proton Mail Bridge".to_owned())
}

/// Such as "DHE with 1,024 bits".
fn weak(case: &Lookup<'_>) -> Option<String> {
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
        Some("exchange-signature") => Some("signatures with SHA-1 alone in the key exchange".to_owned()),
        Some("suites") => Some(match case.own(&tls::ODD_SUITE) {
            Some(suite) => format!("no cipher suite that today's programs have (it chooses {suite})"),
            None => "no cipher suite that today's programs have".to_owned(),
        }),
        Some("renegotiation") => Some("no secure renegotiation (RFC 5746)".to_owned()),
        _ => in_certificate().or_else(|| Some(format!("DHE with {} bits", grouped(dh()?)))),
    }
}

fn log_in_ended(case: &Lookup<'_>) -> Option<String> {
    match &case.run.check(login::RESULT.check)?.state {
        State::Done(finding) => Some(finding.summary.clone()),
        _ => None,
    }
}

/// From the server's reply, or else from the provider table.
fn token_scope(case: &Lookup<'_>) -> Option<String> {
    let in_table = || Some(case.provider?.oauth.as_ref()?.scope.clone());
    case.shown(&login::TOKEN_SCOPE).or_else(in_table)
}

/// Such as "3 hours ahead"; `None` if the clock is right.
fn clock_off(case: &Lookup<'_>) -> Option<String> {
    let ahead = case.get(clock::AHEAD.check, &clock::AHEAD).filter(|_| case.is("clock", "wrong"))?;
    Some(format!("{} {}", span(ahead), if ahead > 0 { "ahead" } else { "behind" }))
}

fn isp_policy(case: &Lookup<'_>) -> Option<String> {
    let isp = isps::by_name(&case.shown(&isp::ISP)?)?;
    let page = isp.page.as_ref().map_or_else(String::new, |page| format!(" See {page}"));
    Some(format!("{} {}.{page}", isp.name, isp.policy))
}

fn protection_here(case: &Lookup<'_>) -> Option<String> {
    let mut found = case.get(protection::PRODUCTS.check, &protection::PRODUCTS).unwrap_or_default();
    found.extend(case.shown(&protection::FIREWALL));
    found.extend(case.shown(&protection::VPN).map(|vpn| format!("a VPN ({vpn})")));
    (!found.is_empty()).then(|| found.join(", "))
}

/// The DNS servers that fail, if such a failure is the fault; otherwise all of them.
fn resolver(case: &Lookup<'_>) -> Option<String> {
    let fails = case.is("dns.server", "silent") || case.is("dns.server", "failed");
    case.shown(&dns_own::FAILING).filter(|_| fails).or_else(|| case.shown(&dns_own::SERVERS))
}

fn day(date: String) -> String {
    date.split('T').next().unwrap_or_default().to_owned()
}

fn spf_wanted(case: &Lookup<'_>) -> Option<String> {
    let sender = senders::of_provider(&case.provider?.id)?;
    let present: Option<String> = case.get(sender_domain::SPF_RECORD.check, &sender_domain::SPF_RECORD);
    Some(spf::with_include(present.as_deref(), &sender.spf))
}

fn dkim_selectors(case: &Lookup<'_>) -> Option<String> {
    let sender = senders::of_provider(&case.provider?.id)?;
    let domain = case.run.account.address.domain();
    let names = sender.dkim.iter().map(|selector| format!("{selector}._domainkey.{domain}"));
    Some(names.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guide;
    use crate::pages;
    use std::collections::BTreeSet;

    #[test]
    fn the_guide_is_sound_and_has_no_other_placeholders() {
        assert_eq!(names().iter().collect::<BTreeSet<_>>().len(), names().len());
        if let Err(why) = Guide::read(pages::guide(), &names()) {
            panic!("{why}");
        }
    }

    #[test]
    fn authors_are_told_of_all() {
        let docs = include_str!("../../docs/writing-the-guide.md");
        assert!(docs.contains(&as_markdown()), "docs/writing-the-guide.md needs this table:\n{}", as_markdown());
    }
}
