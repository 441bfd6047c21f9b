//! What the facts say against a cause, and what is missing to prove it: the tables *Speaks against it* and *Certain only
//! if* of its page.

use super::Guide;
use super::page::{Left, Page};
use super::rule::{Certainty, Held, Row, all_hold};
use super::walk::decided;
use crate::facts::Derived;
use crate::facts::vocabulary::Decided;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What the facts leave of a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// Whether it cannot be the cause.
    pub excluded: Held,
    /// How certain it may be at most.
    pub at_most: Certainty,
    /// The facts that speak against it.
    pub against: Vec<Decided>,
    /// The facts that would have to be otherwise for it to be certain.
    pub unproven: Vec<Decided>,
    /// The checks that may still change this.
    pub waits_for: BTreeSet<String>,
}

/// Judges a cause by its page. While something that could speak against it is still being measured, it is held to be
/// so: certainty may rise later, and never falls.
pub fn judge(guide: &Guide, cause: &str, facts: &Derived) -> Judgement {
    let mut judged = Judgement {
        excluded: Held::No,
        at_most: Certainty::Certain,
        against: vec![],
        unproven: vec![],
        waits_for: BTreeSet::new(),
    };
    let Some(page) = guide.cause(cause) else { return judged };
    for row in &page.against {
        match (all_hold(&row.terms, facts), row.gives) {
            (Held::Yes, left) => {
                judged.against.extend(row.terms.iter().map(|term| decided(term, facts)));
                match left {
                    Left::AtMost(certainty) => judged.at_most = judged.at_most.min(certainty),
                    Left::Nothing => judged.excluded = Held::Yes,
                }
            }
            (Held::Pending(checks), Left::AtMost(certainty)) => {
                judged.at_most = judged.at_most.min(certainty);
                judged.waits_for.extend(checks);
            }
            (pending @ Held::Pending(_), Left::Nothing) if judged.excluded == Held::No => judged.excluded = pending,
            _ => {}
        }
    }
    prove(page, facts, &mut judged);
    judged
}

/// One row of *Certain only if* must hold. If none does, the row that comes nearest says what is missing.
fn prove(page: &Page, facts: &Derived, judged: &mut Judgement) {
    let held: Vec<Held> = page.proof.iter().map(|row| all_hold(&row.terms, facts)).collect();
    if held.is_empty() || held.contains(&Held::Yes) {
        return;
    }
    judged.at_most = judged.at_most.min(Certainty::Likely);
    judged.waits_for.extend(held.into_iter().flat_map(|held| match held {
        Held::Pending(checks) => checks,
        _ => BTreeSet::new(),
    }));
    let missing = |row: &Row<()>| -> Vec<Decided> {
        let terms = row.terms.iter().filter(|term| term.holds(facts) != Held::Yes);
        terms.map(|term| decided(term, facts)).collect()
    };
    let nearest = page.proof.iter().min_by_key(|row| (missing(row).len(), Reverse(row.terms.len())));
    judged.unproven = nearest.map(missing).unwrap_or_default();
}
