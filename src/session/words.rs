//! What the placeholders of the guide's pages stand for, in this session.

use super::Run;
use crate::account::provider::Kind;
use crate::account::{Choice, Security, client};
use crate::facts::derive::Derivation;
use crate::facts::{Derived, Known, Value};
use crate::facts::{interceptors, isps};

/// The words for placeholders, with what many of them need looked up once.
pub(super) struct Words<'a> {
    run: &'a Run,
    facts: &'a Derived,
    /// Another port of the server by which mail can be sent.
    other: Option<u16>,
}

impl<'a> Words<'a> {
    pub(super) fn new(run: &'a Run, derived: &'a Derivation) -> Self {
        Words { run, facts: &derived.facts, other: derived.other_port }
    }

    /// Fills the placeholders of a text; what is no placeholder of ours stays as it stands.
    pub(super) fn fill(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find('{') {
            out.push_str(&rest[..start]);
            let tail = &rest[start + 1..];
            match tail.find('}').and_then(|end| Some((end, self.word(&tail[..end])?))) {
                Some((end, word)) => {
                    out.push_str(&crate::text::visible_str(&word));
                    rest = &tail[end + 1..];
                }
                None => {
                    out.push('{');
                    rest = tail;
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// The words for `{name}`; where a thing is not known, a wording that fits into a sentence.
    fn word(&self, name: &str) -> Option<String> {
        word(name, self)
    }
}

fn word(name: &str, words: &Words<'_>) -> Option<String> {
    let Words { run, facts, other } = *words;
    let account = &run.account;
    let in_use = run.in_use();
    let fact = |check: &str, key: &str| run.check(check).and_then(|check| check.facts.get(key)).cloned();
    let text = |check: &str, key: &str| match fact(check, key) {
        Some(Value::Word(word)) => Some(word),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::List(list)) if !list.is_empty() => Some(list.into_iter().take(3).collect::<Vec<_>>().join(", ")),
        _ => None,
    };
    let own = |kind: &str, key: &str| text(&format!("{kind}.{}", in_use.as_ref()?.port), key);
    let target = target(run, facts, other);
    let provider = run.wanted.as_ref().and_then(|wanted| wanted.provider());
    let found = match name {
        "address" => Some(account.address.to_string()),
        "domain" => Some(account.address.domain().to_owned()),
        "user" => Some(account.log_in_name(run.wanted.as_ref())),
        "server" => in_use.as_ref().map(|in_use| in_use.host.clone()),
        "port" => in_use.as_ref().map(|in_use| in_use.port.to_string()),
        "server.addresses" => text("dns.server", "addresses"),
        "security" => in_use.as_ref().map(|in_use| in_use.security.says().to_owned()),
        "wanted.server" => target.as_ref().map(|choice| choice.host.clone()),
        "wanted.port" => target.as_ref().map(|choice| choice.port.to_string()),
        "wanted.security" => target.as_ref().map(|choice| choice.security.says().to_owned()),
        "other.port" => other.map(|port| port.to_string()),
        "other.security" => other.map(|port| security_of(run, port).says().to_owned()),
        "provider" => provider.map(|row| row.name.clone()),
        "provider.help" => provider.and_then(|row| row.help.clone()),
        "provider.switch" => provider.and_then(|row| row.switch.clone()),
        "program" => account.client().map(|client| client.name.clone()),
        "said" => text("login", "reply")
            .or_else(|| text("sending", "reply"))
            .or_else(|| own("smtp", "starttls-reply"))
            .or_else(|| own("smtp", "banner").filter(|_| refused_at_greeting(facts)))
            .or_else(|| account.error.clone()),
        "tls.breaks-on" => own("tls", "breaks-on"),
        "client.remedy" => text("clients", "remedy"),
        "suggestion" => text("settings", "suggestion").or_else(|| text("dns.domain", "suggestion")),
        "issuer" => own("certificate", "issuer"),
        "token.scope" => {
            text("login", "token.scope").or_else(|| scope(provider.map(|row| row.kind)).map(str::to_owned))
        }
        "interceptor" => own("certificate", "interceptor"),
        "interceptor.switch" => own("certificate", "interceptor")
            .and_then(|name| interceptors::by_name(&name))
            .and_then(|row| row.switch.clone()),
        "certificate.names" => own("certificate", "names").or_else(|| own("certificate", "subject")),
        "certificate.from" => own("certificate", "from").map(|date| day(&date)),
        "certificate.until" => own("certificate", "until").map(|date| day(&date)),
        "tls.best" => ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1.0"]
            .iter()
            .find(|version| own("tls", version).as_deref() == Some("accepted"))
            .map(|version| version.replace("TLSv", "TLS ")),
        "clock.off" => run.findings().find(|finding| finding.id == "clock").map(|finding| finding.summary.clone()),
        "turned-away.by" => own("port", "icmp.from"),
        "isp" => text("isp", "isp"),
        "isp.policy" => text("isp", "isp").and_then(|name| isps::by_name(&name)).map(|isp| {
            let page = isp.page.as_ref().map_or_else(String::new, |page| format!(" See {page}"));
            format!("{} {}.{page}", isp.name, isp.policy)
        }),
        "protection" => protection(run),
        "protection.switch" => match fact("protection", "products") {
            Some(Value::List(products)) => products
                .iter()
                .find_map(|name| interceptors::by_name(name)?.switch.as_ref().map(|how| format!("{name}: {how}"))),
            _ => None,
        },
        "resolver" => {
            let fails = matches!(facts.get("dns.server").and_then(Known::word), Some("silent" | "failed"));
            text("dns.own", "failing").filter(|_| fails).or_else(|| text("dns.own", "servers"))
        }
        "greeting.seconds" => {
            own("smtp", "greeting_ms").and_then(|ms| ms.parse::<u64>().ok()).map(|ms| (ms / 1000).to_string())
        }
        _ => return None,
    };
    let otherwise = match name {
        "server" | "wanted.server" => "the mail server",
        "server.addresses" => "its addresses are not known",
        "port" | "wanted.port" => "the port",
        "security" | "wanted.security" => "the encryption",
        "other.port" => "another port",
        "other.security" => "its encryption",
        "provider" => "the mail provider",
        "provider.help" => "the provider's help pages",
        "provider.switch" => "the webmail's settings",
        "program" => "the mail program",
        "said" => "(nothing was said)",
        "tls.breaks-on" => "at a ClientHello of today",
        "client.remedy" => "switch on TLS 1.2 on this computer, or replace its system",
        "suggestion" => "the right spelling",
        "issuer" => "an unknown issuer",
        "token.scope" => "that the provider names for SMTP",
        "interceptor" => "a security program or gateway",
        "interceptor.switch" => "its settings for mail or encrypted connections",
        "certificate.names" => "another name",
        "certificate.from" | "certificate.until" => "an unknown date",
        "tls.best" => "an old TLS version",
        "clock.off" => "wrong",
        "turned-away.by" => "a device on the way",
        "isp" => "the internet provider",
        "isp.policy" => "Whose line this is, the line's name does not tell.",
        "protection" => "no security program and no VPN that this tool knows",
        "protection.switch" => "its list of events shows the rule",
        "resolver" => "this machine's DNS server",
        "greeting.seconds" => "many",
        _ => "",
    };
    Some(found.unwrap_or_else(|| otherwise.to_owned()))
}

/// The security programs and VPN that are here, in words.
fn protection(run: &Run) -> Option<String> {
    let check = run.check("protection")?;
    let mut found = match check.facts.get("products") {
        Some(Value::List(products)) => products.clone(),
        _ => Vec::new(),
    };
    if let Some(Value::Word(firewall)) = check.facts.get("firewall") {
        found.push(firewall.clone());
    }
    if let Some(Value::Word(vpn)) = check.facts.get("vpn") {
        found.push(format!("a VPN ({vpn})"));
    }
    (!found.is_empty()).then(|| found.join(", "))
}

/// The scope that a token needs for SMTP (Google: "Gmail SMTP, XOAUTH2"; Microsoft: "Authenticate an IMAP, POP or SMTP
/// connection using OAuth").
fn scope(kind: Option<Kind>) -> Option<&'static str> {
    match kind? {
        Kind::Google => Some("https://mail.google.com/"),
        Kind::MicrosoftWork | Kind::MicrosoftPersonal => Some("https://outlook.office.com/SMTP.Send"),
        _ => None,
    }
}

/// What to set in the mail program: what the provider wants; but where that very port is shut, the other one that works.
fn target(run: &Run, facts: &Derived, other: Option<u16>) -> Option<Choice> {
    let wanted = run.wanted.as_ref();
    let in_use = run.in_use()?;
    let choices = wanted.map_or(&[][..], |wanted| &wanted.choices);
    let first = choices.first().cloned();
    let is = |name: &str, word: &str| facts.get(name).and_then(Known::word) == Some(word);
    let right_server = choices.is_empty() || choices.iter().any(|choice| choice.host == in_use.host);
    let shut = !is("port.state", "open") || is("starttls", "missing") || is("starttls", "masked");
    if let (true, Some(port)) = (right_server && shut, other) {
        let known = choices.iter().find(|choice| choice.port == port && choice.host == in_use.host);
        let security = known.map_or(Security::usual_for(port), |choice| choice.security);
        return Some(Choice { host: in_use.host, port, security, auth: vec![] });
    }
    // An encryption that does not fit the port: the port stays, if the provider wants it too.
    let same_port = choices.iter().find(|choice| choice.port == in_use.port && choice.host == in_use.host).cloned();
    let same_port = same_port.filter(|_| is("settings.port", "as-wanted"));
    same_port.or(first).or(Some(Choice {
        host: in_use.host.clone(),
        port: in_use.port,
        security: fitting(facts, &in_use),
        auth: vec![],
    }))
}

/// The encryption that the port itself asks for.
fn fitting(facts: &Derived, in_use: &crate::account::Endpoint) -> Security {
    let is = |name: &str, word: &str| facts.get(name).and_then(Known::word) == Some(word);
    if is("greeting", "expects-tls") {
        Security::Implicit
    } else if is("handshake", "not-tls") || is("auth.offered", "only-after-tls") {
        Security::Starttls
    } else {
        in_use.security
    }
}

fn security_of(run: &Run, port: u16) -> Security {
    let choices = run.wanted.as_ref().map_or(&[][..], |wanted| &wanted.choices);
    if let Some(choice) = choices.iter().find(|choice| choice.port == port) {
        return choice.security;
    }
    match run.check(&format!("smtp.{port}")).and_then(|check| check.facts.get("speaks")) {
        Some(Value::Word(speaks)) if speaks == "tls" => Security::Implicit,
        Some(_) => Security::Starttls,
        None => Security::usual_for(port),
    }
}

fn refused_at_greeting(facts: &Derived) -> bool {
    matches!(facts.get("greeting").and_then(Known::word), Some("refuses" | "busy"))
}

fn day(date: &str) -> String {
    date.split('T').next().unwrap_or(date).to_owned()
}

/// The clicks for a task in the mail program at hand, from its page.
pub(super) fn clicks(task: &str, run: &Run) -> Option<(String, Vec<String>)> {
    let client = run.account.client().or_else(|| client::by_id("other"))?;
    let page = crate::guide::guide().page(&format!("programs/{}", client.id))?;
    let section = page.sections.iter().find(|section| slug(&section.heading) == task)?;
    Some((section.heading.clone(), crate::guide::page::list_items(&section.text)))
}

/// A heading's anchor, as Markdown viewers make it.
fn slug(heading: &str) -> String {
    let kept =
        heading.to_lowercase().chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-').collect::<String>();
    kept.replace(' ', "-")
}
