//! The checks: one file per check, from its question to its finding, in a folder for each group. `engine` plans and
//! runs them; `CHECKS` is the list.
//!
//! A check asks probes, writes down what it saw and sums it up; it does not name causes.

pub mod defaults;
mod dns;
mod engine;
mod exchange;
mod finding;
mod internet;
mod login;
pub mod options;
mod ports;
mod settings;
mod smtp;
mod tls;

pub use crate::facts::target::{MAIL_PORTS, Role, Target};
pub use crate::probe::secret;
pub(crate) use engine::millis;
pub use engine::run::Job;
pub use finding::{Event, Evidence, Finding, Group, Head, Kind, Outcome};
pub use options::{Connectivity, Expect, Options, Reference};

use crate::facts::key::Declared;
use engine::{Check, Ctx, Notebook};
use finding::Verdict;
use tokio::sync::mpsc;

/// Every check, in the order of the screen.
static CHECKS: &[&Check] = &[
    &settings::discovery::CHECK,
    &exchange::proxy::CHECK,
    &exchange::autodiscover::CHECK,
    &exchange::outlook::CHECK,
    &dns::domain::CHECK,
    &internet::connectivity::CHECK,
    &internet::clock::CHECK,
    &exchange::road::CHECK,
    &internet::reference::CHECK,
    &internet::quality::CHECK,
    &internet::testnet::CHECK,
    &internet::steady::CHECK,
    &settings::compare::CHECK,
    &dns::server::CHECK,
    &dns::own::CHECK,
    &dns::elsewhere::CHECK,
    &dns::known::CHECK,
    &ports::port::CHECK,
    &smtp::talk::CHECK,
    &tls::certificate::CHECK,
    &ports::leaves::CHECK,
    &tls::versions::CHECK,
    &smtp::others::CHECK,
    &ports::alive::CHECK,
    &ports::doors::CHECK,
    &ports::protection::CHECK,
    &ports::hops::CHECK,
    &internet::ipv6::CHECK,
    &internet::isp::CHECK,
    &tls::chain::CHECK,
    &tls::clients::CHECK,
    &login::log_in::CHECK,
    &login::sending::CHECK,
    &login::sender_domain::CHECK,
];

/// Runs all checks; ends when all have ended, or the run's time is up. Events are reported as they happen.
pub async fn run(job: Job, events: mpsc::UnboundedSender<Event>) {
    run_until(job, events, std::future::pending()).await;
}

/// The same, but it ends at the latest when `enough` is ready: each check then ends with what it has seen, and the server
/// is taken leave of in an orderly way.
pub async fn run_until(job: Job, events: mpsc::UnboundedSender<Event>, enough: impl Future<Output = ()>) {
    engine::run::run(CHECKS, job, events, enough).await;
}

