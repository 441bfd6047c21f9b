//! Do the sender domain's DNS records allow the provider? What it publishes in DNS: SPF (RFC 7208), the provider's DKIM keys
//! (RFC 6376) and DMARC (RFC 9989). Receivers judge a message by these after it has left; nothing is sent to find out.

use crate::account::{Account, Source, provider};
use crate::check::dns::ask::{ask, describe};
use crate::check::engine::{Check, How, Need, Scope, timed};
use crate::check::smtp::talk;
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::{sender_domain as keys, smtp};
use crate::facts::senders::{self, Sender};
use crate::facts::spf::{self, Known, Says};
use crate::facts::words::{Dkim, Dmarc, Relay, SenderDomain, Spf, SpfLine};
use crate::facts::{dkim, dmarc};
use crate::net::{Answer, RecordKind};
use crate::text::{Text, is_inner, visible_str};
use futures::future::{join, join_all};
use tokio::time::Instant;

pub(crate) static CHECK: Check = Check {
    kind: "sender-domain",
    group: Group::Sending,
    question: "Do the sender domain's DNS records allow the provider?",
    when: is_worth_asking,
    // What a device that sends by itself is seen as, the server tells.
    needs: |scope| match scope.account.is_some_and(Account::is_device) {
        true => vec![Need::IfPlanned(talk::CHECK.at(scope.target()))],
        false => Vec::new(),
    },
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// The most names that are looked up for SPF: the domain's own, the provider's, and ten each may name.
const MOST_NAMES: usize = 22;
/// The most names of `a` and `mx` that are looked up: a record with more look-ups than ten is broken anyway.
const MOST_HOSTS: usize = 10;

/// For a domain of somebody's own at a provider that we know, or if there is an error that may be about it. A provider's
/// own domains are its own business.
fn is_worth_asking(scope: &Scope<'_>) -> bool {
    let Some(wanted) = scope.wanted else { return false };
    let has_error = scope.account.is_some_and(|account| account.error.is_some());
    wanted.source != Source::Table && (has_error || row_of(wanted.provider.as_deref()).is_some())
}

fn row_of(provider: Option<&str>) -> Option<&'static Sender> {
    senders::of_provider(provider?)
}

async fn run(ctx: &Ctx, book: &mut Notebook) -> Verdict {
    let sender = ctx.account.from.as_deref().and_then(|from| from.rsplit_once('@'));
    let domain = sender.map_or(ctx.account.address.domain(), |(_, domain)| domain).to_ascii_lowercase();
    let row = row_of(ctx.wanted().and_then(|wanted| wanted.provider.as_deref()));
    book.note(keys::DOMAIN, domain.as_str());
    let is_providers = provider::of_domain(&domain).is_some();
    book.note(keys::WHOSE, if is_providers { SenderDomain::Provider } else { SenderDomain::Own });
    let ((known, spf), (keys_found, dmarc)) =
        join(look_up_spf(ctx, &domain, row), join(look_up_dkim(ctx, &domain, row), look_up_dmarc(ctx, &domain))).await;
    for (name, (at, answer)) in &spf {
        book.saw_at(*at, name.clone(), only_spf(answer));
    }
    let spf = note_spf(book, &domain, row, &known);
    note_line(ctx, book, &domain, &known).await;
    let dkim = note_dkim(book, row, &keys_found);
    let dmarc = note_dmarc(book, &dmarc);
    sum_up(&domain, row, spf, dkim, dmarc)
}

/// What was asked for, and what came back, and when.
type Answered = (String, (Instant, Answer));

/// The records that SPF needs, each name once; and the answers as evidence.
async fn look_up_spf(ctx: &Ctx, domain: &str, row: Option<&Sender>) -> (Known, Vec<Answered>) {
    let (mut known, mut answers, mut asked) = (Known::default(), Vec::new(), Vec::<String>::new());
    loop {
        let mut names = spf::to_look_up(domain, row.map(|row| row.spf.as_str()), &known.texts);
        names.retain(|name| !asked.contains(name));
        names.truncate(MOST_NAMES.saturating_sub(asked.len()));
        if names.is_empty() {
            break;
        }
        asked.extend(names.iter().cloned());
        for (name, (at, answer)) in join_all(names.into_iter().map(|name| look_up(ctx, name, RecordKind::Txt))).await {
            // Where nobody answers, nothing is known.
            if matches!(answer, Answer::Records(_) | Answer::NxDomain | Answer::NoData) {
                known.texts.insert(name.clone(), answer.texts().into_iter().map(str::to_owned).collect());
            }
            answers.push((format!("TXT {name}"), (at, answer)));
        }
    }
    let hosts = spf::hosts(domain, &known.texts).into_iter().take(MOST_HOSTS);
    let asked = hosts.map(|host| async {
        let (_, answer) = look_up(ctx, host.name.clone(), host.asks_for()).await;
        (host, answer)
    });
    for (host, (at, answer)) in join_all(asked).await {
        answers.push((format!("{} {}", host.asks_for(), host.name), (at, answer.clone())));
        match answer {
            Answer::NxDomain | Answer::NoData => {
                known.void.insert(host);
            }
            answer if !host.is_exchanger => {
                known.addresses.insert(host.name, answer.addresses());
            }
            _ => {}
        }
    }
    (known, answers)
}

