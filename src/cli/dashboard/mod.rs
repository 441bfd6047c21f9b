//! `mailtriage [ADDRESS]`, `practice`, `open`: the screen. What it does outside the screen is in `here` and the files
//! below it.

mod clipboard;
mod here;
mod refusals;
mod saving;
mod solved;

use super::args::{OpenArgs, RunArgs, ScreenArgs};
use super::config::{self, Looks};
use super::output::say;
use super::{Stop, lab};
use crate::account::stored::{self, Found};
use crate::account::{Account, MeasuredOn};
use crate::check::Job;
use crate::machine::Trust;
use crate::machine::system::SystemMachine;
use crate::report;
use crate::session::journal::{self, BrokenOff};
use crate::session::{Event, Session};
use crate::site::Site;
use crate::text::visible_str;
use crate::tui::app::App;
use crate::tui::effect::Request;
use crate::tui::outside::Bench;
use crate::tui::run;
use crate::tui::screens::form::Form;
use crate::tui::screens::menu::Menu;
use crate::world::World;
use here::{Here, Keeping};
use jiff::tz::TimeZone;
use std::io::IsTerminal;
use std::sync::Arc;

/// The run with a screen; without an address, the form.
pub(super) async fn run(address: Option<String>, args: RunArgs, site: &Site) -> Result<u8, Stop> {
    let (app, bench, first) = prepare(address, &args, site).await?;
    let here = Here::new(Keeping::On, Arc::clone(&bench.world.machine));
    show(app, Some(bench), first, here).await
}

async fn prepare(address: Option<String>, args: &RunArgs, site: &Site) -> Result<(App, Bench, Option<Request>), Stop> {
    let (options, mut answers) = (args.options(site)?, args.answers()?);
    let world = World::system(args.trust(site)?);
    let blank = address.is_none().then(|| args.account(world.machine.as_ref())).transpose()?.unwrap_or_default();
    let found = args.stored(world.machine.as_ref()).await?;
    let subject =
        address.map(|address| args.subject(world.machine.as_ref(), Some(&address), found.as_ref())).transpose()?;
    if let Some((question, answer)) = subject.as_ref().and_then(|(_, stored)| stored.as_ref()?.answer()) {
        answers.entry(question).or_insert(answer);
    }
    let account = subject.map(|(account, _)| account);
    need_terminal()?;
    let attempt = args.password.read(account.as_ref(), &world).await?;
    if account.is_none() && attempt.is_some() {
        return Err(Stop::Usage("a password needs the ADDRESS it is for: mailtriage ADDRESS".to_owned()));
    }
    let bench = Bench { world, options };
    let looks = config::looks(&args.screen)?;
    let interrupted = here::interrupted();
    let is_new = account.is_none();
    let mut app = match account {
        Some(account) => {
            let mut app = looks.dashboard(session(account, &bench));
            if let Some(found) = interrupted.sessions.first() {
                let address = &found.address;
                app.core.say(format!("a session for {address} was interrupted: start without an address to resume it"));
            }
            app
        }
        None => {
            let app = form(blank, found, &bench, &looks).await;
            let sessions: Vec<_> = interrupted.sessions.into_iter().map(in_a_line).collect();
            if sessions.is_empty() { app } else { app.under(Menu::recover(sessions)) }
        }
    };
    if let (Some(path), None) = (interrupted.foreign.first(), &app.core.message) {
        let path = visible_str(&path.display().to_string());
        app.core
            .say(format!("a session of another mailtriage version was interrupted; only that one can resume {path}"));
    }
    if let (Some(site), None) = (&app.core.session.tool.site, &app.core.message) {
        app.core.say(format!("in use: {}", site.says()));
    }
    for (question, answer) in answers {
        app.core.apply(Event::Answered { question, answer: Some(answer) });
    }
    let first = (!is_new).then(|| Request { attempt, ..Request::everything() });
    Ok((app, bench, first))
}

