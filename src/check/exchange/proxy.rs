//! Which web proxy does this computer use? A proxy that is set needs no look; a script that chooses one (PAC) is loaded and
//! read, and the proxies that it names are tried. What it chooses, only Windows tells; elsewhere it is not run.

use super::web::limit;
use super::{MICROSOFT, may_be_exchange};
use crate::check::engine::{Check, How, millis, none, timed};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::proxy as keys;
use crate::facts::words::{ProxiesNamed, ScriptIs};
use crate::machine::Chosen;
use crate::net::PortState;
use crate::probe::http::{NotFetched, fetch_up_to, proxy_answers};
use crate::probe::proxy_script::{self, Named};
use crate::text::{Mark, Text, visible_str};
use futures::future::{join, join_all};
use tokio::time::Instant;
use url::Url;

pub(crate) static CHECK: Check = Check {
    kind: "proxy",
    group: Group::Internet,
    question: "Which web proxy does this computer use?",
    when: may_be_exchange,
    needs: none,
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// A longer script is none: browsers load at most this much as well.
const MOST_BYTES: usize = 1024 * 1024;
/// How often a page may send on to another.
const MOST_HOPS: usize = 3;
/// Where a script is looked for if no address is set (Internet draft "Web Proxy Auto-Discovery Protocol", by DNS).
const IN_THE_NETWORK: &str = "http://wpad/wpad.dat";

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let set = ctx.machine.proxy().await;
    let Some(script) = set.script else {
        return match set.at {
            Some(proxy) => Verdict::pass(Text::from("this one is set: ").mark(Mark::Inner, proxy)),
            None => Verdict::pass("none is set, and no script that chooses one"),
        };
    };
    let shown = visible_str(script.at.as_deref().unwrap_or(IN_THE_NETWORK));
    let address = Url::parse(&shown);
    let began = Instant::now();
    let page = format!("https://{MICROSOFT}/");
    let load = async {
        match &address {
            Ok(url) => load(ctx, url).await,
            Err(_) => Err((ScriptIs::NotRead, "its address is none".into())),
        }
    };
    let ((loaded_at, loaded), chosen) = join(timed(load), ctx.machine.chosen_proxy(&page)).await;
    if let Some(Chosen::Ways(ways)) = &chosen {
        let ways = ways.iter().map(|way| way.clone().unwrap_or_else(|| "direct".to_owned())).collect::<Vec<_>>();
        book.saw("the system says", Text::from(format!("for {page}: ")).mark(Mark::Inner, ways.join(", then ")));
        book.note(keys::CHOSEN, ways);
    }
    if let Some(Chosen::Failed(number)) = &chosen {
        book.saw("the system says", format!("it could not run the script (error {number})"));
    }
    if script.at.is_none() && loaded.as_ref().is_err_and(|(is, _)| *is == ScriptIs::NotFound) {
        return match chosen {
            Some(Chosen::Ways(_)) => Verdict::pass("a script that was found in this network chooses it"),
            _ => Verdict::pass("none is set, and this network has no script that chooses one"),
        };
    }
    book.note(keys::SCRIPT, shown.as_str());
    let named = match loaded {
        Ok(named) => named,
        Err((is, why)) => {
            book.note(keys::STATE, is);
            book.note(keys::WHY, why.text.as_str());
            book.saw_at(loaded_at, "the script", Text::new().mark(Mark::Inner, &shown).say(": ").append(why.clone()));
            let text = Text::from("a script chooses it (").mark(Mark::Inner, &shown).say("), and it cannot be used: ");
            return Verdict::fail(text.append(why));
        }
    };
    book.note(keys::STATE, ScriptIs::Loads);
    book.note(keys::STATE_MS, millis(loaded_at.saturating_duration_since(began)));
    book.saw_at(loaded_at, "the script", Text::new().mark(Mark::Inner, &shown).say(": ").append(says(&named)));
    try_named(ctx, book, &named).await
}

/// What a script names, in words.
fn says(named: &Named) -> Text {
    let mut text = Text::from("it names ");
    match named.proxies.as_slice() {
        [] => text = text.say("no proxy that can be read in it"),
        proxies => text = text.mark(Mark::Inner, proxies.join(", ")),
    }
    if named.direct {
        text = text.say(" and the way without a proxy");
    }
    if named.others && !named.proxies.is_empty() {
        text = text.say(", and others that cannot be read in it");
    }
    text
}

/// The names in a text are those of servers inside: nobody else has this computer's script.
fn inside(text: Text) -> Text {
    let marks = text.marks.into_iter().map(|(from, to, _)| (from, to, Mark::Inner)).collect();
    Text { marks, ..text }
}

