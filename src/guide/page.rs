//! A page of the guide: its head lines, tables and questions, read from Markdown. Whether they fit the rest of the
//! guide is decided in `check`.

use super::rule::{Certainty, Row, Rule, Term, Who, parse_when, written_when};
use crate::pages::markdown::{Cell, Piece, list_items, table};
use crate::pages::{self, Fault};
use strum::VariantNames;

/// A page: a step, a cause, a mail program, or a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// The page's parts, as they are written.
    pub text: pages::Page,
    /// The rows of *Decide*.
    pub rules: Vec<Rule>,
    /// The questions of *Ask*.
    pub questions: Vec<Question>,
    /// `Answered by:` of a step: its question counts as answered only if one of these terms decided; if empty, always.
    pub answered_by: Vec<Term>,
    /// *Ruled out anyway* of a step: what these facts rule out, although the walk did not pass through the page.
    pub ruled_out_anyway: Vec<Row<String>>,
    /// *Fixed by* of a cause.
    pub fixed_by: Vec<Row<FixedBy>>,
    /// *In words* of a cause: title and summary for cases in which those of the page are too general.
    pub in_words: Vec<Row<Wording>>,
    /// *Speaks against it* of a cause: what these facts leave of it.
    pub against: Vec<Row<Left>>,
    /// *Certain only if* of a cause: it is no more than likely unless one of these rows holds. Without rows, nothing is
    /// asked for.
    pub proof: Vec<Row<()>>,
    /// `Outcome: unreliable` of a cause: mail still gets through now and then.
    pub is_unreliable: bool,
    /// *At most*: how certain any verdict may be while these facts hold.
    pub at_most: Vec<Row<Certainty>>,
    /// *Fix it* of a cause: the steps, each with the facts on which it is shown.
    pub steps: Vec<Row<String>>,
}

/// What the items of a cause's *Tell the provider* begin with: whom it is for.
pub const TO: &str = "To:";
/// And what is asked for.
pub const ASK: &str = "Ask:";
/// And the subject of a letter that asks for it, if the page's title does not say it.
pub const SUBJECT: &str = "Subject:";

/// What a fact that speaks against a cause leaves of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Left {
    /// It may still be the cause, but no more certain than this.
    AtMost(Certainty),
    /// It is not the cause.
    Nothing,
}

/// A question that only a person can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The question's name; its answer is the fact `answer.NAME`.
    pub name: String,
    /// The question's text.
    pub text: String,
    /// The possible answers.
    pub words: Vec<String>,
}

/// Who can fix a cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FixedBy {
    /// Who can act now.
    pub now: Fix,
    /// Who can fix it permanently.
    pub for_good: Fix,
}

/// Who does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The person who acts.
    pub who: Who,
    /// What that person does.
    pub what: String,
}

/// A title and a summary instead of the page's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// The title.
    pub title: String,
    /// The summary.
    pub summary: String,
}

impl Page {
    /// Reads a page; the error says everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Fault>> {
        let text = pages::Page::parse(name, text).map_err(|fault| vec![fault])?;
        let mut faults = Vec::new();
        let page = read(text, &mut faults);
        if faults.is_empty() { Ok(page) } else { Err(faults) }
    }

    /// The page in words that fit any case: the line `Headline:`, or the title if that contains no placeholder.
    pub fn headline(&self) -> &str {
        self.text.head("Headline").unwrap_or(&self.text.title)
    }

    /// `No log-in:` of a cause: why no log-in is tried any more.
    pub fn no_log_in(&self) -> Option<&str> {
        self.text.head("No log-in")
    }
}

fn read(text: pages::Page, faults: &mut Vec<Fault>) -> Page {
    let mut rows = Rows { page: &text, faults };
    let rules = rows.each("Decide", |line, row| rule(&text.name, line, row));
    let ruled_out_anyway = rows.table("Ruled out anyway", |row| Ok(words(row.get(1))));
    let fixed_by = rows.table("Fixed by", |row| Ok(FixedBy { now: fix(row.get(1))?, for_good: fix(row.get(2))? }));
    let in_words = rows.table("In words", |row| Ok(Wording { title: words(row.get(1)), summary: words(row.get(2)) }));
    let at_most = rows.table("At most", |row| certainty(row.get(1)));
    let against = rows.table("Speaks against it", |row| left(row.get(1)));
    let proof = rows.table("Certain only if", |_| Ok(()));
    let steps = steps(&text, rows.faults);
    let mut put = |at: &str, why| faults.push(Fault { line: text.line_of(at), why });
    let is_unreliable = match text.head("Outcome") {
        None => false,
        Some("unreliable") => true,
        Some(other) => {
            put("Outcome", format!("Outcome: {other}: the only word is unreliable"));
            false
        }
    };
    let questions = questions(text.section("Ask").unwrap_or_default())
        .map_err(|why| put("Ask", format!("Ask: {why}")))
        .unwrap_or_default();
    let answered_by = answered_by(text.head("Answered by").unwrap_or_default())
        .map_err(|why| put("Answered by", why))
        .unwrap_or_default();
    Page {
        rules,
        questions,
        answered_by,
        ruled_out_anyway,
        fixed_by,
        in_words,
        against,
        proof,
        is_unreliable,
        at_most,
        steps,
        text,
    }
}

