//! The group *internet*: is there a connection, is it sound, and whose line is it?

pub(super) mod clock;
pub(super) mod connectivity;
pub(super) mod ipv6;
pub(super) mod isp;
pub(super) mod quality;
pub(super) mod reference;
pub(super) mod steady;
pub(super) mod testnet;
