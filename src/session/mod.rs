//! A session: the one state. Events change it; everything that is known, and everything that follows from that, is
//! derived from it by pure functions. The JSON report is this value.

mod at_hand;
mod conditions;
pub mod diagnose;
pub mod diagnosis;
mod ends;
mod error;
pub mod journal;
mod lookup;
pub mod placeholders;
pub mod reading;
mod recommended;
pub mod run;
pub mod unknown;

pub use run::{Check, Run, State};

use crate::account::{Account, Endpoint, Wanted};
use crate::check::{Event as CheckEvent, Group};
use crate::facts::derive::log_in::{By, LogInWay, log_in_way};
use crate::facts::derive::{Derivation, Input, derive};
use crate::facts::{Derived, Observations, keys};
use crate::guide::page::Page;
use crate::guide::{BY_HAND, Guide};
use crate::machine::Local;
use crate::pages;
use crate::pages::markdown::plain;
use at_hand::AtHand;
use diagnose::diagnose;
use diagnosis::Diagnosis;
use lookup::Lookup;
use placeholders::unfilled;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};
use unknown::Unknown;

static GUIDE: LazyLock<Guide> = LazyLock::new(|| {
    Guide::read(pages::guide(), &placeholders::names()).expect("the embedded guide is checked by a test")
});

/// The built-in guide, checked against the placeholders that a session fills in.
pub fn guide() -> &'static Guide {
    &GUIDE
}

/// The name of the report's schema.
pub const SCHEMA: &str = "mailtriage.report/1";

/// Everything that can happen to a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// A run starts on this computer.
    Began {
        /// When it starts.
        at: jiff::Timestamp,
        /// The groups whose findings of the last run still hold, unless the new run asks again.
        #[serde(default)]
        keeps: Vec<Group>,
    },
    /// What is known about the account has changed; the next run is about that.
    Edited {
        /// The account as it is known now.
        account: Box<Account>,
    },
    /// A check of the run reports something.
    Check(CheckEvent),
    /// The technician answers a question of the guide; `None` withdraws the answer.
    Answered {
        /// The question's name.
        question: String,
        /// The answer: one of the question's words.
        answer: Option<String>,
    },
    /// The technician writes a note.
    Noted(String),
    /// The run is over.
    Ended {
        /// When it ended.
        at: jiff::Timestamp,
    },
}

/// The program that measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The company's site files that were in use.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteInUse>,
}

impl Tool {
    /// This program, with what is laid over it.
    pub fn this() -> Self {
        let (name, version) = (env!("CARGO_PKG_NAME").to_owned(), env!("CARGO_PKG_VERSION").to_owned());
        Tool { name, version, site: SITE.get().cloned() }
    }

    /// In words: the last line of every report.
    pub fn says(&self) -> String {
        let site = self.site.as_ref().map(|site| format!(", with {}", site.says()));
        format!("{} {}{}", self.name, self.version, site.unwrap_or_default())
    }
}

/// The company's site files that were in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SiteInUse {
    /// The company's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub name: Option<String>,
    /// Whom to call.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub contact: Vec<String>,
    /// The files, each before those after it; empty if that was left out.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub files: Vec<String>,
}

impl SiteInUse {
    /// Whom to call, on one line.
    pub fn contacts(&self) -> Option<String> {
        (!self.contact.is_empty()).then(|| self.contact.join(" · "))
    }

    /// In words.
    pub fn says(&self) -> String {
        let of = self.name.as_ref().map(|name| format!(" of {name}")).unwrap_or_default();
        let files = if self.files.is_empty() { String::new() } else { format!(" ({})", self.files.join(", ")) };
        let contact = self.contacts().map(|contact| format!(". {contact}")).unwrap_or_default();
        format!("the site file{of}{files}{contact}")
    }
}

static SITE: OnceLock<SiteInUse> = OnceLock::new();

/// Says once, before any session, which site files are in use. Returns whether that was so.
pub fn with_site(site: SiteInUse) -> bool {
    SITE.set(site).is_ok()
}

/// The machine that measured.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Machine {
    /// The operating system, in words.
    pub os: String,
    /// The machine's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hostname: Option<String>,
    /// The machine's own addresses.
    pub local_addresses: Vec<String>,
    /// The machine's public address, as a mail server saw it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub seen_as: Option<String>,
    /// The library behind the system's TLS.
    pub tls_library: String,
}

/// A session over one account.
#[derive(Debug, Clone, PartialEq)]
pub struct Session {
    /// The case: by this, every copy of its report can be recognised. Empty if nobody gave it one.
    pub id: String,
    /// The program that measured.
    pub tool: Tool,
    /// The machine that measured.
    pub machine: Machine,
    /// The account that sends.
    pub account: Account,
    /// The runs; the last one is the current one.
    pub runs: Vec<Run>,
    /// The technician's answers.
    pub answers: BTreeMap<String, String>,
    /// The technician's notes.
    pub notes: Vec<String>,
    /// The user that the program runs as, in words, for the title.
    pub runs_as: String,
    /// What another version wrote into the report that this was read from.
    pub unknown: Unknown,
}

/// A new case's id.
fn new_id() -> String {
    let mut random = [0; 5];
    let _ = getrandom::fill(&mut random);
    random.iter().fold(String::new(), |id, byte| id + &format!("{byte:02x}"))
}

