//! What a report leaves out: in every scenario, with log-in names that look like mail addresses and with some that are
//! plain words.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use lab::run_with;
use mailtriage::account::Given;
use mailtriage::practice::{Scenario, scenarios};
use mailtriage::report::first_page::Reader;
use mailtriage::report::format::How;
use mailtriage::report::formats::FORMATS;
use mailtriage::report::redact::{LeftOut, Redact, redact};
use mailtriage::report::{Report, json, open};
use mailtriage::text::is_inner;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::sync::LazyLock;

/// The JSON report of a scenario whose account logs in by this name, redacted.
fn redacted(scenario: &Scenario, user: &str, how: Redact) -> String {
    let session = run_with(scenario, |job| job.account.settings.user = Some(Given::typed(user.to_owned())));
    json::to_string(&redact(&json::report(&session), LeftOut::from(how)))
}

#[test]
fn names_are_in_no_redacted_report() {
    // A name may well be a word of the report: then the word stays, and the name goes.
    for (index, scenario) in scenarios().iter().enumerate() {
        let user = ["meier", "open", "anna.meier", "COMPANY\\meier"][index % 4];
        let report = redacted(scenario, user, Redact::Names);
        let mailbox = scenario.account["address"].as_str().unwrap();
        let inner = ["192.168.1.", "\"10.0.0.1", " 10.0.0.1", "PC-17"];
        for name in inner.iter().chain([&mailbox]) {
            assert!(!report.contains(name), "{}: {name} is in the report", scenario.name);
        }
        let inner: Vec<IpAddr> = foreign_addresses(&report).into_iter().filter(|addr| is_inner(*addr)).collect();
        assert_eq!(inner, Vec::<IpAddr>::new(), "{}", scenario.name);
        let fields: serde_json::Value = serde_json::from_str(&report).unwrap();
        assert_eq!(fields["account"]["settings"]["user"], "[user]", "{}", scenario.name);
        let login = fields["checks"].as_array().unwrap().iter().find(|check| check["id"] == "login");
        if let Some(user) = login.and_then(|login| login["facts"].get("user")) {
            assert_eq!(user, "[user]", "{}", scenario.name);
        }
        if user != "open" {
            let name = user.replace('\\', "\\\\");
            assert!(!report.contains(&name), "{}: {user} is in the report", scenario.name);
        }
    }
}

#[test]
fn servers_are_in_no_report_without_hosts() {
    for scenario in scenarios() {
        let report = redacted(&scenario, "meier", Redact::All);
        let domain = scenario.account["address"].as_str().unwrap().rsplit('@').next().unwrap();
        for name in [domain, "203.0.113.", "198.51.100.20"] {
            assert!(!report.contains(name), "{}: {name} is in the report: {}", scenario.name, around(&report, name));
        }
        assert_eq!(foreign_addresses(&report), Vec::<IpAddr>::new(), "{}", scenario.name);
    }
}

/// The addresses in a text.
fn addresses(text: &str) -> BTreeSet<IpAddr> {
    let parts = text.split(|c: char| !c.is_ascii_hexdigit() && !matches!(c, '.' | ':'));
    let parts = parts.map(|part| part.trim_matches(['.', ':']));
    parts.filter_map(|part| part.parse().or_else(|_| part.parse().map(|addr: SocketAddr| addr.ip())).ok()).collect()
}

/// The addresses in a report that are on none of our own pages.
fn foreign_addresses(report: &str) -> Vec<IpAddr> {
    static ON_OUR_PAGES: LazyLock<BTreeSet<IpAddr>> =
        LazyLock::new(|| mailtriage::pages::guide().flat_map(|(_, page)| addresses(page)).collect());
    addresses(report).into_iter().filter(|addr| !ON_OUR_PAGES.contains(addr)).collect()
}

