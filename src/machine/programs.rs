//! The running programs.

use crate::text::small_sort::Gather;
use std::collections::BTreeSet;

/// The names of the running programs, as far as the system tells an ordinary user; each once, sorted.
pub(super) fn running() -> Vec<String> {
    let mut system = sysinfo::System::new();
    let what = sysinfo::ProcessRefreshKind::nothing();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::All, true, what);
    let names = system.processes().values().map(|process| process.name().to_string_lossy().into_owned());
    names.gather::<BTreeSet<String>>().into_iter().gather()
}
