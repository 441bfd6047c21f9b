//! Can Exchange be reached? The server of the mailbox and the one where people sign in, each by HTTPS on port 443 and
//! through the system's web proxy: name, connection, certificate, answer, time. Nothing is signed in to.

use super::web::{limit, opened, secured, shown_certificate};
use super::{autodiscover, is_microsofts, may_be_exchange};
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
use crate::text::{Text, is_inner, visible_str};
use futures::future::join;
use tokio::time::Instant;
use url::Url;

pub(crate) static CHECK: Check = Check {
    kind: "exchange",
    group: Group::Internet,
    question: "Can Exchange be reached?",
    when: may_be_exchange,
    needs: |_| vec![Need::After(autodiscover::CHECK.id())],
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// What came of one server.
struct Way {
    host: String,
    path: &'static str,
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
    if let Some(proxy) = ctx.machine.local().proxy_to(&server) {
        book.note(keys::PROXY, proxy);
    }
    let (to_server, to_sign_in) = join(timed(go(ctx, server, mailbox_path(ctx))), async {
        match sign_in {
            Some(host) => Some(timed(go(ctx, host, "")).await),
            None => None,
        }
    })
    .await;
    let ways = [
        Some((keys::SERVER, keys::SERVER_MS, to_server)),
        to_sign_in.map(|way| (keys::SIGN_IN, keys::SIGN_IN_MS, way)),
    ];
    let mut bad = None;
    for (reach, ms, (at, way)) in ways.into_iter().flatten() {
        book.saw_at(at, format!("https://{}/{}", way.host, way.path), way.said.clone());
        book.note(reach, way.reach);
        if way.reach == Reach::Reached {
            book.note(ms, way.elapsed_ms);
        } else if bad.is_none() {
            note_failure(book, &way);
            bad = Some(way);
        }
    }
    match bad {
        None => Verdict::pass("yes, as far as the servers' own pages"),
        Some(way) => Verdict::fail(Text::new().host(&way.host).say(": ").append(way.said)),
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

async fn go(ctx: &Ctx, host: String, path: &'static str) -> Way {
    let began = Instant::now();
    let way = |reach, said: Text| Way {
        host: host.clone(),
        path,
        reach,
        said,
        elapsed_ms: millis(began.elapsed()),
        fault: None,
        issuer: None,
    };
    let Ok(url) = Url::parse(&format!("https://{host}/{path}")) else {
        return way(Reach::NotFound, "its name is not one that a web server can have".into());
    };
    let answer = match secured(ctx, &url, Verify::Yes).await {
        Ok(secured) => get_over(secured.stream, &url, limit(ctx)).await,
        Err(why) => Err(why),
    };
    let why = match answer {
        Ok(answer) => {
            let said = format!("status {} after {} ms", answer.status, millis(began.elapsed()));
            return way(if answer.status >= 500 { Reach::Failing } else { Reach::Reached }, said.into());
        }
        Err(why) => why,
    };
    if let Some(said) = led_inside(ctx, &host).await {
        return way(Reach::Misdirected, said);
    }
    match why {
        NotFetched::NotSecured(why) if why.kind == FailureKind::Certificate => {
            let issuer = shown_certificate(ctx, &url).await.map(|shown| shown.issuer);
            let signed = issuer.as_ref().map_or(String::new(), |issuer| format!(", signed by {}", visible_str(issuer)));
            let said = Text::from("the certificate is not accepted: ").foreign(&why.said).foreign(signed);
            Way { fault: Some(fault(why.certificate_fault())), issuer, ..way(Reach::NotTrusted, said) }
        }
        NotFetched::NotSecured(why) => match old_version(ctx, &url).await {
            Some(version) => way(Reach::OldTls, format!("it knows nothing above {version}").into()),
            None => way(Reach::Broken, why.said.as_str().into()),
        },
        why => way(reach_of(&why), why.says()),
    }
}

/// Whether the name of one of Microsoft's servers leads to an address inside, where it cannot be: a DNS filter, or a hosts
/// file. Through a web proxy, this computer's names do not matter.
async fn led_inside(ctx: &Ctx, host: &str) -> Option<Text> {
    if ctx.machine.local().proxy_to(host).is_some() || !is_microsofts(host) {
        return None;
    }
    let addresses = ask(ctx, host, RecordKind::Address).await.addresses();
    let first = addresses.first().filter(|_| addresses.iter().copied().all(is_inner))?;
    Some(Text::from("its name leads to ").addr(*first).say(", where it cannot be"))
}

/// The newest version of TLS that a server knows, if that is an old one: asked where nothing newer came about.
async fn old_version(ctx: &Ctx, url: &Url) -> Option<Version> {
    for version in [Version::Tls11, Version::Tls10] {
        let mut stream = opened(ctx, url).await.ok()?;
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
