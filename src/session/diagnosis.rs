//! The verdict as people read it: what it contains. How it is made is in `diagnose`.

use crate::facts::forecast::Ending;
use crate::facts::vocabulary::{Decided, in_words};
use crate::guide::page::{ASK, SUBJECT, TO};
use crate::guide::rule::{Certainty, Who};
use crate::guide::{Guide, UNDETERMINED};
use crate::text::{Mark, capital};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the verdict means for the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It can send.
    CanSend,
    /// It works at the moment, but will fail now and then.
    Unreliable,
    /// It cannot send.
    CannotSend,
    /// It is not known whether it can send.
    Unsure,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Outcome; 4] = [Outcome::CanSend, Outcome::Unreliable, Outcome::CannotSend, Outcome::Unsure];

    /// The program's exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Outcome::CanSend => 0,
            Outcome::Unreliable | Outcome::CannotSend => 1,
            Outcome::Unsure => 3,
        }
    }

    /// The word as the report writes it.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::CanSend => "can-send",
            Outcome::Unreliable => "unreliable",
            Outcome::CannotSend => "cannot-send",
            Outcome::Unsure => "unsure",
        }
    }

    /// The words that the screen shows.
    pub fn says(self) -> &'static str {
        match self {
            Outcome::CanSend => "CAN SEND",
            Outcome::Unreliable => "UNRELIABLE",
            Outcome::CannotSend => "CANNOT SEND",
            Outcome::Unsure => "NOT SURE",
        }
    }
}

/// One page on the way to the verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PathStep {
    /// The page's name.
    pub page: String,
    /// The page's question.
    pub question: String,
    /// Where it led: the next page's title.
    pub answer: String,
    /// The facts that decided.
    pub because: Vec<Decided>,
}

impl PathStep {
    /// Whether the page's question was answered, according to its line `Answered by:`. A walk may pass a page without
    /// an answer: a port on which no server answers may be blocked anywhere.
    pub fn is_settled(&self, guide: &Guide) -> bool {
        let terms = guide.page(&self.page).map(|page| page.answered_by.as_slice()).unwrap_or_default();
        let fits = |decided: &Decided| {
            terms.iter().any(|term| term.fact == decided.fact && term.words.contains(&decided.word))
        };
        terms.is_empty() || self.because.iter().any(fits)
    }

    /// What came of the question, in words: where the walk went on, the fault is not there.
    pub fn came_to(&self, guide: &Guide, is_last: bool) -> String {
        let rules_out = guide.page(&self.page).and_then(|page| page.text.head("Rules out"));
        match rules_out {
            _ if is_last => self.answer.clone(),
            _ if !self.is_settled(guide) => "could not be decided; on to the next question".to_owned(),
            Some(rules_out) => format!("no fault there; ruled out: {rules_out}"),
            None => "no fault there".to_owned(),
        }
    }
}

/// A question of the guide that was gone through, in words.
pub struct Asked {
    /// The question.
    pub question: String,
    /// What came of it.
    pub answer: String,
    /// The facts that decided; empty if none did.
    pub because: String,
}

impl Asked {
    /// The same as a line of text.
    pub fn line(&self) -> String {
        let because = if self.because.is_empty() { String::new() } else { format!(" ({})", self.because) };
        format!("{} {}{because}", self.question, capital(&self.answer))
    }
}

/// An open question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OpenQuestion {
    /// The question's name; `--answer NAME=WORD` answers it.
    pub name: String,
    /// The question's text.
    pub text: String,
    /// The possible answers.
    pub words: Vec<String>,
}

/// A request to the provider or the network's administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request<'a> {
    /// Whom it is for.
    pub to: &'a str,
    /// What is asked for.
    pub ask: &'a str,
    /// The subject of a letter that asks for it; empty if the title of the result will do.
    pub subject: &'a str,
}

/// The verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Diagnosis {
    /// What it means for the account.
    pub outcome: Outcome,
    /// Whether nothing can change the verdict any more.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Whether the walk has reached a cause; until then it is waiting for checks.
    #[serde(default = "yes")]
    pub reached: bool,
    /// The name of the cause.
    pub cause: String,
    /// How certain the verdict is.
    pub certainty: Certainty,
    /// The headline.
    pub title: String,
    /// What was found, in a sentence or two.
    pub summary: String,
    /// What the error that the caller sees means, or that it is not understood; empty if nobody said what it is.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub error: String,
    /// Who can fix it permanently.
    pub who: Who,
    /// What that person does to fix it.
    pub who_name: String,
    /// Who can act now.
    pub now: Who,
    /// What that person can do now.
    pub now_name: String,
    /// A sentence to read out to the caller.
    pub tell_caller: String,
    /// What to do, step by step.
    pub remedy: Vec<String>,
    /// What not to do.
    pub do_not: Vec<String>,
    /// How to see that it is fixed.
    pub mended_when: String,
    /// What to tell the provider or the network's administrator.
    pub tell_provider: String,
    /// The way through the guide.
    pub path: Vec<PathStep>,
    /// The facts that speak against it, and yet leave it as the cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<Decided>,
    /// The facts that would have to be otherwise for it to be certain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<Decided>,
    /// What it cannot be, in the words of the guide's pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ruled_out: Vec<String>,
    /// Other causes that were found.
    pub also: Vec<String>,
    /// What works today and ends on a known day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<Ending>,
    /// Questions that could change the verdict.
    pub questions: Vec<OpenQuestion>,
    /// What is not known and could have decided the verdict: fact and reason.
    pub not_known: Vec<String>,
    /// The checks that the verdict is still waiting for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waits_for: Vec<String>,
    /// Which characters of these texts name somebody, by field (`title`, `remedy.0`, `path.0.answer`): start, end
    /// (exclusive), and what they name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<String, Vec<(usize, usize, Mark)>>,
}

