//! Starts the runtime and turns the outcome into an exit code; everything else is in the library.

use mailtriage::session::diagnosis::Outcome;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    run().unwrap_or_else(|why| {
        mailtriage::cli::say(&format!("mailtriage: it could not run: {why:#}"));
        ExitCode::from(Outcome::Unsure.exit_code())
    })
}

fn run() -> color_eyre::Result<ExitCode> {
    color_eyre::install()?;
    // Before anything is opened or started: the runtime itself panics where it gets no descriptor or thread.
    if let Err(why) = mailtriage::net::limits::make_room() {
        mailtriage::cli::say(&format!("mailtriage: {why}"));
        return Ok(ExitCode::from(Outcome::Unsure.exit_code()));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(mailtriage::cli::main());
    // A name look-up by the system that nobody is waiting for any more must not delay the end.
    runtime.shutdown_timeout(Duration::ZERO);
    code
}
