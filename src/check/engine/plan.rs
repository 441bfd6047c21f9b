//! Which checks run, and what each waits for: a pure function of the declarations, the account, the options and what
//! the provider wants.

use super::declared::{Check, How, Need, Scope, Subject};
use super::targets::targets;
use crate::account::{Account, Wanted};
use crate::check::finding::Head;
use crate::check::options::Options;
use crate::facts::target::{Role, Target};
use std::collections::BTreeSet;

/// A check that will run.
#[derive(Clone)]
pub(crate) struct Planned {
    /// Its id, question and what it waits for, for the screen.
    pub(crate) head: Head,
    /// What it waits for, as declared.
    pub(crate) needs: Vec<Need>,
    /// What it is about.
    pub(crate) subject: Subject,
    /// Its declaration.
    pub(crate) check: &'static Check,
}

/// The checks of one stage.
pub(crate) type Plan = Vec<Planned>;

/// The first stage: what can be asked before the server is known.
pub(crate) fn before(checks: &[&'static Check], options: &Options) -> Plan {
    let of_stage: Vec<&'static Check> = checks.iter().copied().filter(|check| check.how.is_before()).collect();
    let plan = of_stage.into_iter().flat_map(|check| {
        let subjects: Vec<Subject> = match check.how {
            How::Reference(_) => (0..options.references.len()).map(Subject::Reference).collect(),
            _ => vec![Subject::Account],
        };
        subjects
            .into_iter()
            .filter_map(|subject| planned(check, Scope { subject, options, in_use: None, targets: &[] }, None))
    });
    only(plan.collect(), options)
}

/// The second stage: what can be asked once the search for the server has ended.
pub(crate) fn after(checks: &[&'static Check], account: &Account, wanted: &Wanted, options: &Options) -> Plan {
    let in_use = account.in_use(Some(wanted));
    let targets = targets(in_use.as_ref(), wanted);
    let of_stage: Vec<&'static Check> = checks.iter().copied().filter(|check| !check.how.is_before()).collect();
    let mut plan = Plan::new();
    // The checks of one port stay together, port by port.
    for run in of_stage.chunk_by(|a, b| matches!((a.how, b.how), (How::Port(_), How::Port(_)))) {
        for subject in subjects(run[0], in_use.is_some(), &targets) {
            let scope = || Scope { subject, options, in_use: in_use.as_ref(), targets: &targets };
            plan.extend(run.iter().filter_map(|check| planned(check, scope(), Some(wanted))));
        }
    }
    only(plan, options)
}

fn subjects(check: &Check, has_server: bool, targets: &[Target]) -> Vec<Subject> {
    match check.how {
        How::Port(_) => targets.iter().copied().map(Subject::Port).collect(),
        How::Case(_) | How::Server(_) if !has_server => vec![],
        How::Server(_) => {
            let roles: BTreeSet<Role> = targets.iter().map(|target| target.role).collect();
            roles.into_iter().map(Subject::Server).collect()
        }
        _ => vec![Subject::Account],
    }
}

fn planned(check: &'static Check, scope: Scope<'_>, wanted: Option<&Wanted>) -> Option<Planned> {
    if !(check.when)(&scope) {
        return None;
    }
    let needs = (check.needs)(&scope);
    let head = Head {
        id: check.about(scope.subject),
        group: check.group,
        title: question(check.question, &scope, wanted),
        needs: needs.iter().map(|need| need.id().to_owned()).collect(),
    };
    Some(Planned { head, needs, subject: scope.subject, check })
}

fn question(template: &str, scope: &Scope<'_>, wanted: Option<&Wanted>) -> String {
    let server = match scope.role() {
        Role::InUse => "the mail server",
        Role::Wanted => "the provider's own server",
    };
    let of = if scope.role() == Role::Wanted { " of the provider's own server" } else { "" };
    let host = match scope.subject {
        Subject::Reference(index) => scope.options.references.get(index).map(|reference| reference.host.as_str()),
        _ => wanted.and_then(|wanted| Some(wanted.choices.first()?.host.as_str())),
    };
    template
        .replace("{port}", &format!("port {}{of}", scope.target().port))
        .replace("{server}", server)
        .replace("{host}", host.unwrap_or_default())
}

/// Keeps the chosen groups and what they depend on.
fn only(plan: Plan, options: &Options) -> Plan {
    if options.only.is_empty() {
        return plan;
    }
    let is_chosen = |check: &&Planned| options.only.contains(&check.head.group) || check.head.id == "provider";
    let mut kept: BTreeSet<String> = plan.iter().filter(is_chosen).map(|check| check.head.id.clone()).collect();
    loop {
        let needs = plan.iter().filter(|check| kept.contains(&check.head.id)).flat_map(|check| &check.needs);
        let more: BTreeSet<String> = needs.filter(|need| need.is_kept()).map(|need| need.id().to_owned()).collect();
        if more.is_subset(&kept) {
            break;
        }
        kept.extend(more);
    }
    plan.into_iter().filter(|check| kept.contains(&check.head.id)).collect()
}
