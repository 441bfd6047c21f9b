//! What technicians ask, and the page that must be found: among the first three for words, first for numbers and
//! sentences.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

use mailtriage::guide::search::Index;
use mailtriage::session::guide;

/// Error numbers and sentences, each with the page that must come first.
const ERRORS: &[(&str, &str)] = &[
    ("550 5.7.1 Relaying denied", "causes/auth-not-sent"),
    ("0x800CCC79 554 5.7.1 Relay access denied", "causes/auth-not-sent"),
    ("535 5.7.8 Error: authentication failed", "causes/password-wrong"),
    (
        "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant",
        "causes/smtp-auth-disabled",
    ),
    ("5.7.139 Authentication unsuccessful, basic authentication is disabled", "causes/basic-auth-disabled"),
    ("534-5.7.9 Application-specific password required", "causes/app-password-required"),
    ("530 5.7.0 Must issue a STARTTLS command first", "causes/encryption-required-for-auth"),
    ("552 5.3.4 Message size exceeds fixed limit", "causes/message-too-large"),
    ("550 5.4.5 Daily user sending limit exceeded", "causes/quota-exceeded"),
    ("553 5.7.1 Sender address rejected: not owned by user", "causes/sender-not-allowed"),
    ("454 4.7.0 Temporary authentication failure: Connection lost to authentication server", "causes/server-busy"),
    ("550 5.1.1 User unknown", "causes/recipient-rejected"),
    ("ssl.SSLCertVerificationError: certificate has expired", "causes/certificate-expired"),
    ("The target principal name is incorrect", "causes/certificate-name-mismatch"),
    ("dh key too small", "causes/tls-too-weak"),
    ("0x800CCC02", "causes/certificate-expired"),
    ("800ccc02", "causes/certificate-expired"),
    ("0x800CCC0D", "causes/dns-name-not-found"),
    ("0x800CCC18", "causes/auth-mechanism-unsupported"),
    ("0x800CCC16", "causes/password-wrong"),
];

