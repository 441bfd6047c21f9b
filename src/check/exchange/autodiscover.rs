//! Where does Outlook find the mailbox? It asks in this order (Microsoft, "Autodiscover for Exchange" and MS-OXDISCO):
//! Microsoft 365 itself, the domain's website, the name autodiscover below the domain, where that sends on to, and the
//! SRV record. Whoever answers first is believed, also a website that has nothing to do with the mailbox. Not asked: a
//! company's directory (Active Directory). What Outlook has stored, and was told to skip, is in `outlook`.

use super::proxy;
use super::web::{Found, Lost, follow, likeliest, shown_certificate};
use super::{MICROSOFT, is_microsoft, is_microsofts, leads_to_microsoft, may_be_exchange};
use crate::account::Source;
use crate::account::client::Exchange;
use crate::account::provider::Kind;
use crate::check::dns::ask::{ask, describe};
use crate::check::engine::{Check, How, Need, timed};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::autodiscover as keys;
use crate::facts::words::{AutodiscoverBy, AutodiscoverName, MailboxAt, Misled};
use crate::net::{Answer, Record, RecordKind};
use crate::probe::http::NotFetched;
use crate::probe::secure::FailureKind;
use crate::text::Text;
use futures::future::{join, join4};
use tokio::time::Instant;
use url::Url;

pub(crate) static CHECK: Check = Check {
    kind: "autodiscover",
    group: Group::Settings,
    question: "Where is the Exchange mailbox?",
    when: may_be_exchange,
    needs: |_| vec![Need::After(proxy::CHECK.id())],
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// Where people sign in: with a work or school account, and with a personal one.
const SIGN_IN: [(Kind, &str); 2] =
    [(Kind::MicrosoftWork, "login.microsoftonline.com"), (Kind::MicrosoftPersonal, "login.live.com")];
/// The path at each of the places (MS-OXDISCO).
const PATH: &str = "autodiscover/autodiscover.xml";

/// What is learnt at one place.
enum Says {
    /// The mailbox is at Microsoft.
    Microsoft,
    /// An Exchange server answers: its name.
    Exchange(String),
    /// Somebody else answers, and Outlook believes it.
    Other(Misled),
    /// A web server answers that knows nothing of mailboxes.
    Nobody,
    /// No page could be fetched.
    Lost,
}

/// One of the places where Outlook looks.
struct Place {
    host: String,
    says: Says,
}

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let domain = ctx.account.address.domain();
    let kind = ctx.wanted().and_then(|wanted| wanted.provider()).map(|row| row.kind).filter(|kind| is_microsoft(*kind));
    // Microsoft's own domains (outlook.com, onmicrosoft.com) are known to every Outlook.
    if let Some(kind) = kind.filter(|_| ctx.wanted().is_some_and(|wanted| wanted.source == Source::Table)) {
        note_microsoft(book, kind);
        return Verdict::pass("at Microsoft: the domain is Microsoft's own");
    }
    let name = format!("autodiscover.{domain}");
    let srv = format!("_autodiscover._tcp.{domain}");
    let ((alias_at, alias), (service_at, service)) =
        join(timed(ask(ctx, &name, RecordKind::A)), timed(ask(ctx, &srv, RecordKind::Srv))).await;
    book.saw_at(alias_at, name.clone(), describe(&alias));
    book.saw_at(service_at, format!("SRV {srv}"), describe(&service));
    let leads = leads_to(&alias);
    book.note(keys::NAME, leads);
    let at_microsoft = kind.is_some() || leads == AutodiscoverName::Microsoft;
    let service = service_of(&service);
    // A program that may well have an account of another type, or a provider that has others: the domain's website is not
    // asked without a sign.
    let has_provider = ctx.wanted().is_some_and(|wanted| wanted.provider().is_some());
    let usual = !has_provider && ctx.account.client().is_none_or(|client| client.exchange == Exchange::Usual);
    if !usual && !at_microsoft && leads == AutodiscoverName::Missing && service.is_none() {
        book.note(keys::BY, AutodiscoverBy::Nobody);
        return Verdict::pass("the domain names none");
    }
    let (mailbox, website, below, by_srv) = join4(
        timed(async { if at_microsoft { mailbox(ctx).await } else { None } }),
        timed(async { Some(at(ctx, domain, at_microsoft).await) }),
        timed(below(ctx, &name, leads, at_microsoft)),
        timed(async {
            match &service {
                Some(host) => Some(at(ctx, host, at_microsoft).await),
                None => None,
            }
        }),
    )
    .await;
    let (mailbox_at, mailbox) = mailbox;
    if let Some((said, _)) = &mailbox {
        book.saw_at(mailbox_at, "Microsoft 365 (autodiscover v2)", said.clone());
    }
    let mut heard = |(at, found): (Instant, Option<(Place, Text)>)| {
        let (place, said) = found?;
        book.saw_at(at, format!("https://{}/{PATH}", place.host), said);
        Some(place)
    };
    let website = heard(website);
    let named: Vec<Place> = [below, by_srv].into_iter().filter_map(heard).collect();
    let elsewhere = mailbox.and_then(|(_, server)| server).filter(|server| !is_microsofts(server));
    note(book, kind, at_microsoft, elsewhere, website, named)
}

