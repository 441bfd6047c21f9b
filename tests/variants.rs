//! Variations of the lab's worlds that have no scenario of their own: other topologies, combined faults, odd servers.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the answer")]

use mailtriage::check::Reference;
use mailtriage::cli::{job, run_to_end};
use mailtriage::practice::scenario;
use std::collections::BTreeMap;

fn cause(name: &str, changes: &str, references: Option<&[&str]>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let session = runtime.block_on(async {
        let mut job = job(&scenario(name).unwrap().with(toml::from_str(changes).unwrap())).unwrap();
        if let Some(hosts) = references {
            let reference = |host: &&str| Reference { host: (*host).to_owned(), ports: vec![25, 465, 587, 443] };
            job.options.references = hosts.iter().map(reference).collect();
        }
        run_to_end(job, BTreeMap::new()).await
    });
    runtime.shutdown_background();
    let diagnosis = session.diagnosis();
    format!("{} {}", diagnosis.cause, diagnosis.certainty.word())
}

/// The facts of a check after a run in which a person asked for more than a log-in.
fn facts(
    name: &str,
    check: &str,
    change: impl FnOnce(&mut mailtriage::check::secret::Attempt),
) -> BTreeMap<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let session = runtime.block_on(async {
        let mut job = job(&scenario(name).unwrap()).unwrap();
        change(job.attempt.as_mut().unwrap());
        run_to_end(job, BTreeMap::new()).await
    });
    runtime.shutdown_background();
    let facts = &session.run().unwrap().check(check).unwrap().facts;
    facts.iter().map(|(key, value)| (key.clone(), value.text().unwrap_or_default())).collect()
}

#[test]
fn a_message_goes_out_only_where_a_person_asked_for_it() {
    let quiet = facts("healthy-587", "sending", |_| {});
    assert_eq!((quiet["result"].as_str(), quiet.get("message-id")), ("accepted", None));
    let sent = facts("healthy-587", "sending", |attempt| attempt.message = true);
    assert_eq!(sent["message"], "250 2.0.0 Ok: queued as PRACTICE");
    assert!(sent["message-id"].ends_with("@example.com>"), "{sent:?}");
}

#[test]
fn a_log_in_without_proof_needs_the_servers_name() {
    let result = |typed: Option<&str>| {
        let typed = typed.map(str::to_owned);
        let found = facts("certificate-self-signed", "login", |attempt| attempt.unverified = typed);
        (found["result"].clone(), found.contains_key("unverified"))
    };
    assert_eq!(result(None), ("not-tried".to_owned(), false));
    assert_eq!(result(Some("smtp.example.org")), ("not-tried".to_owned(), false));
    assert_eq!(result(Some("smtp.example.com")), ("accepted".to_owned(), true));
    // Another certificate than the one that a screen showed gets nothing.
    let other = facts("certificate-self-signed", "login", |attempt| {
        attempt.unverified = Some("smtp.example.com".to_owned());
        attempt.shown = Some("00:11".to_owned());
    });
    assert_eq!(other["result"], "not-tried");
}

/// What it is, the scenario, what is laid over it, the references, the verdict.
type Case = (&'static str, &'static str, String, Option<&'static [&'static str]>, &'static str);

const ONE_ROUTER: &str = "[[router]]\nname = \"router\"\nv4 = \"192.168.1.1\"\nrtt-ms = 1\n";

