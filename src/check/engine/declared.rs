//! What a check declares of itself: everything that the plan and the runner need to know of it.

use super::ctx::{Case, Ctx};
use super::notebook::Notebook;
use crate::account::Endpoint;
use crate::check::finding::{Group, Verdict};
use crate::check::options::{Options, Reference};
use crate::facts::key::Declared;
use crate::facts::target::{Role, Target, reference_id};
use crate::probe::secret::Attempt;
use futures::future::BoxFuture;

/// A check, declared in one place: the file of its code. `CHECKS` names them all.
pub(crate) struct Check {
    /// The first part of its id: `port` of `port.587`.
    pub(crate) kind: &'static str,
    /// Where it stands on the screen.
    pub(crate) group: Group,
    /// What a technician asks. `{port}`, `{server}` and `{host}` are filled in.
    pub(crate) question: &'static str,
    /// Whether this run asks it; [`always`], unless something speaks against it.
    pub(crate) when: fn(&Scope<'_>) -> bool,
    /// All checks that it waits for; it can wait for no other.
    pub(crate) needs: fn(&Scope<'_>) -> Vec<Need>,
    /// What it writes down.
    pub(crate) facts: &'static [Declared],
    /// How often it runs, when, and its function.
    pub(crate) how: How,
}

/// What a check's function gives.
pub(crate) type Asking<'a> = BoxFuture<'a, Verdict>;

/// How often a check runs, when, and its function.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// Once, before the server is known.
    Before(for<'a> fn(&'a Ctx, &'a mut Notebook) -> Asking<'a>),
    /// Once for each server of another company, before the server is known.
    Reference(for<'a> fn(&'a Ctx, &'a mut Notebook, &'a Reference) -> Asking<'a>),
    /// Once, when the search for the server has ended, even if none was found.
    After(for<'a> fn(&'a Ctx, &'a mut Notebook) -> Asking<'a>),
    /// Once, where a server is known.
    Case(for<'a> fn(&'a Ctx, &'a mut Notebook, &'a Case) -> Asking<'a>),
    /// For the server in use, and for the provider's own where another is in use.
    Server(for<'a> fn(&'a Ctx, &'a mut Notebook, Role) -> Asking<'a>),
    /// For each port of each of these servers.
    Port(for<'a> fn(&'a Ctx, &'a mut Notebook, Target) -> Asking<'a>),
    /// The one check that is handed the password.
    LogIn(for<'a> fn(&'a Ctx, &'a mut Notebook, Option<&'a Attempt>) -> Asking<'a>),
}

impl How {
    /// Whether it runs before the server is known.
    pub(crate) fn is_before(self) -> bool {
        matches!(self, How::Before(_) | How::Reference(_))
    }
}

/// What one planned check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The account as a whole.
    Account,
    /// A server of another company: its place in the options.
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
    /// How to run.
    pub(crate) options: &'a Options,
    /// What is judged, once known.
    pub(crate) in_use: Option<&'a Endpoint>,
    /// All ports that are measured, once known.
    pub(crate) targets: &'a [Target],
}

impl Scope<'_> {
    /// The port that the check would be about; the one in use for a check that is about the whole.
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

/// A check that another one waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Need {
    /// It begins after this one has ended. `--only` brings this one along.
    After(String),
    /// It begins as soon as this port has opened, or the port's check has ended. `--only` brings this one along.
    Open(Target, String),
    /// It looks at this one in its course. `--only` brings this one along.
    Later(String),
    /// It looks at this one in its course, where it is planned anyway.
    IfPlanned(String),
}

impl Need {
    /// The id of the check.
    pub(crate) fn id(&self) -> &str {
        match self {
            Need::After(id) | Need::Open(_, id) | Need::Later(id) | Need::IfPlanned(id) => id,
        }
    }

    /// Whether `--only` brings it along.
    pub(crate) fn is_kept(&self) -> bool {
        !matches!(self, Need::IfPlanned(_))
    }
}

/// For a check that every run asks.
pub(crate) fn always(_: &Scope<'_>) -> bool {
    true
}

/// For a check that waits for none.
pub(crate) fn none(_: &Scope<'_>) -> Vec<Need> {
    Vec::new()
}

impl Check {
    /// Its id where it runs once.
    pub(crate) fn id(&self) -> String {
        self.kind.to_owned()
    }

    /// Its id for a port.
    pub(crate) fn at(&self, target: Target) -> String {
        target.id(self.kind)
    }

    /// Its id for a server.
    pub(crate) fn of(&self, role: Role) -> String {
        role.id(self.kind)
    }

    /// Its id for what it is about.
    pub(crate) fn about(&self, subject: Subject) -> String {
        match subject {
            Subject::Account => self.id(),
            Subject::Reference(index) => reference_id(index + 1),
            Subject::Server(role) => self.of(role),
            Subject::Port(target) => self.at(target),
        }
    }
}
