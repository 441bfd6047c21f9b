//! From all observations and the account to the facts that the guide decides on: one pure function, and the only place
//! with thresholds, each with its source. "In use" is what the mail program has, else what the provider wants.

use super::{Derived, Known, Look, Observations, Value, outlook_errors, replies, vocabulary};
use crate::account::client::{Connects, SignIn};
use crate::account::provider::{self, Kind};
use crate::account::{Account, Endpoint, Security, Source, Wanted, spelling};
use std::collections::BTreeMap;

/// Past this, a greeting or reply is slow: mail programs wait a minute, people ten seconds (RFC 5321 section 4.5.3.2
/// allows five minutes; servers that delay on purpose take 5 to 30 s).
const SLOW_MS: i64 = 10_000;
/// Kerberos and one-time passwords allow five minutes.
const CLOCK_OFF_S: i64 = 300;
/// "The same at two other companies" (one silent control proves nothing).
const AGREEING_REFERENCES: usize = 2;
const MAIL_PORTS: [u16; 3] = [25, 465, 587];
/// The log-in mechanisms that this program speaks.
const OUR_MECHANISMS: [&str; 2] = ["PLAIN", "LOGIN"];

/// What the facts are made from.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    /// Who sends.
    pub account: &'a Account,
    /// What the provider wants, once known.
    pub wanted: Option<&'a Wanted>,
    /// What the checks have seen so far.
    pub seen: &'a Observations,
    /// The technician's answers, by question.
    pub answers: &'a BTreeMap<String, String>,
}

/// Makes all facts of the guide.
pub fn derive(input: Input<'_>) -> Derived {
    let from = From { input, in_use: input.account.in_use(input.wanted) };
    let mut facts = Derived::new();
    let mut put = |name: &str, known: Known| {
        debug_assert!(vocabulary::find(name).is_some(), "{name} is not in the vocabulary");
        facts.insert(name.to_owned(), known);
    };
    from.account(&mut put);
    from.names(&mut put);
    from.internet(&mut put);
    from.ports(&mut put);
    from.dialogue(&mut put);
    from.encryption(&mut put);
    from.log_in(&mut put);
    for (question, answer) in input.answers {
        facts.insert(format!("answer.{question}"), Known::Word(answer.clone()));
    }
    facts
}

fn word(word: &str) -> Known {
    Known::Word(word.to_owned())
}

fn yes_no(yes: bool) -> Known {
    word(if yes { "yes" } else { "no" })
}

fn unknown(why: &str) -> Known {
    Known::Unknown(why.to_owned())
}

/// One of several observations decides: the first that is `hit`; else pending, if one still runs; else `none`.
fn any(all: impl IntoIterator<Item = Known>, hit: impl Fn(&str) -> bool, then: &str, none: Known) -> Known {
    let mut pending = std::collections::BTreeSet::new();
    for known in all {
        match known {
            Known::Word(found) if hit(&found) => return word(then),
            Known::Pending(checks) => pending.extend(checks),
            _ => {}
        }
    }
    if pending.is_empty() { none } else { Known::Pending(pending) }
}

struct From<'a> {
    input: Input<'a>,
    in_use: Option<Endpoint>,
}