impl Session {
    /// A new session on this computer.
    pub fn new(account: Account, local: &Local) -> Self {
        let mut runs_as = match (&local.hostname, &local.user) {
            (Some(host), Some(user)) => format!("on {host} as {user}"),
            (Some(host), None) => format!("on {host}"),
            _ => String::new(),
        };
        if local.elevated {
            runs_as.push_str(" (with administrator rights)");
        }
        let machine = Machine {
            os: local.os.clone(),
            hostname: local.hostname.clone(),
            local_addresses: local.addresses.iter().map(|(addr, _)| addr.to_string()).collect(),
            seen_as: None,
            tls_library: local.tls_library.clone(),
        };
        Session { id: new_id(), ..Session::of(account, machine, runs_as) }
    }

    /// A new session, measured on the given machine.
    pub fn of(account: Account, machine: Machine, runs_as: String) -> Self {
        Session {
            id: String::new(),
            tool: Tool::this(),
            machine,
            account,
            runs: Vec::new(),
            answers: BTreeMap::new(),
            notes: Vec::new(),
            runs_as,
            unknown: Unknown::default(),
        }
    }

    /// Takes in an event.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Began { at, keeps } => {
                let run = Run::new(at, self.account.clone(), self.runs.last(), &keeps);
                self.runs.push(run);
            }
            Event::Edited { account } => self.account = *account,
            Event::Check(event) => {
                if let CheckEvent::Finished { finding } = &event
                    && let Some(addr) = keys::smtp::SEEN_AS.read(&finding.facts)
                {
                    self.machine.seen_as.get_or_insert_with(|| addr.to_string());
                }
                if let Some(run) = self.runs.last_mut() {
                    run.apply(event);
                }
            }
            Event::Answered { question, answer: Some(answer) } => {
                self.answers.insert(question, answer);
            }
            Event::Answered { question, answer: None } => {
                self.answers.remove(&question);
            }
            Event::Noted(note) => self.notes.push(note),
            Event::Ended { at } => {
                if let Some(run) = self.runs.last_mut() {
                    run.finished = Some(at);
                }
            }
        }
    }

    /// The current run.
    pub fn run(&self) -> Option<&Run> {
        self.runs.last()
    }

    /// What the provider wants, once known.
    pub fn wanted(&self) -> Option<&Wanted> {
        self.run()?.wanted.as_ref()
    }

    /// The server, port and encryption that are judged.
    pub fn in_use(&self) -> Option<Endpoint> {
        self.run().map_or_else(|| self.account.in_use(None), Run::in_use)
    }

    /// The facts of the guide, as far as they are known now.
    pub fn facts(&self) -> Derived {
        self.run().map(|run| self.derived(run).facts).unwrap_or_default()
    }

    /// Where a password would go, as far as that is known now.
    pub fn log_in_way(&self, by: By) -> Option<LogInWay> {
        let run = self.run()?;
        Some(log_in_way(self.input(run, &run.observations()), by))
    }

    fn derived(&self, run: &Run) -> Derivation {
        derive(self.input(run, &run.observations()))
    }

    fn input<'a>(&'a self, run: &'a Run, seen: &'a Observations<'a>) -> Input<'a> {
        Input {
            account: &run.account,
            said: run.said.as_deref(),
            wanted: run.wanted.as_ref(),
            seen,
            answers: &self.answers,
        }
    }

    /// The verdict, as far as it is known now.
    pub fn diagnosis(&self) -> Diagnosis {
        match self.run() {
            Some(run) => self.diagnosis_of(run),
            None => Diagnosis::nothing_yet(),
        }
    }

    /// The verdict with the clicks for another mail program; the findings stay as they are.
    pub fn diagnosis_for(&self, client: &str) -> Diagnosis {
        let Some(run) = self.run() else { return Diagnosis::nothing_yet() };
        let mut other = run.clone();
        other.account.client = Some(client.to_owned());
        self.judged(&other, &self.derived(run))
    }

    /// The verdict of one run.
    pub fn diagnosis_of(&self, run: &Run) -> Diagnosis {
        // As it was saved, unless the answers have changed since.
        if let Some(saved) = run.verdict.as_deref().filter(|(answers, _)| *answers == self.answers) {
            return saved.1.clone();
        }
        self.judged(run, &self.derived(run))
    }

    /// What a step says to do by hand, with the server's name in its commands, or SERVER where that is not known.
    pub fn by_hand(&self, page: &Page) -> Vec<String> {
        let items = page.text.items(BY_HAND);
        let Some(run) = self.run() else { return items.iter().map(|item| unfilled(&for_any_server(item))).collect() };
        let derived = self.derived(run);
        let case = Lookup::new(run, &derived);
        let named = |item: &String| if case.in_use.is_some() { plain(item) } else { for_any_server(item) };
        let at_hand = AtHand::of(&case, &self.machine.os);
        let items = items.iter().filter_map(|item| at_hand.only(item));
        items.map(|item| case.fill(&named(&item)).text).collect()
    }

    fn judged(&self, run: &Run, derived: &Derivation) -> Diagnosis {
        let diagnosis = diagnose(guide(), run, derived, &self.machine.os);
        let ends = if diagnosis.reached { ends::ends(&self.machine.os, run, derived) } else { vec![] };
        Diagnosis { ends, ..diagnosis }
    }
}

/// A command's placeholders as a person would write them for any server: their names in capitals.
fn for_any_server(item: &str) -> String {
    plain(item).replace("{server}", "SERVER").replace("{port}", "PORT")
}
