//! Reports: the session rendered for a reader. No renderer computes a verdict.

pub mod json;
pub mod redact;
pub mod save;
pub mod text;
