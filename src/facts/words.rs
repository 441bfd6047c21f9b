//! The words that observations can have, a type each. A word is written as the report holds it: `NotFound` is `not-found`.

use super::key::{Form, Observable};
use super::value::Value;
use crate::account::outlook_told::Asks;
use crate::account::{Fit, Source};
use crate::net::PortState;

macro_rules! observable {
    ($($words:ty),* $(,)?) => { $(
        impl Observable for $words {
            const FORM: Form = Form::Word(<$words as strum::VariantNames>::VARIANTS);

            fn to_value(&self) -> Value {
                Value::Word(<&'static str>::from(self).to_owned())
            }

            fn of_value(value: &Value) -> Option<Self> {
                match value {
                    Value::Word(word) => word.parse().ok(),
                    _ => None,
                }
            }
        }
    )* };
}

observable!(PortState, Source, Fit, Asks);

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $word:ident),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
        #[strum(serialize_all = "kebab-case")]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum $name { $($(#[$attribute])* $word),* }

        impl $name {
            /// The word as the report writes it.
            pub fn word(self) -> &'static str {
                self.into()
            }
        }

        observable!($name);
    )* };
}

words! {
    /// The mail address's domain in DNS; `Contradicted`: not for this computer, but for others.
    DomainFound { Found, NotFound, Contradicted, NoAddress, Failed, Silent }
    /// A server's name in DNS.
    NameFound { Found, NotFound, NoAddress, Failed, Silent }
    /// The names of other companies' servers in DNS; `OneAddress`: they and the mail server have the same address.
    OtherNames { Found, OneAddress, NotFound, Failed }
    /// The kind of address in an answer, from good to bad; a sinkhole never leads to another host.
    AddressKind { Public, Private, Sinkhole }
    /// Who gave the addresses, if it was not this computer's own resolver.
    AddressesFrom { OtherResolver }
    /// How this computer's own DNS servers answer.
    OwnServers { Answer, SomeFail, Fail }
    /// What other DNS servers say about the server's name.
    Elsewhere { Same, Differs, Found, NotFound, Unasked }
    /// Whether a port opens somewhere.
    Opens { Opens, Closed }
    /// What the test pages, whose content is known, returned.
    Pages { Ok, Portal, None }
    /// How much of what was sent was lost.
    Loss { None, Some, Heavy }
    /// What an address that is not in use does.
    UnusedAddress { Answers, Silent }
    /// The configured server compared with the provider's: as any setting, or a known name with a typing error.
    ServerFit { AsWanted, Differs, NotTyped, Misspelt }
    /// Who turned a connection away on this computer.
    Itself { #[strum(serialize = "self")] Itself }
    /// What answers before the first router.
    Near { Open }
    /// Who turned away packets that did not reach the first router.
    TurnedAway { ByThisMachine, BeforeFirstRouter }
    /// What kind of server it is, if it accepts no mail.
    OtherRole { Incoming, Website }
    /// Whether IPv6 works.
    Ipv6 { Works, Broken, TurnedAway, None }
    /// What a port speaks first.
    Speaks { Plain, Tls }
    /// What the server's greeting was.
    Greeting { Ready, Busy, Refuses, Silent, Endless, Closes, NotSmtp }
    /// What the greeting of a server to compare with was.
    GreetingElsewhere { Ready, NotSmtp, Mute }
    /// The result of a TLS handshake with a server to compare with.
    HandshakeElsewhere { Done, PrivateIssuer, OtherName, Dates, Cut, Failed }
    /// Which protocol speaks in place of SMTP.
    Foreign { Imap, Pop3, Http, Ssh, Ftp, Tls, Unknown }
    /// The result of EHLO.
    Ehlo { Accepted, Busy, Refused, TooSlow, Closes }
    /// How a server stops answering in the middle of a dialogue.
    Stops { Silent, Endless, Closes, Malformed }
    /// The kind of name given in EHLO.
    EhloName { ComputerName, AddressLiteral, FullName }
    /// The result of STARTTLS.
    Starttls { Offered, Missing, Masked, Busy, Refused, Injected }
    /// The result of the TLS handshake.
    Handshake { Done, Certificate, NoCommonVersion, TooWeak, Refused, NotTls, Cut, Silent, TooLong, Senseless }
    /// What is too weak in a key exchange, besides the certificate.
    TooWeak { KeyExchange, ExchangeSignature, Suites, Renegotiation }
    /// Whether a stalled handshake comes through in small segments.
    SmallSegments { Done, Silent }
    /// Whether a certificate is valid, or what is wrong with it.
    CertificateIs { Valid, Expired, NotYetValid, NameMismatch, SelfSigned, Untrusted, Incomplete, Intercepted, TooWeak }
    /// Whose list of issuers a mail program goes by: its own, or perhaps the system's as well.
    ProgramRoots { Own, Both }
    /// What a mail program and a server do not have in common.
    Lacks { Version, Suite }
    /// A certificate's dates, judged by network time.
    Dates { Hold, Expired, NotYetValid }
    /// Whether a TLS version is accepted.
    Accepts { Accepted, Rejected, Unknown }
    /// What is wrong with the order of certificates.
    Order { Wrong }
    /// What a log-in was tried with, if not a password.
    With { Token }
    /// At which server a log-in was tried, if not the one in use.
    At { Wanted }
    /// For whom a server takes mail that nobody has logged in to send.
    Relay { Any, OwnDomain, Refused }
    /// The result of the log-in.
    LogIn { Accepted, Rejected, Temporary, NotOffered, NotTried }
    /// The answer to whether this address may send.
    Sending { Accepted, Rejected, Temporary, NotTried }
    /// What the domain's SPF record says about the provider; `Everybody` and `Nobody`: who may send, whoever the provider is;
    /// `Published`: there is one, and the provider's is not known.
    Spf { Allows, Everybody, LacksProvider, Nobody, Neutral, Missing, Broken, Published }
    /// The provider's DKIM keys below the domain; `Broken`: none that is published can be used.
    Dkim { Published, Missing, Revoked, Broken }
    /// What the SPF record says about the address of this line, from which a device sends by itself.
    SpfLine { Allows, Lacks }
    /// Whose domain the sender's address is in: `Provider`: one of a provider's own, such as yahoo.com.
    SenderDomain { Own, Provider }
    /// What the domain's DMARC record asks of receivers.
    Dmarc { None, Quarantine, Reject, Missing, Broken }
    /// Whether the script that chooses the web proxy can be loaded, and is one; `Error`: what answers there has no such
    /// page; `NotRead`: it is not one that is loaded from here.
    ScriptIs { Loads, NotFound, Shut, Silent, Error, NotAScript, NotRead }
    /// What the web proxies do that this script names.
    ProxiesNamed { Answer, SomeDead, Dead }
    /// What Outlook was told that keeps it from this mailbox: not to use the sign-in page, which Microsoft asks for; to take a
    /// file's settings; to skip every place that answers; or it remembers an answer that names a server elsewhere.
    OutlookTold { OldSignIn, LocalFile, SkipsAll, RemembersOther, Nothing }
    /// Where the domain's autodiscover name leads.
    AutodiscoverName { Microsoft, Own, Missing, Failed }
    /// Who answers first where Outlook looks for the mailbox; `Misled`: somebody who has nothing to do with it.
    AutodiscoverBy { Microsoft, Exchange, Misled, Nobody }
    /// What Outlook gets where a record leads it that has nothing to do with the mailbox; `OtherPage`: a page of a website.
    Misled { AsksForPassword, OtherSettings, BadCertificate, NoAnswer, OtherPage }
    /// Where the mailbox is.
    MailboxAt { Microsoft, Company }
    /// How far the way to a web server leads; `Failing`: it answers with an error of its own (5xx); `Misdirected`: its name
    /// leads to an address inside, where it cannot be; `OldTls`: it knows nothing above TLS 1.1; `TlsOff`: TLS 1.2 is
    /// switched off on this computer.
    Reach { Reached, Failing, NotFound, Misdirected, Shut, ProxyGone, ProxyRefuses, NotTrusted, OldTls, TlsOff, Broken }
    /// How the certificate at another address of a server differs; `OtherIssuer`: it is as good, as far as is known.
    AtOtherAddress { OtherNames, Expired, NotYetValid, OtherIssuer }
    /// What is wrong with a web server's certificate.
    WebCertificate { Expired, NotYetValid, Name, Issuer, SelfSigned, TooWeak, Unsaid }
    /// What the server refused when asked whether this address may send.
    Refused { Sender, Recipient, Message }
}

impl From<Fit> for ServerFit {
    fn from(fit: Fit) -> Self {
        match fit {
            Fit::AsWanted => ServerFit::AsWanted,
            Fit::Differs => ServerFit::Differs,
            Fit::NotTyped => ServerFit::NotTyped,
        }
    }
}
