//! `mailtriage guide`: a page, the list of pages, the pages about something, the picture of the tree; and whether own
//! pages are sound.

use super::Stop;
use super::args::{GraphArg, GuideArgs};
use super::output::print;
use crate::guide::graph::{Language, graph};
use crate::guide::rule::{Term, written_when};
use crate::guide::search::{Answer, Index};
use crate::pages::{self, learn};
use crate::session::guide;
use crate::text::{capital, visible_str};
use std::fmt::Write;

pub(super) fn run(args: &GuideArgs) -> Result<u8, Stop> {
    if args.check.is_some() {
        // They were laid over the built-in ones and found sound before this command began.
        let built_in = pages::built_in().count();
        let all = pages::guide().count();
        let changed = pages::built_in().filter(|own| !pages::guide().any(|(name, text)| (name.as_str(), text) == *own));
        let says = format!("no mistakes: {} new, {} changed, {all} in all\n", all - built_in, changed.count());
        return print(&says).map(|()| 0);
    }
    if let Some(language) = args.graph {
        let language = match language {
            GraphArg::Mermaid => Language::Mermaid,
            GraphArg::Dot => Language::Dot,
        };
        return print(&graph(guide(), language)).map(|()| 0);
    }
    let words = args.words.join(" ");
    match words.trim() {
        "" => print(&list()),
        words => match page(words) {
            Some(text) => print(&text),
            None => print(&found(words)?),
        },
    }
    .map(|()| 0)
}

/// All pages, the steps in the order of the walk.
fn list() -> String {
    let mut out = String::from(
        "The guide. `mailtriage guide PAGE` shows a page; an error number, a server's reply or any words find pages.\n",
    );
    let row = |out: &mut String, name: &str, title: &str| {
        let _ = writeln!(out, "  {name:<36} {title}");
    };
    for (number, step) in guide().steps().iter().enumerate() {
        let _ = writeln!(out, "\nStep {}: {}", number + 1, step.name);
        for name in &step.pages {
            row(&mut out, name, guide().page(name).map_or("", |page| page.headline()));
        }
    }
    for (folder, says) in [("causes/", "Causes"), ("programs/", "Mail programs: where to click")] {
        let _ = writeln!(out, "\n{says}");
        for (name, page) in guide().pages().filter(|(name, _)| name.starts_with(folder)) {
            row(&mut out, name, page.headline());
        }
    }
    out.push_str("\nBackground\n");
    for (name, text) in learn() {
        row(&mut out, &format!("learn/{name}"), title(text));
    }
    out
}

fn title(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_start_matches("# ")
}

/// The page with exactly this name; of a cause or a mail program, the folder may be left out.
fn page(name: &str) -> Option<String> {
    let name = name.strip_suffix(".md").unwrap_or(name);
    if let Some(text) = name.strip_prefix("learn/").and_then(|name| learn().get(name).copied()) {
        return Some(text.to_owned());
    }
    let page = guide().page(name).or_else(|| guide().cause(name));
    let page = &page.or_else(|| guide().page(&format!("programs/{name}")))?.text;
    let sections =
        page.sections.iter().map(|section| format!("\n## {}\n\n{}\n", section.heading, in_words(&section.text)));
    Some(format!("# {}\n\n{}\n{}", page.title, page.intro, sections.collect::<String>()))
}

/// A section with the rules of its tables as a person says them: "the encryption in use: none" for "`security` is `none`".
fn in_words(section: &str) -> String {
    let lines = section.lines().map(|line| {
        let row = line.strip_prefix("| ").and_then(|row| row.split_once(" |"));
        let said = row.and_then(|(when, rest)| {
            let terms = written_when(when).ok().filter(|terms| !terms.is_empty())?;
            let terms: Vec<String> = terms.iter().map(Term::in_words).collect();
            Some(format!("| {} |{rest}", terms.join(", ")))
        });
        said.unwrap_or_else(|| line.to_owned())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The pages about this.
fn found(words: &str) -> Result<String, Stop> {
    let Answer { numbers, pages } = Index::new(guide()).search(words);
    if pages.is_empty() {
        let words = visible_str(words);
        return Err(Stop::Usage(format!("no page is about \"{words}\"; `mailtriage guide` lists all pages")));
    }
    let mut out = String::new();
    for number in &numbers {
        let _ = writeln!(out, "{}", capital(number));
    }
    if !numbers.is_empty() {
        out.push_str("A number says what the program noticed; the server's own words next to it say why.\n\n");
    }
    for page in pages {
        let _ = writeln!(out, "  {:<36} {}", page.page, page.title);
    }
    out.push_str("\n`mailtriage guide PAGE` shows one of them.\n");
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_in_words() {
        let table = "| When | Then |\n|---|---|\n| `security` is `none` and `port.state` is not `open` or `denied` | [x](y.md) |";
        let said = "| When | Then |\n|---|---|\n| the encryption in use: none, what the port in use does: not open or forbidden on this computer | [x](y.md) |";
        assert_eq!(in_words(table), said);
        let other = "| `{port}` | the port |\n1. `nc -vz SERVER`";
        assert_eq!(in_words(other), other);
        for (_, page) in guide().pages() {
            let rest = page.text.sections.iter().map(|section| in_words(&section.text)).collect::<String>();
            assert!(!rest.lines().any(|line| line.starts_with("| `") && line.contains("` is ")), "{rest}");
        }
    }
}
