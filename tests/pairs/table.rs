//! Where on the way each single fault is met, and what is no single fault.

/// Where the mail program meets a fault: in the order of the wire, and of the guide where the wire has no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The program on this computer that the mail program sends to.
    Gateway,
    /// There is no connection at all.
    Line,
    /// A portal or a proxy has it.
    Portal,
    /// This computer's own list of names, which comes before any DNS server.
    HostsFile,
    /// The DNS server.
    Resolver,
    /// How the server's name is written.
    Name,
    /// The answer for this one name.
    Answer,
    /// Where the right address leads.
    Address,
    /// Which server and port are set.
    Port,
    /// A rule on this computer.
    Local,
    /// A rule in the network.
    Network,
    /// The server's port.
    Server,
    /// Which kind of encryption is set, as the first bytes show.
    Security,
    /// The greeting.
    Greeting,
    /// The name in EHLO.
    Ehlo,
    /// No encryption is set, although the log-in needs it.
    Clear,
    /// STARTTLS.
    Starttls,
    /// What the mail program and its system can use of TLS.
    Program,
    /// The versions of TLS.
    Version,
    /// Large packets, which come with the certificate.
    Packets,
    /// The certificate.
    Certificate,
    /// The keys of the handshake, which come after the certificate.
    Strength,
    /// This computer's clock, by which certificates are judged.
    Clock,
    /// The log-in.
    LogIn,
    /// The permission to send.
    Sending,
    /// What only the caller sees.
    Told,
    /// What delays or fails now and then, and stops nothing by itself.
    Unreliable,
    /// What is broken and not in the way, or only looks broken.
    Nothing,
}

impl Place {
    /// What nobody may say is ruled out, where there is a fault at this place.
    pub fn denials(self) -> &'static [&'static str] {
        match self {
            Place::Name | Place::Port | Place::Security | Place::Clear => &["settings"],
            Place::Line => &["a connection that is down"],
            Place::Portal => &["portal"],
            Place::HostsFile | Place::Resolver | Place::Answer => &["DNS"],
            Place::Local => &["this computer's firewall"],
            Place::Network => &["the network"],
            Place::Server | Place::Greeting | Place::Ehlo => &["a server that does not answer"],
            Place::Starttls | Place::Version | Place::Certificate | Place::Strength | Place::Clock => &["TLS version"],
            Place::LogIn => &["log-in"],
            Place::Sending => &["permission to send"],
            Place::Gateway
            | Place::Address
            | Place::Program
            | Place::Packets
            | Place::Told
            | Place::Unreliable
            | Place::Nothing => &[],
        }
    }
}

