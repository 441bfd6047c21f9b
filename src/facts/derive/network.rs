//! Facts about names and the connection.

use super::*;

impl View<'_> {
    pub(super) fn names(&self, put: &mut impl FnMut(&str, Known)) {
        put("dns.domain", self.seen("dns.domain", "result"));
        let server = self.seen("dns.server", "result");
        put(
            "dns.server",
            if self.in_use.is_none() && self.input.seen.plan_complete { unknown("no server is known") } else { server },
        );
        let server = self.seen("settings", "server");
        let domain = match self.seen("dns.domain", "suggestion") {
            Known::Word(_) => word("misspelt"),
            other => other,
        };
        put("dns.near-miss", any([server, domain], |found| found == "misspelt", "yes", word("no")));
        put("dns.elsewhere", self.seen("dns.elsewhere", "result"));
        put("dns.other-address", self.seen("dns.elsewhere", "other-address"));
        put(
            "dns.rewritten",
            match self.seen("dns.elsewhere", "rewritten") {
                Known::Unknown(_) => match self.seen("dns.elsewhere", "result") {
                    Known::Word(_) => word("no"),
                    other => other,
                },
                other => other,
            },
        );
        put("dns.own", self.seen("dns.own", "result"));
        put("dns.hosts-file", self.seen("dns.server", "hosts-file"));
        put("dns.answer", self.seen("dns.server", "answer"));
    }

    pub(super) fn internet(&self, put: &mut impl FnMut(&str, Known)) {
        put("internet", self.connected());
        put("loss", self.seen("quality", "loss"));
        let v6 = self.own("port", "state.v6");
        let v4 = self.own("port", "state.v4");
        put(
            "ipv6",
            match (v6, v4) {
                (Known::Word(v6), _) if v6 == "open" => word("works"),
                (Known::Word(_), Known::Word(v4)) if v4 == "open" => word("broken"),
                (Known::Word(_), other) => match other {
                    Known::Pending(checks) => Known::Pending(checks),
                    _ => unknown("the server answers by neither IPv4 nor IPv6"),
                },
                (Known::Unknown(_), _) => word("none"),
                (pending, _) => pending,
            },
        );
        put("ipv6.elsewhere", self.seen("ipv6", "elsewhere"));
        put(
            "clock",
            match self.seen("clock", "off_s") {
                Known::Word(off) => {
                    word(if off.parse::<i64>().unwrap_or(0).abs() <= CLOCK_OFF_S { "right" } else { "wrong" })
                }
                other => other,
            },
        );
    }

    fn connected(&self) -> Known {
        let mut opens: Vec<Known> = Vec::new();
        for id in self.input.seen.ids("reference.") {
            for port in ["443", "25", "465", "587"] {
                opens.push(self.seen(id, port));
            }
        }
        let has_references = opens.iter().any(|state| !matches!(state, Known::Unknown(_)));
        let beyond_portals = any(
            self.input.seen.ids("reference.").map(|id| self.seen(id, "443")),
            |state| state == "open",
            "yes",
            word("no"),
        );
        let ports = self.input.seen.ids("port.").chain(self.input.seen.ids("wanted.port."));
        opens.extend(ports.map(|id| self.seen(id, "state")));
        if !self.input.seen.plan_complete {
            opens.push(Known::Pending(["provider".to_owned()].into()));
        }
        // Something that answered, even with a refusal, is a connection; where nothing could be tried, nothing is known.
        let tried = opens.iter().any(|state| state.word().is_some_and(|state| state != "unknown"));
        let other_ports = self.list("alive", "open").is_some_and(|open| !open.is_empty());
        // Different hosts that were tried: one alone may be down.
        let references =
            self.input.seen.ids("reference.").filter(|id| self.seen(id, "address").word().is_some()).count();
        let servers =
            ["dns.server", "wanted.dns.server"].iter().filter(|id| self.list(id, "addresses").is_some()).count();
        let hosts = references + servers;
        let routeless = self.seen("testnet", "route").word() == Some("no");
        let by_proxy = self.seen("connectivity", "by-proxy").word().is_some();
        let none = match () {
            () if other_ports => word("yes"),
            () if by_proxy => word("proxy-only"),
            () if routeless || (tried && hosts >= AGREEING_REFERENCES) => word("no"),
            () if tried => unknown("only one host could be tried"),
            () => unknown("nothing could be tried: no name was found"),
        };
        let turned_away_here = self.own("way", "turned-away").word().is_some();
        let answers = |state: &str| state == "open" || (state == "refused" && !turned_away_here && !by_proxy);
        let opens = any(opens, answers, "yes", none);
        let through = self.input.seen.ids("smtp.").any(|id| self.seen(id, "through").word() == Some("yes"));
        match self.seen("connectivity", "result") {
            Known::Word(result) if result == "ok" => word("yes"),
            _ if through => word("yes"),
            Known::Word(result) if result == "portal" => match beyond_portals {
                Known::Word(answer) if answer == "yes" => word("yes"),
                Known::Pending(checks) => Known::Pending(checks),
                _ => word("portal"),
            },
            Known::Pending(checks) if self.input.seen.checks.contains_key("connectivity") => match opens {
                // A portal may still show itself; until then an open port is no proof.
                Known::Word(_) | Known::Unknown(_) => Known::Pending(checks),
                Known::Pending(more) => Known::Pending(checks.into_iter().chain(more).collect()),
            },
            known => match opens {
                Known::Word(answer) if answer != "yes" && matches!(known, Known::Unknown(_)) && !has_references => {
                    unknown("nothing but the mail server was tried")
                }
                other => other,
            },
        }
    }
}
