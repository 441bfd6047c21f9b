//! A page of the guide, parsed from Markdown.

use super::Guide;
use super::rule::{Certainty, Piece, Rule, Term, parse_when};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// A page: a step, a cause or a mail program.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its name, such as `causes/offline`.
    pub name: String,
    /// The first heading.
    pub title: String,
    /// The paragraphs before the first section, without the lines `Cause:` and the like.
    pub intro: String,
    /// The sections, as Markdown.
    pub sections: Vec<Section>,
    /// The rows of *Decide*.
    pub rules: Vec<Rule>,
    /// The questions of *Ask*.
    pub questions: Vec<Question>,
    /// The rows of *Fixed by*.
    pub fixed_by: Vec<FixedBy>,
    cause: Option<String>,
}

/// A section and its text.
#[derive(Debug, Clone)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// What stands below it, as Markdown.
    pub text: String,
}

/// What only a person can know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The answer's fact is `answer.NAME`.
    pub name: String,
    /// The question.
    pub text: String,
    /// The possible answers.
    pub words: Vec<String>,
}

/// Who can fix a cause, under which circumstances.
#[derive(Debug, Clone)]
pub struct FixedBy {
    /// The terms; none is "otherwise".
    pub terms: Vec<Term>,
    /// Who can act now: who, and what.
    pub now: (String, String),
    /// Who can act for good.
    pub for_good: (String, String),
}

/// Who can fix something.
pub const WHO: [&str; 5] = ["user", "helpdesk", "network", "provider", "nobody"];

/// The sections of every cause page.
pub const CAUSE_SECTIONS: [&str; 7] =
    ["Fixed by", "What it means", "Fix it", "Tell the caller", "Do not", "Mended when", "Tell the provider"];

impl Page {
    /// Reads a page; the error names it and says what is wrong.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        read(name, text).map_err(|why| format!("{name}: {why}"))
    }

    /// The text of a section.
    pub fn section(&self, heading: &str) -> Option<&str> {
        self.sections.iter().find(|section| section.heading == heading).map(|section| section.text.as_str())
    }

    /// The items of a section's list; what is nested below an item stays in it.
    pub fn items(&self, heading: &str) -> Vec<String> {
        self.section(heading).map(list_items).unwrap_or_default()
    }

    pub(super) fn check(&self, guide: &Guide) -> Result<(), String> {
        let fail = |why: String| Err(format!("{}: {why}", self.name));
        for rule in &self.rules {
            rule.check(&self.questions).map_err(|why| format!("{}: {why}", self.name))?;
            if guide.page(&rule.then).is_none() {
                return fail(format!("{} is no page", rule.then));
            }
        }
        for row in &self.fixed_by {
            let rule = Rule { terms: row.terms.clone(), then: String::new(), certainty: Certainty::Certain };
            rule.check(&[]).map_err(|why| format!("{}: Fixed by: {why}", self.name))?;
        }
        if let Some(cause) = self.name.strip_prefix("causes/") {
            if self.cause.as_deref() != Some(cause) {
                return fail(format!("the line Cause: must name {cause}"));
            }
            for heading in CAUSE_SECTIONS {
                if self.section(heading).is_none_or(|text| text.trim().is_empty()) {
                    return fail(format!("the section {heading} is missing"));
                }
            }
            if self.fixed_by.last().is_none_or(|row| !row.terms.is_empty()) {
                return fail("the last row of Fixed by must be \"otherwise\"".to_owned());
            }
            if self.items("Fix it").is_empty() || self.intro.is_empty() {
                return fail("steps or the summary are missing".to_owned());
            }
        }
        Ok(())
    }
}

fn read(name: &str, text: &str) -> Result<Page, String> {
    let mut headings: Vec<(HeadingLevel, String, Range<usize>)> = Vec::new();
    let mut open: Option<(HeadingLevel, String, usize)> = None;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::Heading { level, .. }) => open = Some((level, String::new(), range.start)),
            Event::Text(words) | Event::Code(words) => {
                if let Some((_, heading, _)) = &mut open {
                    heading.push_str(&words);
                }
            }
            Event::End(TagEnd::Heading(_)) => {
                if let Some((level, heading, start)) = open.take() {
                    headings.push((level, heading, start..range.end));
                }
            }
            _ => {}
        }
    }
    let Some((HeadingLevel::H1, title, first)) = headings.first().cloned() else {
        return Err("the page must begin with a title".to_owned());
    };
    let parts: Vec<&(HeadingLevel, String, Range<usize>)> =
        headings.iter().filter(|(level, ..)| *level == HeadingLevel::H2).collect();
    let intro_end = parts.first().map_or(text.len(), |(_, _, range)| range.start);
    let (cause, intro) = split_head(text.get(first.end..intro_end).unwrap_or_default());
    let mut page = Page {
        name: name.to_owned(),
        title,
        intro,
        sections: Vec::new(),
        rules: Vec::new(),
        questions: Vec::new(),
        fixed_by: Vec::new(),
        cause,
    };
    for (index, (_, heading, range)) in parts.iter().enumerate() {
        let end = parts.get(index + 1).map_or(text.len(), |(_, _, next)| next.start);
        let body = text.get(range.end..end).unwrap_or_default().trim().to_owned();
        match heading.as_str() {
            "Decide" => page.rules = rules(name, &body)?,
            "Ask" => page.questions = questions(&body)?,
            "Fixed by" => page.fixed_by = fixed_by(&body)?,
            _ => {}
        }
        page.sections.push(Section { heading: heading.clone(), text: body });
    }
    Ok(page)
}

