//! Facts about the log-in that is offered and tried, and about the permission to send.

use super::*;
use crate::account::mechanisms;
use crate::facts::keys::{login, sending, smtp};
use crate::facts::words::{LogIn, Relay, Sending};
use crate::facts::{limit, organisation};
use crate::probe::sasl::{FOR_PASSWORDS, FOR_TOKENS};

/// What a refusal means, and its words.
pub(super) type Heard = (Seen<String>, Seen<String>);

impl View<'_> {
    pub(super) fn log_in(&self, facts: &mut Made) {
        facts.put("auth.offered", self.offered());
        let others = self.other_ports().into_iter().map(Target::in_use);
        let seen = self.input.seen;
        let of_wanted = seen.targets(smtp::AUTH.check).filter(|target| target.role == Role::Wanted);
        let offered = others.chain(of_wanted).map(|target| self.on(target, smtp::AUTH));
        facts.put("auth.elsewhere", any(offered, |offered| !offered.is_empty(), "yes", word("no")));
        facts.put("login", self.one(login::RESULT));
        let port = self.one(login::PORT);
        let at = match self.one(login::SERVER) {
            Seen::Is(_) => word("wanted"),
            _ => port.clone().known(|_| word("in-use")),
        };
        facts.put("login.at", at);
        match self.one(login::WITH) {
            Seen::Is(with) => facts.put("login.with", word(with.word())),
            _ => facts.put("login.with", port.known(|_| word("password"))),
        }
        facts.put("password.given", self.one(login::GIVEN));
        let refused = self.one(login::RESULT).map(|result| matches!(result, LogIn::Rejected | LogIn::Temporary));
        facts.put("login.reason", reason(refused, self.one(login::REASON)));
        let untried = match self.one(login::UNTRIED) {
            Seen::Absent(_) => self.one(login::RESULT).known(|_| word("no")),
            untried => untried.known(|_| word("yes")),
        };
        facts.put("login.untried", untried);
        facts.put("client.log-in", self.client_log_in());
        facts.put("relay", self.relay());
    }

    /// Whether the mail program speaks one of the mechanisms that the server offers; by our table.
    fn client_log_in(&self) -> Known {
        let Some(client) = self.input.account.client() else { return moot("no mail program is named") };
        let Some(row) = mechanisms::of(&client.id) else { return moot("what this mail program speaks is not known") };
        let in_clear = self.security() == Security::None;
        match self.own(if in_clear { smtp::AUTH_CLEAR } else { smtp::AUTH }) {
            Seen::Is(offered) if offered.is_empty() => moot("no log-in is offered"),
            offered => offered.known(|offered| yes_no(offered.iter().any(|name| row.speaks(name)))),
        }
    }

    /// Whether a server that offers no log-in takes mail without one.
    pub(super) fn relay(&self) -> Known {
        let relay = self.own(smtp::RELAY).or_moot("a log-in is offered, or the server did not let us ask");
        relay.known(|relay| match relay {
            Relay::OwnDomain if self.input.account.is_device() => word("direct"),
            relay => word(relay.word()),
        })
    }

    pub(super) fn sending(&self, facts: &mut Made) {
        facts.put("sending", self.one(sending::RESULT));
        let refused = self.one(sending::RESULT).map(|result| matches!(result, Sending::Rejected | Sending::Temporary));
        facts.put("sending.reason", reason(refused.clone(), self.one(sending::REASON)));
        let what = match refused {
            Seen::Is(true) => self.one(sending::REFUSED).into(),
            refused => refused.known(|_| moot("nothing was refused")),
        };
        facts.put("sending.refused", what);
        facts.put("sending.to", word(if self.input.account.to.is_none() { "own" } else { "given" }));
        let was_handed_over = self.one(sending::MESSAGE).is_there();
        facts.put("limit.of", self.limit());
        facts.put("organisation", self.organisation());
        facts.put("sending.message", self.one(sending::RESULT).known(|_| yes_no(was_handed_over)));
    }

    /// Which limit the words name that refuse the log-in or the message because of one, or the error shown.
    fn limit(&self) -> Known {
        let named =
            |words: &str| limit::named(words).map_or(gap("the words do not say which"), |limit| word(limit.into()));
        let causes = ["quota-exceeded", "recipient-mailbox-full"];
        self.in_words_of(&self.refusals(), (&causes, &causes), "no limit is named", named)
    }

    /// What the words that stop the mail say of the sender's whole organisation.
    fn organisation(&self) -> Known {
        let named = |words: &str| {
            organisation::named(words).map_or(moot("they do not speak of an organisation"), |whole| word(whole.into()))
        };
        let causes = ["account-locked", "recipient-rejected"];
        self.in_words_of(&self.refusals(), (&causes, &causes), "nothing of that kind is said", named)
    }

    /// What the server's refusals of the log-in and of the message mean, and their words.
    pub(super) fn refusals(&self) -> [Heard; 2] {
        [(self.one(login::REASON), self.one(login::REPLY)), (self.one(sending::REASON), self.one(sending::REPLY))]
    }

    /// What is read from the words of the server that refuses something for one of the first causes; or from the error
    /// shown, if that means one of the others.
    pub(super) fn in_words_of(
        &self,
        heard: &[Heard],
        (causes, in_error): (&[&str], &[&str]),
        if_none: &'static str,
        read: impl Fn(&str) -> Known,
    ) -> Known {
        for (reason, words) in heard {
            match reason {
                Seen::Pending(checks) => return Known::Pending(checks.clone()),
                Seen::Is(reason) if causes.contains(&reason.as_str()) => {
                    return words.clone().known(|words| read(&words));
                }
                _ => {}
            }
        }
        match (&self.input.account.error, self.input.said.and_then(|pasted| pasted.cause)) {
            (Some(error), Some(cause)) if in_error.contains(&cause) => read(error),
            _ => moot(if_none),
        }
    }

    fn offered(&self) -> Known {
        let after_tls = self.own(smtp::AUTH);
        if self.security() != Security::None {
            return after_tls.known(|offered| self.is_ours(&offered));
        }
        match self.own(smtp::AUTH_CLEAR) {
            Seen::Is(_) if self.asks_for_encryption() => word("only-after-tls"),
            Seen::Is(offered) if offered.is_empty() => {
                after_tls.known(|later| word(if later.is_empty() { "no" } else { "only-after-tls" }))
            }
            Seen::Is(_) if self.own(smtp::AUTH_CLEAR_PROBE).value().is_some_and(|code| code != 334) => {
                gap("the server offers a log-in without encryption, and refuses it in words that are not in our table")
            }
            offered => offered.known(|offered| self.is_ours(&offered)),
        }
    }

    /// Whether the server answers an unencrypted AUTH by asking for encryption.
    pub(super) fn asks_for_encryption(&self) -> bool {
        self.own(smtp::AUTH_CLEAR_WANTS_TLS).is(true)
    }

    /// Whether one of these mechanisms can be used with what was given (password or token).
    fn is_ours(&self, offered: &[String]) -> Known {
        let offers = |ours: &[&str]| offered.iter().any(|name| ours.contains(&name.as_str()));
        match self.one(login::WITH) {
            _ if offered.is_empty() => word("no"),
            _ if offers(&FOR_PASSWORDS) => word("yes"),
            Seen::Is(_) if offers(&FOR_TOKENS) => word("yes"),
            Seen::Pending(checks) if offers(&FOR_TOKENS) => Known::Pending(checks),
            _ => word("not-ours"),
        }
    }
}

/// The cause that a refusal means.
pub(super) fn reason(refused: Seen<bool>, reason: Seen<String>) -> Known {
    match (refused, reason) {
        (Seen::Is(true), Seen::Absent(_)) => gap("the server's words are not in our table"),
        (Seen::Is(true), reason) => reason.into(),
        (refused, _) => refused.known(|_| moot("nothing was refused")),
    }
}
