//! What the options of a run mean: the account, how to run, which certificates to trust. What can be typed is in
//! `args`.

use super::Stop;
use super::args::{MeasuredArg, ReaderArg, RedactArg, RunArgs, SecurityArg};
use super::typed::FromClient;
use crate::account::stored::{self, Found, StoredAccount};
use crate::account::{Account, Address, MeasuredOn, Origins, Security, Server, Settings, Values, client, outlook};
use crate::check::{Options, Reference, options};
use crate::facts::pasted;
use crate::machine::{Machine, Trust, files, roots};
use crate::report::first_page::Reader;
use crate::report::redact::Redact;
use crate::session::guide;
use crate::site::Site;
use crate::text::{decoded, nearest_name};
use std::collections::BTreeMap;
use std::io::{ErrorKind, IsTerminal, Read};
use std::path::Path;

/// A message that came back has some ten thousand bytes, unless it returns attachments.
const MOST_ERROR_BYTES: u64 = 4 * 1024 * 1024;

/// The error that the caller sees: as typed, `@FILE` from a file, `@-` from standard input.
fn error_shown(typed: &str) -> Result<String, Stop> {
    let Some(from) = typed.strip_prefix('@') else { return Ok(typed.to_owned()) };
    let bytes = match from {
        "-" if std::io::stdin().is_terminal() => {
            return Err(Stop::Usage(
                "--error @-: standard input is a terminal; type the error as --error TEXT".to_owned(),
            ));
        }
        "-" => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().take(MOST_ERROR_BYTES).read_to_end(&mut bytes)?;
            bytes
        }
        path => files::read(Path::new(path), MOST_ERROR_BYTES)
            .map_err(|why| format!("--error: {path} was not read: {why}"))?,
    };
    Ok(pasted::kept(&decoded(&bytes)))
}

impl From<ReaderArg> for Reader {
    fn from(arg: ReaderArg) -> Self {
        match arg {
            ReaderArg::Network => Reader::Network,
            ReaderArg::Provider => Reader::Provider,
            ReaderArg::Ticket => Reader::Ticket,
            ReaderArg::All => Reader::Everything,
        }
    }
}

impl From<SecurityArg> for Security {
    fn from(arg: SecurityArg) -> Self {
        match arg {
            SecurityArg::None => Security::None,
            SecurityArg::Starttls => Security::Starttls,
            SecurityArg::Implicit => Security::Implicit,
            SecurityArg::Auto => Security::Auto,
        }
    }
}

impl From<RedactArg> for Redact {
    fn from(arg: RedactArg) -> Self {
        match arg {
            RedactArg::None => Redact::None,
            RedactArg::Names => Redact::Names,
            RedactArg::All => Redact::All,
        }
    }
}

impl RunArgs {
    /// What was said about the account, apart from its address.
    pub(super) fn account(&self, machine: &dyn Machine) -> Result<Account, Stop> {
        let mut account = Account::default();
        let server = self.server.as_deref().map(Server::parse).transpose().map_err(|why| format!("--server: {why}"))?;
        let values = Values {
            server,
            port: self.port,
            security: self.security.map(Security::from),
            user: one_line("--user", self.user.as_deref())?,
        };
        account.settings = Settings::new(values, Origins::default());
        account.measured_on = match self.measured_on {
            Some(MeasuredArg::ThisMachine) => MeasuredOn::ThisMachine,
            Some(MeasuredArg::SameNetwork) => MeasuredOn::SameNetwork,
            Some(MeasuredArg::Elsewhere) => MeasuredOn::Elsewhere,
            None => MeasuredOn::usual_for(account.client()),
        };
        // Of several programs of one name, the one that is installed on the computer that sends.
        let installed = outlook::installed(machine.registry()).map(|outlook| outlook.client);
        let installed = installed.filter(|_| account.measured_on == MeasuredOn::ThisMachine);
        account.client = self.client.as_deref().map(|typed| client_id(typed, installed)).transpose()?;
        if matches!(self.from_client, Some(FromClient::Here(_))) && account.measured_on != MeasuredOn::ThisMachine {
            let why = "--from-client reads this computer's mail programs, not another's: name a file of theirs";
            return Err(Stop::Usage(why.to_owned()));
        }
        account.error = self.error.as_deref().map(error_shown).transpose()?;
        account.ticket.clone_from(&self.ticket);
        account.since.clone_from(&self.since);
        account.affected.clone_from(&self.affected);
        account.contact.clone_from(&self.contact);
        account.from = mailbox("--from", self.from.as_deref())?;
        account.to = mailbox("--to", self.to.as_deref())?;
        Ok(account)
    }

    /// What mail programs here have stored, or is in the file that was named, if either was requested.
    pub(super) async fn stored(&self, machine: &dyn Machine) -> Result<Option<Found>, Stop> {
        match &self.from_client {
            None => Ok(None),
            Some(FromClient::Here(only)) => Ok(Some(stored::look(machine, *only).await)),
            Some(FromClient::File(file)) => {
                let found = stored::read_handed(machine, file).await;
                let found = found.map_err(|why| format!("--from-client={}: {why}", file.display()))?;
                if self.measured_on.is_none() {
                    super::say("mailtriage: if that file is another computer's, say so with --measured-on");
                }
                Ok(Some(found))
            }
        }
    }