/// The form of a new case, with the accounts that mail programs have stored here. If they were requested and there is
/// just one, it is filled in.
async fn form(mut account: Account, requested: Option<Found>, bench: &Bench, looks: &Looks) -> App {
    let is_requested = requested.is_some();
    let found = match requested {
        Some(found) => found,
        None if account.measured_on == MeasuredOn::ThisMachine => {
            stored::look(bench.world.machine.as_ref(), None).await
        }
        None => Found::default(),
    };
    if let (true, [only]) = (is_requested, found.accounts.as_slice()) {
        account.fill(only);
    }
    let nothing = found.accounts.is_empty().then(|| found.why_empty());
    let mut app = looks.app(session(account.clone(), bench), Form::new_case(&account, found));
    if let (true, Some(nothing)) = (is_requested, nothing) {
        app.core.say(nothing);
    }
    app
}

fn session(account: Account, bench: &Bench) -> Session {
    Session::new(account, &bench.world.machine.local())
}

/// An interrupted session in a line: address, verdict, when it began by the clock here, on which machine.
fn in_a_line(found: BrokenOff) -> (BrokenOff, String) {
    let begun = found.begun.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M");
    let machine = found.machine.as_ref().map_or_else(String::new, |name| format!(" on {name}"));
    let verdict = match journal::recover(&found.path).map(|session| session.diagnosis()) {
        Ok(verdict) if verdict.reached => format!("{}: {}", verdict.outcome.says(), verdict.title),
        Ok(_) => "no verdict yet".to_owned(),
        Err(_) => "cannot be read".to_owned(),
    };
    let line = format!("{begun}{machine}  {}  {verdict}", found.address);
    (found, line)
}

fn need_terminal() -> Result<(), Stop> {
    if std::io::stdout().is_terminal() && std::io::stdin().is_terminal() {
        return Ok(());
    }
    let why = "there is no terminal here for the screen; without one: mailtriage check ADDRESS [--format json], or \
               mailtriage practice NAME --format text";
    Err(Stop::Usage(why.to_owned()))
}

/// A scenario of the lab; without one, the menu.
pub(super) async fn practice(job: Option<Job>, args: &ScreenArgs) -> Result<u8, Stop> {
    need_terminal()?;
    match job {
        Some(job) => {
            let bench = Bench { world: job.world, options: job.options };
            let app = config::looks(args)?.dashboard(session(job.account, &bench));
            let first = Request { attempt: job.attempt, ..Request::everything() };
            show(app, Some(bench), Some(first), offline()).await
        }
        None => {
            let session = Session::of(Account::default(), Default::default(), String::new());
            let looks = config::looks(args)?;
            let mut app = looks.app(session, lab::menu());
            let marks = looks.keep_solved.then(here::solved_file).flatten();
            app.core.solved = marks.as_deref().map(solved::read).unwrap_or_default();
            show(app, None, None, offline().keeping_solved(marks)).await
        }
    }
}

/// A saved session, offline: on the screen if there is one, and no format was asked for.
pub(super) async fn open(args: &OpenArgs) -> Result<u8, Stop> {
    let is_piped = args.report.as_os_str() == "-";
    args.out.check_target()?;
    let session = match is_piped {
        true => report::open::read_from(std::io::stdin().lock())?,
        false => report::open::read(&args.report)?,
    };
    let is_asked = args.out.format.is_some() || args.out.output.is_some();
    if is_asked || is_piped || need_terminal().is_err() {
        return args.out.write(&session);
    }
    let mut app = config::looks(&args.screen)?.dashboard(session);
    app.core.can_run = false;
    show(app, None, None, offline()).await
}

/// This computer, without storing anything.
fn offline() -> Here {
    Here::new(Keeping::Off, Arc::new(SystemMachine::new(Trust::default())))
}

async fn show(mut app: App, bench: Option<Bench>, first: Option<Request>, mut here: Here) -> Result<u8, Stop> {
    app.core.zone = TimeZone::system();
    let app = run::show(app, bench, first, &mut here).await?;
    if let Some(fate) = here.end(&app) {
        say(&format!("mailtriage: {fate}"));
    }
    Ok(app.core.session.diagnosis().outcome.exit_code())
}
