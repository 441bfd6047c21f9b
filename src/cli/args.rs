//! What can be typed, and what it means.

use super::Usage;
use crate::account::address::host_name;
use crate::account::{Account, Address, MeasuredOn, Origins, Security, Settings, Values, client};
use crate::check::{Group, Options, Reference, defaults};
use crate::machine::Trust;
use crate::report::formats::{self, FORMATS, Format};
use crate::report::redact::Redact;
use crate::session::guide;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Finds out why a mail program cannot send.
///
/// Checks settings, DNS, the connection, ports 25, 465 and 587, TLS, certificate, log-in and permission to send, and
/// names one cause with its evidence and who can fix it. Needs no administrator rights and sends no mail.
#[derive(Debug, Parser)]
#[command(name = "mailtriage", version, args_conflicts_with_subcommands = true, max_term_width = 100)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) command: Option<Command>,
    /// The mail address that cannot send
    pub(super) address: Option<String>,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The same run without a screen; the result on stdout, exit 0 can send, 1 cannot or unreliable, 3 unsure, 2 wrong usage
    Check(Box<CheckArgs>),
    /// A saved session, offline
    Open {
        /// The JSON report
        report: PathBuf,
        #[command(flatten)]
        screen: ScreenArgs,
    },
    /// The built-in lab: no network needed
    Practice(PracticeArgs),
    /// The pages of the guide
    Guide {
        /// A page, such as firewall or causes/blocked-local
        page: Option<String>,
    },
    /// What the table knows about mail providers
    Providers {
        /// A name, a domain or a server
        query: Option<String>,
    },
    /// Completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// The manual page
    Man,
}

#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// The mail address that cannot send
    pub(super) address: Option<String>,
    #[command(flatten)]
    pub(super) out: OutputArgs,
    #[command(flatten)]
    pub(super) run: RunArgs,
}

#[derive(Debug, Args)]
pub(super) struct PracticeArgs {
    /// The scenario; `--list` shows them
    pub(super) scenario: Option<String>,
    /// Lists the scenarios
    #[arg(long)]
    pub(super) list: bool,
    #[command(flatten)]
    pub(super) out: OutputArgs,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
}

#[derive(Debug, Args)]
pub(super) struct OutputArgs {
    /// How the result is written
    #[arg(long, value_parser = format())]
    pub(super) format: Option<&'static Format>,
    /// Writes the report there instead of to stdout; never over an existing file
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// What is left out: nothing, names (mailbox, log-in name, machine, inner addresses), or all names
    #[arg(long, value_enum, default_value = "none")]
    pub(super) redact: RedactArg,
    /// Shows the evidence of every check
    #[arg(long)]
    pub(super) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RedactArg {
    None,
    Names,
    All,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SecurityArg {
    None,
    Starttls,
    Implicit,
    Auto,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum MeasuredArg {
    ThisMachine,
    SameNetwork,
    Elsewhere,
}

/// What a run is about.
#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The outgoing server that the mail program has now
    #[arg(long, value_name = "HOST", help_heading = "What the mail program has now")]
    server: Option<String>,
    /// Its port
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..), help_heading = "What the mail program has now")]
    port: Option<u16>,
    /// Its encryption: none, starttls (older Outlook: TLS), implicit (SSL/TLS), auto
    #[arg(long, value_enum, help_heading = "What the mail program has now")]
    security: Option<SecurityArg>,
    /// The log-in name, if not the mail address
    #[arg(long, value_name = "NAME", help_heading = "What the mail program has now")]
    user: Option<String>,
    /// The mail program, such as outlook-2016, outlook-new, thunderbird
    #[arg(long, value_name = "NAME", help_heading = "What the mail program has now")]
    client: Option<String>,
    /// The error that the caller sees, as it stands
    #[arg(long, value_name = "TEXT", help_heading = "What the mail program has now")]
    error: Option<String>,
    /// The sender to try, if not the address
    #[arg(long, value_name = "ADDRESS", help_heading = "Log-in and sending")]
    from: Option<String>,
    /// The recipient to try, if not the address itself
    #[arg(long, value_name = "ADDRESS", help_heading = "Log-in and sending")]
    to: Option<String>,
    #[command(flatten)]
    pub(super) password: super::password::PasswordArgs,
    /// Which machine this is
    #[arg(long, value_enum, default_value = "this-machine", help_heading = "The case")]
    measured_on: MeasuredArg,
    /// The helpdesk's own number for the case
    #[arg(long, value_name = "TEXT", help_heading = "The case")]
    ticket: Option<String>,
    /// Answers a question of the guide, such as hotspot=yes; repeatable
    #[arg(long, value_name = "ID=WORD", help_heading = "The case")]
    answer: Vec<String>,
    /// A DNS server to compare with the system's; repeatable, replaces the defaults
    #[arg(long, value_name = "ADDR", help_heading = "Network")]
    resolver: Vec<String>,
    /// Another company's server to compare with; repeatable, replaces the defaults
    #[arg(long, value_name = "HOST[:PORT]", conflicts_with = "no_references", help_heading = "Network")]
    reference_host: Vec<String>,
    /// Compares with no other company's server
    #[arg(long, help_heading = "Network")]
    no_references: bool,
    /// A page that shows whether there is a portal; repeatable, replaces the defaults
    #[arg(long, value_name = "URL", help_heading = "Network")]
    connectivity_url: Vec<String>,
    /// More certificates to trust
    #[arg(long, value_name = "PEM", help_heading = "Network")]
    ca_file: Option<PathBuf>,
    /// Uses IPv4 only
    #[arg(short = '4', action = ArgAction::SetTrue, conflicts_with = "only_v6", help_heading = "Network")]
    only_v4: bool,
    /// Uses IPv6 only
    #[arg(short = '6', action = ArgAction::SetTrue, help_heading = "Network")]
    only_v6: bool,
    /// The limit of one connection, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds, help_heading = "Network")]
    timeout: Duration,
    /// The limit of the whole run, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "45", value_parser = seconds, help_heading = "Network")]
    deadline: Duration,
    /// Only these groups of checks, and what they rest on
    #[arg(long, value_parser = group(), value_delimiter = ',', value_name = "GROUP", help_heading = "Network")]
    only: Vec<Group>,
    #[command(flatten)]
    pub(super) screen: ScreenArgs,
}

