//! A page of the guide or of the background as a person reads it without a run, in Markdown of headings, paragraphs and
//! lists only: what helps comes first; the program's rules come last, as lists in words; nothing is left to fill in.
//! How it is laid out for a terminal or a screen is not here.

use super::placeholders::{PLACEHOLDERS, unfilled};
use super::{conditions, guide};
use crate::account::devices;
use crate::guide::rule::{Term, Who, written_when};
use crate::pages::{self, learn};
use std::borrow::Cow;
use std::fmt::Write;

/// The sections that are rules of the program, in the order in which they are shown.
const RULES: &[&str] = &["Fixed by", "In words", "Decide", "Speaks against it", "Certain only if", "Ruled out anyway"];

/// The page with exactly this name; of a cause or a mail program, the folder may be left out.
pub fn page(name: &str) -> Option<String> {
    let name = name.strip_suffix(".md").unwrap_or(name);
    if let Some(text) = name.strip_prefix("learn/").and_then(|name| learn().get(name).copied()) {
        return pages::Page::parse(name, text).ok().map(|page| for_people(&page, &page.title));
    }
    let page = guide().page(name).or_else(|| guide().cause(name));
    let page = page.or_else(|| guide().page(&format!("programs/{name}")))?;
    Some(for_people(&page.text, page.headline()))
}

fn for_people(page: &pages::Page, title: &str) -> String {
    let rank = |heading: &str| RULES.iter().position(|rule| *rule == heading);
    let section = |out: &mut String, marks: &str, section: &pages::Section| {
        let _ = write!(out, "\n{marks} {}\n\n{}", section.heading, blocks(&page.name, &section.text));
    };
    let mut out = format!("# {}\n\n{}", filled(title), blocks(&page.name, &page.intro));
    for help in page.sections.iter().filter(|section| rank(&section.heading).is_none()) {
        section(&mut out, "##", help);
    }
    let rules = RULES.iter().filter_map(|rule| page.sections.iter().find(|section| section.heading == *rule));
    for (index, rule) in rules.enumerate() {
        if index == 0 {
            out.push_str("\n## The rules that the program goes by\n");
        }
        section(&mut out, "###", rule);
    }
    // A printer's page needs the makers' menus for each task; once is enough to read.
    let menus = devices::menus(None);
    match out.find(&menus).map(|at| out.split_at(at + menus.len())) {
        Some((first, rest)) => format!("{first}{}", rest.replace(&menus, "as above.")),
        None => out,
    }
}

/// A section's paragraphs, items and rows, each in one line.
fn blocks(name: &str, text: &str) -> String {
    // Each with whether it is somebody's, to be kept as it is.
    let mut lines: Vec<(String, bool)> = Vec::new();
    // The headings of the table that is being read.
    let mut columns: Vec<String> = Vec::new();
    let mut verbatim = false;
    let mut goes_on = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            verbatim = !verbatim;
            goes_on = false;
            lines.push((line.to_owned(), true));
        } else if verbatim {
            lines.push((line.to_owned(), true));
        } else if trimmed.starts_with("|--") {
        } else if let Some(row) = trimmed.strip_prefix('|').and_then(|row| row.strip_suffix('|')) {
            let cells: Vec<String> = row.split(" | ").map(|cell| cell.trim().to_owned()).collect();
            match columns.is_empty() {
                true => columns = cells,
                false => lines.extend(row_as_items(&columns, &cells).into_iter().map(|item| (item, false))),
            }
            goes_on = false;
        } else if trimmed.is_empty() {
            columns.clear();
            goes_on = false;
            lines.push((String::new(), false));
        } else if goes_on && !begins_item(trimmed) {
            if let Some((last, _)) = lines.last_mut() {
                last.push(' ');
                last.push_str(trimmed);
            }
        } else {
            goes_on = true;
            lines.push((line.trim_end().to_owned(), false));
        }
    }
    let lines = lines.into_iter().map(|(line, is_verbatim)| if is_verbatim { line } else { said(name, &line) });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned() + "\n"
}

/// Whether a line begins an item of a list.
pub fn begins_item(line: &str) -> bool {
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ") || line.starts_with("* ") || (number.len() < line.len() && number.starts_with(". "))
}

/// A row of a table as an item, and below it what it gives, by the headings of the columns.
fn row_as_items(columns: &[String], cells: &[String]) -> Vec<String> {
    let Some((first, rest)) = cells.split_first() else { return vec![] };
    let when = written_when(first).ok().filter(|terms| !terms.is_empty());
    let item = when.map_or_else(|| first.clone(), |terms| in_words(&terms));
    let given = columns.iter().skip(1).zip(rest).filter(|(_, cell)| !cell.is_empty());
    let given: Vec<String> = given.map(|(column, cell)| format!("{column}: {}", with_who(cell))).collect();
    let mut items = vec![format!("- {item}")];
    if !given.is_empty() {
        items.push(format!("  - {}", given.join("; ")));
    }
    items
}