#[test]
fn variants() {
    let fault =
        |at: &str, does: &str, ports: &str| format!("[[fault]]\nat = \"{at}\"\ndoes = \"{does}\"\nports = {ports}\n");
    let cases: Vec<Case> = vec![
        ("one router, drop", "healthy-587", format!("{ONE_ROUTER}{}", fault("router", "drop", "[587]")), None, "blocked-network certain"),
        ("one router, prohibit", "healthy-587", format!("{ONE_ROUTER}{}", fault("router", "prohibit", "[587]")), None, "blocked-network certain"),
        ("one router, reset", "healthy-587", format!("{ONE_ROUTER}{}", fault("router", "reset", "[587]")), None, "blocked-network certain"),
        ("25 reset at the ISP", "port-25-isp", fault("isp", "reset", "[25]"), None, "port-25-blocked-by-isp certain"),
        ("25 prohibited by the only router", "port-25-isp", format!("{ONE_ROUTER}{}", fault("router", "prohibit", "[25]")), None, "port-25-blocked-by-isp certain"),
        ("all mail ports blocked", "healthy-587", fault("router", "drop", "[25, 465, 587]"), None, "blocked-network certain"),
        ("all mail ports reset", "healthy-587", fault("isp", "reset", "[25, 465, 587]"), None, "blocked-network certain"),
        ("everything but the web", "healthy-587", "[[fault]]\nat = \"router\"\ndoes = \"drop\"\nports = [25, 465, 587, 143, 993, 110, 995, 53]\n".to_owned(), None, "blocked-network certain"),
        ("465 blocked, 587 fine", "healthy-465", fault("router", "drop", "[465]"), None, "blocked-network certain"),
        ("465 dropped here", "healthy-465", fault("this-machine", "drop", "[465]"), None, "blocked-local likely"),
        ("587 reset here", "healthy-587", fault("this-machine", "reset", "[587]"), None, "blocked-local likely"),
        ("587 prohibited here", "healthy-587", fault("this-machine", "prohibit", "[587]"), None, "blocked-local certain"),
        ("no references, blocked", "587-silent", String::new(), Some(&[]), "undetermined"),
        ("one reference, blocked", "587-silent", String::new(), Some(&["smtp.gmail.com"]), "undetermined"),
        ("no references, healthy", "healthy-587", String::new(), Some(&[]), "healthy certain"),
        ("two references, blocked", "587-silent", String::new(), Some(&["smtp.gmail.com", "mail.gmx.net"]), "blocked-network certain"),
        ("literal references", "587-silent", String::new(), Some(&["203.0.113.30", "203.0.113.40"]), "blocked-network certain"),
        ("blocked and password wrong", "password-wrong", fault("isp", "drop", "[25]"), None, "password-wrong"),
        ("server has only 465", "healthy-465", "[host.\"smtp.example.com\".port.587]\nclosed = true\n[host.\"smtp.example.com\".port.25]\nclosed = true\n".to_owned(), None, "healthy certain"),
        ("server has only 465, 587 set", "healthy-587", "[host.\"smtp.example.com\".port.587]\nclosed = true\n".to_owned(), None, "wrong-port likely"),
        ("server drops 587 itself", "healthy-587", fault("smtp.example.com", "drop", "[587]"), None, "wrong-port likely"),
        ("few connections", "healthy-587", "[host.\"smtp.example.com\"]\nmost-connections = 2\n".to_owned(), None, "healthy certain"),
        ("one connection", "healthy-587", "[host.\"smtp.example.com\"]\nmost-connections = 1\n".to_owned(), None, "healthy certain"),
        ("expired and another name", "certificate-expired", "[host.\"smtp.example.com\"]\ncertificate = { names = [\"other.example\"], from-days = -90, until-days = -1 }\n".to_owned(), None, "certificate-expired certain"),
        ("only TLS 1.3", "healthy-587", "[host.\"smtp.example.com\"]\ntls = [\"1.3\"]\n".to_owned(), None, "healthy certain"),
        ("only TLS 1.2", "healthy-587", "[host.\"smtp.example.com\"]\ntls = [\"1.2\"]\n".to_owned(), None, "healthy certain"),
        ("only TLS 1.3, self-signed", "certificate-self-signed", "[host.\"smtp.example.com\"]\ntls = [\"1.3\"]\n".to_owned(), None, "certificate-untrusted certain"),
        ("handshake cut", "healthy-465", "[host.\"smtp.example.com\".port.465]\nhandshake = \"cut\"\n".to_owned(), None, "server-rejects-client likely"),
        ("portal, but 443 opens", "captive-portal", "[[fault]]\nat = \"router\"\ndoes = \"redirect\"\nports = [80]\nto = \"portal.hotel.example\"\n".to_owned(), None, "healthy certain"),
        ("resolver refuses", "resolver-servfail", "[resolver]\nstate = \"refuses\"\n".to_owned(), None, "dns-resolver-failing certain"),
        ("name hijacked to a public address", "healthy-587", "[resolver.says]\n\"smtp.example.com\" = [\"A 203.0.113.7\"]\n".to_owned(), None, "dns-answer-tampered likely"),
        ("split horizon that works", "healthy-587", "[resolver.says]\n\"smtp.example.com\" = [\"A 10.9.9.9\"]\n[host.\"smtp.example.com\"]\nv4 = [\"203.0.113.5\", \"10.9.9.9\"]\n".to_owned(), None, "healthy certain"),
        ("references that are dead altogether prove nothing", "server-down", "[host.\"smtp.gmail.com\"]\ndown = true\n[host.\"mail.gmx.net\"]\ndown = true\n".to_owned(), Some(&["smtp.gmail.com", "mail.gmx.net"]), "server-refusing"),
("a local rule, nobody to compare with", "587-forbidden-here", String::new(), Some(&[]), "blocked-local certain"),
("the resolver fails, references are names", "resolver-servfail", String::new(), Some(&["smtp.gmail.com", "mail.gmx.net"]), "dns-resolver-failing"),
("a loopback server that works", "password-wrong", "[resolver.says]\n\"smtp.example.com\" = [\"A 127.0.0.1\"]\n[host.\"smtp.example.com\"]\nv4 = [\"203.0.113.5\", \"127.0.0.1\"]\n".to_owned(), None, "password-wrong"),
("a router says that a rule forbids it, nobody to compare with", "587-prohibited", String::new(), Some(&[]), "blocked-network likely"),
("another name of the same server", "password-wrong", "[dns]\n\"mail.example.com\" = [\"A 203.0.113.5\"]\n\"_submission._tcp.example.com\" = [\"SRV 0 1 587 mail.example.com\"]\n\"_submissions._tcp.example.com\" = []\n".to_owned(), None, "password-wrong"),
("refused in plain words where TLS is due", "healthy-465", "[host.\"smtp.example.com\".port.465]\nimplicit = false\ndialogue = \"S: 554 5.7.1 No service for you\\n-- close\"\n".to_owned(), None, "server-rejects-client"),
("a domain that only this machine does not know", "misspelt-domain", "[dns]\n\"gmial.com\" = [\"MX 10 smtp.example.com\"]\n[resolver.says]\n\"gmial.com\" = []\n".to_owned(), None, "dns-answer-tampered"),
("two seconds of latency", "healthy-587", "[host.\"smtp.example.com\"]\nrtt-ms = 2000\n".to_owned(), None, "healthy certain"),
("two seconds of latency, password wrong", "password-wrong", "[host.\"smtp.example.com\"]\nrtt-ms = 2000\n".to_owned(), None, "password-wrong"),
("a lossy line and an expired certificate", "certificate-expired", "loss = 30\n".to_owned(), None, "certificate-expired"),
("a lossy line and a server that is down", "server-down", "loss = 30\n".to_owned(), None, "server-refusing"),
("a lossy line and a wrong password", "password-wrong", "loss = 30\n".to_owned(), None, "password-wrong"),
("routers that are not heard, drop", "587-silent", "[machine]\nhears-routers = false\n".to_owned(), None, "blocked-network"),
("routers that are not heard, reset by the router", "healthy-587", format!("[machine]\nhears-routers = false\n{}", fault("router", "reset", "[587]")), None, "blocked-network"),
("routers that are not heard, reset on this computer", "healthy-587", format!("[machine]\nhears-routers = false\n{}", fault("this-machine", "reset", "[587]")), None, "blocked-network likely"),
("a server of long ago", "tls-old", String::new(), None, "tls-version-mismatch certain"),
("routers that are not heard, server down", "server-down", "[machine]\nhears-routers = false\n".to_owned(), None, "server-refusing"),
("routers that are not heard, a stranger answers", "intercepted", "[machine]\nhears-routers = false\n".to_owned(), None, "smtp-intercepted"),
("routers that are not heard, healthy", "healthy-587", "[machine]\nhears-routers = false\n".to_owned(), None, "healthy certain"),
("a server that breaks on TLS 1.3", "healthy-465", "[host.\"smtp.example.com\"]\ntls = [\"1.2\"]\n[host.\"smtp.example.com\".port.465]\nhandshake = \"cut-new\"\n".to_owned(), None, "tls-version-mismatch likely"),
("a server that breaks on its name", "healthy-465", "[host.\"smtp.example.com\".port.465]\nhandshake = \"cut-named\"\n".to_owned(), None, "tls-version-mismatch likely"),
("a challenge that is no base64", "password-wrong", "[host.\"smtp.example.com\".port.587]\ndialogue = \"S: 220 x ESMTP\\nC: EHLO *\\nS: 250-x\\nS: 250 STARTTLS\\nC: STARTTLS\\nS: 220 go\\n-- TLS\\nC: EHLO *\\nS: 250-x\\nS: 250 AUTH LOGIN\\nC: AUTH *\\nS: 334 *** no base64 ***\"\n".to_owned(), None, "undetermined"),
("challenges without end", "password-wrong", "[host.\"smtp.example.com\".port.587]\ndialogue = \"S: 220 x ESMTP\\nC: EHLO *\\nS: 250-x\\nS: 250 STARTTLS\\nC: STARTTLS\\nS: 220 go\\n-- TLS\\nC: EHLO *\\nS: 250-x\\nS: 250 AUTH LOGIN\\nC: AUTH *\\nS: 334 VXNlcm5hbWU6\\nC: *\\nS: 334 VXNlcm5hbWU6\"\n".to_owned(), None, "server-busy likely"),
("3 percent of packets lost", "healthy-587", "loss = 3\n".to_owned(), None, "healthy certain"),
    ];
    let mut wrong = Vec::new();
    for (what, name, changes, references, truth) in cases {
        let found = cause(name, &changes, references);
        if !found.starts_with(truth) {
            wrong.push(format!("{what}: {found} in place of {truth}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong\n{}", wrong.len(), wrong.join("\n"));
}
