//! The command line: what can be typed, and one file a subcommand. Errors are for people: stderr, exit 2.

mod args;
mod check;
mod dashboard;
mod password;
mod practice;
mod show;
mod sign_in;

pub use check::run_to_end;
pub use practice::{Truth, job};

use args::{Cli, Command};
use clap::Parser;
use std::process::ExitCode;

/// A message for the person at the keyboard.
#[derive(Debug)]
pub struct Usage(pub String);

impl From<String> for Usage {
    fn from(why: String) -> Self {
        Usage(why)
    }
}

/// Wrong usage, or a report that could not be written.
const EXIT_USAGE: u8 = 2;

/// Reads the command line and does what it says.
pub async fn main() -> color_eyre::Result<ExitCode> {
    let cli = Cli::parse();
    let done = match cli.command {
        None => dashboard::run(cli.address, cli.run).await?,
        Some(Command::Check(check)) => check::run(*check).await,
        Some(Command::Practice(practice)) => practice::run(practice).await?,
        Some(Command::Guide { page }) => show::guide(page.as_deref()),
        Some(Command::Providers { query }) => show::providers(query.as_deref()),
        Some(Command::Completions { shell }) => show::completions(shell),
        Some(Command::Man) => show::man(),
        Some(Command::Open { report, screen }) => dashboard::open(&report, &screen).await?,
    };
    Ok(match done {
        Ok(code) => ExitCode::from(code),
        Err(Usage(why)) => {
            eprintln!("mailtriage: {}", crate::text::visible_str(&why));
            ExitCode::from(EXIT_USAGE)
        }
    })
}

/// Prints to stdout; a reader that went away is no error.
fn print(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
