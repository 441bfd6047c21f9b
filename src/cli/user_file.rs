//! Files that a user may write for this program: where they are, and how the first one is written.

use super::Stop;
use super::output::print;
use crate::report::save;
use crate::text::reason;
use etcetera::BaseStrategy;
use std::path::{Path, PathBuf};

/// Where a file of this name is: in the folder for such files.
pub(super) fn usual(name: &str) -> Option<PathBuf> {
    Some(etcetera::choose_base_strategy().ok()?.config_dir().join("mailtriage").join(name))
}

/// The file that was named, after `--check` or after `--file`.
pub(super) fn named<'a>(
    check: &'a Option<Option<PathBuf>>,
    file: &'a Option<PathBuf>,
) -> Result<Option<&'a Path>, Stop> {
    match (check.as_ref().and_then(Option::as_deref), file.as_deref()) {
        (Some(one), Some(other)) if one != other => {
            Err(Stop::Usage("which file? One is named after --check and another after --file".to_owned()))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// The file that was named, or the usual one.
pub(super) fn named_or(named: Option<&Path>, name: &str) -> Result<PathBuf, Stop> {
    let path = named.map(Path::to_owned).or_else(|| usual(name));
    path.ok_or_else(|| Stop::Usage("there is no home folder for the file: name one with --file".to_owned()))
}

/// Writes it with everything that it can say, and tells where; never over an existing one.
pub(super) fn init(path: &Path, text: &str, shown: impl Fn(&Path) -> String) -> Result<u8, Stop> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| format!("{}: {}", shown(folder), reason(&error)))?;
    }
    save::write_new(path, text)?;
    print(&format!("written: {}\n", shown(path))).map(|()| 0)
}
