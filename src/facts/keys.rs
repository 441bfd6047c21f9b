//! Every key that checks write and others read, one row each: its type, its name in the report, whom its value names,
//! and what it says, with its unit. There is one module per kind of check. The report's table and JSON Schema are made
//! from these rows.

use super::key::{Declared, Family, Key, Names, Observable};
use super::words::*;
use crate::account::outlook_told::Asks;
use crate::account::{Fit, Source};
use crate::net::PortState;
use std::net::IpAddr;

macro_rules! keys {
    ($($(#[$doc:meta])* $module:ident $check:literal { $($key:ident: $outer:ident<$value:ty> = $name:literal, $names:ident, $says:literal;)* })*) => { $(
        $(#[$doc])*
        pub mod $module {
            use super::*;
            $(#[doc = $says] pub const $key: $outer<$value> = $outer::new($check, $name);)*
            /// All keys of this kind of check.
            pub const ALL: &[Declared] = &[$(Declared {
                check: $check,
                name: $name,
                says: $says,
                form: <$value as Observable>::FORM,
                names: Names::$names,
            }),*];
        }
    )* };
}

keys! {
    /// Which settings does the provider want?
    provider "provider" {
        SOURCE: Key<Source> = "source", Nobody, "how the provider's settings were found";
        PROVIDER: Key<String> = "provider", Host, "the provider's ID in the table";
        CHOICES: Key<Vec<String>> = "choices", Host, "the provider's settings: server, port and encryption, each choice";
    }
    /// Do the settings fit what the provider wants?
    settings "settings" {
        SERVER: Key<ServerFit> = "server", Nobody, "the configured server compared with the provider's";
        PORT: Key<Fit> = "port", Nobody, "the configured port compared with the provider's";
        SECURITY: Key<Fit> = "security", Nobody, "the configured encryption compared with the provider's";
        USER: Key<Fit> = "user", Nobody, "the configured user name compared with the provider's form";
        SUGGESTION: Key<String> = "suggestion", Host, "the name that was probably meant";
        WRITTEN: Key<String> = "written", Host, "the configured server as it is written, if it is not written as a name";
        FLAWS: Key<Vec<String>> = "flaws", Nobody, "what is wrong with how it is written";
        OUTLOOK: Key<String> = "outlook", Nobody, "the Outlook that is installed on this computer, with its build";
        NEW_OUTLOOK: Key<bool> = "outlook.new", Nobody, "whether the new Outlook is switched on in its place";
    }
    /// Does the mail domain exist?
    dns_domain "dns.domain" {
        RESULT: Key<DomainFound> = "result", Nobody, "the mail address's domain in DNS";
        MX: Key<Vec<String>> = "mx", Host, "the domain's mail exchangers";
        SUGGESTION: Key<String> = "suggestion", Host, "the domain that was probably meant";
    }
    /// What is the server's address, as this computer sees it?
    dns_server "dns.server" {
        HERE: Key<bool> = "here", Nobody, "whether the name or address means this computer itself";
        RESULT: Key<NameFound> = "result", Nobody, "the server's name in DNS";
        ADDRESSES: Key<Vec<IpAddr>> = "addresses", Address, "the server's addresses, at most 64";
        ADDRESSES_FROM: Key<AddressesFrom> = "addresses-from", Nobody, "who gave the addresses, if not this computer's resolver";
        ANSWER: Key<AddressKind> = "answer", Nobody, "the worst kind of address among them";
        HOSTS_FILE: Key<bool> = "hosts-file", Nobody, "whether this computer's hosts file has the name";
    }
    /// Does each DNS server of this computer answer?
    dns_own "dns.own" {
        RESULT: Key<OwnServers> = "result", Nobody, "whether each of this computer's DNS servers answers";
        SERVERS: Key<Vec<IpAddr>> = "servers", Address, "this computer's DNS servers";
        FAILING: Key<Vec<IpAddr>> = "failing", Address, "this computer's DNS servers that gave no answer";
    }
    /// Are the names of large mail providers found?
    dns_known "dns.known" {
        RESULT: Key<NameFound> = "result", Nobody, "whether the names of two large mail providers are found";
    }
    /// Do other DNS servers say the same?
    dns_elsewhere "dns.elsewhere" {
        RESULT: Key<Elsewhere> = "result", Nobody, "what other DNS servers say about the server's name";
        ANSWERS: Key<usize> = "answers", Nobody, "how many other DNS servers gave addresses";
        OTHER_ADDRESS: Key<Opens> = "other-address", Nobody, "the port in use at an address that only other DNS servers give";
        REWRITTEN: Key<bool> = "rewritten", Nobody, "whether this computer's DNS server gives an address to names that do not exist";
        SEARCHED: Key<bool> = "searched", Nobody, "whether the name exists only through a search domain of this computer";
    }
    /// Is there an internet connection, without a portal?
    connectivity "connectivity" {
        RESULT: Key<Pages> = "result", Nobody, "what the test pages, whose content is known, returned";
        PORTALS: Key<u32> = "portals", Nobody, "for how many test pages a portal answered";
        BY_PROXY: Key<bool> = "by-proxy", Nobody, "whether a page answers only through the web proxy";
        CLOCK_AHEAD: Key<i64> = "clock-ahead_s", Nobody, "seconds this computer is ahead of the first page's date";
    }
    /// Is this computer's clock right?
    clock "clock" {
        AHEAD: Key<i64> = "off_s", Nobody, "seconds this computer is ahead of network time";
        IMPLAUSIBLE: Key<bool> = "implausible", Nobody, "whether nothing on the network gives the time, and this computer's cannot be right";
    }
    /// Which ports open at another company's server?
    reference "reference" {
        HOST: Key<String> = "host", Host, "the other company's server";
        LOOK_UP: Key<NameFound> = "look-up", Nobody, "its name in DNS, unless it was given as an address";
        ADDRESS: Key<IpAddr> = "address", Address, "the address that was tried";
        SEEN_AS: Key<IpAddr> = "seen-as", Address, "our address as that server sees it";
        OWN_NAME: Key<bool> = "own-name", Nobody, "yes, if it gives this computer's own name as its own";
        STATE: Family<PortState> = "PORT", Nobody, "what that port does there";
        GREETING: Family<GreetingElsewhere> = "PORT.greeting", Nobody, "the greeting there";
        TOOK: Family<u64> = "PORT_ms", Nobody, "milliseconds until that port opened there, or was given up";
        HANDSHAKE: Family<HandshakeElsewhere> = "PORT.handshake", Nobody, "the TLS handshake there";
    }
    /// How good is the connection?
    quality "quality" {
        LOSS: Key<Loss> = "loss", Nobody, "how much of what was sent was lost";
        SENT: Key<usize> = "sent", Nobody, "handshakes that were begun";
        LOST: Key<usize> = "lost", Nobody, "handshakes that lost a packet";
        FASTEST: Key<usize> = "fastest_ms", Nobody, "the fastest handshake, in milliseconds";
        MEDIAN: Key<usize> = "median_ms", Nobody, "the median of the handshakes, in milliseconds";
        WORST: Key<usize> = "worst_ms", Nobody, "the slowest handshake, in milliseconds";
        HANDSHAKES: Key<String> = "handshakes", Nobody, "a mark for each handshake, in the order in which they began: . as usual, o slower, x lost";
        SENT_AGAIN: Key<usize> = "sent.again", Nobody, "handshakes that were begun in a second sampling";
        LOST_AGAIN: Key<usize> = "lost.again", Nobody, "handshakes that lost a packet in a second sampling";
        FASTEST_AGAIN: Key<usize> = "fastest_ms.again", Nobody, "the fastest handshake of a second sampling, in milliseconds";
        MEDIAN_AGAIN: Key<usize> = "median_ms.again", Nobody, "the median of a second sampling, in milliseconds";
        WORST_AGAIN: Key<usize> = "worst_ms.again", Nobody, "the slowest handshake of a second sampling, in milliseconds";
        HANDSHAKES_AGAIN: Key<String> = "handshakes.again", Nobody, "the same marks for a second sampling";
    }
    /// Does something answer for addresses that do not exist?
    testnet "testnet" {
        ROUTE: Key<bool> = "route", Nobody, "whether this computer has a route to the internet";
        STATE: Family<UnusedAddress> = "PORT", Nobody, "that port at addresses that are not in use";
    }
    /// Do this computer's connection and clock stay the same during the run?
    steady "steady" {
        CONNECTION_CHANGED: Key<bool> = "connection-changed", Nobody, "whether this computer's route to the internet was lost or changed during the run";
        CLOCK_JUMPED: Key<i64> = "clock-jumped_s", Nobody, "how many seconds the clock gained on the time that really passed, because it was set or the computer slept";
    }
    /// Does IPv6 work to other hosts?
    ipv6 "ipv6" {
        ELSEWHERE: Key<Ipv6> = "elsewhere", Nobody, "whether IPv6 works to other hosts";
    }
    /// Which internet provider's line is this?
    isp "isp" {
        LINE: Key<String> = "line", Host, "the reverse-DNS name of the public address";
        ISP: Key<String> = "isp", Nobody, "the internet provider";
    }
    /// Does a port open?
    port "port" {
        STATE: Key<PortState> = "state", Nobody, "what the port does: the best over all addresses";
        STATE_V4: Key<PortState> = "state.v4", Nobody, "the best over its IPv4 addresses";
        STATE_V6: Key<PortState> = "state.v6", Nobody, "the best over its IPv6 addresses";
        TOOK_V4: Key<u64> = "v4_ms", Nobody, "milliseconds until that was known for its IPv4 addresses";
        TOOK_V6: Key<u64> = "v6_ms", Nobody, "milliseconds until that was known for its IPv6 addresses";
        BY: Key<Itself> = "by", Nobody, "who forbids it, if this computer does";
        ADDRESS: Key<IpAddr> = "address", Address, "the address that opened first";
        SHUT: Key<Vec<IpAddr>> = "shut-addresses", Address, "addresses where it does not open, although another of the same family does";
        CONNECT: Key<u64> = "connect_ms", Nobody, "milliseconds until it opened";
        LOCAL_PORT: Key<u16> = "local-port", Nobody, "our own port of the connection that opened";
        LOCAL_PORTS: Key<Vec<u16>> = "local-ports", Nobody, "our own ports of the tries that did not open, in order";
        SYN_REPEATS: Key<u32> = "syn-repeats", Nobody, "packets that were sent again until it opened";
        ICMP: Key<String> = "icmp", Nobody, "type and code of an ICMP message that came back";
        ICMP_FROM: Key<IpAddr> = "icmp.from", Address, "the sender of that ICMP message";
        ICMP_PROHIBITED: Key<bool> = "icmp.prohibited", Nobody, "whether that ICMP message says that a rule forbids the connection";
    }
    /// Do packets for a port leave this computer?
    leaves "way" {
        LEAVES: Key<bool> = "leaves", Nobody, "whether packets get as far as the first router";
        FIRST_ROUTER: Key<IpAddr> = "first-router", Address, "the first router on the way";
        AT_ROUTER: Key<bool> = "at-router", Nobody, "yes, if the first router itself answers for the server's address";
        NEAR: Key<Near> = "near", Nobody, "the port opens before the first router";
        TURNED_AWAY: Key<TurnedAway> = "turned-away", Nobody, "who turned the connection away on this computer";
        ICMP: Key<String> = "icmp", Nobody, "type and code of an ICMP message that came back";
        ICMP_FROM: Key<IpAddr> = "icmp.from", Address, "the sender of that ICMP message";
        ICMP_PROHIBITED: Key<bool> = "icmp.prohibited", Nobody, "whether that ICMP message says that a rule forbids the connection";
    }
    /// How far do packets get, hop by hop?
    hops "path" {
        PORT: Key<u16> = "port", Nobody, "the port whose route was traced";
        HOPS: Key<Vec<String>> = "hops", Inner, "what answered on the route, hop by hop";
        ANSWERS: Key<Vec<String>> = "answers", Nobody, "what came from each of these hops: milliseconds, the port's state and milliseconds, turned-away or silent";
        DISTANCE: Key<usize> = "distance", Nobody, "the hop at which the port is answered";
        LAST_HEARD: Key<IpAddr> = "last-heard", Address, "the last router that answered";
        LAST_HOP: Key<usize> = "last-hop", Nobody, "the hop of the last router that answered";
        CONTRAST_PORT: Key<u16> = "contrast.port", Nobody, "a port that opens, for comparison";
        CONTRAST_HOPS: Key<Vec<String>> = "contrast.hops", Inner, "what answered on the route to the port for comparison, hop by hop";
        CONTRAST_ANSWERS: Key<Vec<String>> = "contrast.answers", Nobody, "what came from each of these hops, in the same words";
        CONTRAST_DISTANCE: Key<usize> = "contrast.distance", Nobody, "the hop at which the port for comparison is answered";
        CONTRAST_LAST_HEARD: Key<IpAddr> = "contrast.last-heard", Address, "the last router that answered on the route to the port for comparison";
        CONTRAST_LAST_HOP: Key<usize> = "contrast.last-hop", Nobody, "the hop of the last router that answered on the route to the port for comparison";
        NEARER: Key<bool> = "nearer", Nobody, "whether the answer comes from nearer than the server";
        NEARER_BEHIND: Key<IpAddr> = "nearer.behind", Address, "the router before the device that answers";
        SAME_DISTANCE: Key<bool> = "same-distance", Nobody, "whether it is refused as far away as another port opens";
    }
    /// Does anything answer at the server's address?
    alive "alive" {
        ALIVE: Key<bool> = "alive", Nobody, "whether anything answers at the server's address";
        OPEN: Key<Vec<u16>> = "open", Nobody, "which of its other ports open";
        WEB_PROXY: Key<String> = "web-proxy", Nobody, "the web proxy (CDN) that answers at its address";
        ROLE: Key<OtherRole> = "role", Nobody, "what kind of server it is, if it accepts no mail";
    }
    /// Does the server take mail on another port than the usual ones?
    doors "doors" {
        PORT: Key<u16> = "port", Nobody, "a port other than the usual ones that accepts mail";
        IMPLICIT: Key<bool> = "implicit", Nobody, "whether that port is encrypted from the start";
    }
    /// Which security programs and VPNs are on this computer?
    protection "protection" {
        PRODUCTS: Key<Vec<String>> = "products", Nobody, "security programs that are running here";
        FIREWALL: Key<String> = "firewall", Nobody, "a firewall that is switched on";
        RULES: Key<Vec<String>> = "rules", Foreign, "the rules of Windows Firewall that keep the mail program from the port in use";
        VPN: Key<String> = "vpn", Nobody, "a VPN's network interface";
        VPN_CARRIES: Key<bool> = "vpn.carries", Nobody, "whether connections to the server go through that VPN";
        VPN_CARRIES_ALL: Key<bool> = "vpn.carries-all", Nobody, "whether everything else goes through it too";
        HOSTER: Key<String> = "hoster", Nobody, "the hosting company from which this computer is rented, by its firmware";
        OWN_PUBLIC_ADDRESS: Key<bool> = "own-public-address", Nobody, "whether this computer sends from a public address of its own";
        PROXY: Key<String> = "proxy", Inner, "the configured web proxy";
    }
    /// Does a mail server answer, and what does it offer?
    smtp "smtp" {
        SPEAKS: Key<Speaks> = "speaks", Nobody, "what the port speaks first";
        GREETING: Key<Greeting> = "greeting", Nobody, "the greeting";
        GREETING_MS: Key<u64> = "greeting_ms", Nobody, "milliseconds until the greeting came";
        GREETING_REASON: Key<String> = "greeting-reason", Nobody, "the cause that the words of a greeting that turns us away point to";
        BANNER: Key<String> = "banner", Foreign, "the greeting's text";
        BANNER_NAME: Key<String> = "banner-name", Host, "the server's name in the greeting";
        GREETING_MASKED: Key<bool> = "greeting-masked", Nobody, "whether a device on the way overwrites the greeting";
        FOREIGN: Key<Foreign> = "foreign", Nobody, "which protocol answers instead of SMTP";
        EHLO: Key<Ehlo> = "ehlo", Nobody, "the result of EHLO";
        EHLO_REPLY: Key<String> = "ehlo-reply", Foreign, "the server's words when it refused EHLO";
        EHLO_REASON: Key<String> = "ehlo-reason", Nobody, "the cause that these words point to";
        EHLO_REFUSED: Key<EhloName> = "ehlo-refused", Nobody, "the kind of name that was given in the EHLO that was refused";
        EHLO_PASSES: Key<Vec<EhloName>> = "ehlo-passes", Nobody, "the other kinds of name that the server then accepted";
        EHLO_MS: Key<u64> = "ehlo_ms", Nobody, "milliseconds until its reply came";
        EHLO_NAME: Key<String> = "ehlo-name", Host, "the name in the reply";
        EHLO_ENCRYPTED: Key<Ehlo> = "ehlo-encrypted", Nobody, "the result of EHLO after STARTTLS, if it was not accepted";
        KEYWORDS: Key<Vec<String>> = "keywords", Nobody, "what the server offers (RFC 5321 section 4.1.1.1), at most 64";
        SEEN_AS: Key<IpAddr> = "seen-as", Address, "our address as the server sees it";
        OWN_NAME: Key<bool> = "own-name", Nobody, "yes, if the server gives this computer's own name as its own";
        SIZE: Key<i64> = "size", Nobody, "the largest message that it accepts, in bytes; 0 means no fixed limit (RFC 1870)";
        STARTTLS: Key<Starttls> = "starttls", Nobody, "the result of STARTTLS";
        STARTTLS_REPLY: Key<String> = "starttls-reply", Foreign, "the server's words when it refused";
        STARTTLS_REASON: Key<String> = "starttls-reason", Nobody, "the cause that these words point to";
        HANDSHAKE: Key<Handshake> = "handshake", Nobody, "the result of the TLS handshake";
        HANDSHAKE_WEAK: Key<TooWeak> = "handshake-weak", Nobody, "what this computer's TLS library refused as too weak";
        DHE: Key<bool> = "dhe", Nobody, "yes, if the handshake used DHE, whose parameters are the server's own";
        WEAK_CERTIFICATE: Key<bool> = "weak-certificate", Nobody, "yes, if the certificate was accepted, although its key or signature is weak";
        HANDSHAKE_SAID: Key<String> = "handshake-said", Foreign, "what this computer's TLS library said about it";
        HANDSHAKE_MS: Key<u64> = "handshake_ms", Nobody, "milliseconds that the handshake took";
        TLS_VERSION: Key<String> = "tls-version", Nobody, "the TLS version agreed on";
        TLS_CIPHER: Key<String> = "tls-cipher", Nobody, "the cipher suite agreed on, by its IANA name";
        SMALL_SEGMENTS: Key<SmallSegments> = "small-segments", Nobody, "whether a stalled handshake comes through in small segments";
        AUTH_CLEAR: Key<Vec<String>> = "auth-clear", Nobody, "log-in mechanisms offered before encryption";
        AUTH_CLEAR_PROBE: Key<u16> = "auth-clear-probe", Nobody, "the reply code to AUTH without encryption and without a secret";
        AUTH_CLEAR_REPLY: Key<String> = "auth-clear-reply", Foreign, "the server's words when it refused that";
        AUTH_CLEAR_WANTS_TLS: Key<bool> = "auth-clear-wants-tls", Nobody, "whether these words ask for encryption";
        AUTH: Key<Vec<String>> = "auth", Nobody, "log-in mechanisms offered in the end";
        STOPS: Key<Stops> = "stops", Nobody, "how the server stopped answering after its greeting";
        THROUGH: Key<bool> = "through", Nobody, "whether the dialogue got as far as the log-in";
        RELAY: Key<Relay> = "relay", Nobody, "whether mail is accepted without a log-in, where none is offered: for any domain, or only its own";
        RELAY_REPLY: Key<String> = "relay-reply", Foreign, "the server's words when it refused";
        RELAY_CODE: Key<u16> = "relay-code", Nobody, "the reply code";
        RELAY_REASON: Key<String> = "relay-reason", Nobody, "the cause that the words point to";
        RELAY_ADVICE: Key<String> = "relay-advice", Nobody, "what the words mean";
    }
    /// If the server says nothing, does it answer at another of its addresses?
    others "others" {
        ANSWERING: Key<Vec<IpAddr>> = "answering-addresses", Address, "other addresses where it answers, although it says nothing at the one in use";
    }
    /// Whose certificate is it, and is it valid?
    certificate "certificate" {
        CERTIFICATE: Key<CertificateIs> = "certificate", Nobody, "the certificate";
        NAMES: Key<Vec<String>> = "names", Host, "the names that the certificate is for";
        SUBJECT: Key<String> = "subject", Host, "the certificate's subject";
        ISSUER: Key<String> = "issuer", Foreign, "who signed the certificate";
        ISSUER_ORGANISATION: Key<String> = "issuer-organisation", Foreign, "the organisation of whoever signed it";
        SERIAL: Key<String> = "serial", Host, "the certificate's serial number";
        FINGERPRINT: Key<String> = "fingerprint", Host, "SHA-256 over the whole certificate";
        PEM: Key<String> = "pem", Host, "the certificate itself (RFC 7468)";
        KEY: Key<String> = "key", Nobody, "the certificate's key: kind and bits";
        SIGNATURE: Key<String> = "signature", Nobody, "the signature algorithm";
        FROM: Key<String> = "from", Nobody, "valid from (RFC 3339)";
        UNTIL: Key<String> = "until", Nobody, "valid until (RFC 3339)";
        DATES: Key<Dates> = "dates", Nobody, "the certificate's dates, judged by network time";
        VERIFIED: Key<bool> = "verified", Nobody, "whether this computer's TLS library accepts the certificate";
        WEAK: Key<Vec<String>> = "weak", Nobody, "what is too weak in the certificate, in figures";
        PROGRAM_ROOTS: Key<ProgramRoots> = "program-roots", Nobody, "whose list of issuers the mail program uses, if it has its own";
        PUBLIC: Key<bool> = "public", Nobody, "whether the certificate is valid by Mozilla's list of issuers, if this computer does not accept it or the mail program uses that list";
        NO_ISSUERS: Key<bool> = "no-issuers", Nobody, "yes, if this computer knows no issuer at all";
        FOR_SERVER: Key<bool> = "for-server", Nobody, "whether the certificate names the server";
        CHAIN: Key<usize> = "chain", Nobody, "number of certificates examined";
        INTERCEPTOR: Key<String> = "interceptor", Nobody, "the security program that made the certificate";
    }
    /// Which TLS versions does a port accept?
    tls "tls" {
        VERSION: Family<Accepts> = "VERSION", Nobody, "whether that version is accepted: SSLv3, TLSv1.0 to TLSv1.3";
        CHAIN: Key<usize> = "chain", Nobody, "number of certificates that the server sends";
        WEAK: Key<String> = "weak", Nobody, "a weak cipher suite that is accepted if nothing better is offered";
        ANONYMOUS: Key<bool> = "anonymous", Nobody, "whether a server that accepts no usual cipher suite agrees to one without a certificate";
        OLDER_SUITES: Key<Accepts> = "older-suites", Nobody, "TLS 1.2 with the cipher suites of Windows 7 to 8.1";
        DH_BITS: Key<usize> = "dh-bits", Nobody, "bits of the server's DHE parameters, if it chooses DHE";
        TOO_WEAK: Key<TooWeak> = "too-weak", Nobody, "what the server has nothing stronger for";
        ODD_SUITE: Key<String> = "odd-suite", Nobody, "the cipher suite that it chooses, if today's programs do not have it";
        NO_SUITE: Key<Vec<String>> = "no-suite", Nobody, "versions that it knows, but for which it has none of the cipher suites offered";
        BREAKS_ON: Key<String> = "breaks-on", Nobody, "what makes the server break off the handshake";
    }
    /// Is the chain of certificates whole, strong, and everywhere the same?
    chain "chain" {
        WHOLE: Key<bool> = "whole", Nobody, "whether the server sends all certificates between its own and the root";
        LENGTH: Key<usize> = "length", Nobody, "number of certificates that the server sends";
        SUBJECTS: Key<Vec<String>> = "subjects", Host, "the subject of each of these";
        ISSUERS: Key<Vec<String>> = "issuers", Foreign, "who signed each of these";
        WEAK: Key<Vec<String>> = "weak", Nobody, "weak keys and signatures among them";
        ORDER: Key<Order> = "order", Nobody, "what is wrong with their order";
        AT_OTHER_ADDRESS: Key<Vec<AtOtherAddress>> = "at-other-address", Nobody, "how those at other addresses differ";
        FAULTY_ADDRESSES: Key<Vec<IpAddr>> = "faulty-addresses", Address, "other addresses whose certificate is for other names, or not valid today";
        SOUND_ADDRESSES: Key<Vec<IpAddr>> = "sound-addresses", Address, "other addresses whose certificate has the name and is valid today, unlike the one in use";
        SILENT_ADDRESSES: Key<Vec<IpAddr>> = "silent-addresses", Address, "other addresses where the port opens, but TLS gets no answer";
    }
    /// Which mail programs can encrypt with this server?
    clients "clients" {
        LACKS: Key<Lacks> = "lacks", Nobody, "what it does not have in common with the server";
        CAN: Key<bool> = "can", Nobody, "whether the named mail program can encrypt with the server";
        SYSTEMS: Key<Vec<String>> = "systems", Nobody, "the systems that it may run on";
        CANNOT: Key<Vec<String>> = "cannot", Nobody, "the systems whose programs cannot";
        POLICY: Key<Vec<String>> = "policy", Nobody, "TLS versions that this computer's own policy switches: version, on or off";
        REMEDY: Key<String> = "remedy", Nobody, "what would help";
    }
    /// Is the password accepted?
    login "login" {
        GIVEN: Key<bool> = "given", Nobody, "whether a password or token was given";
        WITH: Key<With> = "with", Nobody, "what it was tried with, if not a password";
        RESULT: Key<LogIn> = "result", Nobody, "the log-in";
        SERVER: Key<At> = "server", Nobody, "at which server, if not the one in use";
        HOST: Key<String> = "host", Host, "the name of the server at which the log-in was tried";
        PORT: Key<u16> = "port", Nobody, "the port on which the log-in was tried";
        OFFERED: Key<Vec<String>> = "offered", Nobody, "the mechanisms offered, if we support none of them";
        MECHANISM: Key<String> = "mechanism", Nobody, "the mechanism that was used";
        MECHANISM_NEXT: Key<String> = "mechanism.next", Nobody, "the mechanism tried next, where the server does not know the first";
        USER: Key<String> = "user", User, "the log-in name";
        REPLY: Key<String> = "reply", Foreign, "the server's words when it refused";
        CODE: Key<u16> = "code", Nobody, "the reply code";
        REASON: Key<String> = "reason", Nobody, "the cause that the words point to";
        ADVICE: Key<String> = "advice", Nobody, "what the words mean";
        TOKEN_STATUS: Key<String> = "token.status", Foreign, "what the server says about a token that it refuses";
        TOKEN_SCOPE: Key<String> = "token.scope", Foreign, "the scope that the server asks for";
        STOPS: Key<Stops> = "stops", Nobody, "how the server stopped answering during the log-in";
        UNTRIED: Key<Vec<String>> = "untried", Nobody, "mechanisms that were not tried, where the refusal may be about the mechanism";
        UNVERIFIED: Key<bool> = "unverified", Nobody, "whether it went over a connection with an unverified certificate";
    }
    /// Does the sender's domain vouch for the provider?
    sender_domain "sender-domain" {
        DOMAIN: Key<String> = "domain", Host, "the domain of the sender's address";
        WHOSE: Key<SenderDomain> = "whose", Nobody, "whose domain that is";
        SPF: Key<Spf> = "spf", Nobody, "what the domain's SPF record says about the provider";
        SPF_RECORD: Key<String> = "spf.record", Foreign, "the domain's SPF record";
        SPF_FAULT: Key<String> = "spf.fault", Foreign, "what is wrong with it";
        SPF_LINE: Key<SpfLine> = "spf.line", Nobody, "what it says about this line's public address, from which a device sends without a log-in";
        LINE: Key<IpAddr> = "line", Address, "that address";
        DKIM: Key<Dkim> = "dkim", Nobody, "the provider's DKIM keys below the domain";
        DKIM_FAULT: Key<String> = "dkim.fault", Foreign, "what is wrong with a key";
        DMARC: Key<Dmarc> = "dmarc", Nobody, "what the domain's DMARC record asks of receivers";
        DMARC_RECORD: Key<String> = "dmarc.record", Foreign, "the domain's DMARC record";
    }
    /// Which web proxy does this computer use?
    proxy "proxy" {
        SCRIPT: Key<String> = "script", Inner, "the address of the script that chooses the web proxy";
        STATE: Key<ScriptIs> = "state", Nobody, "whether this script can be loaded, and is one";
        WHY: Key<String> = "why", Foreign, "why it is of no use";
        STATE_MS: Key<u64> = "state_ms", Nobody, "milliseconds until it was loaded";
        NAMES: Key<Vec<String>> = "names", Inner, "the web proxies that it names, at most 8";
        DIRECT: Key<bool> = "direct", Nobody, "whether it also names the way without a proxy";
        OTHERS: Key<bool> = "others", Nobody, "whether it also chooses proxies whose addresses cannot be read in it";
        NAMED: Key<ProxiesNamed> = "named", Nobody, "what the proxies do that it names";
        DEAD: Key<Vec<String>> = "dead", Inner, "those of them that do not answer";
        CHOSEN: Key<Vec<String>> = "chosen", Inner, "what the system says that it chooses for outlook.office365.com, one after the other";
    }
    /// Where is the Exchange mailbox?
    autodiscover "autodiscover" {
        NAME: Key<AutodiscoverName> = "name", Nobody, "where the domain's autodiscover name leads";
        BY: Key<AutodiscoverBy> = "by", Nobody, "who answers first where Outlook looks";
        MISLED_BY: Key<String> = "misled-by", Host, "the web server that answers although it has nothing to do with the mailbox";
        MISLED_HOW: Key<Misled> = "misled-how", Nobody, "what Outlook gets there";
        MAILBOX: Key<MailboxAt> = "mailbox", Nobody, "where the mailbox is";
        SERVER: Key<String> = "server", Host, "the web server to which Outlook connects";
        SIGN_IN: Key<String> = "sign-in", Host, "the web server at which people sign in";
    }
    /// What was Outlook on this computer told?
    outlook "outlook" {
        TOLD: Key<Vec<String>> = "told", Nobody, "the registry values by which somebody changed how Outlook looks for its mailbox or signs in";
        BY_POLICY: Key<bool> = "by-policy", Nobody, "whether one of those that may do harm comes from a policy";
        SKIPS: Key<Vec<Asks>> = "skips", Nobody, "the places that it does not ask";
        FILE: Key<String> = "file", Inner, "the file from which it takes the settings before it asks anybody";
        OLD_SIGN_IN: Key<bool> = "old-sign-in", Nobody, "whether it must not use the sign-in page (modern authentication)";
        DIRECTORY: Key<String> = "directory", Inner, "the directory that the user is signed in to, which Outlook asks first (SCP)";
        REMEMBERS: Key<String> = "remembers", Host, "the server that its stored answer of autodiscover names";
        REMEMBERS_AT: Key<MailboxAt> = "remembers-at", Nobody, "whose server that is";
    }
    /// Is the way to Exchange open?
    exchange "exchange" {
        PROXY: Key<String> = "proxy", Inner, "the web proxy that the connection goes through";
        SERVER: Key<Reach> = "server", Nobody, "how far the connection to the Exchange server gets";
        SERVER_MS: Key<u64> = "server_ms", Nobody, "milliseconds until it answered";
        SIGN_IN: Key<Reach> = "sign-in", Nobody, "how far the connection to the sign-in server gets";
        SIGN_IN_MS: Key<u64> = "sign-in_ms", Nobody, "milliseconds until it answered";
        FAILED: Key<String> = "failed", Host, "the first of these that cannot be used";
        WHY: Key<String> = "why", Foreign, "why not";
        CERTIFICATE: Key<WebCertificate> = "certificate", Nobody, "what is wrong with its certificate";
        ISSUER: Key<String> = "issuer", Foreign, "who signed that certificate";
        INTERCEPTOR: Key<String> = "interceptor", Nobody, "the security program that made it, or that of a trusted one";
    }
    /// May this address send?
    sending "sending" {
        RESULT: Key<Sending> = "result", Nobody, "permission to send";
        WITHOUT_LOG_IN: Key<bool> = "without-log-in", Nobody, "whether it was asked without a log-in, because none is offered";
        REFUSED: Key<Refused> = "refused", Nobody, "what was refused";
        STOPS: Key<Stops> = "stops", Nobody, "how the server stopped answering after the log-in";
        REPLY: Key<String> = "reply", Foreign, "the server's words when it refused";
        CODE: Key<u16> = "code", Nobody, "the reply code";
        REASON: Key<String> = "reason", Nobody, "the cause that the words point to";
        ADVICE: Key<String> = "advice", Nobody, "what the words mean";
        EHLO_REFUSED: Key<EhloName> = "ehlo-refused", Nobody, "the kind of name given in EHLO, if the refusal is about it";
        EHLO_PASSES: Key<Vec<EhloName>> = "ehlo-passes", Nobody, "the other kinds of name that the server then accepted";
        MESSAGE: Key<String> = "message", Foreign, "what the server said about the test message";
        MESSAGE_ID: Key<String> = "message-id", User, "the test message's Message-ID";
    }
}