async fn look_up(ctx: &Ctx, name: String, kind: RecordKind) -> Answered {
    let answer = timed(ask(ctx, &name, kind)).await;
    (name, answer)
}

/// A domain has texts for many purposes: only the SPF record is shown.
fn only_spf(answer: &Answer) -> Text {
    let texts: Vec<String> = answer.texts().into_iter().map(str::to_owned).collect();
    match spf::record(&texts) {
        Some(record) => Text::new().host(record),
        None if texts.is_empty() => describe(answer),
        None => "no SPF record among its TXT records".into(),
    }
}

fn note_spf(book: &mut Notebook, domain: &str, row: Option<&Sender>, known: &Known) -> Result<Spf, &'static str> {
    if let Some(record) = known.texts.get(domain).and_then(|texts| spf::record(texts)) {
        book.note(keys::SPF_RECORD, visible_str(record));
    }
    let word = match spf::judge(domain, row.map(|row| row.spf.as_str()), known) {
        Says::Unanswered => return Err("the domain's SPF record, or one that it names, could not be looked up"),
        Says::Macro => {
            return Err("the domain's SPF record leaves it to a macro which servers may send: only a message shows it");
        }
        Says::Nothing => Spf::Missing,
        Says::Broken(fault) => {
            book.note(keys::SPF_FAULT, visible_str(&fault.says(domain)));
            Spf::Broken
        }
        Says::Allows => Spf::Allows,
        Says::Everybody => Spf::Everybody,
        Says::Nobody if row.is_none() => Spf::Nobody,
        Says::Neutral | Says::Refuses if row.is_none() => Spf::Published,
        Says::Neutral => Spf::Neutral,
        Says::Refuses | Says::Nobody => Spf::LacksProvider,
    };
    book.note(keys::SPF, word);
    Ok(word)
}

/// A device that sends without a log-in sends from this line's address itself.
async fn note_line(ctx: &Ctx, book: &mut Notebook, domain: &str, known: &Known) {
    let Some(case) = ctx.case().filter(|_| ctx.account.is_device()) else { return };
    let talked = talk::CHECK.at(case.own);
    let Some(told) = ctx.wait_for(&talked).await else { return };
    let Some(Relay::Any | Relay::OwnDomain) = smtp::RELAY.read(&told.facts) else { return };
    let Some(address) = smtp::SEEN_AS.read(&told.facts).filter(|addr| !is_inner(*addr)) else { return };
    let word = match spf::judge_address(domain, address, known) {
        Says::Allows | Says::Everybody => SpfLine::Allows,
        Says::Refuses | Says::Nobody => SpfLine::Lacks,
        _ => return,
    };
    book.note(keys::LINE, address);
    book.note(keys::SPF_LINE, word);
}

async fn look_up_dkim(ctx: &Ctx, domain: &str, row: Option<&Sender>) -> Vec<Answered> {
    let selectors = row.into_iter().flat_map(|row| &row.dkim);
    let names = selectors.map(|selector| format!("{selector}._domainkey.{domain}"));
    join_all(names.map(|name| look_up(ctx, name, RecordKind::Txt))).await
}

fn note_dkim(book: &mut Notebook, row: Option<&Sender>, answers: &[Answered]) -> Option<Dkim> {
    for (name, (at, answer)) in answers {
        book.saw_at(*at, format!("TXT {name}"), describe(answer));
    }
    let judged = answers.iter().filter_map(|(name, (_, answer))| Some((name, dkim::judge(&answer.texts())?)));
    let judged: Vec<(&String, dkim::Key)> = judged.collect();
    let faulty = judged.iter().find_map(|(name, key)| match key {
        dkim::Key::Broken => Some(format!("{name} is cut off, or no key at all")),
        dkim::Key::ForTests => {
            Some(format!("{name} is marked as a test (t=y), so receivers may take the message for unsigned"))
        }
        dkim::Key::Sound | dkim::Key::Revoked => None,
    });
    if let Some(faulty) = faulty {
        book.note(keys::DKIM_FAULT, faulty);
    }
    let is_missing = |(_, (_, answer)): &Answered| matches!(answer, Answer::NxDomain | Answer::NoData);
    let is_any = |key| judged.iter().any(|(_, judged)| *judged == key);
    let word = match () {
        () if is_any(dkim::Key::Sound) || is_any(dkim::Key::ForTests) => Dkim::Published,
        () if is_any(dkim::Key::Broken) => Dkim::Broken,
        () if is_any(dkim::Key::Revoked) => Dkim::Revoked,
        () if row.is_some_and(|row| !row.chosen && !row.dkim.is_empty()) && answers.iter().all(is_missing) => {
            Dkim::Missing
        }
        () => return None,
    };
    book.note(keys::DKIM, word);
    Some(word)
}

