//! Facts about the port in use, against other ports and other companies' servers.

use super::*;

impl View<'_> {
    pub(super) fn ports(&self, put: &mut impl FnMut(&str, Known)) {
        let port = self.port();
        put(
            "port.number",
            match port {
                _ if self.in_use.is_none() => unknown("no server is known"),
                25 | 465 | 587 => word(&port.to_string()),
                _ => word("other"),
            },
        );
        let state = match self.own("port", "state") {
            Known::Word(state) if state == "unknown" => unknown("the system gave no outcome"),
            other => other,
        };
        put("port.by", self.turned_away_by(&state));
        let is_open = state.word() == Some("open");
        put("port.leaves", if is_open { unknown("the port opens") } else { self.own("way", "leaves") });
        put("port.refuser", self.refuser());
        put("port.rejected-by", self.rejected_by());
        put("port.last-heard", self.last_heard());
        put("port.state", state);
        put("port.elsewhere", self.state_elsewhere(port));
        put("port.others", self.others_open());
        let submission = [465, 587].into_iter().flat_map(|port| {
            let mut states = self.elsewhere(&port.to_string());
            states.push(self.seen(&format!("port.{port}"), "state"));
            states
        });
        put("submission.elsewhere", any(submission, |state| state == "open", "open", word("closed")));
        put("server.other-port", self.other_port().0);
        put("server.alive", self.seen("alive", "alive"));
        put("testnet", self.seen("testnet", &port.to_string()));
        for other in MAIL_PORTS {
            let state = match self.seen(&format!("port.{other}"), "state") {
                _ if other == port => unknown("it is the port in use"),
                Known::Word(state) if state == "open" => word("open"),
                Known::Word(_) => match self.state_elsewhere(other) {
                    Known::Word(elsewhere) if elsewhere == "closed" => word("shut-everywhere"),
                    Known::Word(_) => word("shut-here"),
                    known => known,
                },
                known => known,
            };
            put(&format!("also.port-{other}"), state);
        }
    }

    fn turned_away_by(&self, state: &Known) -> Known {
        match state {
            Known::Word(state) if state == "denied" => return word("self"),
            Known::Word(state) if state == "open" => {
                return match self.seen("path", "nearer") {
                    Known::Word(_) => word("near"),
                    Known::Unknown(_) => unknown("the port opens"),
                    pending => pending,
                };
            }
            Known::Word(_) => {}
            other => return other.clone(),
        }
        // A reset from before the first router may also be that router's own, at its inner side.
        if self.own("way", "turned-away").word() == Some("by-this-machine") {
            return word("self");
        }
        if self.own("way", "near").word() == Some("open") {
            return word("near");
        }
        if let Known::Pending(checks) = self.own("way", "leaves") {
            return Known::Pending(checks);
        }
        match self.own("port", "icmp.from") {
            Known::Word(from) => {
                let is_server = self.list("dns.server", "addresses").is_some_and(|addresses| addresses.contains(&from));
                word(if is_server { "server" } else { "near" })
            }
            _ if state.word() == Some("filtered") => unknown("nothing came back"),
            _ => match (self.seen("path", "nearer"), self.seen("path", "same-distance")) {
                (Known::Word(_), _) => word("near"),
                (_, Known::Word(_)) => word("server"),
                (Known::Pending(checks), _) => Known::Pending(checks),
                _ => unknown("a reset does not say who sent it"),
            },
        }
    }

    /// The last device that answers for a silent port is the one that drops it, or the one before. It is inside where it
    /// has an inner address and another port goes on beyond it.
    fn last_heard(&self) -> Known {
        if let Known::Pending(checks) = self.seen("path", "port") {
            return Known::Pending(checks);
        }
        if self.seen("path", "distance").word().is_some() {
            return unknown("the port answers");
        }
        let (Some(last), Some(hop)) =
            (self.seen("path", "last-heard").word().map(str::to_owned), self.number("path", "last-hop"))
        else {
            return unknown("no router on the way tells what reaches it");
        };
        let goes_on = self.number("path", "contrast.last-hop").is_some_and(|other| other > hop);
        let inner = last.parse().is_ok_and(crate::net::is_inner);
        match (inner, goes_on) {
            (true, true) => word("inside"),
            (true, false) => unknown("nothing goes further, so the end of this network is not seen"),
            (false, _) => word("beyond"),
        }
    }

    fn refuser(&self) -> Known {
        if let Known::Pending(checks) = self.own("way", "leaves") {
            return Known::Pending(checks);
        }
        let from = match self.own("port", "icmp.from") {
            Known::Word(from) => from,
            Known::Pending(checks) => return Known::Pending(checks),
            Known::Unknown(_) => return unknown("no device said that it turned the connection away"),
        };
        let first = self.own("way", "first-router");
        let inner = from.parse().is_ok_and(crate::net::is_inner);
        let behind = self.own("way", "second-router").word().is_some();
        word(if inner && behind && first.word() == Some(&from) { "inside" } else { "beyond" })
    }

    /// A device that is neither this machine nor the server says that a rule forbids it, or that the port is closed
    /// (ICMP 3/3, 3/9, 3/10, 3/13; ICMPv6 1/1, 1/4, 1/5, 1/6): only a filter speaks so.
    fn rejected_by(&self) -> Known {
        let codes = ["3/2", "3/3", "3/9", "3/10", "3/13", "1/1", "1/4", "1/5", "1/6"];
        match (self.own("port", "icmp"), self.own("port", "icmp.prohibited"), self.own("port", "icmp.from")) {
            (Known::Word(code), Known::Word(_), Known::Word(from)) if codes.contains(&code.as_str()) => {
                let is_server = self.list("dns.server", "addresses").is_some_and(|own| own.contains(&from));
                if is_server { unknown("the server itself says so") } else { word("device") }
            }
            (Known::Pending(checks), ..) => Known::Pending(checks),
            _ => unknown("no device said so"),
        }
    }

    fn others_open(&self) -> Known {
        let own = self.port();
        let mut states: Vec<Known> =
            self.other_ports().iter().map(|port| self.seen(&format!("port.{port}"), "state")).collect();
        for port in [25, 443, 465, 587] {
            if port != own {
                states.extend(self.elsewhere(&port.to_string()));
            }
        }
        if let Known::Word(result) = self.seen("connectivity", "result")
            && result == "ok"
        {
            return word("open");
        }
        if self.list("alive", "open").is_some_and(|open| !open.is_empty()) {
            return word("open");
        }
        any(states, |state| state == "open", "open", word("closed"))
    }

    pub(super) fn other_port(&self) -> (Known, Option<u16>) {
        let mut ports = self.other_ports();
        // What the provider wants first, then 587 and 465; 25 only where it offers a log-in.
        let wanted =
            |port: u16| self.input.wanted.is_some_and(|wanted| wanted.choices.iter().any(|choice| choice.port == port));
        ports.sort_by_key(|port| (!wanted(*port), *port == 25, u16::MAX - *port));
        let mut pending = std::collections::BTreeSet::new();
        for port in ports {
            let id = format!("smtp.{port}");
            match self.seen(&id, "greeting") {
                Known::Word(greeting) if greeting == "ready" => {
                    let offers = match self.seen(&id, "auth") {
                        Known::Word(offered) => !offered.is_empty(),
                        Known::Pending(checks) => {
                            pending.extend(checks);
                            continue;
                        }
                        Known::Unknown(_) => port != 25,
                    };
                    if offers {
                        return (word("open"), Some(port));
                    }
                }
                Known::Pending(checks) => pending.extend(checks),
                _ => {}
            }
        }
        if pending.is_empty() { (word("closed"), None) } else { (Known::Pending(pending), None) }
    }
}
