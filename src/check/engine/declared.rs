//! What a check declares about itself: everything that the plan and the runner need to know about it.

use super::ctx::{Case, Ctx};
use super::notebook::Notebook;
use crate::account::{Account, Endpoint, Wanted};
use crate::check::finding::{Group, Verdict};
use crate::check::options::{Options, Reference};
use crate::facts::key::Declared;
use crate::facts::target::{Role, Target, reference_id};
use crate::probe::secret::Attempt;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::watch;

/// A check, declared in one place: the file of its code. `CHECKS` names them all.
pub(crate) struct Check {
    /// The first part of its id: `port` of `port.587`.
    pub(crate) kind: &'static str,
    /// The group in which the screen shows it.
    pub(crate) group: Group,
    /// The question that a technician would ask. `{port}`, `{server}` and `{host}` are filled in.
    pub(crate) question: &'static str,
    /// Whether this run asks it; [`always`], unless there is a reason not to.
    pub(crate) when: fn(&Scope<'_>) -> bool,
    /// All checks that it waits for; it cannot wait for any other.
    pub(crate) needs: fn(&Scope<'_>) -> Vec<Need>,
    /// The facts that it writes down.
    pub(crate) facts: &'static [Declared],
    /// How often it runs, when, and its function.
    pub(crate) how: How,
}

/// The future that a check's function returns.
pub(crate) type Asking<'a> = BoxFuture<'a, Verdict>;

/// A check's function.
type Plain = for<'a> fn(&'a Ctx, &'a mut Notebook) -> Asking<'a>;
/// A check's function that is lent one more thing.
type With<T> = for<'a> fn(&'a Ctx, &'a mut Notebook, &'a T) -> Asking<'a>;
/// A check's function that is told which server or port it is about.
type About<T> = for<'a> fn(&'a Ctx, &'a mut Notebook, T) -> Asking<'a>;
/// The function of the one check that is handed the password.
type WithSecret = for<'a> fn(&'a Ctx, &'a mut Notebook, Option<&'a Attempt>) -> Asking<'a>;

/// How often a check runs, when, and its function.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// Once, before the server is known.
    Before(Plain),
    /// The one check that finds out what the provider wants: when it ends, the second stage is planned.
    Search(Plain),
    /// Once for each server of another company, before the server is known.
    Reference(With<Reference>),
    /// Once, when the search for the server has ended, even if none was found.
    After(Plain),
    /// Once, from the beginning of the run until every other check has ended; it is told when.
    Throughout(With<watch::Receiver<bool>>),
    /// Once, if a server is known.
    Case(With<Case>),
    /// For the server in use, and for the provider's own if another is in use.
    Server(About<Role>),
    /// For each port of each of these servers.
    Port(About<Target>),
    /// The one check that is handed the password.
    LogIn(WithSecret),
}

/// A planned check's function, with what it is about.
#[derive(Clone)]
pub(crate) enum Task {
    Account(Plain),
    Search(Plain),
    LogIn(WithSecret),
    Throughout(With<watch::Receiver<bool>>),
    Case(With<Case>, Arc<Case>),
    Reference(With<Reference>, usize, Reference),
    Server(About<Role>, Role),
    Port(About<Target>, Target),
}

impl Task {
    /// What it is about.
    pub(crate) fn subject(&self) -> Subject {
        match self {
            Task::Account(_) | Task::Search(_) | Task::Throughout(_) | Task::LogIn(_) | Task::Case(..) => {
                Subject::Account
            }
            Task::Reference(_, index, _) => Subject::Reference(*index),
            Task::Server(_, role) => Subject::Server(*role),
            Task::Port(_, target) => Subject::Port(*target),
        }
    }
}

/// What one planned check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The account as a whole.
    Account,
    /// A server of another company, by its index in the options.
    Reference(usize),
    /// A server.
    Server(Role),
    /// A port.
    Port(Target),
}

/// What a declaration may look at to say whether it runs and what it needs.
pub(crate) struct Scope<'a> {
    /// What the check would be about.
    pub(crate) subject: Subject,
    /// The options of the run.
    pub(crate) options: &'a Options,
    /// The account that sends, in the second stage.
    pub(crate) account: Option<&'a Account>,
    /// What the provider wants, once known.
    pub(crate) wanted: Option<&'a Wanted>,
    /// The server, port and encryption that are judged, once known.
    pub(crate) in_use: Option<&'a Endpoint>,
    /// All ports that are measured, once known.
    pub(crate) targets: &'a [Target],
}

impl Scope<'_> {
    /// The port that the check would be about; for a check about the whole account, the port in use.
    pub(crate) fn target(&self) -> Target {
        match self.subject {
            Subject::Port(target) => target,
            _ => Target::in_use(self.in_use.map_or(587, |in_use| in_use.port)),
        }
    }

    /// The server that the check would be about.
    pub(crate) fn role(&self) -> Role {
        match self.subject {
            Subject::Server(role) => role,
            _ => self.target().role,
        }
    }

    /// The measured ports of the server in use.
    pub(crate) fn ports_in_use(&self) -> impl Iterator<Item = Target> {
        self.targets.iter().copied().filter(|target| target.role == Role::InUse)
    }
}

/// A check that another check waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// The other check begins after this one has ended. `--only` includes this one.
    After(String),
    /// The other check begins as soon as this port has opened, or its check has ended. `--only` includes this one.
    Open(Target, String),
    /// The other check looks at this one while it runs. `--only` includes this one.
    Later(String),
    /// The other check looks at this one while it runs, if this one is planned anyway.
    IfPlanned(String),
}

impl Need {
    /// The id of the check.
    pub(crate) fn id(&self) -> &str {
        match self {
            Need::After(id) | Need::Open(_, id) | Need::Later(id) | Need::IfPlanned(id) => id,
        }
    }

    /// Whether `--only` includes it.
    pub(crate) fn is_kept(&self) -> bool {
        !matches!(self, Need::IfPlanned(_))
    }
}

/// For a check that is part of every run.
pub(crate) fn always(_: &Scope<'_>) -> bool {
    true
}

/// For a check that waits for no other.
pub(crate) fn none(_: &Scope<'_>) -> Vec<Need> {
    Vec::new()
}

impl Check {
    /// The id of a check that runs once.
    pub(crate) fn id(&self) -> String {
        self.kind.to_owned()
    }

    /// The id for a port.
    pub(crate) fn at(&self, target: Target) -> String {
        target.id(self.kind)
    }

    /// The id for a server.
    pub(crate) fn of(&self, role: Role) -> String {
        role.id(self.kind)
    }

    /// The id for what the check is about.
    pub(crate) fn about(&self, subject: Subject) -> String {
        match subject {
            Subject::Account => self.id(),
            Subject::Reference(index) => reference_id(index + 1),
            Subject::Server(role) => self.of(role),
            Subject::Port(target) => self.at(target),
        }
    }
}