/// Every key that checks write, by kind of check: for the report's table and schema.
pub fn declared() -> impl Iterator<Item = (&'static str, &'static [Declared])> {
    CHECKS.iter().map(|check| (check.kind, check.facts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Account, Address, Choice, Given, Security, Source, Wanted};
    use engine::plan::{Plan, after, before};
    use engine::{Case, How};
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn options() -> Options {
        Options { references: vec![], connectivity: vec![], resolvers: vec![], ..Options::default() }
    }

    fn account() -> Account {
        Account::new(Address::parse("anna@example.com").unwrap())
    }

    fn wanted() -> Wanted {
        let choice = |host: &str, port, security| Choice { host: host.to_owned(), port, security, auth: vec![] };
        Wanted {
            choices: vec![choice("smtp.example.com", 587, Security::Starttls)],
            source: Source::Srv,
            provider: None,
        }
    }

    fn second(account: &Account, wanted: &Wanted, options: &Options) -> Plan {
        let in_use = account.in_use(Some(wanted));
        let targets = engine::targets::targets(in_use.as_ref(), wanted);
        let case = in_use.map(|in_use| Arc::new(Case::new(in_use, wanted)));
        after(CHECKS, account, case.as_ref(), &targets, wanted, options)
    }

    fn ids(plan: &Plan) -> String {
        plan.iter().map(|check| check.head.id.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_usual_plan() {
        assert_eq!(ids(&before(CHECKS, &options())), "provider dns.domain testnet steady dns.known");
        assert_eq!(
            ids(&second(&account(), &wanted(), &options())),
            "settings dns.server dns.own \
             port.587 smtp.587 certificate.587 way.587 tls.587 \
             port.25 smtp.25 certificate.25 way.25 tls.25 \
             port.465 smtp.465 certificate.465 way.465 tls.465 \
             others alive doors protection path ipv6 chain clients login sending"
        );
    }

    #[test]
    fn an_exchange_mailbox_is_looked_for_where_there_may_be_one() {
        let plan = |kind: &str, client: Option<&str>| {
            let account = Account { client: client.map(str::to_owned), ..account() };
            let wanted = Wanted { provider: Some(kind.to_owned()), source: Source::Mx, ..wanted() };
            ids(&second(&account, &wanted, &options()))
        };
        assert!(plan("office365.com", None).starts_with("proxy autodiscover outlook exchange "));
        assert!(plan("office365.com", Some("outlook-2016")).contains("proxy autodiscover outlook exchange "));
        assert!(!plan("office365.com", Some("device")).contains("autodiscover"));
        assert!(!plan("gmail.com", Some("outlook-2016")).contains("autodiscover"));
        assert!(plan("ionos.com", Some("outlook-2016")).contains("autodiscover"));
        assert!(plan("gmail.com", None).ends_with(" sending sender-domain"));
        let nobody_known = |client: &str| {
            let account = Account { client: Some(client.to_owned()), ..account() };
            ids(&second(&account, &wanted(), &options()))
        };
        assert!(nobody_known("outlook-2016").contains("autodiscover"));
        assert!(nobody_known("thunderbird").contains("autodiscover"));
        assert!(!nobody_known("the-bat").contains("autodiscover"));
    }

    #[test]
    fn without_a_server_the_usual_ports_say_so() {
        let nobody = Wanted { choices: vec![], source: Source::Guess, provider: None };
        assert_eq!(
            ids(&second(&account(), &nobody, &Options { only: vec![Group::Ports, Group::Login], ..options() })),
            "port.25 way.25 port.465 way.465 port.587 way.587 login"
        );
    }

    #[test]
    fn another_server_is_measured_as_well_as_the_providers() {
        let mut account = account();
        account.settings.server = Some(Given::typed("mail.example.net".to_owned().into()));
        account.settings.port = Some(Given::typed(2525));
        let plan = ids(&second(&account, &wanted(), &options()));
        assert!(plan.contains("port.2525 ") && plan.contains("dns.server wanted.dns.server "), "{plan}");
        assert!(plan.contains("wanted.port.587 wanted.smtp.587 wanted.certificate.587 others alive"), "{plan}");
    }

    #[test]
    fn only_some_groups_with_what_they_rest_on() {
        let options = Options { only: vec![Group::Login], ..options() };
        assert_eq!(
            ids(&second(&account(), &wanted(), &options)),
            "dns.server port.587 smtp.587 certificate.587 port.25 smtp.25 port.465 smtp.465 login"
        );
        assert_eq!(ids(&before(CHECKS, &options)), "provider");
    }

    #[test]
    fn each_need_is_planned_and_none_waits_for_itself() {
        let mut account = account();
        account.settings.server = Some(Given::typed("mail.example.net".to_owned().into()));
        let mut plan = before(CHECKS, &Options::default());
        plan.extend(second(&account, &wanted(), &Options::default()));
        let ids: BTreeSet<&str> = plan.iter().map(|check| check.head.id.as_str()).collect();
        assert_eq!(ids.len(), plan.len(), "an id stands for one check");
        for check in &plan {
            for need in &check.head.needs {
                assert!(ids.contains(need.as_str()) && *need != check.head.id, "{} needs {need}", check.head.id);
            }
        }
    }

    #[test]
    fn only_the_log_in_is_handed_the_secret() {
        let with_secret = CHECKS.iter().filter(|check| matches!(check.how, How::LogIn(_)));
        assert_eq!(with_secret.map(|check| check.kind).collect::<Vec<_>>(), ["login"]);
    }

    #[test]
    fn each_check_asks_a_question_with_the_placeholders_that_are_filled_in() {
        for check in CHECKS {
            let question = check.question;
            assert!(question.len() > 1 && question.ends_with('?'), "{}: {question:?} is no question", check.kind);
            let rest =
                ["{port}", "{server}", "{host}"].iter().fold(question.to_owned(), |text, name| text.replace(name, ""));
            assert!(!rest.contains(['{', '}']), "{}: {question:?} has another placeholder", check.kind);
        }
    }

    #[test]
    fn each_check_declares_its_own_facts() {
        for (kind, facts) in declared() {
            assert!(facts.iter().all(|row| row.check == kind), "{kind} declares another check's facts");
            let names: BTreeSet<&str> = facts.iter().map(|row| row.name).collect();
            assert_eq!(names.len(), facts.len(), "{kind} declares a fact twice");
        }
    }
}
