//! Is there a connection, without a portal? Pages whose exact answer is known, over plain HTTP.

use super::{Connectivity, Ctx, Expect, Finding, Head, Notebook};
use crate::probe::http::{Answer, fetch, fetch_by_proxy};
use crate::text::{Mark, Text};
use futures::stream::{FuturesUnordered, StreamExt};

pub(super) async fn run(ctx: &Ctx, head: &Head) -> Finding {
    let mut book = Notebook::new(ctx, head);
    let mut waiting: FuturesUnordered<_> = ctx
        .options
        .connectivity
        .iter()
        .map(|page| async move { (page, fetch(ctx.net.as_ref(), &ctx.tls, &page.url, ctx.options.timeout).await) })
        .collect();
    let (mut good, mut portals) = (0, 0);
    let mut lead = None;
    while let Some((page, answer)) = waiting.next().await {
        let verdict = judge(page, &answer);
        let detail = match &answer {
            Ok(answer) => Text::new().say(format!("status {}", answer.status)).say(match &answer.location {
                Some(location) => format!(", sent on to {location}"),
                None => String::new(),
            }),
            Err(why) => Text::from(why.as_str()),
        };
        book.saw(
            format!("GET {}", page.url),
            detail.say(match verdict {
                Verdict::Good => ": as expected",
                Verdict::Portal => ": not what that page answers",
                Verdict::None => "",
            }),
        );
        match verdict {
            Verdict::Good => {
                good += 1;
                if let Some(off) = answer.as_ref().ok().and_then(|answer| clock_off(ctx, answer)) {
                    ctx.board.slots().clock_off.get_or_insert(off);
                }
                if !book.has("result") {
                    book.fact("result", "ok");
                }
            }
            Verdict::Portal => {
                portals += 1;
                lead = lead.or_else(|| answer.ok().and_then(|answer| answer.location));
            }
            Verdict::None => {}
        }
    }
    if good > 0 {
        return book.pass("pages answer as they should");
    }
    if portals > 0 {
        book.fact("result", "portal");
        book.fact("portals", i64::from(portals));
        let lead = lead.map_or(String::new(), |lead| format!(" ({lead})"));
        return book.fail(format!("a portal answers instead of the page{lead}"));
    }
    let by_proxy = by_proxy(ctx, &mut book).await;
    if by_proxy {
        book.fact("by-proxy", true);
    }
    book.fact("result", "none");
    if by_proxy {
        return book.fail("no page answers directly, only by the web proxy");
    }
    book.fail("no page answers")
}

/// Where nothing answers directly, the proxy that is configured may be the only way out.
async fn by_proxy(ctx: &Ctx, book: &mut Notebook) -> bool {
    let Some(proxy) = ctx.net.local().proxy else { return false };
    for page in ctx.options.connectivity.iter().filter(|page| page.url.scheme() == "http") {
        let answer = fetch_by_proxy(ctx.net.as_ref(), &ctx.tls, &proxy, &page.url, ctx.options.timeout).await;
        let says = answer.as_ref().map_or_else(Clone::clone, |answer| format!("status {}", answer.status));
        book.saw(
            format!("GET {} by the web proxy", page.url),
            Text::from(format!("{proxy}: {says}").as_str()).marking(Mark::Inner, &proxy),
        );
        // RFC 9110 section 15.5.8: 407, the proxy wants a log-in of its own; so it is there.
        if matches!(judge(page, &answer), Verdict::Good) || answer.is_ok_and(|answer| answer.status == 407) {
            return true;
        }
    }
    false
}

enum Verdict {
    Good,
    Portal,
    None,
}

fn judge(page: &Connectivity, answer: &Result<Answer, String>) -> Verdict {
    let Ok(answer) = answer else { return Verdict::None };
    match (&page.expect, answer.status) {
        (Expect::Success, 204) => Verdict::Good,
        (Expect::Success, 200) if page.url.path().ends_with("_204") => {
            // Caches may turn "no content" into an empty page.
            if answer.body.is_empty() { Verdict::Good } else { Verdict::Portal }
        }
        (Expect::Success, 200) => {
            // Of a page that we do not know, only a short plain text is a page of that kind: a form is a portal's.
            let body = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
            let is_page = ["<html", "<form", "<meta", "<!doctype", "<script"].iter().any(|tag| body.contains(tag));
            if is_page { Verdict::Portal } else { Verdict::Good }
        }
        (Expect::Body(text), 200) => {
            if String::from_utf8_lossy(&answer.body).contains(text.as_str()) {
                Verdict::Good
            } else {
                Verdict::Portal
            }
        }
        (_, 300..=399) => {
            let elsewhere = answer.location.as_ref().and_then(|location| page.url.join(location).ok());
            match elsewhere {
                // Its own host sends on: no portal, and no proof either.
                Some(to) if to.host_str() == page.url.host_str() => Verdict::None,
                _ => Verdict::Portal,
            }
        }
        // RFC 6585 section 6: network authentication required.
        (_, 511) => Verdict::Portal,
        _ => Verdict::None,
    }
}

/// How many seconds this machine's clock is ahead of the server's.
fn clock_off(ctx: &Ctx, answer: &Answer) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(answer.date.as_deref()?).ok()?;
    Some(ctx.net.now().as_second() - date.timestamp().as_second())
}
