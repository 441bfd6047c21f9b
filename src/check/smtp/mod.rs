//! The group *SMTP*: the dialogue with a mail server, up to the log-in.

pub(super) mod again;
pub(super) mod ehlo;
mod encrypt;
mod notes;
pub(super) mod others;
mod relay;
pub(super) mod talk;
pub(super) mod words;
