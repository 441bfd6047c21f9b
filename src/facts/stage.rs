//! Where on the way of a message a cause stops it. Of several problems in one text the earliest is the root: what comes
//! after it fails because of it.

/// How far a message has come that this cause stops: from 0, no further than this computer, to 7, as far as
/// its content.
pub(super) fn stage(cause: &str) -> u8 {
    match cause {
        "offline" | "clock-wrong" => 0,
        "dns-name-not-found" | "dns-resolver-failing" => 1,
        "server-unreachable"
        | "server-refusing"
        | "ipv6-broken"
        | "local-gateway"
        | "port-25-blocked-by-isp"
        | "server-rejects-client" => 2,
        "wrong-security"
        | "tls-version-mismatch"
        | "tls-too-weak"
        | "certificate-untrusted"
        | "certificate-expired"
        | "certificate-name-mismatch"
        | "starttls-stripped" => 3,
        "password-wrong"
        | "password-expired"
        | "app-password-required"
        | "basic-auth-disabled"
        | "smtp-auth-disabled"
        | "auth-mechanism-unsupported"
        | "auth-not-offered"
        | "encryption-required-for-auth"
        | "auth-throttled"
        | "account-locked"
        | "organisation-blocked" => 4,
        "auth-not-sent" | "sender-not-allowed" | "domain-not-authenticated" => 5,
        "recipient-rejected"
        | "recipient-mailbox-full"
        | "recipient-side-blocks"
        | "server-cannot-deliver"
        | "recipient-forbidden" => 6,
        _ => 7,
    }
}
