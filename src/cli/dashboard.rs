//! `mailtriage [ADDRESS]`, `practice`, `open`: the screen, and what it does outside: disk, clipboard, journal, lab.

use super::args::{RunArgs, ScreenArgs};
use super::{Usage, practice};
use crate::check::Job;
use crate::net::system::SystemNetwork;
use crate::report::{self, html, json, redact, save};
use crate::session::journal::{self, Journal};
use crate::session::{Event, Session};
use crate::tui::app::{App, Request, SaveHow};
use crate::tui::screens::Screen;
use crate::tui::screens::form::Form;
use crate::tui::screens::menu::Menu;
use crate::tui::theme::Theme;
use crate::tui::{self, Begun, Bench, Outside};
use etcetera::BaseStrategy;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// The run with a screen; without an address, the form.
pub(super) async fn run(address: Option<String>, args: RunArgs) -> color_eyre::Result<Result<u8, Usage>> {
    match prepare(address, &args).await {
        Ok((app, bench, first)) => show(app, Some(bench), first, Here::new(true)).await,
        Err(usage) => Ok(Err(usage)),
    }
}

async fn prepare(address: Option<String>, args: &RunArgs) -> Result<(App, Bench, Option<Request>), Usage> {
    let account = address.as_ref().map(|address| args.account(Some(address))).transpose()?;
    let (options, answers) = (args.options()?, args.answers()?);
    let net = Arc::new(SystemNetwork::new(args.trust()?));
    need_terminal()?;
    let attempt = args.password.read(account.as_ref(), net.as_ref()).await?;
    let bench = Bench { net, options };
    let broken_off = journal_folder().map(|folder| journal::broken_off(&folder)).unwrap_or_default();
    let (account, screen, first) = match account {
        Some(account) => {
            (account, Screen::Dashboard(Default::default()), Some(Request { attempt, ..Request::everything() }))
        }
        None if attempt.is_some() => {
            return Err(Usage("a password needs the ADDRESS it is for: mailtriage ADDRESS".to_owned()));
        }
        None => {
            let account = args.blank_account()?;
            let form = Form::new_case(&account);
            (account, Screen::Form(Box::new(form)), None)
        }
    };
    let mut app = app(account, &bench, answers, &args.screen, screen);
    if let (true, Some(found)) = (first.is_some(), broken_off.first()) {
        app.core.message =
            Some(format!("a session over {} broke off: start without an address to go on with it", found.address));
    }
    let app = match (first.is_none(), broken_off.is_empty()) {
        (true, false) => app.under(Screen::Menu(Menu::recover(broken_off.into_iter().map(|found| {
            (
                found.path.to_string_lossy().into_owned(),
                found.address,
                found.begun.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            )
        })))),
        _ => app,
    };
    Ok((app, bench, first))
}

fn app(
    account: crate::account::Account,
    bench: &Bench,
    answers: BTreeMap<String, String>,
    args: &ScreenArgs,
    screen: Screen,
) -> App {
    let mut app = App::new(Session::new(account, &bench.net.local()), theme(args), screen);
    for (question, answer) in answers {
        app.core.apply(Event::Answered { question, answer: Some(answer) });
    }
    app
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
    let here = Here::new(false);
    match job {
        Some(job) => {
            let bench = Bench { net: job.net, options: job.options };
            let app = app(job.account, &bench, BTreeMap::new(), args, Screen::Dashboard(Default::default()));
            let first = Request { attempt: job.attempt, ..Request::everything() };
            show(app, Some(bench), Some(first), here).await
        }
        None => {
            let account = practice::blank_account()?;
            let app = App::new(
                Session::of(account, Default::default(), String::new()),
                theme(args),
                Screen::Menu(practice::menu()),
            );
            show(app, None, None, here).await
        }
    }
}

/// A saved session, offline.
pub(super) async fn open(path: &Path, args: &ScreenArgs) -> color_eyre::Result<Result<u8, Usage>> {
    let session = match report::open::read(path).map_err(Usage).and_then(|session| need_terminal().map(|()| session)) {
        Ok(session) => session,
        Err(usage) => return Ok(Err(usage)),
    };
    let mut app = App::new(session, theme(args), Screen::Dashboard(Default::default()));
    app.core.can_run = false;
    show(app, None, None, Here::new(false)).await
}

async fn show(
    app: App,
    bench: Option<Bench>,
    first: Option<Request>,
    mut here: Here,
) -> color_eyre::Result<Result<u8, Usage>> {
    let app = tui::show(app, bench, first, &mut here).await?;
    here.end(&app);
    Ok(Ok(app.core.session.diagnosis().outcome.exit_code()))
}

/// Where a session is kept as it goes; none where there is no home.
fn journal_folder() -> Option<PathBuf> {
    state_folder().map(|folder| folder.join("journal"))
}

fn state_folder() -> Option<PathBuf> {
    let strategy = etcetera::choose_base_strategy().ok()?;
    Some(strategy.state_dir().unwrap_or_else(|| strategy.data_dir()).join("mailtriage"))
}

/// This machine's disk, clipboard and lab.
struct Here {
    journal: Option<Journal>,
    /// Whether sessions are kept as they go: not in the lab, not for saved ones.
    keeps: bool,
    /// Whether the disk refused; said once.
    cannot_keep: bool,
}

impl Here {
    fn new(keeps: bool) -> Self {
        Here { journal: None, keeps, cannot_keep: false }
    }

    /// The session ended in order. One that ended by a signal, unsaved, stays and is offered again.
    fn end(self, app: &App) {
        if let (Some(journal), false) = (self.journal, app.core.was_cut && app.core.unsaved) {
            journal.end();
        }
    }
}

