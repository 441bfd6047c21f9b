//! How these checks request pages, through the system's web proxy where there is one, and follow where they are sent on
//! to: within bounds, by HTTPS alone, and from outside never to an address inside. Not a check.

use super::proxy;
use crate::check::Ctx;
use crate::check::dns::ask::ask;
use crate::facts::keys::proxy as keys;
use crate::machine::Chosen;
use crate::net::{BoxStream, RecordKind};
use crate::probe::certificate::{Certificate, parse};
use crate::probe::http::{self, Answer, NotFetched};
use crate::probe::secure::{Secured, Verify, secure};
use crate::text::is_inner;
use crate::text::small_sort::SmallSort;
use std::time::Duration;
use url::Url;

/// How often a page may send on to another: Outlook follows ten; nobody needs more than three.
const MOST_HOPS: usize = 5;

/// The time limit for one page.
pub(super) fn limit(ctx: &Ctx) -> Duration {
    ctx.options.timeout.min(Duration::from_secs(5))
}

/// A page as it is in the end, and where it was found.
pub(super) struct Found {
    pub(super) url: Url,
    pub(super) answer: Answer,
}

/// Why there is no page in the end.
pub(super) enum Lost {
    /// The page, or the one there that it sends on to, was not fetched.
    Fetching(Url, NotFetched),
    /// It sends on in a circle, or too often.
    Circle,
    /// It sends on to a page without encryption, or to what is no web page.
    NotSecure,
    /// It sends on from outside to an address inside.
    Inside,
}

impl Lost {
    pub(super) fn says(&self) -> crate::text::Text {
        match self {
            Lost::Fetching(_, why) => why.says(),
            Lost::Circle => "it redirects again and again: not followed".into(),
            Lost::NotSecure => "it redirects to a page without encryption: not followed".into(),
            Lost::Inside => "it redirects to a private address: not followed".into(),
        }
    }
}

/// A way to a page that comes into question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Route {
    /// The web proxy through which it leads, `host:port`.
    pub(super) proxy: Option<String>,
    /// Whether it may be the one that programs take; the way without a proxy is tried for comparison, too.
    pub(super) counts: bool,
}

impl Route {
    fn by(proxy: Option<String>) -> Self {
        Route { proxy, counts: true }
    }
}

/// The ways to a page, the likeliest first: one, unless a script chooses and this system does not tell what.
pub(super) async fn routes(ctx: &Ctx, url: &Url) -> Vec<Route> {
    let id = proxy::CHECK.id();
    let mut routes = Vec::new();
    if ctx.fact(&id, &keys::CHOSEN).is_some()
        && let Some(Chosen::Ways(ways)) = ctx.machine.chosen_proxy(url.as_str()).await
    {
        routes.extend(ways.into_iter().map(Route::by));
    } else if let Some(direct) = ctx.fact(&id, &keys::DIRECT) {
        let names = ctx.fact(&id, &keys::NAMES).unwrap_or_default();
        let counts = direct || names.is_empty();
        routes.extend(names.into_iter().map(|name| Route::by(Some(name))));
        routes.push(Route { proxy: None, counts });
    }
    if routes.is_empty() {
        let host = url.host_str().unwrap_or_default();
        routes.push(Route::by(ctx.machine.proxy().await.to(host).map(str::to_owned)));
    }
    // Programs go on to the next if one does not answer.
    let dead = ctx.fact(&id, &keys::DEAD).unwrap_or_default();
    let is_late = |route: &Route| !route.counts || route.proxy.as_ref().is_some_and(|proxy| dead.contains(proxy));
    routes.small_sort_by_key(is_late);
    routes
}

/// The likeliest way to a page.
pub(super) async fn likeliest(ctx: &Ctx, url: &Url) -> Option<String> {
    routes(ctx, url).await.into_iter().next()?.proxy
}

/// The certificate that a host shows, whatever it is worth; nothing is said on that connection.
pub(super) async fn shown_certificate(ctx: &Ctx, url: &Url, proxy: Option<&str>) -> Option<Certificate> {
    parse(&secured(ctx, url, proxy, Verify::No).await.ok()?.leaf?).ok()
}

/// Opens the connection for a page, not yet encrypted.
pub(super) async fn opened(ctx: &Ctx, url: &Url, proxy: Option<&str>) -> Result<BoxStream, NotFetched> {
    http::reach(ctx.net.as_ref(), proxy, url, limit(ctx)).await
}

/// Opens the connection for a page, and encrypts it.
pub(super) async fn secured(ctx: &Ctx, url: &Url, proxy: Option<&str>, verify: Verify) -> Result<Secured, NotFetched> {
    let stream = opened(ctx, url, proxy).await?;
    let host = url.host_str().ok_or(NotFetched::BadAddress)?;
    secure(stream, host, &ctx.tls, verify, limit(ctx)).await.map_err(NotFetched::NotSecured)
}

async fn fetch(ctx: &Ctx, url: &Url) -> Result<Answer, NotFetched> {
    let proxy = likeliest(ctx, url).await;
    let proxy = proxy.as_deref();
    let stream = match proxy {
        _ if url.scheme() == "https" => secured(ctx, url, proxy, Verify::Yes).await?.stream,
        Some(proxy) => return http::fetch_by_proxy(ctx.net.as_ref(), &ctx.tls, proxy, url, limit(ctx)).await,
        None => opened(ctx, url, None).await?,
    };
    http::get_over(stream, url, limit(ctx)).await
}

/// Gets a page and follows where it is sent on to.
pub(super) async fn follow(ctx: &Ctx, start: &Url) -> Result<Found, Lost> {
    let mut url = start.clone();
    let mut seen = vec![url.clone()];
    loop {
        let answer = match fetch(ctx, &url).await {
            Ok(answer) => answer,
            Err(why) => return Err(Lost::Fetching(url, why)),
        };
        let Some(location) = answer.redirect() else { return Ok(Found { url, answer }) };
        let next = url.join(location).map_err(|_| Lost::NotSecure)?;
        if next.scheme() != "https" {
            return Err(Lost::NotSecure);
        }
        if seen.len() > MOST_HOPS || seen.contains(&next) {
            return Err(Lost::Circle);
        }
        if !leads_inside(ctx, &url).await && leads_inside(ctx, &next).await {
            return Err(Lost::Inside);
        }
        seen.push(next.clone());
        url = next;
    }
}

/// Whether the page's host has an address inside this network.
async fn leads_inside(ctx: &Ctx, url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(addr)) => is_inner(addr.into()),
        Some(url::Host::Ipv6(addr)) => is_inner(addr.into()),
        Some(url::Host::Domain(name)) => {
            ask(ctx, name, RecordKind::Address).await.addresses().into_iter().any(is_inner)
        }
        None => false,
    }
}
