//! The lab's network: names, connections and clocks of a scenario's world, with real TLS and SMTP over in-memory lines.

use super::dialogue::Dialogue;
use super::server::{Service, Speaks, serve};
use super::tls::{Authorities, Tls};
use super::wire::{Dice, line};
use super::world::{Fate, Host, Port, ResolverState, World};
use crate::net::{
    Answer, BoxStream, ConnectFailure, ConnectOptions, Connection, Local, Network, PortState, Record, RecordKind,
    Trust, Via, errors,
};
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long this machine's own resolver takes.
const OWN_LOOKUP: Duration = Duration::from_millis(2);
/// What still passes where large packets vanish, in bytes: less than on real lines, as the lab's certificates are small.
const NARROW: usize = 600;
/// A lost SYN is repeated after a second, then two, then four (RFC 6298).
const SYN_REPEAT: Duration = Duration::from_secs(1);

/// A scenario's network.
pub struct LabNetwork {
    world: World,
    authorities: Authorities,
    dialogues: HashMap<String, Arc<Dialogue>>,
    tls: Mutex<HashMap<(String, String), Arc<Tls>>>,
    /// Connections that a host holds open, by its name.
    open: Mutex<HashMap<String, Vec<Weak<()>>>>,
    /// Connections tried so far, by where they go and for how many hops.
    tried: Mutex<HashMap<(SocketAddr, Option<u8>), u64>>,
    next_port: AtomicU16,
    began: (jiff::Timestamp, Instant),
}

