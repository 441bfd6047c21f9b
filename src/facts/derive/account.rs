//! Facts about the account: whether it works as configured, whether the provider's settings work, what is configured,
//! what was said.

use super::*;
use crate::account::client::{Connects, SignIn};
use crate::account::{Choice, Fit, Source};
use crate::facts::keys::{alive, certificate, dns_domain, dns_server, login, port, sending, settings, smtp};
use crate::facts::outlook_errors;
use crate::facts::pasted::By;
use crate::facts::words::{Ehlo, Foreign, Greeting, Handshake, LogIn, NameFound, Sending, ServerFit};
use crate::probe::certificate::covers;

/// What a server that lets us in wants next.
#[derive(PartialEq)]
enum Next {
    LogIn,
    /// It takes mail from here without a log-in.
    Send,
}

impl View<'_> {
    pub(super) fn account(&self, facts: &mut Made) {
        facts.put("account.works", self.works());
        facts.put("wanted.works", self.wanted_works());
        facts.put("measured.on", word(self.input.account.measured_on.word()));
        self.error(facts);
    }

    pub(super) fn client(&self, facts: &mut Made) {
        let client = self.input.account.client();
        facts.put("client.named", yes_no(client.is_some()));
        let device = client.map_or(moot("nobody said which mail program it is"), |client| yes_no(client.is_device));
        facts.put("client.device", device);
        let website = client.map_or(moot("nobody said which mail program it is"), |client| yes_no(client.is_website));
        facts.put("client.website", website);
        let connects = match client.map(|client| client.connects) {
            Some(connects @ (Connects::FromHere | Connects::FromElsewhere)) => word(connects.word()),
            Some(Connects::Depends) => gap("it depends on how the mail program is set up"),
            None => gap("nobody said which mail program it is"),
        };
        facts.put("client.connects", connects);
        let sign_in = match client.map(|client| client.sign_in) {
            Some(SignIn::Yes) => word("yes"),
            Some(SignIn::No) => word("no"),
            _ => gap("not known for this mail program"),
        };
        facts.put("client.sign-in", sign_in);
    }

    /// The facts that can be made once it is known what the provider wants.
    fn settled(&self, known: Known) -> Known {
        if self.input.wanted.is_some() { known } else { Known::Pending(planning()) }
    }

    pub(super) fn provider(&self, facts: &mut Made) {
        let row = self.input.wanted.and_then(Wanted::provider);
        let row = row.or_else(|| provider::of_host(&self.in_use.as_ref()?.host));
        facts.put("provider.kind", self.settled(row.map_or(word("other"), |row| word(row.kind.word()))));
        let of_row = |says: fn(&provider::Provider) -> Known| {
            self.settled(row.map_or(gap("the provider is not in our table"), says))
        };
        facts.put("provider.confidence", of_row(|row| word(row.confidence.word())));
        let own = || moot("a program on this computer has its own password");
        let of_server = |says: fn(&provider::Provider) -> Known| if self.is_here() { own() } else { of_row(says) };
        facts.put("provider.passwords", of_server(|row| word(row.passwords.word())));
        facts.put("provider.switch", of_server(|row| yes_no(row.switch.is_some())));
        facts.put("provider.smtp", of_row(|row| yes_no(row.smtp)));
        let found = match self.input.wanted.map(|wanted| wanted.source) {
            Some(Source::Table) => "known",
            Some(Source::Guess) | None => "guessed",
            Some(_) => "discovered",
        };
        facts.put("settings.provider", self.settled(word(found)));
    }

    pub(super) fn settings(&self, facts: &mut Made) {
        facts.put("settings.read", yes_no(self.input.account.settings.are_read()));
        let fits = self.input.account.compare(self.input.wanted);
        let fit = |fit: Option<Fit>| fit.map_or(gap("the provider's settings are not known"), |fit| word(fit.word()));
        facts.put("settings.port", self.settled(fit(fits.port)));
        facts.put("settings.security", self.settled(fit(fits.security)));
        facts.put("settings.user", self.settled(fit(fits.user)));
        facts.put("settings.server", self.settled(self.server_fits(fits.server)));
        facts.put("meant.works", self.meant_works());
    }

    /// How the configured server compares with the provider's, and whether it is a server's name at all.
    fn server_fits(&self, compared: Option<Fit>) -> Known {
        let alias = || if compared == Some(Fit::Differs) { self.alias() } else { None };
        let fits = || compared.map_or(gap("the provider's settings are not known"), |fit| word(fit.word()));
        let fits = alias().or_else(|| self.set_server()).unwrap_or_else(fits);
        let settings = &self.input.account.settings;
        let is_flawed = settings.server.as_ref().is_some_and(|server| !server.value.flaws().is_empty());
        match (&fits, settings.miswritten()) {
            (_, Some(_)) => match (self.one(settings::SERVER), self.one(dns_server::RESULT)) {
                (Seen::Pending(checks), _) | (Seen::Is(ServerFit::Misspelt), Seen::Pending(checks)) => {
                    Known::Pending(checks)
                }
                (Seen::Is(ServerFit::Misspelt), Seen::Is(NameFound::NotFound | NameFound::NoAddress)) => fits,
                _ => word("miswritten"),
            },
            (Known::Word(right), None) if is_flawed && right == "as-wanted" => word("doubtful"),
            (Known::Unknown(_), None) if is_flawed => word("doubtful"),
            _ => fits,
        }
    }

    /// Whether the server that is meant by a name that no host can have lets us log in, or send without that.
    fn meant_works(&self) -> Known {
        if self.input.account.settings.miswritten().is_none() {
            return moot("the server is written as a valid name");
        }
        match self.lets_us_on() {
            Ok(_) => word("yes"),
            Err(known) => known,
        }
    }

    /// Whether this is another name of the provider's own server: the same address, or one certificate for both names.
    fn alias(&self) -> Option<Known> {
        let wanted = self.input.wanted?.choices.first()?;
        if let Seen::Pending(checks) = self.of_wanted(dns_server::RESULT) {
            return Some(Known::Pending(checks));
        }
        let theirs = self.of_wanted(dns_server::ADDRESSES).value().unwrap_or_default();
        let ours = self.one(dns_server::ADDRESSES).value().unwrap_or_default();
        let same_address = ours.iter().any(|addr| theirs.contains(addr));
        let names = self.own(certificate::NAMES).value().unwrap_or_default();
        let same_certificate = self.own(certificate::VERIFIED).is(true) && covers(&names, &wanted.host);
        (same_address || same_certificate).then(|| word("as-wanted"))
    }

    /// What kind of server the configured one is, if it is not simply right or different.
    fn set_server(&self) -> Option<Known> {
        let set = self.input.account.settings.server()?;
        match self.one(settings::SERVER) {
            Seen::Is(ServerFit::Misspelt) => return Some(word("misspelt")),
            Seen::Pending(checks) => return Some(Known::Pending(checks)),
            _ => {}
        }
        match self.own(smtp::FOREIGN) {
            Seen::Is(Foreign::Imap | Foreign::Pop3) => return Some(word("incoming")),
            Seen::Is(Foreign::Http) => return Some(word("website")),
            _ => {}
        }
        // A provider's own mail server may well be a website too, and accepts no mail while its mail service is down.
        if self.input.account.compare(self.input.wanted).server != Some(Fit::Differs) {
            return None;
        }
        let is_shut = |port: u16| matches!(self.at(port, port::STATE), Seen::Is(state) if state != PortState::Open);
        if self.other_ports().into_iter().chain([self.port()]).all(is_shut) {
            // No mail port opens: what kind of server is this?
            return match self.one(alive::ROLE) {
                Seen::Absent(_) => None,
                role => Some(role.into()),
            };
        }
        // A mail exchanger accepts mail for its domain and offers no log-in.
        let only_25 = self.at(25, port::STATE).is(PortState::Open)
            && [465, 587].into_iter().all(is_shut)
            && self.at(25, smtp::AUTH).is(vec![]);
        let exchangers = self.one(dns_domain::MX).value().unwrap_or_default();
        (only_25 && exchangers.iter().any(|host| host == set)).then(|| word("receives-only"))
    }

    pub(super) fn works(&self) -> Known {
        if self.input.account.settings.miswritten().is_some() {
            return word("no");
        }
        match self.gets_through() {
            Ok(()) => word("yes"),
            Err(known) => known,
        }
    }

    /// Whether the account as configured gets as far as the permission to send; if not, the error is the value of
    /// `account.works`.
    fn gets_through(&self) -> Result<(), Known> {
        if self.lets_us_on()? == Next::Send {
            return Ok(());
        }
        let login = self.one(login::RESULT);
        if login.is(LogIn::NotTried) {
            return Err(gap("the log-in was not tested"));
        }
        need(login, |result| *result == LogIn::Accepted)?;
        // If `--only` left it out, it is not part of the question.
        let is_left_out = self.input.seen.plan_complete && !self.input.seen.is_planned(sending::RESULT.check);
        if !is_left_out {
            need(self.one(sending::RESULT), |result| *result == Sending::Accepted)?;
        }
        // The log-in was made with encryption; the program makes it without.
        if self.security() == Security::None {
            Err(gap("no password is sent without encryption to find out"))
        } else {
            Ok(())
        }
    }

    /// Whether a server that offers no log-in takes mail without one.
    fn relays(&self) -> Result<(), Known> {
        match self.relay() {
            Known::Word(relay) if relay == "any" || relay == "direct" => Ok(()),
            pending @ Known::Pending(_) => Err(pending),
            _ => Err(word("no")),
        }
    }

    /// Whether the server is found and lets us log in, or send without that.
    fn lets_us_on(&self) -> Result<Next, Known> {
        if self.in_use.is_none() {
            return Err(self.settled(gap("no server is known")));
        }
        need(self.one(dns_server::RESULT), |result| *result == NameFound::Found)?;
        need(self.own(port::STATE), is_open)?;
        self.lets_us_in()?;
        let in_clear = self.security() == Security::None;
        match self.own(if in_clear { smtp::AUTH_CLEAR } else { smtp::AUTH }) {
            Seen::Is(offered) if offered.is_empty() => self.relays().map(|()| Next::Send),
            Seen::Is(_) if in_clear && self.asks_for_encryption() => Err(word("no")),
            offered => need(offered, |_| true).map(|()| Next::LogIn),
        }
    }

    fn lets_us_in(&self) -> Result<(), Known> {
        let greeting = self.own(smtp::GREETING);
        let handshake = self.own(smtp::HANDSHAKE);
        let speaks_first = if self.security() == Security::Implicit { Speaks::Tls } else { Speaks::Plain };
        need(self.own(smtp::SPEAKS), |speaks| *speaks == speaks_first).map_err(|known| {
            // If the dialogue never began, the greeting says why.
            let is_unknown = matches!(known, Known::Unknown(_));
            match (&greeting, &handshake) {
                (Seen::Is(greeting), _) if is_unknown && *greeting != Greeting::Ready => word("no"),
                (_, Seen::Is(handshake)) if *handshake != Handshake::Done => word("no"),
                _ => known,
            }
        })?;
        need(greeting, |greeting| *greeting == Greeting::Ready)?;
        need(self.own(smtp::EHLO), |ehlo| *ehlo == Ehlo::Accepted)?;
        if self.security() == Security::None {
            return Ok(());
        }
        if self.security() == Security::Starttls {
            need(self.own(smtp::STARTTLS), |starttls| *starttls == Starttls::Offered)?;
        }
        need(handshake, |handshake| *handshake == Handshake::Done)
    }

    fn wanted_works(&self) -> Known {
        let Some(wanted) = self.input.wanted else { return Known::Pending(planning()) };
        if !wanted.is_known() {
            return gap("the provider's settings are not known");
        }
        let Some(in_use) = &self.in_use else { return gap("no server is known") };
        let aliases = wanted.provider().map_or(&[][..], |row| &row.aliases);
        let same_host = |host: &str| host == in_use.host || aliases.contains(&in_use.host);
        let is_same = |choice: &Choice| {
            same_host(&choice.host) && choice.port == in_use.port && choice.security == self.security()
        };
        if wanted.choices.iter().any(is_same) {
            return word("same");
        }
        let ways = wanted.choices.iter().take(3).map(|choice| {
            let role = if same_host(&choice.host) { Role::InUse } else { Role::Wanted };
            let target = Target { role, port: choice.port };
            if self.on(target, smtp::EHLO_REFUSED).is_there() { Seen::Is(false) } else { self.lets_log_in(target) }
        });
        any(ways, |works| *works, "yes", word("no"))
    }

    /// What the error that the caller sees means, whose words say so, and the cause that its words only seem to mean, or
    /// that a number in it points to first.
    fn error(&self, facts: &mut Made) {
        let (Some(error), Some(pasted)) = (&self.input.account.error, self.input.said) else {
            for fact in ["said", "said.by", "said.hint"] {
                facts.put(fact, gap("no error text was given"));
            }
            return;
        };
        let said = match (pasted.cause, pasted.by) {
            (Some(_), _) if pasted.is_guess => {
                gap("the words are in no table of ours, and only seem to mean something")
            }
            (Some(cause), _) => word(cause),
            (None, By::Number) => gap("the number says nothing definite"),
            (None, _) => word("undetermined"),
        };
        facts.put("said", said);
        facts.put("said.by", word(pasted.by.into()));
        let by_number = || outlook_errors::in_text(error).into_iter().find_map(|row| row.suggests.first());
        let guess = pasted.cause.filter(|_| pasted.is_guess);
        let hint = guess.or_else(|| by_number().map(String::as_str));
        facts.put("said.hint", hint.map_or(gap("the words contain no number that is in our table"), word));
    }
}

/// Goes on if the observation is as needed; otherwise says what that means for the whole: no, unknown, or not yet.
fn need<T>(seen: Seen<T>, fits: impl FnOnce(&T) -> bool) -> Result<(), Known> {
    match seen {
        Seen::Is(value) if fits(&value) => Ok(()),
        seen => Err(seen.known(|_| word("no"))),
    }
}
