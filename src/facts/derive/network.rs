//! Facts about names and the connection.

use super::*;
use crate::facts::hosters;
use crate::facts::keys::{alive, chain, ipv6, leaves, others, port, protection, quality, smtp, steady, testnet};
use crate::facts::keys::{
    clock, connectivity, dns_domain, dns_elsewhere, dns_known, dns_own, dns_server, reference, settings,
};
use crate::facts::words::{AtOtherAddress, Greeting, Handshake, Loss, NameFound, Opens, OtherNames, Pages, ServerFit};
use std::net::IpAddr;

/// The share of lost handshakes, in percent, that counts as heavy: 8 of the 60 of one sampling. A line that loses 3 %
/// reaches that once in forty samplings, so a second sampling has to agree; a line that loses 30 % always does.
const HEAVY_PERCENT: usize = 13;
/// A line that loses less than this, in percent, is sound.
const SOME_PERCENT: usize = 4;

/// A connection over IPv6 that fails in less than this is no wait that anybody notices. Windows takes two seconds for a refusal.
const HANGS_MS: u64 = 3_000;

/// How much was lost, if this share of a sampling's handshakes lost packets, in percent.
pub fn loss(percent: usize) -> Loss {
    match percent {
        HEAVY_PERCENT.. => Loss::Heavy,
        SOME_PERCENT.. => Loss::Some,
        _ => Loss::None,
    }
}

