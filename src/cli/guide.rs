//! `mailtriage guide`: a page, the list of pages, the pages about something, the picture of the tree; and whether own
//! pages are sound.

use super::Stop;
use super::args::{GraphArg, GuideArgs};
use super::output::print;
use crate::guide::graph::{Language, graph};
use crate::guide::search::{Answer, Index};
use crate::pages::markdown::plain;
use crate::pages::{self, learn};
use crate::report::text::WIDTH;
use crate::session::guide;
use crate::session::reading::{begins_item, page};
use crate::text::{capital, visible_str};
use ratatui::crossterm::terminal;
use std::fmt::Write;
use std::io::{IsTerminal, stdout};
use unicode_width::UnicodeWidthStr;

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
            Some(text) => print(&laid_out(&text, terminal_width())),
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

/// The width of the terminal, within what reads well; of a file or a pipe, that of a report.
fn terminal_width() -> usize {
    let size = stdout().is_terminal().then(|| terminal::size().ok()).flatten();
    size.map_or(WIDTH, |(width, _)| usize::from(width).clamp(40, 100))
}

/// A page laid out for a terminal: its sections' texts are indented, and wrapped where words end.
fn laid_out(page: &str, width: usize) -> String {
    let mut out = String::new();
    let mut verbatim = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            verbatim = !verbatim;
        } else if verbatim {
            let _ = writeln!(out, "     {line}");
        } else if let Some(heading) = line.strip_prefix('#') {
            let _ = writeln!(out, "{}", plain(heading.trim_start_matches('#').trim()));
        } else {
            let text = line.trim_start();
            let (mark, words) = text.split_at(text.find(' ').filter(|_| begins_item(text)).map_or(0, |end| end + 1));
            let first = format!("  {}{mark}", &line[..line.len() - text.len()]);
            let rest = " ".repeat(first.width());
            let options = textwrap::Options::new(width).initial_indent(&first).subsequent_indent(&rest);
            let options = options.word_splitter(textwrap::WordSplitter::NoHyphenation);
            let _ = writeln!(out, "{}", textwrap::fill(&plain(words), options).trim_end());
        }
    }
    out
}

/// The pages about this.
fn found(words: &str) -> Result<String, Stop> {
    let Answer { means, pages } = Index::new(guide()).search(words);
    if pages.is_empty() && means.is_empty() {
        let words = visible_str(words);
        return Err(Stop::Usage(format!("no page is about \"{words}\"; `mailtriage guide` lists all pages")));
    }
    let mut out = String::new();
    for sentence in &means {
        let _ = writeln!(out, "{}", capital(sentence));
    }
    if !means.is_empty() {
        out.push('\n');
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
    fn pages_fit_into_their_width() {
        let page = "# A title\n\nOne two `three` four\n\n## Do\n\n1. First of all\n   - nested words\n";
        let says = "A title\n\n  One two\n  three four\n\nDo\n\n  1. First of\n     all\n     - nested\n       words\n";
        assert_eq!(laid_out(page, 13), says);
    }
}