/// Each single fault: a scenario, or a variant.
pub const ROWS: &[(Place, &str)] = &[
    (Place::Gateway, "gateway-certificate"),
    (Place::Gateway, "gateway-password"),
    (Place::Gateway, "gateway-stopped"),
    (Place::Line, "offline"),
    (Place::Portal, "captive-portal"),
    (Place::Portal, "proxy-only"),
    (Place::HostsFile, "hosts-file"),
    (Place::Resolver, "inner-dns-only"),
    (Place::Resolver, "resolver-refuses"),
    (Place::Resolver, "resolver-servfail"),
    (Place::Resolver, "resolver-silent"),
    (Place::Name, "misspelt-domain"),
    (Place::Name, "name-not-found"),
    (Place::Name, "names-rewritten"),
    (Place::Name, "server-with-a-blank"),
    (Place::Answer, "name-hijacked-to-a-public-address"),
    (Place::Answer, "one-address-for-every-name"),
    (Place::Answer, "resolver-lies"),
    (Place::Address, "name-behind-web-proxy"),
    (Place::Address, "server-in-the-house"),
    (Place::Port, "wrong-port"),
    (Place::Port, "wrong-server"),
    (Place::Local, "587-dropped-here"),
    (Place::Local, "587-forbidden-here"),
    (Place::Local, "587-rejected-here"),
    (Place::Local, "587-reset-here"),
    (Place::Network, "587-prohibited"),
    (Place::Network, "587-silent"),
    (Place::Network, "all-mail-ports-blocked"),
    (Place::Network, "all-mail-ports-reset"),
    (Place::Network, "everything-but-the-web"),
    (Place::Network, "intercepted"),
    (Place::Network, "only-2525"),
    (Place::Network, "port-25-isp"),
    (Place::Network, "something-answers-everywhere-without-starttls"),
    (Place::Network, "rented-machine"),
    (Place::Network, "vpn-shuts-mail"),
    (Place::Server, "server-down"),
    (Place::Server, "server-drops-587-itself"),
    (Place::Server, "server-gone"),
    (Place::Server, "server-has-only-465-587-set"),
    (Place::Server, "address-locked-out"),
    (Place::Security, "wrong-security"),
    (Place::Greeting, "a-greeting-that-never-ends"),
    (Place::Greeting, "a-port-that-hangs-up"),
    (Place::Greeting, "no-smtp-service"),
    (Place::Greeting, "server-busy"),
    (Place::Greeting, "server-rejects"),
    (Place::Greeting, "server-slow"),
    (Place::Ehlo, "ehlo-name-refused"),
    (Place::Ehlo, "every-name-refused-in-ehlo"),
    (Place::Clear, "encryption-none"),
    (Place::Starttls, "no-certificate-at-one-port"),
    (Place::Starttls, "server-misconfigured"),
    (Place::Starttls, "starttls-masked"),
    (Place::Starttls, "starttls-missing"),
    (Place::Program, "old-windows"),
    (Place::Version, "tls-old"),
    (Place::Packets, "large-packets-vanish"),
    (Place::Certificate, "a-private-issuer-everywhere"),
    (Place::Certificate, "certificate-expired"),
    (Place::Certificate, "certificate-link-missing"),
    (Place::Certificate, "certificate-name"),
    (Place::Certificate, "certificate-self-signed"),
    (Place::Certificate, "roots-out-of-date"),
    (Place::Certificate, "scanner-untrusted"),
    (Place::Certificate, "certificate-weak-key"),
    (Place::Certificate, "thunderbird-company-root"),
    (Place::Strength, "tls-weak-dh"),
    (Place::Clock, "clock-wrong"),
    (Place::LogIn, "a-log-in-refused-because-of-the-country"),
    (Place::LogIn, "a-log-in-refused-because-of-the-limit"),
    (Place::LogIn, "a-log-in-refused-for-a-reason-nobody-knows"),
    (Place::LogIn, "account-locked"),
    (Place::LogIn, "app-password"),
    (Place::LogIn, "auth-mechanism"),
    (Place::LogIn, "auth-not-offered"),
    (Place::LogIn, "auth-throttled"),
    (Place::LogIn, "basic-auth-disabled"),
    (Place::LogIn, "password-expired"),
    (Place::LogIn, "password-wrong"),
    (Place::LogIn, "smtp-auth-disabled"),
    (Place::LogIn, "token-refused"),
    (Place::Sending, "a-sender-refused-for-a-reason-nobody-knows"),
    (Place::Sending, "mailbox-full"),
    (Place::Sending, "no-reverse-name"),
    (Place::Sending, "quota-exceeded"),
    (Place::Sending, "recipient-rejected"),
    (Place::Sending, "relaying-denied-after-the-log-in"),
    (Place::Sending, "sender-not-allowed"),
    (Place::Sending, "smtp-protocol-error"),
    (Place::Told, "auth-not-sent"),
    (Place::Told, "content-rejected"),
    (Place::Told, "domain-not-authenticated"),
    (Place::Told, "message-too-large"),
    (Place::Unreliable, "greylisted-slow"),
    (Place::Unreliable, "ipv6-broken"),
    (Place::Unreliable, "line-lossy"),
    (Place::Unreliable, "one-address-down"),
    (Place::Nothing, "ehlo-name-accepted"),
    (Place::Nothing, "few-connections"),
    (Place::Nothing, "healthy-25-blocked"),
    (Place::Nothing, "line-a-little-lossy"),
    (Place::Nothing, "only-tls-1-3"),
    (Place::Nothing, "portal-but-443-opens"),
    (Place::Nothing, "routers-that-are-not-heard-healthy"),
    (Place::Nothing, "scanner-trusted"),
    (Place::Nothing, "split-horizon-that-works"),
];

/// Scenarios that are no single fault in the usual world, and why.
pub const ALONE: &[(&str, &str)] = &[
    ("autodiscover-misled", "another way than SMTP"),
    ("outlook-told-otherwise", "another way than SMTP"),
    ("proxy-script-gone", "another way than SMTP"),
    ("certificate-link-known", "what the caller sees decides it together with the chain"),
    ("comes-back-as-spam", "what the caller says decides it"),
    ("forwarding-refused", "what the caller sees decides it"),
    ("organisation-blocked", "what the caller sees decides it"),
    ("recipient-forbidden", "what the caller sees decides it"),
    ("server-cannot-deliver", "what the caller sees decides it"),
    ("comes-back-mailbox-full", "what the caller says decides it"),
    ("cram-md5", "another kind of log-in, not a fault"),
    ("direct-send-inside-only", "what the device is used for decides it"),
    ("direct-send-refused", "another kind of server than the other scenarios'"),
    ("ews-switched-off", "another way than SMTP"),
    ("exchange-asks-to-sign-in", "another way than SMTP"),
    ("exchange-intercepted", "another way than SMTP"),
    ("exchange-mailbox-cannot-send", "another way than SMTP"),
    ("exchange-shut", "another way than SMTP"),
    ("exchange-sign-in-shut", "another way than SMTP"),
    ("healthy-465", "nothing is wrong"),
    ("healthy-587", "nothing is wrong"),
    ("large-packets-vanish-465", "as large-packets-vanish"),
    ("new-outlook", "it connects from elsewhere: nothing here is in its way"),
    ("no-password", "what is missing is the test"),
    ("password-in-clear", "another kind of log-in, not a fault"),
    ("relay-by-address", "another kind of server, not a fault"),
    ("scanner-too-old", "what the device can do decides it"),
    ("shared-host-keeps-mail", "this computer itself answers for every server: what lies beyond is not seen"),
    ("spf-lacks-the-provider", "another provider than the other scenarios'"),
    ("stuck-in-outbox", "what the caller sees decides it"),
    ("token-accepted", "another kind of log-in, not a fault"),
    ("wrong-security-465", "as wrong-security"),
];

