//! Makes the verdict from facts and guide: walks the guide and fills in the page of the cause that it reaches.

use super::at_hand::AtHand;
use super::diagnosis::{Diagnosis, OpenQuestion, Outcome, PathStep};
use super::error::error_in_words;
use super::lookup::Lookup;
use super::run::Run;
use crate::account::client;
use crate::facts::derive::Derivation;
use crate::facts::{Derived, vocabulary};
use crate::guide::page::{Page, Wording, task};
use crate::guide::rule::{any_waits_for, given, waits_for};
use crate::guide::walk::{self, NotKnown, Walk};
use crate::guide::{Guide, HEALTHY, UNDETERMINED};
use crate::pages::markdown::{anchor, joined, list_items, paragraphs, plain};
use crate::text::small_sort::Gather;
use crate::text::{Mark, Text, capital};
use std::collections::{BTreeMap, BTreeSet};

/// The verdict over these facts.
pub fn diagnose(guide: &Guide, run: &Run, derived: &Derivation, os: &str) -> Diagnosis {
    let facts = &derived.facts;
    let walk = walk::walk(guide, facts);
    let mut texts = Texts { case: Lookup::new(run, derived), marks: BTreeMap::new() };
    let underway = Diagnosis {
        path: path(guide, &walk, &mut texts),
        waits_for: walk.waits_for.iter().cloned().collect(),
        questions: questions(&walk, &mut texts),
        summary: waiting(&walk.waits_for, run),
        ..Diagnosis::nothing_yet()
    };
    let Some(reached) = &walk.reached else { return Diagnosis { marks: texts.marks, ..underway } };
    let cause = reached.cause.as_str();
    let Some((page, fixed_by)) = guide.cause(cause).and_then(|page| Some((page, given(&page.fixed_by, facts).next()?)))
    else {
        return Diagnosis { marks: texts.marks, ..underway };
    };
    // Who fixes it, the words for it and the steps are part of the verdict.
    let mut open = walk.waits_for.clone();
    open.extend(waits_for(&page.fixed_by, facts));
    open.extend(waits_for(&page.in_words, facts));
    open.extend(any_waits_for(&page.steps, facts));
    let underway = Diagnosis { waits_for: open.into_iter().collect(), ..underway };
    let paragraph = |heading: &str| paragraphs(page.text.section(heading).unwrap_or_default());
    let at_hand = AtHand::of(&texts.case, os);
    let do_not = page.text.items("Do not");
    let do_not =
        do_not.iter().filter_map(|item| at_hand.only(item)).map(|item| texts.case.fill(&plain(&item))).collect();
    let tell_provider = at_hand.only(&joined(page.text.section("Tell the provider").unwrap_or_default()));
    let tell_provider = plain(&tell_provider.unwrap_or_default());
    let error = error_in_words(guide, run, &walk, facts);
    let wording = given(&page.in_words, facts).next().cloned();
    let wording =
        wording.unwrap_or_else(|| Wording { title: page.text.title.clone(), summary: paragraphs(&page.text.intro) });
    Diagnosis {
        outcome: outcome(cause, page, facts),
        is_final: underway.waits_for.is_empty(),
        reached: true,
        cause: cause.to_owned(),
        certainty: reached.certainty,
        title: texts.fill("title", &wording.title),
        summary: texts.fill("summary", &wording.summary),
        error: error.map(|error| texts.put("error", error)).unwrap_or_default(),
        who: fixed_by.for_good.who,
        who_name: texts.fill("who_name", &fixed_by.for_good.what),
        now: fixed_by.now.who,
        now_name: texts.fill("now_name", &fixed_by.now.what),
        tell_caller: texts.fill("tell_caller", paragraph("Tell the caller").trim_matches(['"', '“', '”'])),
        remedy: texts.list("remedy", remedy(guide, page, run, &texts.case, at_hand)),
        do_not: texts.list("do_not", do_not),
        mended_when: texts.fill("mended_when", &paragraph("Fixed when")),
        tell_provider: texts.fill("tell_provider", &tell_provider),
        against: reached.against.clone(),
        unproven: reached.unproven.clone(),
        ruled_out: ruled_out(guide, cause, &underway, facts),
        also: also(guide, &walk, facts),
        not_known: if cause == HEALTHY { vec![] } else { not_known(&walk.missing) },
        marks: texts.marks,
        ..underway
    }
}

