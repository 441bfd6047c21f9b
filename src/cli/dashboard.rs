//! `mailtriage ADDRESS`: the run with a screen.

use super::Usage;
use super::args::RunArgs;
use std::io::IsTerminal;

pub(super) async fn run(address: Option<String>, args: RunArgs) -> color_eyre::Result<Result<u8, Usage>> {
    let Some(address) = address else {
        return Ok(Err(Usage(
            "which mail address cannot send? mailtriage anna@example.com (--help shows more)".to_owned(),
        )));
    };
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let why = "there is no terminal here for the screen; use: mailtriage check ADDRESS [--format json]";
        return Ok(Err(Usage(why.to_owned())));
    }
    let _ = (address, args);
    Ok(Err(Usage("the screen is being built".to_owned())))
}
