//! Which settings does the provider want? The table, then SRV, MX, autoconfig, and at last a marked guess.

use super::{Ctx, Event, Finding, Head, Notebook};
use crate::account::{Choice, Security, Source, Wanted, autoconfig, provider};
use crate::net::{Answer, ConnectOptions, Record, RecordKind, Via};
use crate::probe::{http, smtp::Dialogue};
use crate::text::Text;
use futures::future::{join, join_all, join3};
use std::net::SocketAddr;
use std::time::Duration;

/// How long a lookup may take: a lost query costs a resolver 5 s.
pub(super) const LOOKUP: Duration = Duration::from_secs(7);

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let wanted = find(ctx, &mut book).await;
    let source =
        serde_json::to_value(wanted.source).ok().and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default();
    book.fact("source", source);
    if let Some(provider) = &wanted.provider {
        book.fact("provider", provider.as_str());
    }
    let choices: Vec<String> = wanted
        .choices
        .iter()
        .map(|choice| format!("{}:{} {}", choice.host, choice.port, choice.security.word()))
        .collect();
    book.fact("choices", choices);
    let name = wanted.provider().map_or_else(|| ctx.account.address.domain().to_owned(), |row| row.name.clone());
    let first = wanted.choices.first().cloned();
    ctx.board.slots().wanted = Some(wanted.clone());
    ctx.send(Event::Discovered { wanted: wanted.clone() });
    match first {
        Some(choice) => {
            let ways: Vec<String> = wanted
                .choices
                .iter()
                .take(3)
                .map(|choice| format!("{} {}", choice.port, choice.security.says()))
                .collect();
            let summary = format!("{name} wants {}, {} ({})", choice.host, ways.join(" or "), wanted.source.says());
            if wanted.source == Source::Guess { book.warn(summary) } else { book.pass(summary) }
        }
        None => book.unknown("nobody says which server this domain sends by"),
    }
}

async fn find(ctx: &Ctx, book: &mut Notebook) -> Wanted {
    let address = &ctx.account.address;
    let domain = address.domain();
    if let Some(wanted) = Wanted::from_table(address) {
        book.saw("table", Text::new().say("the domain ").host(domain).say(" is known"));
        if !wanted.choices.is_empty() || wanted.provider().is_some_and(|row| !row.smtp) {
            return wanted;
        }
    }
    let submissions = format!("_submissions._tcp.{domain}");
    let submission = format!("_submission._tcp.{domain}");
    let (implicit, starttls, exchangers) = join3(
        ask(ctx, &submissions, RecordKind::Srv),
        ask(ctx, &submission, RecordKind::Srv),
        ask(ctx, domain, RecordKind::Mx),
    )
    .await;
    for (name, answer) in [(&submissions, &implicit), (&submission, &starttls)] {
        book.saw(format!("SRV {name}"), describe(answer));
    }
    book.saw(format!("MX {domain}"), describe(&exchangers));
    let mut choices = services(&implicit, Security::Implicit);
    choices.extend(services(&starttls, Security::Starttls));
    let by_mx = hosts(&exchangers).iter().find_map(|host| provider::of_mx(host));
    if !choices.is_empty() {
        return Wanted { choices, source: Source::Srv, provider: by_mx.map(|row| row.id.clone()) };
    }
    if let Some(row) = by_mx {
        return Wanted { choices: row.choices(domain), source: Source::Mx, provider: Some(row.id.clone()) };
    }
    if let Some(choices) = from_autoconfig(ctx, book).await {
        return Wanted { choices, source: Source::Autoconfig, provider: None };
    }
    match &ctx.account.settings.server {
        Some(server) => match provider::of_host(server) {
            Some(row) => {
                Wanted { choices: row.choices(domain), source: Source::Server, provider: Some(row.id.clone()) }
            }
            // Which of its ports it takes mail on is tried where nobody typed one.
            None if ctx.account.settings.port.is_none() => guess(ctx, book, std::slice::from_ref(server)).await,
            None => Wanted { choices: vec![], source: Source::Guess, provider: None },
        },
        None => {
            let names = [format!("smtp.{domain}"), format!("mail.{domain}"), domain.to_owned()];
            guess(ctx, book, &names).await
        }
    }
}

/// Asks this machine's resolvers, and others only where those give no answer at all.
pub(super) async fn ask(ctx: &Ctx, name: &str, kind: RecordKind) -> Answer {
    let own = ctx.net.lookup(Via::System, name, kind, LOOKUP).await;
    if matches!(own, Answer::Records(_) | Answer::NxDomain | Answer::NoData) {
        return own;
    }
    let kind = if kind == RecordKind::Address { RecordKind::A } else { kind };
    let others = ctx.options.resolvers.iter().map(|server| ctx.net.lookup(Via::Server(*server), name, kind, LOOKUP));
    let definite = |answer: &Answer| matches!(answer, Answer::Records(_) | Answer::NxDomain | Answer::NoData);
    join_all(others).await.into_iter().find(definite).unwrap_or(own)
}

