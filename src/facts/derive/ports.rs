//! Facts about the port in use, compared with other ports and other companies' servers.

use super::*;
use crate::facts::keys::{
    alive, connectivity, dns_server, doors, hops, leaves, port, protection, reference, smtp, testnet,
};
use crate::facts::words::{Greeting, Handshake, Near, Pages, TurnedAway};
use crate::text::small_sort::SmallSort;
use crate::text::{is_inner, is_shared};
use std::net::IpAddr;

/// ICMP types and codes (RFC 792, RFC 1812 section 5.2.7.1, RFC 4443 section 3.1) that only a filter sends about a
/// mail server's port: a rule forbids it, or the protocol or port is not accepted.
const FILTERS_SAY: [&str; 9] = ["3/2", "3/3", "3/9", "3/10", "3/13", "1/1", "1/4", "1/5", "1/6"];

/// The hop of the first router.
const FIRST_HOP: usize = 1;

/// Whether an address is an inner one, and not of those that internet providers share among lines (RFC 6598).
fn is_of_a_house(addr: IpAddr) -> bool {
    is_inner(addr) && !matches!(addr, IpAddr::V4(v4) if is_shared(v4))
}

fn is_public(seen: &Seen<IpAddr>) -> bool {
    matches!(seen, Seen::Is(addr) if !is_inner(*addr))
}

