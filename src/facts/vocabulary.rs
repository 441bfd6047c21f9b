//! Every fact that the guide may decide on, its words and what it says. One row is one fact.
//!
//! How a fact is made is in `derive`; what follows from it is in `docs/guide`. A fact that passes on an observed word
//! has the words of that observation.

use super::known::{Derived, Known};
use super::limit::Limit;
use super::pasted::By;
use super::value::YES_NO;
use super::words::{
    AddressKind, AutodiscoverBy, CertificateIs, Dates, Dkim, Dmarc, DomainFound, EhloName, Elsewhere, Ipv6, Lacks,
    LogIn, Loss, MailboxAt, Misled, NameFound, Opens, OtherNames, OutlookTold, OwnServers, ProxiesNamed, Reach,
    Refused, ScriptIs, SenderDomain, Sending, Spf, SpfLine, Starttls, Stops, TooWeak, UnusedAddress,
};
use super::{organisation, turned_away};
use crate::account::client::{Connects, Exchange};
use crate::account::provider::{self, Confidence, Passwords};
use crate::account::{Fit, MeasuredOn};
use crate::net::PortState;
use crate::pages;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;
use strum::VariantNames;

/// What a mail port does that is not in use.
const SHUT: &[&str] = &["open", "shut-here", "shut-everywhere", "shut-on-this-computer"];

/// A fact of the guide: its name, what it says, and the words it can have besides `unknown`.
#[derive(Debug, Clone, Copy)]
pub struct FactKind {
    /// The name as the guide's pages write it, such as `port.state`.
    pub name: &'static str,
    /// One line for a reader of the report.
    pub says: &'static str,
    /// The words it can have; the word `unknown` is always possible too.
    pub words: &'static [&'static str],
}

const fn fact(name: &'static str, says: &'static str, words: &'static [&'static str]) -> FactKind {
    FactKind { name, says, words }
}

/// All facts.
pub fn all() -> impl Iterator<Item = &'static FactKind> {
    VOCABULARY.iter()
}

/// Finds a fact by its name.
pub fn find(name: &str) -> Option<&'static FactKind> {
    all().find(|kind| kind.name == name)
}

/// Whether a fact can have this word.
pub fn has_word(name: &str, word: &str) -> bool {
    find(name).is_some_and(|kind| kind.words.contains(&word))
}

/// The word of a fact; `None` if it is not known. In a debug build, a name that is not in the vocabulary is a panic.
pub fn word_of<'a>(facts: &'a Derived, name: &str) -> Option<&'a str> {
    debug_assert!(find(name).is_some(), "{name} is not in the vocabulary");
    facts.get(name).and_then(Known::word)
}

/// Whether a fact is known and has this word. In a debug build, a name or word that is not in the vocabulary is a
/// panic.
pub fn is(facts: &Derived, name: &str, word: &str) -> bool {
    debug_assert!(has_word(name, word), "{name} has no word {word}");
    word_of(facts, name) == Some(word)
}

/// A fact with the word that decided. In the report it is one text: "port.state is open".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "String", into = "String")]
#[cfg_attr(test, schemars(with = "String"))]
pub struct Decided {
    /// The fact.
    pub fact: String,
    /// Its word, which may be "unknown".
    pub word: String,
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}", self.fact, self.word)
    }
}

impl From<Decided> for String {
    fn from(decided: Decided) -> Self {
        decided.to_string()
    }
}

impl From<String> for Decided {
    fn from(text: String) -> Self {
        let (fact, word) = text.split_once(" is ").unwrap_or((&text, "unknown"));
        Decided { fact: fact.to_owned(), word: word.to_owned() }
    }
}

/// What decided, for people: "the same port at other companies' servers: closed" for "port.elsewhere is closed".
pub fn in_words(decided: &[Decided]) -> String {
    decided.iter().map(said).collect::<Vec<_>>().join(", ")
}

fn said(decided: &Decided) -> String {
    let (says, word) = (says(&decided.fact), word_says(&decided.word));
    // "any other port opens" says it; ": yes" after it adds nothing.
    let is_sentence = find(&decided.fact).is_some_and(|kind| kind.says.starts_with("whether "));
    if is_sentence && word == "yes" { says } else { format!("{says}: {word}") }
}

