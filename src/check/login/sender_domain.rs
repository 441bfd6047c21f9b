//! Do the sender domain's DNS records allow the provider? What it publishes in DNS: SPF (RFC 7208), the provider's DKIM keys
//! (RFC 6376) and DMARC (RFC 9989). Receivers judge a message by these after it has left; nothing is sent to find out.

use crate::account::Source;
use crate::check::dns::ask::{ask, describe};
use crate::check::engine::{Check, How, Scope, none, timed};
use crate::check::{Ctx, Group, Notebook, Verdict};
use crate::facts::keys::sender_domain as keys;
use crate::facts::senders::{self, Sender};
use crate::facts::spf::{self, Says, Texts};
use crate::facts::words::{Dkim, Dmarc, Spf};
use crate::net::{Answer, RecordKind};
use crate::text::{Text, visible_str};
use futures::future::{join, join_all};
use tokio::time::Instant;

pub(crate) static CHECK: Check = Check {
    kind: "sender-domain",
    group: Group::Sending,
    question: "Do the sender domain's DNS records allow the provider?",
    when: is_worth_asking,
    needs: none,
    facts: keys::ALL,
    how: How::After(|ctx, book| Box::pin(run(ctx, book))),
};

/// The most names that are looked up for SPF: the domain's own, the provider's, and ten each may name.
const MOST_NAMES: usize = 22;

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
    let ((texts, spf), (keys_found, dmarc)) =
        join(look_up_spf(ctx, &domain, row), join(look_up_dkim(ctx, &domain, row), look_up_dmarc(ctx, &domain))).await;
    for (name, (at, answer)) in &spf {
        book.saw_at(*at, format!("TXT {name}"), only_spf(answer));
    }
    let spf = note_spf(book, &domain, row, &texts);
    let dkim = note_dkim(book, row, &keys_found);
    let dmarc = note_dmarc(book, &dmarc);
    sum_up(&domain, row, spf, dkim, dmarc)
}

/// A name, and what came back for it, and when.
type Answered = (String, (Instant, Answer));

/// The records that SPF needs, each name once; and the answers as evidence.
async fn look_up_spf(ctx: &Ctx, domain: &str, row: Option<&Sender>) -> (Texts, Vec<Answered>) {
    let (mut texts, mut answers) = (Texts::new(), Vec::new());
    loop {
        let mut names = spf::to_look_up(domain, row.map(|row| row.spf.as_str()), &texts);
        names.retain(|name| !answers.iter().any(|(asked, _)| asked == name));
        names.truncate(MOST_NAMES.saturating_sub(answers.len()));
        if names.is_empty() {
            return (texts, answers);
        }
        let asked = names.into_iter().map(|name| async move {
            let answer = timed(ask(ctx, &name, RecordKind::Txt)).await;
            (name, answer)
        });
        for (name, (at, answer)) in join_all(asked).await {
            // Where nobody answers, nothing is known.
            if matches!(answer, Answer::Records(_) | Answer::NxDomain | Answer::NoData) {
                texts.insert(name.clone(), answer.texts().into_iter().map(str::to_owned).collect());
            }
            answers.push((name, (at, answer)));
        }
    }
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

fn note_spf(book: &mut Notebook, domain: &str, row: Option<&Sender>, texts: &Texts) -> Option<Spf> {
    if let Some(record) = texts.get(domain).and_then(|texts| spf::record(texts)) {
        book.note(keys::SPF_RECORD, visible_str(record));
    }
    let word = match spf::judge(domain, row.map(|row| row.spf.as_str()), texts) {
        Says::Unclear => return None,
        Says::Nothing => Spf::Missing,
        Says::Broken(fault) => {
            book.note(keys::SPF_FAULT, visible_str(&fault.says()));
            Spf::Broken
        }
        Says::Allows => Spf::Allows,
        Says::Neutral | Says::Refuses if row.is_none() => Spf::Published,
        Says::Neutral => Spf::Neutral,
        Says::Refuses => Spf::LacksProvider,
    };
    book.note(keys::SPF, word);
    Some(word)
}

async fn look_up_dkim(ctx: &Ctx, domain: &str, row: Option<&Sender>) -> Vec<Answered> {
    let selectors = row.into_iter().flat_map(|row| &row.dkim);
    let asked = selectors.map(|selector| async move {
        let name = format!("{selector}._domainkey.{domain}");
        let answer = timed(ask(ctx, &name, RecordKind::Txt)).await;
        (name, answer)
    });
    join_all(asked).await
}

fn note_dkim(book: &mut Notebook, row: Option<&Sender>, answers: &[Answered]) -> Option<Dkim> {
    for (name, (at, answer)) in answers {
        book.saw_at(*at, format!("TXT {name}"), describe(answer));
    }
    let keys: Vec<&str> = answers.iter().flat_map(|(_, (_, answer))| answer.texts()).filter_map(key_of).collect();
    let is_missing = |(_, (_, answer)): &Answered| matches!(answer, Answer::NxDomain | Answer::NoData);
    let word = match () {
        () if keys.iter().any(|key| !key.is_empty()) => Dkim::Published,
        // RFC 6376 section 3.6.1: an empty key has been revoked.
        () if !keys.is_empty() => Dkim::Revoked,
        () if row.is_some_and(|row| !row.chosen) && answers.iter().all(is_missing) => Dkim::Missing,
        () => return None,
    };
    book.note(keys::DKIM, word);
    Some(word)
}

/// The value of the tag `p` of a DKIM key.
fn key_of(text: &str) -> Option<&str> {
    tag(text, "p")
}

/// The value of a tag in a list of `tag=value;` (RFC 6376 section 3.2).
fn tag<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let tags = text.split(';').filter_map(|tag| tag.split_once('='));
    tags.map(|(tag, value)| (tag.trim(), value.trim())).find(|(tag, _)| *tag == name).map(|(_, value)| value)
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
            || answer.texts().into_iter().any(is_dmarc);
        answers.push((name, (at, answer)));
        if ends {
            break;
        }
        above = domain.split_once('.').map(|(_, above)| above);
    }
    answers
}