impl LabNetwork {
    /// Builds it; the error says what is wrong with the world.
    pub(super) fn new(world: World) -> Result<Self, String> {
        let mut dialogues = HashMap::new();
        let texts = world.host.values().flat_map(|host| host.port.values()).filter_map(|port| port.dialogue.as_ref());
        for text in texts {
            let named = world.dialogue.get(text).unwrap_or(text);
            let dialogue = Dialogue::parse(named).map_err(|why| format!("dialogue {text}: {why}"))?;
            dialogues.insert(text.clone(), Arc::new(dialogue));
        }
        // Whole seconds, from which the lab's own time goes on: so every run sees the same dates.
        let began = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second()).map_err(|why| why.to_string())?;
        Ok(LabNetwork {
            authorities: Authorities::new(began.as_second() + world.machine.clock_behind),
            dialogues,
            tls: Mutex::default(),
            open: Mutex::default(),
            tried: Mutex::default(),
            next_port: AtomicU16::new(50_000),
            began: (began, Instant::now()),
            world,
        })
    }

    /// The dice of one more connection to there: the same in every run, whatever else goes on meanwhile.
    fn dice(&self, to: SocketAddr, ttl: Option<u8>) -> Dice {
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

    /// Opens the server's end of a line.
    fn open(&self, name: &str, number: u16, rtt: Duration, dice: &Dice, largest: Option<usize>) -> Option<BoxStream> {
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
            (None, Some(pages)) => Speaks::Http(pages.clone(), self.network_date()),
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

    /// What the world's name servers know.
    fn truth(&self, name: &str, kind: RecordKind) -> Answer {
        let records = |name: &str| -> Option<Vec<Record>> {
            let host = self.world.host.get(name);
            let listed = self.world.dns.get(name);
            if host.is_none() && listed.is_none() {
                return None;
            }
            let addresses = host.into_iter().flat_map(|host| host.v4.iter().chain(&host.v6)).copied();
            let listed = listed.into_iter().flatten().filter_map(|text| record(text));
            Some(addresses.map(Record::Address).chain(listed).collect())
        };
        chosen(&records, name, kind, |name| {
            let below = format!(".{name}");
            self.world.host.keys().chain(self.world.dns.keys()).any(|known| known.ends_with(&below))
        })
    }

    fn own_resolver(&self, name: &str, kind: RecordKind) -> Answer {
        match self.world.resolver.says.get(name) {
            Some(lies) if lies.is_empty() => Answer::NxDomain,
            Some(lies) => {
                let records = |_: &str| Some(lies.iter().filter_map(|text| record(text)).collect());
                chosen(&records, name, kind, |_| true)
            }
            None => match (self.truth(name, kind), self.world.resolver.unknown_names) {
                (Answer::NxDomain, Some(addr)) if matches!(kind, RecordKind::A | RecordKind::Address) => {
                    Answer::Records(vec![Record::Address(addr)])
                }
                (truth, _) => truth,
            },
        }
    }
}

/// The records of a kind, aliases followed.
fn chosen(
    records: &dyn Fn(&str) -> Option<Vec<Record>>,
    name: &str,
    kind: RecordKind,
    has_names_below: impl Fn(&str) -> bool,
) -> Answer {
    let mut name = name.trim_end_matches('.').to_ascii_lowercase();
    let mut found = Vec::new();
    for _ in 0..8 {
        let Some(all) = records(&name) else {
            return if has_names_below(&name) { Answer::NoData } else { Answer::NxDomain };
        };
        let is_kind = |record: &&Record| match record {
            Record::Address(IpAddr::V4(_)) => matches!(kind, RecordKind::A | RecordKind::Address),
            Record::Address(IpAddr::V6(_)) => matches!(kind, RecordKind::Aaaa | RecordKind::Address),
            Record::Mx(..) => kind == RecordKind::Mx,
            Record::Srv(..) => kind == RecordKind::Srv,
            Record::Ptr(_) => kind == RecordKind::Ptr,
            Record::Cname(_) => false,
        };
        let of_kind: Vec<Record> = all.iter().filter(is_kind).cloned().collect();
        if !of_kind.is_empty() {
            found.extend(of_kind);
            return Answer::Records(found);
        }
        match all.iter().find_map(|record| if let Record::Cname(to) = record { Some(to.clone()) } else { None }) {
            Some(to) => {
                found.push(Record::Cname(to.clone()));
                name = to;
            }
            None => return Answer::NoData,
        }
    }
    Answer::ServFail
}

/// `A 192.0.2.1`, `AAAA 2001:db8::1`, `CNAME name`, `MX 10 name`, `SRV 0 1 587 name`, as in a zone file.
pub(super) fn record(text: &str) -> Option<Record> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["A" | "AAAA", addr] => Some(Record::Address(addr.parse().ok()?)),
        ["PTR", name] => Some(Record::Ptr((*name).to_owned())),
        ["CNAME", name] => Some(Record::Cname((*name).to_owned())),
        ["MX", preference, name] => Some(Record::Mx(preference.parse().ok()?, (*name).to_owned())),
        ["SRV", priority, weight, port, name] => {
            Some(Record::Srv(priority.parse().ok()?, weight.parse().ok()?, port.parse().ok()?, (*name).to_owned()))
        }
        _ => None,
    }
}

