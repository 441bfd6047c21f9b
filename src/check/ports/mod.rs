//! The group *ports*: which ports open, and where on the route the others stop.

pub(super) mod alive;
pub(super) mod doors;
pub(super) mod hops;
pub(super) mod leaves;
pub(super) mod port;
pub(super) mod protection;
mod route;