/// Questions in words, each with a page that must be among the first three.
const QUESTIONS: &[(&str, &str)] = &[
    ("port", "learn/ports"),
    ("ports", "learn/ports"),
    ("port 25", "causes/port-25-blocked-by-isp"),
    ("port 25 blocked", "causes/port-25-blocked-by-isp"),
    ("which port does outlook use", "programs/outlook-2019"),
    ("what is smtp", "learn/what-smtp-is"),
    ("is 465 deprecated", "learn/ports"),
    ("wrong port", "causes/wrong-port"),
    ("wrong server name", "causes/wrong-server"),
    ("ssl or tls", "encryption"),
    ("starttls", "causes/starttls-stripped"),
    ("encryption wrong", "causes/wrong-security"),
    ("starttls removed", "causes/starttls-stripped"),
    ("cisco asa", "causes/starttls-stripped"),
    ("firewall", "firewall"),
    ("antivirus blocks sending", "causes/blocked-local"),
    ("mcafee blocks port 25", "causes/blocked-local"),
    ("is it the firewall?", "firewall"),
    ("windows defender firewall", "causes/blocked-local"),
    ("speedport", "causes/blocked-network"),
    ("office network blocks", "causes/blocked-network"),
    ("hotel wifi", "causes/captive-portal"),
    ("login page wifi", "causes/captive-portal"),
    ("captive portal", "causes/captive-portal"),
    ("no internet", "causes/offline"),
    ("offline", "causes/offline"),
    ("connection drops", "causes/unstable-connection"),
    ("packet loss", "causes/unstable-connection"),
    ("vpn", "causes/blocked-network"),
    ("ipv6", "causes/ipv6-broken"),
    ("dns", "causes/dns-resolver-failing"),
    ("dns server does not answer", "causes/dns-resolver-failing"),
    ("dns name does not exist", "causes/dns-name-not-found"),
    ("pi-hole", "causes/dns-answer-tampered"),
    ("hosts file", "causes/dns-answer-tampered"),
    ("server refuses connection", "causes/server-refusing"),
    ("server too slow", "causes/server-too-slow"),
    ("timeout", "causes/server-too-slow"),
    ("raise timeout outlook 2016", "programs/outlook-2016"),
    ("server busy", "causes/server-busy"),
    ("greylisting", "causes/server-busy"),
    ("blacklisted ip", "causes/server-rejects-client"),
    ("spamhaus", "causes/server-rejects-client"),
    ("cloudflare", "causes/name-behind-web-proxy"),
    ("certificate expired", "causes/certificate-expired"),
    ("cert wrong name", "causes/certificate-name-mismatch"),
    ("certificate not trusted", "causes/certificate-untrusted"),
    ("self-signed certificate", "causes/certificate-untrusted"),
    ("clock wrong", "causes/clock-wrong"),
    ("avast mail shield certificate", "causes/tls-intercepted"),
    ("fortigate deep inspection", "causes/tls-intercepted"),
    ("tls 1.0", "causes/tls-version-mismatch"),
    ("windows 7 tls 1.2", "causes/tls-version-mismatch"),
    ("wrong password", "causes/password-wrong"),
    ("password keeps asking", "causes/password-wrong"),
    ("password expired", "causes/password-expired"),
    ("app password", "causes/app-password-required"),
    ("2fa", "causes/app-password-required"),
    ("google app password", "causes/app-password-required"),
    ("why is the right password refused", "learn/passwords"),
    ("smtp auth disabled", "causes/smtp-auth-disabled"),
    ("smtp auth office 365 switch on", "causes/smtp-auth-disabled"),
    ("basic auth", "causes/basic-auth-disabled"),
    ("modern authentication", "causes/basic-auth-disabled"),
    ("account locked", "causes/account-locked"),
    ("too many logins", "causes/auth-throttled"),
    ("cram-md5", "causes/auth-mechanism-unsupported"),
    ("ntlm spa", "causes/auth-mechanism-unsupported"),
    ("relay denied", "causes/auth-not-sent"),
    ("my server requires authentication", "causes/auth-not-sent"),
    ("server offers no login", "causes/auth-not-offered"),
    ("send as alias", "causes/sender-not-allowed"),
    ("shared mailbox send", "causes/sender-not-allowed"),
    ("message comes back", "causes/recipient-rejected"),
    ("bounce", "causes/recipient-rejected"),
    ("message too large", "causes/message-too-large"),
    ("large attachment", "causes/message-too-large"),
    ("mailbox full", "causes/quota-exceeded"),
    ("sending limit", "causes/quota-exceeded"),
    ("spam content refused", "causes/content-rejected"),
    ("spf dkim dmarc", "causes/domain-not-authenticated"),
    ("proton bridge", "causes/local-gateway"),
    ("new outlook", "programs/outlook-new"),
    ("classic outlook where are the settings", "learn/outlook-versions"),
    ("outlook versions", "learn/outlook-versions"),
    ("outlook 2016 change port", "programs/outlook-2016"),
    ("outlook 2019", "programs/outlook-2019"),
    ("outlook mac", "programs/outlook-mac"),
    ("thunderbird", "programs/thunderbird"),
    ("iphone mail", "programs/ios-mail"),
    ("gmail app android", "programs/gmail-android"),
    ("samsung email", "programs/samsung-email"),
    ("em client", "programs/em-client"),
    ("the bat", "programs/the-bat"),
    ("evolution linux", "programs/evolution"),
    ("wordpress cannot send", "programs/wordpress"),
    ("synology notification email", "programs/synology"),
    ("scan to email kyocera", "programs/printer"),
    ("scanner", "programs/printer"),
    ("brother", "programs/printer"),
    ("direct send not allowed", "causes/direct-send-refused"),
    ("550 5.7.64 TenantAttribution; Relay Access Denied", "causes/direct-send-refused"),
    ("scanner cannot send outside", "causes/direct-send-inside-only"),
    ("old scanner tls 1.0", "causes/device-cannot-encrypt"),
    ("smtp relay connector for a printer", "learn/devices"),
    ("hve", "learn/devices"),
    ("exchange account", "exchange"),
    ("receiving works but not sending", "learn/receiving"),
    ("receiving fails too", "learn/receiving"),
    ("test account settings", "learn/test-account-settings"),
    ("end of support outlook 2016", "learn/support-ends"),
    ("windows 10 end of support", "learn/support-ends"),
    ("ews", "causes/ews-switched-off"),
    ("good practice", "learn/good-practice"),
    ("what to tell the provider", "provider"),
    ("what does the caller see", "caller"),
    ("nothing wrong but still cannot send", "causes/healthy"),
    ("stays in the outbox", "causes/stuck-in-outbox"),
    ("outlook keeps asking for password", "causes/password-wrong"),
    ("can receive but not send", "learn/receiving"),
    ("scanner stopped emailing after office update", "learn/devices"),
    ("port 587 blocked by isp", "causes/blocked-network"),
    ("thunderbird smtp error 535", "causes/password-wrong"),
    ("iphone cannot send mail relaying", "causes/auth-not-sent"),
    ("smtp auth disabled tenant", "causes/smtp-auth-disabled"),
    ("mails stay in outbox", "causes/stuck-in-outbox"),
    ("mail stuck in outbox outlook", "causes/stuck-in-outbox"),
    ("user gets bounce when mailing gmail", "causes/recipient-rejected"),
    ("our mails land in spam", "causes/recipient-side-blocks"),
    ("mfp scan to email not working", "learn/devices"),
    ("ricoh scan to email authentication failed", "causes/password-wrong"),
    ("canon copier smtp office 365", "programs/printer"),
    ("kyocera error 1102", "causes/password-wrong"),
    ("multifunction printer tls", "causes/device-cannot-encrypt"),
    ("copier cannot do modern authentication", "programs/printer"),
    ("gmail less secure apps", "causes/app-password-required"),
    ("two factor authentication outlook gmail password", "causes/app-password-required"),
    ("yahoo app password", "causes/app-password-required"),
    ("icloud mail app specific password", "causes/app-password-required"),
    ("gmx pop3 imap activate", "causes/smtp-auth-disabled"),
    ("sending works on mobile data but not on wifi", "causes/blocked-network"),
    ("works at home but not in the office", "causes/blocked-network"),
    ("works in webmail but not in outlook", "settings"),
    ("vpn on then no mail", "causes/blocked-network"),
    ("after changing password cannot send", "causes/password-wrong"),
    ("after moving to new hosting email not sending", "settings"),
    ("new laptop can't send email", "settings"),
    ("certificate warning popup when sending", "causes/certificate-untrusted"),
    ("the server certificate has the wrong name", "causes/certificate-name-mismatch"),
    ("kaspersky eset certificate", "causes/tls-intercepted"),
    ("bitdefender blocks outgoing mail", "causes/blocked-local"),
    ("sophos firewall mail", "causes/tls-intercepted"),
    ("ssl error outlook", "causes/wrong-security"),
    ("connection timed out smtp", "causes/server-unreachable"),
    ("cannot resolve mail server name", "causes/dns-name-not-found"),
    ("which smtp settings for outlook.com", "programs/outlook-2019"),
    ("smtp server name for my provider", "settings"),
    ("who do i call, provider or network", "provider"),
    ("attachment too big", "causes/message-too-large"),
    ("sent too many emails", "causes/quota-exceeded"),
    ("newsletter limit reached", "causes/quota-exceeded"),
    ("account hacked sending blocked", "causes/account-locked"),
    ("mailbox suspended", "causes/account-locked"),
    ("user locked out", "causes/account-locked"),
    ("shared mailbox send as denied", "causes/sender-not-allowed"),
    ("alias address cannot send from", "causes/sender-not-allowed"),
    ("email rejected because of spf", "causes/domain-not-authenticated"),
    ("dmarc fail", "causes/domain-not-authenticated"),
    ("recipient mailbox full", "causes/recipient-mailbox-full"),
    ("user unknown", "causes/recipient-rejected"),
    ("undeliverable mail returned", "causes/recipient-rejected"),
    ("ip on blacklist", "causes/server-rejects-client"),
    ("nas cannot send notifications", "programs/synology"),
    ("php mail not sending contact form", "programs/wordpress"),
    ("exchange on premise outlook disconnected", "causes/exchange-unreachable"),
    ("autodiscover wrong", "causes/autodiscover-misled"),
    ("windows mail app stopped", "programs/windows-mail"),
    ("outlook 2010 tls 1.2", "programs/outlook-2010"),
    ("outlook 365 cannot send but receives fine", "learn/receiving"),
    ("smtp password rejected after enabling mfa", "causes/app-password-required"),
    ("office 365 scanner basic authentication turned off", "causes/basic-auth-disabled"),
    ("how to create an app password", "causes/app-password-required"),
    ("telekom router blocks smtp", "causes/blocked-network"),
    ("fritzbox mail port", "causes/blocked-network"),
    ("hotel internet no email", "causes/captive-portal"),
    ("train wifi can't send", "causes/captive-portal"),
    ("outgoing server not responding", "causes/wrong-server"),
    ("cannot connect to smtp server", "causes/server-unreachable"),
    ("server refused connection port 465", "causes/server-refusing"),
    ("starttls not offered", "causes/starttls-stripped"),
    ("exchange certificate error internal", "causes/exchange-not-trusted"),
    ("expired ssl certificate mail server", "causes/certificate-expired"),
    ("date and time wrong on pc", "causes/clock-wrong"),
    ("mac mail cannot send gmail", "programs/apple-mail"),
    ("android phone cannot send", "programs/gmail-android"),
    ("outlook app on iphone", "programs/outlook-mobile"),
    ("where do i find smtp settings in thunderbird", "programs/thunderbird"),
    ("change outgoing server outlook new", "programs/outlook-new"),
    ("outlook 2021 account settings", "programs/outlook-2019"),
    ("old outlook 2007 not sending", "programs/outlook-2007"),
    ("sender address rejected", "causes/sender-not-allowed"),
    ("not authorized to send on behalf", "causes/sender-not-allowed"),
    ("relay access denied printer", "causes/auth-not-sent"),
    ("spam filter rejects our invoice", "causes/content-rejected"),
    ("exe attachment blocked", "causes/content-rejected"),
    ("email too large 25 mb", "causes/message-too-large"),
    ("storage full cannot send", "causes/quota-exceeded"),
    ("mail server down", "causes/server-unreachable"),
    ("ipv6 problem smtp", "causes/ipv6-broken"),
    ("dns filter adguard", "causes/dns-answer-tampered"),
    ("proton mail thunderbird", "programs/thunderbird"),
    ("password with umlaut", "causes/password-wrong"),
    ("what port should i use", "learn/ports"),
    ("is smtp auth ending", "learn/support-ends"),
    ("message rejected by gmail unauthenticated", "causes/domain-not-authenticated"),
    ("synology email notification failed", "programs/synology"),
    ("wordpress contact form smtp", "programs/wordpress"),
    ("mails bounce back with dmarc error", "causes/domain-not-authenticated"),
    ("customer says our emails are marked as spam", "causes/recipient-side-blocks"),
    ("kyocera scan to mail office 365 fails", "learn/devices"),
    ("brother printer smtp ssl", "programs/printer"),
    ("hp mfp cannot email scan", "programs/printer"),
    ("which port for ssl", "learn/ports"),
    ("difference between 465 and 587", "learn/ports"),
    ("what is starttls", "learn/encryption"),
    ("outlook 2016 support end", "learn/support-ends"),
    ("user cannot send after password reset", "causes/password-wrong"),
    ("password has expired", "causes/password-expired"),
    ("too many login attempts", "causes/auth-throttled"),
    ("test account settings outlook fails", "learn/test-account-settings"),
    ("zscaler certificate", "causes/tls-intercepted"),
    ("norton blocks sending", "causes/blocked-local"),
    ("vodafone cable port 25", "causes/port-25-blocked-by-isp"),
    ("airport wifi mail", "causes/captive-portal"),
    ("guest network cannot send", "causes/blocked-network"),
    ("mail goes out but never arrives", "causes/recipient-side-blocks"),
    ("distribution list rejects external sender", "causes/recipient-rejected"),
    ("typo in recipient address", "causes/recipient-rejected"),
    ("send from different email address", "causes/sender-not-allowed"),
    ("noreply address as sender not allowed", "causes/sender-not-allowed"),
    ("zip file attachment blocked", "causes/content-rejected"),
    ("video too large to email", "causes/message-too-large"),
    ("mass mailing blocked by provider", "causes/quota-exceeded"),
    ("reverse dns missing", "causes/server-rejects-client"),
    ("dynamic ip rejected", "causes/server-rejects-client"),
    ("wrong time on computer certificate error", "causes/clock-wrong"),
    ("self signed certificate warning outlook", "causes/certificate-untrusted"),
    ("local mail relay on localhost", "causes/local-gateway"),
    ("outbox is stuck ost file", "causes/stuck-in-outbox"),
    ("works over hotspot not over dsl", "causes/blocked-network"),
    ("dns server change broke email", "causes/dns-resolver-failing"),
    ("mail server name not found after domain move", "causes/dns-name-not-found"),
    ("gmail refuses password", "causes/app-password-required"),
    ("smtp auth off in exchange online for one mailbox", "causes/smtp-auth-disabled"),
    ("connector for scanner without password", "learn/devices"),
    ("ipad mail cannot connect using ssl", "programs/ios-mail"),
    ("em client cannot send", "programs/em-client"),
];