/// The tables of a page; what is wrong with a row is added to the faults.
struct Rows<'a> {
    page: &'a pages::Page,
    faults: &'a mut Vec<Fault>,
}

impl Rows<'_> {
    fn each<T>(&mut self, heading: &str, read: impl Fn(usize, &[Cell]) -> Result<T, String>) -> Vec<T> {
        let section = self.page.sections.iter().find(|section| section.heading == heading);
        let rows = section.map(|section| (section.line, table(&section.text)));
        let rows = rows.into_iter().flat_map(|(before, rows)| rows.into_iter().map(move |row| (before, row)));
        let mut out = Vec::new();
        for (before, row) in rows {
            let line = before + row.line + 1;
            match read(line, &row.cells) {
                Ok(row) => out.push(row),
                Err(why) => self.faults.push(Fault { line, why: format!("{heading}: {why}") }),
            }
        }
        out
    }

    fn table<T>(&mut self, heading: &str, gives: impl Fn(&[Cell]) -> Result<T, String>) -> Vec<Row<T>> {
        self.each(heading, |line, row| Row::read(line, row, &gives))
    }
}

fn rule(page: &str, line: usize, row: &[Cell]) -> Result<Rule, String> {
    let terms = parse_when(row.first().map_or(&[], Vec::as_slice))?;
    let target = row.get(1).and_then(|cell| {
        cell.iter().find_map(|piece| match piece {
            Piece::Link(target) => Some(target.as_str()),
            Piece::Code(_) | Piece::Words(_) => None,
        })
    });
    let target = target.ok_or("a row leads nowhere: a link is missing under Then")?;
    Ok(Rule { terms, then: resolve(page, target), certainty: certainty(row.get(2))?, line })
}

/// Reads a cell that contains a certainty; an empty cell means certain, or nothing to claim.
fn certainty(cell: Option<&Cell>) -> Result<Certainty, String> {
    match words(cell).as_str() {
        "" => Ok(Certainty::Certain),
        word => word.parse().map_err(|_| format!("{word} is not one of certain, likely, possible")),
    }
}

/// Reads a cell under *Then* of *Speaks against it*.
fn left(cell: Option<&Cell>) -> Result<Left, String> {
    match words(cell).as_str() {
        "likely" => Ok(Left::AtMost(Certainty::Likely)),
        "possible" => Ok(Left::AtMost(Certainty::Possible)),
        "not this" => Ok(Left::Nothing),
        other => Err(format!("{other:?} is not one of likely, possible, not this")),
    }
}

/// A cell as plain text.
fn words(cell: Option<&Cell>) -> String {
    let pieces = cell.into_iter().flatten().map(|piece| match piece {
        Piece::Code(text) | Piece::Words(text) => text.as_str(),
        Piece::Link(_) => "",
    });
    pieces.collect::<String>().trim().to_owned()
}

fn fix(cell: Option<&Cell>) -> Result<Fix, String> {
    let Some((Piece::Code(who), what)) = cell.and_then(|cell| cell.split_first()) else {
        return Err("a cell begins with the person who acts, in backticks".to_owned());
    };
    let who: Who = who.parse().map_err(|_| format!("{who} is not one of {}", Who::VARIANTS.join(", ")))?;
    let what = words(Some(&what.to_vec())).trim_start_matches([':', ' ']).to_owned();
    if what.is_empty() {
        return Err(format!("after `{}` what that person does is missing", who.word()));
    }
    Ok(Fix { who, what })
}

/// A link's target as a page's name, relative to the page that contains it.
pub fn resolve(from: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default().trim_end_matches(".md");
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    match target.strip_prefix("../") {
        Some(up) => up.to_owned(),
        None if folder.is_empty() => target.to_owned(),
        None => format!("{folder}/{target}"),
    }
}

/// The task of a mail program's page that a step of *Fix it* links to, if the step is nothing but that link.
pub fn task(step: &str) -> Option<&str> {
    let (_, target) = step.strip_prefix('[')?.split_once("](../programs/")?;
    let (target, rest) = target.split_once(')')?;
    rest.trim_matches(['.', ' ']).is_empty().then_some(target.split_once('#')?.1)
}

