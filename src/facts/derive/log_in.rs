//! On which port of which server a password may be used: one pure function, both for the check that sends it and for
//! whatever says beforehand where it will go. Only over encryption whose certificate verifies, only to a server that
//! is not named by DNS alone, and to the provider's server only if it was measured.

use super::*;
use crate::account::Source;
use crate::account::provider::Passwords;
use crate::facts::keys::smtp;
use crate::facts::words::Handshake;

/// The ports to try, in this order, if neither the settings in use nor the provider's let us log in.
const FALLBACKS: [u16; 3] = [587, 465, 25];

/// What a log-in is made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A password, of the mailbox or of the program.
    Password,
    /// A token in its place (RFC 6750).
    Token,
}

/// Where the log-in is made, or why it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogInWay {
    /// Not known before these checks have ended.
    Pending(BTreeSet<String>),
    /// On this port of this server.
    Through {
        /// The port.
        target: Target,
        /// The server's name, for which its certificate verifies.
        host: String,
    },
    /// Nowhere safely; the port in use shows a certificate that does not verify, and nothing else is wrong with it.
    Unproven {
        /// The port.
        target: Target,
        /// The server's name, which the certificate does not prove.
        host: String,
    },
    /// The server lets us connect, but offers a log-in on no port.
    NotOffered,
    /// Only an unsigned DNS answer says that this is the account's server.
    NotVouched {
        /// The server's name.
        host: String,
    },
    /// The provider accepts no passwords from mail programs.
    NoPasswords,
    /// No server is known.
    NoServer,
    /// No encrypted connection with a certificate that verifies offers a log-in.
    NoneSafe,
}

/// Where to log in with a password or a token: with the configured settings if they work safely, otherwise with the
/// provider's, otherwise on any other port of the server in use.
pub fn log_in_way(input: Input<'_>, by: By) -> LogInWay {
    let view = View { input, in_use: input.account.in_use(input.wanted) };
    let provider = input.wanted.and_then(Wanted::provider);
    let takes_none = provider.is_some_and(|row| row.passwords == Passwords::None);
    if by == By::Password && takes_none && !view.is_here() {
        return LogInWay::NoPasswords;
    }
    view.log_in_way()
}