/// Which faults an exception is about.
pub enum Of {
    One(&'static str),
    All(Place),
    Any,
}

impl Of {
    pub fn is(&self, place: Place, name: &str) -> bool {
        match self {
            Of::One(own) => *own == name,
            Of::All(own) => *own == place,
            Of::Any => true,
        }
    }
}
use Of::{All, Any, One};

/// Pairs that are never in one world, and why.
pub const APART: &[(Of, Of, &str)] = &[
    (All(Place::Portal), One("rented-machine"), "a rented machine sits in no hotel"),
    (All(Place::Portal), One("vpn-shuts-mail"), "no VPN comes up before the portal lets it"),
    (All(Place::Portal), One("server-in-the-house"), "a house with a mail server has no portal"),
    (One("name-behind-web-proxy"), One("server-gone"), "the proxy is the host that would be gone"),
    (One("name-behind-web-proxy"), One("portal-but-443-opens"), "the portal answers in the proxy's place"),
    (
        One("smtp-auth-disabled"),
        One("sender-not-allowed"),
        "its sender is in a domain that names other servers than this account's",
    ),
    (One("smtp-auth-disabled"), One("clock-wrong"), "a scanner has a clock of its own"),
    (One("smtp-auth-disabled"), All(Place::Local), "no rule on this computer stops a scanner"),
];

/// Pairs that may also end in another cause than the first one's, and why.
pub const EXCEPTIONS: &[(Of, Of, &[&str], &str)] = &[
    (
        One("captive-portal"),
        All(Place::Resolver),
        &["offline"],
        "a portal is seen by pages, which have names; nothing is certain then",
    ),
    (
        All(Place::Portal),
        One("587-forbidden-here"),
        &["blocked-local"],
        "both are right: the rule on this computer comes before the portal",
    ),
    (All(Place::Portal), One("587-rejected-here"), &["blocked-local"], "as the row before"),
    (One("proxy-only"), One("line-lossy"), &["offline"], "the one page by proxy may be lost; likely at most"),
    (All(Place::HostsFile), All(Place::Local), &["blocked-local"], "both are right: the port is shut to every address"),
    (All(Place::Answer), All(Place::Local), &["blocked-local"], "as the row before"),
    (
        All(Place::HostsFile),
        All(Place::Network),
        &["blocked-network", "port-25-blocked-by-isp", "smtp-intercepted"],
        "as the row before",
    ),
    (
        All(Place::Answer),
        All(Place::Network),
        &["blocked-network", "port-25-blocked-by-isp", "smtp-intercepted"],
        "as the row before",
    ),
    (
        One("name-hijacked-to-a-public-address"),
        All(Place::Server),
        &["server-refusing"],
        "a server may have several addresses, and the right one does not answer either",
    ),
    (All(Place::Answer), One("wrong-port"), &["wrong-port"], "both are right: the guide asks for the settings first"),
    (
        One("wrong-server"),
        All(Place::Local),
        &["blocked-local"],
        "what kind of server it is shows only where its port opens",
    ),
    (One("wrong-server"), All(Place::Network), &["blocked-network", "smtp-intercepted"], "as the row before"),
    (
        One("wrong-security"),
        One("server-slow"),
        &["server-too-slow"],
        "a port that says nothing shows no encryption; both are right",
    ),
    (One("wrong-port"), One("server-gone"), &["server-unreachable"], "nothing answers at any port"),
    (
        One("a-port-that-hangs-up"),
        Any,
        &["server-rejects-client"],
        "another port is the way out only where nothing is wrong there",
    ),
    (One("server-drops-587-itself"), Any, &["server-unreachable"], "as the row before"),
    (One("server-has-only-465-587-set"), Any, &["server-refusing"], "as the row before"),
    (
        One("port-25-isp"),
        All(Place::Local),
        &["port-25-blocked-by-isp"],
        "587 is forbidden on this computer, and 25 is in use",
    ),
    (
        One("auth-mechanism"),
        One("ehlo-name-accepted"),
        &["undetermined"],
        "the mail program that is named there knows these ways to log in",
    ),
    (
        All(Place::Ehlo),
        One("encryption-none"),
        &["encryption-required-for-auth"],
        "both are right: the guide asks for the settings first",
    ),
    (
        All(Place::Ehlo),
        All(Place::Starttls),
        &["starttls-stripped"],
        "both are right: the guide looks for firewalls first",
    ),
    (All(Place::Ehlo), One("scanner-untrusted"), &["tls-intercepted"], "as the row before"),
    (All(Place::Ehlo), One("a-private-issuer-everywhere"), &["tls-intercepted"], "as the row before"),
    (One("old-windows"), One("a-private-issuer-everywhere"), &["tls-intercepted"], "as the row before"),
    (One("old-windows"), One("scanner-untrusted"), &["tls-intercepted"], "as the row before"),
    (
        All(Place::Network),
        One("wrong-security"),
        &["wrong-security"],
        "both are right: the guide asks for the settings first",
    ),
    (
        One("encryption-none"),
        One("auth-not-sent"),
        &["auth-not-sent"],
        "both are off, and the server's words name the log-in",
    ),
    (
        One("encryption-none"),
        All(Place::Starttls),
        &["undetermined"],
        "which log-in there would be after encryption cannot be seen",
    ),
    (
        All(Place::Local),
        One("routers-that-are-not-heard-healthy"),
        &["blocked-network"],
        "whether packets leave this computer cannot be seen there; likely at most",
    ),
    (
        One("names-rewritten"),
        One("everything-but-the-web"),
        &["blocked-network"],
        "both are right: no other DNS server can be asked about the name",
    ),
    (One("ipv6-broken"), One("split-horizon-that-works"), &["healthy"], "the inner DNS gives no IPv6 address"),
    (
        One("large-packets-vanish"),
        One("greylisted-slow"),
        &["undetermined"],
        "so slow a server cannot be asked again within a run",
    ),
    (One("old-windows"), One("greylisted-slow"), &["server-too-slow"], "as the row before"),
    (
        One("old-windows"),
        One("large-packets-vanish"),
        &["unstable-connection"],
        "both are right: what the server takes cannot be seen on such a line",
    ),
    (One("old-windows"), One("line-lossy"), &["unstable-connection"], "as the row before"),
    (All(Place::Resolver), One("line-lossy"), &["unstable-connection"], "on such a line no DNS server is accused"),
    (All(Place::Greeting), One("line-lossy"), &["unstable-connection"], "both are right, and likely at most"),
    (All(Place::Address), All(Place::Local), &["blocked-local"], "both are right: the port is shut to every address"),
    (
        All(Place::Address),
        All(Place::Network),
        &["blocked-network", "port-25-blocked-by-isp", "smtp-intercepted"],
        "both are right: the network does it to every server",
    ),
    (
        One("name-hijacked-to-a-public-address"),
        All(Place::Address),
        &["server-refusing"],
        "a server may have several addresses, and the right one does not answer either",
    ),
    (
        One("certificate-weak-key"),
        One("clock-wrong"),
        &["clock-wrong"],
        "both are right: by this clock every certificate is bad",
    ),
    (One("thunderbird-company-root"), One("clock-wrong"), &["clock-wrong"], "as the row before"),
    (One("tls-weak-dh"), One("clock-wrong"), &["clock-wrong"], "as the row before"),
    (One("thunderbird-company-root"), One("tls-weak-dh"), &["tls-too-weak"], "both are right"),
    (
        One("roots-out-of-date"),
        One("ehlo-name-accepted"),
        &["undetermined"],
        "the mail program that is named there has issuers of its own",
    ),
    (
        One("clock-wrong"),
        One("portal-but-443-opens"),
        &["auth-not-sent"],
        "behind a portal the clock is likely at most, and a server's words win",
    ),
    (One("roots-out-of-date"), One("no-reverse-name"), &["undetermined"], "Thunderbird has issuers of its own"),
    (
        One("address-locked-out"),
        One("routers-that-are-not-heard-healthy"),
        &["server-unreachable"],
        "that it is the server that refuses is not heard; likely at most",
    ),
    (
        One("certificate-weak-key"),
        One("scanner-trusted"),
        &["tls-intercepted"],
        "both are right: the weak certificate is the scanner's",
    ),
    (
        One("starttls-missing"),
        One("healthy-25-blocked"),
        &["wrong-security"],
        "that the server offers STARTTLS shows only at port 25",
    ),
];
