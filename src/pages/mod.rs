//! The pages of `docs/guide` and `docs/learn`, embedded, with a company's own pages over them, each split into its
//! title, its head lines, its introduction and its sections; and Markdown made plain text. What head lines and sections
//! mean is decided in `guide` and `account`.

pub mod markdown;
pub mod table;

use crate::packed::{GUIDE, LEARN, Packed};
use crate::text::small_sort::Gather;
use markdown::lines_before;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

/// A company's own pages, by name.
static OWN: OnceLock<BTreeMap<String, String>> = OnceLock::new();

static ALL: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    let own = OWN.get_or_init(BTreeMap::new).iter();
    let all = built_in().chain(own.map(|(name, text)| (name.as_str(), text.as_str())));
    all.gather()
});

/// Lays a company's own pages over the built-in ones, once, before any page is read: a page of the same name is
/// replaced. Returns whether that was so; whether the pages are sound, `guide` says.
pub fn lay_over(own: BTreeMap<String, String>) -> bool {
    OWN.set(own).is_ok()
}

/// The pages of the built-in guide alone.
pub fn built_in() -> impl Iterator<Item = (&'static str, &'static str)> {
    let texts = GUIDE.texts().iter().map(|(name, text)| (name.as_str(), text.as_str()));
    texts.filter(|(name, _)| *name != "README")
}

/// The pages of the guide: name (`firewall`, `causes/offline`, `programs/other`) and text.
pub fn guide() -> impl Iterator<Item = (String, &'static str)> {
    ALL.iter().map(|(name, text)| ((*name).to_owned(), *text))
}

/// The background pages, by name.
pub fn learn() -> BTreeMap<String, &'static str> {
    texts(&LEARN).gather()
}

/// The causes: the names of the pages in `causes`.
pub fn causes() -> &'static [&'static str] {
    static CAUSES: LazyLock<Vec<&str>> =
        LazyLock::new(|| ALL.keys().filter_map(|name| name.strip_prefix("causes/")).collect());
    &CAUSES
}

fn texts(pages: &'static Packed) -> impl Iterator<Item = (String, &'static str)> {
    pages.texts().iter().map(|(name, text)| (name.clone(), text.as_str()))
}

/// A page, split into its parts.
#[derive(Debug, Clone)]
pub struct Page {
    /// The page's name, such as `causes/offline`.
    pub name: String,
    /// The first heading.
    pub title: String,
    /// The lines `Name: value` below the title, without backticks.
    pub heads: BTreeMap<String, String>,
    /// The line of each, from 1 on.
    head_lines: BTreeMap<String, usize>,
    /// The paragraphs before the first section, as Markdown.
    pub intro: String,
    /// How many lines of the page come before the introduction.
    intro_line: usize,
    /// The sections.
    pub sections: Vec<Section>,
}

/// A section and its text.
#[derive(Debug, Clone)]
pub struct Section {
    /// The heading.
    pub heading: String,
    /// The text below it, as Markdown.
    pub text: String,
    /// The heading's line, from 1 on.
    pub heading_line: usize,
    /// How many lines of the page come before the text.
    pub line: usize,
}

/// What is wrong with a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong, and what to do.
    pub why: String,
}

impl Page {
    /// Splits a page; the error says what is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Fault> {
        let headings = headings(text);
        let Some((HeadingLevel::H1, title, first)) = headings.first() else {
            return Err(Fault { line: 1, why: "the page must begin with a title: # Title".to_owned() });
        };
        let sections: Vec<_> = headings.iter().filter(|(level, ..)| *level == HeadingLevel::H2).collect();
        let intro_end = sections.first().map_or(text.len(), |(_, _, range)| range.start);
        let head = split_head(text.get(first.end..intro_end).unwrap_or_default(), lines_before(text, first.end))?;
        let sections = sections.iter().enumerate().map(|(index, (_, heading, range))| {
            let end = sections.get(index + 1).map_or(text.len(), |(_, _, next)| next.start);
            let below = text.get(range.end..end).unwrap_or_default();
            let begin = range.end + below.len() - below.trim_start().len();
            Section {
                heading: heading.clone(),
                text: below.trim().to_owned(),
                heading_line: lines_before(text, range.start) + 1,
                line: lines_before(text, begin),
            }
        });
        let sections = sections.collect();
        Ok(Page {
            name: name.to_owned(),
            title: title.clone(),
            heads: head.values,
            head_lines: head.lines,
            intro: head.rest.trim_end().to_owned(),
            intro_line: head.rest_line,
            sections,
        })
    }

    /// The line of a head line, or of a section's heading, from 1 on; of one that the page lacks, the first.
    pub fn line_of(&self, name: &str) -> usize {
        let section = || self.sections.iter().find(|section| section.heading == name);
        let line = self.head_lines.get(name).copied().or_else(|| section().map(|section| section.heading_line));
        line.unwrap_or(1)
    }

    /// The first line of its sections, its introduction and its head lines that contains this, from 1 on; otherwise the
    /// first.
    pub fn line_with(&self, words: &str) -> usize {
        let texts = self.sections.iter().map(|section| (section.line, section.text.as_str()));
        let texts = texts.chain([(self.intro_line, self.intro.as_str())]);
        let mut found = texts.filter_map(|(line, text)| Some(line + lines_before(text, text.find(words)?) + 1));
        let head = || self.heads.iter().find(|(_, value)| value.contains(words)).map(|(name, _)| self.line_of(name));
        found.next().or_else(head).unwrap_or(1)
    }

    /// The value of a head line.
    pub fn head(&self, name: &str) -> Option<&str> {
        self.heads.get(name).map(String::as_str)
    }

    /// The text of a section.
    pub fn section(&self, heading: &str) -> Option<&str> {
        self.sections.iter().find(|section| section.heading == heading).map(|section| section.text.as_str())
    }

    /// The items of a section's list; anything nested below an item stays part of it.
    pub fn items(&self, heading: &str) -> Vec<String> {
        self.section(heading).map(markdown::list_items).unwrap_or_default()
    }
}

