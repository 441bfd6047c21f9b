//! Saving from the screen: a report to read and one to open again, in the first folder that can be written to.

use crate::report::{html, json, redact, save};
use crate::session::Session;
use crate::tui::effect::SaveHow;
use std::path::PathBuf;

/// Writes both files, or none; what to tell the person. `now` names the report of a session that never ran.
///
/// # Errors
/// Why nothing was written, in the first folder that was tried.
pub(super) fn save(session: &Session, how: &SaveHow, now: jiff::Timestamp) -> Result<String, String> {
    let report = redact::redact(&json::report(session), how.left_out);
    let at = session.run().map_or(now, |run| run.finished.unwrap_or(run.started));
    let domain = match session.account.address.domain() {
        "" => "report",
        _ if how.left_out.hosts => "report",
        domain => domain,
    };
    // Whom it is for, so that the files for two readers are told apart.
    let about = format!("{domain}-{}", how.reader.word());
    let files = [("html", html::html(&report, how.reader)?), ("json", json::to_string(&report))];
    let mut why = String::new();
    for folder in folders(&how.folder) {
        let paths: Vec<PathBuf> = files.iter().map(|(end, _)| folder.join(save::file_name(&about, at, end))).collect();
        let free = save::free_names(&paths);
        let mut done = Vec::new();
        let written = files.iter().zip(&free).try_for_each(|((_, text), path)| {
            save::write_new(path, text)?;
            done.push(path);
            Ok(())
        });
        match written {
            Ok(()) => {
                let shown = std::path::absolute(&free[0]).unwrap_or_else(|_| free[0].clone());
                return Ok(format!("saved {} and .json", shown.display()));
            }
            // Both files or neither: what the person is told must be true of the whole report.
            Err(error) => {
                done.iter().for_each(|path| drop(std::fs::remove_file(path)));
                why = if why.is_empty() { error } else { why };
            }
        }
    }
    Err(format!("not saved: {why}"))
}

/// The folder that was named; else the current one, the home folder, the one for temporary files.
fn folders(named: &str) -> Vec<PathBuf> {
    if !named.is_empty() {
        let home = named.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with(['/', '\\']));
        return vec![match (home, etcetera::home_dir()) {
            (Some(rest), Ok(home)) => home.join(rest.trim_start_matches(['/', '\\'])),
            _ => PathBuf::from(named),
        }];
    }
    [Some(PathBuf::from(".")), etcetera::home_dir().ok(), Some(std::env::temp_dir())].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder() {
        let home = etcetera::home_dir().unwrap();
        assert_eq!(folders("~/reports"), [home.join("reports")]);
        assert_eq!(folders("~"), [home]);
        assert_eq!(folders("~anna/x"), [PathBuf::from("~anna/x")]);
    }
}
