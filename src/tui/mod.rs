//! The screen. `run` is the loop between terminal, checks, clock and the world `outside`; `app` holds the stack of
//! `screens`, each one a `view` over the one `core`; `keymap` is the table of keys. No view computes a verdict.

pub mod app;
pub mod config;
pub mod core;
pub mod destination;
pub mod effect;
pub mod field;
pub mod keymap;
pub mod outside;
mod paste;
mod round;
pub mod run;
mod runner;
pub mod screens;
pub mod scroll;
pub mod signals;
pub mod terminal;
pub mod theme;
pub mod view;
pub mod watch;
