//! Site files: where they are, which of them count, and `mailtriage site`. What they may say is in `site`.

use super::args::{SiteArgs, SiteCommand};
use super::output::print;
use super::{Stop, own_pages, user_file};
use crate::account::provider;
use crate::machine::files;
use crate::session::{self, SiteInUse};
use crate::site::{self, Mistake, Site, keys};
use crate::text::visible_str;
use std::fmt::Write;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A longer file was not written for us.
const MOST_BYTES: u64 = 1024 * 1024;
/// Names the only site file to use.
const VARIABLE: &str = "MAILTRIAGE_SITE";
/// What the file is called in the user's and the system's folder.
const NAME: &str = "site.toml";
/// What the file is called next to the program, where it may lie among all kinds of other files.
const BESIDE: &str = "mailtriage-site.toml";

/// A place for a site file.
struct Place {
    /// What it is, in words.
    says: &'static str,
    path: PathBuf,
    /// Whether somebody has named it: then it must be there, and whose it is, is theirs to know.
    is_named: bool,
    found: Found,
}

/// What was found in a place.
#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    /// It is not used, and why.
    NotOurs(String),
    InUse,
}

/// What the command line, the environment and the usual places lead to. Rows of providers apply from here on, and the
/// session tells which files were in use.
pub(super) fn load(args: &SiteArgs) -> Result<Site, Stop> {
    let mut places = places(args);
    let site = read(&mut places)?;
    for place in &places {
        if let Found::NotOurs(why) = &place.found {
            super::say(&format!("mailtriage: {} is not used: {why}", place.path.display()));
        }
    }
    let files = places.iter().filter(|place| place.found == Found::InUse);
    let files: Vec<String> = files.map(|place| shown(&place.path)).collect();
    if !files.is_empty() {
        provider::lay_over(site.providers.clone());
        let contact = site.contact.clone().unwrap_or_default();
        session::with_site(SiteInUse { name: site.name.clone(), contact, files });
    }
    Ok(site)
}

/// A named file alone, or else the usual places: the user's, next to the program, the system's.
fn places(args: &SiteArgs) -> Vec<Place> {
    let named = |says, path: PathBuf| vec![Place { says, path, is_named: true, found: Found::Nothing }];
    if args.no_site {
        return Vec::new();
    }
    if let Some(path) = &args.site {
        return named("the command line", path.clone());
    }
    match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
        Some(path) => named("the environment", path.into()),
        None => usual(),
    }
}

fn usual() -> Vec<Place> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(BESIDE)));
    let places = [("the user", user_file::usual(NAME)), ("next to the program", beside), ("the system", of_system())];
    let place =
        |(says, path): (_, Option<PathBuf>)| Some(Place { says, path: path?, is_named: false, found: Found::Nothing });
    places.into_iter().filter_map(place).collect()
}

fn of_system() -> Option<PathBuf> {
    let folder = match std::env::consts::OS {
        "windows" => std::env::var_os("ProgramData").map(PathBuf::from)?,
        "macos" => PathBuf::from("/Library/Application Support"),
        _ => PathBuf::from("/etc"),
    };
    Some(folder.join("mailtriage").join(NAME))
}

/// Reads the files that are there, each over those after it. Nothing of any counts if there is a mistake in one.
fn read(places: &mut [Place]) -> Result<Site, Stop> {
    let (mut all, mut mistakes) = (Site::default(), Vec::new());
    for place in places {
        let bytes = match place.is_named {
            true => files::read(&place.path, MOST_BYTES),
            false => files::read_own(&place.path, MOST_BYTES),
        };
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) if !place.is_named => {
                if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
                    place.found = Found::NotOurs(error.to_string());
                }
                continue;
            }
            Err(error) => {
                return Err(Stop::Usage(format!("the site file {} cannot be read: {error}", shown(&place.path))));
            }
        };
        let whole = Mistake { file: place.path.clone(), line: 1, key: String::new(), why: String::new() };
        let read = std::str::from_utf8(files::without_mark(&bytes))
            .map_err(|_| vec![Mistake { why: "it is not text in UTF-8".to_owned(), ..whole }])
            .and_then(|text| site::parse(text, &place.path));
        match read {
            Ok(site) => all = all.over(site),
            Err(mut wrong) => mistakes.append(&mut wrong),
        }
        place.found = Found::InUse;
    }
    match mistakes.is_empty() {
        true => Ok(all),
        false => Err(Stop::Usage(message(&mistakes))),
    }
}

