//! Whether the pages of a guide fit together, and the order of its steps and causes. Whatever is missing on a page is
//! an error here, which names the page and says what to do.

use super::page::{ASK, Page, Question, TO, task};
use super::rule::{self, Term};
use super::{ALSO, CERTAINTY, HEALTHY, START, Step, UNDETERMINED};
use crate::pages::markdown::anchor;
use std::collections::{BTreeMap, BTreeSet};

type Pages = BTreeMap<String, Page>;

/// The order in which a walk can reach steps and causes.
pub(super) struct Order {
    pub(super) steps: Vec<Step>,
    pub(super) causes: Vec<String>,
}

/// The kind of a page, by its place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Step,
    Cause,
    Program,
    /// `also`, `certainty`: read, not walked.
    List,
}

impl Kind {
    fn of(name: &str) -> Self {
        match name.split_once('/') {
            Some(("causes", _)) => Kind::Cause,
            Some(_) => Kind::Program,
            None if name == ALSO || name == CERTAINTY => Kind::List,
            None => Kind::Step,
        }
    }

    /// The head lines that such a page must have, and those that it may have.
    fn heads(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Kind::Step => (&["Step"], &["Rules out", "Answered by"]),
            Kind::Cause => (&["Cause"], &["Headline", "Outcome", "No log-in"]),
            Kind::Program => (&["Program", "Connects", "Sign-in"], &["Also", "Exchange", "Encryption names"]),
            Kind::List => (&[], &[]),
        }
    }

    /// The sections that such a page must have, and those that it may have; a program's are its tasks.
    fn sections(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Kind::Step => (&["Decide", "Check it by hand"], &["Ask", "Ruled out anyway"]),
            Kind::Cause => (
                &[
                    "Fixed by",
                    "What it means",
                    "Fix it",
                    "Tell the caller",
                    "Do not",
                    "Mended when",
                    "Tell the provider",
                ],
                &["Decide", "In words", "Speaks against it", "Certain only if"],
            ),
            Kind::Program => (&[], &[]),
            Kind::List => (&[], &["Decide", "At most"]),
        }
    }
}

/// Checks that every page has what it must have and nothing unknown; that every link leads somewhere, every fact and
/// word is in the vocabulary, every placeholder is known, every step and cause is reached, and every walk ends.
pub(super) fn check(pages: &Pages, placeholders: &[&str]) -> Result<Order, String> {
    for name in [START, ALSO, CERTAINTY].into_iter().map(str::to_owned).chain([HEALTHY, UNDETERMINED].map(cause_page)) {
        if !pages.contains_key(&name) {
            return Err(format!("{name}.md: this page must exist"));
        }
    }
    let asked: Vec<Question> = pages.values().flat_map(|page| &page.questions).cloned().collect();
    for (name, page) in pages {
        let kind = Kind::of(name);
        page_check(page, kind, pages, &asked)
            .and_then(|()| placeholders_check(page, kind, placeholders))
            .map_err(|why| format!("{name}.md: {why}"))?;
    }
    let walked = order(pages)?;
    for name in pages.keys() {
        if matches!(Kind::of(name), Kind::Step | Kind::Cause) && !walked.contains(&name.as_str()) {
            return Err(format!("{name}.md: no page leads here: add a row under Decide of a step that does"));
        }
    }
    Ok(Order { steps: steps(pages, &walked)?, causes: causes(pages, &walked) })
}

fn cause_page(cause: &str) -> String {
    format!("causes/{cause}")
}