/// A fact for people: "the same port at other companies' servers"; of an answer, which question it is to.
pub fn says(fact: &str) -> String {
    match (find(fact), fact.strip_prefix("answer.")) {
        (Some(kind), _) => kind.says.trim_start_matches("whether ").to_owned(),
        (None, Some(question)) => format!("the answer to \"{}\"", question.replace('-', " ")),
        (None, None) => fact.to_owned(),
    }
}

/// A fact's word for people: most say it themselves.
pub fn word_says(word: &str) -> String {
    let plain = PLAIN.iter().find(|(known, _)| *known == word);
    plain.map_or_else(|| word.replace('-', " "), |(_, plain)| (*plain).to_owned())
}

/// Words of facts that people would not say, and what they would.
const PLAIN: [(&str, &str); 15] = [
    ("app-only", "app passwords only"),
    ("as-wanted", "the same"),
    ("cut", "cut off"),
    ("denied", "forbidden on this computer"),
    ("differs", "different"),
    ("filtered", "no answer"),
    ("implicit", "SSL/TLS"),
    ("not-ours", "only kinds that mailtriage does not know"),
    ("not-typed", "not entered"),
    ("only-after-tls", "only after encryption"),
    ("self", "this computer"),
    ("shut-everywhere", "closed everywhere"),
    ("shut-here", "closed here"),
    ("shut-on-this-computer", "closed on this computer"),
    ("unknown", "not known"),
];

