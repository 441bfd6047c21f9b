//! The group *SMTP*: the dialogue with a mail server, as far as the log-in.

pub(super) mod again;
mod encrypt;
mod notes;
pub(super) mod talk;
pub(super) mod words;