fn note_microsoft(book: &mut Notebook, kind: Kind) {
    book.note(keys::MAILBOX, MailboxAt::Microsoft);
    book.note(keys::SERVER, MICROSOFT);
    if let Some((_, host)) = SIGN_IN.iter().find(|(of, _)| *of == kind) {
        book.note(keys::SIGN_IN, *host);
    }
}

/// Notes who answers first, and where the mailbox is. `elsewhere` is the company's server to which Microsoft sends on;
/// `named` are the places that records of the domain name for this very purpose, unlike its website.
fn note(
    book: &mut Notebook,
    kind: Option<Kind>,
    at_microsoft: bool,
    elsewhere: Option<String>,
    website: Option<Place>,
    named: Vec<Place>,
) -> Verdict {
    let lost = named.iter().find(|place| matches!(place.says, Says::Lost)).map(|place| place.host.clone());
    // A record that leads to a website, which knows nothing of the mailbox.
    let stray = named.iter().find(|place| matches!(place.says, Says::Nobody)).map(|place| place.host.clone());
    let places: Vec<Place> = website.into_iter().chain(named).collect();
    let first = places.iter().find(|place| !matches!(place.says, Says::Nobody | Says::Lost));
    let by = match first.map(|place| &place.says) {
        Some(Says::Microsoft) => AutodiscoverBy::Microsoft,
        Some(Says::Exchange(_)) => AutodiscoverBy::Exchange,
        Some(Says::Other(_)) => AutodiscoverBy::Misled,
        // The record of a server that is gone.
        _ if at_microsoft && elsewhere.is_none() && (lost.is_some() || stray.is_some()) => AutodiscoverBy::Misled,
        _ => AutodiscoverBy::Nobody,
    };
    book.note(keys::BY, by);
    let misled = match first {
        Some(Place { host, says: Says::Other(how) }) => Some((host.clone(), *how)),
        _ if by == AutodiscoverBy::Misled => {
            let lost = lost.clone().map(|host| (host, Misled::NoAnswer));
            lost.or(stray.map(|host| (host, Misled::OtherPage)))
        }
        _ => None,
    };
    if let Some((host, how)) = &misled {
        book.note(keys::MISLED_BY, host.as_str());
        book.note(keys::MISLED_HOW, *how);
    }
    let own = places.iter().find_map(|place| match &place.says {
        Says::Exchange(host) => Some(host.clone()),
        _ => None,
    });
    match elsewhere.or(own.filter(|_| !at_microsoft)) {
        Some(server) => {
            book.note(keys::MAILBOX, MailboxAt::Company);
            book.note(keys::SERVER, server.as_str());
        }
        None if at_microsoft => note_microsoft(book, kind.unwrap_or(Kind::MicrosoftWork)),
        // What is wrong there is judged by the next check; whether the mailbox is there, nobody has said.
        None => {
            if let Some(server) = &lost {
                book.note(keys::SERVER, server.as_str());
            }
        }
    }
    match misled {
        Some((host, Misled::NoAnswer)) => Verdict::warn(
            Text::from("a record leads Outlook to ")
                .host(&host)
                .say(", which does not answer; the mailbox is at Microsoft"),
        ),
        Some((host, Misled::OtherPage)) => Verdict::warn(
            Text::from("a record leads Outlook to ")
                .host(&host)
                .say(", which knows nothing of the mailbox; that is at Microsoft"),
        ),
        Some((host, _)) => Verdict::warn(
            Text::new().host(&host).say(" answers Outlook, although it has nothing to do with the mailbox"),
        ),
        None if at_microsoft => Verdict::pass("at Microsoft"),
        None if by == AutodiscoverBy::Exchange => Verdict::pass("at the company's own Exchange server"),
        None => match lost {
            Some(host) => Verdict::unknown(Text::from("it would ask ").host(&host).say(", which cannot be asked")),
            None => Verdict::unknown("nothing points to an Exchange mailbox"),
        },
    }
}