/// Fills in texts of the verdict, and keeps the marks of the names in them.
struct Texts<'a> {
    case: Lookup<'a>,
    marks: BTreeMap<String, Vec<(usize, usize, Mark)>>,
}

impl Texts<'_> {
    fn put(&mut self, field: &str, text: Text) -> String {
        if !text.marks.is_empty() {
            self.marks.insert(field.to_owned(), text.marks);
        }
        text.text
    }

    fn fill(&mut self, field: &str, text: &str) -> String {
        let text = self.case.fill(text);
        self.put(field, text)
    }

    fn list(&mut self, field: &str, texts: Vec<Text>) -> Vec<String> {
        texts.into_iter().enumerate().map(|(index, text)| self.put(&format!("{field}.{index}"), text)).collect()
    }
}

fn path(guide: &Guide, walk: &Walk, texts: &mut Texts<'_>) -> Vec<PathStep> {
    let steps = walk.visits.iter().enumerate().map(|(index, visit)| PathStep {
        page: visit.page.clone(),
        question: visit.question.clone(),
        answer: match guide.page(&visit.next) {
            Some(page) => texts.fill(&format!("path.{index}.answer"), &page.text.title),
            None => visit.next.clone(),
        },
        because: visit.because.clone(),
    });
    steps.collect()
}

fn questions(walk: &Walk, texts: &mut Texts<'_>) -> Vec<OpenQuestion> {
    let questions = walk.open.iter().map(|open| &open.question).enumerate();
    questions
        .map(|(index, question)| OpenQuestion {
            name: question.name.clone(),
            text: texts.fill(&format!("questions.{index}"), &question.text),
            words: question.words.clone(),
        })
        .collect()
}

/// What the walk is waiting for, in words.
fn waiting(checks: &BTreeSet<String>, run: &Run) -> String {
    let groups: BTreeSet<&str> = checks.iter().filter_map(|id| Some(run.check(id)?.head.group.title())).gather();
    match groups.is_empty() {
        true => String::new(),
        false => format!("Waiting for {}.", groups.into_iter().collect::<Vec<_>>().join(", ")),
    }
}

/// Whether the account works as configured; with some faults, mail still gets through now and then.
fn outcome(cause: &str, page: &Page, facts: &Derived) -> Outcome {
    let works = vocabulary::is(facts, "account.works", "yes");
    match cause {
        HEALTHY => Outcome::CanSend,
        UNDETERMINED => Outcome::Unsure,
        _ if page.is_unreliable && works => Outcome::Unreliable,
        _ => Outcome::CannotSend,
    }
}

/// The steps of *Fix it* that this case needs, for the provider and the program at hand; a step that is only a link to a
/// task becomes the clicks for the account's mail program.
fn remedy(guide: &Guide, page: &Page, run: &Run, case: &Lookup<'_>, at_hand: AtHand) -> Vec<Text> {
    let step = |item: &str| match task(item).and_then(|task| clicks(guide, task, run)) {
        Some((heading, clicks)) => {
            let clicks = clicks.iter().filter_map(|click| at_hand.only(click));
            clicks.fold(Text::from(format!("{heading}:")), |step, click| {
                step.say("\n- ").append(case.fill(&plain(&click).replace('\n', "\n  ")))
            })
        }
        None => case.fill(&plain(&capital(item))),
    };
    given(&page.steps, case.facts).filter_map(|item| at_hand.only(item)).map(|item| step(&item)).collect()
}

/// The clicks for a task in the account's mail program, from its page: the heading and the steps.
fn clicks<'a>(guide: &'a Guide, task: &str, run: &Run) -> Option<(&'a str, Vec<String>)> {
    let client = run.account.client().or_else(|| client::by_id("other"))?;
    let page = guide.page(&format!("programs/{}", client.page))?;
    let section = page.text.sections.iter().find(|section| anchor(&section.heading) == task)?;
    Some((&section.heading, list_items(&section.text)))
}

/// Other causes that were found, first the one that the caller's error won over.
fn also(guide: &Guide, walk: &Walk, facts: &Derived) -> Vec<String> {
    let cause = walk.reached.as_ref().map(|reached| reached.cause.as_str());
    let mut also: Vec<String> = walk.measured.iter().cloned().collect();
    also.extend(walk::also(guide, facts, cause).into_iter().filter(|cause| walk.measured.as_ref() != Some(cause)));
    also
}

