//! Facts about the account: does it work as it is set, does the provider's way, what was typed, what was said.

use super::*;
use crate::account::Fit;

impl View<'_> {
    pub(super) fn account(&self, put: &mut impl FnMut(&str, Known)) {
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
        put("said.hint", self.hint());
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
        let fit = |fit: Fit| fit.word().map_or(unknown("nobody says what the provider wants"), word);
        put("settings.port", settled(fit(fits.port)));
        put("settings.security", settled(fit(fits.security)));
        put("settings.user", settled(fit(fits.user)));
        let server = if fits.server == Fit::Differs { self.alias() } else { None };
        put("settings.server", settled(server.or_else(|| self.typed_server()).unwrap_or_else(|| fit(fits.server))));
    }

    /// Another name of the provider's own server: the same address, or one certificate for both.
    fn alias(&self) -> Option<Known> {
        let wanted = self.input.wanted?.choices.first()?;
        if let Known::Pending(checks) = self.seen("wanted.dns.server", "result") {
            return Some(Known::Pending(checks));
        }
        let addresses = |check: &str| self.list(check, "addresses").unwrap_or_default();
        let same_address = addresses("dns.server").iter().any(|addr| addresses("wanted.dns.server").contains(addr));
        let id = format!("certificate.{}", self.port());
        let names = self.list(&id, "names").unwrap_or_default();
        let covers = |name: &String| {
            *name == wanted.host
                || name
                    .strip_prefix("*.")
                    .is_some_and(|parent| wanted.host.split_once('.').is_some_and(|(_, rest)| rest == parent))
        };
        let same_certificate = self.seen(&id, "verified").word() == Some("yes") && names.iter().any(covers);
        (same_address || same_certificate).then(|| word("as-wanted"))
    }

    fn typed_server(&self) -> Option<Known> {
        let typed = self.input.account.settings.server.as_deref()?;
        match self.seen("settings", "server") {
            Known::Word(found) if found == "misspelt" => return Some(word("misspelt")),
            Known::Pending(checks) => return Some(Known::Pending(checks)),
            _ => {}
        }
        match self.own("smtp", "foreign").word() {
            Some("imap" | "pop3") => return Some(word("incoming")),
            Some("http") => return Some(word("website")),
            _ => {}
        }
        // A provider's own mail server may well be a website too, and takes no mail while it is down.
        if self.input.account.compare(self.input.wanted).server != Fit::Differs {
            return None;
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
            // Left out by `--only`, it is no part of the question.
            match self.input.seen.plan_complete && !self.input.seen.checks.contains_key("sending") {
                true => Ok(()),
                false => need(self.seen("sending", "result"), |result| result == "accepted"),
            }
        };
        match way() {
            Ok(()) => word("yes"),
            Err(known) => known,
        }
    }

    fn lets_us_in(&self) -> Result<(), Known> {
        let smtp = format!("smtp.{}", self.port());
        need(self.seen(&smtp, "speaks"), |speaks| (speaks == "tls") == (self.security() == Security::Implicit))
            .map_err(|known| {
                // Where the dialogue never began, the greeting says so.
                match (&known, self.seen(&smtp, "greeting")) {
                    (Known::Unknown(_), Known::Word(greeting)) if greeting != "ready" => word("no"),
                    _ if matches!(self.seen(&smtp, "handshake"), Known::Word(found) if found != "done") => word("no"),
                    _ => known,
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

    /// What an error's number points to first, where it alone decides nothing.
    fn hint(&self) -> Known {
        let Some(error) = &self.input.account.error else { return unknown("nobody said what the caller sees") };
        let first = outlook_errors::in_text(error).into_iter().find_map(|row| row.suggests.first());
        first.map_or(unknown("the words hold no number that is in our table"), |cause| word(cause))
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
}

/// Goes on if the observation is as needed; else says what it means for the whole: no, unknown, or not yet.
fn need(known: Known, fits: impl Fn(&str) -> bool) -> Result<(), Known> {
    match known {
        Known::Word(found) if fits(&found) => Ok(()),
        Known::Word(_) => Err(word("no")),
        other => Err(other),
    }
}