/// `asked` are the questions of all steps.
fn page_check(page: &Page, kind: Kind, pages: &Pages, asked: &[Question]) -> Result<(), String> {
    heads_and_sections(page, kind)?;
    for rule in &page.rules {
        rule::check(&rule.terms, &page.questions)?;
        let leads_on = pages.contains_key(&rule.then) && matches!(Kind::of(&rule.then), Kind::Step | Kind::Cause);
        if !leads_on || (kind != Kind::Step && rule.cause().is_none()) {
            return Err(format!("Decide: {}.md is not a page that a row here can lead to", rule.then));
        }
    }
    let fixed_by = page.fixed_by.iter().map(|row| &row.terms);
    let rows = fixed_by.chain(page.in_words.iter().map(|row| &row.terms));
    let rows = rows.chain(page.ruled_out_anyway.iter().map(|row| &row.terms));
    let rows = rows.chain(page.against.iter().map(|row| &row.terms)).chain(page.proof.iter().map(|row| &row.terms));
    let mut rows = rows.chain(page.at_most.iter().map(|row| &row.terms)).chain([&page.answered_by]);
    rows.try_for_each(|terms| rule::check(terms, asked))?;
    match kind {
        Kind::Step => step_check(page),
        Kind::Cause => cause_check(page, pages),
        Kind::Program | Kind::List => Ok(()),
    }
}

fn heads_and_sections(page: &Page, kind: Kind) -> Result<(), String> {
    let (must, may) = kind.heads();
    if let Some(missing) = must.iter().find(|name| page.text.head(name).is_none_or(str::is_empty)) {
        return Err(format!("the line {missing}: is missing below the title"));
    }
    if let Some(unknown) =
        page.text.heads.keys().find(|name| !must.contains(&name.as_str()) && !may.contains(&name.as_str()))
    {
        return Err(format!("there is no line {unknown}: on such a page, only {}", [must, may].concat().join(", ")));
    }
    let (must, may) = kind.sections();
    let is_empty = |heading: &&&str| page.text.section(heading).is_none_or(|text| text.trim().is_empty());
    if let Some(missing) = must.iter().find(is_empty) {
        return Err(format!("the section {missing} is missing or empty"));
    }
    for section in &page.text.sections {
        if page.text.sections.iter().filter(|other| other.heading == section.heading).count() > 1 {
            return Err(format!("there are two sections {}", section.heading));
        }
    }
    let known = |heading: &str| kind == Kind::Program || must.contains(&heading) || may.contains(&heading);
    if let Some(unknown) = page.text.sections.iter().find(|section| !known(&section.heading)) {
        let can_be = [must, may].concat().join(", ");
        return Err(format!("there is no section {} on such a page, only {can_be}", unknown.heading));
    }
    Ok(())
}

fn step_check(page: &Page) -> Result<(), String> {
    if page.text.intro.is_empty() {
        return Err("a sentence or two before the first section are missing: why this step".to_owned());
    }
    if page.text.section("Ask").is_some() && page.questions.is_empty() {
        return Err("Ask must be a list of questions".to_owned());
    }
    for question in &page.questions {
        let name = &question.name;
        if page.questions.iter().filter(|other| other.name == *name).count() > 1 {
            return Err(format!("there are two questions {name}"));
        }
        let fact = format!("answer.{name}");
        if !page.rules.iter().flat_map(|rule| &rule.terms).any(|term| term.fact == fact) {
            return Err(format!("the question {name} is never asked: no row of Decide needs `{fact}`"));
        }
    }
    ends_in_otherwise("Decide", page.rules.last().map(|rule| &rule.terms))
}

/// The most characters of a cause's title.
const MOST_TITLE: usize = 60;

