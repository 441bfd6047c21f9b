//! When a step is shown, in words for somebody who reads a page without a case: one row for each condition of the built-in
//! pages. Own pages may have others; those are put together from the words of the fact.

use crate::facts::vocabulary;
use crate::guide::rule::Term;

/// "another port of the server is open, and the port in use is not open".
pub(super) fn in_words(terms: &[Term]) -> String {
    terms.iter().map(one).collect::<Vec<_>>().join(", and ")
}

fn one(term: &Term) -> String {
    let words = if term.not { format!("not {}", term.words.join(" or ")) } else { term.words.join(" or ") };
    let known = ROWS.iter().find(|(fact, are, _)| *fact == term.fact && *are == words);
    let made_up = || format!("\"{}\" is {}", vocabulary::says(&term.fact), term.words_say());
    known.map_or_else(made_up, |(.., says)| (*says).to_owned())
}

/// Fact, words, and what that means.
const ROWS: &[(&str, &str, &str)] = &[
    ("account.works", "yes", "everything up to the log-in works from here"),
    ("auth.offered", "only-after-tls", "the server offers its log-in only after encryption"),
    ("certificate", "incomplete", "a link of the certificate's chain is missing"),
    ("certificate", "intercepted", "the issuer of the certificate is a known security product"),
    ("certificate", "not incomplete", "no link of the certificate's chain is missing"),
    ("certificate", "self-signed", "the certificate is self-signed"),
    (
        "certificate",
        "unknown or untrusted or self-signed or incomplete or name-mismatch or expired",
        "the issuer of the certificate is no known security product",
    ),
    ("certificate", "untrusted", "this computer does not trust the issuer"),
    ("client.device", "no", "it is a mail program that sends"),
    ("client.device", "no or unknown", "it is a mail program that sends"),
    ("client.device", "yes", "it is a device or an application that sends"),
    ("client.device", "yes or unknown", "it is a device or an application that sends"),
    ("client.log-in", "yes or unknown", "the mail program may know one of the server's kinds of log-in"),
    ("client.named", "no", "nobody has said which mail program it is"),
    ("client.rule", "blocks", "a rule of Windows Firewall blocks the mail program"),
    ("client.rule", "none or unknown", "no rule of Windows Firewall blocks the mail program"),
    ("client.sign-in", "no or unknown", "the mail program may be unable to sign in on the provider's page"),
    ("client.sign-in", "yes or unknown", "the mail program may be able to sign in on the provider's page"),
    ("ehlo", "accepted", "the server accepts EHLO"),
    ("exchange.mailbox", "microsoft or unknown", "the mailbox may be at Microsoft"),
    ("exchange.mailbox", "not microsoft", "the mailbox is on a company's or hosting company's Exchange server"),
    ("greeting", "expects-tls", "the server expects encryption from the start"),
    ("greeting", "ready", "the server greets as it should"),
    ("handshake", "not-tls", "the server does not encrypt from the start"),
    ("handshake.stalls", "yes", "only large packets are lost"),
    ("hoster", "none or unknown", "this is not a rented machine"),
    ("hoster", "shuts or known or unnamed", "this is a rented machine"),
    ("limit.of", "unknown", "the words do not say which limit it is"),
    ("login", "accepted", "the log-in was accepted"),
    ("login", "not accepted", "no log-in was accepted"),
    ("login", "not-tried or unknown", "no log-in was tried"),
    ("login.reason", "unknown", "the log-in was not refused"),
    ("loss", "some or heavy", "packets are lost"),
    ("measured.on", "same-network or elsewhere", "another machine sends"),
    ("measured.on", "elsewhere", "this is not the computer that cannot send"),
    ("outlook.by-policy", "no", "no policy sets it"),
    ("outlook.by-policy", "yes", "a policy sets it"),
    ("outlook.told", "local-file or skips-all", "Outlook was told to take a file, or to skip places"),
    ("outlook.told", "old-sign-in", "Outlook was told not to use the sign-in page"),
    ("outlook.told", "remembers-other", "Outlook remembers an old answer"),
    ("port.number", "25", "the port is 25"),
    ("port.rejected-by", "server", "the server's own firewall refuses the port"),
    ("port.state", "not open", "the port in use is not open"),
    ("port.state", "open", "the port in use is open"),
    ("provider.kind", "microsoft-work or microsoft-personal", "the mailbox is at Microsoft"),
    ("provider.kind", "not other", "the mailbox is at a large provider"),
    ("provider.smtp", "no", "the provider does not let mail programs send"),
    ("relay", "any", "the server accepts mail without a log-in"),
    ("said", "server-rejects-client", "the error says that the server turns the computer away"),
    ("security", "implicit", "encryption is SSL/TLS"),
    ("security", "none", "encryption is off"),
    ("security", "none or starttls or unknown", "encryption is not SSL/TLS"),
    ("sending", "rejected", "the server refuses the sender"),
    ("sending.reason", "unknown", "the sender was not refused"),
    ("server.other-port", "open", "another port of the server is open"),
    ("server.own-name", "no or unknown", "the certificate is not for the name that the server gives itself"),
    ("server.own-name", "yes", "the certificate is for the name that the server gives itself"),
    ("server.by-number", "yes", "the server is given as a number"),
    ("settings.provider", "guessed or unknown", "the provider's settings are not known"),
    ("settings.provider", "known or discovered", "the provider's settings are known"),
    ("settings.provider", "known", "the provider is in our table"),
    ("settings.read", "no", "nobody has looked up the program's settings"),
    ("settings.server", "as-wanted", "the server is the provider's"),
    ("settings.server", "differs", "the server is not the provider's"),
    (
        "settings.server",
        "differs or unknown or not-typed",
        "the server is not the provider's, or it is not known whether it is",
    ),
    ("settings.server", "unknown or not-typed", "it is not known whether the server is the provider's"),
    ("starttls", "missing", "the server offers no STARTTLS"),
    ("tls.common", "no", "the server accepts neither TLS 1.2 nor 1.3"),
    ("tls.common", "yes or unknown", "the server may accept TLS 1.2 or 1.3"),
    ("vpn", "carries or parts", "a VPN is in use"),
    ("vpn", "carries or parts or unknown", "a VPN may be in use"),
    ("wanted.works", "yes", "the provider's own settings work from here"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::guide;
    use std::collections::BTreeSet;

    #[test]
    fn every_condition_of_a_step_is_in_words_and_no_row_is_left_over() {
        let steps = guide().pages().flat_map(|(_, page)| &page.steps).flat_map(|step| &step.terms);
        let said: BTreeSet<String> = steps.map(one).collect();
        let made_up: Vec<&String> = said.iter().filter(|says| says.starts_with('"')).collect();
        assert!(made_up.is_empty(), "{made_up:#?}");
        let unused: Vec<&str> = ROWS.iter().map(|row| row.2).filter(|says| !said.contains(*says)).collect();
        assert!(unused.is_empty(), "{unused:#?}");
    }
}