pub(super) fn describe(answer: &Answer) -> Text {
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

fn services(answer: &Answer, security: Security) -> Vec<Choice> {
    let Answer::Records(records) = answer else { return Vec::new() };
    let mut found: Vec<(u16, u16, u16, String)> = records
        .iter()
        .filter_map(|record| match record {
            // A target of "." says that the service is not offered (RFC 2782).
            Record::Srv(priority, weight, port, target) if !target.is_empty() && target != "." && *port != 0 => {
                Some((*priority, u16::MAX - weight, *port, target.clone()))
            }
            _ => None,
        })
        .collect();
    found.sort();
    found.into_iter().take(4).map(|(_, _, port, host)| Choice { host, port, security, auth: vec![] }).collect()
}

fn hosts(answer: &Answer) -> Vec<String> {
    let Answer::Records(records) = answer else { return Vec::new() };
    let mut found: Vec<(u16, String)> = records
        .iter()
        .filter_map(|record| match record {
            Record::Mx(preference, host) => Some((*preference, host.clone())),
            _ => None,
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, host)| host).collect()
}

async fn from_autoconfig(ctx: &Ctx, book: &mut Notebook) -> Option<Vec<Choice>> {
    let domain = ctx.account.address.domain();
    let mut pages = vec![
        format!("https://autoconfig.{domain}/mail/config-v1.1.xml"),
        format!("https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml"),
    ];
    if ctx.options.public_lookups {
        pages.push(format!("https://autoconfig.thunderbird.net/v1.1/{domain}"));
    }
    let limit = ctx.options.timeout.min(Duration::from_secs(4));
    let pages: Vec<url::Url> = pages.iter().filter_map(|page| url::Url::parse(page).ok()).collect();
    let answers = join_all(pages.iter().map(|page| http::fetch(ctx.net.as_ref(), &ctx.tls, page, limit))).await;
    let mut found = None;
    for (page, answer) in pages.iter().zip(answers) {
        let choices = answer
            .as_ref()
            .ok()
            .filter(|answer| answer.status == 200)
            .and_then(|answer| autoconfig::read(&String::from_utf8_lossy(&answer.body), &ctx.account.address));
        let said = match &answer {
            Ok(answer) if choices.is_some() => format!("status {}, an autoconfig file", answer.status),
            Ok(answer) => format!("status {}, no autoconfig file", answer.status),
            Err(why) => why.clone(),
        };
        book.saw(format!("GET {page}"), said);
        found = found.or(choices);
    }
    found
}

/// `smtp.`, `mail.`, the domain itself: the first that resolves and opens 465 or 587.
async fn guess(ctx: &Ctx, book: &mut Notebook, names: &[String]) -> Wanted {
    let tried = join_all(names.iter().map(|name| async move {
        let answer = match name.parse() {
            Ok(addr) => Answer::Records(vec![Record::Address(addr)]),
            Err(_) => ask(ctx, name, RecordKind::Address).await,
        };
        let Some(addr) = answer.addresses().into_iter().find(|addr| ctx.uses(*addr)) else {
            return (answer, None, false);
        };
        let (starttls, implicit) =
            join(opens(ctx, SocketAddr::new(addr, 587)), opens(ctx, SocketAddr::new(addr, 465))).await;
        let port = if starttls {
            Some(587)
        } else if implicit {
            Some(465)
        } else {
            None
        };
        (answer, port, true)
    }))
    .await;
    for (name, (answer, port, _)) in names.iter().zip(&tried) {
        let port = port.map_or(String::new(), |port| format!("; port {port} opens"));
        book.saw(format!("guess {name}"), describe(answer).say(port));
    }
    let named = || names.iter().zip(&tried);
    let choice =
        |host: &String, port| Choice { host: host.clone(), port, security: Security::usual_for(port), auth: vec![] };
    let open = named().find_map(|(name, (_, port, _))| port.map(|port| choice(name, port)));
    // The bare domain is as a rule a website: as a last resort only names that say "mail" count.
    let found =
        open.or_else(|| named().take(2).find(|(_, (.., resolves))| *resolves).map(|(name, _)| choice(name, 587)));
    Wanted { choices: found.into_iter().collect(), source: Source::Guess, provider: None }
}

async fn opens(ctx: &Ctx, to: SocketAddr) -> bool {
    ctx.count_connection();
    match ctx.net.connect(to, ConnectOptions::within(ctx.options.timeout)).await {
        Ok(connection) if to.port() == 587 => {
            let mut dialogue = Dialogue::over(connection.stream);
            tokio::spawn(async move {
                let _ = dialogue.reply(Duration::from_secs(5)).await;
                dialogue.quit().await;
            });
            true
        }
        Ok(_) => true,
        Err(_) => false,
    }
}