    /// The account to check, completed by what is stored: for this address, or the only one that there is.
    pub(super) fn subject<'a>(
        &self,
        machine: &dyn Machine,
        address: Option<&str>,
        found: Option<&'a Found>,
    ) -> Result<(Account, Option<&'a StoredAccount>), Stop> {
        let mut account = self.account(machine)?;
        let address = address.map(Address::parse).transpose()?;
        let Some(found) = found else {
            account.address = address.ok_or_else(|| {
                Stop::Usage("which mail address cannot send? mailtriage check anna@example.com".to_owned())
            })?;
            return Ok((account, None));
        };
        let is_file = matches!(self.from_client, Some(FromClient::File(_)));
        let stored = chosen(address.as_ref(), found, is_file)?;
        account.fill(stored);
        Ok((account, Some(stored)))
    }

    /// The options of the run: what was typed, else what the site file says, else the defaults.
    pub(super) fn options(&self, site: &Site) -> Result<Options, Stop> {
        let defaults = Options::default();
        let typed = all("--reference-host", &self.reference_host, Reference::parse)?.map(Reference::merged);
        let references = if self.no_references { Some(vec![]) } else { typed.or_else(|| site.references.clone()) };
        let connectivity = all("--connectivity-url", &self.connectivity_url, options::connectivity)?;
        let resolvers = all("--resolver", &self.resolver, options::resolver)?;
        Ok(Options {
            public_lookups: references.as_ref().is_none_or(|references| !references.is_empty()),
            references: references.unwrap_or(defaults.references),
            connectivity: connectivity.or_else(|| site.connectivity.clone()).unwrap_or(defaults.connectivity),
            resolvers: resolvers.or_else(|| site.resolvers.clone()).unwrap_or(defaults.resolvers),
            v4: !self.only_v6,
            v6: !self.only_v4,
            timeout: self.timeout.or(site.timeout).unwrap_or(defaults.timeout),
            deadline: self.deadline.or(site.deadline).unwrap_or(defaults.deadline),
            only: self.only.clone(),
        })
    }

    /// The certificates to trust: the system's, the site file's, and those of the command line.
    pub(super) fn trust(&self, site: &Site) -> Result<Trust, Stop> {
        trust(self.ca_file.as_deref(), site)
    }

    /// The answers to questions of the guide, checked against its pages.
    pub(super) fn answers(&self) -> Result<BTreeMap<String, String>, Stop> {
        let questions: Vec<_> = guide().pages().flat_map(|(_, page)| &page.questions).collect();
        let mut answers = BTreeMap::new();
        for typed in &self.answer {
            let (name, word) =
                typed.split_once('=').ok_or_else(|| format!("--answer {typed}: write it as QUESTION=WORD"))?;
            let question = questions.iter().find(|question| question.name == name).ok_or_else(|| {
                let mut names: Vec<&str> = questions.iter().map(|question| question.name.as_str()).collect();
                // Two pages ask one question.
                names.sort_unstable();
                names.dedup();
                format!("--answer {typed}: there is no question \"{name}\"; there are {}", names.join(", "))
            })?;
            if !question.words.iter().any(|known| known == word) {
                return Err(Stop::Usage(format!(
                    "--answer {typed}: {name} is answered by {}",
                    question.words.join(", ")
                )));
            }
            answers.insert(name.to_owned(), word.to_owned());
        }
        Ok(answers)
    }
}

/// The certificates to trust: the system's, the site file's, and those of a file.
pub(super) fn trust(ca_file: Option<&Path>, site: &Site) -> Result<Trust, Stop> {
    // The TLS libraries read it to its end, whatever it is.
    if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty())
        && let Err(error) = files::open(Path::new(&path))
        && error.kind() == ErrorKind::InvalidInput
    {
        return Err(Stop::Usage(format!("SSL_CERT_FILE={}: {error}", path.display())));
    }
    let mut trust = Trust { extra_roots: site.roots.clone().unwrap_or_default(), ..Trust::default() };
    if let Some(path) = ca_file {
        let roots = roots::read_pem(path).map_err(|why| format!("--ca-file {}: {why}", path.display()))?;
        trust.extra_roots.extend(roots);
    }
    Ok(trust)
}

