//! Can Exchange be reached? The server of the mailbox and the one where people sign in, each by HTTPS on port 443 and
//! through the system's web proxy: name, connection, certificate, answer, time. Where a script chooses the proxy and the
//! system does not tell which, each way that it names is tried. Nothing is signed in to.

use super::web::{Route, limit, opened, routes, secured, shown_certificate};
use super::{autodiscover, is_microsofts, may_be_exchange, proxy};
use crate::account::client;
use crate::check::dns::ask::ask;
use crate::check::engine::{Check, How, Need, millis, timed};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::interceptors;
use crate::facts::key::Key;
use crate::facts::keys::{autodiscover as found, exchange as keys};
use crate::facts::words::{Reach, WebCertificate};
use crate::net::RecordKind;
use crate::probe::hello::{self, Heard};
use crate::probe::http::{NotFetched, get_over};
use crate::probe::secure::{CertificateFault, FailureKind, Verify};
use crate::probe::version::Version;
use crate::text::{Mark, Text, is_inner, visible_str};
use futures::future::{join, join_all};
use tokio::time::Instant;
use url::Url;

pub(crate) static CHECK: Check = Check {
    kind: "exchange",
    group: Group::Internet,
    question: "Can Exchange be reached?",
    when: may_be_exchange,
    needs: |_| vec![Need::After(proxy::CHECK.id()), Need::After(autodiscover::CHECK.id())],
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// What came of one server.
struct Way {
    host: String,
    path: &'static str,
    route: Route,
    reach: Reach,
    said: Text,
    elapsed_ms: u64,
    fault: Option<WebCertificate>,
    issuer: Option<String>,
}

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let host = |key: &Key<String>| ctx.fact(&autodiscover::CHECK.id(), key);
    let Some(server) = host(&found::SERVER) else {
        return Verdict::moot("no Exchange mailbox was found");
    };
    let sign_in = host(&found::SIGN_IN);
    let (to_server, to_sign_in) = join(go(ctx, server, mailbox_path(ctx)), async {
        match sign_in {
            Some(host) => go(ctx, host, "").await,
            None => Vec::new(),
        }
    })
    .await;
    if let Some(proxy) = best(&to_server).and_then(|way| way.route.proxy.as_deref()) {
        book.note(keys::PROXY, proxy);
    }
    let ways = [(keys::SERVER, keys::SERVER_MS, &to_server), (keys::SIGN_IN, keys::SIGN_IN_MS, &to_sign_in)];
    let mut bad = None;
    for (reach, ms, tried) in ways {
        let several = tried.len() > 1;
        for (at, way) in tried {
            let text = if several { says(&way.route) } else { Text::new() };
            book.saw_at(*at, format!("https://{}/{}", way.host, way.path), text.append(way.said.clone()));
        }
        let Some(way) = best(tried) else { continue };
        book.note(reach, way.reach);
        if way.reach == Reach::Reached {
            book.note(ms, way.elapsed_ms);
        } else if bad.is_none() {
            note_failure(book, way);
            bad = Some(way);
        }
    }
    match bad {
        None => Verdict::pass("yes, as far as the servers' own pages"),
        Some(way) => Verdict::fail(Text::new().host(&way.host).say(": ").append(way.said.clone())),
    }
}

/// The way that programs will have gone on with: the first that leads to an answer, or otherwise the first.
fn best(tried: &[(Instant, Way)]) -> Option<&Way> {
    let that_counts = || tried.iter().map(|(_, way)| way).filter(|way| way.route.counts);
    let ends_in = |reach: Reach| that_counts().find(|way| way.reach == reach);
    ends_in(Reach::Reached).or_else(|| ends_in(Reach::Failing)).or_else(|| that_counts().next())
}

fn says(route: &Route) -> Text {
    match &route.proxy {
        Some(proxy) => Text::from("through ").mark(Mark::Inner, proxy).say(": "),
        None if route.counts => "directly: ".into(),
        None => "directly, which the script does not name: ".into(),
    }
}

fn note_failure(book: &mut Notebook, way: &Way) {
    book.note(keys::FAILED, way.host.as_str());
    book.note(keys::WHY, way.said.text.as_str());
    if let Some(fault) = way.fault {
        book.note(keys::CERTIFICATE, fault);
    }
    if let Some(issuer) = &way.issuer {
        book.note(keys::ISSUER, visible_str(issuer));
        if let Some(row) = interceptors::of_issuer(issuer) {
            book.note(keys::INTERCEPTOR, row.name.as_str());
        }
    }
}

/// Where a mail program talks to the mailbox: Outlook by MAPI over HTTP, others by Exchange Web Services. Whoever has
/// not logged in is asked to (401); an error of the server's own shows here, not on its first page.
fn mailbox_path(ctx: &Ctx) -> &'static str {
    match ctx.account.client().map(|client| client.exchange) {
        Some(client::Exchange::ByEws) => "EWS/Exchange.asmx",
        _ => "mapi/emsmdb/",
    }
}