impl Outside for Here {
    fn save(&mut self, session: &Session, how: &SaveHow) -> Result<String, String> {
        let report = redact::redact(&json::report(session), how.left_out);
        let at = session.run().map_or_else(jiff::Timestamp::now, |run| run.finished.unwrap_or(run.started));
        let domain = if how.left_out.hosts { "report" } else { session.account.address.domain() };
        let files = [("html", html::html(&report, how.reader)?), ("json", json::to_string(&report))];
        let mut why = String::new();
        for folder in folders(&how.folder) {
            let paths: Vec<PathBuf> =
                files.iter().map(|(end, _)| folder.join(save::file_name(domain, at, end))).collect();
            let free = save::free_names(&paths);
            let mut done = Vec::new();
            let written = files.iter().zip(&free).try_for_each(|((_, text), path)| {
                save::write_new(path, text)?;
                done.push(path);
                Ok(())
            });
            match written {
                Ok(()) => {
                    let shown = std::path::absolute(&free[0]).unwrap_or_else(|_| free[0].clone());
                    return Ok(format!("saved {} and .json", shown.display()));
                }
                // Both or none: what is told must be true of the whole report.
                Err(error) => {
                    done.iter().for_each(|path| drop(std::fs::remove_file(path)));
                    why = if why.is_empty() { error } else { why };
                }
            }
        }
        Err(format!("not saved: {why}"))
    }

    fn copy(&mut self, text: &str) -> String {
        if by_clipboard_program(text) {
            return "copied".to_owned();
        }
        // Whether the terminal takes OSC 52 cannot be known, so there is a file as well.
        let sent = text.len() < 70_000 && by_terminal(text);
        let at = jiff::Timestamp::now();
        let path = std::env::temp_dir().join(save::file_name("copied", at, "txt"));
        match (save::write_new(&path, text), sent) {
            (Ok(()), true) => format!("sent to the terminal's clipboard; also in {}", path.display()),
            (Ok(()), false) => format!("no clipboard here; the text is in {}", path.display()),
            (Err(_), true) => "sent to the terminal's clipboard, if it takes it".to_owned(),
            (Err(why), false) => format!("not copied: {why}"),
        }
    }

    fn journal(&mut self, session: &Session, events: &[Event]) -> Result<(), String> {
        if !self.keeps || self.cannot_keep {
            return Ok(());
        }
        let mut keep = || {
            let journal = match &mut self.journal {
                Some(journal) => journal,
                none => {
                    let folder = journal_folder().ok_or(ErrorKind::NotFound)?;
                    none.insert(Journal::begin(&folder, session, jiff::Timestamp::now())?)
                }
            };
            events.iter().try_for_each(|event| journal.add(event))
        };
        keep().map_err(|why: io::Error| {
            self.cannot_keep = true;
            format!("a kill would lose this session from here on, it cannot be written to disk: {why}")
        })
    }

    fn refused(&mut self, session: &Session, one_more: bool) -> u32 {
        if !self.keeps {
            return 0;
        }
        let Some(path) = state_folder().map(|folder| folder.join("refused.json")) else { return 0 };
        let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
        let mut hasher = DefaultHasher::new();
        session.account.address.ascii().hash(&mut hasher);
        let key = format!("{today} {:016x}", hasher.finish());
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut counts: BTreeMap<String, u32> = serde_json::from_str(&text).unwrap_or_default();
        counts.retain(|key, _| key.starts_with(&today));
        let count = counts.get(&key).copied().unwrap_or(0).saturating_add(u32::from(one_more));
        if one_more {
            counts.insert(key, count);
            let text = serde_json::to_string(&counts).unwrap_or_default();
            let _ = save::replace(&path, &text);
        }
        count
    }

    fn practice(&mut self, name: &str) -> Result<Begun, String> {
        practice::begin(name)
    }

    fn recover(&mut self, name: &str) -> Result<Session, String> {
        let path = Path::new(name);
        let session = journal::recover(path)?;
        // From here on it is kept in a journal of its own, which begins with all that was in the old one.
        self.keeps = true;
        if let Some(folder) = journal_folder()
            && let Ok(journal) = Journal::take_over(path, &folder)
        {
            self.journal = Some(journal);
        }
        Ok(session)
    }
}

/// The folder that was named; else the current one, the home folder, the one for temporary files.
fn folders(named: &str) -> Vec<PathBuf> {
    if !named.is_empty() {
        return vec![PathBuf::from(named)];
    }
    [Some(PathBuf::from(".")), etcetera::home_dir().ok(), Some(std::env::temp_dir())].into_iter().flatten().collect()
}

/// By the system's own program for the clipboard, where there is one.
fn by_clipboard_program(text: &str) -> bool {
    let has = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let programs: &[(&str, &[&str])] = if cfg!(windows) {
        &[("clip.exe", &[])]
    } else if cfg!(target_os = "macos") {
        &[("pbcopy", &[])]
    } else if has("WAYLAND_DISPLAY") {
        &[("wl-copy", &[])]
    } else if has("DISPLAY") {
        &[("xclip", &["-selection", "clipboard"]), ("xsel", &["-ib"])]
    } else {
        &[]
    };
    programs.iter().any(|(program, arguments)| {
        let child = Command::new(program)
            .args(*arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        child.is_ok_and(|mut child| {
            let written = child.stdin.take().is_some_and(|mut input| input.write_all(text.as_bytes()).is_ok());
            written && child.wait().is_ok_and(|status| status.success())
        })
    })
}

/// By OSC 52, which many terminals take, also through ssh.
fn by_terminal(text: &str) -> bool {
    use base64::Engine;
    let encoded = base64::engine::general_purpose::STANDARD.encode(text);
    let mut out = std::io::stdout();
    write!(out, "\x1b]52;c;{encoded}\x07").and_then(|()| out.flush()).is_ok()
}