/// How the screen looks.
#[derive(Debug, Args)]
pub(super) struct ScreenArgs {
    /// No colours
    #[arg(long, help_heading = "Screen")]
    no_color: bool,
    /// Only ASCII characters on the screen
    #[arg(long, help_heading = "Screen")]
    pub(super) ascii: bool,
}

impl ScreenArgs {
    /// Whether colours are to be left out: by the option, or by the environment (<https://no-color.org>).
    pub(super) fn is_plain(&self) -> bool {
        self.no_color || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
    }
}

fn seconds(typed: &str) -> Result<Duration, String> {
    let seconds: f64 = typed.parse().map_err(|_| "a number of seconds is needed".to_owned())?;
    if !(0.1..=3_600.0).contains(&seconds) {
        return Err("between 0.1 and 3600 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

impl RunArgs {
    /// The account, from the address and what was typed about it.
    pub(super) fn account(&self, address: Option<&str>) -> Result<Account, Usage> {
        let mut account = Account::new(Address::parse(address.unwrap_or_default())?);
        let server = self.server.as_deref().map(host_name).transpose().map_err(|why| format!("--server: {why}"))?;
        let values = Values {
            server,
            port: self.port,
            security: match self.security {
                None | Some(SecurityArg::Auto) => None,
                Some(SecurityArg::None) => Some(Security::None),
                Some(SecurityArg::Starttls) => Some(Security::Starttls),
                Some(SecurityArg::Implicit) => Some(Security::Implicit),
            },
            user: one_line("--user", self.user.as_deref())?,
        };
        account.settings = Settings::new(values, Origins::default());
        account.client = self.client.as_deref().map(client_id).transpose()?;
        account.measured_on = match self.measured_on {
            MeasuredArg::ThisMachine => MeasuredOn::ThisMachine,
            MeasuredArg::SameNetwork => MeasuredOn::SameNetwork,
            MeasuredArg::Elsewhere => MeasuredOn::Elsewhere,
        };
        account.error.clone_from(&self.error);
        account.ticket.clone_from(&self.ticket);
        account.from = mailbox("--from", self.from.as_deref())?;
        account.to = mailbox("--to", self.to.as_deref())?;
        Ok(account)
    }

    /// What was typed about an account whose address the form will ask for.
    pub(super) fn blank_account(&self) -> Result<Account, Usage> {
        self.account(Some("nobody@nowhere.invalid"))
    }

    /// How to run.
    pub(super) fn options(&self) -> Result<Options, Usage> {
        let resolvers = self.resolver.iter().map(|typed| resolver(typed)).collect::<Result<Vec<_>, _>>()?;
        let references = self.reference_host.iter().map(|typed| reference(typed)).collect::<Result<Vec<_>, _>>()?;
        let pages = self.connectivity_url.iter().map(|typed| {
            let url =
                url::Url::parse(typed).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            url.map(defaults::page)
                .ok_or_else(|| format!("--connectivity-url: \"{typed}\" is no web address (http://...)"))
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
    pub(super) fn trust(&self) -> Result<Trust, Usage> {
        let mut trust = Trust::default();
        if let Some(path) = &self.ca_file {
            let cannot = |why: String| format!("--ca-file {}: {why}", path.display());
            let pem = std::fs::read(path).map_err(|error| cannot(error.to_string()))?;
            for block in x509_parser::pem::Pem::iter_from_buffer(&pem) {
                let block = block.map_err(|error| cannot(error.to_string()))?;
                if block.label == "CERTIFICATE" {
                    trust.extra_roots.push(block.contents);
                }
            }
            if trust.extra_roots.is_empty() {
                return Err(Usage(cannot("there is no certificate in it".to_owned())));
            }
        }
        Ok(trust)
    }

    /// The answers to questions of the guide, checked against its pages.
    pub(super) fn answers(&self) -> Result<BTreeMap<String, String>, Usage> {
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
                return Err(Usage(format!("--answer {typed}: {name} is answered by {}", question.words.join(", "))));
            }
            answers.insert(name.to_owned(), word.to_owned());
        }
        Ok(answers)
    }
}

/// The groups by their words.
fn group() -> impl clap::builder::TypedValueParser<Value = Group> {
    use clap::builder::{PossibleValuesParser, TypedValueParser};
    PossibleValuesParser::new(Group::ALL.map(Group::word))
        .try_map(|typed| Group::ALL.into_iter().find(|group| group.word() == typed).ok_or("no such group"))
}

/// The formats by their names, each with what it is for.
fn format() -> impl clap::builder::TypedValueParser<Value = &'static Format> {
    use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
    let names = FORMATS.iter().map(|format| PossibleValue::new(format.name).help(format.says));
    PossibleValuesParser::new(names).try_map(|typed| formats::by_name(&typed).ok_or("no such format"))
}

fn client_id(typed: &str) -> Result<String, String> {
    client::named(typed).map(|client| client.id.clone()).ok_or_else(|| {
        let known: Vec<&str> = client::all().iter().map(|client| client.id.as_str()).collect();
        format!("--client: \"{typed}\" is not known; known are {}", known.join(", "))
    })
}

/// Something that goes into a line of a dialogue must be one line.
fn one_line(option: &str, typed: Option<&str>) -> Result<Option<String>, String> {
    match typed {
        Some(text) if text.chars().any(char::is_control) => {
            Err(format!("{option}: there is a control character in it"))
        }
        Some("") => Err(format!("{option}: nothing stands there")),
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
        .map_err(|_| format!("--resolver: \"{typed}\" is no address of a DNS server, such as 192.0.2.53"))
}

fn reference(typed: &str) -> Result<Reference, String> {
    if let Ok(addr) = typed.trim_matches(['[', ']']).parse::<IpAddr>() {
        return Ok(Reference { host: addr.to_string(), ports: defaults::REFERENCE_PORTS.to_vec() });
    }
    let (host, ports) = match typed.rsplit_once(':') {
        Some((host, port)) => {
            let port: u16 = port
                .parse()
                .ok()
                .filter(|port| *port != 0)
                .ok_or_else(|| format!("--reference-host: \"{port}\" is no port"))?;
            (host, vec![port])
        }
        None => (typed, defaults::REFERENCE_PORTS.to_vec()),
    };
    let host = host_name(host).map_err(|why| format!("--reference-host: {why}"))?;
    Ok(Reference { host, ports })
}

/// The same host with several ports is one reference.
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
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
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