impl View<'_> {
    pub(super) fn ports(&self, facts: &mut Made) {
        let port = self.port();
        let number = match port {
            _ if self.in_use.is_none() => gap("no server is known"),
            _ if MAIL_PORTS.contains(&port) => word(&port.to_string()),
            _ => word("other"),
        };
        facts.put("port.number", number);
        facts.put("port.state", self.own_state());
        facts.put("port.elsewhere", self.state_elsewhere(port));
        facts.put("port.others", self.others_open());
        let submission = [465, 587].into_iter().flat_map(|port| {
            let mut states = self.elsewhere(reference::STATE, port);
            states.push(self.at(port, port::STATE));
            states
        });
        facts.put("submission.elsewhere", any(submission, is_open, "open", word("closed")));
        facts.put("server.alive", self.one(alive::ALIVE));
        facts.put("server.address", self.server_address());
        let none = self.one(alive::OPEN).known(|_| word("no"));
        facts.put("server.web-proxy", any([self.one(alive::WEB_PROXY)], |_| true, "yes", none));
        facts.put("testnet", self.one(testnet::STATE.of(port)));
        for other in MAIL_PORTS {
            let state = match self.at(other, port::STATE) {
                _ if other == port => gap("it is the port in use"),
                _ if self.is_here() => moot("the server is on this computer"),
                Seen::Is(PortState::Open) => word("open"),
                Seen::Is(PortState::Denied) => word("shut-on-this-computer"),
                Seen::Is(_) => match (self.at(other, leaves::LEAVES), self.state_elsewhere(other)) {
                    (Seen::Is(false), _) => word("shut-on-this-computer"),
                    (Seen::Pending(checks), _) => Known::Pending(checks),
                    (_, Known::Word(elsewhere)) if elsewhere == "closed" => word("shut-everywhere"),
                    (_, Known::Word(_)) => word("shut-here"),
                    (_, not_known) => not_known,
                },
                not_seen => not_seen.into(),
            };
            facts.put(&format!("also.port-{other}"), state);
        }
    }

    /// Who turned the connection away, and where they are.
    pub(super) fn turned_away(&self, facts: &mut Made) {
        facts.put("port.by", self.turned_away_by());
        if self.own_state().is(PortState::Open) {
            facts.put("port.leaves", moot("the port opens"));
        } else {
            facts.put("port.leaves", self.own(leaves::LEAVES));
        }
        facts.put("port.refuser", self.refuser());
        facts.put("port.rejected-by", self.rejected_by());
        facts.put("port.last-heard", self.last_heard());
    }

    /// A server that has this network's own public address is behind this network's own router.
    fn server_address(&self) -> Known {
        if self.is_here() {
            return moot("the server is on this computer");
        }
        if self.one(protection::VPN_CARRIES_ALL).is(true) {
            return moot("other servers see the VPN's public address, not this network's");
        }
        match self.one(protection::OWN_PUBLIC_ADDRESS) {
            Seen::Is(true) => return moot("this computer has a public address of its own"),
            Seen::Pending(checks) => return Known::Pending(checks),
            _ => {}
        }
        let seen = self.one(dns_server::ADDRESSES);
        let Seen::Is(addresses) = seen else { return seen.known(|_| word("other")) };
        let told: Vec<Seen<IpAddr>> = (self.input.seen.references())
            .map(|id| self.reference(id, &reference::SEEN_AS))
            .chain(self.input.seen.targets(smtp::SEEN_AS.check).map(|target| self.on(target, smtp::SEEN_AS)))
            .collect();
        let none = match (self.own(leaves::AT_ROUTER), told.iter().any(is_public)) {
            (Seen::Pending(checks), _) => Known::Pending(checks),
            (_, true) => word("other"),
            (Seen::Is(_), _) if addresses.iter().all(|addr| !is_inner(*addr)) => word("router"),
            _ => gap("no mail server has told us our public address"),
        };
        any(told, |addr| !is_inner(*addr) && addresses.contains(addr), "own", none)
    }

    fn own_state(&self) -> Seen<PortState> {
        match self.own(port::STATE) {
            Seen::Is(PortState::Unknown) => Seen::Absent(Why::Gap("the system reported no result".to_owned())),
            state => state,
        }
    }

    fn turned_away_by(&self) -> Known {
        let state = match self.own_state() {
            Seen::Is(PortState::Denied) => return word("self"),
            Seen::Is(PortState::Open) => {
                return self.one(hops::NEARER).or_moot("the port opens").known(|_| word("near"));
            }
            Seen::Is(state) => state,
            not_seen => return not_seen.into(),
        };
        // A reset from before the first router may also come from that router itself, on its LAN side.
        if self.own(leaves::TURNED_AWAY).is(TurnedAway::ByThisMachine) {
            return word("self");
        }
        if self.own(leaves::NEAR).is(Near::Open) {
            return word("near");
        }
        if let Seen::Pending(checks) = self.own(leaves::LEAVES) {
            return Known::Pending(checks);
        }
        if let Seen::Is(from) = self.own(port::ICMP_FROM) {
            return word(if self.is_server(from) { "server" } else { "near" });
        }
        if state == PortState::Filtered {
            return moot("nothing came back");
        }
        match (self.one(hops::NEARER), self.one(hops::SAME_DISTANCE)) {
            (Seen::Is(_), _) => word("near"),
            (_, Seen::Is(_)) => word("server"),
            (Seen::Pending(checks), _) => Known::Pending(checks),
            _ => gap("a reset does not say who sent it"),
        }
    }

    fn is_server(&self, address: std::net::IpAddr) -> bool {
        self.one(dns_server::ADDRESSES).value().is_some_and(|addresses| addresses.contains(&address))
    }

    /// The device that drops a silent port's packets is the last one that answers, or the one after it. It is inside
    /// the network if it has a private address and another port gets beyond it.
    fn last_heard(&self) -> Known {
        if let Seen::Pending(checks) = self.one(hops::PORT) {
            return Known::Pending(checks);
        }
        if self.one(hops::DISTANCE).is_there() {
            return gap("the port answers");
        }
        let (Seen::Is(last), Seen::Is(hop)) = (self.one(hops::LAST_HEARD), self.one(hops::LAST_HOP)) else {
            return gap("no router on the way reports what reaches it");
        };
        let goes_on = self.one(hops::CONTRAST_LAST_HOP).value().is_some_and(|other| other > hop);
        match (is_of_a_house(last), goes_on) {
            (true, true) if hop == FIRST_HOP => word("inside"),
            // An inner address further on: a company's own router, or one of an internet provider that numbers so.
            (true, true) => word("near"),
            (true, false) => gap("nothing gets further, so the edge of this network cannot be seen"),
            (false, _) => word("beyond"),
        }
    }

    fn refuser(&self) -> Known {
        if let Seen::Pending(checks) = self.own(leaves::LEAVES) {
            return Known::Pending(checks);
        }
        let from = match self.own(port::ICMP_FROM) {
            Seen::Is(from) => from,
            Seen::Pending(checks) => return Known::Pending(checks),
            Seen::Absent(_) => return gap("no device said that it turned the connection away"),
        };
        match (is_of_a_house(from), self.own(leaves::FIRST_ROUTER).is(from)) {
            (true, true) => word("inside"),
            (true, false) => gap("a private address does not show whose device it is"),
            (false, _) => word("beyond"),
        }
    }

    /// Another device than this computer says that a rule forbids the connection, or that the port is closed. A server
    /// on which nothing listens sends a reset instead: such a message from the server itself is its firewall's.
    fn rejected_by(&self) -> Known {
        match (self.own(port::ICMP), self.own(port::ICMP_PROHIBITED), self.own(port::ICMP_FROM)) {
            (Seen::Is(code), Seen::Is(_), Seen::Is(from)) if FILTERS_SAY.contains(&code.as_str()) => {
                word(if self.is_server(from) { "server" } else { "device" })
            }
            (Seen::Pending(checks), ..) => Known::Pending(checks),
            _ => gap("no device said so"),
        }
    }

    fn others_open(&self) -> Known {
        if self.one(connectivity::RESULT).is(Pages::Ok)
            || self.one(alive::OPEN).value().is_some_and(|open| !open.is_empty())
        {
            return word("open");
        }
        let here = self.other_ports().into_iter().map(|port| self.at(port, port::STATE));
        let not_own = COMPARED_PORTS.into_iter().filter(|port| *port != self.port());
        let elsewhere = not_own.flat_map(|port| self.elsewhere(reference::STATE, port));
        any(here.chain(elsewhere), is_open, "open", word("closed"))
    }

    /// Whether the dialogue ends at the handshake or after it, other than for a certificate that somebody can accept: then
    /// the port is no better.
    fn breaks_off(&self, port: u16) -> bool {
        let failed = |handshake: &Handshake| !matches!(handshake, Handshake::Done | Handshake::Certificate);
        self.at(port, smtp::HANDSHAKE).value().is_some_and(|handshake| failed(&handshake))
            || self.at(port, smtp::EHLO_ENCRYPTED).is_there()
            || self.at(port, smtp::STOPS).is_there()
    }

    /// Whether another port of the server accepts mail, and which of them is best.
    pub(super) fn other_port(&self) -> (Known, Option<u16>) {
        let mut ports = self.other_ports();
        // First what the provider wants, then 587 and 465; 25 only if it offers a log-in.
        let wanted =
            |port: u16| self.input.wanted.is_some_and(|wanted| wanted.choices.iter().any(|choice| choice.port == port));
        // Port 25 is for servers: no provider that names its ports means it for mail programs unless it says so.
        let is_known = self.input.wanted.is_some_and(|wanted| wanted.provider().is_some());
        ports.retain(|port| *port != 25 || !is_known || wanted(25));
        ports.small_sort_by_key(|port| (!wanted(*port), *port == 25, u16::MAX - *port));
        let mut pending = BTreeSet::new();
        for port in ports {
            match (self.at(port, smtp::GREETING), self.at(port, smtp::AUTH)) {
                // The machine's own server answers there too.
                _ if self.at(port, smtp::OWN_NAME).is(true) => {}
                // It takes another name than the mail program gives.
                _ if self.at(port, smtp::EHLO_REFUSED).is_there() => {}
                (Seen::Is(Greeting::Ready), Seen::Is(offered)) if !offered.is_empty() => {
                    return (word("open"), Some(port));
                }
                (Seen::Is(Greeting::Ready), Seen::Absent(_)) if self.breaks_off(port) => {}
                (Seen::Is(Greeting::Ready), Seen::Absent(_)) if port != 25 => return (word("open"), Some(port)),
                (Seen::Is(Greeting::Ready), Seen::Pending(checks)) | (Seen::Pending(checks), _) => {
                    pending.extend(checks);
                }
                _ => {}
            }
        }
        match self.one(doors::PORT) {
            Seen::Pending(checks) => pending.extend(checks),
            Seen::Is(port) if pending.is_empty() => return (word("open"), Some(port)),
            _ => {}
        }
        if pending.is_empty() { (word("closed"), None) } else { (Known::Pending(pending), None) }
    }
}
