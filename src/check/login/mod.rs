//! The groups *log-in* and *sending*: is the password accepted, may this address send, and does its domain
//! vouch for the provider?

pub(super) mod log_in;
pub(super) mod sender_domain;
pub(super) mod sending;
