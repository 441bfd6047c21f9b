//! How many log-ins of an account were refused today: a small file that remains after the program ends, because each
//! refusal counts towards a lock-out at the provider. It contains no address, only a digest.

use crate::account::Address;
use crate::machine::files;
use crate::report::save;
use crate::text::hex;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// The accounts of one day; a longer file was not written by us.
const MOST_BYTES: u64 = 1024 * 1024;

/// The count in this file for this day, increased by one if a log-in has just been refused. A file that cannot be read
/// or written counts as empty: the number is only a warning.
pub(super) fn count(file: &Path, address: &Address, day: &str, one_more: bool) -> u32 {
    let key = key(address, day);
    let text = files::read(file, MOST_BYTES).unwrap_or_default();
    let mut counts: BTreeMap<String, u32> = serde_json::from_slice(&text).unwrap_or_default();
    counts.retain(|key, _| key.starts_with(day));
    let count = counts.get(&key).copied().unwrap_or(0).saturating_add(u32::from(one_more));
    if one_more {
        counts.insert(key, count);
        let text = serde_json::to_string(&counts).unwrap_or_default();
        let _ = save::replace(file, &text);
    }
    count
}

/// The day, and the first half of the address's SHA-256, which stays the same from one version to the next.
fn key(address: &Address, day: &str) -> String {
    let digest = Sha256::digest(address.ascii().as_bytes());
    format!("{day} {}", hex(&digest[..16]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_account_and_day() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("refused.json");
        let [anna, bert] = ["anna@example.com", "bert@example.com"].map(|text| Address::parse(text).unwrap());
        assert_eq!(count(&file, &anna, "2026-11-26", false), 0);
        assert_eq!(count(&file, &anna, "2026-11-26", true), 1);
        assert_eq!(count(&file, &anna, "2026-11-26", true), 2);
        assert_eq!(count(&file, &bert, "2026-11-26", true), 1);
        assert_eq!(count(&file, &anna, "2026-11-27", false), 0);
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(!text.contains("anna"), "{text}");
        // The first half of what `printf anna@example.com | sha256sum` prints: other versions must find the same key.
        assert!(text.contains("\"2026-11-26 f7d54c22dda5b1780276601cd005909b\":2"), "{text}");
    }
}
