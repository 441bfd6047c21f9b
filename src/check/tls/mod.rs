//! The group *TLS*: certificates and versions.

pub(super) mod certificate;
pub(super) mod chain;
pub(super) mod clients;
pub(super) mod versions;
