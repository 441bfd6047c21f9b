//! Situations in which a tree of SMTP settings alone goes astray, and where an expert would end: each is a scenario of the lab or
//! a variant, whose run is compared with its truth by `practice.rs` and `variants.rs`. Here stands which situation is where,
//! and that the truth is the expert's.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use std::path::Path;

/// The situation, its scenarios or variants, and the causes in which these may end.
const SITUATIONS: &[(&str, &[&str], &[&str])] = &[
    (
        "A rule about the country at the log-in",
        &["a-log-in-refused-because-of-the-country"],
        &["server-rejects-client"],
    ),
    (
        "A 535 that says that the access is off",
        &["a-log-in-refused-because-the-access-is-switched-off", "smtp-auth-disabled"],
        &["smtp-auth-disabled"],
    ),
    ("A 535 for an expired password", &["password-expired"], &["password-expired"]),
    ("A 535 for a limit", &["a-log-in-refused-because-of-the-limit"], &["quota-exceeded"]),
    (
        "Send As, limits and blocks at Microsoft 365, which come after the message",
        &["microsoft-365-names-a-foreign-sender-only-in-the-end"],
        &["healthy"],
    ),
    ("A sender that the account may not use", &["sender-not-allowed"], &["sender-not-allowed"]),
    ("A full mailbox", &["own-mailbox-full", "comes-back-mailbox-full"], &["mailbox-full", "recipient-mailbox-full"]),
    ("A blocklist that is asked at RCPT", &["listed-when-the-recipient-is-named"], &["server-rejects-client"]),
    ("A relay that knows its computers by address", &["relay-by-address", "a-connector-that-fits"], &["healthy"]),
    (
        "A scanner by direct send",
        &["direct-send-to-the-mx-that-works", "direct-send-refused", "direct-send-inside-only"],
        &["healthy", "direct-send-refused", "direct-send-inside-only"],
    ),
    (
        "A scanner with TLS 1.0",
        &["scanner-too-old", "an-old-scanner-and-a-server-that-takes-tls-1-0"],
        &["device-cannot-encrypt", "healthy"],
    ),
    (
        "A company's split DNS with a certificate of its own",
        &["split-horizon-with-a-certificate-of-its-own"],
        &["certificate-untrusted"],
    ),
    ("A company's own Exchange", &["exchange-in-the-house"], &["exchange-service"]),
    ("Endless sign-in", &["exchange-asks-to-sign-in"], &["exchange-sign-in"]),
    ("A website that answers for autodiscover", &["autodiscover-misled"], &["autodiscover-misled"]),
    ("Microsoft 365 behind a mail filter", &["exchange-behind-a-mail-filter"], &["exchange-unreachable"]),
    ("A program whose only way in is switched off (EWS)", &["ews-switched-off"], &["ews-switched-off"]),
    (
        "Proton Mail Bridge, running and not",
        &["gateway-stopped", "gateway-certificate", "gateway-password"],
        &["local-gateway"],
    ),
    (
        "Another program on loopback",
        &["a-gateway-without-starttls", "a-gateway-that-listens-and-says-nothing"],
        &["local-gateway"],
    ),
    ("An old list of certificate issuers", &["roots-out-of-date"], &["certificate-untrusted"]),
    (
        "A scanner that Windows trusts and Thunderbird does not",
        &["a-trusted-scanner-and-thunderbird"],
        &["tls-intercepted"],
    ),
    ("A filter that knows no name", &["inner-dns-only"], &["dns-resolver-failing"]),
    ("A server without any encryption", &["a-server-without-any-encryption"], &["wrong-security"]),
    (
        "Auto that falls back to no encryption",
        &["auto-that-ends-in-clear", "auto-and-starttls-taken-out"],
        &["starttls-stripped", "undetermined"],
    ),
    ("Relaying denied after the log-in", &["relaying-denied-after-the-log-in"], &["sender-not-allowed"]),
    (
        "It comes back for SPF or DMARC",
        &["domain-not-authenticated", "spf-lacks-the-provider"],
        &["domain-not-authenticated"],
    ),
    ("It stays in the outbox", &["stuck-in-outbox"], &["stuck-in-outbox"]),
    ("A number about the data file", &["a-number-about-the-data-file"], &["stuck-in-outbox"]),
    ("An app password, at providers that take no other", &["app-password"], &["app-password-required"]),
    (
        "A password with letters that do not come through",
        &["a-password-with-letters-that-do-not-come-through"],
        &["password-wrong"],
    ),
    (
        "A server that knows whoever has fetched mail",
        &["a-server-that-knows-whoever-has-fetched-mail"],
        &["auth-not-offered"],
    ),
    ("A VPN that carries everything, or nothing", &["vpn-shuts-mail", "vpn-beside"], &["blocked-network"]),
    ("IPv6 that leads nowhere", &["ipv6-broken"], &["ipv6-broken"]),
    ("25, 465 and 587 shut, 2525 open", &["only-2525"], &["blocked-network"]),
    ("New Outlook, and the server's sentence", &["new-outlook-and-what-it-shows"], &["smtp-auth-disabled"]),
    // Whole calls, from public threads whose outcome is known.
    ("A customer's name on a shared host", &["a-customers-name-on-a-shared-host"], &["certificate-name-mismatch"]),
    (
        "A hosting company that keeps a website's mail, seen there and from elsewhere",
        &["a-shared-host-keeps-465-too", "a-website-whose-port-is-shut-seen-from-elsewhere"],
        &["smtp-intercepted", "blocked-network"],
    ),
    ("Proton Mail on a phone", &["a-gateway-that-a-phone-cannot-run"], &["local-gateway"]),
    ("Neither log-in nor encryption", &["no-log-in-and-no-encryption"], &["auth-not-sent"]),
    (
        "A server that wants no log-in, and a program that insists",
        &["a-relay-and-a-program-that-logs-in"],
        &["auth-mechanism-unsupported"],
    ),
    ("A switch that nobody knows of", &["a-switch-that-the-caller-does-not-know"], &["smtp-auth-disabled"]),
    ("The ordinary password at Gmail", &["gmail-refuses-as-an-application-logs-it"], &["app-password-required"]),
    ("A contact form in the visitor's name", &["a-contact-form-in-the-visitors-name"], &["sender-not-allowed"]),
    (
        "No reverse DNS: of a server that sends, of a connection at home, of a server's IPv6 address",
        &[
            "no-reverse-dns-at-the-recipients-side",
            "no-reverse-name",
            "no-reverse-name-over-ipv6",
            "no-reverse-name-of-a-web-shop",
        ],
        &["no-reverse-name"],
    ),
    (
        "A name in HELO that the server refuses: of a mail program, of an application that says localhost",
        &["ehlo-name-refused", "an-application-that-says-localhost", "mailspring-and-a-short-name"],
        &["helo-name-refused"],
    ),
    (
        "A certificate that is bad at one of several addresses: another, or the one that is used",
        &["a-bad-certificate-at-another-address", "a-bad-certificate-at-this-address-alone"],
        &["some-addresses-fail"],
    ),
    (
        "The address that is used accepts connections and says nothing: another of the server answers, or none",
        &[
            "an-address-that-says-nothing",
            "an-address-that-does-not-encrypt",
            "an-address-that-does-not-encrypt-auto",
            "two-addresses-that-say-nothing",
        ],
        &["some-addresses-fail", "server-too-slow"],
    ),
    (
        "A network that lets no mail out, and an account at Gmail",
        &["all-mail-ports-blocked-and-gmail"],
        &["blocked-network"],
    ),
    ("Google's relay, and a private Gmail account", &["gmail-by-the-relay-of-workspace"], &["wrong-server"]),
    ("A server that says that the program's TLS is too old", &["a-program-with-tls-1-0"], &["tls-version-mismatch"]),
    (
        "It stays in the outbox: an add-in in new Outlook, a phone after a change of password",
        &["new-outlook-and-an-add-in", "a-phone-that-keeps-it-in-the-outbox"],
        &["stuck-in-outbox"],
    ),
    (
        "A message that only fails when it is large",
        &["a-time-out-with-large-messages", "only-large-messages-fail"],
        &["message-too-large"],
    ),
    (
        "The stored password is an old one, and the typed one is right",
        &["the-password-is-right-here-and-asked-for-there"],
        &["password-wrong"],
    ),
    ("A phone that times out on port 25", &["a-phone-on-port-25"], &["wrong-port"]),
    (
        "Port 25 shut by the internet provider",
        &["port-25-isp", "direct-send-where-25-is-shut"],
        &["port-25-blocked-by-isp"],
    ),
    ("A rented machine with another port open", &["a-rented-machine-with-465-shut"], &["blocked-network"]),
    (
        "An antivirus that the system trusts, and a program that does not",
        &["an-antivirus-that-php-does-not-trust"],
        &["tls-intercepted"],
    ),
    (
        "It works on a computer beside the machine that fails: a phone, a container",
        &["a-phone-that-cannot-reach-what-works-beside-it", "a-container-that-gets-no-answer"],
        &["undetermined"],
    ),
    ("A container whose DNS fails", &["a-container-that-finds-no-name"], &["dns-resolver-failing"]),
    (
        "A limit: of the mailbox, of sending",
        &["a-service-whose-mailbox-is-full", "a-sending-limit-in-french"],
        &["mailbox-full", "quota-exceeded"],
    ),
    (
        "A whole organisation that may not send, or does not let mail to a recipient out",
        &[
            "organisation-blocked",
            "the-organisation-has-exceeded-its-threshold",
            "recipient-forbidden",
            "the-organisation-has-the-recipient-on-its-block-list",
        ],
        &["organisation-blocked", "recipient-forbidden"],
    ),
    (
        "A mail server that cannot reach the recipient's, or nobody's",
        &["server-cannot-deliver", "an-own-server-that-does-not-get-out"],
        &["server-cannot-deliver"],
    ),
    (
        "A phone at the company's own Exchange, and an expired password",
        &["an-iphone-and-an-expired-company-password"],
        &["exchange-sign-in"],
    ),
    (
        "An old Outlook whose settings are right and whose encryption is too old",
        &["an-old-outlook-with-the-right-settings"],
        &["tls-version-mismatch"],
    ),
    (
        "A network that the server has locked out",
        &["locked-out-by-the-servers-firewall", "locked-out-with-resets"],
        &["server-rejects-client"],
    ),
    ("A server that knows SCRAM alone", &["outlook-and-a-server-with-scram-alone"], &["auth-mechanism-unsupported"]),
    ("A server's name with two letters swapped", &["two-letters-of-smtp-swapped"], &["wrong-server"]),
    ("A server given as a number", &["a-server-given-as-a-number"], &["certificate-name-mismatch"]),
    ("A domain of one's own at iCloud", &["an-own-domain-at-icloud"], &["app-password-required"]),
    (
        "A certificate that was renewed and not loaded",
        &["a-certificate-warning-in-the-gmail-app"],
        &["certificate-expired"],
    ),
];

fn cause(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [format!("src/practice/scenarios/{name}.toml"), format!("tests/variants/{name}.toml")];
    let text = files.iter().find_map(|file| std::fs::read_to_string(root.join(file)).ok());
    let text = text.unwrap_or_else(|| panic!("there is neither a scenario nor a variant {name}"));
    let table: toml::Table = toml::from_str(&text).unwrap();
    table["truth"]["cause"].as_str().unwrap().to_owned()
}

#[test]
fn each_situation_ends_where_an_expert_would() {
    assert!(SITUATIONS.len() >= 34);
    for (situation, names, causes) in SITUATIONS {
        let found: Vec<String> = names.iter().map(|name| cause(name)).collect();
        assert!(found.iter().all(|cause| causes.contains(&cause.as_str())), "{situation}: {found:?}");
        assert!(causes.iter().all(|cause| found.iter().any(|found| found == cause)), "{situation}: {found:?}");
    }
}