/// Goes every way to a page that comes into question.
async fn go(ctx: &Ctx, host: String, path: &'static str) -> Vec<(Instant, Way)> {
    let Ok(url) = Url::parse(&format!("https://{host}/{path}")) else {
        let said = "its name is not one that a web server can have".into();
        let route = Route { proxy: None, counts: true };
        let way = Way { host, path, route, reach: Reach::NotFound, said, elapsed_ms: 0, fault: None, issuer: None };
        return vec![(Instant::now(), way)];
    };
    let routes = routes(ctx, &url).await;
    join_all(routes.into_iter().map(|route| timed(go_by(ctx, &url, &host, path, route)))).await
}

async fn go_by(ctx: &Ctx, url: &Url, host: &str, path: &'static str, route: Route) -> Way {
    let began = Instant::now();
    let proxy = route.proxy.as_deref();
    let way = |reach, said: Text| Way {
        host: host.to_owned(),
        path,
        route: route.clone(),
        reach,
        said,
        elapsed_ms: millis(began.elapsed()),
        fault: None,
        issuer: None,
    };
    let answer = match secured(ctx, url, proxy, Verify::Yes).await {
        Ok(secured) => get_over(secured.stream, url, limit(ctx)).await,
        Err(why) => Err(why),
    };
    let why = match answer {
        Ok(answer) => {
            let said = format!("status {} after {} ms", answer.status, millis(began.elapsed()));
            return way(if answer.status >= 500 { Reach::Failing } else { Reach::Reached }, said.into());
        }
        Err(why) => why,
    };
    if proxy.is_none()
        && let Some(said) = led_inside(ctx, host).await
    {
        return way(Reach::Misdirected, said);
    }
    match why {
        NotFetched::NotSecured(why) if why.kind == FailureKind::Certificate => {
            let issuer = shown_certificate(ctx, url, proxy).await.map(|shown| shown.issuer);
            let signed = issuer.as_ref().map_or(String::new(), |issuer| format!(", signed by {}", visible_str(issuer)));
            let said = Text::from("the certificate is not accepted: ").foreign(&why.said).foreign(signed);
            Way { fault: Some(fault(why.certificate_fault())), issuer, ..way(Reach::NotTrusted, said) }
        }
        NotFetched::NotSecured(_) if is_tls_off(ctx) => {
            way(Reach::TlsOff, "no encryption was agreed on, and TLS 1.2 is switched off on this computer".into())
        }
        NotFetched::NotSecured(why) => match old_version(ctx, url, proxy).await {
            Some(version) => way(Reach::OldTls, format!("it knows nothing above {version}").into()),
            None => way(Reach::Broken, why.said.as_str().into()),
        },
        why => way(reach_of(&why), why.says()),
    }
}

/// Whether the system's policy forbids TLS 1.2, without which nobody gets on today.
fn is_tls_off(ctx: &Ctx) -> bool {
    ctx.machine.local().tls_policy.iter().any(|(version, is_on)| version == "TLSv1.2" && !is_on)
}

/// Whether the name of one of Microsoft's servers leads to an address inside, where it cannot be: a DNS filter, or a hosts
/// file. Through a web proxy, this computer's names do not matter.
async fn led_inside(ctx: &Ctx, host: &str) -> Option<Text> {
    if !is_microsofts(host) {
        return None;
    }
    let addresses = ask(ctx, host, RecordKind::Address).await.addresses();
    let first = addresses.first().filter(|_| addresses.iter().copied().all(is_inner))?;
    Some(Text::from("its name leads to ").addr(*first).say(", where it cannot be"))
}

/// The newest version of TLS that a server knows, if that is an old one: asked where nothing newer came about.
async fn old_version(ctx: &Ctx, url: &Url, proxy: Option<&str>) -> Option<Version> {
    for version in [Version::Tls11, Version::Tls10] {
        let mut stream = opened(ctx, url, proxy).await.ok()?;
        let heard = hello::ask(&mut stream, url.host_str()?, version, limit(ctx)).await;
        if matches!(heard, Heard::Chose(..)) {
            return Some(version);
        }
    }
    None
}

fn reach_of(why: &NotFetched) -> Reach {
    match why {
        NotFetched::BadAddress | NotFetched::NotFound { .. } => Reach::NotFound,
        NotFetched::NotOpened { .. } => Reach::Shut,
        NotFetched::ProxyRefused(_) => Reach::ProxyRefuses,
        NotFetched::NoProxy(_) => Reach::ProxyGone,
        NotFetched::NotSecured(_)
        | NotFetched::Cut(_)
        | NotFetched::Silent
        | NotFetched::NotHttp
        | NotFetched::TooLong => Reach::Broken,
    }
}

fn fault(fault: CertificateFault) -> WebCertificate {
    match fault {
        CertificateFault::Expired => WebCertificate::Expired,
        CertificateFault::NotYetValid => WebCertificate::NotYetValid,
        CertificateFault::Name => WebCertificate::Name,
        CertificateFault::UnknownIssuer => WebCertificate::Issuer,
        CertificateFault::SelfSigned => WebCertificate::SelfSigned,
        CertificateFault::TooWeak => WebCertificate::TooWeak,
        CertificateFault::Unsaid => WebCertificate::Unsaid,
    }
}