/// Reports that do not say whether a cause was reached come from finished runs.
fn yes() -> bool {
    true
}

impl Diagnosis {
    /// The way to the verdict: each question with what came of it.
    pub fn way(&self, guide: &Guide) -> Vec<Asked> {
        let asked = |(index, step): (usize, &PathStep)| Asked {
            question: step.question.clone(),
            answer: step.came_to(guide, index + 1 == self.path.len()),
            because: in_words(&step.because),
        };
        self.path.iter().enumerate().map(asked).collect()
    }

    /// The verdict before anything ran.
    pub fn nothing_yet() -> Self {
        Diagnosis {
            outcome: Outcome::Unsure,
            is_final: false,
            reached: false,
            cause: UNDETERMINED.to_owned(),
            certainty: Certainty::Possible,
            title: "Checking".to_owned(),
            summary: String::new(),
            error: String::new(),
            who: Who::Helpdesk,
            who_name: String::new(),
            now: Who::Helpdesk,
            now_name: String::new(),
            tell_caller: String::new(),
            remedy: vec![],
            do_not: vec![],
            mended_when: String::new(),
            tell_provider: String::new(),
            path: vec![],
            against: vec![],
            unproven: vec![],
            ruled_out: vec![],
            also: vec![],
            ends: vec![],
            questions: vec![],
            not_known: vec![],
            waits_for: vec![],
            marks: BTreeMap::new(),
        }
    }

    /// Changes every text that may name somebody, together with its marks.
    pub fn rewrite(&mut self, mut change: impl FnMut(&mut String, &mut Vec<(usize, usize, Mark)>)) {
        let single = [
            ("title", &mut self.title),
            ("summary", &mut self.summary),
            ("error", &mut self.error),
            ("who_name", &mut self.who_name),
            ("now_name", &mut self.now_name),
            ("tell_caller", &mut self.tell_caller),
            ("mended_when", &mut self.mended_when),
            ("tell_provider", &mut self.tell_provider),
        ];
        let single = single.into_iter().map(|(field, text)| (field.to_owned(), text));
        let lists = [("remedy", &mut self.remedy), ("do_not", &mut self.do_not), ("not_known", &mut self.not_known)];
        let lists = lists.into_iter().flat_map(|(field, texts)| {
            texts.iter_mut().enumerate().map(move |(index, text)| (format!("{field}.{index}"), text))
        });
        let steps = self.path.iter_mut().enumerate();
        let steps = steps.map(|(index, step)| (format!("path.{index}.answer"), &mut step.answer));
        let questions = self.questions.iter_mut().enumerate();
        let questions = questions.map(|(index, question)| (format!("questions.{index}"), &mut question.text));
        for (field, text) in single.chain(lists).chain(steps).chain(questions) {
            let mut marks = self.marks.remove(&field).unwrap_or_default();
            change(text, &mut marks);
            if !marks.is_empty() {
                self.marks.insert(field, marks);
            }
        }
    }

    /// The same for a reader who has no screen and so no keys: "check again (key r)" becomes "check again".
    pub fn on_paper(mut self) -> Self {
        self.rewrite(|text, marks| {
            while let Some((at, length)) = key(text) {
                text.replace_range(at..at + length, "");
                for (start, end, _) in marks.iter_mut().filter(|(start, ..)| *start > at) {
                    (*start, *end) = (*start - length, *end - length);
                }
            }
        });
        self
    }

    /// Whom the page of the cause asks for what: the items `To:` and `Ask:` of *Tell the provider*, which every such
    /// page has, and `Subject:`, which some have.
    pub fn request(&self) -> Request<'_> {
        let item = |key: &str| {
            let line = self.tell_provider.lines().find_map(|line| line.strip_prefix("- ")?.strip_prefix(key));
            line.unwrap_or_default().trim()
        };
        Request { to: item(TO), ask: item(ASK), subject: item(SUBJECT) }
    }

    /// The page of the last step: where the cause was decided, or where the walk is waiting.
    pub fn last_step(&self) -> Option<&str> {
        self.path.iter().map(|step| step.page.as_str()).rfind(|page| !page.contains('/'))
    }
}

/// Where a text names a key of the screen, such as " (key r)": the place and how long it is.
fn key(text: &str) -> Option<(usize, usize)> {
    let at = text.find(KEY)?;
    let length = KEY.len() + text[at + KEY.len()..].chars().next()?.len_utf8() + 1;
    text[at..].get(..length)?.ends_with(')').then_some((at, length))
}

const KEY: &str = " (key ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_paper_there_are_no_keys() {
        let mut diagnosis = Diagnosis::nothing_yet();
        diagnosis.title = "Type it (key e): anna@example.com, check again (key r).".to_owned();
        diagnosis.marks.insert("title".to_owned(), vec![(17, 33, Mark::User)]);
        let title = diagnosis.title[17..33].to_owned();
        let diagnosis = diagnosis.on_paper();
        assert_eq!(diagnosis.title, "Type it: anna@example.com, check again.");
        let (start, end, _) = diagnosis.marks["title"][0];
        assert_eq!((&diagnosis.title[start..end], title.as_str()), ("anna@example.com", "anna@example.com"));
        assert_eq!(key("Nothing (key"), None);
        assert_eq!(key("the odd (key abc)"), None);
    }
}
