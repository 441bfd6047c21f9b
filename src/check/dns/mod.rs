//! The group *DNS*: names, as this computer and others see them.

pub(super) mod ask;
pub(super) mod domain;
pub(super) mod elsewhere;
pub(super) mod known;
pub(super) mod own;
pub(super) mod server;