/// Separates lines such as "Cause: `offline`" from the introduction.
fn split_head(head: &str) -> (Option<String>, String) {
    const KEYS: [&str; 7] = ["Cause", "Program", "Also", "Connects", "Sign-in", "TLS", "Fixed by"];
    let mut cause = None;
    let mut intro: Vec<&str> = Vec::new();
    for line in head.lines() {
        match line.split_once(':') {
            Some((key, value)) if KEYS.contains(&key) => {
                if key == "Cause" {
                    cause = Some(value.trim().trim_matches('`').to_owned());
                }
            }
            _ => intro.push(line),
        }
    }
    (cause, intro.join("\n").trim().to_owned())
}

/// The cells of a table, row by row, without the heading row.
fn table(body: &str) -> Vec<Vec<Vec<CellPiece>>> {
    let mut rows = Vec::new();
    let mut row: Vec<Vec<CellPiece>> = Vec::new();
    let mut cell = Vec::new();
    let mut link: Option<String> = None;
    for event in Parser::new_ext(body, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::TableCell) => cell = Vec::new(),
            Event::End(TagEnd::TableCell) => row.push(std::mem::take(&mut cell)),
            Event::End(TagEnd::TableHead) => row.clear(),
            Event::End(TagEnd::TableRow) => rows.push(std::mem::take(&mut row)),
            Event::Start(Tag::Link { dest_url, .. }) => link = Some(dest_url.into_string()),
            Event::End(TagEnd::Link) => {
                if let Some(target) = link.take() {
                    cell.push(CellPiece::Link(target));
                }
            }
            Event::Code(text) => cell.push(CellPiece::Piece(Piece::Code(text.into_string()))),
            Event::Text(text) if link.is_none() => match cell.last_mut() {
                Some(CellPiece::Piece(Piece::Words(words))) => words.push_str(&text),
                _ => cell.push(CellPiece::Piece(Piece::Words(text.into_string()))),
            },
            _ => {}
        }
    }
    rows
}

#[derive(Debug, Clone)]
enum CellPiece {
    Piece(Piece),
    Link(String),
}

fn pieces(cell: &[CellPiece]) -> Vec<Piece> {
    cell.iter()
        .filter_map(|piece| match piece {
            CellPiece::Piece(piece) => Some(piece.clone()),
            CellPiece::Link(_) => None,
        })
        .collect()
}

fn rules(name: &str, body: &str) -> Result<Vec<Rule>, String> {
    let mut rules = Vec::new();
    for row in table(body) {
        let when = row.first().map(|cell| pieces(cell)).unwrap_or_default();
        let terms = parse_when(&when)?;
        let target = row.get(1).and_then(|cell| {
            cell.iter().find_map(|piece| match piece {
                CellPiece::Link(target) => Some(target.as_str()),
                CellPiece::Piece(_) => None,
            })
        });
        let target = target.ok_or("a row leads nowhere: a link is missing under Then")?;
        let certainty = match row.get(2).map(|cell| pieces(cell)).as_deref() {
            None | Some([]) => Certainty::Certain,
            Some([Piece::Words(word)]) => match word.trim() {
                "" | "certain" => Certainty::Certain,
                "likely" => Certainty::Likely,
                "possible" => Certainty::Possible,
                other => return Err(format!("{other} is no certainty")),
            },
            Some(_) => return Err("Certainty is one plain word".to_owned()),
        };
        rules.push(Rule { terms, then: resolve(name, target), certainty });
    }
    if rules.is_empty() {
        return Err("Decide holds no table".to_owned());
    }
    Ok(rules)
}

/// A link's target as a page's name, seen from the page it stands on.
pub fn resolve(from: &str, target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default().trim_end_matches(".md");
    let folder = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    match target.strip_prefix("../") {
        Some(up) => up.to_owned(),
        None if folder.is_empty() => target.to_owned(),
        None => format!("{folder}/{target}"),
    }
}