/// Tries whether the proxies that a script names answer.
async fn try_named(ctx: &Ctx, book: &mut Notebook, named: &Named) -> Verdict {
    book.note(keys::DIRECT, named.direct);
    book.note(keys::OTHERS, named.others);
    let tried = named
        .proxies
        .iter()
        .map(|proxy| async move { (proxy, timed(proxy_answers(ctx.net.as_ref(), proxy, limit(ctx))).await) });
    let mut dead = Vec::new();
    for (proxy, (at, answer)) in join_all(tried).await {
        let says = match answer {
            Ok(()) => "answers".into(),
            Err(why) => {
                dead.push(proxy.clone());
                inside(why.says())
            }
        };
        book.saw_at(at, "a proxy that it names", Text::new().mark(Mark::Inner, proxy).say(": ").append(says));
    }
    let text = Text::from("a script chooses it: ").append(says(named));
    if named.proxies.is_empty() {
        return Verdict::pass(text);
    }
    book.note(keys::NAMES, named.proxies.clone());
    let is = match dead.len() {
        0 => ProxiesNamed::Answer,
        all if all == named.proxies.len() => ProxiesNamed::Dead,
        _ => ProxiesNamed::SomeDead,
    };
    book.note(keys::NAMED, is);
    if dead.is_empty() {
        return Verdict::pass(text);
    }
    book.note(keys::WHY, format!("it names {}, which cannot be reached", dead.join(", ")));
    let text = text.say("; cannot be reached: ").mark(Mark::Inner, dead.join(", "));
    book.note(keys::DEAD, dead);
    Verdict::warn(text)
}

/// Loads the script and reads what it names; otherwise why it is of no use.
async fn load(ctx: &Ctx, url: &Url) -> Result<Named, (ScriptIs, Text)> {
    let body = match url.scheme() {
        "http" | "https" => fetch(ctx, url.clone()).await?,
        "file" => read(ctx, url).await?,
        _ => return Err((ScriptIs::NotRead, "its address is none of a web page".into())),
    };
    let not_one = || (ScriptIs::NotAScript, "what comes from there is not such a script".into());
    proxy_script::read(&String::from_utf8_lossy(&body)).ok_or_else(not_one)
}

/// Reads a script of this computer; never one of another, which would want a log-in.
async fn read(ctx: &Ctx, url: &Url) -> Result<Vec<u8>, (ScriptIs, Text)> {
    let path = if url.host().is_none() { url.to_file_path().ok() } else { None };
    let Some(path) = path else {
        return Err((ScriptIs::NotRead, "it is a file of another computer: not read".into()));
    };
    ctx.machine.read(&path, MOST_BYTES as u64).await.map_err(|error| {
        let is = if error.kind() == std::io::ErrorKind::NotFound { ScriptIs::NotFound } else { ScriptIs::Error };
        (is, Text::from(error.kind().to_string()))
    })
}

/// Fetches the script without a proxy, as the system does, and follows where it is sent on to.
async fn fetch(ctx: &Ctx, mut url: Url) -> Result<Vec<u8>, (ScriptIs, Text)> {
    for _ in 0..=MOST_HOPS {
        let answer = fetch_up_to(ctx.net.as_ref(), &ctx.tls, &url, MOST_BYTES, limit(ctx)).await;
        let answer = answer.map_err(|why| (is(&why), inside(why.says())))?;
        let next = match (answer.status, answer.redirect()) {
            (200, _) => return Ok(answer.body),
            (_, Some(location)) => url.join(location).ok(),
            (status, None) => return Err((ScriptIs::Error, format!("status {status}").into())),
        };
        let is_sound = |next: &Url| next.scheme() == "https" || next.scheme() == "http" && url.scheme() == "http";
        url = match next.filter(is_sound) {
            Some(next) => next,
            None => return Err((ScriptIs::NotAScript, "it redirects to what is no web page: not followed".into())),
        };
    }
    Err((ScriptIs::NotAScript, "it redirects again and again: not followed".into()))
}

fn is(why: &NotFetched) -> ScriptIs {
    match why {
        NotFetched::BadAddress | NotFetched::NotFound { .. } => ScriptIs::NotFound,
        NotFetched::NotOpened { failure, .. } if failure.state == PortState::Filtered => ScriptIs::Silent,
        NotFetched::Silent => ScriptIs::Silent,
        NotFetched::NotOpened { .. } | NotFetched::NoProxy(_) => ScriptIs::Shut,
        _ => ScriptIs::Error,
    }
}