fn leads_to(answer: &Answer) -> AutodiscoverName {
    match answer {
        Answer::Records(_) if leads_to_microsoft(answer) => AutodiscoverName::Microsoft,
        Answer::Records(_) => AutodiscoverName::Own,
        Answer::NxDomain | Answer::NoData => AutodiscoverName::Missing,
        _ => AutodiscoverName::Failed,
    }
}

fn service_of(answer: &Answer) -> Option<String> {
    let Answer::Records(records) = answer else { return None };
    records.iter().find_map(|record| match record {
        Record::Srv(_, _, 443, host) if !host.is_empty() && host != "." => Some(host.clone()),
        _ => None,
    })
}

/// What Microsoft 365 says about this address: the server of its mailbox (autodiscover v2).
async fn mailbox(ctx: &Ctx) -> Option<(Text, Option<String>)> {
    let mut url = Url::parse(&format!("https://{MICROSOFT}/autodiscover/autodiscover.json/v1.0/")).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().push(&ctx.account.address.ascii());
    url.set_query(Some("Protocol=AutodiscoverV1"));
    Some(match follow(ctx, &url).await {
        Ok(found) => match server_in(&found.answer.body) {
            Some(server) => (Text::from("the mailbox is at ").host(&server), Some(server)),
            None => (format!("status {}, no server named", found.answer.status).into(), None),
        },
        Err(lost) => (lost.says(), None),
    })
}

/// The host in `{"Protocol": "AutodiscoverV1", "Url": "https://..."}`.
fn server_in(body: &[u8]) -> Option<String> {
    let said: serde_json::Value = serde_json::from_slice(body).ok()?;
    let url = Url::parse(said.get("Url")?.as_str()?).ok()?;
    // A server has a name below some domain; what has none would be asked of this computer or its neighbours.
    let host = url.domain().filter(|host| url.scheme() == "https" && host.contains('.'))?;
    Some(host.to_owned())
}

/// What answers below the name autodiscover: by HTTPS, or where plain HTTP sends on to.
async fn below(ctx: &Ctx, name: &str, leads: AutodiscoverName, at_microsoft: bool) -> Option<(Place, Text)> {
    match leads {
        AutodiscoverName::Microsoft => {
            Some((Place { host: name.to_owned(), says: Says::Microsoft }, "it points to Microsoft".into()))
        }
        AutodiscoverName::Own => {
            let plain = Url::parse(&format!("http://{name}/{PATH}")).ok()?;
            let (by_https, sent_on) = join(at(ctx, name, at_microsoft), follow(ctx, &plain)).await;
            if !matches!(by_https.0.says, Says::Nobody | Says::Lost) {
                return Some(by_https);
            }
            // A plain page counts only where it sends on to an encrypted one.
            let Some(found) = sent_on.ok().filter(|found| found.url.scheme() == "https") else { return Some(by_https) };
            let says = judge(&found, at_microsoft);
            let host = found.url.host_str().unwrap_or_default().to_owned();
            let said = by_https.1.say("; plain HTTP redirects to ").host(found.url.as_str());
            Some((Place { host, says }, said.say(format!(", status {}", found.answer.status))))
        }
        AutodiscoverName::Missing | AutodiscoverName::Failed => None,
    }
}

/// What answers at a host.
async fn at(ctx: &Ctx, host: &str, at_microsoft: bool) -> (Place, Text) {
    let place = |says| Place { host: host.to_owned(), says };
    let Ok(url) = Url::parse(&format!("https://{host}/{PATH}")) else {
        return (place(Says::Nobody), "no address for a page".into());
    };
    let lost = match follow(ctx, &url).await {
        Ok(found) => return (place(judge(&found, at_microsoft)), said(&found, &url)),
        Err(lost) => lost,
    };
    let said = lost.says();
    // A page that sends on to nowhere is no sign of a mailbox.
    let Lost::Fetching(failed, why) = lost else { return (place(Says::Nobody), said) };
    let says = match why {
        NotFetched::NotSecured(why) if why.kind == FailureKind::Certificate => {
            match shown_certificate(ctx, &failed, likeliest(ctx, &failed).await.as_deref()).await {
                // An alias of Microsoft's that the domain's DNS resolves by itself: Outlook is sent on from there.
                Some(shown) if shown.names.iter().any(|name| is_microsofts(name.trim_start_matches("*."))) => {
                    Says::Microsoft
                }
                // Outlook warns of it, although nothing of the mailbox is there.
                _ if at_microsoft && host.starts_with("autodiscover.") => Says::Other(Misled::BadCertificate),
                _ => Says::Lost,
            }
        }
        _ => Says::Lost,
    };
    (Place { host: failed.host_str().unwrap_or(host).to_owned(), says }, said)
}

