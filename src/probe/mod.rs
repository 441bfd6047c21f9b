//! Probes ask one thing of the network and return what was seen with its times; they judge nothing.

pub mod certificate;
pub mod chain;
mod client_hello;
pub mod hello;
pub mod http;
pub mod sasl;
pub mod secret;
pub mod secure;
pub mod smtp;
pub mod tcp;