/// The steps of *Fix it*. One that begins with "When `fact` is `word`:", as a row of a table does, is shown only if that
/// holds.
fn steps(page: &pages::Page, faults: &mut Vec<Fault>) -> Vec<Row<String>> {
    let steps = page.items("Fix it").into_iter().map(|item| {
        let condition = item.strip_prefix("When `").and_then(|rest| rest.split_once("`: "));
        let Some((condition, step)) = condition else {
            return Row { terms: vec![], gives: item, line: page.line_of("Fix it") };
        };
        let beginning = format!("When `{}", condition.split('`').next().unwrap_or_default());
        let line = page.line_with(&beginning);
        let terms = written_when(&format!("`{condition}`")).unwrap_or_else(|why| {
            faults.push(Fault { line, why: format!("Fix it: {why}") });
            vec![]
        });
        Row { terms, gives: step.to_owned(), line }
    });
    steps.collect()
}

fn questions(text: &str) -> Result<Vec<Question>, String> {
    let mut questions = Vec::new();
    for item in list_items(text) {
        let mut codes = item.split('`');
        let (Some(""), Some(name), Some(rest)) = (codes.next(), codes.next(), codes.next()) else {
            return Err(format!("a question must begin with its name in backticks: {item}"));
        };
        let text = rest.trim_start_matches(':').trim().to_owned();
        let words: Vec<String> = codes.step_by(2).map(str::to_owned).collect();
        if text.is_empty() || words.len() < 2 {
            return Err(format!("the question {name} needs a text and at least two answers"));
        }
        questions.push(Question { name: name.to_owned(), text, words });
    }
    Ok(questions)
}

/// Reads `fact is word, fact is word`, of which one is enough.
fn answered_by(head: &str) -> Result<Vec<Term>, String> {
    let terms = head.split(", ").filter(|term| !term.is_empty()).map(|term| {
        let (fact, word) = term
            .split_once(" is ")
            .ok_or_else(|| format!("Answered by: {term}: write it as `fact` is `word`, `fact` is `word`"))?;
        Ok(Term { fact: fact.to_owned(), not: false, words: vec![word.to_owned()] })
    });
    terms.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: &str = "# Is it open?\n\nStep: Port\n\nAnswered by: `port.state` is `open`, `account.works` is `yes`\n\n\
        Why.\n\n## Decide\n\n| When | Then | Certainty |\n|---|---|---|\n\
        | `port.state` is `open` | [Go on](causes/healthy.md) | likely |\n| otherwise | [no](causes/offline.md) | |\n\n\
        ## Ask\n\n- `hotspot`: Over a phone, is it open? `yes` `no`\n\n## Ruled out anyway\n\n| When | What |\n|---|---|\n\
        | `internet` is `yes` | the connection |\n";

    #[test]
    fn a_step() {
        let page = Page::parse("port", STEP).unwrap();
        assert_eq!((page.text.head("Step"), page.text.intro.as_str()), (Some("Port"), "Why."));
        assert_eq!(page.rules[0].then, "causes/healthy");
        assert_eq!(page.rules[0].certainty, Certainty::Likely);
        assert!(page.rules[1].terms.is_empty());
        assert_eq!(page.questions[0].words, ["yes", "no"]);
        assert_eq!(page.answered_by[1].to_string(), "account.works is yes");
        assert_eq!(page.ruled_out_anyway[0].gives, "the connection");
    }

    #[test]
    fn faults_are_named() {
        let why = |from: &str, to: &str| {
            let faults = Page::parse("x", &STEP.replace(from, to)).unwrap_err();
            faults.iter().map(|fault| format!("{}: {}", fault.line, fault.why)).collect::<Vec<_>>().join("; ")
        };
        assert!(why("# Is", "Is").starts_with("1: the page must begin with a title"));
        assert!(why("`port.state` is `open` |", "`port.state` might be `open` |").contains("\"is\""));
        assert!(why("`port.state` is `open`, ", "`port.state`, ").contains("Answered by: port.state: write it as"));
        assert!(why("likely", "surely").starts_with("13: Decide: surely is not one of certain, likely, possible"));
        assert!(why("(causes/offline.md)", "").contains("a link is missing"));
    }

    #[test]
    fn names_of_links() {
        assert_eq!(resolve("firewall", "causes/offline.md"), "causes/offline");
        assert_eq!(resolve("causes/healthy", "ipv6-broken.md"), "causes/ipv6-broken");
        assert_eq!(resolve("causes/healthy", "../programs/other.md#change"), "programs/other");
    }

    #[test]
    fn tasks() {
        assert_eq!(task("[Enter it](../programs/other.md#enter-the-password-again)"), Some("enter-the-password-again"));
        assert_eq!(task("First [enter it](../programs/other.md#enter)"), None);
    }
}
