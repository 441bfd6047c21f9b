//! Facts about what lies beside SMTP: Exchange accounts, and what the sender's domain publishes.

use super::*;
use crate::account::outlook_told::Asks;
use crate::facts::keys::{autodiscover, exchange, outlook, proxy, sender_domain};
use crate::facts::words::{AutodiscoverBy, MailboxAt, OutlookTold};

impl View<'_> {
    pub(super) fn exchange(&self, facts: &mut Made) {
        let client = self.input.account.client();
        let holds = client.map_or(gap("nobody said which mail program it is"), |client| word(client.exchange.word()));
        facts.put("client.exchange", holds);
        facts.put("proxy.script", self.one(proxy::STATE).or_moot("no script chooses the web proxy"));
        facts.put("proxy.named", self.one(proxy::NAMED).or_moot("no script names one"));
        facts.put("outlook.told", self.told());
        facts.put("outlook.by-policy", self.one(outlook::BY_POLICY).or_moot("Outlook's settings were not looked at"));
        facts.put("outlook.directory", self.asks_directory());
        facts.put("exchange.mailbox", self.one(autodiscover::MAILBOX));
        facts.put("exchange.autodiscover", self.one(autodiscover::BY));
        facts.put("exchange.misled", self.one(autodiscover::MISLED_HOW).or_moot("nobody else answers"));
        facts.put("exchange.server", self.one(exchange::SERVER));
        facts.put("exchange.sign-in", self.one(exchange::SIGN_IN));
    }

    /// What Outlook was told that keeps it from this mailbox.
    fn told(&self) -> Known {
        let mailbox = self.one(autodiscover::MAILBOX).or_moot("no Exchange mailbox was found");
        let skips = self.one(outlook::SKIPS).or_moot("Outlook's settings were not looked at");
        mailbox.known(|mailbox| skips.known(|skips| word(self.told_about(mailbox, &skips).word())))
    }

    /// The same, by where the mailbox is, who answers, and which places Outlook does not ask.
    fn told_about(&self, mailbox: MailboxAt, skipped: &[Asks]) -> OutlookTold {
        let skips = |places: &[Asks]| places.iter().all(|place| skipped.contains(place));
        let at_microsoft = mailbox == MailboxAt::Microsoft;
        let by = self.one(autodiscover::BY).value();
        let is_answered = matches!(by, Some(AutodiscoverBy::Microsoft | AutodiscoverBy::Exchange));
        let asks_directory = self.one(outlook::DIRECTORY).is_there() && !skips(&[Asks::Directory]);
        let skips_all = !asks_directory
            && (!at_microsoft || skips(&[Asks::Microsoft]))
            && (!is_answered || skips(&[Asks::Website, Asks::Name, Asks::Redirect, Asks::Service]))
            && (at_microsoft || is_answered);
        let remembers = self.one(outlook::REMEMBERS_AT).value();
        match () {
            () if at_microsoft && self.one(outlook::OLD_SIGN_IN).is(true) => OutlookTold::OldSignIn,
            () if self.one(outlook::FILE).is_there() => OutlookTold::LocalFile,
            () if skips_all => OutlookTold::SkipsAll,
            () if remembers.is_some_and(|remembers| remembers != mailbox) => OutlookTold::RemembersOther,
            () => OutlookTold::Nothing,
        }
    }

    /// Whether Outlook asks a directory before anything else.
    fn asks_directory(&self) -> Known {
        let skips = self.one(outlook::SKIPS).or_moot("Outlook's settings were not looked at");
        skips.known(|skips| yes_no(self.one(outlook::DIRECTORY).is_there() && !skips.contains(&Asks::Directory)))
    }

    pub(super) fn sender_domain(&self, facts: &mut Made) {
        facts.put("sender.domain", self.one(sender_domain::WHOSE));
        facts.put("sender.spf", self.one(sender_domain::SPF));
        facts.put(
            "sender.spf-line",
            self.one(sender_domain::SPF_LINE).or_moot("no device sends from here without a log-in"),
        );
        facts.put("sender.dkim", self.one(sender_domain::DKIM));
        facts.put("sender.dmarc", self.one(sender_domain::DMARC));
    }
}
