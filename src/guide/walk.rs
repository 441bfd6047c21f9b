//! Walks the guide over the facts. If a fact that is needed is still being measured, the walk stops there.

use super::judge::{Judgement, judge};
use super::page::{Page, Question};
use super::rule::{Certainty, Held, Rule, Term, all_hold, given};
use super::{ALSO, CALLER, CERTAINTY, Guide, HEALTHY, START, UNDETERMINED};
use crate::facts::vocabulary::Decided;
use crate::facts::{Derived, Known, Why};
use crate::text::small_sort::Gather;
use std::collections::BTreeSet;

/// The fact that says what the caller's error means.
const SAID: &str = "said";
/// The facts that say whether a server has refused the account.
const REFUSALS: [&str; 2] = ["login", "sending"];

/// A page that the walk passed through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The page.
    pub page: String,
    /// Its title.
    pub question: String,
    /// Where it led.
    pub next: String,
    /// The terms that decided; empty for "otherwise".
    pub because: Vec<Decided>,
}

/// The cause that a walk reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reached {
    /// The cause.
    pub cause: String,
    /// How certain it is.
    pub certainty: Certainty,
    /// The facts that speak against it, and yet leave it as the cause.
    pub against: Vec<Decided>,
    /// The facts that would have to be otherwise for it to be certain.
    pub unproven: Vec<Decided>,
}

/// An open question, and the page that asks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The page.
    pub page: String,
    /// The question.
    pub question: Question,
}

/// A fact that is unknown although a row needed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotKnown {
    /// The page.
    pub page: String,
    /// The fact.
    pub fact: String,
    /// Why it is unknown.
    pub why: Why,
}

/// How far the walk has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The pages, in order.
    pub visits: Vec<Visit>,
    /// The cause, if the walk reached one.
    pub reached: Option<Reached>,
    /// The checks that it is waiting for; if there is a cause, those that may still refine it.
    pub waits_for: BTreeSet<String>,
    /// The page where it ended or is waiting.
    pub at: String,
    /// Questions that could change the verdict.
    pub open: Vec<Open>,
    /// Facts that could have decided, had they been known.
    pub missing: Vec<NotKnown>,
    /// A cause that is likely by what was measured, where the error that the caller sees names another.
    pub measured: Option<String>,
}

/// Walks from the first page.
pub fn walk(guide: &Guide, facts: &Derived) -> Walk {
    let mut walk = Walk {
        visits: vec![],
        reached: None,
        waits_for: BTreeSet::new(),
        at: START.to_owned(),
        open: vec![],
        missing: vec![],
        measured: None,
    };
    go_on(guide, facts, &mut walk);
    prefer_the_error(guide, facts, &mut walk);
    walk
}

/// From where the walk is to where it ends or waits.
fn go_on(guide: &Guide, facts: &Derived, walk: &mut Walk) {
    // More than any path can have: when the guide is loaded, it is checked to have no circles.
    for _ in 0..64 {
        let Some(page) = guide.page(&walk.at) else { break };
        if page.rules.is_empty() {
            break;
        }
        match decide(guide, page, facts, walk) {
            Some((rule, judged)) => {
                if rule.then == page.text.name {
                    break;
                }
                follow(walk, guide, page, rule, judged, facts);
            }
            None => break,
        }
    }
}

