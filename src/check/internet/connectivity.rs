//! Is there an internet connection, without a portal? Pages whose exact answer is known, over plain HTTP.

use crate::check::engine::{Check, How, none};
use crate::check::{Connectivity, Ctx, Expect, Group, Notebook, Verdict};
use crate::facts::keys::connectivity as keys;
use crate::facts::words::Pages;
use crate::probe::http::{Answer, NotFetched, fetch, fetch_by_proxy};
use crate::text::{Mark, Text};
use futures::stream::{FuturesUnordered, StreamExt};

pub(crate) static CHECK: Check = Check {
    kind: "connectivity",
    group: Group::Internet,
    question: "Is there internet access, without a sign-in page?",
    when: |scope| !scope.options.connectivity.is_empty(),
    needs: none,
    facts: keys::ALL,
    how: How::Before(|ctx, book| Box::pin(run(ctx, book))),
};

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let pages = ctx.options.connectivity.iter();
    let mut waiting: FuturesUnordered<_> = pages
        .map(|page| async move { (page, fetch(ctx.net.as_ref(), &ctx.tls, &page.url, ctx.options.timeout).await) })
        .collect();
    let mut good = false;
    let mut portals = 0_u32;
    let mut lead = None;
    while let Some((page, answer)) = waiting.next().await {
        let verdict = judge(page, &answer);
        write_down(book, page, &answer, &verdict);
        match verdict {
            Page::Good => {
                if let Some(ahead) = answer.as_ref().ok().and_then(|answer| clock_ahead(ctx, answer))
                    && !book.has(&keys::CLOCK_AHEAD)
                {
                    book.note(keys::CLOCK_AHEAD, ahead);
                }
                if !good {
                    book.note(keys::RESULT, Pages::Ok);
                }
                good = true;
            }
            Page::Portal => {
                portals += 1;
                lead = lead.or_else(|| answer.ok().and_then(|answer| answer.location));
            }
            Page::None => {}
        }
    }
    if good {
        return Verdict::pass("test pages load: no sign-in page");
    }
    if portals > 0 {
        book.note(keys::RESULT, Pages::Portal);
        book.note(keys::PORTALS, portals);
        let lead = lead.map_or(String::new(), |lead| format!(" ({lead})"));
        return Verdict::fail(format!("a sign-in page answers instead of the test page{lead}"));
    }
    let by_proxy = by_proxy(ctx, book).await;
    if by_proxy {
        book.note(keys::BY_PROXY, true);
    }
    book.note(keys::RESULT, Pages::None);
    if by_proxy {
        return Verdict::fail("no test page answers directly, only through the web proxy");
    }
    Verdict::fail("no test page answers")
}

fn write_down(book: &mut Notebook, page: &Connectivity, answer: &Result<Answer, NotFetched>, verdict: &Page) {
    let detail = match answer {
        Ok(answer) => Text::from(format!("status {}", answer.status)).say(match &answer.location {
            Some(location) => format!(", redirected to {location}"),
            None => String::new(),
        }),
        Err(why) => why.says(),
    };
    let says = match verdict {
        Page::Good => ": as expected",
        Page::Portal => ": not that page's usual answer",
        Page::None => "",
    };
    book.saw(format!("GET {}", page.url), detail.say(says));
}

/// If nothing answers directly, the configured proxy may be the only way out.
async fn by_proxy(ctx: &Ctx, book: &mut Notebook) -> bool {
    let Some(proxy) = ctx.machine.proxy().await.at else { return false };
    for page in ctx.options.connectivity.iter().filter(|page| page.url.scheme() == "http") {
        let answer = fetch_by_proxy(ctx.net.as_ref(), &ctx.tls, &proxy, &page.url, ctx.options.timeout).await;
        let says = match &answer {
            Ok(answer) => format!("status {}", answer.status).into(),
            Err(why) => why.says(),
        };
        book.saw(
            format!("GET {} through the web proxy", page.url),
            Text::new().mark(Mark::Inner, &proxy).say(": ").append(says),
        );
        // RFC 9110 section 15.5.8: 407, the proxy wants a log-in of its own; so it exists.
        if matches!(judge(page, &answer), Page::Good) || answer.is_ok_and(|answer| answer.status == 407) {
            return true;
        }
    }
    false
}

enum Page {
    Good,
    Portal,
    None,
}

fn judge(page: &Connectivity, answer: &Result<Answer, NotFetched>) -> Page {
    let Ok(answer) = answer else { return Page::None };
    match (&page.expect, answer.status) {
        (Expect::Success, 204) => Page::Good,
        (Expect::Success, 200) if page.url.path().ends_with("_204") => {
            // Caches may turn "no content" into an empty page.
            if answer.body.is_empty() { Page::Good } else { Page::Portal }
        }
        (Expect::Success, 200) => {
            // If the page's text is not known, only a short plain text passes as such a page: a form belongs to a
            // portal.
            let body = String::from_utf8_lossy(&answer.body).to_ascii_lowercase();
            let is_page = ["<html", "<form", "<meta", "<!doctype", "<script"].iter().any(|tag| body.contains(tag));
            if is_page { Page::Portal } else { Page::Good }
        }
        (Expect::Body(text), 200) => {
            if String::from_utf8_lossy(&answer.body).contains(text.as_str()) {
                Page::Good
            } else {
                Page::Portal
            }
        }
        (_, 300..=399) => {
            let elsewhere = answer.location.as_ref().and_then(|location| page.url.join(location).ok());
            match elsewhere {
                // The page's own host redirects: that is not a portal, and not a proof either.
                Some(to) if to.host_str() == page.url.host_str() => Page::None,
                _ => Page::Portal,
            }
        }
        // RFC 6585 section 6: network authentication required.
        (_, 511) => Page::Portal,
        _ => Page::None,
    }
}

/// How many seconds this computer's clock is ahead of the server's.
fn clock_ahead(ctx: &Ctx, answer: &Answer) -> Option<i64> {
    let date = jiff::fmt::rfc2822::parse(answer.date.as_deref()?).ok()?;
    Some(ctx.machine.now().as_second() - date.timestamp().as_second())
}
