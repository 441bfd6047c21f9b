//! The group *settings*: what the provider wants, and whether that is what is set.

pub(super) mod compare;
pub(super) mod discovery;
