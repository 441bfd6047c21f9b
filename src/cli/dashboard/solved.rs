//! Which practice calls were solved, from one start of the program to the next: a small file, for those who want it
//! (`keep_solved = true` in their configuration).

use crate::machine::files;
use crate::report::save;
use std::collections::BTreeMap;
use std::path::Path;

/// Every call and its mark; a longer file was not written by us.
const MOST_BYTES: u64 = 64 * 1024;

/// The calls whose cause was guessed, and whether rightly. A file that cannot be read counts as empty.
pub(super) fn read(file: &Path) -> BTreeMap<String, bool> {
    serde_json::from_slice(&files::read(file, MOST_BYTES).unwrap_or_default()).unwrap_or_default()
}

/// Keeps the marks; the error says what became of them.
pub(super) fn write(file: &Path, solved: &BTreeMap<String, bool>) -> Result<(), String> {
    let text = serde_json::to_string(solved).unwrap_or_default();
    save::replace(file, &text).map_err(|why| format!("which calls were solved could not be stored: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deeper").join("solved.json");
        assert!(read(&file).is_empty());
        let marks = BTreeMap::from([("587-silent".to_owned(), true), ("offline".to_owned(), false)]);
        write(&file, &marks).unwrap();
        assert_eq!(read(&file), marks);
        std::fs::write(&file, "no marks").unwrap();
        assert!(read(&file).is_empty());
    }
}
