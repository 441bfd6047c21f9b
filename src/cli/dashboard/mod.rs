//! `mailtriage [ADDRESS]`, `practice`, `open`: the screen. What it does outside is in `here` and the files below it.

mod clipboard;
mod here;
mod refusals;
mod saving;

use super::args::{RunArgs, ScreenArgs};
use super::{Usage, practice};
use crate::account::Account;
use crate::check::Job;
use crate::machine::Trust;
use crate::machine::system::SystemMachine;
use crate::report;
use crate::session::{Event, Session};
use crate::tui::app::App;
use crate::tui::effect::Request;
use crate::tui::outside::Bench;
use crate::tui::run;
use crate::tui::screens::form::Form;
use crate::tui::screens::menu::Menu;
use crate::tui::theme::Theme;
use crate::world::World;
use here::{Here, Keeping};
use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

/// The run with a screen; without an address, the form.
pub(super) async fn run(address: Option<String>, args: RunArgs) -> color_eyre::Result<Result<u8, Usage>> {
    match prepare(address, &args).await {
        Ok((app, bench, first)) => {
            let here = Here::new(Keeping::On, Arc::clone(&bench.world.machine));
            show(app, Some(bench), first, here).await
        }
        Err(usage) => Ok(Err(usage)),
    }
}

async fn prepare(address: Option<String>, args: &RunArgs) -> Result<(App, Bench, Option<Request>), Usage> {
    let account = address.as_ref().map(|address| args.account(Some(address))).transpose()?;
    let (options, answers) = (args.options()?, args.answers()?);
    let world = World::system(args.trust()?);
    need_terminal()?;
    let attempt = args.password.read(account.as_ref(), &world).await?;
    if account.is_none() && attempt.is_some() {
        return Err(Usage("a password needs the ADDRESS it is for: mailtriage ADDRESS".to_owned()));
    }
    let bench = Bench { world, options };
    let theme = theme(&args.screen);
    let broken_off = here::broken_off();
    let is_new = account.is_none();
    let mut app = match account {
        Some(account) => {
            let mut app = App::dashboard(session(account, &bench), theme);
            if let Some(found) = broken_off.first() {
                let address = &found.address;
                app.core.say(format!("a session over {address} broke off: start without an address to go on with it"));
            }
            app
        }
        None => {
            let account = args.blank_account()?;
            let app = App::new(session(account.clone(), &bench), theme, Form::new_case(&account));
            if broken_off.is_empty() { app } else { app.under(Menu::recover(broken_off)) }
        }
    };
    for (question, answer) in answers {
        app.core.apply(Event::Answered { question, answer: Some(answer) });
    }
    let first = (!is_new).then(|| Request { attempt, ..Request::everything() });
    Ok((app, bench, first))
}

fn session(account: Account, bench: &Bench) -> Session {
    Session::new(account, &bench.world.machine.local())
}

fn theme(args: &ScreenArgs) -> Theme {
    Theme { ascii: args.ascii, plain: args.is_plain() }
}

fn need_terminal() -> Result<(), Usage> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return Ok(());
    }
    let why = "there is no terminal here for the screen; without one: mailtriage check ADDRESS [--format json], or \
               mailtriage practice NAME --format text";
    Err(Usage(why.to_owned()))
}

/// A scenario of the lab; without one, the menu.
pub(super) async fn practice(job: Option<Job>, args: &ScreenArgs) -> color_eyre::Result<Result<u8, Usage>> {
    if let Err(usage) = need_terminal() {
        return Ok(Err(usage));
    }
    let here = Here::new(Keeping::Off, Arc::new(SystemMachine::new(Trust::default())));
    match job {
        Some(job) => {
            let bench = Bench { world: job.world, options: job.options };
            let app = App::dashboard(session(job.account, &bench), theme(args));
            let first = Request { attempt: job.attempt, ..Request::everything() };
            show(app, Some(bench), Some(first), here).await
        }
        None => {
            let session = Session::of(practice::blank_account()?, Default::default(), String::new());
            show(App::new(session, theme(args), practice::menu()), None, None, here).await
        }
    }
}

/// A saved session, offline.
pub(super) async fn open(path: &Path, args: &ScreenArgs) -> color_eyre::Result<Result<u8, Usage>> {
    let session = match report::open::read(path).map_err(Usage).and_then(|session| need_terminal().map(|()| session)) {
        Ok(session) => session,
        Err(usage) => return Ok(Err(usage)),
    };
    let mut app = App::dashboard(session, theme(args));
    app.core.can_run = false;
    show(app, None, None, Here::new(Keeping::Off, Arc::new(SystemMachine::new(Trust::default())))).await
}

async fn show(
    app: App,
    bench: Option<Bench>,
    first: Option<Request>,
    mut here: Here,
) -> color_eyre::Result<Result<u8, Usage>> {
    let app = run::show(app, bench, first, &mut here).await?;
    here.end(&app);
    Ok(Ok(app.core.session.diagnosis().outcome.exit_code()))
}
