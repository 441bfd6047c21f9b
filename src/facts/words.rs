//! The words that observations can have, a type each. A word is written as the report holds it: `NotFound` is `not-found`.

use super::Value;
use super::key::{Form, Observable};
use crate::account::Source;
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

observable!(PortState, Source);

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$attribute:meta])* $word:ident),* $(,)? })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[derive(strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
        #[strum(serialize_all = "kebab-case")]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum $name { $($(#[$attribute])* $word),* }

        impl $name {
            /// As the report holds it.
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
    /// The kind of address in an answer, the better before the worse; a sinkhole never leads to another host.
    AddressKind { Public, Private, Sinkhole }
    /// Who gave the addresses, where it was not this computer's own resolver.
    AddressesFrom { OtherResolver }
    /// How this computer's own DNS servers answer.
    OwnServers { Answer, SomeFail, Fail }
    /// What other DNS servers say of the server's name.
    Elsewhere { Same, Differs, Found, NotFound, Unasked }
    /// Whether a port opens somewhere.
    Opens { Opens, Closed }
    /// What pages with a known answer gave.
    Pages { Ok, Portal, None }
    /// How much of what was sent got lost.
    Loss { None, Some, Heavy }
    /// What an address that belongs to nobody does.
    Nobody { Answers, Silent }
    /// A setting against the provider's.
    Setting { AsWanted, Differs, NotTyped, Misspelt }
    /// Who turned a connection away on this computer.
    Itself { #[strum(serialize = "self")] Itself }
    /// What answers before the first router.
    Near { Open }
    /// Who turned away what did not reach the first router.
    TurnedAway { ByThisMachine, BeforeFirstRouter }
    /// What a server is that takes no mail.
    OtherRole { Incoming, Website }
    /// Whether IPv6 works.
    Ipv6 { Works, Broken, None }
    /// What a port speaks first.
    Speaks { Plain, Tls }
    /// A greeting.
    Greeting { Ready, Busy, Refuses, Silent, Endless, Closes, NotSmtp }
    /// A greeting of a server to compare with.
    GreetingElsewhere { Ready, NotSmtp, Mute }
    /// A TLS handshake with a server to compare with.
    HandshakeElsewhere { Done, PrivateIssuer, Cut, Failed }
    /// Which protocol speaks in place of SMTP.
    Foreign { Imap, Pop3, Http, Ssh, Tls, Unknown }
    /// What came of EHLO.
    Ehlo { Accepted, Busy, Refused, TooSlow, Closes }
    /// What came of STARTTLS.
    Starttls { Offered, Missing, Masked, Busy, Refused, Injected }
    /// What came of the TLS handshake.
    Handshake { Done, Certificate, NoCommonVersion, Refused, NotTls, Cut, Silent, TooLong }
    /// Whether a stalled handshake comes through in small segments.
    SmallSegments { Done, Silent }
    /// A certificate.
    CertificateIs { Valid, Expired, NotYetValid, NameMismatch, SelfSigned, Untrusted, Incomplete, Intercepted }
    /// A certificate's dates by network time.
    Dates { Hold, Expired, NotYetValid }
    /// Whether a TLS version is accepted.
    Accepts { Accepted, Rejected, Unknown }
    /// What is wrong with the order of certificates.
    Order { Wrong }
    /// What a log-in was tried with, where it was no password.
    With { Token }
    /// At which server a log-in was tried, where it was not the one in use.
    At { Wanted }
    /// What came of the log-in.
    LogIn { Accepted, Rejected, Temporary, NotOffered, NotTried }
    /// What came of the question whether this address may send.
    Sending { Accepted, Rejected, Temporary, NotTried }
    /// What was refused.
    Refused { Sender, Recipient, Message }
}
