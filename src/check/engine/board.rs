//! Where checks leave their findings, and wait for those of others.

use crate::check::finding::Finding;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::SetOnce;

type Slot = Arc<SetOnce<Arc<Finding>>>;

/// A slot for each planned check.
#[derive(Default)]
pub(crate) struct Board {
    slots: Mutex<BTreeMap<String, Slot>>,
}

impl Board {
    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes room for these checks.
    pub(crate) fn plan(&self, ids: impl Iterator<Item = String>) {
        self.slots().extend(ids.map(|id| (id, Slot::default())));
    }

    /// Leaves a finding.
    pub(crate) fn publish(&self, finding: &Finding) {
        let slot = self.slots().get(&finding.id).cloned();
        if let Some(slot) = slot {
            // A check ends only once.
            let _ = slot.set(Arc::new(finding.clone()));
        }
    }

    /// The finding of a check, once it has ended; `None` at once if it is not planned.
    pub(crate) async fn wait_for(&self, id: &str) -> Option<Arc<Finding>> {
        let slot = self.slots().get(id).cloned()?;
        Some(Arc::clone(slot.wait().await))
    }

    /// The finding of a check, if it has ended.
    pub(crate) fn finding(&self, id: &str) -> Option<Arc<Finding>> {
        let slot = self.slots().get(id).cloned()?;
        slot.get().cloned()
    }

    /// All planned checks, with the findings of those that have ended.
    pub(crate) fn all(&self) -> Vec<(String, Option<Arc<Finding>>)> {
        self.slots().iter().map(|(id, slot)| (id.clone(), slot.get().cloned())).collect()
    }
}
