//! A company's own pages of the guide: read from a folder, laid over the built-in ones, and checked before anything uses
//! them. What pages must have is in `guide`.

use super::Stop;
use crate::account::client;
use crate::guide::{Guide, Mistake, Mistakes};
use crate::machine::files::{self, without_mark};
use crate::pages::{self, Fault};
use crate::session::placeholders;
use crate::text::{is_invisible, line_at, reason, visible_str};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The folders of a guide, beside its steps; as in docs/guide.
const FOLDERS: [&str; 2] = ["causes", "programs"];
/// The most bytes of a page, and the most pages: built-in ones have some thousand, and some eighty there are.
const MOST_BYTES: u64 = 256 * 1024;
const MOST_PAGES: usize = 1_000;

/// Lays the pages of this folder over the built-in ones, if there is one. The error is everything that is wrong with
/// them.
pub(super) fn lay_over(folder: Option<&Path>) -> Result<(), Stop> {
    let Some(folder) = folder else { return Ok(()) };
    let (own, mut mistakes) = read(folder)?;
    if own.is_empty() && mistakes.is_empty() {
        return Err(Stop::Usage(format!("there is no page (*.md) in {}", shown(folder))));
    }
    if mistakes.is_empty() {
        pages::lay_over(own);
        mistakes = check();
    }
    match mistakes.is_empty() {
        true => Ok(()),
        false => Err(Stop::Usage(message(folder, &mistakes))),
    }
}

fn message(folder: &Path, mistakes: &[Mistake]) -> String {
    let many = if mistakes.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", mistakes.len()) };
    let lines = mistakes.iter().map(|mistake| {
        let file = folder.join(format!("{}.md", mistake.page));
        format!("\n{}:{}: {}", shown(&file), mistake.line, visible_str(&mistake.why))
    });
    format!("{many} in the guide with the pages of {}{}", shown(folder), lines.collect::<String>())
}

/// What is wrong with the guide as it is now, own pages included.
fn check() -> Vec<Mistake> {
    let mut mistakes = match Guide::read(pages::guide(), &placeholders::names()) {
        Ok(_) => Vec::new(),
        Err(Mistakes(found)) => found,
    };
    for (name, text) in pages::guide() {
        let Some(id) = name.strip_prefix("programs/") else { continue };
        let is_known = mistakes.iter().any(|mistake| mistake.page == name);
        if let (false, Err(fault)) = (is_known, client::read(id, text)) {
            mistakes.push(Mistake { page: name, line: fault.line, why: fault.why });
        }
    }
    mistakes
}

/// The pages in a folder and in its folders, by name, and what is wrong with their names and characters.
fn read(folder: &Path) -> Result<(BTreeMap<String, String>, Vec<Mistake>), Stop> {
    let (mut pages, mut mistakes) = (BTreeMap::new(), Vec::new());
    for below in std::iter::once(None).chain(FOLDERS.map(Some)) {
        let place = below.map_or_else(|| folder.to_owned(), |below| folder.join(below));
        if below.is_some() && !place.is_dir() {
            continue;
        }
        let entries = fs::read_dir(&place).map_err(|why| format!("{}: {}", shown(&place), reason(&why)))?;
        for entry in entries {
            let path = entry.map_err(|why| format!("{}: {}", shown(&place), reason(&why)))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(stem) = name.strip_suffix(".md").filter(|stem| *stem != "README" && !stem.starts_with('.')) else {
                continue;
            };
            let page = below.map_or_else(|| stem.to_owned(), |below| format!("{below}/{stem}"));
            match text(&path, stem) {
                Ok(text) => drop(pages.insert(page, text)),
                Err(Fault { line, why }) => mistakes.push(Mistake { page, line, why }),
            }
            if pages.len() > MOST_PAGES {
                return Err(Stop::Usage(format!("{} has more than {MOST_PAGES} pages", shown(folder))));
            }
        }
    }
    Ok((pages, mistakes))
}

/// A page's text, with plain line ends.
fn text(path: &Path, stem: &str) -> Result<String, Fault> {
    let fail = |line: usize, why: String| Fault { line, why };
    if !stem.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        return Err(fail(1, "a page's name has small letters, digits and hyphens only".to_owned()));
    }
    let bytes = files::read(path, MOST_BYTES).map_err(|why| fail(1, why.to_string()))?;
    let text = String::from_utf8(without_mark(&bytes).to_vec()).map_err(|error| {
        fail(line_at(error.as_bytes(), error.utf8_error().valid_up_to()), "this is not UTF-8".to_owned())
    })?;
    let text = text.replace("\r\n", "\n").replace('\t', "    ");
    let hidden = |c: char| c != '\n' && (c.is_control() || is_invisible(c));
    match text.lines().position(|line| line.contains(hidden)) {
        None => Ok(text),
        Some(line) => Err(fail(line + 1, "there is a character in this line that nobody can see".to_owned())),
    }
}

fn shown(path: &Path) -> String {
    visible_str(&path.display().to_string())
}