impl From<'_> {
    fn look(&self, check: &str, key: &str) -> Look<'_> {
        self.input.seen.look(check, key)
    }

    /// An observed word.
    fn seen(&self, check: &str, key: &str) -> Known {
        match self.look(check, key) {
            Look::Seen(Value::Word(found)) => word(found),
            Look::Seen(Value::Number(number)) => word(&number.to_string()),
            Look::Seen(Value::List(list)) => word(&list.join(" ")),
            Look::Pending(check) => Known::Pending([check].into()),
            Look::Absent(Some(why)) => unknown(why),
            Look::Absent(None) => unknown("not asked"),
        }
    }

    fn number(&self, check: &str, key: &str) -> Option<i64> {
        match self.look(check, key) {
            Look::Seen(Value::Number(number)) => Some(*number),
            _ => None,
        }
    }

    fn list(&self, check: &str, key: &str) -> Option<&[String]> {
        match self.look(check, key) {
            Look::Seen(Value::List(list)) => Some(list),
            _ => None,
        }
    }

    fn port(&self) -> u16 {
        self.in_use.as_ref().map_or(587, |in_use| in_use.port)
    }

    fn security(&self) -> Security {
        self.in_use.as_ref().map_or(Security::Starttls, |in_use| in_use.security)
    }

    /// A fact of a check about the port in use: `own("smtp", "greeting")`.
    fn own(&self, kind: &str, key: &str) -> Known {
        self.seen(&format!("{kind}.{}", self.port()), key)
    }

    /// Observations at other companies' servers: the same fact of every reference.
    fn elsewhere(&self, key: &str) -> Vec<Known> {
        self.references().map(|id| self.seen(id, key)).collect()
    }

    /// The references, without the account's own server and its company.
    fn references(&self) -> impl Iterator<Item = &str> {
        let host = self.in_use.as_ref().map(|in_use| in_use.host.clone());
        let own = host.as_deref().and_then(provider::of_host).map(|row| row.id.clone());
        let addresses: Vec<String> = self.list("dns.server", "addresses").unwrap_or_default().to_vec();
        self.input.seen.ids("reference.").filter(move |id| {
            let Look::Seen(Value::Word(name)) = self.look(id, "host") else { return true };
            let same_company = own.is_some() && provider::of_host(name).map(|row| &row.id) == own.as_ref();
            let same_address =
                matches!(self.look(id, "address"), Look::Seen(Value::Word(addr)) if addresses.contains(addr));
            Some(name) != host.as_ref() && !same_company && !same_address
        })
    }

    /// A port at other companies' servers: open if it opens at one, closed if it opens at none of two or more.
    fn state_elsewhere(&self, port: u16) -> Known {
        let states = self.elsewhere(&port.to_string());
        let asked = states.iter().filter(|state| state.word().is_some_and(|state| state != "unknown")).count();
        let none = match asked {
            0 => unknown("the same port could not be tried at any other company's server"),
            n if n < AGREEING_REFERENCES => unknown("only one other company's server could be tried"),
            _ => word("closed"),
        };
        any(states, |state| state == "open", "open", none)
    }

    /// Other ports of the server in use that are probed.
    fn other_ports(&self) -> Vec<u16> {
        let ids = self.input.seen.ids("port.").filter_map(|id| id.strip_prefix("port.")?.parse().ok());
        let mut ports: Vec<u16> = ids.chain(MAIL_PORTS).filter(|port| *port != self.port()).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    fn account(&self, put: &mut impl FnMut(&str, Known)) {
        let account = self.input.account;
        let settled = |known: Known| match self.input.wanted {
            Some(_) => known,
            None => Known::Pending(["provider".to_owned()].into()),
        };
        put("account.works", self.works());
        put("wanted.works", self.wanted_works());
        put("measured.on", word(account.measured_on.word()));
        put("client.named", yes_no(account.client().is_some()));
        put(
            "client.connects",
            match account.client().map(|client| client.connects) {
                Some(Connects::FromHere) => word("from-here"),
                Some(Connects::FromElsewhere) => word("from-elsewhere"),
                Some(Connects::Depends) => unknown("it depends on how the mail program is set up"),
                None => unknown("nobody said which mail program it is"),
            },
        );
        put(
            "client.sign-in",
            match account.client().map(|client| client.sign_in) {
                Some(SignIn::Yes) => word("yes"),
                Some(SignIn::No) => word("no"),
                _ => unknown("not known for this mail program"),
            },
        );
        put("said", self.said());
        let row = self.input.wanted.and_then(Wanted::provider);
        let row = row.or_else(|| provider::of_host(&self.in_use.as_ref()?.host));
        put("provider.kind", settled(row.map_or(word("other"), |row| word(row.kind.word()))));
        let confidence = row.map(|row| if row.confidence == provider::Confidence::Low { "low" } else { "normal" });
        put("provider.confidence", settled(confidence.map_or(unknown("the provider is not in our table"), word)));
        put(
            "provider.passwords",
            settled(row.map_or(unknown("the provider is not in our table"), |row| word(row.passwords.word()))),
        );
        put(
            "provider.switch",
            settled(row.map_or(unknown("the provider is not in our table"), |row| yes_no(row.switch.is_some()))),
        );
        put("provider.smtp", settled(row.map_or(unknown("the provider is not in our table"), |row| yes_no(row.smtp))));
        put(
            "settings.provider",
            settled(word(match self.input.wanted.map(|wanted| wanted.source) {
                Some(Source::Table) => "known",
                Some(Source::Guess) | None => "guessed",
                Some(_) => "discovered",
            })),
        );
        let typed = &account.settings;
        put("settings.read", yes_no(typed.server.is_some() || typed.port.is_some() || typed.security.is_some()));
        let fits = account.compare(self.input.wanted);
        let fit = |fit: crate::account::Fit| fit.word().map_or(unknown("nobody says what the provider wants"), word);
        put("settings.port", settled(fit(fits.port)));
        put("settings.security", settled(fit(fits.security)));
        put("settings.user", settled(fit(fits.user)));
        put("settings.server", settled(self.typed_server().unwrap_or_else(|| fit(fits.server))));
    }

    /// What is wrong with the typed server, beyond being another than the provider's.
    fn typed_server(&self) -> Option<Known> {
        let typed = self.input.account.settings.server.as_deref()?;
        if spelling::host_meant(typed).is_some() {
            return Some(word("misspelt"));
        }
        match self.own("smtp", "foreign").word() {
            Some("imap" | "pop3") => return Some(word("incoming")),
            Some("http") => return Some(word("website")),
            _ => {}
        }
        let open = |port: u16| self.seen(&format!("port.{port}"), "state");
        let states: Vec<Known> = self.other_ports().into_iter().chain([self.port()]).map(open).collect();
        if states.iter().all(|state| state.word().is_some_and(|state| state != "open")) {
            // No mail port opens: what is this server?
            return match self.seen("alive", "role") {
                Known::Unknown(_) => None,
                known => Some(known),
            };
        }
        // A mail exchanger takes mail for its domain and offers no log-in.
        let exchangers = self.list("dns.domain", "mx").unwrap_or_default();
        let only_25 = open(25).word() == Some("open")
            && [465, 587].iter().all(|port| open(*port).word().is_some_and(|state| state != "open"))
            && self.list("smtp.25", "auth").is_some_and(<[String]>::is_empty);
        (only_25 && exchangers.iter().any(|host| host == typed)).then(|| word("receives-only"))
    }

    /// Whether the account as it is set gets all the way. Every step that is not known leaves the whole unknown.
    fn works(&self) -> Known {
        let way = || -> Result<(), Known> {
            if self.in_use.is_none() {
                return Err(match self.input.wanted {
                    Some(_) => unknown("no server is known"),
                    None => Known::Pending(["provider".to_owned()].into()),
                });
            }
            need(self.seen("dns.server", "result"), |result| result == "found")?;
            need(self.own("port", "state"), |state| state == "open")?;
            self.lets_us_in()?;
            let login = self.seen("login", "result");
            if login.word() == Some("not-tried") {
                return Err(unknown("the log-in was not tested"));
            }
            need(login, |result| result == "accepted")?;
            need(self.seen("sending", "result"), |result| result == "accepted")
        };
        match way() {
            Ok(()) => word("yes"),
            Err(known) => known,
        }
    }

    /// Whether the port in use, with the encryption in use, gets as far as an offered log-in.
    fn lets_us_in(&self) -> Result<(), Known> {
        let smtp = format!("smtp.{}", self.port());
        need(self.seen(&smtp, "speaks"), |speaks| (speaks == "tls") == (self.security() == Security::Implicit))
            .or_else(|known| {
                // Where the dialogue never began, the greeting says so.
                match (&known, self.seen(&smtp, "greeting")) {
                    (Known::Unknown(_), Known::Word(greeting)) if greeting != "ready" => Err(word("no")),
                    _ if matches!(self.seen(&smtp, "handshake"), Known::Word(found) if found != "done") => {
                        Err(word("no"))
                    }
                    _ => Err(known),
                }
            })?;
        need(self.seen(&smtp, "greeting"), |greeting| greeting == "ready")?;
        need(self.seen(&smtp, "ehlo"), |ehlo| ehlo == "accepted")?;
        if self.security() == Security::None {
            need(self.seen(&smtp, "auth-clear"), |offered| !offered.is_empty())?;
            return match self.seen(&smtp, "auth-clear-probe").word() {
                Some("530" | "538") => Err(word("no")),
                _ => Ok(()),
            };
        }
        if self.security() == Security::Starttls {
            need(self.seen(&smtp, "starttls"), |starttls| starttls == "offered")?;
        }
        need(self.seen(&smtp, "handshake"), |handshake| handshake == "done")?;
        need(self.seen(&smtp, "auth"), |offered| !offered.is_empty())
    }

    /// Whether a way of the provider's gets as far as an offered log-in, where another is in use.
    fn wanted_works(&self) -> Known {
        let Some(wanted) = self.input.wanted else { return Known::Pending(["provider".to_owned()].into()) };
        if !wanted.is_known() {
            return unknown("nobody says what the provider wants");
        }
        let Some(in_use) = &self.in_use else { return unknown("no server is known") };
        let aliases = wanted.provider().map_or(&[][..], |row| &row.aliases);
        let same_host = |host: &str| host == in_use.host || aliases.contains(&in_use.host);
        let is_same = |choice: &crate::account::Choice| {
            same_host(&choice.host) && choice.port == in_use.port && choice.security == in_use.security
        };
        if wanted.choices.iter().any(is_same) {
            return word("same");
        }
        let ways = wanted.choices.iter().take(3).map(|choice| {
            let id = format!("smtp.{}", choice.port);
            let id = if same_host(&choice.host) { id } else { format!("wanted.{id}") };
            match self.seen(&id, "auth") {
                Known::Word(offered) => yes_no(!offered.is_empty() && self.seen(&id, "through").word() == Some("yes")),
                other => other,
            }
        });
        any(ways, |works| works == "yes", "yes", word("no"))
    }

    fn said(&self) -> Known {
        let Some(error) = &self.input.account.error else { return unknown("nobody said what the caller sees") };
        if let Some(row) = replies::meaning_of_pasted(error) {
            return word(&row.cause);
        }
        match outlook_errors::in_text(error).into_iter().find(|row| row.decides) {
            Some(row) => row.suggests.first().map_or(unknown("the number says nothing definite"), |cause| word(cause)),
            None => unknown("what the caller sees is not in our table"),
        }
    }

    fn names(&self, put: &mut impl FnMut(&str, Known)) {
        put("dns.domain", self.seen("dns.domain", "result"));
        let server = self.seen("dns.server", "result");
        put(
            "dns.server",
            if self.in_use.is_none() && self.input.seen.plan_complete { unknown("no server is known") } else { server },
        );
        let typed = self.input.account.settings.server.as_deref();
        let meant = typed
            .and_then(spelling::host_meant)
            .or_else(|| spelling::domain_meant(self.input.account.address.domain()));
        put("dns.near-miss", yes_no(meant.is_some()));
        put("dns.elsewhere", self.seen("dns.elsewhere", "result"));
        put("dns.answer", self.seen("dns.server", "answer"));
    }

    fn internet(&self, put: &mut impl FnMut(&str, Known)) {
        put("internet", self.connected());
        put("loss", unknown("not measured"));
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
        put("ipv6.elsewhere", unknown("not measured"));
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

    /// Yes as soon as anything opens; no only when everything that was tried stays shut.
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
        let opens = any(opens, |state| state == "open", "yes", word("no"));
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
                Known::Word(answer) if answer == "no" && matches!(known, Known::Unknown(_)) && !has_references => {
                    unknown("nothing but the mail server was tried")
                }
                other => other,
            },
        }
    }

    fn ports(&self, put: &mut impl FnMut(&str, Known)) {
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
        put("port.last-heard", unknown("not measured"));
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
            Known::Word(state) if state == "open" => return unknown("the port opens"),
            Known::Word(_) => {}
            other => return other.clone(),
        }
        if let Known::Word(_) = self.own("way", "turned-away") {
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
            _ => unknown("a reset does not say who sent it"),
        }
    }

    /// Where the device stands that sent an ICMP refusal. The first router with another one behind it is a device of
    /// this network; the first and only one may be the provider's.
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

    /// Another port of the server in use by which mail can be submitted, tried to the greeting.
    fn other_port(&self) -> (Known, Option<u16>) {
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

    fn dialogue(&self, put: &mut impl FnMut(&str, Known)) {
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
        let known_offer = self.input.wanted.filter(|wanted| wanted.is_known()).is_some_and(|wanted| {
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

    /// Foreign only by contrast: another port of this server has shown a verified certificate, and this one has not and
    /// names itself after another organisation.
    fn identity(&self) -> Known {
        let smtp = format!("smtp.{}", self.port());
        match self.seen(&smtp, "handshake") {
            Known::Word(handshake) if handshake == "done" => return word("expected"),
            Known::Pending(checks) => return Known::Pending(checks),
            _ => {}
        }
        let Known::Word(name) = self.seen(&smtp, "banner-name") else { return unknown("the server gave no name") };
        let right = self.other_ports().into_iter().map(|port| format!("smtp.{port}")).find_map(|id| {
            let verified = self.seen(&id, "handshake").word() == Some("done");
            verified.then(|| self.seen(&id, "banner-name").word().map(str::to_owned))?
        });
        match right {
            Some(right) if organisation(&right) != organisation(&name) => word("other"),
            Some(_) => word("expected"),
            None => unknown("no other port of this server to compare with"),
        }
    }

    fn encryption(&self, put: &mut impl FnMut(&str, Known)) {
        let smtp = format!("smtp.{}", self.port());
        let tls = format!("tls.{}", self.port());
        let is_none = self.security() == Security::None;
        let handshake =
            if self.security() == Security::Implicit && self.seen(&smtp, "implicit-handshake").word().is_some() {
                word("not-tls")
            } else if self.security() == Security::Implicit && self.seen(&smtp, "speaks").word() == Some("plain") {
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
        put("handshake.stalls", unknown("not measured"));
        put("certificate", self.own("certificate", "certificate"));
        put("certificate.dates", self.own("certificate", "dates"));
        put("certificate.accepted", self.own("certificate", "verified"));
    }

    /// What a failed handshake was: the versions asked one by one say whether there was a common one.
    fn refused_handshake(&self, tls: &str, found: &str) -> Known {
        let newest = |version: &str| self.seen(tls, version);
        match (newest("TLSv1.2"), newest("TLSv1.3")) {
            (Known::Pending(checks), _) | (_, Known::Pending(checks)) => Known::Pending(checks),
            (Known::Word(v12), Known::Word(v13)) if v12 == "rejected" && v13 == "rejected" => {
                // RFC 8996: 1.0 and 1.1 are not to be used; this machine's library offers neither.
                word("no-common-version")
            }
            _ => word(match found {
                "no-common-version" | "refused" => "refused",
                "not-tls" => "not-tls",
                _ => "cut",
            }),
        }
    }

    fn log_in(&self, put: &mut impl FnMut(&str, Known)) {
        let smtp = format!("smtp.{}", self.port());
        let ours = |offered: &str| match offered {
            "" => word("no"),
            offered if offered.split(' ').any(|name| OUR_MECHANISMS.contains(&name)) => word("yes"),
            _ => word("not-ours"),
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

/// Goes on if the observation is as needed; else says what it means for the whole: no, unknown, or not yet.
fn need(known: Known, fits: impl Fn(&str) -> bool) -> Result<(), Known> {
    match known {
        Known::Word(found) if fits(&found) => Ok(()),
        Known::Word(_) => Err(word("no")),
        other => Err(other),
    }
}

/// The last two labels of a name, for telling organisations apart.
fn organisation(name: &str) -> &str {
    let mut dots = name.rmatch_indices('.').map(|(at, _)| at);
    dots.next();
    dots.next().map_or(name, |at| &name[at + 1..])
}

/// Another port of the server in use by which mail can be sent, if there is one: for texts.
pub fn other_port(input: Input<'_>) -> Option<u16> {
    From { input, in_use: input.account.in_use(input.wanted) }.other_port().1
}

/// Whether the mailbox is at Microsoft, where the account's type decides who connects.
pub fn is_microsoft(kind: Kind) -> bool {
    matches!(kind, Kind::MicrosoftWork | Kind::MicrosoftPersonal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::Address;
    use crate::facts::Observed;

    fn observed(done: bool, facts: &[(&str, Value)]) -> Observed {
        Observed {
            done,
            facts: facts.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect(),
            why_not: None,
        }
    }

    fn facts_of(checks: Vec<(&str, Observed)>) -> Derived {
        let account = Account::new(Address::parse("anna@gmail.com").unwrap());
        let wanted = Wanted::from_table(&account.address).unwrap();
        let seen = Observations {
            checks: checks.into_iter().map(|(id, observed)| (id.to_owned(), observed)).collect(),
            plan_complete: true,
        };
        derive(Input { account: &account, wanted: Some(&wanted), seen: &seen, answers: &BTreeMap::new() })
    }

    #[test]
    fn nothing_seen_is_unknown_never_no() {
        let facts = facts_of(vec![]);
        assert!(
            facts.iter().all(|(name, known)| vocabulary::find(name).is_some() && !matches!(known, Known::Pending(_)))
        );
        for name in ["account.works", "port.state", "internet", "login", "starttls", "clock", "port.elsewhere"] {
            assert!(matches!(facts[name], Known::Unknown(_)), "{name}: {:?}", facts[name]);
        }
    }

    #[test]
    fn one_silent_reference_proves_nothing() {
        let shut = |host: &str| observed(true, &[("host", host.into()), ("465", "filtered".into())]);
        let facts = facts_of(vec![("reference.1", shut("a.test"))]);
        assert!(matches!(facts["port.elsewhere"], Known::Unknown(_)));
        let facts = facts_of(vec![("reference.1", shut("a.test")), ("reference.2", shut("b.test"))]);
        assert_eq!(facts["port.elsewhere"].word(), Some("closed"));
        let facts = facts_of(vec![
            ("reference.1", shut("a.test")),
            ("reference.2", observed(false, &[("host", "b.test".into())])),
        ]);
        assert!(matches!(facts["port.elsewhere"], Known::Pending(_)));
        // The provider's own other servers are no other company.
        let facts = facts_of(vec![("reference.1", shut("a.test")), ("reference.2", shut("smtp.googlemail.com"))]);
        assert!(matches!(facts["port.elsewhere"], Known::Unknown(_)));
    }

    #[test]
    fn organisations() {
        assert_eq!(organisation("mail.example.com"), "example.com");
        assert_eq!(organisation("example.com"), "example.com");
        assert_eq!(organisation("localhost"), "localhost");
    }
}
