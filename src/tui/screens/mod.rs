//! One file per screen: its state, what its keys do, how it is drawn. `case` has the keys that all screens of a case
//! share, `parts` the parts from which all screens are drawn.

pub mod ask;
mod case_keys;
pub mod check;
pub mod dashboard;
pub mod diagnosis;
pub mod form;
pub mod help;
pub mod line;
pub mod log_in;
pub mod menu;
mod parts;
mod picture;
pub mod save;
pub mod step;
pub mod text;
