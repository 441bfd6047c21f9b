//! The order of steps and causes: which pages a walk can reach, each after all that lead to it; and whether every walk
//! ends. What a page must have is in `check`.

use super::page::Page;
use super::{HEALTHY, Mistake, START, Step, UNDETERMINED};
use crate::pages::Fault;
use std::collections::{BTreeMap, BTreeSet};

type Pages = BTreeMap<String, Page>;

/// The order in which a walk can reach steps and causes.
pub(super) struct Order {
    pub(super) steps: Vec<Step>,
    pub(super) causes: Vec<String>,
}

/// Something wrong with a page, in this line.
pub(super) fn mistake(page: &str, line: usize, why: impl Into<String>) -> Mistake {
    Mistake::new(page, Fault { line, why: why.into() })
}

/// The pages that a walk can reach, each after all that lead to it.
pub(super) fn order(pages: &Pages) -> Result<Vec<&str>, Mistake> {
    let mut order = Vec::new();
    follow(START, pages, &mut order, &mut BTreeSet::new(), &mut Vec::new())?;
    order.reverse();
    Ok(order)
}

/// Depth first, starting with the last row of a page: reversed, that gives the order of the rows.
fn follow<'a>(
    name: &'a str,
    pages: &'a Pages,
    order: &mut Vec<&'a str>,
    reached: &mut BTreeSet<&'a str>,
    on_the_way: &mut Vec<&'a str>,
) -> Result<(), Mistake> {
    if on_the_way.contains(&name) {
        let from = on_the_way.last().and_then(|from| pages.get(*from));
        let row = from.and_then(|page| page.rules.iter().rev().find(|row| row.then == name));
        let why = format!("a walk could go round for ever ({} > {name})", on_the_way.join(" > "));
        return Err(mistake(on_the_way.last().unwrap_or(&name), row.map_or(1, |row| row.line), why));
    }
    if !reached.insert(name) {
        return Ok(());
    }
    on_the_way.push(name);
    let rules = pages.get(name).map(|page| page.rules.as_slice()).unwrap_or_default();
    for rule in rules.iter().rev().filter(|rule| rule.then != name) {
        follow(&rule.then, pages, order, reached, on_the_way)?;
    }
    on_the_way.pop();
    order.push(name);
    Ok(())
}

/// The pages of each `Step:`, which must be next to each other.
pub(super) fn steps(pages: &Pages, walked: &[&str]) -> Result<Vec<Step>, Mistake> {
    let mut steps: Vec<Step> = Vec::new();
    for name in walked {
        let Some(step) = pages.get(*name).and_then(|page| page.text.head("Step")) else { continue };
        let known = steps.iter().position(|known| known.name == step);
        match known {
            None => steps.push(Step { name: step.to_owned(), pages: vec![(*name).to_owned()] }),
            Some(at) if at + 1 == steps.len() => steps[at].pages.push((*name).to_owned()),
            Some(_) => {
                let line = pages.get(*name).map_or(1, |page| page.text.line_of("Step"));
                let why = format!("Step: {step} has ended before this page; steps must not interleave");
                return Err(mistake(name, line, why));
            }
        }
    }
    Ok(steps)
}

/// The causes in the order of the rows that lead to them; of the two that are not faults, one first and one last.
pub(super) fn causes(pages: &Pages, walked: &[&str]) -> Vec<String> {
    let mut causes = vec![HEALTHY.to_owned()];
    for rule in walked.iter().filter_map(|name| pages.get(*name)).flat_map(|page| &page.rules) {
        if let Some(cause) = rule.cause()
            && cause != UNDETERMINED
            && !causes.iter().any(|known| known == cause)
        {
            causes.push(cause.to_owned());
        }
    }
    causes.push(UNDETERMINED.to_owned());
    causes
}
