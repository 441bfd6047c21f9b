//! The command line: what can be typed, and one file per subcommand. Errors are for people: stderr, exit code 2.

mod args;
mod ask;
mod batch;
mod check;
mod compare;
mod config;
mod dashboard;
mod guide;
mod lab;
mod meaning;
mod output;
mod own_pages;
mod password;
mod practice;
#[cfg(feature = "serve")]
mod serve;
mod show;
mod sign_in;
mod site;
mod turns;
mod typed;
mod user_file;

pub use check::{Detail, run_to_end, run_with};
pub use lab::{Truth, job};
pub use output::say;

use crate::report::figures::State;
use crate::report::nagios;
use crate::text::nearest_name;
use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use color_eyre::Report;
use std::process::ExitCode;

/// Why a command ended early.
#[derive(Debug)]
pub enum Stop {
    /// It cannot be done as requested: a message for the person at the keyboard.
    Usage(String),
    /// Something failed that nobody could expect.
    Broken(Report),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Stop::Usage(why) => f.write_str(why),
            Stop::Broken(report) => write!(f, "{report:#}"),
        }
    }
}

impl From<String> for Stop {
    fn from(why: String) -> Self {
        Stop::Usage(why)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Stop::Broken(error.into())
    }
}

/// Wrong usage, or a report that could not be written.
const EXIT_USAGE: u8 = 2;

/// The grammar of the command line, for whoever writes manual pages or completions from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Whether this is run as a plugin of a monitoring system, for which 2 means that the service is down, and which shows
/// what is on stdout.
fn is_plugin() -> bool {
    let typed: Vec<_> = std::env::args_os().collect();
    typed.iter().any(|typed| typed == "--format=nagios")
        || typed.windows(2).any(|pair| pair[0] == "--format" && pair[1] == nagios::FORMAT.name)
}

/// Says what is wrong with what was asked for, and returns the exit code.
fn refused(why: &str) -> u8 {
    match is_plugin() {
        true => {
            let _ = output::print(&(nagios::line(State::Unknown, why) + "\n"));
            State::Unknown.exit_code()
        }
        false => {
            say(why);
            EXIT_USAGE
        }
    }
}

/// Reads the command line and does what it says. The error is what nobody could expect.
pub async fn main() -> color_eyre::Result<ExitCode> {
    let done = match Cli::try_parse() {
        Ok(cli) => run(cli).await,
        // What was typed is repeated in the message.
        Err(wrong) if wrong.use_stderr() => Ok(refused(wrong.render().to_string().trim_end())),
        Err(help_or_version) => output::can_print().and_then(|()| output::printed(help_or_version.print())).map(|()| 0),
    };
    match done {
        Ok(code) => Ok(ExitCode::from(code)),
        Err(Stop::Usage(why)) => Ok(ExitCode::from(refused(&format!("mailtriage: {why}")))),
        Err(Stop::Broken(report)) => Err(report),
    }
}

/// The command that was misspelt, where a mail address could stand.
fn command_meant(typed: &str) -> Option<String> {
    if typed.contains('@') {
        return None;
    }
    let all = Cli::command();
    let names = all.get_subcommands().map(clap::Command::get_name);
    nearest_name(typed, names).map(str::to_owned)
}

async fn run(cli: Cli) -> Result<u8, Stop> {
    let site = cli.site().map(site::load).transpose()?.unwrap_or_default();
    own_pages::lay_over(cli.own_pages().or(site.guide.as_deref()))?;
    match cli.command {
        None => match cli.address.as_deref().and_then(command_meant) {
            Some(near) => Err(Stop::Usage(format!("there is no such command; did you mean `mailtriage {near}`?"))),
            None => dashboard::run(cli.address, cli.run, &site).await,
        },
        Some(Command::Check(check)) => check::run(*check, &site).await,
        #[cfg(feature = "serve")]
        Some(Command::Serve(args)) => serve::run(&args, &site).await,
        Some(Command::Practice(practice)) => practice::run(practice).await,
        Some(Command::Guide(args)) => guide::run(&args),
        Some(Command::Providers { query, .. }) => show::providers(query.as_deref()),
        Some(Command::Site(args)) => site::run(&args),
        Some(Command::Schema) => show::schema(),
        Some(Command::Config(args)) => config::run(&args),
        Some(Command::Completions { shell }) => show::completions(shell),
        Some(Command::Man) => show::man(),
        Some(Command::Open(args)) => dashboard::open(&args).await,
        Some(Command::Compare(args)) => compare::run(&args),
    }
}