fn cause_check(page: &Page, pages: &Pages) -> Result<(), String> {
    let cause = page.text.name.trim_start_matches("causes/");
    if page.text.head("Cause") != Some(cause) {
        return Err(format!("the line Cause: must name {cause}, as the file does"));
    }
    if page.text.title.chars().count() > MOST_TITLE {
        return Err(format!("the title has more than {MOST_TITLE} characters"));
    }
    if page.headline().contains('{') {
        return Err("a title with a placeholder needs a line Headline: that fits any case".to_owned());
    }
    if page.text.intro.is_empty() {
        return Err("the summary is missing: a sentence or two before the first section".to_owned());
    }
    ends_in_otherwise("Fixed by", page.fixed_by.last().map(|row| &row.terms))?;
    if !page.rules.is_empty() {
        ends_in_otherwise("Decide", page.rules.last().map(|rule| &rule.terms))?;
    }
    if page.text.items("Fix it").is_empty() {
        return Err("Fix it must be a list of steps".to_owned());
    }
    let told = page.text.items("Tell the provider");
    if let Some(missing) = [TO, ASK].iter().find(|key| !told.iter().any(|item| item.starts_with(**key))) {
        return Err(format!("Tell the provider needs an item \"{missing}\""));
    }
    for step in page.text.items("Fix it") {
        let Some(task) = task(&step) else { continue };
        let lacks = |page: &Page| !page.text.sections.iter().any(|section| anchor(&section.heading) == task);
        if let Some((name, _)) = pages.iter().find(|(name, page)| Kind::of(name) == Kind::Program && lacks(page)) {
            return Err(format!("Fix it links to the task {task}, which {name}.md does not have"));
        }
    }
    Ok(())
}

fn ends_in_otherwise(table: &str, last: Option<&Vec<Term>>) -> Result<(), String> {
    match last {
        Some(terms) if terms.is_empty() => Ok(()),
        _ => Err(format!("the last row of {table} must be \"otherwise\"")),
    }
}