/// Every fact that a page may use.
static VOCABULARY: LazyLock<Vec<FactKind>> = LazyLock::new(|| {
    // A fact that names a cause can name any cause.
    let causes = pages::causes();
    vec![
        fact("account.works", "with the settings as they are, everything up to the log-in succeeds", YES_NO),
        fact(
            "account.stops",
            "where the account's connection fails if it does not get through",
            &["answer", "silence", "slow", "never-opened"],
        ),
        fact("wanted.works", "whether the provider's settings get as far as an offered log-in", &["yes", "no", "same"]),
        fact("measured.on", "where this was measured, compared with the computer that sends", MeasuredOn::VARIANTS),
        fact(
            "client.connects",
            "whether the mail program itself connects to the server",
            Connects::VARIANTS.strip_suffix(&[Connects::Depends.word()]).unwrap_or_default(),
        ),
        fact("client.named", "whether somebody said which mail program it is", YES_NO),
        fact("client.device", "whether a device or an application sends, not a person's mail program", YES_NO),
        fact("client.website", "whether what sends runs on a web server", YES_NO),
        fact("client.exchange", "whether the mail program can hold an Exchange account, and how", Exchange::VARIANTS),
        fact(
            "client.rule",
            "whether a rule of this computer's firewall blocks the port in use for the mail program",
            &["blocks", "none"],
        ),
        fact("client.tls", "whether the mail program can encrypt with the server", YES_NO),
        fact("client.lacks", "what the mail program and the server do not have in common", Lacks::VARIANTS),
        fact("client.strength", "whether the mail program accepts what is weak in the server's encryption", YES_NO),
        fact(
            "client.roots",
            "whose list of certificate issuers the mail program uses: the system's, its own, or perhaps both",
            &["system", "own", "both"],
        ),
        fact(
            "chain",
            "whether the server sends all certificates between its own and the root",
            &["whole", "link-missing"],
        ),
        fact("tls.older", "whether the port in use accepts TLS 1.0 or 1.1, all that many devices have", YES_NO),
        fact("tls.common", "whether the port in use accepts TLS 1.2 or 1.3", YES_NO),
        fact("client.sign-in", "whether the mail program can sign in on the provider's page (OAuth)", YES_NO),
        fact("said", "what the error shown means", causes),
        fact("said.by", "who wrote the words that explain the error", By::VARIANTS),
        fact("said.hint", "what the error shown seems to point to", causes),
        fact(
            "turned-away.for",
            "what the words of a server that turns this computer away complain of",
            turned_away::For::VARIANTS,
        ),
        fact("limit.of", "which limit it is that is reached, as its words say", Limit::VARIANTS),
        fact("organisation", "what the words say of the sender's whole organisation", organisation::Whole::VARIANTS),
        fact("provider.kind", "which family of providers the mailbox belongs to", provider::Kind::VARIANTS),
        fact("provider.confidence", "how reliable the row in the provider table is", Confidence::VARIANTS),
        fact("provider.passwords", "which password the provider accepts from mail programs", Passwords::VARIANTS),
        fact("provider.switch", "whether access for mail programs must be switched on first", YES_NO),
        fact("provider.smtp", "whether the provider lets mail programs send at all", YES_NO),
        fact("settings.provider", "how the provider was recognised", &["known", "discovered", "guessed"]),
        fact("settings.read", "whether somebody looked up what the mail program has now", YES_NO),
        fact(
            "settings.server",
            "the configured server compared with the provider's",
            &[
                "as-wanted",
                "differs",
                "not-typed",
                "incoming",
                "website",
                "receives-only",
                "misspelt",
                "miswritten",
                "doubtful",
            ],
        ),
        fact("meant.works", "whether the server that is meant gets as far as an offered log-in", YES_NO),
        fact("settings.port", "the configured port compared with the provider's", Fit::VARIANTS),
        fact("settings.security", "the configured encryption compared with the provider's", Fit::VARIANTS),
        fact("settings.user", "the configured user name compared with the provider's form", Fit::VARIANTS),
        fact("server.by-number", "whether the server is given as a number (an IP address) instead of a name", YES_NO),
        fact("server.here", "whether the server is a program on this computer", YES_NO),
        fact("dns.domain", "the mail address's domain in DNS", DomainFound::VARIANTS),
        fact("dns.near-miss", "whether the name is a near miss of a known one", YES_NO),
        fact("dns.server", "the mail server's name in DNS, as this computer sees it", NameFound::VARIANTS),
        fact("dns.elsewhere", "what other resolvers say about the server's name", Elsewhere::VARIANTS),
        fact("dns.other-address", "the port in use at an address that only other resolvers give", Opens::VARIANTS),
        fact("dns.rewritten", "whether this computer's DNS server gives an address to names that do not exist", YES_NO),
        fact("dns.others", "the names of other companies' servers in DNS", OtherNames::VARIANTS),
        fact(
            "dns.known",
            "the names of two large mail providers, if no server to compare with has a name",
            &["found", "not-found", "failed"],
        ),
        fact("dns.own", "whether each DNS server of this computer answers", OwnServers::VARIANTS),
        fact("dns.hosts-file", "whether the server's name is in this computer's hosts file", YES_NO),
        fact("dns.answer", "the kind of address in the answer", AddressKind::VARIANTS),
        fact("internet", "whether there is an internet connection", &["yes", "no", "portal", "proxy-only"]),
        fact("internet.route", "whether this computer has a route to the internet", YES_NO),
        fact(
            "vpn",
            "whether a VPN carries all connections, some, or none (beside)",
            &["carries", "parts", "beside", "none"],
        ),
        fact(
            "hoster",
            "whether this computer is rented from a hosting company, and whether that blocks the port in use",
            &["shuts", "known", "unnamed", "none"],
        ),
        fact("loss", "how much of what was sent was lost", Loss::VARIANTS),
        fact("ipv6", "whether the server's IPv6 address can be used from here", Ipv6::VARIANTS),
        fact(
            "server.addresses",
            "whether the port in use opens at all addresses of the server that were tried",
            &["alike", "some-shut"],
        ),
        fact(
            "server.addresses.tls",
            "what the encryption at the server's other addresses is like, where it is not the same",
            &["silent", "bad-certificate", "sound-certificate"],
        ),
        fact(
            "server.addresses.others",
            "whether the server answers at another of its addresses, where it says nothing at the one in use",
            &["answer"],
        ),
        fact("ipv6.elsewhere", "whether IPv6 works to other hosts", Ipv6::VARIANTS),
        fact(
            "clock",
            "this computer's clock compared with network time, or implausible by itself",
            &["right", "wrong", "doubtful"],
        ),
        fact("line", "whether this computer's connection has changed since the run began", &["steady", "changed"]),
        fact("line.disturbs", "whether a failure may be due to a change of connection during the run", YES_NO),
        fact("port.number", "the port in use", &["25", "465", "587", "other"]),
        fact(
            "port.state",
            "what the port in use does",
            PortState::VARIANTS.strip_prefix(&[PortState::Unknown.word()]).unwrap_or_default(),
        ),
        fact("port.by", "who refused or answered on the port in use", &["self", "near", "server"]),
        fact("port.leaves", "whether packets for the port in use get as far as the first router", YES_NO),
        fact("port.refuser", "where the device that turned the connection away is", &["inside", "beyond"]),
        fact("port.rejected-by", "who says that the port in use is forbidden or closed", &["device", "server"]),
        fact("port.last-heard", "where the last device that answered for the port is", &["inside", "near", "beyond"]),
        fact("port.elsewhere", "the same port at other companies' servers", &["open", "closed"]),
        fact("port.others", "whether any other port opens, at this server or elsewhere", &["open", "closed"]),
        fact("submission.elsewhere", "whether 465 or 587 opens anywhere", &["open", "closed"]),
        fact(
            "server.other-port",
            "another port of the same server for mail programs, tried to the greeting",
            &["open", "closed"],
        ),
        fact(
            "server.address",
            "the server's address compared with this network's own public address",
            &["own", "router", "other"],
        ),
        fact("server.own-name", "whether the certificate is for the name that the server gives itself", YES_NO),
        fact("server.web-proxy", "whether a web proxy (CDN) answers at the server's address", YES_NO),
        fact("server.alive", "whether anything at all answers at the server's address", YES_NO),
        fact("testnet", "a connection to an address that cannot answer", UnusedAddress::VARIANTS),
        fact(
            "greeting",
            "the server's greeting on the port in use",
            &["ready", "busy", "refuses", "silent", "slow", "endless", "closes", "not-smtp", "expects-tls", "masked"],
        ),
        fact("greeting.reason", "what the server's words mean when its greeting turns us away", causes),
        fact("greeting.others", "what the other mail ports of the same server say", &["ready", "turned-away"]),
        fact("greeting.elsewhere", "the greeting at other companies' servers on this port", &["ready", "mute"]),
        fact("ehlo", "the server's answer to EHLO", &["accepted", "refused", "busy"]),
        fact("ehlo.reason", "what the server's words mean when it refuses EHLO", causes),
        fact(
            "ehlo.passes",
            "which other name the server accepts in EHLO, where it refuses the one given",
            &["computer-name", "address-literal", "full-name", "both", "none"],
        ),
        fact("client.ehlo", "the name that the mail program gives in EHLO", EhloName::VARIANTS),
        fact(
            "ehlo.encrypted",
            "the server's answer to EHLO after STARTTLS, if it was not accepted",
            &["refused", "busy", "closes"],
        ),
        fact("dialogue", "whether a reply took longer than a mail program waits", &["in-time", "slow", "too-slow"]),
        fact("server.stops", "how the server stopped answering in the middle of the dialogue", Stops::VARIANTS),
        fact(
            "identity",
            "whether the names in greeting, EHLO reply and certificate match the server",
            &["expected", "other", "own-host"],
        ),
        fact("identity.elsewhere", "whose name other companies' servers seem to have", &["own-host"]),
        fact("security", "the encryption in use", &["none", "starttls", "implicit"]),
        fact("security.auto", "whether the encryption is left to the mail program (Auto), or not known", YES_NO),
        fact("starttls", "STARTTLS on the port in use", Starttls::VARIANTS),
        fact("starttls.reason", "what the server's words mean when it refuses STARTTLS", causes),
        fact("server.encrypts", "whether another mail port of the same server encrypts", YES_NO),
        fact(
            "starttls.elsewhere",
            "STARTTLS on another port or address family, or as known for this server",
            &["offered", "missing"],
        ),
        fact(
            "handshake",
            "the TLS handshake on the port in use",
            &["done", "no-common-version", "too-weak", "refused", "breaks", "cut", "not-tls", "not-tried"],
        ),
        fact(
            "handshake.elsewhere",
            "the TLS handshake with other companies' servers",
            &["done", "cut", "private-issuer", "dates"],
        ),
        fact("handshake.weak", "what is too weak in the server's key exchange", TooWeak::VARIANTS),
        fact("handshake.anonymous", "whether the server agrees to encrypt only without a certificate", YES_NO),
        fact("handshake.stalls", "whether only large records stall", YES_NO),
        fact("certificate", "the certificate on the port in use", CertificateIs::VARIANTS),
        fact("certificate.dates", "the certificate's dates by network time", Dates::VARIANTS),
        fact("certificate.accepted", "whether this computer's own TLS library accepts the certificate", YES_NO),
        fact("certificate.public", "whether the certificate is valid by Mozilla's list of issuers", YES_NO),
        fact("certificate.issuers", "whether this computer knows any issuer of certificates", &["some", "none"]),
        fact("password.given", "whether a password was given for the log-in", YES_NO),
        fact("auth.offered", "the log-in that the server offers", &["yes", "only-after-tls", "no", "not-ours"]),
        fact("auth.elsewhere", "whether another port of the provider offers a log-in", YES_NO),
        fact(
            "relay",
            "whether the server, which offers no log-in, accepts mail without one",
            &["any", "direct", "own-domain", "refused"],
        ),
        fact("client.log-in", "whether the mail program speaks a kind of log-in that the server offers", YES_NO),
        fact("login", "the log-in", LogIn::VARIANTS),
        fact("login.untried", "whether another kind of log-in that may be accepted was left untried", YES_NO),
        fact("login.at", "at which server the log-in was tried", &["in-use", "wanted"]),
        fact("login.with", "what the log-in was tried with", &["password", "token"]),
        fact("login.reason", "what the server's refusal of the log-in means", causes),
        fact("sending", "permission to send", Sending::VARIANTS),
        fact("sending.refused", "what the server refused to accept", Refused::VARIANTS),
        fact(
            "sending.to",
            "whose address the recipient of the test is: the account's own, or one that was given",
            &["own", "given"],
        ),
        fact("sending.message", "whether the test handed over a whole message, not only sender and recipient", YES_NO),
        fact("sending.reason", "what the server's refusal to send means", causes),
        fact("sender.domain", "whose domain the sender's address is in", SenderDomain::VARIANTS),
        fact("sender.spf", "what the SPF record of the sender's domain says about the provider", Spf::VARIANTS),
        fact(
            "sender.spf-line",
            "what it says about this line's own address, from which a device sends",
            SpfLine::VARIANTS,
        ),
        fact("sender.dkim", "the provider's DKIM keys below the sender's domain", Dkim::VARIANTS),
        fact("sender.dmarc", "what the DMARC record of the sender's domain asks of receivers", Dmarc::VARIANTS),
        fact("proxy.script", "whether the script that chooses the web proxy can be loaded", ScriptIs::VARIANTS),
        fact("proxy.named", "what the web proxies do that this script names", ProxiesNamed::VARIANTS),
        fact("outlook.told", "what Outlook was told that keeps it from this mailbox", OutlookTold::VARIANTS),
        fact("outlook.by-policy", "whether what Outlook was told comes from a policy", YES_NO),
        fact("outlook.directory", "whether Outlook asks the company's directory first", YES_NO),
        fact("exchange.mailbox", "where the Exchange mailbox is", MailboxAt::VARIANTS),
        fact(
            "exchange.autodiscover",
            "who answers first where Outlook looks for the mailbox",
            AutodiscoverBy::VARIANTS,
        ),
        fact(
            "exchange.misled",
            "what Outlook gets where it is led to a server that has nothing to do with the mailbox",
            Misled::VARIANTS,
        ),
        fact("exchange.server", "how far the connection to the Exchange server gets", Reach::VARIANTS),
        fact("exchange.sign-in", "how far the connection to the sign-in server gets", Reach::VARIANTS),
        // The steps do not use these: they are for `also.md`.
        fact("also.port-25", "port 25 where it is not the port in use", SHUT),
        fact("also.port-465", "port 465 where it is not the port in use", SHUT),
        fact("also.port-587", "port 587 where it is not the port in use", SHUT),
    ]
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_has_words_of_its_own() {
        for kind in all() {
            assert!(!kind.words.is_empty() && !kind.words.contains(&"unknown"), "{}", kind.name);
        }
        assert!(has_word("port.state", "open") && !has_word("client.connects", "depends"));
    }

    #[test]
    fn what_decided_is_one_text_in_the_report() {
        let decided: Vec<Decided> = serde_json::from_str(r#"["port.state is open", "answer.webmail is yes"]"#).unwrap();
        assert_eq!(decided[0], Decided { fact: "port.state".to_owned(), word: "open".to_owned() });
        assert_eq!(in_words(&decided), r#"what the port in use does: open, the answer to "webmail": yes"#);
        assert_eq!(serde_json::to_string(&decided[0]).unwrap(), r#""port.state is open""#);
    }
}