/// What is ruled out by the steps that were passed with an answer, and what is sound anyway. A step that has a row for
/// this very cause rules nothing out: the cause was found in another way.
fn ruled_out(guide: &Guide, cause: &str, walked: &Diagnosis, facts: &Derived) -> Vec<String> {
    let decided_at = walked.last_step();
    let is_passed = |name: &str| {
        decided_at != Some(name) && walked.path.iter().any(|step| step.page == name && step.is_settled(guide))
    };
    let mut out: Vec<String> = Vec::new();
    for page in guide.steps().iter().flat_map(|step| &step.pages).filter_map(|name| guide.page(name)) {
        let is_about_it = cause != UNDETERMINED && page.rules.iter().any(|rule| rule.cause() == Some(cause));
        match is_passed(&page.text.name) {
            true if is_about_it => {}
            true => out.extend(page.text.head("Rules out").map(str::to_owned)),
            false => out.extend(given(&page.ruled_out_anyway, facts).cloned()),
        }
    }
    out
}

/// What is not known, a line for each reason.
fn not_known(missing: &[NotKnown]) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    for missing in missing.iter().filter(|missing| missing.fact != "said" && missing.why.is_gap()) {
        let says = vocabulary::find(&missing.fact).map_or(missing.fact.as_str(), |kind| kind.says);
        let why = missing.why.to_string();
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, facts)) => facts.push(says),
            None => reasons.push((why, vec![says])),
        }
    }
    reasons.into_iter().map(|(why, facts)| format!("{}: {why}", facts.join("; "))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, Address};
    use crate::facts::Known;
    use crate::guide::rule::{Certainty, Who};
    use crate::pages;
    use crate::session::placeholders;

    /// The verdict over a guide in which one page is changed.
    fn verdict(changed: &str, change: impl Fn(&str) -> String, facts: &[(&str, &str)]) -> Diagnosis {
        let texts = pages::guide().map(|(name, text)| {
            let text = if name == changed { change(text) } else { text.to_owned() };
            (name, text)
        });
        let guide = Guide::read(texts, &placeholders::names()).unwrap_or_else(|why| panic!("{why}"));
        let account = Account::new(Address::parse("anna@example.com").unwrap());
        let run = Run::new(jiff::Timestamp::UNIX_EPOCH, account, None, &[]);
        let facts = facts.iter().map(|(name, word)| ((*name).to_owned(), Known::Word((*word).to_owned())));
        diagnose(&guide, &run, &Derivation { facts: facts.collect(), other_port: None, own_name: None }, "")
    }

    const OFFLINE: [(&str, &str); 5] = [
        ("measured.on", "this-machine"),
        ("internet", "no"),
        ("internet.route", "no"),
        ("account.works", "no"),
        ("dns.server", "failed"),
    ];

    #[test]
    fn the_page_of_the_cause_is_the_verdict() {
        let changed = |text: &str| {
            text.replace("# This computer has no internet connection", "# {address} is alone")
                .replace("Cause: `offline`", "Cause: `offline`\n\nHeadline: Alone\n\nOutcome: unreliable")
        };
        let verdict = verdict("causes/offline", changed, &OFFLINE);
        assert_eq!((verdict.cause.as_str(), verdict.title.as_str()), ("offline", "anna@example.com is alone"));
        // Only an account that works now can be unreliable.
        assert_eq!((verdict.outcome, verdict.now), (Outcome::CannotSend, Who::User));
        assert!(verdict.reached && verdict.last_step() == Some("connection"));
        // Nothing was seen of the settings.
        assert_eq!(verdict.ruled_out, Vec::<String>::new());
    }

    #[test]
    fn words_of_a_page_follow_the_facts() {
        let changed = |text: &str| {
            let table = "| When | Title | Summary |\n|---|---|---|\n";
            let rows = "| `internet` is `yes` | No | no |\n| `internet` is `no` | Out | {domain} |\n";
            text.replace(table, &format!("{table}{rows}"))
        };
        let verdict = verdict("causes/offline", changed, &OFFLINE);
        assert_eq!((verdict.title.as_str(), verdict.summary.as_str()), ("Out", "example.com"));
    }

    #[test]
    fn what_limits_certainty_is_a_page() {
        let certainty = |more: &[(&str, &str)]| verdict("", str::to_owned, &[&OFFLINE[..], more].concat()).certainty;
        assert_eq!(certainty(&[]), Certainty::Certain);
        assert_eq!(certainty(&[("settings.read", "no"), ("provider.confidence", "low")]), Certainty::Likely);
        assert_eq!(certainty(&[("settings.read", "no"), ("settings.provider", "guessed")]), Certainty::Possible);
    }
}