impl View<'_> {
    pub(super) fn names(&self, facts: &mut Made) {
        facts.put("dns.domain", self.one(dns_domain::RESULT));
        if self.in_use.is_none() && self.input.seen.plan_complete {
            facts.put("dns.server", gap("no server is known"));
        } else {
            facts.put("dns.server", self.one(dns_server::RESULT));
        }
        let server = self.one(settings::SERVER).map(|fit| fit == ServerFit::Misspelt);
        let domain = self.one(dns_domain::SUGGESTION).map(|_| true);
        facts.put("dns.near-miss", any([server, domain], |is_misspelt| *is_misspelt, "yes", word("no")));
        facts.put("dns.elsewhere", self.one(dns_elsewhere::RESULT));
        facts.put("dns.other-address", self.one(dns_elsewhere::OTHER_ADDRESS));
        match self.one(dns_elsewhere::REWRITTEN) {
            // The fact is noted only if it is true.
            Seen::Absent(_) => facts.put("dns.rewritten", self.one(dns_elsewhere::RESULT).map(|_| false)),
            rewritten => facts.put("dns.rewritten", rewritten),
        }
        facts.put("dns.others", self.other_names());
        facts.put("dns.known", self.one(dns_known::RESULT).or_moot("the servers to compare with were given by name"));
        facts.put("dns.own", self.one(dns_own::RESULT));
        facts.put("dns.hosts-file", self.one(dns_server::HOSTS_FILE));
        facts.put("server.here", self.one(dns_server::HERE));
        let by_number = self.in_use.as_ref().map(|in_use| yes_no(in_use.host.parse::<IpAddr>().is_ok()));
        facts.put("server.by-number", by_number.unwrap_or_else(|| gap("no server is known")));
        facts.put("dns.answer", self.one(dns_server::ANSWER));
    }

    /// Whether this computer finds the names of other companies' servers. A single name may be unknown for a reason of
    /// its own.
    fn other_names(&self) -> Seen<OtherNames> {
        let look_up = |id: &str| self.reference(id, &reference::LOOK_UP);
        let is_name = |id: &&str| !matches!(look_up(id), Seen::Absent(_));
        let names: Vec<&str> = self.input.seen.references().filter(is_name).collect();
        let look_ups: Vec<Seen<NameFound>> = names.iter().map(|id| look_up(id)).collect();
        let pending = look_ups.iter().filter_map(|seen| match seen {
            Seen::Pending(checks) => Some(checks.clone()),
            _ => None,
        });
        let pending: BTreeSet<String> = pending.flatten().gather();
        let own = self.one(dns_server::ADDRESSES).value().unwrap_or_default();
        let addresses: BTreeSet<IpAddr> =
            names.iter().filter_map(|id| self.reference(id, &reference::ADDRESS).value()).collect();
        let all =
            |words: &[NameFound]| look_ups.iter().all(|seen| matches!(seen, Seen::Is(found) if words.contains(found)));
        let is_found = look_ups.contains(&Seen::Is(NameFound::Found));
        match () {
            () if is_found && addresses.len() > 1 => Seen::Is(OtherNames::Found),
            () if !pending.is_empty() => Seen::Pending(pending),
            () if look_ups.len() < AGREEING_REFERENCES => {
                Seen::Absent(Why::Gap("too few names of other companies' servers were looked up".to_owned()))
            }
            () if all(&[NameFound::NotFound, NameFound::NoAddress]) => Seen::Is(OtherNames::NotFound),
            () if all(&[NameFound::Failed, NameFound::Silent]) => Seen::Is(OtherNames::Failed),
            () if all(&[NameFound::Found]) && own.iter().any(|addr| addresses.contains(addr)) => {
                Seen::Is(OtherNames::OneAddress)
            }
            () => Seen::Is(OtherNames::Found),
        }
    }

    pub(super) fn internet(&self, facts: &mut Made) {
        facts.put("internet", self.connected());
        facts.put("internet.route", self.one(testnet::ROUTE));
        facts.put("loss", self.one(quality::LOSS));
        facts.put("vpn", self.vpn());
        facts.put("hoster", self.hoster());
        let ipv6 = match (self.own(port::STATE_V6), self.own(port::STATE_V4)) {
            _ if self.is_here() => moot("the server is on this computer"),
            (Seen::Is(PortState::Open), _) => word("works"),
            (Seen::Is(PortState::Filtered), Seen::Is(PortState::Open)) => word("broken"),
            (Seen::Is(_), Seen::Is(PortState::Open)) => match self.own(port::TOOK_V6) {
                Seen::Pending(checks) => Known::Pending(checks),
                // Programs turn to IPv4 at once.
                Seen::Is(ms) if ms < HANGS_MS => word("turned-away"),
                _ => word("broken"),
            },
            (Seen::Is(_), Seen::Pending(checks)) | (Seen::Pending(checks), _) => Known::Pending(checks),
            (Seen::Is(_), _) => gap("the server answers over neither IPv4 nor IPv6"),
            (Seen::Absent(_), _) => word("none"),
        };
        facts.put("ipv6", ipv6);
        facts.put("ipv6.elsewhere", self.one(ipv6::ELSEWHERE));
        self.addresses(facts);
        let rules = self.one(protection::RULES);
        facts.put("client.rule", rules.known(|rules| word(if rules.is_empty() { "none" } else { "blocks" })));
        let clock = match self.one(clock::AHEAD) {
            Seen::Absent(_) if self.one(clock::IMPLAUSIBLE).is(true) => word("doubtful"),
            clock => {
                clock.known(|ahead| word(if ahead.unsigned_abs() <= MOST_CLOCK_OFF_S { "right" } else { "wrong" }))
            }
        };
        facts.put("clock", clock);
        facts.put("line", word(if self.has_changed() { "changed" } else { "steady" }));
        facts.put("line.disturbs", self.disturbs());
    }

    /// Whether the server's other addresses are as good as the one in use. A program may take any of them.
    fn addresses(&self, facts: &mut Made) {
        let shut = match (self.own(port::SHUT), self.own(port::STATE)) {
            _ if self.is_here() => moot("the server is on this computer"),
            (Seen::Is(_), _) => word("some-shut"),
            (Seen::Pending(checks), _) => Known::Pending(checks),
            (_, Seen::Is(PortState::Open)) => word("alike"),
            _ => moot("none of them opens"),
        };
        facts.put("server.addresses", shut);
        let is_one = self.one(dns_server::ADDRESSES).value().is_none_or(|addresses| addresses.len() < 2);
        let tls = match (self.one(chain::SILENT_ADDRESSES), self.one(chain::AT_OTHER_ADDRESS)) {
            _ if is_one => moot("the server has one address"),
            _ if self.one(chain::SOUND_ADDRESSES).is_there() => word("sound-certificate"),
            (Seen::Is(_), _) => word("silent"),
            (_, Seen::Is(how)) if how.iter().any(|how| *how != AtOtherAddress::OtherIssuer) => word("bad-certificate"),
            (Seen::Pending(checks), _) => Known::Pending(checks),
            _ => moot("nothing is wrong with them, or they were not asked"),
        };
        facts.put("server.addresses.tls", tls);
        let others = match self.one(others::ANSWERING) {
            Seen::Is(_) => word("answer"),
            Seen::Pending(checks) => Known::Pending(checks),
            Seen::Absent(_) => moot("it answers at the one in use, or nowhere"),
        };
        facts.put("server.addresses.others", others);
    }

    /// Whether the connection has changed so far, or the computer has slept: nobody waits for the end of the run to know that
    /// it has not.
    fn has_changed(&self) -> bool {
        self.one(steady::CONNECTION_CHANGED).is(true) || self.one(steady::CLOCK_JUMPED).is_there()
    }

    /// A change disturbs what ended in silence, in an end of the connection, or before there was one; not what the server
    /// answered.
    fn disturbs(&self) -> Known {
        if !self.has_changed() || self.is_here() {
            return word("no");
        }
        match (self.works(), self.stops()) {
            (Known::Word(works), _) if works == "yes" => word("no"),
            (Known::Pending(checks), _) | (_, Known::Pending(checks)) => Known::Pending(checks),
            (_, Known::Word(stops)) if stops == "answer" => yes_no(self.hangs_up()),
            _ => word("yes"),
        }
    }

    /// Whether the server's last answer was the end of the connection.
    fn hangs_up(&self) -> bool {
        self.own(smtp::GREETING).is(Greeting::Closes)
            || self.own(smtp::HANDSHAKE).is(Handshake::Cut)
            || matches!(self.stops_answering(), Known::Word(word) if ["silent", "closes"].contains(&word.as_str()))
    }

    /// Where the server is reached through a VPN and others are not, or the other way round, other companies' servers show
    /// nothing about the way to the server.
    fn vpn(&self) -> Known {
        if !self.one(protection::VPN).is_there() {
            // The interface is noted only if there is one.
            return self.one(protection::OWN_PUBLIC_ADDRESS).known(|_| word("none"));
        }
        match (self.one(protection::VPN_CARRIES), self.one(protection::VPN_CARRIES_ALL)) {
            (Seen::Is(true), Seen::Is(true)) => word("carries"),
            (Seen::Is(false), Seen::Is(false)) => word("beside"),
            (Seen::Is(_), Seen::Is(_)) => word("parts"),
            (Seen::Is(_), not_seen) | (not_seen, _) => not_seen.into(),
        }
    }

    /// A public address of its own shows a rented machine, or a line without a router.
    fn hoster(&self) -> Known {
        let row = self.one(protection::HOSTER).value().and_then(|name| hosters::by_name(&name));
        match row {
            Some(row) => word(if row.shuts.contains(&self.port()) { "shuts" } else { "known" }),
            None => self.one(protection::OWN_PUBLIC_ADDRESS).known(|own| word(if own { "unnamed" } else { "none" })),
        }
    }

    fn connected(&self) -> Known {
        let mut targets = self.input.seen.targets(smtp::THROUGH.check).filter(|target| target.role == Role::InUse);
        if !self.is_here() && targets.any(|target| self.on(target, smtp::THROUGH).is(true)) {
            return word("yes");
        }
        match self.one(connectivity::RESULT) {
            Seen::Is(Pages::Ok) => word("yes"),
            Seen::Is(Pages::Portal) => match self.opens_beyond_a_portal() {
                Known::Word(opens) if opens == "yes" => word("yes"),
                Known::Pending(checks) => Known::Pending(checks),
                _ => word("portal"),
            },
            // There may still be a portal; until that is known, an open port is no proof.
            Seen::Pending(checks) if self.input.seen.is_planned(connectivity::RESULT.check) => match self.opens() {
                Known::Pending(more) => Known::Pending(checks.into_iter().chain(more).gather()),
                _ => Known::Pending(checks),
            },
            pages => match self.opens() {
                Known::Word(opens) if opens != "yes" && matches!(pages, Seen::Absent(_)) && !self.has_references() => {
                    gap("nothing but the mail server was tried")
                }
                opens => opens,
            },
        }
    }

    /// What each reference shows of a port that is tried at references.
    fn reference_states(&self, port: u16) -> impl Iterator<Item = Seen<PortState>> {
        let key = reference::STATE.of(port);
        self.input.seen.references().map(move |id| self.reference(id, &key))
    }

    fn has_references(&self) -> bool {
        let mut states = COMPARED_PORTS.into_iter().flat_map(|port| self.reference_states(port));
        states.any(|state| !matches!(state, Seen::Absent(_)))
    }

    /// Whether 443 opens at another company's server: a portal lets nothing through that it cannot read.
    fn opens_beyond_a_portal(&self) -> Known {
        any(self.reference_states(443), is_open, "yes", word("no"))
    }

    /// Whether any port opens anywhere: "yes", "no", or "proxy-only".
    fn opens(&self) -> Known {
        let seen = self.input.seen;
        let mut states: Vec<Seen<PortState>> =
            COMPARED_PORTS.into_iter().flat_map(|port| self.reference_states(port)).collect();
        // A server on this computer shows nothing of the connection.
        let is_here = |role| match role {
            Role::InUse => self.is_here(),
            Role::Wanted => self.of_wanted(dns_server::HERE).is(true),
        };
        let targets = seen.targets(port::STATE.check).filter(|target| !is_here(target.role));
        states.extend(targets.map(|target| self.on(target, port::STATE)));
        let at_other_address = self.one(dns_elsewhere::OTHER_ADDRESS);
        states.push(
            at_other_address.map(|opens| if opens == Opens::Opens { PortState::Open } else { PortState::Unknown }),
        );
        if !seen.plan_complete {
            states.push(Seen::Pending(planning()));
        }
        let was_tried = |state: &Seen<PortState>| matches!(state, Seen::Is(state) if *state != PortState::Unknown);
        let tried = states.iter().any(was_tried);
        let by_proxy = self.one(connectivity::BY_PROXY).is(true);
        let none = match () {
            () if self.one(alive::OPEN).value().is_some_and(|open| !open.is_empty()) => word("yes"),
            () if by_proxy => word("proxy-only"),
            () if self.one(testnet::ROUTE).is(false) => word("no"),
            () if tried && self.hosts_tried() >= AGREEING_REFERENCES => word("no"),
            () if tried => gap("only one host could be tried"),
            () => gap("nothing could be tried: no name was found"),
        };
        // Something that answered, even with a refusal, is a connection, unless it may have been this computer itself.
        let turned_away_here = self.own(leaves::TURNED_AWAY).is_there();
        let answers =
            |state: &PortState| is_open(state) || (*state == PortState::Refused && !turned_away_here && !by_proxy);
        any(states, answers, "yes", none)
    }

    /// How many different hosts were tried: a single one may be down. Names with the same addresses are one host.
    fn hosts_tried(&self) -> usize {
        let of_references =
            self.input.seen.references().filter_map(|id| self.reference(id, &reference::ADDRESS).value());
        let servers = [self.one(dns_server::ADDRESSES), self.of_wanted(dns_server::ADDRESSES)];
        let of_servers = servers.into_iter().filter_map(Seen::value);
        of_references.map(|address| vec![address]).chain(of_servers).gather::<BTreeSet<_>>().len()
    }
}
