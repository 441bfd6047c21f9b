//! `mailtriage ADDRESS`: the run with a screen.

use super::Usage;
use super::args::RunArgs;
use crate::check::run::Job;
use crate::net::system::SystemNetwork;
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::Arc;

pub(super) async fn run(address: Option<String>, args: RunArgs) -> color_eyre::Result<Result<u8, Usage>> {
    match prepare(address, &args) {
        Ok((job, answers)) => show(job, answers).await,
        Err(usage) => Ok(Err(usage)),
    }
}

fn prepare(address: Option<String>, args: &RunArgs) -> Result<(Job, BTreeMap<String, String>), Usage> {
    if address.is_none() {
        return Err(Usage(
            "which mail address cannot send? mailtriage anna@example.com (--help shows more)".to_owned(),
        ));
    }
    let account = args.account(address.as_deref())?;
    let (options, answers) = (args.options()?, args.answers()?);
    let net = Arc::new(SystemNetwork::new(args.trust()?));
    let password = args.password.read()?;
    Ok((Job { net, account, options, password }, answers))
}

/// Shows a run on the screen.
pub(super) async fn show(job: Job, answers: BTreeMap<String, String>) -> color_eyre::Result<Result<u8, Usage>> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        let why =
            "there is no terminal here for the screen; use: mailtriage check ADDRESS, or practice NAME --format text";
        return Ok(Err(Usage(why.to_owned())));
    }
    let _ = (job, answers);
    Ok(Err(Usage("the screen is being built".to_owned())))
}