fn said(found: &Found, asked: &Url) -> Text {
    let mut text = Text::from(format!("status {}", found.answer.status));
    if found.url != *asked {
        text = text.say(", redirected to ").host(found.url.as_str());
    }
    for challenge in found.answer.challenges.iter().take(4) {
        text = text.say(", wants ").foreign(challenge.split(' ').next().unwrap_or_default());
    }
    text
}

/// Who answers, by the log-in that is wanted: Exchange offers Windows' own kinds or a sign-in, a website's control
/// panel a password in clear (Basic) alone. That is no sign of a mailbox at Exchange, but Outlook asks for the password.
fn judge(found: &Found, at_microsoft: bool) -> Says {
    let host = found.url.host_str().unwrap_or_default();
    if is_microsofts(host) {
        return Says::Microsoft;
    }
    let offers = |kinds: &[&str]| {
        found.answer.challenges.iter().any(|challenge| {
            let kind = challenge.split([' ', ',']).next().unwrap_or_default();
            kinds.iter().any(|wanted| kind.eq_ignore_ascii_case(wanted))
        })
    };
    match found.answer.status {
        401 if found.answer.is_exchanges => Says::Exchange(host.to_owned()),
        401 if offers(&["NTLM", "Negotiate", "Bearer"]) => Says::Exchange(host.to_owned()),
        401 if at_microsoft && offers(&["Basic", "Digest"]) => Says::Other(Misled::AsksForPassword),
        200 if at_microsoft && is_autodiscover(&found.answer.body) => Says::Other(Misled::OtherSettings),
        _ => Says::Nobody,
    }
}

/// Whether it is such a file: settings, or an error in the same form.
fn is_autodiscover(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("<Autodiscover")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::http;
    use rstest::rstest;

    fn found(url: &str, status: u16, challenges: &[&str], body: &str) -> Found {
        let challenges = challenges.iter().map(|challenge| (*challenge).to_owned()).collect();
        let answer = http::Answer {
            status,
            location: None,
            date: None,
            challenges,
            is_exchanges: false,
            body: body.as_bytes().to_vec(),
        };
        Found { url: Url::parse(url).unwrap(), answer }
    }

    #[rstest]
    #[case(&["Negotiate", "NTLM", "Basic realm=\"mail\""], 401, "", "exchange", "exchange")]
    #[case(&["Basic realm=\"cPanel\""], 401, "", "asks", "nobody")]
    #[case(&["B\\x1b[2Jasic"], 401, "", "nobody", "nobody")]
    #[case(&[], 401, "", "nobody", "nobody")]
    #[case(&[], 200, "<?xml?><Autodiscover xmlns=\"x\">", "settings", "nobody")]
    #[case(&[], 200, "<html>Welcome</html>", "nobody", "nobody")]
    #[case(&[], 404, "", "nobody", "nobody")]
    fn who_answers(
        #[case] challenges: &[&str],
        #[case] status: u16,
        #[case] body: &str,
        #[case] at_microsoft: &str,
        #[case] otherwise: &str,
    ) {
        let word =
            |at| match judge(&found("https://example.com/autodiscover/autodiscover.xml", status, challenges, body), at)
            {
                Says::Microsoft => "microsoft",
                Says::Exchange(_) => "exchange",
                Says::Other(Misled::AsksForPassword) => "asks",
                Says::Other(_) => "settings",
                Says::Nobody | Says::Lost => "nobody",
            };
        assert_eq!((word(true), word(false)), (at_microsoft, otherwise));
    }

    #[test]
    fn the_server_of_a_mailbox() {
        let body =
            br#"{"Protocol":"AutodiscoverV1","Url":"https://mail.company.example/autodiscover/autodiscover.xml"}"#;
        assert_eq!(server_in(body).as_deref(), Some("mail.company.example"));
        assert_eq!(server_in(br#"{"Protocol":"x","Url":"http://mail.company.example/"}"#), None);
        assert_eq!(server_in(br#"{"Url":"https://192.168.1.1/"}"#), None);
        assert_eq!(server_in(br#"{"Url":"https://localhost/"}"#), None);
        assert_eq!(server_in(br#"{"ErrorCode":"UserNotFound"}"#), None);
        assert_eq!(server_in(b"<html>"), None);
    }
}
