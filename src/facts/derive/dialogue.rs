//! Facts about the dialogue: greeting, STARTTLS, TLS, certificate, log-in, sending.

use super::*;

impl View<'_> {
    pub(super) fn dialogue(&self, put: &mut impl FnMut(&str, Known)) {
        let smtp = format!("smtp.{}", self.port());
        let speaks = self.seen(&smtp, "speaks");
        let greeting = match self.seen(&smtp, "greeting") {
            _ if speaks.word() == Some("tls") && self.security() != Security::Implicit => word("expects-tls"),
            Known::Word(greeting)
                if greeting == "ready" && self.number(&smtp, "greeting_ms").is_some_and(|ms| ms > SLOW_MS) =>
            {
                word("slow")
            }
            Known::Word(greeting) if greeting == "ready" && self.seen(&smtp, "greeting-masked").word().is_some() => {
                word("masked")
            }
            // On a port that speaks TLS first, a server that cannot stand a ClientHello closes as well.
            Known::Word(greeting) if greeting == "closes" && self.security() == Security::Implicit => {
                match self.own("tls", "breaks-on") {
                    Known::Word(_) => unknown("the handshake breaks off before it"),
                    Known::Pending(checks) => Known::Pending(checks),
                    Known::Unknown(_) => word("closes"),
                }
            }
            other => other,
        };
        put("greeting", greeting);
        let elsewhere = self.elsewhere(&format!("{}.greeting", self.port()));
        let mute = elsewhere.iter().filter(|greeting| greeting.word() == Some("mute")).count();
        let none = if mute >= AGREEING_REFERENCES { word("mute") } else { unknown("too few other servers were asked") };
        put("greeting.elsewhere", any(elsewhere, |greeting| greeting == "ready", "ready", none));
        put(
            "ehlo",
            match self.seen(&smtp, "ehlo") {
                Known::Word(found) if found == "too-slow" => unknown("the answer never came"),
                Known::Word(found) if found == "closes" => word("refused"),
                other => other,
            },
        );
        put(
            "dialogue",
            match self.seen(&smtp, "ehlo") {
                Known::Word(found) if found == "too-slow" => word("too-slow"),
                Known::Word(_) if self.number(&smtp, "ehlo_ms").is_some_and(|ms| ms > SLOW_MS) => word("too-slow"),
                Known::Word(_) => word("in-time"),
                other => other,
            },
        );
        put("identity", self.identity());
        put(
            "security",
            if self.in_use.is_some() { word(self.security().word()) } else { unknown("no server is known") },
        );
        put(
            "starttls",
            match speaks.word() {
                Some("tls") => unknown("the port speaks TLS from the first byte"),
                _ => self.seen(&smtp, "starttls"),
            },
        );
        // An SRV record names a port, not what the server offers there.
        let known_offer = self.input.wanted.filter(|wanted| wanted.is_known() && wanted.source != Source::Srv);
        let known_offer = known_offer.is_some_and(|wanted| {
            let host = self.in_use.as_ref().map(|in_use| in_use.host.as_str());
            wanted.choices.iter().any(|choice| {
                Some(choice.host.as_str()) == host
                    && choice.port == self.port()
                    && choice.security == Security::Starttls
            })
        });
        let others: Vec<Known> =
            self.other_ports().iter().map(|port| self.seen(&format!("smtp.{port}"), "starttls")).collect();
        let missing = others.iter().any(|starttls| starttls.word() == Some("missing"));
        let none = if missing { word("missing") } else { unknown("no other port speaks plain SMTP") };
        put(
            "starttls.elsewhere",
            if known_offer { word("offered") } else { any(others, |starttls| starttls == "offered", "offered", none) },
        );
    }

    fn identity(&self) -> Known {
        let smtp = format!("smtp.{}", self.port());
        match self.seen(&smtp, "handshake") {
            Known::Word(handshake) if handshake == "done" => return word("expected"),
            Known::Pending(checks) => return Known::Pending(checks),
            _ => {}
        }
        // A certificate of the right name may have other faults; a stranger cannot have one.
        match self.own("certificate", "for-server") {
            Known::Word(fits) if fits == "yes" => return word("expected"),
            Known::Pending(checks) => return Known::Pending(checks),
            _ => {}
        }
        let Some(name) = self.own_name(&smtp) else { return unknown("the server gave no name of a host") };
        let right = self.other_ports().into_iter().map(|port| format!("smtp.{port}")).find_map(|id| {
            let verified = self.seen(&id, "handshake").word() == Some("done");
            verified.then(|| self.own_name(&id))?
        });
        match right {
            Some(right) if organisation(&right) != organisation(&name) => word("other"),
            Some(_) => word("expected"),
            None => unknown("no other port of this server to compare with"),
        }
    }

    /// The name that a server gives itself, in its EHLO reply or greeting: a host's name has a dot.
    fn own_name(&self, smtp: &str) -> Option<String> {
        let name = |key: &str| self.seen(smtp, key).word().filter(|name| name.contains('.')).map(str::to_owned);
        name("ehlo-name").or_else(|| name("banner-name"))
    }

    pub(super) fn encryption(&self, put: &mut impl FnMut(&str, Known)) {
        let smtp = format!("smtp.{}", self.port());
        let tls = format!("tls.{}", self.port());
        let is_none = self.security() == Security::None;
        let handshake = if self.security() == Security::Implicit && self.seen(&smtp, "speaks").word() == Some("plain") {
            word("not-tls")
        } else {
            match self.seen(&smtp, "handshake") {
                _ if is_none => word("not-tried"),
                Known::Word(found) if found == "done" || found == "certificate" => word("done"),
                Known::Word(found) => self.refused_handshake(&tls, &found),
                other => other,
            }
        };
        put("handshake", handshake);
        let elsewhere = self.elsewhere("465.handshake");
        let cut = elsewhere.iter().filter(|found| found.word() == Some("cut")).count();
        let private = elsewhere.iter().filter(|found| found.word() == Some("private-issuer")).count();
        let none = match () {
            () if private >= AGREEING_REFERENCES => word("private-issuer"),
            () if cut >= AGREEING_REFERENCES => word("cut"),
            () => unknown("too few other servers were asked"),
        };
        put("handshake.elsewhere", any(elsewhere, |found| found == "done", "done", none));
        put(
            "handshake.stalls",
            match self.seen(&smtp, "small-segments") {
                Known::Word(found) => yes_no(found == "done"),
                Known::Unknown(_) => unknown("nothing stalled"),
                pending => pending,
            },
        );
        put("account.stops", self.stops());
        put(
            "chain",
            match self.seen("chain", "whole") {
                Known::Word(whole) => word(if whole == "yes" { "whole" } else { "link-missing" }),
                other => other,
            },
        );
        let newest = ["TLSv1.2", "TLSv1.3"].map(|version| self.own("tls", version));
        let rejected = newest.iter().all(|state| state.word() == Some("rejected"));
        let none = if rejected { word("no") } else { unknown("not each of the two was asked") };
        put("tls.common", any(newest, |state| state == "accepted", "yes", none));
        put("client.tls", self.client_tls());
        put("certificate", self.own("certificate", "certificate"));
        put("certificate.dates", self.own("certificate", "dates"));
        put("certificate.accepted", self.own("certificate", "verified"));
    }

    /// Whether the mail program can encrypt with the server, on one of the systems that it can be on.
    fn client_tls(&self) -> Known {
        if self.input.account.client().is_none() {
            return unknown("no mail program is named");
        }
        // A version that was seen to be accepted settles it for all that offer it, whatever else is asked.
        let port = self.port();
        let accepted = |version: &str| {
            self.seen(&format!("tls.{port}"), version).word() == Some("accepted")
                || self.seen(&format!("smtp.{port}"), "tls-version").word() == Some(version)
        };
        if !stacks::all().iter().any(|row| self.input.account.client().is_some_and(|client| row.is_of(&client.id))) {
            return unknown("what this mail program can use is not known");
        }
        let systems = self.list("clients", "systems").unwrap_or_default();
        let mut systems = stacks::all().iter().filter(|row| systems.contains(&row.name));
        if systems.any(|row| row.surely_fits(accepted)) { word("yes") } else { self.seen("clients", "can") }
    }

    /// How the account's way ends where it does not come through. Only silence and lateness can be the line's doing: a
    /// refusal, a cut, a certificate are answers.
    fn stops(&self) -> Known {
        let smtp = format!("smtp.{}", self.port());
        match self.own("port", "state") {
            Known::Word(state) if state == "open" => {}
            Known::Word(_) => return word("never-opened"),
            other => return other,
        }
        let ends = [
            ("greeting", &["silent", "endless"][..], &["ready", "slow"][..]),
            ("ehlo", &["too-slow"], &["accepted"]),
            ("ehlo-encrypted", &["too-slow"], &[]),
            ("handshake", &["silent"], &["done"]),
        ];
        for (key, silence, goes_on) in ends {
            match self.seen(&smtp, key) {
                Known::Pending(checks) => return Known::Pending(checks),
                Known::Word(found) if silence.contains(&found.as_str()) => return word("silence"),
                Known::Word(found) if !goes_on.contains(&found.as_str()) => return word("answer"),
                _ => {}
            }
        }
        match (self.seen("login", "result"), self.seen("login", "silent")) {
            (Known::Pending(checks), _) => return Known::Pending(checks),
            (_, Known::Word(_)) => return word("silence"),
            (Known::Word(result), _) if result != "not-tried" => return word("answer"),
            _ => {}
        }
        let late = ["greeting_ms", "ehlo_ms"].iter().any(|key| self.number(&smtp, key).is_some_and(|ms| ms > SLOW_MS));
        word(if late { "slow" } else { "answer" })
    }

    fn refused_handshake(&self, tls: &str, found: &str) -> Known {
        match self.seen(tls, "breaks-on") {
            Known::Word(_) => return word("breaks"),
            Known::Pending(checks) => return Known::Pending(checks),
            Known::Unknown(_) => {}
        }
        let newest = |version: &str| self.seen(tls, version);
        match (newest("TLSv1.2"), newest("TLSv1.3")) {
            (Known::Pending(checks), _) | (_, Known::Pending(checks)) => Known::Pending(checks),
            (Known::Word(v12), Known::Word(v13))
                if v12 == "rejected"
                    && v13 == "rejected"
                    && ["TLSv1.1", "TLSv1.0"].iter().any(|old| newest(old).word() == Some("accepted")) =>
            {
                // RFC 8996: 1.0 and 1.1 are not to be used; this machine's library offers neither. A server that takes
                // none at all has another fault.
                word("no-common-version")
            }
            _ => word(match found {
                "no-common-version" | "refused" => "refused",
                "not-tls" => "not-tls",
                _ => "cut",
            }),
        }
    }

    pub(super) fn log_in(&self, put: &mut impl FnMut(&str, Known)) {
        let smtp = format!("smtp.{}", self.port());
        let ours = |offered: &str| match offered {
            "" => word("no"),
            offered => {
                let offers = |ours: &[&str]| offered.split(' ').any(|name| ours.contains(&name));
                match self.seen("login", "with") {
                    _ if offers(&FOR_PASSWORDS) => word("yes"),
                    Known::Word(_) if offers(&FOR_TOKENS) => word("yes"),
                    Known::Pending(checks) if offers(&FOR_TOKENS) => Known::Pending(checks),
                    _ => word("not-ours"),
                }
            }
        };
        let after_tls = self.seen(&smtp, "auth");
        let offered = if self.security() == Security::None {
            match (self.seen(&smtp, "auth-clear"), self.seen(&smtp, "auth-clear-probe").word()) {
                (Known::Word(_), Some("530" | "538")) => word("only-after-tls"),
                (Known::Word(offered), _) if offered.is_empty() => match after_tls {
                    Known::Word(later) if !later.is_empty() => word("only-after-tls"),
                    Known::Word(_) => word("no"),
                    other => other,
                },
                (Known::Word(offered), _) => ours(&offered),
                (other, _) => other,
            }
        } else {
            match after_tls {
                Known::Word(offered) => ours(&offered),
                other => other,
            }
        };
        put("auth.offered", offered);
        let others = self.other_ports().into_iter().map(|port| format!("smtp.{port}"));
        let others = others.chain(self.input.seen.ids("wanted.smtp.").map(str::to_owned));
        let offers = others.map(|id| match self.seen(&id, "auth") {
            Known::Word(offered) => yes_no(!offered.is_empty()),
            other => other,
        });
        put("auth.elsewhere", any(offers, |offers| offers == "yes", "yes", word("no")));
        put("login", self.seen("login", "result"));
        put(
            "login.at",
            match (self.seen("login", "server"), self.seen("login", "port")) {
                (Known::Word(_), _) => word("wanted"),
                (_, Known::Word(_)) => word("in-use"),
                (_, other) => other,
            },
        );
        put(
            "login.with",
            match (self.seen("login", "with"), self.seen("login", "port")) {
                (Known::Word(with), _) => word(&with),
                (_, Known::Word(_)) => word("password"),
                (_, other) => other,
            },
        );
        put("password.given", self.seen("login", "given"));
        put("login.reason", self.reason("login"));
        put("sending", self.seen("sending", "result"));
        put("sending.reason", self.reason("sending"));
    }

    fn reason(&self, check: &str) -> Known {
        match self.seen(check, "result") {
            Known::Word(result) if matches!(result.as_str(), "rejected" | "temporary") => {
                match self.seen(check, "reason") {
                    Known::Unknown(_) => unknown("the server's words are not in our table"),
                    known => known,
                }
            }
            Known::Word(_) => unknown("nothing was refused"),
            other => other,
        }
    }
}

/// The last two labels of a name, for telling organisations apart.
fn organisation(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    dots.next();
    dots.next().map_or(name, |at| &name[at + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn organisations() {
        assert_eq!(organisation("mail.example.com"), "example.com");
        assert_eq!(organisation("example.com"), "example.com");
        assert_eq!(organisation("localhost"), "localhost");
    }
}
