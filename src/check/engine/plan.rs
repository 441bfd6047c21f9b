//! Which checks run, and what each waits for: a pure function of the declarations, the account, the options and what
//! the provider wants.

use super::ctx::Case;
use super::declared::{Check, How, Need, Scope, Subject, Task};
use crate::account::{Account, Wanted};
use crate::check::finding::Head;
use crate::check::options::Options;
use crate::facts::key::Declared;
use crate::facts::target::{Role, Target};
use crate::text::small_sort::{Gather, SmallSort};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A check that will run.
#[derive(Clone)]
pub(crate) struct Planned {
    /// Its id, question and what it waits for, for the screen.
    pub(crate) head: Head,
    /// What it waits for, as declared.
    pub(crate) needs: Vec<Need>,
    /// Its function, with what it is about.
    pub(crate) task: Task,
    /// The facts that it writes down.
    pub(crate) facts: &'static [Declared],
}

impl Planned {
    /// Whether it is the search for the server, on which the second stage rests.
    pub(crate) fn is_search(&self) -> bool {
        matches!(self.task, Task::Search(_))
    }

    /// Whether it goes on as long as the run.
    pub(super) fn is_throughout(&self) -> bool {
        matches!(self.task, Task::Throughout(_))
    }
}

/// The checks of one stage.
pub(crate) type Plan = Vec<Planned>;

/// The first stage: what can be asked before the server is known.
pub(crate) fn before(checks: &[&'static Check], options: &Options) -> Plan {
    let plan = checks.iter().flat_map(|check| {
        let tasks = match check.how {
            How::Before(run) => vec![Task::Account(run)],
            How::Search(run) => vec![Task::Search(run)],
            How::Throughout(run) => vec![Task::Throughout(run)],
            How::Reference(run) => {
                let references = options.references.iter().cloned().enumerate();
                references.map(|(index, reference)| Task::Reference(run, index, reference)).collect()
            }
            How::After(_) | How::Case(_) | How::Server(_) | How::Port(_) | How::LogIn(_) => vec![],
        };
        tasks.into_iter().filter_map(|task| {
            planned(check, task, &Known { options, account: None, case: None, targets: &[], wanted: None })
        })
    });
    only(plan.collect(), options)
}

/// The second stage: what can be asked once the search for the server has ended.
pub(crate) fn after(
    checks: &[&'static Check],
    account: &Account,
    case: Option<&Arc<Case>>,
    targets: &[Target],
    wanted: &Wanted,
    options: &Options,
) -> Plan {
    let roles: BTreeSet<Role> = targets.iter().map(|target| target.role).filter(|_| case.is_some()).gather();
    let tasks = |how: How| -> Vec<Task> {
        match how {
            How::Before(_) | How::Search(_) | How::Throughout(_) | How::Reference(_) => vec![],
            How::After(run) => vec![Task::Account(run)],
            How::LogIn(run) => vec![Task::LogIn(run)],
            How::Case(run) => case.map(|case| Task::Case(run, Arc::clone(case))).into_iter().collect(),
            How::Server(run) => roles.iter().map(|role| Task::Server(run, *role)).collect(),
            How::Port(run) => targets.iter().map(|target| Task::Port(run, *target)).collect(),
        }
    };
    let known = Known { options, account: Some(account), case: case.map(Arc::as_ref), targets, wanted: Some(wanted) };
    let mut plan = Plan::new();
    for run in checks.chunk_by(|a, b| matches!((a.how, b.how), (How::Port(_), How::Port(_)))) {
        let each = run.iter().flat_map(|check| tasks(check.how).into_iter().map(move |task| (*check, task)));
        let mut each: Vec<(&'static Check, Task)> = each.collect();
        // The checks of one port stay together, port by port.
        each.small_sort_by_key(|(_, task)| targets.iter().position(|target| task.subject() == Subject::Port(*target)));
        plan.extend(each.into_iter().filter_map(|(check, task)| planned(check, task, &known)));
    }
    only(plan, options)
}

/// What is known when a stage is planned.
struct Known<'a> {
    options: &'a Options,
    account: Option<&'a Account>,
    case: Option<&'a Case>,
    targets: &'a [Target],
    wanted: Option<&'a Wanted>,
}

fn planned(check: &'static Check, task: Task, known: &Known<'_>) -> Option<Planned> {
    let &Known { options, account, case, targets, wanted } = known;
    let in_use = case.map(|case| &case.in_use);
    let scope = Scope { subject: task.subject(), options, account, in_use, targets, wanted };
    if !(check.when)(&scope) {
        return None;
    }
    let needs = (check.needs)(&scope);
    let head = Head {
        id: check.about(scope.subject),
        group: check.group,
        title: question(check.question, &scope),
        needs: needs.iter().map(|need| need.id().to_owned()).collect(),
    };
    Some(Planned { head, needs, task, facts: check.facts })
}

fn question(template: &str, scope: &Scope<'_>) -> String {
    let server = match scope.role() {
        Role::InUse => "the mail server",
        Role::Wanted => "the provider's own server",
    };
    let of = if scope.role() == Role::Wanted { " of the provider's own server" } else { "" };
    let host = match scope.subject {
        Subject::Reference(index) => scope.options.references.get(index).map(|reference| reference.host.as_str()),
        _ => scope.wanted.and_then(|wanted| Some(wanted.choices.first()?.host.as_str())),
    };
    template
        .replace("{port}", &format!("port {}{of}", scope.target().port))
        .replace("{server}", server)
        .replace("{host}", host.unwrap_or_default())
}

/// Keeps the chosen groups and what they depend on, and the search for the server.
fn only(plan: Plan, options: &Options) -> Plan {
    if options.only.is_empty() {
        return plan;
    }
    let is_chosen = |check: &&Planned| options.only.contains(&check.head.group) || check.is_search();
    let mut kept: BTreeSet<String> = plan.iter().filter(is_chosen).map(|check| check.head.id.clone()).gather();
    loop {
        let needs = plan.iter().filter(|check| kept.contains(&check.head.id)).flat_map(|check| &check.needs);
        let more: BTreeSet<String> = needs.filter(|need| need.is_kept()).map(|need| need.id().to_owned()).gather();
        if more.is_subset(&kept) {
            break;
        }
        kept.extend(more);
    }
    plan.into_iter().filter(|check| kept.contains(&check.head.id)).collect()
}