/// A server's words in the error that the caller sees win over a cause that is no more than likely, if they are as certain
/// themselves (`caller.md` decides what they mean) and no server has refused the account here. A walk that has passed
/// that page has taken them into account.
fn prefer_the_error(guide: &Guide, facts: &Derived, walk: &mut Walk) {
    let Some(reached) = walk.reached.clone() else { return };
    let is_open = reached.certainty < Certainty::Certain && reached.cause != HEALTHY;
    if !is_open || walk.visits.iter().any(|visit| visit.page == CALLER) || !is_by_a_server(facts) {
        return;
    }
    let Some((page, rule, judged)) = by_the_error(guide, facts) else { return };
    let mut waits = refusals_wait_for(facts);
    match (rule.holds(facts), judged.excluded.clone()) {
        (Held::Pending(checks), _) | (_, Held::Pending(checks)) => waits.extend(checks),
        _ if rule.cause().is_none_or(|cause| cause == UNDETERMINED || cause == reached.cause) => return,
        _ => waits.extend(judged.waits_for.clone()),
    }
    // Until both are as certain as they will be, nothing is said that would be revoked.
    if !waits.is_empty() || !walk.waits_for.is_empty() {
        walk.waits_for.extend(waits);
        walk.reached = None;
        return;
    }
    let mut by_error = walk.clone();
    // Of the way that was gone, neither the page that led to the cause counts any more nor one that says it more precisely.
    while by_error.visits.pop().is_some_and(|visit| visit.page.starts_with("causes/")) {}
    by_error.reached = None;
    follow(&mut by_error, guide, page, rule, Some(judged), facts);
    go_on(guide, facts, &mut by_error);
    // A page on that way may have named the very cause more precisely.
    if by_error.reached.as_ref().is_some_and(|other| other.cause == reached.cause) {
        return;
    }
    let is_as_certain = by_error.reached.as_ref().is_some_and(|other| other.certainty >= reached.certainty);
    if is_as_certain || reached.cause == UNDETERMINED {
        by_error.measured = Some(reached.cause).filter(|cause| cause != UNDETERMINED);
        *walk = by_error;
    }
}

/// Whether a server's words are in the error, and no server has refused the account here: its words of today count more.
fn is_by_a_server(facts: &Derived) -> bool {
    let is =
        |fact: &str, words: &[&str]| facts.get(fact).and_then(Known::word).is_some_and(|word| words.contains(&word));
    is("said.by", &["server", "bounce"]) && !REFUSALS.iter().any(|fact| is(fact, &["rejected", "temporary"]))
}

/// The checks that may still show that a server refuses the account.
fn refusals_wait_for(facts: &Derived) -> BTreeSet<String> {
    let pending = REFUSALS.iter().filter_map(|fact| match facts.get(*fact) {
        Some(Known::Pending(checks)) => Some(checks.clone()),
        _ => None,
    });
    pending.flatten().collect()
}

/// The row of the caller's page that holds by what the error means, and is not excluded.
fn by_the_error<'a>(guide: &'a Guide, facts: &Derived) -> Option<(&'a Page, &'a Rule, Judgement)> {
    let page = guide.page(CALLER)?;
    let by_error = page.rules.iter().filter(|rule| rule.terms.first().is_some_and(|term| term.fact == SAID));
    let mut judged = by_error.filter_map(|rule| Some((page, rule, judge(guide, rule.cause()?, facts))));
    judged.find(|(_, rule, judged)| {
        matches!(rule.holds(facts), Held::Yes | Held::Pending(_)) && judged.excluded != Held::Yes
    })
}

/// The first row that holds and does not lead to a cause which the facts exclude; and what they say of its cause.
fn decide<'a>(
    guide: &Guide,
    page: &'a Page,
    facts: &Derived,
    walk: &mut Walk,
) -> Option<(&'a Rule, Option<Judgement>)> {
    for rule in &page.rules {
        match rule.holds(facts) {
            Held::Yes => {
                let judged = rule.cause().map(|cause| judge(guide, cause, facts));
                match judged.as_ref().map(|judged| &judged.excluded) {
                    Some(Held::Yes) => {}
                    Some(Held::Pending(checks)) => {
                        walk.waits_for = checks.clone();
                        return None;
                    }
                    Some(Held::No | Held::Unknown(_)) | None => return Some((rule, judged)),
                }
            }
            Held::No => {}
            Held::Unknown(unknown) => {
                let answers: Vec<&str> = unknown.iter().filter_map(|(fact, _)| fact.strip_prefix("answer.")).collect();
                if let (Some(first), true) = (answers.first(), answers.len() == unknown.len()) {
                    // One after the other: what comes next may not matter any more.
                    note_question(page, first, walk);
                } else {
                    for (fact, why) in unknown {
                        let missing = NotKnown { page: page.text.name.clone(), fact, why };
                        if !missing.fact.starts_with("answer.")
                            && !walk.missing.iter().any(|known| known.fact == missing.fact)
                        {
                            walk.missing.push(missing);
                        }
                    }
                }
            }
            Held::Pending(checks) => {
                walk.waits_for = checks;
                return None;
            }
        }
    }
    None
}