fn found(typed: &str) -> Vec<String> {
    Index::new(guide()).search(typed).pages.into_iter().map(|found| found.page).collect()
}

#[test]
fn errors_lead_to_what_they_mean() {
    let index = Index::new(guide());
    let mut lost = Vec::new();
    for (typed, page) in ERRORS {
        let pages = index.search(typed).pages;
        if pages.first().is_none_or(|first| first.page != *page) {
            let found: Vec<&str> = pages.iter().take(3).map(|found| found.page.as_str()).collect();
            lost.push(format!("{typed}: {page} is not first of {found:?}"));
        }
    }
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

#[test]
fn a_hundred_questions_find_their_page() {
    let index = Index::new(guide());
    let mut lost = Vec::new();
    for (typed, page) in QUESTIONS {
        let pages = index.search(typed).pages;
        let found: Vec<&str> = pages.iter().map(|found| found.page.as_str()).collect();
        if !found.iter().take(3).any(|found| found == page) {
            let place = found.iter().position(|found| found == page);
            lost.push(format!("{typed}: {page} is at {place:?}, not in {:?}", &found[..found.len().min(3)]));
        }
    }
    assert!(QUESTIONS.len() >= 200);
    assert!(lost.is_empty(), "{} of {}\n{}", lost.len(), QUESTIONS.len(), lost.join("\n"));
}

#[test]
fn numbers_say_what_they_mean_and_what_they_may_point_to() {
    let answer = Index::new(guide()).search("Sending reported error (0x800CCC0F)");
    assert!(answer.numbers[0].starts_with("0x800CCC0F: "));
    assert!(answer.pages.len() > 2);
    // A code alone says little, but not nothing.
    assert_eq!(found("5.7.139").len().min(2), 2);
    assert!(found("535").contains(&"causes/password-wrong".to_owned()));
}

#[test]
fn nothing_is_found_for_nothing() {
    for typed in ["", "   ", "qwertzuiop", "the of and", "\u{202e}", "😀"] {
        assert_eq!(found(typed), Vec::<String>::new(), "{typed:?}");
    }
    // A pasted megabyte is answered as soon.
    let started = std::time::Instant::now();
    let _ = found(&"0x800CCC0F relaying denied \u{1b}[31m ".repeat(40_000));
    assert!(started.elapsed().as_secs() < 5);
}