/// The stored account with the address; without an address, the only account that there is.
fn chosen<'a>(address: Option<&Address>, found: &'a Found, is_file: bool) -> Result<&'a StoredAccount, String> {
    let lines = |accounts: &[&StoredAccount]| {
        accounts.iter().map(|stored| format!("\n  {}", stored.line())).collect::<String>()
    };
    let skipped: String = found.skipped.iter().map(|why| format!("\n  not read: {why}")).collect();
    match (address, found.of(address).as_slice()) {
        (_, [only]) => Ok(only),
        (None, []) => {
            let nothing = if is_file {
                "there is no account in that file"
            } else {
                "no mail program that can be read has stored an account here"
            };
            Err(format!("--from-client: {nothing}{skipped}"))
        }
        (Some(address), []) => {
            Err(format!("--from-client: {address} is not stored here; these are:{}{skipped}", lines(&found.of(None))))
        }
        (None, several) => Err(format!(
            "--from-client: which of the stored accounts? Give its address, or the program as --from-client=NAME:{}",
            lines(several)
        )),
        (Some(_), several) => Err(format!(
            "--from-client: it is stored several times; give the program as --from-client=NAME, or the settings as options:{}",
            lines(several)
        )),
    }
}

fn client_id(typed: &str, installed: Option<&str>) -> Result<String, String> {
    let family = client::families(typed);
    let here = family.iter().copied().find(|client| Some(client.id.as_str()) == installed);
    client::named(typed).or(here).map(|client| client.id.clone()).ok_or_else(|| {
        let meant: Vec<String> = family.iter().map(|client| format!("\n  {:<20} {}", client.id, client.name)).collect();
        if !meant.is_empty() {
            return format!(
                "--client: which of them? Mail programs of one name differ in where they connect from.{}",
                meant.concat()
            );
        }
        let known: Vec<&str> = client::all().iter().map(|client| client.id.as_str()).collect();
        match nearest_name(typed, known.iter().copied()) {
            Some(near) => format!("--client: \"{typed}\" is not known; did you mean {near}?"),
            None => format!("--client: \"{typed}\" is not known; the known ones are {}", known.join(", ")),
        }
    })
}

/// Refuses text of several lines for what becomes part of one line of a dialogue.
fn one_line(option: &str, typed: Option<&str>) -> Result<Option<String>, String> {
    match typed {
        Some(text) if text.chars().any(char::is_control) => {
            Err(format!("{option}: there is a control character in it"))
        }
        Some("") => Err(format!("{option} is empty")),
        other => Ok(other.map(str::to_owned)),
    }
}

fn mailbox(option: &str, typed: Option<&str>) -> Result<Option<String>, String> {
    typed
        .map(|typed| Address::parse(typed).map(|address| address.ascii()).map_err(|why| format!("{option}: {why}")))
        .transpose()
}

/// The values of an option that may be repeated; `None` if it was not given.
fn all<T>(option: &str, typed: &[String], read: fn(&str) -> Result<T, String>) -> Result<Option<Vec<T>>, String> {
    let read = typed.iter().map(|typed| read(typed).map_err(|why| format!("{option}: {why}")));
    let values = read.collect::<Result<Vec<T>, String>>()?;
    Ok((!values.is_empty()).then_some(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_is_the_one_that_is_installed() {
        assert_eq!(client_id("outlook", Some("outlook-2016")).as_deref(), Ok("outlook-2016"));
        assert_eq!(client_id("outlook 2019", Some("outlook-2016")).as_deref(), Ok("outlook-2019"));
        assert!(client_id("outlook", None).unwrap_err().contains("which of them"));
        assert!(client_id("pigeon", Some("outlook-2016")).is_err());
    }

    #[test]
    fn what_is_typed_comes_before_the_site_file_and_that_before_the_defaults() {
        use crate::cli::args::Cli;
        use clap::Parser;
        let text = "timeout = 2\nresolver = \"192.0.2.1\"\nreference-host = \"smtp.example.net:587\"\n\
                    connectivity-url = \"http://example.net/\"\n";
        let site = crate::site::parse(text, Path::new("site.toml")).unwrap();
        let options = |typed: &[&str], site: &Site| {
            let cli = Cli::parse_from(["mailtriage", "anna@example.com"].iter().chain(typed));
            cli.run.options(site).unwrap()
        };
        let of_site = options(&[], &site);
        assert_eq!((of_site.timeout.as_secs(), of_site.deadline.as_secs()), (2, 45));
        assert_eq!((of_site.references.len(), of_site.resolvers.len(), of_site.connectivity.len()), (1, 1, 1));
        assert!(of_site.public_lookups);
        let typed =
            ["--timeout", "9", "--resolver", "192.0.2.8", "--no-references", "--connectivity-url", "http://a.test/"];
        let of_line = options(&typed, &site);
        assert_eq!((of_line.timeout.as_secs(), of_line.resolvers[0].to_string()), (9, "192.0.2.8:53".to_owned()));
        assert!(of_line.references.is_empty() && !of_line.public_lookups);
        assert_eq!(of_line.connectivity[0].url.host_str(), Some("a.test"));
        let none = crate::site::parse("no-references = true", Path::new("site.toml")).unwrap();
        assert!(options(&[], &none).references.is_empty() && !options(&[], &none).public_lookups);
        assert_eq!(options(&["--reference-host", "a.test"], &none).references.len(), 1);
        assert_eq!(options(&[], &Site::default()).references, Options::default().references);
    }
}
