//! `mailtriage config`: the file with somebody's own keys and colours; where it is, and how it is read for the screen.

use super::args::{ConfigArgs, ScreenArgs};
use super::output::{print, say};
use super::{Stop, user_file};
use crate::machine::files;
use crate::session::Session;
use crate::tui::app::App;
use crate::tui::config::{self, Config};
use crate::tui::keymap;
use crate::tui::theme::Theme;
use crate::tui::view::View;
use std::path::Path;

/// A longer file was not written for us.
const MOST_BYTES: u64 = 256 * 1024;

/// What the file is called.
const NAME: &str = "config.toml";

/// What the command line, the file and the environment say about the screen.
pub(super) struct Looks {
    theme: Theme,
    mouse: bool,
    /// Whether the marks of solved practice calls outlive the program.
    pub(super) keep_solved: bool,
}

impl Looks {
    /// A case that begins with its dashboard.
    pub(super) fn dashboard(&self, session: Session) -> App {
        self.dressed(App::dashboard(session, self.theme))
    }

    /// A case that begins with another screen.
    pub(super) fn app(&self, session: Session, first: impl View + 'static) -> App {
        self.dressed(App::new(session, self.theme, first))
    }

    fn dressed(&self, mut app: App) -> App {
        app.core.mouse = self.mouse;
        app
    }
}

/// Writes the file, checks it, or says where it is.
pub(super) fn run(args: &ConfigArgs) -> Result<u8, Stop> {
    let named = user_file::named(&args.check, &args.file)?;
    let path = user_file::named_or(named, NAME)?;
    if args.init {
        return user_file::init(&path, &config::commented(), |path| path.display().to_string());
    }
    let found = read(&path)?;
    if found.is_none() && named.is_some() {
        return Err(Stop::Usage(format!("{}: there is no such file", path.display())));
    }
    let state = if found.is_some() { "sound" } else { "there is none: `mailtriage config --init` writes one" };
    print(&format!("{}: {state}\n", path.display())).map(|()| 0)
}

/// How the screen looks. The keys of the file apply from here on.
pub(super) fn looks(args: &ScreenArgs) -> Result<Looks, Stop> {
    let config = user_file::usual(NAME).map(|path| read(&path)).transpose()?.flatten().unwrap_or_default();
    let ascii = args.ascii || config.ascii.unwrap_or_else(|| !speaks_unicode(|name| std::env::var(name).ok()));
    if let Some(keys) = config.keys {
        keymap::lay_over(keys);
    }
    let theme = Theme { ascii, plain: args.is_plain(), colours: config.colours };
    Ok(Looks { theme, mouse: config.mouse.unwrap_or_else(has_mouse), keep_solved: config.keep_solved })
}

/// Whether the locale says that characters beyond ASCII can be shown: the first of the three that is set. If none is, there
/// is no locale, and most terminals can.
fn speaks_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let said =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    cfg!(windows) || said.is_none_or(|locale| locale.to_uppercase().replace('-', "").contains("UTF8"))
}

/// Whether the mouse is on unless somebody says otherwise: not where the terminal could then no longer select text. With
/// Shift it can nearly everywhere, but not on Linux' own console, nor in the console of older Windows.
fn has_mouse() -> bool {
    let is = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let kind = std::env::var("TERM").unwrap_or_default();
    if cfg!(windows) { is("WT_SESSION") } else { !matches!(kind.as_str(), "" | "dumb" | "linux") }
}

/// Reads the file, if there is one; every mistake is told with its line.
fn read(path: &Path) -> Result<Option<Config>, Stop> {
    let shown = path.display();
    let bytes = match files::read(path, MOST_BYTES) {
        Ok(bytes) => bytes,
        // A home that is a file, a circle of links or too long a name: there is no file to obey, and the case goes on.
        Err(_) if std::fs::metadata(path).is_err() => return Ok(None),
        Err(error) => return Err(Stop::Usage(format!("{shown} cannot be read: {error}"))),
    };
    let text = std::str::from_utf8(files::without_mark(&bytes)).map_err(|_| format!("{shown} is not text in UTF-8"))?;
    match Config::parse(text) {
        Ok(config) => Ok(Some(config)),
        Err(wrong) => {
            let mut wrong = wrong.into_iter().map(|mistake| format!("{shown}:{}: {}", mistake.line, mistake.why));
            let last = wrong.next_back().unwrap_or_default();
            wrong.for_each(|mistake| say(&mistake));
            Err(Stop::Usage(last))
        }
    }
}

#[cfg(all(test, not(windows)))]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_set_decides() {
        let unicode = |set: &[(&str, &str)]| {
            speaks_unicode(|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(unicode(&[]) && unicode(&[("LANG", "de_DE.UTF-8")]) && unicode(&[("LC_ALL", ""), ("LANG", "C.utf8")]));
        assert!(!unicode(&[("LC_ALL", "C"), ("LANG", "de_DE.UTF-8")]));
        assert!(!unicode(&[("LC_CTYPE", "de_DE.ISO-8859-1")]) && !unicode(&[("LANG", "POSIX")]));
    }
}
