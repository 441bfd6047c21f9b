//! Walks the guide over the facts. Facts that are still being measured stop the walk where they are needed.

use super::page::{FixedBy, Page, Question};
use super::rule::{Certainty, Held, Rule};
use super::{ALSO, Guide, START};
use crate::facts::{Derived, Known, Why};
use std::collections::BTreeSet;

/// A page that the walk came through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The page.
    pub page: String,
    /// Its title.
    pub question: String,
    /// Where it led.
    pub next: String,
    /// What decided: the terms that held; empty for "otherwise".
    pub because: Vec<String>,
}

/// A question that stands open, and the page it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Open {
    /// The page.
    pub page: String,
    /// The question.
    pub question: Question,
}

/// A fact that is unknown though a row asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The page.
    pub page: String,
    /// The fact.
    pub fact: String,
    /// Why it is unknown.
    pub why: Why,
}

/// How far the walk came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// The pages, in order.
    pub steps: Vec<Step>,
    /// The cause, if the walk came to one.
    pub cause: Option<(String, Certainty)>,
    /// The checks that it waits for; with a cause, what may still refine it.
    pub waits_for: BTreeSet<String>,
    /// Where it stands.
    pub at: String,
    /// Questions that could change the verdict.
    pub open: Vec<Open>,
    /// Facts that could have decided, had they been known.
    pub missing: Vec<Missing>,
}

/// Walks from the start.
pub fn walk(guide: &Guide, facts: &Derived) -> Walk {
    let mut walk = Walk {
        steps: vec![],
        cause: None,
        waits_for: BTreeSet::new(),
        at: START.to_owned(),
        open: vec![],
        missing: vec![],
    };
    // Longer than any path: the guide is checked to have no circles when it is loaded.
    for _ in 0..64 {
        let Some(page) = guide.page(&walk.at) else { break };
        if page.rules.is_empty() {
            break;
        }
        match decide(page, facts, &mut walk) {
            Some(rule) => {
                if rule.then == page.name {
                    break;
                }
                step(&mut walk, page, rule, facts);
            }
            None => break,
        }
    }
    walk
}

fn decide<'a>(page: &'a Page, facts: &Derived, walk: &mut Walk) -> Option<&'a Rule> {
    for rule in &page.rules {
        match rule.holds(facts) {
            Held::Yes => return Some(rule),
            Held::No => {}
            Held::Unknown(unknown) => {
                let answers: Vec<&str> = unknown.iter().filter_map(|(fact, _)| fact.strip_prefix("answer.")).collect();
                if answers.len() == unknown.len() {
                    for name in answers {
                        note_question(page, name, walk);
                    }
                } else {
                    for (fact, why) in unknown {
                        let missing = Missing { page: page.name.clone(), fact, why };
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
        walk.open.push(Open { page: page.name.clone(), question: question.clone() });
    }
}

fn step(walk: &mut Walk, page: &Page, rule: &Rule, facts: &Derived) {
    walk.steps.push(Step {
        page: page.name.clone(),
        question: page.title.clone(),
        next: rule.then.clone(),
        because: rule.terms.iter().map(|term| held(term, facts)).collect(),
    });
    walk.at.clone_from(&rule.then);
    let Some(cause) = rule.cause() else { return };
    let mut certainty = rule.certainty;
    if rule.terms.iter().any(|term| term.fact.starts_with("answer.")) {
        certainty = certainty.min(Certainty::Possible);
    }
    if !walk.open.is_empty() {
        certainty = certainty.min(Certainty::Likely);
    }
    let says = |fact: &str, word: &str| facts.get(fact).and_then(Known::word) == Some(word);
    let is_fault = !matches!(cause, "healthy" | "undetermined");
    if is_fault && says("settings.read", "no") {
        if says("settings.provider", "guessed") {
            certainty = certainty.min(Certainty::Possible);
        } else if says("provider.confidence", "low") {
            certainty = certainty.min(Certainty::Likely);
        }
    }
    if cause == super::UNDETERMINED {
        certainty = Certainty::Possible;
    }
    walk.cause = Some((cause.to_owned(), certainty));
}

/// A term that held, with the word that it held for.
fn held(term: &super::rule::Term, facts: &Derived) -> String {
    match facts.get(&term.fact).and_then(Known::word) {
        Some(word) => format!("{} is {word}", term.fact),
        None => format!("{} is unknown", term.fact),
    }
}

/// Other causes that show, beside the one that decides.
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

/// Who can fix a cause as things stand: the first row that holds.
pub fn fixed_by<'a>(page: &'a Page, facts: &Derived) -> Option<&'a FixedBy> {
    page.fixed_by.iter().find(|row| {
        let rule = Rule { terms: row.terms.clone(), then: String::new(), certainty: Certainty::Certain };
        rule.holds(facts) == Held::Yes
    })
}