fn message(mistakes: &[Mistake]) -> String {
    let many = if mistakes.len() == 1 { "1 mistake".to_owned() } else { format!("{} mistakes", mistakes.len()) };
    let mut out = format!("{many} in the site file; none of it is used (--no-site runs without it)");
    for mistake in mistakes {
        let key = if mistake.key.is_empty() { String::new() } else { format!("{}: ", visible_str(&mistake.key)) };
        let _ = write!(out, "\n{}:{}: {key}{}", shown(&mistake.file), mistake.line, visible_str(&mistake.why));
    }
    out
}

/// Writes a site file, checks one, or says which are in use and what they say.
pub(super) fn run(args: &SiteCommand) -> Result<u8, Stop> {
    let named = user_file::named(&args.check, &args.file)?;
    if args.init {
        let path = user_file::named_or(named, NAME)?;
        return user_file::init(&path, &keys::commented(), shown);
    }
    let mut places = places(&SiteArgs { site: named.map(Path::to_owned), no_site: false });
    let site = read(&mut places)?;
    provider::lay_over(site.providers.clone());
    own_pages::lay_over(site.guide.as_deref())?;
    let mut out = String::new();
    for place in &places {
        let state = match &place.found {
            Found::InUse if args.check.is_some() => "no mistakes".to_owned(),
            Found::InUse => "in use".to_owned(),
            Found::NotOurs(why) => format!("not used: {why}"),
            Found::Nothing => "there is none".to_owned(),
        };
        let _ = writeln!(out, "{:<20} {}: {state}", place.says, shown(&place.path));
    }
    if args.check.is_none() && !site.said.is_empty() {
        out.push('\n');
        for key in &keys::KEYS {
            if let Some(said) = site.said.get(key.name) {
                let _ = writeln!(out, "{:<20} {}  ({}:{})", key.name, said.value, shown(&said.file), said.line);
            }
        }
    }
    print(&out).map(|()| 0)
}

/// A path for people, with ~ for the home folder, which names somebody.
fn shown(path: &Path) -> String {
    let below_home =
        etcetera::home_dir().ok().and_then(|home| Some(Path::new("~").join(path.strip_prefix(home).ok()?)));
    visible_str(&below_home.as_deref().unwrap_or(path).display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_is_over_those_after_it_key_by_key() {
        let folder = tempfile::tempdir().unwrap();
        let texts = [
            ("user", "timeout = 2\n"),
            ("program", "timeout = 3\nresolver = \"192.0.2.1\"\n"),
            ("system", "timeout = 4\nresolver = \"192.0.2.2\"\ndeadline = 60\nname = \"Acme\"\n"),
        ];
        let mut places = texts.map(|(says, text)| {
            let path = folder.path().join(says);
            std::fs::write(&path, text).unwrap();
            Place { says, path, is_named: false, found: Found::Nothing }
        });
        let site = read(&mut places).unwrap();
        assert!(places.iter().all(|place| place.found == Found::InUse));
        let says =
            |key: &str| (site.said[key].value.as_str(), site.said[key].file.file_name().unwrap().to_str().unwrap());
        assert_eq!(says("timeout"), ("2 s", "user"));
        assert_eq!(says("resolver"), ("192.0.2.1", "program"));
        assert_eq!((says("deadline"), says("name")), (("60 s", "system"), ("Acme", "system")));
        assert_eq!(site.timeout.map(|limit| limit.as_secs()), Some(2));
        assert_eq!(site.resolvers.unwrap()[0].to_string(), "192.0.2.1:53");
        // One mistake in any of them, and nothing of all counts.
        std::fs::write(&places[2].path, "timeout = 0\n").unwrap();
        assert!(matches!(read(&mut places), Err(Stop::Usage(why)) if why.contains("system:1: timeout: between 0.1")));
    }

    #[test]
    fn the_usual_places_are_the_users_the_programs_the_systems() {
        let says: Vec<&str> = usual().iter().map(|place| place.says).collect();
        assert_eq!(says, ["the user", "next to the program", "the system"]);
        #[cfg(target_os = "linux")]
        assert_eq!(of_system().unwrap(), Path::new("/etc/mailtriage/site.toml"));
    }
}
