//! Starts the runtime and turns the outcome into an exit code; everything else is in the library.

use std::process::ExitCode;
use std::time::Duration;

fn main() -> color_eyre::Result<ExitCode> {
    color_eyre::install()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(mailtriage::cli::main());
    // A name look-up by the system that nobody is waiting for any more must not delay the end.
    runtime.shutdown_timeout(Duration::ZERO);
    code
}