/// The domain's DMARC record, or otherwise that of the nearest domain above it.
async fn look_up_dmarc(ctx: &Ctx, domain: &str) -> Vec<Answered> {
    let mut answers = Vec::new();
    let mut above = Some(domain);
    // RFC 9989 section 4.10 climbs from name to name, eight at most; no top-level domain is asked here.
    while let Some(domain) = above.filter(|domain| domain.contains('.') && answers.len() < 8) {
        let name = format!("_dmarc.{domain}");
        let (at, answer) = timed(ask(ctx, &name, RecordKind::Txt)).await;
        let ends = !matches!(answer, Answer::NxDomain | Answer::NoData | Answer::Records(_))
            || answer.texts().into_iter().any(dmarc::is_meant);
        answers.push((name, (at, answer)));
        if ends {
            break;
        }
        above = domain.split_once('.').map(|(_, above)| above);
    }
    answers
}

fn note_dmarc(book: &mut Notebook, answers: &[Answered]) -> Option<Dmarc> {
    for (name, (at, answer)) in answers {
        book.saw_at(*at, format!("TXT {name}"), describe(answer));
    }
    let (_, (_, last)) = answers.last()?;
    let records: Vec<&str> = last.texts().into_iter().filter(|text| dmarc::is_meant(text)).collect();
    if let [record, ..] = records.as_slice() {
        book.note(keys::DMARC_RECORD, visible_str(record));
    }
    let word = match records.as_slice() {
        [] if matches!(last, Answer::Records(_) | Answer::NxDomain | Answer::NoData) => Dmarc::Missing,
        [] => return None,
        [record] => dmarc::policy(record, answers.len() > 1),
        // RFC 9989 section 4.10: with several records, there is none.
        _ => Dmarc::Broken,
    };
    book.note(keys::DMARC, word);
    Some(word)
}

fn sum_up(
    domain: &str,
    row: Option<&Sender>,
    spf: Result<Spf, &'static str>,
    dkim: Option<Dkim>,
    dmarc: Option<Dmarc>,
) -> Verdict {
    let spf = match spf {
        Ok(spf) => spf,
        Err(why) => return Verdict::unknown(why),
    };
    let of = || Text::from("the SPF record of ").host(domain);
    let dkim_says = match dkim {
        Some(Dkim::Published) => ", DKIM keys are published",
        Some(Dkim::Missing) => ", the provider's DKIM keys are missing",
        Some(Dkim::Revoked) => ", the DKIM key is revoked",
        Some(Dkim::Broken) => ", the DKIM key that is published cannot be used",
        None => "",
    };
    let dmarc_says = match dmarc {
        Some(Dmarc::Missing) => ", no DMARC",
        Some(Dmarc::Broken) => ", a broken DMARC record",
        Some(Dmarc::None) => ", DMARC asks for nothing",
        Some(Dmarc::Quarantine) => ", DMARC asks for quarantine",
        Some(Dmarc::Reject) => ", DMARC asks for refusal",
        None => "",
    };
    let rest = format!("{dkim_says}{dmarc_says}");
    match (spf, row) {
        (Spf::Allows, _) => Verdict::pass(of().say(" lets the provider send").say(rest)),
        (Spf::Everybody, _) => Verdict::warn(of().say(" lets everybody send, so it vouches for nobody").say(rest)),
        (Spf::Nobody, _) => Verdict::warn(of().say(" says that nobody may send for it").say(rest)),
        (Spf::LacksProvider, Some(row)) => {
            Verdict::warn(of().say(" does not name ").host(&row.spf).say(", so not the provider").say(rest))
        }
        (Spf::Broken, _) => Verdict::warn(of().say(" is broken").say(rest)),
        (Spf::Missing, _) => Verdict::warn(Text::new().host(domain).say(" has no SPF record").say(rest)),
        (Spf::Neutral, _) => Verdict::warn(of().say(" does not name the provider, but refuses nobody").say(rest)),
        (Spf::Published | Spf::LacksProvider, _) => Verdict::pass(of().say(" is sound").say(rest)),
    }
}
