//! `mailtriage compare`: reads reports, one after the other, and says what they have in common and what differs.

use super::args::CompareArgs;
use super::output::{report, say};
use super::{Stop, output};
use crate::compare::cases::Gathered;
use crate::compare::compared::{Skipped, compare};
use crate::compare::features::Features;
use crate::compare::formats::FORMATS;
use crate::machine::files;
use crate::report::{open, save};
use crate::text::visible_str;
use std::path::{Path, PathBuf};

/// More files than this are not read from one folder.
const MOST_FILES: usize = 100_000;

/// What a report's file ends in.
const ENDINGS: [&str; 3] = ["json", "html", "htm"];

pub(super) fn run(args: &CompareArgs) -> Result<u8, Stop> {
    match &args.output {
        Some(path) => save::check_target(path, None)?,
        None => output::can_print()?,
    }
    let mut gathered = Gathered::default();
    let mut skipped = Vec::new();
    for path in args.reports.iter().flat_map(|path| files_of(path)) {
        // What is kept of each report is small: the report itself is dropped before the next one is read.
        match read(&path) {
            Ok((report, features)) => gathered.add(report, features),
            Err(why) => {
                say(&format!("mailtriage: skipped: {why}"));
                skipped.push(Skipped { file: shown(&path), why: visible_str(&why) });
            }
        }
    }
    let compared = compare(gathered, skipped)?;
    let format = args.format.or(FORMATS.first()).ok_or_else(|| "there is no format".to_owned())?;
    let text = (format.write)(&compared)?;
    match &args.output {
        Some(path) => save::write_new(path, &text)?,
        None => report(&text)?,
    }
    Ok(0)
}

/// The reports of a folder, or the file itself.
fn files_of(path: &Path) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path.to_owned()];
    }
    let paths = files::list(path, MOST_FILES).into_iter().map(|name| path.join(name));
    let is_report = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        ENDINGS.iter().any(|of_report| ending.eq_ignore_ascii_case(of_report)) && !path.is_dir()
    };
    paths.filter(is_report).collect()
}

fn read(path: &Path) -> Result<(crate::report::Report, Features), String> {
    let report = open::report(path)?;
    let features = Features::of(&report, &shown(path));
    features
        .map(|features| (report, features))
        .ok_or_else(|| format!("{}: nothing was measured for it", path.display()))
}

fn shown(path: &Path) -> String {
    visible_str(&path.display().to_string())
}
