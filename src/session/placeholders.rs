//! The placeholders of the guide's pages: one table, one row each. A row finds its value in a `Lookup`: one run, its
//! facts, and what many rows need; longer ways to a value are in `values`. How a text is filled in is in `filling`.

mod filling;
mod values;

pub use filling::unfilled;

use super::lookup::Lookup;
use super::recommended::security_of;
use crate::account::devices;
use crate::facts::key::Names;
use crate::facts::keys::{
    alive, autodiscover, certificate, clients, dns_domain, dns_server, exchange, login, outlook, port, protection,
    proxy, sender_domain, settings, smtp, tls,
};
use crate::facts::{hosters, interceptors};
use std::fmt::Write;
use values::{
    certificate_names, clock_off, day, dkim_selectors, ehlo_of_program, ehlo_passes, ehlo_refused, faulty_address,
    gateway, isp_policy, log_in_ended, log_ins_offered, port_does, protection_here, resolver, said, security, sender,
    sender_domain_of, spf_wanted, spoken, token_scope, user, wanted_server, weak, written,
};

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
    row("user", "the log-in name", user, "the log-in name that the provider gives").naming(Names::User),
    row("sender", "the sender address that was tried", sender, "the sender address").naming(Names::User),
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
        "is not a name",
    ),
    row("gateway", "the program on this computer that passes mail on", gateway, "A program on this computer"),
    row(
        "server.own-name",
        "the name that the server gives itself, if its certificate is for that",
        |case| Some(case.own_name?.to_owned()),
        "another name",
    )
    .naming(Names::Host),
    row("server.addresses", "its addresses", |case| case.shown(&dns_server::ADDRESSES), "addresses not known")
        .naming(Names::Address),
    row("server.faulty-address", "the addresses of it at which something is wrong", faulty_address, "one of them")
        .naming(Names::Address),
    row("port", "the port that the mail program uses", |case| Some(case.in_use.as_ref()?.port.to_string()), "the port"),
    row("port.does", "what it does, in words", port_does, "not known"),
    row(
        "security",
        "its encryption in words: SSL/TLS, STARTTLS, no encryption, Auto and what it leads to",
        security,
        "the encryption",
    ),
    row("wanted.server", "the server to set", wanted_server, "the mail server").naming(Names::Host),
    row("wanted.port", "the port to set", |case| Some(case.recommended.as_ref()?.port.to_string()), "the port"),
    row(
        "wanted.security",
        "the encryption to set",
        |case| Some(case.recommended.as_ref()?.security.says().to_owned()),
        "the encryption",
    ),
    row(
        "other.port",
        "another port of this server that accepts mail",
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
        "the webmail settings",
    ),
    row("provider.note", "what else is known of it", |case| case.provider?.note.clone(), ""),
    row(
        "program",
        "the mail program at hand",
        |case| Some(case.run.account.client()?.name.clone()),
        "the mail program",
    ),
    row(
        "device.menu",
        "the maker's menu for sending mail; if the maker is not known, each maker's",
        |case| Some(devices::menus(case.run.account.client.as_deref())),
        "",
    ),
    row("said", "the server's own words", said, "left out, with what leads to it"),
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
    row("token.scope", "the scope that a token needs for SMTP", token_scope, "that the provider gives for SMTP"),
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
    row("certificate.names", "the names that the certificate is for", certificate_names, "another name")
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
        "proxy.script",
        "the address of the script that chooses the web proxy",
        |case| case.shown(&proxy::SCRIPT),
        "its address is not known",
    )
    .naming(Names::Inner),
    row("proxy.why", "why that script cannot be used", |case| case.shown(&proxy::WHY), "not known"),
    row(
        "proxy.dead",
        "the web proxies that it names and that do not answer",
        |case| case.shown(&proxy::DEAD),
        "a web proxy",
    )
    .naming(Names::Inner),
    row(
        "outlook.told",
        "the registry values by which Outlook was told something",
        |case| case.shown(&outlook::TOLD),
        "nothing unusual",
    ),
    row(
        "outlook.file",
        "the file from which Outlook takes its settings",
        |case| case.shown(&outlook::FILE),
        "a file on this computer",
    )
    .naming(Names::Inner),
    row(
        "outlook.remembers",
        "the server that Outlook's stored answer names",
        |case| case.shown(&outlook::REMEMBERS),
        "another server",
    )
    .naming(Names::Host),
    row(
        "autodiscover.by",
        "the website that answers where Outlook looks for the mailbox",
        |case| case.shown(&autodiscover::MISLED_BY),
        "the domain's website",
    )
    .naming(Names::Host),
    row("sender.domain", "the domain of the sender's address", sender_domain_of, "the sender's domain")
        .naming(Names::Host),
    row(
        "sender.line",
        "the public address of this line",
        |case| case.shown(&sender_domain::LINE),
        "this network's public address",
    )
    .naming(Names::Address),
    row("spf.record", "the SPF record of the domain", |case| case.shown(&sender_domain::SPF_RECORD), "there is none"),
    row("spf.fault", "what is wrong with it", |case| case.shown(&sender_domain::SPF_FAULT), "not known"),
    row("spf.wanted", "the SPF record to publish", spf_wanted, "the one that the mail provider gives")
        .naming(Names::Host),
    row("dkim.selectors", "the names of the provider's DKIM keys", dkim_selectors, "as the mail provider gives them")
        .naming(Names::Host),
    row("dkim.fault", "what is wrong with a DKIM key", |case| case.shown(&sender_domain::DKIM_FAULT), "not known"),
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
        "The reverse-DNS name of this connection does not show which provider it belongs to.",
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
        "those that the report names",
    ),
    row("vpn", "the interface of the VPN", |case| case.shown(&protection::VPN), "its interface is not known"),
    row(
        "web-proxy",
        "the web proxy that answers at the server's address",
        |case| case.shown(&alive::WEB_PROXY),
        "a web proxy",
    ),
    row("hoster", "the hosting company of this machine", |case| case.shown(&protection::HOSTER), "the hosting company"),
    row(
        "hoster.page",
        "the hosting company's page about the ports that it blocks",
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
