//! Mail programs: which ones there are, and who opens the connection for them. Each is declared in the first lines of
//! its page in `docs/guide/programs`; nothing is repeated here. The makers of printers (`devices`) are programs too, all
//! of them with one page.

use super::devices;
use crate::pages::{self, Fault, Page};
use crate::text::small_sort::SmallSort;
use std::str::FromStr;
use std::sync::LazyLock;
use strum::VariantNames;

/// A mail program.
#[derive(Debug, Clone)]
pub struct Client {
    /// A stable name, such as `outlook-2016`.
    pub id: String,
    /// The file name of its page: the id, but for the makers of printers.
    pub page: String,
    /// The name that people know.
    pub name: String,
    /// Other names for it.
    pub also: Vec<String>,
    /// Who opens the connection to the mail server.
    pub connects: Connects,
    /// Whether it can sign in on a provider's page (OAuth).
    pub sign_in: SignIn,
    /// Whether it can hold an account of the type Exchange.
    pub exchange: Exchange,
    /// `Encryption names: old`: the program says SSL for encryption from the start, and TLS for STARTTLS.
    pub tls_means_starttls: bool,
    /// `Runs as: outlook.exe`: its program file on Windows.
    pub runs_as: Option<String>,
    /// `Runs on: macOS`: the only system that it runs on; `Phone` is every phone and tablet.
    pub runs_on: Option<String>,
    /// `Device: yes`: no program of a person but a printer, a NAS or an application, which may be meant to write to its
    /// own domain only.
    pub is_device: bool,
    /// `Device: website`: one that runs on a web server, whose hosting company decides what gets out.
    pub is_website: bool,
}

/// Who opens the connection to the mail server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Connects {
    /// The machine that the program runs on.
    FromHere,
    /// The program's maker, from its own servers.
    FromElsewhere,
    /// That depends on a setting.
    Depends,
}

impl Connects {
    /// Who connects, as a fact's word and as a program's page writes it.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// Whether a program can sign in on a provider's page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum SignIn {
    Yes,
    Some,
    No,
}

/// Whether a program can hold an account of the type Exchange (or Microsoft 365), which does not send by SMTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum Exchange {
    /// A mailbox at Exchange is usually set up so.
    Usual,
    /// It can.
    Possible,
    /// It can, by Exchange Web Services (EWS) alone.
    ByEws,
    /// It cannot.
    No,
}

impl Exchange {
    /// The fact's word, as a program's page writes it.
    pub fn word(self) -> &'static str {
        self.into()
    }
}

/// The page of all printers and scanners, whoever makes them.
const PRINTER: &str = "printer";

impl Client {
    fn made_by(&self, maker: &devices::Maker) -> Self {
        let name = format!("{} printer or scanner", maker.name);
        Client {
            id: maker.id.clone(),
            name,
            also: std::iter::once(&maker.name).chain(&maker.also).cloned().collect(),
            ..self.clone()
        }
    }
}

