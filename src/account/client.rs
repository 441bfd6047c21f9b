//! Mail programs: which there are, and who opens the connection for them. What they are is declared in the first lines
//! of their pages in `docs/guide/programs`; nothing is repeated here.

use include_dir::{Dir, include_dir};
use std::sync::LazyLock;

static PAGES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/docs/guide/programs");

/// A mail program.
#[derive(Debug, Clone)]
pub struct Client {
    /// A stable name, such as `outlook-2016`; also its page's file name.
    pub id: String,
    /// The name that people know.
    pub name: String,
    /// Other names for it.
    pub also: Vec<String>,
    /// Who opens the connection to the mail server.
    pub connects: Connects,
    /// Whether it can sign in on a provider's page (OAuth).
    pub sign_in: SignIn,
    /// The page's text.
    pub page: &'static str,
}

/// Who opens the connection to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connects {
    /// The machine that the program runs on.
    FromHere,
    /// The program's maker, from its own servers.
    FromElsewhere,
    /// It depends on a setting.
    Depends,
}

/// Whether a program can sign in on a provider's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum SignIn {
    Yes,
    Some,
    No,
}

static CLIENTS: LazyLock<Vec<Client>> = LazyLock::new(|| {
    let mut clients: Vec<Client> = PAGES.files().filter_map(|file| read(file.contents_utf8()?)).collect();
    clients.sort_by(|a, b| a.id.cmp(&b.id));
    clients
});

/// All mail programs, by id.
pub fn all() -> &'static [Client] {
    &CLIENTS
}

/// The program with this id.
pub fn by_id(id: &str) -> Option<&'static Client> {
    all().iter().find(|client| client.id == id)
}

/// The program that somebody means: `outlook-2016`, `Outlook 2016`, `new outlook`; case and punctuation do not count.
pub fn named(typed: &str) -> Option<&'static Client> {
    let wanted = squeeze(typed);
    all().iter().find(|client| {
        squeeze(&client.id) == wanted
            || squeeze(&client.name) == wanted
            || client.also.iter().any(|name| squeeze(name) == wanted)
    })
}

fn squeeze(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase().replace("microsoft", "")
}

fn read(page: &'static str) -> Option<Client> {
    let head = |key: &str| {
        page.lines().take_while(|line| !line.starts_with("## ")).find_map(|line| {
            let value = line.strip_prefix(key)?.strip_prefix(':')?.trim();
            Some(value.split_once("  ").map_or(value, |(value, _)| value).replace('`', ""))
        })
    };
    Some(Client {
        id: head("Program")?.trim().to_owned(),
        name: page.lines().next()?.strip_prefix("# ")?.trim().to_owned(),
        also: head("Also").map(|also| also.split(',').map(|name| name.trim().to_owned()).collect()).unwrap_or_default(),
        connects: match head("Connects")?.trim() {
            "from-here" => Connects::FromHere,
            "from-elsewhere" => Connects::FromElsewhere,
            _ => Connects::Depends,
        },
        sign_in: match head("Sign-in")?.trim() {
            "yes" => SignIn::Yes,
            "some" => SignIn::Some,
            _ => SignIn::No,
        },
        page,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_a_program() {
        assert_eq!(all().len(), PAGES.files().count());
        assert!(by_id("other").is_some());
    }

    #[test]
    fn names_are_understood() {
        assert_eq!(named("Outlook 2016").map(|client| client.id.as_str()), Some("outlook-2016"));
        assert_eq!(named("outlook 2021").map(|client| client.id.as_str()), Some("outlook-2019"));
        assert_eq!(named("new Outlook").map(|client| client.id.as_str()), Some("outlook-new"));
        assert_eq!(named("Thunderbird").map(|client| client.id.as_str()), Some("thunderbird"));
        assert!(named("pigeon").is_none());
    }
}
