//! What reports of several cases have in common and what differs, as pure functions: from each report the `features`,
//! of two of them `two`, of many `groups`; `page` says it in words, `formats` writes it. Two runs of one session are
//! compared in `report::compare`; files are read by `cli`.

pub mod cases;
pub mod chance;
pub mod compared;
pub mod features;
pub mod formats;
pub mod groups;
pub mod html;
pub mod page;
pub mod steps;
pub mod two;
pub mod words;
