//! Facts about what lies beside SMTP: Exchange accounts, and what the sender's domain publishes.

use super::*;
use crate::facts::keys::{autodiscover, exchange, proxy, sender_domain};

impl View<'_> {
    pub(super) fn exchange(&self, facts: &mut Made) {
        let client = self.input.account.client();
        let holds = client.map_or(gap("nobody said which mail program it is"), |client| word(client.exchange.word()));
        facts.put("client.exchange", holds);
        facts.put("proxy.script", self.one(proxy::STATE).or_moot("no script chooses the web proxy"));
        facts.put("proxy.named", self.one(proxy::NAMED).or_moot("no script names one"));
        facts.put("exchange.mailbox", self.one(autodiscover::MAILBOX));
        facts.put("exchange.autodiscover", self.one(autodiscover::BY));
        facts.put("exchange.misled", self.one(autodiscover::MISLED_HOW).or_moot("nobody else answers"));
        facts.put("exchange.server", self.one(exchange::SERVER));
        facts.put("exchange.sign-in", self.one(exchange::SIGN_IN));
    }

    pub(super) fn sender_domain(&self, facts: &mut Made) {
        facts.put("sender.spf", self.one(sender_domain::SPF));
        facts.put("sender.dkim", self.one(sender_domain::DKIM));
        facts.put("sender.dmarc", self.one(sender_domain::DMARC));
    }
}
