//! From facts and guide to the verdict that people read: cause, certainty, who, what to do.

use super::Run;
use super::words::{Words, clicks};
use crate::facts::derive::Derivation;
use crate::facts::{Derived, Known, vocabulary};
use crate::guide::page::{Page, plain};
use crate::guide::rule::Certainty;
use crate::guide::walk::{self, Walk};
use crate::guide::{UNDETERMINED, guide};
use serde::{Deserialize, Serialize};

/// What the verdict means for the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It can send.
    CanSend,
    /// It works now, and will fail now and then.
    Unreliable,
    /// It cannot send.
    CannotSend,
    /// Not known.
    Unsure,
}

impl Outcome {
    /// The exit code of the program.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::CanSend => 0,
            Outcome::Unreliable | Outcome::CannotSend => 1,
            Outcome::Unsure => 3,
        }
    }

    /// As on the screen.
    pub fn says(self) -> &'static str {
        match self {
            Outcome::CanSend => "CAN SEND",
            Outcome::Unreliable => "UNRELIABLE",
            Outcome::CannotSend => "CANNOT SEND",
            Outcome::Unsure => "NOT SURE",
        }
    }
}

/// One page of the way to the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathStep {
    /// The page.
    pub page: String,
    /// Its question.
    pub question: String,
    /// Where it led: the next page's title.
    pub answer: String,
    /// The facts that decided.
    pub because: Vec<String>,
}

impl PathStep {
    /// Whether the page's question was answered. The firewall's is so only where the port opens: a port that no server
    /// answers on may be shut anywhere.
    pub fn is_settled(&self) -> bool {
        let opens = |fact: &String| matches!(fact.as_str(), "port.state is open" | "account.works is yes");
        self.page != "firewall" || self.because.iter().any(opens)
    }
}

/// A question that stands open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    /// Its name; `--answer NAME=WORD` answers it.
    pub name: String,
    /// The question.
    pub text: String,
    /// The possible answers.
    pub words: Vec<String>,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// What it means for the account.
    pub outcome: Outcome,
    /// Whether nothing can change it any more.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// The cause.
    pub cause: String,
    /// How far it is to be trusted.
    pub certainty: Certainty,
    /// The headline.
    pub title: String,
    /// What was found, in a sentence or two.
    pub summary: String,
    /// Who can fix it for good: user, helpdesk, network, provider, nobody.
    pub who: String,
    /// What they do.
    pub who_name: String,
    /// Who can act now.
    pub now: String,
    /// What they do.
    pub now_name: String,
    /// A sentence to read out.
    pub tell_caller: String,
    /// What to do, step by step.
    pub remedy: Vec<String>,
    /// What not to do.
    pub do_not: Vec<String>,
    /// How one sees that it is mended.
    pub mended_when: String,
    /// What to tell the other side.
    pub tell_provider: String,
    /// The way through the guide.
    pub path: Vec<PathStep>,
    /// Other causes that show.
    pub also: Vec<String>,
    /// Questions that could change the verdict.
    pub questions: Vec<OpenQuestion>,
    /// What is not known and could have decided: fact and reason.
    pub not_known: Vec<String>,
    /// The checks that the verdict still waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
}

/// The verdict before anything ran.
pub fn nothing_yet() -> Diagnosis {
    Diagnosis {
        outcome: Outcome::Unsure,
        is_final: false,
        cause: UNDETERMINED.to_owned(),
        certainty: Certainty::Possible,
        title: "Checking".to_owned(),
        summary: String::new(),
        who: "helpdesk".to_owned(),
        who_name: String::new(),
        now: "helpdesk".to_owned(),
        now_name: String::new(),
        tell_caller: String::new(),
        remedy: vec![],
        do_not: vec![],
        mended_when: String::new(),
        tell_provider: String::new(),
        path: vec![],
        also: vec![],
        questions: vec![],
        not_known: vec![],
        waits_for: vec![],
    }
}

/// Walks the guide over the facts and fills the page of the cause it comes to.
pub fn diagnose(run: &Run, derived: &Derivation) -> Diagnosis {
    let facts = &derived.facts;
    let walk = walk::walk(guide(), facts);
    let words = Words::new(run, derived);
    let fill = |text: &str| words.fill(text);
    let path = path(&walk, &fill);
    let waits_for: Vec<String> = walk.waits_for.iter().cloned().collect();
    let questions = walk.open.iter().map(|open| OpenQuestion {
        name: open.question.name.clone(),
        text: open.question.text.clone(),
        words: open.question.words.clone(),
    });
    let questions: Vec<OpenQuestion> = questions.collect();
    let Some((cause, certainty)) = walk.cause.clone() else {
        let titles: std::collections::BTreeSet<&str> =
            waits_for.iter().map(|id| run.check(id).map_or("", |check| check.head.group.title())).collect();
        let waits = match titles.is_empty() {
            true => String::new(),
            false => format!("Waiting for {}.", titles.into_iter().collect::<Vec<_>>().join(", ")),
        };
        return Diagnosis { path, waits_for, questions, summary: waits, ..nothing_yet() };
    };
    let Some(page) = guide().cause(&cause) else { return nothing_yet() };
    let fixed_by = walk::fixed_by(page, facts);
    let who = |pick: fn(&crate::guide::page::FixedBy) -> &(String, String)| {
        fixed_by.map(pick).map_or((String::new(), String::new()), |(who, text)| (who.clone(), fill(text)))
    };
    let (now, now_name) = who(|row| &row.now);
    let (for_good, who_name) = who(|row| &row.for_good);
    let paragraph = |heading: &str| fill(&plain(&joined(page.section(heading).unwrap_or_default())));
    let outcome = outcome(&cause, facts);
    let mut title = fill(&page.title);
    let mut summary = fill(&plain(&joined(&page.intro)));
    if cause == UNDETERMINED
        && let Some((better_title, better_summary)) = undetermined(&words, facts, run)
    {
        title = better_title;
        summary = better_summary;
    }
    Diagnosis {
        outcome,
        is_final: waits_for.is_empty(),
        certainty,
        title,
        summary,
        who: for_good,
        who_name,
        now,
        now_name,
        tell_caller: paragraph("Tell the caller").trim_matches(['"', '“', '”']).to_owned(),
        remedy: remedy(page, run, &fill),
        do_not: page.items("Do not").iter().map(|item| fill(&plain(item))).collect(),
        mended_when: paragraph("Mended when"),
        tell_provider: paragraph("Tell the provider"),
        path,
        also: walk::also(guide(), facts, Some(&cause)),
        questions,
        not_known: if cause == "healthy" {
            vec![]
        } else {
            walk.missing
                .iter()
                .filter(|missing| missing.fact != "said" && missing.why.is_gap())
                .map(not_known)
                .collect()
        },
        waits_for,
        cause,
    }
}

