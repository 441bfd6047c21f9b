//! The group *settings*: what the provider wants, and whether the configured settings match it.

pub(super) mod compare;
pub(super) mod discovery;
