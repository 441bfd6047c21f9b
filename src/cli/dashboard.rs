//! `mailtriage ADDRESS`: the run with a screen.

use super::Usage;
use super::args::{RunArgs, ScreenArgs};
use crate::check::run::Job;
use crate::net::system::SystemNetwork;
use crate::report::{json, save};
use crate::session::{Event, Session};
use crate::tui::app::App;
use crate::tui::theme::Theme;
use crate::tui::{self, Outside};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) async fn run(address: Option<String>, args: RunArgs) -> color_eyre::Result<Result<u8, Usage>> {
    match prepare(address, &args) {
        Ok((job, answers)) => show(job, answers, &args.screen).await,
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
    need_terminal()?;
    let password = args.password.read()?;
    Ok((Job { net, account, options, password }, answers))
}

fn need_terminal() -> Result<(), Usage> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return Ok(());
    }
    let why = "there is no terminal here for the screen; without one: mailtriage check ADDRESS [--format json], or \
               mailtriage practice NAME --format text";
    Err(Usage(why.to_owned()))
}

/// Shows a run on the screen.
pub(super) async fn show(
    job: Job,
    answers: BTreeMap<String, String>,
    screen: &ScreenArgs,
) -> color_eyre::Result<Result<u8, Usage>> {
    if let Err(usage) = need_terminal() {
        return Ok(Err(usage));
    }
    let mut session = Session::new(job.account.clone(), &job.net.local());
    for (question, answer) in answers {
        session.apply(Event::Answered { question, answer: Some(answer) });
    }
    let app =
        tui::show(job, App::new(session, Theme { ascii: screen.ascii, plain: screen.is_plain() }), &mut Here).await?;
    Ok(Ok(app.session.diagnosis().outcome.exit_code()))
}

/// This machine's disk.
struct Here;

impl Outside for Here {
    /// Into the current folder; where that cannot be written, the home folder, then the system's for temporary files.
    fn save(&mut self, app: &App) -> String {
        let session = &app.session;
        let at = session.run().map_or_else(jiff::Timestamp::now, |run| run.finished.unwrap_or(run.started));
        let name = save::file_name(session.account.address.domain(), at, "json");
        let text = json::to_string(&json::report(session));
        let home = etcetera::home_dir().ok();
        let folders = [Some(PathBuf::from(".")), home, Some(std::env::temp_dir())];
        let mut why = String::new();
        for folder in folders.into_iter().flatten() {
            let path = folder.join(&name);
            match save::write_new(&path, &text) {
                Ok(()) => {
                    let shown = std::path::absolute(&path).unwrap_or(path);
                    return format!("saved {}", shown.display());
                }
                Err(error) if why.is_empty() => why = error,
                Err(_) => {}
            }
        }
        format!("not saved: {why}")
    }
}