/// Whether more than an unsigned DNS answer says that this is the account's server: the mail program has it, the table
/// or an autoconfig file names it, or it is in the mail domain (RFC 6186 section 6 wants a person to confirm all
/// others).
fn is_vouched_for(account: &Account, wanted: Option<&Wanted>, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    let domain = account.address.domain().to_ascii_lowercase();
    let is_set = account.settings.server().is_some_and(|set| set.eq_ignore_ascii_case(&host));
    let in_domain = host.strip_suffix(&domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    is_set || in_domain || wanted.is_none_or(|wanted| wanted.source != Source::Srv)
}

impl View<'_> {
    fn log_in_way(&self) -> LogInWay {
        let Some(in_use) = &self.in_use else {
            return match self.input.wanted {
                Some(_) => LogInWay::NoServer,
                None => LogInWay::Pending(planning()),
            };
        };
        let is_vouched = |host: &str| is_vouched_for(self.input.account, self.input.wanted, host);
        for (target, host) in self.log_in_ways(in_use).into_iter().filter(|(_, host)| is_vouched(host)) {
            match self.lets_log_in(target) {
                Seen::Is(true) => return LogInWay::Through { target, host: host.to_owned() },
                Seen::Pending(checks) => return LogInWay::Pending(checks),
                _ => {}
            }
        }
        match self.own(smtp::HANDSHAKE) {
            Seen::Is(Handshake::Certificate) => {
                return LogInWay::Unproven { target: Target::in_use(in_use.port), host: in_use.host.clone() };
            }
            Seen::Pending(checks) => return LogInWay::Pending(checks),
            _ => {}
        }
        match self.offers_no_log_in(in_use) {
            Seen::Pending(checks) => LogInWay::Pending(checks),
            Seen::Is(true) => LogInWay::NotOffered,
            _ if !is_vouched(&in_use.host) => LogInWay::NotVouched { host: in_use.host.clone() },
            _ => LogInWay::NoneSafe,
        }
    }

    /// The ports in the order of trying, each with the server's name, as far as they are measured.
    fn log_in_ways<'a>(&'a self, in_use: &'a Endpoint) -> Vec<(Target, &'a str)> {
        let choices = self.input.wanted.map_or(&[][..], |wanted| &wanted.choices);
        let measured = choices.first().map(|choice| &choice.host);
        // The password of a program on this computer is none of the provider's.
        let choices = if self.is_here() { &[][..] } else { choices };
        let wanted = choices.iter().filter_map(|choice| {
            let role = match &choice.host {
                host if *host == in_use.host => Role::InUse,
                host if Some(host) == measured => Role::Wanted,
                _ => return None,
            };
            Some((Target { role, port: choice.port }, choice.host.as_str()))
        });
        let in_use_at = |port: u16| (Target::in_use(port), in_use.host.as_str());
        let mut ways: Vec<(Target, &str)> = Vec::new();
        for way in std::iter::once(in_use_at(in_use.port)).chain(wanted).chain(FALLBACKS.map(in_use_at)) {
            if !ways.contains(&way) && self.input.seen.is_planned(&way.0.id(smtp::THROUGH.check)) {
                ways.push(way);
            }
        }
        ways
    }

    /// Whether a port gets us, encrypted and verified, as far as an offered log-in.
    pub(super) fn lets_log_in(&self, target: Target) -> Seen<bool> {
        match self.on(target, smtp::AUTH).map(|offered| !offered.is_empty()) {
            Seen::Is(true) => match self.on(target, smtp::THROUGH) {
                Seen::Absent(_) => Seen::Is(false),
                through => through,
            },
            offers => offers,
        }
    }

    /// Whether the server lets us connect on some port, and offers a log-in on none.
    fn offers_no_log_in(&self, in_use: &Endpoint) -> Seen<bool> {
        let ports: BTreeSet<u16> = FALLBACKS.into_iter().chain([in_use.port]).gather();
        let mut let_in = false;
        for port in ports {
            match self.at(port, smtp::AUTH) {
                Seen::Is(offered) if !offered.is_empty() => return Seen::Is(false),
                Seen::Is(_) => let_in = true,
                Seen::Pending(checks) => return Seen::Pending(checks),
                Seen::Absent(_) => {}
            }
        }
        Seen::Is(let_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Address, Choice, Given};
    use crate::facts::Facts;
    use crate::facts::observed::Observed;

    /// What the check of one port has come to.
    enum Smtp {
        Runs,
        LetsIn(&'static [&'static str]),
        Clear(&'static [&'static str]),
        BadCertificate,
        Shut,
    }
    use Smtp::{BadCertificate, Clear, LetsIn, Runs, Shut};

    fn facts(smtp: &Smtp) -> Facts {
        let mut facts = Facts::new();
        let mut offers = |offered: &[&str]| {
            let offered: Vec<String> = offered.iter().map(|name| (*name).to_owned()).collect();
            facts.insert(smtp::AUTH.name.into_owned(), offered.to_value());
        };
        match smtp {
            LetsIn(offered) => {
                offers(offered);
                facts.insert(smtp::THROUGH.name.into_owned(), true.to_value());
            }
            Clear(offered) => offers(offered),
            BadCertificate => {
                facts.insert(smtp::HANDSHAKE.name.into_owned(), Handshake::Certificate.to_value());
            }
            Runs | Shut => {}
        }
        facts
    }

    /// Where anna@example.com would log in, if the mail program has this server on port 587 and the provider wants
    /// these.
    fn way(typed: Option<&str>, wanted: &[(&str, u16)], source: Source, checks: &[(&str, Smtp)]) -> LogInWay {
        let mut account = Account::new(Address::parse("anna@example.com").unwrap());
        account.settings.server = typed.map(|typed| Given::typed(typed.to_owned().into()));
        let choice = |(host, port): &(&str, u16)| Choice {
            host: (*host).to_owned(),
            port: *port,
            security: Security::usual_for(*port),
            auth: vec![],
        };
        let wanted = Wanted { choices: wanted.iter().map(choice).collect(), source, provider: None };
        let facts: Vec<Facts> = checks.iter().map(|(_, smtp)| facts(smtp)).collect();
        let observed = checks.iter().zip(&facts).map(|((id, smtp), facts)| {
            let done = !matches!(smtp, Runs);
            (*id, Observed { done, facts, why_not: None })
        });
        let seen = Observations { checks: observed.collect(), plan_complete: true };
        log_in_way(
            Input { account: &account, said: None, wanted: Some(&wanted), seen: &seen, answers: &BTreeMap::new() },
            By::Password,
        )
    }

    const OURS: (&str, u16) = ("smtp.example.com", 587);
    const PLAIN: Smtp = LetsIn(&["PLAIN"]);

    fn through(role: Role, port: u16, host: &str) -> LogInWay {
        LogInWay::Through { target: Target { role, port }, host: host.to_owned() }
    }

    fn in_use(port: u16) -> LogInWay {
        through(Role::InUse, port, OURS.0)
    }

    fn pending(id: &str) -> LogInWay {
        LogInWay::Pending([id.to_owned()].into())
    }

    #[test]
    fn the_best_way_that_is_safe() {
        let way = |checks: &[(&str, Smtp)]| way(None, &[OURS, (OURS.0, 465)], Source::Table, checks);
        assert_eq!(way(&[("smtp.587", PLAIN), ("smtp.465", PLAIN)]), in_use(587));
        assert_eq!(way(&[("smtp.587", Shut), ("smtp.465", PLAIN), ("smtp.25", PLAIN)]), in_use(465));
        assert_eq!(way(&[("smtp.587", LetsIn(&[])), ("smtp.465", Shut), ("smtp.25", PLAIN)]), in_use(25));
        // Without encryption, everybody on the way could read along.
        assert_eq!(way(&[("smtp.587", Clear(&["PLAIN"]))]), LogInWay::NoneSafe);
        assert_eq!(way(&[("smtp.587", Shut), ("smtp.465", Shut)]), LogInWay::NoneSafe);
        assert_eq!(way(&[("smtp.587", LetsIn(&[])), ("smtp.25", Clear(&[]))]), LogInWay::NotOffered);
        // A port that is not measured does not count.
        assert_eq!(way(&[]), LogInWay::NoneSafe);
    }

    #[test]
    fn a_better_way_that_still_runs_is_waited_for() {
        let way = |checks: &[(&str, Smtp)]| way(None, &[OURS], Source::Table, checks);
        assert_eq!(way(&[("smtp.587", Runs), ("smtp.465", PLAIN)]), pending("smtp.587"));
        assert_eq!(way(&[("smtp.587", Shut), ("smtp.465", Runs), ("smtp.25", PLAIN)]), pending("smtp.465"));
        assert_eq!(way(&[("smtp.587", PLAIN), ("smtp.465", Runs)]), in_use(587));
    }

    #[test]
    fn another_server_that_the_provider_wants() {
        let way = |typed: &str, wanted: &[(&str, u16)], checks: &[(&str, Smtp)]| {
            way(Some(typed), wanted, Source::Table, checks)
        };
        let wanted = [OURS, ("relay.example.net", 2525)];
        let other = "mail.example.org";
        let checks = || [("smtp.587", Shut), ("smtp.465", PLAIN), ("wanted.smtp.587", PLAIN)];
        // The provider's own server comes before other ports of the one in use.
        assert_eq!(way(other, &wanted, &checks()), through(Role::Wanted, 587, OURS.0));
        // Only the server of the first choice is measured as the wanted one: no result is taken for another server's.
        let relay_first = [("relay.example.net", 2525), OURS];
        assert_eq!(way(other, &relay_first, &checks()), through(Role::InUse, 465, other));
        assert_eq!(way(OURS.0, &relay_first, &checks()), in_use(465));
    }

    #[test]
    fn a_server_that_only_dns_names_gets_nothing() {
        let elsewhere = [("smtp.example.net", 587)];
        let checks = || [("smtp.587", PLAIN)];
        let named = |typed: Option<&str>, source| way(typed, &elsewhere, source, &checks());
        let host = elsewhere[0].0.to_owned();
        assert_eq!(named(None, Source::Srv), LogInWay::NotVouched { host });
        assert_eq!(named(None, Source::Autoconfig), through(Role::InUse, 587, elsewhere[0].0));
        assert_eq!(named(Some("smtp.example.net"), Source::Srv), through(Role::InUse, 587, elsewhere[0].0));
        assert_eq!(way(None, &[OURS], Source::Srv, &checks()), in_use(587));
        // First of all it is asked whether its certificate verifies.
        assert_eq!(way(None, &elsewhere, Source::Srv, &[("smtp.587", Runs), ("smtp.25", PLAIN)]), pending("smtp.587"));
        let similar = [("smtp.notexample.com", 587)];
        assert!(matches!(way(None, &similar, Source::Srv, &checks()), LogInWay::NotVouched { .. }));
    }

    #[test]
    fn a_certificate_that_does_not_verify() {
        let way = |checks: &[(&str, Smtp)]| way(None, &[OURS], Source::Table, checks);
        let unproven = LogInWay::Unproven { target: Target::in_use(587), host: OURS.0.to_owned() };
        assert_eq!(way(&[("smtp.587", BadCertificate), ("smtp.465", BadCertificate)]), unproven);
        assert_eq!(way(&[("smtp.587", BadCertificate), ("smtp.465", PLAIN)]), in_use(465));
        assert_eq!(way(&[("smtp.587", Shut), ("smtp.465", BadCertificate)]), LogInWay::NoneSafe);
    }

    #[test]
    fn without_a_server() {
        let account = Account::new(Address::parse("anna@example.com").unwrap());
        let nothing = Wanted { choices: vec![], source: Source::Guess, provider: None };
        let way = |wanted| {
            let seen = Observations::default();
            log_in_way(
                Input { account: &account, said: None, wanted, seen: &seen, answers: &BTreeMap::new() },
                By::Password,
            )
        };
        assert_eq!(way(None), pending("provider"));
        assert_eq!(way(Some(&nothing)), LogInWay::NoServer);
    }
}
