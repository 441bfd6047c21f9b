//! The lab: a scenario's world brought to life, with real TLS and SMTP over in-memory connections. What the program
//! asks of it is answered in `network` and `machine`.

use super::dialogue::Dialogue;
use super::server::{Service, Speaks, serve};
use super::tls::{Authorities, Tls};
use super::wire::{Dice, line};
use super::world::{Host, LabWorld, Port};
use crate::machine::recorded::Recorded;
use crate::machine::system::SystemMachine;
use crate::machine::{Machine, Trust};
use crate::net::BoxStream;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::AtomicU16;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// A scenario's world, alive.
pub struct Lab {
    pub(super) world: LabWorld,
    pub(super) authorities: Authorities,
    pub(super) registry: Recorded,
    dialogues: HashMap<String, Arc<Dialogue>>,
    tls: Mutex<HashMap<(String, String), Arc<Tls>>>,
    /// How many connections each host holds open, by its name.
    open: Mutex<HashMap<String, Vec<Weak<()>>>>,
    /// How many connections were tried so far, by destination and hop limit.
    tried: Mutex<HashMap<(SocketAddr, Option<u8>), u64>>,
    pub(super) next_port: AtomicU16,
    pub(super) began: (jiff::Timestamp, Instant),
}

impl Lab {
    /// Builds the lab; the error says what is wrong with the world.
    pub(super) fn new(world: LabWorld) -> Result<Self, String> {
        let mut dialogues = HashMap::new();
        let texts = world.host.values().flat_map(|host| host.port.values()).filter_map(|port| port.dialogue.as_ref());
        for text in texts {
            let named = world.dialogue.get(text).unwrap_or(text);
            let dialogue = Dialogue::parse(named).map_err(|why| format!("dialogue {text}: {why}"))?;
            dialogues.insert(text.clone(), Arc::new(dialogue));
        }
        // The real time in whole seconds, from which the lab's own goes on: the system's TLS library judges
        // certificates by the system's clock.
        let now = SystemMachine::new(Trust::default()).now();
        let began = jiff::Timestamp::from_second(now.as_second()).map_err(|why| why.to_string())?;
        Ok(Lab {
            authorities: Authorities::new(began.as_second() + world.machine.clock_behind),
            registry: Recorded::parse(&world.machine.registry)?,
            dialogues,
            tls: Mutex::default(),
            open: Mutex::default(),
            tried: Mutex::default(),
            next_port: AtomicU16::new(50_000),
            began: (began, Instant::now()),
            world,
        })
    }

    /// The dice for one more connection to that address: the same in every run, whatever else happens meanwhile.
    pub(super) fn dice(&self, to: SocketAddr, ttl: Option<u8>) -> Dice {
        let mut tried = self.tried.lock().unwrap_or_else(PoisonError::into_inner);
        let count = tried.entry((to, ttl)).or_default();
        *count += 1;
        let mut mixed = *count;
        for part in format!("{to} {ttl:?}").bytes() {
            mixed = mixed.wrapping_mul(0x100_0000_01b3) ^ u64::from(part);
        }
        Dice::new(self.world.loss, mixed)
    }

    fn network_date(&self) -> String {
        let now = self.now() + jiff::SignedDuration::from_secs(self.world.machine.clock_behind);
        now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    fn tls_of(&self, name: &str, host: &Host, number: &str, port: &Port) -> Option<Arc<Tls>> {
        let mut made = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (name.to_owned(), number.to_owned());
        if let Some(tls) = made.get(&key) {
            return Some(Arc::clone(tls));
        }
        let certificate = port.certificate.as_ref().unwrap_or(&host.certificate);
        let tls = Arc::new(self.authorities.tls(name, certificate, &host.tls, port.handshake).ok()?);
        made.insert(key, Arc::clone(&tls));
        Some(tls)
    }

    /// Starts the server's end of a connection.
    pub(super) fn open(
        &self,
        name: &str,
        number: u16,
        rtt: Duration,
        dice: &Dice,
        largest: Option<usize>,
    ) -> Option<BoxStream> {
        let host = self.world.host.get(name)?;
        let number = number.to_string();
        let port = host.port.get(&number)?;
        let held = Arc::new(());
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let of_host = open.entry(name.to_owned()).or_default();
        of_host.retain(|held| held.strong_count() > 0);
        let crowded = host.most_connections.is_some_and(|most| of_host.len() >= most);
        of_host.push(Arc::downgrade(&held));
        drop(open);
        let speaks = match (&port.dialogue, &port.pages) {
            (Some(_), _) if crowded => Speaks::Crowded,
            (Some(text), _) => Speaks::Smtp(Arc::clone(self.dialogues.get(text)?)),
            (None, Some(pages)) => {
                let date = format!("Date: {}", self.network_date());
                let head = [date].iter().chain(&port.headers).map(|line| format!("{line}\r\n")).collect();
                Speaks::Http(pages.clone(), head)
            }
            (None, None) => Speaks::Nothing,
        };
        let service = Service {
            host: name.to_owned(),
            client: self.world.machine.public_address.to_string(),
            implicit: port.implicit,
            tls: self.tls_of(name, host, &number, port)?,
            speaks,
        };
        let (ours, theirs) = line(rtt / 2, dice, largest);
        tokio::spawn(async move {
            serve(Box::new(theirs), service).await;
            drop(held);
        });
        Some(Box::new(ours))
    }
}