fn path(walk: &Walk, fill: &impl Fn(&str) -> String) -> Vec<PathStep> {
    walk.steps
        .iter()
        .map(|step| PathStep {
            page: step.page.clone(),
            question: step.question.clone(),
            answer: guide().page(&step.next).map_or_else(|| step.next.clone(), |page| fill(&page.title)),
            because: step.because.clone(),
        })
        .collect()
}

/// The account works as it is set, or not; some faults let mail through now and then.
fn outcome(cause: &str, facts: &Derived) -> Outcome {
    let works = facts.get("account.works").and_then(Known::word) == Some("yes");
    match cause {
        "healthy" => Outcome::CanSend,
        UNDETERMINED => Outcome::Unsure,
        "ipv6-broken" | "unstable-connection" | "server-too-slow" if works => Outcome::Unreliable,
        _ => Outcome::CannotSend,
    }
}

/// The commonest end without a cause: everything in order as far as the log-in, which nobody has tried.
fn undetermined(words: &Words<'_>, facts: &Derived, run: &Run) -> Option<(String, String)> {
    let is = |name: &str, word: &str| facts.get(name).and_then(Known::word) == Some(word);
    if is("login", "accepted") && is("sending", "rejected") {
        let said = words.fill("{said}");
        return Some((
            "The server refuses to take mail, and the reason is not known".to_owned(),
            format!("The log-in is accepted. The server's words are not in our table: {said}"),
        ));
    }
    if is("login", "rejected") {
        let said = words.fill("{said}");
        return Some((
            "The log-in is refused, and the reason is not known".to_owned(),
            format!("The server's words are not in our table: {said}"),
        ));
    }
    let through = is("auth.offered", "yes") && is("handshake", "done") && !is("login", "accepted");
    if through && is("login", "not-tried") {
        let why = run.check("login").and_then(|check| match &check.state {
            super::State::Done(finding) => Some(finding.summary.clone()),
            _ => None,
        });
        let compared =
            if is("settings.read", "no") { " The mail program's own settings were not compared." } else { "" };
        return Some((
            "No fault found up to the log-in. Not tested: password".to_owned(),
            format!("The server answers, encrypts and offers a log-in. Log-in: {}.{compared}", why.unwrap_or_default()),
        ));
    }
    None
}

/// The steps of *Fix it*; a step that is only a link to a task becomes the clicks for the mail program at hand.
fn remedy(page: &Page, run: &Run, fill: &impl Fn(&str) -> String) -> Vec<String> {
    let mut steps = Vec::new();
    for item in page.items("Fix it") {
        match task(&item).and_then(|task| clicks(task, run)) {
            Some((heading, clicks)) => {
                let clicks = clicks.iter().map(|click| format!("- {}", fill(&plain(click)).replace('\n', "\n  ")));
                steps.push(std::iter::once(format!("{heading}:")).chain(clicks).collect::<Vec<_>>().join("\n"));
            }
            None => steps.push(fill(&plain(&item))),
        }
    }
    steps
}

/// The task that a step links to, if the step is nothing but that link.
fn task(item: &str) -> Option<&str> {
    let (_, target) = item.strip_prefix('[')?.split_once("](../programs/")?;
    let (target, rest) = target.split_once(')')?;
    rest.trim_matches(['.', ' ']).is_empty().then_some(target.split_once('#')?.1)
}

/// Lines of a paragraph joined, paragraphs and lists kept apart.
fn joined(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines().map(str::trim_end) {
        let is_item = line.trim_start().starts_with("- ");
        if line.is_empty() {
            out.push('\n');
        } else {
            if !out.is_empty() && !out.ends_with('\n') {
                out.push(if is_item { '\n' } else { ' ' });
            }
            out.push_str(if is_item { line } else { line.trim_start() });
        }
    }
    out.trim().to_owned()
}

fn not_known(missing: &walk::Missing) -> String {
    let says = vocabulary::find(&missing.fact).map_or(missing.fact.as_str(), |kind| kind.says);
    format!("{says}: {}", missing.why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks() {
        assert_eq!(task("[Enter it](../programs/other.md#enter-the-password-again)"), Some("enter-the-password-again"));
        assert_eq!(task("First [enter it](../programs/other.md#enter)"), None);
    }

    #[test]
    fn paragraphs() {
        assert_eq!(joined("a\nb\n\nc\n- d\n- e"), "a b\nc\n- d\n- e");
    }
}
