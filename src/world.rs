//! The world as this program sees it: the network and the machine, either real or the lab's. Made once, by `cli`, and
//! handed down; nothing else reaches outside.

use crate::machine::system::SystemMachine;
use crate::machine::{Machine, Trust};
use crate::net::Network;
use crate::net::system::SystemNetwork;
use std::sync::Arc;

/// The network and the machine.
#[derive(Clone)]
pub struct World {
    /// What can be reached.
    pub net: Arc<dyn Network>,
    /// What this computer is.
    pub machine: Arc<dyn Machine>,
    /// Whether they are the real ones.
    pub is_system: bool,
}

impl World {
    /// The real network and the real machine.
    pub fn system(trust: Trust) -> Self {
        let machine = SystemMachine::new(trust);
        let local = machine.local();
        let own = local.addresses.iter().map(|(addr, _)| *addr).collect();
        World { net: Arc::new(SystemNetwork::new(local.resolvers, own)), machine: Arc::new(machine), is_system: true }
    }

    /// The same world as it is now: this computer may have another address and other DNS servers than when it was examined.
    pub fn again(&self) -> Self {
        if self.is_system { World::system(self.machine.trust()) } else { self.clone() }
    }

    /// The time by the machine's clock.
    pub fn now(&self) -> jiff::Timestamp {
        self.machine.now()
    }
}
