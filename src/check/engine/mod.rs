//! The engine: plans and runs checks according to their declarations, lends each a notebook, passes on findings and
//! connections, and guards the door to the mail server. It knows no check in particular.

mod board;
mod ctx;
mod declared;
mod door;
mod hearing;
mod lane;
mod line;
mod notebook;
mod pace;
pub(crate) mod plan;
pub(crate) mod run;
pub(crate) mod targets;

pub(crate) use ctx::{Case, Ctx};
pub(crate) use declared::{Check, How, Need, Scope, always, none};
pub(crate) use door::Door;
pub(crate) use hearing::LOOKUP;
pub(crate) use lane::{Handshake, Lane, Opened};
pub(crate) use notebook::{Notebook, millis, timed};