fn questions(body: &str) -> Result<Vec<Question>, String> {
    let mut questions = Vec::new();
    for item in list_items(body) {
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

fn fixed_by(body: &str) -> Result<Vec<FixedBy>, String> {
    let who = |cell: Option<&Vec<CellPiece>>| -> Result<(String, String), String> {
        let cell = cell.map(|cell| pieces(cell)).unwrap_or_default();
        let Some((Piece::Code(who), rest)) = cell.split_first() else {
            return Err("a cell of Fixed by begins with who, in backticks".to_owned());
        };
        if !WHO.contains(&who.as_str()) {
            return Err(format!("Fixed by: {who} is none of {}", WHO.join(", ")));
        }
        let text: String = rest
            .iter()
            .map(|piece| match piece {
                Piece::Code(text) | Piece::Words(text) => text.as_str(),
            })
            .collect();
        Ok((who.clone(), text.trim_start_matches([':', ' ']).trim().to_owned()))
    };
    table(body)
        .iter()
        .map(|row| {
            let when = row.first().map(|cell| pieces(cell)).unwrap_or_default();
            Ok(FixedBy { terms: parse_when(&when)?, now: who(row.get(1))?, for_good: who(row.get(2))? })
        })
        .collect()
}

/// The items of the first list in a text; nested lists stay in their item, as further lines.
pub fn list_items(body: &str) -> Vec<String> {
    let mut items = Vec::new();
    let mut depth = 0;
    let mut start = 0;
    for (event, range) in Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(Tag::List(_)) => depth += 1,
            Event::End(TagEnd::List(_)) => {
                depth -= 1;
                if depth == 0 {
                    break;
                }
            }
            Event::Start(Tag::Item) if depth == 1 => start = range.start,
            Event::End(TagEnd::Item) if depth == 1 => {
                items.push(item_text(body.get(start..range.end).unwrap_or_default()))
            }
            _ => {}
        }
    }
    items
}

/// An item without its bullet or number; soft line breaks joined, nested items as lines of their own.
fn item_text(item: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (index, line) in item.lines().enumerate() {
        let trimmed = line.trim();
        if index == 0 {
            let rest = trimmed.trim_start_matches(|c: char| c.is_ascii_digit()).trim_start_matches(['.', ')']);
            lines.push(rest.trim_start_matches(['-', '*']).trim().to_owned());
        } else if trimmed.starts_with("- ") || trimmed.starts_with("* ") {
            lines.push(trimmed.to_owned());
        } else if !trimmed.is_empty()
            && let Some(last) = lines.last_mut()
        {
            last.push(' ');
            last.push_str(trimmed);
        }
    }
    lines.join("\n")
}

/// Markdown inline marks taken off: for plain text.
pub fn plain(markdown: &str) -> String {
    markdown
        .lines()
        .map(|line| {
            let (bullet, rest) = line.strip_prefix("- ").map_or(("", line), |rest| ("- ", rest));
            let mut out = String::from(bullet);
            for event in Parser::new_ext(rest, Options::empty()) {
                match event {
                    Event::Text(text) | Event::Code(text) | Event::Html(text) | Event::InlineHtml(text) => {
                        out.push_str(&text)
                    }
                    Event::SoftBreak | Event::HardBreak => out.push(' '),
                    _ => {}
                }
            }
            out
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: &str = "# Is it open?\n\nWhy.\n\n## Decide\n\n| When | Then | Certainty |\n|---|---|---|\n\
        | `port.state` is `open` | [Go on](causes/healthy.md) | likely |\n| otherwise | [no](causes/offline.md) | |\n\n\
        ## Ask\n\n- `hotspot`: Over a phone, is it open? `yes` `no`\n\n## Check it by hand\n\n1. Do\n   this\n   - or that\n2. Stop\n";

    #[test]
    fn a_step() {
        let page = Page::parse("port", STEP).unwrap();
        assert_eq!((page.title.as_str(), page.intro.as_str()), ("Is it open?", "Why."));
        assert_eq!(page.rules[0].then, "causes/healthy");
        assert_eq!(page.rules[0].certainty, Certainty::Likely);
        assert!(page.rules[1].terms.is_empty());
        assert_eq!(page.questions[0].words, ["yes", "no"]);
        assert_eq!(page.items("Check it by hand"), ["Do this\n- or that", "Stop"]);
    }

    #[test]
    fn faults_are_named() {
        assert!(Page::parse("x", "no title").unwrap_err().starts_with("x: "));
        let broken = STEP.replace("`port.state` is", "`port.state` might be");
        assert!(Page::parse("x", &broken).unwrap_err().contains("is"));
    }

    #[test]
    fn names_of_links() {
        assert_eq!(resolve("firewall", "causes/offline.md"), "causes/offline");
        assert_eq!(resolve("causes/healthy", "ipv6-broken.md"), "causes/ipv6-broken");
        assert_eq!(resolve("causes/healthy", "../programs/other.md#change"), "programs/other");
    }
}
