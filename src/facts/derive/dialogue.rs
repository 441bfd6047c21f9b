//! Facts about the dialogue: the greeting, EHLO, the server's identity, STARTTLS.

use super::auth::reason;
use super::*;
use crate::account::Source;
use crate::facts::ehlo;
use crate::facts::keys::{certificate, login, port, reference, sending, smtp, tls};
use crate::facts::turned_away::{For, for_what};
use crate::facts::words::{Ehlo, EhloName, Greeting, GreetingElsewhere, Handshake, Speaks, Starttls};
use crate::probe::certificate::covers;

impl View<'_> {
    pub(super) fn dialogue(&self, facts: &mut Made) {
        facts.put("greeting", self.greeting());
        let turned_away = self.own(smtp::GREETING).map(|greeting| turns_away(&greeting));
        facts.put("greeting.reason", reason(turned_away, self.own(smtp::GREETING_REASON)));
        facts.put("greeting.others", self.other_greetings());
        let elsewhere = self.elsewhere(reference::GREETING, self.port());
        let mute = elsewhere.iter().filter(|greeting| **greeting == Seen::Is(GreetingElsewhere::Mute)).count();
        let none = if mute >= AGREEING_REFERENCES { word("mute") } else { gap("too few other servers were asked") };
        let is_ready = |greeting: &GreetingElsewhere| *greeting == GreetingElsewhere::Ready;
        facts.put("greeting.elsewhere", any(elsewhere, is_ready, "ready", none));
        let ehlo = self.own(smtp::EHLO).known(|ehlo| match ehlo {
            Ehlo::Accepted => word("accepted"),
            Ehlo::Busy => word("busy"),
            Ehlo::Refused | Ehlo::Closes => word("refused"),
            Ehlo::TooSlow => gap("the answer never came"),
        });
        facts.put("ehlo", ehlo);
        let refused = self.own(smtp::EHLO).map(|ehlo| matches!(ehlo, Ehlo::Busy | Ehlo::Refused));
        facts.put("ehlo.reason", reason(refused, self.own(smtp::EHLO_REASON)));
        facts.put("ehlo.passes", self.passing_names());
        facts.put("turned-away.for", self.turned_away_for());
        let encrypted = match self.own(smtp::EHLO_ENCRYPTED) {
            Seen::Is(Ehlo::TooSlow) => gap("the answer never came"),
            encrypted => encrypted.or_moot("no EHLO was refused after STARTTLS").into(),
        };
        facts.put("ehlo.encrypted", encrypted);
        let program = self.input.account.client().and_then(|client| ehlo::of_program(&client.id));
        let gives = program.map_or(gap("not known for this mail program"), |row| word(row.kind().word()));
        facts.put("client.ehlo", gives);
        let took = self.own(smtp::EHLO_MS).value().unwrap_or(0);
        let in_time = |ehlo| match ehlo {
            _ if ehlo == Ehlo::TooSlow || took > SLOW_MS => word("too-slow"),
            _ if took > self.patience() => word("slow"),
            _ => word("in-time"),
        };
        facts.put("dialogue", self.own(smtp::EHLO).known(in_time));
        facts.put("server.stops", self.stops_answering());
        facts.put("identity", self.identity());
        let own_names: Vec<Seen<bool>> =
            self.other_companies().into_iter().map(|id| self.reference(id, &reference::OWN_NAME)).collect();
        let none = moot("none of them has this computer's name");
        facts.put("identity.elsewhere", any(own_names, |is_own| *is_own, "own-host", none));
    }

    /// How many milliseconds an ordinary reply may take before a message with its dozen of replies takes a minute: beyond
    /// that, it is the server and not the way, whose round trip is known.
    fn patience(&self) -> u64 {
        SLOW_REPLY_MS + 2 * self.own(port::CONNECT).value().unwrap_or(0)
    }

    fn greeting(&self) -> Known {
        let is_implicit = self.security() == Security::Implicit;
        if self.own(smtp::SPEAKS).is(Speaks::Tls) && !is_implicit {
            return word("expects-tls");
        }
        match self.own(smtp::GREETING) {
            Seen::Is(Greeting::Ready) if self.own(smtp::GREETING_MS).value().is_some_and(|ms| ms > SLOW_MS) => {
                word("slow")
            }
            Seen::Is(Greeting::Ready) if self.own(smtp::GREETING_MASKED).is(true) => word("masked"),
            // On a port that speaks TLS first, a server that rejects a ClientHello may close the connection as well.
            Seen::Is(Greeting::Closes) if is_implicit => match self.own(tls::BREAKS_ON) {
                Seen::Is(_) => gap("the handshake breaks off before it"),
                Seen::Pending(checks) => Known::Pending(checks),
                Seen::Absent(_) if self.too_weak().word().is_some() => gap("the handshake fails before it"),
                Seen::Absent(_) => word("closes"),
            },
            greeting => greeting.into(),
        }
    }

    fn other_greetings(&self) -> Known {
        let greetings: Vec<Seen<Greeting>> =
            self.other_ports().into_iter().map(|port| self.at(port, smtp::GREETING)).collect();
        let none = match greetings.iter().any(|greeting| matches!(greeting, Seen::Is(said) if turns_away(said))) {
            true => word("turned-away"),
            false => gap("no other mail port of the server says anything"),
        };
        any(greetings, |greeting| *greeting == Greeting::Ready, "ready", none)
    }

    /// How the server stopped answering, wherever in the dialogue that was.
    pub(super) fn stops_answering(&self) -> Known {
        // What becomes of encryption is nothing to a program that does not ask for it.
        let is_other = self.security() == Security::None && self.own(smtp::STARTTLS).is_there();
        let in_dialogue = if is_other { Seen::Absent(Why::NotAsked) } else { self.own(smtp::STOPS) };
        for stops in [in_dialogue, self.one(login::STOPS), self.one(sending::STOPS)] {
            match stops {
                Seen::Absent(_) => {}
                stops => return stops.into(),
            }
        }
        moot("the server answered to the end, or was not asked")
    }

    /// Where a name was refused, at EHLO or later, the other names that passed.
    fn passing_names(&self) -> Known {
        let seen = match self.own(smtp::EHLO_PASSES) {
            Seen::Absent(_) => self.one(sending::EHLO_PASSES),
            passes => passes,
        };
        seen.or_moot("no name was refused").known(|passes| match passes.as_slice() {
            [] => word("none"),
            [EhloName::ComputerName] => word("computer-name"),
            [EhloName::AddressLiteral] => word("address-literal"),
            [EhloName::FullName] => word("full-name"),
            _ => word("both"),
        })
    }

    /// What the words complain of with which a server turns this computer away: here, step by step, or in the error shown.
    fn turned_away_for(&self) -> Known {
        match self.passing_names() {
            Known::Word(passes) if passes != "none" => return word(For::HeloName.into()),
            Known::Pending(checks) => return Known::Pending(checks),
            _ => {}
        }
        let [log_in, message] = self.refusals();
        let heard = [
            (self.own(smtp::GREETING_REASON), self.own(smtp::BANNER)),
            (self.own(smtp::EHLO_REASON), self.own(smtp::EHLO_REPLY)),
            (self.own(smtp::STARTTLS_REASON), self.own(smtp::STARTTLS_REPLY)),
            (self.own(smtp::RELAY_REASON), self.own(smtp::RELAY_REPLY)),
            log_in,
            message,
        ];
        let causes: (&[&str], &[&str]) = (&[TURNED_AWAY], &["recipient-side-blocks", TURNED_AWAY]);
        self.in_words_of(&heard, causes, "nothing turns this computer away in words", complaint)
    }

    fn identity(&self) -> Known {
        if self.is_here() {
            return moot("a program on this computer may pass on any server's name");
        }
        match self.own(smtp::HANDSHAKE) {
            Seen::Is(Handshake::Done) => return word("expected"),
            Seen::Pending(checks) => return Known::Pending(checks),
            _ => {}
        }
        // A certificate with the right name may have other faults; somebody else's server cannot have one.
        match self.own(certificate::FOR_SERVER) {
            Seen::Is(true) => return word("expected"),
            Seen::Pending(checks) => return Known::Pending(checks),
            _ => {}
        }
        if self.own(smtp::OWN_NAME).is(true) {
            return word("own-host");
        }
        let Some(name) = self.own_name(self.port()) else { return self.identity_by_other_ports() };
        let is_proven = |port: &u16| self.at(*port, smtp::HANDSHAKE).is(Handshake::Done);
        let right = self.other_ports().into_iter().filter(is_proven).find_map(|port| self.own_name(port));
        match right {
            Some(right) if organisation(&right) != organisation(&name) => word("other"),
            Some(_) => word("expected"),
            None => any(
                self.other_ports().into_iter().map(|port| self.at(port, smtp::HANDSHAKE)),
                |_| false,
                "expected",
                gap("no other port of this server to compare with"),
            ),
        }
    }

    /// Where the handshake fails before any greeting: this machine itself, if its name is on the certificate, and is given
    /// on another port.
    fn identity_by_other_ports(&self) -> Known {
        let names = self.own(certificate::NAMES).value().unwrap_or_default();
        let is_own = self.other_ports().into_iter().map(|port| {
            let is_on_certificate = self.own_names(port).iter().any(|name| covers(&names, name));
            self.at(port, smtp::OWN_NAME).map(|is_own| is_own && is_on_certificate)
        });
        any(is_own, |is_own| *is_own, "own-host", gap("the server gave no host name"))
    }

    /// The name that a server gives itself in its EHLO reply or greeting.
    fn own_name(&self, port: u16) -> Option<String> {
        self.own_names(port).into_iter().next()
    }

    /// Both, if they differ; a host's name contains a dot.
    fn own_names(&self, port: u16) -> Vec<String> {
        let names = [smtp::EHLO_NAME, smtp::BANNER_NAME].into_iter().filter_map(|key| self.at(port, key).value());
        names.filter(|name: &String| name.contains('.')).collect()
    }

    /// Whether the certificate, if it is not for the server that is set, is for the name that this gives itself, and the name.
    pub(super) fn own_name_fits(&self) -> (Known, Option<String>) {
        match self.own(certificate::FOR_SERVER) {
            Seen::Pending(checks) => return (Known::Pending(checks), None),
            Seen::Is(false) => {}
            _ => return (moot("the certificate is for the server that is set, or none was seen"), None),
        }
        let names = self.own(certificate::NAMES).value().unwrap_or_default();
        let ports: Vec<u16> = std::iter::once(self.port()).chain(self.other_ports()).collect();
        let greetings = ports.iter().map(|port| self.at(*port, smtp::GREETING));
        let pending: BTreeSet<String> = greetings
            .filter_map(|greeting| if let Seen::Pending(checks) = greeting { Some(checks) } else { None })
            .flatten()
            .collect();
        let given: Vec<String> = ports.into_iter().flat_map(|port| self.own_names(port)).collect();
        match given.iter().find(|name| covers(&names, name)) {
            _ if !pending.is_empty() => (Known::Pending(pending), None),
            Some(name) => (word("yes"), Some(name.clone())),
            None if given.is_empty() => (gap("the server gave no host name"), None),
            None => (word("no"), None),
        }
    }

    pub(super) fn starttls(&self, facts: &mut Made) {
        if self.own(smtp::SPEAKS).is(Speaks::Tls) {
            facts.put("starttls", moot("the port speaks TLS from the start"));
        } else {
            facts.put("starttls", self.own(smtp::STARTTLS));
        }
        let refused = self.own(smtp::STARTTLS).map(|starttls| matches!(starttls, Starttls::Busy | Starttls::Refused));
        facts.put("starttls.reason", reason(refused, self.own(smtp::STARTTLS_REASON)));
        facts.put("server.encrypts", self.encrypts_elsewhere());
        let others: Vec<Seen<Starttls>> =
            self.other_ports().into_iter().map(|port| self.at(port, smtp::STARTTLS)).collect();
        let is_missing = others.contains(&Seen::Is(Starttls::Missing));
        let none = if is_missing { word("missing") } else { gap("no other port speaks plain SMTP") };
        let elsewhere = any(others, |starttls| *starttls == Starttls::Offered, "offered", none);
        facts.put("starttls.elsewhere", if self.is_known_to_offer_starttls() { word("offered") } else { elsewhere });
    }

    /// Whether another port of the server shows a certificate, good or bad.
    fn encrypts_elsewhere(&self) -> Known {
        let ports = self.other_ports();
        let speaks =
            |port: &u16| self.at(*port, smtp::HANDSHAKE).is_there() || self.at(*port, smtp::STARTTLS).is_there();
        let none = match ports.iter().any(speaks) {
            true => word("no"),
            false => gap("no other mail port of the server was asked to encrypt"),
        };
        let handshakes = ports.into_iter().map(|port| self.at(port, smtp::HANDSHAKE));
        any(handshakes, |handshake| matches!(handshake, Handshake::Done | Handshake::Certificate), "yes", none)
    }

    /// Whether the provider itself says that the port in use offers STARTTLS. An SRV record names a port, not what the
    /// server offers there.
    fn is_known_to_offer_starttls(&self) -> bool {
        let wanted = self.input.wanted.filter(|wanted| wanted.is_known() && wanted.source != Source::Srv);
        let Some((wanted, in_use)) = wanted.zip(self.in_use.as_ref()).filter(|_| !self.is_here()) else { return false };
        wanted.choices.iter().any(|choice| {
            choice.host == in_use.host && choice.port == in_use.port && choice.security == Security::Starttls
        })
    }
}

fn turns_away(greeting: &Greeting) -> bool {
    matches!(greeting, Greeting::Busy | Greeting::Refuses)
}

/// The last two labels of a name, for telling organisations apart.
fn organisation(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    dots.next();
    dots.next().map_or(name, |at| &name[at + 1..])
}

/// The cause whose words are read for what they complain of: that a server turns this computer away.
const TURNED_AWAY: &str = "server-rejects-client";

fn complaint(words: &str) -> Known {
    for_what(words).map_or(moot("the words name neither"), |complaint| word(complaint.into()))
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
