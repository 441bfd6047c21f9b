//! Whether the pages of a guide fit together. Whatever is missing on a page is an error here, which names the page and
//! says what to do. The order of steps and causes is in `order`.

use super::order::{Order, causes, mistake, order, steps};
use super::page::{ASK, Page, Question, TO, task};
use super::rule::{self, Term};
use super::{ALSO, BY_HAND, CERTAINTY, HEALTHY, Mistake, START, UNDETERMINED};
use crate::pages::Fault;
use crate::pages::markdown::anchor;
use std::collections::{BTreeMap, BTreeSet};

type Pages = BTreeMap<String, Page>;

/// The words that people use for what a page is about, for those who search; any page may have the line.
const ASKED_AS: &str = "Asked as";

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
            Kind::Step => (&["Step"], &["Rules out", "Answered by", ASKED_AS]),
            Kind::Cause => (&["Cause"], &["Headline", "Outcome", "No log-in", ASKED_AS]),
            Kind::Program => (
                &["Program", "Connects", "Sign-in"],
                &["Also", "Exchange", "Encryption names", "Runs as", "Runs on", "Device", ASKED_AS],
            ),
            Kind::List => (&[], &[ASKED_AS]),
        }
    }

    /// The sections that such a page must have, and those that it may have; a program's are its tasks.
    fn sections(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Kind::Step => (&["Decide", BY_HAND], &["Ask", "Ruled out anyway"]),
            Kind::Cause => (
                &[
                    "Fixed by",
                    "What it means",
                    "Fix it",
                    "Tell the caller",
                    "Do not",
                    "Fixed when",
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
/// word is in the vocabulary, every placeholder is known, every step and cause is reached, and every walk ends. The error
/// is everything that is wrong.
pub(super) fn check(pages: &Pages, placeholders: &[&str]) -> Result<Order, Vec<Mistake>> {
    let mut mistakes = Vec::new();
    for name in [START, ALSO, CERTAINTY].into_iter().map(str::to_owned).chain([HEALTHY, UNDETERMINED].map(cause_page)) {
        if !pages.contains_key(&name) {
            mistakes.push(mistake(&name, 1, "this page must exist"));
        }
    }
    let asked: Vec<Question> = pages.values().flat_map(|page| &page.questions).cloned().collect();
    for (name, page) in pages {
        let kind = Kind::of(name);
        let mut faults = Faults { page, found: Vec::new() };
        heads_and_sections(&mut faults, kind);
        rows_check(&mut faults, kind, pages, &asked);
        match kind {
            Kind::Step => step_check(&mut faults),
            Kind::Cause => cause_check(&mut faults, pages),
            Kind::Program | Kind::List => {}
        }
        placeholders_check(&mut faults, kind, placeholders);
        mistakes.extend(faults.found.into_iter().map(|fault| Mistake::new(name, fault)));
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    // Only where every link leads somewhere is there a walk.
    let walked = order(pages).map_err(|found| vec![found])?;
    for name in pages.keys() {
        if matches!(Kind::of(name), Kind::Step | Kind::Cause) && !walked.contains(&name.as_str()) {
            mistakes.push(mistake(name, 1, "no page leads here: add a row under Decide of a step that does"));
        }
    }
    match steps(pages, &walked) {
        Ok(steps) if mistakes.is_empty() => Ok(Order { steps, causes: causes(pages, &walked) }),
        Ok(_) => Err(mistakes),
        Err(found) => {
            mistakes.push(found);
            Err(mistakes)
        }
    }
}

fn cause_page(cause: &str) -> String {
    format!("causes/{cause}")
}

/// What is wrong with a page, collected.
struct Faults<'a> {
    page: &'a Page,
    found: Vec<Fault>,
}

impl Faults<'_> {
    /// Something is wrong in this line.
    fn at(&mut self, line: usize, why: impl Into<String>) {
        self.found.push(Fault { line, why: why.into() });
    }

    /// Something is wrong with this head line or section.
    fn of(&mut self, name: &str, why: impl Into<String>) {
        self.at(self.page.text.line_of(name), why);
    }
}

/// The terms of every row of a page, each with its line; `asked` are the questions of all steps.
fn rows_check(faults: &mut Faults<'_>, kind: Kind, pages: &Pages, asked: &[Question]) {
    let page = faults.page;
    for row in &page.rules {
        if let Err(why) = rule::check(&row.terms, &page.questions) {
            faults.at(row.line, why);
        }
        let leads_on = pages.contains_key(&row.then) && matches!(Kind::of(&row.then), Kind::Step | Kind::Cause);
        if !leads_on || (kind != Kind::Step && row.cause().is_none()) {
            faults.at(row.line, format!("Decide: {}.md is not a page that a row here can lead to", row.then));
        }
    }
    let rows = page.fixed_by.iter().map(|row| (row.line, &row.terms));
    let rows = rows.chain(page.in_words.iter().map(|row| (row.line, &row.terms)));
    let rows = rows.chain(page.ruled_out_anyway.iter().map(|row| (row.line, &row.terms)));
    let rows = rows.chain(page.against.iter().map(|row| (row.line, &row.terms)));
    let rows = rows.chain(page.proof.iter().map(|row| (row.line, &row.terms)));
    let rows = rows.chain(page.at_most.iter().map(|row| (row.line, &row.terms)));
    let rows = rows.chain(page.steps.iter().map(|row| (row.line, &row.terms)));
    for (line, terms) in rows.chain([(page.text.line_of("Answered by"), &page.answered_by)]) {
        if let Err(why) = rule::check(terms, asked) {
            faults.at(line, why);
        }
    }
}

fn heads_and_sections(faults: &mut Faults<'_>, kind: Kind) {
    let page = faults.page;
    let (must, may) = kind.heads();
    for missing in must.iter().filter(|name| page.text.head(name).is_none_or(str::is_empty)) {
        faults.at(1, format!("the line {missing}: is missing below the title"));
    }
    let known = |name: &&String| must.contains(&name.as_str()) || may.contains(&name.as_str());
    for unknown in page.text.heads.keys().filter(|name| !known(name)) {
        let can_be = [must, may].concat().join(", ");
        faults.of(unknown, format!("there is no line {unknown}: on such a page, only {can_be}"));
    }
    let (must, may) = kind.sections();
    let is_empty = |heading: &&&str| page.text.section(heading).is_none_or(|text| text.trim().is_empty());
    for missing in must.iter().filter(is_empty) {
        faults.of(missing, format!("the section {missing} is missing or empty"));
    }
    let known = |heading: &str| kind == Kind::Program || must.contains(&heading) || may.contains(&heading);
    for (index, section) in page.text.sections.iter().enumerate() {
        if page.text.sections.iter().take(index).any(|other| other.heading == section.heading) {
            faults.at(section.heading_line, format!("there are two sections {}", section.heading));
        }
        if !known(&section.heading) {
            let can_be = [must, may].concat().join(", ");
            let why = format!("there is no section {} on such a page, only {can_be}", section.heading);
            faults.at(section.heading_line, why);
        }
    }
}

fn step_check(faults: &mut Faults<'_>) {
    let page = faults.page;
    if page.text.intro.is_empty() {
        faults.at(1, "a sentence or two before the first section are missing: why this step");
    }
    if page.text.section("Ask").is_some() && page.questions.is_empty() {
        faults.of("Ask", "Ask must be a list of questions");
    }
    for (index, question) in page.questions.iter().enumerate() {
        let name = &question.name;
        let line = page.text.line_with(&format!("`{name}`:"));
        if page.questions.iter().take(index).any(|other| other.name == *name) {
            faults.at(line, format!("there are two questions {name}"));
        }
        let fact = format!("answer.{name}");
        if !page.rules.iter().flat_map(|rule| &rule.terms).any(|term| term.fact == fact) {
            faults.at(line, format!("the question {name} is never asked: no row of Decide needs `{fact}`"));
        }
    }
    let last = page.rules.last().map(|row| (row.line, &row.terms));
    ends_in_otherwise(faults, "Decide", last);
}

/// The most characters of a cause's title.
const MOST_TITLE: usize = 60;

fn cause_check(faults: &mut Faults<'_>, pages: &Pages) {
    let page = faults.page;
    let cause = page.text.name.trim_start_matches("causes/");
    if page.text.head("Cause").is_some_and(|named| named != cause) {
        faults.of("Cause", format!("the line Cause: must name {cause}, as the file does"));
    }
    if page.text.title.chars().count() > MOST_TITLE {
        faults.at(1, format!("the title has more than {MOST_TITLE} characters"));
    }
    if page.headline().contains('{') {
        faults.at(1, "a title with a placeholder needs a line Headline: that fits any case");
    }
    if page.text.intro.is_empty() {
        faults.at(1, "the summary is missing: a sentence or two before the first section");
    }
    ends_in_otherwise(faults, "Fixed by", page.fixed_by.last().map(|row| (row.line, &row.terms)));
    if !page.rules.is_empty() {
        ends_in_otherwise(faults, "Decide", page.rules.last().map(|row| (row.line, &row.terms)));
    }
    if page.steps.is_empty() {
        faults.of("Fix it", "Fix it must be a list of steps");
    }
    let told = page.text.items("Tell the provider");
    for missing in [TO, ASK].iter().filter(|key| !told.iter().any(|item| item.starts_with(**key))) {
        faults.of("Tell the provider", format!("Tell the provider needs an item \"{missing}\""));
    }
    for step in &page.steps {
        let Some(task) = task(&step.gives) else { continue };
        let lacks = |page: &Page| !page.text.sections.iter().any(|section| anchor(&section.heading) == task);
        if let Some((name, _)) = pages.iter().find(|(name, page)| Kind::of(name) == Kind::Program && lacks(page)) {
            let line = page.text.line_with(&format!("#{task})"));
            faults.at(line, format!("Fix it links to the task {task}, which {name}.md does not have"));
        }
    }
}

fn ends_in_otherwise(faults: &mut Faults<'_>, table: &str, last: Option<(usize, &Vec<Term>)>) {
    let why = format!("the last row of {table} must be \"otherwise\"");
    match last {
        Some((_, terms)) if terms.is_empty() => {}
        Some((line, _)) => faults.at(line, why),
        None => faults.of(table, why),
    }
}

/// Checks that every `{name}` on the pages of causes and mail programs is known. On a step's page they are filled in in its
/// questions and in what is to be done by hand, on other pages nowhere.
fn placeholders_check(faults: &mut Faults<'_>, kind: Kind, known: &[&str]) {
    let page = faults.page;
    let is_filled_in = matches!(kind, Kind::Cause | Kind::Program);
    let head = [&page.text.title, &page.text.intro].into_iter().chain(page.text.heads.values());
    let sections = page.text.sections.iter();
    let sections =
        sections.map(|section| (is_filled_in || ["Ask", BY_HAND].contains(&section.heading.as_str()), &section.text));
    let mut seen = BTreeSet::new();
    for (is_filled_in, text) in head.map(|text| (is_filled_in, text)).chain(sections) {
        for name in placeholders(text).filter(|name| seen.insert((is_filled_in, *name))) {
            let line = page.text.line_with(&format!("{{{name}}}"));
            if !is_filled_in {
                faults.at(line, format!("{{{name}}} is not filled in here"));
            } else if !known.contains(&name) {
                faults.at(line, format!("there is no placeholder {{{name}}}; docs/writing-the-guide.md has the list"));
            }
        }
    }
}

/// The names in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guide::{Guide, Mistakes};
    use crate::pages;
    use rstest::rstest;

    /// The placeholders on the built-in pages.
    fn known() -> Vec<&'static str> {
        pages::guide().flat_map(|(_, text)| placeholders(text)).collect()
    }

    /// The built-in guide with one page changed.
    fn changed(page: &str, change: impl Fn(&str) -> String) -> Result<Guide, Mistakes> {
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
        assert_eq!(guide.steps()[0].pages, ["who-connects", "exchange", "elsewhere", "gateway", "device", "settings"]);
        assert_eq!(guide.causes().len(), pages::causes().len());
        assert_eq!(guide.causes().last().map(String::as_str), Some(UNDETERMINED));
    }

    #[rstest]
    #[case("firewall", "Step: Firewall", "", "firewall.md:1: the line Step: is missing")]
    #[case("encryption", "Step: Encryption", "Step: Settings", "Step: Settings has ended before")]
    #[case("firewall", "Rules out:", "Rule out:", "there is no line Rule out:")]
    #[case("firewall", "## Ask", "## Aks", "there is no section Aks")]
    #[case("firewall", "`port.by` is `self`", "`port.by` is `me`", "port.by has no word me")]
    #[case("login", "| otherwise |", "| `login` is `accepted` |", "the last row of Decide must be \"otherwise\"")]
    #[case("login", "(sending.md)", "(settings.md)", "for ever")]
    #[case("connection", "(server.md)", "(encryption.md)", "no page leads here")]
    #[case("causes/offline", "Cause: `offline`", "Cause: `online`", "must name offline")]
    #[case("causes/offline", "# This computer has", "# {user} has", "needs a line Headline:")]
    #[case("causes/offline", "## Fix it", "## Mend it", "causes/offline.md:1: the section Fix it is missing")]
    #[case("causes/offline", "- Ask:", "- Beg:", "Tell the provider needs an item \"Ask:\"")]
    #[case("causes/ipv6-broken", "Outcome: unreliable", "Outcome: shaky", "the only word is unreliable")]
    #[case("programs/other", "## Raise the time-out", "## Wait", "which programs/other.md does not have")]
    #[case("causes/offline", "## Fix it", "## Fix it\n\n1. {moon}", ": there is no placeholder {moon}")]
    #[case("firewall", "Security programs,", "{port}", "{port} is not filled in here")]
    #[case("firewall", "Step: Firewall", "Step: ", "firewall.md:1: the line Step: is missing")]
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
        assert!(why.to_string().contains(says), "{why}");
    }

    #[test]
    fn a_cause_that_no_row_leads_to_is_named() {
        let (_, offline) = pages::guide().find(|(name, _)| name == "causes/offline").unwrap();
        let new = ("causes/lonely".to_owned(), offline.replace("`offline`", "`lonely`"));
        let texts = pages::guide().map(|(name, text)| (name, text.to_owned())).chain([new]);
        let why = Guide::read(texts, &known()).err().unwrap().to_string();
        assert!(why.starts_with("causes/lonely.md:1: no page leads here"), "{why}");
    }

    #[test]
    fn everything_is_named_at_once_with_its_line() {
        let (_, offline) = pages::guide().find(|(name, _)| name == "causes/offline").unwrap();
        let line = |words: &str| 1 + offline.lines().position(|line| line.contains(words)).unwrap();
        let change = |text: &str| {
            text.replace("# This computer has", "# {moon} has")
                .replacen("`internet.route`", "`internet.road`", 1)
                .replace("## Do not", "## Never")
                .replace("- Ask:", "- Beg:")
        };
        let Err(Mistakes(found)) = changed("causes/offline", change) else { panic!("nothing is said") };
        let lines: Vec<usize> = found.iter().map(|mistake| mistake.line).collect();
        let last = [line("## Do not"), line("## Tell the provider")];
        assert!(last.iter().all(|line| lines.contains(line)), "{}", Mistakes(found));
        assert!(lines.contains(&line("`internet.route`")) && lines.len() >= 5, "{}", Mistakes(found));
    }

    #[test]
    fn names_in_braces() {
        assert_eq!(placeholders("a {b} c {d.e}").collect::<Vec<_>>(), ["b", "d.e"]);
    }
}
