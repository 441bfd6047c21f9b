//! Finds out why a mail program cannot send: settings, DNS, ports, firewall, TLS, log-in. The map of the crate:

pub mod account;
pub mod check;
pub mod cli;
pub mod compare;
pub mod facts;
pub mod guide;
pub mod machine;
pub mod net;
pub mod packed;
pub mod pages;
pub mod picture;
pub mod practice;
pub mod probe;
pub mod report;
pub mod session;
pub mod site;
pub mod text;
pub mod tui;
mod values;
pub mod world;