static CLIENTS: LazyLock<Vec<Client>> = LazyLock::new(|| {
    let programs = pages::guide().filter_map(|(name, text)| Some((name.strip_prefix("programs/")?.to_owned(), text)));
    let clients: Result<Vec<Client>, Fault> = programs.map(|(id, text)| read(&id, text)).collect();
    let mut clients = clients.expect("the embedded pages are checked by a test");
    let printer = clients.iter().find(|client| client.id == PRINTER).cloned();
    let makers = devices::makers().iter().filter(|maker| clients.iter().all(|client| client.id != maker.id));
    let makers: Vec<Client> =
        printer.iter().flat_map(|printer| makers.clone().map(|maker| printer.made_by(maker))).collect();
    clients.extend(makers);
    clients.small_sort_by(|a, b| a.id.cmp(&b.id));
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

/// The programs that somebody may mean who names several of them at once: "outlook" is about ten.
pub fn families(typed: &str) -> Vec<&'static Client> {
    let wanted = squeeze(typed);
    let begins = |client: &&Client| !wanted.is_empty() && squeeze(&client.id).starts_with(&wanted);
    all().iter().filter(begins).collect()
}

/// The program that somebody means: `outlook-2016`, `Outlook 2016`, `new outlook`; case and punctuation are ignored.
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

/// The word of the line `Device:` for what runs on a web server.
const WEBSITE: &str = "website";

/// Reads a program's page.
pub fn read(id: &str, text: &str) -> Result<Client, Fault> {
    let page = Page::parse(id, text)?;
    let fail = |name: &str, why: String| Fault { line: page.line_of(name), why };
    let head = |name: &str| page.head(name).ok_or_else(|| fail(name, format!("the line {name}: is missing")));
    fn word<T: FromStr + VariantNames>(name: &str, value: &str) -> Result<T, String> {
        value.parse().map_err(|_| format!("{name}: {value} is not one of {}", T::VARIANTS.join(", ")))
    }
    if head("Program")? != id {
        return Err(fail("Program", format!("the line Program: must name {id}, as the file does")));
    }
    Ok(Client {
        id: id.to_owned(),
        page: id.to_owned(),
        name: page.title.clone(),
        also: page.head("Also").map(|also| also.split(", ").map(str::to_owned).collect()).unwrap_or_default(),
        connects: word("Connects", head("Connects")?).map_err(|why| fail("Connects", why))?,
        sign_in: word("Sign-in", head("Sign-in")?).map_err(|why| fail("Sign-in", why))?,
        exchange: page
            .head("Exchange")
            .map_or(Ok(Exchange::No), |exchange| word("Exchange", exchange))
            .map_err(|why| fail("Exchange", why))?,
        tls_means_starttls: match page.head("Encryption names") {
            None => false,
            Some("old") => true,
            Some(other) => {
                return Err(fail("Encryption names", format!("Encryption names: {other}: the only word is old")));
            }
        },
        runs_as: page.head("Runs as").map(str::to_owned),
        runs_on: page.head("Runs on").map(str::to_owned),
        is_device: match page.head("Device") {
            None => false,
            Some("yes" | WEBSITE) => true,
            Some(other) => return Err(fail("Device", format!("Device: {other} is not one of yes, {WEBSITE}"))),
        },
        is_website: page.head("Device") == Some(WEBSITE),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_is_a_program() {
        for (name, text) in pages::guide() {
            if let Some(id) = name.strip_prefix("programs/") {
                read(id, text).unwrap_or_else(|fault| panic!("{id}: {fault:?}"));
            }
        }
        assert!(by_id("other").is_some());
    }

    #[test]
    fn a_maker_is_a_program_with_the_page_of_all_printers() {
        let brother = named("Brother").unwrap();
        assert_eq!((brother.id.as_str(), brother.page.as_str(), brother.is_device), ("brother", PRINTER, true));
        assert_eq!(named("Konica Minolta").unwrap().id, "konica");
        assert_eq!(
            (named("Triumph-Adler").unwrap().id.as_str(), named("develop").unwrap().id.as_str()),
            ("kyocera", "konica")
        );
        assert_eq!(named("scanner").unwrap().id, PRINTER);
    }

    #[test]
    fn what_is_forgotten_on_a_page_is_named() {
        let page = "# X\n\nProgram: `x`\n\nConnects: `from-here`\n";
        assert_eq!(read("x", page).unwrap_err().why, "the line Sign-in: is missing");
        assert!(read("y", page).unwrap_err().why.contains("must name y"));
        let page = "# X\n\nProgram: `x`\n\nConnects: `from-hell`\n\nSign-in: `no`\n";
        let why = "Connects: from-hell is not one of from-here, from-elsewhere, depends";
        assert_eq!(read("x", page).unwrap_err(), Fault { line: 5, why: why.to_owned() });
    }

    #[test]
    fn names_are_understood() {
        assert_eq!(named("Outlook 2016").map(|client| client.id.as_str()), Some("outlook-2016"));
        assert_eq!(named("outlook 2021").map(|client| client.id.as_str()), Some("outlook-2019"));
        assert_eq!(named("new Outlook").map(|client| client.id.as_str()), Some("outlook-new"));
        assert_eq!(named("Thunderbird").map(|client| client.id.as_str()), Some("thunderbird"));
        assert_eq!(named("Gmail").map(|client| client.id.as_str()), Some("gmail-android"));
        assert!(named("pigeon").is_none() && families("pigeon").is_empty());
        assert!(named("outlook").is_none() && families("Microsoft Outlook").len() > 8);
    }
}
