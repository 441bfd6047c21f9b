//! Facts about encryption: the TLS handshake, the certificate, what the mail program can use, and where the account's
//! connection ends.

use super::*;
use crate::facts::keys::{certificate, chain, clients, login, port, reference, smtp, tls};
use crate::facts::stacks;
use crate::facts::stacks::Weak;
use crate::facts::words::{Accepts, Ehlo, Greeting, Handshake, HandshakeElsewhere, LogIn, SmallSegments, Stops};

/// The versions that today's programs use (RFC 8996 deprecates older ones).
const OF_TODAY: [&str; 2] = ["TLSv1.2", "TLSv1.3"];
/// The one of them that every system of today has.
const USUAL: &str = "TLSv1.2";
/// RSA keys of fewer bits are weak (NIST SP 800-57; RFC 9325 section 4.5).
const LEAST_RSA_BITS: usize = 2_048;
const OLDER: [&str; 2] = ["TLSv1.0", "TLSv1.1"];

impl View<'_> {
    pub(super) fn encryption(&self, facts: &mut Made) {
        facts.put("security", self.security_in_words());
        facts.put("security.auto", yes_no(self.is_auto()));
        facts.put("handshake", self.handshake());
        let elsewhere = self.elsewhere(reference::HANDSHAKE, 465);
        let count = |what| elsewhere.iter().filter(|handshake| **handshake == Seen::Is(what)).count();
        let none = match () {
            () if count(HandshakeElsewhere::PrivateIssuer) >= AGREEING_REFERENCES => word("private-issuer"),
            () if count(HandshakeElsewhere::Cut) >= AGREEING_REFERENCES => word("cut"),
            () if count(HandshakeElsewhere::Dates) >= AGREEING_REFERENCES => word("dates"),
            () => gap("too few other servers were asked"),
        };
        let is_done = |handshake: &HandshakeElsewhere| *handshake == HandshakeElsewhere::Done;
        facts.put("handshake.elsewhere", any(elsewhere, is_done, "done", none));
        let stalls = match self.own(smtp::SMALL_SEGMENTS) {
            Seen::Absent(_) => gap("nothing stalled"),
            small => small.known(|small| yes_no(small == SmallSegments::Done)),
        };
        facts.put("handshake.stalls", stalls);
        facts.put("account.stops", self.stops());
        facts.put("tls.common", self.accepts_one_of(OF_TODAY));
        facts.put("tls.older", self.accepts_one_of(["TLSv1.0", "TLSv1.1"]));
        let client_tls = self.client_tls();
        let lacks = match client_tls.word() {
            Some("no") => self.one(clients::LACKS).into(),
            Some(_) => moot("the mail program can encrypt with the server"),
            None => client_tls.clone(),
        };
        facts.put("client.tls", client_tls);
        facts.put("client.lacks", lacks);
        facts.put("client.strength", self.client_strength());
        facts.put("client.roots", self.client_roots());
        facts.put("handshake.weak", self.too_weak());
        let anonymous = self.own(tls::ANONYMOUS).or_moot("nothing was refused for want of a cipher suite");
        facts.put("handshake.anonymous", anonymous.known(yes_no));
    }

    /// Whether the port in use accepts one of these versions.
    fn accepts_one_of(&self, versions: [&str; 2]) -> Known {
        let states = versions.map(|version| self.own(tls::VERSION.of(version)));
        let all_rejected = states.iter().all(|state| *state == Seen::Is(Accepts::Rejected));
        let none = if all_rejected { word("no") } else { gap("not both of them were asked") };
        any(states, |state| *state == Accepts::Accepted, "yes", none)
    }

    pub(super) fn certificate(&self, facts: &mut Made) {
        let is_whole = |whole| word(if whole { "whole" } else { "link-missing" });
        facts.put("chain", self.one(chain::WHOLE).known(is_whole));
        facts.put("certificate", self.own(certificate::CERTIFICATE));
        facts.put("certificate.dates", self.own(certificate::DATES));
        facts.put("certificate.accepted", self.own(certificate::VERIFIED));
        let judged = |seen: Seen<bool>| match (self.own(certificate::VERIFIED), seen) {
            (Seen::Is(true), seen) if self.has_own_roots() => seen,
            (Seen::Is(true), _) => Seen::Absent(Why::Moot("this computer accepts the certificate".to_owned())),
            (_, seen) => seen,
        };
        let public = judged(self.own(certificate::PUBLIC));
        facts.put("certificate.public", public.clone());
        let issuers = match (public, self.own(certificate::NO_ISSUERS)) {
            (Seen::Is(_), Seen::Is(_)) => word("none"),
            (Seen::Is(_), _) => word("some"),
            (not_seen, _) => not_seen.into(),
        };
        facts.put("certificate.issuers", issuers);
    }

    fn security_in_words(&self) -> Known {
        let known = |_| word(self.security().word());
        match self.own(smtp::SPEAKS) {
            _ if self.in_use.is_none() => gap("no server is known"),
            _ if !self.is_auto() => word(self.security().word()),
            Seen::Is(Speaks::Tls) => word(Security::Implicit.word()),
            _ => self.own(smtp::STARTTLS).known(known),
        }
    }

    fn handshake(&self) -> Known {
        if self.security() == Security::Implicit && self.own(smtp::SPEAKS).is(Speaks::Plain) {
            return word("not-tls");
        }
        match self.own(smtp::HANDSHAKE) {
            _ if self.security() == Security::None => word("not-tried"),
            Seen::Is(Handshake::Done | Handshake::Certificate) => word("done"),
            Seen::Is(failed) => self.failed_handshake(failed),
            not_seen => not_seen.into(),
        }
    }

    /// What is too weak, in the words of this computer's library, or otherwise by what the server chose from all that it
    /// was offered.
    pub(super) fn too_weak(&self) -> Known {
        match self.own(smtp::HANDSHAKE) {
            Seen::Is(Handshake::TooWeak) => self.own(smtp::HANDSHAKE_WEAK).into(),
            // Some servers close the connection in place of an alert.
            Seen::Is(Handshake::NoCommonVersion | Handshake::Refused | Handshake::Cut) => {
                self.own(tls::TOO_WEAK).into()
            }
            Seen::Is(_) => moot("nothing was refused as too weak"),
            not_seen => not_seen.into(),
        }
    }

    fn failed_handshake(&self, failed: Handshake) -> Known {
        if failed == Handshake::TooWeak {
            return word("too-weak");
        }
        match self.own(tls::BREAKS_ON) {
            Seen::Is(_) => return word("breaks"),
            Seen::Pending(checks) => return Known::Pending(checks),
            Seen::Absent(_) => {}
        }
        // What cannot be read, or never ends, refuses no version and no cipher suite.
        if matches!(failed, Handshake::Senseless | Handshake::TooLong) {
            return word("cut");
        }
        let of_today = OF_TODAY.map(|version| self.own(tls::VERSION.of(version)));
        for state in &of_today {
            if let Seen::Pending(checks) = state {
                return Known::Pending(checks.clone());
            }
        }
        let takes_none_of_today = of_today.iter().all(|state| *state == Seen::Is(Accepts::Rejected));
        // This computer's library offers nothing older. A server that accepts no version at all has a different fault.
        if takes_none_of_today && OLDER.iter().any(|old| self.own(tls::VERSION.of(old)).is(Accepts::Accepted)) {
            return word("no-common-version");
        }
        match self.too_weak() {
            Known::Word(_) => return word("too-weak"),
            pending @ Known::Pending(_) => return pending,
            Known::Unknown(_) => {}
        }
        word(match failed {
            Handshake::NoCommonVersion | Handshake::Refused => "refused",
            Handshake::NotTls => "not-tls",
            _ => "cut",
        })
    }

    /// Whether the mail program can encrypt with the server, on one of the systems that it may run on.
    fn client_tls(&self) -> Known {
        let Some(client) = self.input.account.client() else { return moot("no mail program is named") };
        if !stacks::all().iter().any(|row| row.is_of(&client.id)) {
            return moot("what this mail program can use is not known");
        }
        // Once a version was seen to be accepted, that settles it for every program that offers it, whatever else is
        // asked.
        let accepted = |version: &str| {
            self.own(tls::VERSION.of(version)).is(Accepts::Accepted)
                || self.own(smtp::TLS_VERSION).value().as_deref() == Some(version)
        };
        let systems = self.one(clients::SYSTEMS).value().unwrap_or_default();
        let rows = stacks::all().iter().filter(|row| systems.contains(&row.name));
        let fits: Vec<bool> = rows.map(|row| row.surely_fits(accepted)).collect();
        match self.own(tls::VERSION.of(USUAL)) {
            _ if !fits.contains(&true) => self.one(clients::CAN).into(),
            _ if !fits.contains(&false) => word("yes"),
            // Without the version that every system of today has, it depends on the system.
            Seen::Is(Accepts::Rejected) => gap("not on every system that this mail program may run on"),
            Seen::Pending(checks) if !accepted(USUAL) => Known::Pending(checks),
            _ => word("yes"),
        }
    }

    /// Whether the mail program accepts what is weak in the server's encryption, on all the systems that it may run on.
    fn client_strength(&self) -> Known {
        let Some(client) = self.input.account.client() else { return moot("no mail program is named") };
        let handshake = match self.own(smtp::HANDSHAKE) {
            Seen::Is(handshake) => handshake,
            not_seen => return not_seen.into(),
        };
        let uses_dhe = handshake == Handshake::TooWeak || self.own(smtp::DHE).is(true);
        let dh_bits = match self.own(tls::DH_BITS) {
            Seen::Pending(checks) if uses_dhe => return Known::Pending(checks),
            bits => bits.value().filter(|_| uses_dhe),
        };
        let shows_weak = handshake == Handshake::Certificate || self.own(smtp::WEAK_CERTIFICATE).is(true);
        let mut weak = Weak { dh_bits, ..Weak::default() };
        if shows_weak {
            match (self.own(certificate::KEY), self.own(certificate::SIGNATURE)) {
                (Seen::Pending(checks), _) | (_, Seen::Pending(checks)) => return Known::Pending(checks),
                (key, signature) => {
                    let rsa = key.value().and_then(|key| key.strip_prefix("RSA ")?.parse().ok());
                    weak.rsa_bits = rsa.filter(|bits| *bits < LEAST_RSA_BITS);
                    weak.sha1 = signature.value().is_some_and(|name| name.to_ascii_lowercase().contains("sha1"));
                }
            }
        }
        if weak.dh_bits.is_none() && weak.rsa_bits.is_none() && !weak.sha1 {
            return moot("nothing weak was seen");
        }
        let systems = match self.one(clients::SYSTEMS) {
            Seen::Pending(checks) => return Known::Pending(checks),
            systems => systems.value().unwrap_or_default(),
        };
        let rows = stacks::all().iter().filter(|row| row.is_of(&client.id));
        let rows = rows.filter(|row| systems.is_empty() || systems.contains(&row.name));
        let accept: Vec<Option<bool>> = rows.map(|row| row.accepts(&weak)).collect();
        match accept.first() {
            Some(Some(first)) if accept.iter().all(|other| *other == Some(*first)) => yes_no(*first),
            _ => gap("it is not known what this mail program accepts, or it depends on the system"),
        }
    }

    fn has_own_roots(&self) -> bool {
        self.input.account.client().is_some_and(|client| stacks::has_own_roots(&client.id))
    }

    /// Whose list of issuers the mail program goes by.
    fn client_roots(&self) -> Known {
        match self.input.account.client() {
            None => moot("no mail program is named"),
            Some(_) if self.has_own_roots() => self.own(certificate::PROGRAM_ROOTS).into(),
            Some(client) if stacks::all().iter().any(|row| row.is_of(&client.id)) => word("system"),
            Some(_) => moot("not known for this mail program"),
        }
    }

    /// Where the account's connection ends if it does not get through. Only silence and slowness can be caused by the
    /// line: a refusal, a cut or a certificate is an answer.
    pub(super) fn stops(&self) -> Known {
        match self.own(port::STATE) {
            Seen::Is(PortState::Open) => {}
            state => return state.known(|_| word("never-opened")),
        }
        // Each step either ends here with a word, or goes on.
        let in_clear = self.security() == Security::None;
        let steps = [
            self.own(smtp::GREETING).map(|greeting| match greeting {
                Greeting::Ready => None,
                Greeting::Silent | Greeting::Endless => Some("silence"),
                _ => Some("answer"),
            }),
            self.own(smtp::EHLO).map(|ehlo| match ehlo {
                Ehlo::Accepted => None,
                Ehlo::TooSlow => Some("silence"),
                _ => Some("answer"),
            }),
            self.own(smtp::EHLO_ENCRYPTED).map(|ehlo| match ehlo {
                _ if in_clear => None,
                Ehlo::TooSlow => Some("silence"),
                _ => Some("answer"),
            }),
            self.own(smtp::HANDSHAKE).map(|handshake| match handshake {
                _ if in_clear => None,
                Handshake::Done => None,
                Handshake::Silent => Some("silence"),
                _ => Some("answer"),
            }),
        ];
        for step in steps {
            match step {
                Seen::Pending(checks) => return Known::Pending(checks),
                Seen::Is(Some(end)) => return word(end),
                _ => {}
            }
        }
        match (self.one(login::RESULT), self.one(login::STOPS)) {
            (Seen::Pending(checks), _) => return Known::Pending(checks),
            (_, Seen::Is(Stops::Silent | Stops::Endless)) => return word("silence"),
            (Seen::Is(LogIn::NotTried) | Seen::Absent(_), _) => {}
            (Seen::Is(_), _) => return word("answer"),
        }
        let is_late = |key| self.own(key).value().is_some_and(|ms| ms > SLOW_MS);
        word(if [smtp::GREETING_MS, smtp::EHLO_MS].into_iter().any(is_late) { "slow" } else { "answer" })
    }
}
