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
    /// Delete the interrupted session of this journal.
    Forget(PathBuf),
    /// Let the terminal tell of the mouse, or leave it to select text.
    Mouse(bool),
    /// Give the terminal back until the person comes back (Ctrl-Z).
    Suspend,
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

    /// What an edit touches, and nothing else: whatever it leaves as it was still holds, the log-in above all, which is
    /// not repeated. The internet connection itself never changes by it.
    pub fn edited(before: &Account, account: Account) -> Self {
        let where_to = |account: &Account| {
            let settings = &account.settings;
            (settings.server().map(str::to_owned), settings.port(), settings.security())
        };
        let touched: &[Group] = if before.address != account.address {
            Group::ALL
        } else if where_to(before) != where_to(&account) {
            &[Group::Settings, Group::Dns, Group::Ports, Group::Smtp, Group::Tls, Group::Login, Group::Sending]
        } else if before.settings.user() != account.settings.user() {
            &[Group::Settings, Group::Login, Group::Sending]
        } else if (&before.client, before.measured_on) != (&account.client, account.measured_on) {
            &[Group::Settings, Group::Smtp, Group::Tls]
        } else {
            &[Group::Settings]
        };
        let keeps = Group::ALL.iter().copied().filter(|group| !touched.contains(group)).collect();
        let only = touched.iter().copied().filter(|group| !LOG_IN.contains(group)).collect();
        let request = Request { account: Some(account), only, keeps, attempt: None };
        if touched.len() == Group::ALL.len() { Request { only: vec![], ..request } } else { request }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Address, Origins, Settings, Values};

    #[test]
    fn what_an_edit_does_not_touch_is_kept() {
        let before = Account::new(Address::parse("anna@example.com").unwrap());
        let error = Account { error: Some("0x800CCC0F".to_owned()), ..before.clone() };
        let request = Request::edited(&before, error);
        assert_eq!(request.only, [Group::Settings]);
        assert!(request.keeps.contains(&Group::Login) && request.keeps.contains(&Group::Sending));
        let values = Values { port: Some(465), ..Values::default() };
        let port = Account { settings: Settings::new(values, Origins::default()), ..before.clone() };
        let request = Request::edited(&before, port);
        assert_eq!(request.keeps, [Group::Internet]);
        assert!(!request.only.contains(&Group::Login), "a log-in is never repeated");
        let address = Account::new(Address::parse("bert@example.com").unwrap());
        let request = Request::edited(&before, address);
        assert!(request.only.is_empty() && request.keeps.is_empty());
    }
}
