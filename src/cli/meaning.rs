//! What the options of a run mean: the account, how to run, which certificates to trust. What can be typed is in
//! `args`.

use super::Stop;
use super::args::{ANY_STORE, MeasuredArg, ReaderArg, RedactArg, RunArgs, SecurityArg};
use crate::account::address::host_name;
use crate::account::stored::{self, Found, StoredAccount};
use crate::account::{Account, Address, MeasuredOn, Origins, Security, Server, Settings, Values, client, outlook};
use crate::check::{Options, Reference, defaults};
use crate::facts::pasted;
use crate::facts::target::COMPARED_PORTS;
use crate::machine::{Machine, Trust, files};
use crate::report::first_page::Reader;
use crate::report::redact::Redact;
use crate::session::guide;
use crate::text::decoded;
use std::collections::BTreeMap;
use std::io::{ErrorKind, IsTerminal, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// All the issuers that systems come with fit into 1 MiB.
const MOST_PEM_BYTES: u64 = 16 * 1024 * 1024;

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
            security: self.security.map(|security| match security {
                SecurityArg::None => Security::None,
                SecurityArg::Starttls => Security::Starttls,
                SecurityArg::Implicit => Security::Implicit,
                SecurityArg::Auto => Security::Auto,
            }),
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
        if self.from_client.is_some() && account.measured_on != MeasuredOn::ThisMachine {
            return Err(Stop::Usage("--from-client reads this computer's mail programs, not another's".to_owned()));
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

    /// What mail programs here have stored, if that was requested.
    pub(super) async fn stored(&self, machine: &dyn Machine) -> Option<Found> {
        let asked = self.from_client.as_deref()?;
        Some(stored::look(machine, (asked != ANY_STORE).then_some(asked)).await)
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
        let stored = chosen(address.as_ref(), found)?;
        account.fill(stored);
        Ok((account, Some(stored)))
    }

    /// The options of the run.
    pub(super) fn options(&self) -> Result<Options, Stop> {
        let resolvers = self.resolver.iter().map(|typed| resolver(typed)).collect::<Result<Vec<_>, _>>()?;
        let references = self.reference_host.iter().map(|typed| reference(typed)).collect::<Result<Vec<_>, _>>()?;
        let pages = self.connectivity_url.iter().map(|typed| {
            let url =
                url::Url::parse(typed).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.map(defaults::page)
                .ok_or_else(|| format!("--connectivity-url: \"{typed}\" is not a web address (http://...)"))
        });
        let pages = pages.collect::<Result<Vec<_>, _>>()?;
        Ok(Options {
            references: match (self.no_references, references.is_empty()) {
                (true, _) => vec![],
                (false, true) => defaults::references(),
                (false, false) => merged(references),
            },
            connectivity: if pages.is_empty() { defaults::connectivity() } else { pages },
            resolvers: if resolvers.is_empty() { defaults::resolvers() } else { resolvers },
            v4: !self.only_v6,
            v6: !self.only_v4,
            timeout: self.timeout,
            deadline: self.deadline,
            only: self.only.clone(),
            public_lookups: !self.no_references,
        })
    }

    /// The certificates to trust.
    pub(super) fn trust(&self) -> Result<Trust, Stop> {
        // The TLS libraries read it to its end, whatever it is.
        if let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty())
            && let Err(error) = files::open(Path::new(&path))
            && error.kind() == ErrorKind::InvalidInput
        {
            return Err(Stop::Usage(format!("SSL_CERT_FILE={}: {error}", path.display())));
        }
        let mut trust = Trust::default();
        if let Some(path) = &self.ca_file {
            let cannot = |why: String| format!("--ca-file {}: {why}", path.display());
            let pem = files::read(path, MOST_PEM_BYTES).map_err(|error| cannot(error.to_string()))?;
            for block in x509_parser::pem::Pem::iter_from_buffer(files::without_mark(&pem)) {
                let block = block.map_err(|error| cannot(error.to_string()))?;
                if block.label == "CERTIFICATE" {
                    trust.extra_roots.push(block.contents);
                }
            }
            if trust.extra_roots.is_empty() {
                return Err(Stop::Usage(cannot("there is no certificate in it".to_owned())));
            }
        }
        Ok(trust)
    }

    /// The answers to questions of the guide, checked against its pages.
    pub(super) fn answers(&self) -> Result<BTreeMap<String, String>, Stop> {
        let questions: Vec<_> = guide().pages().flat_map(|(_, page)| &page.questions).collect();
        let mut answers = BTreeMap::new();
        for typed in &self.answer {
            let (name, word) =
                typed.split_once('=').ok_or_else(|| format!("--answer {typed}: write it as QUESTION=WORD"))?;
            let question = questions.iter().find(|question| question.name == name).ok_or_else(|| {
                let names: Vec<&str> = questions.iter().map(|question| question.name.as_str()).collect();
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

/// The stored account with the address; without an address, the only account that there is.
fn chosen<'a>(address: Option<&Address>, found: &'a Found) -> Result<&'a StoredAccount, String> {
    let lines = |accounts: &[&StoredAccount]| {
        accounts.iter().map(|stored| format!("\n  {}", stored.line())).collect::<String>()
    };
    let skipped: String = found.skipped.iter().map(|why| format!("\n  not read: {why}")).collect();
    match (address, found.of(address).as_slice()) {
        (_, [only]) => Ok(only),
        (None, []) => {
            Err(format!("--from-client: no mail program that can be read has stored an account here{skipped}"))
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
        format!("--client: \"{typed}\" is not known; the known ones are {}", known.join(", "))
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

fn resolver(typed: &str) -> Result<SocketAddr, String> {
    let addr = typed.parse::<IpAddr>().map(|addr| SocketAddr::new(addr, 53));
    addr.or_else(|_| typed.parse())
        .map_err(|_| format!("--resolver: \"{typed}\" is not the address of a DNS server, such as 192.0.2.53"))
}

fn reference(typed: &str) -> Result<Reference, String> {
    if let Ok(addr) = typed.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(Reference { host: addr.to_string(), ports: COMPARED_PORTS.to_vec() });
    }
    let (host, ports) = match typed.rsplit_once(':') {
        Some((host, port)) => {
            let port: u16 = port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| format!("--reference-host: \"{port}\" is not a port"))?;
            (host, vec![port])
        }
        None => (typed, COMPARED_PORTS.to_vec()),
    };
    let host = host_name(host).map_err(|why| format!("--reference-host: {why}"))?;
    Ok(Reference { host, ports })
}

/// Merges references: the same host with several ports is one reference.
fn merged(references: Vec<Reference>) -> Vec<Reference> {
    let mut all: Vec<Reference> = Vec::new();
    for reference in references {
        match all.iter_mut().find(|known| known.host == reference.host) {
            Some(known) => {
                for port in reference.ports {
                    if !known.ports.contains(&port) {
                        known.ports.push(port);
                    }
                }
            }
            None => all.push(reference),
        }
    }
    all
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
    fn references() {
        let both = merged(vec![reference("a.test:25").unwrap(), reference("a.test:587").unwrap()]);
        assert_eq!(both, [Reference { host: "a.test".to_owned(), ports: vec![25, 587] }]);
        assert_eq!(reference("[2001:db8::1]").unwrap().ports.len(), 4);
        assert_eq!(reference("[2001:db8::1]:25").unwrap().host, "2001:db8::1");
        assert!(reference("a.test:0").is_err() && reference("a b").is_err());
        assert_eq!(resolver("192.0.2.53:5353").unwrap().port(), 5353);
        assert!(resolver("dns.example").is_err());
    }
}