fn headings(text: &str) -> Vec<(HeadingLevel, String, Range<usize>)> {
    let mut headings = Vec::new();
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
    headings
}

/// Lines such as "Cause: `offline`", and what comes after them.
struct Head<'a> {
    values: BTreeMap<String, String>,
    lines: BTreeMap<String, usize>,
    rest: &'a str,
    rest_line: usize,
}

/// Separates the head lines from the introduction, which begins with the first line of another kind. So many lines of
/// the page come before the text.
fn split_head(text: &str, before: usize) -> Result<Head<'_>, Fault> {
    let (mut values, mut lines) = (BTreeMap::new(), BTreeMap::new());
    let mut rest = text.trim_start();
    while let Some((name, value)) = rest.lines().next().and_then(head_line) {
        let line = before + lines_before(text, text.len() - rest.len()) + 1;
        lines.insert(name.to_owned(), line);
        if values.insert(name.to_owned(), value.replace('`', "")).is_some() {
            return Err(Fault { line, why: format!("there are two lines {name}:") });
        }
        rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
    }
    Ok(Head { values, lines, rest, rest_line: before + lines_before(text, text.len() - rest.len()) })
}

/// Reads `Name: value`, where the name is a word or two with a capital at the beginning.
fn head_line(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once(": ")?;
    let is_name = name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphabetic() || c == ' ' || c == '-')
        && name.split(' ').count() <= 2;
    is_name.then(|| (name, value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_in_its_parts() {
        let text =
            "# Title\n\nCause: `x`\n\nRules out: one, two\n\nThis is it: an intro.\n\n## First\n\n1. a\n   b\n2. c\n";
        let page = Page::parse("x", text).unwrap();
        assert_eq!((page.title.as_str(), page.intro.as_str()), ("Title", "This is it: an intro."));
        assert_eq!((page.head("Cause"), page.head("Rules out")), (Some("x"), Some("one, two")));
        assert_eq!(page.items("First"), ["a b", "c"]);
        assert!(Page::parse("x", "no title").is_err());
        assert!(Page::parse("x", "# Title\n\nCause: x\nCause: y\n").unwrap_err().why.contains("two lines Cause:"));
        let fault = Page::parse("x", "# Title\n\nCause: x\nCause: y\n").unwrap_err();
        assert_eq!(fault.line, 4);
        let page = Page::parse("x", text).unwrap();
        assert_eq!(text.lines().nth(page.sections[0].line), Some("1. a"));
    }

    /// The targets of a text's links.
    fn links(text: &str) -> Vec<String> {
        let links = Parser::new_ext(text, Options::ENABLE_TABLES).filter_map(|event| match event {
            Event::Start(Tag::Link { dest_url, .. }) => Some(dest_url.to_string()),
            _ => None,
        });
        links.filter(|target| !target.contains("://") && !target.starts_with("mailto:")).collect()
    }

    #[test]
    fn every_link_leads_to_a_page_and_a_section() {
        let docs = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/docs"));
        let files = |folder: &'static str, pages| {
            texts(pages).map(move |(name, text)| (docs.join(folder).join(format!("{name}.md")), text))
        };
        let mut dead = Vec::new();
        for (path, text) in files("guide", &GUIDE).chain(files("learn", &LEARN)) {
            for link in links(text) {
                let (to, section) = link.split_once('#').unwrap_or((&link, ""));
                let target = if to.is_empty() { path.clone() } else { path.with_file_name("").join(to) };
                let text = std::fs::read_to_string(&target).unwrap_or_default();
                let has_section = headings(&text).iter().any(|(_, heading, _)| markdown::anchor(heading) == section);
                if text.is_empty() || !(section.is_empty() || has_section) {
                    dead.push(format!("{}: {link} leads nowhere", path.strip_prefix(docs).unwrap().display()));
                }
            }
        }
        assert!(dead.is_empty(), "{}", dead.join("\n"));
    }

    #[test]
    fn everything_is_embedded() {
        assert!(causes().contains(&"offline") && learn().contains_key("ports"));
        assert_eq!(guide().filter(|(name, _)| name.starts_with("causes/")).count(), causes().len());
    }
}