/// "the caller: use webmail" for "`user`: use webmail".
fn with_who(cell: &str) -> String {
    let who = cell.strip_prefix('`').and_then(|cell| cell.split_once('`'));
    match who.and_then(|(who, rest)| Some((who.parse::<Who>().ok()?, rest))) {
        Some((who, rest)) => format!("{}{rest}", who.says()),
        None => cell.to_owned(),
    }
}

fn in_words(terms: &[Term]) -> String {
    terms.iter().map(Term::in_words).collect::<Vec<_>>().join("; ")
}

/// A line with its condition in words, its links as the names of pages, and nothing to fill in.
fn said(name: &str, line: &str) -> String {
    let condition = line.split_once("When `").and_then(|(before, rest)| {
        let (condition, step) = rest.split_once("`: ")?;
        let terms = written_when(&format!("`{condition}`")).ok()?;
        Some(format!("{before}If {}: {step}", conditions::in_words(&terms)))
    });
    filled(&links_as_names(name, condition.as_deref().unwrap_or(line)))
}

/// What a placeholder stands for, where no case gives its value: in a command, and where nothing else can stand for it, its
/// name in capitals, as in `nc -vz SERVER PORT`.
fn filled(line: &str) -> String {
    let capitals = |name: &str| name.rsplit('.').next().unwrap_or(name).to_uppercase();
    let pieces = line.split('`').enumerate().map(|(index, piece)| {
        let mut piece = Cow::from(piece);
        for row in PLACEHOLDERS.iter().filter(|row| index % 2 == 1 || row.otherwise.is_empty()) {
            let name = format!("{{{}}}", row.name);
            if piece.contains(&name) {
                let value = if row.name == "device.menu" { devices::menus(None) } else { capitals(row.name) };
                piece = piece.replace(&name, &value).into();
            }
        }
        piece
    });
    unfilled(&pieces.collect::<Vec<_>>().join("`"))
}

/// "Firewalls (page learn/firewalls)" for a link to that page; a link to anything else keeps its text, and an address.
fn links_as_names(name: &str, line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, tail)) = rest.split_once('[') {
        out.push_str(before);
        let link = tail.split_once("](").and_then(|(text, tail)| Some((text, tail.split_once(')')?)));
        let Some((text, (target, after))) = link else {
            out.push('[');
            rest = tail;
            continue;
        };
        out.push_str(text);
        match page_of(name, target) {
            Some(page) => out.push_str(&format!(" (page {page})")),
            None if target.starts_with("http") && target != text => out.push_str(&format!(" ({target})")),
            None => {}
        }
        rest = after;
    }
    out + rest
}

/// The name of the page that a link on a page leads to.
fn page_of(name: &str, target: &str) -> Option<String> {
    let file = target.split('#').next()?.strip_suffix(".md")?;
    // Of "../programs/other" seen from "causes/offline", and "../learn/ports" seen from "settings".
    let plain = file.trim_start_matches("../");
    let page = match name.rsplit_once('/') {
        Some((folder, _)) if plain == file => format!("{folder}/{file}"),
        _ => plain.to_owned(),
    };
    let page = page.trim_start_matches("guide/").to_owned();
    let is_learn = page.strip_prefix("learn/").is_some_and(|page| learn().contains_key(page));
    (is_learn || guide().page(&page).is_some()).then_some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_helps_comes_before_the_rules() {
        let page = page("blocked-network").unwrap();
        let at = |words: &str| page.find(words).unwrap_or_else(|| panic!("{words}: {page}"));
        assert!(at("# The port is blocked") < at("## What it means"));
        assert!(at("## Fix it") < at("## The rules that the program goes by"));
        assert!(at("## The rules that the program goes by") < at("### Fixed by"));
        assert!(page.contains("If another port of the server is open, and "), "{page}");
        assert!(page.contains("Test-NetConnection SERVER -Port PORT"), "{page}");
    }

    #[test]
    fn links_are_names_that_can_be_typed() {
        let says = |name: &str, line: &str| links_as_names(name, line);
        assert_eq!(
            says("firewall", "See [Firewalls](../learn/firewalls.md#x)."),
            "See Firewalls (page learn/firewalls)."
        );
        assert_eq!(says("causes/offline", "[Do](../programs/other.md#do-it)"), "Do (page programs/other)");
        assert_eq!(says("causes/offline", "[Ports](wrong-port.md)"), "Ports (page causes/wrong-port)");
        assert_eq!(says("causes/offline", "[here](http://a.example) [ ]"), "here (http://a.example) [ ]");
    }

    #[test]
    fn no_page_has_a_table_or_anything_to_fill_in() {
        let guide_pages = guide().pages().map(|(name, _)| name.to_owned());
        let names = guide_pages.chain(learn().into_keys().map(|name| format!("learn/{name}")));
        for name in names.collect::<Vec<_>>() {
            let text = page(&name).unwrap_or_else(|| panic!("{name}"));
            assert!(!text.lines().any(|line| line.starts_with('|')), "{name}: {text}");
            assert!(!text.contains("` is `") && !text.contains(".md)"), "{name}: {text}");
            for row in super::super::placeholders::PLACEHOLDERS {
                assert!(!text.contains(&format!("{{{}}}", row.name)), "{name}: {}", row.name);
            }
        }
    }
}
