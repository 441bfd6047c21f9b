//! The groups *log-in* and *sending*: is the password accepted, and may this address send?

pub(super) mod log_in;
pub(super) mod sending;
