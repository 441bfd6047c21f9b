//! Can Exchange be reached? The server of the mailbox and the one where people sign in, each by HTTPS on port 443 and
//! through the system's web proxy: name, connection, certificate, answer, time. Nothing is signed in to.

use super::web::{limit, secured};
use super::{autodiscover, may_be_exchange};
use crate::check::engine::{Check, How, Need, millis, timed};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::interceptors;
use crate::facts::key::Key;
use crate::facts::keys::{autodiscover as found, exchange as keys};
use crate::facts::words::{Reach, WebCertificate};
use crate::probe::certificate::parse;
use crate::probe::http::{NotFetched, get_over};
use crate::probe::secure::{CertificateFault, FailureKind, Verify};
use crate::text::{Text, visible_str};
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
    if let Some(proxy) = ctx.machine.local().proxy {
        book.note(keys::PROXY, proxy);
    }
    let (to_server, to_sign_in) = join(timed(go(ctx, server)), async {
        match sign_in {
            Some(host) => Some(timed(go(ctx, host)).await),
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
        book.saw_at(at, format!("https://{}/", way.host), way.said.clone());
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

async fn go(ctx: &Ctx, host: String) -> Way {
    let began = Instant::now();
    let way = |reach, said: Text| Way {
        host: host.clone(),
        reach,
        said,
        elapsed_ms: millis(began.elapsed()),
        fault: None,
        issuer: None,
    };
    let Ok(url) = Url::parse(&format!("https://{host}/")) else {
        return way(Reach::NotFound, "its name is not one that a web server can have".into());
    };
    let answer = match secured(ctx, &url, Verify::Yes).await {
        Ok(secured) => get_over(secured.stream, &url, limit(ctx)).await,
        Err(why) => Err(why),
    };
    match answer {
        Ok(answer) => {
            let said = format!("status {} after {} ms", answer.status, millis(began.elapsed()));
            way(Reach::Reached, said.into())
        }
        Err(NotFetched::NotSecured(why)) if why.kind == FailureKind::Certificate => {
            let issuer = issuer(ctx, &url).await;
            let signed = issuer.as_ref().map_or(String::new(), |issuer| format!(", signed by {}", visible_str(issuer)));
            let said = Text::from("the certificate is not accepted: ").foreign(&why.said).foreign(signed);
            Way { fault: Some(fault(why.certificate_fault())), issuer, ..way(Reach::NotTrusted, said) }
        }
        Err(why) => way(reach_of(&why), why.says()),
    }
}

/// Who signed the certificate that is not accepted; nothing is said on that connection.
async fn issuer(ctx: &Ctx, url: &Url) -> Option<String> {
    let leaf = secured(ctx, url, Verify::No).await.ok()?.leaf?;
    Some(parse(&leaf).ok()?.issuer)
}

fn reach_of(why: &NotFetched) -> Reach {
    match why {
        NotFetched::BadAddress | NotFetched::NotFound { .. } => Reach::NotFound,
        NotFetched::NotOpened { .. } => Reach::Shut,
        NotFetched::ProxyRefused(_) => Reach::ProxyRefuses,
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