#[test]
fn pseudonyms_are_distinct_and_stay() {
    let scenario = mailtriage::practice::scenario("587-silent").unwrap();
    let mut session = run_with(&scenario, |job| job.account.from = Some("boss@example.com".to_owned()));
    let labels = |session: &mailtriage::session::Session| {
        let report = redact(&json::report(session), LeftOut::from(Redact::All));
        let references = report.checks.iter().filter(|check| check.finding.id.starts_with("reference."));
        let of = |key: &str, facts: &mailtriage::facts::Facts| facts[key].to_string();
        let labels = references.map(|check| (of("host", &check.finding.facts), of("address", &check.finding.facts)));
        (labels.collect::<Vec<_>>(), report.account.from)
    };
    let (first, from) = labels(&session);
    assert!(first.iter().any(|(host, addr)| host.starts_with("[host-") && addr.starts_with("[addr-")), "{first:?}");
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), first.len(), "{first:?}");
    assert_eq!(from.as_deref(), Some("[user]"));
    session.notes.push("Later, 192.0.2.99 was seen".to_owned());
    assert_eq!(labels(&session).0, first);
    // What is left out later does not take a number that is taken.
    let names = redact(&json::report(&session), LeftOut::from(Redact::Names));
    let later = json::to_string(&redact(&names, LeftOut::from(Redact::All)));
    assert!(later.contains("[inner-") && later.contains("[host-"));
}

fn around<'a>(text: &'a str, name: &str) -> &'a str {
    let at = text.find(name).unwrap_or(0);
    text.get(at.saturating_sub(120)..(at + 80).min(text.len())).unwrap_or_default()
}

#[test]
fn a_redacted_report_can_be_redacted_again() {
    let scenario = mailtriage::practice::scenario("password-wrong").unwrap();
    let session = run_with(&scenario, |_| {});
    let once = redact(&json::report(&session), LeftOut::from(Redact::Names));
    assert_eq!(redact(&once, LeftOut::from(Redact::Names)), once);
}

/// A caller whose names others write in many ways.
struct Caller {
    address: &'static str,
    /// The log-in name.
    user: &'static str,
    /// What the technician types, and what the server answers to the log-in.
    others_say: &'static str,
    /// What no report without names may contain, in small letters.
    names: &'static [&'static str],
    /// What a report without hosts may not contain either.
    hosts: &'static [&'static str],
}

const CALLERS: &[Caller] = &[
    Caller {
        address: "anna.b@example.com",
        user: "anna.b@example.com",
        others_say: "Account locked: mailbox anna.b, ANNA.B@example.com, Anna.B@EXAMPLE.COM, ANNA B, anna.b%40example.com",
        names: &["anna"],
        hosts: &["example.com"],
    },
    Caller {
        address: "anna@example.com",
        user: "meier",
        others_say: "Account locked: MEIER (Meier@Example.com); C:\\Users\\meier\\mail.pst, /home/Meier/x",
        names: &["meier", "anna"],
        hosts: &["example.com"],
    },
    Caller {
        address: "anna@example.com",
        user: "CORP\\meier",
        others_say: "Account locked: user meier of corp, CORP\\MEIER, corp/meier",
        names: &["meier", "anna"],
        hosts: &["example.com", "corp"],
    },
    Caller {
        address: "info@example.com",
        user: "qz",
        others_say: "Account locked: QZ, 'qz', cXo=",
        names: &["qz", "cxo", "info@"],
        hosts: &["example.com"],
    },
    Caller {
        address: "anna.meier+shop@example.com",
        user: "anna.meier@example.com",
        others_say: "Account locked: \"Meier, Anna\" <anna.meier@example.com>, \"Mrs Anneliese\" <anna.meier@example.com>, \
                     YW5uYS5tZWllckBleGFtcGxlLmNvbQ==, YW5uYS5tZWllcg==",
        names: &["meier", "anna", "anneliese", "yw5u"],
        hosts: &["example.com"],
    },
    Caller {
        address: "jürgen@müller.example",
        user: "jürgen@müller.example",
        others_say: "Account locked: JÜRGEN@xn--mller-kva.example, Jürgen@MÜLLER.example, j%C3%BCrgen, J\\xfcrgen, at MÜLLER",
        names: &["jürgen", "rgen@", "c3%bc", "xfc"],
        hosts: &["müller", "mller-kva"],
    },
    Caller {
        address: "anna@example.com",
        user: "meier",
        others_say: "Account locked: from pc-17.meier-family.test [192.168.1.20], PC-17",
        names: &["meier", "anna", "pc-17", "192.168.1.20"],
        hosts: &["example.com"],
    },
];

