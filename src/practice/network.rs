//! The lab's network: the names and connections of a scenario's world.

use super::fate::Fate;
use super::lab::Lab;
use super::world::ResolverState;
use crate::net::{
    Answer, ConnectFailure, ConnectOptions, Connection, Network, PortState, Record, RecordKind, Via, errors,
};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// What still gets through where large packets vanish, in bytes: less than on real lines, as the lab's certificates
/// are small.
const NARROW: usize = 600;
/// A lost SYN is repeated after a second, then two, then four (RFC 6298).
const SYN_REPEAT: Duration = Duration::from_secs(1);

impl Lab {
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

/// The records of a kind, with aliases followed. Whoever asks for addresses as programs do is not told of the aliases
/// (getaddrinfo).
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
            Record::Txt(_) => kind == RecordKind::Txt,
            Record::Cname(_) => false,
        };
        let of_kind: Vec<Record> = all.iter().filter(is_kind).cloned().collect();
        if !of_kind.is_empty() {
            if kind == RecordKind::Address {
                found.clear();
            }
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

/// `A 192.0.2.1`, `AAAA 2001:db8::1`, `CNAME name`, `MX 10 name`, `SRV 0 1 587 name`, `TXT any words`, as in a zone
/// file.
pub(super) fn record(text: &str) -> Option<Record> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["A" | "AAAA", addr] => Some(Record::Address(addr.parse().ok()?)),
        ["TXT", ..] => Some(Record::Txt(text.trim_start().strip_prefix("TXT ")?.to_owned())),
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
impl Network for Lab {
    async fn lookup(&self, via: Via, name: &str, kind: RecordKind, deadline: Duration) -> Answer {
        match via {
            Via::System => {
                if name == "localhost" {
                    return Answer::Records(vec![Record::Address(IpAddr::from([127, 0, 0, 1]))]);
                }
                if let (RecordKind::Address, Some(addr)) = (kind, self.world.listed(name)) {
                    return Answer::Records(vec![Record::Address(addr)]);
                }
                if !self.world.machine.routed_v4 && !self.world.machine.routed_v6 {
                    return Answer::NoNetwork;
                }
                let takes = Duration::from_millis(self.world.resolver.takes_ms);
                match self.world.resolver.state {
                    ResolverState::Silent => {
                        sleep(deadline).await;
                        return Answer::Silent;
                    }
                    ResolverState::Servfail => return Answer::ServFail,
                    ResolverState::Refuses => return Answer::Refused,
                    ResolverState::KnowsNothing => {
                        sleep(takes).await;
                        return Answer::NxDomain;
                    }
                    ResolverState::Answers => {}
                }
                sleep(takes).await;
                self.own_resolver(name, kind)
            }
            Via::Server(server) if server == self.world.resolver.address => {
                Box::pin(self.lookup(Via::System, name, kind, deadline)).await
            }
            Via::Server(server) => match self.world.fate(server, None) {
                // A filter that catches all queries answers in the place of every server.
                Fate::Opens { host, .. } if self.world.host_at(server.ip()).is_none_or(|(name, _)| name != host) => {
                    Box::pin(self.lookup(Via::System, name, kind, deadline)).await
                }
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
        let next_port = || Some(self.next_port.fetch_add(1, Ordering::Relaxed));
        let silent = |elapsed| ConnectFailure {
            state: PortState::Filtered,
            os: None,
            icmp: None,
            local_port: next_port(),
            elapsed,
        };
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
                Err(ConnectFailure { state, os, icmp, local_port: next_port(), elapsed: started.elapsed() })
            }
            _ => {
                sleep(options.deadline).await;
                Err(silent(started.elapsed()))
            }
        }
    }
}