#[async_trait::async_trait]
impl Network for LabNetwork {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        match via {
            Via::System => {
                if let (RecordKind::Address, Some(addr)) = (kind, self.hosts_file(name).await) {
                    return Answer::Records(vec![Record::Address(addr)]);
                }
                if !self.world.machine.routed_v4 && !self.world.machine.routed_v6 {
                    return Answer::NoNetwork;
                }
                match self.world.resolver.state {
                    ResolverState::Silent => {
                        sleep(deadline).await;
                        return Answer::Silent;
                    }
                    ResolverState::Servfail => return Answer::ServFail,
                    ResolverState::Refuses => return Answer::Refused,
                    ResolverState::Answers => {}
                }
                sleep(OWN_LOOKUP).await;
                self.own_resolver(name, kind)
            }
            Via::Server(server) if server == self.world.resolver.address => {
                Box::pin(self.lookup(Via::System, name, kind, deadline)).await
            }
            Via::Server(server) => match self.world.fate(server, None) {
                Fate::Opens { rtt, .. } => {
                    sleep(rtt).await;
                    self.truth(name, kind)
                }
                Fate::Fails { after: Duration::ZERO, .. } => Answer::NoNetwork,
                _ => {
                    sleep(deadline).await;
                    Answer::Silent
                }
            },
        }
    }

    async fn connect(&self, to: SocketAddr, options: ConnectOptions) -> Result<Connection, ConnectFailure> {
        let started = Instant::now();
        let mut dice = self.dice(to, options.ttl);
        let lost = dice.losses();
        let late = (0..lost).map(|repeat| SYN_REPEAT * 2u32.pow(repeat)).sum::<Duration>();
        let fate = self.world.fate(to, options.ttl);
        let silent = |elapsed| ConnectFailure { state: PortState::Filtered, os: None, icmp: None, elapsed };
        match fate {
            Fate::Opens { host, port, rtt } if rtt + late <= options.deadline => {
                sleep(rtt + late).await;
                let small = options.mss.is_some_and(|mss| usize::from(mss) <= NARROW);
                let largest = (self.world.drops_large(to) && !small).then_some(NARROW);
                let opened = self.open(&host, port, rtt, &dice, largest);
                let stream = opened.ok_or_else(|| silent(started.elapsed()))?;
                let own = self.world.own_addresses().into_iter().find(|(own, _)| own.is_ipv4() == to.is_ipv4());
                let local = own.map(|(own, _)| SocketAddr::new(own, self.next_port.fetch_add(1, Ordering::Relaxed)));
                Ok(Connection { stream, local, elapsed: started.elapsed(), retransmissions: Some(lost) })
            }
            Fate::Fails { icmp: Some(_), .. } if !self.world.machine.hears_routers => {
                sleep(options.deadline).await;
                Err(silent(started.elapsed()))
            }
            Fate::Fails { state, errno, icmp, after } if after + late <= options.deadline => {
                sleep(after + late).await;
                let name = errors::classify(errors::System::Linux, errno).1.to_owned();
                let os = Some(errors::OsError { code: errno, name });
                Err(ConnectFailure { state, os, icmp, elapsed: started.elapsed() })
            }
            _ => {
                sleep(options.deadline).await;
                Err(silent(started.elapsed()))
            }
        }
    }

    fn local(&self) -> Local {
        let machine = &self.world.machine;
        Local {
            addresses: self.world.own_addresses(),
            routed_v4: machine.routed_v4,
            routed_v6: machine.routed_v6,
            sees_icmp: machine.hears_routers,
            resolvers: vec![self.world.resolver.address],
            tls_policy: vec![],
            vpn: machine.vpn.clone(),
            firewall: machine.firewall.clone(),
            proxy: machine.proxy.clone(),
            hostname: Some(machine.hostname.clone()),
            user: Some(machine.user.clone()),
            elevated: false,
            os: machine.os.clone(),
        }
    }

    async fn hosts_file(&self, name: &str) -> Option<IpAddr> {
        self.world.hosts().into_iter().find(|(_, listed)| listed == name).map(|(addr, _)| addr)
    }

    async fn programs(&self) -> Vec<String> {
        self.world.machine.programs.clone()
    }

    fn trust(&self) -> Trust {
        // Each issuer, and whether what stands between it and its servers is known here.
        let mut issuers: BTreeMap<&str, bool> = BTreeMap::new();
        let certificates = self
            .world
            .host
            .values()
            .flat_map(|host| host.port.values().filter_map(|port| port.certificate.as_ref()).chain([&host.certificate]))
            .filter(|certificate| certificate.trusted && certificate.issuer != "self")
            .map(|certificate| (certificate.issuer.as_str(), certificate.link_known));
        for (issuer, link_known) in certificates {
            *issuers.entry(issuer).or_default() |= link_known;
        }
        let middle = |(name, known): (&&str, &bool)| known.then(|| self.authorities.middle(name)).flatten();
        let roots = issuers.keys().filter_map(|name| self.authorities.root(name));
        let extra_roots = roots.chain(issuers.iter().filter_map(middle)).collect();
        Trust { extra_roots, system_roots: false }
    }

    fn now(&self) -> jiff::Timestamp {
        let (began, at) = self.began;
        began + at.elapsed()
    }
}