fn is_dmarc(text: &str) -> bool {
    text.trim_start().to_ascii_uppercase().starts_with("V=DMARC1")
}

fn note_dmarc(book: &mut Notebook, answers: &[Answered]) -> Option<Dmarc> {
    for (name, (at, answer)) in answers {
        book.saw_at(*at, format!("TXT {name}"), describe(answer));
    }
    let (_, (_, last)) = answers.last()?;
    let records: Vec<&str> = last.texts().into_iter().filter(|text| is_dmarc(text)).collect();
    if let [record, ..] = records.as_slice() {
        book.note(keys::DMARC_RECORD, visible_str(record));
    }
    let word = match records.as_slice() {
        [] if matches!(last, Answer::Records(_) | Answer::NxDomain | Answer::NoData) => Dmarc::Missing,
        [] => return None,
        [record] => policy(record, answers.len() > 1),
        // RFC 9989 section 4.10: with several records, there is none.
        _ => Dmarc::Broken,
    };
    book.note(keys::DMARC, word);
    Some(word)
}

/// What a record asks of receivers; one that stands at a domain above may ask for something else below itself (RFC 9989
/// section 4.7, `sp`). Without a policy, or with one that does not exist and an address for reports, it asks for nothing.
fn policy(record: &str, is_from_above: bool) -> Dmarc {
    let word = |name: &str| {
        tag(record, name).map(|word| match word.to_ascii_lowercase().as_str() {
            "none" => Dmarc::None,
            "quarantine" => Dmarc::Quarantine,
            "reject" => Dmarc::Reject,
            _ => Dmarc::Broken,
        })
    };
    let wants_reports = tag(record, "rua").is_some_and(|to| to.contains("mailto:"));
    match (word("p").unwrap_or(Dmarc::None), word("sp")) {
        (Dmarc::Broken, _) | (_, Some(Dmarc::Broken)) if wants_reports => Dmarc::None,
        (Dmarc::Broken, _) | (_, Some(Dmarc::Broken)) => Dmarc::Broken,
        (_, Some(below)) if is_from_above => below,
        (own, _) => own,
    }
}

fn sum_up(domain: &str, row: Option<&Sender>, spf: Option<Spf>, dkim: Option<Dkim>, dmarc: Option<Dmarc>) -> Verdict {
    let Some(spf) = spf else { return Verdict::unknown("the domain's SPF record could not be looked up") };
    let of = || Text::from("the SPF record of ").host(domain);
    let dkim_says = match dkim {
        Some(Dkim::Published) => ", DKIM keys are published",
        Some(Dkim::Missing) => ", the provider's DKIM keys are missing",
        Some(Dkim::Revoked) => ", the DKIM key is revoked",
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
        (Spf::Allows, Some(_)) => Verdict::pass(of().say(" lets the provider send").say(rest)),
        (Spf::Allows, None) => Verdict::warn(of().say(" lets everybody send").say(rest)),
        (Spf::LacksProvider, Some(row)) => {
            Verdict::warn(of().say(" does not name ").host(&row.spf).say(", so not the provider").say(rest))
        }
        (Spf::Broken, _) => Verdict::warn(of().say(" is broken").say(rest)),
        (Spf::Missing, _) => Verdict::warn(Text::new().host(domain).say(" has no SPF record").say(rest)),
        (Spf::Neutral, _) => Verdict::warn(of().say(" does not name the provider, but refuses nobody").say(rest)),
        (Spf::Published | Spf::LacksProvider, _) => Verdict::pass(of().say(" is sound").say(rest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        assert_eq!(key_of("v=DKIM1; k=rsa; p=MIIB IjAN"), Some("MIIB IjAN"));
        assert_eq!(key_of("v=DKIM1; p="), Some(""));
        assert_eq!(key_of("v=spf1 -all"), None);
        assert_eq!(policy("v=DMARC1; p=reject; rua=mailto:a@example.com", false), Dmarc::Reject);
        assert_eq!(policy("v=DMARC1;p=None", false), Dmarc::None);
        assert_eq!(policy("v=DMARC1; sp=reject", false), Dmarc::None);
        assert_eq!(policy("v=DMARC1; p=reject; sp=none", false), Dmarc::Reject);
        assert_eq!(policy("v=DMARC1; p=reject; sp=none", true), Dmarc::None);
        assert_eq!(policy("v=DMARC1; p=reject", true), Dmarc::Reject);
        assert_eq!(policy("v=DMARC1; p=maybe", false), Dmarc::Broken);
        assert_eq!(policy("v=DMARC1; p=maybe; rua=mailto:a@example.com", false), Dmarc::None);
        assert_eq!(policy("v=DMARC1; p=reject; sp=maybe", true), Dmarc::Broken);
        assert!(is_dmarc("V=dmarc1; p=none") && !is_dmarc("v=spf1 -all"));
    }
}