fn note_question(page: &Page, name: &str, walk: &mut Walk) {
    let Some(question) = page.questions.iter().find(|question| question.name == name) else { return };
    if !walk.open.iter().any(|open| open.question.name == name) {
        walk.open.push(Open { page: page.text.name.clone(), question: question.clone() });
    }
}

fn follow(walk: &mut Walk, guide: &Guide, page: &Page, rule: &Rule, judged: Option<Judgement>, facts: &Derived) {
    walk.visits.push(Visit {
        page: page.text.name.clone(),
        question: page.text.title.clone(),
        next: rule.then.clone(),
        because: rule.terms.iter().map(|term| decided(term, facts)).collect(),
    });
    walk.at.clone_from(&rule.then);
    let (Some(cause), Some(judged)) = (rule.cause(), judged) else { return };
    let mut certainty = rule.certainty;
    if rule.terms.iter().any(|term| term.fact.starts_with("answer.")) {
        certainty = certainty.min(Certainty::Possible);
    }
    // That the account can send, or what it suffers from then, does not hang on what the caller sees.
    let can_send = cause == HEALTHY || page.text.name.strip_prefix("causes/") == Some(HEALTHY);
    if !walk.open.is_empty() && !can_send {
        certainty = certainty.min(Certainty::Likely);
    }
    certainty = match cause {
        HEALTHY => certainty.min(judged.at_most),
        UNDETERMINED => Certainty::Possible,
        _ => certainty.min(judged.at_most).min(at_most(guide, facts)),
    };
    // What a cause is more precisely is no more certain than that it is this cause.
    if let Some(reached) = walk.reached.as_ref().filter(|reached| reached.cause != HEALTHY) {
        certainty = certainty.min(reached.certainty);
    }
    walk.waits_for = judged.waits_for;
    if !matches!(cause, HEALTHY | UNDETERMINED) {
        walk.waits_for.extend(limits_wait_for(guide, facts));
    }
    walk.reached =
        Some(Reached { cause: cause.to_owned(), certainty, against: judged.against, unproven: judged.unproven });
}

/// How certain any fault may be at present.
fn at_most(guide: &Guide, facts: &Derived) -> Certainty {
    let limits = guide.page(CERTAINTY).map(|page| page.at_most.as_slice()).unwrap_or_default();
    given(limits, facts).copied().min().unwrap_or(Certainty::Certain)
}

/// The checks that may still lower that.
fn limits_wait_for(guide: &Guide, facts: &Derived) -> BTreeSet<String> {
    let limits = guide.page(CERTAINTY).map(|page| page.at_most.as_slice()).unwrap_or_default();
    let held = limits.iter().map(|row| all_hold(&row.terms, facts));
    held.flat_map(|held| if let Held::Pending(checks) = held { checks } else { BTreeSet::new() }).gather()
}

/// A term's fact with its word at present.
pub(super) fn decided(term: &Term, facts: &Derived) -> Decided {
    let word = facts.get(&term.fact).and_then(Known::word).unwrap_or("unknown");
    Decided { fact: term.fact.clone(), word: word.to_owned() }
}

/// Other causes that were found, besides the one that decides.
pub fn also(guide: &Guide, facts: &Derived, except: Option<&str>) -> Vec<String> {
    let Some(page) = guide.page(ALSO) else { return Vec::new() };
    let mut causes: Vec<String> = Vec::new();
    for rule in &page.rules {
        if rule.holds(facts) == Held::Yes
            && let Some(cause) = rule.cause()
            && Some(cause) != except
            && !causes.iter().any(|known| known == cause)
        {
            causes.push(cause.to_owned());
        }
    }
    causes
}
