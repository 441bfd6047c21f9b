//! Every mail program at every kind of domain, in a sound world: to name the program must never make the verdict worse, and
//! where DNS shows that the mailbox may be at Exchange, the type of the account is asked or found.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is the answer")]

mod lab;

use mailtriage::account::client::{self, Client, Exchange};
use mailtriage::practice::{Scenario, scenario};
use mailtriage::session::diagnosis::Diagnosis;

/// A domain: its address, what the world needs for it, and whether DNS shows the mailbox at Exchange, or at a provider that
/// has none.
struct Domain {
    address: &'static str,
    world: &'static str,
    at_exchange: bool,
    at_another_provider: bool,
}

const DOMAINS: &[Domain] = &[
    Domain { address: "anna@contoso.example", world: "fault = []", at_exchange: true, at_another_provider: false },
    Domain {
        address: "anna@fabrikam.example",
        world: r#"
            fault = []
            [dns]
            "fabrikam.example" = ["MX 10 mail.fabrikam.example"]
            [host."mail.fabrikam.example"]
            v4 = ["203.0.113.96"]
            port.25.dialogue = "exchanger"
            port.587.dialogue = "submission"
            [host."autodiscover.fabrikam.example"]
            v4 = ["203.0.113.97"]
            port.443 = { implicit = true, pages = { "/autodiscover/autodiscover.xml" = "401 NTLM | Negotiate" } }
        "#,
        at_exchange: true,
        at_another_provider: false,
    },
    Domain {
        address: "anna@workspace.example",
        world: r#"
            fault = []
            [dns]
            "workspace.example" = ["MX 1 aspmx.l.google.com"]
        "#,
        at_exchange: false,
        at_another_provider: true,
    },
    Domain { address: "anna@example.com", world: "fault = []", at_exchange: false, at_another_provider: false },
];

fn world(domain: &Domain, program: Option<&Client>) -> Scenario {
    let mut base = scenario("exchange-shut").unwrap();
    base.account.clear();
    base.account.insert("address".to_owned(), domain.address.into());
    if let Some(program) = program {
        base.account.insert("client".to_owned(), program.id.as_str().into());
    }
    base.answers.clear();
    base.with(toml::from_str(domain.world).unwrap())
}

/// Nothing is broken, so nobody may be accused.
fn accuses(diagnosis: &Diagnosis) -> bool {
    !matches!(diagnosis.cause.as_str(), "healthy" | "undetermined" | "client-sends-elsewhere")
}

/// The type of the account is asked, or taken for Exchange.
fn knows_of_exchange(diagnosis: &Diagnosis) -> bool {
    diagnosis.questions.iter().any(|open| open.name == "account-type")
        || diagnosis.path.iter().any(|step| step.page == "exchange")
}

#[test]
fn naming_the_program_never_makes_it_worse() {
    let mut wrong = Vec::new();
    let people: Vec<&Client> = client::all().iter().filter(|client| !client.is_device).collect();
    for domain in DOMAINS {
        let unnamed = lab::run(&world(domain, None)).diagnosis();
        for program in &people {
            let session = lab::run(&world(domain, Some(program)));
            let diagnosis = session.diagnosis();
            let mut must = |holds: bool, what: &str| {
                if !holds {
                    let asked: Vec<&str> = diagnosis.questions.iter().map(|open| open.name.as_str()).collect();
                    let (cause, was) = (&diagnosis.cause, &unnamed.cause);
                    let at = format!("{} at {}", program.id, domain.address);
                    wrong.push(format!("{at}: {what}: {cause} (unnamed: {was}), asked {asked:?}"));
                }
            };
            must(!accuses(&diagnosis), "somebody is accused");
            let (holds, knows) = (program.exchange != Exchange::No, knows_of_exchange(&diagnosis));
            must(knows || !(holds && domain.at_exchange), "nobody asks for the type of the account");
            must(!knows || (holds && !domain.at_another_provider), "the type of the account is asked in vain");
            must(lab::broken_off(&session).is_empty(), "broken off");
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn who_sends_from_elsewhere_is_told() {
    // With an account that is no Exchange account, these hand the mail to Microsoft's servers.
    for name in ["outlook-new", "outlook-mobile"] {
        for domain in DOMAINS {
            let mut scenario = world(domain, client::by_id(name));
            scenario.answers.insert("account-type".to_owned(), "imap-or-pop".to_owned());
            let diagnosis = lab::run(&scenario).diagnosis();
            assert_eq!(diagnosis.cause, "client-sends-elsewhere", "{name} at {}", domain.address);
        }
    }
}