/// The pages that a walk can reach, each after all that lead to it.
fn order(pages: &Pages) -> Result<Vec<&str>, String> {
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
) -> Result<(), String> {
    if on_the_way.contains(&name) {
        return Err(format!("{name}.md: a walk could come here for ever ({})", on_the_way.join(" > ")));
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
fn steps(pages: &Pages, walked: &[&str]) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    for name in walked {
        let Some(step) = pages.get(*name).and_then(|page| page.text.head("Step")) else { continue };
        let known = steps.iter().position(|known| known.name == step);
        match known {
            None => steps.push(Step { name: step.to_owned(), pages: vec![(*name).to_owned()] }),
            Some(at) if at + 1 == steps.len() => steps[at].pages.push((*name).to_owned()),
            Some(_) => {
                return Err(format!("{name}.md: Step: {step} has ended before this page; steps must not interleave"));
            }
        }
    }
    Ok(steps)
}

/// The causes in the order of the rows that lead to them; of the two that are not faults, one first and one last.
fn causes(pages: &Pages, walked: &[&str]) -> Vec<String> {
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

/// Checks that every `{name}` on the pages of causes and mail programs is known; other pages may have none, as nothing
/// fills them in.
fn placeholders_check(page: &Page, kind: Kind, known: &[&str]) -> Result<(), String> {
    for name in texts(page).flat_map(placeholders) {
        if !matches!(kind, Kind::Cause | Kind::Program) {
            return Err(format!("{{{name}}} is not filled in on such a page"));
        }
        if !known.contains(&name) {
            return Err(format!("there is no placeholder {{{name}}}; docs/writing-the-guide.md has the list"));
        }
    }
    Ok(())
}

/// Everything that is written on a page.
fn texts(page: &Page) -> impl Iterator<Item = &str> {
    let sections = page.text.sections.iter().map(|section| &section.text);
    let texts = [&page.text.title, &page.text.intro].into_iter().chain(page.text.heads.values()).chain(sections);
    texts.map(String::as_str)
}

/// The names in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::Guide;
    use crate::pages;
    use rstest::rstest;

    /// The placeholders on the built-in pages.
    fn known() -> Vec<&'static str> {
        pages::guide().flat_map(|(_, text)| placeholders(text)).collect()
    }

    /// The built-in guide with one page changed.
    fn changed(page: &str, change: impl Fn(&str) -> String) -> Result<Guide, String> {
        let texts = pages::guide().map(|(name, text)| {
            let text = if name == page { change(text) } else { text.to_owned() };
            (name, text)
        });
        Guide::read(texts, &known())
    }

    #[test]
    fn steps_and_causes_are_in_the_order_of_the_walk() {
        let guide = changed("", str::to_owned).unwrap_or_else(|why| panic!("{why}"));
        let steps: Vec<&str> = guide.steps().iter().map(|step| step.name.as_str()).collect();
        assert_eq!(steps, ["Settings", "Firewall", "Connection", "Encryption", "Log-in", "Provider"]);
        assert_eq!(guide.steps()[0].pages, ["who-connects", "exchange", "elsewhere", "gateway", "settings"]);
        assert_eq!(guide.causes().len(), pages::causes().len());
        assert_eq!(guide.causes().last().map(String::as_str), Some(UNDETERMINED));
    }

    #[rstest]
    #[case("firewall", "Step: Firewall", "", "firewall.md: the line Step: is missing")]
    #[case("encryption", "Step: Encryption", "Step: Settings", "Step: Settings has ended before")]
    #[case("firewall", "Rules out:", "Rule out:", "there is no line Rule out:")]
    #[case("firewall", "## Ask", "## Aks", "there is no section Aks")]
    #[case("firewall", "`port.by` is `self`", "`port.by` is `me`", "port.by has no word me")]
    #[case("login", "| otherwise |", "| `login` is `accepted` |", "the last row of Decide must be \"otherwise\"")]
    #[case("login", "(sending.md)", "(settings.md)", "for ever")]
    #[case("connection", "(server.md)", "(encryption.md)", "no page leads here")]
    #[case("causes/offline", "Cause: `offline`", "Cause: `online`", "must name offline")]
    #[case("causes/offline", "# This computer has", "# {user} has", "needs a line Headline:")]
    #[case("causes/offline", "## Fix it", "## Mend it", "causes/offline.md: the section Fix it is missing")]
    #[case("causes/offline", "- Ask:", "- Beg:", "Tell the provider needs an item \"Ask:\"")]
    #[case("causes/ipv6-broken", "Outcome: unreliable", "Outcome: shaky", "the only word is unreliable")]
    #[case("programs/other", "## Raise the time-out", "## Wait", "which programs/other.md does not have")]
    #[case("causes/offline", "## Fix it", "## Fix it\n\n1. {moon}", "offline.md: there is no placeholder {moon}")]
    #[case("firewall", "1. Windows", "1. {port}", "{port} is not filled in on such a page")]
    #[case("firewall", "Step: Firewall", "Step: ", "firewall.md: the line Step: is missing")]
    #[case("firewall", "## Check it by hand", "## Decide\n\nx\n\n## Check it by hand", "two sections Decide")]
    #[case(
        "causes/offline",
        "# This computer has",
        "# This computer, as far as anybody can see or tell from here, has",
        "more than 60"
    )]
    #[case("causes/offline", "`user`:", "`user` |", "what that person does is missing")]
    #[case("certainty", "| likely |", "| fairly |", "fairly is not one of")]
    fn what_is_forgotten_is_named(#[case] page: &str, #[case] from: &str, #[case] to: &str, #[case] says: &str) {
        let Err(why) = changed(page, |text| text.replace(from, to)) else { panic!("{page}: nothing is said") };
        assert!(why.contains(says), "{why}");
    }

    #[test]
    fn a_cause_that_no_row_leads_to_is_named() {
        let (_, offline) = pages::guide().find(|(name, _)| name == "causes/offline").unwrap();
        let new = ("causes/lonely".to_owned(), offline.replace("`offline`", "`lonely`"));
        let texts = pages::guide().map(|(name, text)| (name, text.to_owned())).chain([new]);
        let why = Guide::read(texts, &known()).err().unwrap();
        assert!(why.starts_with("causes/lonely.md: no page leads here"), "{why}");
    }

    #[test]
    fn names_in_braces() {
        assert_eq!(placeholders("a {b} c {d.e}").collect::<Vec<_>>(), ["b", "d.e"]);
    }
}
