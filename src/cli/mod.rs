//! The command line: what can be typed, and one file per subcommand. Errors are for people: stderr, exit code 2.

mod args;
mod check;
mod dashboard;
mod lab;
mod meaning;
mod password;
mod practice;
mod show;
mod sign_in;

pub use check::run_to_end;
pub use lab::{Truth, job};

use args::{Cli, Command};
use clap::Parser;
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

/// Reads the command line and does what it says.
pub async fn main() -> color_eyre::Result<ExitCode> {
    let cli = Cli::parse();
    let done = match cli.command {
        None => dashboard::run(cli.address, cli.run).await,
        Some(Command::Check(check)) => check::run(*check).await,
        Some(Command::Practice(practice)) => practice::run(practice).await,
        Some(Command::Guide { page }) => show::guide(page.as_deref()),
        Some(Command::Providers { query }) => show::providers(query.as_deref()),
        Some(Command::Schema) => show::schema(),
        Some(Command::Completions { shell }) => show::completions(shell),
        Some(Command::Man) => show::man(),
        Some(Command::Open { report, screen }) => dashboard::open(&report, &screen).await,
    };
    match done {
        Ok(code) => Ok(ExitCode::from(code)),
        Err(Stop::Usage(why)) => {
            eprintln!("mailtriage: {}", crate::text::visible_str(&why));
            Ok(ExitCode::from(EXIT_USAGE))
        }
        Err(Stop::Broken(report)) => Err(report),
    }
}

/// Prints to stdout; a reader that has gone away is not an error.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
