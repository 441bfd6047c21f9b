//! Probes ask the network one thing and return what was seen, with times; they do not judge.

pub mod certificate;
pub mod chain;
mod client_hello;
pub mod hello;
pub mod http;
pub mod proxy_script;
pub mod sasl;
pub mod secret;
pub mod secure;
pub mod smtp;
pub mod tcp;
pub mod veil;
pub mod version;
