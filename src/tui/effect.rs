//! What a screen asks the loop to do: run checks, write a report, copy a text. These are only values; nothing is done
//! here.

use crate::account::Account;
use crate::check::Group;
use crate::check::secret::Attempt;
use crate::report::first_page::Reader;
use crate::report::redact::LeftOut;
use std::path::PathBuf;

/// What the loop should do.
pub enum Effect {
    /// Run checks.
    Run(Box<Request>),
    /// Write the report to disk.
    Save(SaveHow),
    /// Put a text where it can be pasted from.
    Copy(String),
    /// Start the scenario with this name.
    Practice(String),
    /// Resume the interrupted session, from its journal.
    Recover(PathBuf),
    /// End the program.
    Quit,
}

impl Effect {
    /// Run these checks.
    pub fn run(request: Request) -> Self {
        Effect::Run(Box::new(request))
    }
}

/// A run that is requested.
pub struct Request {
    /// The account, if it differs from before.
    pub account: Option<Account>,
    /// Only these groups and what they depend on; all groups, if none are named.
    pub only: Vec<Group>,
    /// The groups whose findings of the last run still hold.
    pub keeps: Vec<Group>,
    /// The password or token of the one log-in.
    pub attempt: Option<Attempt>,
}

/// The groups that need a password.
const LOG_IN: [Group; 2] = [Group::Login, Group::Sending];

impl Request {
    /// Everything, without keeping earlier findings.
    pub fn everything() -> Self {
        Request { account: None, only: vec![], keeps: vec![], attempt: None }
    }

    /// Everything again, without a log-in; what the log-in showed still holds.
    pub fn again() -> Self {
        let only = Group::ALL.iter().copied().filter(|group| !LOG_IN.contains(group)).collect();
        Request { account: None, only, keeps: LOG_IN.to_vec(), attempt: None }
    }

    /// One group again, and what it depends on.
    pub fn group(group: Group) -> Self {
        Request { account: None, only: vec![group], keeps: Group::ALL.to_vec(), attempt: None }
    }

    /// The log-in and what comes after it.
    pub fn log_in(attempt: Attempt) -> Self {
        Request { account: None, only: LOG_IN.to_vec(), keeps: Group::ALL.to_vec(), attempt: Some(attempt) }
    }

    /// What the account's settings touch; the internet connection itself has not changed.
    pub fn edited(account: Account) -> Self {
        let touched = [Group::Settings, Group::Dns, Group::Ports, Group::Smtp, Group::Tls];
        Request { account: Some(account), only: touched.to_vec(), keeps: vec![Group::Internet], attempt: None }
    }

    /// One round of a watch: the groups in which a fault that comes and goes shows.
    pub fn watch() -> Self {
        Request { account: None, only: vec![Group::Dns, Group::Ports, Group::Smtp], keeps: vec![], attempt: None }
    }
}

/// For whom and how a report is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaveHow {
    /// The reader.
    pub reader: Reader,
    /// What to leave out.
    pub left_out: LeftOut,
    /// The folder; if empty, the first one that can be written to.
    pub folder: String,
}
