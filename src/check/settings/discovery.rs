//! What are the provider's settings? The table, then SRV, MX and autoconfig, and last a guess, marked as one.

use crate::account::{Choice, Security, Source, Wanted, autoconfig, provider};
use crate::check::dns::ask::{ask, describe};
use crate::check::engine::{Check, How, always, none, timed};
use crate::check::exchange::leads_to_microsoft;
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::provider as keys;
use crate::net::{Answer, ConnectOptions, Record, RecordKind};
use crate::probe::{http, smtp::Dialogue};
use crate::text::Text;
use crate::text::small_sort::SmallSort;
use futures::future::{join, join_all, join4};
use std::net::SocketAddr;
use std::time::Duration;

pub(crate) static CHECK: Check = Check {
    kind: "provider",
    group: Group::Settings,
    question: "What are the provider's settings?",
    when: always,
    needs: none,
    facts: keys::ALL,
    how: How::Search(|ctx, book| Box::pin(run(ctx, book))),
};

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let wanted = find(ctx, book).await;
    book.note(keys::SOURCE, wanted.source);
    if let Some(provider) = &wanted.provider {
        book.note(keys::PROVIDER, provider.as_str());
    }
    let choices = wanted.choices.iter();
    let choices = choices.map(|choice| format!("{}:{} {}", choice.host, choice.port, choice.security.word()));
    book.note(keys::CHOICES, choices.collect::<Vec<_>>());
    let verdict = sum_up(ctx, &wanted);
    ctx.discovered(wanted);
    verdict
}

fn sum_up(ctx: &Ctx, wanted: &Wanted) -> Verdict {
    let Some(first) = wanted.choices.first() else {
        return Verdict::unknown("nothing says which server this domain sends through");
    };
    let name = match wanted.provider() {
        Some(row) => Text::from(row.name.as_str()),
        None => Text::new().host(ctx.account.address.domain()),
    };
    let ways = wanted.choices.iter().take(3);
    let ways: Vec<String> = ways.map(|choice| format!("{} {}", choice.port, choice.security.says())).collect();
    let summary =
        name.say(" wants ").host(&first.host).say(format!(", {} ({})", ways.join(" or "), wanted.source.says()));
    if wanted.source == Source::Guess { Verdict::warn(summary) } else { Verdict::pass(summary) }
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
    // Behind a mail filter the exchanger says nothing about the mailbox; this name still leads to its provider.
    let autodiscover = format!("autodiscover.{domain}");
    let ((implicit_at, implicit), (starttls_at, starttls), (mx_at, exchangers), (alias_at, alias)) = join4(
        timed(ask(ctx, &submissions, RecordKind::Srv)),
        timed(ask(ctx, &submission, RecordKind::Srv)),
        timed(ask(ctx, domain, RecordKind::Mx)),
        timed(ask(ctx, &autodiscover, RecordKind::A)),
    )
    .await;
    book.saw_at(implicit_at, format!("SRV {submissions}"), describe(&implicit));
    book.saw_at(starttls_at, format!("SRV {submission}"), describe(&starttls));
    book.saw_at(mx_at, format!("MX {domain}"), describe(&exchangers));
    let mut choices = services(&implicit, Security::Implicit);
    choices.extend(services(&starttls, Security::Starttls));
    let by_mx = hosts(&exchangers).iter().find_map(|host| provider::of_mx(host));
    if !choices.is_empty() {
        return Wanted { choices, source: Source::Srv, provider: by_mx.map(|row| row.id.clone()) };
    }
    if let Some(row) = by_mx {
        return Wanted { choices: row.choices(domain), source: Source::Mx, provider: Some(row.id.clone()) };
    }
    book.saw_at(alias_at, autodiscover, describe(&alias));
    if let Some(row) = provider::by_id(MICROSOFT).filter(|_| leads_to_microsoft(&alias)) {
        return Wanted { choices: row.choices(domain), source: Source::Autodiscover, provider: Some(row.id.clone()) };
    }
    if let Some(choices) = from_autoconfig(ctx, book).await {
        return Wanted { choices, source: Source::Autoconfig, provider: None };
    }
    match ctx.account.settings.server() {
        Some(server) => match provider::of_host(server) {
            Some(row) => {
                Wanted { choices: row.choices(domain), source: Source::Server, provider: Some(row.id.clone()) }
            }
            // On which of its ports it accepts mail is tried out, unless the configured port is known.
            None if ctx.account.settings.port.is_none() => guess(ctx, book, &[server.to_owned()]).await,
            None => Wanted { choices: vec![], source: Source::Guess, provider: None },
        },
        None => {
            let names = [format!("smtp.{domain}"), format!("mail.{domain}"), domain.to_owned()];
            guess(ctx, book, &names).await
        }
    }
}

/// Microsoft 365 in the table of providers.
const MICROSOFT: &str = "office365.com";

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
    found.small_sort();
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
    found.small_sort();
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
    let answers = join_all(pages.iter().map(|page| timed(http::fetch(ctx.net.as_ref(), &ctx.tls, page, limit)))).await;
    let mut found = None;
    for (page, (at, answer)) in pages.iter().zip(answers) {
        let choices = answer
            .as_ref()
            .ok()
            .filter(|answer| answer.status == 200)
            .and_then(|answer| autoconfig::read(&String::from_utf8_lossy(&answer.body), &ctx.account.address));
        let said = match &answer {
            Ok(answer) if choices.is_some() => format!("status {}, an autoconfig file", answer.status).into(),
            Ok(answer) => format!("status {}, no autoconfig file", answer.status).into(),
            Err(why) => why.says(),
        };
        book.saw_at(at, format!("GET {page}"), said);
        found = found.or(choices);
    }
    found
}

/// Of `smtp.`, `mail.` and the domain itself, the first that resolves and opens 465 or 587.
async fn guess(ctx: &Ctx, book: &mut Notebook, names: &[String]) -> Wanted {
    let tried = names.iter().map(|name| async move {
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
    });
    let (at, tried): (Vec<_>, Vec<_>) = join_all(tried.map(timed)).await.into_iter().unzip();
    for ((name, at), (answer, port, _)) in names.iter().zip(at).zip(&tried) {
        let port = port.map_or(String::new(), |port| format!("; port {port} opens"));
        book.saw_at(at, format!("guess {name}"), describe(answer).say(port));
    }
    let named = || names.iter().zip(&tried);
    let choice =
        |host: &String, port| Choice { host: host.clone(), port, security: Security::usual_for(port), auth: vec![] };
    let open = named().find_map(|(name, (_, port, _))| port.map(|port| choice(name, port)));
    // The bare domain is usually a website: as a last resort only names that say "mail" count.
    let found =
        open.or_else(|| named().take(2).find(|(_, (.., resolves))| *resolves).map(|(name, _)| choice(name, 587)));
    Wanted { choices: found.into_iter().collect(), source: Source::Guess, provider: None }
}

async fn opens(ctx: &Ctx, to: SocketAddr) -> bool {
    match ctx.door.connect(to, ConnectOptions::within(ctx.options.timeout)).await {
        Some(Ok(connection)) if to.port() == 587 => {
            let mut dialogue = Dialogue::over(connection.stream);
            tokio::spawn(async move {
                let _ = dialogue.reply(Duration::from_secs(5)).await;
                dialogue.quit().await;
            });
            true
        }
        Some(Ok(_)) => true,
        _ => false,
    }
}
