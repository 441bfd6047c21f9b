//! One file per screen: its state, what its keys do, how it is drawn. `case_keys` has the keys that all screens of a case
//! share, `parts` and `list` what all screens are drawn from.

pub mod ask;
mod case_keys;
pub mod check;
pub mod dashboard;
pub mod diagnosis;
pub mod form;
pub mod help;
pub mod line;
mod list;
pub mod log_in;
pub mod menu;
pub(super) mod parts;
mod picture;
pub mod save;
pub mod step;
pub mod text;