impl Caller {
    /// The session of a locked account.
    fn session(&self) -> mailtriage::session::Session {
        let scenario = mailtriage::practice::scenario("account-locked").unwrap();
        let dialogue = format!(
            "S: 220 {{host}} ESMTP ready\nC: EHLO *\nS: 250-{{host}} Hello [{{client}}]\nS: 250 STARTTLS\nC: STARTTLS\n\
             S: 220 2.0.0 Ready to start TLS\n-- TLS\nC: EHLO *\nS: 250-{{host}}\nS: 250 AUTH PLAIN LOGIN\nC: AUTH *\n\
             S: 535 5.7.0 {}\n",
            self.others_say
        );
        let mut changes = toml::Table::new();
        changes
            .insert("dialogue".to_owned(), toml::Table::from_iter([("submission".to_owned(), dialogue.into())]).into());
        run_with(&scenario.with(changes), |job| {
            job.account.address = mailtriage::account::Address::parse(self.address).unwrap();
            job.account.settings.user = Some(Given::typed(self.user.to_owned()));
            job.account.error = Some(self.others_say.to_owned());
            job.account.ticket = Some(format!("T-1 {}", self.others_say));
        })
    }
}

fn without_certificates(text: &str) -> String {
    let parts = text.split("-----BEGIN CERTIFICATE-----");
    parts.map(|part| part.rsplit("-----END CERTIFICATE-----").next().unwrap_or_default()).collect()
}

/// Every format of a report, with all that it can show.
fn formats(report: &Report) -> impl Iterator<Item = (&'static str, String)> + '_ {
    let readers = Reader::ALL.into_iter().flat_map(|reader| FORMATS.iter().map(move |format| (reader, format)));
    // A draft is made of others, encoded.
    let readers = readers.filter(|(_, format)| format.name != "eml");
    readers.map(|(reader, format)| (format.name, (format.write)(report, How::for_reader(reader)).unwrap()))
}

#[test]
fn names_in_every_form_are_in_no_format() {
    for caller in CALLERS {
        let mut session = caller.session();
        session.notes.push(format!("He said: {}", caller.others_say));
        let report = json::report(&session);
        let reopened = open::session(serde_json::from_str(&json::to_string(&report)).unwrap());
        assert!(json::to_string(&report).contains(caller.user.rsplit('\\').next().unwrap()));
        for report in [report, json::report(&reopened)] {
            for (how, names) in [(Redact::Names, &[][..]), (Redact::All, caller.hosts)] {
                let redacted = redact(&report, LeftOut::from(how));
                for (format, text) in formats(&redacted) {
                    // Base64 has any three letters in it.
                    let text = without_certificates(&text).to_lowercase();
                    for name in caller.names.iter().chain(names) {
                        let shown = around(&text, name);
                        assert!(!text.contains(name), "{}: {name} is in {format}, {how:?}: {shown}", caller.user);
                    }
                }
                let again = json::to_string(&redact(&redacted, LeftOut::from(how)));
                let once = json::to_string(&redacted);
                let other = once.lines().zip(again.lines()).find(|(once, again)| once != again);
                assert_eq!(other, None, "{}, {how:?}", caller.user);
            }
        }
    }
}

#[test]
fn a_report_without_names_can_lose_its_hosts_later() {
    for caller in CALLERS {
        let names = redact(&json::report(&caller.session()), LeftOut::from(Redact::Names));
        let text = json::to_string(&redact(&names, LeftOut::from(Redact::All))).to_lowercase();
        for name in caller.names.iter().chain(caller.hosts).chain(&["203.0.113."]) {
            assert!(!text.contains(name), "{}: {name} is in the report: {}", caller.user, around(&text, name));
        }
    }
}

#[test]
fn our_own_sentences_keep_their_words() {
    let scenario = mailtriage::practice::scenario("password-wrong").unwrap();
    let verdict = |address: &str, user: &str, how: Redact| {
        let session = run_with(&scenario, |job| {
            job.account.address = mailtriage::account::Address::parse(address).unwrap();
            job.account.settings.user = Some(Given::typed(user.to_owned()));
        });
        let report = redact(&json::report(&session), LeftOut::from(how));
        let summaries = report.checks.iter().map(|check| check.finding.summary.clone()).collect::<Vec<_>>();
        (report.diagnosis.unwrap(), summaries)
    };
    for how in [Redact::Names, Redact::All] {
        let (plain, plain_checks) = verdict("qqqq@example.com", "zzzz", how);
        let (ordinary, ordinary_checks) = verdict("mail@example.com", "open", how);
        assert_eq!(plain, ordinary);
        assert_eq!(plain_checks, ordinary_checks);
        let user_name = plain.remedy.iter().find(|step| step.contains("User name")).unwrap();
        assert!(user_name.contains("[user]"), "{user_name}");
        assert_eq!(plain.remedy, verdict("qqqq@example.com", "qz", how).0.remedy);
    }
}
